"""Tables that Spark holds: the counting kernel is mapped over Arrow batches in its workers.

The kernel runs in the user's own session, one job for many tables: partial counts are added in the
engine, and only non-empty cells come to the driver.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import ibis
import py4j.protocol
import pyarrow as pa
import pyspark.errors
from pyspark import cloudpickle
from pyspark.sql import functions

from infoscope.tables import remote_kernel
from infoscope.tables.remote_engine import RemoteEngine, unanswered
from infoscope.tables.remote_kernels import KernelEngine

__all__ = ["SparkEngine", "engine_of_frame", "engine_of_table"]

_FAILURES: tuple[type[Exception], ...] = (
    pyspark.errors.PySparkException, py4j.protocol.Py4JError, ConnectionError,
)  # fmt: skip
_TYPES = {"part": "int", "key": "long", "n": "long", "low": "long", "word": "string"}

# workers need NumPy and Arrow, which Spark's Arrow functions need anyway, and not infoscope
cloudpickle.register_pickle_by_value(remote_kernel)


class SparkEngine(KernelEngine):
    """A `KernelEngine` in a Spark session."""

    def __init__(self, session: Any, table: Any, label: str) -> None:
        super().__init__(table, label, failures=_FAILURES)
        self.session = session

    def how(self) -> str:
        """Say in a few words how tables are counted."""
        return "a kernel mapped over Arrow batches"

    def mapped(self, columns: Sequence[int], kernel: Any, schema: pa.Schema) -> pa.Table:
        """Run a kernel over all batches of some columns; rows of equal part and key are added."""
        some = self.table.select(**{f"c{c}": self.table[self.names[c]] for c in columns})
        types = ", ".join(f"{name} {_TYPES[name]}" for name in schema.names)
        sums = [functions.sum("n").alias("n")]
        if "low" in schema.names:
            sums.append(functions.min("low").alias("low"))

        def run() -> pa.Table:
            rows = self.session.sql(str(ibis.to_sql(some, dialect="pyspark")))
            counted = rows.mapInArrow(kernel, types).groupBy(*schema.names[:2]).agg(*sums)
            if hasattr(counted, "toArrow"):
                found = counted.toArrow()
            else:  # before Spark 4
                found = pa.Table.from_batches(counted._collect_as_arrow(), schema)
            return found.cast(schema)

        return self.answered(run)


def engine_of_table(source: Any, backend: Any, label: str, plan: str | None) -> RemoteEngine:
    """Return the engine of an Ibis table whose backend is Spark."""
    if plan in ("unnest", "group_by"):
        return RemoteEngine(source, label, plan=plan, failures=_FAILURES)
    return SparkEngine(backend._session, source, label)


def engine_of_frame(frame: Any, plan: str | None) -> RemoteEngine:
    """Return the engine of a Spark data frame, under a temporary name in its own session."""
    name = f"infoscope_{uuid.uuid4().hex}"
    session = frame.sparkSession
    try:
        frame.createOrReplaceTempView(name)
        backend = ibis.pyspark.connect(session)
        rows = backend.table(name)
    except _FAILURES as error:
        raise unanswered("spark.DataFrame", error) from error
    return engine_of_table(rows, backend, "spark.DataFrame", plan)
