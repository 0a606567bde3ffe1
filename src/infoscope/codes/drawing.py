"""Pictures of a prefix code: its tree, and its words as areas beside the surprisal they follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Circle, Mark, Path, Rect, Text
from infoscope.figures.scales import format_number, ticks
from infoscope.measures import surprisal

if TYPE_CHECKING:
    from infoscope.codes.prefix_code import PrefixCode

__all__ = ["draw_areas", "draw_tree"]

#: More leaves than this are no tree that anybody reads.
MOST_LEAVES = 64
ROW = 26.0


def draw_tree(code: PrefixCode, *, labels: Sequence[str] | None, title: str) -> Figure:
    """Draw the tree of a code, root on the left: a digit on each branch, a symbol on each leaf."""
    names = _names(code, labels, "PrefixCode.tree")
    used = [i for i in range(code.n_symbols) if code.probabilities[i]]
    if len(used) > MOST_LEAVES:
        raise InvalidArgument(
            sentence("PrefixCode.tree", "code", f"have at most {MOST_LEAVES} symbols", len(used),
                     "Draw its areas instead: code.areas().")
        )  # fmt: skip
    words = {code.codewords[i] or "": i for i in used}
    prefixes = {word[:n] for word in words for n in range(len(word) + 1)}
    height_of: dict[str, float] = {}
    for row, word in enumerate(sorted(words)):
        height_of[word] = 34 + ROW * row
    for node in sorted(prefixes - set(words), key=len, reverse=True):
        below = [height_of[p] for p in prefixes if len(p) == len(node) + 1 and p.startswith(node)]
        height_of[node] = (min(below) + max(below)) / 2
    longest = max(len(word) for word in words)
    room = max(text_width(names[i], 12) for i in used)
    step = max(34.0, min(96.0, 520 / max(longest, 1)))
    column = 22 + step * longest + 16
    word_at = column + min(room, 220) + 18
    share_at = word_at + max(text_width(w, 12) for w in words) + 18
    width = max(share_at + 190, 420)
    height = 34 + ROW * len(used) + 8

    marks: list[Mark] = [
        Text(column, 14, "symbol", "tick"),
        Text(word_at, 14, "codeword", "tick"),
        Text(share_at, 14, "probability", "tick"),
    ]
    for node in sorted(prefixes, key=len):
        x, y = 22 + step * len(node), height_of[node]
        if node:
            up_x, up_y = x - step, height_of[node[:-1]]
            bend = up_x + 0.35 * step
            marks.append(Path(((up_x, up_y), (bend, y), (x, y)), "axis"))
            marks.append(Text((bend + x) / 2, y - 4, node[-1], "label", "middle"))
        if node not in words:
            marks.append(Circle(x, y, 3, "dot"))
    shares = [float(code.probabilities[words[word]]) for word in sorted(words)]
    most = max(shares)
    for word, share in zip(sorted(words), shares, strict=True):
        i, x, y = words[word], 22 + step * len(word), height_of[word]
        tip = f"{names[i]}: {word or 'no digits'}, probability {share:.4g}"
        if x < column - 8:
            marks.append(Path(((x, y), (column - 8, y)), "grid"))
        marks.append(Circle(x, y, 4.5, "dot", tip))
        marks.append(Text(column, y + 4, shorten(names[i], 220, 12), "label", tip=tip))
        marks.append(Text(word_at, y + 4, word or "(empty)", "label", tip=tip))
        marks.append(Rect(share_at, y - 6, max(90 * share / most, 1), 12, "bar", tip))
        marks.append(Text(share_at + 90 * share / most + 7, y + 4, f"{share:.4g}", "note"))
    data = {
        "symbol": [names[i] for i in used],
        "probability": [float(code.probabilities[i]) for i in used],
        "codeword": [code.codewords[i] for i in used],
        "length": [int(code.lengths[i]) for i in used],
    }
    return Figure(title or f"{code.method} code", _summary(code), data, marks, width, height)


def draw_areas(code: PrefixCode, *, labels: Sequence[str] | None, title: str) -> Figure:
    """Draw each symbol as a block: wide as its probability, high as its codeword is long.

    The area of all blocks is the expected length; under the stepped line (surprisal) lies the
    entropy. What stands above the line is the redundancy.
    """
    names = _names(code, labels, "PrefixCode.areas")
    used = np.flatnonzero(code.probabilities)
    order = used[np.argsort(-code.probabilities[used], kind="stable")]
    share = code.probabilities[order]
    lengths = code.lengths[order].astype(np.float64)
    ideal = np.asarray(surprisal(share, unit="bits")) / np.log2(code.arity)
    unit = "bits" if code.arity == 2 else f"digits of {code.arity}"
    left, right, top, bottom = 52.0, 800.0, 22.0, 322.0
    most = max(float(lengths.max()), float(ideal.max()), 1.0)
    at = ticks(0, most, 6)

    def x(value: float) -> float:
        return left + value * (right - left)

    def y(value: float) -> float:
        return bottom - value / most * (bottom - top)

    marks: list[Mark] = []
    for value in at:
        marks.append(Path(((left, y(value)), (right, y(value))), "grid"))
        marks.append(Text(left - 8, y(value) + 4, format_number(value, at), "tick", "end"))
    ends = np.cumsum(share)
    outline: list[tuple[float, float]] = []
    for i, symbol in enumerate(order.tolist()):
        start, end = x(float(ends[i] - share[i])), x(float(ends[i]))
        tip = (
            f"{names[symbol]}: probability {share[i]:.4g}, surprisal {ideal[i]:.3f} {unit}, "
            f"codeword {code.codewords[symbol] or 'empty'}"
        )
        gap = min(1.0, 0.1 * (end - start))
        marks.append(
            Rect(start, y(lengths[i]), end - start - gap, bottom - y(lengths[i]), "band-1", tip)
        )
        outline += [(start, y(float(ideal[i]))), (end, y(float(ideal[i])))]
        name = shorten(names[symbol], end - start - 6, 12)
        if end - start > 22 and lengths[i]:
            marks.append(Text((start + end) / 2, bottom - 8, name, "label", "middle", tip=tip))
    marks.append(Path(tuple(outline), "line-2"))
    marks.append(Path(((left, bottom), (right, bottom)), "axis"))
    marks += [
        Text(x(value), bottom + 16, f"{value:g}", "tick", "middle")
        for value in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    marks.append(Text((left + right) / 2, bottom + 36, "probability", "label", "middle"))
    marks.append(Text(left - 40, 12, unit, "label"))
    legend = f"blocks: codewords, area {code.expected_length:.4g} {unit}"
    marks.append(Text(right, 12, legend, "name-1", "end"))
    under = f"line: surprisal, area {code.entropy:.4g}"
    marks.append(Text(right - text_width(legend, 12) - 12, 12, under, "name-2", "end"))
    data = {
        "symbol": [names[i] for i in order],
        "probability": share.tolist(),
        f"codeword, {unit}": lengths.tolist(),
        f"surprisal, {unit}": ideal.tolist(),
    }
    title = title or f"{code.method} code: probability times length"
    return Figure(title, _summary(code), data, marks, right + 12, bottom + 46)


def _names(code: PrefixCode, labels: Sequence[str] | None, function: str) -> list[str]:
    names = [str(i) for i in range(code.n_symbols)] if labels is None else [*map(str, labels)]
    if len(names) != code.n_symbols:
        raise InvalidArgument(
            sentence(function, "labels", f"name each of {code.n_symbols} symbols", len(names))
        )
    return names


def _summary(code: PrefixCode) -> str:
    unit = "bits" if code.arity == 2 else f"digits of {code.arity}"
    return (
        f"{code.expected_length:.4g} {unit} a symbol on average; the entropy is "
        f"{code.entropy:.4g}, so {code.redundancy:.3g} are the price of whole {unit}."
    )
