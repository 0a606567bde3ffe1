"""Between forms and pages: what was sent becomes values, values become a patch ready to send."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from infoscope.core.errors import InfoscopeError
from infoscope.explore.controls import Action, Sent
from infoscope.explore.page import NARROW, WIDE, Page, Patch, call
from infoscope.figures import Figure, Html, esc, table

__all__ = [
    "Reading", "address", "answer", "computed", "data_table", "drawn", "marked", "read", "ready",
]  # fmt: skip

_IDS = re.compile(r'(?<=[ ])(id|for|aria-describedby)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of a form, and a sentence for each control whose input cannot be used."""

    values: dict[str, Any]
    wrong: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)


def read(page: Page, sent: Sent, *, held: bool = False) -> Reading:
    """Return the value of every control; a default stands in for what cannot be used."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    remarks: dict[str, str] = {}
    for control in page.flat:
        if isinstance(control, Action):
            continue
        try:
            values[control.name] = control.read(sent)
            remarks[control.name] = control.remark(sent)
        except InfoscopeError as error:
            values[control.name] = control.default
            wrong[control.name] = str(error)
    if page.settle is not None and not wrong:
        values = page.settle(values, sent.moved, held)
    return Reading(values, wrong, remarks)


def answer(
    page: Page, sent: Sent, *, narrow: bool = False, held: bool = False, whole: bool = False
) -> Patch:
    """Return the patch for what was sent, ready to be sent back.

    `whole` draws all controls anew, for presets and addresses. What the library refuses comes back
    as its sentence, beside the control or above the figures.
    """
    reading = read(page, sent, held=held)
    patch: Patch = {f"wrong-{name}": "" for name in reading.values}
    patch |= {f"wrong-{name}": text for name, text in reading.remarks.items()}
    patch |= {f"wrong-{name}": text for name, text in reading.wrong.items()}
    if reading.wrong and not whole:
        return ready(page, patch)
    # A widget drawn anew has an empty place for remarks, so it goes first.
    patch = _controls(page, sent, reading.values, whole) | patch
    if held:  # until it is let go, a widget keeps the state that the drag started from
        patch.pop(f"={sent.moved.rpartition('.')[0]}", None)
    try:
        patch |= computed(page, reading.values, moved=sent.moved, held=held, narrow=narrow)
        patch["problem"] = ""
    except InfoscopeError as error:
        patch["problem"] = str(error)
    return ready(page, patch)


def computed(
    page: Page, values: Mapping[str, Any], *, moved: str = "", held: bool = False,
    narrow: bool = False,
) -> Patch:  # fmt: skip
    """Return what the page's own functions make of `values`."""
    extra = {"width": NARROW if narrow else WIDE, "moved": moved, "held": held}
    patch: Patch = {}
    if page.view is not None:
        patch |= call(page.view, {**extra, **values})
    if callable(page.notice):
        patch["notice"] = call(page.notice, values)
    if page.code is not None:
        patch["code"] = call(page.code, values)
    return patch


def _controls(page: Page, sent: Sent, values: Mapping[str, Any], whole: bool) -> Patch:
    """Return what the inputs must become: new values, or drawn anew where their number changed."""
    patch: Patch = {}
    for name, value in values.items():
        control = page.by_name[name]
        fields = control.write(value)
        stale = f"{name}.{control.inputs(value)}" in sent.fields or (
            control.inputs(value) > 1 and f"{name}.{control.inputs(value) - 1}" not in sent.fields
        )
        if whole or stale:
            patch[f"control-{name}"] = marked(control.inside(value), sent.mark)
            continue
        for key, text in fields.items():
            given = sent.fields.get(key, "").replace("\r\n", "\n")
            if (key not in sent.fields or given != text) and key != sent.moved:
                patch[f"={key}"] = text
    return patch


def marked(html: Html, mark: str) -> Html:
    """Return the HTML of a control with `mark` before its ids and what refers to them.

    >>> marked(Html('<label for="in-p">p</label><input id="in-p">'), "w1-")
    '<label for="w1-in-p">p</label><input id="w1-in-p">'
    """
    if not mark:
        return html

    def put(found: re.Match[str]) -> str:
        ids = " ".join(f"{mark}{word}" for word in found[2].split())
        return f'{found[1]}="{ids}"'

    return Html(_IDS.sub(put, html))


def ready(page: Page, patch: Patch) -> Patch:
    """Return `patch` with figures drawn, text escaped and values written as fields."""
    done: Patch = {}
    for key, value in patch.items():
        if key.startswith("="):
            control = page.by_name.get(key[1:])
            if control is None or isinstance(value, str):
                done[key] = str(value)
            else:
                done |= {f"={name}": text for name, text in control.write(value).items()}
        elif key == "progress":
            done[key] = value
        elif isinstance(value, Figure):
            done[key] = drawn(value, key.lstrip("+"))
        else:
            done[key] = esc(value)
    return done


def drawn(figure: Figure, slot: str) -> Html:
    """Return a figure as HTML; the table of its numbers is fetched when it is opened."""
    n_rows = len(next(iter(figure.data.values()), ()))
    html = figure.to_html(data=False)
    if not n_rows:
        return html
    rows = "1 row" if n_rows == 1 else f"{n_rows:,} rows"
    fold = (
        f'<details class="isc-data" data-table="{esc(slot)}"><summary>Data ({rows})</summary>'
        "<div></div></details>"
    )
    return Html(html.removesuffix("</figure>") + fold + "</figure>")


def data_table(page: Page, sent: Sent, slot: str) -> Html:
    """Return the numbers behind the figure in `slot` as a table; empty where there is none."""
    if page.later is not None:
        return page.later(slot)
    reading = read(page, sent)
    try:
        figure = computed(page, reading.values).get(slot)
    except InfoscopeError as error:
        return Html(f"<p>{esc(error)}</p>")
    if not isinstance(figure, Figure):
        return Html("")
    return table(figure.data, caption=figure.title)


def address(page: Page, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the query that opens the page at `values`: only what differs from the defaults."""
    query: dict[str, str] = {}
    for control in page.flat:
        if control.in_address and control.name in values:
            text = control.write(values[control.name])[control.name]
            if text != control.write(control.default)[control.name]:
                query[control.name] = text
    return query
