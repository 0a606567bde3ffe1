"""Bounds on entropy rates: sources whose rate is known, several languages, and the page."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument
from infoscope.estimate import entropy_rate
from infoscope.language import entropy_rate_bounds, load, score
from infoscope.language.rungs import split_text

UDHR = Path(__file__).parents[1] / "data" / "language" / "udhr"


def markov(n: int) -> tuple[str, float]:
    """Two letters, each of which stays with probability 0.9: h(0.1) = 0.469 bits a letter."""
    flips = np.random.default_rng(8).random(n) < 0.1
    letters = np.cumsum(flips) % 2
    rate = -(0.1 * math.log2(0.1) + 0.9 * math.log2(0.9))
    return "".join("ab"[i] for i in letters), rate


def test_every_upper_bound_lies_above_the_rate_of_a_markov_source() -> None:
    text, rate = markov(12_000)
    found = entropy_rate_bounds(text, blocks=3, orders=(1, 2, 3))
    for bound in found.bounds:
        slack = 4 * (bound.estimate.stderr or 0.0)
        if bound.kind == "upper bound":
            assert bound.estimate.value > rate - slack, bound.name
        if bound.kind == "ideal lower bound":
            assert bound.estimate.value < rate + slack, bound.name
    for name in ("blocks of 2", "context-tree code", "ngram:2"):
        estimate = found[name].estimate
        assert estimate.value == pytest.approx(rate, abs=0.03), name
    assert found["2 equally likely characters"].estimate.value == 1.0
    assert found["blocks of 1"].estimate.value == pytest.approx(1.0, abs=0.02)


def test_a_source_without_memory_has_the_entropy_of_its_letters() -> None:
    p = [0.5, 0.25, 0.25]
    letters = np.random.default_rng(9).choice(list("xyz"), 8000, p=p)
    found = entropy_rate_bounds("".join(letters), blocks=2, orders=(1,))
    for name in ("blocks of 1", "blocks of 2", "ngram:1"):
        assert found[name].estimate.value == pytest.approx(1.5, abs=0.05), name
    assert found["guesses of ngram:1, below"].estimate.value < 1.5


@pytest.mark.parametrize("language", ["eng", "rus", "cmn_hans"])
def test_languages_by_character_and_by_byte(language: str) -> None:
    data = (UDHR / f"{language}.txt").read_bytes()
    by_character = entropy_rate_bounds(data, blocks=2, orders=(1, 3))
    by_byte = entropy_rate_bounds(data, per="byte", blocks=2, orders=(1, 3))
    assert by_character.n_symbols == len(data.decode())
    assert by_byte.n_symbols == len(data)
    for found in (by_character, by_byte):
        best = found.best_upper.estimate.value
        below = [b.estimate.value for b in found.bounds if b.kind == "ideal lower bound"]
        assert 0 < min(below) < best < math.log2(found.n_different)
    judge = split_text(data, 0.2)[1]
    model = load("ngram:3", train=split_text(data, 0.2)[0])
    total = score(judge, model).total.to("bits").value
    assert by_byte["ngram:3"].estimate.value == pytest.approx(total / len(judge))


def test_the_cost_of_a_model_is_one_number_spread_over_bytes_or_characters() -> None:
    data = (UDHR / "rus.txt").read_bytes()
    learn, judge = split_text(data, 0.2)
    model = load("ngram:4", train=learn)
    totals = []
    for per, n in (("byte", len(judge)), ("character", len(judge.decode()))):
        found = entropy_rate_bounds(data, per=per, blocks=1, orders=(), model=model)
        totals.append(found["ngram:4"].estimate.value * n)
        assert found.n_held_out == n
    assert totals[0] == pytest.approx(totals[1])


def test_the_counts_are_those_of_the_estimator() -> None:
    text = markov(3000)[0]
    found = entropy_rate_bounds(text, blocks=2, orders=())
    theirs = entropy_rate(text, method="block", memory=1, unit="bits")
    assert found["blocks of 2"].estimate.value == theirs.value
    assert found["blocks of 2"].estimate.unit == "bits/character"


def test_blocks_that_are_hardly_repeated_are_no_bound() -> None:
    noise = np.random.default_rng(3).integers(97, 123, 3000).astype(np.uint8).tobytes()
    found = entropy_rate_bounds(noise, per="byte", blocks=4, orders=(1,))
    assert found["blocks of 1"].kind == "upper bound"
    last = found["blocks of 4"]
    assert last.kind == "estimate"
    assert last.estimate.value < math.log2(26) - 1  # far below the truth, and it says so
    assert "too low" in last.bias
    assert found.best_upper.estimate.value > math.log2(26) - 0.1


def test_the_page_and_the_dictionary(tmp_path) -> None:
    found = entropy_rate_bounds(markov(1000)[0], blocks=2, orders=(2,))
    html = found.save_html(tmp_path / "r.html", name="a <b>").read_text()
    assert "The entropy rate of a &lt;b&gt;" in html
    assert "blocks of 2" in html
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["best_upper"] == found.best_upper.name
    assert len(told["bounds"]) == len(found.bounds)
    assert "upper bound" in str(found)
    with pytest.raises(InvalidArgument, match="blocks of 2"):
        found["no such"]


@pytest.mark.parametrize(
    ("text", "options", "why"),
    [
        ("short", {}, "at least 200 symbols"),
        (b"\xff" * 300, {}, "be UTF-8.*per='byte'"),
        ("ab" * 200, {"blocks": 0}, "blocks must be from 1 to 100; got 0"),
        ("ab" * 200, {"blocks": 10**30}, "blocks must be from 1 to 100"),
        ("ab" * 200, {"per": "word"}, "'character' or 'byte'"),
        ("ab" * 200, {"held_out": 1.0}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_bounded(text, options, why) -> None:
    with pytest.raises(InvalidArgument, match=why):
        entropy_rate_bounds(text, **options)
