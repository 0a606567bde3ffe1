"""The page on the information bottleneck: what to keep of X when only Y matters."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

import infoscope as isc
from infoscope.explore.controls import Range
from infoscope.explore.page import Group, Page, Patch, Preset, Slot
from infoscope.explore.shares import Matrix
from infoscope.figures import Figure, Grip, Tile, line_chart, stat_tiles, table

__all__ = ["PAGE", "code", "notice", "numbers", "picture", "view"]

Rows = tuple[tuple[float, ...], ...]

BETAS = np.geomspace(1.0, 60.0, 22)
TOLERANCE = 1e-5
MIXED: Rows = ((0.2, 0.05, 0.03), (0.04, 0.2, 0.06), (0.02, 0.05, 0.1), (0.1, 0.1, 0.05))
NOISY: Rows = ((0.45, 0.05), (0.05, 0.45))
PAIRS: Rows = ((0.23, 0.02), (0.22, 0.03), (0.03, 0.22), (0.02, 0.23))
INDEPENDENT: Rows = ((0.12, 0.28), (0.18, 0.42))


@lru_cache(maxsize=32)
def _curve(joint: Rows) -> Any:
    """Return the curve, once for each table: some tenths of a second, so moves need none."""
    return isc.channels.bottleneck_curve(joint, BETAS, unit="bits", tolerance=TOLERANCE)


@lru_cache(maxsize=512)
def _solved(joint: Rows, beta: float) -> Any:
    return isc.channels.information_bottleneck(joint, beta, unit="bits", tolerance=TOLERANCE)


def _pace(curve: Any, beta: float) -> float:
    """Return how far β moves for one bit told: the slope between the points around it."""
    at = min(max(int(np.searchsorted(curve.betas, beta)), 1), len(curve.betas) - 1)
    told = float(curve.complexities[at] - curve.complexities[at - 1])
    step = float(curve.betas[at] - curve.betas[at - 1])
    return min(step / told, 60.0) if told > 0 else 60.0


def numbers(*, joint: Rows, beta: float) -> dict[str, float]:
    """Return what T keeps of X and of Y, and all that X knows of Y, in bits."""
    found = _solved(joint, beta)
    return {
        "complexity": found.complexity,
        "relevance": found.relevance,
        "clusters": float(found.n_clusters),
        "all_of_it": float(isc.mutual_information(joint, unit="bits")),
    }


def view(*, joint: Rows, beta: float, width: int) -> Patch:
    """Return the curve with the point of this beta, both amounts against beta, and the encoder."""
    solved, found = _solved(joint, beta), numbers(joint=joint, beta=beta)
    known = _curve(joint)
    all_of_it = found["all_of_it"]
    pairs = {0.0: 0.0} | {
        round(float(a), 9): float(b)
        for a, b in zip(known.complexities, known.relevances, strict=True)
    }
    x = np.array(sorted(pairs))
    if x.size < 2:
        x, y = np.array([0.0, 1.0]), np.zeros(2)
    else:
        y = np.array([pairs[a] for a in x.tolist()])
    top = 1.15 * all_of_it if all_of_it > 1e-9 else 1.0
    pace = _pace(known, beta)
    letters = [f"x{i + 1}" for i in range(len(joint))]
    clusters = [f"t{k + 1}" for k in range(solved.n_clusters)]
    return {
        "curve": line_chart(
            x, {"best": y}, title="What can be kept of Y for what is told of X",
            x_label="I(X;T), bits told", y_label="I(T;Y), bits that matter", y_range=(0.0, top),
            references={"I(X;Y)": all_of_it}, filled=["best"],
            handles=[Grip(found["complexity"], found["relevance"], "beta", rate_x=pace,
                          label=f"Drag: β = {beta:.4g}")],
            description=f"At β = {beta:.4g}, {found['complexity']:.4f} bits of X keep "
            f"{found['relevance']:.4f} of the {all_of_it:.4f} bits that X knows of Y. Nothing lies "
            "above the curve. Drag the point.", width=width, height=320,
        ),
        "tiles": stat_tiles([
            Tile("Told of X", f"{found['complexity']:.4f}", "bits", "I(X;T)"),
            Tile("Kept of Y", f"{found['relevance']:.4f}", "bits",
                 f"{found['relevance'] / all_of_it:.1%} of I(X;Y)" if all_of_it > 1e-9
                 else "I(X;Y) is 0"),
            Tile("Clusters", str(solved.n_clusters), "", f"of {len(joint)} values of X"),
        ]),
        "against": line_chart(
            known.betas, {"told of X": known.complexities, "kept of Y": known.relevances},
            title="What each β buys", x_label="β, bits of X worth paying for one bit of Y",
            y_label="bits", log_x=True, from_zero=True,
            handles=[Grip(beta, found["relevance"], "beta", rate_x=beta, curve=2,
                          label="Drag: β")],
            description="Below the first step nothing is worth telling; each step is a cluster "
            "that splits. Drag the point.", width=width, height=270,
        ),
        "encoder": table({"value": letters} | {
            f"to {name}": solved.encoder[:, k].tolist() for k, name in enumerate(clusters)
        }),
        "decoder": table({"cluster": clusters, "how often": solved.marginal.tolist()} | {
            f"y{j + 1}": solved.decoder[:, j].tolist() for j in range(len(joint[0]))
        }),
    }  # fmt: skip


def notice(*, joint: Rows, beta: float) -> str:
    """Return the sentence that goes with these numbers."""
    found, onset = numbers(joint=joint, beta=beta), _curve(joint).critical_betas
    if found["all_of_it"] < 1e-9:
        return "X knows nothing of Y: at no price is anything worth telling."
    if found["clusters"] == 1:
        first = f" It begins at β = {onset[0]:.3f}." if len(onset) else ""
        return f"At this price nothing about X is worth telling: one cluster holds it all.{first}"
    share = found["relevance"] / found["all_of_it"]
    entropy = float(isc.entropy([sum(row) for row in joint], unit="bits"))
    return (
        f"{found['complexity']:.3f} of the {entropy:.3f} bits of X keep {share:.0%} of what it "
        f"knows of Y: most of X does not matter."
    )


def code(*, joint: Rows, beta: float) -> str:
    """Return the calls that make these numbers."""
    return (
        "import infoscope as isc\n\n"
        f"joint = {[list(row) for row in joint]}\n"
        f"found = isc.channels.information_bottleneck(\n    joint, {beta!r}, "
        f'unit="bits", tolerance={TOLERANCE}\n)\n'
        "complexity, relevance = found.complexity, found.relevance\n"
        "clusters = found.n_clusters\n"
        'all_of_it = isc.mutual_information(joint, unit="bits")\n\n'
        "print(complexity, relevance, clusters, all_of_it)"
    )


def picture() -> Figure:
    """Return a rising curve for the home page."""
    x = np.linspace(0.0, 1.0, 40)
    figure = line_chart(x, {"": 1 - (1 - x) ** 3}, title="", x_label="", y_label="", filled=[""],
                        width=260, height=170)  # fmt: skip
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(("line", "band"))]
    return Figure("What is kept against what is told", "", {}, marks, 260, 130)


PAGE = Page(
    slug="bottleneck",
    title="Information bottleneck",
    group="Coding",
    order=50,
    about="What should be kept of one variable, if all that matters is another?",
    controls=(
        Range(name="beta", label="β, the worth of a bit of Y", default=8.0, low=1, high=60,
              step=0.1),
        Group("Your own table", (
            Matrix(name="joint", label="Joint probabilities", default=MIXED, min_n=2, max_n=6,
                   max_rows=6, high=1.0,
                   help="Rows are values of X, columns of Y; all cells sum to one."),
        )),
    ),
    slots=(
        Slot("curve"), Slot("tiles"), Slot("against"),
        Slot("encoder", "Which cluster each value goes to", "below"),
        Slot("decoder", "What each cluster says of Y", "below"),
    ),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Four values of X", {}),
        Preset("Just before it begins", {"beta": 3.5}),
        Preset("Nearly everything", {"beta": 40.0}),
        Preset("Two pairs alike", {"joint": PAIRS, "beta": 6.0}),
        Preset("A noisy copy", {"joint": NOISY, "beta": 2.0}),
        Preset("Independent", {"joint": INDEPENDENT}),
    ),
    explain=r"""
**The bottleneck** replaces $X$ by a summary $T$ that says as little of $X$ and as much of $Y$ as
possible: $$\min_{p(t|x)}\; I(X;T) - \beta\, I(T;Y) .$$ $\beta$ is how many bits of $X$ one bit of
$Y$ is worth. Since $T$ is made from $X$, $I(T;Y) \le I(X;Y)$ and $I(T;Y) \le I(X;T)$.

**Steps.** Below a first $\beta$ nothing is worth telling; it is at most one over the square of the
maximal correlation of $X$ and $Y$. Then clusters split one after the other. Values of $X$ that say
the same of $Y$ never part.
""",
)  # fmt: skip
