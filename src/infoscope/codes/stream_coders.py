"""Arithmetic (range) and ANS coding: a whole sequence within a few bits of its surprisal.

The coders underneath are `constriction`'s; what stands here checks the input, asks the model, and
refuses data that do not end where they should.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.checking import integers
from infoscope.codes.symbol_models import SymbolModel
from infoscope.core.distribution import read
from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.core.extras import require

__all__ = ["StreamCoder", "ans", "arithmetic"]

#: Rows of probabilities held at a time.
ROWS = 4096
#: Doubles that a whole sequence of distributions may take (1 GiB): ANS codes from its end.
MOST = 1 << 27


@dataclass(frozen=True)
class StreamCoder:
    """Code sequences of symbols under any sequence of distributions; use `arithmetic` or `ans`.

    The distributions are one of: an array of shape (k,), the same for every symbol; an array of
    shape (n, k), one row for each; a `SymbolModel` such as `AdaptiveModel` or `MarkovModel`, which
    learns or looks back. They are rounded to 24 bits, so that the size stays within 0.1 % of the
    surprisal for long sequences.

    Attributes
    ----------
    name : str
        "arithmetic" or "ans".

    Examples
    --------
    >>> from infoscope.codes import arithmetic
    >>> data = arithmetic.encode([0, 0, 1, 0], [0.9, 0.1])
    >>> len(data), arithmetic.decode(data, [0.9, 0.1], 4).tolist()
    (4, [0, 0, 1, 0])
    """

    name: str

    def encode(self, symbols: ArrayLike, distributions: ArrayLike | SymbolModel) -> bytes:
        """Return `symbols` as bytes, whole 32-bit words.

        Parameters
        ----------
        symbols : integer array of shape (n,)
            Each in 0 ... k - 1 and of probability above 0 where it stands.
        distributions : array of shape (k,) or (n, k), or SymbolModel
            What the decoder will be given too.

        Returns
        -------
        bytes
            -sum log2 p(x_i) bits and at most two words more.

        Raises
        ------
        NotADistribution
            If a row is negative or NaN somewhere or does not sum to 1.
        InvalidArgument
            If a symbol has probability 0 or lies outside the alphabet, or shapes do not fit.
        MissingExtra
            If constriction is not installed.

        Notes
        -----
        Some 70 million symbols a second for one distribution, 0.2 million with a model.
        """
        call = f"{self.name}.encode"
        s = integers(symbols, call, "symbols")
        coder = _coder(self.name)
        if isinstance(distributions, SymbolModel):
            coder.write(_model_rows(s, distributions, call))
        else:
            table = _table(distributions, call)
            _check_symbols(s, table, call)
            if table.ndim == 1:
                coder.write_same(s, table)
            else:
                coder.write((s[i : i + ROWS], table[i : i + ROWS]) for i in range(0, s.size, ROWS))
        return coder.finish()

    def decode(
        self, data: bytes, distributions: ArrayLike | SymbolModel, n: int | None = None
    ) -> NDArray[np.int64]:
        """Return the `n` symbols that `data` holds.

        Parameters
        ----------
        data : bytes
            As `encode` wrote them.
        distributions : array of shape (k,) or (n, k), or SymbolModel
            The same numbers to the last bit as in `encode`.
        n : int, optional
            How many symbols; the number of rows when an array of shape (n, k) is given.

        Returns
        -------
        int64 array of shape (n,)

        Raises
        ------
        DataError
            If the data are no whole words, stand for no symbol, or are not used up after n symbols.
        InvalidArgument
            If n is needed and missing, or does not fit.

        Notes
        -----
        Such data carry no checksum: other distributions, a flipped bit or a spare word usually
        give other symbols, or the same, and no error. Files need a container with checksums
        (`infoscope compress`).
        """
        call = f"{self.name}.decode"
        model = distributions if isinstance(distributions, SymbolModel) else None
        table = None if model is not None else _table(distributions, call)
        n = _number(n, table, call)
        if len(data) % 4:
            raise DataError(
                sentence(call, "data", "be whole words of 4 bytes", f"{len(data)} bytes",
                         "Some of them were lost or added.")
            )  # fmt: skip
        reader = _reader(self.name, data, call)
        if model is not None:
            out = np.empty(n, np.int64)
            model.start()
            for i in range(n):
                out[i] = symbol = reader.read_one(model.predict())
                model.update(int(symbol))
        elif table is not None and table.ndim == 1:
            out = reader.read_same(table, n)
        else:
            assert table is not None
            parts = [reader.read(table[i : i + ROWS]) for i in range(0, n, ROWS)]
            out = np.concatenate(parts) if parts else np.empty(0)
        if not reader.is_done():
            raise DataError(
                sentence(call, "data", f"be used up after {n:,} symbols", "more of them",
                         "Pass the distributions and the n of one encoding.")
            )  # fmt: skip
        return out.astype(np.int64)


#: First in, first out: for streams that are written and read in order.
arithmetic = StreamCoder("arithmetic")
#: Last in, first out inside (asymmetric numeral systems): a little faster.
ans = StreamCoder("ans")

Rows = tuple[NDArray[np.int64], NDArray[np.float64]]


class _RangeWriter:
    """Write rows as they come."""

    def __init__(self, stream: Any) -> None:
        self._coder, self._models = stream.queue.RangeEncoder(), stream.model

    def write_same(self, s: NDArray[np.int64], p: NDArray[np.float64]) -> None:
        if s.size:
            self._coder.encode(
                s.astype(np.int32), self._models.Categorical(_ready(p), perfect=False)
            )

    def write(self, rows: Iterator[Rows]) -> None:
        family = self._models.Categorical(perfect=False)
        for s, p in rows:
            self._coder.encode(s.astype(np.int32), family, _ready(p))

    def finish(self) -> bytes:
        return self._coder.get_compressed().astype("<u4").tobytes()


class _AnsWriter(_RangeWriter):
    """Collect all rows, and write them from the last."""

    def __init__(self, stream: Any) -> None:
        self._coder, self._models = stream.stack.AnsCoder(), stream.model

    def write_same(self, s: NDArray[np.int64], p: NDArray[np.float64]) -> None:
        if s.size:
            model = self._models.Categorical(_ready(p), perfect=False)
            self._coder.encode_reverse(s.astype(np.int32), model)

    def write(self, rows: Iterator[Rows]) -> None:
        family = self._models.Categorical(perfect=False)
        held: list[Rows] = []
        size = 0
        for row in rows:
            held.append(row)
            size += row[1].size if row[1].base is None else 0
            if size > MOST:
                raise InvalidArgument(
                    sentence("ans.encode", "distributions", f"be at most {MOST:,} numbers",
                             f"more than {size:,}",
                             "Use arithmetic, which codes in order, or encode in parts.")
                )  # fmt: skip
        for s, p in reversed(held):
            self._coder.encode_reverse(s.astype(np.int32), family, _ready(p))


class _Reader:
    """Read symbols in order from either coder."""

    def __init__(self, decoder: Any, models: Any, is_done: Callable[[], bool], call: str) -> None:
        self._decoder, self._models, self.is_done = decoder, models, is_done
        self._call = call

    def read_one(self, p: NDArray[np.float64]) -> int:
        return self._symbols(self._models.Categorical(_ready(p), lazy=True))

    def read_same(self, p: NDArray[np.float64], n: int) -> Any:
        return self._symbols(self._models.Categorical(_ready(p), perfect=False), n)

    def read(self, p: NDArray[np.float64]) -> Any:
        return self._symbols(self._models.Categorical(perfect=False), _ready(p))

    def _symbols(self, *what: Any) -> Any:
        try:
            return self._decoder.decode(*what)
        except AssertionError:  # how constriction tells of words that no encoder writes
            raise DataError(
                sentence(self._call, "data", "be what encode wrote with these distributions",
                         "words that stand for no symbol", "They were changed, or are of others.")
            ) from None  # fmt: skip


def _stream() -> Any:
    require("constriction", extra="codes", purpose="arithmetic and ANS coding")
    constriction: Any = __import__("constriction")
    return constriction.stream


def _coder(name: str) -> _RangeWriter:
    return (_RangeWriter if name == "arithmetic" else _AnsWriter)(_stream())


def _reader(name: str, data: bytes, call: str) -> _Reader:
    stream = _stream()
    words = np.frombuffer(data, "<u4").astype(np.uint32)
    if name == "arithmetic":
        decoder = stream.queue.RangeDecoder(words)
        return _Reader(decoder, stream.model, decoder.maybe_exhausted, call)
    if words.size and words[-1] == 0:  # constriction's own check is a panic
        raise DataError(
            sentence(call, "data", "end in a word above 0", "a last word of 0",
                     "The end of the data was lost or changed.")
        )  # fmt: skip
    decoder = stream.stack.AnsCoder(words)
    return _Reader(decoder, stream.model, decoder.is_empty, call)


def _table(distributions: object, call: str) -> NDArray[np.float64]:
    rows = read(distributions, axis=-1, function=call, argument="distributions")
    table: Any = np.array(rows.probabilities, np.float64)
    if table.ndim not in (1, 2):
        raise InvalidArgument(
            sentence(call, "distributions", "have shape (k,) or (n, k)", f"shape {table.shape}")
        )
    return table


def _ready(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return rows as constriction takes them: in one piece, of at least two symbols."""
    if p.shape[-1] == 1:
        p = np.concatenate([p, np.zeros_like(p)], axis=-1)
    return np.ascontiguousarray(p)


