"""What the solvers return: a number with its unit, its proven gap, and the optimiser behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

import numpy as np

from infoscope.channels import pictures
from infoscope.core.saving import plain_values
from infoscope.core.showing import Shown
from infoscope.core.units import UNITS, check_unit
from infoscope.figures import Figure

__all__ = [
    "Capacity",
    "Curve",
    "GaussianCapacity",
    "GaussianRateDistortion",
    "RateDistortion",
    "RateDistortionCurve",
    "Solution",
]


@dataclass(frozen=True, eq=False)
class Solution(Shown):
    """A solved optimisation: what every result of this folder has in common.

    Attributes
    ----------
    value : float
        The optimum, as attained by the optimiser that comes with it.
    unit : str
        Unit of `value`, of `gap` and of every other amount of information here.
    converged : bool
        Whether the gap is within the tolerance that was asked.
    gap : float
        How far `value` can be from the true optimum, in `unit`; 0 for closed forms.
    n_steps : int
        Steps of the solver; 0 for closed forms.
    """

    value: float
    unit: str
    converged: bool
    gap: float
    n_steps: int

    #: What the value is, in words.
    quantity: ClassVar[str] = "value"
    #: The fields besides value and gap that are amounts of information and change with the unit.
    amounts: ClassVar[tuple[str, ...]] = ()
    #: The numbers that `str` shows after the value.
    shown: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            elif isinstance(value, np.generic):
                object.__setattr__(self, name, value.item())

    def to(self, unit: str) -> Self:
        """Return the same result with its amounts of information in another unit."""
        check_unit(unit, f"{type(self).__name__}.to")
        scale = UNITS[self.unit] / UNITS[unit]
        names = ("value", "gap", *self.amounts)
        changed = {name: getattr(self, name) * scale for name in names}
        return replace(self, unit=unit, **changed)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities become strings."""
        return {"quantity": self.quantity} | {
            f.name: plain_values(getattr(self, f.name)) for f in fields(self)
        }

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        parts = [f"{name.replace('_', ' ')} {getattr(self, name):.6g}" for name in self.shown]
        state = "" if self.converged else "not converged, "
        steps = f", {self.n_steps} steps" if self.n_steps else ""
        parts.append(f"{state}gap {self.gap:.1e}{steps}" if self.gap or steps else "exact")
        return f"{self.quantity} {self.value:.6g} {self.unit} ({'; '.join(parts)})"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, eq=False, repr=False)
class Capacity(Solution):
    """The capacity of a discrete channel, and the input distribution that attains it.

    The true capacity (at this cost) lies in [value, value + gap].

    Attributes
    ----------
    input_distribution : array of shape (n_inputs,)
        The optimising p(x); inputs that are not worth using have exactly 0.
    output_distribution : array of shape (n_outputs,)
        The p(y) it causes; unlike p(x), it is unique.
    channel : array of shape (n_inputs, n_outputs)
        The transition matrix p(y|x).
    expected_cost : float or None
        Mean input cost; None if no costs were given.
    slope : float
        Price of the budget, dC/dE, in `unit` per unit of cost; 0 if the budget does not bind.
    """

    input_distribution: np.ndarray[Any, Any]
    output_distribution: np.ndarray[Any, Any]
    channel: np.ndarray[Any, Any]
    expected_cost: float | None = None
    slope: float = 0.0

    quantity: ClassVar[str] = "capacity"
    amounts: ClassVar[tuple[str, ...]] = ("slope",)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lower and the upper bound, in `unit`."""
        return self.value, self.value + self.gap

    def figure(self) -> Figure:
        """Draw the input distribution that attains the capacity."""
        return pictures.draw_capacity(self)


@dataclass(frozen=True, eq=False, repr=False)
class GaussianCapacity(Solution):
    """The capacity of one or several Gaussian channels, attained by independent Gaussian inputs.

    Attributes
    ----------
    powers : array of shape (n_channels,)
        Variances of the optimal inputs, of mean zero.
    noise : array of shape (n_channels,)
        Variances of the noise.
    water_level : float
        The common level of power + noise in the channels that are used.
    """

    powers: np.ndarray[Any, Any]
    noise: np.ndarray[Any, Any]
    water_level: float

    quantity: ClassVar[str] = "capacity"
    shown: ClassVar[tuple[str, ...]] = ("water_level",)


@dataclass(frozen=True, eq=False, repr=False)
class RateDistortion(Solution):
    """One point of a rate-distortion curve, and the test channel that attains it.

    R(distortion) lies in [value - gap, value].

    Attributes
    ----------
    distortion : float
        Expected distortion of the test channel.
    slope : float
        -dR/dD there, in `unit` per unit of distortion; inf at the smallest distortion.
    test_channel : array of shape (n_letters, n_reproductions)
        p(reproduction | letter). Rows of letters of probability zero follow the same rule.
    reproduction : array of shape (n_reproductions,)
        The distribution of the reproductions.
    """

    distortion: float
    slope: float
    test_channel: np.ndarray[Any, Any]
    reproduction: np.ndarray[Any, Any]

    quantity: ClassVar[str] = "rate"
    amounts: ClassVar[tuple[str, ...]] = ("slope",)
    shown: ClassVar[tuple[str, ...]] = ("distortion",)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lower and the upper bound, in `unit`."""
        return max(self.value - self.gap, 0.0), self.value


