"""Labels, counts and rounded numbers: tables with known cells, alone or against a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import gammaln, ndtr

from infoscope.known.problem import Columns, Floats, Sampler, SideKind, Task
from infoscope.known.quadrature import differential_entropy, pieces
from infoscope.measures import entropy, mutual_information

__all__ = [
    "atoms_and_numbers",
    "label_and_normal",
    "label_and_uniform",
    "masked_normals",
    "rounded_normals",
    "table_task",
    "zero_inflated_poisson",
    "zipf_pair",
]

_GAO = "Gao, Kannan, Oh & Viswanath, Estimating information for mixtures (2017), section 5"
_OWN = "this library"


def table_task(
    name: str,
    table: Floats,
    *,
    source: str = _OWN,
    group: str = "table",
    levels: tuple[Columns, Columns] | None = None,
) -> Task:
    """Return the task of drawing cells of a table that sums to 1; `levels` replace the indices."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        cells = rng.choice(table.size, n, p=table.ravel())
        x, y = cells // table.shape[1], cells % table.shape[1]
        return (x, y) if levels is None else (levels[0][x][:, None], levels[1][y][:, None])

    kind: SideKind = "discrete" if levels is None else "mixed"
    return Task(
        name=name, collection="labels", group=group, dims=(1, 1), draw=draw, source=source,
        truth=lambda: float(mutual_information(table)), obtained="closed form, from the table",
        kinds=(kind, kind),
    )  # fmt: skip


def zipf_pair(levels: int, exponent: float, share: float) -> Task:
    """Return two Zipf labels, equal with the chance `share` and independent otherwise."""
    p = 1.0 / np.arange(1.0, levels + 1.0) ** exponent
    p /= p.sum()
    table = share * np.diag(p) + (1.0 - share) * np.outer(p, p)
    return table_task(f"zipf-{levels}-{exponent}-{share}", table)


def rounded_normals(correlation: float, step: float) -> Task:
    """Return two Gaussians rounded to multiples of `step`: numbers with ties."""
    reach = math.ceil(8.0 / step)
    edges = np.append((np.arange(-reach, reach + 1) - 0.5) * step, (reach + 0.5) * step)
    table = np.zeros((2 * reach + 1, 2 * reach + 1))
    spread = math.sqrt(1.0 - correlation**2)
    for i in range(2 * reach + 1):
        x, w = pieces([edges[i], edges[i + 1]], 20)
        below = ndtr((edges - correlation * x[:, None]) / spread)
        table[i] = (w * np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)) @ np.diff(below, axis=1)
    table /= table.sum()
    values = np.arange(-reach, reach + 1) * step
    return table_task(
        f"rounded-normal-{correlation}-{step}", table, group="ties", levels=(values, values)
    )


def label_and_normal(means: Sequence[float]) -> Task:
    """Return a fair label and a normal number whose mean it sets."""
    centres = np.asarray(means, dtype=np.float64)

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        label = rng.integers(centres.size, size=n)
        return label, (centres[label] + rng.standard_normal(n))[:, None]

    def truth() -> float:
        edges = np.linspace(centres.min() - 10.0, centres.max() + 10.0, 81)
        y, w = pieces(edges.tolist(), 12)
        given = np.exp(-0.5 * (y[:, None] - centres) ** 2) / math.sqrt(2.0 * math.pi)
        return differential_entropy(given.mean(1), w) - 0.5 * math.log(2.0 * math.pi * math.e)

    return _mixed(
        f"label-normal-{centres.size}", draw, truth, "quadrature in one dimension", _OWN,
        ("discrete", "continuous"),
    )  # fmt: skip


def label_and_uniform(levels: int) -> Task:
    """Return a label below `levels` and a number uniform between it and it plus two."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        label = rng.integers(levels, size=n)
        return label, (label + 2.0 * rng.random(n))[:, None]

    value = math.log(levels) - (levels - 1) * math.log(2.0) / levels
    kinds: tuple[SideKind, SideKind] = ("discrete", "continuous")
    return _mixed(f"label-uniform-{levels}", draw, lambda: value, "closed form", _GAO, kinds)


def zero_inflated_poisson(chance: float) -> Task:
    """Return an exponential rate and a Poisson count of it, set to 0 with the given `chance`."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        rate = rng.exponential(size=n)
        return rate[:, None], np.where(rng.random(n) < chance, 0, rng.poisson(rate))

    def truth() -> float:
        rate, w = pieces([0.0, 0.05, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 45.0], 30)
        count = np.arange(200)
        log_poisson = count * np.log(rate)[:, None] - rate[:, None] - gammaln(count + 1.0)
        given = (1.0 - chance) * np.exp(log_poisson)
        given[:, 0] += chance
        weight = w * np.exp(-rate)
        table = weight[:, None] * given
        return float(mutual_information(table / table.sum()))

    return _mixed(
        f"zero-inflated-poisson-{chance}", draw, truth, "quadrature over the rate", _GAO,
        ("continuous", "discrete"),
    )  # fmt: skip


def masked_normals(correlation: float, chance: float) -> Task:
    """Return two Gaussians, each set to 0 with the given `chance`: zeros on both sides.

    The masks are independent and visible, so I = (1 - chance)^2 times the Gaussian value.
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x, z = rng.standard_normal((2, n, 1))
        y = correlation * x + math.sqrt(1.0 - correlation**2) * z
        keep = rng.random((2, n, 1)) >= chance
        return np.where(keep[0], x, 0.0), np.where(keep[1], y, 0.0)

    value = -0.5 * (1.0 - chance) ** 2 * math.log1p(-(correlation**2))
    name = f"masked-normal-{correlation}-{chance}"
    return _mixed(name, draw, lambda: value, "closed form", _OWN, ("mixed", "mixed"))


def atoms_and_numbers(correlation: float, agree: float) -> Task:
    """Return, half of the time, two correlated Gaussians; else two signs that mostly agree.

    Which half it was shows in each side: I = log 2 + half of the information in each half.
    """

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x, z = rng.standard_normal((2, n, 1))
        y = correlation * x + math.sqrt(1.0 - correlation**2) * z
        sign = rng.choice([-1.0, 1.0], (n, 1))
        other = np.where(rng.random((n, 1)) < agree, sign, -sign)
        atoms = rng.random((n, 1)) < 0.5
        return np.where(atoms, sign, x), np.where(atoms, other, y)

    signs = math.log(2.0) - float(entropy([agree, 1.0 - agree]))
    value = math.log(2.0) + 0.5 * signs - 0.25 * math.log1p(-(correlation**2))
    name = f"atoms-numbers-{correlation}-{agree}"
    return _mixed(name, draw, lambda: value, "closed form", _GAO, ("mixed", "mixed"))


def _mixed(
    name: str,
    draw: Sampler,
    truth: Callable[[], float],
    obtained: str,
    source: str,
    kinds: tuple[SideKind, SideKind],
) -> Task:
    return Task(
        name=name, collection="labels", group="mixed", dims=(1, 1), draw=draw, truth=truth,
        obtained=obtained, source=source, kinds=kinds,
    )  # fmt: skip
