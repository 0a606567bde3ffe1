"""The logit lens as pictures: layers above each other, tokens side by side, guesses in cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.units import check_unit, from_nats
from infoscope.figures import Figure, line_chart
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Cells, Mark, Rect, Text
from infoscope.figures.palette import N_LEVELS
from infoscope.figures.scales import Bands, format_number, format_percent, linear_bands

if TYPE_CHECKING:
    from infoscope.probe.language_models.lens_result import LogitLens

__all__ = ["lens_figure", "profile_figure", "visible"]

NAMES = {
    "entropy": "entropy of the layer's prediction", "surprisal": "surprisal of the next token",
    "kl": "KL(final‖layer)",
}  # fmt: skip
N_SHOWN = 15  # tokens whose guesses can be read side by side
FAR = 3.0  # an embedding that predicts itself would flatten all other layers
MAX_TIPS = 1700  # cells that answer a pointer one by one
WIDTH = 880.0


def visible(token: bytes | str) -> str:
    """Return a token with its white space made visible."""
    text = token if isinstance(token, str) else token.decode("utf-8", "backslashreplace")
    shown = text.replace(" ", "·").replace("\n", "↵").replace("\r", "␍").replace("\t", "⇥")
    return shown or "(empty)"


def lens_figure(
    found: LogitLens, quantity: str, unit: str, first: int, n_tokens: int | None
) -> Figure:
    """Draw the cells of tokens `first` to `first + n_tokens`; the last layer is on top."""
    if quantity not in NAMES:
        raise UnknownName(
            sentence("LogitLens.figure", "quantity", f"be one of {list(NAMES)}", repr(quantity))
        )
    shown_unit = check_unit(unit, "LogitLens.figure")
    if not 0 <= first < len(found):
        raise InvalidArgument(
            sentence("LogitLens.figure", "first", f"lie between 0 and {len(found) - 1}", first)
        )
    last = min(len(found), first + (N_SHOWN if n_tokens is None else n_tokens))
    if last <= first:
        raise InvalidArgument(sentence("LogitLens.figure", "n_tokens", "be at least 1", n_tokens))
    values = from_nats(getattr(found, quantity), shown_unit)
    bands = linear_bands(float(np.quantile(values, 0.99)) or 1.0)
    grid = values[::-1, first:last]  # the last layer is on top
    plan = _Plan([str(layer) for layer in found.layers[::-1]], grid.shape[1])
    tokens = [visible(token) for token in found.tokens[first:last]]
    marks = plan.names(tokens)
    if grid.size <= MAX_TIPS:
        marks += _cells(found, grid, bands, plan, first, unit)
    else:
        levels = bands.levels(grid)
        marks.append(Cells(plan.left, plan.top, plan.w, plan.h, "surprise", levels))
    what = f"{NAMES[quantity]}, {unit}"
    marks += _legend(bands, what, plan.bottom + 22)
    data: dict[str, Sequence[object]] = {"token": tokens}
    for layer, row in zip(found.layers, values[:, first:last], strict=True):
        data[f"layer {layer}, {unit}"] = row.tolist()
    ends = f"{float(values[0].mean()):.2f} at layer {found.layers[0]}"
    about = (
        f"{NAMES[quantity]} in {unit} for {last - first} tokens (columns) and {len(found.layers)} "
        f"layers (rows, the last on top). Mean over the whole text: {ends}, "
        f"{float(values[-1].mean()):.2f} at the last."
    )
    title = f"What each layer of {found.model} would say next"
    return Figure(title, about, data, marks, max(plan.right, 440.0), plan.bottom + 72)


class _Plan:
    """Sizes and places of the cells."""

    def __init__(self, layers: list[str], n: int) -> None:
        self.layers = layers
        self.left = 46.0
        self.w = min(66.0, (WIDTH - self.left - 6) / n)
        self.h = 17.0 if self.w >= 30 else 11.0
        self.written = self.w >= 30
        self.top = 30.0 if self.written else 16.0
        self.right, self.bottom = self.left + self.w * n + 6, self.top + self.h * len(layers)

    def names(self, tokens: list[str]) -> list[Mark]:
        marks: list[Mark] = [Text(4, self.top - 8, "layer", "tick")]
        if self.written:
            for j, token in enumerate(tokens):
                x, room = self.left + self.w * (j + 0.5), self.w - 3
                text = shorten(token, room, 11)
                marks.append(Text(x, self.top - 8, text, "name-1", "middle", tip=token))
        every = max(1, math.ceil(12 / self.h))
        for i, layer in enumerate(self.layers):
            if i % every == 0:
                y = self.top + self.h * (i + 0.5) + 4
                marks.append(Text(self.left - 7, y, layer, "tick", "end"))
        return marks


def _cells(
    found: LogitLens, grid: np.ndarray, bands: Bands, plan: _Plan, first: int, unit: str
) -> list[Mark]:  # fmt: skip
    marks: list[Mark] = []
    gap = 1.0 if plan.w >= 10 else 0.0
    depth = len(found.layers)
    for i in range(depth):
        at = depth - 1 - i
        for j in range(grid.shape[1]):
            x, y = plan.left + plan.w * j, plan.top + plan.h * i
            level = bands.level(float(grid[i, j]))
            tip = _tip(found, at, first + j, unit)
            marks.append(Rect(x, y, plan.w - gap, plan.h - gap, f"surprise-{level}", tip))
            if plan.written:
                guess = visible(found.spellings[int(found.top_ids[at, first + j, 0])])
                text = shorten(guess, plan.w - 4, 10.5)
                if text_width(text, 10.5) <= plan.w:
                    middle, base = x + (plan.w - gap) / 2, y + plan.h / 2 + 3.5
                    role = f"cell on-surprise-{level}"
                    marks.append(Text(middle, base, text, role, "middle", tip=tip))
    return marks


def _tip(found: LogitLens, at: int, t: int, unit: str) -> str:
    shown = cast(Literal["nats", "bits", "bans"], unit)
    numbers = {
        "entropy": found.entropy[at, t], "KL(final‖layer)": found.kl[at, t],
        "surprisal of the token": found.surprisal[at, t],
    }  # fmt: skip
    guesses = "  ".join(
        f"{visible(text)} {format_percent(p)}" for text, p in found.guesses(found.layers[at], t)
    )
    lines = [f"layer {found.layers[at]}, before {visible(found.tokens[t])}", f"guesses {guesses}"]
    lines += [f"{name} {from_nats(float(v), shown):.2f} {unit}" for name, v in numbers.items()]
    return "\n".join([*lines, f"the token that came is choice no. {int(found.rank[at, t]):,}"])


def _legend(bands: Bands, what: str, y: float) -> list[Mark]:
    step = 46.0
    marks: list[Mark] = [Text(8, y + 4, what, "label")]
    marks += [
        Rect(8 + step * k, y + 14, step, 12, f"surprise-{k}") for k in range(N_LEVELS)
    ]  # fmt: skip
    marks += [
        Text(8 + step * k, y + 40, label, "tick", "middle")
        for k, label in enumerate(bands.labels, 1)
    ]
    return marks


def profile_figure(found: LogitLens, unit: str) -> Figure:
    """Draw the three averages over layers with 95 % bands."""
    check_unit(unit, "LogitLens.profile_figure")
    if len(found.layers) < 2:
        raise InvalidArgument(
            sentence("LogitLens.profile_figure", "the lens", "hold at least two layers", 1)
        )
    rows = {
        "surprisal": found.mean_surprisal, "entropy": found.mean_entropy,
        "KL(final‖layer)": found.mean_kl,
    }  # fmt: skip
    lines: dict[str, list[float]] = {}
    bands: dict[str, tuple[list[float], list[float]]] = {}
    for name, estimates in rows.items():
        told = [estimate.to(unit) for estimate in estimates]
        lines[name] = [estimate.value for estimate in told]
        ends = [e.interval for e in told]
        bands[name] = (
            [math.nan if end is None else end.low for end in ends],
            [math.nan if end is None else end.high for end in ends],
        )
    shown = found.layers
    aside = ""
    heights = lines["surprisal"]
    if len(shown) > 3 and shown[0] == 0 and heights[0] > FAR * max(heights[1:]):
        shown = shown[1:]
        aside = f" Layer 0, the embedding alone, is off this scale: {heights[0]:.3g} {unit}."
        lines = {name: values[1:] for name, values in lines.items()}
        bands = {name: (low[1:], high[1:]) for name, (low, high) in bands.items()}
    finals = {name: format_number(values[-1]) for name, values in lines.items()}
    about = f"Means over {len(found)} tokens. At the last layer: " + ", ".join(
        f"{name} {value} {unit} per token" for name, value in finals.items()
    )
    return line_chart(
        shown, lines, title=f"{found.model}, layer by layer", x_label="layer",
        y_label=f"{unit} per token, means with 95 % intervals", bands=bands,
        description=f"{about}.{aside}", from_zero=True,
    )  # fmt: skip
