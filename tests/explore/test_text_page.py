"""The page on texts: the same numbers as `score`, piece by piece, whatever the bytes are."""

import json
import math
import re
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from infoscope.core.errors import InfoscopeError
from infoscope.data import path_of
from infoscope.explore.controls import Uploaded
from infoscope.explore.drawings import reading, sample_reading
from infoscope.explore.drawings.token_map import Joiner, Piece, pieces_html
from infoscope.explore.pages import text as page
from infoscope.explore.reading_along import ReadAlong, loaded, scaled
from infoscope.language import compare, score, temperature_sweep
from infoscope.language.contract import HiddenStates, LogitRows, RowsOnDemand
from infoscope.language.rows import logit_rows

ALICE = path_of("alice_chapter_1.txt").read_bytes()
EVIL = '<script>alert(1)</script> <img src=x onerror="x()"> &amp; \u202e'


class Texts(HTMLParser):
    """Collects the text between tags, and every tag and attribute that was met."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.attributes = "", set[str](), set[str]()
        self._quiet = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._quiet += tag == "i"

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag == "i"

    def handle_data(self, data: str) -> None:
        self.text += "" if self._quiet else data


def values(**own: Any) -> dict[str, Any]:
    base = page.PAGE.defaults(**own)
    names = ("text", "file", "model", "temperature", "second", "second_temperature")
    return {name: base.get(name) for name in names}


def patches(**own: Any) -> list[dict[str, Any]]:
    return list(page.run(**values(**own)))


def spans(found: list[dict[str, Any]], slot: str) -> str:
    return "".join(str(patch.get(f"+{slot}", "")) for patch in found)


@pytest.mark.parametrize("name", ["unigram", "bigram", "ngram:5", "mix"])
@pytest.mark.parametrize(
    "text", [ALICE[:700], b"\xff\xfe\x00<b>\x00", b"x"], ids=["prose", "odd", "one"]
)
def test_a_reading_in_stretches_is_the_score(name: str, text: bytes) -> None:
    along = ReadAlong(text, name)
    ends = [(first, last) for first, last in along]
    assert ends[0][0] == 0
    assert ends[-1][1] == len(text)
    assert all(a[1] == b[0] for a, b in pairwise(ends))
    found, whole = along.score(), score(text, loaded(name), by_byte=True, progress=False)
    for field in ("surprisal", "entropy", "varentropy", "top_probabilities"):
        np.testing.assert_allclose(getattr(found, field), getattr(whole, field), rtol=1e-9)
    np.testing.assert_allclose(found.bytes(), whole.bytes(), rtol=1e-9)
    assert (found.rank == whole.rank).all()
    assert found.rule == whole.rule
    assert found.bits_per_byte.value == pytest.approx(whole.bits_per_byte.value, rel=1e-12)


def test_a_reading_at_a_temperature_is_the_sweep() -> None:
    text = ALICE[:300]
    along = ReadAlong(text, "bigram", temperature=1.7)
    list(along)
    sweep = temperature_sweep(text, [1.7], model=loaded("bigram"), find_best=False, progress=False)
    assert sweep.surprisal is not None
    np.testing.assert_allclose(along.score().surprisal, sweep.surprisal[:, 0], rtol=1e-9)
    np.testing.assert_allclose(along.score().entropy, sweep.entropy[:, 0], rtol=1e-9)


def test_scaling_divides_the_logits_of_every_kind_of_prediction() -> None:
    import torch

    z = torch.tensor([[1.0, 2.0, -math.inf], [0.0, 4.0, 6.0]])
    states, weight = torch.eye(2), torch.tensor([[1.0, 3.0], [2.0, 5.0]])
    for prediction in (
        LogitRows(z), RowsOnDemand(2, lambda a, b: z[a:b]), HiddenStates(states, weight)
    ):  # fmt: skip
        assert scaled(prediction, 1.0) is prediction
        half = logit_rows(scaled(prediction, 2.0), 0, 2)
        torch.testing.assert_close(half, logit_rows(prediction, 0, 2) / 2)


def test_tokens_are_shown_before_the_end_and_hold_the_whole_text() -> None:
    text = ALICE[300:1100].decode()
    found = patches(text=text, model="ngram:5")
    at = [i for i, patch in enumerate(found) if "+by-token" in patch]
    assert len(at) >= 3, "the text comes in several pieces"
    assert at[0] < len(found) - 5
    assert Texts(spans(found, "by-token")).text == text
    final = score(text, loaded("ngram:5"), progress=False)
    shown = [float(bits) for bits in re.findall(r"data-b=([\d.]+)", spans(found, "by-token"))]
    assert sum(shown) == pytest.approx(final.total.to("bits").value, abs=0.005 * len(shown))
    tiles = [patch["tiles"] for patch in found if patch.get("tiles")]
    assert f"{final.bits_per_byte.value:.3f}" in tiles[-1]
    assert "Read to the end." in found[-1]["note"]


def test_words_and_bytes_add_up_to_the_tokens() -> None:
    whole = score("a cat, a hat: naïve café", loaded("bigram"), by_byte=True, progress=False)
    total = whole.total.to("bits").value
    for html in (reading.by_words(whole), reading.by_bytes(whole)):
        costs = [float(bits) for bits in re.findall(r"data-b=([\d.]+)", html)]
        assert sum(costs) == pytest.approx(total, abs=0.005 * len(costs))
        assert Texts(html).text == "a cat, a hat: naïve café"


def test_two_readings_differ_as_compare_says() -> None:
    text = ALICE[1000:1400].decode()
    found = patches(text=text, model="bigram", second="unigram")
    (apart,) = [patch["apart"] for patch in found if patch.get("apart")]
    words = [float(bits) for bits in re.findall(r"data-b=(-?[\d.]+)", apart)]
    both = compare(text, loaded("bigram"), loaded("unigram"), progress=False)
    assert sum(words) / len(text.encode()) == pytest.approx(
        both.bits_per_byte_a.value - both.bits_per_byte_b.value, abs=0.01
    )
    assert Texts(apart).text.endswith(text)
    assert "−" in found[-1].get("tiles", "") or any(
        "Difference" in p.get("tiles", "") for p in found
    )


def test_two_temperatures_of_one_model() -> None:
    found = patches(text="the rabbit hole", model="unigram", second="same", second_temperature=2.0)
    assert any("T = 2" in str(patch.get("tiles", "")) for patch in found)


@pytest.mark.parametrize(
    "text", [EVIL, "a\x00b\x07", "\ud800 half", "é" * 50, "\r\n\t x"], ids=range(5)
)
def test_hostile_texts_are_text(text: str) -> None:
    for patch in patches(text=text, model="unigram"):
        for value in patch.values():
            if isinstance(value, str):
                seen = Texts(value)
                assert not seen.tags & {"script", "img"}
                assert not any(name.startswith("on") for name in seen.attributes)
                assert "\x00" not in value
                assert "\u202e" not in value


def test_a_token_cannot_leave_its_attribute() -> None:
    piece = Piece(b'"><script>', 1.0, expected=(('" onmouseover="x', 0.5), ("\x1f\u241f", 0.1)))
    html = pieces_html(Joiner().push([piece], final=True))
    seen = Texts(html)
    assert seen.tags == {"span"}
    assert seen.attributes == {"class", "data-b", "data-e"}


def test_pieces_inside_a_character_wait_for_it() -> None:
    joiner = Joiner()
    assert joiner.push([Piece(b"a", 1.0), Piece(b"\xe2\x82", 2.0)])[0][0] == "a"
    ((text, piece),) = joiner.push([Piece(b"\xac", 3.0)])
    assert (text, piece.bits, piece.n_tokens) == ("€", 5.0, 2)
    assert joiner.push([Piece(b"\xe2", 4.0)]) == []
    ((text, _),) = joiner.push([], final=True)
    assert text == "\\xe2"


def test_files_of_any_bytes_are_read_and_empty_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload-0.txt"
    path.write_bytes(b"K\xe4fer\x00" * 8)
    file = Uploaded(path, "<b>käfer</b>.txt", 48)
    found = patches(file=file, model="unigram", text="")
    assert any("48 bytes" in str(patch.get("source", "")) for patch in found)
    assert r"\xe4" in spans(found, "by-token")
    path.write_bytes(b"")
    with pytest.raises(InfoscopeError, match="at least one byte"):
        patches(file=Uploaded(path, "empty.txt", 0), model="unigram")
    with pytest.raises(InfoscopeError, match="at least one character"):
        patches(text="", model="unigram")


def test_the_price_without_a_model_is_the_entropy_of_the_bytes() -> None:
    assert page.of_the_text(text="abab")["byte_entropy"] == pytest.approx(1.0)
    assert page.of_the_text(text="")["byte_entropy"] == 0.0
    assert page.of_the_text(text="é")["bytes"] == 2


@pytest.mark.parametrize("preset", page.PAGE.presets, ids=lambda preset: preset.label)
def test_the_code_of_a_preset_runs_in_the_library(preset: Any, capsys: Any) -> None:
    own = page.PAGE.defaults(**preset.values)
    own = {name: own[name] for name in values()}
    for name in ("model", "second"):
        if own[name] == "smollm2":
            own[name] = "bigram"
    exec(compile(page.code(**own), "copied", "exec"), {"__name__": "copied"})
    assert capsys.readouterr().out.strip()


def test_the_code_of_a_hostile_text_is_one_string() -> None:
    said = page.code(**values(text='"""\n\\"; import os #\x00', model="unigram"))
    assert ast_names(said) == {"load", "path_of", "score", "print", "text", "model", "found"}


