"""Shannon's guessing game: bounds on an entropy from how often one guesses before one is right.

Whoever guesses the next symbol in a fixed order of preference turns the text into numbers of
guesses, and with the same preferences the numbers turn back into the text. So the numbers carry the
text's whole information, and their simple frequencies bound it from both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.progress import Progress
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.core.units import Unit
from infoscope.estimate import entropy
from infoscope.language.aggregate import block_average
from infoscope.language.arguments import as_model, text_as_bytes
from infoscope.language.contract import LanguageModel
from infoscope.language.denormals import denormals_flushed
from infoscope.language.passages import twenty_seven_letters
from infoscope.language.rows import logit_chunks
from infoscope.language.scoring import plan_reading

__all__ = ["GuessingBounds", "guess_numbers", "guessing_bounds", "twenty_seven_letters"]

_LOWER_NOTE = "a lower bound for a guesser who always names the likeliest symbol next"
_RISING = (
    "the frequencies do not fall from first guess to last, as an ideal guesser's would: the lower "
    "bound is rough"
)


@dataclass(frozen=True, slots=True)
class GuessingBounds(Shown):
    """What the numbers of guesses say of the entropy of the next symbol.

    Attributes
    ----------
    upper, lower : Estimate
        The bounds.
    shares : tuple of float
        How large a part of the symbols was right at the first, second, ... guess.
    n : int
        Symbols guessed.
    """

    upper: Estimate
    lower: Estimate
    shares: tuple[float, ...]
    n: int

    def __str__(self) -> str:
        return f"between {self.lower.short()} and {self.upper.short()} ({self.n:,} guessed)"

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "upper": self.upper.to_dict(), "lower": self.lower.to_dict(),
            "shares": list(self.shares), "n": self.n,
        }  # fmt: skip


#: Share of symbols of a kind seen once (Good and Turing's estimate of the mass unseen) above which
#: the corrected entropy of the numbers of guesses is no upper bound to rely on.
_FEW = 0.05


def guessing_bounds(
    guesses: ArrayLike,
    *,
    n_symbols: int | None = None,
    characters: int | None = None,
    unit: Unit = "bits",
) -> GuessingBounds:
    """Bound the entropy of a source by the numbers of guesses that a guesser needed.

    sum_i q_i (i ln i - (i-1) ln(i-1)) <= H <= -sum_i q_i ln q_i,  q_i: share right at guess i

    Parameters
    ----------
    guesses : array of int, shape (n,)
        For each symbol of a text, in its order, how many guesses it took (1: right at once); from a
        person, or from `guess_numbers`.
    n_symbols : int, optional
        Size of the alphabet; more guesses than that are refused.
    characters : int, optional
        How many characters of text all the symbols are, if a symbol is not one: the bounds are then
        for each character.
    unit : {"bits", "nats", "bans"}
        Unit of information.

    Returns
    -------
    GuessingBounds
        In `unit` per symbol, or per character.

    Raises
    ------
    InvalidArgument
        If there are fewer than two guesses, or one is below 1 or above `n_symbols`.

    Notes
    -----
    The upper bound holds for any guesser with fixed preferences. Counted shares alone would make it
    too low, so that (k - 1) / 2n nats are added for k different numbers of guesses among n (Miller
    and Madow's correction). The lower bound is an average over symbols, without such a bias, and
    holds for an ideal guesser only: one who knows less, or forgets, raises it. A model's own cost,
    `score`, is the better upper bound: it tells sure guesses from unsure ones.

    Source
    ------
    Shannon, Prediction and entropy of printed English (1951), equation 17.

    Examples
    --------
    Right at the first or second guess, equally often, is one bit, and both bounds say so:

    >>> found = guessing_bounds([1, 2] * 5000)
    >>> round(found.lower.value, 3), round(found.upper.value, 3)
    (1.0, 1.0)
    """
    numbers = np.asarray(guesses)
    if numbers.ndim != 1 or len(numbers) < 2 or numbers.dtype.kind not in "iu":
        raise InvalidArgument(
            sentence("guessing_bounds", "guesses", "be two or more whole numbers in a row",
                     f"shape {numbers.shape}, {numbers.dtype}")
        )  # fmt: skip
    most = n_symbols if n_symbols is not None else int(numbers.max())
    bad = np.flatnonzero((numbers < 1) | (numbers > most))
    if len(bad):
        raise InvalidArgument(
            sentence("guessing_bounds", "guesses", f"lie between 1 and {most}",
                     f"{int(numbers[bad[0]])} at index {int(bad[0])}")
        )  # fmt: skip
    n = len(numbers)
    if characters is not None and characters < 1:
        raise InvalidArgument(
            sentence("guessing_bounds", "characters", "be at least 1", characters)
        )
    scale = 1.0 if characters is None else n / characters
    shares = np.bincount(numbers)[1:] / n
    per = "symbol" if characters is None else "character"
    notes = (_LOWER_NOTE, *((_RISING,) if (np.diff(shares) > 0).any() else ()))
    i = np.arange(1.0, len(shares) + 1.0)
    whole = i * np.log(i)
    steps = np.diff(whole, prepend=0.0)[numbers - 1]  # g(i) of every symbol
    lower = _estimate("lower bound by guessing", steps, scale, per, notes)
    counted = entropy(numbers, method="miller_madow", interval=None)
    once = float((shares * n == 1).sum()) / n
    short = (
        f"{once:.0%} of the symbols took a number of guesses that occurred once: the text is too "
        "short for this bound, which may still be too low"
    )
    upper = _estimate("upper bound by guessing", -np.log(shares[numbers - 1]), scale, per, (
        "holds for any guesser with fixed preferences", *counted.notes,
        *((short,) if once > _FEW else ()),
    ))  # fmt: skip
    shift = counted.value * scale - upper.value
    ends = upper.interval and replace(
        upper.interval, low=upper.interval.low + shift, high=upper.interval.high + shift
    )
    upper = replace(upper, value=upper.value + shift, interval=ends)
    return GuessingBounds(upper.to(unit), lower.to(unit), tuple(shares.tolist()), n)


def guess_numbers(
    text: str | bytes,
    model: str | Path | LanguageModel,
    *,
    context: int | str | None = None,
    stride: int | None = None,
    progress: bool | None = None,
) -> NDArray[np.int64]:
    """Let a model play the guessing game: how many guesses each symbol of a text took it.

    guesses = 1 + |{v : p(v) > p(symbol)}| + |{v before the symbol : p(v) = p(symbol)}|

    Parameters
    ----------
    text : str or bytes
        The text to guess.
    model : str, Path or LanguageModel
        What `load` takes, or what it returned; its own symbols are guessed (bytes, characters,
        tokens).
    context, stride : optional
        As in `score`.
    progress : bool, optional
        Show a bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    ndarray of int64, shape (n,)
        From 1 to the size of the vocabulary. Equally likely symbols are named in the order of their
        ids, so that the numbers and the model give the text back (ranks with ties would not).

    Raises
    ------
    UnknownName, NotFound, ModelError
        If the model cannot be loaded.

    Notes
    -----
    Costs one pass of the model over the text.

    Source
    ------
    Shannon, Prediction and entropy of printed English (1951), section 4.

    Examples
    --------
    >>> from infoscope.language import load
    >>> guess_numbers(b"abab", load("bigram", train="ab" * 50)).tolist()
    [1, 1, 1, 1]
    """
    model = as_model(model, "guess_numbers")
    plan = plan_reading(model, context, stride, None)
    _, tokens = plan.cut(text_as_bytes(text, "guess_numbers"))
    out = np.empty(len(tokens.ids), np.int64)
    n_rows = max(1, min(512, 4_000_000 // model.n_vocabulary))
    with denormals_flushed(), Progress(len(out), "guessing", "symbols", show=progress) as bar:
        for window in plan.windows(tokens):
            goals = tokens.ids[window.first : window.last]
            rows = model.predict(window.inputs, window.start)
            for first, last, logits in logit_chunks(rows, n_rows):
                z, goal = logits.numpy(), goals[first:last]
                reached = z[np.arange(last - first), goal][:, None]
                ahead = (z > reached).sum(1)
                tied = ((z == reached) & (np.arange(z.shape[1]) < goal[:, None])).sum(1)
                out[window.first + first : window.first + last] = 1 + ahead + tied
                bar.advance(last - first)
    return out


def _estimate(
    quantity: str, nats: NDArray[np.float64], scale: float, per: str, notes: Sequence[str]
) -> Estimate:
    average = block_average(nats * scale, np.ones(len(nats)))
    return Estimate(
        quantity, average.value, f"nats/{per}", stderr=average.stderr,
        interval=average.interval(), method="guessing game", n=len(nats), notes=tuple(notes),
    )  # fmt: skip
