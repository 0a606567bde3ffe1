"""The page on fitting: one Gaussian for two bumps, by forward or by reverse divergence."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

import infoscope as isc
from infoscope.explore.controls import Action, Choice, Range
from infoscope.explore.drawings.density_pair import Curve, density_pair
from infoscope.explore.drawings.plane import Axis, Spot, plane
from infoscope.explore.page import WIDE, Group, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Tile, stat_tiles

__all__ = [
    "PAGE", "THRESHOLD", "code", "descend", "find", "forward", "log_normal", "log_target",
    "minima", "notice", "numbers", "picture", "reverse", "view",
]  # fmt: skip

#: Half distance from which N(a, 1) on one of two equal bumps N(±a, 1) is better than N(0, 1 + a²).
THRESHOLD = 2.7033
GRID = np.linspace(-40.0, 40.0, 2001)
SHOWN = np.linspace(-9.0, 9.0, 181)
EDGES = (0.02, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
CENTRE, WIDTH = Axis("mean of q", -6.0, 6.0), Axis("width of q", 0.2, 5.0)
#: Standard normal points for means under q: few for colours, many for numbers (log p has a kink).
COARSE, FINE = np.linspace(-7.0, 7.0, 71), np.linspace(-8.5, 8.5, 501)
LOG_ROOT = 0.5 * math.log(2 * math.pi)


def log_target(x: np.ndarray, apart: float, share: float) -> np.ndarray:
    """Return log p(x) of share·N(-apart, 1) + (1 - share)·N(apart, 1)."""
    return np.logaddexp(
        math.log(share) - 0.5 * (x + apart) ** 2, math.log1p(-share) - 0.5 * (x - apart) ** 2
    ) - LOG_ROOT  # fmt: skip


def log_normal(x: np.ndarray, mean: float, sd: float) -> np.ndarray:
    """Return log q(x) of N(mean, sd²)."""
    return -0.5 * ((x - mean) / sd) ** 2 - math.log(sd) - LOG_ROOT


def numbers(*, apart: float, share: float, mean: float, sd: float) -> dict[str, float]:
    """Return both divergences in nats: sums over a fine grid, to about ten digits."""
    log_p, log_q = log_target(GRID, apart, share), log_normal(GRID, mean, sd)
    p, q = np.exp(log_p), np.exp(log_q)
    return {
        "forward": float(isc.kl_divergence(p / p.sum(), isc.Logits(log_q))),
        "reverse": float(isc.kl_divergence(q / q.sum(), isc.Logits(log_p))),
    }


def reverse(
    mean: np.ndarray, sd: np.ndarray, apart: float, share: float, nodes: np.ndarray = FINE
) -> np.ndarray:
    """Return D(N(mean, sd²)‖p) for many Gaussians at once: means under q over even nodes."""
    weights = np.exp(-0.5 * nodes**2)
    x = mean[..., None] + sd[..., None] * nodes
    expected = log_target(x, apart, share) @ (weights / weights.sum())
    return -np.log(sd) - LOG_ROOT - 0.5 - expected


def forward(mean: np.ndarray, sd: np.ndarray, apart: float, share: float) -> np.ndarray:
    """Return D(p‖N(mean, sd²)) for many Gaussians at once."""
    log_p = log_target(GRID, apart, share)
    p = np.exp(log_p) * (GRID[1] - GRID[0])
    centre = (1 - 2 * share) * apart
    spread = 1 + 4 * share * (1 - share) * apart**2
    cross = np.log(sd) + LOG_ROOT + (spread + (centre - mean) ** 2) / (2 * sd**2)
    return cross + float(p @ log_p)


def descend(
    start: tuple[float, float], apart: float, share: float, direction: str
) -> list[tuple[float, float]]:
    """Walk downhill in (mean, log sd) from `start` to a minimum; return the way."""
    loss = forward if direction == "pq" else reverse

    def at(z: np.ndarray) -> float:
        return float(loss(np.array(z[0]), np.exp(z[1]), apart, share))

    z, h = np.array([start[0], math.log(start[1])]), 1e-4
    way = [start]
    for _ in range(60):
        here = at(z)
        eye = np.eye(2) * h
        up, down = [at(z + e) for e in eye], [at(z - e) for e in eye]
        slope = np.array([(a - b) / (2 * h) for a, b in zip(up, down, strict=True)])
        bend = np.array([(a - 2 * here + b) / h**2 for a, b in zip(up, down, strict=True)])
        if float(np.abs(slope).max()) < 1e-8:
            break
        step = -slope / np.maximum(np.abs(bend), 0.05)
        step *= min(1.0, 0.6 / float(np.abs(step).max()))
        while at(z + step) > here and float(np.abs(step).max()) > 1e-12:
            step /= 2
        z = z + step
        way.append((float(z[0]), math.exp(float(z[1]))))
    return way


@lru_cache(maxsize=64)
def minima(apart: float, share: float) -> dict[str, tuple[float, float, float]]:
    """Return mean, width and divergence where reverse fits end that start broad, and on a bump."""
    starts = {
        "broad": ((1 - 2 * share) * apart, math.sqrt(1 + 4 * share * (1 - share) * apart**2)),
        "bump": (-apart if share > 0.5 else apart, 1.0),
    }
    found: dict[str, tuple[float, float, float]] = {}
    for name, start in starts.items():
        mean, sd = descend(start, apart, share, "qp")[-1]
        found[name] = (mean, sd, float(reverse(np.array(mean), np.array(sd), apart, share)))
    return found


@lru_cache(maxsize=16)
def _field(apart: float, share: float, direction: str) -> np.ndarray:
    means = np.linspace(CENTRE.low, CENTRE.high, 61)
    widths = np.linspace(WIDTH.low, WIDTH.high, 25)
    m, s = np.meshgrid(means, widths)
    if direction == "pq":
        return forward(m, s, apart, share)
    return reverse(m, s, apart, share, COARSE)


def view(
    *, apart: float, share: float, mean: float, sd: float, direction: str, width: int
) -> Patch:
    """Return the two densities with the integrand, the numbers, and the landscape."""
    found = numbers(apart=apart, share=share, mean=mean, sd=sd)
    best = minima(apart, share)
    lower = min(best.values(), key=lambda place: place[2])
    return {
        "pair": _pair(apart, share, mean, sd, direction, width),
        "tiles": stat_tiles([
            Tile("Forward, D(p‖q)", f"{found['forward']:.4f}", "nats",
                 f"at best {_lowest(apart, share):.4f}"),
            Tile("Reverse, D(q‖p)", f"{found['reverse']:.4f}", "nats", f"at best {lower[2]:.4f}"),
            Tile("Reverse, broad", f"{best['broad'][2]:.4f}", "nats", _place(best["broad"])),
            Tile("Reverse, on a bump", f"{best['bump'][2]:.4f}", "nats", _place(best["bump"])),
        ]),
        "plane": _plane(apart, share, mean, sd, direction, width),
    }  # fmt: skip


def _place(place: tuple[float, float, float]) -> str:
    return f"mean {round(place[0], 2) + 0.0:.2f}, width {place[1]:.2f}".replace("-", "−")


def _lowest(apart: float, share: float) -> float:
    mean, sd = (1 - 2 * share) * apart, math.sqrt(1 + 4 * share * (1 - share) * apart**2)
    return float(forward(np.array(mean), np.array(sd), apart, share))


def _pair(apart: float, share: float, mean: float, sd: float, direction: str, width: int) -> Figure:
    log_p, log_q = log_target(SHOWN, apart, share), log_normal(SHOWN, mean, sd)
    p, q = np.exp(log_p), np.exp(log_q)
    ahead = direction == "pq"
    return density_pair(
        SHOWN,
        (Curve("p", p), Curve("q", q, mean, sd, "mean", "sd")),
        p * (log_p - log_q) if ahead else q * (log_q - log_p),
        integrand_name="p·log(p/q), nats per unit" if ahead else "q·log(q/p), nats per unit",
        title="One Gaussian for two bumps",
        description="Drag the peak of q and the dot on its flank, then let the page find the "
        "minimum from there. Below: where the divergence arises.",
        width=width, height=430 if width > 500 else 380,
    )  # fmt: skip


def _plane(
    apart: float, share: float, mean: float, sd: float, direction: str, width: int
) -> Figure:
    if direction == "pq":
        spread = math.sqrt(1 + 4 * share * (1 - share) * apart**2)
        crosses = [
            Spot((1 - 2 * share) * apart, spread, "the only minimum: same mean, same spread")
        ]
    else:
        crosses = [
            Spot(m, s, f"a minimum: {d:.4f} nats") for m, s, d in minima(apart, share).values()
        ]
    return plane(
        _field(apart, share, direction), CENTRE, WIDTH, EDGES,
        [*crosses, Spot(mean, sd, "q", "mean", "sd")],
        title="The landscape of " + ("D(p‖q)" if direction == "pq" else "D(q‖p)"),
        description="Every point is a Gaussian q; crosses are minima. Drag the ring into another "
        "valley and walk down from there.",
        quantity="nats", width=width, height=320,
    )  # fmt: skip


def notice(*, apart: float, share: float, direction: str) -> str:
    """Return the sentence that goes with these numbers."""
    if direction == "pq":
        return (
            "The forward direction has one valley: q takes the mean and the spread of p, and so "
            "stands where p has a gap."
        )
    broad, bump = (minima(apart, share)[name] for name in ("broad", "bump"))
    if abs(broad[0] - bump[0]) < 1e-3 and abs(broad[1] - bump[1]) < 1e-3:
        return (
            f"The reverse direction does not seek a mode here: wherever q starts, it ends broad, "
            f"at width {broad[1]:.2f}. Pull the bumps apart."
        )
    better = "on one bump" if bump[2] < broad[2] else "broad"
    equal = abs(share - 0.5) < 1e-9
    rule = (
        f" Sitting on a bump beats the Gaussian with p's own spread only for bumps further apart "
        f"than ±{THRESHOLD}."
        if equal else ""
    )  # fmt: skip
    return f"The reverse direction has several valleys; the lowest is {better}.{rule}"


def code(*, apart: float, share: float, mean: float, sd: float) -> str:
    """Return the calls that make these numbers."""
    return f"""\
