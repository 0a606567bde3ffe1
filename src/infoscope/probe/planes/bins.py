"""Binning: activations cut into bins, which is a choice of width and no noise of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.planes.cloud import LayerSample, merge_rows
from infoscope.probe.planes.noise_models import Measured
from infoscope.probe.planes.noisy_cloud import Reading
from infoscope.probe.representations.matrices import Floats, check_positive

__all__ = ["Binning"]


@dataclass(frozen=True, slots=True)
class Binning:
    """No noise at all: every unit is cut into bins, and the tuple of bins is taken for T.

    I(X;T) = H(bins of T), I(T;Y) = H(bins of T) - H(bins of T | Y)

    Parameters
    ----------
    n_bins : int, optional
        Bins of equal width between `low` and `high`; without these, between the smallest and the
        largest activation of the layer at that moment, so that the width changes as it learns.
    low, high : float, optional
        Range of a bounded activation function: -1 and 1 for tanh. An activation outside is refused.
    width : float, optional
        Instead of `n_bins`: bins [k width, (k + 1) width) for every whole k, without ends.
    quantiles : int, optional
        Instead: this many bins of equal mass over all units of the layer at that moment.

    Notes
    -----
    Exact for the bins, and arbitrary as they are: the value depends on the width as much as on the
    network (between log 1 and H(X) for one and the same network). It says how the activations lie
    in space, not what they hold. The edges used are in `settings`.

    Source
    ------
    Shwartz-Ziv and Tishby (2017), who use 30 bins on [-1, 1]; Saxe et al. (2018) on what it means.

    Examples
    --------
    >>> cloud = merge_rows(np.array([[-0.9], [-0.8], [0.9]]), np.eye(3) / 3)
    >>> model = Binning(n_bins=2, low=-1, high=1)
    >>> model.name
    'binning, 2 bins of width 1 on [-1, 1]'
    >>> round(model.measure(LayerSample(cloud)).of_input.value, 6)
    0.636514
    """

    n_bins: int | None = None
    low: float | None = None
    high: float | None = None
    width: float | None = None
    quantiles: int | None = None

    def __post_init__(self) -> None:
        given = [n for n in ("n_bins", "width", "quantiles") if getattr(self, n) is not None]
        if len(given) != 1:
            raise InvalidArgument(
                sentence("Binning", "n_bins", "be given, or width, or quantiles: one of the three",
                         " and ".join(given) or "none")
            )  # fmt: skip
        for argument in ("n_bins", "quantiles"):
            value = getattr(self, argument)
            if value is not None and (isinstance(value, bool) or int(value) != value or value < 1):
                raise InvalidArgument(
                    sentence("Binning", argument, "be a whole number of at least 1", value)
                )
        if self.width is not None:
            check_positive(self.width, "Binning", "width")
        if (self.low is None) != (self.high is None) or (
            self.low is not None and (self.n_bins is None or not self.low < _some(self.high))
        ):
            raise InvalidArgument(
                sentence("Binning", "low", "lie below high, both beside n_bins",
                         f"low={self.low}, high={self.high}, n_bins={self.n_bins}")
            )  # fmt: skip

    @property
    def name(self) -> str:
        """The bins, with their width where it is fixed."""
        if self.width is not None:
            return f"binning, width {self.width:g}"
        if self.quantiles is not None:
            return f"binning, {self.quantiles} bins of equal mass"
        if self.low is None:
            return f"binning, {self.n_bins} bins between smallest and largest"
        step = (_some(self.high) - self.low) / _some(self.n_bins)
        return f"binning, {self.n_bins} bins of width {step:.3g} on [{self.low:g}, {self.high:g}]"

    def measure(self, layer: LayerSample) -> Measured:
        """Return the entropy of the bins, and their exact information on the label."""
        bins, settings = self._bins(layer.cloud.points)
        cut = merge_rows(bins, layer.cloud.joint)
        settings["n_distinct"] = len(cut.points)
        return Measured(
            Reading(cut.point_entropy, 0.0, how="exact for these bins"),
            Reading(cut.label_information, 0.0, how="exact for these bins"),
            "binning",
            settings,
            ("A value of the bins, not of the network: another width gives another value.",),
        )

    def _bins(self, points: Floats) -> tuple[Floats, dict[str, object]]:
        if self.width is not None:
            return np.floor(points / self.width), {"width": self.width}
        if self.quantiles is not None:
            inner = np.arange(1, self.quantiles) / self.quantiles
            edges = np.unique(np.quantile(points, inner)) if inner.size else np.empty(0)
            bins = np.searchsorted(edges, points.ravel(), side="right").reshape(points.shape)
            return bins.astype(np.float64), {"edges": tuple(edges.tolist())}
        n = _some(self.n_bins)
        low, high = float(points.min()), float(points.max())
        if self.low is not None:
            outside = low if low < self.low else high
            if low < self.low or high > _some(self.high):
                raise InvalidArgument(
                    sentence("Binning", "low and high", "enclose every activation",
                             f"{outside:g} beside [{self.low:g}, {self.high:g}]",
                             "Give the range of the activation function, or width=.")
                )  # fmt: skip
            low, high = self.low, _some(self.high)
        step = (high - low) / n
        settings: dict[str, object] = {"n_bins": n, "width": step, "low": low, "high": high}
        if step == 0:
            return np.zeros_like(points), settings
        return np.minimum(np.floor((points - low) / step), n - 1.0), settings  # high: last bin


def _some(value: Any) -> Any:
    assert value is not None
    return value
