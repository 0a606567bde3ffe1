"""`TextScore`: sums, error bars, words and files, on a score whose numbers are written by hand."""

import json
import math
import pickle
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument, NotFound
from infoscope.language import ScoringRule, TextScore
from infoscope.language.aggregate import block_average
from infoscope.language.regroup import word_groups

RULE = ScoringRule("disjoint", 1024, 1, "<start>")


def make(pieces: list[bytes], bits: list[float]) -> TextScore:
    ends = np.cumsum([len(piece) for piece in pieces])
    n = len(pieces)
    return TextScore(
        text=b"".join(pieces), model="hand", rule=RULE, ids=np.arange(n), ends=ends,
        starts=ends - [len(piece) for piece in pieces],
        surprisal=np.array(bits) * math.log(2), entropy=np.full(n, math.log(2)),
        rank=np.arange(1, n + 1), top_ids=np.tile([5, 6], (n, 1)),
        top_probabilities=np.tile([0.5, 0.25], (n, 1)), spellings={5: b" the", 6: b"\xc3"},
    )  # fmt: skip


ALICE = make([b"Alice", b" was", b" be", b"gin", b"ning", b".\n\n", b"S", b"o"],
             [4.0, 3.0, 2.0, 1.0, 0.0, 5.0, 2.0, 7.0])  # fmt: skip


def test_each_rate_divides_the_same_total() -> None:
    assert ALICE.total.to("bits").value == pytest.approx(24.0)
    assert ALICE.bits_per_byte.value == pytest.approx(24 / 24)
    assert ALICE.bits_per_token.value == pytest.approx(24 / 8)
    assert ALICE.perplexity.value == pytest.approx(2.0**3)
    assert ALICE.byte_perplexity.value == pytest.approx(2.0)
    assert ALICE.word_perplexity.value == pytest.approx(2.0 ** (24 / 4))
    assert ALICE.mean_entropy.to("bits").value == pytest.approx(1.0)
    assert ALICE.perplexity.unit == "per token"
    assert ALICE.bits_per_byte.unit == "bits/byte"


def test_words_own_the_white_space_before_them() -> None:
    words = ALICE.words()
    assert [word.word for word in words] == [b"Alice", b" was", b" beginning.\n\n", b"So"]
    assert [word.text for word in words] == ["Alice", "was", "beginning.", "So"]
    assert [word.surprisal / math.log(2) for word in words] == pytest.approx([4, 3, 8, 9])
    assert [word.n_tokens for word in words] == [1, 1, 4, 2]


def test_a_token_over_two_words_makes_them_one() -> None:
    words = make([b"in", b" spite of", b" it"], [1.0, 2.0, 4.0]).words()
    assert [word.word for word in words] == [b"in", b" spite of", b" it"]
    words = make([b"a", b"b c", b"d e"], [1.0, 2.0, 4.0]).words()
    assert [word.word for word in words] == [b"ab cd e"]


@given(
    st.lists(st.sampled_from([b"", b" ", b"\n", b"a", b" a", b"a ", b"a b", b"\xc3"]), min_size=1)
)
def test_words_lose_nothing_and_split_only_at_white_space(pieces: list[bytes]) -> None:
    if not b"".join(pieces):
        return
    score = make(pieces, [float(k + 1) for k in range(len(pieces))])
    words = score.words()
    assert b"".join(word.word for word in words) == score.text
    assert sum(word.surprisal for word in words) == pytest.approx(score.total.value, rel=1e-12)
    assert sum(word.n_tokens for word in words) == len(score)
    assert len(words) <= max(1, len(score.text.split()))
    groups = word_groups(score.text, score.starts, score.ends)
    assert set(np.diff(groups)) <= {0, 1}


@given(st.text(alphabet="ab \n\u00a0é\u2003", min_size=1, max_size=30))
def test_word_perplexity_counts_words_as_the_harness_does(text: str) -> None:
    pieces = [char.encode() for char in text]
    score = make(pieces, [2.0] * len(pieces))
    words = len(re.split(r"\s+", text))
    assert score.word_perplexity.value == pytest.approx(2.0 ** (2 * len(pieces) / words))
    assert score.bits_per_character.value == pytest.approx(2.0)


