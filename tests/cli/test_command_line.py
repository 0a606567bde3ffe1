"""The command line as a person uses it: results, exit codes, one sentence for each fault."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infoscope.cli.main import COMMANDS, main
from infoscope.cli.output import grid
from infoscope.data import path_of

RunWithout = Callable[..., subprocess.CompletedProcess[str]]


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    out, err = capsys.readouterr()
    return code, out, err


def one_sentence(text: str) -> bool:
    """Whether `text` is a single line that names its function and says what was got."""
    lines = text.strip().splitlines()
    return len(lines) == 1 and "Traceback" not in text and ":" in lines[0]


# ---------------------------------------------------------------- help and usage


def test_help_names_every_command_and_its_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(re.search(rf"\n    {name}\s", out) for name in COMMANDS)
    assert "Exit codes" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, command, "--help")
    assert code == 0
    assert f"usage: infoscope {command}" in out
    assert len(out) > 300


@pytest.mark.parametrize(
    "argv",
    [[], ["nonsense"], ["text"], ["table"], ["table", "a.csv", "--top", "many"], ["models", "eat"]],
)
def test_usage_errors_are_one_line_and_exit_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *argv)
    assert (code, out) == (2, "")
    assert one_sentence(err)
    assert "--help" in err


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infoscope", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("infoscope ")


def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m infoscope --help; {sys.executable} -m infoscope models | true"
    command = f"set -o pipefail; {command}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_one_sentence() -> None:
    command = f"{sys.executable} -m infoscope models > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert one_sentence(done.stderr), done.stderr
    assert "No space left" in done.stderr


def test_a_terminal_that_knows_only_ascii_gets_spelled_characters() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infoscope", "table", str(path_of("penguins.csv"))],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "1.514 \\xb1 0." in done.stdout


def test_json_is_json_whatever_the_encoding_and_the_file_name(tmp_path: Path) -> None:
    source = os.fsencode(tmp_path / "na") + b"\xff\xc3\xa9.csv"
    Path(os.fsdecode(source)).write_text("é,b\n" + "x,1\ny,2\n" * 20)
    for encoding in ("ascii", "utf-8"):
        done = subprocess.run(
            [sys.executable, "-m", "infoscope", "table", source, "--json", "-",
             "--html", tmp_path / "out.html"],
            capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": encoding},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert found["columns"][0]["name"] == "é"
        assert os.fsencode(found["file"]) == source
        assert r"na\udcffé.csv" in (tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["table", "text"])
def test_an_interrupt_ends_with_130_and_leaves_no_file(command: str, tmp_path: Path) -> None:
    """The interrupt comes at the first step of the work, wherever that is in time."""
    source, target = tmp_path / "in.txt", tmp_path / "out.html"
    source.write_text("a,b\n" + "1,2\n3,4\n" * 20)
    module = "tables.encoded_table" if command == "table" else "language.scoring"
    code = f"""
import signal, sys
import infoscope.{module} as work
class Stop(work.Progress):
    def advance(self, n=1):
        signal.raise_signal(signal.SIGINT)
