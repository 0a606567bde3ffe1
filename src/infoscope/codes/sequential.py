"""The code length of a sequence that is learnt while it is coded: Krichevsky and Trofimov."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.checking import integers
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = ["krichevsky_trofimov"]


def krichevsky_trofimov(
    symbols: ArrayLike, n_symbols: int, *, prior: float = 0.5, unit: Unit = "nats"
) -> NDArray[np.float64]:
    """Return the ideal code length of each symbol, given the symbols before it and nothing else.

    l_i = -log((count of x_i before i + prior) / (i + prior k))

    Parameters
    ----------
    symbols : integer array of shape (n,)
        Each in 0 ... n_symbols - 1.
    n_symbols : int
        Size of the alphabet, k.
    prior : float
        Weight of each symbol before anything is seen: 1/2 is Krichevsky's and Trofimov's, 1 is
        Laplace's.
    unit : {"nats", "bits", "bans"}
        Unit of the lengths.

    Returns
    -------
    array of shape (n,)
        Finite and above 0 for k > 1. Their sum does not depend on the order of the symbols and lies
        above n H(x) by at most (k - 1) / 2 log n + log k for prior 1/2.

    Raises
    ------
    InvalidArgument
        If a symbol is outside the alphabet, k is below 1 or the prior is not above 0.
    WrongType
        If symbols are no integers.

    Notes
    -----
    Cost n log n. `AdaptiveModel` codes with these probabilities.

    Source
    ------
    Krichevsky and Trofimov (1981), IEEE Trans. Inf. Theory 27(2), equation 2.

    Examples
    --------
    >>> krichevsky_trofimov([0, 0, 1], 2, unit="bits").round(4).tolist()
    [1.0, 0.415, 2.585]
    """
    unit = check_unit(unit, "krichevsky_trofimov")
    s = integers(symbols, "krichevsky_trofimov", "symbols")
    if n_symbols < 1:
        raise InvalidArgument(
            sentence("krichevsky_trofimov", "n_symbols", "be at least 1", n_symbols)
        )
    if not (prior > 0 and np.isfinite(prior)):
        raise InvalidArgument(sentence("krichevsky_trofimov", "prior", "be above 0", prior))
    if s.size and (s.min() < 0 or s.max() >= n_symbols):
        raise InvalidArgument(
            sentence("krichevsky_trofimov", "symbols", f"lie in 0 to {n_symbols - 1}",
                     f"{s.min()} to {s.max()}")
        )  # fmt: skip
    order = np.argsort(s, kind="stable")
    ordered = s[order]
    fresh = np.flatnonzero(np.diff(ordered, prepend=-1))
    seen = np.empty(s.size, np.int64)  # how often the same symbol came before
    seen[order] = np.arange(s.size) - np.repeat(fresh, np.diff(fresh, append=s.size))
    before = np.arange(s.size)
    return from_nats(0.0 - np.log((seen + prior) / (before + prior * n_symbols)), unit)
