"""The page on rate and distortion: how few bits describe a source to within an error."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

import infoscope as isc
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.explore.controls import Choice, Range
from infoscope.explore.page import Group, Page, Patch, Preset, Slot
from infoscope.explore.shares import Matrix, Shares
from infoscope.figures import Figure, Grip, Tile, line_chart, stat_tiles, table

__all__ = ["PAGE", "code", "ends", "notice", "numbers", "picture", "settle", "view"]

Rows = tuple[tuple[float, ...], ...]

POINTS = 49
#: slopes of the curve of one's own source, times the range of distortions that matters
SLOPES = np.geomspace(0.4, 20.0, 40)
TOLERANCE = 1e-6
HAMMING: Rows = ((0, 1, 1), (1, 0, 1), (1, 1, 0))
SQUARES: Rows = ((0, 1, 4, 9), (1, 0, 1, 4), (4, 1, 0, 1), (9, 4, 1, 0))


def ends(*, kind: str, coin: float, variance: float, p: tuple[float, ...], d: Rows) -> tuple[
    float, float
]:  # fmt: skip
    """Return the smallest distortion possible and the one that needs no description."""
    if kind == "coin":
        return 0.0, min(coin, 1 - coin)
    if kind == "gaussian":
        return 0.0, variance
    cost = np.array(d)
    if len(cost) != len(p):
        raise InvalidArgument(sentence(
            "Rate and distortion", "the distortion matrix",
            f"have a row for each of the {len(p)} letters", f"{len(cost)} rows",
            "Change the matrix or the number of letters.",
        ))  # fmt: skip
    return float(np.array(p) @ cost.min(axis=1)), float((np.array(p) @ cost).min())


@lru_cache(maxsize=512)
def _solved(
    kind: str, coin: float, variance: float, p: tuple[float, ...], d: Rows, target: float
) -> Any:
    if kind == "coin":
        return isc.channels.bernoulli_rate_distortion(coin, target, unit="bits")
    if kind == "gaussian":
        return isc.channels.gaussian_rate_distortion(variance, target, unit="bits")
    return isc.channels.rate_distortion(p, d, distortion=target, unit="bits", tolerance=TOLERANCE)


@lru_cache(maxsize=32)
def _curve(
    kind: str, coin: float, variance: float, p: tuple[float, ...], d: Rows
) -> tuple[np.ndarray, np.ndarray]:
    """Return distortions and rates in bits; of one's own source at slopes, which is quick."""
    low, high = ends(kind=kind, coin=coin, variance=variance, p=p, d=d)
    if kind == "own":
        find = isc.channels.rate_distortion
        slopes = (SLOPES / (high - low)).tolist()
        found = [find(p, d, slope=s, unit="bits", tolerance=TOLERANCE) for s in slopes]
        found.append(find(p, d, slope=math.inf, unit="bits", tolerance=TOLERANCE))
        pairs = {round(one.distortion, 9): one.value for one in found} | {high: 0.0}
        at = np.array(sorted(pairs))
        return at, np.array([pairs[x] for x in at.tolist()])
    at = np.linspace(low, high, POINTS)
    at = at[1:] if kind == "gaussian" else at
    return at, np.array([_solved(kind, coin, variance, p, d, float(x)).value for x in at.tolist()])


def numbers(
    *, kind: str, coin: float, variance: float, p: tuple[float, ...], d: Rows, level: float
) -> dict[str, float]:
    """Return the point of the curve: distortion, rate, gap and slope, in bits per letter."""
    low, high = ends(kind=kind, coin=coin, variance=variance, p=p, d=d)
    target = low + level * (high - low)
    found = _solved(kind, coin, variance, p, d, target)
    return {"target": target, "rate": found.value, "gap": found.gap, "slope": found.slope}


