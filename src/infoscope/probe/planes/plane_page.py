"""One page of a trajectory: a slider over epochs for each noise model, and the numbers."""

from __future__ import annotations

from infoscope.figures import Figure, Html, Section, Tile, esc, page, stat_tiles, table
from infoscope.figures.scales import format_number
from infoscope.probe.planes.pictures import plane_frames
from infoscope.probe.planes.trajectory import PlaneTrajectory

__all__ = ["plane_page"]

_MOST_FRAMES = 60
#: Radio buttons in a row are a slider without a script: one frame is shown for the one chosen.
_STYLE = (
    ".isc-film{border:0;margin:0;padding:0;min-width:0;display:grid;"
    "grid-template-columns:repeat(var(--n),minmax(0,1fr));max-width:47.5rem}"
    ".isc-film legend{font-size:.8125rem;color:var(--isc-soft);padding:0 0 .35rem}"
    ".isc-film input{grid-row:2;margin:0;width:100%;height:1.5rem;appearance:none;cursor:pointer;"
    "background:linear-gradient(var(--isc-faint),var(--isc-faint)) center/100% .35rem no-repeat}"
    ".isc-film input:hover{background-color:var(--isc-faint)}"
    ".isc-film input:checked{background:var(--isc-accent);border-radius:.3rem;min-width:.5rem}"
    ".isc-film input:focus-visible{outline:2px solid var(--isc-focus);outline-offset:2px}"
    ".isc-film>div{grid-column:1/-1;grid-row:3;visibility:hidden;min-width:0;margin-top:.75rem}"
    ".isc-film input:checked+div{visibility:visible}"
    "@media print{.isc-film input{display:none}}"
)


def plane_page(trajectory: PlaneTrajectory, title: str) -> str:
    """Return the page; long records show 60 evenly chosen epochs in the slider."""
    unit = trajectory.unit
    tiles = stat_tiles([
        Tile("H(X)", f"{trajectory.input_entropy:.4f}", unit, "",
             f"{trajectory.n_inputs:,} different inputs"),
        Tile("H(Y)", f"{trajectory.label_entropy:.4f}", unit),
        Tile("I(X;Y)", f"{trajectory.total:.4f}", unit, "", "No layer can hold more of the label."),
    ])  # fmt: skip
    notes = "".join(f"<li>{esc(note)}</li>" for note in trajectory.notes)
    style = f"<style>{_STYLE}</style>"
    sections = [Section("The frame", Html(f"{style}{tiles}<ul>{notes}</ul>"))]
    for i, noise in enumerate(trajectory.noises):
        part = trajectory.of(noise=noise)
        said = dict.fromkeys(n for p in part.points for n in (*p.of_input.notes, *p.of_label.notes))
        lead = " ".join(said) or "Choose an epoch below; the arrow keys move it."
        body = _film(plane_frames(part), part.epochs, f"film-{i}")
        sections.append(Section(_capital(noise), Html(body + _numbers(part)), lead))
    epochs = trajectory.epochs
    span = f"{len(epochs):,} epochs from {format_number(epochs[0])} to {format_number(epochs[-1])}"
    subtitle = f"{len(trajectory.layers)} layers, {span if len(epochs) > 1 else 'one moment'}."
    footer = (
        "Made by infoscope. Each plane belongs to its noise model; without one, I(X;T) is H(X)."
    )
    return page(title, sections, subtitle=subtitle, footer=footer)


def _film(frames: list[Figure], epochs: tuple[float, ...], name: str) -> str:
    if len(frames) == 1:
        return frames[0].to_html(data=False)
    n = min(len(frames), _MOST_FRAMES)
    chosen = sorted({round(k * (len(frames) - 1) / (n - 1)) for k in range(n)})
    parts: list[str] = []
    for i in chosen:
        checked = " checked" if i == chosen[-1] else ""
        label = f"epoch {format_number(epochs[i])}"
        parts.append(
            f'<input type="radio" name="{name}" aria-label="{label}" title="{label}"{checked}>'
            f"<div>{frames[i].to_html(data=False)}</div>"
        )
    return (
        f'<fieldset class="isc-film" style="--n:{len(chosen)}"><legend>Epoch: choose on the bar, '
        f"or with the arrow keys</legend>{''.join(parts)}</fieldset>"
    )


def _numbers(part: PlaneTrajectory) -> str:
    """First, most and last of each layer, with errors."""
    columns: dict[str, list[object]] = {
        "layer": [], "units": [], "I(X;T) first": [], "I(X;T) most": [], "I(X;T) last": [],
        "I(T;Y) last": [],
    }  # fmt: skip
    for layer in part.layers:
        path = sorted(part.of(layer=layer).points, key=lambda p: p.epoch)
        most = max(path, key=lambda p: p.of_input.value)
        cells = (
            layer, path[0].n_units, path[0].of_input.short(),
            f"{most.of_input.short()} (epoch {format_number(most.epoch)})",
            path[-1].of_input.short(), path[-1].of_label.short(),
        )  # fmt: skip
        for column, cell in zip(columns.values(), cells, strict=True):
            column.append(cell)
    caption = "± is the error of the calculation: of quadrature, or of draws."
    return table(columns, caption=caption)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
