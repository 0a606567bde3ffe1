"""The compiled loops against plain twins in extended precision."""

import math

import numpy as np
import pytest
from mpmath import log, mp, mpf

from infoscope.core.compiling import compiled
from infoscope.estimate import fixed_margins
from infoscope.estimate.fixed_margins import information_moments, plain_information_moments
from infoscope.estimate.kernels.margin_moments import _expanded, _summed
from infoscope.estimate.kernels.plain_tables import plain_pair_statistics
from infoscope.estimate.many_tables import FIELDS, pair_statistics


def plain_cell_moments(n, a, b):
    """Sum the law of one cell term by term, 40 digits."""
    with mp.workdps(40):
        m = mpf(a) * b / n
        sd = math.sqrt(a * b * (n - a) * (n - b) / n**2 / (n - 1))
        low = max(0, a + b - n, int(m - 13 * sd) - 60)
        high = min(a, b, int(m + 13 * sd) + 60)
        weights = [mpf(1)]
        for x in range(low, high):
            ratio = mpf((a - x) * (b - x)) / ((x + 1) * (n - a - b + x + 1))
            weights.append(weights[-1] * ratio)
        total = sum(weights)
        p = [w / total for w in weights]
        d = [x - m for x in range(low, high + 1)]
        f = [2 * (x * log(x / m) - (x - m)) if x else 2 * m for x in range(low, high + 1)]
        mean = sum(w * v for w, v in zip(p, f, strict=True))
        c = [v - mean for v in f]
        powers = [(2, 0), (1, 1), (3, 0), (2, 1), (1, 2), (0, 3)]
        exact = [sum(w * u**i * v**j for w, u, v in zip(p, c, d, strict=True)) for i, j in powers]
        size = [
            sum(w * abs(u**i * v**j) for w, u, v in zip(p, c, d, strict=True)) for i, j in powers
        ]
        return np.array([mean, *exact], float), np.array([mean, *size], float)


@pytest.mark.parametrize(
    "n, a, b",
    [
        (2, 1, 1),
        (10, 3, 4),
        (100, 50, 50),
        (1000, 990, 995),
        (4000, 900, 2000),  # sd 13: every seventh count
        (10_000, 2000, 3000),  # sd 18: every tenth
        (10_000, 400, 9000),
        (300_000, 1000, 150_000),
        (1_000_000, 10_000, 10_000),
        (1_000_000, 10_000, 13_000),
        (1_000_000, 500_000, 500_000),  # sd 250: every 147th
    ],
)
def test_moments_of_one_cell(n, a, b):
    exact, size = plain_cell_moments(n, a, b)
    cells = np.empty((7, 2))
    if a * b / n < 128:
        _summed(n, a, b, cells[:, 1])
        tolerance = np.full(7, 3e-12)
    else:  # the second of two columns
        work = np.empty((21, 2)), np.empty((5, 2))
        _expanded(n, a, np.array([1, b]), np.array([1]), *work, cells)
        tolerance = np.array([1e-12, 1e-10, 1e-11, 3e-8, 2e-9, 1e-10, 1e-12])
    assert (np.abs(cells[:, 1] - exact) <= tolerance * size).all()


def test_cost_of_a_wide_table_does_not_grow_with_rows():
    a = np.array([1, 2, 3, 4], np.int64)
    mean = [20 * k * information_moments(a * k, a * k).mean for k in (10**3, 10**6, 10**14)]
    # the mean of G tends to its degrees of freedom
    assert mean == pytest.approx([9.0, 9.0, 9.0], rel=2e-3)
    assert abs(mean[1] - 9.0) < abs(mean[0] - 9.0)


@pytest.mark.parametrize("seed", range(8))
def test_the_compiled_moments_are_those_of_numpy(seed, monkeypatch):
    monkeypatch.setattr(fixed_margins, "_SMALL", 0)
    rng = np.random.default_rng(seed)
    n = int(10 ** rng.uniform(1, 4.5))
    a, b = (rng.multinomial(n, rng.dirichlet(np.full(rng.integers(2, 15), 0.7))) for _ in range(2))
    a, b = a[a > 0], b[b > 0]
    if min(a.size, b.size) < 2:
        return
    got, expected = information_moments(a, b), plain_information_moments(a, b)
    assert got.mean == pytest.approx(expected.mean, rel=1e-10)
    assert got.variance == pytest.approx(expected.variance, rel=1e-8, abs=1e-25)
    assert got.third == pytest.approx(expected.third, rel=1e-6, abs=1e-35)


def test_the_compiled_statistics_are_those_of_numpy():
    rng = np.random.default_rng(3)
    shapes = [(2, 2), (3, 5), (2, 2), (12, 4), (1, 3), (4, 4)]
    tops = [9, 40, 300, 2, 6, 1]
    tables = [
        rng.integers(0, top, (r + 1, c + 1)) for (r, c), top in zip(shapes, tops, strict=True)
    ]
    filled = [np.nonzero(table) for table in tables]
    offsets = np.concatenate([[0], np.cumsum([len(i) for i, _ in filled])])
    left, right = (np.concatenate([cells[k] for cells in filled]) for k in range(2))
    counts = np.concatenate([table[at] for table, at in zip(tables, filled, strict=True)])
    both = np.empty((2, len(shapes), len(FIELDS)))
    for function, out in zip((pair_statistics, plain_pair_statistics), both, strict=True):
        function(offsets, left, right, counts, np.array(shapes), out)
    np.testing.assert_allclose(both[0], both[1], rtol=1e-7, atol=1e-12)
    assert np.isnan(both[0]).sum(axis=1).tolist() == [0, 1, 0, 1, 1, 12]


def test_a_function_that_cannot_be_cached_still_compiles():
    namespace = {}
    exec("def twice(x):\n    return 2 * x", namespace)  # no file beside which to keep it
    assert compiled(namespace["twice"])(21) == 42
