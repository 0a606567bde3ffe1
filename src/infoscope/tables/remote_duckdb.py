"""Tables that DuckDB holds: the counting kernel reads its stream of batches, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from infoscope.tables.remote_engine import RemoteEngine
from infoscope.tables.remote_kernels import BatchEngine

__all__ = ["engine_of_relation", "engine_of_table"]

_ROWS = 2**17  # of a batch
_VIEW = "infoscope_rows"


def engine_of_table(source: Any, backend: Any, label: str, plan: str | None) -> RemoteEngine:
    """Return the engine of an Ibis table whose backend is DuckDB."""
    if plan in ("unnest", "group_by"):
        return RemoteEngine(source, label, plan=plan, failures=(duckdb.Error,))

    def batches(expression: Any) -> Iterator[pa.RecordBatch]:
        sql = str(ibis.to_sql(expression, dialect="duckdb"))
        return _batches(backend.con.sql(sql))

    return BatchEngine(source, label, batches=batches, failures=(duckdb.Error,))


def engine_of_relation(relation: Any, plan: str | None) -> RemoteEngine:
    """Return the engine of a DuckDB relation: queries run on its own connection."""
    schema = ibis.Schema.from_pyarrow(_table(relation.limit(0)).schema)
    rows = ibis.table(schema, name=_VIEW)

    def asked(expression: Any) -> Any:
        return relation.query(_VIEW, str(ibis.to_sql(expression, dialect="duckdb")))

    options: dict[str, Any] = {
        "fetch": lambda expression: _table(asked(expression)), "failures": (duckdb.Error,),
    }  # fmt: skip
    if plan in ("unnest", "group_by"):
        return RemoteEngine(rows, "duckdb.DuckDBPyRelation", plan=plan, **options)
    return BatchEngine(
        rows, "duckdb.DuckDBPyRelation", batches=lambda one: _batches(asked(one)), **options
    )


def _batches(relation: Any) -> Iterator[pa.RecordBatch]:
    """Stream a relation; DuckDB 2 calls this to_arrow_reader, earlier ones fetch_record_batch."""
    if hasattr(relation, "to_arrow_reader"):
        return iter(relation.to_arrow_reader(_ROWS))
    return iter(relation.fetch_record_batch(_ROWS))


def _table(relation: Any) -> pa.Table:
    if hasattr(relation, "to_arrow_table"):
        return relation.to_arrow_table()
    return relation.fetch_arrow_table()
