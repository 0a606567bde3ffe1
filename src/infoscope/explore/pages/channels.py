"""The page on channel capacity: named channels by a slider, and a matrix and input of one's own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

import infoscope as isc
from infoscope.explore.controls import Choice, Range
from infoscope.explore.drawings.channel_flow import channel_flow
from infoscope.explore.page import Group, Page, Patch, Preset, Slot
from infoscope.explore.shares import Matrix
from infoscope.figures import (
    Figure,
    Grip,
    Tile,
    column_chart,
    line_chart,
    stat_tiles,
    table,
)

__all__ = ["PAGE", "code", "notice", "numbers", "own_input", "picture", "settle", "view"]

Rows = tuple[tuple[float, ...], ...]

MAKERS = {"symmetric": "binary_symmetric", "erasure": "binary_erasure", "z": "z_channel"}
NAMES = {
    "symmetric": "binary symmetric channel", "erasure": "binary erasure channel", "z": "Z-channel",
    "own": "your channel",
}  # fmt: skip
ERRORS = {
    "symmetric": "probability that a letter is flipped", "erasure": "probability of an erasure",
    "z": "probability that a 1 arrives as 0",
}  # fmt: skip
GRID = np.linspace(0.0, 1.0, 101)
THREE: Rows = ((0.7, 0.2, 0.1), (0.1, 0.8, 0.1), (0.2, 0.2, 0.6))
NOISY_KEYS: Rows = ((0.5, 0.5, 0, 0), (0, 0.5, 0.5, 0), (0, 0, 0.5, 0.5), (0.5, 0, 0, 0.5))
IDLE: Rows = ((0.9, 0.1), (0.5, 0.5), (0.1, 0.9))


@lru_cache(maxsize=512)
def _solved(kind: str, eps: float, W: Rows) -> Any:
    """Return the `Capacity`, in bits."""
    if kind == "own":
        return isc.channels.capacity(W, unit="bits")
    return getattr(isc.channels, MAKERS[kind])(eps, unit="bits")


@lru_cache(maxsize=4)
def _capacities(kind: str) -> np.ndarray:
    maker = getattr(isc.channels, MAKERS[kind])
    return np.array([float(maker(float(eps), unit="bits")) for eps in GRID])


def own_input(best: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """Return inputs that give the first letter `share` and the others the rest, as `best` does.

    >>> own_input(np.array([0.5, 0.3, 0.2]), 0.0).round(6).tolist()
    [0.0, 0.6, 0.4]
    """
    others = best[1:]
    total = float(others.sum())
    rest = others / total if total > 0 else np.full(others.size, 1 / others.size)
    first = np.asarray(share, dtype=np.float64)[..., None]
    return np.concatenate([first, (1 - first) * rest], axis=-1)


def _told(inputs: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Return I(X;Y) = H(Y) - H(Y given X) in bits, for many inputs at once."""
    noise = np.asarray(isc.entropy(W, unit="bits"))
    return np.asarray(isc.entropy(inputs @ W, unit="bits")) - inputs @ noise


def numbers(*, kind: str, eps: float, W: Rows, share: float) -> dict[str, float]:
    """Return capacity, its gap, and what the reader's own input tells, in bits per use."""
    found = _solved(kind, eps, W)
    mine = own_input(found.input_distribution, share)
    return {
        "capacity": found.value,
        "gap": found.gap,
        "mine": float(isc.mutual_information(mine[:, None] * found.channel, unit="bits")),
        "best_share": float(found.input_distribution[0]),
    }


def view(*, kind: str, eps: float, W: Rows, share: float, width: int) -> Patch:
    """Return the curve or the matrix, the numbers, the input to drag, and both distributions."""
    solved = _solved(kind, eps, W)
    found = numbers(kind=kind, eps=eps, W=W, share=share)
    letters, arrivals = _letters(kind, solved.channel.shape)
    first: Figure | str = ""
    if kind != "own":
        first = line_chart(
            GRID, {"capacity": _capacities(kind)}, title=f"Capacity of the {NAMES[kind]}",
            x_label=ERRORS[kind], y_label="bits per use", y_range=(0.0, 1.0),
            handles=[Grip(eps, found["capacity"], "eps", label="Drag: the error probability")],
            description=f"Drag the point along the curve: {found['capacity']:.4f} bits per use at "
            f"{eps:g}.", width=width, height=270,
        )  # fmt: skip
    mine = own_input(solved.input_distribution, share)
    return {
        "curve": first,
        "flow": channel_flow(
            solved.input_distribution, solved.channel, letters, arrivals,
            title="What arrives of the best input",
            description="Each stream is as wide as it is frequent; where streams of two letters "
            "land together, the receiver cannot tell which was sent.",
            width=width, height=230,
        ),
        "tiles": stat_tiles(_tiles(found)),
        "share": _shares(solved, found, letters[0], share, width),
        "inputs": column_chart(
            letters, {"best input": solved.input_distribution, "your input": mine},
            title="Best input and yours", y_label="probability", y_range=(0.0, 1.0),
            drag={"your input": ["share", *[""] * (len(letters) - 1)]},
            description="Drag your first bar. An input that is not worth using gets exactly 0.",
            width=width, height=250,
        ),
        "outputs": table({
            "arrives": arrivals,
            "with the best input": solved.output_distribution.tolist(),
            "with yours": (mine @ solved.channel).tolist(),
        }),
        "matrix": table({"sent": letters} | {
            f"arrives {name}": solved.channel[:, j].tolist() for j, name in enumerate(arrivals)
        }),
    }  # fmt: skip


