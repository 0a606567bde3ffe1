"""The page on mutual information from samples: correlated pairs, estimators beside the truth."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

import infoscope as isc
from infoscope.core.result import Estimate
from infoscope.explore.controls import Action, Check, Number, Range
from infoscope.explore.drawings.estimate_rows import Row, estimate_rows
from infoscope.explore.page import WIDE, Group, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Grip, Tile, line_chart, scatter_plot, stat_tiles

__all__ = [
    "PAGE", "code", "estimates", "histogram", "notice", "numbers", "pairs", "picture", "repeat",
    "truth", "view",
]  # fmt: skip

QUICK: tuple[str, ...] = ("gaussian", "gaussian_copula")
SLOW: tuple[str, ...] = ("binned", "ksg", "auto")
NAMES = {
    "histogram": "histogram, as counted", "gaussian": "Gaussian",
    "gaussian_copula": "Gaussian copula", "binned": "binned, bias taken off",
    "ksg": "neighbours (KSG)", "auto": "chosen by the library",
}  # fmt: skip
#: correlations at which the histogram's own curve is computed
GRID = np.array([-0.99, *np.linspace(-0.95, 0.95, 21), 0.99])
FINE = np.linspace(-0.99, 0.99, 199)
#: how many fresh draws, and the width of their figure, which stands on a desk and on a phone
REPEATS, FIGURE = 40, 430


def truth(rho: float) -> float:
    """Return the information between two normals with correlation rho, in nats."""
    return float(isc.gaussian_mutual_information([[1.0, rho], [rho, 1.0]], 1)) + 0.0


def pairs(rho: float, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n pairs; the same seed keeps the luck the same while rho changes."""
    first, other = np.random.default_rng(seed).standard_normal((2, n))
    return first, rho * first + math.sqrt(1 - rho**2) * other


def histogram(x: np.ndarray, y: np.ndarray, bins: int) -> float:
    """Return what the table of counts says, in nats: bins × bins cells of equal width."""
    counts, _, _ = np.histogram2d(x, y, bins=bins)
    return float(isc.mutual_information(counts / counts.sum()))


def estimates(
    x: np.ndarray, y: np.ndarray, bins: int, methods: tuple[str, ...]
) -> dict[str, Estimate]:
    """Return what each method of the library says."""
    from infoscope import estimate  # needs scipy: not at the start of the explorer

    return {
        method: estimate.mutual_information(
            x, y, method=method, bins=bins if method == "binned" else None
        )
        for method in methods
    }


def numbers(
    *, rho: float, n: int, seed: int, bins: int, more: bool
) -> dict[str, float]:  # fmt: skip
    """Return the truth and the estimates, in nats."""
    x, y = pairs(rho, n, seed)
    found = estimates(x, y, bins, QUICK + SLOW if more else QUICK)
    return {
        "truth": truth(rho), "histogram": histogram(x, y, bins),
        **{name: one.value for name, one in found.items()},
    }  # fmt: skip


def view(*, rho: float, n: int, seed: int, bins: int, more: bool, width: int) -> Patch:
    """Return the cloud, the estimates with their intervals, and the curve over all rho."""
    x, y = pairs(rho, n, seed)
    found = estimates(x, y, bins, QUICK + SLOW if more else QUICK)
    counted, exact = histogram(x, y, bins), truth(rho)
    rows = [Row(NAMES["histogram"], counted)]
    for name, one in found.items():
        ends = one.interval
        label = f"auto: {one.method}" if name == "auto" else NAMES[name]
        rows.append(Row(label, one.value, *((ends.low, ends.high) if ends else (None, None))))
    top = next((t for t in (0.25, 0.5, 1.0, 2.0) if max(exact, counted) <= t), 4.0)
    return {
        "cloud": scatter_plot(
            x, y, title=f"{n:,} pairs with correlation {rho:.3g}", x_label="x", y_label="y",
            x_range=(-4.0, 4.0), y_range=(-4.0, 4.0), width=width,
            height=340 if width > 500 else 300,
        ),
        "rows": estimate_rows(
            rows, exact, title="Estimators beside the truth", x_label="mutual information, nats",
            description="Bars are intervals that should hold the truth 95 times in 100. Counting "
            "in a histogram comes without one, and without a warning.",
            width=width, x_range=(-0.25 * top / 2, top),
        ),
        "curve": _curve(rho, n, seed, bins, counted, width),
        "tiles": stat_tiles([
            Tile("Truth, −½ log(1 − ρ²)", f"{exact:.4f}", "nats",
                 f"{float(isc.bits(exact)):.4f} bits"),
            Tile("Histogram", f"{counted:.4f}", "nats",
                 f"{_signed(counted - exact)}; {n / bins**2:.2g} pairs a cell"),
            _tile("Gaussian copula", found["gaussian_copula"], exact),
        ]),
    }  # fmt: skip


