"""What the divergences and cross-entropies of label samples share: error bars and unseen symbols.

Each is a mean over the rows of x of local values that depend on the row's symbol alone.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.method import Floats, Raw
from infoscope.estimate.variables import Variable

__all__ = ["mean_over_symbols", "never_in_y", "seen_in_x"]


def seen_in_x(x: Variable, y: Variable) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Return which symbols x shows, and how often each of these occurs in x and in y."""
    seen = x.counts > 0
    return seen, x.counts[seen].astype(np.float64), y.counts[seen].astype(np.float64)


def never_in_y(b: Floats) -> int:
    """Return how many of these counts in y are 0."""
    return int(np.count_nonzero(b == 0))


def mean_over_symbols(
    x: Variable,
    seen: NDArray[np.bool_],
    local: Floats,
    from_y: float,
    *,
    nats: float | None = None,
    missing: int | None = None,
    notes: tuple[str, ...] = (),
) -> Raw:
    """Return the mean of `local` (nats, by seen symbol) over the rows of x, with its error bar.

    Parameters
    ----------
    x, seen : Variable, bool array
        The first sample and which of the symbols it shows.
    local : float array
        Local value of each symbol seen.
    from_y : float
        The delta method's variance of the mean that comes from y.
    nats : float, optional
        The mean, where it is known more exactly.
    missing : int, optional
        Symbols of x that y lacks; goes into the diagnostics.
    notes : tuple of str
        As in `Raw`.
    """
    p = x.counts[seen] / x.n
    mean = float(np.dot(p, local)) if nats is None else nats
    from_x = float(np.dot(p, (local - mean) ** 2)) / x.n
    assert x.codes is not None
    by_code = np.zeros(x.n_levels)
    by_code[seen] = local
    return Raw(
        nats=mean,
        per_sample=by_code[x.codes],
        stderr=math.sqrt(from_x + max(from_y, 0.0)),
        how="delta method",
        diagnostics={} if missing is None else {"missing_in_y": float(missing)},
        notes=notes,
    )
