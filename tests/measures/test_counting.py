"""Counting integers equals numpy.unique, for every width, sign and range."""

from typing import Any

import numpy as np
import pytest

from infoscope.core.errors import WrongType
from infoscope.measures import rows
from infoscope.measures.counting import count_integers


@pytest.fixture(params=["compiled", "numpy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "compiled":
        pytest.importorskip("numba")
    size = 0 if request.param == "compiled" else 1 << 60
    monkeypatch.setattr(rows, "WARM", size)
    monkeypatch.setattr(rows, "COLD", size)
    return request.param


def check(x: np.ndarray) -> None:
    values, counts = count_integers(x)
    truth, truth_counts = np.unique(x, return_counts=True)
    assert values.dtype == x.dtype
    assert values.tolist() == truth.tolist()
    assert counts.tolist() == truth_counts.tolist()
    assert counts.dtype == np.int64


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
)
def test_every_width(dtype: Any) -> None:
    ends = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    low, high = max(ends.min, -3000), min(ends.max, 3000)
    check(rng.integers(low, high, 5000, dtype=dtype, endpoint=True))
    check(np.array([ends.min, ends.max, ends.max], dtype=dtype))
    check(np.full(10, ends.max, dtype=dtype))
    check(np.full(10, ends.min, dtype=dtype))


@pytest.mark.usefixtures("way")
def test_ranges_that_grow_and_ranges_that_are_too_wide() -> None:
    check(np.arange(20_000))
    check(np.arange(20_000)[::-1])
    check(np.concatenate([np.zeros(5000, dtype=int), np.arange(-7000, 7000)]))
    check(np.random.default_rng(0).integers(-(2**62), 2**62, 3000))
    check(np.array([0] * 4000 + [10**12]))
    check(np.arange(60).reshape(3, 4, 5))


def test_booleans_nothing_and_what_is_not_whole() -> None:
    check(np.array([True, False, True]))
    check(np.array([True]))
    assert [a.size for a in count_integers(np.zeros(0, dtype=int))] == [0, 0]
    with pytest.raises(WrongType, match="count_integers: x must hold integers; got dtype float64"):
        count_integers(np.array([1.0, 2.0]))
