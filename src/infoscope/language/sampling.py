"""Let a model write: seeded continuations under temperature, top-k, top-p and min-p.

Every sample has a stream of random numbers of its own, so sample i is the same whether three or
thirty are drawn. Filters act on the tempered probabilities in the order top-k, top-p, min-p, each
on what the one before left, renormalised (the order of the usual generation loops).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.progress import Progress
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.language.arguments import as_model, real_number, utf8_bytes, whole_number
from infoscope.language.contract import LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.language.rows import log_probabilities
from infoscope.language.sampling_diversity import diversity_of
from infoscope.language.sessions import open_session

__all__ = ["Continuation", "Continuations", "sample_continuations", "truncated"]

_FUNCTION = "sample_continuations"


@dataclass(frozen=True, slots=True, eq=False)
class Continuation(Shown):
    """What a model wrote: its bytes, tokens, and their surprisal at T = 1 (nats)."""

    written: bytes
    ids: NDArray[np.int64]
    surprisal: NDArray[np.float64]

    @property
    def text(self) -> str:
        r"""The continuation as text; bytes that are no UTF-8 appear as ``\xNN``."""
        return self.written.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True, eq=False)
class Continuations(Shown):
    """Several continuations of one prompt, with the settings that made them."""

    prompt: bytes
    model: str
    settings: dict[str, object]
    samples: tuple[Continuation, ...]

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def diversity(self) -> dict[str, Estimate]:
        """How varied they are: distinct n-grams, overlap, repetition, entropies, surprisal.

        See `infoscope.language.sampling_diversity.diversity_of` for each definition.
        """
        return diversity_of(
            [each.ids for each in self.samples], [each.surprisal for each in self.samples]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps` (nats)."""
        return {
            "prompt": self.prompt.decode("utf-8", "backslashreplace"), "model": self.model,
            "settings": self.settings,
            "samples": [
                {"text": each.text, "ids": each.ids.tolist(), "surprisal": each.surprisal.tolist()}
                for each in self.samples
            ],
            "diversity": {name: value.to_dict() for name, value in self.diversity.items()},
        }  # fmt: skip


def sample_continuations(
    prompt: str | bytes,
    model: str | Path | LanguageModel = "smollm2",
    *,
    n_samples: int = 8,
    n_tokens: int = 40,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    stop: Sequence[int] = (),
    rng: int | None = None,
    progress: bool | None = None,
) -> Continuations:
    """Draw continuations of `prompt`, token by token, from the tempered and filtered predictions.

    p(v) proportional to exp(z_v / T) on the tokens that the filters leave

    Parameters
    ----------
    prompt : str or bytes
        What the model goes on from; may be empty.
    model : str, Path or LanguageModel
        What `load` takes, or what it returned.
    n_samples, n_tokens : int
        How many continuations, and of how many tokens each; at least 1.
    temperature : float
        0 takes the likeliest token (ties: lowest id), inf draws evenly.
    top_k : int, optional
        Only the k likeliest tokens (and those that tie with the last of them).
    top_p : float, optional
        Only the fewest tokens that hold this share of the mass, in (0, 1].
    min_p : float, optional
        Only tokens with at least this share of the likeliest one's mass, in [0, 1].
    stop : sequence of int
        Token ids that end a sample; they are part of it.
    rng : int, optional
        Seed; None is 0. Equal calls give equal samples on one machine.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    Continuations
        The samples, and their diversity as estimates.

    Raises
    ------
    InvalidArgument
        If a number is out of its range, or prompt and continuation exceed the model's limit.
    WrongType
        If the model is none, or the prompt neither str nor bytes.

    Notes
    -----
    All samples grow in step: one step of the model per token for all of them together. The
    surprisal kept is that of the unfiltered model at T = 1, so that settings can be compared: low
    means that the model was made to write what it holds most likely.

    Source
    ------
    Holtzman et al., The curious case of neural text degeneration (2020), for top-p; Nguyen et al.,
    Min-p sampling (2024).
    """
    if not isinstance(prompt, str | bytes | bytearray):
        raise WrongType(sentence(_FUNCTION, "prompt", "be str or bytes", type(prompt).__name__))
    data = utf8_bytes(prompt, _FUNCTION, "prompt")
    model = as_model(model, _FUNCTION)
    n_samples = whole_number(_FUNCTION, "n_samples", n_samples, 1)
    n_tokens = whole_number(_FUNCTION, "n_tokens", n_tokens, 1)
    _check_settings(temperature, top_k, top_p, min_p)
    start = np.append(model.prefix, model.encode(data).ids if data else []).astype(np.int64)
    total = len(start) + n_tokens
    if model.context_limit is not None and total > model.context_limit:
        raise InvalidArgument(
            sentence("sample_continuations", "prompt and n_tokens",
                     f"fit the model's limit of {model.context_limit} tokens", total)
        )  # fmt: skip
    seeds = np.random.SeedSequence(0 if rng is None else rng).spawn(n_samples)
    streams = [np.random.default_rng(seed).random(n_tokens) for seed in seeds]
    ids = np.zeros((n_samples, n_tokens), np.int64)
    paid = np.zeros((n_samples, n_tokens))
    lengths = np.full(n_samples, n_tokens)
    session = open_session(model, n_samples, total)
    with denormals_flushed(), Progress(n_tokens, "sampling", "tokens", show=progress) as bar:
        fed = np.tile(start, (n_samples, 1))
        for step in range(n_tokens):
            width = fed.shape[1]
            answer = session.extend(fed)
            for s in range(n_samples):
                row = s * width + width - 1
                log_p = log_probabilities(answer, row, row + 1)[0]
                p = truncated(log_p, temperature, top_k=top_k, top_p=top_p, min_p=min_p)
                ids[s, step] = _drawn(p, streams[s][step])
                paid[s, step] = -float(log_p[ids[s, step]])
            ended = np.isin(ids[:, step], np.asarray(stop, np.int64)) & (lengths == n_tokens)
            lengths[ended] = step + 1
            bar.advance(1)
            fed = ids[:, step : step + 1]
            if (lengths <= step + 1).all():
                break
    samples = tuple(
        Continuation(model.decode(ids[s, :n].tolist()), ids[s, :n], paid[s, :n])
        for s, n in enumerate(lengths.tolist())
    )
    settings: dict[str, object] = {
        "temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p,
        "n_tokens": n_tokens, "seed": 0 if rng is None else rng,
    }  # fmt: skip
    return Continuations(data, model.name, settings, samples)


