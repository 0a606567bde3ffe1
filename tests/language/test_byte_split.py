"""The split of a token's surprisal over its bytes: exact sums, brute force on tiny models."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument
from infoscope.language import LogitRows, Tokens, score
from infoscope.language.byte_split import ByteSplitter, bytes_of_span
from infoscope.language.observe import Observer
from infoscope.language.reading import byte_splitter

VOCABULARY = [b"a", b"ab", b"abc", b"b", b"bc", b"c", b"\xff", b"\xff\xff", b"", b"<end>", b"ab"]


def by_hand(p: np.ndarray, token: int) -> list[float]:
    """-ln P(byte j | bytes before it), from sums over the whole vocabulary, token by token."""
    spelling = VOCABULARY[token]
    heads = [spelling[:j] for j in range(1, len(spelling))]
    masses = [
        sum(p[i] for i, s in enumerate(VOCABULARY) if i != 9 and s.startswith(head))
        for head in heads
    ]
    return [-math.log(b / a) for a, b in pairwise([1.0, *masses, p[token]])]


@pytest.mark.parametrize("token", [0, 1, 2, 3, 4, 6, 7, 10])
def test_each_byte_costs_what_brute_force_says(token: int) -> None:
    rng = np.random.default_rng(token)
    logits = rng.normal(size=(1, 11)) * 3
    p = np.exp(logits[0]) / np.exp(logits[0]).sum()
    splitter = ByteSplitter(VOCABULARY.__getitem__, 11, {9})
    seen = Observer(11, 0, splitter).read(LogitRows(logits), np.array([token]))
    np.testing.assert_allclose(seen.byte_costs[0], by_hand(p, token), rtol=1e-12, atol=1e-14)


@given(st.integers(0, 10**6), st.sampled_from([0.1, 5.0, 300.0, 1e4]))
def test_the_bytes_of_a_token_add_up_and_none_is_negative(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    logits = (rng.normal(size=(4, 11)) * scale).astype(np.float32)
    targets = rng.choice([0, 1, 2, 4, 7], 4)
    splitter = ByteSplitter(VOCABULARY.__getitem__, 11, {9})
    seen = Observer(11, 0, splitter).read(LogitRows(logits), targets)
    for costs, surprisal, token in zip(seen.byte_costs, seen.surprisal, targets, strict=True):
        assert len(costs) == len(VOCABULARY[token])
        assert costs.sum() == pytest.approx(surprisal, rel=1e-12, abs=1e-12)
        assert costs.min() >= -1e-6 * max(1.0, surprisal)  # float32 weights, float64 sums


def test_a_token_of_probability_zero_costs_infinity_once() -> None:
    logits = np.full((1, 11), -np.inf)
    logits[0, [0, 3]] = math.log(0.5)
    splitter = ByteSplitter(VOCABULARY.__getitem__, 11, {9})
    seen = Observer(11, 0, splitter).read(LogitRows(logits), np.array([2]))
    assert seen.byte_costs[0].tolist() == [pytest.approx(math.log(2)), math.inf, 0.0]


@pytest.mark.parametrize(
    ("n_bytes", "expected"), [(3, [1, 2, 4]), (2, [3, 4]), (1, [7]), (0, [7]), (5, [7, 0, 0, 0, 0])]
)
def test_costs_are_fitted_to_the_span(n_bytes: int, expected: list[float]) -> None:
    assert bytes_of_span(np.array([1.0, 2.0, 4.0]), n_bytes).tolist() == expected


def test_a_real_text_keeps_its_total_by_byte_character_and_line(smollm2) -> None:
    text = (
        "Ünïcode — emoji 👩‍👩‍👧 end.\n\nA <|im_end|> line\r\n\tthe last\x04 one".encode() + b"\xff!"
    )
    found = score(text, smollm2, by_byte=True)
    plain = score(text, smollm2)
    np.testing.assert_array_equal(found.surprisal, plain.surprisal)
    total = found.total.value
    assert len(found.bytes()) == len(text)
    assert found.bytes().min() > -1e-5
    for sums in (found.bytes(), found.characters().surprisal, found.lines().surprisal):
        assert math.fsum(sums) == pytest.approx(total, rel=1e-12)
    lines = found.lines()
    assert [text[a:b] for a, b in zip(lines.starts, lines.ends, strict=True)] == text.splitlines(
        keepends=True
    )
    characters = found.characters()
    assert len(characters) == len(text[:-2].decode()) + 2
    for i in range(len(found)):  # a token pays within its own span
        if found.ends[i] > found.starts[i] and (
            i + 1 == len(found) or found.ends[i + 1] > found.ends[i]
        ):
            own = found.bytes()[found.starts[i] : found.ends[i]].sum()
            assert own == pytest.approx(found.surprisal[i], abs=1e-9)
    with pytest.raises(InvalidArgument, match="by_byte=True"):
        plain.bytes()
    with pytest.raises(InvalidArgument, match="by_byte=True"):
        plain.lines()


def test_control_tokens_are_no_text(tiny) -> None:
    splitter = byte_splitter(tiny)
    assert len(splitter._order) == tiny.n_vocabulary - 3
    assert splitter.ranges(258)[1:][0][1] - splitter.ranges(258)[1][0] == 2  # "th", "the"


class Pairs:
    """A model over b"a", b"b", b"ab" whose prediction depends on the token before."""

    name, n_vocabulary, prefix, dtype = "pairs", 4, 3, "float64"
    context_limit, default_context = None, 8
    TABLE = np.log([[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [0.25, 0.25, 0.5], [0.4, 0.4, 0.2]])

    def encode(self, text: bytes) -> Tokens:
        ids, ends, at = [], [], 0
        while at < len(text):
            token = 2 if text[at : at + 2] == b"ab" else text[at] - 97
            at += 2 if token == 2 else 1
            ids.append(token)
            ends.append(at)
        return Tokens(np.array(ids), np.array([0, *ends[:-1]]), np.array(ends))

    def decode(self, ids) -> bytes:
        return b"".join(self.spell(i) for i in ids)

    def spell(self, token: int) -> bytes:
        return [b"a", b"b", b"ab", b""][token]

    def predict(self, window: np.ndarray, start: int = 0) -> LogitRows:
        rows = np.full((len(window) - start, 4), -np.inf)
        rows[:, :3] = self.TABLE[window[start:]]
        return LogitRows(rows)


def test_bytes_of_a_model_known_by_heart() -> None:
    found = score(b"aab", Pairs(), by_byte=True, top=0)  # tokens a, ab
    expected = [0.4, 0.8, 0.3 / 0.8]  # "a" as a token; then anything with "a": 0.5 + 0.3; then "ab"
    np.testing.assert_allclose(np.exp(-found.bytes()), expected, rtol=1e-12)
