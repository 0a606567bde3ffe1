"""A passage for playing Shannon's guessing game, with what a model guesses on the same letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng
from infoscope.core.showing import Shown
from infoscope.language.alphabets import CharacterAlphabet
from infoscope.language.guessing import (
    GuessingBounds,
    guess_numbers,
    guessing_bounds,
)
from infoscope.language.ngram import NgramModel
from infoscope.language.passages import ALPHABET, passage_start, twenty_seven_letters

__all__ = ["ALPHABET", "GuessingGame", "guessing_game"]

_LEAST_TRAINING = 200


@dataclass(frozen=True, slots=True)
class GuessingGame(Shown):
    """One game: letters that are shown, letters to be guessed, and the model's guesses.

    Attributes
    ----------
    shown : str
        What the player sees before the first guess.
    hidden : str
        The letters to be guessed, one after another; each is shown once it was guessed.
    model_guesses : tuple of int
        How many guesses the model needed for each hidden letter.
    model : str
        Which model: it has read the rest of the text, and not this passage.
    """

    shown: str
    hidden: str
    model_guesses: tuple[int, ...]
    model: str

    def bounds(self, guesses: ArrayLike) -> GuessingBounds:
        """Return the bounds from a player's numbers of guesses, one for each letter so far."""
        numbers = np.asarray(guesses)
        if numbers.ndim == 1 and len(numbers) > len(self.hidden):
            raise InvalidArgument(
                sentence("GuessingGame.bounds", "guesses",
                         f"be at most {len(self.hidden)}, one for each letter", len(numbers))
            )  # fmt: skip
        return guessing_bounds(numbers, n_symbols=len(ALPHABET))

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "alphabet": ALPHABET, "shown": self.shown, "hidden": self.hidden,
            "model_guesses": list(self.model_guesses), "model": self.model,
        }  # fmt: skip


def guessing_game(
    text: str, *, shown: int = 100, hidden: int = 40, order: int = 6, rng: Rng = None
) -> GuessingGame:
    """Draw a passage from a text, folded into 27 letters, for a person to guess.

    Parameters
    ----------
    text : str
        Prose in Latin letters; the longer, the better the model that plays along.
    shown, hidden : int
        Letters to show before, and letters to guess; Shannon showed up to 100.
    order : int
        Order of the Kneser-Ney model that learns from all but the passage.
    rng : int, Generator or None
        Decides where the passage begins; equal seeds give equal games.

    Returns
    -------
    GuessingGame
        The passage begins at a word.

    Raises
    ------
    InvalidArgument
        If the text is too short for the passage and something to learn from.

    Source
    ------
    Shannon, Prediction and entropy of printed English (1951), section 3.

    Examples
    --------
    >>> game = guessing_game("the cat sat on the mat and " * 40, shown=12, hidden=5, rng=0)
    >>> len(game.shown), len(game.hidden), game.model_guesses
    (12, 5, (1, 1, 1, 1, 1))
    """
    letters = twenty_seven_letters(text)
    length = shown + hidden
    if shown < 1 or hidden < 2 or len(letters) < length + _LEAST_TRAINING:
        raise InvalidArgument(
            sentence("guessing_game", "text",
                     f"hold {shown} letters to show, {hidden} to guess and {_LEAST_TRAINING} to "
                     "learn from (at least 1, 2 and 200)", len(letters))
        )  # fmt: skip
    begin = passage_start(letters, length, rng)
    passage = letters[begin : begin + length]
    rest = [letters[:begin], letters[begin + length :]]
    model = NgramModel.train(
        [part.encode() for part in rest if part], CharacterAlphabet(ALPHABET), order,
        f"ngram:{order}/characters",
    )  # fmt: skip
    numbers = guess_numbers(passage, model, progress=False)[shown:]
    return GuessingGame(
        passage[:shown], passage[shown:], tuple(int(each) for each in numbers), model.name
    )