def _check_symbols(s: NDArray[np.int64], table: NDArray[np.float64], call: str) -> None:
    if table.ndim == 2 and table.shape[0] != s.size:
        raise InvalidArgument(
            sentence(call, "distributions", f"have one row for each of {s.size:,} symbols",
                     f"{table.shape[0]:,} rows")
        )  # fmt: skip
    k = table.shape[-1]
    if s.size and (s.min() < 0 or s.max() >= k):
        at = int(np.argmax((s < 0) | (s >= k)))
        raise InvalidArgument(
            sentence(call, "symbols", f"lie in 0 to {k - 1}", f"{s[at]} at index {at}")
        )
    given = table[s] if table.ndim == 1 else np.take_along_axis(table, s[:, None], 1)[:, 0]
    if not given.all():
        at = int(np.argmin(given))
        raise _impossible(call, int(s[at]), at)


def _impossible(call: str, symbol: int, at: int) -> InvalidArgument:
    return InvalidArgument(
        sentence(call, "symbols", "have probability above 0 where they stand",
                 f"{symbol} at index {at}, whose surprisal is infinite",
                 "Give every symbol that can occur a probability above 0.")
    )  # fmt: skip


def _model_rows(s: NDArray[np.int64], model: SymbolModel, call: str) -> Iterator[Rows]:
    """Yield symbols with the model's rows, asked for as the decoder will ask."""
    model.start()
    k = model.n_symbols
    if s.size and (s.min() < 0 or s.max() >= k):
        at = int(np.argmax((s < 0) | (s >= k)))
        raise InvalidArgument(
            sentence(call, "symbols", f"lie in 0 to {k - 1}", f"{s[at]} at index {at}")
        )
    for start in range(0, s.size, ROWS):
        part = s[start : start + ROWS]
        rows = np.empty((part.size, k))
        for i, symbol in enumerate(part.tolist()):
            rows[i] = model.predict()
            if not rows[i, symbol] > 0:
                raise _impossible(call, symbol, start + i)
            model.update(symbol)
        yield part, rows


def _number(n: int | None, table: NDArray[np.float64] | None, call: str) -> int:
    if table is not None and table.ndim == 2:
        if n not in (None, table.shape[0]):
            raise InvalidArgument(
                sentence(call, "n", f"be the number of rows, {table.shape[0]}", n)
            )
        return int(table.shape[0])
    if n is None or n < 0:
        raise InvalidArgument(
            sentence(call, "n", "be given: the number of symbols", n,
                     "Keep the length beside the data.")
        )  # fmt: skip
    return n
