"""Decide what each argument is: labels, continuous numbers, or numbers that repeat.

The decision looks at values, not at how they are stored: whole numbers in a float column and the
same numbers in an integer column are the same data. The callers' flags override it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.columns import Column, read_columns, stacked
from infoscope.estimate.method import Kind
from infoscope.estimate.variables import (
    Codes,
    Variable,
    dense_codes,
    encode_rows,
    n_different,
    variable_of,
)

__all__ = ["MISSING", "Flag", "read_samples", "read_variables", "variable_from"]

MISSING = ("error", "drop")

#: A column of numbers has no ties worth speaking of when this share of its values is different.
_UNTIED = 0.95
#: Whole numbers are labels when each is seen this often on average (up to ten of them: twice).
_ROWS_PER_LABEL = 5

Flag = bool | None


def read_variables(
    given: Sequence[tuple[str, object, Flag]],
    *,
    function: str,
    missing: str = "error",
    whole_are_labels: bool = False,
    alone: bool = False,
) -> tuple[tuple[Variable, ...], tuple[str, ...]]:
    """Return the variables of arguments that share their rows, and notes on what was decided.

    Parameters
    ----------
    given : sequence of (argument, observations, discrete or None)
        The arguments by name; the flag says whether its numbers are labels, None: look at them.
    function : str
        For messages.
    missing : {"error", "drop"}
        What to do with rows in which any argument has a gap.
    whole_are_labels : bool
        Whole numbers are symbols unless they are told to be continuous (for entropies).
    alone : bool
        Refuse numbers that look like one distribution (non-negative, summing to 1).
    """
    _check_missing(missing, function)
    read = [(name, read_columns(x, function=function, argument=name), f) for name, x, f in given]
    if alone:
        for name, columns, flag in read:
            _refuse_probabilities(columns, function, name, flag)
    lengths = {name: columns[0].data.shape[0] for name, columns, _ in read}
    if len(set(lengths.values())) > 1:
        got = " and ".join(f"{n} ({name})" for name, n in lengths.items())
        advice = "Row i of each must belong to the same observation."
        raise InvalidArgument(
            sentence(function, " and ".join(lengths), "have equally many rows", got, advice)
        )
    gaps = np.any([c.missing for _, columns, _ in read for c in columns], axis=0)
    keep, notes = _kept(gaps, missing, function, " or ".join(lengths))
    variables: list[Variable] = []
    for name, columns, flag in read:
        kept = [column.take(keep) for column in columns] if keep is not None else columns
        _check_finite(kept, function, name)
        variable, said = _variable(kept, name, flag, whole_are_labels)
        variables.append(variable)
        notes += said
    return tuple(variables), tuple(notes)


def read_samples(
    x: object, y: object, *, function: str, missing: str = "error", discrete: Flag = None
) -> tuple[tuple[Variable, Variable], tuple[str, ...]]:
    """Return two samples of one variable, coded together: equal values have equal codes.

    Codes run over the levels of both samples, so one of the two may lack some of them:
    ``np.bincount(v.codes, minlength=v.n_levels)`` (or `Variable.counts`) lines the two up.
    """
    _check_missing(missing, function)
    first = read_columns(x, function=function, argument="x")
    second = read_columns(y, function=function, argument="y")
    _refuse_probabilities(first, function, "x", discrete)
    _refuse_probabilities(second, function, "y", discrete)
    if len(first) != len(second):
        got = f"{len(first)} (x) and {len(second)} (y)"
        raise InvalidArgument(sentence(function, "x and y", "have equally many columns", got))
    notes: list[str] = []
    kept: list[list[Column]] = []
    for name, columns in (("x", first), ("y", second)):
        gaps = np.any([column.missing for column in columns], axis=0)
        keep, said = _kept(gaps, missing, function, name)
        kept.append([column.take(keep) for column in columns] if keep is not None else columns)
        _check_finite(kept[-1], function, name)
        notes += said
    n = kept[0][0].data.shape[0]
    both = [stacked(a, b, function=function) for a, b in zip(*kept, strict=True)]
    whole, said = _variable(both, "x and y", discrete, True)
    halves = (slice(0, n), slice(n, None))
    parts = [_part(whole, rows, name) for rows, name in zip(halves, "xy", strict=True)]
    return (parts[0], parts[1]), (*notes, *said)


def _part(whole: Variable, rows: slice, name: str) -> Variable:
    """Return one sample of two that were coded together, keeping the common codes."""
    values = whole.values[rows]
    part = variable_of(name, whole.kind, values, None if whole.codes is None else whole.codes[rows])
    if whole.codes is None:
        return part
    return Variable(
        name,
        whole.kind,
        part.values,
        whole.codes[rows],
        whole.n_levels,
        part.n_distinct,
        part.orders,
    )


def variable_from(
    columns: Sequence[Column], name: str, flag: Flag, *, function: str
) -> tuple[Variable, list[str]]:
    """Return the variable of columns without gaps, and notes on what was decided."""
    _check_finite(columns, function, name)
    return _variable(columns, name, flag, False)


def _variable(
    columns: Sequence[Column], name: str, flag: Flag, whole_are_labels: bool
) -> tuple[Variable, list[str]]:
    """Sort the columns of one argument into labels and numbers."""
    notes: list[str] = []
    labels: list[Codes] = []
    numbers: list[NDArray[np.float64]] = []
    orders: list[NDArray[np.intp]] = []
    tied = False
    coded: tuple[Codes, int] | None = None  # the last column's codes, if they need no renumbering
    for column in columns:
        n = column.data.shape[0]
        if column.role == "label" or flag is True:
            labels.append(column.codes())
            continue
        if flag is False:
            numbers.append(column.numbers())
            orders.append(np.argsort(numbers[-1]))
            continue
        whole = column.whole
        counted = _counted(column) if whole else None
        order: NDArray[np.intp] | None = None
        if counted is None:
            order = np.argsort(column.numbers())
            n_distinct = n_different(column.numbers()[order])
        else:
            n_distinct = counted[1]
        if n_distinct >= _UNTIED * n and not (whole_are_labels and column.integer):
            numbers.append(column.numbers())
            orders.append(np.argsort(numbers[-1]) if order is None else order)
            continue
        few = n_distinct <= 2 or n_distinct * (2 if n_distinct <= 10 else _ROWS_PER_LABEL) <= n
        if n_distinct == 1 or (whole and (few or whole_are_labels)):
            labels.append(column.codes() if counted is None else counted[0])
            coded = counted
            if not column.integer and n_distinct > 1:
                notes.append(
                    f"{name} holds {n_distinct} different whole numbers in {n} rows and was taken "
                    f"as labels; pass {_flag_name(name)}=False if they are measurements."
                )
            continue
        numbers.append(column.numbers())
        orders.append(np.argsort(numbers[-1]) if order is None else order)
        tied = True
        notes.append(
            f"{name} repeats itself ({n_distinct} different values in {n} rows) and was taken as "
            f"numbers with ties; pass {_flag_name(name)}=True if they are labels."
        )
    n = columns[0].data.shape[0]
    if len(columns) == 1 and coded is not None:
        codes, k = coded
        codes.flags.writeable = False
        return Variable(name, "discrete", np.zeros((n, 0)), codes, k, k, ()), notes
    values = np.column_stack(numbers) if numbers else np.zeros((n, 0))
    codes = encode_rows(labels)[0] if labels else None
    kind: Kind = "continuous" if codes is None else "discrete"
    if tied or (numbers and labels):
        kind = "mixed"
    return variable_of(name, kind, values, codes, tuple(orders)), notes


def _counted(column: Column) -> tuple[Codes, int] | None:
    """Return codes of whole numbers and how many differ, by counting; None for a wide range."""
    data = column.data
    if data.size == 0:
        return None
    if column.integer:
        wide = int(data.max()) - int(data.min()) > max(data.size, 1024)
        return None if wide else dense_codes(data)
    low, high = float(data.min()), float(data.max())
    if not high - low <= max(data.size, 1024):
        return None
    return dense_codes((data - low).astype(np.int64))


def _flag_name(name: str) -> str:
    return f"discrete_{name}" if len(name) == 1 else "discrete"


def _check_missing(missing: object, function: str) -> None:
    if missing not in MISSING:
        raise InvalidArgument(sentence(function, "missing", "be 'error' or 'drop'", repr(missing)))


def _kept(
    gaps: NDArray[np.bool_], missing: str, function: str, names: str
) -> tuple[NDArray[np.bool_] | None, list[str]]:
    """Return which rows to keep (None: all) and a note if some were dropped."""
    n_gaps = int(gaps.sum())
    if n_gaps == 0:
        return None, []
    if missing == "error":
        raise InvalidArgument(
            sentence(
                function,
                names,
                "have no missing values",
                f"{n_gaps} of {gaps.size} rows with NaN or null (first: row {int(gaps.argmax())})",
                "Fill them, or pass missing='drop' to leave these rows out.",
            )
        )
    return ~gaps, [f"{n_gaps} of {gaps.size} rows had missing values and were left out."]


def _refuse_probabilities(
    columns: Sequence[Column], function: str, argument: str, flag: Flag
) -> None:
    """Raise where one column of fractions sums to 1: observations do that by rare chance only."""
    data = columns[0].data
    if (
        flag is not None
        or len(columns) > 1
        or data.dtype.kind != "f"
        or columns[0].missing.any()
        or columns[0].whole
    ):
        return
    with np.errstate(invalid="ignore", over="ignore"):
        total = float(data.sum())
    if abs(total - 1.0) > 1e-6 or data.min() < 0:
        return
    raise InvalidArgument(
        sentence(
            f"estimate.{function}",
            argument,
            "be observations",
            f"{data.size} numbers that sum to 1, as probabilities do",
            f"A distribution has an exact answer: infoscope.{function}(...). If these are "
            "observations, say so: discrete=False for measurements, discrete=True for labels.",
        )
    )


def _check_finite(columns: Sequence[Column], function: str, argument: str) -> None:
    for column in columns:
        if column.data.dtype.kind == "f" and not bool(np.isfinite(column.data).all()):
            row = int(np.argmin(np.isfinite(column.data)))
            raise InvalidArgument(
                sentence(
                    function,
                    argument,
                    "be finite",
                    f"{float(column.data[row])} in row {row}",
                    "Leave such rows out, or replace the column by its ranks.",
                )
            )
    if columns[0].data.shape[0] == 0:
        raise InvalidArgument(
            sentence(function, argument, "have at least one row", "an empty sample")
        )
