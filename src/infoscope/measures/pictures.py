"""Pictures of the results of this floor, loaded when somebody looks (see design record 60)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from infoscope.core.arrays import to_numpy
from infoscope.figures import (
    Figure,
    column_chart,
    heat_map,
    line_chart,
    venn_of_three,
    venn_of_two,
)

if TYPE_CHECKING:
    from infoscope.measures.maximum_entropy_solver import MaximumEntropy
    from infoscope.measures.named_tables import Joint

__all__ = ["draw_joint", "draw_maximum_entropy"]

MOST_COLUMNS = 40


def draw_maximum_entropy(found: MaximumEntropy) -> Figure:
    """Draw the probabilities over the numbers of their outcomes."""
    p = found.p
    title = "The distribution of largest entropy"
    about = f"{p.size} outcomes, entropy {found.entropy:.4g} nats."
    if p.size > MOST_COLUMNS:
        return line_chart(
            np.arange(p.size), {"p": p}, title=title, x_label="outcome", y_label="probability",
            from_zero=True, description=about, width=560,
        )  # fmt: skip
    names = [str(i) for i in range(p.size)]
    return column_chart(names, {"p": p}, title=title, y_label="probability", description=about)


def draw_joint(joint: Joint, unit: str = "bits") -> Figure | None:
    """Draw two or three variables as circles; one as columns; None for more."""
    table = np.asarray(to_numpy(joint.table), dtype=np.float64)
    names = list(joint.names)
    if len(names) == 1:
        labels = [str(i) for i in range(table.size)]
        return column_chart(labels, {"p": table}, title=names[0], y_label="probability")
    title = f"Information shared by {', '.join(names)}"
    if len(names) == 2:
        x, y = names
        alone = [float(joint.H(e, unit=unit)) for e in (f"{x}|{y}", f"{y}|{x}")]  # type: ignore[arg-type]
        both = float(joint.I(f"{x};{y}", unit=unit))  # type: ignore[arg-type]
        return venn_of_two(names, alone[0], max(both, 0.0), alone[1], title=title, unit=unit)
    if len(names) == 3:
        regions = {key: float(v) for key, v in _regions(joint, names, unit).items()}
        return venn_of_three(names, regions, title=title, unit=unit)
    if len(names) > 12:
        return None
    pairs = [
        [float(joint.H(a, unit=unit) if a == b else joint.I(f"{a};{b}", unit=unit)) for b in names]  # type: ignore[arg-type]
        for a in names
    ]
    return heat_map(
        pairs, names, names, title=title, unit=unit, quantity="mutual information",
        skip_diagonal=True,
    )  # fmt: skip


def _regions(joint: Joint, names: list[str], unit: str) -> dict[str, float]:
    """The seven regions of three circles; rounding below 0 is 0 where no region can be negative."""
    x, y, z = names
    expressions = {
        "100": f"{x}|{y},{z}", "010": f"{y}|{x},{z}", "001": f"{z}|{x},{y}",
        "110": f"{x};{y}|{z}", "101": f"{x};{z}|{y}", "011": f"{y};{z}|{x}",
    }  # fmt: skip
    found = {
        key: max(float((joint.I if ";" in e else joint.H)(e, unit=unit)), 0.0)  # type: ignore[arg-type]
        for key, e in expressions.items()
    }
    found["111"] = float(joint.I(f"{x};{y}", unit=unit)) - found["110"]  # type: ignore[arg-type]
    return found
