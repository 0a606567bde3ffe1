"""Let the upper half of a transformer learn the text that it helps to code.

Each matrix of these blocks gets a small one beside it (`low_rank`); after every chunk of tokens the
small ones move against the gradient of the chunk's code length (`backward`). A decoder has the same
tokens at the same moment and makes the same move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from infoscope.language.compression.backward import (
    DEPTH,
    activate_back,
    attend_back,
    normalise_back,
    product_back,
)
from infoscope.language.compression.fixed_arithmetic import LANES, TILE
from infoscope.language.compression.low_rank import (
    RANK,
    Factors,
    Pool,
    add_gradients,
    narrow,
    widen,
)

if TYPE_CHECKING:
    from infoscope.language.compression.fixed_llama import FixedLlama

__all__ = ["Learner", "LearningLayer"]

RATE = 0.0015  # measured on SmolLM2: between 0.001 and 0.002 hardly matters, 0.004 is too much
UNTAUGHT = 0.5  # share of the blocks, the first ones, that stay as they are


class Learner:
    """Small matrices beside those of the upper half of a model's blocks, and what they must know.

    `n_rows` tokens make a chunk; `stepper.step` records them from row 0 on, `learn` uses them.
    """

    def __init__(self, model: FixedLlama, n_rows: int) -> None:
        shape, width, inner = model.shape, model.width, model.inner
        outer, values = shape.n_heads * shape.head_width, shape.n_groups * shape.head_width
        self.model, self.n_rows = model, n_rows
        self.first_layer = int(shape.n_layers * UNTAUGHT)
        shapes = [(width, values), (outer, width), (width, 2 * inner), (inner, width)]
        n_layers = shape.n_layers - self.first_layer
        self._pool = Pool(shapes * n_layers)
        work = _Work(n_rows, width, outer, values, inner)
        self.layers = [
            LearningLayer(model, number, self._pool.factors[4 * i : 4 * i + 4], work)
            for i, number in enumerate(range(self.first_layer, shape.n_layers))
        ]
        self.last = np.zeros((n_rows, width), np.float32)
        self.streams = np.zeros(n_rows, np.int64)
        self.places = np.zeros(n_rows, np.int64)
        self._work = work

    def layer(self, number: int) -> LearningLayer | None:
        """Return what learns beside block `number`, if anything does."""
        return self.layers[number - self.first_layer] if number >= self.first_layer else None

    def learn(self, slopes: NDArray[np.float32], n: int) -> None:
        """Move against the gradient; `slopes` is that by each row's logits."""
        self.find_gradient(slopes, n)
        self._pool.step(RATE, 1.0 / n)

    def find_gradient(self, slopes: NDArray[np.float32], n: int) -> None:
        """Add the gradient of the chunk's code length to each small matrix's own."""
        model, w = self.model, self._work
        product_back(slopes, n, *model.turned_over(-1, 0), w.dh, w.tile)
        w.dx[:n] = np.float32(0)
        epsilon = model.shape.epsilon
        normalise_back(self.last, n, model.norms[-1], epsilon, w.dh, w.dx, w.lanes)
        for layer in reversed(self.layers):
            layer.back(n)


class _Work:
    """Gradients on their way, shared by all layers."""

    def __init__(self, n_rows: int, width: int, outer: int, values: int, inner: int) -> None:
        def make(size: int) -> NDArray[np.float32]:
            return np.empty((n_rows, size), np.float32)

        self.dx, self.dh, self.dmixed, self.dvalues = map(make, (width, width, outer, values))
        self.dacted, self.dgate, self.s = map(make, (inner, 2 * inner, RANK))
        self.tile = np.empty((DEPTH, TILE), np.float32)
        self.lanes = np.empty(LANES, np.float32)


class LearningLayer:
    """The small matrices of one block, and its inputs during the present chunk."""

    def __init__(self, model: FixedLlama, number: int, factors: list[Factors], work: _Work) -> None:
        shape, n_rows = model.shape, len(work.dx)
        self._norms = model.norms[2 * number : 2 * number + 2]
        self._epsilon, self._n_groups = shape.epsilon, shape.n_groups
        self._value, self._out, self._gate, self._down = factors
        self._column = work.dmixed.shape[1] + work.dvalues.shape[1]  # where values begin
        self._turned = [model.turned_over(number, i) for i in range(4)]
        levels, scale, low = self._turned[0]
        begin = self._column
        self._turned[0] = levels[begin:], scale[begin:], low[begin:]
        self._work = work
        self.weights = np.zeros((n_rows, shape.n_heads, n_rows), np.float32)
        self._x1, self._h1 = np.zeros_like(work.dx), np.zeros_like(work.dx)
        self._x2, self._h2 = np.zeros_like(work.dx), np.zeros_like(work.dx)
        self._mixed, self._acted = np.zeros_like(work.dmixed), np.zeros_like(work.dacted)
        self._gated = np.zeros_like(work.dgate)
        self._t = np.zeros((4, n_rows, RANK), np.float32)

    def values(self, first: int, n: int, x: Any, h: Any, qkv: Any) -> None:
        """Add what was learnt to the values; rows are `first` and on of the chunk."""
        self._x1[first : first + n], self._h1[first : first + n] = x[:n], h[:n]
        self._add(0, self._value, first, n, h, qkv, self._column)

    def out(self, first: int, n: int, mixed: Any, y: Any) -> None:
        """Add what was learnt to what attention gives."""
        self._mixed[first : first + n] = mixed[:n]
        self._add(1, self._out, first, n, mixed, y, 0)

    def gate(self, first: int, n: int, x: Any, h: Any, gate: Any) -> None:
        """Add what was learnt to gate and up."""
        self._x2[first : first + n], self._h2[first : first + n] = x[:n], h[:n]
        self._add(2, self._gate, first, n, h, gate, 0)
        self._gated[first : first + n] = gate[:n]

    def down(self, first: int, n: int, acted: Any, y: Any) -> None:
        """Add what was learnt to what the block gives."""
        self._acted[first : first + n] = acted[:n]
        self._add(3, self._down, first, n, acted, y, 0)

    def back(self, n: int) -> None:
        """Turn the gradient by the block's result, in `dx`, into that by its input."""
        w = self._work
        self._back(3, self._down, n, self._acted, w.dx, w.dacted)
        activate_back(self._gated, n, w.dacted, w.dgate)
        self._back(2, self._gate, n, self._h2, w.dgate, w.dh)
        normalise_back(self._x2, n, self._norms[1], self._epsilon, w.dh, w.dx, w.lanes)
        self._back(1, self._out, n, self._mixed, w.dx, w.dmixed)
        attend_back(self.weights, n, w.dmixed, self._n_groups, w.dvalues)
        self._back(0, self._value, n, self._h1, w.dvalues, w.dh)
        normalise_back(self._x1, n, self._norms[0], self._epsilon, w.dh, w.dx, w.lanes)

    def _add(
        self, which: int, factors: Factors, first: int, n: int, x: Any, y: Any, column: int
    ) -> None:
        narrow(x, n, factors.a, self._t[which], first)
        widen(self._t[which], first, n, factors.b, y, column)

    def _back(self, which: int, factors: Factors, n: int, x: Any, dy: Any, dx: Any) -> None:
        s = self._work.s
        product_back(dy, n, *self._turned[which], dx, self._work.tile)
        narrow(dy, n, np.ascontiguousarray(factors.b.T), s, 0)
        add_gradients(x, self._t[which], dy, s, n, factors.a_pull, factors.b_pull)
        widen(s, 0, n, np.ascontiguousarray(factors.a.T), dx, 0)
