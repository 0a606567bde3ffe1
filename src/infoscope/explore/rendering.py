"""Pages as whole documents: templates around what the page's own functions compute."""

from __future__ import annotations

import json
from functools import cache
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import infoscope
from infoscope.explore.controls import Control, Sent, Upload
from infoscope.explore.embedding import Widget, widget_at
from infoscope.explore.exchange import address, answer, marked, read
from infoscope.explore.files import address_of
from infoscope.explore.lab_cache import kept
from infoscope.explore.lab_pages import done_note, filled, lab_text
from infoscope.explore.page import Page
from infoscope.explore.pages.labs import rows
from infoscope.explore.prose import prose
from infoscope.explore.registry import all_pages
from infoscope.figures import Html
from infoscope.labs import Lab

__all__ = ["error_page", "home_page", "whole_page"]


def whole_page(page: Page, sent: Sent, *, narrow: bool = False) -> str:
    """Return the page at the state that its address holds, complete before any script runs."""
    patch = answer(page, sent, narrow=narrow, whole=True)
    values = read(page, sent).values
    slots = {key: Markup(value) for key, value in patch.items() if isinstance(value, str)}
    pages = [each for each in all_pages().values() if each.listed]
    if "lab" in page.extra:
        pages = [each for each in all_pages().values() if "lab" in each.extra]
    here = pages.index(page) if page in pages else -1
    html = _environment().get_template(page.template).render(
        page=page,
        slots=slots,
        panel=[_shown(page, entry, values, slots) for entry in page.controls],
        presets=[(p, _link(page, page.defaults(**p.values))) for p in page.presets],
        starts=json.dumps(_starts(page)),
        notice=slots.get("notice", page.notice if isinstance(page.notice, str) else ""),
        explain=Markup(prose(page.explain)) if page.explain else "",
        before=pages[here - 1] if here > 0 else None,
        after=pages[here + 1] if 0 <= here < len(pages) - 1 else None,
        multipart=any(isinstance(control, Upload) for control in page.flat),
        lessons=_lessons(page.slug),
        **(_lab(page, narrow) if "lab" in page.extra else {}),
        **_frame(page.slug),
    )  # fmt: skip
    return _with_maths(html)


def _lab(page: Page, narrow: bool) -> dict[str, Any]:
    """Return what the page of a lab needs: its text with outputs if known, and with widgets."""
    lab: Lab = page.extra["lab"]
    parts, widgets = lab_text(lab)
    known = kept(lab)
    parts = filled(parts, known)
    body = parts[0]
    for place, where in enumerate(widgets):
        body += _widget(widget_at(where, place, narrow=narrow)) + parts[place + 1]
    n_quizzes = len(lab.of_kind("quiz"))
    return {
        "lab": lab, "body": Markup(body), "n_quizzes": n_quizzes,
        "done": done_note(known.seconds) if known is not None else "",
    }  # fmt: skip


def _widget(widget: Widget | None) -> str:
    """Return a page within a page; nothing where an address leads nowhere."""
    if widget is None:
        return ""
    page, slots = widget.page, widget.slots
    panel = [_shown(page, entry, widget.values, slots) for entry in widget.panel]
    return _environment().get_template("widget.html.j2").render(
        widget=widget, page=page, slots=slots,
        panel=[Markup(marked(Html(one), widget.mark)) for one in panel],
        presets=[(p, _link(page, page.defaults(**p.values))) for p in page.presets],
        starts=json.dumps(_starts(page)),
        notice=slots.get("notice", page.notice if isinstance(page.notice, str) else ""),
        link=_link(page, widget.values), picture=_picture(page),
    )  # fmt: skip


@cache
def _lessons(slug: str) -> tuple[tuple[Page, Lab], ...]:
    """Return the labs that show the page at `slug`."""
    labs = [(page, page.extra["lab"]) for page in all_pages().values() if "lab" in page.extra]
    return tuple(
        (page, lab)
        for page, lab in labs
        if slug in {cell.explorer.partition("?")[0] for cell in lab.cells if cell.explorer}
    )


def _starts(page: Page) -> dict[str, str]:
    """Return what the address need not say."""
    return {
        c.name: c.write(c.default).get(c.name, "") for c in page.flat if c.in_address
    }  # fmt: skip


@cache
def home_page() -> str:
    """Return the home page: a card with a small picture for each page."""
    cards = [
        (group, [(page, _picture(page)) for page in pages])
        for group, pages in groupby(
            (page for page in all_pages().values() if page.listed), lambda page: page.group
        )
    ]
    template = _environment().get_template("home.html.j2")
    return template.render(cards=cards, lab_rows=rows(), **_frame(""))


def error_page(status: int, sentence: str, path: str) -> str:
    """Return the page that says what is wrong and where to go."""
    template = _environment().get_template("error.html.j2")
    return template.render(status=status, sentence=sentence, path=path, **_frame(""))


def _frame(slug: str) -> dict[str, Any]:
    """Return what every document needs."""
    listed = [page for page in all_pages().values() if page.listed]
    menu = [(group, list(pages)) for group, pages in groupby(listed, lambda page: page.group)]
    return {"menu": menu, "here": slug, "version": infoscope.__version__}


def _picture(page: Page) -> Markup:
    """Return the small picture of a page without words for screen readers: the card has a title."""
    if page.picture is None:
        return Markup("")
    svg = page.picture().to_html(caption=False, data=False)
    start, end = svg.index("<svg"), svg.index("</svg>") + 6
    return Markup(svg[start:end].replace('role="img"', 'aria-hidden="true"'))


def _shown(page: Page, entry: Any, values: dict[str, Any], slots: dict[str, Markup]) -> Markup:
    """Return one control, or a group of them, at its value and with what is wrong with it."""
    if isinstance(entry, Control):
        html = entry.to_html(values.get(entry.name))
        wrong = slots.get(f"wrong-{entry.name}", "")
        return Markup(html.replace('role="status"></p>', f'role="status">{wrong}</p>'))
    inner = Markup("").join(_shown(page, one, values, slots) for one in entry.controls)
    about = Markup('<p class="help">{}</p>').format(entry.help) if entry.help else ""
    if entry.folded:
        return Markup(
            '<details class="group"><summary>{}</summary><div>{}{}</div></details>'
        ).format(entry.title, about, inner)
    return Markup('<div class="group" role="group" aria-label="{}">{}{}{}</div>').format(
        entry.title, Markup('<p class="named">{}</p>').format(entry.title), about, inner
    )


def _link(page: Page, values: dict[str, Any]) -> str:
    query = urlencode(address(page, values))
    return f"/{page.slug}?{query}" if query else f"/{page.slug}"


def _with_maths(html: str) -> str:
    """Load KaTeX only where a formula stands."""
    if 'class="math' not in html:
        return html
    head = (
        f'<link rel="stylesheet" href="{address_of("katex/katex.min.css")}">'
        f'<script defer src="{address_of("katex/katex.min.js")}"></script>'
        f'<script defer src="{address_of("math.js")}"></script></head>'
    )
    return html.replace("</head>", head, 1)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("infoscope.explore", "templates"),
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals["static"] = address_of
    environment.filters["safe_html"] = lambda text: Markup(text) if isinstance(text, Html) else text
    return environment
