"""A llama-type transformer whose every result is the same on every machine, in any batch.

Weights are held as 8-bit levels in blocks of 32, activations in float32, and all sums run in one
order (`fixed_arithmetic`). Each stream has a cache of keys and values; when a cache is full its
oldest eighth is dropped except for the first few tokens, on which attention rests, and those are
turned to stay near.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

import hashlib
from decimal import Decimal, localcontext
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.byte_models.pointers import pointer_to
from infoscope.core.compiling import compiled
from infoscope.core.errors import ModelError, sentence
from infoscope.language.compression.fixed_arithmetic import (
    BLOCK,
    LANES,
    TILE,
    exponential,
    fused,
    product,
    quantise,
    root_mean_square,
    softmax,
)
from infoscope.language.compression.learning import Learner
from infoscope.language.compression.register_tiles import COLUMNS, add_products
from infoscope.language.llama import LlamaModel

__all__ = ["FixedLlama", "FixedWeights", "Stepper"]

SINKS = 4  # first tokens that stay: without them attention has nowhere to rest
HEADS = 4  # attended together at most
DEPTH = 8  # products added before sums leave their registers
DROPPED = 8  # this part of a full cache goes at a time
_Arrays: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]
_NOTHING = np.zeros((0, 0, 0), np.float32)


class FixedWeights:
    """One matrix as levels, scales and lowest values."""

    def __init__(self, weight: NDArray[np.float32]) -> None:  # (k, n)
        n_inner, n_columns = weight.shape
        if n_inner % 8:
            raise ModelError(
                sentence("compress", "model", "have widths that are multiples of 8", n_inner,
                         "Use another model, or model=None.")
            )  # fmt: skip
        n_blocks = -(-n_inner // BLOCK)
        self.levels = np.empty((n_inner, n_columns), np.uint8)
        self.scale = np.empty((n_blocks, n_columns), np.float32)
        self.low = np.empty((n_blocks, n_columns), np.float32)
        quantise(np.ascontiguousarray(weight), self.levels, self.scale, self.low)

    @property
    def arrays(self) -> _Arrays:
        """Levels, scales and lowest values."""
        return self.levels, self.scale, self.low


class FixedLlama:
    """The weights of a llama-type model in fixed form; columns of the head in `order`."""

    def __init__(self, model: LlamaModel, order: NDArray[np.int64]) -> None:
        self.shape = model.shape
        layers, head = model.layers, model.head
        self.width = int(head.shape[1])
        self.inner = int(layers[0].gate.shape[1])
        self.norms = np.stack(
            [part.numpy() for layer in layers for part in (layer.attention_norm, layer.mlp_norm)]
            + [model.norm.numpy()]
        ).astype(np.float32)
        self.embedding: NDArray[np.float32] = model.embedding.numpy()
        self.layers = [
            tuple(
                FixedWeights(np.concatenate([part.numpy() for part in parts], 1))
                for parts in (
                    (layer.query, layer.key, layer.value), (layer.out,),
                    (layer.gate, layer.up), (layer.down,),
                )
            )
            for layer in layers
        ]  # fmt: skip
        self.head = FixedWeights(head.numpy()[order].T)
        self._turned: dict[tuple[int, int], _Arrays] = {}

    def turned_over(self, number: int, which: int) -> _Arrays:
        """Return the arrays of one of a block's four matrices with rows and columns exchanged.

        Block -1 is the head.
        """
        made = self._turned.get((number, which))
        if made is None:
            arrays = (self.head if number < 0 else self.layers[number][which]).arrays
            levels, scale, low = (np.ascontiguousarray(array.T) for array in arrays)
            made = self._turned[number, which] = (levels, scale, low)
        return made

    def fingerprint(self) -> bytes:
        """Return 16 bytes that change with any weight."""
        digest = hashlib.blake2b(repr(self.shape).encode(), digest_size=16)
        for weights in [*(w for layer in self.layers for w in layer), self.head]:
            for array in weights.arrays:
                digest.update(array)
        digest.update(np.ascontiguousarray(self.embedding))
        digest.update(self.norms)
        return digest.digest()


class Stepper:
    """Runs `n_streams` texts through a model, some tokens of one or one token of each at a time.

    `context` is the capacity of a stream's cache. The logits of a token do not depend on whether
    its stream was read in one piece or in many, alone or beside others. With a `learner`, what it
    has learnt is added, and it is told what it must know to learn more.
    """

    def __init__(
        self, model: FixedLlama, n_streams: int, context: int, n_rows: int,
        learner: Learner | None = None,
    ) -> None:  # fmt: skip
        shape = model.shape
        self.learner = learner
        self.model, self.context, self.n_rows = model, context, n_rows
        layout = (n_streams, shape.n_layers, shape.n_groups)
        self._keys = np.zeros((*layout, shape.head_width, context), np.float32)
        self._values = np.zeros((*layout, context, shape.head_width), np.float32)
        self.held = np.zeros(n_streams, np.int64)  # tokens in each cache
        self.seen = np.zeros(n_streams, np.int64)  # tokens read by each stream
        outer = (shape.n_heads + 2 * shape.n_groups) * shape.head_width
        self._x = np.empty((n_rows, model.width), np.float32)
        self._h = np.empty((n_rows, model.width), np.float32)
        self._qkv = np.empty((n_rows, outer), np.float32)
        self._mixed = np.empty((n_rows, shape.n_heads * shape.head_width), np.float32)
        self._gate = np.empty((n_rows, 2 * model.inner), np.float32)
        self._acted = np.empty((n_rows, model.inner), np.float32)
        self._logits = np.empty((n_rows, model.head.levels.shape[1]), np.float32)
        self._scores = np.zeros((HEADS, context), np.float32)
        self._heads = np.empty(HEADS * shape.head_width, np.float32)
        self._part = np.empty(4 * TILE, np.float32)
        self._lanes = np.empty(LANES, np.float32)
        self._rotation = _first_rotation(shape.theta, shape.head_width)
        self._angles = _angles(self._rotation, 1024)

    def room(self, stream: int) -> int:
        """Return how many tokens the stream's cache takes before its oldest must go."""
        return self.context - int(self.held[stream])

    def make_room(self, stream: int, n: int) -> None:
        """Drop a stream's oldest tokens if `n` more would not fit; `n` is an eighth at most."""
        if self.room(stream) < n:
            self._make_room(stream)

    def step(
        self, ids: NDArray[np.int64], streams: NDArray[np.int64], first: int = 0
    ) -> NDArray[np.float32]:
        """Read one token per row and return the last hidden state of each, (rows, width).

        Rows of the same stream are successive tokens and must fit its `room`, or be one row. The
        states are valid until the next call. A learner keeps the rows as its rows `first` and on.
        """
        n, shape = len(ids), self.model.shape
        places, positions = np.empty(n, np.int64), np.empty(n, np.int64)
        for i, stream in enumerate(streams):
            if self.held[stream] == self.context:
                self._make_room(int(stream))
            places[i], positions[i] = self.held[stream], self.seen[stream]
            self.held[stream] += 1
            self.seen[stream] += 1
        if positions.max() >= len(self._angles):
            self._angles = _angles(self._rotation, 2 * int(positions.max()))
        x, scale = self._x, np.float32(shape.head_width**-0.5)
        x[:n] = self.model.embedding[ids]
        work, learner = self._part, self.learner
        beside, among = streams, places
        if learner is not None:
            learner.streams[first : first + n], learner.places[first : first + n] = streams, places
            beside, among = learner.streams, learner.places
        for number, (qkv, out, gate, down) in enumerate(self.model.layers):
            _normalise(x, n, self.model.norms[2 * number], shape.epsilon, self._h, self._lanes)
            product(self._h, n, *qkv.arrays, self._qkv, work)
            learning = None if learner is None else learner.layer(number)
            if learning is not None:
                learning.values(first, n, x, self._h, self._qkv)
            _attend(
                self._qkv, n, streams, places, positions, self._angles, scale, number,
                self._keys, self._values, self._scores, self._heads, self._lanes, self._mixed,
                _NOTHING if learning is None else learning.weights, first, beside, among,
            )  # fmt: skip
            product(self._mixed, n, *out.arrays, self._h, work)
            if learning is not None:
                learning.out(first, n, self._mixed, self._h)
            _add(x, self._h, n)
            _normalise(x, n, self.model.norms[2 * number + 1], shape.epsilon, self._h, self._lanes)
            product(self._h, n, *gate.arrays, self._gate, work)
            if learning is not None:
                learning.gate(first, n, x, self._h, self._gate)
            _activate(self._gate, n, self._acted)
            product(self._acted, n, *down.arrays, self._h, work)
            if learning is not None:
                learning.down(first, n, self._acted, self._h)
            _add(x, self._h, n)
        if learner is not None:
            learner.last[first : first + n] = x[:n]
        _normalise(x, n, self.model.norms[-1], shape.epsilon, self._h, self._lanes)
        return self._h[:n]

    def logits(self, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits of hidden states, valid until the next call."""
        product(states, len(states), *self.model.head.arrays, self._logits, self._part)
        return self._logits[: len(states)]

    def copy_stream(self, source: int, target: int) -> None:
        """Let one stream go on from what another has read."""
        self._keys[target], self._values[target] = self._keys[source], self._values[source]
        self.held[target], self.seen[target] = self.held[source], self.seen[source]

    def _make_room(self, stream: int) -> None:
        gone = max(1, (self.context - SINKS) // DROPPED)
        held = int(self.held[stream])
        end = held - gone
        keys, values = self._keys[stream], self._values[stream]
        keys[..., SINKS:end] = keys[..., SINKS + gone : held].copy()
        values[:, :, SINKS:end] = values[:, :, SINKS + gone : held].copy()
        half = keys.shape[2] // 2
        while len(self._angles) <= gone:
            self._angles = _angles(self._rotation, 2 * gone)
        cos, sin = self._angles[gone, :half, None], self._angles[gone, half:, None]
        a, b = keys[:, :, :half, :SINKS].copy(), keys[:, :, half:, :SINKS].copy()
        keys[:, :, :half, :SINKS] = a * cos - b * sin
        keys[:, :, half:, :SINKS] = b * cos + a * sin
        self.held[stream] = end


def _first_rotation(theta: float, width: int) -> NDArray[np.float64]:
    """Return cos and sin of the angles of position 1, from decimal arithmetic: (width,)."""
    with localcontext() as context:
        context.prec = 40
        out: list[list[float]] = [[], []]
        for i in range(0, width, 2):
            angle = Decimal(theta) ** (Decimal(-i) / Decimal(width))
            term, sums = Decimal(1), [Decimal(0), Decimal(0)]
            for k in range(40):
                sums[k % 2] += term if k % 4 < 2 else -term
                term = term * angle / (k + 1)
            out[0].append(float(sums[0]))
            out[1].append(float(sums[1]))
    return np.array(out[0] + out[1])


@compiled
def _angles(first: NDArray[np.float64], n: int) -> NDArray[np.float32]:
    """Return cos and sin of every position below `n` by repeated rotation: (n, width)."""
    half = len(first) // 2
    out = np.empty((n, 2 * half), np.float32)
    for i in range(half):
        c, s = 1.0, 0.0
        for position in range(n):
            out[position, i], out[position, half + i] = np.float32(c), np.float32(s)
            c, s = c * first[i] - s * first[half + i], s * first[i] + c * first[half + i]
    return out


@compiled
def _normalise(
    x: NDArray[np.float32], n: int, weight: NDArray[np.float32], epsilon: float,
    out: NDArray[np.float32], lanes: NDArray[np.float32],
) -> None:  # fmt: skip
    for row in range(n):
        share = root_mean_square(x, row, x.shape[1], epsilon, lanes)
        for i in range(x.shape[1]):
            out[row, i] = x[row, i] * share * weight[i]


@compiled
def _add(x: NDArray[np.float32], h: NDArray[np.float32], n: int) -> None:
    for row in range(n):
        for i in range(x.shape[1]):
            x[row, i] += h[row, i]


@compiled
def _activate(gate: NDArray[np.float32], n: int, out: NDArray[np.float32]) -> None:
    """Write silu(gate) * up, where the two lie side by side."""
    inner = out.shape[1]
    for row in range(n):
        for i in range(inner):
            g = gate[row, i]
            e = exponential(-abs(g))
            share = (np.float32(1) if g >= 0 else e) / (np.float32(1) + e)
            out[row, i] = g * share * gate[row, inner + i]


@compiled
def _attend(
    qkv: NDArray[np.float32], n: int, streams: NDArray[np.int64], places: NDArray[np.int64],
    positions: NDArray[np.int64], angles: NDArray[np.float32], scale: float, layer: int,
    keys: NDArray[np.float32], values: NDArray[np.float32], scores: NDArray[np.float32],
    mixed: NDArray[np.float32], lanes: NDArray[np.float32], out: NDArray[np.float32],
    weights: NDArray[np.float32], base: int, beside: NDArray[np.int64], among: NDArray[np.int64],
) -> None:  # fmt: skip
    """Put each row's key and value into its cache, then attend to all that its stream holds.

    `weights`, unless empty, gets what row ``base + row`` took from the rows of its chunk, whose
    streams and places are `beside` and `among`.
    """
    n_groups, width = keys.shape[2], keys.shape[3]
    capacity = keys.shape[4]
    n_heads = out.shape[1] // width
    shared, half = n_heads // n_groups, width // 2
    for row in range(n):
        at = positions[row]
        for head in range(n_heads + n_groups):  # queries, then keys
            first = head * width
            for i in range(half):
                a, b = qkv[row, first + i], qkv[row, first + half + i]
                c, s = angles[at, i], angles[at, half + i]
                qkv[row, first + i] = _turned_real(a, c, b, s)
                qkv[row, first + half + i] = _turned_imaginary(b, c, a, s)
        for group in range(n_groups):
            k = (n_heads + group) * width
            v = (n_heads + n_groups + group) * width
            for i in range(width):
                keys[streams[row], layer, group, i, places[row]] = qkv[row, k + i]
                values[streams[row], layer, group, places[row], i] = qkv[row, v + i]
    zero, asked = np.float32(0), np.zeros((HEADS, width), np.float32)
    places_of = (streams * keys.shape[1] + layer) * n_groups * width * capacity
    for group in range(n_groups):
        for row in range(n):
            held = places[row] + 1
            at = places_of[row] + group * width * capacity
            for begin in range(0, shared, HEADS):  # the last of them may be none
                n_here = min(HEADS, shared - begin)
                first = (group * shared + begin) * width
                for h in range(n_here):
                    for i in range(width):
                        asked[h, i] = qkv[row, first + h * width + i] * scale
                    scores[h, :held] = zero
                _score(asked, keys, at, held, n_here, scores)
                for h in range(n_here):
                    softmax(scores[h, :held], lanes)
                    if len(weights) > 0:
                        head = group * shared + begin + h
                        for other in range(base + row + 1):
                            own = beside[other] == streams[row]
                            share = scores[h, among[other]] if own else zero
                            weights[base + row, head, other] = share
                mixed[:] = zero
                _mix(scores, values, at, held, n_here, mixed)
                for h in range(n_here):
                    for i in range(width):
                        out[row, first + h * width + i] = mixed[h * width + i]


@compiled
def _score(
    asked: NDArray[np.float32], keys: NDArray[np.float32], at: int, held: int, n_heads: int,
    scores: NDArray[np.float32],
) -> None:  # fmt: skip
    """Add to each head's scores its products with the keys that begin at place `at`."""
    width, capacity, stride = asked.shape[1], keys.shape[4], scores.shape[1]
    a, k, s = pointer_to(asked), pointer_to(keys), pointer_to(scores)
    whole = held // COLUMNS * COLUMNS
    for n in range(0, whole, COLUMNS):
        for i in range(0, width, DEPTH):
            place = at + i * capacity + n
            if n_heads == 3:
                add_products(a, i, width, k, place, capacity, s, n, stride, 3, DEPTH)
            else:
                add_products(a, i, width, k, place, capacity, s, n, stride, HEADS, DEPTH)
    for h in range(n_heads):
        for n in range(whole, held):
            total = scores[h, n]
            for i in range(width):
                total = fused(asked[h, i], k[at + i * capacity + n], total)
            scores[h, n] = total


@compiled
def _mix(
    scores: NDArray[np.float32], values: NDArray[np.float32], at: int, held: int, n_heads: int,
    mixed: NDArray[np.float32],
) -> None:  # fmt: skip
    """Add to each head's part of `mixed` the values that begin at place `at`, by their scores."""
    width, stride = values.shape[4], scores.shape[1]
    s, v, m = pointer_to(scores), pointer_to(values), pointer_to(mixed)
    whole, columns = held // DEPTH * DEPTH, width // COLUMNS * COLUMNS
    for j in range(0, whole, DEPTH):
        for n in range(0, columns, COLUMNS):
            place = at + j * width + n
            if n_heads == 3:
                add_products(s, j, stride, v, place, width, m, n, width, 3, DEPTH)
            else:
                add_products(s, j, stride, v, place, width, m, n, width, HEADS, DEPTH)
    for h in range(n_heads):
        for j in range(held):
            for n in range(columns if j < whole else 0, width):
                m[h * width + n] = fused(scores[h, j], v[at + j * width + n], m[h * width + n])


@compiled
def _turned_real(a: float, c: float, b: float, s: float) -> float:
    """Return a c - b s in float32, two products rounded and then their difference."""
    return np.float32(np.float32(a * c) - np.float32(b * s))


@compiled
def _turned_imaginary(b: float, c: float, a: float, s: float) -> float:
    """Return b c + a s in float32."""
    return np.float32(np.float32(b * c) + np.float32(a * s))
