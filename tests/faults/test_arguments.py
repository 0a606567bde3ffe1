"""Every option of every command with values that nobody expects: code 0, 1 or 2, and one line."""

import argparse
import io
import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infoscope.cli.main import main, whole_parser

HOSTILE = [
    "", "-", "--", "nan", "-inf", "-1", "0", "1", "3", "1e999", "9" * 30, "0x10", "٣", " ",
    "x" * 4000, "\udcff", "../..", "folder", "t.csv", "empty", "binary", "absent", "/dev/null",
    "/proc/self/mem", "a", "b", "a=categorical", "=", "a=x", "<b>", "\x1b[31m", "\u202e", "[",
    "uniform", "ngram:0", "http://", "http://127.0.0.1:9#m", "~nobody/x", "*.csv", "💥", "1,2",
    "0.5", "utf-16", "a\nb", "new/out.html", "%s{0}", "-h", "--nosuch",
]  # fmt: skip
#: What a command reads: a small table for the fast ones, nothing usable for those that take long.
TABLES = ("table", "select", "drift")
SLOW = ("corpus", "compress", "rate")
INPUTS = ["absent", "folder", "empty", "binary", os.fsdecode(b"odd\xff\n.txt"), "", "\udcff", "-"]


def leaves() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command, and of each action below it."""

    def below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
        found: dict[str, argparse.ArgumentParser] = {}
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                found |= action.choices
        return found

    out: dict[str, argparse.ArgumentParser] = {}
    for name, parser in below(whole_parser()).items():
        actions = below(parser)
        out |= {f"{name} {action}": each for action, each in actions.items()} or {name: parser}
    return out


#: These do what they do without being given anything (explore: tests/explore).
APART = ("demo", "explore", "doctor", "completion", "labs list", "labs coverage")
LEAVES = {name: parser for name, parser in leaves().items() if name not in APART}


@pytest.fixture(scope="module", autouse=True)
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of small odd files, no installed model, nobody at the keyboard."""
    folder = tmp_path_factory.mktemp("arguments")
    (folder / "folder").mkdir()
    (folder / "empty").write_bytes(b"")
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / os.fsdecode(b"odd\xff\n.txt")).write_bytes(b"\0")
    (folder / "t.csv").write_text("a,b,c\n" + "".join(f"{i % 3},{i % 2},x\n" for i in range(24)))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("INFOSCOPE_CACHE", str(folder / "cache"))
        patch.setenv("HOME", str(folder))
        patch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
        patch.setenv("PIP_RETRIES", "0")
        yield folder


@st.composite
def lines(draw: st.DrawFn, name: str) -> list[str]:
    """Return a command line: what is needed, and a few options, with hostile values."""
    words = name.split()
    for action in LEAVES[name]._actions:
        inputs = ["t.csv", *INPUTS] if name in TABLES else INPUTS[: 3 if name in SLOW else None]
        if not action.option_strings:
            values = list(action.choices) if action.choices else inputs
            words += [draw(st.sampled_from([str(value) for value in values]))]
        elif action.dest not in ("help", "compare") and draw(st.integers(0, 4)) == 0:
            words.append(draw(st.sampled_from(action.option_strings)))
            if action.nargs != 0:
                known = [str(value) for value in action.choices or ()]
                words.append(draw(st.sampled_from([*HOSTILE, *known, *known])))
    if draw(st.integers(0, 9)) == 0:
        words = draw(st.permutations(words))
    return words


@pytest.mark.parametrize("name", LEAVES)
@settings(max_examples=12)
@given(data=st.data())
def test_hostile_values_get_one_line(name: str, data: st.DataObject, here: Path) -> None:
    line = data.draw(lines(name))
    if line[0] in APART:
        return
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        code = main(line)
    said = err.getvalue()
    told = [text for text in said.splitlines() if not text.startswith(("note: ", "wrote "))]
    assert code in (0, 1, 2), (line, said)
    assert "Traceback" not in said
    if code == 2 or (code == 1 and not out.getvalue()):
        assert len(told) == 1, (line, said)
        assert not {"\x1b", "\u202e"} & set(said), line
    assert code != 2 or out.getvalue() == "", line


@pytest.mark.parametrize("port", ["-1", "70000", "99999999999999999999", "nan", "", "٣0000000"])
def test_ports_that_are_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "--no-browser", "--port", port]) == 2
    assert capsys.readouterr().err.count("\n") == 1
