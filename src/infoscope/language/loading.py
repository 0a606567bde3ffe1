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
    InvalidArgument,
    ModelError,
    NotFound,
    UnknownName,
    WrongType,
    sentence,
)
from infoscope.core.extras import require
from infoscope.language.contract import LanguageModel
from infoscope.language.convert import folder_config, tokenizer_description, weights
from infoscope.language.folder_files import folder_tokenizer, missing_file, read_json
from infoscope.language.gguf import read_gguf
from infoscope.language.llama import LlamaModel, is_plain_llama
from infoscope.language.model_folder import CARD, damaged, read_card
from infoscope.language.ngram import NgramModel
from infoscope.language.store import BUILTIN, check_installation
from infoscope.language.tokenizer import ByteTokenizer
from infoscope.language.trained import (
    FAMILIES,
    TrainingText,
    parse_trained_name,
    train_by_name,
)

__all__ = ["load"]


def load(
    name_or_path: str | Path = "smollm2",
    *,
    train: TrainingText | None = None,
    seed: int = 0,
    progress: bool | None = None,
) -> LanguageModel:
    """Load a language model by name, folder, file or address; or train a small one on a text.

    Parameters
    ----------
    name_or_path : str or Path
        One of:

        - "smollm2", which is built in;
        - a Hugging Face folder (config.json, tokenizer.json, weights), or a ``.gguf`` file of the
          llama architecture, or a folder that a trained model's `save` wrote;
        - "uniform", "unigram", "bigram", "ngram:N" (modified Kneser-Ney) or "lstm", trained on
          `train`; symbols are bytes, or what follows a slash: "ngram:5/characters",
          "ngram:3/smollm2" (the tokens of that model);
        - "http://host:port#model", a server that speaks the OpenAI or vLLM protocol.
    train : str, bytes, Path, or sequence of them, optional
        The text to train on: str and bytes are text itself, a Path is a file. Several are documents
        that each begin anew.
    seed : int
        For the weights and the order of training of an LSTM; n-grams have no chance in them.
    progress : bool, optional
        Show a bar on stderr while an LSTM trains; by default only when stderr is a terminal.

    Returns
    -------
    LanguageModel
        Ready to be passed to `score`.

    Raises
    ------
    UnknownName
        If it is neither a name nor an existing path.
    NotFound
        If the built-in model is not installed (the sentence holds the command that installs it), or
        a file to train on is not there.
    ModelError
        If a file of the model is missing, damaged, or describes something not supported; or a
        server cannot be reached.
    InvalidArgument
        If a name needs a text to train on and there is none, or has a number out of range.
    WrongType
        If it is neither a string nor a path.

    Notes
    -----
    Nothing is ever downloaded here. Plain llama-type models run on an own trunk and do not import
    transformers: about half a CPU second for "smollm2". Every other architecture goes through
    transformers. An n-gram model trains in about 0.15 CPU seconds per order and million bytes. Load
    once and pass the model when you score many texts.

    Examples
    --------
    >>> model = load("unigram", train="abab")
    >>> model.n_ngrams, model.n_vocabulary
    ([2], 257)
    """
    if not isinstance(name_or_path, str | Path):
        raise WrongType(
            sentence("load", "name_or_path", "be a string or a path", type(name_or_path).__name__)
        )
    name = str(name_or_path)
    if isinstance(name_or_path, str) and (spec := parse_trained_name(name)) is not None:
        return train_by_name(name, spec, train, seed=seed, progress=progress)
    if train is not None:
        raise InvalidArgument(
            sentence("load", "train", "be left out for a model that is trained already", "a text",
                     f"Names that are trained here: {', '.join(FAMILIES)}.")
        )  # fmt: skip
    if isinstance(name_or_path, str) and name.startswith(("http://", "https://")):
        from infoscope.language.remote import RemoteModel

        return RemoteModel(name)
    if name in BUILTIN:
        return _load_folder(check_installation(name), name)
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        if (path / CARD).is_file():
            return _load_trained(path)
        return _load_folder(path, path.resolve().name)
    if path.is_file():
        return _load_gguf(path)
    raise _unknown(name)


def _load_trained(folder: Path) -> LanguageModel:
    card = read_card(folder)
    kind = card.get("kind")
    if kind == "ngram":
        return NgramModel.from_folder(folder, card)
    if kind == "lstm":
        from infoscope.language.lstm import LstmModel

        return LstmModel.from_folder(folder, card)
    raise damaged(folder, f"its kind reads {kind!r}, and 'ngram' and 'lstm' are known")


def _unknown(name: str) -> InfoscopeError:
    if "/" in name or "\\" in name or name.endswith(".gguf"):
        return NotFound(
            sentence(
                "load", "name_or_path", "name a built-in model, a local folder or a GGUF file",
                f"{name!r}, which does not exist",
                "Models are not fetched from a hub: download the folder first.",
            )
        )  # fmt: skip
    names = [*BUILTIN, *(family.removesuffix(":N") for family in FAMILIES)]
    near = difflib.get_close_matches(name.lower().partition(":")[0], names, n=1, cutoff=0.5)
    advice = f"Did you mean {near[0]!r}?" if near else "infoscope models lists what is built in."
    known = ", ".join(repr(known) for known in (*BUILTIN, *FAMILIES))
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
    config = read_json(folder, "config.json")
    tokenizer, prefix = folder_tokenizer(folder, config)
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
        index = read_json(folder, "model.safetensors.index.json")
        files = sorted(set(index.get("weight_map", {}).values()))
    elif not (folder / files[0]).is_file():
        if any(folder.glob("pytorch_model*.bin")):
            return None
        raise missing_file(folder, files[0])
    tensors: dict[str, torch.Tensor] = {}
    for file in files:
        if not (folder / file).is_file():
            raise missing_file(folder, file)
        try:
            tensors |= load_file(folder / file)
        except (SafetensorError, OSError, ValueError) as error:
            raise ModelError(
                f"load: {folder / file} is damaged ({error}). Fetch the model again."
            ) from None
    return {key: value.to(torch.float32) for key, value in tensors.items()}
