"""Spark standalone on loopback, two workers: seconds, bytes back, agreement with the local engine.

Master and workers are started from the pyspark package and ended with the script. Two workers on
one machine show correctness and the shape of the cost, not a speed-up.
"""

import csv
import datetime as dt
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
from pyspark.sql import SparkSession

from infoscope.tables import scan, select
from infoscope.tables.counts import all_pairs
from infoscope.tables.remote_open import encode_remote, open_remote
from infoscope.tables.remote_table import RemoteBackend

RESULTS = Path(__file__).parents[1] / "results" / "tables_spark_cluster.csv"
ROWS = int(os.environ.get("ROWS", "1000000"))
COLUMNS = int(os.environ.get("COLUMNS", "12"))
PORT = 17077


def make_table(path: Path) -> pa.Table:
    """Write a table of words, whole numbers and floats, 3% null, in several row groups."""
    rng = np.random.default_rng(0)
    hidden = rng.integers(0, 8, ROWS)
    data = {}
    for c in range(COLUMNS):
        gone = rng.random(ROWS) < 0.03
        levels = (2, 5, 10, 20, 50, 200)[c % 6]
        values = np.where(
            rng.random(ROWS) < 0.4, hidden * levels // 8, rng.integers(0, levels, ROWS)
        )
        if c % 3 == 0:
            words = pa.array([f"level {k}" for k in range(levels)])
            data[f"word_{c}"] = words.take(pa.array(values, mask=gone))
        elif c % 3 == 1:
            data[f"whole_{c}"] = pa.array(values, mask=gone)
        else:
            data[f"float_{c}"] = pa.array(rng.normal(size=ROWS) + hidden, mask=gone)
    table = pa.table(data)
    pq.write_table(table, path, row_group_size=max(ROWS // 6, 1))
    return table


def spark_class(log: Path, *arguments: str) -> subprocess.Popen:
    home = Path(pyspark.__file__).parent
    environment = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    environment["PYSPARK_PYTHON"] = sys.executable
    return subprocess.Popen(
        [str(home / "bin" / "spark-class"), *arguments],
        env=environment, stdout=log.open("w"), stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def wait_for(log: Path, words: str) -> None:
    for _ in range(180):
        if log.exists() and words in log.read_text():
            return
        time.sleep(1)
    raise SystemExit(f"{log.name}: no {words!r} in three minutes")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the cluster ends too
    folder = Path(tempfile.mkdtemp(prefix="infoscope-spark-"))
    table = make_table(folder / "table.parquet")
    running = []
    rows: list[dict[str, object]] = []
    stamp = {
        "date": dt.date.today().isoformat(), "machine": platform.machine(),
        "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
        "pyspark": pyspark.__version__, "rows": ROWS, "columns": COLUMNS,
    }  # fmt: skip

    def note(
        step: str, seconds: float, jobs: int = 0, size: int = 0, tables: int = 0, gap: str = ""
    ):
        rows.append(stamp | {
            "step": step, "seconds": round(seconds, 2), "jobs": jobs, "tables": tables,
            "bytes_back": size, "bytes_per_table": round(size / tables) if tables else "",
            "largest_difference": gap,
        })  # fmt: skip
        print(rows[-1])

    try:
        start = time.perf_counter()
        home = "org.apache.spark.deploy"
        running.append(spark_class(
            folder / "master.log", f"{home}.master.Master", "--host", "127.0.0.1",
            "--port", str(PORT), "--webui-port", str(PORT + 1),
        ))  # fmt: skip
        wait_for(folder / "master.log", "I have been elected leader")
        running += [
            spark_class(
                folder / f"worker{k}.log", f"{home}.worker.Worker", "-c", "1", "-m", "1g",
                "--host", "127.0.0.1", "--work-dir", str(folder / f"work{k}"),
                "--webui-port", str(PORT + 1 + k), f"spark://127.0.0.1:{PORT}",
            )
            for k in (1, 2)
        ]  # fmt: skip
        for k in (1, 2):
            wait_for(folder / f"worker{k}.log", "Successfully registered")
        note("start master and two workers", time.perf_counter() - start)
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        os.environ["PYSPARK_PYTHON"] = sys.executable
        start = time.perf_counter()
        builder = SparkSession.builder.master(f"spark://127.0.0.1:{PORT}")
        for key, value in {
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
            "spark.sql.shuffle.partitions": "2", "spark.executor.memory": "768m",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.sql.files.maxPartitionBytes": str(8 << 20),
        }.items():  # fmt: skip
            builder = builder.config(key, value)
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        note("start session", time.perf_counter() - start)
        frame = session.read.parquet(str(folder / "table.parquet"))
        start = time.perf_counter()
        frame.count()
        note("first job (count)", time.perf_counter() - start)
        measure(table, frame, note)
        session.stop()
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGTERM)
        if rows:
            with RESULTS.open("w", newline="") as file:
                writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)


def measure(table: pa.Table, frame: object, note) -> None:
    start = time.perf_counter()
    here = scan(table, progress=False)
    note("scan here", time.perf_counter() - start, tables=len(all_pairs(COLUMNS)))
    for turn in ("first", "second"):
        start = time.perf_counter()
        there = scan(frame, progress=False)
        seconds = time.perf_counter() - start
        one, two = here.mutual_information, there.mutual_information
        gap = max(
            float(np.nanmax(np.abs(getattr(one, field) - getattr(two, field))))
            for field in ("plugin", "corrected", "p_value")
        )
        backend = there.codes.backend
        note(
            f"scan on the cluster, {turn}", seconds, backend._engine.jobs,
            backend._engine.bytes_back, backend.n_tables, f"{gap:.1e}",
        )  # fmt: skip
    target = table.column_names[0]
    start = time.perf_counter()
    chosen = select(table, target, 4, progress=False)
    note("select 4 here", time.perf_counter() - start)
    start = time.perf_counter()
    found = select(frame, target, 4, progress=False)
    same = "same picks" if found.columns == chosen.columns else "other picks"
    note("select 4 on the cluster", time.perf_counter() - start, gap=same)
    pairs = all_pairs(COLUMNS)
    reference = None
    read = encode_remote(frame, progress=False)
    for plan in ("kernel", "group_by", "unnest", "kernel", "unnest", "group_by"):
        engine = open_remote(frame, plan=plan)
        engine.n_rows = read.n_rows
        backend = RemoteBackend(engine, list(read.counts._codings.values()), read.counts._where)
        start = time.perf_counter()
        sums = [
            int((tables.left * 31 + tables.right * 17) @ tables.counts)
            for tables in backend.pair_tables(pairs)
        ]
        seconds = time.perf_counter() - start
        reference = reference or sum(sums)
        assert sum(sums) == reference, "plans disagree"
        note(f"count all pairs by {plan}", seconds, engine.jobs, engine.bytes_back, len(pairs), "0")


if __name__ == "__main__":
    main()
