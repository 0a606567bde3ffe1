import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.tables.bins import default_bins, equal_frequency_edges, place


def test_distinct_values_split_evenly():
    values = np.arange(1000.0)
    edges = equal_frequency_edges(values, 10)
    assert np.bincount(place(values, edges))[1:].tolist() == [100] * 10


@given(
    st.lists(st.integers(-5, 5) | st.integers(-1000, 1000), min_size=1, max_size=80),
    st.integers(1, 12),
)
def test_bins_hold_all_values_in_order_and_split_no_ties(values, k):
    values = np.sort(np.array(values))
    edges = equal_frequency_edges(values, k)
    codes = place(values, edges)
    assert (np.diff(codes) >= 0).all()
    assert set(codes) == set(range(1, edges.size)), "no bin is empty, none beyond the edges"
    assert edges.size - 1 <= k
    for value in set(values.tolist()):
        assert len(set(codes[values == value].tolist())) == 1
    assert (edges[0], edges[-1]) == (values[0], values[-1])
    for bin_, (low, high) in enumerate(itertools.pairwise(edges), start=1):
        inside = values[codes == bin_]
        assert inside.min() >= low
        assert inside.max() < high or (bin_ == edges.size - 1 and inside.max() == high)


def test_heavy_ties_give_fewer_bins():
    values = np.sort(np.r_[np.zeros(950), np.arange(1.0, 51.0)])
    codes = place(values, equal_frequency_edges(values, 10))
    assert np.bincount(codes)[1:].tolist() == [950, 50]


def test_values_beyond_frozen_edges_go_to_the_outermost_bins():
    assert place(np.array([-np.inf, 99.0]), np.array([0.0, 1.0, 2.0])).tolist() == [1, 2]


@pytest.mark.parametrize(
    "n, bins", [(2, 5), (125, 5), (512, 8), (1000, 10), (32_768, 32), (10**9, 32)]
)
def test_default_number_of_bins(n, bins):
    assert default_bins(n) == bins
