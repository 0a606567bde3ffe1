"""Every plan, thread number and batch size gives the counts of a plain loop, exactly."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument
from infoscope.tables import code_store, counting_tasks, local_counts
from infoscope.tables.counting_plan import BITS, PACKED, PLAIN, PLANS, SPARSE, choose
from infoscope.tables.counts import all_pairs
from infoscope.tables.local_counts import LocalBackend

LEVELS = (3, 7, 1, 40, 2, 12)


def make(n=500, levels=LEVELS, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, k + 1, n).astype(np.int32) for k in levels]


def by_hand(codes, levels, pairs):
    for i, j in pairs:
        table = np.zeros((levels[i] + 1, levels[j] + 1), np.int64)
        for a, b in zip(codes[i], codes[j], strict=True):
            table[a, b] += 1
        yield table


def dense(backend, pairs):
    batches = list(backend.pair_tables(pairs))
    got = np.concatenate([batch.pairs for batch in batches])
    assert np.array_equal(got, pairs), "pairs come in the order asked"
    for batch in batches:
        assert (batch.counts > 0).all(), "only cells that occur travel"
    return [batch.dense(t, backend.levels) for batch in batches for t in range(len(batch.pairs))]


@pytest.mark.parametrize("plan", [None, *PLANS])
@pytest.mark.parametrize("threads", [1, 2])
def test_each_plan_counts_like_a_plain_loop(plan, threads):
    codes, pairs = make(), all_pairs(len(LEVELS))
    backend = LocalBackend(codes, LEVELS, threads=threads, plan=plan)
    expected = by_hand(codes, LEVELS, pairs)
    assert all(np.array_equal(a, b) for a, b in zip(dense(backend, pairs), expected, strict=True))


@pytest.mark.parametrize("plan, kind", [("plain", PLAIN), ("bits", BITS), ("sparse", SPARSE)])
def test_asking_for_a_plan_uses_it(plan, kind):
    chosen = choose(all_pairs(6), np.array(LEVELS), 500, PLANS.index(plan))
    assert (chosen.how == kind).all()


def test_the_packed_plan_is_used_between_packs():
    levels = np.full(12, 9)
    chosen = choose(all_pairs(12), levels, 500, PACKED)
    inside = chosen.packing.pack[all_pairs(12)]
    assert ((chosen.how == PACKED) == (inside[:, 0] != inside[:, 1])).all()
    assert (chosen.how == PACKED).sum() > 30


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.sampled_from([1, 63, 64, 65, 200, 8200]),
    levels=st.lists(st.integers(1, 30), min_size=2, max_size=9),
)
def test_all_plans_agree_with_pandas(seed, n, levels):
    codes, pairs = make(n, levels, seed), all_pairs(len(levels))
    expected = [
        pd.crosstab(
            pd.Categorical(codes[i], range(levels[i] + 1)),
            pd.Categorical(codes[j], range(levels[j] + 1)),
            dropna=False,
        ).to_numpy()
        for i, j in pairs
    ]
    for plan in (None, *PLANS):
        got = dense(LocalBackend(codes, levels, threads=1, plan=plan), pairs)
        assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True)), plan


@pytest.mark.parametrize("plan", [None, *PLANS])
def test_blocks_rounds_and_batches_do_not_change_counts(monkeypatch, plan):
    codes, pairs = make(1000), all_pairs(len(LEVELS))
    expected = dense(LocalBackend(codes, LEVELS, plan=plan), pairs)
    for module, name, value in (
        (local_counts, "_BATCH_CELLS", 100), (local_counts, "_ROUND_CELLS", 300),
        (local_counts, "_WORTH_A_THREAD", 0), (counting_tasks, "_FEW_ROWS", 64),
        (counting_tasks, "_BLOCK_CODES", 1), (counting_tasks, "_MOST_ROWS", 128),
        (counting_tasks, "_BIT_WORDS", 1), (counting_tasks, "_PACKED_CELLS", 500),
        (counting_tasks, "_SPARSE_ROWS", 100), (counting_tasks, "_SMALL_TABLE", 50),
        (code_store, "_BLOCK", 100), (code_store, "_IN_MEMORY", 10),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    backend = LocalBackend(codes, LEVELS, plan=plan, threads=2)
    assert len(list(backend.pair_tables(pairs))) > 3
    got = dense(backend, pairs)
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))


def test_pairs_in_any_order_twice_and_of_a_column_with_itself():
    codes = make()
    pairs = np.array([[3, 0], [1, 1], [0, 3], [3, 0], [5, 4]])
    for plan in (None, *PLANS):
        got = dense(LocalBackend(codes, LEVELS, plan=plan), pairs)
        expected = by_hand(codes, LEVELS, pairs)
        assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True)), plan


def test_more_levels_than_sixteen_bits():
    n = 70_000
    ids = np.arange(1, n + 1, dtype=np.int32)
    half = (ids % 2 + 1).astype(np.int32)
    backend = LocalBackend([ids, half], [n, 2])
    (batch,) = backend.pair_tables(all_pairs(2))
    assert batch.counts.tolist() == [1] * n
    assert np.array_equal(batch.right[np.argsort(batch.left)], half)


def test_two_columns_of_many_levels_take_memory_for_the_rows_only():
    n = 100_000
    rng = np.random.default_rng(3)
    one, two = rng.integers(1, 60_001, n), rng.integers(1, 60_001, n)
    backend = LocalBackend([one, two], [60_000, 60_000])
    (batch,) = backend.pair_tables(all_pairs(2))
    keys, counts = np.unique(one * 60_001 + two, return_counts=True)
    assert np.array_equal(batch.left * 60_001 + batch.right, keys)
    assert np.array_equal(batch.counts, counts)


def test_level_counts_put_null_first():
    backend = LocalBackend([np.array([0, 2, 2, 1], np.int32)], [3])
    assert backend.level_counts()[0].tolist() == [1, 1, 2, 0]


@pytest.mark.parametrize("n", [0, 1])
def test_no_pairs_no_tables(n):
    assert list(LocalBackend([np.zeros(4, np.int32)] * n, [1] * n).pair_tables(all_pairs(n))) == []


@pytest.mark.parametrize("most", [2**22, 0])
def test_triples_and_their_strata(monkeypatch, most):
    monkeypatch.setattr(local_counts, "_TRIPLE_CELLS", most)
    codes = make(300)
    backend = LocalBackend(codes, LEVELS)
    triples = np.array([[0, 1, 4], [5, 0, 3], [1, 4, 2]])
    seen = 0
    for batch in backend.triple_tables(triples):
        tables, owner = batch.strata()
        strata = {}
        for t, k in enumerate(owner):
            strata.setdefault(int(k), []).append(tables.dense(t, backend.levels))
        for t, (x, y, z) in enumerate(batch.triples):
            assert batch.triples[t].tolist() == triples[seen].tolist()
            expected = np.zeros((LEVELS[x] + 1, LEVELS[y] + 1, LEVELS[z] + 1), np.int64)
            np.add.at(expected, (codes[x], codes[y], codes[z]), 1)
            assert np.array_equal(batch.dense(t, backend.levels), expected)
            filled = [expected[:, :, k] for k in range(1, LEVELS[z] + 1) if expected[:, :, k].any()]
            assert all(np.array_equal(a, b) for a, b in zip(strata[t], filled, strict=True))
            seen += 1
    assert seen == len(triples)


def test_combinations_beyond_sixty_four_bits_are_refused():
    backend = LocalBackend([np.ones(3, np.int64)] * 3, [2**31] * 3)
    with pytest.raises(InvalidArgument, match="fewer than 2\\^63 combinations"):
        list(backend.triple_tables(np.array([[0, 1, 2]])))


@pytest.mark.parametrize("threads", [0, -1, True])
def test_threads_must_be_positive(threads):
    with pytest.raises(InvalidArgument, match="threads must be at least 1"):
        LocalBackend([np.zeros(3, int)], [1], threads=threads)
