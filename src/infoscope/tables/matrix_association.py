"""`Association`: the numbers that other schools know, beside the mutual information of one pair."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from infoscope.core.result import Estimate
from infoscope.core.saving import plain_values
from infoscope.core.skewed_law import pearson_three_tail

__all__ = ["Association", "associate", "cell_moments"]

_FEWEST_IN_A_TOTAL = 5  # below, sums of squares are spikes with rare jumps, and no curve fits

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Association:
    """How two columns go together, in several currencies.

    Parameters
    ----------
    column, other : str
        Their names.
    n : int
        Rows in which both are present.
    mutual_information : Estimate
        Corrected, in nats, with its interval.
    normalized : dict of str to float
        (I - E0) / (mean of the two entropies - E0), the mean being their "min", "geometric",
        "arithmetic" mean or "max": scikit-learn's adjusted mutual information. "joint" is plain
        I / H(X, Y).
    uncertainty : tuple of float
        Theil's U: shares of the entropy of `column` that `other` tells, and the other way round;
        of plug-in values.
    cramers_v : float
        Root of X2 / (n (smaller number of levels - 1)), from 0 to 1, biased upwards.
    cramers_v_corrected : float
        The same less its bias (Bergsma 2013).
    chi_squared : float
        Pearson's X2.
    cressie_read : float
        The power divergence with exponent 2/3: more powerful than G where dependence sits in few
        cells of a sparse table.
    cressie_read_p : float
        Its p-value under fixed margins; NaN where a total is below 5, where no law fits.
    """

    column: str
    other: str
    n: int
    mutual_information: Estimate
    normalized: dict[str, float]
    uncertainty: tuple[float, float]
    cramers_v: float
    cramers_v_corrected: float
    chi_squared: float
    cressie_read: float
    cressie_read_p: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        return {
            "column": self.column, "other": self.other, "n": self.n,
            "mutual_information": self.mutual_information.to_dict(),
            "normalized": {key: plain_values(value) for key, value in self.normalized.items()},
            "uncertainty": [plain_values(value) for value in self.uncertainty],
            "cramers_v": plain_values(self.cramers_v),
            "cramers_v_corrected": plain_values(self.cramers_v_corrected),
            "chi_squared": plain_values(self.chi_squared),
            "cressie_read": plain_values(self.cressie_read),
            "cressie_read_p": plain_values(self.cressie_read_p),
        }  # fmt: skip


def associate(names: tuple[str, str], table: NDArray[np.int64], estimate: Estimate) -> Association:
    """Return the association of the two columns whose table (r, c) this is, nulls left out."""
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    n = int(table.sum())
    nan = math.nan
    if not n:
        empty: dict[str, float] = dict.fromkeys(
            ("min", "geometric", "arithmetic", "max", "joint"), nan
        )
        return Association(*names, 0, estimate, empty, (nan, nan), nan, nan, nan, nan, nan)
    a, b = table.sum(axis=1), table.sum(axis=0)
    first, second, both = (_entropy(counts) for counts in (a, b, table.ravel()))
    plugin, expected = (float(estimate.diagnostics[key]) for key in ("plugin", "expected"))
    means = {
        "min": min(first, second), "geometric": math.sqrt(first * second),
        "arithmetic": (first + second) / 2, "max": max(first, second),
    }  # fmt: skip
    normalized = {
        key: (plugin - expected) / (mean - expected) if mean > expected else 0.0
        for key, mean in means.items()
    }
    normalized["joint"] = plugin / both if both > 0 else 0.0
    m = np.outer(a, b) / n
    x2 = float(((table - m) ** 2 / m).sum())
    r, c = table.shape
    least = min(r, c) - 1
    v = math.sqrt(x2 / (n * least)) if least else 0.0
    phi = max(x2 / n - (r - 1) * (c - 1) / max(n - 1, 1), 0.0)
    smaller = min(r - (r - 1) ** 2 / max(n - 1, 1), c - (c - 1) ** 2 / max(n - 1, 1)) - 1
    v_corrected = math.sqrt(min(phi / smaller, 1.0)) if smaller > 0 else 0.0
    statistic = float(_cressie_read(table.astype(np.float64), m).sum())
    p = nan if least else 1.0
    if least and min(int(a.min()), int(b.min())) >= _FEWEST_IN_A_TOTAL:
        mean, variance, third = cell_moments(a, b, _cressie_read)
        p = float(pearson_three_tail(statistic, mean, variance, third))
    shares = (plugin / first if first > 0 else 0.0, plugin / second if second > 0 else 0.0)
    return Association(*names, n, estimate, normalized, shares, v, v_corrected, x2, statistic, p)


def _cressie_read(x: Floats, m: Floats) -> Floats:
    """Return each cell's part of the power divergence with exponent 2/3."""
    return 1.8 * x * (np.cbrt(x / m) ** 2 - 1.0)


