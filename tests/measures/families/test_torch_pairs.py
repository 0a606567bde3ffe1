"""Every pair in torch's registry of divergences: ours, torch's and an independent integration."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import distributions as D  # noqa: N812
from torch.distributions import kl as registry

import infoscope
from infoscope.measures.families import quadrature


def t(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def matrix(a: float, b: float, c: float) -> torch.Tensor:
    return torch.tensor([[a, b], [b, c]], dtype=torch.float64)


#: class -> (as p, as q), each a batch of two where it can be one
MEMBERS: dict[type, tuple[D.Distribution, D.Distribution]] = {
    D.Bernoulli: (D.Bernoulli(t(0.3, 0.9)), D.Bernoulli(t(0.5, 0.2))),
    D.Beta: (D.Beta(t(2, 3.5), t(3, 0.7)), D.Beta(t(1.5, 2), t(1, 4))),
    D.Binomial: (D.Binomial(7, t(0.3, 0.6)), D.Binomial(7, t(0.5, 0.2))),
    D.Categorical: (D.Categorical(t(0.2, 0.3, 0.5)), D.Categorical(t(0.1, 0.1, 0.8))),
    D.Cauchy: (D.Cauchy(t(0, 1), t(1, 3)), D.Cauchy(t(0.5, -1), t(2, 0.3))),
    D.ContinuousBernoulli: (
        D.ContinuousBernoulli(t(0.3, 0.9)),
        D.ContinuousBernoulli(t(0.5, 0.2)),
    ),
    D.Dirichlet: (D.Dirichlet(t(1, 2, 3)), D.Dirichlet(t(0.5, 2, 1))),
    D.Exponential: (D.Exponential(t(1, 3)), D.Exponential(t(0.4, 2))),
    D.ExponentialFamily: (D.Gamma(t(2, 3.5), t(1, 2)), D.Gamma(t(1.5, 0.6), t(0.5, 3))),
    D.Gamma: (D.Gamma(t(2, 3.5), t(1, 2)), D.Gamma(t(1.5, 0.6), t(0.5, 3))),
    D.Geometric: (D.Geometric(t(0.3, 0.8)), D.Geometric(t(0.5, 0.1))),
    D.Gumbel: (D.Gumbel(t(0, 1), t(1, 0.3)), D.Gumbel(t(0.5, -1), t(2, 0.5))),
    D.HalfNormal: (D.HalfNormal(t(1, 2)), D.HalfNormal(t(3, 0.5))),
    D.Independent: (
        D.Independent(D.Gamma(t(2, 3.5), t(1, 2)), 1),
        D.Independent(D.Gamma(t(1.5, 0.6), t(0.5, 3)), 1),
    ),
    D.Laplace: (D.Laplace(t(0, 1), t(1, 0.3)), D.Laplace(t(0.5, -1), t(2, 0.5))),
    D.LowRankMultivariateNormal: (
        D.LowRankMultivariateNormal(t(0, 1), t(1, 0.5)[:, None], t(0.2, 0.4)),
        D.LowRankMultivariateNormal(t(1, 1), t(0.1, 0.5)[:, None], t(0.5, 0.4)),
    ),
    D.MultivariateNormal: (
        D.MultivariateNormal(t(0, 1), matrix(2, 0.5, 1)),
        D.MultivariateNormal(t(1, 1), matrix(1, -0.5, 1)),
    ),
    D.Normal: (D.Normal(t(0, 1), t(1, 0.3)), D.Normal(t(0.5, -1), t(2, 0.5))),
    D.OneHotCategorical: (
        D.OneHotCategorical(t(0.2, 0.3, 0.5)),
        D.OneHotCategorical(t(0.1, 0.1, 0.8)),
    ),
    D.Pareto: (D.Pareto(t(1, 2), t(3, 4)), D.Pareto(t(0.5, 1), t(2, 1.5))),
    D.Poisson: (D.Poisson(t(1, 20)), D.Poisson(t(3, 4))),
    D.TransformedDistribution: (
        D.LogNormal(t(0, 1), t(1, 0.3)),
        D.LogNormal(t(0.5, -1), t(2, 0.5)),
    ),
    D.Uniform: (D.Uniform(t(0.2, 0.1), t(0.6, 0.9)), D.Uniform(t(0, -1), t(1, 3))),
}
PAIRS = sorted(registry._KL_REGISTRY, key=lambda pair: (pair[0].__name__, pair[1].__name__))
NAMES = [f"{p.__name__}-{q.__name__}" for p, q in PAIRS]
VECTORS = (
    D.Dirichlet,
    D.Independent,
    D.LowRankMultivariateNormal,
    D.MultivariateNormal,
)
WRONG_IN_TORCH = "ContinuousBernoulli-Uniform"


def test_the_registry_is_the_one_that_was_counted():
    assert len(PAIRS) == 87


@pytest.mark.parametrize("kinds", PAIRS, ids=NAMES)
def test_against_torch(kinds):
    p, q = MEMBERS[kinds[0]][0], MEMBERS[kinds[1]][1]
    expected = D.kl_divergence(p, q)
    if "-".join(kind.__name__ for kind in kinds) == WRONG_IN_TORCH:
        expected = -p.entropy()  # torch answers inf: it counts the ends 0 and 1 as outside [0, 1]
        expected[1] += torch.log(torch.tensor(4.0, dtype=torch.float64))
    value = infoscope.kl_divergence(p, q)
    assert value.shape == expected.shape
    assert value.dtype == torch.float64
    torch.testing.assert_close(value, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "kinds",
    [pair for pair in PAIRS if pair[0] not in VECTORS],
    ids=[name for pair, name in zip(PAIRS, NAMES, strict=True) if pair[0] not in VECTORS],
)
def test_against_quadrature(kinds):
    p, q = MEMBERS[kinds[0]][0], MEMBERS[kinds[1]][1]
    answer = quadrature("kl_divergence", p, q)
    assert np.all(answer.bound < 1e-9)
    torch.testing.assert_close(infoscope.kl_divergence(p, q), answer.value, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)
def test_cross_entropy_is_entropy_plus_divergence(kind):
    p, q = MEMBERS[kind]
    parts = infoscope.entropy(p) + infoscope.kl_divergence(p, q)
    torch.testing.assert_close(infoscope.cross_entropy(p, q), parts, rtol=1e-12, atol=1e-12)
    assert (infoscope.kl_divergence(p, p).abs() < 1e-13).all()


@pytest.mark.parametrize("kind", MEMBERS, ids=lambda kind: kind.__name__)
def test_entropy_against_torch(kind):
    p = MEMBERS[kind][0]
    try:
        expected = p.entropy()
    except NotImplementedError:  # Poisson, Pareto in some releases
        expected = quadrature("entropy", p).value
    torch.testing.assert_close(infoscope.entropy(p), expected, rtol=1e-10, atol=1e-12)


MISSING = [
    (D.VonMises(t(0.5, 0), t(2, 0.3)), D.VonMises(t(-1, 2), t(1, 4))),
    (D.StudentT(t(3, 8), t(0, 1), t(1, 2)), D.StudentT(t(2, 5), t(1, 0), t(2, 1))),
    (D.Weibull(t(1, 2), t(1.5, 0.7)), D.Weibull(t(2, 1), t(0.5, 3))),
    (D.Kumaraswamy(t(2, 1), t(3, 0.7)), D.Kumaraswamy(t(1, 2), t(2, 2))),
    (D.NegativeBinomial(t(3, 2.5), t(0.6, 0.2)), D.NegativeBinomial(t(3, 2.5), t(0.5, 0.3))),
    (D.NegativeBinomial(t(3, 2.5), t(0.6, 0.2)), D.NegativeBinomial(t(4, 1.5), t(0.5, 0.3))),
    (D.Binomial(5, t(0.3, 0.6)), D.Binomial(9, t(0.5, 0.2))),
    (D.FisherSnedecor(t(5, 9), t(7, 3)), D.FisherSnedecor(t(3, 4), t(8, 6))),
    (D.Laplace(t(0, 1), t(1, 2)), D.StudentT(t(2, 5), t(1, 0), t(2, 1))),
]


@pytest.mark.parametrize("pair", MISSING, ids=lambda pair: type(pair[0]).__name__)
def test_pairs_that_torch_lacks_against_sampling(pair):
    p, q = pair
    with pytest.raises(NotImplementedError):
        D.kl_divergence(p, q)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = infoscope.kl_divergence(p, q)
    torch.manual_seed(0)
    x = p.sample((200_000,))
    ratios = p.log_prob(x) - q.log_prob(x)
    finite = torch.isfinite(ratios)
    assert finite.double().mean() > 0.9999
    ratios = torch.where(finite, ratios, torch.zeros_like(ratios))
    error = (value - ratios.mean(0)).abs() / (ratios.std(0) / len(x) ** 0.5)
    assert (error < 5).all()


@pytest.mark.parametrize(
    "pair",
    [
        (D.InverseGamma(t(3, 2), t(1, 2)), D.InverseGamma(t(2, 4), t(2, 1))),
        (D.HalfCauchy(t(1, 2)), D.HalfCauchy(t(3, 0.5))),
    ],
    ids=["InverseGamma", "HalfCauchy"],
)
def test_pairs_that_torch_has_through_their_transforms(pair):
    expected = D.kl_divergence(*pair)
    torch.testing.assert_close(infoscope.kl_divergence(*pair), expected, rtol=1e-10, atol=1e-12)


def test_a_half_cauchy_begins_at_zero():
    """E log p = log(2/pi)/2 - 1/2 and -E log q = log(pi) + E log(1 + y²/4) for y = |N(0, 1)|."""

    def mean(y: float) -> float:
        return 2 * stats.norm.pdf(y) * np.log(1 + y * y / 4)

    expected = np.log(np.pi) + 0.5 * np.log(2 / np.pi) - 0.5 + integrate.quad(mean, 0, 40)[0]
    found = infoscope.kl_divergence(D.HalfNormal(t(1.0)), D.HalfCauchy(t(2.0)))
    assert found.item() == pytest.approx(expected, rel=1e-9)


def test_folded_distributions_are_not_their_bases():
    fold = D.AbsTransform()
    folded = [D.TransformedDistribution(D.Normal(t(m), t(1.0)), [fold]) for m in (1.0, -1.0)]
    assert (D.kl_divergence(*folded) == 2).all()  # torch; yet |x| has one law under both
    with pytest.raises(infoscope.InfoscopeError):
        infoscope.kl_divergence(*folded)


def test_vectors_against_their_parts():
    normal = D.Independent(D.Normal(t(0, 1), t(1, 0.3)), 1)
    full = D.MultivariateNormal(t(1, 1), matrix(1, -0.5, 1))
    twin = D.MultivariateNormal(t(0, 1), torch.diag(t(1, 0.09)))
    torch.testing.assert_close(
        infoscope.kl_divergence(normal, full), D.kl_divergence(twin, full), rtol=1e-12, atol=0
    )
    mixed = D.Independent(D.Laplace(t(0, 1), t(1, 2)), 1)  # not in torch: Laplace and Student
    other = D.Independent(D.StudentT(t(2, 5), t(1, 0), t(2, 1)), 1)
    parts = infoscope.kl_divergence(mixed.base_dist, other.base_dist)
    torch.testing.assert_close(infoscope.kl_divergence(mixed, other), parts.sum())


def test_multinomial_is_n_draws():
    p, q = (D.Multinomial(5, t(*probs)) for probs in ((0.2, 0.8), (0.3, 0.7)))
    one = infoscope.kl_divergence([0.2, 0.8], [0.3, 0.7])
    assert float(infoscope.kl_divergence(p, q)) == pytest.approx(5 * one, rel=1e-12)
    assert infoscope.kl_divergence(p, D.Multinomial(6, t(0.3, 0.7))) == torch.inf