def _tile(label: str, one: Estimate, exact: float) -> Tile:
    ends = one.interval
    said = _signed(one.value - exact)
    if ends is not None:
        inside = "holds" if ends.low <= exact <= ends.high else "misses"
        said += f"; its interval {inside} the truth"
    return Tile(label, f"{one.value + 0.0:.4f}".replace("-", "−"), "nats", said)


def _signed(off: float) -> str:
    return f"{abs(off):.4f} too {'low' if off < 0 else 'high'}"


@lru_cache(maxsize=32)
def _sweep(n: int, seed: int, bins: int) -> tuple[float, ...]:
    return tuple(histogram(*pairs(float(rho), n, seed), bins) for rho in GRID)


def _curve(rho: float, n: int, seed: int, bins: int, counted: float, width: int) -> Figure:
    exact = -0.5 * np.log1p(-(FINE**2))
    sweep = _sweep(n, seed, bins)
    top = max(2.2, 1.05 * max(sweep), 1.05 * counted)
    return line_chart(
        FINE,
        {"truth": exact, "histogram": np.interp(FINE, GRID, sweep)},
        title="All correlations", x_label="correlation ρ", y_label="mutual information, nats",
        y_range=(0.0, top), dots={"": (rho, counted)},
        handles=[Grip(rho, truth(rho), drag_x="rho", label="Drag the correlation")],
        description=f"A histogram of {bins} × {bins} cells with {n:,} pairs sees information "
        "where there is none, and too little where there is much. Drag the ring.",
        width=width, height=290,
    )  # fmt: skip


def notice(*, rho: float, n: int, seed: int, bins: int) -> str:
    """Return the sentence that goes with these numbers."""
    exact, counted = truth(rho), histogram(*pairs(rho, n, seed), bins)
    by_chance = (bins - 1) ** 2 / (2 * n)
    if exact < 0.002:
        return (
            f"There is nothing to find, and the histogram finds {counted:.3f} nats: with {bins} × "
            f"{bins} cells chance alone makes about {min(by_chance, math.log(bins)):.2f}."
        )
    if counted < exact - 0.05:
        return (
            f"The histogram misses {exact - counted:.2f} of {exact:.2f} nats: within a cell it "
            f"cannot see, and {bins} × {bins} cells never say more than log {bins} = "
            f"{math.log(bins):.2f}."
        )
    if counted > exact + 0.05:
        return (
            f"Too many cells for {n:,} pairs: the histogram counts {counted - exact:.2f} nats of "
            "chance as information; fewer bins or more pairs bring it down."
        )
    return (
        f"Here the histogram is only {abs(counted - exact):.3f} nats off, by luck: its two errors, "
        "chance counted as information and detail lost in the cells, nearly cancel."
    )


def code(*, rho: float, n: int, seed: int, bins: int, more: bool) -> str:
    """Return the calls that make these numbers."""
    lines = [
        "import numpy as np", "", "import infoscope as isc", "from infoscope import estimate", "",
        f"rho, n = {rho!r}, {n}",
        f"first, other = np.random.default_rng({seed}).standard_normal((2, n))",
        "x, y = first, rho * first + np.sqrt(1 - rho**2) * other",
        "truth = isc.gaussian_mutual_information([[1, rho], [rho, 1]], 1)  # nats", "",
        f"counts = np.histogram2d(x, y, bins={bins})[0]",
        "histogram = isc.mutual_information(counts / n)",
    ]  # fmt: skip
    for name in QUICK + SLOW if more else QUICK:
        option = f", bins={bins}" if name == "binned" else ""
        lines.append(f'{name} = estimate.mutual_information(x, y, method="{name}"{option})')
    shown = ", ".join(QUICK + SLOW if more else QUICK)
    lines += ["", f'print(truth, histogram, {shown}, sep="\\n")']
    return "\n".join(lines)