def _letters(kind: str, shape: tuple[int, int]) -> tuple[list[str], list[str]]:
    if kind == "erasure":
        return ["0", "1"], ["0", "erased", "1"]
    if kind == "own":
        return [f"x{i + 1}" for i in range(shape[0])], [f"y{j + 1}" for j in range(shape[1])]
    return ["0", "1"], ["0", "1"]


def _shares(solved: Any, found: dict[str, float], letter: str, share: float, width: int) -> Figure:
    told = _told(own_input(solved.input_distribution, GRID), solved.channel)
    best = found["best_share"]
    return line_chart(
        GRID, {"information": np.maximum(told, 0.0)}, title="How the input matters",
        x_label=f"probability of sending {letter}", y_label="I(X;Y), bits per use",
        references={"capacity": found["capacity"]}, markers={f"best: {best:.4g}": best},
        handles=[Grip(share, found["mine"], "share", label=f"Drag: how often you send {letter}")],
        y_range=(0.0, 1.15 * found["capacity"] if found["capacity"] > 1e-9 else 1.0),
        description=f"Drag the point: how often {letter} is sent, the other letters sharing the "
        "rest as the best input does. The top of the curve is the capacity.",
        width=width, height=270,
    )  # fmt: skip


def _tiles(found: dict[str, float]) -> list[Tile]:
    capacity, gap, mine = found["capacity"], found["gap"], found["mine"]
    proof = "exact: closed form" if gap == 0 else f"the truth lies at most {gap:.0e} above"
    uses = f"{1 / capacity:.4g} uses for each bit" if capacity > 1e-9 else "no bit gets through"
    return [
        Tile("Capacity", f"{capacity:.6f}", "bits per use", proof),
        Tile("Your input tells", f"{abs(mine) if abs(mine) < 1e-9 else mine:.6f}", "bits per use",
             f"{max(capacity - mine, 0.0):.6f} less than possible"),
        Tile("A reliable bit needs", f"{1 / capacity:.3f}" if capacity > 1e-9 else "∞", "uses",
             uses if capacity <= 1e-9 else "at least, however long the code"),
    ]  # fmt: skip


def notice(*, kind: str, eps: float, W: Rows, share: float) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(kind=kind, eps=eps, W=W, share=share)
    capacity = found["capacity"]
    if capacity < 1e-9:
        return "What arrives does not depend on what was sent: no code helps, the capacity is 0."
    if kind == "symmetric" and eps > 0.5:
        return (
            f"Flipping {eps:g} of the letters is as good as flipping {1 - eps:.4g}: a channel that "
            "errs more often than not is only to be read the other way."
        )
    if kind == "symmetric":
        return (
            f"Flipping {eps:g} of the letters costs {1 - capacity:.3f} bits per use, not {eps:g}: "
            "the receiver does not know which ones are wrong."
        )
    if kind == "erasure":
        return (
            f"Losing {eps:g} of the letters costs just {eps:g} bits per use, much less than "
            "flipping as many: the receiver sees where they are missing."
        )
    if kind == "z":
        return (
            "Only a 1 can go wrong, so the best input sends it less often: "
            f"{1 - found['best_share']:.3f} of the time, and never below 1/e."
        )
    idle = [i + 1 for i, p in enumerate(_solved(kind, eps, W).input_distribution) if p == 0]
    if idle:
        return (
            f"The best input never sends {', '.join(f'x{i}' for i in idle)}: noise that looks like "
            "the other letters mixed only wastes a use."
        )
    return (
        f"No input tells more than {capacity:.4f} bits per use; the bound above it, from the "
        f"letter that stands out most, proves it to within {found['gap']:.0e}."
    )


