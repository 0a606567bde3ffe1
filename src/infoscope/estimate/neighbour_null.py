"""The law of the KSG statistic (k = 10, normal scores) between two independent untied columns.

Independence makes the pairing of ranks a uniform random permutation, so that the law depends on n
and k alone, whatever the margins: it was simulated once (benchmarks/estimate/neighbour_null.py).
A Pearson III law with the simulated moments has 4.9 to 5.5 % beyond its 5 % point at each n and 0.9
to 1.1 % beyond its 1 % point.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.estimate.fixed_margins import Moments
from infoscope.estimate.variables import Variable

__all__ = ["NEIGHBOURS", "is_tabulated", "null_moments"]

#: The number of neighbours the table was made for.
NEIGHBOURS = 10

#: n -> (mean, nats; sd times the root of n; skewness), 8000 draws at small n down to 1000.
_TABLE = {
    50: (0.00319, 0.2316, 0.723),
    100: (0.00162, 0.2849, 0.571),
    200: (0.00074, 0.3208, 0.367),
    500: (0.00026, 0.3539, 0.177),
    1000: (0.00013, 0.3699, 0.151),
    2000: (0.00007, 0.3830, 0.072),
    5000: (0.00003, 0.4010, 0.050),
    20000: (0.0, 0.4043, 0.040),
}


def is_tabulated(x: Variable, y: Variable, k: object) -> bool:
    """Say whether the table serves: one untied column of numbers on each side, n >= 50, k = 10."""
    single = all(
        v.kind == "continuous" and v.values.shape[1] == 1 and v.n_distinct == v.n for v in (x, y)
    )
    return single and k == NEIGHBOURS and x.n >= min(_TABLE)


def null_moments(n: int) -> Moments:
    """Return the moments of the statistic for n rows, interpolated in log n.

    >>> moments = null_moments(200)
    >>> round(moments.variance**0.5, 4)
    0.0227
    """
    at = np.log(list(_TABLE))
    where = math.log(n)
    mean, root, skew = (
        float(np.interp(where, at, [row[j] for row in _TABLE.values()])) for j in range(3)
    )
    sd = root / math.sqrt(n)
    return Moments(mean, sd**2, skew * sd**3)
