"""The loops of the codes, in plain Python that numba can compile: merging, and reading bit by bit.

`loops_for(n)` gives the compiled ones where they pay: with numba, and enough work.
"""
# pyright: basic, reportPossiblyUnboundVariable=false

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from infoscope.core.extras import is_installed

__all__ = ["loops_for", "merge_depths", "read_integers"]

#: Below this many items plain Python is done before the compiled code is loaded.
WORTH_COMPILING = 3000

#: The largest integer that is read.
LIMIT = 2**63 - 1
GAMMA, DELTA, OMEGA, GOLOMB, FIBONACCI = 0, 1, 2, 3, 4


def merge_depths(weights: Any, arity: int) -> Any:
    """Return the depth of each leaf in the tree that merges the `arity` lightest again and again.

    `weights` ascend, n - 1 is a multiple of arity - 1. New nodes are made in ascending order too,
    so two queues replace the heap; on ties leaves go first, which keeps the tree shallow.
    """
    n = weights.shape[0]
    n_inner = (n - 1) // (arity - 1)
    inner = np.zeros(n_inner + 1, np.float64)
    parent = np.zeros(n + n_inner, np.int64)
    leaf, node = 0, 0
    for made in range(n_inner):
        total = 0.0
        for _ in range(arity):
            if leaf < n and (node >= made or weights[leaf] <= inner[node]):
                total += weights[leaf]
                parent[leaf] = made
                leaf += 1
            else:
                total += inner[node]
                parent[n + node] = made
                node += 1
        inner[made] = total
    depth = np.zeros(n + n_inner, np.int64)
    for i in range(n + n_inner - 2, -1, -1):  # the last node made is the root
        depth[i] = depth[n + parent[i]] + 1
    return depth[:n]


def read_integers(blob: Any, n: int, code: int, parameter: int, out: Any) -> tuple[int, int]:
    """Read n integers into `out`; return (how many were read, bits used).

    `blob` is a list of bytes in plain Python, whose integers do not wrap, and an array compiled.

    Fewer than n were read where the bits end inside a codeword or make an integer above 2^63 - 1.
    """
    size = 8 * len(blob)
    at = 0
    width = 0
    while (1 << width) < parameter:
        width += 1
    short = (1 << width) - parameter  # so many remainders need one bit less (truncated binary)
    for i in range(n):
        value = 1
        if code == FIBONACCI:
            value, a, b, last = 0, 1, 2, 0
            while True:
                if at >= size:
                    return i, at
                bit = (blob[at >> 3] >> (7 - (at & 7))) & 1
                at += 1
                if bit and last:
                    break
                if bit:
                    if a < 0 or value > LIMIT - a:
                        return i, at
                    value += a
                last = bit
                following = a + b if 0 <= a <= LIMIT - b and b > 0 else -1
                a, b = b, following
        elif code == OMEGA:
            while True:
                if at >= size:
                    return i, at
                bit = (blob[at >> 3] >> (7 - (at & 7))) & 1
                at += 1
                if not bit:
                    break
                if value > 62 or at + value > size:
                    return i, at
                length = value
                value = 1
                for _ in range(length):
                    value = 2 * value + ((blob[at >> 3] >> (7 - (at & 7))) & 1)
                    at += 1
        else:
            zeros = 0
            while True:
                if at >= size:
                    return i, at
                bit = (blob[at >> 3] >> (7 - (at & 7))) & 1
                at += 1
                if bit:
                    break
                zeros += 1
            if code == GOLOMB:
                value, length = 0, width
                if zeros > (LIMIT - parameter) // parameter:
                    return i, at
                if width and at + width - 1 > size:
                    return i, at
                for _ in range(max(width - 1, 0)):
                    value = 2 * value + ((blob[at >> 3] >> (7 - (at & 7))) & 1)
                    at += 1
                if width and value >= short:
                    if at >= size:
                        return i, at
                    value = 2 * value + ((blob[at >> 3] >> (7 - (at & 7))) & 1) - short
                    at += 1
                value += zeros * parameter
            else:
                if zeros > 62 or at + zeros > size:
                    return i, at
                for _ in range(zeros):
                    value = 2 * value + ((blob[at >> 3] >> (7 - (at & 7))) & 1)
                    at += 1
                if code == DELTA:
                    length = value - 1
                    if length > 62 or at + length > size:
                        return i, at
                    value = 1
                    for _ in range(length):
                        value = 2 * value + ((blob[at >> 3] >> (7 - (at & 7))) & 1)
                        at += 1
        out[i] = value
    return n, at


@cache
def _compiled() -> ModuleType:
    return importlib.import_module("infoscope.codes.compiled_loops")


def loops_for(n: int) -> Any:
    """Return the namespace of loops to use for work on n items: compiled or plain."""
    if n >= WORTH_COMPILING and is_installed("numba"):
        return _compiled()
    return SimpleNamespace(merge_depths=merge_depths, read_integers=read_integers)
