"""Names: `__all__` tells the truth, no module shadows a function, files stay short."""

import ast
import importlib
import statistics
from pathlib import Path

import pytest

import infoscope

ROOT = Path(infoscope.__file__).parent
#: Labs are cells to read and run, no modules: tests/labs looks after them.
SOURCES = sorted(path for path in ROOT.rglob("*.py") if path.parent.name != "lessons")
PACKAGES = sorted({path.parent for path in SOURCES})
#: Only `make test-heavy` installs these.
HEAVY = {"lightning", "py4j", "pyspark", "ray"}
BANNED_STEMS = {"utils", "util", "helpers", "helper", "common", "misc", "base"}


def module_name(path: Path) -> str:
    parts = ["infoscope", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def declared(path: Path) -> list[str] | None:
    """Return the names in the file's `__all__`, read without importing the file."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_each_file_declares_its_public_names_and_has_them(path: Path) -> None:
    names = declared(path)
    if names is None:
        assert path.name in {"__init__.py", "__main__.py"}, f"{path} has no __all__"
        return
    assert len(names) == len(set(names))
    try:
        module = importlib.import_module(module_name(path))
        lacking = [name for name in names if not hasattr(module, name)]
    except ModuleNotFoundError as error:
        if error.name not in HEAVY:
            raise
        pytest.skip(f"needs {error.name}: make test-heavy")
    assert lacking == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name != "__init__.py"], ids=module_name)
def test_each_public_definition_is_declared(path: Path) -> None:
    names = declared(path)
    if names is None:
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }
    assert defined <= set(names)


@pytest.mark.parametrize("folder", PACKAGES, ids=lambda path: path.name)
def test_no_module_shares_its_name_with_a_public_name_beside_it(folder: Path) -> None:
    modules = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    public = set(declared(folder / "__init__.py") or [])
    assert not modules & public


def test_files_are_named_for_what_they_do() -> None:
    assert [path for path in SOURCES if path.stem in BANNED_STEMS] == []


def test_files_stay_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {path: n for path, n in lengths.items() if n > 500} == {}
    assert statistics.median(n for n in lengths.values() if n > 20) < 200


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_each_file_says_in_one_sentence_what_it_does(path: Path) -> None:
    head = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert head, f"{path} has no head docstring"
    assert head.splitlines()[0].endswith("."), f"{path}: {head.splitlines()[0]}"
