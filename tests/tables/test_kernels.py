"""The compiled loops against plain twins in extended precision."""

import math

import numpy as np
import pytest
from mpmath import log, mp, mpf

from infoscope.core.compiling import compiled
from infoscope.tables.kernels import _cell_moments, _deviance, margin_moments


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
        (1_000_000, 500_000, 500_000),  # sd 250: every 147th
    ],
)
def test_moments_of_one_cell(n, a, b):
    room = int(3 * math.sqrt(n)) + 40
    got = np.array(_cell_moments(n, a, b, np.empty(2 * room + 1), np.empty(2 * room + 1)))
    exact, size = plain_cell_moments(n, a, b)
    assert (np.abs(got - exact) <= 1e-12 * size).all()


@pytest.mark.parametrize("d", [-1.0, -0.999, -0.5, -0.0301, -0.0299, -1e-9, 0.0, 1e-12, 0.02, 7.0])
def test_deviance_has_all_its_digits(d):
    m = 1000.0
    with mp.workdps(40):
        x = mpf(m) * (1 + mpf(d))
        exact = float((x * log(x / m) if x else 0) - m * mpf(d))
    assert _deviance(m, m * d) == pytest.approx(exact, rel=1e-13, abs=0.0 if d else 1e-300)


def test_cost_of_a_wide_table_does_not_grow_with_rows():
    a = np.array([1, 2, 3, 4], np.int64)
    once = np.ones(4, np.int64)
    mean = [margin_moments(10 * k, a * k, once, a * k, once, 4, 4)[0] for k in (10**3, 10**6)]
    # the mean of G tends to its degrees of freedom
    assert mean == pytest.approx([9.0, 9.0], rel=2e-3)
    assert abs(mean[1] - 9.0) < abs(mean[0] - 9.0)


def test_equal_totals_are_visited_once_with_the_same_result():
    ones = np.ones(6, np.int64)
    split = margin_moments(60, ones * 10, ones, ones[:3] * 20, ones, 6, 3)
    grouped = margin_moments(60, ones * 10, ones * 6, ones * 20, ones * 3, 1, 1)
    assert split == pytest.approx(grouped, rel=1e-12)


def test_a_function_that_cannot_be_cached_still_compiles():
    namespace = {}
    exec("def twice(x):\n    return 2 * x", namespace)  # no file beside which to keep it
    assert compiled(namespace["twice"])(21) == 42
