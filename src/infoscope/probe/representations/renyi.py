"""Matrix-based Rényi entropy: the entropy of the spectrum of a normalised Gram matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from infoscope.core.arrays import as_array, check_real, to_numpy
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.result import Estimate
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.probe.representations.grams import Kernel, gram_of
from infoscope.probe.representations.matrices import Floats, read_rows

__all__ = ["gram_entropy", "matrix_entropy", "matrix_mutual_information", "spectrum_entropy"]

_ROUNDING = 64 * np.finfo(np.float64).eps  # times n and the trace: what eigh leaves of a zero


def matrix_entropy(
    x: object,
    *,
    order: float = 2.0,
    kernel: Kernel = "gaussian",
    width: float | str = "median",
    unit: Unit = "nats",
) -> Estimate:
    """Matrix-based Rényi entropy of rows, of order a: how spread out they are under a kernel.

    S_a(A) = log(sum_i lambda_i(A)^a) / (1 - a), A_ij = K_ij / (n sqrt(K_ii K_jj))

    Several representations of the same examples, given as a tuple, have the joint entropy: the
    entropy of the elementwise product of their matrices, divided by its trace.

    Parameters
    ----------
    x : array of shape (n, ...), or tuple of such arrays
        One row an example; n of at least 2.
    order : float
        a > 0; 1 gives the von Neumann entropy -sum lambda log lambda, inf gives -log max lambda.
    kernel : {"gaussian", "linear"}
        "gaussian" is exp(-|x - y|^2 / (2 width^2)), "linear" the cosine of two rows.
    width : float or "median"
        Width of the Gaussian kernel in the units of `x`; "median" takes the median distance between
        rows (each array its own). The value used is in `settings`: entropies of different widths
        cannot be compared.
    unit : {"nats", "bits", "bans"}
        Unit of the value.

    Returns
    -------
    Estimate
        Between 0 (all rows alike) and log n (all rows orthogonal), with order, kernel and width.

    Raises
    ------
    InvalidArgument
        For NaN, fewer than two rows, tuples of different lengths, a row of zeros under the linear
        kernel, an order or width that is not positive, "median" of rows that mostly coincide.

    Notes
    -----
    Not the entropy of the variable that the rows sample: it depends on kernel and width, and no
    limit of large n removes them. Use it to compare layers at one width. Order 2 costs n^2 d; any
    other order an eigendecomposition, n^3 (1.4 s for n = 2,000 on one core). No error bar is given:
    its sampling law is not known in general.

    Source
    ------
    Sanchez Giraldo, Rao and Principe (2015), Measures of entropy from data using infinitely
    divisible kernels; joint form: definition 3 there.

    Examples
    --------
    Four orthogonal rows hold log 4 = 2 bits; four equal ones hold nothing.

    >>> matrix_entropy([[1, 0], [0, 1], [-1, 0], [0, -1]], kernel="linear", unit="bits").value
    1.0
    >>> import numpy as np
    >>> matrix_entropy(np.eye(4), kernel="linear", unit="bits").value
    2.0
    >>> matrix_entropy(np.ones((4, 3)), kernel="gaussian", width=1.0).value
    0.0
    """
    name = "matrix_entropy"
    check_unit(unit, name)
    order = _order(order, name)
    matrix, settings = _density((*_parts(x),), kernel, width, name)
    value = from_nats(_entropy(matrix, order), unit) + 0.0
    return Estimate("matrix-based Rényi entropy", value, unit, method="gram spectrum",
                    n=len(matrix), settings={"order": order, **settings})  # fmt: skip


def matrix_mutual_information(
    x: object,
    y: object,
    *,
    order: float = 2.0,
    kernel: Kernel = "gaussian",
    width: float | str = "median",
    unit: Unit = "nats",
) -> Estimate:
    """Matrix-based mutual information of order a between two representations of the same rows.

    I_a(A; B) = S_a(A) + S_a(B) - S_a(A o B / tr(A o B)), o the elementwise product

    Parameters
    ----------
    x, y : array of shape (n, ...)
        Row i of both belongs to the same example. Labels become one column of numbers only if
        their distances mean something: pass indicator columns and kernel="linear" otherwise.
    order, kernel, width, unit
        As in `matrix_entropy`; width="median" is taken for each of the two.

    Returns
    -------
    Estimate
        Between 0 (one of the two is constant) and log n.

    Raises
    ------
    InvalidArgument
        As in `matrix_entropy`, or if x and y differ in length.

    Notes
    -----
    An analogue, not Shannon's mutual information: with a narrow kernel every matrix becomes the
    identity and the value log n, whatever the dependence. It is not proven to be at least 0 for
    every order. Compare at fixed n, order and widths.

    Source
    ------
    Sanchez Giraldo, Rao and Principe (2015), equation 34; Yu et al. (2020), Multivariate extension
    of matrix-based Rényi's alpha-order entropy functional.

    Examples
    --------
    >>> import numpy as np
    >>> matrix_mutual_information(np.eye(4), np.eye(4), kernel="linear", unit="bits").value
    2.0
    >>> matrix_mutual_information(np.eye(4), np.ones((4, 1)), kernel="linear").value
    0.0
    """
    name = "matrix_mutual_information"
    check_unit(unit, name)
    order = _order(order, name)
    a, seen_a = _density((x,), kernel, width, name, ("x",))
    b, seen_b = _density((y,), kernel, width, name, ("y",))
    if len(a) != len(b):
        raise InvalidArgument(
            sentence(name, "y", "have a row for each row of x", f"{len(b)} beside {len(a)}")
        )
    parts = (_entropy(a, order), _entropy(b, order), _entropy(_product(a, b), order))
    value = from_nats(parts[0] + parts[1] - parts[2], unit) + 0.0
    settings: dict[str, object] = {"order": order, "kernel": kernel}
    if "width" in seen_a:
        settings |= {"width_x": seen_a["width"], "width_y": seen_b["width"]}
    entropies = {"entropy_x": parts[0], "entropy_y": parts[1], "entropy_xy": parts[2]}
    return Estimate("matrix-based mutual information", value, unit, method="gram spectrum",
                    n=len(a), settings=settings, diagnostics=entropies)  # fmt: skip


def gram_entropy(gram: object, *, order: float = 2.0, unit: Unit = "nats") -> Estimate:
    """Matrix-based Rényi entropy of a Gram matrix of your own kernel.

    S_a(A) = log(sum_i lambda_i(A)^a) / (1 - a), A_ij = K_ij / (n sqrt(K_ii K_jj))

    Parameters
    ----------
    gram : array, shape (n, n)
        Symmetric, positive semidefinite, with a positive diagonal.
    order : float
        a > 0, as in `matrix_entropy`.
    unit : {"nats", "bits", "bans"}
        Unit of the value.

    Returns
    -------
    Estimate
        Between 0 (rank one) and log n (diagonal).

    Raises
    ------
    InvalidArgument
        If the matrix is not square, not symmetric, not finite, has a diagonal entry that is not
        positive, or an eigenvalue below 0 by more than rounding (orders other than 2).

    Notes
    -----
    Order 2 needs no eigenvalues and costs n^2; it does not see a negative one.

    Source
    ------
    Sanchez Giraldo, Rao and Principe (2015), definition 2.

    Examples
    --------
    >>> round(gram_entropy([[2.0, 0.0], [0.0, 5.0]], order=1).value, 6)
    0.693147
    """
    name = "gram_entropy"
    check_unit(unit, name)
    order = _order(order, name)
    matrix = to_numpy(as_array(gram, function=name, argument="gram")).astype(np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise InvalidArgument(
            sentence(name, "gram", "be a square matrix of two or more rows", matrix.shape)
        )
    matrix = read_rows(matrix, name, "gram")
    gap = float(np.max(np.abs(matrix - matrix.T)))
    if gap > 1e-9 * float(np.max(np.abs(matrix))):
        raise InvalidArgument(sentence(name, "gram", "be symmetric", f"a difference of {gap:g}"))
    density = _normalised(matrix, name, "gram")
    value = from_nats(_entropy(density, order, name), unit) + 0.0
    return Estimate("matrix-based Rényi entropy", value, unit, method="gram spectrum",
                    n=len(matrix), settings={"order": order})  # fmt: skip


def spectrum_entropy(weights: Floats, order: float) -> float:
    """Return the Rényi entropy in nats of weights that sum to one; zeros count for nothing.

    >>> round(spectrum_entropy(np.array([0.5, 0.5, 0.0]), 1.0), 6)
    0.693147
    """
    p = weights[weights != 0]
    if order == 1:
        return -float(p @ np.log(p))
    if math.isinf(order):
        return -math.log(float(p.max()))
    largest = float(p.max())  # powers of ratios, so that a high order does not underflow
    log_sum = order * math.log(largest) + math.log(float(np.sum((p / largest) ** order)))
    return log_sum / (1.0 - order)


def _parts(x: object) -> Sequence[object]:
    if isinstance(x, tuple):
        if not x:
            raise InvalidArgument(sentence("matrix_entropy", "x", "hold an array", "none"))
        return x
    return (x,)


def _density(
    parts: Sequence[object], kernel: Kernel, width: object, name: str,
    arguments: Sequence[str] = (),
) -> tuple[Floats, dict[str, object]]:  # fmt: skip
    """Return the normalised (joint) Gram matrix, and what it was made with."""
    settings: dict[str, object] = {"kernel": kernel}
    widths: list[float] = []
    product: Floats | None = None
    for i, part in enumerate(parts):
        argument = arguments[i] if arguments else ("x" if len(parts) == 1 else f"x[{i}]")
        rows = read_rows(part, name, argument)
        gram, used = gram_of(rows, kernel, width, name, argument)
        matrix = _normalised(gram, name, argument)
        if used is not None:
            widths.append(used)
        if product is not None and len(matrix) != len(product):
            raise InvalidArgument(
                sentence(name, argument, "have as many rows as the first array",
                         f"{len(matrix)} beside {len(product)}")
            )  # fmt: skip
        product = matrix if product is None else _product(product, matrix)
    assert product is not None
    if widths:
        settings["width"] = widths[0] if len(widths) == 1 else tuple(widths)
    return product, settings


def _normalised(gram: Floats, name: str, argument: str) -> Floats:
    """Return K_ij / (n sqrt(K_ii K_jj)), which has trace one."""
    diagonal = np.diagonal(gram).copy()
    if not np.all(diagonal > 0):
        row = int(np.flatnonzero(~(diagonal > 0))[0])
        raise InvalidArgument(
            sentence(name, argument, "have a positive kernel value of each row with itself",
                     f"{diagonal[row]:g} in row {row}",
                     "A row of zeros has no direction: use the Gaussian kernel.")
        )  # fmt: skip
    scale = 1.0 / np.sqrt(diagonal)
    out = gram * scale[:, None] * scale
    np.fill_diagonal(out, 1.0)
    return out / len(out)


def _product(a: Floats, b: Floats) -> Floats:
    """Return the elementwise product of two normalised matrices, divided by its trace 1 / n."""
    return a * b * len(a)


def _entropy(matrix: Floats, order: float, name: str = "matrix_entropy") -> float:
    if order == 2:
        return -math.log(float(np.einsum("ij,ij->", matrix, matrix)))
    values: Any = np.linalg.eigvalsh(matrix)
    limit = _ROUNDING * len(matrix)
    if values[0] < -limit:
        raise InvalidArgument(
            sentence(name, "gram", "be positive semidefinite", f"an eigenvalue of {values[0]:g}",
                     "A kernel without this property has no entropy.")
        )  # fmt: skip
    kept = values[values > limit]  # below, an eigenvalue cannot be told from 0
    return spectrum_entropy(kept / kept.sum(), order)


def _order(order: object, name: str) -> float:
    if isinstance(order, bool):
        raise WrongType(sentence(name, "order", "be a real number", repr(order)))
    value = check_real(order, function=name, argument="order")
    if not value > 0:
        raise InvalidArgument(
            sentence(name, "order", "be positive", value, "Order 0 would count eigenvalues.")
        )
    return value
