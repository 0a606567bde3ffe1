"""Shannon's guessing game: bounds that meet where they must, and hold on sources that are known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope import entropy
from infoscope.core.errors import InvalidArgument
from infoscope.data import path_of
from infoscope.language import guess_numbers, guessing_bounds, guessing_game, load, score
from infoscope.language.guessing import twenty_seven_letters

ALICE = path_of("alice_chapter_1.txt").read_bytes()


@pytest.mark.parametrize("k", [1, 2, 4, 10])
def test_bounds_meet_for_a_guesser_without_a_preference(k: int) -> None:
    """q_i = 1/k: the upper bound is log k, and i (q_i - q_(i+1)) log i is log k at i = k alone."""
    found = guessing_bounds(list(range(1, k + 1)) * 5000)
    assert found.lower.value == pytest.approx(math.log2(k), abs=1e-9)
    correction = (k - 1) / (2 * 5000 * k) / math.log(2)  # Miller and Madow
    assert found.upper.value == pytest.approx(math.log2(k) + correction, abs=1e-9)


def test_the_lower_bound_is_shannons_sum() -> None:
    """Equation 17 as he writes it, on shares that fall: 0.5, 0.3, 0.2."""
    q = [0.5, 0.3, 0.2, 0.0]
    expected = sum((i + 1) * (q[i] - q[i + 1]) * math.log2(i + 1) for i in range(3))
    found = guessing_bounds([1] * 50 + [2] * 30 + [3] * 20, unit="bits")
    assert found.lower.value == pytest.approx(expected, rel=1e-12)
    assert found.shares == (0.5, 0.3, 0.2)
    plugin = float(entropy(np.array(q[:3]), unit="bits"))
    assert found.upper.value == pytest.approx(plugin + 2 / 200 / math.log(2), rel=1e-12)
    nats = guessing_bounds([1] * 50 + [2] * 30 + [3] * 20, unit="nats")
    assert nats.upper.unit == "nats/symbol"
    assert nats.upper.value == pytest.approx(found.upper.value * math.log(2))


@given(st.lists(st.integers(1, 6), min_size=2, max_size=60))
def test_the_lower_bound_lies_below_the_upper_one_when_shares_fall(numbers: list[int]) -> None:
    counts = np.sort(np.bincount(numbers, minlength=7)[1:])[::-1]
    falling = np.repeat(np.arange(1, 7), counts)
    found = guessing_bounds(falling)
    assert found.lower.value <= found.upper.value + 1e-12
    assert len(found.lower.notes) == 1


def test_they_hold_for_an_ideal_guesser_of_a_known_source() -> None:
    """i.i.d. letters with p = 1/2, 1/4, 1/8, 1/8: 1.75 bits, and the ideal guesses are ranks."""
    p = np.array([0.5, 0.25, 0.125, 0.125])
    guesses = np.random.default_rng(2).choice(4, size=40_000, p=p) + 1
    found = guessing_bounds(guesses, n_symbols=4)
    assert found.upper.stderr is not None
    assert found.lower.stderr is not None
    assert abs(found.upper.value - 1.75) < 4 * found.upper.stderr
    i = np.arange(1.0, 5.0)
    exact = float((p * np.diff(i * np.log2(i), prepend=0)).sum())
    assert abs(found.lower.value - exact) < 4 * found.lower.stderr
    assert exact < 1.75


def test_a_model_plays_and_its_numbers_give_the_text_back() -> None:
    model = load("ngram:3", train=ALICE[:8000])
    text = ALICE[8000:8300]
    guesses = guess_numbers(text, model)
    ids: list[int] = [model.prefix]
    for guess in guesses:  # the other player: same preferences, in the same order
        row = model.predict(np.array(ids), len(ids) - 1).rows(0, 1)[0]
        preference = np.lexsort((np.arange(len(row)), -row))
        ids.append(int(preference[guess - 1]))
    assert model.decode(ids[1:]) == text
    ranks = score(text, model).rank
    assert (guesses >= ranks).all()


def test_a_model_without_preferences_names_symbols_in_order() -> None:
    """Ranks would call every byte a first guess, and bound the entropy by nothing."""
    guesses = guess_numbers(b"\x00\x05\xff", load("uniform"))
    assert guesses.tolist() == [1, 6, 256]


def test_the_bounds_enclose_the_cost_under_a_model_that_knows_the_source() -> None:
    rng = np.random.default_rng(6)
    letters = rng.choice([97, 98, 99, 100], size=12_000, p=[0.55, 0.25, 0.15, 0.05])
    text = bytes(letters.astype(np.uint8))
    model = load("unigram", train=text[6000:])
    found = guessing_bounds(guess_numbers(text[:6000], model))
    cost = score(text[:6000], model).bits_per_byte.value
    assert found.lower.value < cost < found.upper.value + 0.02


def test_bounds_per_character_scale() -> None:
    one = guessing_bounds([1, 2, 1, 1])
    per = guessing_bounds([1, 2, 1, 1], characters=8)
    assert per.upper.value == pytest.approx(one.upper.value / 2)
    assert per.lower.value == pytest.approx(one.lower.value / 2)
    assert per.upper.unit == "bits/character"
    assert per.to_dict()["n"] == 4
    assert "4 guessed" in str(per)


@pytest.mark.parametrize(
    ("guesses", "why"),
    [
        ([1], "two or more whole numbers"),
        ([1.0, 2.0], "whole numbers"),
        ([[1, 2]], "in a row"),
        ([1, 0, 2], "between 1 and 27; got 0 at index 1"),
        ([1, 28], "between 1 and 27; got 28 at index 1"),
    ],
)
def test_numbers_that_are_no_guesses(guesses: list[object], why: str) -> None:
    with pytest.raises(InvalidArgument, match=why):
        guessing_bounds(guesses, n_symbols=27)
    with pytest.raises(InvalidArgument, match="characters must be at least 1"):
        guessing_bounds([1, 2], characters=0)


def test_folding_into_twenty_seven_letters() -> None:
    assert twenty_seven_letters("Don't stop: née!") == "DONT STOP NEE "
    assert set(twenty_seven_letters(ALICE.decode())) <= set(" ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_a_game_is_a_passage_that_its_model_has_not_read() -> None:
    text = ALICE.decode()
    game = guessing_game(text, shown=60, hidden=30, rng=5)
    folded = twenty_seven_letters(text)
    at = folded.index(game.shown + game.hidden)
    assert at == 0 or folded[at - 1] == " "
    assert game == guessing_game(text, shown=60, hidden=30, rng=5)
    assert game != guessing_game(text, shown=60, hidden=30, rng=6)
    assert len(game.model_guesses) == 30
    assert all(1 <= guess <= 27 for guess in game.model_guesses)
    assert sum(guess == 1 for guess in game.model_guesses) > 30 / 27  # better than chance
    found = game.bounds([1, 1, 2, 5])
    assert found.n == 4
    assert game.to_dict()["alphabet"] == " ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    with pytest.raises(InvalidArgument, match="at most 30"):
        game.bounds([1] * 31)
    with pytest.raises(InvalidArgument, match="between 1 and 27"):
        game.bounds([1, 28])
    with pytest.raises(InvalidArgument, match="letters to show"):
        guessing_game("too short")


def test_a_short_text_is_told_that_its_upper_bound_may_be_too_low() -> None:
    """Numbers of guesses that hardly repeat: log 40 by counting, though 40 of 10,000 were seen."""
    rng = np.random.default_rng(0)
    rare = guessing_bounds(rng.integers(1, 10_000, size=40))
    common = guessing_bounds(rng.integers(1, 5, size=40))
    assert rare.upper.value < np.log2(10_000) - 1
    assert any("too short for this bound" in note for note in rare.upper.notes)
    assert not any("too short" in note for note in common.upper.notes)