@dataclass(frozen=True, eq=False, repr=False)
class GaussianRateDistortion(Solution):
    """Rate of one or several Gaussian sources under squared error.

    Attributes
    ----------
    distortion : float
        Total mean squared error.
    distortions : array of shape (n_sources,)
        The share of each source: min(water_level, variance).
    variances : array of shape (n_sources,)
        Variances of the sources.
    water_level : float
        The common error of the sources that are described at all.
    slope : float
        -dR/dD, in `unit` per unit of squared error.
    """

    distortion: float
    distortions: np.ndarray[Any, Any]
    variances: np.ndarray[Any, Any]
    water_level: float
    slope: float = field(default=0.0)

    quantity: ClassVar[str] = "rate"
    amounts: ClassVar[tuple[str, ...]] = ("slope",)
    shown: ClassVar[tuple[str, ...]] = ("distortion", "water_level")


@dataclass(frozen=True, eq=False)
class Curve(Shown):
    """Points of one curve, each solved with its own gap.

    Attributes
    ----------
    points : tuple of Solution
        The points in order.
    """

    points: tuple[Any, ...]

    quantity: ClassVar[str] = "curve"
    #: Columns of the horizontal and the vertical axis of the picture.
    axes: ClassVar[tuple[str, str]] = ("", "")
    #: The arrays that `to_dict` shows.
    columns: ClassVar[tuple[str, ...]] = ()
    #: The fields besides the points that are amounts of information.
    amounts: ClassVar[tuple[str, ...]] = ()

    def figure(self) -> Figure | None:
        """Draw the curve through its points; None if fewer than two are different."""
        return pictures.draw_curve(self)

    @property
    def unit(self) -> str:
        """Unit of every amount of information here."""
        return self.points[0].unit

    @property
    def converged(self) -> bool:
        """Whether every point is within the tolerance."""
        return all(point.converged for point in self.points)

    @property
    def gap(self) -> float:
        """The largest gap of a point, in `unit`."""
        return max(point.gap for point in self.points)

    @property
    def n_steps(self) -> int:
        """Steps spent on all points."""
        return sum(point.n_steps for point in self.points)

    def to(self, unit: str) -> Self:
        """Return the same curve with its amounts of information in another unit."""
        check_unit(unit, f"{type(self).__name__}.to")
        scale = UNITS[self.unit] / UNITS[unit]
        changed = {name: getattr(self, name) * scale for name in self.amounts}
        return replace(self, points=tuple(point.to(unit) for point in self.points), **changed)

    def to_dict(self) -> dict[str, Any]:
        """Return the columns and diagnostics as plain Python values."""
        columns = {name: plain_values(getattr(self, name)) for name in self.columns}
        return {
            "quantity": self.quantity,
            "unit": self.unit,
            "converged": self.converged,
            "gap": plain_values(self.gap),
            "n_steps": self.n_steps,
            **columns,
        }

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """Return one number of every point as an array."""
        return np.array([getattr(point, name) for point in self.points])

    def __len__(self) -> int:
        return len(self.points)

    def __str__(self) -> str:
        state = "" if self.converged else "not converged, "
        text = f"{len(self.points)} points; {state}largest gap {self.gap:.1e} {self.unit}"
        return f"{self.quantity} ({text})"

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, eq=False, repr=False)
class RateDistortionCurve(Curve):
    """A rate-distortion curve: non-increasing and convex; `points` are `RateDistortion`s."""

    quantity: ClassVar[str] = "rate-distortion curve"
    axes: ClassVar[tuple[str, str]] = ("distortions", "rates")
    columns: ClassVar[tuple[str, ...]] = ("distortions", "rates", "slopes")

    @property
    def distortions(self) -> np.ndarray[Any, Any]:
        """The distortion of every point."""
        return self.column("distortion")

    @property
    def rates(self) -> np.ndarray[Any, Any]:
        """The rate of every point, in `unit`."""
        return self.column("value")

    @property
    def slopes(self) -> np.ndarray[Any, Any]:
        """-dR/dD at every point, in `unit` per unit of distortion."""
        return self.column("slope")
