"""Every compiled loop of counting gives what the same lines give in plain Python.

A compiler has its own rules for what overflows, divides by zero and rounds: the interpreter's
answer is the one that the lines promise.
"""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from infoscope.tables import code_store, counting_tasks, local_counts
from infoscope.tables.conditional import conditional_statistics
from infoscope.tables.conditional_counts import CodedTable
from infoscope.tables.contingency import statistics_of
from infoscope.tables.counting_plan import PLANS
from infoscope.tables.counts import all_pairs
from infoscope.tables.local_counts import LocalBackend

LEVELS = (3, 7, 1, 40, 2, 12)


def made(n: int, levels: tuple[int, ...] = LEVELS) -> list[np.ndarray]:
    rng = np.random.default_rng(n)
    return [rng.integers(0, k + 1, n).astype(np.int32) for k in levels]


def tables(codes: list[np.ndarray], plan: str | None) -> list[np.ndarray]:
    backend = LocalBackend(codes, LEVELS, plan=plan, threads=1)
    return [
        batch.dense(t, backend.levels)
        for batch in backend.pair_tables(all_pairs(len(LEVELS)))
        for t in range(len(batch.pairs))
    ]


@pytest.mark.parametrize("plan", [None, *PLANS])
@pytest.mark.parametrize("small", [False, True])
def test_counts_of_pairs(plan, small, interpreted, monkeypatch):
    if small:  # blocks, rounds and batches of a few rows
        for module, name, value in (
            (local_counts, "_BATCH_CELLS", 100), (local_counts, "_ROUND_CELLS", 300),
            (counting_tasks, "_FEW_ROWS", 64), (counting_tasks, "_BLOCK_CODES", 1),
            (counting_tasks, "_MOST_ROWS", 128), (counting_tasks, "_BIT_WORDS", 1),
            (counting_tasks, "_PACKED_CELLS", 500), (counting_tasks, "_SPARSE_ROWS", 100),
            (counting_tasks, "_SMALL_TABLE", 50), (code_store, "_BLOCK", 100),
        ):  # fmt: skip
            monkeypatch.setattr(module, name, value)
    codes = made(300)
    compiled = tables(codes, plan)
    with interpreted(_popcount=lambda word: int(word).bit_count()):
        plain = tables(codes, plan)
    assert all(np.array_equal(a, b) for a, b in zip(compiled, plain, strict=True))


def test_counts_of_triples(interpreted):
    codes, triples = made(300), np.array([[0, 1, 2], [4, 0, 5], [1, 0, 1]])

    def found():
        backend = LocalBackend(codes, LEVELS, threads=1)
        return [
            [batch.offsets, batch.left, batch.right, batch.stratum, batch.counts]
            for batch in backend.triple_tables(triples)
        ]

    compiled = found()
    with interpreted():
        plain = found()
    for one, other in zip(plain, compiled, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def equal(one: Any, other: Any) -> bool:
    """Whether two results hold the same numbers, to the last bit."""
    names = [field.name for field in fields(one)]
    return all(
        np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in names
    )


def test_random_tables_of_given_margins(interpreted):
    rng = np.random.default_rng(5)
    x = rng.integers(1, 4, 40)
    codes = [x.astype(np.int32), np.where(rng.random(40) < 0.5, x, 1).astype(np.int32)]
    backend = LocalBackend(codes, (3, 3), threads=1)
    (batch,) = backend.pair_tables(all_pairs(2))

    def found():
        return statistics_of(batch, np.array([3, 3]), level=0.95, seed=3, n_tests=1)

    compiled = found()
    with interpreted():
        assert equal(found(), compiled)
    assert 0 < compiled.p_value[0] < 0.2


def test_tables_in_strata(interpreted):
    rng = np.random.default_rng(6)
    x, y, z = (rng.integers(0, 4, 60).astype(np.int32) for _ in range(3))

    def found():
        tables = CodedTable([x], [3]).against([0], (z * 4 + y).astype(np.int32), 15)
        return conditional_statistics(tables, np.array([3]), 3)

    compiled = found()
    with interpreted():
        assert equal(found(), compiled)
    assert 0 < compiled.p_value[0] < 1
