"""The page on compression: bits as the codes of the library count them, for any text typed."""

import bz2
import gzip
import lzma
import math
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from infoscope.codes import AdaptiveModel, huffman
from infoscope.explore.pages import compression as page
from infoscope.figures import Figure

TEXTS = [page.RAVEN, "abracadabra", "a" * 30, "ab" * 20, "x", "a\x00\x00b", "\ud800<b>&", "é→😀é"]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_code_is_the_librarys(text: str) -> None:
    found = page.coded(text)
    letters = sorted(set(text))
    assert list(found.alphabet) == letters
    p = np.array([text.count(letter) for letter in letters]) / len(text)
    h = math.fsum(-q * math.log2(q) for q in p)
    assert found.entropy == pytest.approx(h, abs=1e-12)
    rate = page.numbers(text=text)
    assert rate["huffman_rate"] == pytest.approx(huffman(p).expected_length, abs=1e-12)
    assert h - 1e-12 <= rate["huffman_rate"] < h + 1
    model = AdaptiveModel(len(letters))
    total = 0.0
    for char in text:
        symbol = letters.index(char)
        total -= math.log2(model.predict()[symbol])
        model.update(symbol)
    assert rate["adaptive_rate"] == pytest.approx(total / len(text), abs=1e-9)
    data = text.encode("utf-8", "surrogatepass")
    assert rate["gzip_bytes"] == len(gzip.compress(data, 9, mtime=0))
    assert rate["bz2_bytes"] == len(bz2.compress(data))
    assert rate["xz_bytes"] == len(lzma.compress(data))


def test_the_code_in_context_pays_for_each_symbol_given_the_one_before() -> None:
    """Two letters in turn, by hand: tables start with half a count for each letter."""
    costs = page.coded("abab").costs["pairs"]
    first_of_empty = [1.0, 1.0, 1.0]  # nothing known: one bit each, in three fresh contexts
    np.testing.assert_allclose(costs[:3], first_of_empty)
    assert costs[3] == pytest.approx(-math.log2(1.5 / 2))  # after a came b, once


def test_a_chain_goes_below_the_entropy_of_single_symbols() -> None:
    found = page.numbers(text="ab" * 60)
    assert found["entropy"] == pytest.approx(1.0)
    assert found["pairs_rate"] < 0.2
    assert "below the dashed" in page.notice(text="ab" * 60)


@pytest.mark.parametrize("text", ["", *TEXTS, "<script>alert(1)</script>" * 9], ids=str.__len__)
def test_any_text_can_be_typed(client: TestClient, text: str) -> None:
    fields = {"text": text.replace("\ud800", "?"), "watched": "huffman"}
    response = client.post("/live/compression", data=fields)
    assert response.status_code == 200
    patch = response.json()
    assert patch["problem"] == ""
    joined = "".join(value for value in patch.values() if isinstance(value, str))
    assert "<script" not in joined
    assert "\x00" not in joined


def test_words_in_the_table_are_those_of_the_tree() -> None:
    patch = page.view(text="abracadabra", watched="huffman", width=728)
    tree = patch["tree"]
    words = dict(zip(tree.data["symbol"], tree.data["codeword"], strict=True)) if isinstance(
        tree, Figure
    ) else {}  # fmt: skip
    code = huffman(np.array([5, 2, 1, 1, 2]) / 11)
    expected = dict(zip("abcdr", code.codewords, strict=True))
    assert words == {} or words == expected
    for word in expected.values():
        assert f"<code>{word}</code>" in patch["table"]


def test_many_symbols_have_a_table_and_no_tree() -> None:
    text = "".join(chr(0x4E00 + i) for i in range(60))
    patch = page.view(text=text, watched="adaptive", width=342)
    assert "60 leaves" in str(patch["tree"])
    assert "All 60 symbols" in patch["table"]


def test_the_stronger_models_are_those_of_the_library() -> None:
    from infoscope.codes.byte_models.mixing import ByteMixer
    from infoscope.explore.reading_along import loaded
    from infoscope.language import score

    data = page.RAVEN.encode()
    found: dict[str, Any] = {}
    for name, bits, _ in page._learners(data):
        found[name] = bits
        if "5-gram" in name:
            break
    mixed = ByteMixer(len(data)).surprisals(data).sum() / math.log(2)
    assert found["Mixing of contexts"] == pytest.approx(mixed, rel=1e-9)
    ngram = score(data, loaded("ngram:5"), progress=False).total.to("bits").value
    assert found["5-gram that read a chapter"] == pytest.approx(ngram, rel=1e-9)


def test_a_job_without_a_text_says_so() -> None:
    (patch,) = page.run(text="")
    assert "no text" in patch["note"]
