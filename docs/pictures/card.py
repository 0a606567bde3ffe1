"""The reference card as tables."""

from infoscope.explore.quantities import QUANTITIES
from infoscope.figures import Html, esc, table


def rows() -> Html:
    """Return one table for each group of quantities."""
    parts: list[str] = []
    for group in dict.fromkeys(one.group for one in QUANTITIES):
        part = [one for one in QUANTITIES if one.group == group]
        made = table(
            {
                "quantity": [
                    Html(f'{esc(one.name)}<br><span class="math">{esc(one.formula)}</span>')
                    for one in part
                ],
                "call, and what it gives": [
                    Html(f"<code>{esc(one.call)}</code><br><b>{esc(one.value)}</b> {esc(one.unit)}")
                    for one in part
                ],
                "at zero": [one.zero for one in part],
                "range": [one.span for one in part],
            }
        )
        parts.append(f'<h2>{esc(group)}</h2><div class="isc isc-scroll card-table">{made}</div>')
    return Html("".join(parts))
