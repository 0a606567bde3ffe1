"""Rankings that need rows and not only pairs: given other columns, and by gaps alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.result import Estimate, Interval
from infoscope.estimate import benjamini_hochberg
from infoscope.tables.conditional import conditional_statistics
from infoscope.tables.conditional_counts import CodedTable, join_codes
from infoscope.tables.contingency import statistics_of
from infoscope.tables.matrix import UNRELIABLE
from infoscope.tables.remote_table import RemoteCodes

__all__ = ["Found", "rank_by_gaps", "rank_given"]


@dataclass(frozen=True, slots=True)
class Found:
    """One column's information about a target: the parts of a `Ranked`."""

    column: int
    estimate: Estimate
    p_value: float
    q_value: float
    fraction: float


def rank_given(
    codes: Sequence[NDArray[Any]] | RemoteCodes, levels: Sequence[int], target: int,
    given: Sequence[int], *, level: float,
) -> list[Found]:  # fmt: skip
    """Return I(X; target | all of `given`) of every other column, in their order.

    `fraction` is the share of H(target | given) that the column takes away.
    """
    k = int(levels[target])
    others = [c for c in range(len(codes)) if c != target and c not in given]
    own = np.array([levels[c] for c in others], np.int64)
    if isinstance(codes, RemoteCodes):
        fixed, n_strata = codes.crossed(given, target)
        tables = codes.against(others, fixed, n_strata * (k + 1) + k)
    else:
        strata, n_strata = join_codes([np.asarray(codes[c], np.int32) for c in given])
        goal = strata * np.int32(k + 1) + np.asarray(codes[target], np.int32)
        table = CodedTable([codes[c] for c in others], own.tolist())
        tables = table.against(np.arange(len(others)), goal, n_strata * (k + 1) + k)
    got = conditional_statistics(tables, own, k, level=level, n_tests=len(others))
    q = benjamini_hochberg(got.p_value)
    found: list[Found] = []
    for t, column in enumerate(others):
        notes: list[str] = []
        if got.expected[t] > UNRELIABLE:
            notes.append(
                f"unreliable: independent columns with these counts would show "
                f"{got.expected[t]:.2f} nats on average"
            )
        if got.n[t] and not got.strata[t]:
            notes.append("nothing is left to tell: no stratum in which both columns vary")
        left = float(got.right_entropy[t])
        estimate = Estimate(
            "conditional mutual information", float(got.corrected[t]), "nats",
            stderr=float(got.stderr[t]), method="plugin minus E0, strata added",
            interval=Interval(
                float(got.low[t]), float(got.high[t]), level, "score, fixed margins"
            ),
            n=int(got.n[t]), notes=tuple(notes),
            diagnostics={
                "plugin": float(got.plugin[t]), "expected": float(got.expected[t]),
                "strata": float(got.strata[t]), "left": left,
            },
        )  # fmt: skip
        share = float(got.corrected[t]) / left if left > 0 else 0.0
        found.append(Found(column, estimate, float(got.p_value[t]), float(q[t]), share))
    return found


def rank_by_gaps(
    codes: Sequence[NDArray[Any]] | RemoteCodes, levels: Sequence[int], target: int, *, level: float
) -> list[Found]:
    """Return what being null tells about the target, for every other column that has nulls."""
    if isinstance(codes, RemoteCodes):
        missing = np.array([codes.level_counts(c)[0] for c in range(len(codes))])
    else:
        missing = np.array([column.size - np.count_nonzero(column) for column in codes])
    gappy = [c for c in np.flatnonzero(missing).tolist() if c != target]
    if not gappy:
        return []
    k = int(levels[target])
    if isinstance(codes, RemoteCodes):
        tables = codes.gaps(gappy, target)
    else:
        table = CodedTable([(codes[c] == 0).astype(np.uint8) + 1 for c in gappy], [2] * len(gappy))
        tables = table.against(np.arange(len(gappy)), np.asarray(codes[target], np.int32), k)
    both = np.append(np.full(len(gappy), 2), k)
    got = statistics_of(tables, both, level=level, seed=0, n_tests=len(gappy))
    q = benjamini_hochberg(got.p_value)
    found: list[Found] = []
    for t, column in enumerate(gappy):
        estimate = Estimate(
            "information of gaps", float(got.corrected[t]), "nats", stderr=float(got.stderr[t]),
            interval=Interval(
                float(got.low[t]), float(got.high[t]), level, "score, fixed margins"
            ),
            method="plugin minus E0", n=int(got.n[t]),
            diagnostics={
                "plugin": float(got.plugin[t]), "expected": float(got.expected[t]),
                "missing": float(missing[column]),
            },
        )  # fmt: skip
        whole = float(got.right_entropy[t])
        share = float(got.corrected[t]) / whole if whole > 0 else 0.0
        found.append(Found(column, estimate, float(got.p_value[t]), float(q[t]), share))
    return found
