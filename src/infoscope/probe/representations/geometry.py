"""How a representation fills its space: effective rank, alignment and uniformity."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import logsumexp

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.representations.matrices import Floats, check_positive, read_pair, read_rows
from infoscope.probe.representations.renyi import spectrum_entropy

__all__ = ["alignment", "effective_rank", "uniformity"]

_BLOCK = 2**21  # distances held at a time: 16 MB


def effective_rank(x: object, *, center: bool = False) -> float:
    """Effective rank: how many directions the rows use, the exponential of an entropy.

    erank = exp(-sum_k p_k log p_k), p_k = s_k / sum_j s_j, s the singular values of x

    Parameters
    ----------
    x : array, shape (n, ...)
        One row an example.
    center : bool
        Whether the mean row is taken off first. The published definition does not; a large mean
        then counts as one heavy direction.

    Returns
    -------
    float
        A pure number from 1 (all rows on one line) to min(n, d) (equal singular values).

    Raises
    ------
    InvalidArgument
        For NaN, fewer than two rows, or a matrix of zeros (constant rows, if centred).

    Notes
    -----
    Depends on the scale of the columns. Costs one singular value decomposition, n d min(n, d).

    Source
    ------
    Roy and Vetterli (2007), The effective rank: a measure of effective dimensionality.

    Examples
    --------
    >>> import numpy as np
    >>> round(effective_rank(np.eye(3)), 12), round(effective_rank(np.ones((5, 2))), 12)
    (3.0, 1.0)
    """
    rows = read_rows(x, "effective_rank", "x")
    constant = not np.any(rows != (rows[0] if center else 0.0))
    if constant:
        raise InvalidArgument(
            sentence("effective_rank", "x", "span a direction",
                     "rows that are all equal" if center else "zeros alone",
                     "A constant representation has no rank to measure.")
        )  # fmt: skip
    if center:
        rows = rows - rows.mean(0)
    values = np.linalg.svd(rows, compute_uv=False)
    return math.exp(spectrum_entropy(values / values.sum(), 1.0))


def uniformity(x: object, *, t: float = 2.0, normalize: bool = False) -> float:
    """Uniformity of rows on the sphere: log of the mean Gaussian potential between pairs.

    U = log( sum over pairs i < j of exp(-t |x_i - x_j|^2) / (n (n - 1) / 2) )

    Parameters
    ----------
    x : array, shape (n, ...)
        Rows of length 1.
    t : float
        Sharpness of the potential, above 0.
    normalize : bool
        Divide each row by its length first; without it, rows of another length are refused.

    Returns
    -------
    float
        In nats: from -4 t (never reached with more than two rows) to 0 (all rows alike). Lower is
        more uniform; of many rows spread evenly over a high-dimensional sphere it nears -2 t.

    Raises
    ------
    InvalidArgument
        For NaN, fewer than two rows, rows not of length 1, a row of zeros, t not positive.

    Notes
    -----
    Costs n^2 d time and memory by blocks. A pair is never one row with itself.

    Source
    ------
    Wang and Isola (2020), Understanding contrastive representation learning through alignment and
    uniformity on the hypersphere, section 4.1.2.

    Examples
    --------
    Two opposite rows are 2 apart: U = log exp(-2 * 4).

    >>> uniformity([[1.0, 0.0], [-1.0, 0.0]])
    -8.0
    """
    name = "uniformity"
    rows = _on_sphere(read_rows(x, name, "x"), normalize, name, "x")
    t = check_positive(t, name, "t")
    n = len(rows)
    squares = np.einsum("ij,ij->i", rows, rows)
    sums: list[float] = []
    step = max(1, _BLOCK // n)
    for start in range(0, n - 1, step):
        stop = min(start + step, n)
        block = rows[start:stop] @ rows[start:].T
        block *= -2.0
        block += squares[start:stop, None]
        block += squares[start:]
        np.maximum(block, 0.0, out=block)  # a squared distance: rounding may leave -1e-16
        block *= -t
        above = np.arange(start, n) > np.arange(start, stop)[:, None]
        if above.any():
            sums.append(float(np.asarray(logsumexp(block[above]))))
    return float(np.asarray(logsumexp(sums))) - math.log(n * (n - 1) / 2) + 0.0


def alignment(x: object, y: object, *, power: float = 2.0, normalize: bool = False) -> float:
    """Alignment of positive pairs: the mean distance between two views of the same example.

    L = mean over i of |x_i - y_i|^a

    Parameters
    ----------
    x, y : array of shape (n, ...)
        Row i of both shows the same example; rows of length 1.
    power : float
        The exponent a, above 0.
    normalize : bool
        Divide each row by its length first; without it, rows of another length are refused.

    Returns
    -------
    float
        A pure number from 0 (views coincide) to 2^a (views are opposite).

    Raises
    ------
    InvalidArgument
        For NaN, different shapes, rows not of length 1, power not positive.

    Notes
    -----
    Says nothing alone: a constant representation is perfectly aligned. Read it with `uniformity`.

    Source
    ------
    Wang and Isola (2020), section 4.1.1.

    Examples
    --------
    >>> alignment([[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, -1.0]])
    2.0
    """
    name = "alignment"
    a, b = read_pair(x, y, name, least=1)
    if a.shape != b.shape:
        raise InvalidArgument(sentence(name, "y", "have the shape of x", f"{b.shape}, {a.shape}"))
    power = check_positive(power, name, "power")
    a, b = _on_sphere(a, normalize, name, "x"), _on_sphere(b, normalize, name, "y")
    return float(np.mean(np.linalg.norm(a - b, axis=1) ** power))


def _on_sphere(rows: Floats, normalize: bool, name: str, argument: str) -> Floats:
    lengths = np.linalg.norm(rows, axis=1)
    if normalize:
        if not np.all(lengths > 0):
            row = int(np.flatnonzero(lengths == 0)[0])
            raise InvalidArgument(
                sentence(name, argument, "have a direction in each row", f"zeros in row {row}")
            )
        return rows / lengths[:, None]
    far = np.abs(lengths - 1.0)
    if not np.all(far <= 1e-3):  # what half precision leaves of a unit vector
        row = int(np.argmax(far))
        raise InvalidArgument(
            sentence(name, argument, "have rows of length 1", f"{lengths[row]:.4g} in row {row}",
                     "Pass normalize=True to divide each row by its length.")
        )  # fmt: skip
    return rows
