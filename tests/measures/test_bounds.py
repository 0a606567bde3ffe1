"""Bounds on a score matrix: by hand, against a known truth, and what each promises."""

import math

import numpy as np
import pytest

import infoscope as info
from infoscope.measures import bounds

ALL = {
    "info_nce": ("lower", None),
    "nwj": ("lower", math.inf),
    "donsker_varadhan": ("neither", math.inf),
    "smile": ("neither", math.inf),
    "club": ("upper", math.inf),
    "jensen_shannon": ("lower", math.log(2)),
}


def gaussian_scores(truth: float, n: int, rng: np.random.Generator, d: int = 20) -> np.ndarray:
    """Return log p(y|x) / p(y) for a batch of d correlated pairs with I(X;Y) = truth."""
    rho2 = -math.expm1(-2 * truth / d)
    rho = math.sqrt(rho2)
    x = rng.normal(size=(n, d))
    y = rho * x + math.sqrt(1 - rho2) * rng.normal(size=(n, d))
    square = ((y[None] - rho * x[:, None]) ** 2).sum(axis=2) / (1 - rho2)
    return 0.5 * ((y**2).sum(axis=1)[None] - square) - 0.5 * d * math.log(1 - rho2)


@pytest.mark.parametrize("name", sorted(ALL))
def test_kind_cap_and_unit(name: str) -> None:
    f, (kind, cap) = getattr(bounds, name), ALL[name]
    scores = np.random.default_rng(0).normal(size=(8, 8))
    bound = f(scores)
    assert bound.kind == kind
    assert bound.cap == pytest.approx(math.log(8) if cap is None else cap)
    assert float(bound) == bound.value <= bound.cap
    in_bits = f(scores, unit="bits")
    assert in_bits.value == pytest.approx(bound.value / math.log(2))
    assert in_bits.unit == "bits"
    assert f(scores.T.copy().T).value == bound.value
    order = np.random.default_rng(1).permutation(8)
    assert f(scores[order][:, order]).value == pytest.approx(bound.value, abs=1e-12)


def test_by_hand() -> None:
    f = np.array([[1.0, 0.0], [-1.0, 2.0]])
    nce = math.log(2) - (math.log(math.e + 1) - 1 + math.log(math.exp(-1) + math.exp(2)) - 2) / 2
    assert bounds.info_nce(f).value == pytest.approx(nce)
    apart = (1 + math.exp(-1)) / 2
    assert bounds.nwj(f).value == pytest.approx(1.5 - apart / math.e)
    assert bounds.donsker_varadhan(f).value == pytest.approx(1.5 - math.log(apart))
    assert bounds.smile(f, clip=math.inf).value == pytest.approx(1.5 - math.log(apart))
    clipped = (1 + math.exp(-0.5)) / 2
    assert bounds.smile(f, clip=0.5).value == pytest.approx(1.5 - math.log(clipped))
    assert bounds.club(f).value == pytest.approx(1.5 + 0.5)
    soft = [math.log1p(math.exp(-1)), math.log1p(math.exp(-2)), math.log(2), math.log1p(1 / math.e)]
    js = math.log(2) - sum(soft) / 4
    assert bounds.jensen_shannon(f).value == pytest.approx(js)


def test_with_the_best_critic_each_reads_what_theory_says() -> None:
    """Means of 200 batches of 64 at I = 2 nats; other people's runs: 1.82, 2.01, 2.02, 4.45."""
    rng = np.random.default_rng(0)
    batches = [gaussian_scores(2.0, 64, rng) for _ in range(200)]

    def mean_and_error(name: str, shift: float = 0.0) -> tuple[float, float]:
        values = np.array([getattr(bounds, name)(b + shift).value for b in batches])
        return float(values.mean()), float(values.std() / math.sqrt(len(batches)))

    for name, shift, truth in (("info_nce", 0, 1.82), ("nwj", 1, 2.0), ("club", 0, 4.43)):
        mean, error = mean_and_error(name, shift)
        assert mean == pytest.approx(truth, abs=4 * error + 0.02), name
    assert mean_and_error("info_nce")[0] < 2.0 < mean_and_error("club")[0]
    js, error = mean_and_error("jensen_shannon")
    assert js <= math.log(2) / 2 * 2.0 + 4 * error


def test_jensen_shannon_is_at_most_half_log_two_times_kl() -> None:
    """What makes the Jensen-Shannon bound a bound on mutual information."""
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.full(4, 0.3), (2, 2000))
    js, kl = info.jensen_shannon_divergence(p, q), info.kl_divergence(p, q)
    assert np.all(js <= math.log(2) / 2 * kl + 1e-15)


def test_large_scores_do_not_overflow() -> None:
    f = np.full((4, 4), -1e4)
    np.fill_diagonal(f, 1e4)
    assert bounds.info_nce(f).value == pytest.approx(math.log(4))
    assert bounds.donsker_varadhan(f).value == pytest.approx(2e4)
    assert bounds.jensen_shannon(f).value == pytest.approx(math.log(2))
    assert bounds.nwj(f).value == pytest.approx(1e4)


@pytest.mark.parametrize("scores", [np.zeros((2, 3)), np.zeros((1, 1)), np.zeros(4)])
def test_scores_must_be_square(scores: np.ndarray) -> None:
    with pytest.raises(info.InfoscopeError, match="info_nce: scores must be a square matrix"):
        bounds.info_nce(scores)


def test_bad_scores_and_clips() -> None:
    with pytest.raises(info.InfoscopeError, match="nwj: scores must hold neither NaN"):
        bounds.nwj([[math.nan, 0], [0, 0]])
    with pytest.raises(info.InfoscopeError, match="smile: clip must be positive; got 0"):
        bounds.smile(np.zeros((2, 2)), clip=0)
