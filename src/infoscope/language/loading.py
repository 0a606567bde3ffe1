"""Find the model behind a name or a path, and load it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from infoscope.core.errors import (
    InfoscopeError,
    ModelError,
    NotFound,
    UnknownName,
    WrongType,
    sentence,
)
from infoscope.core.extras import require
from infoscope.language.contract import LanguageModel
from infoscope.language.convert import folder_config, tokenizer_description, weights
from infoscope.language.gguf import read_gguf
from infoscope.language.llama import LlamaModel, is_plain_llama
from infoscope.language.store import BUILTIN, check_installation
from infoscope.language.tokenizer import ByteTokenizer

__all__ = ["load"]


def load(name_or_path: str | Path = "smollm2") -> LanguageModel:
    """Load a language model by built-in name, Hugging Face folder or GGUF file.

    Parameters
    ----------
    name_or_path : str or Path
        "smollm2", a folder with config.json, tokenizer.json and weights, or a ``.gguf`` file of
        the llama architecture. Nothing is ever downloaded here.

    Returns
    -------
    LanguageModel
        Ready to be passed to `score`; its weights are float32.

    Raises
    ------
    UnknownName
        If it is neither a built-in name nor an existing path.
    NotFound
        If the built-in model is not installed; the sentence holds the command that installs it.
    ModelError
        If a file of the model is missing, damaged, or describes something not supported.
    WrongType
        If it is neither a string nor a path.

    Notes
    -----
    Plain llama-type models run on an own trunk and do not import transformers: about half a CPU
    second for "smollm2". Every other architecture goes through transformers. Load once and pass the
    model when you score many texts.
    """
    if not isinstance(name_or_path, str | Path):
        raise WrongType(
            sentence("load", "name_or_path", "be a string or a path", type(name_or_path).__name__)
        )
    name = str(name_or_path)
    if name in BUILTIN:
        return _load_folder(check_installation(name), name)
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        return _load_folder(path, path.resolve().name)
    if path.is_file():
        return _load_gguf(path)
    raise _unknown(name)


def _unknown(name: str) -> InfoscopeError:
    if "/" in name or "\\" in name or name.endswith(".gguf"):
        return NotFound(
            sentence(
                "load", "name_or_path", "name a built-in model, a local folder or a GGUF file",
                f"{name!r}, which does not exist",
                "Models are not fetched from a hub: download the folder first.",
            )
        )  # fmt: skip
    near = difflib.get_close_matches(name.lower(), BUILTIN, n=1, cutoff=0.5)
    advice = f"Did you mean {near[0]!r}?" if near else "infoscope models lists what is built in."
    known = ", ".join(repr(known) for known in BUILTIN)
    return UnknownName(
        sentence("load", "name_or_path", f"be {known} or a local path", repr(name), advice)
    )


def _load_gguf(path: Path) -> LanguageModel:
    gguf = read_gguf(path)
    config = folder_config(gguf)
    prefix = next((config[k] for k in ("bos_token_id", "eos_token_id") if config[k] is not None), 0)
    tokenizer = ByteTokenizer(
        json.dumps(tokenizer_description(gguf)), escape=config["unk_token_id"]
    )
    tensors = {key: torch.from_numpy(value) for key, value in weights(gguf).items()}
    return LlamaModel(path.stem, config, tensors, tokenizer, prefix)


def _load_folder(folder: Path, name: str) -> LanguageModel:
    config = _read_json(folder, "config.json")
    if not (folder / "tokenizer.json").is_file():
        raise _missing(folder, "tokenizer.json")
    card = _read_json(folder, "tokenizer_config.json", needed=False)
    tokenizer = ByteTokenizer.from_file(folder / "tokenizer.json")
    tokenizer.escape = _role(card, config, tokenizer, "unk")
    prefix = _role(card, config, tokenizer, "bos")
    prefix = _role(card, config, tokenizer, "eos") if prefix is None else prefix
    if prefix is None:
        raise ModelError(
            sentence(
                "load", "name_or_path", "have a beginning- or end-of-text token",
                f"{folder} with neither", "Add bos_token_id to its config.json.",
            )
        )  # fmt: skip
    tensors = _safetensors(folder) if is_plain_llama(config) else None
    if tensors is not None:
        return LlamaModel(name, config, tensors, tokenizer, prefix)
    require("transformers", extra="language", purpose=f"a model of type {_kind(config)}")
    from infoscope.language.huggingface import CausalLM

    return CausalLM(name, folder, tokenizer, prefix)


def _kind(config: Mapping[str, Any]) -> str:
    return repr(config.get("model_type", "unknown"))


def _safetensors(folder: Path) -> dict[str, torch.Tensor] | None:
    """Return the weights as float32 (mapped, not copied, if they are); None if there are none."""
    files = ["model.safetensors"]
    if (folder / "model.safetensors.index.json").is_file():
        index = _read_json(folder, "model.safetensors.index.json")
        files = sorted(set(index.get("weight_map", {}).values()))
    elif not (folder / files[0]).is_file():
        if any(folder.glob("pytorch_model*.bin")):
            return None
        raise _missing(folder, files[0])
    tensors: dict[str, torch.Tensor] = {}
    for file in files:
        if not (folder / file).is_file():
            raise _missing(folder, file)
        try:
            tensors |= load_file(folder / file)
        except (SafetensorError, OSError, ValueError) as error:
            raise ModelError(
                f"load: {folder / file} is damaged ({error}). Fetch the model again."
            ) from None
    return {key: value.to(torch.float32) for key, value in tensors.items()}


def _missing(folder: Path, file: str) -> InfoscopeError:
    return ModelError(
        sentence(
            "load", "name_or_path", "be a Hugging Face folder with config, tokenizer and weights",
            f"{folder} without {file}",
        )
    )  # fmt: skip


def _read_json(folder: Path, file: str, *, needed: bool = True) -> dict[str, Any]:
    path = folder / file
    if not path.is_file():
        if needed:
            raise _missing(folder, file)
        return {}
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"load: {path} is not readable JSON ({error}). Fetch the model again."
        ) from None
    if not isinstance(value, dict):
        raise ModelError(f"load: {path} must hold a JSON object; got {type(value).__name__}.")
    return value


def _role(
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
