"""Models that are trained here by name: uniform, unigram, bigram, ngram:N and lstm on a given text.

A name is a family and, after a slash, the symbols: ``ngram:5/characters``. Symbols are ``bytes``
(the default), ``characters``, or the tokens of a language model given by name, folder or GGUF file.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from infoscope.core.errors import (
    DataError,
    InvalidArgument,
    NotFound,
    UnknownName,
    WrongType,
    sentence,
)
from infoscope.language.alphabets import Alphabet, ByteAlphabet, CharacterAlphabet, TokenAlphabet
from infoscope.language.arguments import utf8_bytes
from infoscope.language.contract import LanguageModel
from infoscope.language.convert import folder_config, tokenizer_description
from infoscope.language.folder_files import folder_tokenizer, read_json
from infoscope.language.gguf import read_gguf
from infoscope.language.ngram import NgramModel
from infoscope.language.store import BUILTIN, check_installation
from infoscope.language.tokenizer import ByteTokenizer

__all__ = [
    "BYTE_MODELS", "FAMILIES", "TrainedName", "TrainingText", "parse_trained_name",
    "read_documents", "train_by_name",
]  # fmt: skip

#: str and bytes are text, a Path is a file of text; several are documents that each begin anew.
TrainingText: TypeAlias = str | bytes | Path | Sequence[str | bytes | Path]

FAMILIES = ("uniform", "unigram", "bigram", "ngram:N", "lstm")
#: Further models over bytes: name -> "module:function", called with (documents, name=...).
BYTE_MODELS: dict[str, str] = dict.fromkeys(
    ("mix", "ppm", *(f"ppm:{order}" for order in range(13))),
    "infoscope.language.byte_sequence:learnt_before",
)
_NAME = re.compile(r"(uniform|unigram|bigram|ngram|lstm)(?::([^/]*))?(?:/(.*))?", re.DOTALL)
_ORDERS = {"uniform": 0, "unigram": 1, "bigram": 2}
_MOST_ORDER, _MOST_WIDTH = 24, 4096


@dataclass(frozen=True, slots=True)
class TrainedName:
    """A name taken apart: the family, its number (order or width), and the symbols."""

    family: str
    number: int | None
    symbols: str

    @property
    def needs_text(self) -> bool:
        """Whether the model cannot be had without a text to train on."""
        return self.family != "uniform" or self.symbols == "characters"


def parse_trained_name(name: str) -> TrainedName | None:
    """Take a name apart; None if it is not of this kind.

    >>> parse_trained_name("ngram:5/characters")
    TrainedName(family='ngram', number=5, symbols='characters')
    >>> parse_trained_name("smollm2") is None
    True
    """
    if name in BYTE_MODELS:
        return TrainedName(name, None, "bytes")
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    family, number, symbols = match[1], match[2], match[3]
    if symbols == "":
        raise _bad(name, "name its symbols after the slash", "For example: ngram:5/characters")
    if family in _ORDERS:
        if number is not None:
            raise _bad(name, f"be {family!r} without a number", "For others: ngram:N")
        return TrainedName("uniform" if family == "uniform" else "ngram", _ORDERS[family],
                           symbols or "bytes")  # fmt: skip
    if number is None and family == "lstm":
        return TrainedName("lstm", None, symbols or "bytes")
    most, what = (_MOST_ORDER, "order") if family == "ngram" else (_MOST_WIDTH, "width")
    digits = number or ""
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits) <= most):
        example = "ngram:5" if family == "ngram" else "lstm:256"
        raise _bad(name, f"give the {what} as a whole number from 1 to {most}",
                   f"For example: {example}")  # fmt: skip
    return TrainedName(family, int(digits), symbols or "bytes")


def train_by_name(
    name: str, spec: TrainedName, train: TrainingText | None, *, seed: int, progress: bool | None
) -> LanguageModel:
    """Train the model that `name` names on the text `train`."""
    if train is None and spec.needs_text:
        raise InvalidArgument(
            sentence("load", "train", f"be the text on which {name!r} is trained", "no text",
                     "Pass train=..., a string, bytes, a Path, or several of them.")
        )  # fmt: skip
    documents = [] if train is None else read_documents(train)
    if spec.family in BYTE_MODELS:
        module, _, function = BYTE_MODELS[spec.family].partition(":")
        return getattr(importlib.import_module(module), function)(documents, name=name)
    alphabet = _alphabet(name, spec.symbols, documents)
    if spec.family != "lstm":
        assert spec.number is not None
        return NgramModel.train(documents, alphabet, spec.number, name)
    if not isinstance(alphabet, ByteAlphabet):
        raise _bad(name, "be over bytes", "Leave the symbols out: lstm")
    from infoscope.language.lstm import LstmModel

    width: dict[str, Any] = {} if spec.number is None else {"width": spec.number}
    return LstmModel.train(documents, name=name, seed=seed, progress=progress, **width)


def read_documents(train: TrainingText) -> list[bytes]:
    """Return the texts as bytes, files read."""
    many = [train] if isinstance(train, str | bytes | bytearray | Path) else train
    if not isinstance(many, Sequence):
        raise WrongType(
            sentence("load", "train", "be text, bytes, a Path, or several of them",
                     type(train).__name__)
        )  # fmt: skip
    if not many:
        raise InvalidArgument(sentence("load", "train", "hold at least one text", "none"))
    return [_read(each) for each in many]


def _read(each: str | bytes | Path) -> bytes:
    if isinstance(each, str | bytes | bytearray):
        return utf8_bytes(each, "load", "train")
    if not isinstance(each, Path):
        raise WrongType(
            sentence("load", "train", "be text, bytes, a Path, or several of them",
                     type(each).__name__)
        )  # fmt: skip
    try:
        return each.read_bytes()
    except FileNotFoundError:
        raise NotFound(sentence("load", "train", "name a file that exists", str(each))) from None
    except OSError as error:
        got = f"{str(each)!r} ({error.strerror})"
        raise DataError(sentence("load", "train", "be a readable file", got)) from error


def _alphabet(name: str, symbols: str, documents: Sequence[bytes]) -> Alphabet:
    if symbols == "bytes":
        return ByteAlphabet()
    if symbols == "characters":
        return CharacterAlphabet.of(documents)
    path = Path(symbols).expanduser()
    if symbols in BUILTIN:
        path = check_installation(symbols)
    if path.is_dir():
        tokenizer, _ = folder_tokenizer(path, read_json(path, "config.json", needed=False))
        return TokenAlphabet(tokenizer, symbols)
    if path.is_file():
        gguf = read_gguf(path)
        escape = folder_config(gguf)["unk_token_id"]
        description = json.dumps(tokenizer_description(gguf))
        return TokenAlphabet(ByteTokenizer(description, escape=escape), symbols)
    raise UnknownName(
        sentence("load", f"what follows the slash in {name!r}",
                 "be bytes, characters, or a model whose tokens are taken", repr(symbols),
                 f"Models: {', '.join(map(repr, BUILTIN))}, or a local path.")
    )  # fmt: skip


def _bad(name: str, need: str, advice: str) -> InvalidArgument:
    return InvalidArgument(sentence("load", "name_or_path", need, repr(name), f"{advice}."))