def code(*, kind: str, eps: float, W: Rows, share: float) -> str:
    """Return the calls that make these numbers."""
    if kind == "own":
        solve = (
            f"W = {[list(row) for row in W]}  # rows: p(y|x)\n"
            'found = isc.channels.capacity(W, unit="bits")\n'
        )
    else:
        solve = f'found = isc.channels.{MAKERS[kind]}({eps!r}, unit="bits")\n'
    return (
        "import infoscope as isc\nimport numpy as np\n\n"
        f"{solve}"
        "capacity, gap = found.value, found.gap  # the truth lies in [capacity, capacity + gap]\n"
        "best_share = found.input_distribution[0]\n\n"
        f"others = found.input_distribution[1:]\nshare = {share!r}\n"
        "rest = others / others.sum() if others.sum() else np.ones(len(others)) / len(others)\n"
        "x = np.array([share, *(1 - share) * rest])\n"
        'mine = isc.mutual_information(x[:, None] * found.channel, unit="bits")\n\n'
        "print(capacity, gap, mine)"
    )


def settle(values: dict[str, Any], moved: str, held: bool) -> dict[str, Any]:
    """Show one's own matrix as soon as it is touched, the named channel when its slider is."""
    del held
    if moved == "W":
        return values | {"kind": "own"}
    return values


def picture() -> Figure:
    """Return the capacity of the symmetric channel for the home page, by its entropy."""
    flips = np.linspace(0.0, 1.0, 61)
    kept = 1 - np.asarray(isc.entropy(np.stack([flips, 1 - flips], axis=-1), unit="bits"))
    figure = line_chart(flips, {"": kept}, title="", x_label="", y_label="", filled=[""],
                        y_range=(0.0, 1.0), width=260, height=170)  # fmt: skip
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(("line", "band"))]
    return Figure("Capacity against error", "", {}, marks, 260, 130)


PAGE = Page(
    slug="channels",
    title="Channel capacity",
    group="Coding",
    order=30,
    about="How much gets through a channel that makes errors, with the best code there can be?",
    controls=(
        Choice(name="kind", label="Channel", default="symmetric", options={
            "symmetric": "Symmetric", "erasure": "Erasure", "z": "Z", "own": "Own matrix"}),
        Range(name="eps", label="Error probability", default=0.11, low=0, high=1, step=0.005,
              help="of the named channels"),
        Range(name="share", label="Your input: probability of the first letter", default=0.5,
              low=0, high=1, step=0.005),
        Group("Your own channel", (
            Matrix(name="W", label="Transition matrix", default=THREE, min_n=2, max_n=8,
                   max_rows=8, high=1.0,
                   help="A row for each letter sent: the probabilities of what arrives, summing to "
                   "one (1/3 is a number)."),
        ), folded=True),
    ),
    slots=(
        Slot("curve"), Slot("flow"), Slot("tiles"), Slot("share"), Slot("inputs"),
        Slot("matrix", "The channel", "below"), Slot("outputs", "What arrives, overall", "below"),
    ),
    view=view, settle=settle, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Half a bit", {}, "One letter in nine flipped"),
        Preset("Erasures", {"kind": "erasure", "eps": 0.25}),
        Preset("Z-channel", {"kind": "z", "eps": 0.5}, "log2 of 5/4"),
        Preset("Useless", {"eps": 0.5}),
        Preset("Three letters", {"kind": "own", "W": THREE, "share": 1 / 3}),
        Preset("Noisy keyboard", {"kind": "own", "W": NOISY_KEYS, "share": 0.25}),
        Preset("A letter best unused", {"kind": "own", "W": IDLE, "share": 1 / 3}),
    ),
    explain=r"""
**A channel** is a table $W(y\,|\,x)$: what arrives, for each letter sent. **Its capacity** is the
most that an input can tell, $$C = \max_{p(x)} I(X;Y) ,$$ and Shannon's theorem says what it is good
for: codes of long blocks get as close to $C$ bits per use as one likes, with as few errors as one
likes, and above $C$ no code does.

**Closed forms.** Symmetric: $1 - h_2(\varepsilon)$. Erasure: $1 - \varepsilon$. Z:
$\log_2\bigl(1 + (1-\varepsilon)\,\varepsilon^{\varepsilon/(1-\varepsilon)}\bigr)$, where
$h_2(\varepsilon) = -\varepsilon\log_2\varepsilon - (1-\varepsilon)\log_2(1-\varepsilon)$.

**Proven.** For other channels the maximum is found step by step. Any input $p$ with output $q$
brackets the truth: $$I_p(X;Y) \le C \le \max_x D(W_x\,\|\,q) ,$$ and the search stops when both
ends agree. At the optimum every letter in use stands out equally, $D(W_x\,\|\,q) = C$; unused ones
less.
""",
)  # fmt: skip