import numpy as np
import infoscope as isc

x = np.linspace(-40, 40, 2001)
log_p = np.logaddexp(np.log({share!r}) - (x + {apart!r})**2 / 2,
                     np.log1p(-{share!r}) - (x - {apart!r})**2 / 2)
log_q = -((x - {mean!r}) / {sd!r})**2 / 2
p, q = np.exp(log_p), np.exp(log_q)
forward = isc.kl_divergence(p / p.sum(), isc.Logits(log_q))  # nats
reverse = isc.kl_divergence(q / q.sum(), isc.Logits(log_p))

print(forward, reverse)"""


def find(
    *, apart: float, share: float, mean: float, sd: float, direction: str, width: int = WIDE
) -> Iterator[Patch]:
    """Walk q downhill from where it stands."""
    way = descend((mean, sd), apart, share, direction)
    for m, s in way:
        m, s = round(min(max(m, -6.0), 6.0), 4), round(min(max(s, 0.2), 5.0), 4)
        yield {
            "=mean": m, "=sd": s,
            "pair": _pair(apart, share, m, s, direction, width),
            "plane": _plane(apart, share, m, s, direction, width),
        }  # fmt: skip
        time.sleep(0.06)


def picture() -> Figure:
    """Return two bumps under one curve for the home page."""
    p, q = np.exp(log_target(SHOWN, 3.0, 0.5)), np.exp(log_normal(SHOWN, 0.0, 3.2))
    figure = density_pair(SHOWN, (Curve("p", p * 1.6), Curve("q", q * 1.6)), p * 0, title="",
                          integrand_name="", description="", width=240, height=170)  # fmt: skip
    curves = [m for m in figure.marks if getattr(m, "role", "").startswith(("line", "band"))]
    return Figure("Two bumps and one curve", "", {}, curves[:4], 240, 100)


PAGE = Page(
    slug="fit",
    title="Forward or reverse",
    group="Foundations",
    order=30,
    about="Fit one Gaussian to a target with two bumps: which direction of the divergence covers, "
    "and when does the other really seek a mode?",
    controls=(
        Choice(name="direction", label="Minimise", default="qp",
               options={"pq": "forward D(p‖q)", "qp": "reverse D(q‖p)"}),
        Group("The fit q", (
            Range(name="mean", label="Mean", default=1.0, low=-6, high=6, step=0.02),
            Range(name="sd", label="Width", default=1.5, low=0.2, high=5, step=0.01),
            Action(name="find", label="Find the minimum from here", run=find),
        )),
        Group("The target p", (
            Range(name="apart", label="Bumps at ±", default=2.0, low=0, high=5, step=0.02),
            Range(name="share", label="Share of the left bump", default=0.5, low=0.05, high=0.95,
                  step=0.01),
        )),
    ),
    slots=(Slot("pair"), Slot("tiles"), Slot("plane")),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Bumps at ±2", {}),
        Preset("Just apart enough", {"apart": 2.8, "mean": 2.0, "sd": 1.0}),
        Preset("Far apart", {"apart": 4.0, "mean": 2.5, "sd": 1.0}),
        Preset("Forward, far apart", {"apart": 4.0, "direction": "pq"}),
        Preset("One bump larger", {"apart": 3.5, "share": 0.3, "mean": -3.0, "sd": 1.0}),
    ),
    explain=r"""
**Forward**, $\min_q D(p\,\|\,q)$, is maximum likelihood: for a Gaussian $q$ it takes the mean and
the variance of $p$, here $1 + 4w(1-w)a^2$.

**Reverse**, $\min_q D(q\,\|\,p)$, is what variational inference minimises. It is said to seek a
mode, and does so only when the bumps stand far enough apart: two equal bumps of width 1 at $\pm 2$
are fitted best by a broad Gaussian of width 2.047 in the middle ($D = 0.2265$ nats), not by one
bump. A Gaussian on one bump beats the one with $p$'s own spread, $\mathcal N(0, 1 + a^2)$, only
beyond $a = 2.7033$.
""",
)  # fmt: skip
