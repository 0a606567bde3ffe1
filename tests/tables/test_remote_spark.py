"""Spark counts what is counted here: in one local session, in few jobs."""

import os
import sys
import warnings

import numpy as np
import pyarrow.parquet as pq
import pytest

from infoscope.core.errors import DataError
from infoscope.tables import drift, scan, select
from infoscope.tables.counts import all_pairs
from infoscope.tables.remote_open import encode_remote

pytestmark = [
    pytest.mark.heavy,
    # Spark and Ibis warn of their own parts
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

COLUMNS = ["y", "number", "few", "when", "odd \"<b>`x.y`\n'", "as text", "nan"]


@pytest.fixture(scope="session")
def session(tmp_path_factory):
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    folder = tmp_path_factory.mktemp("spark")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]")
        for key, value in {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.local.dir": str(folder),
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
        }.items():
            builder = builder.config(key, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def frames(session, warehouse, drifted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    found = {}
    for name, table in (("rows", warehouse), ("later", drifted)):
        pq.write_table(table.select(COLUMNS), folder / f"{name}.parquet", row_group_size=700)
        found[name] = session.read.parquet(str(folder / f"{name}.parquet"))
    return found


def test_a_map_by_spark_is_the_map_of_the_same_rows_here(frames, warehouse):
    here = scan(warehouse.select(COLUMNS), target="y", progress=False)
    there = scan(frames["rows"].repartition(3), target="y", progress=False)
    assert there.columns == here.columns
    for field in ("plugin", "corrected", "stderr", "low", "high", "p_value", "n"):
        one, two = (getattr(each.mutual_information, field) for each in (here, there))
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-12)
    assert "a kernel mapped over Arrow batches" in there.notes[-1]


def test_portable_plans_count_the_same_on_spark(frames):
    rows = frames["rows"].select("y", "few", "number")
    found = {}
    for plan in ("kernel", "unnest", "group_by"):
        there = encode_remote(rows, plan=plan, progress=False)
        backend = there.backend()
        (tables,) = backend.pair_tables(all_pairs(3))
        found[plan] = there.columns, [tables.dense(t, backend.levels).tolist() for t in range(3)]
    assert found["kernel"] == found["unnest"] == found["group_by"]


def test_selection_and_drift_by_spark_agree(frames, warehouse, drifted):
    some = ["y", "number", "few"]
    one = select(warehouse.select(some), "y", 2, progress=False)
    two = select(frames["rows"].select(*some), "y", 2, progress=False)
    assert [p.column for p in one.picks] == [p.column for p in two.picks]
    for a, b in zip(one.picks, two.picks, strict=True):
        assert a.score == pytest.approx(b.score, abs=1e-12)
    one = drift(warehouse.select(some), drifted.select(some), progress=False)
    two = drift(frames["rows"].select(*some), frames["later"].select(*some), progress=False)
    assert [c.to_dict() for c in one.columns] == [c.to_dict() for c in two.columns]
    assert [float(p.synergy) for p in one.pairs] == pytest.approx(
        [float(p.synergy) for p in two.pairs], abs=1e-12
    )


def test_a_query_that_fails_is_one_sentence(session):
    rows = session.sql("select assert_true(id < 0) as a, id as b from range(10)")
    with pytest.raises(DataError, match=r"its engine can read; got 'spark.DataFrame' \("):
        scan(rows, progress=False)
