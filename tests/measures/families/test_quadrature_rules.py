"""Integration and summation by themselves: exactness, missing mass, tails that diverge."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from infoscope.measures.families import gauss_kronrod, summation
from infoscope.measures.families.features import Points
from infoscope.measures.families.gauss_kronrod import integrate
from infoscope.measures.families.summation import add_up

INF = math.inf
Real = Callable[[np.ndarray], np.ndarray]


def rows(
    value: Real, mass: Real, lost: float = 0.0, over: float = 0.0
) -> Callable[..., np.ndarray]:
    """Rows of an integrand: value, mass, and shares of the mass that are lost or overflow."""

    def at(points: Points | np.ndarray) -> np.ndarray:
        x = points.anchor + points.offset if isinstance(points, Points) else points
        m = mass(x)
        return np.stack([value(x), m, lost * m, over * m])

    return at


def normal(x: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def test_the_rule_is_gauss_and_kronrod() -> None:
    """Kronrod's 15 points integrate powers up to 22 exactly, Gauss's seven among them up to 13."""
    x, kronrod, gauss = gauss_kronrod._X, gauss_kronrod._K, gauss_kronrod._G
    assert x.size == 15
    assert np.all(np.diff(x) > 0)
    for power in range(23):
        exact = (1 + (-1) ** power) / (power + 1)
        assert float(kronrod @ x**power) == pytest.approx(exact, abs=2e-15)
        if power <= 13:
            assert float(gauss @ x**power) == pytest.approx(exact, abs=2e-15)
    assert np.count_nonzero(gauss) == 7


def test_integrals_with_known_values_and_their_nodes() -> None:
    square = integrate(rows(lambda x: x * x * normal(x), normal), -INF, INF, [0.0], 1e-11)
    assert square.value == pytest.approx(1.0, abs=1e-13)
    assert square.bound < 1e-10
    x = (square.points.anchor + square.points.offset).clip(-40, 40)
    assert float(square.weights @ (x**4 * normal(x))) == pytest.approx(3.0, rel=1e-12)
    # guides may lie beside the mass, coincide, lie outside or be infinite
    for guides in ([-3.0, 5.0], [0.0, 0.0], [], [INF, 1.0], [-INF]):
        again = integrate(rows(lambda x: x * x * normal(x), normal), -INF, INF, guides, 1e-11)
        assert again.value == pytest.approx(1.0, abs=1e-11)
    # a singular end: -log x under uniform mass has mean 1; x^-1/2 / 2 is a density on (0, 1)
    log = integrate(rows(lambda x: -np.log(x), np.ones_like), 0.0, 1.0, [], 1e-11)
    assert log.value == pytest.approx(1.0, abs=1e-12)
    for low, high in ((0.0, INF), (-INF, 0.0)):
        half = integrate(
            rows(lambda x: np.abs(x) * np.exp(-np.abs(x)), lambda x: np.exp(-np.abs(x))),
            low, high, [0.0], 1e-11,
        )  # fmt: skip
        assert half.value == pytest.approx(1.0, abs=1e-12)


def test_a_spike_is_found_by_halving_panels() -> None:
    """Two narrow peaks far from the guide: found when the panels are halved, to the tolerance."""

    def two(x: np.ndarray) -> np.ndarray:
        return 10 * (normal(20 * (x - 3.3)) + normal(20 * (x + 1.7)))

    found = integrate(rows(lambda x: x * two(x), two), -INF, INF, [0.0], 1e-11)
    assert found.value == pytest.approx(0.8, abs=1e-10)
    assert found.bound < 1e-9
    with_guides = integrate(rows(lambda x: x * two(x), two), -INF, INF, [3.3, -1.7], 1e-11)
    assert with_guides.value == pytest.approx(0.8, abs=1e-12)


@pytest.mark.parametrize("mass, widened", [(1.0, 0.0), (0.99, 0.1), (1.02, 0.2), (0.6, 4.0)])
def test_mass_that_is_missing_widens_the_bound(mass: float, widened: float) -> None:
    """By ten times what is missing, times one plus the value (0 here)."""
    found = integrate(rows(np.zeros_like, lambda x: mass * np.ones_like(x)), 0.0, 1.0, [], 1e-11)
    assert found.value == 0.0
    assert found.bound == pytest.approx(widened, abs=1e-12)
    total = add_up(rows(np.zeros_like, lambda k: np.full_like(k, mass / 4)), 1.0, 4.0, 2.0, 1e-11)
    assert total.value == 0.0
    assert total.bound == pytest.approx(widened, abs=1e-12)
    value = integrate(rows(lambda x: 3 * np.ones_like(x), lambda x: mass * np.ones_like(x)),
                      0.0, 1.0, [], 1e-11)  # fmt: skip
    assert value.bound == pytest.approx(4 * widened, abs=1e-10)
    value = add_up(rows(lambda k: np.full_like(k, 0.75), lambda k: np.full_like(k, mass / 4)),
                   1.0, 4.0, 2.0, 1e-11)  # fmt: skip
    assert value.bound == pytest.approx(4 * widened, abs=1e-10)


def test_less_than_half_of_the_mass_is_no_answer() -> None:
    found = integrate(rows(np.zeros_like, lambda x: 0.4 * np.ones_like(x)), 0.0, 1.0, [], 1e-11)
    total = add_up(rows(np.zeros_like, lambda k: np.full_like(k, 0.1)), 1.0, 4.0, 2.0, 1e-11)
    for answer in (found, total):
        assert math.isnan(answer.value)
        assert answer.bound == INF


def test_lost_and_overflowing_mass() -> None:
    for lost, over, value, bound in ((0.1, 0.0, 0.0, INF), (0.0, 0.1, INF, 0.0)):
        found = integrate(rows(np.zeros_like, np.ones_like, lost, over), 0.0, 1.0, [], 1e-11)
        total = add_up(
            rows(np.zeros_like, lambda k: np.full_like(k, 0.25), lost, over), 1.0, 4.0, 2.0, 1e-11
        )
        for answer in (found, total):
            assert answer.value == value
            assert answer.bound == bound


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_tails_that_diverge_keep_their_sign(sign: float) -> None:
    """The mean of x^2 under Cauchy's density is infinite; so is the mean of -x^2."""

    def cauchy(x: np.ndarray) -> np.ndarray:
        return 1 / (math.pi * (1 + x * x))

    found = integrate(rows(lambda x: sign * cauchy(x) * x * x, cauchy), -INF, INF, [0.0], 1e-11)
    assert found.value == sign * INF
    assert found.bound == 0.0
    # a power law whose mean exists, but reaches far: density 1.5 x^-2.5 from 1 on, mean of x = 3
    slow = integrate(rows(lambda x: 1.5 * x**-1.5, lambda x: 1.5 * x**-2.5), 1.0, INF, [2.0], 1e-11)
    assert slow.value == pytest.approx(3.0, abs=1e-9)
    # half of the mass cannot be seen, so no tail can be judged
    blind = integrate(
        rows(lambda x: sign * cauchy(x) * x * x, lambda x: 0.7 * cauchy(x)), -INF, INF, [0.0], 1e-11
    )
    assert blind.bound == INF
    assert math.isfinite(blind.value)


