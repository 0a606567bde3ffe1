"""Pairwise-distance bounds against entropies by quadrature in one and two dimensions."""

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from infoscope.core.errors import InvalidArgument
from infoscope.probe.planes.mixture_bounds import mixture_entropy_bounds


def entropy_by_quadrature(means: Any, covariances: Any, weights: Any) -> float:
    """-∫ p log p on a fine grid (trapezoids: exponentially accurate for what decays smoothly)."""
    means, d = np.asarray(means), np.shape(means)[1]
    reach = 9 * math.sqrt(max(np.max(np.linalg.eigvalsh(c)) for c in covariances))
    axes = [np.linspace(m.min() - reach, m.max() + reach, 2001 if d == 1 else 401) for m in means.T]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    p = sum(
        w * stats.multivariate_normal(m, c).pdf(grid)
        for w, m, c in zip(weights, means, covariances, strict=True)
    )
    p = np.asarray(p)
    f = np.where(p > 0, -p * np.log(np.where(p > 0, p, 1.0)), 0.0)
    for axis in reversed(axes):
        f = np.trapezoid(f, axis, axis=-1)
    return float(f)


@given(
    seed=st.integers(0, 10_000),
    d=st.sampled_from([1, 2]),
    kind=st.sampled_from(["std", "one each", "diagonal", "shared", "full"]),
    alpha=st.sampled_from([0.5, 0.3, 0.9]),
    spread=st.sampled_from([0.2, 1.0, 4.0]),
)
def test_bounds_bracket_the_entropy(
    seed: int, d: int, kind: str, alpha: float, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    n = 4
    means, weights = spread * rng.standard_normal((n, d)), rng.dirichlet(np.full(n, 2.0))
    root = rng.standard_normal((n, d, d))
    full = root @ root.transpose(0, 2, 1) + 0.3 * np.eye(d)
    sd = rng.uniform(0.4, 1.5, (n, d))
    given_as, covariances = {
        "std": ({"std": 0.7}, [0.49 * np.eye(d)] * n),
        "one each": ({"std": sd[:, 0]}, [s**2 * np.eye(d) for s in sd[:, 0]]),
        "diagonal": ({"std": sd}, [np.diag(s**2) for s in sd]),
        "shared": ({"covariance": full[0]}, [full[0]] * n),
        "full": ({"covariance": full}, list(full)),
    }[kind]
    truth = entropy_by_quadrature(means, covariances, weights)
    found = mixture_entropy_bounds(means, weights=weights, alpha=alpha, **given_as)
    assert found.low - 1e-6 <= truth <= found.high + 1e-6
    within = sum(
        w * stats.multivariate_normal(np.zeros(d), c).entropy()
        for w, c in zip(weights, covariances, strict=True)
    )
    assert found.components == pytest.approx(float(within))


def test_ways_to_give_one_covariance_agree() -> None:
    rng = np.random.default_rng(2)
    means = rng.standard_normal((9, 3)) + 50.0
    ways: list[dict[str, Any]] = [
        {"std": 0.6}, {"std": np.full(9, 0.6)}, {"std": np.full((9, 3), 0.6)},
        {"covariance": 0.36 * np.eye(3)}, {"covariance": np.tile(0.36 * np.eye(3), (9, 1, 1))},
    ]  # fmt: skip
    for alpha in (0.5, 0.2):
        found = [mixture_entropy_bounds(means, alpha=alpha, **way) for way in ways]
        for other in found[1:]:
            assert other.low == pytest.approx(found[0].low, abs=1e-11)
            assert other.high == pytest.approx(found[0].high, abs=1e-11)


def test_two_components_by_hand() -> None:
    """-log((1 + exp(-D)) / 2) with D = (2 / 0.5)^2 / 2 = 8 for KL, and 8 / 4 for Bhattacharyya."""
    found = mixture_entropy_bounds([-1.0, 1.0], std=0.5, unit="bits")
    inside = 0.5 * math.log2(2 * math.pi * math.e * 0.25)
    assert found.high - inside == pytest.approx(1 - math.log2(1 + math.exp(-8)))
    assert found.low - inside == pytest.approx(1 - math.log2(1 + math.exp(-2)))
    assert found.gap == pytest.approx(found.high - found.low)
    assert found.to_dict()["unit"] == "bits"


def test_memory_is_linear_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    means = np.random.default_rng(0).standard_normal((3000, 2))
    monkeypatch.setattr("infoscope.probe.planes.mixture_bounds._BLOCK", 60_000)
    tracemalloc.start()
    small = mixture_entropy_bounds(means, std=0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6  # all pairs at once would be 72 MB
    monkeypatch.undo()
    assert mixture_entropy_bounds(means, std=0.1).low == pytest.approx(small.low, abs=1e-12)


@pytest.mark.parametrize(
    "means, options, message",
    [
        ([[0.0], [math.nan]], {"std": 1.0}, "nan at (1, 0)"),
        ([0.0, 1.0], {}, "or covariance instead; got neither"),
        ([0.0, 1.0], {"std": 1.0, "covariance": [[1.0]]}, "got both"),
        ([0.0, 1.0], {"std": 0.0}, "positive"),
        ([0.0, 1.0], {"std": [1.0, 1.0, 1.0]}, "shape (2,)"),
        ([0.0, 1.0], {"std": 1.0, "alpha": 1.0}, "between 0 and 1"),
        ([0.0, 1.0], {"std": 1.0, "weights": [0.5, 0.6]}, "sum to 1"),
        ([0.0, 1.0], {"std": 1.0, "weights": [1.0, 0.0]}, "a mass of 0"),
        ([[0.0, 1.0], [1.0, 0.0]], {"covariance": [[1.0, 2.0], [2.0, 1.0]]}, "positive definite"),
        ([[0.0, 1.0], [1.0, 0.0]], {"covariance": [[1.0, 0.5], [0.1, 1.0]]}, "symmetric"),
        ([[0.0, 1.0], [1.0, 0.0]], {"covariance": [[1.0]]}, "shape (2, 2)"),
    ],
    ids=range(11),
)
def test_refusals(means: Any, options: Any, message: str) -> None:
    with pytest.raises(InvalidArgument) as seen:
        mixture_entropy_bounds(means, **options)
    assert message in str(seen.value)
