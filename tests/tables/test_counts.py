import numpy as np
import pytest

from infoscope.tables import local_counts
from infoscope.tables.counts import all_pairs
from infoscope.tables.local_counts import LocalBackend, count_plain


def make(n=500, levels=(3, 7, 1, 40), seed=1):
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, k + 1, n).astype(np.int32) for k in levels]
    return codes, LocalBackend(codes, levels)


def tables_by_hand(codes, levels, pairs):
    for i, j in pairs:
        table = np.zeros((levels[i] + 1, levels[j] + 1), np.int64)
        for a, b in zip(codes[i], codes[j], strict=True):
            table[a, b] += 1
        yield table


def test_compiled_counts_equal_a_plain_loop():
    levels = (3, 7, 1, 40)
    codes, backend = make(levels=levels)
    pairs = all_pairs(4)
    (batch,) = backend.pair_tables(pairs)
    for t, expected in enumerate(tables_by_hand(codes, levels, pairs)):
        assert np.array_equal(batch.dense(t, backend.levels), expected)


def test_sorting_gives_the_same_cells_as_the_compiled_loop():
    levels = (3, 7, 1, 40)
    codes, backend = make(levels=levels)
    (batch,) = backend.pair_tables(all_pairs(4))
    for t, (i, j) in enumerate(all_pairs(4)):
        left, right, counts = count_plain(codes[i], codes[j], levels[j])
        cells = slice(batch.offsets[t], batch.offsets[t + 1])
        assert np.array_equal(batch.left[cells], left)
        assert np.array_equal(batch.right[cells], right)
        assert np.array_equal(batch.counts[cells], counts)


def test_pairs_keep_their_order_when_batches_are_small(monkeypatch):
    monkeypatch.setattr(local_counts, "_BATCH_CELLS", 100)
    monkeypatch.setattr(local_counts, "_FULL_CELLS", 60)
    levels = (3, 700, 1, 40)
    codes, _ = make(n=20, levels=levels)
    backend = LocalBackend(codes, levels)
    batches = list(backend.pair_tables(all_pairs(4)))
    assert len(batches) > 2
    assert np.array_equal(np.concatenate([b.pairs for b in batches]), all_pairs(4))
    expected = list(tables_by_hand(codes, levels, all_pairs(4)))
    got = [b.dense(t, backend.levels) for b in batches for t in range(len(b.pairs))]
    assert all(np.array_equal(a, b) for a, b in zip(got, expected, strict=True))


def test_more_levels_than_sixteen_bits():
    n = 70_000
    ids = np.arange(1, n + 1, dtype=np.int32)
    half = (ids % 2 + 1).astype(np.int32)
    backend = LocalBackend([ids, half], [n, 2])
    (batch,) = backend.pair_tables(all_pairs(2))
    assert batch.counts.tolist() == [1] * n
    assert np.array_equal(batch.right[np.argsort(batch.left)], half)


def test_level_counts_put_null_first():
    backend = LocalBackend([np.array([0, 2, 2, 1], np.int32)], [3])
    assert backend.level_counts()[0].tolist() == [1, 1, 2, 0]


@pytest.mark.parametrize("n", [0, 1])
def test_no_pairs_no_tables(n):
    assert list(LocalBackend([np.zeros(4, np.int32)] * n, [1] * n).pair_tables(all_pairs(n))) == []
