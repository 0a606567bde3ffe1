"""Code a text's tokens under a transformer, in one stream or several that share what they learn.

The first tokens are read by one stream; the others then start from a copy of its memory, so that
none begins without a context. After every `CHUNK` tokens the transformer learns them (`learning`).
Encoder and decoder differ only in how many known tokens they hand to the transformer at once, which
changes no result.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.byte_models.binary_coder import ROOM, finish, new_coder, open_coder
from infoscope.core.compiling import compiled
from infoscope.language.compression.container import BLOCK_TOKENS
from infoscope.language.compression.fixed_llama import DROPPED, SINKS, FixedLlama, Stepper
from infoscope.language.compression.learning import Learner
from infoscope.language.compression.mixture import new_mixture
from infoscope.language.compression.token_coder import code_token
from infoscope.language.compression.vocabulary_tree import Vocabulary, accumulate

__all__ = ["CHUNK", "LEAD", "Block", "NeuralCodec"]

CHUNK = 64  # tokens between two lessons
LEAD = 2048  # tokens that one stream reads before the others copy its memory
MOST_BYTES = 64 * ROOM * 8  # that one token may take


class Block(NamedTuple):
    """Some tokens of a text as bytes, with a checksum of the tokens."""

    n_tokens: int
    payload: bytes
    content: int


class NeuralCodec:
    """Writes and reads blocks of entries of a vocabulary under one model."""

    def __init__(self, model: FixedLlama, vocabulary: Vocabulary, prefix: int) -> None:
        self.model, self.vocabulary, self.prefix = model, vocabulary, prefix

    def probe(self) -> int:
        """Return a checksum of what this machine computes for eight fixed tokens."""
        stepper = Stepper(self.model, 1, 16, 1)
        check = 0
        for i in range(8):
            token = np.array([self.vocabulary.ids[i * 997 % len(self.vocabulary.ids)]])
            check = zlib.crc32(stepper.logits(stepper.step(token, np.zeros(1, np.int64))), check)
        return check

    def encode(
        self, entries: NDArray[np.int64], n_streams: int, context: int,
        advance: Callable[[int, float], None],
    ) -> list[Block]:  # fmt: skip
        """Return the blocks of a text; `advance` is told (tokens, nats) as they are coded."""
        return _Run(self, len(entries), n_streams, context, advance).encode(entries)

    def decode(
        self, blocks: Sequence[Block], n_streams: int, context: int,
        advance: Callable[[int, float], None], refuse: Callable[[int], Exception],
    ) -> NDArray[np.int64]:  # fmt: skip
        """Return the entries behind `blocks`; raise ``refuse(i)`` if block i decodes wrong."""
        n = sum(block.n_tokens for block in blocks)
        return _Run(self, n, n_streams, context, advance).decode(blocks, refuse)


class _Run:
    """One pass over a text: the same for both directions but for what is known."""

    def __init__(
        self, codec: NeuralCodec, n: int, n_streams: int, context: int,
        advance: Callable[[int, float], None],
    ) -> None:  # fmt: skip
        self.codec, self.n, self.n_streams, self.advance = codec, n, n_streams, advance
        self.lead = n if n_streams == 1 else min(n, LEAD)
        rest = n - self.lead
        bounds = [self.lead + rest * s // n_streams for s in range(n_streams + 1)]
        self.bounds = np.array(bounds, np.int64)
        longest = self.lead + int(np.diff(self.bounds).max(initial=0)) + 1
        self.mixture = new_mixture(n_streams, longest)
        most = min(CHUNK, (context - SINKS) // DROPPED)  # so many fit after dropping once
        self.most, self.each = most, max(1, min(CHUNK // n_streams, most))
        n_rows = max(n_streams * self.each, most)
        self.learner = Learner(codec.model, n_rows)
        self.stepper = Stepper(codec.model, n_streams, context, n_rows, self.learner)
        self.slopes = np.empty((n_rows, len(codec.vocabulary.ids)), np.float32)
        self.entries = np.zeros(n, np.int64)
        self.sums = np.empty(len(codec.vocabulary.ids) + 1, np.uint64)
        self.ideal = np.zeros(1)
        self.coder = new_coder()
        self.payload = np.empty(0, np.uint8)

    def chunks(self) -> list[list[NDArray[np.int64]]]:
        """Return for each chunk its steps, each with the places in the text that it codes."""
        plan = [
            [np.array([i]) for i in range(a, min(a + self.most, self.lead))]
            for a in range(0, self.lead, self.most)
        ]
        steps = int(np.diff(self.bounds).max(initial=0)) if self.lead < self.n else 0
        for a in range(0, steps, self.each):
            rows = [self.bounds[:-1] + t for t in range(a, min(a + self.each, steps))]
            plan.append([row[row < self.bounds[1:]] for row in rows])
        return plan

    def streams(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return which stream codes each place."""
        if places[0] < self.lead:
            return np.zeros(len(places), np.int64)
        return np.searchsorted(self.bounds, places, side="right") - 1

    def inputs(self, places: NDArray[np.int64], streams: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the token before each place, as its stream sees it."""
        before = places - 1
        starts = (places == self.bounds[streams]) & (places >= self.lead)
        before[starts] = self.lead - 1  # a stream goes on where the first tokens ended
        ids = self.codec.vocabulary.ids[self.entries[before]]
        return np.where(before < 0, self.codec.prefix, ids)

    def fork(self) -> None:
        """Let all streams go on from what the first has read and learnt."""
        for s in range(1, self.n_streams):
            self.stepper.copy_stream(0, s)
            self.mixture.registers[s] = self.mixture.registers[0]
            self.mixture.tokens[s, : self.lead] = self.mixture.tokens[0, : self.lead]

    def begin(self, steps: list[NDArray[np.int64]]) -> None:
        """Make room for a chunk: its rows stay where they are until the lesson."""
        if steps[0][0] == self.lead and self.lead < self.n:
            self.fork()
        streams = np.concatenate([self.streams(places) for places in steps])
        for stream, n in enumerate(np.bincount(streams).tolist()):
            self.stepper.make_room(stream, n)

    def read(self, places: NDArray[np.int64], streams: NDArray[np.int64], first: int) -> None:
        """Run the tokens before `places` through the transformer, as rows `first` and on."""
        states = self.stepper.step(self.inputs(places, streams), streams, first)
        self.rows, self.rows_from = self.stepper.logits(states), first

    def code(self, places: NDArray[np.int64], first: int, decoding: bool) -> None:
        """Code the tokens at `places`, which are rows `first` and on."""
        m, v = self.mixture, self.codec.vocabulary
        for row, (place, stream) in enumerate(zip(places, self.streams(places), strict=True)):
            accumulate(self.rows[first + row - self.rows_from], self.sums)
            entry = code_token(
                m, v, self.sums, stream, self.coder, self.payload, decoding,
                self.entries[place], self.ideal,
            )  # fmt: skip
            self.entries[place] = entry
            _slope(self.sums, entry, self.slopes[first + row])

    def encode(self, entries: NDArray[np.int64]) -> list[Block]:
        self.entries[:] = entries
        blocks: list[Block] = []
        for members in self.blocks():
            self.coder = new_coder()
            n_tokens = sum(len(places) for steps in members for places in steps)
            self.payload = np.empty(n_tokens * 64 + MOST_BYTES, np.uint8)
            content = 0
            for steps in members:
                before = self.ideal[0]
                self.begin(steps)
                together = np.concatenate(steps)
                self.read(together, self.streams(together), 0)
                row = 0
                for places in steps:
                    self.reserve()
                    self.code(places, row, False)
                    content = zlib.crc32(self.entries[places].astype("<i4"), content)
                    row += len(places)
                self.learner.learn(self.slopes, row)
                self.advance(row, float(self.ideal[0] - before))
            size = finish(self.coder, self.payload)
            blocks.append(Block(n_tokens, self.payload[:size].tobytes(), content))
        return blocks

    def decode(
        self, blocks: Sequence[Block], refuse: Callable[[int], Exception]
    ) -> NDArray[np.int64]:
        plan = self.blocks()
        sizes = [sum(len(places) for steps in members for places in steps) for members in plan]
        if sizes != [block.n_tokens for block in blocks]:
            raise refuse(0)
        for number, (members, block) in enumerate(zip(plan, blocks, strict=True)):
            self.coder = new_coder()
            self.payload = np.frombuffer(block.payload, np.uint8).copy()
            open_coder(self.coder, self.payload)
            content = 0
            for steps in members:
                before = self.ideal[0]
                self.begin(steps)
                row = 0
                for places in steps:
                    self.read(places, self.streams(places), row)
                    self.code(places, row, True)
                    content = zlib.crc32(self.entries[places].astype("<i4"), content)
                    row += len(places)
                self.learner.learn(self.slopes, row)
                self.advance(row, float(self.ideal[0] - before))
            if content != block.content:
                raise refuse(number)
        return self.entries

    def blocks(self) -> list[list[list[NDArray[np.int64]]]]:
        """Return the chunks of each block."""
        out: list[list[list[NDArray[np.int64]]]] = []
        size = BLOCK_TOKENS
        for chunk in self.chunks():
            n = sum(len(places) for places in chunk)
            if size + n > BLOCK_TOKENS:
                out.append([])
                size = 0
            out[-1].append(chunk)
            size += n
        return out

    def reserve(self) -> None:
        """Grow the payload if a few tokens might not fit."""
        if int(self.coder[3]) + MOST_BYTES * self.n_streams > len(self.payload):
            more = np.empty(2 * len(self.payload) + MOST_BYTES * self.n_streams, np.uint8)
            more[: len(self.payload)] = self.payload
            self.payload = more


@compiled
def _slope(sums: NDArray[np.uint64], entry: int, out: NDArray[np.float32]) -> None:
    """Write the gradient of a token's code length by the logits: all shares, and -1 for its own."""
    total = np.float32(np.float64(sums[len(sums) - 1]))
    for n in range(len(out)):
        out[n] = np.float32(np.float64(sums[n + 1] - sums[n])) / total
    out[entry] -= np.float32(1)
