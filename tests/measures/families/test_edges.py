"""Infinities, degenerate members, mismatched kinds and supports, gradients, units, messages."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from scipy import stats
from torch import distributions as D  # noqa: N812

import infoscope
from infoscope.core.errors import InfoscopeWarning, InvalidArgument, NotADistribution, WrongType
from infoscope.measures.families import is_family, quadrature


def t(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


INFINITE = [
    (stats.norm(), stats.expon()),
    (stats.uniform(0, 2), stats.uniform(0, 1)),
    (stats.expon(0), stats.expon(1)),
    (stats.beta(2, 2, 0, 2), stats.beta(2, 2)),
    (stats.cauchy(), stats.norm()),
    (stats.cauchy(), stats.laplace()),
    (stats.cauchy(), stats.logistic()),
    (stats.t(2), stats.norm()),
    (stats.t(2), stats.gumbel_r()),
    (stats.levy(), stats.norm()),
    (stats.pareto(0.9), stats.expon()),
    (stats.lognorm(1.0), stats.gumbel_l()),
    (stats.poisson(2), stats.binom(9, 0.5)),
    (stats.binom(9, 0.5), stats.binom(8, 0.5)),
    (stats.geom(0.5), stats.poisson(0.0)),
    (stats.randint(0, 5), stats.randint(1, 5)),
    (stats.randint(0, 3), [0.5, 0.5, 0.0]),
    (stats.bernoulli(0.5), stats.bernoulli(1.0)),
    (stats.poisson(2), [0.2, 0.3, 0.5]),
    (stats.skewnorm(2), stats.truncnorm(-3, 3)),
]


@pytest.mark.parametrize("pair", INFINITE, ids=lambda p: getattr(getattr(p, "dist", 0), "name", ""))
def test_infinite_answers_are_inf(pair):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert infoscope.kl_divergence(*pair) == math.inf
        assert infoscope.cross_entropy(*pair) == math.inf


def test_infinite_members_of_a_batch_stand_alone():
    p, q = stats.uniform(0, [1.0, 2.0, 3.0]), stats.uniform(0, 2)
    np.testing.assert_allclose(infoscope.kl_divergence(p, q), [math.log(2), 0, math.inf])
    value = infoscope.kl_divergence(D.Uniform(t(0, 0), t(1, 3)), D.Uniform(t(0, 0), t(2, 2)))
    assert value.tolist() == [pytest.approx(math.log(2)), math.inf]


def test_touching_supports_are_inside():
    assert infoscope.kl_divergence(stats.beta(3, 2), stats.uniform(0, 1)) < math.inf
    assert infoscope.kl_divergence(stats.expon(1), stats.expon(0)) == pytest.approx(1.0, abs=1e-15)


def test_degenerate_members():
    assert infoscope.entropy(stats.poisson(0)) == 0
    assert infoscope.kl_divergence(stats.poisson(0), stats.poisson(2)) == pytest.approx(2)
    np.testing.assert_array_equal(infoscope.entropy(stats.binom(5, [0.0, 1.0])), [0, 0])
    assert infoscope.kl_divergence(stats.binom(5, 0), stats.binom(5, 0.5)) == pytest.approx(
        5 * math.log(2)
    )
    assert infoscope.entropy(stats.geom(1.0)) == 0
    coin = D.Bernoulli(t(0, 1, 0.5))
    assert infoscope.entropy(coin).tolist() == [0, 0, pytest.approx(math.log(2))]
    assert infoscope.kl_divergence(coin, D.Bernoulli(t(0, 0, 0.5))).tolist() == [0, math.inf, 0]
    certain = D.Categorical(t(1, 0)), D.Categorical(t(0, 1))
    assert infoscope.kl_divergence(*certain) == math.inf  # torch's logits of 0 are finite


def test_differential_entropy_may_be_negative():
    assert infoscope.entropy(stats.norm(0, 1e-3)) < 0
    assert infoscope.entropy(stats.uniform(0, 1)) == 0
    assert infoscope.entropy(stats.uniform(0, 0.25), unit="bits") == -2


def test_extreme_scales():
    near, far = stats.norm(0, 1e-30), stats.norm(1e3, 1e-3)
    value = infoscope.jensen_shannon_divergence(near, far, unit="bits")
    assert value == pytest.approx(1, abs=1e-12)
    a = infoscope.kl_divergence(stats.t(3, 1e6, 1e-6), stats.norm(1e6, 1e-6))
    b = infoscope.kl_divergence(stats.t(3), stats.norm())
    assert a == pytest.approx(b, rel=1e-9)


def test_families_meet_arrays_where_both_count_outcomes():
    array = infoscope.cross_entropy([0.2, 0.8], [0.5, 0.5])
    assert float(infoscope.cross_entropy(D.Categorical(t(0.2, 0.8)), [0.5, 0.5])) == array
    z = [2.0, 1.0, 0.1]
    p = D.Categorical(t(0.2, 0.3, 0.5))
    expected = infoscope.cross_entropy([0.2, 0.3, 0.5], infoscope.Logits(z))
    assert float(infoscope.cross_entropy(p, infoscope.Logits(z))) == pytest.approx(expected)
    coin = infoscope.kl_divergence(stats.bernoulli(0.3), [0.5, 0.5])
    assert coin == pytest.approx(infoscope.kl_divergence([0.7, 0.3], [0.5, 0.5]), abs=1e-15)
    counts = infoscope.kl_divergence([0.2, 0.3, 0.5], stats.poisson(2))
    pmf = stats.poisson(2).pmf([0, 1, 2])
    by_hand = float(np.sum([0.2, 0.3, 0.5] * np.log([0.2, 0.3, 0.5] / pmf)))
    assert counts == pytest.approx(by_hand, abs=1e-14)
    with pytest.raises(NotADistribution):
        infoscope.cross_entropy(stats.poisson(1), [0.5, 0.6])


def test_libraries_mix():
    value = infoscope.kl_divergence(D.Normal(t(0.0), t(1.0)), stats.norm(1, 2))
    assert isinstance(value, torch.Tensor)
    assert value.item() == pytest.approx(0.4431471805599453, abs=1e-15)
    value = infoscope.kl_divergence(stats.t(3), D.Normal(t(0.0), t(1.0)))
    assert value.item() == pytest.approx(infoscope.kl_divergence(stats.t(3), stats.norm()))


@pytest.mark.parametrize(
    "p, q, message",
    [
        (stats.poisson(2), stats.norm(), "whole numbers or outcomes .* and a density on the line"),
        ([0.5, 0.5], stats.norm(), "A density has no probability"),
        (stats.vonmises(2), stats.norm(), "a density on the circle"),
        (stats.norm(), stats.multivariate_normal([0, 0]), "a distribution of vectors"),
        (stats.norm, stats.norm(), r"without parameters. Freeze it first"),
        (stats.wishart(3, np.eye(2)), stats.wishart(4, np.eye(2)), "must be Gaussian, Dirichlet"),
    ],
)
def test_unsupported_pairs_say_what_is_supported(p, q, message):
    with pytest.raises(WrongType, match=message):
        infoscope.kl_divergence(p, q)


def test_bad_arguments():
    with pytest.raises(InvalidArgument, match="entropy: p must have parameters in their range"):
        infoscope.entropy(stats.norm(0, -1))
    with pytest.raises(InvalidArgument, match="have an integer loc"):
        infoscope.entropy(stats.poisson(2, 0.5))
    with pytest.raises(InvalidArgument, match="have scale 1"):
        infoscope.entropy(stats.vonmises(2, 0, 3))
    with pytest.raises(InvalidArgument, match="where must be left out"):
        infoscope.entropy(stats.norm(), where=[True])
    with pytest.raises(InvalidArgument, match="unit"):
        infoscope.entropy(stats.norm(), unit="shannons")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="weights"):
        infoscope.jensen_shannon_divergence(stats.norm(), stats.norm(), weights=(2, -1))
    with pytest.raises(InvalidArgument, match="quantity must be one of"):
        quadrature("kl", stats.norm(), stats.norm())
    with pytest.raises(InvalidArgument, match="q must be left out"):
        quadrature("entropy", stats.norm(), stats.norm())
    with pytest.raises(WrongType, match="be a distribution"):
        infoscope.entropy(stats.ecdf([1.0, 2.0]).cdf)


def test_jensen_shannon():
    assert infoscope.jensen_shannon_divergence(
        stats.uniform(0, 1), stats.uniform(2, 1), unit="bits"
    ) == pytest.approx(1, abs=1e-12)
    # overlap of one half: each is half known; by hand 1/2 bit
    half = infoscope.jensen_shannon_divergence(
        stats.uniform(0, 2), stats.uniform(1, 2), unit="bits"
    )
    assert half == pytest.approx(0.5, abs=1e-12)
    p, q = stats.norm(0, 1), stats.t(3, 1)
    assert infoscope.jensen_shannon_divergence(p, q) == pytest.approx(
        infoscope.jensen_shannon_divergence(q, p), abs=1e-12
    )
    assert infoscope.jensen_shannon_divergence(p, q, weights=(1, 0)) == pytest.approx(0, abs=1e-12)
    skewed = infoscope.jensen_shannon_divergence(stats.norm(0), stats.norm(50), weights=(0.9, 0.1))
    assert skewed == pytest.approx(0.3250829733914482, abs=1e-12)  # entropy of the weights
    circle = infoscope.jensen_shannon_divergence(stats.vonmises(50, 0), stats.vonmises(50, 3))
    assert circle == pytest.approx(math.log(2), abs=1e-6)


def test_a_bound_that_is_not_kept_warns():
    # scipy's density of this law is summed from a series and is noisy where it is tiny: too heavy a
    # tail for doubles (mass beyond 1e150 is a third) is what no rule can reach
    heavy = stats.burr12(1.0, 0.003)
    answer = quadrature("entropy", heavy)
    assert answer.bound > 0.1
    with pytest.warns(InfoscopeWarning, match="has an error bound of"):
        infoscope.entropy(heavy)


def test_gradients_of_closed_forms_match_finite_differences():
    cases = [
        lambda x: infoscope.kl_divergence(D.VonMises(x, x + 1), D.VonMises(t(0.1), t(2))),
        lambda x: infoscope.kl_divergence(D.Weibull(x, x + 1), D.Weibull(x + 0.2, t(2))),
        lambda x: infoscope.entropy(D.StudentT(x + 2, t(0.0), x)),
        lambda x: infoscope.kl_divergence(D.Laplace(x, x), D.Normal(t(1.0), t(2.0))),
        lambda x: infoscope.cross_entropy(D.Gamma(x, x + 1), D.Gamma(t(2.0), x)),
        lambda x: infoscope.kl_divergence(D.Bernoulli(logits=x), D.Bernoulli(logits=2 * x)),
        lambda x: infoscope.kl_divergence(D.Uniform(0 * x, x), D.Beta(x + 1, x + 2)),
        lambda x: infoscope.entropy(D.Beta(x, x + 2)),
        # by quadrature and summation, differentiated on the chosen nodes
        lambda x: infoscope.kl_divergence(D.StudentT(x + 2, x, x), D.Normal(t(0.0), t(1.0))),
        lambda x: infoscope.kl_divergence(D.Normal(x, x), D.StudentT(x + 2, t(0.0), t(1.0))),
        lambda x: infoscope.jensen_shannon_divergence(D.Normal(x, x), D.Laplace(x, t(2.0))),
        lambda x: infoscope.entropy(D.Poisson(3 * x)),
        lambda x: infoscope.entropy(D.NegativeBinomial(t(3.0), x / 2)),
    ]
    for case in cases:
        x = t(0.7).requires_grad_()
        (slope,) = torch.autograd.grad(case(x).sum(), x)
        h = 1e-5
        up, down = (float(case(t(0.7 + s)).sum()) for s in (h, -h))
        assert slope.item() == pytest.approx((up - down) / (2 * h), rel=2e-6, abs=1e-7)


def test_gradient_through_a_moving_support_is_refused():
    p = D.Uniform(t(0.0).requires_grad_(), t(1.0))
    with pytest.raises(InvalidArgument, match="supports that need no gradient"):
        infoscope.jensen_shannon_divergence(p, D.Uniform(t(0.0), t(2.0)))


def test_shapes_and_precision():
    value = infoscope.kl_divergence(stats.norm([0, 1, 2], 1), stats.laplace(0, [[1], [2]]))
    assert value.shape == (2, 3)
    assert infoscope.entropy(stats.norm([0, 1, 2], 1)).shape == (3,)
    assert infoscope.kl_divergence(stats.t([3.0, 4.0]), stats.norm([[0.0], [1.0]])).shape == (2, 2)
    single = infoscope.jensen_shannon_divergence(
        D.Normal(torch.zeros(3), torch.ones(3)), D.Normal(torch.ones(1), torch.ones(1))
    )
    assert single.shape == (3,)
    assert single.dtype == torch.float32
    assert isinstance(infoscope.entropy(stats.norm()), float)


def test_what_is_a_family():
    assert is_family(stats.norm())
    assert is_family(stats.poisson(2))
    assert is_family(stats.Normal(mu=0.0, sigma=1.0))
    assert is_family(stats.multivariate_normal([0, 0]))
    assert is_family(D.Normal(0.0, 1.0))
    for x in ([0.5, 0.5], np.ones(1), torch.ones(1), infoscope.Logits([0.0]), None, "norm"):
        assert not is_family(x)


def test_importing_infoscope_imports_neither_scipy_stats_nor_torch():
    code = (
        "import sys, infoscope; infoscope.entropy([0.5, 0.5]); "
        "sys.exit(any(m in sys.modules for m in ('scipy.stats', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
