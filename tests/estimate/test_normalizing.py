"""Normalised information: exact shares, correlations of Gaussians, and what has no scale."""

import math

import numpy as np
import pytest
from sklearn.metrics import normalized_mutual_info_score

import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument

RNG = np.random.default_rng(0)
X = RNG.integers(0, 4, 2000)
Y = (X + RNG.integers(0, 2, 2000)) % 4
NUMBERS = RNG.normal(size=2000)
HAVE = {spec.name for spec in est.methods("mutual_information")}
needs_neighbours = pytest.mark.skipif("ksg" not in HAVE, reason="needs nearest neighbours")


@pytest.mark.parametrize("how", ["min", "max", "arithmetic", "geometric"])
def test_labels_agree_with_scikit_learn_but_for_small_corrections(how: str) -> None:
    value = est.normalized_mutual_information(X, Y, normalization=how).value
    expected = normalized_mutual_info_score(X, Y, average_method=how)
    assert value == pytest.approx(expected, abs=0.005)


def test_shares_of_one_side_and_of_the_joint() -> None:
    """Y holds 2 bits, X explains half of them: I = 1 bit, H(X, Y) = 3 bits."""
    share = {
        how: est.normalized_mutual_information(X, Y, normalization=how).value
        for how in ("x", "y", "joint")
    }
    assert share["x"] == pytest.approx(0.5, abs=0.02)
    assert share["y"] == pytest.approx(0.5, abs=0.02)
    assert share["joint"] == pytest.approx(1 / 3, abs=0.02)


def test_equal_labels_share_everything_and_a_constant_nothing() -> None:
    assert est.normalized_mutual_information(X, X, method="plugin").value == pytest.approx(
        1, abs=0.01
    )
    assert est.normalized_mutual_information(X, np.zeros(2000)).value == 0.0


@needs_neighbours
def test_gaussians_give_the_size_of_their_correlation() -> None:
    y = 0.8 * NUMBERS + 0.6 * RNG.normal(size=2000)
    e = est.normalized_mutual_information(NUMBERS, y)
    assert e.settings["normalization"] == "correlation"
    assert e.value == pytest.approx(0.8, abs=0.05)
    assert e.interval is not None
    assert e.interval.low < e.value < e.interval.high
    assert e.diagnostics["nats"] == pytest.approx(-math.log(1 - e.value**2) / 2)


@needs_neighbours
def test_the_labels_side_is_taken_where_the_other_is_measured() -> None:
    e = est.normalized_mutual_information(NUMBERS, NUMBERS > 0)
    assert e.settings["normalization"] == "y"
    assert e.value == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("how", ["x", "joint", "min"])
def test_the_entropy_of_measurements_is_no_scale(how: str) -> None:
    with pytest.raises(InvalidArgument, match="normalization='correlation'"):
        est.normalized_mutual_information(NUMBERS, Y, normalization=how)


def test_an_unknown_normalization_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="be one of auto, correlation"):
        est.normalized_mutual_information(X, Y, normalization="sum")
