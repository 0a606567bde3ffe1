"""Compiled loops (numba): one pass over the rows of a matrix, checking as they sum.

Each returns False when a row is no distribution or needs more care than the loop takes; the caller
then goes the NumPy way, which says what is wrong or does the work. Zeros need no branch: the
polynomial turns log 0 into a finite number, which its weight 0 removes. Sums run over short chunks
in many lanes (hence the right to reassociate) and add up in double precision.
"""
# pyright: basic, reportCallIssue=false, reportGeneralTypeIssues=false
# numba's decorators and intrinsics have no types that a strict check could follow.

from __future__ import annotations

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic, overload

__all__ = ["cross_entropy", "entropy", "kl_divergence"]

#: NaN must survive, so that a bad row shows: no "nnan" and no "ninf" here.
FAST = {"reassoc", "contract", "nsz"}
CHUNK = 256  # a constant trip count lets the compiler drop its checks between vectors
LN2 = 0.6931471805599453

# log2(1 + f) / f on [sqrt(1/2) - 1, sqrt(2) - 1], lowest power first: a Chebyshev fit of degree 8,
# relative error 3.4e-8 (half a unit in the last place of single precision).
A0, A1, A2, A3, A4, A5, A6, A7, A8 = (
    np.float32(c / LN2)
    for c in (
        0.9999999741, -0.4999999638, 0.3333419329, -0.2500135219, 0.1995593336,
        -0.165779929, 0.1497740128, -0.1426925821, 0.08533313083,
    )
)  # fmt: skip
# (atanh(s) / s - 1) / s^2 as a polynomial in s^2 up to 0.02945: degree 6, error 1.6e-16.
B0, B1, B2, B3, B4, B5, B6 = (
    0.33333333333333348477, 0.19999999999949619489, 0.14285714313047945769,
    0.11111105557572080752, 0.090914452783478017639, 0.076658370150839309258,
    0.073085187743958250731,
)  # fmt: skip

ONE_SINGLE = np.float32(1)
#: Twice the logarithm's unit: atanh gives natural logarithms, the sums are in bits until the end.
TWO_OVER_LN2 = 2.0 / LN2


def _layout(x):
    """Return for a float type: its bits' type, the width of its mantissa, sqrt(1/2) as bits."""
    if x == types.float32:
        return types.int32, 23, 0x3F3504F3
    return types.int64, 52, 0x3FE6A09E667F3BCD


@intrinsic
def _exponent(_, x):
    """Return the exponent e of x = 2^e m with m in [sqrt(1/2), sqrt(2)), as an integer.

    In intermediate code, since numba would widen 32-bit integers and so halve the lanes.
    """
    whole, width, root = _layout(x)

    def build(context, builder, _signature, args):
        kind = context.get_value_type(whole)
        bits = builder.bitcast(args[0], kind)
        return builder.ashr(builder.sub(bits, kind(root)), kind(width))

    return whole(x), build


@intrinsic
def _mantissa(_, x, e):
    """Return m of x = 2^e m."""
    whole, width, _root = _layout(x)

    def build(context, builder, _signature, args):
        kind = context.get_value_type(whole)
        bits = builder.sub(builder.bitcast(args[0], kind), builder.shl(args[1], kind(width)))
        return builder.bitcast(bits, context.get_value_type(x))

    return x(x, e), build


@intrinsic
def _no_signs(_, x):
    """Return the zero to collect the signs of values like x in."""
    whole, _width, _root = _layout(x)
    return whole(x), lambda context, _builder, _signature, _args: context.get_value_type(whole)(0)


@intrinsic
def _with_sign(_, signs, x):
    """Return `signs` with the bits of x added: negative once any x was."""

    def build(context, builder, _signature, args):
        return builder.or_(args[0], builder.bitcast(args[1], context.get_value_type(signs)))

    return signs(signs, x), build


def _log2(x):
    """Binary logarithm of a positive normal number in its own precision; finite for 0."""
    return x


@overload(_log2, inline="always")
def _overload_log2(x):
    if x == types.float32:

        def single(x):
            e = _exponent(x)
            f = _mantissa(x, e) - ONE_SINGLE
            tail = A3 + f * (A4 + f * (A5 + f * (A6 + f * (A7 + f * A8))))
            return np.float32(e) + f * (A0 + f * (A1 + f * (A2 + f * tail)))

        return single

    def double(x):
        e = _exponent(x)
        f = _mantissa(x, e) - 1.0
        s = f / (2.0 + f)
        z = s * s
        series = B0 + z * (B1 + z * (B2 + z * (B3 + z * (B4 + z * (B5 + z * B6)))))
        return np.float64(e) + (s + s * z * series) * TWO_OVER_LN2

    return double


@numba.njit(inline="always", error_model="numpy")
def _entropy_chunk(p, start, n):
    """Return the mass, the sum of p log2 p, and the signs of n entries."""
    mass, bits, signs = p.dtype.type(0), p.dtype.type(0), _no_signs(p[0])
    for j in range(n):
        x = p[start + j]
        signs = _with_sign(signs, x)
        mass += x
        bits += x * _log2(x)
    return mass, bits, signs


