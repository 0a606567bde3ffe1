"""`Variable`: one argument of an estimator, checked and split into labels and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.method import Floats, Kind

__all__ = [
    "Codes",
    "Variable",
    "canonical_order",
    "dense_codes",
    "encode_rows",
    "joined",
    "n_different",
    "one_of_the_other",
    "variable_of",
]

Codes: TypeAlias = NDArray[np.int64]
Prepared: TypeAlias = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True)
class Variable:
    """The rows of one argument: numbers in `values`, labels (joined into one) in `codes`.

    Parameters
    ----------
    argument : str
        "x", "y" or "z"; for messages.
    kind : {"discrete", "continuous", "mixed"}
        discrete: only codes. continuous: only values, (nearly) without ties or said to be so.
        mixed: values that repeat, or values and codes together.
    values : float64 array of shape (n, d), read-only
        The continuous columns; d = 0 where there are none. Finite.
    codes : int64 array of shape (n,), read-only, or None
        The discrete columns as one code in 0 .. n_levels - 1; every code occurs.
    n_levels : int
        Number of different codes; 0 without codes.
    n_distinct : int
        Number of different rows.
    orders : tuple of int arrays, each (n,)
        For each continuous column the rows in ascending order (argsort; ties in any order), made
        once while the kinds were detected, for the kernels to share.
    prepared : dict
        What kernels made of the only column and will want again: by row, and ascending.
    """

    argument: str
    kind: Kind
    values: Floats
    codes: Codes | None
    n_levels: int
    n_distinct: int
    orders: tuple[NDArray[np.intp], ...]
    prepared: dict[str, Prepared] = field(
        default_factory=dict[str, "Prepared"], compare=False, repr=False
    )

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.values.shape[0]

    @property
    def dimension(self) -> int:
        """Number of continuous columns, plus one if there are labels."""
        return self.values.shape[1] + (self.codes is not None)

    @property
    def counts(self) -> Codes:
        """How often each code occurs, (n_levels,); for discrete variables."""
        assert self.codes is not None
        return np.bincount(self.codes, minlength=self.n_levels).astype(np.int64)

    def take(self, rows: NDArray[np.intp]) -> Variable:
        """Return the same variable on some of its rows; codes are renumbered, the kind is kept."""
        codes = None if self.codes is None else self.codes[rows]
        return variable_of(self.argument, self.kind, self.values[rows], codes)


def variable_of(
    argument: str,
    kind: Kind,
    values: Floats,
    codes: Codes | None,
    orders: tuple[NDArray[np.intp], ...] | None = None,
) -> Variable:
    """Return the variable of these columns; any integers serve as codes, and are renumbered.

    `orders` are the columns' argsorts, where they are known.
    """
    values = np.ascontiguousarray(values)
    values.flags.writeable = False
    if orders is None:
        orders = tuple(np.argsort(column) for column in values.T)
    coded, n_levels = (None, 0) if codes is None else encode_rows([codes])
    if values.shape[1] == 1 and coded is None:
        n_distinct = n_different(values[orders[0], 0])
    elif values.shape[1] == 0:
        n_distinct = n_levels
    else:
        columns = [_rank_codes(c, order) for c, order in zip(values.T, orders, strict=True)]
        n_distinct = encode_rows([*columns, *([] if coded is None else [coded])])[1]
    return Variable(argument, kind, values, coded, n_levels, n_distinct, orders)


def encode_rows(columns: list[Codes]) -> tuple[Codes, int]:
    """Return one code per different row of integer columns, in 0 .. k - 1, and k.

    Codes follow the order of the columns' values, so that they do not depend on the rows' order.
    Small ranges are counted, wide ones sorted.

    >>> encode_rows([np.array([7, 3, 7]), np.array([0, 0, 1])])
    (array([1, 0, 2]), 3)
    """
    codes = np.zeros(columns[0].shape[0], dtype=np.int64)
    k = 1
    for column in columns:
        if column.size == 0:
            return codes, 0
        own, size = dense_codes(column)
        if k > 1:  # codes * size cannot overflow: both are below n after `dense_codes`
            codes, k = dense_codes(codes * np.int64(size) + own)
        else:
            codes, k = own, size
    codes.flags.writeable = False
    return codes, k


def joined(*variables: Variable) -> Variable:
    """Return the variable whose rows are the rows of all `variables` side by side."""
    values = np.hstack([variable.values for variable in variables])
    columns = [variable.codes for variable in variables if variable.codes is not None]
    codes = encode_rows(columns)[0] if columns else None
    kinds = {variable.kind for variable in variables}
    kind: Kind = variables[0].kind if len(kinds) == 1 else "mixed"
    name = ",".join(variable.argument for variable in variables)
    return variable_of(name, kind, values, codes)


def canonical_order(variables: tuple[Variable, ...]) -> NDArray[np.intp]:
    """Return the permutation that sorts the rows by all columns: the same for any order of rows."""
    keys: list[NDArray[np.generic]] = []
    for variable in variables:
        keys += list(variable.values.T)
        if variable.codes is not None:
            keys.append(variable.codes)
    return np.lexsort(keys[::-1])


def dense_codes(column: Codes) -> tuple[Codes, int]:
    """Return order-preserving codes 0 .. k - 1 of one integer column, and k."""
    low, high = int(column.min()), int(column.max())
    if high - low <= max(4 * column.size, 1024):
        shifted = column - low
        present = np.bincount(shifted, minlength=high - low + 1) > 0
        if present.all():
            return shifted, high - low + 1
        numbers = np.cumsum(present) - 1
        return numbers[shifted].astype(np.int64, copy=False), int(numbers[-1]) + 1
    levels, codes = np.unique(column, return_inverse=True)
    return codes.astype(np.int64, copy=False), int(levels.size)


def n_different(ranked: Floats) -> int:
    """Return how many different numbers there are among numbers in order.

    >>> n_different(np.array([1.0, 1.0, 3.0]))
    2
    """
    return int(np.count_nonzero(ranked[1:] != ranked[:-1])) + min(ranked.size, 1)


def one_of_the_other(x: Variable, y: Variable) -> bool:
    """Say whether the ranks of two untied columns are the same, or reversed."""
    if not x.n_distinct == y.n_distinct == x.n:
        return False
    order_x, order_y = x.orders[0], y.orders[0]
    return np.array_equal(order_x, order_y) or np.array_equal(order_x, order_y[::-1])


def _rank_codes(column: Floats, order: NDArray[np.intp]) -> Codes:
    """Return the dense rank of each number: equal numbers have equal codes."""
    ranked = column[order]
    codes = np.empty(column.size, dtype=np.int64)
    codes[order] = np.concatenate([[0], np.cumsum(ranked[1:] != ranked[:-1])])[: column.size]
    return codes
