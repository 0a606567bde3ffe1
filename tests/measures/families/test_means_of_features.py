"""Every row of the table of families: densities, moments and means of features against scipy.

The means are integrated here over quantiles, u = 1 / (1 + exp(-t)), with nothing of ours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from infoscope.measures.families import quadrature
from infoscope.measures.families.closed_forms import kl_in_closed_form
from infoscope.measures.families.features import FEATURES, Points, surprisal_at
from infoscope.measures.families.laws import Law, Term, times
from infoscope.measures.families.reading import read_form
from infoscope.measures.families.special import maths_for

INF = math.inf
HALF = {"linear", "square"}
FROM_ORIGIN = {"log", "log_square", "power"}

#: a member, and the features whose means it knows about its lower end
CONTINUOUS = [
    (stats.norm(3, 0.5), {*HALF, "absolute", "exponential", "cosine"}),
    (stats.laplace(1, 0.4), {*HALF, "absolute", "exponential"}),
    (stats.gumbel_r(1, 2), {*HALF, "exponential"}),
    (stats.gumbel_l(-1, 0.5), {*HALF, "exponential"}),
    (stats.cauchy(1, 2), {"square", "absolute", "log1p_square"}),
    (stats.t(5, 1, 2), {"square"}),
    (stats.logistic(1, 0.3), HALF),
    (stats.expon(2, 3), {*HALF, *FROM_ORIGIN, "absolute", "exponential"}),
    (stats.gamma(2.5, 1, 3), {*HALF, *FROM_ORIGIN, "absolute", "exponential"}),
    (stats.gamma(0.7, 0, 0.5), {*HALF, *FROM_ORIGIN, "absolute", "exponential"}),
    (stats.maxwell(-1, 0.5), {*HALF, *FROM_ORIGIN, "absolute"}),
    (stats.weibull_min(1.7, 1, 2), {*HALF, *FROM_ORIGIN, "absolute"}),
    (stats.invgamma(6.0, 1, 2), {*HALF, *FROM_ORIGIN, "absolute"}),
    (stats.gengamma(4.0, -1.5), {*HALF, *FROM_ORIGIN, "absolute"}),
    (stats.lognorm(0.4, 1, 3), {*HALF, *FROM_ORIGIN}),
    (stats.pareto(6.0, 1, 2), HALF),
    (stats.halfcauchy(1, 3), set[str]()),
    (stats.uniform(2, 5), {*HALF, "absolute", "log", "exponential"}),
    (stats.beta(2, 5, -1, 3), {*HALF, "log", "power"}),
    (stats.beta(0.5, 0.7), {*HALF, "log", "power"}),
]
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "linear": ((),), "square": ((),), "absolute": ((),), "log": ((),), "cosine": ((),),
    "log_square": ((0.3,), (-1.0,)), "power": ((0.7,), (1.0,), (2.0,), (-0.25,)),
    "exponential": ((-0.3,), (-1.2,)), "log1p_square": ((2.0,), (0.5,)),
}  # fmt: skip


def name(x: Any) -> str:
    return f"{x.dist.name}{x.args}" if hasattr(x, "dist") else ""


def law_of(frozen: Any) -> Law:
    law = read_form(frozen, axis=-1, function="f", argument="p")
    assert isinstance(law, Law)
    return law


class Quantiles:
    """Means under a frozen distribution, by the trapezoidal rule in the log-odds of u."""

    step = 0.01

    def __init__(self, frozen: Any) -> None:
        t = np.arange(-44, 44, self.step)
        tail = 1 / (1 + np.exp(np.abs(t)))
        self.x = np.where(t < 0, frozen.ppf(tail), frozen.isf(tail))
        self.weight = self.step * tail * (1 - tail)

    def mean(self, f: Any) -> float:
        with np.errstate(all="ignore"):
            values = f(self.x)
        return float(np.sum(self.weight * np.where(np.isfinite(values), values, 0.0)))


@pytest.mark.parametrize("frozen, known", CONTINUOUS, ids=name)
def test_means_of_features(frozen: Any, known: set[str]) -> None:
    law, truth = law_of(frozen), Quantiles(frozen)
    low, high = frozen.support()
    start = low if math.isfinite(low) else 0.4
    answered: set[str] = set()
    for feature, more in ARGUMENTS.items():
        for arguments in more:
            for m in (start, start - 1.0, float(frozen.median()) + 0.2, start + 50.0):
                if m > start and feature in FROM_ORIGIN:
                    continue  # infinite or undefined: refused by the supports before
                value = law.row.expect(law, Term(1.0, feature, (np.asarray(m), *arguments)))
                if value is None:
                    continue
                answered |= {feature} if m == start else set()
                f = FEATURES[feature]
                maths = maths_for(0.0)
                expected = truth.mean(lambda x: f(maths, Points(0.0, x), m, *arguments))  # noqa: B023
                if frozen.dist.name == "cauchy" and feature in ("square", "absolute"):
                    expected = INF
                assert float(value) == pytest.approx(expected, rel=3e-5, abs=1e-6), (feature, m)
    assert answered == known
    if math.isfinite(high):
        value = law.row.expect(law, Term(1.0, "log_below", (np.asarray(high),)))
        assert float(value) == pytest.approx(truth.mean(lambda x: np.log(high - x)), abs=1e-5)
        if frozen.dist.name == "beta":
            assert law.row.expect(law, Term(1.0, "log_below", (np.asarray(high + 1),))) is None


def test_pareto_knows_powers_and_logarithms_from_its_own_origin_alone() -> None:
    frozen = stats.pareto(6.0, 1, 2)  # x - 1 = 2 u^(-1/6)
    law, truth = law_of(frozen), Quantiles(frozen)
    for feature, more in (
        ("log", ()),
        ("log_square", (0.3,)),
        ("power", (0.7,)),
        ("power", (-2.0,)),
    ):
        value = law.row.expect(law, Term(1.0, feature, (np.asarray(1.0), *more)))
        f = FEATURES[feature]
        expected = truth.mean(lambda x: f(maths_for(0.0), Points(0.0, x), 1.0, *more))  # noqa: B023
        assert float(value) == pytest.approx(expected, rel=1e-6)
        for m in (0.5, 3.0):
            assert law.row.expect(law, Term(1.0, feature, (np.asarray(m), *more))) is None


def test_cosine_on_the_circle() -> None:
    frozen = stats.vonmises(2.0, 0.5)
    law = law_of(frozen)
    x = np.linspace(-math.pi, math.pi, 2000, endpoint=False)
    for m in (0.0, 0.5, 2.0):
        expected = np.sum(frozen.pdf(x) * np.cos(x - m)) * 2 * math.pi / 2000
        value = law.row.expect(law, Term(1.0, "cosine", (np.asarray(m),)))
        assert float(value) == pytest.approx(expected, abs=1e-12)
    assert law.row.expect(law, Term(1.0, "linear", (np.asarray(0.0),))) is None


@pytest.mark.parametrize(
    "frozen, feature, arguments",
    [
        (stats.laplace(0, 2), "exponential", (0.0, 0.5)),
        (stats.laplace(0, 2), "exponential", (0.0, -0.6)),
        (stats.gumbel_r(0, 2), "exponential", (0.0, 0.5)),
        (stats.gumbel_l(0, 2), "exponential", (0.0, -0.5)),
        (stats.expon(0, 2), "exponential", (0.0, 0.5)),
        (stats.gamma(3, 0, 2), "exponential", (0.0, 0.7)),
        (stats.gamma(0.5), "power", (0.0, -0.5)),
        (stats.invgamma(2.0), "power", (0.0, 2.0)),
        (stats.invgamma(2.0), "square", (0.0,)),
        (stats.invgamma(1.0), "linear", (0.0,)),
        (stats.lognorm(0.5), "exponential", (0.0, 0.1)),
        (stats.pareto(3.0), "exponential", (0.0, 0.1)),
        (stats.pareto(2.0), "square", (0.0,)),
        (stats.pareto(1.0), "linear", (0.0,)),
        (stats.pareto(1.5), "power", (0.0, 1.5)),
        (stats.t(2.0), "square", (0.0,)),
        (stats.beta(0.5, 2), "power", (0.0, -0.5)),
    ],
    ids=lambda x: name(x) or str(x),
)
def test_means_that_do_not_exist_are_infinite(frozen: Any, feature: str, arguments: Any) -> None:
    law = law_of(frozen)
    m, *more = arguments
    assert law.row.expect(law, Term(1.0, feature, (np.asarray(m), *more))) == INF


DISCRETE = [
    stats.poisson(3.5, 2),
    stats.geom(0.3),
    stats.geom(0.3, 4),
    stats.nbinom(2.5, 0.4, 1),
    stats.binom(7, 0.3, 2),
    stats.bernoulli(0.3),
    stats.randint(2, 9, 1),
]


@pytest.mark.parametrize("frozen", DISCRETE, ids=name)
def test_whole_numbers(frozen: Any) -> None:
    law = law_of(frozen)
    assert law.row.kind == "integer"
    low, high = (float(end) for end in law.row.support(law))
    assert (low, high) == frozen.support()
    ks = np.arange(low, min(high, low + 12) + 1)
    np.testing.assert_allclose(-surprisal_at(law, Points(0.0, ks)), frozen.logpmf(ks), atol=1e-12)
    mean, variance = frozen.stats("mv")
    row = law.row
    assert row.mean is not None
    assert row.variance is not None
    assert float(row.mean(law)) == pytest.approx(float(mean), rel=1e-12)
    assert float(row.variance(law)) == pytest.approx(float(variance), rel=1e-12)
    below = row.expect(law, Term(1.0, "below", (np.asarray(20.0),)))
    assert float(below) == pytest.approx(20 - float(mean), rel=1e-12)


@pytest.mark.parametrize("frozen", [member for member, _ in CONTINUOUS], ids=name)
def test_densities_and_guides(frozen: Any) -> None:
    law = law_of(frozen)
    assert tuple(float(end) for end in law.row.support(law)) == frozen.support()
    x = frozen.ppf([0.01, 0.3, 0.5, 0.9, 0.999])
    np.testing.assert_allclose(-surprisal_at(law, Points(0.0, x)), frozen.logpdf(x), atol=1e-11)
    if law.row.guides is not None:  # quadrature starts where the mass is
        for guide in law.row.guides(law):
            assert 0.01 < frozen.cdf(float(guide)) < 0.99


def test_no_weight_adds_no_surprisal() -> None:
    maths = maths_for(0.0)
    assert times(maths, 0.0, INF) == 0.0
    assert times(maths, 2.0, INF) == INF
    np.testing.assert_array_equal(
        times(maths, np.array([0.0, 2.0, INF, 2.0]), np.array([INF, 3.0, 0.0, INF])),
        [0.0, 6.0, 0.0, INF],
    )
    np.testing.assert_array_equal(times(maths, np.array([2.0]), np.array([3.0])), [6.0])
    law = law_of(stats.halfcauchy())  # a row that knows no mean answers nothing
    assert law.row.expect(law, Term(1.0, "linear", (0.0,))) is None


CLOSED = [
    (stats.poisson(3), stats.poisson(5)),
    (stats.nbinom(3, 0.4), stats.nbinom(3, 0.5)),
    (stats.binom(7, 0.3), stats.binom(7, 0.5)),
    (stats.gamma(2.0, 0, 3), stats.gamma(1.5, 0, 2)),
    (stats.norm(0, 1), stats.laplace(0, 1)),
    (stats.cauchy(0, 1), stats.cauchy(1, 2)),
    (stats.t(5), stats.norm(0, 2)),
    (stats.logistic(0, 1), stats.logistic(0, 1)),
]
NOT_CLOSED = [
    (stats.nbinom(3, 0.4), stats.nbinom(4, 0.4)),
    (stats.poisson(3), stats.binom(7, 0.3)),
    (stats.logistic(0, 1), stats.logistic(0, 2)),
    (stats.norm(0, 1), stats.t(5)),
    (stats.pareto(3.0), stats.pareto(3.0, loc=0.5)),
]


@pytest.mark.parametrize("pair", [*CLOSED, *NOT_CLOSED], ids=lambda pair: "-".join(map(name, pair)))
def test_which_pairs_are_answered_in_closed_form(pair: Any) -> None:
    """Terms that both have, with equal numbers in them, cancel: log k! is never needed."""
    p, q = (law_of(frozen) for frozen in pair)
    value = kl_in_closed_form(p, q)
    assert (value is not None) == (pair in CLOSED)
    if value is not None:
        numerical = quadrature("kl_divergence", *pair)
        assert float(value) == pytest.approx(numerical.value, abs=1e-9)


def test_supports_of_certain_counts() -> None:
    for frozen, ends in (
        (stats.geom(1.0), (1, 1)), (stats.nbinom(3, 1.0), (0, 0)), (stats.poisson(0.0), (0, 0)),
        (stats.binom(5, 0.0), (0, 0)), (stats.binom(5, 1.0), (5, 5)),
        (stats.bernoulli(1.0, 2), (3, 3)), (stats.bernoulli(0.5), (0, 1)),
    ):  # fmt: skip
        law = law_of(frozen)
        assert tuple(float(end) for end in law.row.support(law)) == ends


@pytest.mark.parametrize("frozen", [stats.lognorm(0.5), stats.pareto(3.0)], ids=name)
def test_no_exponential_of_a_heavy_tail_is_known_unless_it_is_infinite(frozen: Any) -> None:
    law = law_of(frozen)
    known = [law.row.expect(law, Term(1.0, "exponential", (np.asarray(0.0), rate)))
             for rate in (np.asarray(-0.1), np.asarray(0.0), np.asarray(0.1))]  # fmt: skip
    assert known[:2] == [None, None]
    assert known[2] == INF


#: every name of scipy's that the table reads, with parameters for it and the row that it becomes
ROWS = {
    "normal": ["norm"], "laplace": ["laplace"], "cauchy": ["cauchy"], "logistic": ["logistic"],
    "half_cauchy": ["halfcauchy"], "uniform": ["uniform"], "student": ["t"],
    "gumbel": ["gumbel_r", "gumbel_l"], "lognormal": ["lognorm", "gibrat"],
    "generalized_gamma": [
        "expon", "gamma", "erlang", "chi2", "chi", "halfnorm", "rayleigh", "maxwell", "nakagami",
        "weibull_min", "invweibull", "invgamma", "gengamma",
    ],
    "pareto": ["pareto", "lomax"], "beta": ["beta", "arcsine", "powerlaw"],
    "von_mises": ["vonmises"], "poisson": ["poisson"], "geometric": ["geom"],
    "negative_binomial": ["nbinom"], "binomial": ["binom"], "bernoulli": ["bernoulli"],
    "integer_uniform": ["randint"],
}  # fmt: skip
SHAPES = {
    "gengamma": (2.0, 1.5), "beta": (2.0, 3.0), "nbinom": (3, 0.4), "binom": (5, 0.4),
    "randint": (2, 9), "geom": (0.4,), "bernoulli": (0.4,), "erlang": (3,),
    "nakagami": (1.3,),
}  # fmt: skip


@pytest.mark.parametrize("family", ROWS)
def test_names_of_scipy(family: str) -> None:
    for scipy_name in ROWS[family]:
        made = getattr(stats, scipy_name)
        frozen = made(*SHAPES.get(scipy_name, (2.5,) * made.numargs))
        law = law_of(frozen)
        assert law.family == family, scipy_name
        log = frozen.logpmf if hasattr(frozen, "pmf") else frozen.logpdf
        x = np.floor(frozen.ppf([0.3, 0.8])) if hasattr(frozen, "pmf") else frozen.ppf([0.3, 0.8])
        np.testing.assert_allclose(-surprisal_at(law, Points(0.0, x)), log(x), atol=1e-11)
