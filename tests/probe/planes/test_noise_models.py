"""Noise models where the truth is known: two points in noise, bins by hand, Gaussian neighbours."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate

from infoscope.core.errors import InvalidArgument
from infoscope.probe.planes.bins import Binning
from infoscope.probe.planes.cloud import Cloud, LayerSample, merge_rows
from infoscope.probe.planes.neighbours import NearestNeighbours
from infoscope.probe.planes.noise_models import GaussianNoise, NoNoise, PairwiseBounds

RNG = np.random.default_rng(5)


def sample(points: Any, joint: Any) -> LayerSample:
    return LayerSample(merge_rows(np.asarray(points, dtype=float), np.asarray(joint, dtype=float)))


def two_points(gap: float) -> float:
    """I of a fair sign times gap / 2 in unit noise: log 2 - E log(1 + exp(-gap (gap / 2 + Z)))."""

    def loss(z: float) -> float:
        return math.exp(-z * z / 2) * np.logaddexp(0.0, -gap * (gap / 2 + z))

    found = integrate.quad(loss, -40, 40, limit=500, points=[-gap / 2, 0], epsabs=1e-14)[0]
    return math.log(2) - found / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("gap", [0.01, 0.5, 2.0, 12.0])
@pytest.mark.parametrize("axes", [1, 2])
def test_two_points_in_noise_by_quadrature(gap: float, axes: int) -> None:
    """The label is the point, so both are the same; a second axis along the line adds nothing."""
    std = 0.25
    points = np.array([[0.0] * axes, [gap * std / math.sqrt(axes)] * axes]) + 3.0
    found = GaussianNoise(std).measure(sample(points, np.eye(2) / 2))
    assert found.of_input.how == "quadrature"
    assert found.of_input.value == pytest.approx(two_points(gap), abs=1e-11)
    assert found.of_label.value == pytest.approx(two_points(gap), abs=1e-11)
    assert found.of_input.stderr is not None
    assert found.of_input.stderr < 1e-10


def test_two_axes_add_where_they_are_independent() -> None:
    points = [[0.0, 0.0], [0.0, 1.0], [2.0, 0.0], [2.0, 1.0]]
    labels = [[0.25, 0], [0.25, 0], [0, 0.25], [0, 0.25]]  # the first coordinate
    found = GaussianNoise(1.0).measure(sample(points, labels))
    assert found.of_input.value == pytest.approx(two_points(2.0) + two_points(1.0), abs=1e-11)
    assert found.of_label.value == pytest.approx(two_points(2.0), abs=1e-11)


def test_draws_are_unbiased_and_their_errors_true() -> None:
    """Against quadrature, z scores over seeds have mean 0 and spread 1, in both ways of drawing."""
    points = RNG.standard_normal((12, 2))
    cloud = merge_rows(points, RNG.dirichlet(np.ones(36)).reshape(12, 3))
    exact = GaussianNoise(0.4).measure(LayerSample(cloud))
    for n_draws in (96, 24):  # 4 pairs a point; 12 pairs at points drawn too
        scores: list[list[float]] = []
        for seed in range(300):
            layer = LayerSample(cloud, rng=np.random.default_rng(seed))
            found = GaussianNoise(0.4, n_draws=n_draws, how="draws").measure(layer)
            pairs = ((found.of_input, exact.of_input), (found.of_label, exact.of_label))
            scores.append([(a.value - b.value) / (a.stderr or 0) for a, b in pairs])
        mean, spread = np.mean(scores, 0), np.std(scores, 0)
        assert np.all(np.abs(mean) < 0.35)  # stderr 0.06 of the mean, and t-like tails
        assert np.all((spread > 0.8) & (spread < 1.5))


@pytest.mark.parametrize("std", [0.05, 0.5, 3.0])
def test_brackets_hold_the_exact_values(std: float) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        cloud = Cloud(rng.standard_normal((20, 2)), rng.dirichlet(np.ones(60)).reshape(20, 3))
        exact = GaussianNoise(std).measure(LayerSample(cloud))
        for alpha in (0.5, 0.2):
            found = PairwiseBounds(std, alpha).measure(LayerSample(cloud))
            for one, truth in ((found.of_input, exact.of_input), (found.of_label, exact.of_label)):
                assert one.low is not None
                assert one.high is not None
                assert one.low - 1e-12 <= truth.value <= one.high + 1e-12


def test_far_points_keep_their_digits() -> None:
    """Noise of 1 beside coordinates of 1e9: the two near points still overlap as they should."""
    points = [[0.0, 0.0], [2.0, 0.0], [1e9, 3.0]]
    layer = sample(points, np.eye(3) / 3)
    truth = math.log(3) - 2 / 3 * (math.log(2) - two_points(2.0))
    found = GaussianNoise(1.0, n_draws=60_000, how="draws").measure(layer).of_input
    assert found.stderr is not None
    assert abs(found.value - truth) < 5 * found.stderr < 0.03
    bracketed = PairwiseBounds(1.0).measure(layer).of_input
    assert bracketed.low is not None
    assert bracketed.low <= truth <= (bracketed.high or 0)


def test_activations_that_coincide_hold_nothing() -> None:
    layer = sample(np.full((4, 3), 7.0), [[0.25, 0], [0.25, 0], [0, 0.25], [0, 0.25]])
    models = (GaussianNoise(0.1), GaussianNoise(0.1, how="draws"), PairwiseBounds(0.1), NoNoise(),
              Binning(width=0.1), Binning(n_bins=5), Binning(quantiles=4))  # fmt: skip
    for model in models:
        found = model.measure(layer)
        assert found.of_input.value == pytest.approx(0.0, abs=1e-12)
        assert found.of_label.value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "model, bins",
    [
        (Binning(n_bins=4, low=-1, high=1), [0, 1, 2, 3, 3]),  # 1.0 is in the last bin
        (Binning(n_bins=2, low=-1, high=1), [0, 0, 1, 1, 1]),
        (Binning(width=0.5), [0, 1, 2, 3, 4]),  # 1.0 begins a bin of its own
        (Binning(width=10.0), [0, 0, 1, 1, 1]),
        (Binning(quantiles=5), [0, 1, 2, 3, 4]),
        (Binning(quantiles=1), [0, 0, 0, 0, 0]),
        (Binning(n_bins=3), [0, 0, 1, 2, 2]),  # -1 to 1 in thirds
    ],
    ids=range(7),
)
def test_bins_by_hand(model: Binning, bins: list[int]) -> None:
    points = np.array([[-1.0], [-0.4], [0.2], [0.9], [1.0]])
    joint = np.eye(5) / 5
    found = model.measure(sample(points, joint))
    counts = np.unique(bins, return_counts=True)[1] / 5
    assert found.of_input.value == pytest.approx(-float(np.sum(counts * np.log(counts))))
    assert found.of_label.value == pytest.approx(found.of_input.value)  # the label names the row
    assert "A value of the bins" in found.notes[0]


def test_one_network_has_every_value_under_bins() -> None:
    """The same activations read from 0 to H(X) as the width goes from wide to narrow."""
    points = RNG.uniform(0, 1, (64, 2))
    layer = sample(points, np.full((64, 2), 1 / 128))
    values = [Binning(width=w).measure(layer).of_input.value for w in (4.0, 0.25, 1e-6)]
    assert values[0] == pytest.approx(0.0, abs=1e-12)
    assert values[0] < values[1] < values[2]
    assert values[2] == pytest.approx(math.log(64))


def test_neighbours_find_a_gaussian_channel() -> None:
    """X normal, T = X + noise: I = log(1 + 1 / std^2) / 2; the label is the sign of X."""
    n, std = 1500, 0.5
    x = RNG.standard_normal((n, 1))
    joint = np.zeros((n, 2))
    joint[np.arange(n), (x[:, 0] > 0).astype(int)] = 1 / n
    layer = LayerSample(Cloud(x, joint), x, np.random.default_rng(1))
    found = NearestNeighbours(std).measure(layer)
    truth = 0.5 * math.log(1 + 1 / std**2)
    assert found.of_input.value == pytest.approx(truth, abs=4 * (found.of_input.stderr or 0))

    def density(t: float) -> float:  # p(positive | t) of a bivariate normal
        rho = 1 / math.sqrt(1 + std**2)
        p = 0.5 * math.erfc(-rho * t / math.sqrt(1 - rho**2) / math.sqrt(2))
        h = sum(-v * math.log(v) for v in (p, 1 - p) if v > 0)
        return math.exp(-t * t / 2) / math.sqrt(2 * math.pi) * h

    of_label = math.log(2) - integrate.quad(density, -9, 9)[0]
    assert found.of_label.value == pytest.approx(of_label, abs=5 * (found.of_label.stderr or 0))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: GaussianNoise(0.0), "std must be positive"),
        (lambda: GaussianNoise(math.nan), "std must be positive"),
        (lambda: GaussianNoise(0.1, n_draws=1), "n_draws must be at least 4"),
        (lambda: GaussianNoise(0.1, how="exact"), "'quadrature'"),  # type: ignore[arg-type]
        (lambda: PairwiseBounds(0.1, alpha=0.0), "between 0 and 1"),
        (lambda: Binning(), "one of the three; got none"),
        (lambda: Binning(n_bins=3, width=0.1), "n_bins and width"),
        (lambda: Binning(n_bins=0), "at least 1"),
        (lambda: Binning(width=0.1, low=-1, high=1), "both beside n_bins"),
        (lambda: Binning(n_bins=3, low=1, high=1), "low must lie below high"),
        (lambda: NearestNeighbours(0.1, k=0), "at least 1"),
        (
            lambda: Binning(n_bins=3, low=-1, high=1).measure(
                sample([[0.0], [1.5]], np.eye(2) / 2)
            ),
            "enclose every activation; got 1.5 beside [-1, 1]",
        ),
        (
            lambda: NearestNeighbours(0.1).measure(sample(np.eye(6), np.eye(6) / 6)),
            "at most 4 units; got a layer of 6",
        ),
        (
            lambda: NearestNeighbours(0.1).measure(sample([[0.0], [1.0]], np.eye(2) / 2)),
            "measured inputs",
        ),
        (
            lambda: GaussianNoise(0.1, how="quadrature").measure(sample(np.eye(6), np.eye(6) / 6)),
            "more than two axes",
        ),
    ],
    ids=range(15),
)
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(InvalidArgument) as seen:
        call()
    assert message in str(seen.value)
