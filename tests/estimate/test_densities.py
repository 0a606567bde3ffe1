"""Entropies, divergences and Gaussian models of numbers, against closed forms and other routes."""

import math

import numpy as np
import pytest
from scipy import stats

from infoscope.core.errors import InvalidArgument
from infoscope.estimate import (
    conditional_mutual_information,
    cross_entropy,
    entropy,
    jensen_shannon_divergence,
    kl_divergence,
    mutual_information,
)
from infoscope.estimate.estimators.jensen_shannon_divergence import nearest_neighbours as js
from infoscope.estimate.kernels import space
from infoscope.estimate.kernels.gaussian_model import log_determinant_bias
from infoscope.estimate.kernels.scales import ball_radii
from infoscope.estimate.kernels.space import Space

LAWS = {
    "normal": stats.norm(2, 3),
    "exponential": stats.expon(scale=0.1),
    "uniform": stats.uniform(-1, 5),
    "lognormal": stats.lognorm(1.0),
    "Student": stats.t(3),
    "Cauchy": stats.cauchy(),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("method", ["vasicek", "kozachenko_leonenko"])
def test_entropy_of_known_densities(name, method):
    """200 means of 4 standard errors each: the sd of -log f is at most 2 here, so 4 * 2 / 100."""
    law = LAWS[name]
    truth = float(law.entropy())
    draws = law.rvs((25, 400), random_state=1)
    values = [entropy(x, method=method, interval=None).value for x in draws]
    assert np.mean(values) == pytest.approx(truth, abs=0.08)


@pytest.mark.parametrize("name", ["normal", "exponential", "lognormal", "Student"])
def test_the_interval_of_spacings_covers(name):
    truth = float(LAWS[name].entropy())
    draws = LAWS[name].rvs((200, 300), random_state=5)
    inside = 0
    for x in draws:
        interval = entropy(x, method="vasicek").interval
        inside += interval.low <= truth <= interval.high
    assert 0.88 <= inside / 200 <= 1.0  # 95 % less 4 binomial standard errors of 1.7 %


def test_spacings_are_unbiased_for_uniform_data():
    """Each gap's mean logarithm is taken off exactly; the sd of a mean at n = 10 is 0.25."""
    draws = np.random.default_rng(0).random((4000, 10))
    for window in (1, 2, 5):
        values = [
            entropy(x, method="vasicek", window=window, interval=None, discrete=False).value
            for x in draws[:2000]
        ]
        assert np.mean(values) == pytest.approx(0.0, abs=4 * np.std(values) / math.sqrt(2000))


@pytest.mark.parametrize("method", ["vasicek", "kozachenko_leonenko", "gaussian"])
def test_shift_and_scale_move_an_entropy_as_they_must(method):
    x = np.random.default_rng(3).normal(size=400)
    plain = entropy(x, method=method, interval=None).value
    for power in (-480, 480):
        scale = 2.0**power
        moved = entropy(x * scale, method=method, interval=None).value
        assert moved == pytest.approx(plain + power * math.log(2), abs=1e-9)
    rounded = np.round(x, 3)
    far = entropy(rounded + 1e12, method=method, interval=None, discrete=False).value
    near = entropy(rounded, method=method, interval=None, discrete=False).value
    assert far == pytest.approx(near, abs=0.02)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("method", ["kozachenko_leonenko", "gaussian"])
def test_entropy_of_correlated_gaussian_vectors_of_unequal_units(d, method):
    rng = np.random.default_rng(8)
    root = rng.normal(size=(d, d)) * np.array([1e-3, 1.0, 1e6])[:d]
    truth = 0.5 * (d * math.log(2 * math.pi * math.e) + np.linalg.slogdet(root.T @ root)[1])
    values = [
        entropy(rng.normal(size=(500, d)) @ root, method=method, interval=None).value
        for _ in range(10)
    ]
    assert np.mean(values) == pytest.approx(truth, abs=0.12)


def test_the_gaussian_entropy_is_unbiased_and_its_error_bar_true():
    rng = np.random.default_rng(4)
    truth = 0.5 * 3 * math.log(2 * math.pi * math.e)
    found = [entropy(rng.normal(size=(12, 3)), method="gaussian") for _ in range(800)]
    values = np.array([e.value for e in found])
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / math.sqrt(800))
    large = [entropy(rng.normal(size=500), method="gaussian").stderr for _ in range(20)]
    assert np.mean(large) == pytest.approx(math.sqrt(1 / 1000), rel=0.1)


def test_the_bias_of_a_log_determinant_in_one_dimension_is_that_of_a_chi_square():
    """E log chi2_f = digamma(f / 2) + log 2; at f = 2 it is log 2 - Euler's constant."""
    assert log_determinant_bias(3, 1) == pytest.approx(-0.5 * 0.5772156649015329, abs=1e-14)


