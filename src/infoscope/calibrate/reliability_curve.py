"""The reliability of forecasts: in each bin, what was said, what happened, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from infoscope.calibrate.calibration_errors import (
    expected_calibration_error,
    squared_calibration_error,
)
from infoscope.calibrate.forecasts import Floats, read_forecasts, to_events
from infoscope.calibrate.partitions import partition
from infoscope.calibrate.rate_intervals import clopper_pearson, consistency_band, wilson
from infoscope.calibrate.reliability_diagram import draw_reliability
from infoscope.calibrate.scores import check_level
from infoscope.core.errors import UnknownName, sentence
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.figures import Figure

__all__ = ["Reliability", "reliability"]


@dataclass(frozen=True, slots=True, eq=False)
class Reliability(Shown):
    """What `reliability` returns: one entry a bin in each array, and the errors of the whole.

    `low`, `high` are the interval of the observed frequency; `band_low`, `band_high` the range in
    which it would fall if the forecasts were right.
    """

    of: str
    n: int
    binning: str
    level: float
    n_cases: Floats
    forecast: Floats
    observed: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats
    squared_error: Estimate
    expected_error: Estimate
    notes: tuple[str, ...]

    @property
    def n_outside(self) -> int:
        """How many bins lie outside of what right forecasts let expect."""
        return int(((self.observed < self.band_low) | (self.observed > self.band_high)).sum())

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row a bin (needs pandas)."""
        import pandas as pd

        return pd.DataFrame(self._columns())

    def _columns(self) -> dict[str, list[float]]:
        names = ("forecast", "observed", "low", "high", "band_low", "band_high")
        columns = {name: getattr(self, name).tolist() for name in names}
        return {"n_cases": self.n_cases.astype(int).tolist(), **columns}

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "of": self.of,
            "n": self.n,
            "binning": self.binning,
            "level": self.level,
            "bins": self._columns(),
            "squared_error": self.squared_error.to_dict(),
            "expected_error": self.expected_error.to_dict(),
            "notes": list(self.notes),
        }

    def figure(
        self, *, width: float = 480, before: Reliability | None = None, title: str = ""
    ) -> Figure:
        """Draw the reliability diagram: dots with intervals over the band of right forecasts.

        Parameters
        ----------
        width : float
            Width in pixels.
        before : Reliability, optional
            The same cases under other forecasts (before a recalibration), drawn as a hairline.
        title : str
            By default what it is the reliability of.
        """
        n_bins = len(self.observed)
        return draw_reliability(
            self._columns(),
            title=title or f"Reliability of {self.of}",
            description=(
                f"{self.n:,} cases in {n_bins} {'bin' if n_bins == 1 else 'bins'}. Shaded: where "
                f"right forecasts would fall; {self.n_outside} of the dots lie outside. Strokes: "
                f"{100 * self.level:g}% intervals; below: how many cases."
            ),
            width=width,
            x_label=f"probability of {self.of}, as said",
            before=None if before is None else before._columns(),
        )

    def __str__(self) -> str:
        head = f"reliability of {self.of} (n={self.n}, {len(self.observed)} {self.binning})"
        rows = ["  cases  forecast  observed  interval       if right"]
        rows += [
            f"  {count:5.0f}  {forecast:8.4f}  {observed:8.4f}  {low:.3f}–{high:.3f}  "
            f"{band_low:.3f}–{band_high:.3f}"
            for count, forecast, observed, low, high, band_low, band_high in zip(
                *self._columns().values(), strict=True
            )
        ]
        return "\n".join([head, *rows, f"  squared error  {self.squared_error.short()}"])


def reliability(
    probs: object,
    labels: object,
    *,
    of: str | int | None = None,
    bins: int | None = None,
    binning: Literal["auto", "distinct", "equal_mass", "equal_width", "isotonic"] = "equal_mass",
    classes: Sequence[object] | None = None,
    interval: float = 0.95,
    intervals_by: Literal["wilson", "clopper_pearson"] = "wilson",
) -> Reliability:
    """Compare what was forecast with what happened, bin by bin, with intervals.

    In bin g: mean forecast sum p_i / n_g against observed frequency sum y_i / n_g

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Forecasts.
    labels : array of shape (n,)
        Class numbers, or names listed in `classes`.
    of : "top_label", a class, or None
        What is judged; None: class 1 of two, the top label of more.
    bins : int, optional
        Number of bins; the cube root of n if not given.
    binning : {"equal_mass", "equal_width", "distinct", "auto", "isotonic"}
        How forecasts are grouped. "isotonic" finds the bins itself (a stable diagram), but from the
        labels, so that its intervals are too narrow.
    classes : sequence of length k, optional
        The label that each column stands for.
    interval : float in (0, 1)
        Level of intervals and band, for each bin by itself.
    intervals_by : {"wilson", "clopper_pearson"}
        Near the level on average, or at least the level always.

    Returns
    -------
    Reliability
        Arrays over the bins that are not empty, ascending, in probabilities; the unbiased
        `squared_error` and the usual `expected_error` of the same bins; `.figure()`.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType, UnknownName
        As `log_score`; also for a name that is no binning or interval.

    Notes
    -----
    About 1 - level of the bins leave the band of a perfect model by chance. Cost: O(nk + n log n).

    Source
    ------
    Bröcker & Smith, Increasing the reliability of reliability diagrams (2007); Wilson (1927);
    isotonic: Dimitriadis, Gneiting & Jordan (2021), equation 1.

    Examples
    --------
    >>> r = reliability([0.2] * 5 + [0.9] * 10, [1] + [0] * 4 + [1] * 8 + [0] * 2,
    ...                 binning="distinct")
    >>> r.forecast, r.observed
    (array([0.2, 0.9]), array([0.2, 0.8]))
    """
    function = "reliability"
    check_level(interval, function)
    makers = {"wilson": wilson, "clopper_pearson": clopper_pearson}
    if intervals_by not in makers:
        raise UnknownName(
            sentence(function, "intervals_by", f"be one of {list(makers)}", repr(intervals_by))
        )
    forecasts = read_forecasts(probs, labels, function=function, classes=classes)
    events = to_events(forecasts, of, function=function)
    two = events.as_forecasts()
    parts = partition(two, binning, bins, None, function=function)
    n, hits = parts.counts, parts.sums(events.happened.astype(np.float64))
    mean = parts.means(events.p)
    order = np.argsort(mean, kind="stable")
    n, hits, mean = n[order], hits[order], mean[order]
    low, high = makers[intervals_by](hits, n, interval)
    band_low, band_high = consistency_band(mean, n, interval)
    notes = [f"{100 * interval:g}% intervals ({intervals_by.replace('_', '-')}), for each bin"]
    if parts.fitted:
        notes.append("bins were found from the labels: the intervals are too narrow")
    squared = squared_calibration_error(
        events.p, events.happened, groups=parts.group, interval=interval
    )
    n_bins = 15 if bins is None else bins
    expected = expected_calibration_error(events.p, events.happened, bins=n_bins)
    return Reliability(
        events.name, forecasts.n, parts.how, interval, n, mean, hits / n, low, high, band_low,
        band_high, squared, expected, tuple(notes),
    )  # fmt: skip
