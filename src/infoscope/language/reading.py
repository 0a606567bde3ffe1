"""Run windows through a model, many at a time, and read off what each says of its targets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InfoscopeError
from infoscope.language.byte_split import ByteSplitter, bytes_of_span
from infoscope.language.contract import LanguageModel, ReadsMany, Tokens
from infoscope.language.observe import Observations, Observer
from infoscope.language.sessions import predict_many
from infoscope.language.windows import Window

__all__ = ["TokenNumbers", "byte_splitter", "in_packs", "packs", "read_pack"]

_PACK = 1024  # tokens read together: fewer slow the products of the trunk
_NAME = re.compile(rb"[<\[|].*[>\]|]", re.DOTALL)  # how control tokens look; tested one by one


@dataclass(frozen=True, slots=True, eq=False)
class TokenNumbers:
    """What was observed of a stretch of tokens; `byte_surprisal` is None unless asked for."""

    surprisal: NDArray[np.float64]  # (n,) nats
    entropy: NDArray[np.float64]  # (n,) nats
    varentropy: NDArray[np.float64]  # (n,) nats squared
    rank: NDArray[np.int64]  # (n,)
    top_ids: NDArray[np.int64]  # (n, k)
    top_probabilities: NDArray[np.float64]  # (n, k)
    byte_surprisal: NDArray[np.float64] | None  # (bytes,) nats

    @classmethod
    def empty(cls, n: int, top: int, n_bytes: int | None) -> TokenNumbers:
        """Return room for n tokens."""
        return cls(
            np.empty(n), np.empty(n), np.empty(n), np.empty(n, np.int64),
            np.empty((n, top), np.int64), np.empty((n, top)),
            None if n_bytes is None else np.zeros(n_bytes),
        )  # fmt: skip

    def fill(self, at: slice, seen: Observations, rows: slice, spans: Tokens | None = None) -> None:
        """Write the observed `rows` to the tokens `at`, whose spans place their bytes."""
        for name in (
            "surprisal", "entropy", "varentropy", "rank", "top_ids", "top_probabilities"
        ):  # fmt: skip
            getattr(self, name)[at] = getattr(seen, name)[rows]
        if self.byte_surprisal is None or spans is None:
            return
        starts, ends = spans.starts[at].tolist(), spans.ends[at].tolist()
        for start, end, costs in zip(starts, ends, seen.byte_costs[rows], strict=True):
            if end > start:
                self.byte_surprisal[start:end] += bytes_of_span(costs, end - start)
            else:  # a token without bytes of its own belongs to the byte before it
                self.byte_surprisal[max(start - 1, 0)] += costs.sum()


class _Inputs(Protocol):
    @property
    def inputs(self) -> NDArray[np.int64]: ...


_W = TypeVar("_W", bound=_Inputs)
_T = TypeVar("_T")


def packs(model: LanguageModel, windows: Iterable[_W]) -> Iterator[list[_W]]:
    """Group windows to be read together: about a thousand tokens, whole windows, in order.

    A model that cannot read many at once gets them one by one.
    """
    if not isinstance(model, ReadsMany):
        for window in windows:
            yield [window]
        return
    yield from in_packs(windows, lambda window: len(window.inputs))


def in_packs(items: Iterable[_T], n_tokens: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Group items, in order, into packs of about a thousand tokens.

    >>> list(in_packs([600, 300, 200, 2000], lambda n: n))
    [[600, 300], [200], [2000]]
    """
    held: list[_T] = []
    n = 0
    for item in items:
        if held and n + n_tokens(item) > _PACK:
            yield held
            held, n = [], 0
        held.append(item)
        n += n_tokens(item)
    if held:
        yield held


def read_pack(
    model: LanguageModel, observer: Observer, pack: list[Window], targets: list[NDArray[np.int64]]
) -> tuple[Observations, list[slice]]:
    """Read the windows of one pack; return the observations and each window's rows in them."""
    rows = predict_many(
        model, [window.inputs for window in pack], [window.start for window in pack]
    )
    ends = np.cumsum([len(each) for each in targets]).tolist()
    begins = [0, *ends[:-1]]
    seen = observer.read(rows, np.concatenate(targets))
    return seen, [slice(a, b) for a, b in zip(begins, ends, strict=True)]


def byte_splitter(model: LanguageModel) -> ByteSplitter:
    """Return the splitter of a model's vocabulary, control tokens left out."""
    spellings = [model.spell(i) for i in range(model.n_vocabulary)]
    named = [i for i, spelling in enumerate(spellings) if _NAME.fullmatch(spelling)]
    control = {i for i in named if not _is_text(model, spellings[i], i)}
    return ByteSplitter(spellings.__getitem__, model.n_vocabulary, control)


def _is_text(model: LanguageModel, spelling: bytes, token: int) -> bool:
    """Say whether the vocabulary's entry is what its own spelling is cut into."""
    try:
        return model.encode(spelling).ids.tolist() == [token]
    except InfoscopeError:
        return False