@numba.njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def entropy(p, tolerance, out):
    """Entropy in nats of each row; in single precision its relative error is below 3e-7."""
    k = p.shape[1]
    whole = k - k % CHUNK
    for i in range(p.shape[0]):
        row = p[i]
        total, sum_ = 0.0, 0.0
        good = True
        for start in range(0, whole, CHUNK):
            mass, bits, signs = _entropy_chunk(row, start, CHUNK)
            total += mass
            sum_ += bits
            good &= signs >= 0
        mass, bits, signs = _entropy_chunk(row, whole, k - whole)
        total += mass
        if not (good and signs >= 0 and abs(total - 1.0) <= tolerance):
            return False
        out[i] = -LN2 * (sum_ + bits)
    return True


def _smallest_normal(x):
    """Return the smallest normal number of the precision of x."""
    return x


@overload(_smallest_normal, inline="always")
def _overload_smallest_normal(x):
    smallest = np.float32(2.0**-126) if x == types.float32 else 2.0**-1022
    return lambda x: smallest  # noqa: ARG005


@numba.njit(inline="always", error_model="numpy")
def _cross_entropy_chunk(p, q, start, n):
    """Return both masses, the sum of p log2 q, the signs, and how often p > 0 = q."""
    zero = p.dtype.type(0)
    p_mass, q_mass, bits, impossible = zero, zero, zero, zero
    signs = _no_signs(p[0])
    tiny = _smallest_normal(p[0])
    scale, shift = p.dtype.type(2.0**64), p.dtype.type(64)
    one = p.dtype.type(1)
    for j in range(n):
        x, y = p[start + j], q[start + j]
        signs = _with_sign(_with_sign(signs, x), y)
        p_mass += x
        q_mass += y
        impossible += one if (x != zero) & (y == zero) else zero
        small = y < tiny  # below the normal range the bits mean something else
        bits += x * (_log2(y * scale if small else y) - (shift if small else zero))
    return p_mass, q_mass, bits, signs, impossible


@numba.njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def cross_entropy(p, q, p_tolerance, q_tolerance, out):
    """Cross-entropy in nats of each pair of rows; a matrix of one row serves every row."""
    k = p.shape[1]
    whole = k - k % CHUNK
    for i in range(out.shape[0]):
        p_row, q_row = p[min(i, p.shape[0] - 1)], q[min(i, q.shape[0] - 1)]
        p_total, q_total, sum_ = 0.0, 0.0, 0.0
        good, possible = True, True
        for start in range(0, whole, CHUNK):
            p_mass, q_mass, bits, signs, n = _cross_entropy_chunk(p_row, q_row, start, CHUNK)
            p_total += p_mass
            q_total += q_mass
            sum_ += bits
            good &= signs >= 0
            possible &= n == 0
        p_mass, q_mass, bits, signs, n = _cross_entropy_chunk(p_row, q_row, whole, k - whole)
        p_total += p_mass
        q_total += q_mass
        good &= (signs >= 0) & (abs(p_total - 1.0) <= p_tolerance)
        if not (good and abs(q_total - 1.0) <= q_tolerance):
            return False
        out[i] = -LN2 * (sum_ + bits) if possible and n == 0 else np.inf
    return True


@numba.njit(inline="always", error_model="numpy")
def _kl_chunk(p, q, start, n):
    """Return both masses, the sum of p log2 (p / q), the signs, and how often p > 0 = q."""
    p_mass, q_mass, bits, impossible, signs = 0.0, 0.0, 0.0, 0.0, _no_signs(1.0)
    for j in range(n):
        x, y = np.float64(p[start + j]), np.float64(q[start + j])
        signs = _with_sign(_with_sign(signs, x), y)
        p_mass += x
        q_mass += y
        impossible += 1.0 if (x != 0.0) & (y == 0.0) else 0.0
        ratio = x / (1.0 if y == 0.0 else y)
        signs = _with_sign(signs, -1.0 if ratio > 1e308 else 0.0)  # q is denormal: decline
        bits += x * _log2(ratio)
    return p_mass, q_mass, bits, signs, impossible


@numba.njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def kl_divergence(p, q, p_tolerance, q_tolerance, out):
    """KL(p‖q) in nats of each pair of rows, by the logarithm of the ratio in double precision.

    In single precision the terms would cancel to noise where p is close to q.
    """
    k = p.shape[1]
    whole = k - k % CHUNK
    for i in range(out.shape[0]):
        p_row, q_row = p[min(i, p.shape[0] - 1)], q[min(i, q.shape[0] - 1)]
        p_total, q_total, sum_ = 0.0, 0.0, 0.0
        good, possible = True, True
        for start in range(0, whole, CHUNK):
            p_mass, q_mass, bits, signs, n = _kl_chunk(p_row, q_row, start, CHUNK)
            p_total += p_mass
            q_total += q_mass
            sum_ += bits
            good &= signs >= 0
            possible &= n == 0
        p_mass, q_mass, bits, signs, n = _kl_chunk(p_row, q_row, whole, k - whole)
        p_total += p_mass
        q_total += q_mass
        good &= (signs >= 0) & (abs(p_total - 1.0) <= p_tolerance)
        if not (good and abs(q_total - 1.0) <= q_tolerance):
            return False
        out[i] = LN2 * (sum_ + bits) if possible and n == 0 else np.inf
    return True
