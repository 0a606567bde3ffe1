"""The page on temperature: the entropy curve of logits divided by T, and samples in bins."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np

import infoscope as isc
from infoscope.explore.controls import Action, Number, Range
from infoscope.explore.drawings.sample_bins import sample_bins
from infoscope.explore.levels import Levels
from infoscope.explore.page import WIDE, Group, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Grip, Tile, column_chart, line_chart, stat_tiles, table

__all__ = [
    "PAGE", "code", "draw", "drop", "entropies", "notice", "numbers", "picture", "running",
    "softened", "view",
]  # fmt: skip

LETTERS = "ABCDEF"
COLDEST, HOTTEST = 0.05, 5.0
CURVE = np.linspace(COLDEST, HOTTEST, 199)
FRAMES, PAUSE = 45, 0.04


def softened(z: tuple[float, ...], t: float) -> np.ndarray:
    """Return softmax(z / t)."""
    return np.exp(isc.Logits((np.array(z) - max(z)) / t).log_probabilities())


def entropies(z: tuple[float, ...], at: np.ndarray) -> np.ndarray:
    """Return the entropy of softmax(z / T) for many temperatures, in nats."""
    return np.asarray(isc.entropy(isc.Logits((np.array(z) - max(z)) / at[:, None])))


def numbers(*, z: tuple[float, ...], t: float, n: int, seed: int) -> dict[str, float]:
    """Return entropy, slope and limits in nats, and the entropy of the samples."""
    p = softened(z, t)
    mean = float(p @ np.array(z))
    variance = float(p @ (np.array(z) - mean) ** 2)
    counts = np.bincount(draw(p, n, seed), minlength=len(z))
    entropy = float(isc.entropy(p))
    return {
        "entropy": entropy,
        "entropy_bits": float(isc.bits(entropy)),
        "perplexity": math.exp(entropy),
        "variance": variance,
        "slope": variance / t**3,
        "coldest": math.log(z.count(max(z))),
        "hottest": math.log(len(z)),
        "sampled": float(isc.entropy(counts / n)),
    }


def draw(p: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Return n samples; the same seed keeps the luck the same while p changes."""
    return np.random.default_rng(seed).choice(len(p), size=n, p=p)