def repeat(
    *, rho: float, n: int, seed: int, bins: int, more: bool, width: int = WIDE
) -> Iterator[Patch]:
    """Draw the pairs again and again: where estimates scatter, and how often intervals hold."""
    methods = QUICK + SLOW if more else QUICK
    exact = truth(rho)
    values: dict[str, list[float]] = {name: [] for name in ("histogram", *methods)}
    held = dict.fromkeys(methods, 0)
    for done in range(1, REPEATS + 1):
        x, y = pairs(rho, n, seed + 10_000 + done)
        values["histogram"].append(histogram(x, y, bins))
        for name, one in estimates(x, y, bins, methods).items():
            values[name].append(one.value)
            ends = one.interval
            held[name] += ends is not None and ends.low <= exact <= ends.high
        if done % 2 == 0:
            yield {"repeats": _repeats(values, held, exact, rho, n, bins, width)}
            time.sleep(0.02)


def _repeats(
    values: dict[str, list[float]], held: dict[str, int], exact: float, rho: float, n: int,
    bins: int, width: int,
) -> Figure:  # fmt: skip
    rows: list[Row] = []
    for name, found in values.items():
        done, mean = len(found), math.fsum(found) / len(found)
        note = f"mean {round(mean, 3) + 0.0:.3f}, spread {float(np.std(found)):.3f}".replace(
            "-", "−"
        )
        if name in held:
            note += f", holds {held[name]} of {done}"
        rows.append(Row(NAMES[name], mean, repeats=tuple(found), note=note))
    done = len(values["histogram"])
    return estimate_rows(
        rows, exact, title=f"{done} fresh draws", x_label="mutual information, nats",
        description=f"{n:,} pairs with correlation {rho:.3g} each, {bins} × {bins} cells. Each dot "
        "is an estimate, a stroke their mean; “holds” counts intervals with the truth in them.",
        width=min(FIGURE, width),
    )  # fmt: skip


def picture() -> Figure:
    """Return a cloud for the home page."""
    x, y = pairs(0.8, 160, 4)
    figure = scatter_plot(x, y, title="A cloud of pairs", x_label="", y_label="",
                          x_range=(-3.2, 3.2), y_range=(-3.2, 3.2), width=240,
                          height=190)  # fmt: skip
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith("points")]
    return Figure(figure.title, "", {}, marks, 240, 160)


PAGE = Page(
    slug="samples",
    title="Information from samples",
    group="Dependence",
    order=20,
    about="Pairs with a known correlation: which estimators find the information that is there, "
    "and which find what is not?",
    controls=(
        Range(name="rho", label="Correlation ρ", default=0.6, low=-0.99, high=0.99, step=0.01),
        Number(name="n", label="How many pairs", default=300, low=20, high=1000, step=20,
               whole=True),
        Number(name="bins", label="Bins of each variable", default=20, low=2, high=40, step=1,
               whole=True),
        Number(name="seed", label="Seed", default=0, low=0, high=9999, whole=True),
        Check(name="more", label="Corrected bins, neighbours and the library's choice too",
              help="Compiled when first used, which takes some seconds once."),
        Group("Luck", (
            Action(name="repeat", label=f"Draw {REPEATS} times", run=repeat,
                   fills="repeats"),
        )),
    ),
    slots=(
        Slot("rows"), Slot("tiles"), Slot("cloud"), Slot("curve"),
        Slot("repeats", empty="“Draw 40 times” shows here how estimates scatter, and how often "
             "their intervals hold the truth."),
    ),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Textbook", {}),
        Preset("Nothing there", {"rho": 0.0, "n": 1000}),
        Preset("Nearly a line", {"rho": 0.99, "n": 1000}),
        Preset("Few pairs", {"n": 40}),
        Preset("Coarse bins", {"bins": 4, "rho": 0.9}),
        Preset("All estimators", {"more": True}),
        Preset("Falling", {"rho": -0.8}, "The sign of a correlation says nothing about its size"),
    ),
    explain=r"""
**The truth.** Two jointly normal variables with correlation $\rho$ share
$$I(X;Y) = -\tfrac12 \log(1 - \rho^2)$$ nats: 0 for $\rho = 0$, without bound as $|\rho| \to 1$.

**A histogram errs both ways.** Counting in $b \times b$ cells and taking the table for the truth
adds about $(b-1)^2/(2n)$ nats of chance, so that even independent samples seem to share something.
It also loses what happens within a cell, and can never say more than $\log b$.

**Better.** The Gaussian copula looks at ranks and is right where their dependence is that of a
normal, as it is here by construction. KSG compares distances to neighbours and assumes only a
smooth density. Ask for `method="auto"` and the library chooses, and says why in its notes.

**Intervals** are made to hold the truth 95 times in 100 where the method's assumption is met; draw
again and count. An interval says how much luck there is in the sample. It knows nothing of bias
that an assumption brings in.
""",
)  # fmt: skip