def truncated(
    log_p: torch.Tensor, temperature: float = 1.0, *, top_k: int | None = None,
    top_p: float | None = None, min_p: float | None = None,
) -> torch.Tensor:  # fmt: skip
    """Return one row's probabilities (float64) after temperature and filters; they sum to 1.

    >>> p = torch.tensor([0.5, 0.25, 0.125, 0.125], dtype=torch.float64)
    >>> truncated(p.log(), top_p=0.75).tolist()
    [0.6666666666666666, 0.3333333333333333, 0.0, 0.0]
    """
    possible = log_p > -torch.inf
    if temperature == 0.0:
        p = torch.zeros_like(log_p)
        p[int(torch.argmax(log_p))] = 1.0
        return p
    tempered = torch.where(possible, (log_p - log_p.max()) / temperature, -torch.inf)
    p = torch.softmax(tempered, -1)
    if top_k is not None and top_k < len(p):
        least = torch.topk(p, top_k).values[-1]
        p = _renormalised(p, p >= least)
    if top_p is not None and top_p < 1.0:
        ordered, where = torch.sort(p, descending=True, stable=True)
        before = torch.cumsum(ordered, 0) - ordered
        keep = torch.zeros_like(p, dtype=torch.bool)
        keep[where] = before < top_p * (1.0 - 1e-12)  # a share reached but for rounding is reached
        p = _renormalised(p, keep)
    if min_p is not None and min_p > 0.0:
        p = _renormalised(p, p >= min_p * p.max())
    return p


def _renormalised(p: torch.Tensor, keep: torch.Tensor) -> torch.Tensor:
    p = torch.where(keep, p, 0.0)
    return p / p.sum()


def _drawn(p: torch.Tensor, u: float) -> int:
    """Return the token at share u of the mass, in the order of ids."""
    reach = torch.cumsum(p, 0)
    place = int(torch.searchsorted(reach, u * float(reach[-1]), right=True))
    return min(place, int(torch.nonzero(p)[-1]))


def _check_settings(temperature: Any, top_k: Any, top_p: Any, min_p: Any) -> None:
    real_number(_FUNCTION, "temperature", temperature, 0.0)
    if top_k is not None:
        whole_number(_FUNCTION, "top_k", top_k, 1)
    if top_p is not None:
        real_number(_FUNCTION, "top_p", top_p, 0.0, 1.0, above=True)
    if min_p is not None:
        real_number(_FUNCTION, "min_p", min_p, 0.0, 1.0)
