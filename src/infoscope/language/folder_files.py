"""Read the cards of a Hugging Face folder and its tokenizer, without its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infoscope.core.errors import InfoscopeError, ModelError, sentence
from infoscope.language.tokenizer import ByteTokenizer

__all__ = ["folder_tokenizer", "missing_file", "read_json", "token_role"]


def read_json(folder: Path, file: str, *, needed: bool = True) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one if it is not there and not `needed`."""
    path = folder / file
    if not path.is_file():
        if needed:
            raise missing_file(folder, file)
        return {}
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(
            f"load: {path} is not readable JSON ({error}). Fetch the model again."
        ) from None
    if not isinstance(value, dict):
        raise ModelError(f"load: {path} must hold a JSON object; got {type(value).__name__}.")
    return value


def folder_tokenizer(folder: Path, config: Mapping[str, Any]) -> tuple[ByteTokenizer, int | None]:
    """Return the tokenizer of a folder, and the id that begins a text (bos, else eos) if any."""
    if not (folder / "tokenizer.json").is_file():
        raise missing_file(folder, "tokenizer.json")
    card = read_json(folder, "tokenizer_config.json", needed=False)
    tokenizer = ByteTokenizer.from_file(folder / "tokenizer.json")
    tokenizer.escape = token_role(card, config, tokenizer, "unk")
    prefix = token_role(card, config, tokenizer, "bos")
    prefix = token_role(card, config, tokenizer, "eos") if prefix is None else prefix
    return tokenizer, prefix


def token_role(
    card: Mapping[str, Any], config: Mapping[str, Any], tokenizer: ByteTokenizer, role: str
) -> int | None:
    """Return the id of the bos, eos or unk token: the tokenizer's word first, as lm-eval does."""
    token = card.get(f"{role}_token")
    token = token.get("content") if isinstance(token, dict) else token
    if isinstance(token, str) and (found := tokenizer.find(token)) is not None:
        return found
    value = config.get(f"{role}_token_id")
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, int) else None


def missing_file(folder: Path, file: str) -> InfoscopeError:
    """Return the error for a folder that lacks `file`."""
    return ModelError(
        sentence(
            "load", "name_or_path", "be a Hugging Face folder with config, tokenizer and weights",
            f"{folder} without {file}",
        )
    )  # fmt: skip
