import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.figures.palette import N_LEVELS
from infoscope.figures.scales import (
    Bands,
    format_number,
    format_percent,
    linear_bands,
    log_bands,
    ticks,
)

numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(low=numbers, span=st.floats(1e-3, 1e9), n=st.integers(2, 9))
def test_ticks_are_inside_ascending_and_few(low, span, n):
    high = low + span
    at = ticks(low, high, n)
    assert 1 <= len(at) <= n + 1
    assert list(at) == sorted(set(at))
    slack = 1e-6 * span
    assert all(low - slack <= v <= high + slack for v in at)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6))
def test_tick_texts_differ(low, span):
    at = ticks(low, low + span)
    texts = [format_number(v, at) for v in at]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    "value, text",
    [
        (0.0, "0"), (-0.0, "0"), (12345.0, "12,345"), (0.5, "0.500"), (-1.25, "−1.25"),
        (math.inf, "∞"), (-math.inf, "−∞"), (math.nan, "n/a"), (1e-7, "1.00e-07"),
    ],
)  # fmt: skip
def test_format_number(value, text):
    assert format_number(value) == text


@pytest.mark.parametrize(
    "share, text",
    [
        (0.0, "0 %"), (1.0, "100 %"), (0.9999, ">99.9 %"), (0.997, "99.7 %"), (0.5, "50 %"),
        (0.0312, "3.1 %"), (0.00004, "<0.01 %"), (-0.012, "−1.2 %"), (math.nan, "n/a"),
    ],
)  # fmt: skip
def test_format_percent(share, text):
    assert format_percent(share) == text


@given(top=st.floats(1e-6, 1e6))
def test_linear_bands_are_even_and_reach_the_top(top):
    edges = linear_bands(top).edges
    assert len(edges) == N_LEVELS - 1
    assert edges[-1] >= top * (1 - 1e-9)
    assert edges[-1] <= 1.6 * top
    assert edges[-1] == pytest.approx(edges[0] * len(edges))


@given(top=st.floats(1e-4, 1e4))
def test_log_bands_are_one_two_five_below_the_top(top):
    edges = log_bands(top).edges
    assert len(edges) == N_LEVELS - 1
    assert edges[-1] <= top * (1 + 1e-9) < 2.5 * edges[-1] * (1 + 1e-9)
    assert all(round(e / 10 ** math.floor(math.log10(e) + 1e-9), 6) in (1, 2, 5) for e in edges)
    assert all(2 <= b / a <= 2.5000001 for a, b in itertools.pairwise(edges))


def test_levels_at_the_edges_and_beyond():
    bands = Bands(range(1, 9))
    assert [bands.level(v) for v in (-5, 0.999, 1, 7.5, 8, math.inf)] == [0, 0, 1, 7, 8, 8]
    assert bands.level(math.nan) == -1
    assert bands.levels([[-5, 0.999, 1], [7.5, math.inf, math.nan]]) == ((0, 0, 1), (7, 8, -1))


@pytest.mark.parametrize("top", [0.0, -1.0, math.inf, math.nan])
def test_bands_of_nothing_are_still_bands(top):
    assert len(linear_bands(top).edges) == len(log_bands(top).edges) == N_LEVELS - 1
