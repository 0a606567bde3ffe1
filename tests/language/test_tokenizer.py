"""Tokens cover bytes exactly, whatever the bytes are, and text is never taken for control."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infoscope.core.errors import DataError, ModelError
from infoscope.language.tokenizer import ByteTokenizer, byte_alphabet

anything = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"<|endoftext|>", b"<|im_start|>user", b"the 12345", b"\xf0\x9f", b"\x04 a"]),
)
relaxed = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(st.lists(anything, max_size=4).map(b"".join))
def test_decode_undoes_encode_and_spans_cover_every_byte(smollm2, tiny, text: bytes) -> None:
    for model in (smollm2, tiny):
        tokens = model.encode(text)
        assert model.decode(tokens.ids) == text
        assert tokens.starts.tolist() == [0, *tokens.ends.tolist()][: len(tokens.ids)]
        assert (tokens.ends.tolist() or [0])[-1] == len(text)


def test_control_strings_in_a_text_are_spelled(smollm2) -> None:
    for name in (b"<|endoftext|>", b"<|im_start|>", b"<|im_end|>", b"<repo_name>"):
        tokens = smollm2.encode(b"a " + name)
        assert tokens.ids.min() > 16  # 0 to 16 are the control tokens
        assert len(tokens.ids) > 3


def test_digits_stand_alone(smollm2) -> None:
    tokens = smollm2.encode(b"in 2026: 12345")
    spelled = [smollm2.spell(token) for token in tokens.ids]
    assert spelled == [
        b"in",
        b" ",
        b"2",
        b"0",
        b"2",
        b"6",
        b":",
        b" ",
        b"1",
        b"2",
        b"3",
        b"4",
        b"5",
    ]


def test_a_byte_outside_the_vocabulary_is_escaped_in_hexadecimal(tiny) -> None:
    tokens = tiny.encode(b"the\xfe")
    assert [tiny.spell(token) for token in tokens.ids] == [b"the", b"<|unknown|>", b"f", b"e"]
    assert tokens.starts.tolist() == [0, 3, 4, 4]
    assert tokens.ends.tolist() == [3, 4, 4, 4]


def test_the_byte_alphabet_is_one_to_one_and_keeps_printable_ascii() -> None:
    alphabet = byte_alphabet()
    assert len(set(alphabet.values())) == 256
    assert alphabet[ord(" ")] == "Ġ"
    assert all(alphabet[byte] == chr(byte) for byte in range(33, 127))


SENTENCEPIECE = """{"version": "1.0", "added_tokens": [
 {"id": 0, "content": "<s>", "special": true, "normalized": false,
  "single_word": false, "lstrip": false, "rstrip": false}],
 "normalizer": %s, "pre_tokenizer": null, "post_processor": null,
 "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
 "model": {"type": "BPE", "byte_fallback": true, "vocab": {"<s>": 0, "▁": 1, "a": 2, "b": 3,
  "▁a": 4, "<0xC3>": 5, "<0xA9>": 6, "<0xFF>": 7}, "merges": [["▁", "a"]]}}"""
SPACES = """{"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
 {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}"""


def test_sentencepiece_tokens_give_back_the_space_they_add() -> None:
    tokenizer = ByteTokenizer(SENTENCEPIECE % SPACES)
    tokens = tokenizer.encode("ab aé".encode())
    assert [tokenizer.spell(token) for token in tokens.ids] == [
        b" a",
        b"b",
        b" a",
        b"\xc3",
        b"\xa9",
    ]
    assert tokens.ends.tolist() == [1, 2, 4, 5, 6]
    assert tokenizer.encode(b"a\xff").ids.tolist() == [4, 7]


def test_a_tokenizer_that_rewrites_the_text_is_refused() -> None:
    tokenizer = ByteTokenizer(SENTENCEPIECE % '{"type": "Lowercase"}')
    with pytest.raises(DataError, match="rewrites"):
        tokenizer.encode(b"A")
    with pytest.raises(DataError, match="byte 0xfe"):
        tokenizer.encode(b"a\xfe")


def test_a_damaged_description_is_refused(tmp_path) -> None:
    path = tmp_path / "tokenizer.json"
    for text in (b"{", b"{}", b"\xff\xfe"):
        path.write_bytes(text)
        with pytest.raises(ModelError, match=r"tokenizer\.json"):
            ByteTokenizer.from_file(path)