def running(samples: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of samples, about evenly spread on a logarithmic axis, and H of the first."""
    n = samples.size
    at = np.unique(np.round(np.geomspace(1, n, 70)).astype(np.int64))
    counts = np.cumsum(np.eye(k)[samples], axis=0)[at - 1]
    return at, np.asarray(isc.entropy(counts / at[:, None]))


def view(*, z: tuple[float, ...], t: float, n: int, seed: int, width: int) -> Patch:
    """Return the curve with its tangent, the distribution, the bins, and what samples say."""
    found = numbers(z=z, t=t, n=n, seed=seed)
    p = softened(z, t)
    samples = draw(p, n, seed)
    return {
        "curve": _curve(z, t, found, width),
        "tiles": stat_tiles(_tiles(z, found)),
        "shares": _shares(z, t, p, width),
        "bins": _bins(p, samples, n, width),
        "running": _running(samples, len(z), found["entropy"], n, width),
        "ladder": _ladder(z),
    }


def _curve(z: tuple[float, ...], t: float, found: dict[str, float], width: int) -> Figure:
    at = np.union1d(CURVE, [t])
    heights = entropies(z, at)
    top = found["hottest"] * 1.12
    tangent = found["entropy"] + found["slope"] * (at - t)
    reach = 0.16 * (HOTTEST - COLDEST) / math.hypot(1, found["slope"] * 5 / top)
    tangent = np.where((np.abs(at - t) <= max(reach, 0.06)), tangent, np.nan)
    tied = z.count(max(z))
    lines = {f"uniform, log {len(z)}": found["hottest"]}
    if 1 < tied < len(z):
        lines[f"{tied} tied, log {tied}"] = found["coldest"]
    return line_chart(
        at, {"H(T)": heights, "slope": tangent},
        title="Entropy against temperature", x_label="temperature T", y_label="entropy, nats",
        references=lines, y_range=(0.0, top),
        handles=[Grip(t, found["entropy"], drag_x="t", label="Drag the temperature")],
        description=f"At T = {t:.3g} the entropy is {found['entropy']:.4f} nats and rises by "
        f"{found['slope']:.4g} nats for one unit of T: the variance of the logits over T cubed. "
        "Drag the ring.",
        width=width, height=310 if width > 500 else 280,
    )  # fmt: skip


def _shares(z: tuple[float, ...], t: float, p: np.ndarray, width: int) -> Figure:
    plain = softened(z, 1.0)
    return column_chart(
        list(LETTERS[: len(z)]), {"p": p}, ghosts={"p": plain}, y_range=(0.0, 1.0),
        title=f"The distribution at T = {t:.3g}", y_label="probability",
        description="Hairlines: the same logits at T = 1.",
        texts={"p": [f"{mass:.3f}" for mass in p]},
        width=width, height=230,
    )  # fmt: skip


def _bins(
    p: np.ndarray, samples: np.ndarray, room_for: int, width: int,
    falling: list[tuple[int, float]] | None = None,
) -> Figure:  # fmt: skip
    counts = np.bincount(samples, minlength=p.size).tolist()
    return sample_bins(p.tolist(), counts, LETTERS[: p.size], room_for=room_for, width=width,
                       falling=falling or ())  # fmt: skip


def _running(samples: np.ndarray, k: int, entropy: float, n: int, width: int) -> Figure:
    at, heights = running(samples, k)
    last = float(heights[-1])
    x = np.append(at, n) if at[-1] < n else at
    heights = np.append(heights, np.nan) if at[-1] < n else heights
    if x.size < 2:
        x, heights = np.array([1, 2]), np.array([heights[0], np.nan])
    return line_chart(
        x, {"samples": heights}, references={"H(T)": entropy}, log_x=True,
        title="What the samples say of the entropy", x_label="samples so far",
        y_label="entropy of the shares, nats", y_range=(0.0, math.log(k) * 1.12),
        description=f"After {samples.size:,} samples their shares have {last:.4f} nats; the "
        f"distribution has {entropy:.4f}. The first sample always says 0.",
        width=width, height=240,
    )  # fmt: skip


def _ladder(z: tuple[float, ...]) -> str:
    at = np.array([0.1, 0.25, 0.5, 0.7, 1.0, 1.5, 2.0, 5.0])
    nats = entropies(z, at)
    tops = [float(softened(z, t).max()) for t in at]
    return table({
        "temperature": at.tolist(), "entropy, nats": nats.tolist(),
        "entropy, bits": np.asarray(isc.bits(nats)).tolist(),
        "perplexity": np.exp(nats).tolist(), "largest probability": tops,
    })  # fmt: skip


def _tiles(z: tuple[float, ...], found: dict[str, float]) -> list[Tile]:
    tied = z.count(max(z))
    cold = "0" if tied == 1 else f"log {tied} = {found['coldest']:.4f}"
    return [
        Tile("Entropy", f"{found['entropy']:.4f}", "nats", f"{found['entropy_bits']:.4f} bits"),
        Tile("As uncertain as", f"{found['perplexity']:.3f}", "equal outcomes",
             f"T → 0: {tied}; T → ∞: {len(z)}"),
        Tile("Slope dH/dT = Var(z)/T³", f"{found['slope']:.4g}", "nats per unit of T",
             f"Var(z) under p is {found['variance']:.4g}"),
        Tile("Limits of H", f"{found['hottest']:.4f}", "nats", f"T → ∞; and {cold} as T → 0"),
    ]  # fmt: skip


def notice(*, z: tuple[float, ...], t: float, n: int, seed: int) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(z=z, t=t, n=n, seed=seed)
    tied = z.count(max(z))
    if tied == len(z):
        return "All logits are equal: there is nothing to sharpen, and T changes nothing."
    if tied > 1 and t < 0.5:
        return (
            f"{tied} logits tie for the largest, so cooling does not end in one choice: the "
            f"entropy stops at log {tied} = {found['coldest']:.3f} nats."
        )
    if found["entropy"] < 0.02:
        return (
            f"Frozen: the likeliest outcome has {softened(z, t).max():.4f}, and sampling has "
            "become choosing the largest logit."
        )
    if found["hottest"] - found["entropy"] < 0.05:
        return (
            f"Hot: {found['perplexity']:.2f} of {len(z)} outcomes are in play; more heat can add "
            f"only {found['hottest'] - found['entropy']:.3f} nats, so the curve is nearly flat."
        )
    off = found["sampled"] - found["entropy"]
    return (
        f"Heat never lowers the entropy, since a variance is never negative; {n:,} samples say "
        f"{found['sampled']:.3f} nats, {abs(off):.3f} too {'low' if off < 0 else 'high'} "
        f"(on average {(len(z) - 1) / (2 * n):.3f} too low)."
    )


def code(*, z: tuple[float, ...], t: float, n: int, seed: int) -> str:
    """Return the calls that make these numbers."""
    return (
        "import numpy as np\n\nimport infoscope as isc\n\n"
        f"z, T = np.array({list(z)!r}), {t!r}\n"
        "logits = isc.Logits((z - z.max()) / T)\n"
        "p = np.exp(logits.log_probabilities())\n"
        "entropy = isc.entropy(logits)  # nats\n"
        'entropy_bits = isc.entropy(logits, unit="bits")\n'
        "perplexity = isc.perplexity(logits)\n"
        "variance = p @ (z - p @ z) ** 2\n"
        "slope = variance / T**3  # dH/dT\n"
        "coldest, hottest = np.log(np.sum(z == z.max())), np.log(z.size)\n\n"
        f"samples = np.random.default_rng({seed}).choice(z.size, size={n}, p=p)\n"
        "sampled = isc.entropy(np.bincount(samples, minlength=z.size) / samples.size)\n\n"
        "print(entropy, slope, sampled)"
    )


def drop(
    *, z: tuple[float, ...], t: float, n: int, seed: int, width: int = WIDE
) -> Iterator[Patch]:
    """Let the samples fall one after the other, then in handfuls."""
    p = softened(z, t)
    samples = draw(p, n, seed)
    entropy = float(isc.entropy(p))
    stops = np.unique(np.round(np.geomspace(1, n, FRAMES)).astype(np.int64)).tolist()
    before = 0
    for stop in stops:
        air = samples[before:stop][:12]
        if stop < n:
            falling = [(int(i), (j + 1) / (air.size + 1)) for j, i in enumerate(air)]
            yield {"bins": _bins(p, samples[:before], n, width, falling)}
            time.sleep(PAUSE / 2)
        yield {
            "bins": _bins(p, samples[:stop], n, width),
            "running": _running(samples[:stop], len(z), entropy, n, width),
        }
        before = stop
        time.sleep(PAUSE)


def picture() -> Figure:
    """Return the entropy curve for the home page."""
    z = (1.0, 3.0, 2.0, 0.5)
    figure = line_chart(
        CURVE, {"": entropies(z, CURVE)}, title="Entropy against temperature", x_label="",
        y_label="", filled=[""], y_range=(0.0, 1.5), width=240, height=150,
        handles=[Grip(1.0, float(entropies(z, np.array([1.0]))[0]))],
    )  # fmt: skip
    kinds = ("line", "band", "grip")
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(kinds)]
    return Figure(figure.title, "", {}, marks, 240, 120)


PAGE = Page(
    slug="temperature",
    title="Temperature",
    group="Foundations",
    order=40,
    about="Divide the logits by T: how much choice is left when a model samples cold or hot?",
    controls=(
        Range(name="t", label="Temperature T", default=1.0, low=COLDEST, high=HOTTEST, step=0.01),
        Levels(name="z", label="Logits z", default=(1.0, 3.0, 2.0, 0.5)),
        Group("Samples", (
            Number(name="n", label="How many", default=200, low=1, high=2000, step=50, whole=True),
            Number(name="seed", label="Seed", default=1, low=0, high=9999, whole=True),
            Action(name="drop", label="Drop them one by one", run=drop, fills="bins"),
        )),
    ),
    slots=(
        Slot("curve"), Slot("tiles"), Slot("shares"), Slot("bins"), Slot("running"),
        Slot("ladder", "From cold to hot", "below"),
    ),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Four logits", {}),
        Preset("Cold", {"t": 0.25}),
        Preset("Nearly frozen", {"t": 0.1}),
        Preset("Hot", {"t": 5.0}),
        Preset("Two tied", {"z": (3.0, 3.0, 1.0, 0.0), "t": 0.3}, "T → 0 leaves a fair coin"),
        Preset("One far ahead", {"z": (0.0, 6.0, 0.5, 1.0, 0.2)}),
        Preset("Few samples", {"n": 12, "t": 2.0}, "Too few samples say too little entropy"),
    ),
    explain=r"""
**Temperature** divides the logits before softmax,
$$p_i(T) = \frac{e^{z_i/T}}{\sum_j e^{z_j/T}} .$$
Below 1 the large ones win more often, above 1 the small ones get a chance. The order never changes.

**The slope** of the entropy is exact: $$\frac{dH}{dT} = \frac{\operatorname{Var}_{p}(z)}{T^3}
\;\ge\; 0 ,$$ in nats for one unit of $T$, with the variance of the logits under $p(T)$ itself. So
heat never lowers the entropy, and the curve is flat only where all logits that are still in play
are equal.

**Limits.** For $T\to\infty$ the distribution becomes uniform and $H \to \log k$. For $T \to 0$ it
becomes uniform over the *largest* logits: $H \to 0$ if there is one, $\log m$ if $m$ tie.

**Samples.** The entropy of the shares among $n$ samples is too low by about $(k-1)/(2n)$ nats on
average: an outcome that was not seen counts as impossible. The same seed keeps the luck the same
while you move $T$, so that what changes is $T$ alone.
""",
)  # fmt: skip
