"""Information of all pairs of label columns, from tables that are counted several at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels.pair_tables import pair_tables
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.estimate.method import Floats
from infoscope.estimate.variables import Variable

__all__ = ["METHODS", "MOST_LEVELS", "all_label_pairs"]

#: The methods whose value and error follow from the table alone.
METHODS = ("fixed_margins", "plugin")

#: Columns of more labels are paired one by one: most cells of their tables would be empty.
MOST_LEVELS = 256

_CELLS = 1 << 20  # of tables whose statistics are taken at once


def all_label_pairs(
    variables: Sequence[Variable], method: str, threads: int = 1
) -> tuple[Floats, Floats]:
    """Return value and standard error of every pair, nats, each (c, c) with NaN on the diagonal.

    As `estimate_raw` with one of `METHODS` gives them pair by pair.
    """
    c = len(variables)
    values, errors = np.full((c, c), np.nan), np.full((c, c), np.nan)
    codes = [variable.codes for variable in variables if variable.codes is not None]
    levels = [variable.n_levels for variable in variables]
    waiting: list[tuple[int, int, NDArray[np.int64]]] = []
    size = 0

    def flush() -> None:
        if not waiting:
            return
        found, error = _statistics([table for _, _, table in waiting], method)
        for (i, j, _), value, spread in zip(waiting, found, error, strict=True):
            values[i, j] = values[j, i] = value
            errors[i, j] = errors[j, i] = spread
        waiting.clear()

    for i, j, table in pair_tables(codes, levels, threads):
        waiting.append((i, j, table))
        size += table.size
        if size > _CELLS:
            flush()
            size = 0
    flush()
    return values, errors


def _statistics(tables: list[NDArray[np.int64]], method: str) -> tuple[Floats, Floats]:
    """Return value and standard error of each table."""
    shapes = np.array([table.shape for table in tables], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(shapes.prod(axis=1))])
    grids = {shape: _grid(*shape) for shape in {table.shape for table in tables}}
    left, right = (
        np.concatenate([grids[table.shape][side] for table in tables]) for side in range(2)
    )
    out = np.empty((len(tables), len(FIELDS)))
    counts = np.concatenate([table.ravel() for table in tables])
    pair_statistics(offsets, left, right, counts, shapes, out, moments=method != "plugin")
    got = dict(zip(FIELDS, out.T, strict=True))
    n, plugin = got["n"], got["plugin"]
    if method == "plugin":
        df = (got["n_rows"] - 1.0) * (got["n_columns"] - 1.0)
        return plugin, np.sqrt(got["spread"] / n + df / (2.0 * n * n))
    value = plugin - got["mean"] / (2.0 * n)
    s = np.where(plugin > 0, got["spread"] / np.where(plugin > 0, plugin, 1.0), 2.0)
    variance = got["variance"] / (2.0 * n) ** 2 + s * np.maximum(value, 0.0) / n
    return value, np.sqrt(variance)


def _grid(rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column of each cell, from 1: nothing is null."""
    across = np.arange(1, columns + 1, dtype=np.int64)
    down = np.arange(1, rows + 1, dtype=np.int64)
    return np.repeat(down, columns), np.tile(across, rows)