work.Progress = Stop
from infoscope.cli.main import main
sys.exit(main([{command!r}, {str(source)!r}, "--html", {str(target)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (130, "")
    assert "stopped" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [source]


# ---------------------------------------------------------------- where results go


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (["--html", "-"], 2, "Only --json writes to stdout"),
        (["--html", "same.out", "--json", "same.out"], 2, "which is also --html"),
        (["--html", "data.csv"], 2, "which is also the input 'data.csv'"),
        (["--json", "../{folder}/data.csv"], 2, "which is also the input 'data.csv'"),
        (["--json", "link.csv"], 2, "which is also the input 'data.csv'"),
        (["--html", "."], 2, "the folder '.'"),
        (["--html", "none/out.html"], 1, "Create 'none' first"),
        (["--json", "/proc/out.json"], 1, "must be writable"),
    ],
)
def test_an_output_that_cannot_or_should_not_be_written_is_refused_first(
    options: list[str], code: int, word: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text("a,b\n1,2\n3,4\n")
    Path("link.csv").symlink_to("data.csv")
    options = [text.format(folder=tmp_path.name) for text in options]
    for command in ("table", "text"):
        found, out, err = run(capsys, command, "data.csv", *options)
        assert (found, out) == (code, "")
        assert one_sentence(err), err
        assert word in err
    assert Path("data.csv").read_text() == "a,b\n1,2\n3,4\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.csv", "link.csv"]


def test_names_cannot_command_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "odd\x1b[31m.csv"
    source.write_bytes(b'"new\nline","\x1b[2Jclear"\n' + b"x,1\ny,2\n" * 30)
    code, out, err = run(capsys, "table", str(source), "--target", "new\nline")
    assert (code, err) == (0, "")
    assert "\x1b" not in out
    assert r"new\nline" in out
    assert r"\x1b[2Jclear" in out
    code, out, err = run(capsys, "table", str(tmp_path / "no\nsuch"))
    assert (code, out) == (1, "")
    assert one_sentence(err), err


def test_columns_stay_in_line_whatever_the_script() -> None:
    rows = [["北京", "1"], ["e\u0301", "2"], ["abcd", "3"]]
    assert grid(rows, align="<>", indent=0) == ["北京  1", "e\u0301     2", "abcd  3"]


# ---------------------------------------------------------------- table


def test_table_ranks_columns_against_a_target(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "table", str(path_of("penguins.csv")), "--target", "species")
    assert code == 0
    assert "344 rows, 7 columns" in out
    assert "information about species" in out
    assert "bits" in out


def test_table_json_is_whole_and_in_nats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "table", str(path_of("penguins.csv")), "--json", "-")
    found = json.loads(out)
    assert code == 0
    assert found["n_rows"] == 344
    assert found["entropies"]["sex"]["unit"] == "nats"
    target = tmp_path / "map.json"
    assert main(["table", str(path_of("penguins.csv")), "--json", str(target)]) == 0
    assert json.loads(target.read_text())["n_rows"] == 344


def test_table_html_is_one_page_without_network(tmp_path: Path) -> None:
    target = tmp_path / "map.html"
    code = main(["table", str(path_of("penguins.csv")), "--target", "sex", "--html", str(target)])
    page = target.read_text(encoding="utf-8")
    assert code == 0
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert 'src="http' not in page
    assert list(tmp_path.iterdir()) == [target]


CSV_FAULTS = {
    "ragged": (b"a,b\n1,2\n3,4\n5,6,7\n8,9\n", 1, "line 4"),
    "empty": (b"", 1, "empty"),
    "header only": (b"a,b\n", 1, "only a header line"),
    "header without line end": (b"a,b", 1, "only a header line"),
    "unclosed quote": (b'a,b\n1,2\n"3,4\n5,6\n', 1, "close every quote"),
    "binary": (bytes(range(256)) * 8, 1, "text"),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_bad_csv_gets_one_sentence_and_leaves_no_file(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, expected, word = CSV_FAULTS[fault]
    source, target = tmp_path / "bad.csv", tmp_path / "out.html"
    source.write_bytes(content)
    code, out, err = run(capsys, "table", str(source), "--html", str(target))
    assert (code, out) == (expected, "")
    assert one_sentence(err), err
    assert word in err
    assert not target.exists()


def test_a_missing_table_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "table", "no-such-file.csv")
    assert (code, out) == (1, "")
    assert one_sentence(err)
    assert "no-such-file.csv" in err


def test_an_unknown_target_is_answered_with_near_matches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys, "table", str(path_of("penguins.csv")), "--target", "specie")
    assert (code, out) == (2, "")
    assert one_sentence(err)
    assert "'species'" in err


def test_options_for_reading_reach_the_scan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "odd.csv"
    source.write_bytes("Größe;c\n".encode("latin-1") + b"1;x\n2;y\n3;x\n" * 30)
    options = ["--delimiter", ";", "--encoding", "latin-1", "--kind", "Größe=categorical"]
    code, out, _ = run(capsys, "table", str(source), *options, "--json", "-")
    assert code == 0
    assert [(c["name"], c["kind"]) for c in json.loads(out)["columns"]] == [
        ("Größe", "categorical"),
        ("c", "categorical"),
    ]
    code, out, err = run(capsys, "table", str(source), "--kind", "categorical")
    assert (code, out) == (2, "")
    assert "COLUMN=KIND" in err


def test_null_and_constant_columns_are_told_and_do_not_stop_the_scan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "odd.csv"
    rows = "".join(f"{i % 3},,same,{i % 2}\n" for i in range(60))
    source.write_text("three,nothing,constant,two\n" + rows)
    code, out, _ = run(capsys, "table", str(source), "--json", "-")
    found = json.loads(out)
    assert code == 0
    assert found["entropies"]["constant"]["value"] == 0.0
    assert "nothing" not in found["entropies"]
    assert any("nothing" in text for text in found["notes"])


def test_one_column_is_said_to_have_no_pairs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "one.csv"
    source.write_text("a\n" + "1\n2\n" * 20)
    code, out, _ = run(capsys, "table", str(source))
    assert code == 0
    assert "40 rows, 1 column\n" in out
    assert "no pair to measure" in out
    assert "no other column" in run(capsys, "table", str(source), "--target", "a")[1]


def test_standard_input_is_read_and_a_pipe_by_name_is_refused() -> None:
    """A pipe can be read only once, so it must come where it is kept."""
    command = f"cat {path_of('penguins.csv')} | {sys.executable} -m infoscope table "
    done = subprocess.run(
        ["bash", "-c", command + "/dev/stdin"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert one_sentence(done.stderr), done.stderr
    assert "scan '-'" in done.stderr
    kept = subprocess.run(
        ["bash", "-c", command + "- --json -"], capture_output=True, text=True, check=True
    )
    named = subprocess.run(
        [sys.executable, "-m", "infoscope", "table", path_of("penguins.csv"), "--json", "-"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    piped, file = json.loads(kept.stdout), json.loads(named.stdout)
    assert piped["mutual_information"] == file["mutual_information"]


def test_a_missing_extra_says_what_to_install(run_without: RunWithout) -> None:
    done = run_without(["pyarrow"], "table", str(path_of("penguins.csv")))
    assert done.returncode == 1
    assert one_sentence(done.stderr), done.stderr
    assert "pip install 'infoscope[tables]'" in done.stderr


# ---------------------------------------------------------------- text

TEXT_FAULTS = {
    "missing": (None, "exist"),
    "empty": (b"", "empty"),
    "binary": (b"PK\x03\x04\x00\x00rest", "zero byte"),
    "UTF-16": ("Some words.".encode("utf-16"), "Convert it to UTF-8"),
}


@pytest.mark.parametrize("fault", TEXT_FAULTS)
def test_a_bad_text_gets_one_sentence_before_any_model_is_loaded(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, word = TEXT_FAULTS[fault]
    source = tmp_path / "text.txt"
    if content is not None:
        source.write_bytes(content)
    code, out, err = run(capsys, "text", str(source), "--json", str(tmp_path / "out.json"))
    assert (code, out) == (1, "")
    assert one_sentence(err), err
    assert word in err
    assert not (tmp_path / "out.json").exists()


def test_an_output_folder_that_is_not_there_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "text.txt"
    source.write_text("Some words.")
    code, out, err = run(capsys, "text", str(source), "--html", str(tmp_path / "no" / "out.html"))
    assert (code, out) == (1, "")
    assert one_sentence(err)
    assert "folder" in err


def test_text_scores_a_file_and_writes_report_and_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "text.txt"
    source.write_text("The quick brown fox jumps over the lazy dog. Again, the quick brown fox.")
    html, js = tmp_path / "text.html", tmp_path / "text.json"
    code, out, _ = run(
        capsys, "text", str(source), "--html", str(html), "--json", str(js), "--top", "3"
    )
    result = json.loads(js.read_text())["results"][0]
    assert code == 0
    assert "bits/byte" in out
    assert "most surprising tokens" in out
    assert "fox" in html.read_text(encoding="utf-8")
    assert result["file"] == str(source)
    total = sum(token["surprisal"] for token in result["tokens"])
    assert abs(total - result["estimates"]["total"]["value"]) < 1e-9


def test_text_that_is_not_utf8_is_scored_as_bytes_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "latin.txt"
    source.write_bytes("Ein Käfer lief über die Straße.".encode("latin-1"))
    code, out, err = run(capsys, "text", str(source))
    assert code == 0
    assert "31 bytes" in out
    assert r"lief \xfcber die" in out
    assert "not valid UTF-8" in err


def test_each_text_is_reported_even_if_it_is_named_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "text.txt"
    source.write_text("Some words.")
    code, out, _ = run(capsys, "text", str(source), str(source), "--json", "-")
    assert code == 0
    assert [each["file"] for each in json.loads(out)["results"]] == [str(source)] * 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Some words.")))
    html = tmp_path / "out.html"
    code, out, _ = run(capsys, "text", "-", "--html", str(html))
    assert code == 0
    assert out.startswith("standard input: 11 bytes")
    assert "<h1>standard input, in bits</h1>" in html.read_text(encoding="utf-8")
    code, out, err = run(capsys, "text", "-", "-")
    assert (code, out) == (2, "")
    assert "at most once" in err


def test_a_text_cannot_command_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "text.txt"
    source.write_bytes(b"a \x1b[31mred\x07 bell \xe2\x80\xae turned, and \xff a byte")
    code, out, _ = run(capsys, "text", str(source))
    assert code == 0
    assert not {"\x1b", "\x07", "\u202e", "\ufffd"} & set(out)
    assert r"\x1b" in out
    assert r"\xff" in out
    assert "\\\\x" not in out


def test_a_text_of_one_token_has_a_value_and_says_why_it_has_no_error_bar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "one.txt"
    source.write_text("a")
    code, out, _ = run(capsys, "text", str(source))
    assert code == 0
    assert "1 token" in out
    assert "±" not in out.partition("most surprising")[0]
    assert "note:" in out


def test_a_model_that_is_not_there_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "text.txt"
    source.write_text("Some words.")
    code, out, err = run(capsys, "text", str(source), "--model", "smolm2")
    assert out == ""
    assert code in (1, 2)
    assert one_sentence(err), err


def test_text_without_torch_says_what_to_install(tmp_path: Path, run_without: RunWithout) -> None:
    source = tmp_path / "text.txt"
    source.write_text("Some words.")
    done = run_without(["torch"], "text", str(source))
    assert done.returncode == 1
    assert one_sentence(done.stderr), done.stderr
    assert "pip install 'infoscope[language]'" in done.stderr
