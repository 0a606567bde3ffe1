"""Every colour and every drawing role of the pictures, for light and for dark paper.

Marks name a role, never a colour; the stylesheet and the matplotlib renderer both read this table,
so a picture looks the same wherever it is drawn.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COLOURS", "DIVERGING", "N_LEVELS", "RAMPS", "ROLES", "contrast", "ink_on"]

#: name -> (on light paper, on dark paper)
COLOURS: Final[dict[str, tuple[str, str]]] = {
    "paper": ("#fcfbf9", "#141518"),
    "card": ("#ffffff", "#1c1e22"),
    "ink": ("#1d1b18", "#eceae6"),
    "soft": ("#5d5a54", "#aeaba4"),
    "faint": ("#e5e1d9", "#34373d"),
    "axis": ("#8f8a81", "#7c7f86"),
    "accent": ("#136f8f", "#5cc8dd"),
    "accent-soft": ("#cfe7ee", "#173c47"),
    "second": ("#b4460b", "#f0a25a"),
    "third": ("#6a4bb0", "#b8a2f2"),
    "fourth": ("#3d7a33", "#93cf86"),
    "muted": ("#bdb8ae", "#54575e"),
    "focus": ("#0b57d0", "#9cc2ff"),
}


def _ramp(light: str, dark: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(light.split()), tuple(dark.split())


#: Scales, even in OKLCH lightness, ordered from "nothing" (or "negative") to "much": (light, dark).
RAMPS: Final = {
    "surprise": _ramp(
        "#faf6e9 #f4dbab #f1bd73 #ec9c42 #e37b11 #d15e00 #bd3f00 #a52314 #86101f",
        "#2e221e #532e1c #753d13 #8d4d05 #a66200 #c6830c #dd9e17 #eebc45 #fddb72",
    ),
    "information": _ramp(
        "#ebf6f7 #b7e4ed #87cfe4 #5db7db #3a9ece #2388c4 #176aaa #195192 #1b3a76",
        "#1f262f #1d3c56 #065578 #046b88 #0d8fa6 #0ca8b5 #20c5c6 #66dfd0 #9ff5de",
    ),
    "balance": _ramp(
        "#9a3305 #bd5213 #e08e51 #f2c9a2 #f1efea #b3d9e6 #62afcc #1f7a9e #0b5674",
        "#ff9c4a #d97324 #a85213 #683516 #26282d #124558 #10718f #2ba3c1 #6fd6ec",
    ),
}

#: Scales with "none" in the middle, for amounts of both signs.
DIVERGING: Final = frozenset({"balance"})

#: How many steps every ramp has.
N_LEVELS: Final = 9

#: role -> drawing settings; colours are names in COLOURS, sizes are in pixels of the picture.
ROLES: Final[dict[str, dict[str, str]]] = {
    "grid": {"stroke": "faint", "stroke-width": "1"},
    "axis": {"stroke": "axis", "stroke-width": "1"},
    "tick": {"fill": "soft", "font-size": "11"},
    "label": {"fill": "ink", "font-size": "12"},
    "note": {"fill": "soft", "font-size": "11"},
    "cell": {"font-size": "10.5"},
    "bar": {"fill": "accent"},
    "bar-muted": {"fill": "muted"},
    "bar-1": {"fill": "accent"},
    "bar-2": {"fill": "second"},
    "bar-3": {"fill": "third"},
    "bar-4": {"fill": "fourth"},
    "grab": {"stroke": "card", "stroke-width": "2"},
    "arrow": {"stroke": "ink", "stroke-width": "1.75"},
    "arrow-head": {"fill": "ink", "stroke": "paper", "stroke-width": "1"},
    "whisker": {"stroke": "ink", "stroke-width": "1.5"},
    "line-1": {"stroke": "accent", "stroke-width": "2"},
    "line-2": {"stroke": "second", "stroke-width": "2"},
    "line-3": {"stroke": "third", "stroke-width": "2"},
    "line-4": {"stroke": "fourth", "stroke-width": "2"},
    "band-1": {"fill": "accent", "opacity": "0.18"},
    "band-2": {"fill": "second", "opacity": "0.18"},
    "band-3": {"fill": "third", "opacity": "0.18"},
    "band-4": {"fill": "fourth", "opacity": "0.18"},
    "band-reference": {"fill": "muted", "opacity": "0.28"},
    "points-1": {"stroke": "accent", "opacity": "0.7"},
    "points-2": {"stroke": "second", "opacity": "0.7"},
    "points-3": {"stroke": "third", "opacity": "0.7"},
    "points-4": {"stroke": "fourth", "opacity": "0.7"},
    "gain": {"fill": "accent", "opacity": "0.5"},
    "loss": {"fill": "second", "opacity": "0.5"},
    "block": {"fill": "accent", "opacity": "0.24"},
    "set-1": {"fill": "accent", "opacity": "0.2"},
    "set-2": {"fill": "second", "opacity": "0.2"},
    "set-3": {"fill": "third", "opacity": "0.2"},
    "amount": {"fill": "ink", "font-size": "14", "font-weight": "600"},
    "amount-negative": {"fill": "second", "font-size": "14", "font-weight": "600"},
    "word": {"fill": "ink", "font-size": "10.5"},
    "panel": {"fill": "ink", "font-size": "13", "font-weight": "600"},
    "halo": {"stroke": "paper", "stroke-width": "4"},
    "trail": {"stroke": "ink", "stroke-width": "2"},
    "pin": {"fill": "ink", "stroke": "paper", "stroke-width": "2"},
    "pin-name": {"fill": "ink", "stroke": "paper", "font-size": "12", "font-weight": "600"},
    "total": {"fill": "ink", "font-size": "12", "font-weight": "600"},
    "name-1": {"fill": "accent", "font-size": "12", "font-weight": "600"},
    "name-2": {"fill": "second", "font-size": "12", "font-weight": "600"},
    "name-3": {"fill": "third", "font-size": "12", "font-weight": "600"},
    "name-4": {"fill": "fourth", "font-size": "12", "font-weight": "600"},
    "ghost-1": {"stroke": "accent", "stroke-width": "1", "opacity": "0.65"},
    "ghost-2": {"stroke": "second", "stroke-width": "1", "opacity": "0.65"},
    "ghost-3": {"stroke": "third", "stroke-width": "1", "opacity": "0.65"},
    "ghost-4": {"stroke": "fourth", "stroke-width": "1", "opacity": "0.65"},
    "ghost": {"stroke": "ink", "stroke-width": "1", "opacity": "0.55"},
    "reference": {"stroke": "ink", "stroke-width": "1", "stroke-dasharray": "5 4"},
    "hatch": {"stroke": "axis", "stroke-width": "0.75"},
    "blank": {"fill": "faint"},
    "dot": {"fill": "accent"},
    "grip": {"fill": "card", "stroke": "accent", "stroke-width": "2.5"},
    "grip-1": {"fill": "card", "stroke": "accent", "stroke-width": "2.5"},
    "grip-2": {"fill": "card", "stroke": "second", "stroke-width": "2.5"},
    "grip-3": {"fill": "card", "stroke": "third", "stroke-width": "2.5"},
    "grip-4": {"fill": "card", "stroke": "fourth", "stroke-width": "2.5"},
    "hit": {"fill": "paper", "opacity": "0"},
}


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two ``#rrggbb`` colours, from 1 to 21.

    Ratio (L1 + 0.05) / (L2 + 0.05) of relative luminances, the lighter one above.

    Source
    ------
    Web Content Accessibility Guidelines 2.2, definition of contrast ratio.

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff"), 9)
    21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Return near-black or white, whichever reads better on `colour`.

    >>> ink_on("#faf6e9"), ink_on("#86101f")
    ('#16130f', '#ffffff')
    """
    return max("#16130f", "#ffffff", key=lambda ink: contrast(ink, colour))
