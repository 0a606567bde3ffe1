"""Frozen scipy distributions against scipy's own entropies and against 40-digit integrals."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

import infoscope
from infoscope.measures.families import quadrature

FROZEN = [
    stats.norm(3, 0.5),
    stats.laplace(1, 2),
    stats.cauchy(1, 2),
    stats.halfcauchy(0, 3),
    stats.logistic(1, 0.3),
    stats.uniform(2, 5),
    stats.t(3, 1, 2),
    stats.t(1.2),
    stats.gumbel_r(1, 2),
    stats.gumbel_l(-1, 0.5),
    stats.expon(2, 3),
    stats.gamma(2.5, 1, 3),
    stats.gamma(0.2),
    stats.gamma(300.0),
    stats.erlang(3, 0, 2),
    stats.chi2(5),
    stats.chi(3, 0, 2),
    stats.halfnorm(1, 2),
    stats.rayleigh(0, 2),
    stats.maxwell(0, 0.1),
    stats.nakagami(2.0),
    stats.weibull_min(1.7, 0, 2),
    stats.weibull_min(0.6),
    stats.invweibull(3.0),
    stats.invgamma(3.0),
    stats.gengamma(2.0, 1.5),
    stats.gengamma(2.0, -1.5),
    stats.lognorm(0.7, 1, 3),
    stats.gibrat(),
    stats.pareto(3.0, 0, 2),
    stats.pareto(0.4),
    stats.lomax(2.0, 0, 3),
    stats.beta(0.5, 0.7),
    stats.beta(2, 5, -1, 3),
    stats.arcsine(),
    stats.powerlaw(1.7),
    stats.vonmises(2.0, 0.5),
    # no closed form in our table: quadrature
    stats.skewnorm(3),
    stats.truncnorm(-1, 2),
    stats.triang(0.3),
    stats.invgauss(0.7),
    stats.levy(),
    stats.genextreme(0.2),
    stats.rice(1.5),
    stats.loggamma(2.0),
    stats.johnsonsu(1.0, 2.0),
    stats.exponnorm(1.5),
    stats.gennorm(1.3),
    stats.trapezoid(0.2, 0.6),
    stats.wrapcauchy(0.3),
    stats.rdist(1.6),
    # whole numbers
    stats.poisson(3.0),
    stats.poisson(0.01, 4),
    stats.binom(10, 0.3),
    stats.nbinom(3.3, 0.4),
    stats.geom(0.3),
    stats.bernoulli(0.3),
    stats.randint(2, 9),
    stats.hypergeom(20, 7, 12),
    stats.betabinom(8, 2, 3),
    stats.dlaplace(0.8),
    stats.boltzmann(0.4, 12),
    stats.skellam(3, 4),
    stats.logser(0.6),
    stats.planck(0.5),
    stats.poisson_binom([0.2, 0.3, 0.5]),
]


def name(frozen):
    return f"{frozen.dist.name}{frozen.args}"


@pytest.mark.parametrize("frozen", FROZEN, ids=name)
def test_entropy_against_scipy(frozen):
    with np.errstate(all="ignore"):
        expected = float(frozen.entropy())
    assert infoscope.entropy(frozen) == pytest.approx(expected, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("frozen", FROZEN, ids=name)
def test_closed_forms_agree_with_quadrature_within_its_bound(frozen):
    answer = quadrature("entropy", frozen)
    assert answer.bound < 1e-8
    value = infoscope.entropy(frozen)
    assert abs(answer.value - value) <= answer.bound + 4e-15 * max(1, abs(value))


@pytest.mark.parametrize("frozen", FROZEN, ids=name)
def test_a_distribution_has_no_divergence_from_itself(frozen):
    assert abs(infoscope.kl_divergence(frozen, frozen)) < 1e-13
    twice = quadrature("kl_divergence", frozen, frozen)
    assert twice.value == 0.0
    assert infoscope.jensen_shannon_divergence(frozen, frozen) == pytest.approx(0, abs=1e-12)


# 40-digit references: densities written out here, integrated by mpmath

R = mp.mpf
INF = mp.inf
DENSITIES = {
    "norm": (lambda x: mp.npdf(x, 1, R(3) / 2), [-20, 1, 22], stats.norm(1, 1.5)),
    "expon": (lambda x: mp.exp(-x / 2) / 2, [0, 2, INF], stats.expon(0, 2)),
    "gamma": (
        lambda x: x ** R("1.5") * mp.exp(-x) / mp.gamma(R("2.5")),
        [0, 1, 4, INF],
        stats.gamma(2.5),
    ),
    "lognorm": (
        lambda x: mp.npdf(mp.log(x), 0, R("0.5")) / x,
        [0, R("0.5"), 1, 2, 8, INF],
        stats.lognorm(0.5),
    ),
    "weibull": (
        lambda x: R(2) * x * mp.exp(-(x**2)),
        [0, 1, 3, INF],
        stats.weibull_min(2.0),
    ),
    "cauchy": (lambda x: 1 / (mp.pi * (1 + x**2)), [-INF, -1, 0, 1, INF], stats.cauchy()),
    "t5": (
        lambda x: mp.gamma(3) / (mp.sqrt(5 * mp.pi) * mp.gamma(R("2.5"))) * (1 + x**2 / 5) ** -3,
        [-INF, -2, 0, 2, INF],
        stats.t(5),
    ),
    "laplace": (lambda x: mp.exp(-abs(x)) / 2, [-INF, 0, INF], stats.laplace()),
    "gumbel": (lambda x: mp.exp(-x - mp.exp(-x)), [-6, -2, 0, 3, 12, 100], stats.gumbel_r()),
    "logistic": (
        lambda x: mp.exp(-abs(x)) / (1 + mp.exp(-abs(x))) ** 2,
        [-INF, 0, INF],
        stats.logistic(),
    ),
    "beta": (lambda x: 12 * x**2 * (1 - x), [0, R("0.5"), 1], stats.beta(3, 2)),
    "uniform": (lambda _: R(1), [0, 1], stats.uniform()),
    "pareto": (lambda x: R("2.5") / x ** R("3.5"), [1, 2, 10, INF], stats.pareto(2.5)),
}
PAIRS = [
    ("norm", "laplace"),
    ("norm", "logistic"),
    ("norm", "t5"),
    ("expon", "gamma"),
    ("expon", "laplace"),
    ("gamma", "lognorm"),
    ("gamma", "weibull"),
    ("lognorm", "gamma"),
    ("lognorm", "weibull"),
    ("weibull", "lognorm"),
    ("laplace", "t5"),
    ("gumbel", "norm"),
    ("logistic", "norm"),
    ("t5", "norm"),
    ("t5", "laplace"),
    ("beta", "uniform"),
    ("uniform", "beta"),
    ("beta", "norm"),
    ("beta", "expon"),
    ("uniform", "laplace"),
    ("uniform", "gamma"),
    ("uniform", "weibull"),
    ("pareto", "expon"),
    ("pareto", "norm"),
    ("pareto", "lognorm"),
]


def integral(f, points):
    def safe(x):
        try:
            return f(x)
        except (ValueError, ZeroDivisionError):
            return R(0)

    return mp.quad(safe, points)


def surprise(p):
    return -p * mp.log(p)


def extra(p, q):
    return p * mp.log(p / q)


@pytest.mark.parametrize("key", DENSITIES)
def test_entropy_at_forty_digits(key):
    density, points, frozen = DENSITIES[key]
    with mp.workdps(40):
        expected = integral(lambda x: surprise(density(x)), points)
        assert abs(integral(density, points) - 1) < R(10) ** -12
    assert infoscope.entropy(frozen) == pytest.approx(float(expected), rel=2e-12, abs=2e-12)


@pytest.mark.parametrize("keys", PAIRS, ids="-".join)
def test_divergence_at_forty_digits(keys):
    (p, points, first), (q, others, second) = (DENSITIES[key] for key in keys)
    points = sorted({*points, *(x for x in others if points[0] < x < points[-1])})
    with mp.workdps(40):
        expected = integral(lambda x: extra(p(x), q(x)), points)
    value = infoscope.kl_divergence(first, second)
    if keys == ("pareto", "norm"):  # a finite variance, and a heavy tail for mpmath too
        assert value == pytest.approx(float(expected), rel=1e-6)
    else:
        assert value == pytest.approx(float(expected), rel=5e-12, abs=5e-12)


def test_discrete_sums_at_forty_digits():
    with mp.workdps(40):
        rate = R("3.5")
        pmf = [mp.exp(-rate) * rate**k / mp.factorial(k) for k in range(120)]
        poisson = -mp.fsum(p * mp.log(p) for p in pmf)
        # Zipf with exponent 3: H = log zeta(3) - 3 zeta'(3) / zeta(3)
        zipf = mp.log(mp.zeta(3)) - 3 * mp.zeta(3, derivative=1) / mp.zeta(3)
    assert infoscope.entropy(stats.poisson(3.5)) == pytest.approx(float(poisson), abs=1e-14)
    answer = quadrature("entropy", stats.zipf(3.0))
    assert abs(answer.value - float(zipf)) <= answer.bound < 1e-9


def test_poisson_and_geometric_divergences_in_closed_form():
    value = infoscope.kl_divergence(stats.poisson(3), stats.poisson(5))
    assert value == pytest.approx(3 * math.log(3 / 5) + 2, abs=1e-15)
    value = infoscope.kl_divergence(stats.geom(0.5), stats.geom(0.25))
    # means: log 2 per success, and one expected failure of log(0.5 / 0.75)
    assert value == pytest.approx(math.log(2) + math.log(0.5 / 0.75), abs=1e-15)


def test_gaussian_textbook_values():
    n = stats.norm
    assert infoscope.kl_divergence(n(0, 1), n(1, 2)) == pytest.approx(0.4431471805599453, abs=1e-15)
    assert infoscope.kl_divergence(n(1, 2), n(0, 1)) == pytest.approx(1.306852819440055, abs=1e-15)
    # a sum of ten normals fitted by one: section 3, row 25 of the tutorials' corrections
    value = infoscope.kl_divergence(n(5, math.sqrt(10)), n(5, 1))
    assert value == pytest.approx(4.5 - math.log(10) / 2, abs=1e-14)


def test_vectors():
    cov = [[2.0, 0.5], [0.5, 1.0]]
    p = stats.multivariate_normal([0, 0], cov)
    assert infoscope.entropy(p) == pytest.approx(p.entropy(), abs=1e-14)
    d = stats.dirichlet([1.0, 2.0, 3.0])
    assert infoscope.entropy(d) == pytest.approx(float(d.entropy()), abs=1e-13)
    b, c = stats.dirichlet([2.0, 3.0]), stats.dirichlet([1.5, 4.0])
    beta = infoscope.kl_divergence(stats.beta(2, 3), stats.beta(1.5, 4))
    assert infoscope.kl_divergence(b, c) == pytest.approx(beta, rel=1e-12)
    m = stats.multinomial(5, [0.2, 0.8])
    assert infoscope.entropy(m) == pytest.approx(stats.binom(5, 0.2).entropy(), rel=1e-12)


def test_new_style_random_variables():
    assert infoscope.entropy(stats.Normal(mu=1.0, sigma=2.0)) == pytest.approx(
        infoscope.entropy(stats.norm(1, 2)), abs=1e-15
    )
    gamma = stats.make_distribution(stats.gamma)(a=2.5)
    assert infoscope.entropy(gamma) == pytest.approx(stats.gamma(2.5).entropy(), abs=1e-12)
    binomial = stats.Binomial(n=10, p=0.3)
    assert infoscope.entropy(binomial) == pytest.approx(stats.binom(10, 0.3).entropy(), abs=1e-12)
    shifted = stats.Normal(mu=0.0, sigma=1.0) * 2 + 1
    value = infoscope.kl_divergence(shifted, stats.norm(0, 1))
    assert value == pytest.approx(1.306852819440055, abs=1e-11)
