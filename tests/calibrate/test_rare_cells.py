"""The law of a debiased miscalibration at the truth, against direct sums over all outcomes."""

import numpy as np
import pytest
from scipy.stats import multinomial

from infoscope.calibrate.null_moments import brier_excess, log_excess, null_moments
from infoscope.calibrate.rare_cells import poisson_moments, unseen_entropy


@pytest.mark.parametrize("n", [1, 2, 7, 40, 41, 60, 300])
@pytest.mark.parametrize("p", [[0.5, 0.5], [0.999, 0.001], [0.7, 0.2, 0.1], [0.9, 0.1, 0.0]])
def test_unseen_entropy_is_its_sum(n: int, p: list[float]) -> None:
    v = np.arange(n, 200_000, dtype=float)
    wanted = sum(q * np.sum((1 - q) ** v / v) for q in p if q > 0)
    found = unseen_entropy(np.array([float(n)]), np.array([p]))
    assert found[0] == pytest.approx(wanted, abs=1e-9)


def outcomes(n: int, k: int):
    if k == 1:
        return [[n]]
    return [[i, *rest] for i in range(n + 1) for rest in outcomes(n - i, k - 1)]


@pytest.mark.parametrize("n", [1, 3, 12])
@pytest.mark.parametrize("p", [[0.7, 0.3], [0.98, 0.015, 0.005], [0.5, 0.3, 0.2]])
def test_the_log_excess_has_mean_of_what_is_unseen(n: int, p: list[float]) -> None:
    counts = np.array(outcomes(n, len(p)), dtype=float)
    law = multinomial.pmf(counts, n, p)
    excess = log_excess(counts, np.array(p))
    unseen = unseen_entropy(np.array([float(n)]), np.array([p]))[0]
    assert law @ excess == pytest.approx(n * unseen, abs=1e-10)


@pytest.mark.parametrize("n", [2, 5, 30])
def test_two_classes_have_exact_moments(n: int) -> None:
    p = np.array([0.83, 0.17])
    counts = np.array(outcomes(n, 2), dtype=float)
    law = multinomial.pmf(counts, n, p)
    for excess in (log_excess, brier_excess):
        value = excess(counts, p)
        mean = law @ value
        wanted = (mean, law @ (value - mean) ** 2, law @ (value - mean) ** 3)
        assert null_moments(excess, np.array([float(n)]), p[None], 1) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("n", "p", "within"),
    [
        (1, [0.9, 0.06, 0.04], 1e-12),
        (30, [0.97, 0.02, 0.01], 0.25),
        (60, [0.4, 0.35, 0.25], 0.15),
    ],
)
def test_poisson_moments_are_near_those_of_the_multinomial(n, p, within) -> None:
    counts = np.array(outcomes(n, 3), dtype=float)
    law = multinomial.pmf(counts, n, p)
    value = log_excess(counts, np.array(p))
    variance = law @ (value - law @ value) ** 2
    found, _ = poisson_moments(np.array([float(n)]), np.array([p]))
    assert found == pytest.approx(variance, rel=within)
