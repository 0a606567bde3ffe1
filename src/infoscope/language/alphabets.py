"""Ways to cut bytes into symbols for models that are trained here: bytes, characters, tokens.

Each alphabet spells every byte string exactly, and `n_symbols` of its ids may be predicted; one
more id, the last, stands before a text and is never predicted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, ModelError, sentence
from infoscope.language.contract import Tokens
from infoscope.language.tokenizer import ByteTokenizer

__all__ = [
    "Alphabet", "ByteAlphabet", "CharacterAlphabet", "TokenAlphabet", "alphabet_from_card",
]  # fmt: skip

_START = b"<start>"
_TOKENIZER_FILE = "tokenizer.json"


class Alphabet(Protocol):
    """What a trained model needs of its symbols; `unit` is the word for one of them."""

    @property
    def unit(self) -> str:
        """What one symbol is called."""
        ...

    @property
    def n_symbols(self) -> int:
        """How many ids may be predicted; the start symbol has the next one."""
        ...

    def encode(self, text: bytes) -> Tokens:
        """Cut bytes into symbols that cover them."""
        ...

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes behind `ids`."""
        ...

    def spell(self, symbol: int) -> bytes:
        """Return the bytes of one symbol."""
        ...

    def write(self, folder: Path) -> dict[str, Any]:
        """Write what the alphabet needs into `folder`, and return its card."""
        ...


@dataclass(frozen=True, slots=True)
class ByteAlphabet:
    """The 256 bytes: every text is itself."""

    unit: str = "byte"
    n_symbols: int = 256

    def encode(self, text: bytes) -> Tokens:
        """Return the bytes as ids, one byte each."""
        ids = np.frombuffer(text, np.uint8).astype(np.int64)
        starts = np.arange(len(ids), dtype=np.int64)
        return Tokens(ids, starts, starts + 1)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes behind `ids`; the start symbol has none."""
        return bytes(i for i in ids if i != self.n_symbols)

    def spell(self, symbol: int) -> bytes:
        """Return the byte, or the name of the start symbol."""
        return _START if symbol == self.n_symbols else bytes([symbol])

    def write(self, folder: Path) -> dict[str, Any]:  # noqa: ARG002
        """Return the card; bytes need no file."""
        return {"kind": "bytes"}


@dataclass(frozen=True)
class CharacterAlphabet:
    """The characters of the training text, and 256 ids that spell all other text byte by byte."""

    characters: str  # sorted, each once
    unit: str = field(default="character", init=False)

    @classmethod
    def of(cls, texts: Sequence[bytes]) -> CharacterAlphabet:
        """Collect the characters of `texts`; bytes that are not UTF-8 are left to the byte ids."""
        found = {char for text in texts for char in text.decode("utf-8", "surrogateescape")}
        return cls("".join(sorted(char for char in found if not "\ud800" <= char <= "\udfff")))

    @property
    def n_symbols(self) -> int:
        """Number of symbols that can be predicted."""
        return len(self.characters) + 256

    @cached_property
    def _points(self) -> NDArray[np.uint32]:
        return np.frombuffer(self.characters.encode("utf-32-le"), np.uint32)

    def encode(self, text: bytes) -> Tokens:
        """Return known characters as one id each, all other bytes as byte ids."""
        decoded = text.decode("utf-8", "surrogateescape")
        points = np.frombuffer(decoded.encode("utf-32-le", "surrogatepass"), np.uint32)
        escaped = (points >= 0xDC80) & (points <= 0xDCFF)
        widths = np.where(escaped, 1, _utf8_width(points))
        begins = np.cumsum(widths) - widths
        place = np.searchsorted(self._points, points)
        if len(self._points):
            place = np.minimum(place, len(self._points) - 1)
            known = self._points[place] == points
        else:
            known = np.zeros(len(points), bool)
        pieces = np.where(known, 1, widths)  # ids per character
        owner = np.repeat(np.arange(len(points)), pieces)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        starts = begins[owner] + offset
        raw = np.frombuffer(text, np.uint8).astype(np.int64)
        spelled = len(self.characters) + raw[starts]
        ids = np.where(known[owner], place[owner], spelled).astype(np.int64)
        ends = starts + np.where(known, widths, 1)[owner]
        return Tokens(ids, starts.astype(np.int64), ends.astype(np.int64))

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes behind `ids`."""
        return b"".join(self.spell(i) for i in ids if i != self.n_symbols)

    def spell(self, symbol: int) -> bytes:
        """Return the bytes of one symbol, or the name of the start symbol."""
        n = len(self.characters)
        if symbol < n:
            return self.characters[symbol].encode()
        return _START if symbol == n + 256 else bytes([symbol - n])

    def write(self, folder: Path) -> dict[str, Any]:  # noqa: ARG002
        """Return the card, which holds the characters."""
        return {"kind": "characters", "characters": self.characters}


@dataclass(frozen=True)
class TokenAlphabet:
    """The vocabulary of a tokenizer, that of a language model say."""

    tokenizer: ByteTokenizer
    name: str
    unit: str = field(default="token", init=False)

    @property
    def n_symbols(self) -> int:
        """Number of symbols that can be predicted: the whole vocabulary."""
        return self.tokenizer.n_vocabulary

    def encode(self, text: bytes) -> Tokens:
        """Cut the text as the tokenizer does."""
        return self.tokenizer.encode(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes behind `ids`."""
        return self.tokenizer.decode([i for i in ids if i != self.n_symbols])

    def spell(self, symbol: int) -> bytes:
        """Return the bytes of one token, or the name of the start symbol."""
        return _START if symbol == self.n_symbols else self.tokenizer.spell(symbol)

    def write(self, folder: Path) -> dict[str, Any]:
        """Write tokenizer.json into `folder` and return the card."""
        (folder / _TOKENIZER_FILE).write_text(self.tokenizer.description, encoding="utf-8")
        return {"kind": "tokens", "name": self.name, "escape": self.tokenizer.escape}


def alphabet_from_card(card: Mapping[str, Any], folder: Path) -> Alphabet:
    """Make the alphabet that `write` described."""
    kind = card.get("kind")
    if kind == "bytes":
        return ByteAlphabet()
    if kind == "characters" and isinstance(card.get("characters"), str):
        return CharacterAlphabet(card["characters"])
    if kind == "tokens":
        path = folder / _TOKENIZER_FILE
        if not path.is_file():
            raise ModelError(
                sentence("load", "name_or_path", "be a whole model folder",
                         f"{folder} without {_TOKENIZER_FILE}", "Save the model again.")
            )  # fmt: skip
        tokenizer = ByteTokenizer.from_file(path, escape=card.get("escape"))
        return TokenAlphabet(tokenizer, str(card.get("name", "tokens")))
    raise InvalidArgument(
        sentence("load", "the model's alphabet", "be bytes, characters or tokens", repr(kind))
    )


def _utf8_width(points: NDArray[np.uint32]) -> NDArray[np.int64]:
    return 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
