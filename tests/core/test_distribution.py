"""How distributions are read: masses, supports, tolerances, one shape of answer."""

import math

import numpy as np
import pytest

from infoscope import Logits
from infoscope.core.distribution import Masses, expectation, measure, read, tolerance
from infoscope.core.errors import InvalidArgument, NotADistribution

torch = pytest.importorskip("torch")


def test_masses_mask_before_the_logarithm() -> None:
    masses = read([0.5, 0.0, 0.5], axis=-1, function="f")
    assert masses.support.tolist() == [True, False, True]
    np.testing.assert_allclose(masses.log_on(masses.support), [-math.log(2), 0, -math.log(2)])
    both = masses.log_on(np.array([True, True, False]))
    assert both.tolist() == [-math.log(2), -math.inf, 0.0]


def test_nan_and_negatives_stay_on_the_support() -> None:
    masses = Masses(np, np.array([math.nan, -0.5, 0.0]))
    assert masses.support.tolist() == [True, True, False]


def test_logits_know_masses_below_the_smallest_number() -> None:
    masses = read(Logits([0.0, -1e4, -math.inf]), axis=-1, function="f")
    assert masses.support.tolist() == [True, False, False]
    assert masses.possible.tolist() == [True, True, False]
    assert masses.log_on(masses.possible).tolist() == [0.0, -1e4, 0.0]


def test_expectation_is_never_minus_zero() -> None:
    value = expectation(read([1.0, 0.0], axis=-1, function="f"), np.array([-0.0, 0.0]))
    assert math.copysign(1, value) == 1


@pytest.mark.parametrize(
    "dtype, within",
    [("float64", 1e-6), ("float32", 2**-11.5), ("float16", 2**-5), ("int64", 1e-6)],
)
def test_tolerance_follows_the_dtype(dtype: str, within: float) -> None:
    assert tolerance(np.zeros(1, dtype=dtype)) == pytest.approx(within)
    assert tolerance(torch.zeros(1, dtype=torch.bfloat16)) == pytest.approx(2**-3.5)


def test_sums_at_the_edge_of_tolerance() -> None:
    read([0.5, 0.5 + 9e-7], axis=-1, function="f")
    with pytest.raises(NotADistribution):
        read([0.5, 0.5 + 2e-6], axis=-1, function="f")
    read(np.array([0.5, 0.5003], dtype=np.float32), axis=-1, function="f")
    read(np.full(4096, 1 / 4096, dtype=np.float16), axis=-1, function="f")


def test_pairs_share_outcomes_and_precision() -> None:
    def kinds(p: Masses, q: Masses) -> np.ndarray:
        assert p.probabilities.dtype == q.probabilities.dtype == np.float64
        return p.probabilities[..., 0] + q.probabilities[..., 0]

    pair = ([0.5, 0.5], "p"), (np.array([0.25, 0.75], np.float32), "q")
    assert float(measure(kinds, *pair, axis=-1, function="f")) == 0.75
    with pytest.raises(InvalidArgument, match=r"f: q must have as many outcomes as p \(2\); got 3"):
        measure(kinds, ([0.5, 0.5], "p"), ([0.2, 0.3, 0.5], "q"), axis=-1, function="f")


def test_measure_gives_one_number_a_row() -> None:
    p = np.full((2, 3, 4), 0.25)
    got = measure(lambda m: m.probabilities.sum(axis=-1), (p, "p"), axis=-1, function="f")
    assert got.shape == (2, 3)
    assert float(measure(lambda m: m.probabilities.max(axis=-1), (p[0, 0], "p"), axis=-1,
                         function="f")) == 0.25  # fmt: skip
