"""What a transformer learns while coding: true gradients, the same on both sides, and worth it."""

import numpy as np
import pytest
import torch

from infoscope.language import LanguageModel
from infoscope.language.compression import learning, neural_parts
from infoscope.language.compression.backward import (
    DEPTH,
    activate_back,
    normalise_back,
    product_back,
)
from infoscope.language.compression.fixed_arithmetic import LANES, TILE
from infoscope.language.compression.fixed_llama import FixedLlama, FixedWeights, Stepper
from infoscope.language.compression.learning import Learner

N = 24


@pytest.mark.parametrize(("inner", "outer", "rows"), [(48, 300, 9), (288, 33, 4), (8, 5, 1)])
def test_a_product_goes_back_through_the_quantised_weights(
    inner: int, outer: int, rows: int
) -> None:
    rng = np.random.default_rng(inner)
    weights = FixedWeights(rng.standard_normal((inner, outer)).astype(np.float32))
    levels, scale, low = weights.arrays
    real = levels * np.repeat(scale, 32, 0)[:inner] + np.repeat(low, 32, 0)[:inner]
    slopes = rng.standard_normal((rows, outer)).astype(np.float32)
    out = np.empty((rows, inner), np.float32)
    turned = [np.ascontiguousarray(array.T) for array in weights.arrays]
    product_back(slopes, rows, *turned, out, np.empty((DEPTH, TILE), np.float32))
    np.testing.assert_allclose(out, slopes.astype(np.float64) @ real.T, rtol=1e-3, atol=1e-3)


def test_the_other_steps_back_are_what_torch_finds() -> None:
    rng = np.random.default_rng(0)
    gate, da = rng.standard_normal((4, 80)), rng.standard_normal((4, 40))
    x = torch.tensor(gate, dtype=torch.float32, requires_grad=True)
    y = torch.nn.functional.silu(x[:, :40]) * x[:, 40:]
    y.backward(torch.tensor(da, dtype=torch.float32))
    out = np.empty((4, 80), np.float32)
    activate_back(gate.astype(np.float32), 4, da.astype(np.float32), out)
    assert x.grad is not None
    np.testing.assert_allclose(out, x.grad.numpy(), atol=1e-6)

    rows, weight, dy = rng.standard_normal((3, 48)), rng.random(48), rng.standard_normal((3, 48))
    x = torch.tensor(rows, dtype=torch.float32, requires_grad=True)
    y = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * torch.tensor(weight).float()
    y.backward(torch.tensor(dy, dtype=torch.float32))
    out = np.ones((3, 48), np.float32)
    normalise_back(
        rows.astype(np.float32), 3, weight.astype(np.float32), 1e-5, dy.astype(np.float32), out,
        np.empty(LANES, np.float32),
    )  # fmt: skip
    assert x.grad is not None
    np.testing.assert_allclose(out - 1, x.grad.numpy(), atol=1e-5)


def _read(fixed: FixedLlama, learner: Learner, ids: np.ndarray, piece: int) -> np.ndarray:
    """Return the logits after each of N tokens, read `piece` at a time."""
    stepper = Stepper(fixed, 1, 64, N, learner)
    rows = [
        stepper.logits(stepper.step(ids[a : a + piece], np.zeros(piece, np.int64), a)).copy()
        for a in range(0, N, piece)
    ]
    return np.concatenate(rows)


def _loss(logits: np.ndarray, ids: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the code length of the tokens that follow, in nats, and its slope by the logits."""
    z = logits.astype(np.float64)
    e = np.exp(z - z.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    slopes = p.copy()
    slopes[np.arange(N), ids[1:]] -= 1
    return float(-np.log(p[np.arange(N), ids[1:]]).sum()), slopes.astype(np.float32)


def test_the_gradient_is_the_slope_of_the_code_length(tiny: LanguageModel) -> None:
    """In the last block attention's own slope plays no part, so that differences must agree."""
    fixed = FixedLlama(tiny, np.arange(259))
    rng = np.random.default_rng(3)
    ids = rng.integers(3, 250, N + 1)
    learner = Learner(fixed, N)
    assert len(learner.layers) == 1
    for factors in learner._pool.factors:
        factors.b[:] = rng.standard_normal(factors.b.shape) * 0.05
    _, slopes = _loss(_read(fixed, learner, ids[:N], N), ids)
    learner.find_gradient(slopes, N)
    for factors in learner._pool.factors:
        for values, pull in ((factors.a, factors.a_pull), (factors.b, factors.b_pull)):
            slope, start = pull.astype(np.float64), values.copy()
            size = np.sqrt((slope**2).sum())
            step = 0.02 / size**2 * slope  # moves the code length by 0.02
            ends = []
            for side in (1, -1):
                values[:] = start + side * step
                ends.append(_loss(_read(fixed, learner, ids[:N], N), ids)[0])
            values[:] = start
            assert ends[0] - ends[1] == pytest.approx(0.04, rel=0.05)


def test_a_lesson_does_not_depend_on_how_the_chunk_was_read(tiny: LanguageModel) -> None:
    fixed = FixedLlama(tiny, np.arange(259))
    ids = np.random.default_rng(4).integers(3, 250, N + 1)
    made: list[np.ndarray] = []
    for piece in (N, 1, 4):
        learner = Learner(fixed, N)
        for _ in range(3):
            logits = _read(fixed, learner, ids[:N], piece)
            learner.learn(_loss(logits, ids)[1], N)
        made.append(logits)
    assert (made[0] == made[1]).all()
    assert (made[0] == made[2]).all()


def test_lessons_shorten_what_comes_after(
    tiny: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = neural_parts.NeuralParts.of(tiny, "test")
    data = b"what the other had meant by it, and what had become of the others " * 12
    sizes = []
    for rate in (learning.RATE, 0.0):
        monkeypatch.setattr(learning, "RATE", rate)
        part = parts.encode(data, parts.entries(data), 1, 64, lambda *_: None)
        sizes.append(sum(len(payload) for _, payload, _ in part.blocks))
    assert sizes[0] < sizes[1]
