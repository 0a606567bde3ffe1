"""A table counted where it is: a DuckDB relation, and an Ibis table."""

import duckdb
import ibis

from infoscope.data import path_of
from infoscope.tables import scan

penguins = str(path_of("penguins.csv"))
connection = duckdb.connect()  # kept: older releases close it with its last name
relation = connection.read_csv(penguins)
ibis_table = ibis.duckdb.connect().read_csv(penguins)
for table in (relation, ibis_table):
    assert scan(table, target="species").ranking("species")[0].column == "flipper_length_mm"
