"""One definition on NumPy, torch and JAX: the same values to 1e-12, the same finite gradients."""

import functools
import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import infoscope as info
from infoscope import Logits
from infoscope.measures import bounds

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = importlib.import_module("jax.numpy")

RNG = np.random.default_rng(7)
P = RNG.dirichlet(np.full(4, 9.0), 3)  # away from the edges
Q = RNG.dirichlet(np.full(4, 9.0), 3)
Z = RNG.normal(size=(3, 4))
TABLE = RNG.dirichlet(np.full(12, 9.0)).reshape(2, 2, 3)
SCORES = RNG.normal(size=(5, 5))
WITH_ZEROS = np.array([[0.5, 0.5, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.25] * 4])

CASES: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {
    "entropy": (info.entropy, (P,)),
    "entropy of logits": (lambda z: info.entropy(Logits(z)), (Z,)),
    "perplexity": (info.perplexity, (P,)),
    "cross-entropy": (info.cross_entropy, (P, Q)),
    "cross-entropy of logits": (lambda p, z: info.cross_entropy(p, Logits(z)), (P, Z)),
    "kl": (info.kl_divergence, (P, Q)),
    "kl of logits": (lambda y, z: info.kl_divergence(Logits(y), Logits(z)), (Z, Z[::-1].copy())),
    "js": (info.jensen_shannon_divergence, (P, Q)),
    "jeffreys": (info.jeffreys_divergence, (P, Q)),
    "total variation": (info.total_variation, (P, Q)),
    "hellinger": (info.hellinger_distance, (P, Q)),
    "chi-squared": (info.chi_squared_divergence, (P, Q)),
    "f": (lambda p, q: info.f_divergence(p, q, lambda t: (t - 1) ** 2), (P, Q)),
    "renyi entropy 0.5": (lambda p: info.renyi_entropy(p, 0.5), (P,)),
    "renyi entropy inf": (lambda p: info.renyi_entropy(p, math.inf), (P,)),
    "tsallis 2": (lambda p: info.tsallis_entropy(p, 2), (P,)),
    "renyi 0.3": (lambda p, q: info.renyi_divergence(p, q, 0.3), (P, Q)),
    "renyi 2": (lambda p, q: info.renyi_divergence(p, q, 2), (P, Q)),
    "alpha -1": (lambda p, q: info.alpha_divergence(p, q, -1), (P, Q)),
    "mutual information": (info.mutual_information, (TABLE.sum(axis=0),)),
    "conditional mi": (info.conditional_mutual_information, (TABLE,)),
    "conditional entropy": (info.conditional_entropy, (TABLE,)),
    "nmi": (info.normalized_mutual_information, (TABLE.sum(axis=0),)),
    "pmi": (info.pointwise_mutual_information, (TABLE.sum(axis=0),)),
    "o-information": (info.o_information, (TABLE,)),
    "joint": (lambda t: info.Joint(t, "XYZ").I("X;Y|Z"), (TABLE,)),
    "push": (lambda t: info.push(t, np.full((3, 2), 0.5)), (TABLE,)),
    "info_nce": (lambda s: bounds.info_nce(s).value, (SCORES,)),
    "nwj": (lambda s: bounds.nwj(s).value, (SCORES,)),
    "donsker_varadhan": (lambda s: bounds.donsker_varadhan(s).value, (SCORES,)),
    "smile": (lambda s: bounds.smile(s, clip=1.0).value, (SCORES,)),
    "club": (lambda s: bounds.club(s).value, (SCORES,)),
    "jensen_shannon": (lambda s: bounds.jensen_shannon(s).value, (SCORES,)),
}
NAMES = sorted(CASES)
#: Run operation by operation too, where values can be read; the others are compiled whole, which
#: costs a fifth of the time.
EAGER = {"entropy", "kl"}
UNNORMALISED = {name for name in NAMES if CASES[name][1][0] is Z or CASES[name][1][0] is SCORES}


