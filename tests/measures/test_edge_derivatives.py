"""Derivatives at the edges: right where they are finite, and of second order too."""

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import infoscope as info
from infoscope import Logits

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = importlib.import_module("jax.numpy")

SURE, MIXED, LONG = [1.0, 0.0], [0.3, 0.7], [0.6, 0.4, 0.0]


def slope(f: Callable[..., Any], *points: list[float], of: int = 0) -> np.ndarray:
    """Return torch's gradient of f, up to the constant that a sum fixed at one leaves open."""
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in points]
    grad = torch.autograd.grad(f(*tensors), tensors[of])[0].numpy()
    return grad - grad[0]


@pytest.mark.parametrize(
    "f, points, of, truth",
    [
        # d H(p, q) / dp = -log q, wherever q > 0
        (info.cross_entropy, (SURE, MIXED), 0, [0.0, math.log(0.3 / 0.7)]),
        (
            lambda p, z: info.cross_entropy(p, Logits(z)),
            (SURE, [math.log(0.3), math.log(0.7)]),
            0,
            [0.0, math.log(0.3 / 0.7)],
        ),
        # d sum p^2 / q dp = 2 p / q: chi-squared, and twice the alpha-divergence of order 2
        (info.chi_squared_divergence, (SURE, MIXED), 0, [0.0, -2 / 0.3]),
        (lambda p, q: 2 * info.alpha_divergence(p, q, 2), (SURE, MIXED), 0, [0.0, -2 / 0.3]),
        (lambda p, q: 2 * info.alpha_divergence(q, p, -1), (SURE, MIXED), 0, [0.0, -2 / 0.3]),
        (lambda p, q: 6 * info.alpha_divergence(p, q, 3), (SURE, MIXED), 0, [0.0, -3 / 0.09]),
        # d sum p^a q^(1-a) / dq is 0 where p = 0
        (lambda p, q: 6 * info.alpha_divergence(p, q, 3), (SURE, MIXED), 1, [0.0, 2 / 0.027]),
        # d (1 - sum p^a) / (a - 1) = -a p^(a-1) / (a - 1)
        (lambda p: info.tsallis_entropy(p, 2), (LONG,), 0, [0.0, 0.4, 1.2]),
        (lambda p: info.tsallis_entropy(p, 3), (LONG,), 0, [0.0, 0.3, 0.54]),
        (lambda p: info.renyi_entropy(p, 2), (LONG,), 0, [0.0, 0.4 / 0.52, 1.2 / 0.52]),
        (
            lambda p, q: info.renyi_divergence(p, q, 2),
            (SURE, MIXED),
            0,
            [0.0, -2.0],
        ),
        (info.total_variation, (SURE, MIXED), 0, [0.0, -1.0]),
    ],
)
def test_slopes_at_a_zero(
    f: Callable[..., Any], points: tuple[list[float], ...], of: int, truth: list[float]
) -> None:
    np.testing.assert_allclose(slope(f, *points, of=of), truth, rtol=1e-12, atol=1e-12)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own, of its own
def test_second_derivatives_of_logits() -> None:
    """Of log sum exp it is diag(p) - p p', ties at the top (fresh logits are all 0) or none."""

    def loss(x: Any) -> Any:
        return info.cross_entropy(np.array([0.0, 1.0, 0.0]), Logits(x))

    in_jax = jax.jit(jax.hessian(loss))
    for z in ([0.0, 0.0, 0.0], [2.0, 2.0, 0.0], [1.0, 3.0, 0.5]):
        p = np.exp(z) / np.exp(z).sum()
        truth = np.diag(p) - np.outer(p, p)
        got = torch.func.hessian(loss)(torch.tensor(z, dtype=torch.float64))
        np.testing.assert_allclose(got.numpy(), truth, atol=1e-14)
        np.testing.assert_allclose(np.asarray(in_jax(jnp.asarray(z))), truth, atol=1e-14)


def test_compiled_zeros_are_positive() -> None:
    """XLA drops the addition of 0.0 that turns -0.0 into +0.0."""
    calls: list[Callable[[Any], Any]] = [
        info.entropy,
        lambda p: info.renyi_entropy(p, 0.5),
        lambda p: info.renyi_entropy(p, 2),
        lambda p: info.tsallis_entropy(p, 0.5),
        lambda p: info.tsallis_entropy(p, 2),
        lambda p: info.renyi_divergence(p, p, 0.3),
        lambda p: info.renyi_divergence(p, p, 0.5),
        lambda p: info.renyi_divergence(p, p, 2),
        lambda p: info.alpha_divergence(p, p, 0.5),
        lambda p: info.alpha_divergence(p, p, 2),
        lambda p: info.kl_divergence(p, p),
        lambda p: info.mutual_information(p[:, None]),
    ]
    values = jax.jit(lambda p: jnp.stack([f(p) for f in calls]))(jnp.asarray(SURE))
    assert np.asarray(values).tolist() == [0.0] * len(calls)
    assert not np.signbit(np.asarray(values)).any()
