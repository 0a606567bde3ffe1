"""The stylesheets: colours as custom properties for light and dark, one class per drawing role.

`standalone_style` goes inside a saved .svg file; `stylesheet` serves whole pages and notebooks, and
obeys `data-theme="light"|"dark"` on any element around (and the theme of JupyterLab and VS Code)
before the system's preference. Printing always uses light paper.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from infoscope.figures.palette import COLOURS, RAMPS, ROLES, ink_on

__all__ = ["card_style", "figure_style", "standalone_style", "stylesheet"]

_LIGHT_AROUND = '[data-theme="light"],[data-jp-theme-light="true"],.vscode-light'
_DARK_AROUND = '[data-theme="dark"],[data-jp-theme-light="false"],.vscode-dark'


def _variables(dark: bool) -> str:
    """Custom properties of one theme; on-colours are chosen here, where the ground is known."""
    side = int(dark)
    parts = [f"--isc-{name}:{pair[side]}" for name, pair in COLOURS.items()]
    for ramp, pair in RAMPS.items():
        for level, colour in enumerate(pair[side]):
            parts += [
                f"--isc-{ramp}-{level}:{colour}",
                f"--isc-on-{ramp}-{level}:{ink_on(colour)}",
            ]
    return ";".join([*parts, f"color-scheme:{'dark' if dark else 'light'}"])


def _around(themes: str) -> str:
    return f":is({themes}).isc,:is({themes}) .isc"


def _rules() -> str:
    rules = [
        ".isc-svg{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;"
        "font-variant-numeric:tabular-nums}",
        ".isc-svg path,.isc-svg circle{fill:none}",
        ".isc-svg .isc-handle{touch-action:none;cursor:move}",
        ".isc-svg .isc-handle-x{cursor:ew-resize}.isc-svg .isc-handle-y{cursor:ns-resize}",
        ".isc-svg .isc-run{shape-rendering:crispEdges;stroke:currentColor;stroke-width:1}",
    ]
    for role, settings in ROLES.items():
        body = ";".join(
            f"{key}:var(--isc-{value})" if key in ("fill", "stroke")
            else f"{key}:{value}px" if key == "font-size" else f"{key}:{value}"
            for key, value in settings.items()
        )  # fmt: skip
        if "fill" in settings:
            body += f";color:var(--isc-{settings['fill']})"
        round_off = (
            ";stroke-linejoin:round;stroke-linecap:round" if role[:5] in ("line-", "point") else ""
        )
        if role == "pin-name":  # words on coloured ground keep a rim of paper
            round_off = ";paint-order:stroke;stroke-width:3px;stroke-linejoin:round"
        rules.append(f".isc-svg .isc-{role}{{{body}{round_off}}}")
    for ramp, (light, _) in RAMPS.items():
        for level in range(len(light)):
            rules.append(
                f".isc-svg .isc-{ramp}-{level}{{--c:var(--isc-{ramp}-{level});"
                "fill:var(--c);color:var(--c)}"
            )
            rules.append(f".isc-svg .isc-on-{ramp}-{level}{{fill:var(--isc-on-{ramp}-{level})}}")
    return "\n".join(rules)


@cache
def standalone_style() -> str:
    """Return the rules for an SVG file that stands alone, light or dark as the reader prefers."""
    dark = f"@media screen and (prefers-color-scheme:dark){{.isc{{{_variables(True)}}}}}"
    return f".isc{{{_variables(False)}}}\n{dark}\n{_rules()}"


@cache
def figure_style() -> str:
    """Return the rules for figures and text heat maps inside someone else's page."""
    light, dark = _variables(False), _variables(True)
    return "\n".join([
        f".isc{{{light}}}",
        f"@media screen and (prefers-color-scheme:dark){{.isc{{{dark}}}}}",
        f"{_around(_LIGHT_AROUND)}{{{light}}}",
        f"@media screen{{{_around(_DARK_AROUND)}{{{dark}}}}}",
        _rules(),
        _packaged("figure.css"),
        _packaged("card.css"),
        *[
            f".isc-text .{ramp[0]}{level}{{background:var(--isc-{ramp}-{level});"
            f"color:var(--isc-on-{ramp}-{level})}}"
            for ramp, (steps, _) in RAMPS.items() for level in range(len(steps))
        ],
    ])  # fmt: skip


@cache
def card_style() -> str:
    """Return the rules of a card without a picture: its colours and its own few lines."""
    light, dark = (
        ";".join(f"--isc-{name}:{pair[side]}" for name, pair in COLOURS.items()) for side in (0, 1)
    )
    return "\n".join([
        f".isc{{{light}}}",
        f"@media screen and (prefers-color-scheme:dark){{.isc{{{dark}}}}}",
        f"{_around(_LIGHT_AROUND)}{{{light}}}",
        f"@media screen{{{_around(_DARK_AROUND)}{{{dark}}}}}",
        _packaged("card.css"),
    ])  # fmt: skip


@cache
def stylesheet() -> str:
    """Return everything a whole page needs: the figures' rules and the page's own.

    Returns
    -------
    str
        CSS text without any address in it; nothing is loaded from anywhere.

    Examples
    --------
    >>> "url(" in stylesheet(), "@import" in stylesheet()
    (False, False)
    """
    return f"{figure_style()}\n{_packaged('page.css')}"


def _packaged(name: str) -> str:
    return files("infoscope.figures").joinpath(name).read_text("utf-8").strip()
