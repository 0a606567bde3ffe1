"""A page of the explorer within another one: its figures and controls, alive, in a few lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from markupsafe import Markup

from infoscope.explore.controls import Action, Control, Sent
from infoscope.explore.exchange import answer, read
from infoscope.explore.page import Group, Page, Patch, Slot
from infoscope.explore.registry import find_page

__all__ = ["Widget", "widget_at"]


@dataclass(frozen=True, slots=True)
class Widget:
    """A page at the state that an address holds, computed; `mark` begins all its ids."""

    page: Page
    mark: str
    query: str
    values: dict[str, Any]
    slots: dict[str, Markup]

    @property
    def shown(self) -> tuple[Slot, ...]:
        """The slots of the main column up to the numbers: the point of a page, not all of it."""
        stage = [slot for slot in self.page.slots if slot.place == "stage"]
        last = next((i for i, slot in enumerate(stage) if slot.name == "tiles"), len(stage))
        return tuple(stage[: last + 1])

    @property
    def panel(self) -> list[Control | Group]:
        """The controls whose results can be seen here."""
        names = {slot.name for slot in self.shown}

        def seen(entry: Control | Group) -> bool:
            return not (isinstance(entry, Action) and entry.fills and entry.fills not in names)

        return [
            replace(entry, controls=tuple(filter(seen, entry.controls)))
            if isinstance(entry, Group) else entry
            for entry in self.page.controls if seen(entry)
        ]  # fmt: skip

    @property
    def alive(self) -> bool:
        """Whether the page can be shown within another; others are only linked to."""
        return self.page.embeds and self.page.view is not None


def widget_at(address: str, place: int, *, narrow: bool = False) -> Widget | None:
    """Return the widget for an address ("kl?mean_q=2"), or None where there is no such page."""
    slug, _, query = address.partition("?")
    page = find_page(slug.strip("/"))
    if page is None:
        return None
    mark = f"w{place}-"
    sent = Sent(dict(parse_qsl(query, keep_blank_values=True)), mark=mark)
    patch: Patch = {}
    if page.embeds and page.view is not None:
        patch = answer(page, sent, narrow=narrow, whole=True)
    slots = {key: Markup(value) for key, value in patch.items() if isinstance(value, str)}
    return Widget(page, mark, query, read(page, sent).values, slots)
