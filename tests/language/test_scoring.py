"""`score`: exact values under models that are known by heart, and one sentence per bad input."""

import math
import re
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType
from infoscope.language import LanguageModel, LogitRows, Tokens, score


class UniformBytes:
    """A complete model in a few lines: every byte is a token, every token is equally likely."""

    name, n_vocabulary, prefix, dtype = "uniform", 257, 256, "float64"
    context_limit = None
    default_context = 8

    def __init__(self) -> None:
        self.windows: list[tuple[int, int]] = []

    def encode(self, text: bytes) -> Tokens:
        ends = np.arange(1, len(text) + 1)
        return Tokens(np.frombuffer(text, np.uint8).astype(np.int64), ends - 1, ends)

    def decode(self, ids: Sequence[int]) -> bytes:
        return bytes(ids)

    def spell(self, token: int) -> bytes:
        return bytes([token]) if token < 256 else b"<start>"

    def predict(self, window: np.ndarray, start: int = 0) -> LogitRows:
        self.windows.append((len(window), start))
        rows = np.full((len(window) - start, 257), -math.log(256))
        rows[:, 256] = -math.inf
        return LogitRows(rows)


def test_a_model_of_ones_own_needs_only_the_contract() -> None:
    model = UniformBytes()
    assert isinstance(model, LanguageModel)
    found = score(b"twenty bytes of text", model)
    assert float(found.bits_per_byte) == pytest.approx(8.0, rel=1e-14)
    assert float(found.perplexity) == pytest.approx(256.0, rel=1e-13)
    assert float(found.mean_entropy.to("bits")) == pytest.approx(8.0, rel=1e-14)
    assert float(found.total) == pytest.approx(20 * math.log(256), rel=1e-14)
    assert found.bits_per_byte.stderr == pytest.approx(0.0, abs=1e-12)
    assert model.windows == [(8, 0), (8, 0), (8, 4)]
    assert found.rank.tolist() == [1] * 20
    assert found.top_probabilities.shape == (20, 5)
    rule = dict(found.rule)
    assert (rule["name"], rule["context"], rule["prefix"]) == ("disjoint", 8, "<start>")


def test_the_text_is_taken_as_bytes(tiny) -> None:
    text = "naïve <|start|> the\n"
    a, b = score(text, tiny), score(text.encode(), tiny)
    np.testing.assert_array_equal(a.surprisal, b.surprisal)
    assert a.text == text.encode()
    assert b"".join(a.tokens) == a.text
    assert float(a.bits_per_character) > float(a.bits_per_byte)


def test_a_text_of_one_token_has_a_value_and_no_error_bar(smollm2) -> None:
    found = score("A", smollm2)
    assert len(found) == 1
    for name, estimate in found.estimates.items():
        assert math.isfinite(estimate.value), name
        assert estimate.stderr is None
        assert estimate.interval is None
        assert "single token" in estimate.notes[0]
    assert str(found.bits_per_byte).endswith("n=1)")


def test_bytes_that_are_not_utf8_are_scored_as_they_are(smollm2) -> None:
    text = b"caf\xe9 \xff\xfe\x04 the end"
    found = score(text, smollm2)
    assert b"".join(found.tokens) == text
    assert float(found.bits_per_byte) * len(text) == pytest.approx(
        float(found.total.to("bits")), rel=1e-12
    )
    for estimate in (found.bits_per_character, found.word_perplexity):
        assert math.isnan(estimate.value)
        assert "not UTF-8" in estimate.notes[0]
    assert found.estimates["bits_per_character"].to_dict()["value"] == "nan"


def test_a_shorter_context_tells_the_model_less(smollm2) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    whole, cut = score(text, smollm2), score(text, smollm2, context=2)
    assert float(whole.total) < float(cut.total)
    assert cut.rule.context == 2
    np.testing.assert_allclose(whole.surprisal[0], cut.surprisal[0], rtol=1e-4)


