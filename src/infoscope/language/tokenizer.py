"""Cut bytes into a model's tokens and spell tokens as bytes, exactly, whatever the bytes are.

Three things that plain tokenizers do to a text are undone here, because each makes a measured
number belong to another text: control strings inside a text are spelled instead of obeyed, bytes
that are not UTF-8 keep their value, and bytes that the vocabulary lacks (21 of 256 in SmolLM2) are
escaped as the unknown token and two hexadecimal digits instead of being dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders

from infoscope.core.errors import DataError, ModelError, sentence
from infoscope.language.contract import Tokens
from infoscope.language.text_borders import border_pattern, cut_at_borders

__all__ = ["ByteTokenizer", "byte_alphabet"]

_PART = 100_000  # characters encoded together: the binding needs 150 bytes for each
_HEX_DIGITS = "0123456789abcdef"
_FALLBACK = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE_MARK = "▁"  # U+2581, SentencePiece's visible space


def byte_alphabet() -> dict[int, str]:
    """Return the printable character that stands for each byte in byte-level vocabularies.

    Printable Latin-1 bytes stand for themselves, the other 68 are numbered from U+0100 on.

    Source
    ------
    Radford et al., GPT-2 (2019), ``encoder.py``.
    """
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = [byte for byte in range(256) if byte not in printable]
    shifted = {byte: chr(256 + k) for k, byte in enumerate(others)}
    return {byte: shifted.get(byte, chr(byte)) for byte in range(256)}


class ByteTokenizer:
    """A tokenizer from a ``tokenizer.json`` description, with bytes on its text side.

    Parameters
    ----------
    description : str
        The text of a ``tokenizer.json``: byte-level, or SentencePiece-like with byte fallback.
    escape : int or None
        Token id that introduces a byte which the vocabulary cannot spell (the unknown token).
    """

    def __init__(self, description: str, *, escape: int | None = None) -> None:
        try:
            self._tokenizer = Tokenizer.from_str(description)
        except Exception as error:  # noqa: BLE001 - the binding raises a bare Exception
            raise ModelError(
                sentence("load", "tokenizer.json", "describe a tokenizer", str(error).rstrip("."))
            ) from None
        self.description = description
        self._tokenizer.encode_special_tokens = True
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._byte_level = isinstance(self._tokenizer.decoder, decoders.ByteLevel)
        vocabulary = self._tokenizer.get_vocab(with_added_tokens=True)
        tokens = self._tokenizer.get_added_tokens_decoder()
        self.added_ids = frozenset(tokens)
        added = {token.content for token in tokens.values()}
        self._spellings = self._spell_all(vocabulary, added)
        self.escape = escape
        single = {s: i for i, s in enumerate(self._spellings) if len(s) == 1}
        self._byte_ids = {s[0]: i for s, i in single.items()}
        if not self._byte_level:
            fallback = ((_FALLBACK.fullmatch(token), i) for token, i in vocabulary.items())
            self._byte_ids = {int(m[1], 16): i for m, i in fallback if m}
        self._digits = [single.get(digit.encode()) for digit in _HEX_DIGITS]
        lacking = set(range(256)) - self._byte_ids.keys() if self._byte_level else set[int]()
        self._lacking = bytes(sorted(lacking))

    @classmethod
    def from_file(cls, path: Path, *, escape: int | None = None) -> ByteTokenizer:
        """Read a ``tokenizer.json`` file."""
        try:
            return cls(path.read_text("utf-8"), escape=escape)
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(
                sentence("load", "tokenizer.json", "be readable", error, "Fetch the model again.")
            ) from None

    @property
    def n_vocabulary(self) -> int:
        """Number of token ids, gaps included."""
        return len(self._spellings)

    def find(self, name: str) -> int | None:
        """Return the id of a control token by its name."""
        return self._tokenizer.token_to_id(name)

    def spell(self, token: int) -> bytes:
        """Return the bytes of one vocabulary entry; a model's padding columns have none."""
        return self._spellings[token] if token < len(self._spellings) else b""

    def encode(self, text: bytes) -> Tokens:
        """Cut `text` into tokens whose spans cover it exactly."""
        ids: list[int] = []
        lengths: list[int] = []
        for plain, piece in self._pieces(text):
            if plain:
                piece_ids, piece_lengths = self._encode_plain(piece)
                ids += piece_ids
                lengths += piece_lengths
            else:
                for byte in piece:
                    byte_ids = self._encode_byte(byte)
                    ids += byte_ids
                    lengths += [1, 0, 0][: len(byte_ids)]
        ends = np.cumsum(np.asarray(lengths, np.int64), dtype=np.int64)
        return Tokens(np.asarray(ids, np.int64), ends - np.asarray(lengths, np.int64), ends)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes behind `ids`: the inverse of `encode`."""
        text = bytearray()
        at, ids = 0, [int(token) for token in ids]
        while at < len(ids):
            escaped = ids[at + 1 : at + 3] if ids[at] == self.escape else []
            if len(escaped) == 2 and all(token in self._digits for token in escaped):
                text.append(16 * self._digits.index(escaped[0]) + self._digits.index(escaped[1]))
                at += 3
            else:
                text += self._spellings[ids[at]]
                at += 1
        return bytes(text)

    def _spell_all(self, vocabulary: dict[str, int], added: set[str]) -> list[bytes]:
        spellings = [b""] * (max(vocabulary.values()) + 1)
        values = {char: byte for byte, char in byte_alphabet().items()}
        for token, i in vocabulary.items():
            if token in added:
                spellings[i] = token.encode("utf-8")
            elif self._byte_level:
                spelled = [values.get(char) for char in token]
                whole = None not in spelled
                spellings[i] = bytes(spelled) if whole else token.encode()  # type: ignore[arg-type]
            elif match := _FALLBACK.fullmatch(token):
                spellings[i] = bytes([int(match[1], 16)])
            else:
                spellings[i] = token.replace(_SPACE_MARK, " ").encode("utf-8")
        return spellings

    def _pieces(self, text: bytes) -> Iterator[tuple[bool, bytes]]:
        """Yield runs of bytes that the plain tokenizer can keep, and runs that it cannot."""
        try:
            text.decode("utf-8")
            if not self._lacking or len(text.translate(None, self._lacking)) == len(text):
                yield True, text
                return
        except UnicodeDecodeError:
            pass
        decoded = text.decode("utf-8", "surrogateescape")
        lacking = frozenset(self._lacking)

        @cache
        def is_plain(char: str) -> bool:
            if "\udc80" <= char <= "\udcff":
                return False
            return lacking.isdisjoint(char.encode("utf-8"))

        for plain, run in groupby(decoded, is_plain):
            yield plain, "".join(run).encode("utf-8", "surrogateescape")

    @cached_property
    def _borders(self) -> re.Pattern[str] | None:
        return border_pattern(self.description)  # read only when a text is long

    def _encode_plain(self, piece: bytes) -> tuple[list[int], list[int]]:
        """Encode in parts that have the tokens of the whole, so that memory stays small."""
        ids: list[int] = []
        lengths: list[int] = []
        text = piece.decode("utf-8")
        borders = self._borders if len(text) > _PART else None
        for part in cut_at_borders(text, borders, _PART):
            part_ids, part_lengths = self._encode_part(part)
            ids += part_ids
            lengths += part_lengths
        return ids, lengths

    def _encode_part(self, part: str) -> tuple[list[int], list[int]]:
        piece = part.encode("utf-8")
        ids = self._tokenizer.encode(part, add_special_tokens=False).ids
        spelled = [self._spellings[token] for token in ids]
        lengths = [len(token) for token in spelled]
        joined = b"".join(spelled)
        if joined == b" " + piece:  # SentencePiece puts a space before the first word
            lengths[0] -= 1
        elif joined != piece:
            raise DataError(
                sentence(
                    "score", "model", "have a tokenizer that keeps every byte of the text",
                    "a tokenizer that rewrites this one (it normalises characters or spaces)",
                    "Score the text in the form that the tokenizer keeps, or use another model.",
                )
            )  # fmt: skip
        return ids, lengths

    def _encode_byte(self, byte: int) -> list[int]:
        token = self._byte_ids.get(byte)
        if token is not None:
            return [token]
        high, low = self._digits[byte >> 4], self._digits[byte & 15]
        if self.escape is None or high is None or low is None:
            raise DataError(
                sentence(
                    "score", "text", "hold only bytes that the model's vocabulary can spell",
                    f"byte 0x{byte:02x}", "Use a model with a byte-level vocabulary.",
                )
            )  # fmt: skip
        return [self.escape, high, low]