def ast_names(source: str) -> set[str]:
    import ast

    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def test_a_text_that_is_too_large_is_refused_beside_its_control(client: TestClient) -> None:
    long = client.post("/run/text", data={"text": "x" * 20_001, "model": "unigram"})
    assert "20,000 characters" in json.loads(long.text.splitlines()[0])["wrong-text"]
    assert len(long.text.splitlines()) == 1


def test_fifty_megabytes_are_refused_while_they_arrive(client: TestClient) -> None:
    taken = 0

    def body() -> Any:
        nonlocal taken
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(50):
            taken += 1
            yield b"a" * 1_000_000

    response = client.post(
        "/run/text", content=body(), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert response.status_code == 413
    assert "400,000" in response.json()["problem"]


def test_the_page_arrives_with_a_reading(client: TestClient) -> None:
    html = client.get("/text").text
    assert 'data-e="' in html
    body = unescape(html)
    assert sample_reading.TEXT[:30] in body
    found = sample_reading.kept()
    assert "".join(token for token, *_ in found["tokens"]) == sample_reading.TEXT
    total = math.fsum(bits for _, bits, *_ in found["tokens"])
    assert math.fsum(bits for _, bits in found["words"]) == pytest.approx(total, abs=0.1)
    assert math.fsum(found["bytes"]) == pytest.approx(total, abs=0.2)


def test_the_kept_reading_is_what_the_model_says() -> None:
    from infoscope.language import models

    if not models()[0].installed:
        pytest.skip("needs the built-in model: infoscope models install smollm2")
    along = ReadAlong(sample_reading.TEXT.encode(), "smollm2", top=4)
    list(along)
    found = along.score()
    kept = sample_reading.kept()
    bits = [bits for _, bits, *_ in kept["tokens"]]
    np.testing.assert_allclose(found.surprisal / math.log(2), bits, atol=0.02)
    whole = score(sample_reading.TEXT, loaded("smollm2"), by_byte=True, progress=False)
    np.testing.assert_allclose(found.surprisal, whole.surprisal, atol=2e-3)
    np.testing.assert_allclose(found.bytes(), whole.bytes(), atol=2e-3)


def test_a_reader_who_leaves_in_the_middle_ends_the_reading() -> None:
    stream = page.run(**values(text=ALICE[:3000].decode(), model="mix"))
    for patch in stream:
        if "+by-token" in patch:
            break
    stream.close()
    with pytest.raises(StopIteration):
        next(stream)
