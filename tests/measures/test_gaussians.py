"""Gaussian formulas against scipy, torch, the two-variable textbook formula, and their edges."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.measures.gaussians import (
    gaussian_entropy,
    gaussian_kl,
    gaussian_mutual_information,
)


@pytest.fixture(autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


def covariances(seed: int, n: int, d: int) -> np.ndarray:
    factor = np.random.default_rng(seed).normal(size=(n, d, d))
    return factor @ np.swapaxes(factor, 1, 2) + 0.1 * np.eye(d)


S, T = covariances(0, 4, 3), covariances(1, 4, 3)
MEANS = np.random.default_rng(2).normal(size=(2, 4, 3))


def test_entropy_against_scipy():
    expected = [stats.multivariate_normal(cov=s).entropy() for s in S]
    np.testing.assert_allclose(gaussian_entropy(S), expected, rtol=1e-13)


def test_entropy_of_a_variance():
    assert gaussian_entropy(4.0) == pytest.approx(stats.norm(0, 2).entropy(), abs=1e-14)
    assert gaussian_entropy(1.0, unit="bits") == pytest.approx(2.0470955851, abs=1e-9)
    assert gaussian_entropy(1e-6) < 0


def test_divergence_against_torch():
    normal = torch.distributions.MultivariateNormal
    p, q = (normal(torch.tensor(m), torch.tensor(c)) for m, c in zip(MEANS, (S, T), strict=True))
    expected = torch.distributions.kl_divergence(p, q).numpy()
    np.testing.assert_allclose(gaussian_kl(MEANS[0], S, MEANS[1], T), expected, rtol=1e-12)


def test_divergence_of_two_numbers():  # the tutorial's pair; the second argument is a variance
    assert gaussian_kl(0, 1, 1, 4) == pytest.approx(0.4431471805599453, abs=1e-15)
    assert gaussian_kl(1, 4, 0, 1) == pytest.approx(1.306852819440055, abs=1e-15)
    assert gaussian_kl(3, 2, 3, 2) == 0.0


@pytest.mark.parametrize(
    "rho, expected",
    [
        (0.0, 0.0),
        (0.3, 0.04715533973562017),
        (0.6, 0.2231435513142098),
        (0.9, 0.8303656034108255),
        (0.99, 1.958517773625845),
        (-0.6, 0.2231435513142098),
    ],
)
def test_information_of_two_variables(rho, expected):
    value = gaussian_mutual_information([[1, rho], [rho, 1]], 1)
    assert value == pytest.approx(expected, abs=1e-14)


def test_information_is_a_sum_of_entropies():
    for split in (1, 2, [2], [0, -1]):
        first = list(range(split)) if isinstance(split, int) else [i % 3 for i in split]
        second = [i for i in range(3) if i not in first]
        parts = gaussian_entropy(S[:, first][:, :, first]) + gaussian_entropy(
            S[:, second][:, :, second]
        )
        expected = parts - gaussian_entropy(S)
        np.testing.assert_allclose(gaussian_mutual_information(S, split), expected, atol=1e-13)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(-6, 6))
def test_information_ignores_units_of_measurement(seed, exponent):
    cov = covariances(seed, 1, 3)[0]
    scale = np.diag([1.0, 10.0**exponent, 10.0**-exponent])
    before = gaussian_mutual_information(cov, 1)
    after = gaussian_mutual_information(scale @ cov @ scale, 1)
    assert after == pytest.approx(before, rel=1e-8, abs=1e-12)


def test_singular_covariances():
    assert gaussian_entropy([[1.0, 1.0], [1.0, 1.0]]) == -math.inf
    assert gaussian_entropy([[1.0, 0.3], [0.3, 0.09]]) == -math.inf  # 0.09 is not quite 0.3**2
    assert gaussian_entropy(0.0) == -math.inf
    assert gaussian_entropy(np.zeros((2, 2))) == -math.inf
    values = gaussian_entropy(np.stack([np.eye(2), np.ones((2, 2))]))
    assert values[0] == pytest.approx(math.log(2 * math.pi * math.e))
    assert values[1] == -math.inf
    assert gaussian_mutual_information([[1.0, 1.0], [1.0, 1.0]], 1) == math.inf
    assert gaussian_kl(0, 1, 0, 0) == math.inf
    assert gaussian_kl(0, 0, 0, 1) == math.inf
    with pytest.raises(InvalidArgument, match="cov0 and cov1 must not both be singular"):
        gaussian_kl(0, 0, 0, 0)
    duplicate = [[1.0, 1.0, 0.2], [1.0, 1.0, 0.2], [0.2, 0.2, 1.0]]
    with pytest.raises(InvalidArgument, match="full rank within each group; got a singular"):
        gaussian_mutual_information(duplicate, 2)


def test_small_variances_are_not_singular():
    cov = np.diag([1.0, 1e-200])
    expected = math.log(2 * math.pi * math.e) + 0.5 * math.log(1e-200)
    assert gaussian_entropy(cov) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    "cov, message",
    [
        ([[1.0, 2.0], [2.0, 1.0]], "positive semi-definite; got an eigenvalue of -1"),
        ([[1.0, 0.5], [0.4, 1.0]], "symmetric; got a difference of 0.1 between entries"),
        ([1.0, 2.0], r"a square matrix; got shape \(2,\). From variances"),
        (np.zeros((0, 0)), "a square matrix"),
        ([[math.nan, 0.0], [0.0, 1.0]], "be finite; got nan"),
        (-1.0, "positive semi-definite"),
    ],
)
def test_bad_covariances_are_refused(cov, message):
    with pytest.raises(InvalidArgument, match=message):
        gaussian_entropy(cov)


def test_bad_arguments_are_refused():
    with pytest.raises(InvalidArgument, match="mean0 must have the dimension of cov0"):
        gaussian_kl([0.0, 0.0, 0.0], np.eye(2), [0.0, 0.0], np.eye(2))
    for split in (0, 3, [0, 0], [5]):
        with pytest.raises(InvalidArgument, match="leave at least one of the 3 variables"):
            gaussian_mutual_information(S[0], split)
    with pytest.raises(WrongType, match="split must be an integer"):
        gaussian_mutual_information(S[0], "ab")
    with pytest.raises(InvalidArgument, match="unit"):
        gaussian_entropy(1.0, unit="shannons")  # type: ignore[arg-type]


def test_three_libraries_agree():
    def all_three(m0, s, m1, t):
        shared = gaussian_mutual_information(s, [2, 0])
        return gaussian_entropy(s), gaussian_kl(m0, s, m1, t), shared

    inputs = (MEANS[0], S, MEANS[1], T)
    truth = all_three(*inputs)
    in_torch = all_three(*(torch.tensor(x) for x in inputs))
    in_jax = jax.jit(all_three)(*(jnp.asarray(x) for x in inputs))
    for others in (in_torch, in_jax):
        for other, value in zip(others, truth, strict=True):
            np.testing.assert_allclose(np.asarray(other), value, rtol=1e-11)
    np.testing.assert_allclose(np.asarray(gaussian_entropy(jnp.asarray(S))), truth[0], rtol=1e-12)


def test_gradients():
    expected = np.linalg.inv(S[0]) / 2  # d (log det S) / 2
    cov = torch.tensor(S[0], requires_grad=True)
    gaussian_entropy(cov).backward()
    np.testing.assert_allclose(cov.grad, expected, rtol=1e-9)
    in_jax = jax.jit(jax.grad(gaussian_entropy))(jnp.asarray(S[0]))
    np.testing.assert_allclose(in_jax, expected, rtol=1e-9)
    mean = torch.tensor(MEANS[0, 0], requires_grad=True)
    gaussian_kl(mean, S[0], MEANS[1, 0], T[0]).backward()
    slope = np.linalg.solve(T[0], MEANS[0, 0] - MEANS[1, 0])
    np.testing.assert_allclose(mean.grad, slope, rtol=1e-9)


def test_single_precision_and_read_only():
    cov = np.eye(3, dtype=np.float32)
    cov.setflags(write=False)
    assert gaussian_entropy(cov) == pytest.approx(1.5 * math.log(2 * math.pi * math.e), rel=1e-6)
    assert gaussian_entropy(np.eye(2, dtype=int)) == pytest.approx(math.log(2 * math.pi * math.e))
