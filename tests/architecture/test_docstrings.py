"""Each public function says what it takes, returns, refuses and costs, and where it comes from."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import infoscope
from infoscope.measures import bounds

SECTIONS = ("Parameters", "Returns", "Raises", "Notes", "Source", "Examples")
PUBLIC = {name: getattr(infoscope, name) for name in infoscope.__all__}
PUBLIC |= {f"bounds.{name}": getattr(bounds, name) for name in bounds.__all__}
FUNCTIONS = {name: thing for name, thing in PUBLIC.items() if inspect.isfunction(thing)}
#: Classes that people make themselves; the others are results and errors.
MADE_BY_HAND = {name: PUBLIC[name] for name in ("Joint", "Logits")}
#: What a function is of, not what it measures: these need no formula.
WITHOUT_FORMULA = {"bits", "nats", "bits_per_byte", "perplexity_from_loss"}


def sections(text: str) -> dict[str, str]:
    """Return the numpydoc sections of a docstring by name; "" is what stands before them."""
    parts = re.split(r"^(\w+)\n-+$", text, flags=re.MULTILINE)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(text: str) -> list[str]:
    """Return the names in a Parameters section, in order."""
    lines = re.findall(r"^(\S.*?) :", text, flags=re.MULTILINE)
    return [name.strip() for line in lines for name in line.split(",")]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_function_has_every_section(name: str) -> None:
    function: Callable[..., Any] = FUNCTIONS[name]
    found = sections(inspect.getdoc(function) or "")
    assert [section for section in SECTIONS if not found.get(section, "").strip()] == []
    assert sorted(documented(found["Parameters"])) == sorted(inspect.signature(function).parameters)
    assert ">>> " in found["Examples"]


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - WITHOUT_FORMULA))
def test_each_measure_gives_its_formula_in_one_line(name: str) -> None:
    """After the first sentence comes a line of mathematics."""
    before = sections(inspect.getdoc(FUNCTIONS[name]) or "")[""]
    paragraphs = before.strip().split("\n\n")
    assert paragraphs[0].endswith(".")
    assert any(
        "\n" not in paragraph and re.search(r"[=+\-*/|]", paragraph) for paragraph in paragraphs[1:]
    )


@pytest.mark.parametrize(
    "name", [name for name, f in FUNCTIONS.items() if "unit" in inspect.signature(f).parameters]
)
def test_the_unit_is_keyword_only_and_nats_by_default(name: str) -> None:
    parameter = inspect.signature(FUNCTIONS[name]).parameters["unit"]
    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default == "nats"


@pytest.mark.parametrize("name", sorted(MADE_BY_HAND))
def test_each_class_made_by_hand_says_what_it_takes(name: str) -> None:
    found = sections(inspect.getdoc(MADE_BY_HAND[name]) or "")
    wanted = [section for section in SECTIONS if section != "Returns"]
    assert [section for section in wanted if not found.get(section, "").strip()] == []
    parameters = [p for p in inspect.signature(MADE_BY_HAND[name]).parameters if p != "self"]
    assert documented(found["Parameters"]) == parameters


def test_the_check_itself_sees_a_gap() -> None:
    found = sections("What it is.\n\nf = x\n\nParameters\n----------\np, q : array\n    Masses.\n")
    assert "Returns" not in found
    assert documented(found["Parameters"]) == ["p", "q"]
