"""Models that learn a text's bytes while they read it, behind the contract of language models.

They know nothing beforehand: each window starts anew, and the row of a byte has learnt from all
bytes of the window before it. So a score is what the text would cost if it were sent to somebody
who has the same empty model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.byte_models.mixing import ByteMixer
from infoscope.codes.byte_models.partial_matching import PartialMatching
from infoscope.core.errors import UnknownName, sentence
from infoscope.language.contract import RowsOnDemand, Tokens

__all__ = ["ByteSequenceModel", "learnt_before"]

_NAME = re.compile(r"mix|ppm(?::(\d{1,2}))?")


class ByteSequenceModel:
    """Context mixing ("mix") or partial matching ("ppm:5") as a `LanguageModel` of 256 bytes.

    Parameters
    ----------
    name : str
        "mix", or "ppm:N" with the longest context N; "ppm" is "ppm:5".
    documents : sequence of bytes
        Read before every window; none by default.

    Raises
    ------
    UnknownName
        If it is neither.

    Notes
    -----
    Scoring takes about 0.2 ms per byte: all 256 probabilities are asked for. `mix` learns between
    the bits of a byte when it codes, which rows of probabilities cannot show: codes are shorter by
    about a percent.

    Examples
    --------
    >>> import numpy as np
    >>> model = ByteSequenceModel("ppm:2")
    >>> rows = model.predict(np.array([256, 97, 98, 97, 98])).rows(4, 5)
    >>> round(float(np.exp(rows[0, 97])), 3)
    0.5
    """

    n_vocabulary = 257
    prefix = 256
    context_limit: int | None = None
    default_context = 1 << 20
    dtype = "float64"

    def __init__(self, name: str, documents: Sequence[bytes] = ()) -> None:
        match = _NAME.fullmatch(name)
        if match is None:
            raise UnknownName(
                sentence("ByteSequenceModel", "name", "be 'mix' or 'ppm:N'", repr(name))
            )
        self.name = name
        self._order = None if name == "mix" else int(match[1] or 5)
        size = sum(len(text) for text in documents)
        if self._order is None:
            mixer = ByteMixer(max(size, 1 << 16))
            for text in documents:
                mixer.surprisals(text)
            self._known: ByteMixer | PartialMatching = mixer
        else:
            self._known = PartialMatching(self._order)
            for text in documents:
                self._known.learn(text)

    def encode(self, text: bytes) -> Tokens:
        """Return one token per byte."""
        places = np.arange(len(text) + 1, dtype=np.int64)
        return Tokens(np.frombuffer(text, np.uint8).astype(np.int64), places[:-1], places[1:])

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes behind `ids`; the start has none."""
        return bytes(int(i) for i in ids if i != self.prefix)

    def spell(self, token: int) -> bytes:
        """Return the byte of one id."""
        return bytes([token]) if token != self.prefix else b"<start>"

    def predict(self, window: NDArray[np.int64], start: int = 0) -> RowsOnDemand:
        """Return log-probabilities after each position of `window` from `start` on."""
        model, read = self._known.fork(len(window)), 0

        def learn(end: int) -> None:
            nonlocal read
            data = bytes(int(i) for i in window[read:end] if i != self.prefix)
            if isinstance(model, ByteMixer):
                model.surprisals(data)
            else:
                model.learn(data)
            read = end

        def rows(first: int, last: int) -> NDArray[np.float64]:
            out = np.full((last - first, self.n_vocabulary), -np.inf)
            for i in range(first, last):
                learn(start + i + 1)
                out[i - first, :256] = np.log(model.distribution())
            return out

        return RowsOnDemand(len(window) - start, rows)


def learnt_before(documents: Sequence[bytes], *, name: str) -> ByteSequenceModel:
    """Return the model `name` that has read `documents`: what `load(name, train=...)` calls."""
    return ByteSequenceModel(name, documents)
