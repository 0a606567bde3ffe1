"""Strategies that draw distributions, logits, joint tables and channels, zeros and all."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

__all__ = ["channels", "distributions", "joint_tables", "logits", "orders", "pairs"]

_Array = np.ndarray[Any, Any]


def distributions(
    k: int | None = None, *, zeros: bool = True, least: float = 1e-6
) -> st.SearchStrategy[_Array]:
    """Draw a distribution over `k` outcomes (2 to 8 if not given).

    With `zeros`, some outcomes may be impossible; those that are possible have a weight of at
    least `least` before they are normalised, so that identities can be asked for to many digits.
    """
    sizes = st.integers(2, 8) if k is None else st.just(k)
    weight = st.floats(least, 1.0)
    if zeros:
        weight = st.one_of(weight, weight, st.just(0.0))
    return sizes.flatmap(
        lambda n: st.lists(weight, min_size=n, max_size=n).filter(any).map(_normalised)
    )


def pairs(
    k: int | None = None, *, zeros: bool = True, least: float = 1e-6
) -> st.SearchStrategy[tuple[_Array, _Array]]:
    """Draw two distributions over the same outcomes."""
    sizes = st.integers(2, 8) if k is None else st.just(k)
    return sizes.flatmap(
        lambda n: st.tuples(
            distributions(n, zeros=zeros, least=least), distributions(n, zeros=zeros, least=least)
        )
    )


def logits(k: int | None = None, *, largest: float = 30.0) -> st.SearchStrategy[_Array]:
    """Draw unnormalised log-probabilities between -largest and largest."""
    sizes = st.integers(2, 8) if k is None else st.just(k)
    value = st.floats(-largest, largest)
    return sizes.flatmap(lambda n: st.lists(value, min_size=n, max_size=n).map(np.array))


def joint_tables(
    shape: tuple[int, ...] | None = None, *, n_variables: int = 2, zeros: bool = True
) -> st.SearchStrategy[_Array]:
    """Draw a joint table of the given shape, or of `n_variables` axes of 2 to 4 values each."""
    sizes = st.lists(st.integers(2, 4), min_size=n_variables, max_size=n_variables).map(tuple)
    shapes = sizes if shape is None else st.just(shape)
    return shapes.flatmap(
        lambda s: distributions(int(np.prod(s)), zeros=zeros).map(lambda p: p.reshape(s))
    )


def channels(
    n_in: int, n_out: int | None = None, *, zeros: bool = True
) -> st.SearchStrategy[_Array]:
    """Draw a channel: a matrix whose `n_in` rows are distributions over `n_out` values."""
    sizes = st.integers(1, 5) if n_out is None else st.just(n_out)
    return sizes.flatmap(
        lambda n: st.lists(distributions(n, zeros=zeros), min_size=n_in, max_size=n_in).map(
            np.stack
        )
    )


def orders(low: float = 0.0, high: float = 20.0) -> st.SearchStrategy[float]:
    """Draw an order of a Rényi or Tsallis measure, the delicate ones often."""
    delicate = [a for a in (0.0, 0.5, 1 - 1e-9, 1.0, 1 + 1e-9, 2.0) if low <= a <= high]
    return st.one_of(st.sampled_from(delicate), st.floats(low, high))


def _normalised(weights: list[float]) -> _Array:
    array = np.array(weights)
    return array / array.sum()
