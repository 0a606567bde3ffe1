"""The page on KL divergence: two Gaussians to drag, both directions, where the cost arises."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

import infoscope as isc
from infoscope.explore.controls import Choice, Range
from infoscope.explore.drawings.density_pair import Curve, density_pair
from infoscope.explore.drawings.plane import Axis, Spot, plane
from infoscope.explore.page import Group, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Tile, stat_tiles

__all__ = ["PAGE", "code", "density", "notice", "numbers", "picture", "view"]

X = np.linspace(-8.0, 8.0, 161)
EDGES = (0.02, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
APART = Axis("distance of the means, in widths of p", -5.0, 5.0)
RATIO = Axis("width of q ÷ width of p", 0.1, 4.1)


def numbers(*, mean_p: float, sd_p: float, mean_q: float, sd_q: float) -> dict[str, float]:
    """Return both divergences and their sum, in nats."""
    forward = float(isc.gaussian_kl(mean_p, sd_p**2, mean_q, sd_q**2))
    reverse = float(isc.gaussian_kl(mean_q, sd_q**2, mean_p, sd_p**2))
    return {"kl_pq": forward, "kl_qp": reverse, "jeffreys": forward + reverse}


def density(mean: float, sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return density and log density of N(mean, sd²) over the axis."""
    logs = -0.5 * ((X - mean) / sd) ** 2 - math.log(sd) - 0.5 * math.log(2 * math.pi)
    return np.exp(logs), logs


def view(
    *, mean_p: float, sd_p: float, mean_q: float, sd_q: float, direction: str, width: int
) -> Patch:
    """Return densities with the integrand, both numbers, and the landscape."""
    found = numbers(mean_p=mean_p, sd_p=sd_p, mean_q=mean_q, sd_q=sd_q)
    p, log_p = density(mean_p, sd_p)
    q, log_q = density(mean_q, sd_q)
    forward = direction == "pq"
    integrand = p * (log_p - log_q) if forward else q * (log_q - log_p)
    name = "p·log(p/q), nats per unit of x" if forward else "q·log(q/p), nats per unit of x"
    value = found["kl_pq" if forward else "kl_qp"]
    pair = density_pair(
        X,
        (Curve("p", p, mean_p, sd_p, "mean_p", "sd_p"),
         Curve("q", q, mean_q, sd_q, "mean_q", "sd_q")),
        integrand, integrand_name=name, title="Where the divergence arises",
        description="Drag a peak to move it, the small dot on its flank to widen it. Below: the "
        f"area above zero minus the area below is {value:.4g} nats.",
        width=width, height=430 if width > 500 else 380,
    )  # fmt: skip
    return {
        "pair": pair,
        "tiles": stat_tiles([
            _tile("D(p‖q)", found["kl_pq"]),
            _tile("D(q‖p)", found["kl_qp"]),
            Tile("Sum of both", _nats(found["jeffreys"]), "nats", "Jeffreys' divergence"),
        ]),
        "plane": _landscape(mean_p, sd_p, mean_q, sd_q, direction, width),
    }  # fmt: skip


def _tile(label: str, value: float) -> Tile:
    return Tile(label, _nats(value), "nats", f"{_nats(float(isc.bits(value)))} bits")


def _nats(value: float) -> str:
    return f"{value:.4f}" if value < 1000 else f"{value:,.0f}"


@cache
def _field(direction: str) -> np.ndarray:
    """Return the divergence over the plane: only distance ÷ width and the ratio of widths count."""
    means = np.linspace(APART.low, APART.high, 81)
    ratios = np.linspace(RATIO.low, RATIO.high, 41)
    m, r = (side.ravel() for side in np.meshgrid(means, ratios))
    p = (np.zeros((m.size, 1)), np.ones((m.size, 1, 1)))
    q = (m[:, None], (r**2)[:, None, None])
    value = isc.gaussian_kl(*p, *q) if direction == "pq" else isc.gaussian_kl(*q, *p)
    return np.asarray(value).reshape(ratios.size, means.size)


def _landscape(
    mean_p: float, sd_p: float, mean_q: float, sd_q: float, direction: str, width: int
) -> Figure:
    which = "D(p‖q)" if direction == "pq" else "D(q‖p)"
    spot = Spot((mean_q - mean_p) / sd_p, sd_q / sd_p, "q", "mean_q", "sd_q", sd_p, sd_p)
    return plane(
        _field(direction), APART, RATIO, EDGES, [Spot(0.0, 1.0, "p: no divergence"), spot],
        title=f"The landscape of {which}",
        description="Drag the ring. Shifting or stretching both Gaussians together changes "
        "nothing: only their distance in widths and the ratio of their widths matter.",
        quantity="nats", width=width, height=330,
    )  # fmt: skip


