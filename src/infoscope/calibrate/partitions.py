"""Sort forecasts into groups: by value, into bins of equal mass or width, or monotone blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.stats import rankdata

from infoscope.calibrate.forecasts import Floats, Forecasts
from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence

__all__ = ["Binning", "Grouping", "Partition", "by_value", "check_bins", "into_bins", "partition"]

Binning: TypeAlias = Literal["equal_mass", "equal_width"]
Grouping: TypeAlias = Literal["auto", "distinct", "equal_mass", "equal_width", "isotonic"]

#: Fewer cases than this to a distinct forecast, on average, and "auto" bins instead.
CASES_PER_VALUE = 20


@dataclass(frozen=True, slots=True)
class Partition:
    """Which group each case is in (0..n_groups-1, none empty), and how they were made."""

    group: NDArray[np.intp]  # (n,)
    n_groups: int
    how: str
    #: All forecasts of a group are the same, so that nothing happens within it.
    exact: bool
    #: The groups were chosen by looking at the labels.
    fitted: bool = False

    def means(self, values: Floats) -> Floats:
        """Return the mean of `values` (n,) or (n, k) in each group."""
        return self.sums(values) / (self.counts if values.ndim == 1 else self.counts[:, None])

    def sums(self, values: Floats) -> Floats:
        """Return the sum of `values` (n,) or (n, k) in each group."""
        columns = values[:, None] if values.ndim == 1 else values
        summed = [np.bincount(self.group, v, self.n_groups) for v in columns.T]
        out = np.column_stack(summed).astype(np.float64)
        return out[:, 0] if values.ndim == 1 else out

    @property
    def counts(self) -> Floats:
        """Number of cases in each group, as floats."""
        return np.bincount(self.group, minlength=self.n_groups).astype(np.float64)


def partition(
    forecasts: Forecasts, grouping: str, bins: int | None, groups: object, *, function: str
) -> Partition:
    """Group cases; "auto" takes distinct values where they repeat, else bins of equal mass."""
    if groups is not None:
        return _given(groups, forecasts.n, function)
    two = forecasts.k == 2
    if grouping == "isotonic":
        if not two:
            raise InvalidArgument(
                sentence(function, "grouping", "not be 'isotonic' for three classes or more",
                         f"{forecasts.k} classes", "Reduce them first: of='top_label' or a class.")
            )  # fmt: skip
        return _monotone_blocks(forecasts)
    if grouping in ("auto", "distinct"):
        rows = forecasts.probabilities
        if forecasts.log_probabilities is not None:
            rows = forecasts.log_probabilities
        exact = by_value(rows[:, 1] if rows is forecasts.probabilities and two else rows)
        if grouping == "distinct" or exact.n_groups * CASES_PER_VALUE <= forecasts.n:
            return exact
        grouping = "equal_mass"
    if grouping not in ("equal_mass", "equal_width"):
        names = "'auto', 'distinct', 'equal_mass', 'equal_width', 'isotonic'"
        raise UnknownName(sentence(function, "grouping", f"be one of {names}", repr(grouping)))
    n_bins = max(2, round(forecasts.n ** (1 / 3))) if bins is None else bins
    if two:
        return into_bins(forecasts.probabilities[:, 1], n_bins, grouping, function=function)
    top = np.argmax(forecasts.probabilities, axis=1)
    confidence = forecasts.probabilities[np.arange(forecasts.n), top]
    cells = into_bins(np.minimum(confidence, 1.0), n_bins, grouping, function=function)
    _, both = np.unique(top * cells.n_groups + cells.group, return_inverse=True)
    return Partition(both, int(both.max()) + 1, f"top label x {cells.how} of confidence", False)


def by_value(values: Floats) -> Partition:
    """Group equal forecasts: numbers (n,) or rows (n, k)."""
    _, inverse = np.unique(values, axis=0 if values.ndim == 2 else None, return_inverse=True)
    inverse = inverse.reshape(-1)
    return Partition(inverse, int(inverse.max()) + 1, "distinct forecasts", True)


def check_bins(bins: object, function: str) -> int:
    """Return `bins` if it is a positive integer."""
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 1:
        raise InvalidArgument(sentence(function, "bins", "be a positive integer", repr(bins)))
    return int(bins)


def into_bins(p: Floats, bins: int, binning: str, *, function: str) -> Partition:
    """Group probabilities into bins, and drop the empty ones.

    Bins of equal width are (a, b], the first with 0, so that 1.0 is in the last. Bins of equal mass
    keep equal forecasts together, so they may be fewer and uneven where forecasts repeat.
    """
    check_bins(bins, function)
    if binning == "equal_width":
        cell = np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], p, side="left")
    elif binning == "equal_mass":
        cell = np.floor((rankdata(p) - 0.5) * (bins / len(p))).astype(np.intp)
    else:
        raise UnknownName(
            sentence(function, "binning", "be 'equal_mass' or 'equal_width'", repr(binning))
        )
    used = np.bincount(cell, minlength=bins) > 0
    new = np.cumsum(used) - 1  # numbers the bins that are not empty
    n_used = int(new[-1]) + 1
    some = "" if n_used == bins else f" that hold any, of {bins}"
    return Partition(new[cell], n_used, f"{binning.replace('_', '-')} bins{some}", False)


def _monotone_blocks(forecasts: Forecasts) -> Partition:
    """Group cases whose isotonic fit is the same: the blocks of pool-adjacent-violators."""
    values = by_value(forecasts.probabilities[:, 1])
    rate = values.means((forecasts.labels == 1).astype(np.float64))
    blocks = isotonic_regression(rate, weights=values.counts).blocks
    block = np.searchsorted(blocks, np.arange(values.n_groups), side="right") - 1
    return Partition(block[values.group], len(blocks) - 1, "isotonic blocks", False, fitted=True)


def _given(groups: object, n: int, function: str) -> Partition:
    ids = np.asarray(groups)
    if ids.ndim != 1 or len(ids) != n:
        got = f"shape {ids.shape}"
        raise WrongType(sentence(function, "groups", f"hold one group for each of {n} cases", got))
    _, group = np.unique(ids, return_inverse=True)
    return Partition(group, int(group.max()) + 1, "given groups", False)
