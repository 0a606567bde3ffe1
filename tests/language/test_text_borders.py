"""A long text cut at its borders has the words, the tokens and the spans of the whole."""

import json
import re
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from infoscope.language.text_borders import border_pattern, cut_at_borders

ALICE = Path(__file__).parents[1] / "data" / "language" / "alice30k.txt"
LINES = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
PLAIN = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
GPT2 = pre_tokenizers.ByteLevel(add_prefix_space=False)


def _split(pattern: str) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"), PLAIN])


KINDS = {
    "gpt2": GPT2,
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), GPT2]),
    "llama3": _split(rf"{WORDS}|\p{{N}}{{1,3}}|{LINES}"),
    "qwen2": _split(rf"{WORDS}|\p{{N}}|{LINES}"),
}


def _trained(stage: pre_tokenizers.PreTokenizer) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = stage
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=900, show_progress=False, initial_alphabet=alphabet, special_tokens=["<|end|>"]
    )
    tokenizer.train_from_iterator([ALICE.read_text("utf-8")], trainer)
    return tokenizer


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Tokenizer]:
    return {name: _trained(stage) for name, stage in KINDS.items()}


pieces = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["it's", "DON'T", "we'll.", "   ", "\n\n", "\r\n", " \n x", "12345", "1a2", "é",
         "e\u0301 b", "\u0301", "\xa0", "\u2003a", "中文。中文", "a,b", "a!!\n", "🙂 🙂",
         "aaaa aaaa", "ſ's ", "_a_ b", "²³ a", "Ⅷ a", "\u200bx y", "<|end|>", "ab. Cd",
         "' s", "\t\tx", "0 0 0"]
    ),
)  # fmt: skip


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(pieces, max_size=14).map("".join))
def test_parts_have_the_words_and_the_tokens_of_the_whole(tokenizers, text: str) -> None:
    for tokenizer in tokenizers.values():
        pattern = border_pattern(tokenizer.to_str())
        assert pattern is not None
        parts = list(cut_at_borders(text, pattern, 1))
        assert "".join(parts) == text
        words = [[word for word, _ in _words(tokenizer, part)] for part in parts]
        assert list(chain.from_iterable(words)) == [word for word, _ in _words(tokenizer, text)]
        tokenizer.encode_special_tokens = True
        ids = [tokenizer.encode(part, add_special_tokens=False).ids for part in parts]
        assert (
            list(chain.from_iterable(ids)) == tokenizer.encode(text, add_special_tokens=False).ids
        )


def _words(tokenizer: Tokenizer, text: str) -> list[tuple[str, tuple[int, int]]]:
    assert tokenizer.pre_tokenizer is not None
    return tokenizer.pre_tokenizer.pre_tokenize_str(text)


def test_a_long_line_has_the_tokens_of_the_whole_and_exact_spans(smollm2) -> None:
    line = ALICE.read_text("utf-8").replace("\n", " ") * 8  # 240 kB
    tokens = smollm2.encode(line.encode())
    whole = Tokenizer.from_str(smollm2.tokenizer.description)
    assert tokens.ids.tolist() == whole.encode(line, add_special_tokens=False).ids
    assert tokens.ends[-1] == len(line.encode())
    assert smollm2.decode(tokens.ids) == line.encode()


@pytest.mark.parametrize("text", ["a" * 120_000, "7" * 120_000, " " * 120_000, "a\u0301" * 60_000])
def test_a_text_without_spaces_is_cut_and_spelled_exactly(smollm2, text: str) -> None:
    tokens = smollm2.encode(text.encode())
    assert smollm2.decode(tokens.ids) == text.encode()
    assert tokens.ends[-1] == len(text.encode())
    assert (tokens.starts[1:] == tokens.ends[:-1]).all()


def test_a_part_goes_on_to_the_next_border() -> None:
    pattern = re.compile("[a-z](?= )")
    assert list(cut_at_borders("a bc def ghi", pattern, 3)) == ["a bc", " def", " ghi"]
    assert list(cut_at_borders("abcdef", pattern, 2)) == ["abcdef"]
    assert list(cut_at_borders("a b", None, 1)) == ["a b"]
    assert list(cut_at_borders("", pattern, 1)) == [""]


def test_where_the_borders_are_not_sure_there_are_none() -> None:
    known = json.loads(_description(KINDS["gpt2"]))
    assert border_pattern(json.dumps(known)) is not None
    token = {"id": 0, "content": "New York", "special": False, "lstrip": False, "rstrip": False,
             "single_word": False, "normalized": False}  # fmt: skip
    changes: list[dict[str, object]] = [
        {"normalizer": {"type": "Prepend", "prepend": "_"}},
        {"pre_tokenizer": None},
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "use_regex": True}},
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}},
        {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a-z ]+"},
                           "behavior": "Isolated", "invert": False}},
        {"added_tokens": [token]},
        {"added_tokens": [token | {"content": "x", "lstrip": True}]},
        {"model": known["model"] | {"dropout": 0.1}},
    ]  # fmt: skip
    for change in changes:
        assert border_pattern(json.dumps(known | change)) is None, change
    assert border_pattern(json.dumps(known | {"added_tokens": [token | {"special": True}]}))


def _description(stage: pre_tokenizers.PreTokenizer) -> str:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = stage
    return tokenizer.to_str()
