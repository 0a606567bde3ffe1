"""The compiled loops over rows give what the same lines give in plain Python.

Their logarithm and their signs are written in the compiler's own terms: they stand here in NumPy's,
and are compared with that too.
"""

import numba
import numpy as np
import pytest
from numba import types

from infoscope.measures import count_kernels, row_kernels

BITS = {np.dtype(np.float32): (np.int32, 23, 0x3F3504F3),
        np.dtype(np.float64): (np.int64, 52, 0x3FE6A09E667F3BCD)}  # fmt: skip


def exponent(x: np.floating) -> np.signedinteger:
    whole, width, root = BITS[x.dtype]
    return (x.view(whole) - whole(root)) >> whole(width)


def mantissa(x: np.floating, e: np.signedinteger) -> np.floating:
    whole, width, _ = BITS[x.dtype]
    return (x.view(whole) - (e << whole(width))).view(x.dtype)


def kind(x: float) -> types.Float:
    return types.float32 if isinstance(x, np.float32) else types.float64


def as_numpy(x: float) -> np.floating:
    return x if isinstance(x, np.floating) else np.float64(x)


BY_HAND = {
    "_exponent": exponent,
    "_mantissa": mantissa,
    "_no_signs": lambda x: BITS[as_numpy(x).dtype][0](0),
    "_with_sign": lambda signs, x: signs | as_numpy(x).view(type(signs)),
    "_log2": lambda x: row_kernels._overload_log2(kind(x))(as_numpy(x)),
    "_smallest_normal": lambda x: row_kernels._overload_smallest_normal(kind(x))(x),
}


@pytest.mark.parametrize("dtype, error", [(np.float32, 3e-7), (np.float64, 4e-16)])
def test_the_logarithm(dtype, error, interpreted):
    """Compiled, by hand and NumPy's, from the smallest normal number to the largest."""
    log2 = row_kernels._log2

    @numba.njit
    def compiled(values, out):
        for i in range(values.shape[0]):
            out[i] = log2(values[i])

    about = np.finfo(dtype)
    rng = np.random.default_rng(0)
    values = np.concatenate([
        2.0 ** rng.uniform(about.minexp, about.maxexp - 1, 3000), 1 + rng.uniform(-0.4, 0.4, 3000),
        [1.0, 0.5, 2.0, about.tiny, about.max, 0.70710678, 1.41421356],
    ]).astype(dtype)  # fmt: skip
    found = np.empty_like(values)
    compiled(values, found)
    exact = np.log2(values.astype(np.longdouble))
    assert abs(found - exact).max() / about.maxexp < error
    close = abs(exact) < 1
    np.testing.assert_allclose(found[close], exact[close].astype(dtype), rtol=2 * error)
    with interpreted(**BY_HAND):
        plain = np.array([row_kernels._log2(x) for x in values[::20]])
    np.testing.assert_allclose(plain, found[::20], rtol=error)


def test_a_sign_stays_seen():
    no_signs, with_sign = row_kernels._no_signs, row_kernels._with_sign

    @numba.njit
    def any_negative(values):
        signs = no_signs(values[0])
        for x in values:
            signs = with_sign(signs, x)
        return signs < 0

    for dtype in (np.float32, np.float64):
        assert not any_negative(np.array([0.0, 1.0, 1e-30], dtype))
        assert any_negative(np.array([0.5, -1e-30, 0.5], dtype))


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_rows(dtype, tolerance, interpreted):
    """Sums over lanes may be taken in another order, so a few units in the last place differ."""
    rng = np.random.default_rng(1)
    p, q = (rng.dirichlet(np.ones(300), 6).astype(dtype) for _ in range(2))
    p[1, :5] = 0
    p[1] /= p[1].sum()
    q[2] = p[2]
    q[3, 0] = 0
    q[3] /= q[3].sum()
    q[4, 7] = np.finfo(dtype).tiny / 4  # below the normal range
    q[4, 8] += 1 - q[4].sum()

    def found():
        out = np.empty((3, 6))
        done = (row_kernels.entropy(p, 1e-4, out[0]),
                row_kernels.cross_entropy(p, q, 1e-4, 1e-4, out[1]),
                row_kernels.kl_divergence(p, q, 1e-4, 1e-4, out[2]))  # fmt: skip
        bad = np.copy(p)
        bad[0, 3] *= -1
        refused = (row_kernels.entropy(bad, 1.0, np.empty(6)),
                   row_kernels.cross_entropy(p, bad, 1.0, 1.0, np.empty(6)),
                   row_kernels.kl_divergence(bad, q, 1.0, 1.0, np.empty(6)))  # fmt: skip
        return out[:2], out[2], done, refused

    compiled = found()
    with interpreted(**BY_HAND):
        plain = found()
    for one, other in zip(plain[:2], compiled[:2], strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
    assert plain[2:] == compiled[2:] == ((True,) * 3, (False,) * 3)
    assert np.isinf(compiled[0][1, 3])
    assert compiled[1][2] == pytest.approx(0, abs=1e-12)
    exact = -np.where(p > 0, p.astype(float) * np.log(np.where(p > 0, p, 1.0)), 0).sum(1)
    np.testing.assert_allclose(compiled[0][0], exact, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.int64])
def test_histograms(dtype, interpreted, monkeypatch):
    monkeypatch.setattr(count_kernels, "CHUNK", 64)  # for the lines; the compiled keep theirs
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.integers(30, 40, 130), rng.integers(0, 100, 133), [3]]).astype(dtype)
    compiled = count_kernels.histogram(x, 1000)
    too_wide = count_kernels.histogram(x, 50)
    with interpreted():
        plain = count_kernels.histogram(x, 1000)
        assert count_kernels.histogram(x, 50)[1].size == too_wide[1].size == 0
    low = compiled[0]
    by_hand = np.bincount(x.astype(np.int64))
    for start, counts in (compiled, plain):
        assert start <= 0 or not by_hand[:start].any()
        np.testing.assert_array_equal(np.trim_zeros(counts), np.trim_zeros(by_hand))
    assert low == plain[0]
