"""Tables of all pairs of label columns against one histogram per pair."""

from itertools import combinations

import numpy as np
import pytest

from infoscope.estimate import mutual_information
from infoscope.estimate.kernels import pair_tables as module
from infoscope.estimate.kernels.pair_tables import information_matrix, pair_tables


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


def test_the_matrix_is_the_plug_in_value_of_each_pair():
    rng = np.random.default_rng(0)
    hidden = rng.integers(0, 4, 500)
    columns = [np.where(rng.random(500) < 0.5, hidden, rng.integers(0, 4, 500)) for _ in range(5)]
    values = information_matrix(columns, [4] * 5)
    assert np.isnan(np.diag(values)).all()
    np.testing.assert_array_equal(values, values.T)
    for i, j in combinations(range(5), 2):
        one = mutual_information(columns[i], columns[j], method="plugin", interval=None)
        assert values[i, j] == pytest.approx(one.value, abs=1e-12)
