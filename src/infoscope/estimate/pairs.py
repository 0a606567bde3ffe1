"""Mutual information between all columns of a table, and of features with a target."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.estimate.columns import Column, read_columns
from infoscope.estimate.front import estimate_raw
from infoscope.estimate.kinds import Flag, variable_from
from infoscope.estimate.label_pairs import METHODS, MOST_LEVELS, all_label_pairs
from infoscope.estimate.method import Floats, Raw, Value
from infoscope.estimate.threads import check_threads, in_order, one_at_a_time
from infoscope.estimate.variables import Variable
from infoscope.figures import Figure, heat_map

__all__ = ["PairwiseInformation", "mutual_information_score_func", "pairwise_mutual_information"]


@dataclass(frozen=True, slots=True)
class PairwiseInformation(Shown):
    """Mutual information of every pair of columns: `values[i, j]` in `unit`, with their methods.

    The diagonal is NaN: a column's information with itself is its entropy, and infinite for
    measurements. `stderr` is NaN where it is not known.
    """

    names: tuple[str, ...]
    values: Floats
    stderr: Floats
    unit: Unit
    methods: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def figure(self) -> Figure:
        """Draw the matrix of pairs as a heat map."""
        return heat_map(
            self.values, self.names, self.names, title="Information between pairs",
            unit=self.unit, quantity="mutual information", skip_diagonal=True,
        )  # fmt: skip

    def strongest(self, n: int = 10) -> list[tuple[str, str, float]]:
        """Return the `n` pairs of the largest values: (column, column, value)."""
        pairs = list(combinations(range(len(self.names)), 2))
        ranked = sorted(pairs, key=lambda pair: -self.values[pair])
        return [(self.names[i], self.names[j], float(self.values[i, j])) for i, j in ranked[:n]]


def pairwise_mutual_information(
    table: object,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    threads: int = 1,
    **options: Value,
) -> PairwiseInformation:
    """Mutual information of all pairs of columns of a table, each column read and sorted once.

    values[i, j] = I(column i; column j)

    Parameters
    ----------
    table : array of shape (n, c), or a data frame
        Columns may be labels, numbers and dates side by side.
    method, k, unit, rng, **options
        As in `mutual_information`.
    discrete : bool, optional
        True: all columns are labels; False: all numbers are measurements; None: look at each.
    missing : {"error", "drop"}
        "drop" leaves out, for each pair, the rows in which one of the two is missing.
    threads : int, default 1
        Pairs worked on at once; the values do not depend on it.

    Returns
    -------
    PairwiseInformation
        Values of shape (c, c) in `unit`, raw, NaN on the diagonal, with standard errors where the
        method knows them without resampling.

    Raises
    ------
    InvalidArgument, WrongType
        As `mutual_information`.

    Notes
    -----
    Label columns without gaps are counted several pairs at a time. For tables larger than memory,
    p-values and intervals, see `infoscope.tables.scan`. Cost: c (c - 1) / 2 values; no error bar
    that needs resampling is computed.

    Source
    ------
    As `mutual_information`.

    Examples
    --------
    >>> a = [0, 0, 1, 1] * 100
    >>> b = [0, 1, 0, 1] * 100
    >>> found = pairwise_mutual_information(list(zip(a, a, b)), method="plugin", unit="bits")
    >>> found.values.round(6)[0].tolist()
    [nan, 1.0, 0.0]
    """
    function = "pairwise_mutual_information"
    check_unit(unit, function)
    threads = one_at_a_time(rng, check_threads(threads, function))
    if missing not in {"error", "drop"}:
        raise InvalidArgument(sentence(function, "missing", "be 'error' or 'drop'", repr(missing)))
    columns = read_columns(table, function=function, argument="table")
    names = _names(table, len(columns))
    c = len(columns)
    whole: list[Variable] = []
    notes: list[str] = []
    for name, column in zip(names, columns, strict=True):
        if column.missing.any() and missing == "error":
            raise InvalidArgument(
                sentence(
                    function,
                    f"column {name}",
                    "have no missing values",
                    f"{int(column.missing.sum())} rows with NaN or null",
                    "Fill them, or pass missing='drop' to leave them out pair by pair.",
                )
            )
        variable, said = variable_from(
            [column.take(~column.missing)] if column.missing.any() else [column],
            name, discrete, function=function,
        )  # fmt: skip
        whole.append(variable)
        notes += said
    values, stderr = np.full((c, c), np.nan), np.full((c, c), np.nan)
    used = [["" for _ in range(c)] for _ in range(c)]
    counted: list[int] = []
    by_table = "fixed_margins" if method == "auto" else method
    if by_table in METHODS and (method == "auto" or (k is None and not options)):
        counted = [i for i in range(c) if _is_countable(columns[i], whole[i])]
    some, error = all_label_pairs([whole[i] for i in counted], by_table, threads)
    values[np.ix_(counted, counted)] = from_nats(some, unit)
    stderr[np.ix_(counted, counted)] = from_nats(error, unit)
    for i, j in combinations(counted, 2):
        used[i][j] = used[j][i] = by_table

    def one(at: tuple[int, int]) -> tuple[int, int, str, Raw]:
        i, j = at
        pair = _complete(columns, whole, i, j, names, discrete, function)
        chosen, raw, _, _ = estimate_raw(
            "mutual_information", pair, method=method, rng=rng, options={"k": k, **options},
            error_bar=False, function=function,
        )  # fmt: skip
        return i, j, chosen.spec.name, raw

    rest = (at for at in combinations(range(c), 2) if not set(at) <= set(counted))
    for i, j, name, raw in in_order(one, rest, threads):
        values[i, j] = values[j, i] = float(from_nats(raw.nats, unit))
        if raw.stderr is not None:
            stderr[i, j] = stderr[j, i] = float(from_nats(raw.stderr, unit))
        used[i][j] = used[j][i] = name
    return PairwiseInformation(
        names, values, stderr, unit, tuple(tuple(row) for row in used), tuple(notes)
    )


def mutual_information_score_func(
    X: object,
    y: object,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete_features: bool | None = None,
    discrete_target: bool | None = None,
    rng: Rng = None,
    threads: int = 1,
    **options: Value,
) -> Floats:
    """Mutual information of each feature with the target, for scikit-learn's `SelectKBest`.

    scores[j] = I(X_j; y)

    Parameters
    ----------
    X : array of shape (n, c), or a data frame
        Features, one a column.
    y : array of shape (n,)
        The target: classes or numbers.
    method, k, rng, **options
        As in `mutual_information`; `functools.partial` fixes them for `SelectKBest`.
    discrete_features, discrete_target : bool, optional
        True: labels. False: measurements. None: look at the values.
    threads : int, default 1
        Features worked on at once; the scores do not depend on it.

    Returns
    -------
    float array of shape (c,)
        Nats, raw: features without information scatter about 0 instead of being all 0.

    Raises
    ------
    InvalidArgument, WrongType
        As `mutual_information`.

    Notes
    -----
    It ranks features one by one: two copies score alike. Features and target are each sorted once.

    Source
    ------
    Battiti, Using mutual information for selecting features (1994), section II.

    Examples
    --------
    >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]] * 50
    >>> y = [row[0] for row in X]
    >>> mutual_information_score_func(X, y, method="plugin").round(4).tolist()
    [0.6931, 0.0]
    """
    function = "mutual_information_score_func"
    threads = one_at_a_time(rng, check_threads(threads, function))
    features = read_columns(X, function=function, argument="X")
    target = read_columns(y, function=function, argument="y")
    names = _names(X, len(features))
    for name, column in [*zip(names, features, strict=True), ("y", target[0])]:
        if column.data.shape[0] != features[0].data.shape[0] or column.missing.any():
            got = f"{column.data.shape[0]} rows, {int(column.missing.sum())} missing, in {name}"
            need = "have equally many rows, none missing"
            raise InvalidArgument(sentence(function, "X and y", need, got))
    second, _ = variable_from(target, "y", discrete_target, function=function)

    def score(feature: tuple[str, Column]) -> float:
        first, _ = variable_from([feature[1]], feature[0], discrete_features, function=function)
        return estimate_raw(
            "mutual_information", (first, second), method=method, rng=rng,
            options={"k": k, **options}, error_bar=False, function=function,
        )[1].nats  # fmt: skip

    return np.array(list(in_order(score, zip(names, features, strict=True), threads)))


def _is_countable(column: Column, variable: Variable) -> bool:
    """Say whether all rows of a column are labels, and few enough for full tables."""
    return (
        variable.kind == "discrete"
        and 2 <= variable.n_levels <= MOST_LEVELS
        and not column.missing.any()
    )


def _complete(
    columns: list[Column],
    whole: list[Variable],
    i: int,
    j: int,
    names: tuple[str, ...],
    discrete: Flag,
    function: str,
) -> tuple[Variable, Variable]:
    """Return two columns on the rows where both are present, from the shared ones if all are."""
    gaps: NDArray[np.bool_] = columns[i].missing | columns[j].missing
    if not gaps.any():
        return whole[i], whole[j]
    return (
        variable_from([columns[i].take(~gaps)], names[i], discrete, function=function)[0],
        variable_from([columns[j].take(~gaps)], names[j], discrete, function=function)[0],
    )


def _names(table: object, n: int) -> tuple[str, ...]:
    """Return the columns' names, or their numbers."""
    columns = getattr(table, "columns", None)
    if columns is None or callable(columns):
        return tuple(str(i) for i in range(n))
    named = getattr(table, "column_names", columns)  # pyarrow: columns are arrays, not names
    return tuple(str(name) for name in named)
