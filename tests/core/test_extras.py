"""The one line that installs what is missing: right for the shell, the Python and the extra."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

from infoscope.core.errors import MissingExtra
from infoscope.core.extras import install_line, is_installed, own_command, require

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "infoscope").rglob("*.py"))
#: import name -> package, where they differ
PACKAGES = {"ibis": "ibis-framework", "sklearn": "scikit-learn", "markdown_it": "markdown-it-py"}


def extras() -> dict[str, set[str]]:
    """Return the packages that each extra brings, those of extras inside it too."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = listed["optional-dependencies"]

    def brings(extra: str) -> set[str]:
        found: set[str] = set()
        for line in listed[extra]:
            name, _, inner = re.match(r"([\w-]+)(\[([\w,-]+)\])?", line).groups()
            found |= set().union(*map(brings, inner.split(","))) if name == "infoscope" else {name}
        return found

    return {extra: brings(extra) for extra in listed}


def calls_of_require() -> list[tuple[str, str, str | None]]:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require"):
                continue
            extra = next(word.value for word in node.keywords if word.arg == "extra")
            if isinstance(node.args[0], ast.Constant) and isinstance(extra, ast.Constant):
                where = path.relative_to(ROOT).as_posix()
                found.append((where, node.args[0].value.partition(".")[0], extra.value))
    return found


def test_every_extra_that_a_message_names_brings_the_module_it_is_named_for() -> None:
    brought, calls = extras(), calls_of_require()
    assert len(calls) > 10
    for where, module, extra in calls:
        if extra is None:
            assert not any(PACKAGES.get(module, module) in each for each in brought.values()) or (
                module == "pandas"  # in dev only, which is no extra for users
            ), where
        else:
            assert PACKAGES.get(module, module) in brought[extra], f"{where}: {module} [{extra}]"


def test_a_missing_module_is_one_sentence_with_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = sysconfig.get_path("scripts")
    monkeypatch.setenv("PATH", scripts + os.pathsep + os.environ["PATH"])
    with pytest.raises(MissingExtra) as told:
        require("no_such_module.inside", extra="codes", purpose="coding")
    assert "coding needs no_such_module, which is not installed. Run: " in str(told.value)
    assert str(told.value).endswith("pip install 'infoscope[codes]'")
    with pytest.raises(MissingExtra, match=r"pip install no_such_module$"):
        require("no_such_module", extra=None, purpose="a frame")


def test_a_package_that_is_broken_keeps_its_own_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_package.py").write_text("import no_such_module\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_module") as told:
        require("broken_package", extra="codes", purpose="coding")
    assert not isinstance(told.value, MissingExtra)


def environment(folder: Path, *, programs: tuple[str, ...]) -> Path:
    """Return a `python` in a folder of scripts that holds `programs` too."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--symlinks", folder], check=False
    )
    assert made.returncode == 0
    for name in programs:
        program = folder / "bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return folder / "bin" / "python"


def lines_of(python: Path, path: str, *, pip: bool) -> list[str]:
    """Return what the two functions say under another Python and another PATH."""
    code = (
        "import sys, types\n"
        f"sys.path[:0] = {[str(ROOT / 'src')]!r}\n"
        "import infoscope.core.extras as extras\n"
        f"extras.is_installed = lambda name: {pip}\n"
        "print(extras.install_line('language', 'tables'))\nprint(extras.own_command())\n"
    )
    own = [p for p in sys.path if p.endswith("site-packages")]
    done = subprocess.run(
        [python, "-c", code],
        env={"PATH": path, "PYTHONPATH": os.pathsep.join(own)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_the_line_is_meant_for_the_python_that_asks(tmp_path: Path) -> None:
    """Plain `pip` only where the shell's pip is this Python's; else the Python by its path."""
    spaced = tmp_path / "my venv"
    python = environment(spaced, programs=("pip", "infoscope"))
    active = lines_of(python, f"{spaced / 'bin'}:/usr/bin:/bin", pip=True)
    assert active == ["pip install 'infoscope[language,tables]'", "infoscope"]
    by_path = lines_of(python, "/usr/bin:/bin", pip=True)
    assert [shlex.split(line) for line in by_path] == [
        [str(python), "-m", "pip", "install", "infoscope[language,tables]"],
        [str(python), "-m", "infoscope"],
    ]


def test_without_pip_the_line_asks_for_uv_or_pip_itself(tmp_path: Path) -> None:
    python = environment(tmp_path / "bare", programs=("uv",))
    line, _ = lines_of(python, str(tmp_path / "bare" / "bin"), pip=False)
    words = ["uv", "pip", "install", "--python", str(python), "infoscope[language,tables]"]
    assert shlex.split(line) == words
    line, _ = lines_of(python, "/nowhere", pip=False)
    assert line.startswith(f"{python} -m ensurepip && {python} -m pip install ")


@pytest.mark.parametrize("shell", ["bash", "sh", "zsh", "dash"])
def test_shells_read_the_brackets_as_they_are(shell: str, tmp_path: Path) -> None:
    """Even where a file would match the unquoted pattern."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not on this machine")
    (tmp_path / "infoscopel").touch()
    line = install_line("language", "tables").partition("pip install ")[2]
    done = subprocess.run(
        [program, "-c", f"printf %s {line}"], cwd=tmp_path, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == "infoscope[language,tables]"


def test_is_installed_does_not_import() -> None:
    assert is_installed("this") is True
    assert "this" not in sys.modules
    assert is_installed("no_such_module") is False
    assert own_command().endswith("infoscope")


def test_every_public_name_loads_or_names_its_extra_where_only_torch_is_installed() -> None:
    """In a process of its own, which finds torch but none of what other extras bring."""
    hidden = ["tokenizers", "safetensors", "transformers", "numba", "pyarrow", "constriction",
              "duckdb", "ibis", "starlette", "jupytext", "matplotlib"]  # fmt: skip
    code = f"""
import importlib, sys
sys.modules |= dict.fromkeys({hidden!r})
import infoscope
from infoscope.core.errors import MissingExtra
asked = 0
for pillar in infoscope._PILLARS:
    module = importlib.import_module(f"infoscope.{{pillar}}")
    for name in module.__all__:
        try:
            getattr(module, name)
        except MissingExtra as error:
            assert "Run: " in str(error), error
            asked += 1
print(asked)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1500:]
    assert int(done.stdout) > 10
