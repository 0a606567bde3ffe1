"""`infoscope text` over many files, and its options, under the tiny model."""

import json
from pathlib import Path

import pytest

from infoscope.cli.main import main
from infoscope.language import load, score


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = main([str(each) for each in argv])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "docs"
    inside.mkdir()
    (inside / "a.txt").write_text("the other three")
    (inside / "b.txt").write_bytes(b"")
    (inside / "c.jsonl").write_text('{"body": "the end"}\n{"body": "of \\u001b[31m it"}\n')
    return inside


def test_a_folder_gives_one_line_per_document(folder, tiny_gguf, capsys) -> None:
    code, out, err = run(capsys, "text", folder, "--model", tiny_gguf, "--column", "body")
    assert (code, err) == (0, "")
    assert out.startswith("4 documents, 33 bytes")
    assert "b.txt (empty)" in out
    assert "c.jsonl:2" in out
    expected = float(score("the other three", load(tiny_gguf)).bits_per_byte)
    assert f"{expected:.3f}" in out
    assert "each document begins anew" in out


def test_numbers_of_many_documents_as_json_and_resumed(folder, tiny_gguf, tmp_path, capsys) -> None:
    argv = ["text", folder, "--model", tiny_gguf, "--column", "body", "--json", "-"]
    argv += ["--resume", tmp_path / "run", "--context", "full"]
    code, first, err = run(capsys, *argv)
    assert code == 0
    assert "documents.jsonl" in err
    found = json.loads(first)
    assert [each["n_tokens"] > 0 for each in found["documents"]] == [True, False, True, True]
    assert found["rule"]["name"] == "full"
    assert run(capsys, *argv)[1] == first
    lines = (tmp_path / "run" / "documents.jsonl").read_text().splitlines()
    assert [json.loads(line)["nats"] for line in lines] == [
        each["nats"] for each in found["documents"]
    ]


def test_options_of_one_text_reach_the_model(tiny_gguf, tmp_path, capsys) -> None:
    path = tmp_path / "a.txt"
    path.write_text("the other three of them, and one more")
    argv = ["text", path, "--model", tiny_gguf, "--json", "-"]
    argv += ["--context", "8", "--stride", "4", "--prefix", "<|end|>"]
    found = json.loads(run(capsys, *argv)[1])["results"][0]
    own = score(path.read_text(), load(tiny_gguf), context=8, stride=4, prefix=2)
    assert found["estimates"]["total"]["value"] == pytest.approx(own.total.value, rel=1e-6)
    assert (found["rule"]["name"], found["rule"]["prefix"]) == ("strided", "<|end|>")
    code, out, _ = run(capsys, "text", path, "--model", tiny_gguf, "--summary")
    assert code == 0
    assert out.startswith("1 document, 37 bytes")


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--html", "x.html"], 2, "--html must be left out for many documents"),
        (["--engine", "ray", "--dtype", "float64"], 2, "must be cpu in float32 with --engine ray"),
        (["--context", "many"], 2, "invalid _context value: 'many'"),
        (["--column", "no"], 1, "must have the field 'no'"),
        (["--device", "cuda"], 1, "Leave device and dtype out"),
    ],
)
def test_bad_options_are_one_line(more, code, message, folder, tiny_gguf, capsys, monkeypatch,
                                  tmp_path) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found, out, err = run(capsys, "text", folder, "--model", tiny_gguf, *more)
    assert (found, out) == (code, "")
    assert message in err
    assert len(err.strip().splitlines()) == 1
