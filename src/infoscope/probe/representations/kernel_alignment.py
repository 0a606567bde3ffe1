"""Centred kernel alignment: how alike two representations of the same examples are."""

from __future__ import annotations

import numpy as np

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.probe.representations.grams import KERNELS, Kernel, gram_of
from infoscope.probe.representations.matrices import Floats, read_pair

__all__ = ["cka"]


def cka(
    x: object,
    y: object,
    *,
    kernel: Kernel = "linear",
    width: float | str = "median",
    debiased: bool = False,
) -> float:
    """Centred kernel alignment of two representations of the same examples.

    CKA = HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)), HSIC(K, L) = tr(K H L H), H = 1 - 11'/n

    Parameters
    ----------
    x, y : array of shape (n, ...)
        Row i of both belongs to the same example; the widths may differ.
    kernel : {"linear", "gaussian"}
        "linear" is x . y; "gaussian" is exp(-|x - y|^2 / (2 width^2)).
    width : float or "median"
        Width of the Gaussian kernel; "median" takes the median distance in each representation.
    debiased : bool
        Use the unbiased estimator of HSIC (needs n of at least 4). Without it, two independent
        random representations of n = 100 rows and d = 1000 columns read 0.9.

    Returns
    -------
    float
        A pure number: from 0 to 1, with 1 for representations equal up to rotation, shift and
        scale (linear kernel). Debiased it may be slightly negative, and is 0 on average for
        independent ones.

    Raises
    ------
    InvalidArgument
        For NaN, different numbers of rows, too few rows, or a constant representation; debiased,
        also where the unbiased estimate of HSIC(K, K) is not positive.

    Notes
    -----
    Similarity, not information: a monotone map of one unit changes it, and it is dominated by the
    directions of largest variance. Linear kernel: n d d' time, or n^2 (d + d') if that is less, and
    no n x n matrix in the first case. Gaussian kernel: n^2.

    Source
    ------
    Kornblith et al. (2019), Similarity of neural network representations revisited; debiased:
    Song et al. (2012), Feature selection via dependence maximization, equation 5, as used by
    Nguyen, Raghu and Kornblith (2021).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [3.0, 1.0]])
    >>> turned = x @ np.array([[0.0, -1.0], [1.0, 0.0]]) * 5 + 7
    >>> round(cka(x, turned), 12)
    1.0
    """
    name = "cka"
    a, b = read_pair(x, y, name, least=4 if debiased else 2)
    if kernel not in KERNELS:
        raise UnknownName(sentence(name, "kernel", f"be one of {KERNELS}", repr(kernel)))
    for rows, argument in ((a, "x"), (b, "y")):
        if not np.any(rows != rows[0]):
            raise InvalidArgument(
                sentence(name, argument, "differ between rows", "a constant representation",
                         "Likeness to a constant is not defined.")
            )  # fmt: skip
    if kernel == "linear":
        a, b = a - a.mean(0), b - b.mean(0)  # HSIC, biased and not, does not change by a shift
        if max(a.shape[1], b.shape[1]) < len(a):
            triple = _from_features(a, b, debiased)
        else:
            triple = _from_grams(a @ a.T, b @ b.T, debiased)
    else:
        grams = [gram_of(r, kernel, width, name, g)[0] for r, g in ((a, "x"), (b, "y"))]
        triple = _from_grams(grams[0], grams[1], debiased)
    both, of_x, of_y = triple
    for value, argument in ((of_x, "x"), (of_y, "y")):
        if not value > 0:
            raise InvalidArgument(
                sentence(name, argument, "depend on itself", f"an HSIC of {value:g}",
                         "More rows are needed for the debiased estimate.")
            )  # fmt: skip
    return float(both / np.sqrt(of_x) / np.sqrt(of_y))


def _from_features(a: Floats, b: Floats, debiased: bool) -> tuple[float, float, float]:
    """HSIC of linear kernels of centred rows without their n x n matrices, up to one factor."""

    def product(u: Floats, v: Floats) -> float:
        whole = float(np.sum((u.T @ v) ** 2))
        if not debiased:
            return whole
        own_u, own_v = (np.einsum("ij,ij->i", m, m) for m in (u, v))
        # the rows are centred, so each row of K sums to 0, and to -K_ii without its diagonal
        return _unbiased(whole - float(own_u @ own_v), -own_u, -own_v)

    return product(a, b), product(a, a), product(b, b)


def _from_grams(k: Floats, l: Floats, debiased: bool) -> tuple[float, float, float]:  # noqa: E741
    if not debiased:
        k, l = _centred(k), _centred(l)  # noqa: E741
        return _dot(k, l), _dot(k, k), _dot(l, l)
    np.fill_diagonal(k, 0.0)
    np.fill_diagonal(l, 0.0)
    sum_k, sum_l = k.sum(1), l.sum(1)
    return (
        _unbiased(_dot(k, l), sum_k, sum_l),
        _unbiased(_dot(k, k), sum_k, sum_k),
        _unbiased(_dot(l, l), sum_l, sum_l),
    )


def _unbiased(trace: float, sum_k: Floats, sum_l: Floats) -> float:
    """Return n (n - 3) times the unbiased HSIC, from matrices of zero diagonal.

    tr(K L) + (1'K1)(1'L1) / ((n - 1)(n - 2)) - 2 (1'K L1) / (n - 2)
    """
    n = len(sum_k)
    product = float(sum_k.sum()) * float(sum_l.sum())
    return trace + product / ((n - 1) * (n - 2)) - 2.0 * float(sum_k @ sum_l) / (n - 2)


def _centred(gram: Floats) -> Floats:
    means = gram.mean(0)
    return gram - means - means[:, None] + means.mean()


def _dot(a: Floats, b: Floats) -> float:
    return float(np.einsum("ij,ij->", a, b))
