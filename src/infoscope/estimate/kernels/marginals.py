"""`Block`: one argument made ready for neighbours, its columns brought to a common scale.

Ties need a decision. A value that many rows share (a zero in zero-inflated data) is an atom: its
rows are at distance 0, and are counted as such. A value that a few rows share is a rounded
measurement: the published treatments of ties take its grid for dependence (0.3 nats too much for
independent normal numbers rounded to one decimal, n = 1000). Such rows get the ranks of their run
in a fixed order that has nothing to do with the other columns. Nothing is added to the numbers, the
information is unchanged (the distributional transform), and equal data have equal answers in any
order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.kernels.scores import normal_scores
from infoscope.estimate.method import Value
from infoscope.estimate.variables import Variable, canonical_order

__all__ = [
    "MARGINALS",
    "TIES",
    "Block",
    "blocks_of",
    "checked_choice",
    "checked_k",
    "fixed_order",
    "standardized",
]

Floats = NDArray[np.float64]

#: What a neighbour method does to each column first. scores: normal scores of the ranks, which take
#: tails, units and increasing maps out of the question. standardized: mean 0, deviation 1. raw:
#: as it came.
MARGINALS = ("scores", "standardized", "raw")


#: What happens to equal numbers. auto: as above. atoms: all of them are atoms.
TIES = ("auto", "atoms")

#: An atom holds at least this many times sqrt(k / n) of the rows, which is about the part of a
#: column that a ball to the k-th neighbour covers: finer grids than that blur into a continuum.
#: (Lowest error of 0.7 .. 3 over Poisson, rounded, zero-inflated and two-valued data.)
_ATOM = 1.75

_SEED = 2017  # of the fixed order within a run


@dataclass(frozen=True, slots=True)
class Block:
    """Columns (n, d) on one scale, labels or None, each column's order and ascending values."""

    values: Floats
    codes: NDArray[np.int64] | None
    orders: tuple[NDArray[np.intp], ...]
    ascending: tuple[Floats, ...]

    @property
    def is_line(self) -> bool:
        """Whether it is one column of numbers."""
        return self.values.shape[1] == 1 and self.codes is None

    @property
    def is_label(self) -> bool:
        """Whether it is labels and nothing else."""
        return self.values.shape[1] == 0


def blocks_of(
    variables: tuple[Variable, ...], *, marginals: str, ties: str = "atoms", k: int = 1
) -> tuple[tuple[Block, ...], NDArray[np.intp] | None]:
    """Return the variables with each column put on the scale `marginals`.

    Also the canonical order of the rows if equal numbers were given different ranks, else None.
    """
    n = variables[0].n
    spread = ties == "auto" and marginals == "scores"
    canonical: NDArray[np.intp] | None = None
    blocks: list[Block] = []
    stream = 0
    for variable in variables:
        columns: list[Floats] = []
        orders: list[NDArray[np.intp]] = []
        ascending: list[Floats] = []
        for column, order in zip(variable.values.T, variable.orders, strict=True):
            stream += 1
            if marginals == "scores" and variable.n_distinct == n and variable.dimension == 1:
                if "scores" not in variable.prepared:
                    variable.prepared["scores"] = normal_scores(order, None)
                by_row, ranked = variable.prepared["scores"]
            elif marginals == "scores":
                new = _first_of_run(column[order])
                if spread and not new.all():
                    new, rare = _only_atoms(new, _ATOM * (k * n) ** 0.5)
                    if rare:
                        canonical = canonical_order(variables) if canonical is None else canonical
                        order = fixed_order(column, canonical, stream)
                by_row, ranked = normal_scores(order, new)
            else:
                by_row = standardized(column) if marginals == "standardized" else column.copy()
                ranked = by_row[order]
            columns.append(by_row)
            orders.append(order)
            ascending.append(ranked)
        values = columns[0][:, None] if len(columns) == 1 else _beside(columns, n)
        blocks.append(Block(values, variable.codes, tuple(orders), tuple(ascending)))
    return tuple(blocks), canonical


def _beside(columns: list[Floats], n: int) -> Floats:
    return np.column_stack(columns) if columns else np.zeros((n, 0))


def _first_of_run(ranked: Floats) -> NDArray[np.bool_]:
    """Return where a new value begins in ascending numbers."""
    new = np.empty(ranked.size, dtype=np.bool_)
    new[:1] = True
    np.not_equal(ranked[1:], ranked[:-1], out=new[1:])
    return new


def _only_atoms(new: NDArray[np.bool_], smallest: float) -> tuple[NDArray[np.bool_], bool]:
    """Part all runs shorter than `smallest`; also say whether there were any."""
    first = np.flatnonzero(new)
    sizes = np.diff(np.append(first, new.size))
    rare = sizes < smallest
    return new | np.repeat(rare, sizes), bool(np.any(rare & (sizes > 1)))


def fixed_order(column: Floats, canonical: NDArray[np.intp], stream: int) -> NDArray[np.intp]:
    """Return an ascending order that shuffles equal numbers, the same for any order of the rows."""
    shuffled = np.empty(column.size, np.int64)
    shuffled[canonical] = np.random.default_rng([_SEED, stream]).permutation(column.size)
    return np.lexsort((shuffled, column))


def standardized(column: Floats) -> Floats:
    """Return (column - mean) / sd with sd of n - 1, safe for numbers of any size.

    >>> standardized(np.array([1.0, 2.0, 3.0]) * 1e200)
    array([-1.,  0.,  1.])
    """
    largest = float(np.abs(column).max())
    if largest == 0.0:
        return np.zeros(column.size)
    scaled = column / largest
    centred = scaled - scaled.mean()
    spread = float(centred.std(ddof=1)) if column.size > 1 else 0.0
    return centred / spread if spread > 0.0 else np.zeros(column.size)


def checked_k(k: Value, n: int, function: str) -> int:
    """Return the number of neighbours, or raise unless it is from 1 to n - 1."""
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k < n:
        need = f"be a whole number of neighbours from 1 to n - 1 = {n - 1}"
        raise InvalidArgument(sentence(function, "k", need, repr(k)))
    return int(k)


def checked_choice(value: Value, choices: tuple[str, ...], function: str, argument: str) -> str:
    """Return an option that is one of a few names, or raise."""
    if value not in choices:
        need = f"be one of {', '.join(choices)}"
        raise InvalidArgument(sentence(function, argument, need, repr(value)))
    return str(value)
