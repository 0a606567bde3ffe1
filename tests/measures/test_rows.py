"""The compiled row kernels and the NumPy blocks give the same numbers and the same errors."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import infoscope as info
from infoscope.core import distribution
from infoscope.core.errors import NotADistribution
from infoscope.measures import rows

pytest.importorskip("numba")

ONE = {"entropy": info.entropy}
TWO = {"cross_entropy": info.cross_entropy, "kl_divergence": info.kl_divergence}


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send even the smallest array to the kernels."""
    monkeypatch.setattr(rows, "WARM", 0)
    monkeypatch.setattr(rows, "COLD", 0)


def matrix(n: int, k: int, dtype: Any, seed: int = 0, zeros: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    p = rng.gamma(0.5, size=(n, k)) + 1e-9
    p[rng.random((n, k)) < zeros] = 0
    p[:, 0] += 1e-3
    return (p / p.sum(axis=1, keepdims=True)).astype(dtype)


def the_numpy_way(f: Callable[..., Any], *arrays: np.ndarray) -> np.ndarray:
    """A mask that keeps all is never sent to the kernels."""
    return f(*arrays, where=np.ones(arrays[0].shape[-1], dtype=bool))


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("k", [1, 2, 255, 256, 257, 1000])
def test_kernels_agree_with_numpy(dtype: Any, tolerance: float, k: int) -> None:
    p, q = matrix(5, k, dtype, 1, zeros=0.2), matrix(5, k, dtype, 2)
    for name, f in ONE.items():
        got = getattr(rows, name)(p, tolerances=(1e-3,))
        np.testing.assert_allclose(got, the_numpy_way(f, p), rtol=tolerance, atol=1e-15)
        np.testing.assert_allclose(f(p), the_numpy_way(f, p), rtol=tolerance, atol=1e-15)
    for name, f in TWO.items():
        for left, right in ((p, q), (p, q[0]), (p[0], q), (p, q[:1])):
            got = getattr(rows, name)(left, right, tolerances=(1e-3, 1e-3))
            truth = the_numpy_way(f, left, right)
            np.testing.assert_allclose(got, truth, rtol=tolerance, atol=1e-13)


@pytest.mark.usefixtures("compiled")
def test_single_precision_rows_are_right_to_a_millionth() -> None:
    """Against doubles; also where one outcome is all but sure and the entropy is tiny."""
    p = matrix(50, 5000, np.float32)
    exact = the_numpy_way(info.entropy, p.astype(np.float64) / p.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(info.entropy(p), exact, rtol=1e-6)
    sharp = np.zeros((3, 400), dtype=np.float32)
    sharp[:, 7] = 1 - np.array([1e-3, 1e-5, 2.0**-23], dtype=np.float32)
    sharp[:, 9] = 1 - sharp[:, 7]
    np.testing.assert_allclose(
        info.entropy(sharp), the_numpy_way(info.entropy, sharp.astype(np.float64)), rtol=1e-6
    )


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edges_in_the_kernels(dtype: Any) -> None:
    p = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]], dtype=dtype)
    q = np.array([[0.5, 0.25, 0.25], [0.5, 0, 0.5], [0.5, 0.5, 0]], dtype=dtype)
    log2 = np.log(2)
    assert info.entropy(p).tolist() == pytest.approx([0, log2, 0], rel=1e-6)
    assert np.signbit(info.entropy(p)).tolist() == [False] * 3
    assert info.cross_entropy(p, q).tolist() == pytest.approx([log2, np.inf, log2], rel=1e-6)
    assert info.kl_divergence(p, q).tolist() == pytest.approx([log2, np.inf, log2], rel=1e-6)
    smallest = np.array([[1, np.finfo(dtype).smallest_subnormal]], dtype=dtype)
    half = np.array([[0.5, 0.5]], dtype=dtype)
    for f in TWO.values():  # the logarithm of a number below the normal range
        np.testing.assert_allclose(f(half, smallest), the_numpy_way(f, half, smallest), rtol=1e-6)
    np.testing.assert_allclose(info.entropy(smallest), [0.0], atol=1e-30)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("fault, message", [(np.nan, "hold no NaN"), (-0.25, "be non-negative"),
                                            (0.9, "sum to 1"), (np.inf, "sum to 1")])  # fmt: skip
def test_the_kernels_notice_every_fault(fault: float, message: str) -> None:
    p = matrix(4, 300, np.float32)
    bad = p.copy()
    bad[2, 299] = fault
    with pytest.raises(NotADistribution, match=rf"entropy: p must {message}.*\(2,"):
        info.entropy(bad)
    for name, f in TWO.items():
        with pytest.raises(NotADistribution, match=f"{name}: p must {message}"):
            f(bad, p)
        with pytest.raises(NotADistribution, match=f"{name}: q must {message}"):
            f(p, bad)


@pytest.mark.usefixtures("compiled")
def test_a_negative_number_early_in_a_long_row_is_seen_though_the_sum_is_right() -> None:
    p = matrix(3, 1000, np.float64)
    bad = p.copy()
    bad[1, 7] -= bad[1, 5] + bad[1, 7] + 0.1  # -0.1 and less, in the first block of the kernels
    bad[1, 5] += 1 - bad[1].sum()
    for work in (lambda: info.entropy(bad), lambda: info.kl_divergence(bad, p),
                 lambda: info.kl_divergence(p, bad)):  # fmt: skip
        with pytest.raises(NotADistribution, match=r"must be non-negative.*\(1, 7\)"):
            work()


@pytest.mark.usefixtures("compiled")
def test_what_the_kernels_decline_is_done_all_the_same() -> None:
    p = matrix(4, 30, np.float64)
    truth = the_numpy_way(info.entropy, p)
    for same in (np.asfortranarray(p), p.astype(">f8"), p[:, ::-1], p.tolist()):
        np.testing.assert_allclose(info.entropy(same), truth, rtol=1e-13)
    np.testing.assert_allclose(info.entropy(p.T.copy(), axis=0), truth, rtol=1e-13)
    negative_zero = np.array([[1.0, -0.0]])
    assert info.entropy(negative_zero).tolist() == [0.0]
    mixed = info.kl_divergence(p, p.astype(np.float32))
    assert np.abs(mixed).max() < 1e-7


def test_blocks_cover_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "WARM", sys.maxsize)
    p = np.random.default_rng(0).dirichlet(np.ones(3), (5, 1, 4))
    q = np.random.default_rng(1).dirichlet(np.ones(3), (7, 1))
    whole = info.kl_divergence(p, q)
    for size in (1, 10, 50):
        monkeypatch.setattr(distribution, "BLOCK", size)
        np.testing.assert_array_equal(info.kl_divergence(p, q), whole)
        masked = info.kl_divergence(p, q, where=np.ones((7, 1, 3), dtype=bool))
        np.testing.assert_array_equal(masked, whole)
    assert whole.shape == (5, 7, 4)
    p[4, 0, 3] = [0.5, 0.6, 0.0]
    with pytest.raises(NotADistribution, match=r"a sum of 1\.1 at index \(4, 0, 3\)"):
        info.kl_divergence(p, q)
