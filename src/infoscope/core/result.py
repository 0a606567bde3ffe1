"""`Estimate` and `Interval`: a number that carries its unit, its uncertainty and its caveats."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown
from infoscope.core.units import UNITS

__all__ = ["Estimate", "Interval"]


@dataclass(frozen=True, slots=True)
class Interval(Shown):
    """A confidence interval: its two ends, its level, and how it was made."""

    low: float
    high: float
    level: float
    how: str


@dataclass(frozen=True, slots=True)
class Estimate(Shown):
    """What was estimated from data: a value with unit, error bar, method and notes.

    Parameters
    ----------
    quantity : str
        What the number is, in words ("mutual information").
    value : float
        The raw value: never clipped, so a mutual information may be slightly negative.
    unit : str
        "nats", "bits" or "bans", a rate such as "bits/byte", or for perplexities "per token".
    stderr : float or None
        Standard error in the same unit; None means "not known", and a note says why.
    interval : Interval or None
        Confidence interval in the same unit.
    method : str
        Name of the estimator.
    n : int
        Number of observations behind the value.
    settings : mapping
        Options that decide the value (k=3, context=1024), printed with it.
    diagnostics : mapping
        Plain numbers for those who look closer.
    notes : tuple of str
        What a careful reader must know before trusting the value.

    Examples
    --------
    >>> e = Estimate("mutual information", 0.3118, "nats", stderr=0.0214, method="ksg", n=1000,
    ...              interval=Interval(0.2706, 0.3531, 0.95, "subsample"), settings={"k": 3})
    >>> print(e)
    0.312 ± 0.021 nats (ksg, k=3, n=1000; 95% 0.271–0.353)
    >>> round(float(e.to("bits")), 4)
    0.4498
    """

    quantity: str
    value: float
    unit: str
    stderr: float | None = None
    interval: Interval | None = None
    method: str = ""
    n: int = 0
    diagnostics: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        object.__setattr__(self, "diagnostics", MappingProxyType(dict(self.diagnostics)))
        object.__setattr__(self, "settings", MappingProxyType(dict(self.settings)))
        object.__setattr__(self, "notes", tuple(self.notes))

    def __reduce__(self) -> tuple[Any, ...]:  # a mapping proxy cannot be pickled
        return (Estimate, (
            self.quantity, self.value, self.unit, self.stderr, self.interval, self.method, self.n,
            dict(self.diagnostics), self.notes, dict(self.settings),
        ))  # fmt: skip

    def to(self, unit: str) -> Estimate:
        """Return the same estimate in another unit of information; a rate keeps its denominator."""
        amount, slash, per = self.unit.partition("/")
        if amount not in UNITS or unit not in UNITS:
            asked = unit if amount in UNITS else self.unit
            names = ", ".join(UNITS)
            raise InvalidArgument(
                sentence("Estimate.to", "unit", f"convert between {names}", repr(asked))
            )
        scale = UNITS[amount] / UNITS[unit]
        interval = self.interval and replace(
            self.interval, low=self.interval.low * scale, high=self.interval.high * scale
        )
        stderr = None if self.stderr is None else self.stderr * scale
        return replace(
            self,
            value=self.value * scale,
            unit=unit + slash + per,
            stderr=stderr,
            interval=interval,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        interval = self.interval and {
            "low": _json_number(self.interval.low),
            "high": _json_number(self.interval.high),
            "level": self.interval.level,
            "how": self.interval.how,
        }
        return {
            "quantity": self.quantity,
            "value": _json_number(self.value),
            "unit": self.unit,
            "stderr": None if self.stderr is None else _json_number(self.stderr),
            "interval": interval,
            "method": self.method,
            "n": self.n,
            "settings": dict(self.settings),
            "diagnostics": {key: _json_number(value) for key, value in self.diagnostics.items()},
            "notes": list(self.notes),
        }

    def __float__(self) -> float:
        return float(self.value)

    def short(self) -> str:
        """Return the value with its error bar and unit: ``0.312 ± 0.021 nats``."""
        digits = self._digits()
        bar = "" if self.stderr is None else f" ± {_fixed(self.stderr, digits)}"
        return f"{_fixed(self.value, digits)}{bar} {self.unit}".rstrip()

    def __str__(self) -> str:
        parts = [self.method] if self.method else []
        parts += [f"{key}={value}" for key, value in self.settings.items()]
        parts += [f"n={self.n}"] if self.n else []
        text = ", ".join(parts)
        if self.interval is not None:
            digits, ends = self._digits(), self.interval
            level = f"{100 * ends.level:g}%"
            low, high = _fixed(ends.low, digits), _fixed(ends.high, digits)
            text += f"{'; ' if text else ''}{level} {low}–{high}"
        return f"{self.short()} ({text})" if text else self.short()

    def _digits(self) -> int:
        """Decimals to print: two significant digits of the error bar, or five of the value.

        Never more than seven digits of the value, and none of what rounding alone leaves of a zero.
        """
        scale = self.stderr if self.stderr else abs(self.value) / 1000
        if math.isfinite(self.value):
            scale = max(scale, abs(self.value) * 1e-5)
        if not math.isfinite(scale) or scale < _ROUNDING:
            return 3
        return min(max(1 - math.floor(math.log10(scale)), 0), 12)


_ROUNDING = 1e-13  # nats or bits: sums of float64 terms of order one do not reach below


def _fixed(value: float, digits: int) -> str:
    """Format with `digits` decimals, and without the sign of a zero."""
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def _json_number(value: float) -> float | str:
    value = float(value)
    return value if math.isfinite(value) else str(value)
