"""A table from CSV and Parquet: map, selection, drift, pages."""

import pyarrow.csv
import pyarrow.parquet

from infoscope.cli.main import main
from infoscope.data import path_of
from infoscope.tables import drift, scan, select

penguins = str(path_of("penguins.csv"))
assert main(["table", penguins, "--target", "species", "--html", "table.html"]) == 0
pyarrow.parquet.write_table(pyarrow.csv.read_csv(penguins), "penguins.parquet")
best = scan("penguins.parquet", target="species").ranking("species")[0]
assert best.column == "flipper_length_mm", best
assert len(select(penguins, "species", 2).columns) == 2
assert drift(penguins, penguins)
