"""How the reports on tables write numbers: bits to three decimals, p-values, counts, intervals."""

from __future__ import annotations

import math

from infoscope.core.result import Estimate
from infoscope.figures.scales import format_fixed

__all__ = [
    "ends", "in_bits", "level_name", "p_text", "span", "three", "whole",
]  # fmt: skip


def three(value: float) -> str:
    """Return three decimals, or one digit of what would vanish.

    >>> three(0.12345), three(-0.2), three(0.00004)
    ('0.123', '−0.200', '4e-05')
    """
    if not math.isfinite(value) or 0 < abs(value) < 0.0005:
        return f"{value:.1g}".replace("-", "−", 1) if value < 0 else f"{value:.1g}"
    return format_fixed(value, 3)


def whole(value: float) -> str:
    """Return a count with separators of thousands.

    >>> whole(12345.0)
    '12,345'
    """
    return f"{value:,.0f}"


def p_text(value: float) -> str:
    """Return three decimals where that says something, else the power of ten.

    >>> p_text(0.0312), p_text(2e-9), p_text(0.0), p_text(math.nan)
    ('0.031', '2e-09', '< 1e-300', '–')
    """
    if math.isnan(value):
        return "–"
    if value >= 0.0005:
        return f"{value:.3f}"
    return f"{value:.0e}" if value > 0 else "< 1e-300"


def in_bits(value: float) -> float:
    """Return nats as bits."""
    return value / math.log(2)


def ends(estimate: Estimate) -> tuple[float, float]:
    """Return the ends of the interval in bits; NaN where there is none."""
    interval = estimate.to("bits").interval
    return (math.nan, math.nan) if interval is None else (interval.low, interval.high)


def span(low: float, high: float) -> str | None:
    """Return an interval in words; None where an end is unknown.

    >>> span(0.00005, 0.0034)
    '0.000 to 0.003'
    """
    if math.isnan(low) or math.isnan(high):
        return None
    small = abs(low) < 0.0005 <= abs(high)  # beside its other end it is nothing
    return f"{'0.000' if small else three(low)} to {three(high)}"


def level_name(level: float) -> str:
    """Return the heading of a column of intervals.

    >>> level_name(0.95)
    '95 % interval'
    """
    return f"{100 * level:g} % interval"
