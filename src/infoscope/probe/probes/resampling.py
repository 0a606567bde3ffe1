"""Bootstrap of means over test examples, or over whole groups of them, many columns at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.result import Estimate, Interval
from infoscope.core.units import UNITS, Unit

__all__ = ["Resamples", "check_level"]

_CELLS = 4_000_000  # drawn counts held at a time


def check_level(interval: float, *, function: str) -> float:
    """Return the level of intervals if it is one."""
    if not 0 < interval < 1:
        raise InvalidArgument(sentence(function, "interval", "lie between 0 and 1", interval))
    return float(interval)


class Resamples:
    """Counts of how often each unit (example or group) is drawn, the same for all quantities.

    Two quantities of the same examples are compared on the same draws, so that what they share
    cancels in their difference.
    """

    def __init__(
        self, n: int, groups: NDArray[np.int64] | None, rng: np.random.Generator, n_draws: int,
        *, drawn: str = "",
    ) -> None:  # fmt: skip
        self.n, self.n_draws = n, n_draws
        self._units = None
        if groups is not None:
            self._units = np.unique(groups, return_inverse=True)[1].reshape(-1)
        self.n_units = n if self._units is None else int(self._units.max()) + 1
        self._seed = int(rng.integers(2**63))
        self.how = "bootstrap over " + (
            drawn or ("test examples" if groups is None else "test groups")
        )

    def means(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return means over each draw: (n, c) -> (n_draws, c)."""
        sums, sizes = columns, np.ones(self.n)
        if self._units is not None:
            sums = np.zeros((self.n_units, columns.shape[1]))
            np.add.at(sums, self._units, columns)
            sizes = np.bincount(self._units, minlength=self.n_units).astype(np.float64)
        rng = np.random.default_rng(self._seed)
        out = np.empty((self.n_draws, columns.shape[1]))
        step = max(1, _CELLS // self.n_units)
        for first in range(0, self.n_draws, step):
            last = min(first + step, self.n_draws)
            drawn = rng.integers(self.n_units, size=(last - first, self.n_units))
            drawn += np.arange(last - first)[:, None] * self.n_units
            counts = np.bincount(drawn.ravel(), minlength=(last - first) * self.n_units)
            counts = counts.reshape(last - first, self.n_units).astype(np.float64)
            out[first:last] = (counts @ sums) / (counts @ sizes)[:, None]
        return out

    def estimate(
        self, quantity: str, column: NDArray[np.float64], *, unit: Unit | str, level: float,
        method: str, settings: dict[str, object] | None = None, notes: tuple[str, ...] = (),
        diagnostics: dict[str, float] | None = None,
    ) -> Estimate:  # fmt: skip
        """Return the mean of `column` (nats, or a plain share) with standard error and interval."""
        draws = self.means(column[:, None])[:, 0]
        return self.from_draws(
            quantity, float(column.mean()), draws, unit=unit, level=level, method=method,
            settings=settings, notes=notes, diagnostics=diagnostics,
        )  # fmt: skip

    def from_draws(
        self, quantity: str, value: float, draws: NDArray[np.float64], *, unit: Unit | str,
        level: float, method: str, settings: dict[str, object] | None = None,
        notes: tuple[str, ...] = (), diagnostics: dict[str, float] | None = None,
    ) -> Estimate:  # fmt: skip
        """Return an estimate whose draws are known; amounts of information come in nats."""
        tail = (1 - level) / 2
        low, high = (float(v) for v in np.quantile(draws, [tail, 1 - tail]))
        stderr = float(draws.std(ddof=1))
        scale = 1 / UNITS[unit] if unit in UNITS else 1.0
        return Estimate(
            quantity, value * scale, unit, stderr=stderr * scale,
            interval=Interval(low * scale, high * scale, level, self.how), method=method,
            n=self.n, settings=settings or {}, notes=notes, diagnostics=diagnostics or {},
        )  # fmt: skip