def test_rounded_and_constant_numbers():
    x = np.random.default_rng(2).normal(size=2000)
    truth = 0.5 * math.log(2 * math.pi * math.e)
    for method in ("vasicek", "kozachenko_leonenko"):
        got = entropy(np.round(x, 2), method=method, discrete=False, interval=None)
        assert got.value == pytest.approx(truth, abs=0.15)
        assert any("rounded" in note for note in got.notes)
    for method in ("vasicek", "kozachenko_leonenko", "gaussian"):
        constant = entropy(np.full(50, 0.5), method=method, discrete=False, interval=None)
        assert constant.value == -math.inf


def test_columns_that_determine_each_other_have_no_density():
    x = np.random.default_rng(2).normal(size=100)
    both = np.column_stack([x, 3 * x])
    assert entropy(both, method="gaussian", interval=None).value == -math.inf


@pytest.mark.parametrize("fast", [True, False])
def test_balls_are_never_empty(fast, monkeypatch):
    monkeypatch.setattr(space, "FAST", fast)
    line = np.array([0.0, 0.0, 0.0, 1.0, 3.0])[:, None]
    radius, counts, n_empty = ball_radii(Space(line), 2)
    assert radius.tolist() == [1.0, 1.0, 1.0, 1.0, 3.0]
    assert counts.tolist() == [3, 3, 3, 2, 2]
    assert n_empty == 3
    radius, counts, _ = ball_radii(Space(line), 1, np.array([[0.0], [2.5]]))
    assert radius.tolist() == [1.0, 0.5]
    assert counts.tolist() == [4, 1]


def pair(n, rho, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, rho * x + math.sqrt(1 - rho**2) * rng.normal(size=n)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("method", ["gaussian", "gaussian_copula"])
def test_gaussian_information_is_unbiased_and_covers(rho, method):
    truth = -0.5 * math.log1p(-(rho**2))
    found = [mutual_information(*pair(100, rho, seed), method=method) for seed in range(300)]
    values = np.array([e.value for e in found])
    slack = 0.08 if method == "gaussian_copula" else 0.0  # ranks: up to 8 / n
    assert values.mean() == pytest.approx(truth, abs=4 * values.std() / math.sqrt(300) + slack)
    inside = np.mean([e.interval.low <= truth <= e.interval.high for e in found])
    assert inside >= 0.88


def test_gaussian_information_of_vectors_equals_that_of_determinants():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 2))
    y = np.column_stack([x[:, 0] + rng.normal(size=60), rng.normal(size=60), x.sum(axis=1) * 1e-9])
    y[:, 2] += 1e-9 * rng.normal(size=60)
    c = np.corrcoef(np.hstack([x, y]).T)
    log_det = [np.linalg.slogdet(part)[1] for part in (c[:2, :2], c[2:, 2:], c)]
    off = [log_determinant_bias(60, d) for d in (2, 3, 5)]
    want = 0.5 * (log_det[0] + log_det[1] - log_det[2]) - (off[0] + off[1] - off[2])
    got = mutual_information(x, y, method="gaussian", interval=None).value
    assert got == pytest.approx(want, abs=1e-10)


def test_gaussian_information_of_copies_and_of_too_few_rows():
    x, y = pair(200, 0.5, 3)
    once = mutual_information(x, y, method="gaussian", interval=None).value
    twice = mutual_information(np.column_stack([x, 2 * x]), y, method="gaussian", interval=None)
    assert twice.value == pytest.approx(once, abs=1e-10)
    assert mutual_information(x, -3 * x, method="gaussian", interval=None).value == math.inf
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(2, 10, 6))
    with pytest.raises(InvalidArgument, match="more rows than columns"):
        mutual_information(wide[0], wide[1], method="gaussian")


def test_a_copula_does_not_mind_increasing_maps_and_outliers():
    x, y = pair(300, 0.8, 1)
    plain = mutual_information(x, y, method="gaussian_copula", interval=None).value
    bent = mutual_information(np.exp(3 * x), y**5, method="gaussian_copula", interval=None).value
    assert bent == pytest.approx(plain, abs=1e-12)


KL = {
    "equal": (stats.norm(), stats.norm(), 0.0),
    "shifted": (stats.norm(), stats.norm(1.0), 0.5),
    "wider": (stats.norm(), stats.norm(0, 2), math.log(2) + 1 / 8 - 0.5),
    "exponential": (stats.expon(), stats.expon(scale=2), math.log(2) - 0.5),
    "Cauchy": (stats.cauchy(), stats.cauchy(1.0), math.log(5 / 4)),
}


@pytest.mark.parametrize("sizes", [(1000, 1000), (400, 2000), (2000, 500)])
@pytest.mark.parametrize("name", KL)
def test_divergence_of_known_laws(name, sizes):
    p, q, truth = KL[name]
    values = []
    for seed in range(8):
        x, y = p.rvs(sizes[0], random_state=seed), q.rvs(sizes[1], random_state=100 + seed)
        values.append(kl_divergence(x, y, interval=None).value)
    # sd of one value is about 0.06, of the mean 0.02; the tails of q cost up to 0.06
    assert np.mean(values) == pytest.approx(truth, abs=0.12)


