"""No epsilon inside a logarithm, and no NaN swallowed: checked on the syntax tree of every file."""

import ast
from pathlib import Path

import pytest

import infoscope

ROOT = Path(infoscope.__file__).parent
#: Labs show wrong ways on purpose, beside the right ones.
SOURCES = sorted(path for path in ROOT.rglob("*.py") if path.parent.name != "lessons")
LOGARITHMS = {"log", "log2", "log10"}
SWALLOWERS = {"nansum", "nanmean", "nan_to_num", "nanmax", "nanmin", "nanvar", "nanstd"}


def faults(source: str) -> list[str]:
    """Return each log(x + small), log(clip(...)) and NaN-dropping call in `source`."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        softened = name in LOGARITHMS and any(_softened(argument) for argument in node.args)
        if softened or name in SWALLOWERS:
            found.append(ast.unparse(node))
    return found


def _softened(argument: ast.expr) -> bool:
    for node in ast.walk(argument):
        value = getattr(node, "value", None)
        if isinstance(value, float) and 0 < abs(value) < 1e-3:
            return True
        name = getattr(node, "id", getattr(node, "attr", ""))
        if name.lower() in {"eps", "epsilon", "tiny", "clip", "clamp", "smallest_normal"}:
            return True
    return False


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_logarithm_is_softened_and_no_nan_is_dropped(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    ["np.log(p + 1e-12)", "math.log2(max(p, eps))", "xp.log(xp.clip(p, 0, 1))", "np.nansum(p)"],
)
def test_the_check_sees_the_classic_faults(source: str) -> None:
    assert len(faults(source)) == 1
