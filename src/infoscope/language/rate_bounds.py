"""The entropy rate of a language from one text: every bound and estimate, each with its bias."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.result import Estimate, Interval
from infoscope.core.saving import SavedAsPage
from infoscope.core.showing import Shown
from infoscope.estimate import entropy_rate
from infoscope.figures import Figure
from infoscope.language.aggregate import block_average
from infoscope.language.alphabets import ByteAlphabet, CharacterAlphabet
from infoscope.language.arguments import as_model, text_as_bytes
from infoscope.language.contract import LanguageModel
from infoscope.language.guessing import guess_numbers, guessing_bounds
from infoscope.language.ngram import NgramModel
from infoscope.language.rungs import split_text
from infoscope.language.scoring import score

__all__ = ["RateBound", "RateBounds", "entropy_rate_bounds"]

#: "ideal lower bound": one only for a guesser who ranks the symbols by their true chances.
Kind = Literal["upper bound", "ideal lower bound", "estimate"]
Per = Literal["character", "byte"]

#: Longest sequence for the methods whose cost per symbol is large (a Python loop each).
_MOST_SYMBOLS = 60_000
_LONGEST_BLOCK = 100
_SEEN_OFTEN = 10  # occurrences per block, on average, for counts to be believed


@dataclass(frozen=True, slots=True)
class RateBound(Shown):
    """One number about the rate: what kind it is, its value, and which way it errs."""

    name: str
    kind: Kind
    estimate: Estimate
    bias: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "name": self.name, "kind": self.kind, "bias": self.bias,
            "estimate": self.estimate.to_dict(),
        }  # fmt: skip


@dataclass(frozen=True)
class RateBounds(SavedAsPage, Shown):
    """What one text tells of the entropy rate of its source, in bits per character or byte.

    Attributes
    ----------
    bounds : tuple of RateBound
        From simple to strong.
    per : str
        "character" or "byte".
    n_symbols, n_bytes, n_different : int
        Length of the text, and how many different symbols occur in it.
    n_held_out : int
        Symbols on which the models were judged.
    """

    bounds: tuple[RateBound, ...]
    per: Per
    n_symbols: int
    n_bytes: int
    n_different: int
    n_held_out: int

    @property
    def best_upper(self) -> RateBound:
        """The smallest upper bound."""
        upper = [bound for bound in self.bounds if bound.kind == "upper bound"]
        return min(upper, key=lambda bound: bound.estimate.value)

    def __getitem__(self, name: str) -> RateBound:
        for bound in self.bounds:
            if bound.name == name:
                return bound
        names = ", ".join(bound.name for bound in self.bounds)
        raise InvalidArgument(sentence("RateBounds", "name", f"be one of {names}", repr(name)))

    def __str__(self) -> str:
        width = max(len(bound.name) for bound in self.bounds)
        lines = [f"entropy rate of {self.n_symbols:,} {self.per}s"]
        lines += [f"  {b.name:<{width}}  {b.kind:<17}  {b.estimate.short()}" for b in self.bounds]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "per": self.per, "n_symbols": self.n_symbols, "n_bytes": self.n_bytes,
            "n_different": self.n_different, "n_held_out": self.n_held_out,
            "best_upper": self.best_upper.name, "bounds": [b.to_dict() for b in self.bounds],
        }  # fmt: skip

    def figure(self) -> Figure:
        """Draw the bounds, each as a bar with its interval."""
        from infoscope.language.rate_report import rate_figure

        return rate_figure(self)

    def to_html(self, *, name: str = "") -> str:
        """Return the bounds as one self-contained page; `name` is what the text is called."""
        from infoscope.language.rate_report import rate_report

        return rate_report(self, name=name)


def entropy_rate_bounds(
    text: str | bytes,
    *,
    per: Per = "character",
    model: str | Path | LanguageModel | None = None,
    blocks: int = 5,
    orders: Sequence[int] = (1, 2, 3, 4, 6),
    held_out: float = 0.2,
    progress: bool | None = None,
) -> RateBounds:
    """Bound the entropy rate of the source of a text, from above and below, by every method.

    h = lim H(X_t | X_(t-1), ..., X_(t-L)), in bits per character or per byte

    Parameters
    ----------
    text : str or bytes
        At least 200 symbols; the end of it is held out to judge models.
    per : {"character", "byte"}
        What a symbol is. Characters need UTF-8.
    model : str, Path or LanguageModel, optional
        A model besides, "smollm2" say; its cost and its guesses give bounds too.
    blocks : int
        Longest block whose entropy is counted, from 1 to 100.
    orders : sequence of int
        Orders of the Kneser-Ney models that learn from the first part.
    held_out : float
        Share of the text on which models are judged.
    progress : bool, optional
        Show bars on stderr; by default only when stderr is a terminal.

    Returns
    -------
    RateBounds
        In bits per `per`; each `RateBound` says which way it errs.

    Raises
    ------
    InvalidArgument
        If the text is too short, or is not UTF-8 where characters are asked for.

    Notes
    -----
    Any code for the text is an upper bound on the rate in the mean, so that the cost of the
    held-out part under any model is one, and the smallest of them the best. Counted block entropies
    fall below the truth once most blocks are seen only once. The lower bound from guesses holds for
    the guesser's own idea of the text: a stronger guesser lowers it. There is no lower bound on the
    rate of a language that needs no guesser.

    Source
    ------
    Shannon, Prediction and entropy of printed English (1951); Cover & Thomas, Elements of
    Information Theory (2006), section 6.6.

    Examples
    --------
    A fair coin, tossed 4,000 times and written down, has one bit per character:

    >>> coins = "".join(np.random.default_rng(1).choice(["h", "t"], 4000))
    >>> found = entropy_rate_bounds(coins, orders=(1, 2), blocks=3)
    >>> abs(found["blocks of 2"].estimate.value - 1) < 0.01
    True
    """
    data = text_as_bytes(text, "entropy_rate_bounds")
    symbols = _symbols(data, per)
    if len(symbols) < 200:
        raise InvalidArgument(
            sentence("entropy_rate_bounds", "text", "hold at least 200 symbols", len(symbols))
        )
    if not 1 <= blocks <= _LONGEST_BLOCK:  # longer ones are all different in any text
        wanted = f"be from 1 to {_LONGEST_BLOCK}"
        raise InvalidArgument(sentence("entropy_rate_bounds", "blocks", wanted, blocks))
    unit = f"bits/{per}"
    different = len(np.unique(symbols))
    equal = Estimate("log of the alphabet", math.log2(different), unit, n=len(symbols))
    found = [RateBound(
        f"{different} equally likely {per}s", "upper bound", equal,
        "no text of this alphabet costs more",
    )]  # fmt: skip
    found += [_block(symbols, length, unit) for length in range(1, blocks + 1)]
    found += _match_and_tree(symbols[:_MOST_SYMBOLS], unit)
    learn, judge = split_text(data, held_out)
    n_judged = len(_symbols(judge, per))
    alphabet = ByteAlphabet() if per == "byte" else CharacterAlphabet.of([learn])
    strong: NgramModel | None = None
    cheapest = math.inf
    for order in orders:
        ngram = NgramModel.train([learn], alphabet, order, f"ngram:{order}")
        bound = _model_bound(ngram, judge, n_judged, unit, progress)
        found.append(bound)
        if bound.estimate.value < cheapest:
            strong, cheapest = ngram, bound.estimate.value
    if strong is not None:
        found += _guessed(strong, judge, n_judged, per, progress)
    if model is not None:
        loaded = as_model(model, "entropy_rate_bounds")
        found.append(_model_bound(loaded, judge, n_judged, unit, progress))
        found += _guessed(loaded, judge, n_judged, per, progress)
    return RateBounds(tuple(found), per, len(symbols), len(data), different, n_judged)


def _symbols(data: bytes, per: str) -> NDArray[Any]:
    if per == "byte":
        return np.frombuffer(data, np.uint8)
    if per != "character":
        raise InvalidArgument(
            sentence("entropy_rate_bounds", "per", "be 'character' or 'byte'", repr(per))
        )
    try:
        return np.frombuffer(data.decode("utf-8").encode("utf-32-le"), np.uint32)
    except UnicodeDecodeError as error:
        raise InvalidArgument(
            sentence("entropy_rate_bounds", "text", "be UTF-8 to be counted in characters",
                     f"byte 0x{data[error.start]:02x} at {error.start}", "Pass per='byte'.")
        ) from None  # fmt: skip


def _block(symbols: NDArray[Any], length: int, unit: str) -> RateBound:
    """Return the entropy of a symbol given the length - 1 before it, counted."""
    estimate = entropy_rate(symbols, method="block", memory=length - 1, unit="bits")
    seen = (len(symbols) - length + 1) / estimate.diagnostics["n_blocks"]
    if seen >= _SEEN_OFTEN:
        kind: Kind = "upper bound"
        bias = f"above the rate where memory is longer; blocks are seen {seen:.0f} times on average"
    else:
        kind = "estimate"
        bias = (
            f"too low, no bound: blocks are seen {seen:.1f} times on average, and what is seen "
            "once looks foreseen"
        )
    return RateBound(f"blocks of {length}", kind, replace(estimate, unit=unit), bias)


def _match_and_tree(symbols: NDArray[Any], unit: str) -> list[RateBound]:
    matches = entropy_rate(symbols, method="lempel_ziv", unit="bits")
    tree = entropy_rate(symbols, method="context_tree", unit="bits")
    part = f"; from the first {len(symbols):,} symbols"
    return [
        RateBound("Lempel-Ziv matches", "estimate", replace(matches, unit=unit),
                  f"converges to the rate as 1 / log n, from either side{part}"),
        RateBound("context-tree code", "upper bound", replace(tree, unit=unit),
                  f"includes the cost of learning{part}"),
    ]  # fmt: skip


def _model_bound(
    model: LanguageModel, judge: bytes, n_judged: int, unit: str, progress: bool | None
) -> RateBound:
    """Return what the held-out part costs under a model: the cross-entropy, an upper bound."""
    found = score(judge, model, top=0, progress=progress)
    total = found.total.to("bits")
    per_token = block_average(found.surprisal, np.ones(len(found)))
    share = None if per_token.stderr is None else per_token.stderr / per_token.value
    value = total.value / n_judged
    interval, stderr = None, None
    if share is not None and (ends := per_token.interval()) is not None:
        stderr = value * share
        ratio = value / per_token.value
        interval = Interval(ends.low * ratio, ends.high * ratio, ends.level, ends.how)
    estimate = Estimate(
        "cross-entropy", value, unit, stderr=stderr, interval=interval, method=model.name,
        n=n_judged, settings=found.rule.settings, notes=per_token.notes,
    )  # fmt: skip
    bias = "above the rate by what the model does not know (its KL divergence)"
    return RateBound(model.name, "upper bound", estimate, bias)


def _guessed(
    model: LanguageModel, judge: bytes, n_judged: int, per: str, progress: bool | None
) -> list[RateBound]:
    guesses = guess_numbers(judge, model, progress=progress)
    bounds = guessing_bounds(guesses, characters=n_judged)
    unit = f"bits/{per}"
    return [
        RateBound(f"guesses of {model.name}, above", "upper bound",
                  replace(bounds.upper, unit=unit),
                  "above the model's own cost where it tells sure guesses from unsure ones"),
        RateBound(f"guesses of {model.name}, below", "ideal lower bound",
                  replace(bounds.lower, unit=unit),
                  "below the rate for an ideal guesser only; a worse one raises it, even above"),
    ]  # fmt: skip
