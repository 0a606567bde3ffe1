"""`Page`: what one page of the explorer is, declared in one place.

A page is a file in `pages/` with a constant `PAGE` (or `PAGES`). Its functions are plain and typed:
they take the values of those controls that they name, and are tested without a browser.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal, TypeAlias

from infoscope.explore.controls import Action, Control
from infoscope.figures import Figure, Html

__all__ = [
    "GROUPS", "NARROW", "WIDE", "Group", "Job", "Page", "Patch", "Preset", "Slot", "call",
]  # fmt: skip

#: slot -> Figure, Html or text; "+slot" is put behind, "=control" sets a control to a value,
#: "progress" is (done, total, what), "note" a sentence for the state of long work
Patch: TypeAlias = dict[str, Any]

GROUPS = ("Foundations", "Dependence", "Coding", "Language", "Data", "Labs", "Reference")

#: width in pixels of a figure in the main column, on a desk and on a phone
WIDE, NARROW = 728, 342


def call(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    """Call `function` with those of `values` that it names, or with all where it takes ``**``."""
    names = _named(function)
    return function(**(values if names is None else {n: values[n] for n in names & set(values)}))


@cache
def _named(function: Callable[..., Any]) -> frozenset[str] | None:
    parameters = inspect.signature(function).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
        return None
    return frozenset(parameters)


@dataclass(frozen=True, slots=True)
class Group:
    """Controls under a heading of their own; `folded` ones open with a press."""

    title: str
    controls: tuple[Control, ...]
    help: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that patches fill: in the main column ("stage") or below, across the page."""

    name: str
    title: str = ""
    place: Literal["stage", "below"] = "stage"
    #: what stands there before anything was computed
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Preset:
    """A starting point one press away; `values` are the controls that differ from the default."""

    label: str
    values: Mapping[str, Any]
    about: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """Long work: `run(...)` yields patches in a process of its own, one job at a time."""

    run: Callable[..., Iterator[Patch]]
    label: str = "Run"
    #: more than this in one request is refused before it is read
    max_bytes: int = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of the explorer.

    Parameters
    ----------
    slug, title, group : str
        Address (letters, digits, "-", "/"), heading, and a group of `GROUPS`.
    about : str
        One sentence: what one sees here.
    controls : sequence of Control or Group
        In the order of the panel.
    view : callable, optional
        ``view(...) -> Patch`` in under 20 ms, of the values that it names. It may also name `width`
        (pixels of a figure in the main column), `moved` (the input that moved last, "" at first)
        and `held` (whether a drag is going on).
    settle : callable, optional
        ``settle(values, moved, held) -> values``: what the controls become before anything is
        computed.
    slots : sequence of Slot
        The places that patches fill.
    notice : str or callable
        One sentence that says what to notice; as ``notice(...)`` it goes with the numbers.
    numbers : callable, optional
        ``numbers(...) -> {name: number}``: the numbers of the page, for the view and tests.
    code : callable, optional
        ``code(...) -> str``: Python that computes them with the library, in variables of the
        names that `numbers` uses.
    presets : sequence of Preset
        Starting points.
    job : Job, optional
        Long work behind a button.
    explain : str
        Markdown with ``$maths$``, below everything.
    picture : callable, optional
        Small figure for the home page, about 240 × 120.
    order : float
        Place within the group.
    template : str
        A template of one's own, which extends "page.html.j2".
    """

    slug: str
    title: str
    group: str
    about: str
    controls: Sequence[Control | Group] = ()
    view: Callable[..., Patch] | None = None
    settle: Callable[[dict[str, Any], str, bool], dict[str, Any]] | None = None
    slots: Sequence[Slot] = (Slot("stage"),)
    notice: str | Callable[..., str] = ""
    numbers: Callable[..., dict[str, float]] | None = None
    code: Callable[..., str] | None = None
    presets: Sequence[Preset] = ()
    job: Job | None = None
    explain: str = ""
    picture: Callable[[], Figure] | None = None
    order: float = 50.0
    template: str = "page.html.j2"
    #: whether the menu names it (labs have a list of their own)
    listed: bool = True
    #: whether labs may show it within their own text; without, they link to it
    embeds: bool = True
    #: what a slot marked `data-later` holds, asked for when the reader comes near it
    later: Callable[[str], Html] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def flat(self) -> tuple[Control, ...]:
        """All controls in one row."""
        found: list[Control] = []
        for entry in self.controls:
            found += entry.controls if isinstance(entry, Group) else (entry,)
        return tuple(found)

    @cached_property
    def by_name(self) -> dict[str, Control]:
        """Controls by their names."""
        return {control.name: control for control in self.flat}

    def defaults(self, **values: Any) -> dict[str, Any]:
        """Return the values of all controls, `values` in place of their defaults."""
        start = {c.name: c.default for c in self.flat if not isinstance(c, Action)}
        return start | values
