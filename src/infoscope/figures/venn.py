"""Entropies as circles that overlap: two drawn to scale, three as a scheme with its numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lettering import shorten, text_width
from infoscope.figures.marks import Circle, Mark, Text
from infoscope.figures.scales import format_fixed, format_number

__all__ = ["venn_of_three", "venn_of_two"]

#: Amounts this far below 0, as a share of the largest, are rounding and drawn as 0.
ROUNDING = 1e-9


def venn_of_two(
    names: Sequence[str],
    only_first: float,
    shared: float,
    only_second: float,
    *,
    title: str,
    unit: str = "bits",
    scale: float | None = None,
    texts: Mapping[str, str] | None = None,
    description: str = "",
    width: float = 460,
    height: float = 270,
) -> Figure:
    """Draw H(X) and H(Y) as two circles whose areas, and whose overlap I(X;Y), are to scale.

    Parameters
    ----------
    names : two str
        The variables, as in "X" and "Y".
    only_first, shared, only_second : float
        H(X|Y), I(X;Y) and H(Y|X) in `unit`: at least 0, finite.
    title : str
        What the picture shows.
    unit : str
        Unit of the amounts.
    scale : float, optional
        Amount whose circle fills the height; the larger entropy by default. Fix it while something
        is dragged, so that circles grow and shrink.
    texts : mapping of str to str, optional
        Other words for "only_first", "shared" and "only_second" in place of H(X|Y) and the like.
    description : str
        For screen readers; the three amounts when it is empty.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns "region" and the unit's name.

    Raises
    ------
    InvalidArgument
        If an amount is negative or not finite, or not two names are given.

    Notes
    -----
    The distance of the centres is found by halving until the lens has the area of the overlap, to
    a billionth.

    Examples
    --------
    >>> venn_of_two(["X", "Y"], 0.5, 0.5, 0.5, title="t").description
    'H(X|Y) = 0.500, I(X;Y) = 0.500, H(Y|X) = 0.500 bits.'
    """
    x, y = _names(names, 2, "venn_of_two")
    regions = {f"H({x}|{y})": only_first, f"I({x};{y})": shared, f"H({y}|{x})": only_second}
    amounts = [_amount(value, name, "venn_of_two") for name, value in regions.items()]
    first, second = amounts[0] + amounts[1], amounts[1] + amounts[2]
    most = scale if scale is not None else max(first, second)
    middle = (height - 22) / 2 + 2
    radius = min((height - 80) / 2, (width - 40) / 4)
    if most > 0:
        r1, r2 = (radius * math.sqrt(h / most) for h in (first, second))
        lens = math.pi * radius**2 * amounts[1] / most
    else:
        r1 = r2 = lens = 0.0
    apart = _distance(r1, r2, lens) if min(r1, r2) > 0 else abs(r1 - r2)
    left, right = min(-r1, apart - r2), max(r1, apart + r2)
    at = width / 2 - (left + right) / 2
    c1, c2 = at, at + apart
    marks: list[Mark] = []
    for k, (name, c, r, h) in enumerate(((x, c1, r1, first), (y, c2, r2, second)), 1):
        tip = f"H({name}) = {format_number(h)} {unit}"
        marks += [
            Circle(c, middle, r, f"set-{k}", tip),
            Circle(c, middle, max(r, 1.0), f"line-{k}", tip),
        ]
    heads = [(f"H({x}) = {_written(first)}", "name-1"), (f"H({y}) = {_written(second)}", "name-2")]
    marks.append(Text(8, 16, shorten(heads[0][0], width / 2 - 12, 12), "name-1"))
    marks.append(Text(width - 8, 16, shorten(heads[1][0], width / 2 - 12, 12), "name-2", "end"))
    words = [
        (texts or {}).get(key, name)
        for key, name in zip(("only_first", "shared", "only_second"), regions, strict=True)
    ]
    marks += _labels(words, amounts, (c1 - r1, c1 + r1), (c2 - r2, c2 + r2), middle, width, height)
    marks.append(Text(width / 2, height - 8, f"amounts in {unit}", "tick", "middle"))
    tiny = ROUNDING * max(amounts)  # nobody wants to hear of 2.9e-17
    said = [format_number(a if a > tiny else 0.0) for a in amounts]
    about = description or (
        ", ".join(f"{n} = {a}" for n, a in zip(regions, said, strict=True)) + f" {unit}."
    )
    data = {"region": [*regions], unit: amounts}
    return Figure(title, about, data, marks, width, height)


def _labels(
    words: list[str], amounts: list[float], one: tuple[float, float], two: tuple[float, float],
    y: float, width: float, height: float,
) -> list[Mark]:  # fmt: skip
    """Each amount in its region when it fits there, else beside or below the circles."""
    spans = [(one[0], min(two[0], one[1])), (max(one[0], two[0]), min(one[1], two[1])),
             (max(one[1], two[0]), two[1])]  # fmt: skip
    if two[1] < one[1]:  # the second lies inside the first
        spans[2] = (two[1], two[1])
    if one[0] > two[0]:
        spans[0] = (one[0], one[0])
    places = ((44.0, "start"), (width / 2, "middle"), (width - 44.0, "end"))
    marks: list[Mark] = []
    for (low, high), word, amount, (x, _) in zip(spans, words, amounts, places, strict=True):
        number = _written(amount)
        if high - low > max(text_width(word, 11) * 0.9, text_width(number, 14)):
            middle = (low + high) / 2
            marks.append(Text(middle, y - 4, number, "amount", "middle", tip=f"{word}: {number}"))
            marks.append(Text(middle, y + 13, word, "word", "middle", tip=f"{word}: {number}"))
        else:
            anchor = "start" if x < width / 2 else "end" if x > width / 2 else "middle"
            at = 8.0 if anchor == "start" else width - 8 if anchor == "end" else x
            text = f"{word} = {number}"
            marks.append(Text(at, height - 24, text, "note", anchor))
    return marks


def venn_of_three(
    names: Sequence[str],
    regions: Mapping[str, float],
    *,
    title: str,
    unit: str = "bits",
    description: str = "",
    width: float = 460,
    height: float = 430,
) -> Figure:
    """Draw three circles of one size with the amount of each of their seven regions.

    Parameters
    ----------
    names : three str
        The variables.
    regions : mapping of str to float
        Seven amounts by region: "100" is what only the first has (H(X|Y,Z)), "110" what the first
        and second share beyond the third (I(X;Y|Z)), "111" what all three share (the interaction
        information, the only one that may be negative).
    title : str
        What the picture shows.
    unit : str
        Unit of the amounts.
    description : str
        For screen readers; the amounts when it is empty, and what a negative centre means.
    width, height : float
        Size of the canvas in pixels.

    Returns
    -------
    Figure
        With `data` columns region and amount.

    Raises
    ------
    InvalidArgument
        If a region is missing or more are named, or one but the centre is negative.

    Notes
    -----
    Not to scale: seven areas cannot follow seven amounts with circles, and no area is negative.

    Examples
    --------
    >>> exclusive_or = {"100": 0, "010": 0, "001": 0, "110": 1, "101": 1, "011": 1, "111": -1}
    >>> "negative" in venn_of_three(["X", "Y", "Z"], exclusive_or, title="t").description
    True
    """
    x, y, z = _names(names, 3, "venn_of_three")
    keys = ("100", "010", "001", "110", "101", "011", "111")
    if set(regions) != set(keys):
        raise InvalidArgument(
            sentence("venn_of_three", "regions", f"name exactly {', '.join(keys)}", [*regions])
        )
    words = {
        "100": f"H({x}|{y},{z})", "010": f"H({y}|{x},{z})", "001": f"H({z}|{x},{y})",
        "110": f"I({x};{y}|{z})", "101": f"I({x};{z}|{y})", "011": f"I({y};{z}|{x})",
        "111": f"I({x};{y};{z})",
    }  # fmt: skip
    amounts = {
        key: float(regions[key]) if key == "111" and math.isfinite(regions[key])
        else _amount(regions[key], words[key], "venn_of_three")
        for key in keys
    }  # fmt: skip
    middle, centre = width / 2, 0.52 * (height - 34) + 16
    radius = min(0.235 * width, 0.27 * (height - 34)) * 1.1
    offset = 0.72 * radius
    angles = {"1": math.radians(210), "2": math.radians(330), "3": math.radians(90)}
    spots = [
        (middle + offset * math.cos(a), centre - offset * math.sin(a)) for a in angles.values()
    ]
    spots = [spots[0], spots[1], spots[2]]
    marks: list[Mark] = []
    for k, (cx, cy) in enumerate(spots, 1):
        marks += [Circle(cx, cy, radius, f"set-{k}"), Circle(cx, cy, radius, f"line-{k}")]
    for key in keys:
        inside = [spots[i] for i in range(3) if key[i] == "1"]
        mx = sum(p[0] for p in inside) / len(inside)
        my = sum(p[1] for p in inside) / len(inside)
        push = {1: 1.55, 2: 1.6, 3: 1.0}[len(inside)]
        px, py = middle + push * (mx - middle), centre + push * (my - centre)
        number, word = _written(amounts[key]), words[key]
        negative = amounts[key] < 0
        role = "amount-negative" if negative else "amount"
        marks.append(Text(px, py, number, role, "middle", tip=f"{word} = {number} {unit}"))
        marks.append(Text(px, py + 13, word, "word", "middle", tip=f"{word} = {number} {unit}"))
    totals = [sum(amounts[key] for key in keys if key[i] == "1") for i in range(3)]
    edges = [(8.0, "start", height - 26), (width - 8, "end", height - 26), (middle, "middle", 14.0)]
    for k, (name, total, (at, anchor, level)) in enumerate(
        zip((x, y, z), totals, edges, strict=True), 1
    ):
        text = f"H({name}) = {_written(total)}"
        marks.append(Text(at, level, text, f"name-{k}", anchor))  # type: ignore[arg-type]
    warning = f"{words['111']} is negative: together they tell more than one by one"
    says = warning if amounts["111"] < 0 else f"amounts in {unit}; areas are not to scale"
    marks.append(Text(middle, height - 6, shorten(says, width - 8, 11), "tick", "middle", tip=says))
    told = ", ".join(f"{words[key]} = {format_number(amounts[key])}" for key in keys)
    about = description or f"{told} {unit}."
    if amounts["111"] < 0 and not description:
        about += (
            f" The centre is negative: {x} and {y} say more about {z} together than the sum of "
            "what each says alone."
        )
    data = {"region": [words[key] for key in keys], unit: [amounts[key] for key in keys]}
    return Figure(title, about, data, marks, width, height)


def _distance(r1: float, r2: float, lens: float) -> float:
    """Return the distance of two circles that share the area `lens`."""
    near, far = abs(r1 - r2), r1 + r2
    for _ in range(60):
        middle = (near + far) / 2
        if _lens(r1, r2, middle) > lens:
            near = middle
        else:
            far = middle
        if far - near < 1e-9 * (r1 + r2):
            break
    return (near + far) / 2


def _lens(r1: float, r2: float, d: float) -> float:
    """Return the area that two circles at distance `d` share."""
    if d >= r1 + r2:
        return 0.0
    if d <= abs(r1 - r2):
        return math.pi * min(r1, r2) ** 2
    a = math.acos(max(-1.0, min(1.0, (d * d + r1 * r1 - r2 * r2) / (2 * d * r1))))
    b = math.acos(max(-1.0, min(1.0, (d * d + r2 * r2 - r1 * r1) / (2 * d * r2))))
    return r1 * r1 * (a - math.sin(2 * a) / 2) + r2 * r2 * (b - math.sin(2 * b) / 2)


def _written(amount: float) -> str:
    return format_fixed(amount, 3) if abs(amount) < 10 else format_number(round(amount, 2))


def _amount(value: float, name: str, function: str) -> float:
    number = float(value)
    if not math.isfinite(number) or number < -ROUNDING:
        raise InvalidArgument(sentence(function, name, "be finite and at least 0", number))
    return max(number, 0.0)


def _names(names: Sequence[str], n: int, function: str) -> list[str]:
    if len(names) != n:
        raise InvalidArgument(sentence(function, "names", f"be {n}", len(names)))
    return [shorten(str(name), 90, 12) for name in names]
