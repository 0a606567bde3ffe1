"""Prediction by partial matching: the textbook's adaptive model, written to be read.

The longest context that has been seen speaks first; what it has never seen it hands, with an escape
probability, to the context one byte shorter, and bytes already spoken for are left out there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, WrongType, sentence

__all__ = ["PartialMatching"]

_MOST = 32


class PartialMatching:
    """Adaptive next-byte probabilities with escapes (method C) and exclusion.

    P(byte | context) = count / (total + distinct), and distinct / (total + distinct) for "escape"

    Parameters
    ----------
    order : int
        Longest context in bytes, 0 to 32; 4 to 6 suit texts.

    Raises
    ------
    InvalidArgument
        If `order` is out of range.
    WrongType
        If it is no whole number.

    Notes
    -----
    For teaching and for the ladder of models: about 80 µs per byte and 100 bytes of memory per
    context. `ByteMixer` predicts better and is faster.

    Source
    ------
    Cleary and Witten, Data compression using adaptive coding and partial string matching (1984);
    Moffat, Implementing the PPM data compression scheme (1990), method C.

    Examples
    --------
    After "abab" the context "ab" has seen "a" once: 1/2 for it, 1/2 for an escape.

    >>> model = PartialMatching(2)
    >>> model.learn(b"abab")
    >>> float(model.distribution()[ord("a")])
    0.5
    """

    def __init__(self, order: int) -> None:
        if isinstance(order, bool) or not isinstance(order, int):
            raise WrongType(sentence("PartialMatching", "order", "be a whole number", repr(order)))
        if not 0 <= order <= _MOST:
            raise InvalidArgument(
                sentence("PartialMatching", "order", f"lie in 0 to {_MOST}", order)
            )
        self.order = order
        self._counts: dict[bytes, dict[int, int]] = {}
        self._recent = b""

    def fork(self, n_bytes: int) -> PartialMatching:  # noqa: ARG002 - as `ByteMixer.fork`
        """Return a model that knows the same; this one stays."""
        other = PartialMatching(self.order)
        other._counts = {context: dict(seen) for context, seen in self._counts.items()}
        other._recent = self._recent
        return other

    def distribution(self) -> NDArray[np.float64]:
        """Return the probabilities of the next byte, shape (256,); all are positive."""
        out, left = np.zeros(256), 1.0
        spoken: set[int] = set()
        for n in range(len(self._recent), -1, -1):
            seen = self._counts.get(self._recent[len(self._recent) - n :])
            if not seen:
                continue
            fresh = {byte: count for byte, count in seen.items() if byte not in spoken}
            if not fresh:
                continue
            everything = len(spoken) + len(fresh) == 256  # nothing is left to escape to
            total = sum(fresh.values()) + (0 if everything else len(fresh))
            for byte, count in fresh.items():
                out[byte] = left * count / total
            spoken |= fresh.keys()
            if everything:
                return out
            left *= len(fresh) / total
        unseen = [byte for byte in range(256) if byte not in spoken]
        out[unseen] = left / len(unseen)
        return out

    def learn(self, data: bytes) -> None:
        """Read `data`: count each byte in its contexts, the longest known and all above it."""
        for byte in data:
            for n in range(len(self._recent), -1, -1):
                context = self._recent[len(self._recent) - n :]
                seen = self._counts.setdefault(context, {})
                known = byte in seen
                seen[byte] = seen.get(byte, 0) + 1
                if known:  # shorter contexts count only what the longer did not know
                    break
            self._recent = (self._recent + bytes([byte]))[-self.order :] if self.order else b""

    def surprisals(self, data: bytes) -> NDArray[np.float64]:
        """Return each byte's code length in nats, and learn from it."""
        out = np.empty(len(data))
        for i, byte in enumerate(data):
            out[i] = -np.log(self.distribution()[byte])
            self.learn(data[i : i + 1])
        return out
