"""The ladder: the same numbers as `score`, in order where order is certain, and honest labels."""

import json

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, NotFound, UnknownName
from infoscope.data import path_of
from infoscope.language import Ladder, ladder, load, score
from infoscope.language.rungs import DEFAULT_RUNGS, split_text

ALICE = path_of("alice_chapter_1.txt").read_bytes()
NAMES = ("uniform", "unigram", "bigram", "ngram:3", "ngram:5")


@pytest.fixture(scope="module")
def found() -> Ladder:
    return ladder(ALICE, rungs=NAMES)


def test_each_rung_is_the_score_of_the_held_out_part(found: Ladder) -> None:
    learn, judge = split_text(ALICE, 0.2)
    assert learn + judge == ALICE
    assert (found.n_train, found.n_held_out) == (len(learn), len(judge))
    for name in NAMES:
        expected = score(judge, load(name, train=learn)).bits_per_byte
        assert found[name].bits_per_byte.value == pytest.approx(expected.value)
        assert found[name].bits_per_byte.interval == expected.interval


def test_it_climbs_from_eight_bits(found: Ladder) -> None:
    values = [rung.bits_per_byte.value for rung in found.rungs]
    assert values[0] == pytest.approx(8, abs=1e-12)
    assert sorted(values, reverse=True) == values
    assert found.rungs[0].gain is None
    for below, rung in zip(found.rungs, found.rungs[1:], strict=False):
        assert rung.gain is not None
        difference = below.bits_per_byte.value - rung.bits_per_byte.value
        assert rung.gain.value == pytest.approx(difference)
    last = found["ngram:5"].gain
    assert last is not None
    assert last.stderr is not None
    assert last.stderr < found["ngram:5"].bits_per_byte.stderr  # pairing pays


def test_labels_say_what_learned_from_what(found: Ladder, tiny) -> None:
    assert found["uniform"].trained_on == "nothing"
    assert found["bigram"].trained_on == f"the training part ({found.n_train:,} bytes)"
    assert found["ngram:3"].knows == "what follows the last 2 bytes"
    assert found["unigram"].n_numbers == len(set(split_text(ALICE, 0.2)[0]))
    mixed = ladder(b"the other thing. " * 8, rungs=["unigram", tiny, load("bigram", train="the")])
    assert [rung.trained_on for rung in mixed.rungs] == [
        mixed.rungs[0].trained_on, "other texts", "a text given when it was made",
    ]  # fmt: skip
    assert any("perhaps on this one" in note for note in mixed.notes)
    assert mixed.rungs[1].gain is not None  # a model of tokens against one of bytes


def test_a_text_of_its_own_to_learn_from() -> None:
    found = ladder("abcabc", train=["abc" * 30, b"abc"], rungs=["unigram", "ngram:3"])
    assert (found.n_train, found.n_held_out) == (93, 6)
    assert "another" in found.split
    assert found["ngram:3"].bits_per_byte.value < 1


def test_a_default_model_that_is_not_installed_is_left_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path))
    monkeypatch.setattr("infoscope.language.rungs.DEFAULT_RUNGS", ("uniform", "smollm2"))
    from infoscope.language import rungs

    found = ladder(ALICE, rungs=rungs.DEFAULT_RUNGS)
    assert [rung.name for rung in found.rungs] == ["uniform"]
    assert "infoscope models install smollm2" in found.notes[0]
    with pytest.raises(NotFound, match="not installed"):
        ladder(ALICE, rungs=["smollm2"])
    assert DEFAULT_RUNGS[-1] == "smollm2"


def test_table_figure_page_and_dictionary(found: Ladder, tmp_path) -> None:
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [rung["name"] for rung in told["rungs"]] == list(NAMES)
    figure = found.figure()
    np.testing.assert_allclose(
        figure.data["bits per byte of the held-out text"],
        [rung.bits_per_byte.value for rung in found.rungs],
    )
    html = found.save_html(tmp_path / "l.html", name="alice & co").read_text()
    assert "alice &amp; co, rung by rung" in html
    assert "what follows the last 4 bytes" in html
    assert str(found).count("bits/byte") == len(NAMES)


@pytest.mark.parametrize(
    ("text", "options", "kind", "why"),
    [
        ("ab" * 50, {"rungs": []}, InvalidArgument, "at least one model"),
        ("ab" * 50, {"held_out": 0.0}, InvalidArgument, "between 0 and 1"),
        ("a", {}, InvalidArgument, "long enough to hold a part of it out"),
        ("", {}, InvalidArgument, "at least one byte"),
        ("ab" * 50, {"rungs": ["unigran"]}, UnknownName, "Did you mean 'unigram'"),
    ],
)
def test_what_cannot_be_climbed(text, options, kind, why) -> None:
    with pytest.raises(kind, match=why):
        ladder(text, **options)


def test_a_split_never_cuts_a_character() -> None:
    data = "ü🙂".encode() * 30
    for share in np.linspace(0.05, 0.95, 19):
        learn, judge = split_text(data, float(share))
        assert learn.decode() + judge.decode() == data.decode()