def view(
    *, kind: str, coin: float, variance: float, p: tuple[float, ...], d: Rows, level: float,
    width: int,
) -> Patch:  # fmt: skip
    """Return the curve with its tangent, the numbers and the test channel."""
    low, high = ends(kind=kind, coin=coin, variance=variance, p=p, d=d)
    if high - low < 1e-12:
        raise InvalidArgument(sentence(
            "Rate and distortion", "the source", "vary, so that describing it costs bits",
            "one that a constant reproduces as well as anything",
            "Give at least two letters some probability.",
        ))  # fmt: skip
    found = numbers(kind=kind, coin=coin, variance=variance, p=p, d=d, level=level)
    x, rates = _curve(kind, coin, variance, p, d)
    target, rate, slope = found["target"], found["rate"], found["slope"]
    top = 1.08 * float(rates.max()) if kind != "gaussian" else 3.5
    lines = {"rate": rates}
    if math.isfinite(slope) and slope > 0:
        lines["tangent"] = rate - slope * (x - target)
    name = "mean squared error" if kind == "gaussian" else "mean distortion"
    solved = _solved(kind, coin, variance, p, d, target)
    return {
        "curve": line_chart(
            x, lines, title="Fewest bits for each distortion", x_label=name,
            y_label="bits per letter", y_range=(0.0, top),
            handles=[Grip(target, min(rate, top), "level", rate_x=1 / (high - low),
                          label="Drag: how much distortion is allowed")],
            description=f"At a distortion of {target:.4g} no code needs fewer than {rate:.4f} bits "
            "per letter, and long codes come as close as one likes. Drag the point.",
            width=width, height=340,
        ),
        "tiles": stat_tiles([
            Tile("Rate", f"{rate:.4f}", "bits/letter", _proof(found["gap"])),
            Tile("Distortion", f"{target:.4g}", "", f"{low:.4g} to {high:.4g} is of interest"),
            Tile("Slope", "∞" if math.isinf(slope) else f"{slope:.4g}", "bits per distortion",
                 "what one unit less of distortion costs"),
        ]),
        "test": _test_channel(solved, kind),
    }  # fmt: skip


def _proof(gap: float) -> str:
    return "exact: closed form" if gap == 0 else f"the truth lies at most {gap:.0e} below"


def _test_channel(solved: Any, kind: str) -> Any:
    if kind == "gaussian":
        shown = {"part of the source": ["variance", "kept", "error left"]}
        variance, left = float(solved.variances[0]), float(solved.distortion)
        return table(shown | {"variance": [variance, variance - min(left, variance), left]})
    names = [f"as {j + 1}" for j in range(solved.test_channel.shape[1])]
    letters = [f"letter {i + 1}" for i in range(solved.test_channel.shape[0])] + ["overall"]
    columns = np.vstack([solved.test_channel, solved.reproduction]).T.tolist()
    return table({"described": letters} | dict(zip(names, columns, strict=True)))


def notice(
    *, kind: str, coin: float, variance: float, p: tuple[float, ...], d: Rows, level: float
) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(kind=kind, coin=coin, variance=variance, p=p, d=d, level=level)
    if found["rate"] < 1e-9:
        return "This much distortion costs nothing: one constant answer is already good enough."
    if kind == "gaussian":
        return (
            f"Halving the variance of the error always costs half a bit: {found['rate']:.3f} bits "
            f"leave {found['target'] / variance:.3g} of the variance."
        )
    whole = float(isc.entropy(_letters(kind, coin, p), unit="bits"))
    if found["target"] < 1e-12:
        return f"Without any error the rate is the entropy of the source, {whole:.3f} bits."
    return (
        f"Allowing a distortion of {found['target']:.3g} saves {whole - found['rate']:.3f} of the "
        f"{whole:.3f} bits: the first errors are the ones that save most."
    )


def _letters(kind: str, coin: float, p: tuple[float, ...]) -> tuple[float, ...]:
    return (1 - coin, coin) if kind == "coin" else p


