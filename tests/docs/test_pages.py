"""The sources of the site: every public name has its page, every link and picture its target."""

import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

import infoscope
from infoscope.labs import all_labs

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(
    page
    for page in DOCS.rglob("*.md")
    if "_build" not in page.parts and not re.match(r"\d\d_", page.name)
)
LINK = re.compile(r"\]\(((?!https?:)[^)\s#]+)(#[^)\s]*)?\)")
#: "measures" is the folder of the names that `infoscope` itself offers.
PILLARS = sorted(name for name in infoscope._PILLARS if name != "measures")

sys.path[:0] = [str(DOCS), str(DOCS / "extensions")]


def _without_code(text: str) -> str:
    """Return a page without blocks of code and without formulas."""
    text = re.sub(r"^(```+|~~~+)(?!\{).*?^\1\s*$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)


def _name(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


def _modules_with_a_page() -> list[str]:
    text = "\n".join(page.read_text() for page in sorted((DOCS / "reference").glob("*.rst")))
    return re.findall(r"^\.\. pillar:: (\S+)$", text, flags=re.MULTILINE)


def test_every_pillar_has_one_page_in_the_reference() -> None:
    found = _modules_with_a_page()
    assert sorted(found) == sorted(
        ["infoscope", "infoscope.core.errors", "infoscope.testing"]
        + [f"infoscope.{name}" for name in PILLARS]
    )
    assert set(infoscope.measures.__all__) <= set(infoscope.__all__)


@pytest.mark.parametrize("module", _modules_with_a_page())
def test_the_page_of_a_pillar_shows_each_public_name_once(module: str) -> None:
    pillars = importlib.import_module("site_pillars")
    names = pillars.public_names(module)
    shown = [name for group in pillars.grouped(module, names).values() for name in group]
    assert sorted(shown) == sorted(importlib.import_module(module).__all__)
    assert module in pillars.PILLARS


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_page_has_one_title_and_its_links_lead_somewhere(page: Path) -> None:
    text = _without_code(page.read_text(encoding="utf-8"))
    assert len(re.findall(r"^# \S", text, flags=re.MULTILINE)) == 1
    labs = {f"{lab.name}.md" for lab in all_labs()}
    lost = [
        target
        for target, _ in LINK.findall(text)
        if not (page.parent / target).exists() and Path(target).name not in labs
    ]
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_code_fits_the_column(page: Path) -> None:
    """The site shows 100 characters of code; longer lines must be scrolled to be read."""
    block, long = "", []
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            block = "" if block else line
        elif block and "{" not in block and len(line) > 100:
            long.append(line)
    assert long == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_the_pictures_and_sources_of_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for picture in re.findall(r"^```\{picture\} (\S+)$", text, flags=re.MULTILINE):
        module, _, name = picture.partition(".")
        function = getattr(importlib.import_module(f"pictures.{module}"), name)
        assert inspect.isfunction(function), picture
    keys = set(re.findall(r"\]\(#([\w-]+-\d{4})\)", text))
    listed = set(re.findall(r"^\(([\w-]+)\)=$", (DOCS / "bibliography.md").read_text(), re.M))
    assert keys <= listed, keys - listed


def test_prose_of_docstrings_is_escaped_and_code_is_not() -> None:
    escaped = importlib.import_module("site_pillars").escaped
    assert escaped("sum p_ * `q_*` over |x|") == r"sum p\_ \* ``q_*`` over \|x\|"
    assert escaped("`Logits`s") == r":py:obj:`Logits <infoscope.Logits>`\ s"
