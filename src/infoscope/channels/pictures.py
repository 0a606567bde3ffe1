"""Pictures of what the solvers return: distributions as columns, curves through their points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from infoscope.figures import Figure, column_chart, line_chart

if TYPE_CHECKING:
    from infoscope.channels.results import Capacity, Curve

__all__ = ["draw_capacity", "draw_curve"]

#: More letters than this are drawn as a curve.
MOST_COLUMNS = 40
#: What the columns of the curves are.
LABELS = {
    "distortions": "distortion",
    "rates": "rate",
    "complexities": "complexity I(X;T)",
    "relevances": "relevance I(T;Y)",
}


def draw_capacity(found: Capacity) -> Figure:
    """Draw the input distribution that attains the capacity."""
    p = found.input_distribution
    used = int(np.count_nonzero(p))
    about = f"The capacity is {found.value:.4g} {found.unit}; {used} of {p.size} inputs are used."
    title = "The input that attains the capacity"
    if p.size > MOST_COLUMNS:
        return line_chart(
            np.arange(p.size), {"p(x)": p}, title=title, x_label="input", y_label="probability",
            from_zero=True, description=about,
        )  # fmt: skip
    return column_chart(
        [str(i) for i in range(p.size)], {"p(x)": p}, title=title, y_label="probability",
        description=about,
    )  # fmt: skip


def draw_curve(curve: Curve) -> Figure | None:
    """Draw one column of a curve over another; None when fewer than two points are different."""
    across, up = curve.axes
    x, y = (np.asarray(getattr(curve, name)) for name in (across, up))
    finite = np.isfinite(x) & np.isfinite(y)
    x, first = np.unique(x[finite], return_index=True)
    y = y[finite][first]
    if x.size < 2:
        return None
    unit = curve.unit
    x_label = LABELS[across] if across == "distortions" else f"{LABELS[across]}, {unit}"
    settings: dict[str, Any] = {"x_label": x_label, "y_label": f"{LABELS[up]}, {unit}"}
    about = f"{LABELS[up]} over {LABELS[across]}, {x.size} points."
    return line_chart(
        x, {LABELS[up].split()[0]: y}, title=curve.quantity.capitalize(), from_zero=True,
        description=about, width=640, **settings,
    )  # fmt: skip
