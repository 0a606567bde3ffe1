"""The self-test: long work that only counts, to see that streams, stops and uploads work here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from infoscope.explore.controls import Check, Number, TextArea, Upload, Uploaded
from infoscope.explore.page import Job, Page, Patch, Slot
from infoscope.figures import Html, esc, facts

__all__ = ["PAGE", "count"]

STEP = 0.05


def count(
    *, seconds: float, busy: bool, text: str, file: Uploaded | None, stubborn: bool,
    megabytes: float,
) -> Iterator[Patch]:  # fmt: skip
    """Count for some seconds, twenty numbers a second, and tell what arrived."""
    start = time.monotonic()
    kept = f"{file.name}: {file.size:,} bytes" if file is not None else "none"
    yield {"arrived": facts({"characters": len(text), "file": kept, "process": os.getpid()})}
    n = max(1, round(seconds / STEP))
    taken: list[bytes] = []
    for step in range(1, n + 1):
        if len(taken) < megabytes:
            taken += [b"\x01" * 1_000_000 for _ in range(20)]
        while time.monotonic() - start < step * STEP or stubborn:
            if not busy:
                time.sleep(STEP / 5)
        yield {
            "+count": Html(f"<span>{step} </span>"),
            "progress": (step, n, f"counting {esc(text[:20])} …"),
        }
    yield {"note": "Counted to the end."}


PAGE = Page(
    slug="check",
    title="Self-test",
    group="Reference",
    order=99,
    listed=False,
    about="Long work that only counts: does it arrive bit by bit, stop when told, and leave the "
    "sliders of other pages smooth?",
    controls=(
        Number(name="seconds", label="How long", unit="s", default=2.0, low=0.05, high=120.0),
        Check(name="busy", label="Keep a core busy meanwhile", default=True),
        Number(
            name="megabytes",
            label="Memory to fill, 20 MB a step",
            unit="MB",
            default=0,
            low=0,
            high=100_000,
        ),
        Check(name="stubborn", label="Never listen (is ended after two seconds)"),
        TextArea(name="text", label="A text to send", rows=3, max_chars=200_000),
        Upload(name="file", label="A file to send", max_bytes=1_000_000),
    ),
    slots=(Slot("count", "Counted", empty="Nothing yet."), Slot("arrived", "What arrived")),
    job=Job(count, "Count", max_bytes=1_500_000),
)
