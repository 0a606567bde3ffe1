"""The directive `pillar`: the reference of one folder, made from its `__all__` and its docstrings.

Public names are grouped by the file they live in, under the sentence that heads that file. Prose in
docstrings is plain text with code between single backticks: what reStructuredText would read into
`p_i`, `|x|` or `*` is escaped before it can.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from functools import cache
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

_KEPT = re.compile(r"(``[^`]+``|`[^`]+`)")
_MARKUP = re.compile(r"(?<!\\)([*|]|_(?=\W|$))")
#: The modules that have a page in the reference.
PILLARS = (
    "infoscope", "infoscope.calibrate", "infoscope.channels", "infoscope.codes",
    "infoscope.core.errors", "infoscope.estimate", "infoscope.explore", "infoscope.figures",
    "infoscope.known", "infoscope.labs", "infoscope.language", "infoscope.probe",
    "infoscope.tables", "infoscope.testing", "infoscope.train",
)  # fmt: skip

_RULE = re.compile(r"^\s*(-{3,}|={3,})\s*$")


@cache
def known_names() -> dict[str, str]:
    """Return what may stand between backticks -> where it is documented, if that is one place."""
    places: dict[str, set[str]] = {}
    for pillar in PILLARS:
        for name in public_names(pillar):
            places.setdefault(name, set()).add(f"{pillar}.{name}")
            places.setdefault(f"{pillar}.{name}", set()).add(f"{pillar}.{name}")
            places.setdefault(f"{pillar}.{name}".removeprefix("infoscope."), set()).add(
                f"{pillar}.{name}"
            )
    return {name: min(where) for name, where in places.items() if len(where) == 1}


def public_names(module: str) -> list[str]:
    """Return what the pillar promises, in alphabetical order."""
    return sorted(importlib.import_module(module).__all__, key=str.lower)


def grouped(module: str, names: list[str]) -> dict[str, list[str]]:
    """Return file -> names that live there; what is no function or class stands in its pillar."""
    pillar = importlib.import_module(module)
    groups: dict[str, list[str]] = {}
    for name in names:
        home = getattr(getattr(pillar, name), "__module__", None) or module
        groups.setdefault(home if home.startswith("infoscope.") else module, []).append(name)
    return dict(sorted(groups.items()))


def head(module: str) -> str:
    """Return the first sentence of a file, without what it says of its floor."""
    first = (inspect.getdoc(importlib.import_module(module)) or "").split("\n\n")[0]
    return re.sub(r"^Floor \d: ", "", first.replace("\n", " ")).strip()


def kind(value: object) -> str:
    """Return the directive that documents a value."""
    if inspect.isclass(value):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction" if callable(value) else "py:data"


def comment(pillar: str, name: str, value: object) -> str:
    """Return what the comment over a constant says, wherever in its folder it is defined."""
    for module in sorted(loaded for loaded in sys.modules if loaded.startswith(pillar)):
        if vars(sys.modules[module]).get(name) is value:
            said = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", name))
            if said:
                return escaped(" ".join(said).strip())
    return f"An instance of {escaped(f'`{type(value).__name__}`')}."


def summary(pillar: Any, name: str) -> str:
    """Return the first sentence of a docstring, ready for a cell."""
    value = getattr(pillar, name)
    if kind(value) == "py:data":
        return comment(pillar.__name__, name, value)
    return escaped((inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " "))


class Pillar(SphinxDirective):
    """The whole public surface of a module: a table, then each name with its docstring."""

    required_arguments: ClassVar[int] = 1
    option_spec: ClassVar[dict] = {"names": directives.unchanged, "without": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Write the page as reStructuredText and have it read."""
        module = self.arguments[0]
        names = self.options.get("names", "").split() or public_names(module)
        names = [name for name in names if name not in self.options.get("without", "").split()]
        pillar = importlib.import_module(module)
        lines = [".. list-table::", "   :class: names", ""]
        for name in names:
            lines += [f"   * - :py:obj:`~{module}.{name}`", f"     - {summary(pillar, name)}"]
        for home, members in grouped(module, names).items():
            title = home.rpartition(".")[2].replace("_", " ").capitalize()
            if home == module:
                title = "Constants"
            lines += ["", title, "-" * len(title), "", escaped(head(home)), ""]
            for name in members:
                value = getattr(pillar, name)
                if kind(value) == "py:data":  # named within the page's module
                    lines += [f".. py:data:: {name}", "", f"   {comment(module, name, value)}"]
                else:
                    lines += [f".. {kind(value)}:: {module}.{name}"]
                if inspect.isclass(value) and not issubclass(value, BaseException):
                    lines += ["   :members:"]
                lines += [""]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def escaped(line: str) -> str:
    """Return one line of prose with every accident of markup undone, and code as code."""
    parts = _KEPT.split(line)
    for i, part in enumerate(parts):
        if i % 2 == 0:
            parts[i] = _MARKUP.sub(r"\\\1", part)
        else:  # a public name becomes a link; either may be followed by the rest of a word
            code = part.strip("`")
            full = known_names().get(code)
            parts[i] = f":py:obj:`{code} <{full}>`" if full else f"``{code}``"
            parts[i] += "\\ " if parts[i + 1][:1].isalnum() else ""
    return "".join(parts)


def _prepare(
    _app: Sphinx, what: str, _name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Escape the prose of a docstring before napoleon reads it; examples are left alone."""
    if what in ("property", "attribute") and lines and ":" in lines[0]:
        lines[0] = lines[0].replace(
            ":", "\u2236", 1
        )  # else napoleon takes what is before for a type
    in_example = False
    for i, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith(">>>"):
            in_example = True
        elif not bare:
            in_example = False
        if not in_example and not _RULE.match(line):
            lines[i] = escaped(line)


def _restore(
    _app: Sphinx, what: str, _name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Give properties their colons back."""
    if what in ("property", "attribute"):
        lines[:] = [line.replace("\u2236", ":") for line in lines]


def _skip(_app: Sphinx, _what: str, _name: str, obj: Any, skip: bool, _options: Any) -> bool:
    """Leave out what a class has from another library."""
    home = getattr(obj, "__module__", None) or getattr(type(obj), "__module__", "")
    return skip or home.startswith("sklearn.")


def _resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Node | None:
    """Find errors by their short names; leave names of other libraries as text."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    python = env.domains["py"]
    for prefix in ("infoscope.core.errors.", "infoscope.", f"{node.get('py:module', '')}."):
        if prefix + target in python.objects:  # type: ignore[attr-defined]
            return python.resolve_xref(
                env, node["refdoc"], app.builder, "obj", prefix + target, node, content
            )
    return None if target.startswith("infoscope.") else content


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and the reading of docstrings."""
    app.add_directive("pillar", Pillar)
    app.connect("autodoc-process-docstring", _prepare, priority=100)
    app.connect("autodoc-process-docstring", _restore, priority=900)
    app.connect("autodoc-skip-member", _skip)
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