def test_sums_with_known_values() -> None:
    """The mean of a geometric law from any start, in both directions, and between its ends."""
    q = 0.9

    def geometric(k: np.ndarray) -> np.ndarray:
        return (1 - q) * q ** np.abs(k)

    for start in (0.0, 7.6, 300.0, -5.0, INF):
        total = add_up(
            rows(lambda k: k * geometric(k), geometric), 0.0, INF, min(start, 1e3), 1e-11
        )
        assert total.value == pytest.approx(9.0, abs=1e-10)
        assert total.bound < 1e-9
        assert total.numbers.min() == 0
        assert np.unique(total.numbers).size == total.numbers.size
    down = add_up(rows(lambda k: k * geometric(k), geometric), -INF, 0.0, -20.0, 1e-11)
    assert down.value == pytest.approx(-9.0, abs=1e-10)
    assert down.numbers.max() == 0
    ends = add_up(rows(lambda k: k / 5, lambda k: np.full_like(k, 0.2)), 3.0, 7.0, 5.0, 1e-11)
    assert ends.value == pytest.approx(5.0, abs=1e-15)
    assert sorted(ends.numbers) == [3, 4, 5, 6, 7]
    assert ends.bound == pytest.approx(4 * 2.0**-52 * 5)  # rounding, of a sum of size 5
    one = add_up(rows(lambda k: k, np.ones_like), 2.0, 2.0, 2.0, 1e-11)
    assert (one.value, one.numbers.tolist()) == (2.0, [2.0])


def test_a_tail_that_falls_by_a_power_is_bounded() -> None:
    """sum k^-2 = pi^2 / 6: what a finite sum leaves out is about 1 / n, and the bound says so."""
    scale = 6 / math.pi**2
    total = add_up(rows(np.zeros_like, lambda k: scale * k**-2.0), 1.0, INF, 1.0, 1e-11)
    assert total.bound >= total.numbers.size**-1.0 * scale
    value = add_up(rows(lambda k: scale * k**-2.0, lambda k: scale * k**-2.0), 1.0, INF, 1.0, 1e-11)
    assert abs(value.value - 1) <= value.bound < 1e-3


def test_the_tail_of_a_sum() -> None:
    """Geometric terms by their ratio, slower ones by whole blocks, and nothing seen is no bound."""
    tail = summation._tail
    assert tail(np.array([[4.0, 2.0, 1.0]]), 7.0, INF) == pytest.approx(1.0)  # 1/2 + 1/4 + ...
    assert tail(np.array([[9.0, 3.0, 1.0], [4.0, 2.0, 1.0]]), 7.0, INF) == pytest.approx(1.0)
    assert tail(np.array([[8.0, 2.0]]), 10.0, INF) == pytest.approx(2 / 3)
    assert tail(np.zeros((2, 3)), 0.0, INF) == INF
    assert tail(np.zeros((2, 3)), 0.0, 1.0) == 0.0
    assert tail(np.array([[1.0, 0.0]]), 1.0, INF) == 0.0
    flat = np.array([[1.0, 1.0]])
    assert tail(flat, 2.0, INF) == INF
    assert tail(flat, 2.0, 2.0) == INF
    assert tail(flat, 2.0, 4.0) == pytest.approx(4.0)  # blocks 2, 1, 1/2, ...: 2, twice
    assert tail(np.array([[1.0]]), 1.0, INF) == INF


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_lies_beyond_the_last_panel_is_bounded(sign: float) -> None:
    """Density a x^(-1 - a) beyond 1: the mass beyond exp(345) is exp(-345 a), for small a."""
    a = 0.1

    def slow(points: Points) -> np.ndarray:
        x = np.abs(points.anchor + points.offset)
        return a * x ** (-1 - a) * np.ones((4, 1))

    low, high = (1.0, INF) if sign > 0 else (-INF, -1.0)
    more = gauss_kronrod._beyond(slow, low, high, [])
    assert more == (0.0, pytest.approx(math.exp(-345 * a), rel=1e-9, abs=0))
    both = gauss_kronrod._beyond(slow, -INF, INF, [1.0, -1.0])
    assert both == (0.0, pytest.approx(2 * math.exp(-345 * a), rel=1e-9, abs=0))
    assert gauss_kronrod._beyond(slow, 1.0, 2.0, []) == (0.0, 0.0)
