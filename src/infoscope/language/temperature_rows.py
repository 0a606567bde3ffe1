"""Reduce rows of logits at many temperatures at once, while they are in the cache.

With b = 1/T, z shifted by its maximum and s(b) = sum exp(b z): nll = ln s - b z_y, the entropy is
ln s - b <z>, and the mean <z> and variance of z under exp(b z)/s are the first two derivatives of
ln s. So one pass gives values, slopes and curvatures of the whole curve. T = 0 and T = inf are the
limits themselves: the likeliest token (ties evenly), and all tokens evenly.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["TemperatureRows", "reduce_rows"]

_REDUCE_BYTES = 2_000_000  # rows reduced together: fit the second-level cache


@dataclass(frozen=True, slots=True, eq=False)
class TemperatureRows:
    """What the rows say at each temperature: one row a place, one column a temperature.

    Attributes
    ----------
    surprisal, entropy : ndarray of float64, shape (n, k)
        Nats.
    energy : ndarray of float64, shape (n, k)
        Mean of z under the tempered row, less z of the target: d surprisal / d(1/T).
    variance : ndarray of float64, shape (n, k)
        Variance of z under the tempered row: d energy / d(1/T), and dH/dT times T cubed.
    """

    surprisal: NDArray[np.float64]
    entropy: NDArray[np.float64]
    energy: NDArray[np.float64]
    variance: NDArray[np.float64]

    @classmethod
    def empty(cls, n: int, k: int) -> TemperatureRows:
        """Return columns to be filled."""
        return cls(*(np.empty((n, k)) for _ in range(4)))


@torch.inference_mode()
def reduce_rows(
    rows: torch.Tensor, targets: NDArray[np.int64], temperatures: Sequence[float],
    out: TemperatureRows, place: int = 0,
) -> None:  # fmt: skip
    """Fill `out` from row `place` on; `rows` (n, v) of float32 or float64 may be overwritten."""
    group = max(1, _REDUCE_BYTES // (rows.element_size() * rows.shape[1]))
    for first in range(0, len(rows), group):
        z = rows[first : first + group]
        goal = torch.from_numpy(targets[first : first + len(z)]).unsqueeze(1)
        at = slice(place + first, place + first + len(z))
        _reduce(z, goal, temperatures, out, at)


def _reduce(
    z: torch.Tensor, goal: torch.Tensor, temperatures: Sequence[float], out: TemperatureRows,
    at: slice,
) -> None:  # fmt: skip
    z.sub_(z.amax(-1, keepdim=True))
    reached = z.gather(1, goal)[:, 0].double()
    possible = z > -math.inf
    whole = bool(possible.all())
    if not whole:
        z = torch.where(possible, z, 0.0)  # weighed by 0 below, so that 0 times inf never occurs
    e = torch.empty_like(z)
    for k, temperature in enumerate(temperatures):
        if temperature == 0.0:
            ties = ((z == 0.0) & possible).sum(-1).double()
            out.entropy[at, k] = ties.log().numpy()
            out.surprisal[at, k] = torch.where(reached == 0.0, ties.log(), math.inf).numpy()
            out.energy[at, k], out.variance[at, k] = (-reached).numpy(), 0.0
            continue
        b = 1.0 / temperature
        torch.exp(torch.mul(z, b, out=e), out=e)
        if not whole:
            e.mul_(possible)
        total = e.sum(-1).double()
        mean = e.mul_(z).sum(-1).double() / total
        square = e.mul_(z).sum(-1).double() / total
        log_total = total.log()
        out.entropy[at, k] = (log_total - b * mean).numpy()
        lost = b * reached if b else torch.where(reached == -math.inf, reached, 0.0)
        out.surprisal[at, k] = (log_total - lost).numpy()
        out.energy[at, k] = (mean - reached).numpy()
        out.variance[at, k] = (square - mean * mean).numpy()
