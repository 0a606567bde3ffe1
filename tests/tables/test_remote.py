"""A table on an engine gives what the same rows give here, whatever the plan that counts them."""

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pytest

import infoscope.core.extras
from infoscope.core.errors import DataError, InvalidArgument, MissingExtra, UnknownName
from infoscope.tables import drift, interactions, remote_open, scan, select
from infoscope.tables.counts import all_pairs
from infoscope.tables.local_counts import LocalBackend
from infoscope.tables.remote_kernel import Coding, cell_kernel, ordered_keys, values_of_keys
from infoscope.tables.remote_open import encode_remote
from infoscope.tables.remote_reading import weighted_edges

# Ibis 12 calls DuckDB 2 by names that it wants gone
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

PLANS = ("kernel", "unnest", "group_by")


@pytest.fixture(scope="module")
def connection(warehouse, drifted):
    connection = ibis.duckdb.connect()
    for name, table in (("rows", warehouse), ("later", drifted)):
        connection.con.register(f"{name}_here", table)
        connection.raw_sql(f"create table {name} as select * from {name}_here")
    return connection


@pytest.fixture(scope="module")
def here(warehouse):
    return scan(warehouse, target="y", progress=False)


def dense_tables(backend, tuples):
    ask = backend.pair_tables if tuples.shape[1] == 2 else backend.triple_tables
    found = []
    for tables in ask(tuples):
        found += [tables.dense(t, backend.levels) for t in range(len(tables.offsets) - 1)]
    return found


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_reads_the_same_columns_and_counts_the_same_tables(plan, connection, here):
    there = encode_remote(connection.table("rows"), target="y", plan=plan, progress=False)
    assert there.columns == here.columns
    backend = there.backend()
    local = LocalBackend(here.codes, [column.n_levels for column in there.mapped])
    pairs = np.concatenate([all_pairs(len(there.mapped)), [[3, 1], [0, 1]]])
    for one, two in zip(dense_tables(local, pairs), dense_tables(backend, pairs), strict=True):
        np.testing.assert_array_equal(one, two)
    triples = np.array([[0, 1, 2], [3, 0, 5], [7, 6, 0]])
    for one, two in zip(dense_tables(local, triples), dense_tables(backend, triples), strict=True):
        np.testing.assert_array_equal(one, two)
    for one, two in zip(local.level_counts(), backend.level_counts(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_map_of_a_table_on_an_engine_answers_all_that_a_local_one_does(connection, here):
    there = scan(connection.table("rows"), target="y", progress=False)
    for field in ("plugin", "corrected", "stderr", "low", "high", "p_value", "q_value", "n"):
        one, two = (getattr(each.mutual_information, field) for each in (here, there))
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-12)
    assert [r.to_dict() for r in there.missingness()] == [r.to_dict() for r in here.missingness()]
    given = ["few", "flag"]
    one, two = here.ranking(given=given), there.ranking(given=given)
    assert [r.column for r in one] == [r.column for r in two]
    gap = [abs(float(a.estimate) - float(b.estimate)) for a, b in zip(one, two, strict=True)]
    assert max(gap) < 1e-12
    assert there.association("number", "y").to_dict() == here.association("number", "y").to_dict()
    assert set(there.notes) - set(here.notes) == {there.notes[-1]}
    assert "came back" in there.notes[-1]


@pytest.mark.parametrize("method", ["jmi", "mrmr", "cmim", "cmi", "mim"])
def test_selection_picks_the_same_columns_by_the_same_scores(method, connection, warehouse):
    some = ["y", "number", "few", "flag", "ties", "wide", "odd \"<b>`x.y`\n'"]
    rows = connection.table("rows").select(*some)
    for k in (3, None):
        one = select(warehouse.select(some), "y", k, method=method, progress=False)
        two = select(rows, "y", k, method=method, progress=False)
        assert one.columns == two.columns
        for a, b in zip(one.picks, two.picks, strict=True):
            assert a.score == pytest.approx(b.score, abs=1e-12)
            assert a.conditional_p_value == pytest.approx(b.conditional_p_value, abs=1e-12)


def test_gaps_as_levels_and_interactions_agree(connection, warehouse):
    some = ["y", "number", "few", "flag"]
    rows = connection.table("rows").select(*some)
    one = select(warehouse.select(some), "y", 3, missing="level", progress=False)
    two = select(rows, "y", 3, missing="level", progress=False)
    assert [p.to_dict() for p in one.picks] == [p.to_dict() for p in two.picks]
    one, two = interactions(warehouse.select(some), "y"), interactions(rows, "y")
    assert [pair.to_dict() for pair in one] == [pair.to_dict() for pair in two]


def test_drift_agrees_for_tables_there_and_for_one_here_and_one_there(
    connection, warehouse, drifted
):
    wanted = drift(warehouse, drifted, progress=False)
    for reference in (connection.table("rows"), warehouse):
        found = drift(reference, connection.table("later"), progress=False)
        assert [c.to_dict() for c in found.columns] == [c.to_dict() for c in wanted.columns]
        assert len(found.pairs) == len(wanted.pairs) > 0
        for one, two in zip(found.pairs, wanted.pairs, strict=True):
            assert {one.column, one.other} == {two.column, two.other}
            assert float(one.synergy) == pytest.approx(float(two.synergy), abs=1e-12)


def test_a_large_relation_is_counted_in_place(warehouse, here, monkeypatch):
    monkeypatch.setattr(remote_open, "LARGE_RELATION", 100)
    session = duckdb.connect()
    session.register("rows", warehouse)
    there = scan(session.sql("select * from rows"), target="y", progress=False)
    np.testing.assert_array_equal(there.mutual_information.plugin, here.mutual_information.plugin)
    assert "was counted where it is" in there.notes[-1]
    for plan in ("unnest", "group_by"):
        rows = encode_remote(session.sql("select y, few from rows"), plan=plan)
        (table,) = dense_tables(rows.backend(), np.array([[0, 1]]))
        assert table.sum() == warehouse.num_rows


def test_edges_of_an_earlier_map_and_given_ones_are_used_again(connection, here, warehouse):
    rows = connection.table("rows").select("y", "number", "wide", "small")
    edges = {"number": [-1.0, 0.5, 2.0], "small": [-50.5, 0.0, 50.5], "wide": 4}
    for bins in (edges, here):
        one = scan(warehouse.select(["y", "number", "wide", "small"]), bins=bins, progress=False)
        two = scan(rows, bins=bins, progress=False)
        assert two.columns == one.columns
        np.testing.assert_array_equal(one.mutual_information.plugin, two.mutual_information.plugin)


def test_errors_say_what_to_do(connection):
    rows = connection.table("rows")
    with pytest.raises(DataError, match="at least two rows"):
        scan(rows.limit(1), progress=False)
    with pytest.raises(UnknownName, match="target must name a column"):
        scan(rows, target="nothing", progress=False)
    with pytest.raises(InvalidArgument, match="equal_frequency"):
        scan(rows, binning="k_means", progress=False)
    with pytest.raises(InvalidArgument, match="go with a CSV file"):
        scan(rows, delimiter=";", progress=False)
    with pytest.raises(UnknownName, match="plan must be one of"):
        encode_remote(rows, plan="magic")
    with pytest.raises(DataError, match="bound to an engine"):
        scan(ibis.table({"a": "int64"}, name="nowhere"), progress=False)
    with pytest.raises(DataError, match="that can be mapped"):
        scan(rows.select("key", "id"), progress=False)


def test_a_table_that_went_away_is_one_sentence(warehouse):
    connection = ibis.duckdb.connect()
    connection.con.register("here", warehouse.select(["y", "few"]))
    connection.raw_sql("create table gone as select * from here")
    rows = connection.table("gone")
    connection.raw_sql("drop table gone")
    with pytest.raises(DataError, match=r"its engine can read; got 'duckdb.gone' .*gone"):
        scan(rows, progress=False)


def test_rows_that_appear_while_counting_are_noticed(connection, warehouse):
    connection.con.register("few_here", warehouse.select(["y", "few"]).slice(0, 100))
    connection.raw_sql("create or replace table moving as select * from few_here")
    there = encode_remote(connection.table("moving"))
    connection.raw_sql("insert into moving values ('a', 1)")
    with pytest.raises(DataError, match="hold still"):
        list(there.backend().pair_tables(np.array([[0, 1]])))
    connection.raw_sql("delete from moving where y = 'a'")
    connection.raw_sql("update moving set y = 'never seen'")
    with pytest.raises(DataError, match="hold still"):
        list(there.backend().pair_tables(np.array([[0, 1]])))


def test_without_ibis_the_message_names_the_extra(connection, monkeypatch):
    rows = connection.table("rows")
    monkeypatch.setattr(infoscope.core.extras, "is_installed", lambda module: module != "ibis")
    with pytest.raises(MissingExtra, match=r"pip install 'infoscope\[spark\]'"):
        scan(rows, progress=False)


@pytest.mark.parametrize("kind, values", [
    ("f", [-np.inf, -2.5, -0.0, 0.0, 5e-324, 1.0, np.inf]),
    ("i", [-(2**63), -1, 0, 7, 2**63 - 1]),
], ids=["floats", "whole"])  # fmt: skip
def test_keys_keep_order_and_bits(kind, values):
    keys, present = ordered_keys(pa.array(values), kind)
    assert present.all()
    assert (np.diff(keys.astype(object)) >= 0).all()
    np.testing.assert_array_equal(values_of_keys(keys, kind), np.array(values))


def test_weighted_edges_are_those_of_the_repeated_values():
    from infoscope.tables.bins import equal_frequency_edges

    rng = np.random.default_rng(5)
    for k in (2, 5, 9):
        values = np.unique(rng.integers(-20, 20, 15))
        counts = rng.integers(1, 30, values.size)
        rows = np.repeat(values, counts)
        np.testing.assert_array_equal(
            weighted_edges(values, counts, k), equal_frequency_edges(rows, k)
        )


def test_workers_without_infoscope_count_the_same(monkeypatch):
    from infoscope.tables import remote_kernel

    batch = pa.record_batch({"a": ["u", None, "v", "u"], "b": [1.0, 2.0, None, 9.0]})
    codings = [
        Coding(2, words={"u": 1, "v": 2}),
        Coding(2, "f", ordered_keys(pa.array([1.5]), "f")[0]),
    ]

    def answers():
        kernel = cell_kernel(codings, [(0, 1), (0,), (0, 1, 0)])
        rows = pa.Table.from_batches(kernel(iter([batch])))
        return sorted(zip(*rows.to_pydict().values(), strict=True))

    compiled = answers()
    monkeypatch.setattr(remote_kernel, "_loop", lambda *_: None)
    assert answers() == compiled
    # rows: (u, low), (null, high), (v, null), (u, high); key = code of a * 3 + code of b
    assert [row for row in compiled if row[0] == 0] == [
        (0, 2, 1), (0, 4, 1), (0, 5, 1), (0, 6, 1)
    ]  # fmt: skip
