"""Tables of all pairs of label columns against one histogram per pair."""

from itertools import combinations

import numpy as np
import pytest

from infoscope.estimate.kernels import pair_tables as module
from infoscope.estimate.kernels.pair_tables import pair_tables


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("n", [0, 1, 2, 1001])
def test_every_pair_once_and_equal_to_a_histogram(fast, n, monkeypatch):
    monkeypatch.setattr(module, "FAST", fast)
    rng = np.random.default_rng(n)
    levels = [2, 3, 2, 10, 10, 10, 300, 1, 128, 7]
    columns = [rng.integers(0, size, n) for size in levels]
    found = {(i, j): table for i, j, table in pair_tables(columns, levels)}
    assert set(found) == set(combinations(range(len(levels)), 2))
    for (i, j), table in found.items():
        flat = np.bincount(columns[i] * levels[j] + columns[j], minlength=levels[i] * levels[j])
        np.testing.assert_array_equal(table, flat.reshape(levels[i], levels[j]))