def notice(*, mean_p: float, sd_p: float, mean_q: float, sd_q: float) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(mean_p=mean_p, sd_p=sd_p, mean_q=mean_q, sd_q=sd_q)
    a, b = found["kl_pq"], found["kl_qp"]
    if max(a, b) < 1e-12:
        return "The two are the same: the divergence is 0, and only then."
    if abs(a - b) < 1e-9:
        return (
            "With equal widths both directions agree: (distance ÷ width)² / 2. Widen one of them."
        )
    if sd_q > sd_p:
        return (
            f"q is wider than p, so it has seen whatever p does: D(p‖q) = {a:.3f} nats is less "
            f"than D(q‖p) = {b:.3f}, which pays for the tails of q where p expects nothing."
        )
    return (
        f"q is narrower than p: D(p‖q) = {a:.3f} nats pays for the tails of p where q expects "
        f"nothing, D(q‖p) = {b:.3f} hardly notices them."
    )


def code(*, mean_p: float, sd_p: float, mean_q: float, sd_q: float) -> str:
    """Return the calls that make these numbers."""
    return (
        "import infoscope as isc\n\n"
        f"mean_p, sd_p = {mean_p!r}, {sd_p!r}\n"
        f"mean_q, sd_q = {mean_q!r}, {sd_q!r}\n"
        "kl_pq = isc.gaussian_kl(mean_p, sd_p**2, mean_q, sd_q**2)  # nats; takes variances\n"
        "kl_qp = isc.gaussian_kl(mean_q, sd_q**2, mean_p, sd_p**2)\n"
        "jeffreys = kl_pq + kl_qp\n\n"
        "print(kl_pq, kl_qp)"
    )


def picture() -> Figure:
    """Return two curves for the home page."""
    p, log_p = density(-0.8, 1.0)
    q, log_q = density(1.4, 1.7)
    figure = density_pair(X, (Curve("p", p), Curve("q", q)), p * (log_p - log_q),
                          integrand_name="", title="", description="", width=240,
                          height=170)  # fmt: skip
    curves = [m for m in figure.marks if getattr(m, "role", "").startswith(("line", "band"))]
    return Figure("Two densities", "", {}, curves[:4], 240, 100)


def _gaussian(name: str, mean: float, sd: float) -> Group:
    return Group(f"Gaussian {name}", (
        Range(name=f"mean_{name}", label="Mean", default=mean, low=-6, high=6, step=0.02),
        Range(name=f"sd_{name}", label="Width (standard deviation)", default=sd, low=0.2, high=4,
              step=0.01),
    ))  # fmt: skip


PAGE = Page(
    slug="kl",
    title="KL divergence",
    group="Foundations",
    order=20,
    about="Two Gaussians to drag: what does it cost to believe q where p is true, and the other "
    "way round?",
    controls=(
        Choice(name="direction", label="Which direction", default="pq",
               options={"pq": "D(p‖q)", "qp": "D(q‖p)"}),
        _gaussian("p", 0.0, 1.0),
        _gaussian("q", 1.0, 2.0),
    ),
    slots=(Slot("pair"), Slot("tiles"), Slot("plane")),
    view=view, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("One textbook pair", {}),
        Preset("The same", {"mean_q": 0.0, "sd_q": 1.0}),
        Preset("Shifted by one width", {"mean_q": 1.0, "sd_q": 1.0}),
        Preset("q too narrow", {"mean_p": 0.0, "sd_p": 2.0, "mean_q": 0.0, "sd_q": 0.5}),
        Preset("q too wide", {"mean_p": 0.0, "sd_p": 0.5, "mean_q": 0.0, "sd_q": 2.0}),
        Preset("Far apart", {"mean_p": -3.0, "sd_p": 0.8, "mean_q": 3.0, "sd_q": 0.8}),
    ),
    explain=r"""
**The divergence** of $q$ from $p$ is the extra cost of describing what $p$ produces with a code
made for $q$, $$D(p\,\|\,q) = \int p(x)\,\log\frac{p(x)}{q(x)}\,dx \;\ge\; 0 ,$$ and 0 only
where both are the same. The integrand is negative wherever $q$ gives more than $p$; the whole
never is.

**Two Gaussians.** With $\delta = (\mu_p - \mu_q)/\sigma_q$ and $r = \sigma_p/\sigma_q$,
$$D(p\,\|\,q) = \tfrac12\left(r^2 + \delta^2 - 1\right) - \log r .$$

**Direction matters.** $D(p\,\|\,q)$ averages under $p$: it punishes a $q$ that is small where $p$
is not. $D(q\,\|\,p)$ averages under $q$. It is no distance, and neither direction is "the"
divergence.
""",
)  # fmt: skip