def test_the_most_surprising_come_first() -> None:
    top = ALICE.most_surprising(3)
    assert [each.token for each in top] == [b"o", b".\n\n", b"Alice"]
    assert [each.index for each in top] == [7, 5, 0]
    assert top[0].alternatives == ((" the", 0.5), ("\\xc3", 0.25))
    assert ALICE.alternatives(0) == [(" the", 0.5), ("\\xc3", 0.25)]
    assert len(ALICE.most_surprising(100)) == 8
    with pytest.raises(InvalidArgument, match="at least 0"):
        ALICE.most_surprising(-1)


def test_the_running_rate_ends_at_bits_per_byte() -> None:
    rate = ALICE.running_bits_per_byte(4)
    assert rate.ends.tolist() == [9, 15, 22, 24]
    assert rate.running == pytest.approx([7 / 9, 10 / 15, 15 / 22, 1.0])
    assert rate.local == pytest.approx([7 / 9, 3 / 6, 5 / 7, 9 / 2])
    assert len(ALICE.running_bits_per_byte(1000).ends) == 8
    escaped = make([b"\xff", b"", b"", b"a"], [1.0, 2.0, 3.0, 4.0]).running_bits_per_byte()
    assert escaped.running == pytest.approx([6.0, 5.0])
    with pytest.raises(InvalidArgument, match="n_points"):
        ALICE.running_bits_per_byte(0)


def test_error_bars_cover_correlated_sequences() -> None:
    """AR(1) with correlation 1/2: the spread of a mean is sqrt(3) times that of white noise."""
    rng = np.random.default_rng(3)
    n, runs, hits, naive = 2500, 400, 0, 0
    noise = rng.normal(size=(runs, n + 200))
    x = np.zeros(runs)
    series = np.empty((runs, n + 200))
    for t in range(n + 200):
        x = 0.5 * x + noise[:, t]
        series[:, t] = x
    for row in series[:, 200:]:
        interval = block_average(row, np.ones(n)).interval()
        assert interval is not None
        hits += interval.low <= 0.0 <= interval.high
        naive += abs(row.mean()) <= 1.96 * row.std() / math.sqrt(n)
    assert 0.92 <= hits / runs <= 0.98  # 95 % within three standard errors of 400 runs
    assert naive / runs < 0.85


def test_the_error_of_a_ratio_ignores_what_only_scales_both() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, 1000).astype(float)
    assert block_average(2.0 * lengths, lengths).stderr == pytest.approx(0.0, abs=1e-12)


def test_few_blocks_are_admitted() -> None:
    assert "only 4 blocks" in " ".join(ALICE.total.notes)
    assert "exact for this text" in ALICE.total.notes[0]
    interval = ALICE.perplexity.interval
    assert interval is not None
    assert interval.low > 0
    assert "batch means over 4" in interval.how


def test_dict_and_json_hold_every_token(tmp_path) -> None:
    score = make([b"a", b"\xff", b"b"], [1.0, math.inf, 2.0])
    path = score.save_json(tmp_path / "score.json")
    loaded = json.loads(path.read_text("utf-8"))
    assert loaded == json.loads(json.dumps(score.to_dict(), allow_nan=False))
    assert loaded["rule"]["prefix"] == "<start>"
    assert [token["text"] for token in loaded["tokens"]] == ["a", "\\xff", "b"]
    assert loaded["tokens"][1]["surprisal"] == "inf"
    assert loaded["tokens"][2]["alternatives"][0] == {"text": " the", "probability": 0.5}
    assert loaded["estimates"]["total"]["value"] == "inf"
    assert loaded["estimates"]["total"]["stderr"] is None
    assert "probability 0" in loaded["estimates"]["perplexity"]["notes"][0]
    assert [p.name for p in tmp_path.iterdir()] == ["score.json"]
    with pytest.raises(NotFound, match="save_json"):
        score.save_json(tmp_path / "absent" / "score.json")


def test_a_frame_has_one_row_per_token() -> None:
    frame = ALICE.to_frame()
    assert list(frame.columns) == ["token", "id", "start", "end", "surprisal", "entropy", "rank"]
    assert frame["surprisal"].sum() == pytest.approx(ALICE.total.value)


def test_a_score_is_a_value() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ALICE.surprisal[0] = 1.0
    with pytest.raises(AttributeError):
        ALICE.model = "other"  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(ALICE))
    assert again.tokens == ALICE.tokens
    assert again.total == ALICE.total
    assert "8 tokens, 24 bytes" in repr(ALICE)
