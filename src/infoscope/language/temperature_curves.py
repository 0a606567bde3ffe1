"""`TemperatureSweep`: entropy and cost of predictions at every temperature, and the best one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import stdtrit

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.extras import require
from infoscope.core.result import Estimate, Interval
from infoscope.core.saving import plain_values
from infoscope.core.showing import Shown
from infoscope.core.units import perplexity_from_loss
from infoscope.figures import Figure, line_chart
from infoscope.language.aggregate import block_average
from infoscope.language.result import exponential
from infoscope.language.temperature_rows import TemperatureRows

__all__ = ["BestTemperature", "TemperatureSweep", "best_temperature"]

_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class BestTemperature(Shown):
    """The temperature at which the text costs least, and what it saves.

    Attributes
    ----------
    estimate : Estimate
        The temperature, with standard error and interval from contiguous blocks.
    surprisal : float
        Mean cost there, in nats per token.
    gain : Estimate
        Mean cost at T = 1 less the cost there, in nats per token; never negative but by rounding.
    inside : bool
        Whether the optimum lies among the temperatures swept; else the nearest end is given.
    """

    estimate: Estimate
    surprisal: float
    gain: Estimate
    inside: bool

    @property
    def temperature(self) -> float:
        """What logits are best divided by."""
        return self.estimate.value


@dataclass(frozen=True, eq=False, repr=False)
class TemperatureSweep(Shown):
    """Predictions sharpened and flattened: every column is a temperature, every row a place.

    Attributes
    ----------
    temperatures : ndarray of float64, shape (k,)
        As asked for, from 0 to inf.
    entropy : ndarray of float64, shape (n, k)
        Entropy of softmax(z / T) in nats.
    surprisal : ndarray of float64, shape (n, k), or None
        Cost of the target in nats; None where no targets were given.
    variance : ndarray of float64, shape (n, k)
        Variance of the logits under softmax(z / T).
    best : BestTemperature or None
        None without targets, or where it was not asked for.
    model : str
        The model's name; empty for plain logits.
    rule : mapping
        How the text was laid before the model.
    lengths : ndarray of float64, shape (n,), or None
        Bytes of each token of a text.
    """

    temperatures: NDArray[np.float64]
    entropy: NDArray[np.float64]
    surprisal: NDArray[np.float64] | None
    variance: NDArray[np.float64]
    best: BestTemperature | None = None
    model: str = ""
    rule: Mapping[str, object] | None = None
    lengths: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        best = f", best {self.best.estimate.short()}" if self.best else ""
        sizes = f"{len(self.temperatures)} temperatures, {len(self.entropy)} rows"
        return f"TemperatureSweep({sizes}{best})"

    @property
    def entropy_slope(self) -> NDArray[np.float64]:
        """dH/dT = Var(z) / T³ in nats per unit of T, shape (n, k); NaN at T = 0, 0 at T = inf."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.isinf(self.temperatures), 0.0, self.variance / self.temperatures**3)

    @property
    def mean_entropy(self) -> list[Estimate]:
        """Mean entropy at each temperature, in nats."""
        return [self._mean("mean predictive entropy", column) for column in self.entropy.T]

    @property
    def mean_surprisal(self) -> list[Estimate]:
        """Mean cost at each temperature, in nats."""
        return [self._mean("mean surprisal", column) for column in self._paid().T]

    @property
    def perplexity(self) -> list[Estimate]:
        """Perplexity, exp of the mean cost, at each temperature."""
        return [
            replace(exponential(mean, "per token"), quantity="perplexity")
            for mean in self.mean_surprisal
        ]

    @property
    def bits_per_byte(self) -> list[Estimate]:
        """Code length of a text at each temperature, in bits per byte."""
        if self.lengths is None:
            raise InvalidArgument(
                sentence("TemperatureSweep.bits_per_byte", "the sweep", "be of a text",
                         "one of plain logits")
            )  # fmt: skip
        return [
            self._mean("code length", column, self.lengths, "nats/byte").to("bits")
            for column in self._paid().T
        ]

    def to_frame(self) -> Any:
        """Return one row per temperature as a pandas DataFrame (nats)."""
        pandas = require("pandas", extra=None, purpose="TemperatureSweep.to_frame")
        return pandas.DataFrame(self._columns())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps` (nats); infinities as text."""
        columns = {
            name: [plain_values(float(value)) for value in values]
            for name, values in self._columns().items()
        }
        best = self.best and {
            "temperature": self.best.estimate.to_dict(),
            "surprisal": plain_values(self.best.surprisal),
            "gain": self.best.gain.to_dict(), "inside": self.best.inside,
        }  # fmt: skip
        return {"model": self.model, "rule": dict(self.rule or {}), "unit": "nats",
                "n": len(self.entropy), "curves": columns, "best": best}  # fmt: skip

    def figure(self) -> Figure:
        """Draw entropy and cost against temperature, in bits."""
        use = np.isfinite(self.temperatures)
        order = np.argsort(self.temperatures[use])
        if use.sum() < 2:
            raise InvalidArgument(
                sentence("TemperatureSweep.figure", "the sweep",
                         "hold at least two finite temperatures", int(use.sum()))
            )  # fmt: skip
        columns = self._columns()
        lines = {"entropy": columns["entropy"][use][order] / math.log(2)}
        if self.surprisal is not None:
            lines["surprisal"] = columns["surprisal"][use][order] / math.log(2)
        return line_chart(
            self.temperatures[use][order], lines, title="Predictions at every temperature",
            x_label="temperature", y_label="bits per token", from_zero=True,
        )  # fmt: skip

    def _columns(self) -> dict[str, NDArray[np.float64]]:
        columns = {"temperature": self.temperatures, "entropy": self.entropy.mean(0)}
        if self.surprisal is not None:
            columns["surprisal"] = self.surprisal.mean(0)
            columns["perplexity"] = perplexity_from_loss(columns["surprisal"])
        columns["entropy_slope"] = self.entropy_slope.mean(0)
        return columns

    def _paid(self) -> NDArray[np.float64]:
        if self.surprisal is None:
            raise InvalidArgument(
                sentence("TemperatureSweep", "the sweep", "know what came", "logits alone",
                         "Pass targets=.")
            )  # fmt: skip
        return self.surprisal

    def _mean(
        self, quantity: str, values: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None, unit: str = "nats/token",
    ) -> Estimate:  # fmt: skip
        mean = block_average(values, np.ones(len(values)) if weights is None else weights)
        return Estimate(
            quantity, mean.value, unit, stderr=mean.stderr, interval=mean.interval(),
            method=self.model, n=len(values), notes=mean.notes,
            diagnostics={"n_blocks": mean.n_blocks, "block_length": mean.block_length},
        )  # fmt: skip


def best_temperature(
    temperatures: NDArray[np.float64], rows: TemperatureRows, model: str = ""
) -> BestTemperature:
    """Find where the mean cost is least, from the curve's values and derivatives at the nodes.

    The mean cost is convex in b = 1/T, so its slope changes sign between two neighbouring nodes;
    between them each row's slope is the cubic with its values and derivatives at both. The standard
    error is that of a root of estimating equations: blocks of the rows' slopes over the curvature.

    Source
    ------
    Guo et al., On calibration of modern neural networks (2017), section 4.2; Huber (1967) for the
    standard error of a root.
    """
    finite = np.flatnonzero((temperatures > 0) & np.isfinite(temperatures))
    order = finite[np.argsort(1.0 / temperatures[finite])]
    b = 1.0 / temperatures[order]
    keep = np.flatnonzero(np.diff(b, prepend=-1.0) > 0)
    order, b = order[keep], b[keep]
    slopes = rows.energy[:, order].mean(0)
    n_nodes = len(b)
    high = int(np.searchsorted(slopes, 0.0, side="left"))  # convex: slopes ascend in b
    inside = high < n_nodes and (high > 0 or slopes[high] == 0.0)
    inside = inside and bool(rows.variance[:, order[high]].any())  # a curve, not a flat end
    if not inside:
        node = min(high, n_nodes - 1)
        root = float(b[node])
        at = order[node]
        slope, curve = rows.energy[:, at], float(rows.variance[:, at].mean())
        paid = rows.surprisal[:, at]
    else:
        low = max(high - 1, 0)
        left, right = order[low], order[max(high, low + 1) if n_nodes > 1 else high]
        ends = (float(b[low]), float(1.0 / temperatures[right]))
        root, slope, paid, curve = _between(rows, left, right, ends)
    one = int(np.argmin(np.abs(temperatures - 1.0)))
    saved = block_average(rows.surprisal[:, one] - paid, np.ones(len(paid)))
    gain = Estimate("saved against T = 1", saved.value, "nats/token", stderr=saved.stderr,
                    interval=saved.interval(), method=model, n=len(paid),
                    notes=saved.notes)  # fmt: skip
    spread = block_average(slope, np.ones(len(slope)))
    stderr = interval = None
    notes: tuple[str, ...] = ()
    if not inside:
        notes = ("the best temperature lies beyond those swept; the nearest of them is given",)
    elif spread.stderr is not None and curve > 0.0:
        error = spread.stderr / curve
        reach = float(stdtrit(spread.n_blocks - 1, 0.5 + _LEVEL / 2)) * error
        stderr = error / root**2
        most = 1.0 / (root - reach) if root > reach else math.inf
        interval = Interval(1.0 / (root + reach), most, _LEVEL,
                            f"root of {spread.n_blocks} block slopes, in 1/T")  # fmt: skip
    estimate = Estimate("best temperature", 1.0 / root, "", stderr=stderr, interval=interval,
                        method=model, n=len(slope), notes=notes)  # fmt: skip
    return BestTemperature(estimate, float(paid.mean()), gain, bool(inside))


def _between(
    rows: TemperatureRows, left: np.intp, right: np.intp, ends: tuple[float, float]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
    """Return the root of the mean slope between two nodes, and each row's slope and cost there."""
    g0, g1 = rows.energy[:, left], rows.energy[:, right]
    v0, v1 = rows.variance[:, left], rows.variance[:, right]
    width = ends[1] - ends[0]
    if width == 0.0:
        return ends[0], g0, rows.surprisal[:, left], float(v0.mean())

    def slope(t: float, a: Any, b: Any, da: Any, db: Any) -> Any:
        """Cubic Hermite interpolation at t in [0, 1]."""
        return (
            (1 + 2 * t) * (1 - t) ** 2 * a + t**2 * (3 - 2 * t) * b
            + width * t * (1 - t) * ((1 - t) * da - t * db)
        )  # fmt: skip

    means = (g0.mean(), g1.mean(), v0.mean(), v1.mean())
    root: Any = brentq(lambda u: float(slope(u, *means)), 0.0, 1.0, xtol=1e-14)
    t = float(root)
    # the cost is the integral of the slope from the nearer node: quartic, by Simpson's rule exactly
    near, from_t, sign = (left, 0.0, 1.0) if t <= 0.5 else (right, 1.0, -1.0)
    middle = 0.5 * (t + from_t)
    span = width * abs(t - from_t)
    steps = [slope(u, g0, g1, v0, v1) for u in (from_t, middle, t)]
    paid = rows.surprisal[:, near] + sign * span / 6.0 * (steps[0] + 4.0 * steps[1] + steps[2])
    curve = (1 - t) * float(v0.mean()) + t * float(v1.mean())
    return ends[0] + t * width, steps[2], paid, curve
