"""Shannon's game on a page: the passage, the bounds and the model are those of the library."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from infoscope.data import path_of
from infoscope.explore.pages import guessing as page
from infoscope.language import guessing_bounds, guessing_game

CHAPTER = path_of("alice_chapter_1.txt").read_text("utf-8")
START = {"seed": 7, "guesses": "", "tried": ""}


def play(state: dict[str, Any], letter: str) -> dict[str, Any]:
    return page.settle(state, "letter." + ("space" if letter == " " else letter), held=False)


@pytest.mark.parametrize("seed", [0, 7, 9999])
def test_the_passage_is_the_games_own(seed: int) -> None:
    game = guessing_game(CHAPTER, shown=page.SHOWN, hidden=page.HIDDEN, rng=seed)
    assert page.passage(seed) == (game.shown, game.hidden)


def test_the_bounds_are_those_of_the_library() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 3, 20, 60):
        counts = rng.geometric(0.5, n).clip(max=27).tolist()
        found, theirs = page.bounds(counts), guessing_bounds(counts, n_symbols=27)
        assert found["upper"] == pytest.approx(theirs.upper.value, rel=1e-12, abs=1e-12)
        assert found["lower"] == pytest.approx(theirs.lower.value, rel=1e-12, abs=1e-12)
    assert page.bounds([1, 1])["lower"] == 0.0
    assert page.bounds([3]) == {}


def test_a_right_guess_moves_on_and_a_wrong_one_is_struck_out() -> None:
    _, hidden = page.passage(7)
    wrong = [letter for letter in "QXZ" if letter != hidden[0]][:2]
    state = START
    for letter in wrong:
        state = play(state, letter)
    assert state["tried"] == "".join(wrong)
    assert play(state, wrong[0])["tried"] == state["tried"], "the same letter again counts once"
    state = play(state, hidden[0])
    assert (state["guesses"], state["tried"]) == ("3", "")
    for letter in hidden[1:]:
        state = play(state, letter)
    assert state["guesses"].split(".") == ["3"] + ["1"] * (page.HIDDEN - 1)
    assert play(state, "A") == state, "after the end nothing counts"
    assert page.settle(state, "seed", held=False)["guesses"] == ""


@pytest.mark.parametrize("kept", ["x", "1..2", "0.1", "28", "1." * 90, "-1", "1e3", "<b>"])
def test_a_state_that_nobody_played_is_no_game(client: TestClient, kept: str) -> None:
    assert page.numbers(guesses=kept) == {"n_guessed": 0}
    response = client.get("/guessing", params={"guesses": kept, "tried": "<script>Q1"})
    assert response.status_code == 200
    assert "<script>Q" not in response.text


def test_a_guess_over_http(client: TestClient) -> None:
    _, hidden = page.passage(7)
    letter = "letter.space" if hidden[0] == " " else f"letter.{hidden[0]}"
    fields = {"seed": "7", "guesses": "", "tried": "QX", "_moved": letter}
    patch = client.post("/live/guessing", data=fields).json()
    assert patch["=guesses"] == "3"
    assert patch["=tried"] == ""
    assert "1" in patch["tiles"]


def test_the_model_plays_the_same_letters() -> None:
    found = list(page.run(seed=7, guesses="1.2.1"))
    game = guessing_game(CHAPTER, shown=page.SHOWN, hidden=page.HIDDEN, rng=7)
    bounds = game.bounds(game.model_guesses)
    (said,) = [patch["model"] for patch in found if "model" in patch]
    assert f"{bounds.upper.value:.2f} bits per letter" in said
    assert "On the 3 letters" in said
