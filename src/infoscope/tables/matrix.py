"""`MutualInformation`: the map itself, square arrays of estimates between columns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import UnknownName, sentence
from infoscope.core.result import Estimate, Interval
from infoscope.core.saving import freeze_arrays, plain_values
from infoscope.core.showing import Shown
from infoscope.core.units import UNITS, check_unit
from infoscope.tables.arguments import close_names
from infoscope.tables.contingency import P_RULES

__all__ = ["UNRELIABLE", "MutualInformation"]

#: Nats of expected plug-in value above which the correction leaves too much doubt.
UNRELIABLE = 0.3

_MOST_TO_ORDER = 300  # columns whose tree is turned for the best neighbours: cubic beyond

_IN_UNIT = ("plugin", "corrected", "stderr", "low", "high", "expected", "entropy")


@dataclass(frozen=True, eq=False, repr=False)
class MutualInformation(Shown):
    """Mutual information between all mapped columns, with error bars and p-values.

    Entry (i, j) belongs to ``columns[i]`` and ``columns[j]`` and comes from the rows in which
    neither is null. All arrays are (c, c) and read-only.

    Parameters
    ----------
    columns : tuple of str
        Names along both axes.
    unit : str
        "nats", "bits" or "bans".
    plugin : ndarray
        Mutual information of the observed table; on the diagonal the entropy of the column.
    corrected : ndarray
        `plugin` minus `expected`; never clipped, so about half of all independent pairs are below
        0. The diagonal is not corrected.
    expected : ndarray
        E0, what `plugin` would be on average for independent columns with the same counts. Above
        0.3 nats the corrected value is unreliable.
    stderr, low, high : ndarray
        Standard error and ends of the interval of `corrected`; NaN on the diagonal.
    p_value, q_value : ndarray
        Of independence, alone and by Benjamini & Hochberg over all pairs; NaN on the diagonal, 0
        where the tail is below 1e-308.
    n : ndarray
        Rows counted.
    entropy : ndarray
        Entropy of ``columns[i]`` over the rows counted for the pair (i, j): not symmetric. Infinite
        where ``columns[i]`` was measured as numbers, by neighbours.
    rule : ndarray
        How the p-value was found, an index into `contingency.P_RULES`.
    level : float
        Coverage of the interval.
    """

    columns: tuple[str, ...]
    unit: str
    plugin: NDArray[np.float64]
    corrected: NDArray[np.float64]
    stderr: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p_value: NDArray[np.float64]
    q_value: NDArray[np.float64]
    expected: NDArray[np.float64]
    n: NDArray[np.int64]
    entropy: NDArray[np.float64]
    rule: NDArray[np.int8]
    level: float

    def __post_init__(self) -> None:
        freeze_arrays(self)

    def __repr__(self) -> str:
        columns = ", ".join(self.columns[:6]) + (", ..." if len(self.columns) > 6 else "")
        return f"MutualInformation({len(self.columns)} columns: {columns}; {self.unit})"

    @property
    def normalized(self) -> NDArray[np.float64]:
        """(plugin - expected) / (smaller entropy - expected): 1 if one column decides the other.

        0 where that is undefined (a constant column, or no room above E0); NaN without rows. Of two
        columns of numbers measured by neighbours, which have no entropy to share: 1 - exp(-2 I),
        the squared correlation of normal numbers with as much information (negative I: I).
        """
        return self._share(np.minimum(self.entropy, self.entropy.T))

    @property
    def unreliable(self) -> NDArray[np.bool_]:
        """Where E0 exceeds 0.3 nats: too many levels for too few rows."""
        return self.expected > UNRELIABLE * UNITS["nats"] / UNITS[self.unit]

    @property
    def uncertainty(self) -> NDArray[np.float64]:
        """Theil's U: the share of the entropy of ``columns[i]`` that ``columns[j]`` tells.

        Of plug-in values, so upwards biased; 0 for a constant column; not symmetric. Of numbers
        measured by neighbours: 1 - exp(-2 I).
        """
        whole = self.entropy
        bounded = np.where(np.isinf(whole), 1.0, whole)
        share = np.where(
            bounded > 0, self.plugin / np.where(bounded > 0, bounded, 1.0), 0.0 * bounded
        )
        return np.where(np.isinf(whole), self._of_normal(), share)

    def _share(self, whole: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return corrected values as shares of `whole` above E0, by another scale where it is inf.

        The other scale: 1 - exp(-2 I) for I > 0, I itself below.
        """
        endless = np.isinf(whole)
        ceiling = np.where(endless, 1.0, whole) - self.expected
        undefined = ceiling <= 0
        share = np.where(undefined, 0.0, self.corrected / np.where(undefined, 1.0, ceiling))
        return np.where(endless, self._of_normal(), share)

    def _of_normal(self) -> NDArray[np.float64]:
        nats = self.corrected * UNITS[self.unit] / UNITS["nats"]
        return np.where(nats > 0, -np.expm1(-2.0 * np.maximum(nats, 0.0)), nats)

    def normalized_by(self, mean: str) -> NDArray[np.float64]:
        """Return (plugin - expected) / (mean of both entropies - expected).

        Parameters
        ----------
        mean : {"min", "geometric", "arithmetic", "max"}
            Which mean of the two entropies stands below; "min" is `normalized`, the others are
            scikit-learn's adjusted mutual information with that average.

        Raises
        ------
        UnknownName
            If `mean` is none of these.
        """
        h, g = self.entropy, self.entropy.T
        means = {
            "min": np.minimum(h, g), "geometric": np.sqrt(h * g), "arithmetic": (h + g) / 2.0,
            "max": np.maximum(h, g),
        }  # fmt: skip
        if mean not in means:
            raise UnknownName(sentence(
                "MutualInformation.normalized_by", "mean", f"be one of {', '.join(means)}",
                repr(mean),
            ))  # fmt: skip
        return self._share(means[mean])

    def order(self) -> list[int]:
        """Return the numbers of the columns so that those which share much stand together.

        Average linkage on 1 - `normalized`; loners come last, in the order of the source.
        """
        from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
        from scipy.spatial.distance import squareform

        shared = np.where(np.isfinite(self.normalized), self.normalized, 0.0)
        shared = np.clip(np.where(self.q_value < 0.05, shared, 0.0), 0.0, 1.0)
        np.fill_diagonal(shared, 0.0)
        company = np.flatnonzero(shared.max(axis=1, initial=0.0) > 0).tolist()
        loners = [i for i in range(len(self.columns)) if i not in set(company)]
        if len(company) < 3:
            return company + loners
        away = 1.0 - shared[np.ix_(company, company)]
        np.fill_diagonal(away, 0.0)
        flat = squareform((away + away.T) / 2.0, checks=False)
        tree = linkage(flat, "average")
        if len(company) <= _MOST_TO_ORDER:
            tree = optimal_leaf_ordering(tree, flat)
        return [company[i] for i in leaves_list(tree)] + loners

    def to(self, unit: str) -> MutualInformation:
        """Return the same map in another unit."""
        scale = UNITS[self.unit] / UNITS[check_unit(unit, "MutualInformation.to")]
        return replace(self, unit=unit, **{name: getattr(self, name) * scale for name in _IN_UNIT})

    def pair(self, first: str, second: str) -> Estimate:
        """Return the corrected mutual information of two columns, by name."""
        i, j = self._index(first), self._index(second)
        notes: list[str] = []
        if self.unreliable[i, j]:
            notes.append(
                f"unreliable: independent columns with these counts would show "
                f"{self.expected[i, j]:.2f} {self.unit} on average"
            )
        if not self.n[i, j]:
            notes.append("the two columns are never present in the same row")
        by_numbers = bool(i != j and (np.isinf(self.entropy[i, j]) or np.isinf(self.entropy[j, i])))
        how = "half-samples of neighbours" if by_numbers else "score, fixed margins"
        ends = float(self.low[i, j]), float(self.high[i, j])
        known = i != j and not (by_numbers and math.isnan(ends[0]))
        return Estimate(
            "mutual information",
            float(self.corrected[i, j]),
            self.unit,
            stderr=float(self.stderr[i, j]) if known else None,
            interval=Interval(*ends, self.level, how) if known else None,
            method="plugin" if i == j else "neighbours" if by_numbers else "plugin minus E0",
            n=int(self.n[i, j]),
            diagnostics={
                "plugin": float(self.plugin[i, j]),
                "expected": float(self.expected[i, j]),
                "p_value": float(self.p_value[i, j]),
                "q_value": float(self.q_value[i, j]),
            },
            notes=tuple(notes),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        result: dict[str, Any] = {
            "columns": list(self.columns), "unit": self.unit, "level": self.level,
            "p_rules": list(P_RULES),
        }  # fmt: skip
        for name in (*_IN_UNIT, "normalized", "p_value", "q_value", "n", "rule"):
            result[name] = plain_values(getattr(self, name))
        return result

    def _index(self, name: str) -> int:
        if name not in self.columns:
            raise UnknownName(sentence(
                "MutualInformation.pair", "column", "be one of the mapped columns", repr(name),
                close_names(name, self.columns),
            ))  # fmt: skip
        return self.columns.index(name)