def test_a_stride_of_one_gives_every_token_its_longest_past(tiny, tiny_llama) -> None:
    text = b"the other three of them"
    found = score(text, tiny, context=6, stride=1)
    ids = tiny.encode(text).ids
    line = np.concatenate([[tiny.prefix], ids])
    for i in range(6, len(ids)):
        with torch.no_grad():
            row = tiny_llama(torch.tensor(line[None, i - 5 : i + 1])).logits[0, -1].double()
        surprisal = -float(torch.log_softmax(row, 0)[ids[i]])
        assert found.surprisal[i] == pytest.approx(surprisal, rel=1e-5)
    assert (found.rule.name, found.rule.overlap) == ("strided", 6)
    assert "rule=strided, context=6, stride=1" in str(found.total)
    np.testing.assert_array_equal(
        score(text, tiny, context=6, stride=6).surprisal, score(text, tiny, context=6).surprisal
    )


def test_the_same_call_gives_the_same_numbers(smollm2) -> None:
    a, b = score("It was the best of times.", smollm2), score("It was the best of times.", smollm2)
    np.testing.assert_array_equal(a.surprisal, b.surprisal)
    np.testing.assert_array_equal(a.entropy, b.entropy)


def test_the_progress_bar_counts_on_stderr_alone(tiny, capfd) -> None:
    score(b"abc", tiny, progress=True)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        ({"text": ""}, InvalidArgument, "score: text must hold at least one byte"),
        ({"text": b""}, InvalidArgument, "score: text must hold at least one byte"),
        ({"text": 7}, WrongType, "score: text must be str or bytes; got int."),
        ({"text": ["a"]}, WrongType, "score: text must be str or bytes; got list."),
        ({"text": "a\ud800"}, InvalidArgument, "half a surrogate pair at index 1"),
        ({"model": 3}, WrongType, "score: model must be a name, a path or a loaded model"),
        ({"model": "smolm"}, UnknownName, "Did you mean 'smollm2'"),
        ({"context": 1}, InvalidArgument, "context must lie between 2 and 160 (the limit of tiny)"),
        ({"context": 161}, InvalidArgument, "must lie between 2 and 160 (the limit of tiny); got"),
        ({"context": 2.0}, WrongType, "context must be a whole number; got float"),
        ({"context": True}, WrongType, "context must be a whole number; got bool"),
        ({"context": 8, "stride": 0}, InvalidArgument, "stride must lie between 1 and 8; got 0"),
        ({"context": 8, "stride": 9}, InvalidArgument, "stride must lie between 1 and 8; got 9"),
        ({"top": -1}, InvalidArgument, "top must lie between 0 and 259; got -1"),
        ({"top": 260}, InvalidArgument, "top must lie between 0 and 259; got 260"),
    ],
)
def test_bad_input_gets_one_sentence(call, error, sentence, tiny) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        score(**({"text": b"abc", "model": tiny} | call))


def test_a_model_without_a_limit_only_needs_two_tokens() -> None:
    with pytest.raises(InvalidArgument, match="context must be at least 2; got 1"):
        score(b"ab", UniformBytes(), context=1)
    assert len(score(b"ab", UniformBytes(), context=10**6)) == 2


def by_steps(model, line: list[int], n_before: int) -> list[float]:
    """-ln p of each token of `line` after the first, from at most `n_before` tokens before."""
    nats = []
    for i in range(1, len(line)):
        with torch.no_grad():
            row = model(torch.tensor([line[max(0, i - n_before) : i]])).logits[0, -1].double()
        nats.append(-float(torch.log_softmax(row, 0)[line[i]]))
    return nats


def test_full_context_reads_all_that_came_before(tiny, tiny_llama) -> None:
    text = b"the other three of them, the one " * 3
    found = score(text, tiny, context="full")
    line = [tiny.prefix, *tiny.encode(text).ids.tolist()]
    assert len(line) < tiny.context_limit
    np.testing.assert_allclose(found.surprisal, by_steps(tiny_llama, line, 10**6), atol=2e-5)
    assert (found.rule.name, found.rule.context) == ("full", 160)
    assert "rule=full, context=160" in str(found.total)


