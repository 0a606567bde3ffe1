"""Divergences between two samples of labels: exact cases, identities, bias and coverage."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import infoscope
import infoscope.estimate as est

LABELS = arrays(np.int64, 30, elements=st.integers(0, 3))
P, Q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])


def frequencies(x: np.ndarray) -> np.ndarray:
    return np.bincount(x, minlength=4) / x.size


@given(LABELS, LABELS)
@settings(max_examples=30, deadline=None)
def test_plugins_are_the_measures_of_the_frequencies(x: np.ndarray, y: np.ndarray) -> None:
    p, q = frequencies(x), frequencies(y)
    for name in ("kl_divergence", "cross_entropy", "jensen_shannon_divergence"):
        value = getattr(est, name)(x, y, method="plugin", discrete=True).value
        expected = getattr(infoscope, name)(p, q)
        assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", ["plugin", "zhang_grabchak"])
def test_cross_entropy_is_entropy_plus_divergence(method: str) -> None:
    """Of the plug-ins exactly; of Zhang's with his entropy, sum p [psi(n) - psi(a)]."""
    rng = np.random.default_rng(0)
    x, y = rng.choice(3, 400, p=P), rng.choice(3, 300, p=Q)
    gap = (
        est.cross_entropy(x, y, method=method).value - est.kl_divergence(x, y, method=method).value
    )
    if method == "plugin":
        assert gap == pytest.approx(est.entropy(x, method="plugin").value, abs=1e-12)
    else:
        harmonic = np.cumsum(np.append(0, 1 / np.arange(1, 400)))
        counts = np.bincount(x)
        zhang = sum(c / 400 * (harmonic[399] - harmonic[c - 1]) for c in counts)
        assert gap == pytest.approx(zhang, abs=1e-12)


def test_zhang_grabchak_by_its_published_double_sum() -> None:
    """The estimator as printed: sums over v of products, for counts (3, 1) and (2, 4)."""
    a, b, n, m = [3, 1], [2, 4], 4, 6
    total = 0.0
    for x, y in zip(a, b, strict=True):
        over_y = sum(
            math.prod(1 - y / (m - j + 1) for j in range(1, v + 1)) / v for v in range(1, m - y + 1)
        )
        over_x = sum(
            math.prod(1 - (x - 1) / (n - j) for j in range(1, v + 1)) / v
            for v in range(1, n - x + 1)
        )
        total += x / n * (over_y - over_x)
    value = est.kl_divergence([0, 0, 0, 1], [0, 0, 1, 1, 1, 1], method="zhang_grabchak").value
    assert value == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "method", "within"),
    [
        ("kl_divergence", "zhang_grabchak", 3.5),
        ("cross_entropy", "zhang_grabchak", 3.5),
        ("jensen_shannon_divergence", "fixed_margins", 3.5),
    ],
)
def test_corrected_values_are_unbiased_and_their_intervals_cover(name, method, within) -> None:
    rng = np.random.default_rng(5)
    truth = getattr(infoscope, name)(P, Q)
    got = [
        getattr(est, name)(rng.choice(3, 150, p=P), rng.choice(3, 200, p=Q), method=method)
        for _ in range(200)
    ]
    values = np.array([e.value for e in got])
    assert abs(values.mean() - truth) < within * values.std() / math.sqrt(200) + 0.002
    inside = np.mean([e.interval.low <= truth <= e.interval.high for e in got])
    assert inside >= 0.90


def test_equal_laws_show_no_divergence_on_average_with_many_levels() -> None:
    rng = np.random.default_rng(6)
    values = [
        est.jensen_shannon_divergence(
            rng.integers(0, 60, 100), rng.integers(0, 60, 250), discrete=True, interval=None
        ).value
        for _ in range(150)
    ]
    assert abs(np.mean(values)) < 3.5 * np.std(values) / math.sqrt(150)


def test_a_symbol_missing_in_y_is_infinite_for_the_plugin_and_said_so_by_the_others() -> None:
    x, y = ["a", "b", "a"], ["a", "a", "a", "c"]
    plugin = est.kl_divergence(x, y, method="plugin")
    assert plugin.value == math.inf
    assert plugin.interval is None
    assert any("y never shows 1 symbols of x" in note for note in plugin.notes)
    auto = est.kl_divergence(x, y)
    assert math.isfinite(auto.value)
    assert any("the truth is infinite" in note for note in auto.notes)


def test_the_order_of_arguments_is_that_of_the_measure() -> None:
    x, y = [0] * 90 + [1] * 10, [0] * 50 + [1] * 50
    forward = est.kl_divergence(x, y, method="plugin").value
    assert forward == pytest.approx(infoscope.kl_divergence([0.9, 0.1], [0.5, 0.5]), abs=1e-12)


def test_shrunk_frequencies_of_a_known_alphabet_stay_finite() -> None:
    e = est.kl_divergence([0, 0, 1], [0, 0, 2], method="james_stein", n_symbols=5)
    assert math.isfinite(e.value)
    assert e.settings["n_symbols"] == 5


@pytest.mark.skipif(
    "nearest_neighbours" not in {s.name for s in est.methods("jensen_shannon_divergence")},
    reason="needs nearest neighbours",
)
@pytest.mark.parametrize("sizes", [(800, 800), (1000, 500)])
def test_two_normals_apart_have_their_divergence_by_quadrature(sizes: tuple[int, int]) -> None:
    from scipy.integrate import quad
    from scipy.stats import norm

    def integrand(t: float) -> float:
        p, q = norm.pdf(t), norm.pdf(t - 1)
        return p * math.log(2 * p / (p + q))

    truth = quad(integrand, -10, 10)[0]  # both halves are alike by symmetry
    rng = np.random.default_rng(9)
    e = est.jensen_shannon_divergence(rng.normal(size=sizes[0]), rng.normal(size=sizes[1]) + 1)
    assert e.method == "nearest_neighbours"
    assert e.stderr is not None
    assert abs(e.value - truth) < 4 * e.stderr
