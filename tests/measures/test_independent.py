"""The same numbers from elsewhere: SciPy, scikit-learn, and mpmath at 40 digits."""

import math

import numpy as np
import pytest
from hypothesis import given
from scipy import spatial, special, stats

import infoscope as info
from infoscope import Logits
from infoscope.testing import pairs

mpmath = pytest.importorskip("mpmath")

RNG = np.random.default_rng(11)
P, Q = RNG.dirichlet(np.full(6, 0.4), (2, 10))


def test_scipy() -> None:
    np.testing.assert_allclose(info.entropy(P), stats.entropy(P, axis=1), rtol=1e-12)
    np.testing.assert_allclose(info.entropy(P, unit="bits"), stats.entropy(P, axis=1, base=2))
    np.testing.assert_allclose(info.kl_divergence(P, Q), stats.entropy(P, Q, axis=1), rtol=1e-12)
    np.testing.assert_allclose(
        info.kl_divergence(P, Q), special.rel_entr(P, Q).sum(axis=1), rtol=1e-12
    )
    js = spatial.distance.jensenshannon(P, Q, axis=1) ** 2
    np.testing.assert_allclose(info.jensen_shannon_divergence(P, Q), js, rtol=1e-12)
    z = RNG.normal(size=(5, 7)) * 30
    np.testing.assert_allclose(
        Logits(z).log_probabilities(), special.log_softmax(z, axis=1), atol=1e-13
    )
    counts, n = np.array([18.0, 30, 12]), 60
    for lam in (-2.0, -1.0, -0.5, 0.0, 2 / 3, 1.0):  # Cressie and Read's lambda is alpha - 1
        statistic = stats.power_divergence(counts, lambda_=lam).statistic
        ours = 2 * n * info.alpha_divergence(counts / n, [1 / 3] * 3, lam + 1)
        assert ours == pytest.approx(statistic, rel=1e-12)
    chi = stats.chisquare(counts).statistic
    assert n * info.chi_squared_divergence(counts / n, [1 / 3] * 3) == pytest.approx(chi)


def test_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    x, y = RNG.integers(0, 4, 300), RNG.integers(0, 3, 300)
    y = np.where(RNG.random(300) < 0.5, x % 3, y)
    counts = np.histogram2d(x, y, bins=[range(5), range(4)])[0]
    joint = counts / counts.sum()
    assert info.mutual_information(joint) == pytest.approx(metrics.mutual_info_score(x, y))
    for name in ("min", "max", "arithmetic", "geometric"):
        truth = metrics.normalized_mutual_info_score(x, y, average_method=name)
        assert info.normalized_mutual_information(joint, normalization=name) == pytest.approx(truth)


def in_40_digits(p: list[float], q: list[float]) -> dict[str, float]:
    """Every measure from its textbook formula in 40 digits, over the support."""
    with mpmath.workdps(40):
        pm, qm = [mpmath.mpf(float(v)) for v in p], [mpmath.mpf(float(v)) for v in q]
        pm, qm = [v / sum(pm) for v in pm], [v / sum(qm) for v in qm]
        both = list(zip(pm, qm, strict=True))
        log, half = mpmath.log, mpmath.mpf(1) / 2

        def kl(pairs: list) -> object:
            return sum(a * log(a / b) for a, b in pairs if a)

        mixed = [(a, half * (a + b)) for a, b in both], [(b, half * (a + b)) for a, b in both]
        values = {
            "entropy": -sum(a * log(a) for a in pm if a),
            "cross": -sum(a * log(b) for a, b in both if a),
            "kl": kl(both),
            "js": half * kl(mixed[0]) + half * kl(mixed[1]),
            "hellinger": mpmath.sqrt(
                half * sum((mpmath.sqrt(a) - mpmath.sqrt(b)) ** 2 for a, b in both)
            ),
            "chi": sum((a - b) ** 2 / b for a, b in both),
            "tv": half * sum(abs(a - b) for a, b in both),
        }
        for a_ in (0.3, 1 + 1e-5, 1 - 1e-7, 3.0):
            a = mpmath.mpf(a_)
            values[f"renyi {a_}"] = log(sum(v**a for v in pm if v)) / (1 - a)
            values[f"tsallis {a_}"] = (1 - sum(v**a for v in pm if v)) / (a - 1)
            power = sum(u**a * v ** (1 - a) for u, v in both if u)
            values[f"divergence {a_}"] = log(power) / (a - 1)
            values[f"alpha {a_}"] = (power - 1) / (a * (a - 1))
        return {name: float(value) for name, value in values.items()}


@given(pairs(zeros=False, least=1e-5))
def test_forty_digits(pq: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pq
    ours = {
        "entropy": info.entropy(p),
        "cross": info.cross_entropy(p, q),
        "kl": info.kl_divergence(p, q),
        "js": info.jensen_shannon_divergence(p, q),
        "hellinger": info.hellinger_distance(p, q),
        "chi": info.chi_squared_divergence(p, q),
        "tv": info.total_variation(p, q),
    }
    for a in (0.3, 1 + 1e-5, 1 - 1e-7, 3.0):
        ours[f"renyi {a}"] = info.renyi_entropy(p, a)
        ours[f"tsallis {a}"] = info.tsallis_entropy(p, a)
        ours[f"divergence {a}"] = info.renyi_divergence(p, q, a)
        ours[f"alpha {a}"] = info.alpha_divergence(p, q, a)
    for name, truth in in_40_digits(p, q).items():
        assert ours[name] == pytest.approx(truth, rel=1e-12, abs=2e-14), name


def test_a_sure_outcome_keeps_its_tiny_surprisal() -> None:
    """log-softmax elsewhere rounds these to 0."""
    with mpmath.workdps(60):
        for gap in (30.0, 50.0, 200.0, 700.0):
            rest = mpmath.exp(-mpmath.mpf(gap))
            surprisal = float(mpmath.log1p(rest))
            entropy = float(mpmath.log1p(rest) + gap * rest / (1 + rest))
            assert info.cross_entropy([1, 0], Logits([gap, 0.0])) == pytest.approx(surprisal)
            assert info.entropy(Logits([gap, 0.0])) == pytest.approx(entropy)


@pytest.mark.parametrize("shift", [1e-3, 1e-5, 1e-7])
def test_close_distributions_keep_their_digits(shift: float) -> None:
    """For q = p + d: chi-squared and Hellinger hold their leading digits, KL to absolute 1e-16."""
    p, q = np.array([0.5, 0.5]), np.array([0.5 + shift, 0.5 - shift])
    d = q[0] - p[0]
    assert info.chi_squared_divergence(q, p) == pytest.approx(4 * d * d, rel=1e-7)
    assert info.hellinger_distance(p, q) == pytest.approx(d / math.sqrt(2), rel=1e-5)
    assert info.jeffreys_divergence(p, q) == pytest.approx(4 * d * d, rel=1e-5)
    assert info.kl_divergence(p, q) == pytest.approx(-math.log1p(-4 * d * d) / 2, abs=2e-16)


def test_float32_pairs_do_not_go_negative_or_nan() -> None:
    """SciPy's jensenshannon is NaN for near-equal float32 (scipy#20083): a root of -1e-9."""
    p = RNG.dirichlet(np.ones(50), 200).astype(np.float32)
    q = np.nextafter(p, np.float32(1))
    assert np.abs(info.jensen_shannon_divergence(p, q)).max() < 1e-12
    assert np.all(info.hellinger_distance(p, q) >= 0)
    assert np.all(info.jeffreys_divergence(p, q) >= 0)