def test_divergence_has_an_error_bar_also_for_unequal_samples():
    x, y = stats.norm().rvs(400, random_state=1), stats.norm(0.5).rvs(900, random_state=2)
    got = kl_divergence(x, y)
    assert got.method == "nearest_neighbours"
    assert 0.0 < got.stderr < 0.2
    assert got.interval.low < 0.125 < got.interval.high


def test_divergence_of_rounded_and_of_atomic_numbers():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=3000), rng.normal(1.0, 1.0, size=3000)
    smooth = kl_divergence(x, y, interval=None).value
    rounded = kl_divergence(np.round(x, 1), np.round(y, 1), discrete=False, interval=None).value
    assert rounded == pytest.approx(smooth, abs=0.08)
    a = np.where(rng.random(3000) < 0.5, 0.0, rng.random(3000))
    b = np.where(rng.random(3000) < 0.2, 0.0, rng.random(3000))
    truth = 0.5 * math.log(0.5 / 0.2) + 0.5 * math.log(0.5 / 0.8)
    got = kl_divergence(a, b, method="nearest_neighbours", interval=None).value
    assert got == pytest.approx(truth, abs=0.06)


def test_divergence_in_three_columns():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2000, 3)), rng.normal(size=(2000, 3)) + 0.5
    assert kl_divergence(x, y, interval=None).value == pytest.approx(0.375, abs=0.12)


def quadrature_js(p, q):
    grid = np.linspace(-12, 14, 20001)
    f, g = p.pdf(grid), q.pdf(grid)
    mean = (f + g) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(f > 0, f * np.log(f / mean), 0) + np.where(g > 0, g * np.log(g / mean), 0)
    return np.trapezoid(terms, grid) / 2


@pytest.mark.parametrize("sizes", [(1500, 1500), (500, 3000)])
@pytest.mark.parametrize("shift", [0.0, 1.0, 8.0])
def test_jensen_shannon_against_quadrature(sizes, shift):
    truth = quadrature_js(stats.norm(), stats.norm(shift))
    values = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=sizes[0]), rng.normal(shift, 1.0, size=sizes[1])
        values.append(
            jensen_shannon_divergence(x, y, method="nearest_neighbours", interval=None).value
        )
    assert js.SPEC.name == "nearest_neighbours"
    assert np.mean(values) == pytest.approx(truth, abs=0.03)


@pytest.mark.parametrize("d", [1, 2])
def test_cross_entropy_is_entropy_plus_divergence(d):
    rng = np.random.default_rng(7)
    x, y = rng.normal(size=(3000, d)), 2 * rng.normal(size=(2000, d))
    truth = d * (0.5 * math.log(2 * math.pi * 4) + 1 / 8)
    got = cross_entropy(x, y, interval=None)
    assert got.value == pytest.approx(truth, abs=0.1)
    moved = cross_entropy(1e3 * x, 1e3 * y, interval=None).value
    assert moved == pytest.approx(got.value + d * math.log(1e3), abs=1e-9)


def test_cross_entropy_of_numbers_met_in_both_samples():
    rng = np.random.default_rng(7)
    x, y = np.round(rng.normal(size=2000), 1), np.round(rng.normal(size=2000), 1)
    got = cross_entropy(x, y, discrete=False, method="nearest_neighbours", interval=None)
    assert got.value == pytest.approx(0.5 * math.log(2 * math.pi * math.e), abs=0.15)


@pytest.mark.parametrize("k", [0, 50, 1.5])
@pytest.mark.parametrize("function", [kl_divergence, jensen_shannon_divergence, cross_entropy])
def test_neighbours_must_be_there(function, k):
    x = np.random.default_rng(1).normal(size=(2, 20))
    with pytest.raises(InvalidArgument, match="k must be a whole number of neighbours"):
        function(x[0], x[1], method="nearest_neighbours", k=k)


def test_a_window_must_fit():
    with pytest.raises(InvalidArgument, match=r"window must be a whole number from 1 to n / 2"):
        entropy(np.random.default_rng(1).normal(size=20), method="vasicek", window=11)


def test_the_bias_of_several_columns_is_told() -> None:
    """Three uniform columns of 500 rows come out 0.18 nats too high, four standard errors."""
    rng = np.random.default_rng(8)
    rows, others = rng.random((500, 3)), rng.random((500, 3))
    assert entropy(rows).interval.low > 0.0
    told = "do not trust the interval"
    for function in (kl_divergence, cross_entropy, lambda x, _: entropy(x)):
        assert any(told in note for note in function(rows, others).notes)
        assert not any(told in note for note in function(rows[:, 0], others[:, 0]).notes)
    assert not any(told in note for note in entropy(rows, interval=None).notes)
    given = conditional_mutual_information
    assert any(told in note for note in given(rows[:, 0], rows[:, 1], others).notes)
    assert not any(told in note for note in given(rows[:, 0], rows[:, 1], others[:, :2]).notes)