def _entropy(counts: NDArray[np.int64]) -> float:
    seen = counts[counts > 0]
    if seen.size < 2:
        return 0.0
    n = seen.sum()
    return float(math.log(n) - (seen * np.log(seen)).sum() / n)


def cell_moments(
    rows: NDArray[np.int64], columns: NDArray[np.int64], term: Callable[[Floats, Floats], Floats]
) -> tuple[float, float, float]:
    """Return mean, variance and third central moment of a sum over cells of term(count, expected).

    Both margins are held: each count is hypergeometric, so that the mean is exact; variance and
    third moment are put together as for G (a linear part that is exact, residuals that correlate as
    the square of the counts', a third moment rescaled).
    """
    n = float(rows.sum())
    a, many_a = (v.astype(np.float64) for v in np.unique(rows, return_counts=True))
    b, many_b = (v.astype(np.float64) for v in np.unique(columns, return_counts=True))
    mean, slope, rest = (np.zeros((a.size, b.size)) for _ in range(3))
    cubes = np.zeros((a.size, b.size, 4))
    for i, row in enumerate(a):
        for j, column in enumerate(b):
            m = row * column / n
            reach = 12.0 * math.sqrt(m * (1 - row / n) * (1 - column / n)) + 40.0
            x = np.arange(
                max(0.0, row + column - n, math.floor(m - reach)),
                min(row, column, math.ceil(m + reach)) + 1.0,
            )
            log_p = -(gammaln(x + 1) + gammaln(row - x + 1) + gammaln(column - x + 1)
                      + gammaln(n - row - column + x + 1))  # fmt: skip
            p = np.exp(log_p - log_p.max())
            p /= p.sum()
            f = term(x, np.full(x.shape, m))
            mean[i, j] = p @ f
            df, dx = f - mean[i, j], x - p @ x
            variance = p @ dx**2
            slope[i, j] = (p @ (df * dx)) / variance if variance > 0 else 0.0
            r = df - slope[i, j] * dx
            rest[i, j] = math.sqrt(max(float(p @ r**2), 0.0))
            cubes[i, j] = p @ r**3, p @ (r**2 * dx), p @ (r * dx**2), p @ dx**3
    outer = np.outer(many_a, many_b)
    share_a, share_b = many_a * a / n, many_b * b / n
    by_row, by_column = slope @ share_b, share_a @ slope
    t = slope - by_row[:, None] - by_column[None, :] + float(share_a @ by_row)
    linear = float((outer * np.outer(a, b) * t**2).sum()) / (n - 1.0)
    u, w = a / (n - a), b / (n - b)
    along_row, along_column = rest @ (w * many_b), (u * many_a) @ rest
    spread = float((many_a * u) @ along_row) ** 2
    spread += float((many_a * (1 - u**2)) @ along_row**2)
    spread += float((many_b * (1 - w**2)) @ along_column**2)
    spread += float((many_a * (1 - u**2)) @ rest**2 @ (many_b * (1 - w**2)))
    third = (outer * (cubes[..., 0] + 3 * t * cubes[..., 1] + 3 * t**2 * cubes[..., 2]
                      + t**3 * cubes[..., 3])).sum()  # fmt: skip
    thin = float((many_a * (1 - a / n) ** 3).sum() * (many_b * (1 - b / n) ** 3).sum())
    degrees = (many_a.sum() - 1) * (many_b.sum() - 1)
    return float((outer * mean).sum()), linear + spread, float(third * degrees / thin)
