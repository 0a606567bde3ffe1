"""Choose how to count each pair of columns: the cheapest of four plans that give the same counts.

- *plain*: one increment a row in the full table; its cost grows with the table, as caches do.
- *bits*: one row of bits a code; a cell is the number of bits that two rows share. Its cost is the
  number of cells, so it wins for few levels.
- *packed*: several columns become one whose code is their mixed-radix number; one increment then
  serves all pairs of columns between two packed ones, whose tables are added up from the large one.
- *sparse*: sort the codes of a block as one key and keep a hash table of the keys met; for tables
  that are too large to lay out.

The nanoseconds below are constants of one machine (2 cores, x86_64): only their ratios matter, and
a wrong one costs time, never a count.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["BITS", "PACKED", "PLAIN", "PLANS", "SPARSE", "Packing", "Plan", "choose"]

PLANS = ("plain", "bits", "packed", "sparse")
PLAIN, BITS, PACKED, SPARSE = range(4)

_INCREMENT = ([12.0, 14.0, 15.6, 17.6, 20.0, 24.0], [1.2, 1.5, 2.0, 4.0, 12.0, 20.0])
_BIT_CELL = 0.004  # ns a row and cell
_LAY_OUT = 1.0  # ns a cell of a full table: clearing it and reading it again
_ADD_UP = 0.6  # ns a cell of a packed table and pair of columns in it
_SPARSE_ROW = 25.0
_MOST_CELLS = 2**24  # of one full table: 64 MB
_LARGEST_PACKS = (64, 128, 256, 512, 1100)

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packing:
    """Columns packed together: `members` lists them pack by pack, ``starts[s]:starts[s + 1]``."""

    members: Integers
    starts: Integers
    pack: Integers  # (columns,) the pack of each column, -1 for none
    inner: Integers  # (columns,) product of the widths behind it in its pack
    widths: Integers  # (packs,) codes of each pack


@dataclass(frozen=True, slots=True)
class Plan:
    """How to count each pair, and what each costs in nanoseconds."""

    how: NDArray[np.int8]  # (m,) one of PLANS
    cost: NDArray[np.float64]  # (m,)
    packing: Packing


def choose(pairs: Integers, levels: Integers, n_rows: int, only: int | None = None) -> Plan:
    """Return the cheapest plan for the pairs (m, 2) of columns with these non-null levels.

    `only` names the one plan to use wherever it can be used (tests compare plans with it); packs
    are then as large as they may be.
    """
    widths = levels + 1
    sizes = widths[pairs].astype(np.float64)
    cells = sizes[:, 0] * sizes[:, 1]
    plain = n_rows * _increment(cells) + _LAY_OUT * cells
    bits = n_rows * _BIT_CELL * (sizes[:, 0] - 1) * (sizes[:, 1] - 1) + _LAY_OUT * cells
    sparse = np.full(len(pairs), _SPARSE_ROW * n_rows)
    wide = (cells > _MOST_CELLS) | (widths[pairs] > 2**16).any(axis=1)
    plain[wide] = bits[wide] = np.inf
    bits[pairs[:, 0] == pairs[:, 1]] = np.inf  # totals say nothing about a column by itself
    if only == SPARSE:
        sparse[:] = 0.0
    single = np.stack([plain, bits, np.full(len(pairs), np.inf), sparse])
    if only in (PLAIN, BITS):
        single[only] = np.where(np.isfinite(single[only]), single[only] * 1e-9, np.inf)
    how, cost = single.argmin(axis=0).astype(np.int8), single.min(axis=0)
    best: tuple[float, NDArray[np.int8], NDArray[np.float64], Packing] | None = None
    for largest in _LARGEST_PACKS if only in (None, PACKED) else ():
        packing = _pack(widths, largest)
        chosen, costs = _with_packs(pairs, how, cost, packing, n_rows, only == PACKED)
        if best is None or float(costs.sum()) < best[0] or only == PACKED:
            best = float(costs.sum()), chosen, costs, packing
    if best is None:
        return Plan(how, cost, _pack(widths[:0], 1))
    return Plan(*best[1:])


def _increment(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the nanoseconds of one increment in a table of so many cells."""
    return np.interp(np.log2(np.maximum(cells, 1.0)), *_INCREMENT)


def _pack(widths: Integers, largest: int) -> Packing:
    """Put columns together, narrow ones first, while their product of widths stays in bounds."""
    members: list[int] = []
    starts, products = [0], []
    pack = np.full(widths.size, -1, np.int64)
    product = 1
    for c in np.argsort(widths, kind="stable").tolist():
        width = int(widths[c])
        if width > largest:
            break
        if product * width > largest:
            starts.append(len(members))
            products.append(product)
            product = 1
        product *= width
        pack[c] = len(products)
        members.append(c)
    if members:
        starts.append(len(members))
        products.append(product)
    inner = np.ones(widths.size, np.int64)
    for start, stop in pairwise(starts):
        behind = 1
        for c in reversed(members[start:stop]):
            inner[c] = behind
            behind *= int(widths[c])
    return Packing(
        np.array(members, np.int64), np.array(starts, np.int64), pack, inner,
        np.array(products, np.int64),
    )  # fmt: skip


def _with_packs(
    pairs: Integers,
    how: NDArray[np.int8],
    cost: NDArray[np.float64],
    packing: Packing,
    n_rows: int,
    always: bool,
) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Move the pairs between two packs to the packed plan where that is cheaper together."""
    packs = packing.pack[pairs]
    able = (packs >= 0).all(axis=1) & (packs[:, 0] != packs[:, 1])
    how, cost = how.copy(), cost.copy()
    if not able.any():
        return how, cost
    low, high = np.sort(packs[able], axis=1).T
    _, group, members = np.unique(
        low * packing.widths.size + high, return_inverse=True, return_counts=True
    )
    first = np.zeros(members.size, np.int64)
    first[group] = np.arange(group.size)
    cells = (packing.widths[low[first]] * packing.widths[high[first]]).astype(np.float64)
    together = n_rows * _increment(cells) + cells * (_LAY_OUT + _ADD_UP * members)
    apart = np.bincount(group, cost[able])
    better = (together < apart) | always
    moved = np.flatnonzero(able)[better[group]]
    how[moved] = PACKED
    cost[moved] = (together / members)[group][better[group]]
    return how, cost
