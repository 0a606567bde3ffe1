"""Code a run of bytes with a transformer, and say beforehand whether that is worth its time."""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from infoscope.core.errors import ModelError, sentence
from infoscope.core.units import from_nats
from infoscope.language.compression.container import NEURAL, Part
from infoscope.language.compression.fixed_llama import FixedLlama, Stepper
from infoscope.language.compression.neural_codec import Block, NeuralCodec
from infoscope.language.compression.vocabulary_tree import vocabulary_of
from infoscope.language.llama import LlamaModel

__all__ = ["NeuralParts"]

_SAMPLE = 160  # tokens read to judge a segment, of which the last are counted
_COUNTED = 96

_MADE: weakref.WeakKeyDictionary[Any, NeuralParts] = weakref.WeakKeyDictionary()


class NeuralParts:
    """A model ready to code: weights in fixed form, vocabulary in order, fingerprint, probe."""

    def __init__(self, model: object, function: str) -> None:
        if not isinstance(model, LlamaModel):
            raise ModelError(
                sentence(
                    function, "model", "be of the llama architecture ('smollm2', a folder, a GGUF)",
                    type(model).__name__, "Use one that is, or model=None for bytes alone.",
                )
            )  # fmt: skip
        tokenizer = model.tokenizer
        controls = tokenizer.added_ids
        unknown = model.prefix if tokenizer.escape is None else tokenizer.escape
        self._model, self.name = model, model.name
        self.context_limit = int(model.context_limit or 8192)
        self.vocabulary = vocabulary_of(model, controls, unknown)
        self._fixed = FixedLlama(model, self.vocabulary.ids)
        self._codec = NeuralCodec(self._fixed, self.vocabulary, model.prefix)
        digest = hashlib.blake2b(self._fixed.fingerprint(), digest_size=16)
        for array in self.vocabulary:
            digest.update(array.tobytes())
        self.fingerprint, self.probe = digest.digest(), self._codec.probe()
        v = self.vocabulary
        letters, spans = v.letters.tobytes(), zip(v.starts, v.starts + v.lengths, strict=True)
        self._spelled = [letters[a:b] for a, b in spans]
        self._entry_of = {spelled: i for i, spelled in enumerate(self._spelled)}

    @classmethod
    def of(cls, model: object, function: str) -> NeuralParts:
        """Return the parts of `model`, made once."""
        made = _MADE.get(model)
        if made is None:
            made = _MADE[model] = cls(model, function)
        return made

    def entries(self, data: bytes) -> np.ndarray:
        """Return `data` as entries of the vocabulary, in the cut that the model was trained on."""
        tokens, out = self._model.encode(data), list[int]()
        for a, b in zip(tokens.starts.tolist(), tokens.ends.tolist(), strict=True):
            entry = self._entry_of.get(data[a:b])
            if entry is None:  # a cut that the vocabulary does not hold, such as half an escape
                out += [self._entry_of[data[i : i + 1]] for i in range(a, b)]
            else:
                out.append(entry)
        return np.array(out, np.int64)

    def encode(
        self, data: bytes, entries: np.ndarray, n_streams: int, context: int,
        advance: Callable[[int, float], None],
    ) -> Part:  # fmt: skip
        """Return `data`, which is `entries`, as a part."""
        tell = _in_bytes(len(data), len(entries), advance)
        blocks = self._codec.encode(entries, n_streams, context, tell)
        return Part(NEURAL, len(data), tuple((b.n_tokens, b.payload, b.content) for b in blocks))

    def decode(
        self, part: Part, n_streams: int, context: int, advance: Callable[[int, float], None],
        refuse: Callable[[int], Exception],
    ) -> bytes:  # fmt: skip
        """Undo `encode`; raise ``refuse(i)`` if block i of the part decodes wrong."""
        blocks = [Block(*block) for block in part.blocks]
        tell = _in_bytes(part.n_bytes, sum(b.n_tokens for b in blocks), advance)
        entries = self._codec.decode(blocks, n_streams, context, tell, refuse)
        data = b"".join([self._spelled[entry] for entry in entries])
        if len(data) != part.n_bytes:
            raise refuse(len(blocks) - 1)
        return data

    def sampled_nats_per_byte(self, data: bytes) -> float:
        """Return the transformer's own code length per byte on a sample from the middle."""
        middle = len(data) // 2
        entries = self.entries(data[max(0, middle - 3 * _SAMPLE) : middle + 3 * _SAMPLE])[:_SAMPLE]
        counted = entries[-min(_COUNTED, len(entries)) :]
        ids = self.vocabulary.ids[entries[:-1]]
        stepper = Stepper(self._fixed, 1, _SAMPLE, 32)
        total, first = 0.0, len(entries) - len(counted)
        for a in range(0, len(ids), 32):
            piece = ids[a : a + 32]
            z = stepper.logits(stepper.step(piece, np.zeros(len(piece), np.int64)))
            for i, row in enumerate(z.astype(np.float64), start=a + 1):
                if i >= first:
                    best = row.max()
                    total += best + np.log(np.exp(row - best).sum()) - row[entries[i]]
        n_bytes = sum(len(self._spelled[entry]) for entry in counted)
        return total / n_bytes if n_bytes else np.inf


def _in_bytes(
    n_bytes: int, n_tokens: int, advance: Callable[[int, float], None]
) -> Callable[[int, float], None]:
    """Return a function that reports tokens and nats as bytes and bits."""
    done = [0, 0]

    def tell(n: int, nats: float) -> None:
        done[0] += n
        reached = n_bytes * done[0] // max(n_tokens, 1)
        advance(reached - done[1], from_nats(nats, "bits"))
        done[1] = reached

    return tell
