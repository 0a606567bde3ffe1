"""Send large matrices to the compiled row kernels, when numba is there and the size repays it."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy as np

from infoscope.core.arrays import Array
from infoscope.core.extras import is_installed

__all__ = ["cross_entropy", "entropy", "kl_divergence", "repays"]

#: Entries from which the compiled loops win: when numba is loaded already, and when it is not
#: (importing it and fetching the compiled code costs about as much as this many logarithms).
WARM, COLD = 1 << 16, 1 << 25

_KERNELS = "infoscope.measures.row_kernels"


def entropy(p: Array, *, tolerances: tuple[float, ...]) -> Array | None:
    """Return the entropy of each row in nats, or None for what NumPy should do."""
    if not repays(p.size) or not _fits(p):
        return None
    kernels: Any = importlib.import_module(_KERNELS)
    out = np.empty(p.shape[:-1])
    done = kernels.entropy(_matrix(p), tolerances[0], out.reshape(-1))
    return out + 0.0 if done else None  # the kernels do not know -0.0 from +0.0


def cross_entropy(p: Array, q: Array, *, tolerances: tuple[float, ...]) -> Array | None:
    """Return the cross-entropy of each pair of rows in nats, or None for what NumPy should do."""
    return _pair("cross_entropy", p, q, tolerances)


def kl_divergence(p: Array, q: Array, *, tolerances: tuple[float, ...]) -> Array | None:
    """Return KL(p‖q) of each pair of rows in nats, or None for what NumPy should do."""
    return _pair("kl_divergence", p, q, tolerances)


def repays(size: int) -> bool:
    """Say whether an array of `size` entries is worth the compiled way, and numba is there."""
    if "numba" in sys.modules:
        return size >= WARM
    return size >= COLD and is_installed("numba")


def _pair(name: str, p: Array, q: Array, tolerances: tuple[float, ...]) -> Array | None:
    """Run a kernel of two matrices of one precision and one shape; one of them may be a row."""
    larger = p if p.ndim >= q.ndim else q
    if not (repays(larger.size) and _fits(p) and _fits(q) and p.dtype == q.dtype):
        return None
    if any(array.shape != larger.shape and array.size != larger.shape[-1] for array in (p, q)):
        return None
    kernel: Any = getattr(importlib.import_module(_KERNELS), name)
    out = np.empty(larger.shape[:-1])
    done = kernel(_matrix(p), _matrix(q), *tolerances, out.reshape(-1))
    return out + 0.0 if done else None


def _fits(array: Array) -> bool:
    kind = array.dtype.char in "fd" and array.dtype.isnative
    return bool(array.flags.c_contiguous and kind and array.size)


def _matrix(array: Array) -> Array:
    return array.reshape(-1, array.shape[-1])
