"""The numbers that pages show, against values derived elsewhere."""

import math

import numpy as np
import pytest

import infoscope as isc
from infoscope.explore.pages import entropy, fit, kl


def test_the_dyadic_distribution_costs_its_entropy() -> None:
    found = entropy.numbers(p=(0.5, 0.25, 0.125, 0.125), q=(0.25,) * 4, other=True)
    assert found["entropy"] == found["huffman_length"] == found["shannon_length"] == 1.75
    assert found["cross_entropy"] == pytest.approx(2.0)
    assert found["kl"] == pytest.approx(0.25)


def test_a_code_without_a_word_costs_infinity() -> None:
    found = entropy.numbers(p=(0.5, 0.3, 0.2), q=(0.6, 0.4, 0.0), other=True)
    assert math.isinf(found["cross_entropy"])
    said = entropy.notice(p=(0.5, 0.3, 0.2), q=(0.6, 0.4, 0.0), other=True)
    assert said.startswith("C happens")


def test_climbing_ends_at_the_largest_entropy_with_the_mean() -> None:
    *_, last = entropy.climb(p=(0.5, 0.25, 0.125, 0.125), mean=2.0)
    support = [1, 2, 3, 4]
    best = isc.maximum_entropy(support, [(support, 2.0)]).p
    assert last["=p"] == pytest.approx(tuple(best), abs=1e-4)


def test_two_gaussians() -> None:
    """N(0, 1) and N(1, 2²): log 2 + 2/8 - 1/2, and the other way 2 + 1/2 - 1/2 - log 2."""
    found = kl.numbers(mean_p=0.0, sd_p=1.0, mean_q=1.0, sd_q=2.0)
    assert found["kl_pq"] == pytest.approx(0.4431471805599453)
    assert found["kl_qp"] == pytest.approx(1.306852819440055)


def test_the_landscape_is_the_divergence_at_its_points() -> None:
    patch = kl.view(mean_p=0.0, sd_p=1.0, mean_q=1.0, sd_q=2.0, direction="pq", width=728)
    pair = patch["pair"]
    x, integrand = (np.array(pair.data[name]) for name in ("x", list(pair.data)[-1]))
    assert np.trapezoid(integrand, x) == pytest.approx(0.4431471805599453, abs=1e-6)


def test_fits_at_two_are_broad() -> None:
    """Equal bumps at ±2: the best reverse fit is N(0, 2.04701²), not a bump."""
    at = {"apart": 2.0, "share": 0.5}
    assert fit.numbers(**at, mean=0.0, sd=2.04701)["reverse"] == pytest.approx(0.22650796, abs=1e-8)
    assert fit.numbers(**at, mean=2.0, sd=1.0)["reverse"] == pytest.approx(0.6327201937368670)
    assert fit.numbers(**at, mean=2.0, sd=1.0)["forward"] == pytest.approx(3.367279806263133)
    for mean, sd, value in fit.minima(2.0, 0.5).values():
        assert mean == pytest.approx(0.0, abs=1e-6)
        assert sd == pytest.approx(2.04701, abs=1e-5)
        assert value == pytest.approx(0.22650796, abs=1e-8)


def test_a_bump_beats_the_same_spread_from_the_threshold_on() -> None:
    def gain(apart: float) -> float:
        bump = fit.numbers(apart=apart, share=0.5, mean=apart, sd=1.0)["reverse"]
        spread = math.sqrt(1 + apart**2)
        return fit.numbers(apart=apart, share=0.5, mean=0.0, sd=spread)["reverse"] - bump

    assert gain(fit.THRESHOLD - 1e-3) < 0 < gain(fit.THRESHOLD + 1e-3)


def test_the_walk_ends_where_the_library_sees_no_slope() -> None:
    mean, sd = fit.descend((2.5, 1.0), 4.0, 0.5, "qp")[-1]
    here = fit.numbers(apart=4.0, share=0.5, mean=mean, sd=sd)["reverse"]
    for dm, ds in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)):
        there = fit.numbers(apart=4.0, share=0.5, mean=mean + dm, sd=sd + ds)["reverse"]
        assert there > here
    forward = fit.descend((2.5, 1.0), 4.0, 0.5, "pq")[-1]
    assert forward == pytest.approx((0.0, math.sqrt(17)), abs=1e-4)


def test_the_quick_field_is_the_divergence_of_the_library() -> None:
    mean, sd = np.array([0.0, 1.5, -4.0]), np.array([2.0, 0.7, 1.1])
    for name, loss in (("reverse", fit.reverse), ("forward", fit.forward)):
        quick = loss(mean, sd, 2.5, 0.3)
        for value, m, s in zip(quick, mean, sd, strict=True):
            exact = fit.numbers(apart=2.5, share=0.3, mean=float(m), sd=float(s))[name]
            assert value == pytest.approx(exact, abs=1e-8)
