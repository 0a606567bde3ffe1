"""Which engine holds a table, and which plan counts fastest there."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.common.exceptions
import ibis.expr.operations

from infoscope.core.errors import DataError, UnknownName, sentence
from infoscope.tables.remote_engine import RemoteEngine

__all__ = ["engine_for"]

_PLANS = ("kernel", "unnest", "group_by")


def engine_for(source: Any, plan: str | None = None) -> RemoteEngine:
    """Return the engine of an Ibis table, a Spark data frame or a DuckDB relation."""
    if plan is not None and plan not in _PLANS:
        raise UnknownName(sentence("scan", "plan", f"be one of {', '.join(_PLANS)}", repr(plan)))
    home = type(source).__module__
    if home.startswith("pyspark."):
        from infoscope.tables import remote_spark

        return remote_spark.engine_of_frame(source, plan)
    if not home.startswith("ibis."):
        from infoscope.tables import remote_duckdb

        return remote_duckdb.engine_of_relation(source, plan)
    try:
        backend: Any = source.get_backend()
    except ibis.common.exceptions.IbisError as error:
        raise DataError(sentence(
            "scan", "source", "be bound to an engine", f"an Ibis table that is not ({error})",
            "Take it from a connection: connection.table(name).",
        )) from None  # fmt: skip
    name = str(backend.name)
    label = f"{name}.{source.get_name()}" if hasattr(source.op(), "name") else f"{name} query"
    if name == "pyspark":
        from infoscope.tables import remote_spark

        return remote_spark.engine_of_table(source, backend, label, plan)
    if name == "duckdb":
        from infoscope.tables import remote_duckdb

        return remote_duckdb.engine_of_table(source, backend, label, plan)
    if plan == "kernel":
        raise UnknownName(sentence(
            "scan", "plan", f"be 'unnest' or 'group_by' on {name}", repr(plan)
        ))  # fmt: skip
    arrays = backend.has_operation(ibis.expr.operations.Unnest)
    return RemoteEngine(source, label, plan=plan or ("unnest" if arrays else "group_by"))
