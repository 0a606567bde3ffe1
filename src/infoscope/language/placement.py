"""Load a model onto a device, in a number format, for a number of threads."""

from __future__ import annotations

from pathlib import Path

import torch

from infoscope.core.errors import InvalidArgument, ModelError, sentence
from infoscope.core.extras import require
from infoscope.language.contract import LanguageModel
from infoscope.language.folder_files import folder_tokenizer, read_json
from infoscope.language.loading import load
from infoscope.language.store import BUILTIN, check_installation

__all__ = ["load_on"]

_DTYPES = ("float32", "float64", "bfloat16", "float16")


def load_on(
    name_or_path: str | Path, *, device: str = "cpu", dtype: str = "float32",
    threads: int | None = None,
) -> LanguageModel:  # fmt: skip
    """Load a model as `load` does, on another device or in another number format.

    Parameters
    ----------
    name_or_path : str or Path
        What `load` takes; for another device or format a built-in model or a Hugging Face folder.
    device : str
        "cpu", or what torch calls an accelerator ("cuda", "cuda:1", "mps").
    dtype : str
        "float32", "float64", "bfloat16" or "float16": weights and products. Sums over the
        vocabulary are float64 in any case. bfloat16 is fast only where the processor multiplies
        it (2.1 times float32 on one that does), and changes the numbers (0.1 percent of the total
        of 4 kB of English under "smollm2", more of single tokens).
    threads : int, optional
        Threads that torch uses in this process from now on; by default torch's own choice.

    Returns
    -------
    LanguageModel
        Ready for `score`; its `dtype` says the format, and results repeat it.

    Raises
    ------
    InvalidArgument
        If torch has no such device here, or an option is out of range.
    ModelError
        If the model cannot be moved (trained here, GGUF, remote).
    """
    if threads is not None:
        if isinstance(threads, bool) or threads < 1:
            raise InvalidArgument(sentence("load_on", "threads", "be at least 1", repr(threads)))
        torch.set_num_threads(threads)
    if dtype not in _DTYPES:
        names = ", ".join(_DTYPES)
        raise InvalidArgument(sentence("load_on", "dtype", f"be one of {names}", repr(dtype)))
    if device == "cpu" and dtype == "float32":
        return load(name_or_path)
    name = str(name_or_path)
    folder = check_installation(name) if name in BUILTIN else Path(name_or_path).expanduser()
    if not (folder / "config.json").is_file():
        raise ModelError(
            sentence(
                "load_on", "name_or_path",
                "be a built-in model or a Hugging Face folder for another device or format",
                repr(name), "Leave device and dtype out.",
            )
        )  # fmt: skip
    require("transformers", extra="language", purpose=f"a model on {device} in {dtype}")
    from infoscope.language.huggingface import CausalLM

    tokenizer, prefix = folder_tokenizer(folder, read_json(folder, "config.json"))
    if prefix is None:
        wanted = "have a beginning- or end-of-text token"
        raise ModelError(sentence("load_on", "name_or_path", wanted, f"{folder} with neither"))
    shown = name if name in BUILTIN else folder.resolve().name
    return CausalLM(shown, folder, tokenizer, prefix, device=device, dtype=dtype)
