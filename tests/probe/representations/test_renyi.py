"""Matrix-based Rényi entropy: hand values, mpmath, identities, refusals."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType
from infoscope.probe.representations.renyi import (
    gram_entropy,
    matrix_entropy,
    matrix_mutual_information,
)

ORDERS = (0.5, 1.0, 1.01, 2.0, 3.0, 20.0, math.inf)
ROWS = np.random.default_rng(0).standard_normal((12, 3))


@pytest.mark.parametrize("order", ORDERS)
def test_identity_rank_one_and_two_blocks(order: float) -> None:
    """Spectra (1/n, ..), (1) and (1/2, 1/2) have log n, 0 and log 2 at every order."""
    assert gram_entropy(np.eye(5), order=order).value == pytest.approx(math.log(5), abs=1e-13)
    assert gram_entropy(np.ones((5, 5)), order=order).value == pytest.approx(0.0, abs=1e-13)
    blocks = np.kron(np.eye(2), np.ones((3, 3)))
    assert gram_entropy(blocks, order=order).value == pytest.approx(math.log(2), abs=1e-13)


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0, 3.0])
def test_two_rows_by_hand(order: float) -> None:
    """Two rows a distance apart have the eigenvalues (1 +- k) / 2."""
    k = math.exp(-(1.5**2) / (2 * 0.8**2))
    p = np.array([(1 + k) / 2, (1 - k) / 2])
    truth = -np.sum(p * np.log(p)) if order == 1 else np.log(np.sum(p**order)) / (1 - order)
    found = matrix_entropy([[0.0], [1.5]], order=order, width=0.8)
    assert found.value == pytest.approx(truth, abs=1e-13)
    assert dict(found.settings) == {"order": order, "kernel": "gaussian", "width": 0.8}


@pytest.mark.parametrize("order", [0.5, 1.0, 1.5, 2.0, 7.0])
def test_against_mpmath(order: float) -> None:
    n, width = len(ROWS), 1.3
    with mpmath.workdps(40):
        matrix = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(n):
                square = sum(
                    (mpmath.mpf(a) - b) ** 2 for a, b in zip(ROWS[i], ROWS[j], strict=True)
                )
                matrix[i, j] = mpmath.exp(-square / (2 * mpmath.mpf(width) ** 2)) / n
        values = list(mpmath.eigsy(matrix, eigvals_only=True))
        if order == 1:
            truth = -sum(v * mpmath.log(v) for v in values)
        else:
            truth = mpmath.log(sum(v**order for v in values)) / (1 - mpmath.mpf(order))
    assert matrix_entropy(ROWS, order=order, width=width).value == pytest.approx(
        float(truth), abs=1e-11
    )


def test_the_median_width_is_the_median_of_the_distances() -> None:
    found = matrix_entropy(ROWS)
    distances = [math.dist(a, b) for i, a in enumerate(ROWS) for b in ROWS[:i]]
    assert found.settings["width"] == pytest.approx(np.median(distances))


def test_joint_entropy_is_that_of_the_product_of_kernels() -> None:
    """Gaussian kernels of one width multiply to the kernel of the columns side by side."""
    y = np.random.default_rng(1).standard_normal((12, 2))
    joint = matrix_entropy((ROWS, y), width=0.9, order=1)
    both = matrix_entropy(np.hstack([ROWS, y]), width=0.9, order=1)
    assert joint.value == pytest.approx(both.value, abs=1e-12)
    parts = [matrix_entropy(v, width=0.9, order=1).value for v in (ROWS, y)]
    mi = matrix_mutual_information(ROWS, y, width=0.9, order=1)
    assert mi.value == pytest.approx(sum(parts) - joint.value, abs=1e-12)
    assert mi.to("bits").value == pytest.approx(mi.value / math.log(2))


@given(
    order=st.sampled_from([0.5, 1.0, 2.0, 4.0]),
    seed=st.integers(0, 10_000),
    width=st.floats(0.2, 5.0),
)
def test_bounds_order_and_invariance(order: float, seed: int, width: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 2))
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    h: Any = lambda v: matrix_entropy(v, order=order, width=width).value  # noqa: E731
    assert -1e-12 <= h(x) <= math.log(8) + 1e-12
    assert h(x @ turn + 3.0) == pytest.approx(h(x), abs=1e-10)
    assert h((x, y)) >= max(h(x), h(y)) - 1e-10
    if order == 1:  # von Neumann entropy is subadditive; of other orders it is not proven
        assert h((x, y)) <= h(x) + h(y) + 1e-10
    assert matrix_entropy(x, order=order + 1, width=width).value <= h(x) + 1e-10


def test_mutual_information_with_itself_and_with_a_constant() -> None:
    same = matrix_mutual_information(np.eye(6), np.eye(6), kernel="linear")
    assert same.value == pytest.approx(math.log(6))
    assert matrix_mutual_information(ROWS, np.ones(12), width=1.0).value == pytest.approx(0)


@pytest.mark.parametrize(
    "x, options, error, message",
    [
        ([[1.0, math.nan], [0.0, 1.0]], {}, InvalidArgument, "nan at (0, 1)"),
        ([[1.0, 2.0]], {}, InvalidArgument, "2 or more rows; got one row"),
        (5.0, {}, InvalidArgument, "a single number"),
        (np.ones((4, 2)), {}, InvalidArgument, "half of the pairs of rows are equal"),
        ([[0.0], [1.0]], {"kernel": "linear"}, InvalidArgument, "0 in row 0"),
        ([[0.0], [1.0]], {"kernel": "cubic"}, UnknownName, "'cubic'"),
        ([[0.0], [1.0]], {"width": -1.0}, InvalidArgument, "width must be positive"),
        ([[0.0], [1.0]], {"width": "silver"}, UnknownName, "'silver'"),
        ([[0.0], [1.0]], {"order": 0}, InvalidArgument, "order must be positive"),
        ([[0.0], [1.0]], {"order": True}, WrongType, "order"),
        ([[0.0], [1.0]], {"unit": "shannon"}, InvalidArgument, "unit"),
        (([[0.0], [1.0]], [[1.0], [2.0], [3.0]]), {}, InvalidArgument, r"x[1] must have as many"),
        ((), {}, InvalidArgument, "hold an array"),
        (["a", "b"], {}, WrongType, "hold real numbers"),
    ],
    ids=range(14),
)
def test_refusals(x: Any, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as seen:
        matrix_entropy(x, **options)
    assert str(seen.value).startswith("matrix_entropy: ")
    assert message in str(seen.value)


@pytest.mark.parametrize(
    "gram, message",
    [
        ([[1.0, 0.0]], "square"),
        ([[1.0, 0.5], [0.4, 1.0]], "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "positive semidefinite"),
        ([[1.0, 0.0], [0.0, 0.0]], "positive kernel value"),
        ([[1.0, math.inf], [math.inf, 1.0]], "finite"),
    ],
    ids=range(5),
)
def test_gram_refusals(gram: Any, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        gram_entropy(gram, order=1)


def test_rows_must_pair() -> None:
    with pytest.raises(InvalidArgument, match="3 beside 2"):
        matrix_mutual_information([[0.0], [1.0]], [[0.0], [1.0], [2.0]], width=1.0)
