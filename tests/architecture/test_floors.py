"""Who may import whom: a file imports only from floors below its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src" / "infoscope"

FLOORS = {
    "core": 0,
    "data": 0,
    "figures": 1,
    "measures": 1,
    "codes": 2,
    "channels": 2,
    "calibrate": 2,
    "known": 2,
    "estimate": 2,
    "language": 3,
    "tables": 3,
    "train": 3,
    "testing": 3,
    "probe": 4,
    "labs": 5,
    "explore": 5,
    "cli": 6,
}

#: (folder, folder it may import although it is not below) -> why
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("measures", "figures"): "results draw themselves: measures/pictures.py, loaded at a look",
    ("explore", "labs"): "the explorer shows the labs, with its own pages as live widgets",
}

#: The only files that may name these modules at the top level or inside a function.
HEAVY = {
    "torch": {"language", "train", "probe", "measures/families", "explore/reading_along.py"},
    "transformers": {
        "language/huggingface.py",
        "train/callbacks/huggingface.py",
        "train/callbacks/trl.py",
    },
    "lightning": {"train/callbacks/lightning.py"},
    "pyarrow": {"tables", "language/documents_parquet.py", "explore/table_reading.py"},
    "ray": {"language/ray_engine.py"},
    "ibis": {"tables"},
    "duckdb": {"tables/remote_duckdb.py"},
    "pyspark": {"tables/remote_spark.py"},
    "numba": {"core/compiling.py", "tables", "estimate", "codes", "measures", "language"},
    "hypothesis": {"testing"},
    "matplotlib": {"figures"},
    "sklearn": {"calibrate/estimators.py", "estimate", "tables/selector.py"},
}

#: Labs may use whatever a reader would.
SOURCES = sorted(path for path in ROOT.rglob("*.py") if path.parent.name != "lessons")


def imported_modules(path: Path) -> list[str]:
    """Return every module that `path` imports at run time, at its top or inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    modules: list[str] = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            modules.append(node.module or "")
            if node.module == "infoscope":
                modules += [f"infoscope.{alias.name}" for alias in node.names]
    return modules


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_floors_below(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    if len(parts) == 1:  # the front door (and __main__) may name every pillar
        return
    home = parts[0]
    assert home in FLOORS, f"{home} has no floor: add it to FLOORS and to the design"
    for module in imported_modules(path):
        if not module.startswith("infoscope."):
            continue
        other = module.split(".")[1]
        if other not in FLOORS or other == home or (home, other) in EXCEPTIONS:
            continue
        assert FLOORS[other] < FLOORS[home], f"{path.name} on {home} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_dependencies_stay_in_their_pillars(path: Path) -> None:
    where = path.relative_to(ROOT).as_posix()
    for module in imported_modules(path):
        allowed = HEAVY.get(module.split(".")[0])
        if allowed is not None:
            assert any(where == place or where.startswith(f"{place}/") for place in allowed), (
                f"{where} imports {module}"
            )


def test_the_check_itself_sees_a_violation(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("def f():\n    from infoscope.language import score\n    import torch\n")
    assert imported_modules(bad) == ["infoscope.language", "torch"]
