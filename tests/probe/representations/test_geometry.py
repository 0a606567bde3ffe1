"""Effective rank, uniformity and alignment: hand values, slow sums, refusals."""

import math
from typing import Any

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument
from infoscope.probe.representations.geometry import alignment, effective_rank, uniformity

RNG = np.random.default_rng(3)
UNIT = RNG.standard_normal((40, 5))
UNIT /= np.linalg.norm(UNIT, axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_effective_rank_of_equal_singular_values_is_their_number(k: int) -> None:
    u, _ = np.linalg.qr(RNG.standard_normal((9, k)))
    v, _ = np.linalg.qr(RNG.standard_normal((6, k)))
    assert effective_rank(u @ v.T * 4.0) == pytest.approx(k, rel=1e-10)


def test_effective_rank_by_hand() -> None:
    """Singular values 3 and 1: p = (3/4, 1/4), so 4 / 3^(3/4)."""
    assert effective_rank(np.diag([3.0, -1.0])) == pytest.approx(4 / 3**0.75, rel=1e-14)
    assert effective_rank([[5.0, 1.0], [5.0, -1.0]], center=True) == pytest.approx(1.0)


def test_effective_rank_ignores_turns_of_rows_and_columns() -> None:
    x = RNG.standard_normal((7, 4))
    left, _ = np.linalg.qr(RNG.standard_normal((7, 7)))
    right, _ = np.linalg.qr(RNG.standard_normal((4, 4)))
    assert effective_rank(left @ x @ right * 0.01) == pytest.approx(effective_rank(x))
    assert 1 <= effective_rank(x) <= 4


@pytest.mark.parametrize("t", [0.5, 2.0, 300.0])
def test_uniformity_against_the_slow_sum(t: float) -> None:
    """300 is where a plain sum of exponentials of some sets underflows."""
    logs = [-t * math.dist(a, b) ** 2 for i, a in enumerate(UNIT) for b in UNIT[:i]]
    top = max(logs)
    truth = top + math.log(math.fsum(math.exp(v - top) for v in logs) / len(logs))
    assert uniformity(UNIT, t=t) == pytest.approx(truth, rel=1e-11)


def test_uniformity_is_the_same_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = uniformity(UNIT)
    for block in (40, 90, 1000):
        monkeypatch.setattr("infoscope.probe.representations.geometry._BLOCK", block)
        assert uniformity(UNIT) == pytest.approx(whole, rel=1e-13)


def test_uniformity_of_equal_and_of_orthogonal_rows() -> None:
    assert uniformity(np.tile([0.6, 0.8], (4, 1))) == pytest.approx(0.0, abs=1e-14)
    assert uniformity(np.eye(4)) == pytest.approx(-4.0, abs=1e-14)  # |x - y|^2 = 2, t = 2


def test_alignment_by_hand() -> None:
    opposite = alignment([[1.0, 0.0]], [[-1.0, 0.0]], power=3)
    assert opposite == 8.0
    assert alignment(UNIT, UNIT) == 0.0
    assert alignment([[2.0, 0.0]], [[0.0, 9.0]], normalize=True) == pytest.approx(2.0)
    random = alignment(UNIT, UNIT[::-1])
    assert random == pytest.approx(float(np.mean(2 - 2 * np.sum(UNIT * UNIT[::-1], 1))))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: effective_rank(np.zeros((3, 2))), "span a direction; got zeros"),
        (lambda: effective_rank(np.full((3, 2), 0.1), center=True), "rows that are all equal"),
        (lambda: effective_rank([[1.0, 2.0]]), "got one row"),
        (lambda: effective_rank([[1.0], [math.nan]]), "nan at (1, 0)"),
        (lambda: uniformity([[1.0, 0.0], [2.0, 0.0]]), "length 1; got 2 in row 1"),
        (lambda: uniformity([[1.0, 0.0], [0.0, 0.0]], normalize=True), "zeros in row 1"),
        (lambda: uniformity(UNIT, t=0), "t must be positive"),
        (lambda: uniformity(UNIT[:1]), "2 or more rows"),
        (lambda: alignment(UNIT, UNIT[:, :3]), "shape of x"),
        (lambda: alignment(UNIT, UNIT[:3]), "3 beside 40"),
        (lambda: alignment(UNIT, UNIT, power=-1), "power must be positive"),
    ],
    ids=range(11),
)
def test_refusals(call: Any, message: str) -> None:
    with pytest.raises(InvalidArgument) as seen:
        call()
    assert message in str(seen.value)
