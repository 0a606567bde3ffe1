"""What pyproject promises, what was tried, and what the installation page says, agree."""

from __future__ import annotations

import csv
import re
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_USERS = sorted({*EXTRAS} - {"dev", "heavy", "docs"})
PAGE = (ROOT / "docs" / "install.md").read_text("utf-8")
RESULTS = ROOT / "benchmarks" / "results" / "packaging.csv"
RECORD = list(csv.DictReader(RESULTS.read_text("utf-8").splitlines()))


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The script tools/check_wheel.py as a module."""
    import importlib.util

    sys.path.insert(0, str(ROOT / "tools"))
    try:
        spec = importlib.util.spec_from_file_location(
            "check_wheel", ROOT / "tools" / "check_wheel.py"
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules["check_wheel"] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "tools"))
    return module


def numbers(version: str) -> tuple[int, ...]:
    found = [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]
    return tuple(found + [0] * (3 - len(found)))


def test_every_pin_of_the_tested_environment_meets_its_floor(tool: ModuleType) -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.lower().split("==") for line in lines if "==" in line)
    floors = tool.floors()
    assert len(floors) > 20
    for name, floor in floors.items():
        assert numbers(pins[name.lower()]) >= numbers(floor), name


def test_lowest_versions_are_pinned_and_a_cuda_build_comes_only_when_asked(
    tool: ModuleType,
) -> None:
    lines = tool.constraints(lowest=True, cuda=False)
    assert f"numpy=={tool.floors()['numpy']}" in lines
    assert sum(line.startswith("torch==") for line in lines) == 1
    for name in ("nvidia-cudnn-cu12", "nvidia-cudnn-cu13", "triton"):
        assert f"{name}==0" in lines
        assert f"{name}==0" in tool.constraints(lowest=False, cuda=False)
    asked = tool.constraints(lowest=True, cuda=True)
    assert [line for line in asked if line.startswith("torch==")] == [
        f"torch=={tool.floors()['torch']}"
    ]
    assert not any(line.endswith("==0") for line in asked)


def test_every_extra_for_users_is_tried_by_itself(tool: ModuleType) -> None:
    """`all` is tried too; Spark and Ray, which bring an engine, have heavy tests of their own."""
    assert {*FOR_USERS} - {*tool.EXTRAS} == {"all", "ray", "spark"}
    for scripts in tool.EXTRAS.values():
        assert all((tool.TRIES / f"{name}.py").is_file() for name in scripts)


def test_nothing_in_the_record_failed_and_what_was_not_tested_has_a_reason() -> None:
    assert len(RECORD) > 10
    for row in RECORD:
        assert row["result"] in ("passed", "not tested"), row
        assert row["result"] == "passed" or row["why"], row


def test_the_pythons_of_the_metadata_were_tried() -> None:
    promised = [
        line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)
    ]
    passed = {row["python"].rpartition(".")[0] for row in RECORD if row["result"] == "passed"}
    assert {*promised} <= passed


def test_the_page_has_a_row_for_each_extra_with_what_it_brings() -> None:
    rows = dict(re.findall(r"^\| (`[\w`, ]+`) \| ([^|]+) \|", PAGE, flags=re.MULTILINE))
    told = {name: what for names, what in rows.items() for name in re.findall(r"`(\w+)`", names)}
    assert {*FOR_USERS} <= {*told}
    for extra in set(FOR_USERS) - {"all", "duckdb", "spark", "ray"}:
        for line in EXTRAS[extra]:
            name = re.split(r"[>=\[]", line)[0]
            assert name in told[extra] or name == "python-multipart", (extra, name)


def test_the_page_states_the_oldest_versions_of_the_metadata(tool: ModuleType) -> None:
    table = PAGE.partition("## Versions")[2]
    stated = dict(re.findall(r"([A-Za-z][\w-]+) (\d[\d.]*\d|\d)", table.partition("## When")[0]))
    for name, floor in tool.floors().items():
        assert stated.get(name) == floor, name


def archives(folder: Path, *, extra: dict[str, bytes]) -> tuple[Path, Path]:
    """Write a small wheel and sdist that have what must be there, and `extra` besides."""
    import archive_contents as contents

    metadata = "\n".join(
        f"{name}: x" for name in ("Name", "Version", "Summary", "License-Expression", "Author",
        "Requires-Python", "Description-Content-Type", "Project-URL", "Classifier")
    ) + "\n\n# infoscope\n"  # fmt: skip
    info = "infoscope-1.dist-info"
    inside = {
        **dict.fromkeys(contents.IN_WHEEL, b""),
        **{f"{info}/licenses/{name}": b"" for name in contents.LICENCES},
        f"{info}/METADATA": metadata.encode(),
        f"{info}/entry_points.txt": b"[console_scripts]\n",
    }
    wheel, sdist = folder / "a.whl", folder / "a.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in (inside | extra).items():
            archive.writestr(name, content)
    with tarfile.open(sdist, "w:gz") as archive:
        for name in (*contents.IN_SDIST, *extra):
            path = folder / "member"
            path.write_bytes(extra.get(name, b""))
            archive.add(path, f"infoscope-1/{name}")
    return wheel, sdist


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("infoscope/notes.orig", b"", "junk"),
        ("infoscope/__pycache__/a.pyc", b"", "junk"),
        ("infoscope/a.txt", b"see /ho" + b"me/someone/x", "a path of a machine"),
        ("infoscope/a.pem", b"-----BEGIN PRI" + b"VATE KEY-----", "a secret"),
        ("other/a.txt", b"", "wheel with other/a.txt"),
    ],
    ids=["left over", "compiled", "path", "key", "elsewhere"],
)
def test_what_must_not_be_in_an_archive_is_named(
    name: str, content: bytes, said: str, tmp_path: Path, tool: ModuleType
) -> None:
    (tmp_path / "src" / "infoscope").mkdir(parents=True)
    clean = tool.complaints(*archives(tmp_path, extra={}), tmp_path)
    assert clean == []
    wrong = tool.complaints(*archives(tmp_path, extra={name: content}), tmp_path)
    assert wrong
    assert any(said in line and name in line for line in wrong)


def test_a_link_of_the_readme_that_an_index_cannot_follow_is_named(
    tmp_path: Path, tool: ModuleType
) -> None:
    (tmp_path / "src" / "infoscope").mkdir(parents=True)
    wheel, sdist = archives(tmp_path, extra={})
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    inside["infoscope-1.dist-info/METADATA"] += b"[a](docs/a.md) [b](https://b) [c](#c)\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    assert [line.rpartition(" ")[2] for line in tool.complaints(wheel, sdist, tmp_path)] == [
        "docs/a.md"
    ]


def test_the_readme_that_an_index_shows_has_no_link_that_leads_nowhere() -> None:
    """The substitutions of pyproject, done by hand on the README."""
    hook = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]
    text = (ROOT / "README.md").read_text("utf-8")
    for change in hook["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(change["pattern"], change["replacement"], text)
    assert not re.findall(r"\]\((?!https?:|#)[^)]+\)", text)
    site = re.findall(r"\]\(https://infoscope\.readthedocs\.io/en/latest/([\w/-]+)\.html", text)
    assert len(site) > 5
    assert [page for page in site if not (ROOT / "docs" / f"{page}.md").is_file()] == []
