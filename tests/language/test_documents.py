"""Documents in every form, scored together as alone, and every way to hand in a bad one."""

import gzip
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infoscope.core.errors import DataError, InvalidArgument, NotFound, WrongType
from infoscope.language import Document, documents_of, load, score, score_corpus
from infoscope.language.documents_result import DocumentScore

TEXTS = ["the other three", "", "naïve <|start|> 42", "a" * 300, "the end\nof it\n", "x"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with the same texts as JSONL, gzipped JSONL, Parquet and plain files."""
    folder = tmp_path / "corpus"
    (folder / "plain").mkdir(parents=True)
    lines = "".join(json.dumps({"text": text, "id": i}) + "\n" for i, text in enumerate(TEXTS))
    (folder / "a.jsonl").write_text(lines + "\n")
    with gzip.open(folder / "b.jsonl.gz", "wt") as file:
        file.write(lines)
    pq.write_table(pa.table({"text": TEXTS, "id": range(len(TEXTS))}), folder / "c.parquet")
    for i, text in enumerate(TEXTS):
        (folder / "plain" / f"{i}.txt").write_bytes(text.encode())
    (folder / ".hidden").write_text("never read")
    return folder


def test_documents_come_in_one_order_from_every_kind_of_file(corpus: Path) -> None:
    found = list(documents_of(corpus))
    assert [each.text.decode() for each in found] == TEXTS * 4
    assert [Path(each.name).name for each in found[4:8]] == [
        "a.jsonl:5", "a.jsonl:6", "b.jsonl.gz:1", "b.jsonl.gz:2",
    ]  # fmt: skip
    assert found[12].name == f"{corpus / 'c.parquet'}:1"
    assert found[-1].name == str(corpus / "plain" / "5.txt")
    mixed = ["one", b"\xff", ("named", "two"), Document("three", b"3"), corpus / "plain" / "0.txt"]
    names = [each.name for each in documents_of(mixed)]
    assert names == ["text 1", "text 2", "named", "three", str(corpus / "plain" / "0.txt")]


def test_each_document_gets_what_it_gets_alone(tiny) -> None:
    found = score_corpus(TEXTS, tiny, context=100)
    for text, each in zip(TEXTS, found.documents, strict=True):
        if not text:
            assert (each.n_tokens, each.nats) == (0, 0.0)
            assert math.isnan(each.bits_per_byte.value)
            assert math.isnan(each.perplexity.value)
            continue
        alone = score(text, tiny, context=100)
        assert each.n_tokens == len(alone)
        assert each.nats == pytest.approx(alone.total.value, rel=1e-5)
        for name in ("bits_per_byte", "bits_per_character", "bits_per_token", "mean_entropy"):
            own, other = getattr(each, name), getattr(alone, name)
            assert own.value == pytest.approx(other.value, rel=1e-5)
            assert own.unit == other.unit
            assert (own.stderr is None) == (other.stderr is None)
            if own.stderr is not None:
                assert own.stderr == pytest.approx(other.stderr, rel=1e-3)
    assert [each.n_lines for each in found.documents] == [1, 0, 1, 1, 2, 1]
    assert found.total.value == pytest.approx(sum(each.nats for each in found.documents))


def test_the_whole_has_an_error_over_documents(tiny) -> None:
    texts = ["the", "other", "three of them", "and a fourth"]
    found = score_corpus(texts, tiny)
    bits = np.array([score(text, tiny).total.to("bits").value for text in texts])
    sizes = np.array([len(text) for text in texts])
    rate = bits.sum() / sizes.sum()
    error = math.sqrt(4 / 3 * np.sum((bits - rate * sizes) ** 2)) / sizes.sum()
    assert found.bits_per_byte.value == pytest.approx(rate, rel=1e-5)
    assert found.bits_per_byte.stderr == pytest.approx(error, rel=1e-4)
    assert "4 documents" in found.bits_per_byte.notes[0]
    interval = found.bits_per_byte.interval
    assert interval is not None
    assert 0 < interval.low < rate < interval.high
    one = score_corpus(["the other three of them", ""], tiny)
    assert "blocks" in one.bits_per_byte.notes[0]
    assert [each.name for each in found.hardest(1)] == [f"text {1 + int(np.argmax(bits / sizes))}"]
    json.dumps(found.to_dict(), allow_nan=False)
    assert "4 documents, 32 bytes" not in repr(one)
    assert f"4 documents, {sizes.sum()} bytes" in repr(found)


def test_bytes_that_are_not_utf8_have_no_rate_per_character(tiny) -> None:
    found = score_corpus([b"caf\xe9 bar", "the other"], tiny)
    assert math.isnan(found.bits_per_character.value)
    assert math.isfinite(found.bits_per_byte.value)
    assert found.documents[0].n_characters is None
    again = DocumentScore.from_state(json.loads(json.dumps(found.documents[0].state())))
    assert again == found.documents[0]


def test_models_that_are_no_transformers_score_documents_too() -> None:
    model = load("unigram", train="abab")
    found = score_corpus(["ab", "abba"], model)
    alone = score("abba", model)
    assert found.documents[1].nats == pytest.approx(alone.total.value, rel=1e-12)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"text": "a"}\n{"text": \n', "line 2 is no JSON"),
        (b'{"body": "a"}\n', "line 1 of .* must have the field 'text'; got the fields 'body'"),
        (b'["a"]\n', "got no object"),
        (b'{"text": null}\n', "line 1 .* must hold a text in 'text'; got null"),
        (b'{"text": "\\ud800"}\n', "half a surrogate pair at index 0"),
        (b'{"text": "\xff"}\n', "line 1 is no JSON"),
    ],
)
def test_a_bad_line_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(documents_of(path))


def test_bad_sources_get_one_sentence(tmp_path: Path, tiny) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.parquet").write_bytes(b"PAR1 and then nothing")
    with gzip.open(tmp_path / "cut.jsonl.gz", "wb") as file:
        file.write(b'{"text": "abc"}\n' * 1000)
    os.truncate(tmp_path / "cut.jsonl.gz", 40)
    pq.write_table(pa.table({"body": ["a"]}), tmp_path / "other.parquet")
    with pytest.raises(NotFound, match=r"path that exists; got 'no such'.*pass \[text\]"):
        list(documents_of("no such"))
    for name, why in [("empty", "the empty folder"), ("no.parquet", "must be a Parquet file"),
                      ("cut.jsonl.gz", "must be readable"),
                      ("other.parquet", "must have the column 'text'; got 'body'")]:  # fmt: skip
        with pytest.raises(DataError, match=why):
            list(documents_of(tmp_path / name))
    with pytest.raises(WrongType, match=r"got bytes\. For a single text"):
        list(documents_of(b"text"))
    with pytest.raises(WrongType, match="item 2 must be a str"):
        list(documents_of(["a", 3]))
    with pytest.raises(InvalidArgument, match="engine must be 'local' or 'ray'; got 'spark'"):
        score_corpus(["a"], tiny, engine="spark")
    with pytest.raises(DataError, match="must hold documents; got none"):
        score_corpus([], tiny)
    with pytest.raises(DataError, match=r"at least two tokens.*In the document 'text 2'"):
        score_corpus(["ab", "x"], tiny, prefix="none")


# ---------------------------------------------------------------- runs that are taken up again


def test_a_run_that_stops_in_the_middle_goes_on(tiny, tmp_path: Path, monkeypatch) -> None:
    texts = [f"the other {i} three of them " * 4 for i in range(12)]
    whole = score_corpus(texts, tiny, context=40)
    monkeypatch.setattr("infoscope.language.reading._PACK", 200)
    monkeypatch.setattr("infoscope.language.resume._SECONDS", 0.0)
    expected = score_corpus(texts, tiny, context=40)
    calls = 0
    predict = tiny.predict_many

    def stopping(windows, starts):
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return predict(windows, starts)

    run = tmp_path / "run"
    monkeypatch.setattr(tiny, "predict_many", stopping, raising=False)
    calls = -1  # the probe of the model is a call too
    with pytest.raises(KeyboardInterrupt):
        score_corpus(texts, tiny, context=40, resume=run)
    kept = sorted(path.name for path in run.glob("part-*"))
    assert kept
    stamps = {name: (run / name).stat().st_mtime_ns for name in kept}
    calls = -1000
    found = score_corpus(texts, tiny, context=40, resume=run)
    fresh = calls + 1000
    assert [each.nats for each in found.documents] == [each.nats for each in expected.documents]
    assert found.total.value == pytest.approx(whole.total.value, rel=1e-6)
    assert {name: (run / name).stat().st_mtime_ns for name in kept} == stamps
    calls = -1000
    again = score_corpus(texts, tiny, context=40, resume=run)
    assert calls + 1000 < fresh  # the probe alone
    assert [each.nats for each in again.documents] == [each.nats for each in expected.documents]
    lines = (run / "documents.jsonl").read_text().splitlines()
    assert [json.loads(line)["name"] for line in lines] == [f"text {i}" for i in range(1, 13)]


def test_another_run_is_refused(tiny, tmp_path: Path) -> None:
    run = tmp_path / "run"
    score_corpus(["the other", "three"], tiny, resume=run)
    with pytest.raises(DataError, match=r"context None there and 20 here\. Choose another folder"):
        score_corpus(["the other", "three"], tiny, resume=run, context=20)
    with pytest.raises(DataError, match="other documents there than here"):
        score_corpus(["the brother", "three"], tiny, resume=run)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(DataError, match="which holds other files"):
        score_corpus(["a"], tiny, resume=tmp_path / "full")
    part = next(run.glob("part-*"))
    os.truncate(part, part.stat().st_size // 2)
    with pytest.raises(DataError, match=rf"{re.escape(part.name)}.*Delete that file"):
        score_corpus(["the other", "three"], tiny, resume=run)
    part.unlink()
    assert len(score_corpus(["the other", "three"], tiny, resume=run)) == 2


SLOW = """
import sys, time
from infoscope.language import load, score_corpus
import infoscope.language.reading as reading, infoscope.language.resume as resume
reading._PACK, resume._SECONDS = 200, 0.0
model = load(sys.argv[1])
read = model.predict_many
def slow(windows, starts):
    time.sleep(0.02)
    return read(windows, starts)
model.predict_many = slow
found = score_corpus(sys.argv[2], model, context=40, resume=sys.argv[3])
print([each.nats.hex() for each in found.documents])
"""


def scored_slowly(model: Path, folder: Path, run: str) -> subprocess.Popen[str]:
    """Start a process that scores the documents of `folder` and prints all bits it finds."""
    return subprocess.Popen(
        [sys.executable, "-c", SLOW, str(model), str(folder / "docs.jsonl"), str(folder / run)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(tiny_gguf: Path, tmp_path_factory) -> tuple[Path, str]:
    """The folder of a run that nobody stopped, and what it printed."""
    folder = tmp_path_factory.mktemp("undisturbed")
    texts = [f"the other {i} three of them " * 4 for i in range(30)]
    (folder / "docs.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    return folder, scored_slowly(tiny_gguf, folder, "whole").communicate(timeout=600)[0]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_loses_nothing(how, tiny_gguf, undisturbed) -> None:
    folder, whole = undisturbed
    killed = folder / f"killed-{how.name}"
    process = scored_slowly(tiny_gguf, folder, killed.name)
    while len(list(killed.glob("part-*"))) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    process.communicate(timeout=600)
    assert process.returncode != 0
    kept = len(list(killed.glob("part-*")))
    assert 3 <= kept < len(list((folder / "whole").glob("part-*")))
    assert not (killed / "documents.jsonl").exists()
    again = scored_slowly(tiny_gguf, folder, killed.name).communicate(timeout=600)[0]
    assert again == whole  # the very same bits
    assert whole.startswith("['0x")


def test_one_very_long_line_is_scored_like_short_ones(tiny) -> None:
    model = load("unigram", train=b"ab" * 50)
    text = b"ab" * 200_000
    found = score_corpus([text], model, context=65536).documents[0]
    assert (found.n_tokens, found.n_lines) == (400_000, 1)
    short = score(b"ab" * 1000, model)
    assert found.bits_per_byte.value == pytest.approx(short.bits_per_byte.value, rel=1e-3)