def code(
    *, kind: str, coin: float, variance: float, p: tuple[float, ...], d: Rows, level: float
) -> str:
    """Return the calls that make these numbers."""
    target = numbers(kind=kind, coin=coin, variance=variance, p=p, d=d, level=level)["target"]
    if kind == "coin":
        call = f'bernoulli_rate_distortion({coin!r}, target, unit="bits")'
    elif kind == "gaussian":
        call = f'gaussian_rate_distortion({variance!r}, target, unit="bits")'
    else:
        call = (
            f"rate_distortion(\n    {list(p)},\n    {[list(row) for row in d]},\n"
            f'    distortion=target, unit="bits", tolerance={TOLERANCE},\n)'
        )
    return (
        f"import infoscope as isc\n\ntarget = {target!r}\nfound = isc.channels.{call}\n"
        "rate, gap, slope = found.value, found.gap, found.slope\n\nprint(rate, gap, slope)"
    )


def settle(values: dict[str, Any], moved: str, held: bool) -> dict[str, Any]:
    """Show one's own source as soon as it is touched; new letters get the distortion 0 or 1."""
    del held
    if moved == "d" or moved == "p" or moved.startswith("p."):
        values = values | {"kind": "own"}
    n = len(values["p"])
    if moved in ("p", "p.add", "p.less") and n != len(values["d"]):
        values = values | {"d": tuple(tuple(float(i != j) for j in range(n)) for i in range(n))}
    return values


def picture() -> Figure:
    """Return a curve for the home page: log2 of one over D, halved."""
    x = np.linspace(0.02, 1.0, 60)
    figure = line_chart(x, {"": -0.5 * np.log2(x)}, title="", x_label="", y_label="", filled=[""],
                        width=260, height=170)  # fmt: skip
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(("line", "band"))]
    return Figure("Rate against distortion", "", {}, marks, 260, 130)


PAGE = Page(
    slug="rate-distortion",
    title="Rate and distortion",
    group="Coding",
    order=40,
    about="How few bits describe a source when the description may be a little wrong?",
    controls=(
        Choice(name="kind", label="Source", default="coin", options={
            "coin": "Coin", "gaussian": "Gaussian", "own": "Own letters"}),
        Range(name="level", label="Distortion, as a share of the most that matters", default=0.22,
              low=0, high=1, step=0.005, help="0: as exact as possible; 1: nothing is said"),
        Range(name="coin", label="Probability of a 1 (coin)", default=0.5, low=0.01, high=0.99,
              step=0.01),
        Range(name="variance", label="Variance (Gaussian)", default=1.0, low=0.05, high=4,
              step=0.05),
        Group("Your own source", (
            Shares(name="p", label="Letters", default=(0.5, 0.3, 0.2), max_n=6),
            Matrix(name="d", label="Distortion", default=HAMMING, max_n=6, max_rows=6, high=1e6,
                   help="Row: the letter; column: what it is reproduced as."),
        ), folded=True),
    ),
    slots=(Slot("curve"), Slot("tiles"), Slot("test", "The best way to be wrong", "below")),
    view=view, settle=settle, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Fair coin", {}, "One bit in nine wrong halves the rate"),
        Preset("Biased coin", {"coin": 0.2, "level": 0.25}),
        Preset("Gaussian", {"kind": "gaussian", "level": 0.25}, "One bit, a quarter of variance"),
        Preset("Three letters", {"kind": "own", "level": 0.4}),
        Preset("Four steps, squared error", {"kind": "own", "p": (0.1, 0.4, 0.4, 0.1),
                                             "d": SQUARES, "level": 0.3}),
        Preset("Nothing said", {"level": 1.0}),
    ),
    explain=r"""
**The rate-distortion function** is the fewest bits per letter with which a source can be described
so that the mean distortion stays within $D$,
$$R(D) = \min_{p(y|x)\,:\;E\,d(X,Y)\le D} I(X;Y) .$$ It is convex and never rises.

**Closed forms.** A coin of bias $p$ under the share of wrong bits: $h_2(p) - h_2(D)$. A Gaussian of
variance $\sigma^2$ under squared error: $\tfrac12\log_2(\sigma^2/D)$. Both are 0 once $D$ reaches
what a constant answer gives.

**The slope** says what the next bit buys. It is the price at which error and bits are traded; for
other sources the library searches along it, and proves how far from the optimum it can be.
""",
)  # fmt: skip
