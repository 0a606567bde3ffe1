"""What the symbols of a text cost: the running line of several codes, and the text coloured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from infoscope.explore.drawings.token_map import visible
from infoscope.figures import Figure, bar_chart, line_chart

__all__ = ["running_costs", "sizes", "symbol_name"]

N_POINTS = 120


def running_costs(
    costs: Mapping[str, NDArray[np.float64]], entropy: float, *, width: float, unit: str = "symbol"
) -> Figure:
    """Draw bits per symbol since the start, for up to four codes; the entropy is a dashed line."""
    n = max(len(each) for each in costs.values())
    at = np.unique(np.linspace(1, n, min(n, N_POINTS)).round().astype(int))
    lines = {name: np.cumsum(each)[at - 1] / at for name, each in costs.items()}
    later = [line[len(line) // 8 :] for line in lines.values()]
    top = max(float(line.max()) for line in later)
    low = min(entropy, *(float(line.min()) for line in later))
    last = ", ".join(f"{name} {line[-1]:.3f}" for name, line in lines.items())
    return line_chart(
        at, lines, title="Bits per symbol, so far", x_label=f"{unit}s read",
        y_label=f"bits per {unit}", references={f"entropy {entropy:.3f}": entropy},
        y_range=(max(0.0, float(np.floor(low - 0.5))), max(top, entropy) * 1.05 + 0.1), width=width,
        height=300 if width > 500 else 260,
        description=f"The mean cost of a {unit} since the start of the text. At the end: {last}; "
        f"the entropy of the frequencies is {entropy:.3f} bits.",
    )  # fmt: skip


def sizes(
    names: Sequence[str], n_bits: Sequence[float], n_symbols: int, *, muted: Sequence[bool],
    width: float,
) -> Figure:  # fmt: skip
    """Draw what the whole text takes under each code, in bytes."""
    whole = [bits / 8 for bits in n_bits]
    return bar_chart(
        list(names), whole, title="The whole text, in bytes", x_label="bytes", width=width,
        texts=[f"{size:,.0f} bytes, {bits / n_symbols:.2f} bits a symbol"
               for size, bits in zip(whole, n_bits, strict=True)]
        if width > 500 else [f"{size:,.0f}" for size in whole],
        muted=list(muted), label_name="code",
        description="Blue: the text alone, cut into symbols. Grey: whole files as programs write "
        "them, with heads and check sums.",
    )  # fmt: skip


def symbol_name(symbol: str) -> str:
    """Write a character so that white space and controls can be seen.

    >>> symbol_name(" "), symbol_name("a"), symbol_name(chr(0))
    ('space', 'a', 'U+0000')
    """
    named = {" ": "space", "\n": "line end ↵", "\t": "tab ⇥"}
    if symbol in named:
        return named[symbol]
    return visible(symbol) if symbol.isprintable() else f"U+{ord(symbol):04X}"
