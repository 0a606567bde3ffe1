"""Mixtures of Gaussians: forward and reverse divergences on the whole line, and bounds in space."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.optimize import minimize_scalar
from torch import distributions as D  # noqa: N812

import infoscope
from infoscope.core.errors import InvalidArgument
from infoscope.measures.families import mixture_entropy_bounds, quadrature


def bimodal(a: float) -> D.MixtureSameFamily:
    centres = torch.tensor([-a, a], dtype=torch.float64)
    weights = torch.tensor([0.5, 0.5], dtype=torch.float64)
    return D.MixtureSameFamily(D.Categorical(weights), D.Normal(centres, torch.ones_like(centres)))


@pytest.mark.parametrize(
    "mean, sd, forward, reverse",
    [
        (0, 2.5, 0.1835705381372881, 0.3475434175146416),
        (2, 1.0, 3.367279806263133, 0.6327201937368670),
    ],
)
def test_four_fits_on_the_whole_line(mean, sd, forward, reverse):
    p, q = bimodal(2), stats.norm(mean, sd)
    assert float(infoscope.kl_divergence(p, q)) == pytest.approx(forward, abs=1e-12)
    assert float(infoscope.kl_divergence(q, p)) == pytest.approx(reverse, abs=1e-12)


def test_scipy_mixture_agrees():
    p = stats.Mixture([stats.Normal(mu=-2.0, sigma=1.0), stats.Normal(mu=2.0, sigma=1.0)])
    assert infoscope.kl_divergence(p, stats.norm(0, 2.5)) == pytest.approx(
        0.1835705381372881, abs=1e-11
    )


def test_best_gaussian_under_reverse_divergence_is_broad():
    def divergence(sd):
        return float(infoscope.kl_divergence(stats.norm(0, sd), bimodal(2)))

    best = minimize_scalar(divergence, bracket=(1.5, 2.0, 2.6), tol=1e-7)
    assert best.x == pytest.approx(2.04701, abs=1e-5)
    assert best.fun == pytest.approx(0.22650796, abs=1e-8)


def test_mode_seeking_starts_at_its_threshold():
    def advantage(a):  # of a fit on one mode over the moment-matched one
        p = bimodal(a)
        broad = infoscope.kl_divergence(stats.norm(0, math.sqrt(1 + a * a)), p)
        return float(broad - infoscope.kl_divergence(stats.norm(a, 1), p))

    assert advantage(2.7032) < 0 < advantage(2.7034)


def test_gradient_fits_a_gaussian_to_a_mixture():
    p = bimodal(2)
    mean = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    log_sd = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    value = infoscope.kl_divergence(D.Normal(mean, log_sd.exp()), p)
    slopes = torch.autograd.grad(value, (mean, log_sd))

    def at(m, s):
        return float(infoscope.kl_divergence(stats.norm(m, math.exp(s)), p))

    h = 1e-5
    assert slopes[0].item() == pytest.approx(
        (at(0.5 + h, 0.3) - at(0.5 - h, 0.3)) / (2 * h), rel=1e-6
    )
    assert slopes[1].item() == pytest.approx(
        (at(0.5, 0.3 + h) - at(0.5, 0.3 - h)) / (2 * h), rel=1e-6
    )


def test_entropy_lies_within_the_bounds():
    for a in (0.0, 0.3, 1.0, 2.0, 5.0, 20.0):
        exact = quadrature("entropy", bimodal(a))
        bounds = mixture_entropy_bounds([0.5, 0.5], [[-a], [a]], [[1.0]])
        assert bounds.lower - 1e-12 <= float(exact.value) <= bounds.upper + 1e-12
    assert bounds.upper - bounds.lower < 1e-9  # far apart
    same = mixture_entropy_bounds([0.5, 0.5], [[0.0, 1.0]] * 2, np.eye(2))
    assert same.lower == pytest.approx(math.log(2 * math.pi * math.e), abs=1e-12)
    assert same.upper == pytest.approx(math.log(2 * math.pi * math.e), abs=1e-12)


def test_bounds_hold_in_three_dimensions_against_sampling():
    rng = np.random.default_rng(0)
    weights = np.array([0.5, 0.3, 0.2])
    means = rng.normal(size=(3, 3)) * 2
    factors = rng.normal(size=(3, 3, 3))
    covariances = factors @ np.swapaxes(factors, 1, 2) + 0.3 * np.eye(3)
    bounds = mixture_entropy_bounds(weights, means, covariances)
    parts = [stats.multivariate_normal(m, c) for m, c in zip(means, covariances, strict=True)]
    labels = rng.choice(3, p=weights, size=40_000)
    x = np.concatenate(
        [
            np.atleast_2d(part.rvs((labels == i).sum(), random_state=rng))
            for i, part in enumerate(parts)
        ]
    )
    density = sum(w * part.pdf(x) for w, part in zip(weights, parts, strict=True))
    surprisal = -np.log(density)
    error = surprisal.std() / math.sqrt(len(x))
    assert bounds.lower - 5 * error < surprisal.mean() < bounds.upper + 5 * error
    assert bounds.upper - bounds.lower < 0.6


def test_bounds_refuse_what_is_no_mixture():
    with pytest.raises(InvalidArgument, match="weights must be probabilities"):
        mixture_entropy_bounds([0.5, 0.6], [[0.0], [1.0]], [[1.0]])
    with pytest.raises(InvalidArgument, match="covariances must have shape"):
        mixture_entropy_bounds([0.5, 0.5], [[0.0], [1.0]], np.eye(2))
    with pytest.raises(InvalidArgument, match="positive definite"):
        mixture_entropy_bounds([0.5, 0.5], [[0.0], [1.0]], [[0.0]])
    askew = [np.eye(2), [[1.0, 0.5], [0.0, 1.0]]]  # one of them: an axis too far left sees nothing
    with pytest.raises(InvalidArgument, match="symmetric"):
        mixture_entropy_bounds([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], askew)


def test_mixtures_in_space_are_never_sampled():
    p = D.MixtureSameFamily(
        D.Categorical(torch.ones(2)), D.MultivariateNormal(torch.zeros(2, 2), torch.eye(2))
    )
    with pytest.raises(infoscope.InfoscopeError, match="mixture_entropy_bounds"):
        infoscope.entropy(p)
