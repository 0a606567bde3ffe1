"""The labs: a list of them with the reader's progress, and a page for each."""

from __future__ import annotations

from infoscope.explore.lab_pages import lab_page
from infoscope.explore.page import Page
from infoscope.labs import Lab, all_labs

__all__ = ["PAGES", "rows"]


def rows() -> list[tuple[Lab, dict[str, str]]]:
    """Return each lab and its quizzes: their keys and right answers."""
    return [
        (lab, {f"{lab.slug}/{cell.key}": str(cell.quiz.answer) for cell in lab.of_kind("quiz")})
        for lab in all_labs()
    ]


PAGES = [
    Page(
        slug="labs",
        title="All labs",
        group="Labs",
        order=0,
        about="One idea each, worked through in text, code and questions, in an order in which "
        "nothing is used before it is explained.",
        slots=(),
        notice="",
        template="labs.html.j2",
        extra={"rows": rows},
    ),
    *map(lab_page, all_labs()),
]