def test_beyond_the_limit_full_context_keeps_the_last_half(tiny) -> None:
    text = bytes(range(32, 127)) * 4  # 380 tokens, the limit is 160
    found = score(text, tiny, context="full")
    halves = score(text, tiny, context=160, stride=80)
    np.testing.assert_array_equal(found.surprisal, halves.surprisal)
    assert "begin with the last 80 tokens" in found.rule.last_window
    model = UniformBytes()
    score(text, model, context="full")
    assert model.windows == [(380, 0)]  # no limit: one context


def test_another_prefix_changes_the_first_tokens(tiny, tiny_llama) -> None:
    text = b"the other"
    ids = tiny.encode(text).ids.tolist()
    for prefix, token in ((2, 2), ("<|end|>", 2), ("the", 258)):
        found = score(text, tiny, prefix=prefix)
        expected = by_steps(tiny_llama, [token, *ids], 100)
        np.testing.assert_allclose(found.surprisal, expected, atol=2e-5)
        assert (found.rule.prefix_id, found.rule.prefix_rule) == (token, "as asked")
    assert score(text, tiny).rule.prefix_rule == "the model's own"


def test_without_a_prefix_the_first_token_is_left_out(tiny, tiny_llama) -> None:
    text = b"the other"
    ids = tiny.encode(text).ids.tolist()
    found = score(text, tiny, prefix="none")
    np.testing.assert_allclose(found.surprisal, by_steps(tiny_llama, ids, 100), atol=2e-5)
    assert found.text == b" other"
    assert (found.starts[0], found.ends[-1]) == (0, 6)
    assert "not scored" in found.rule.first_token
    with pytest.raises(InvalidArgument, match="at least two tokens"):
        score(b"the", tiny, prefix="none")


def test_the_prefix_may_stand_in_every_window(tiny, tiny_llama) -> None:
    text = b"the other three of them"
    ids = tiny.encode(text).ids.tolist()
    found = score(text, tiny, context=6, prefix_always=True)
    for first in (0, 6, len(ids) - 6):  # the last window is filled from the left
        expected = by_steps(tiny_llama, [1, *ids[first : first + 6]], 100)
        new = slice(6 - len(ids) % 6 if first > 6 else 0, 6)
        np.testing.assert_allclose(
            found.surprisal[first : first + 6][new], expected[new], atol=2e-5
        )
    assert found.rule.prefix_always
    assert not score(text, tiny, context=6).rule.prefix_always


def test_varentropy_is_the_variance_of_the_surprisal_expected(tiny, tiny_llama) -> None:
    text = b"the other"
    line = [1, *tiny.encode(text).ids.tolist()]
    with torch.no_grad():
        log_p = tiny_llama(torch.tensor([line])).logits[0, :-1].double().log_softmax(-1)
    mean = -(log_p.exp() * log_p).sum(-1, keepdim=True)
    expected = (log_p.exp() * (log_p + mean) ** 2).sum(-1)
    found = score(text, tiny)
    assert found.varentropy is not None
    np.testing.assert_allclose(found.varentropy, expected, rtol=1e-5)
    assert float(found.mean_varentropy) == pytest.approx(float(expected.mean()), rel=1e-5)
    flat = score(b"abc", UniformBytes()).varentropy
    assert flat is not None
    np.testing.assert_allclose(flat, 0.0, atol=1e-12)


def test_short_texts_have_intervals_above_zero(smollm2) -> None:
    found = score("the the the the zyx", smollm2)
    for estimate in (found.bits_per_byte, found.total, found.mean_entropy):
        assert estimate.interval is not None
        assert 0 < estimate.interval.low < estimate.value < estimate.interval.high
        assert "log scale" in estimate.interval.how


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        ({"context": "whole"}, InvalidArgument, "context must be a number or 'full'; got 'whole'"),
        ({"prefix": "<no such>"}, InvalidArgument, "prefix must be a token id, the name of one"),
        ({"prefix": 259}, InvalidArgument, "prefix must lie between 0 and 258; got 259"),
        ({"prefix": 1.5}, WrongType, "prefix must be a whole number; got float"),
    ],
)
def test_bad_rules_get_one_sentence(call, error, sentence, tiny) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        score(b"abc", tiny, **call)