@functools.cache
def in_jax(name: str) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return the value, and the gradients of its sum, from one compiled function."""
    f, arrays = CASES[name]

    def total_and_value(*a: Any) -> Any:
        value = f(*a)
        return value.sum(), value

    places = tuple(range(len(arrays)))
    both = jax.jit(jax.value_and_grad(total_and_value, argnums=places, has_aux=True))
    (_, value), grads = both(*(jnp.asarray(a) for a in arrays))
    return np.asarray(value), tuple(np.asarray(grad) for grad in grads)


@pytest.mark.parametrize("name", NAMES)
def test_the_three_libraries_agree(name: str) -> None:
    f, arrays = CASES[name]
    truth = np.asarray(f(*arrays))
    eager = [np.asarray(f(*(jnp.asarray(a) for a in arrays)))] if name in EAGER else []
    for got in (
        *eager,
        in_jax(name)[0],
        f(*(torch.tensor(a) for a in arrays)).numpy(),
        f(torch.tensor(arrays[0]), *arrays[1:]).numpy(),  # NumPy follows the tensor beside it
    ):
        np.testing.assert_allclose(got, truth, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_match_finite_differences(name: str) -> None:
    """Along directions that keep the sum at one, where a distribution must stay a distribution."""
    f, arrays = CASES[name]
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    grads = torch.autograd.grad(f(*tensors).sum(), tensors)
    direction = np.random.default_rng(1).normal(size=(len(arrays), *arrays[0].shape))
    for i, (grad, other) in enumerate(zip(grads, in_jax(name)[1], strict=True)):
        np.testing.assert_allclose(other, grad.numpy(), rtol=1e-10, atol=1e-10)
        d = direction[i]
        if not (name in UNNORMALISED or arrays[i] is Z):
            whole = arrays[i].ndim == 3 or arrays[i].shape == (2, 3)
            d = d - d.mean() if whole else d - d.mean(axis=-1, keepdims=True)
        h = 1e-6
        ends = [
            np.sum(f(*(a + sign * h * d if j == i else a for j, a in enumerate(arrays))))
            for sign in (1, -1)
        ]
        assert (grad.numpy() * d).sum() == pytest.approx(
            (ends[0] - ends[1]) / (2 * h), rel=1e-6, abs=1e-6
        )


@pytest.mark.parametrize(
    "f",
    [
        info.entropy,
        info.perplexity,
        lambda p: info.cross_entropy(p, P),
        lambda p: info.kl_divergence(p, P),
        lambda p: info.kl_divergence(p, WITH_ZEROS),
        lambda p: info.jensen_shannon_divergence(p, P),
        lambda p: info.total_variation(p, P),
        lambda p: info.hellinger_distance(p, P),
        lambda p: info.chi_squared_divergence(p, P),
        lambda p: info.renyi_entropy(p, 2),
        lambda p: info.renyi_entropy(p, 0.5),
        lambda p: info.tsallis_entropy(p, 0.5),
        lambda p: info.mutual_information(p / 3),
    ],
)
def test_gradients_at_zeros_are_finite(f: Callable[..., Any]) -> None:
    """torchmetrics gives NaN for KL at p = [1, 0]: it masks after the logarithm."""
    p = torch.tensor(WITH_ZEROS, requires_grad=True)
    (grad,) = torch.autograd.grad(f(p).sum(), p)
    assert torch.isfinite(grad).all()
    in_jax = jax.jit(jax.grad(lambda a: f(a).sum()))(jnp.asarray(WITH_ZEROS))
    np.testing.assert_allclose(np.asarray(in_jax), grad.numpy(), rtol=1e-12, atol=1e-12)


def test_gradient_of_cross_entropy_is_softmax_minus_p() -> None:
    z = torch.tensor([1.0, 3.0, 2.0, 0.5], dtype=torch.float64, requires_grad=True)
    info.cross_entropy([0, 0, 1, 0], Logits(z)).backward()
    truth = [0.0853688935097889, 0.6307955432474668, -0.7679432880566855, 0.0517788512994298]
    np.testing.assert_allclose(z.grad.numpy(), truth, rtol=1e-12)


def test_gradient_through_impossible_logits_is_finite() -> None:
    z = torch.tensor([0.0, -math.inf, 1e4, -1e4], dtype=torch.float64, requires_grad=True)
    info.entropy(Logits(z)).backward()
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("name", ["entropy", "kl of logits", "js", "renyi 2", "conditional mi"])
def test_transformations(name: str) -> None:
    f, arrays = CASES[name]
    truth = np.asarray(f(*arrays))
    ours = [jnp.asarray(a) for a in arrays]
    tensors = [torch.tensor(a) for a in arrays]
    if truth.ndim:  # map over the batch
        np.testing.assert_allclose(np.asarray(jax.jit(jax.vmap(f))(*ours)), truth, rtol=1e-12)
        np.testing.assert_allclose(torch.func.vmap(f)(*tensors).numpy(), truth, rtol=1e-12)
        axis0 = torch.func.vmap(lambda *a: f(*a), in_dims=0)
        assert axis0(*tensors).shape == truth.shape
    grad = torch.func.grad(lambda *a: f(*a).sum())(*tensors)
    other = torch.autograd.grad(f(*(t.requires_grad_() for t in tensors)).sum(), tensors[0])[0]
    np.testing.assert_allclose(grad.numpy(), other.numpy(), rtol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_torch_compiles_without_a_graph_break() -> None:
    def several(p: Any, q: Any, z: Any) -> tuple[Any, ...]:
        return (
            info.entropy(p),
            info.cross_entropy(p, Logits(z)),
            info.chi_squared_divergence(p, q),
            info.alpha_divergence(p, q, 0.5),
            info.alpha_divergence(p, q, 3),
            info.renyi_divergence(p, q, 0.3),
            info.f_divergence(p, q, lambda t: (t - 1) ** 2),
        )

    tensors = [torch.tensor(a) for a in (P, Q, Z)]
    compiled = torch.compile(several, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(*tensors), several(*tensors))


def test_bad_input_under_tracing_surfaces_as_nan() -> None:
    assert np.isnan(float(jax.jit(info.entropy)(jnp.asarray([math.nan, 0.5]))))
    assert np.isnan(float(jax.jit(info.entropy)(jnp.asarray([-0.5, 1.5]))))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_low_precision_is_summed_in_single(dtype: Any) -> None:
    p = torch.full((1024,), 1 / 1024, dtype=dtype)
    got = info.entropy(p)
    assert got.dtype == torch.float32
    assert float(got) == pytest.approx(math.log(1024), rel=1e-6)


def test_a_read_only_or_reversed_array_meets_a_tensor() -> None:
    p = np.array([0.25, 0.75])
    p.setflags(write=False)
    q = torch.tensor([0.5, 0.5], dtype=torch.float64)
    truth = info.kl_divergence(p, [0.5, 0.5])
    assert float(info.kl_divergence(p, q)) == pytest.approx(truth, rel=1e-14)
    assert float(info.kl_divergence(p[::-1], q)) == pytest.approx(truth, rel=1e-14)
    assert float(info.kl_divergence(p.astype(">f8"), q)) == pytest.approx(truth, rel=1e-14)


def test_two_foreign_libraries_do_not_mix() -> None:
    with pytest.raises(info.InfoscopeError, match="come from one array library besides NumPy"):
        info.kl_divergence(torch.tensor([0.5, 0.5]), jnp.asarray([0.5, 0.5]))


def test_mask_beside_a_tensor() -> None:
    p = torch.tensor([0.5, 0.5, 7.0])
    assert float(info.entropy(p, where=np.array([True, True, False]))) == pytest.approx(
        math.log(2), rel=1e-6
    )
    masked = info.entropy(Logits(torch.zeros(3)), where=torch.tensor([True, True, False]))
    assert float(masked) == pytest.approx(math.log(2), rel=1e-6)
