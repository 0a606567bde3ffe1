"""A prefix code as a tree: root on the left, a digit on each branch, a symbol on each leaf."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Circle, Mark, Path, Rect, Text

__all__ = ["MOST_LEAVES", "code_tree"]

#: More leaves than this are no tree that anybody reads.
MOST_LEAVES = 64
ROW = 26.0


def code_tree(
    labels: Sequence[str],
    words: Sequence[str],
    shares: Sequence[float],
    *,
    title: str,
    description: str = "",
) -> Figure:
    """Draw the tree of codewords none of which begins another.

    Parameters
    ----------
    labels : sequence of str, length n
        Symbols; at most 64.
    words : sequence of str, length n
        Their codewords, different from each other ("" only when n is 1).
    shares : sequence of float, length n
        Their probabilities.
    title : str
        What the picture shows.
    description : str
        For screen readers; the shortest and longest words are named when it is empty.

    Returns
    -------
    Figure
        With `data` columns symbol, probability, codeword, length.

    Raises
    ------
    InvalidArgument
        If lengths differ, there are none or too many, or one word begins another.

    Examples
    --------
    >>> code_tree(["a", "b"], ["0", "1"], [0.5, 0.5], title="t").data["codeword"]
    ('0', '1')
    """
    _check(labels, words, shares)
    index = {word: i for i, word in enumerate(words)}
    ordered = sorted(index)
    height_of: dict[str, float] = {word: 34 + ROW * row for row, word in enumerate(ordered)}
    inner = {word[:n] for word in words for n in range(len(word))}
    children: dict[str, list[str]] = {}
    for node in sorted(inner | set(words), key=len, reverse=True):
        if node not in height_of:
            below = [height_of[child] for child in children[node]]
            height_of[node] = (min(below) + max(below)) / 2
        if node:
            children.setdefault(node[:-1], []).append(node)
    longest = max(map(len, words))
    room = max(text_width(name, 12) for name in ("symbol", *labels))
    step = max(34.0, min(96.0, 520 / max(longest, 1)))
    column = 22 + step * longest + 16
    word_at = column + min(room, 220) + 18
    share_at = word_at + max(text_width(w, 12) for w in ("codeword", *words)) + 18
    width = max(share_at + 190, 420)
    height = 34 + ROW * len(words) + 8

    marks: list[Mark] = [
        Text(column, 14, "symbol", "tick"),
        Text(word_at, 14, "codeword", "tick"),
        Text(share_at, 14, "probability", "tick"),
    ]
    for node in sorted(height_of, key=lambda n: (len(n), n)):
        x, y = 22 + step * len(node), height_of[node]
        if node:
            up_x, up_y = x - step, height_of[node[:-1]]
            bend = up_x + 0.35 * step
            marks.append(Path(((up_x, up_y), (bend, y), (x, y)), "axis"))
            marks.append(Text((bend + x) / 2, y - 4, node[-1], "label", "middle"))
        if node not in index:
            marks.append(Circle(x, y, 3, "dot"))
    most = max(shares) or 1.0
    for word in ordered:
        i, x, y = index[word], 22 + step * len(word), height_of[word]
        share = float(shares[i])
        tip = f"{labels[i]}: {word or 'no digits'}, probability {share:.4g}"
        if x < column - 8:
            marks.append(Path(((x, y), (column - 8, y)), "grid"))
        marks.append(Circle(x, y, 4.5, "dot", tip))
        marks.append(Text(column, y + 4, shorten(labels[i], 220, 12), "label", tip=tip))
        marks.append(Text(word_at, y + 4, word or "(empty)", "label", tip=tip))
        marks.append(Rect(share_at, y - 6, max(90 * share / most, 1), 12, "bar", tip))
        marks.append(Text(share_at + 90 * share / most + 7, y + 4, f"{share:.4g}", "note"))
    data: dict[str, Sequence[object]] = {
        "symbol": list(labels),
        "probability": [float(share) for share in shares],
        "codeword": list(words),
        "length": [len(word) for word in words],
    }
    short = min(words, key=len)
    about = description or (
        f"{len(words)} codewords; the shortest is {short or 'empty'} for {labels[index[short]]}, "
        f"the longest has {longest} digits."
    )
    return Figure(title, about, data, marks, width, height)


def _check(labels: Sequence[str], words: Sequence[str], shares: Sequence[float]) -> None:
    if not len(labels) == len(words) == len(shares):
        raise InvalidArgument(
            sentence("code_tree", "labels, words and shares", "be of one length",
                     f"{len(labels)}, {len(words)} and {len(shares)}")
        )  # fmt: skip
    if not 1 <= len(words) <= MOST_LEAVES:
        raise InvalidArgument(
            sentence("code_tree", "words", f"hold 1 to {MOST_LEAVES} codewords", len(words))
        )
    ordered = sorted(words)
    for word, other in pairwise(ordered):
        if other.startswith(word):
            raise InvalidArgument(
                sentence("code_tree", "words", "not begin one another",
                         f"{word!r} and {other!r}")
            )  # fmt: skip
