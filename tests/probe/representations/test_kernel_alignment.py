"""CKA against its definition, against the U-statistic, and where its truth is known."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, UnknownName
from infoscope.probe.representations.kernel_alignment import cka

RNG = np.random.default_rng(11)
WIDE = RNG.standard_normal((7, 20))
NARROW = RNG.standard_normal((7, 2)) + WIDE[:, :2]


def gram(x: np.ndarray, kernel: str, width: float) -> np.ndarray:
    if kernel == "linear":
        return x @ x.T
    return np.exp([[-(math.dist(a, b) ** 2) / (2 * width**2) for b in x] for a in x])


def definition(x: np.ndarray, y: np.ndarray, kernel: str, width: float) -> float:
    """The ratio of traces, with the centring matrix written out."""
    n = len(x)
    h = np.eye(n) - 1 / n
    k, m = h @ gram(x, kernel, width) @ h, h @ gram(y, kernel, width) @ h
    return float(np.trace(k @ m) / math.sqrt(np.trace(k @ k) * np.trace(m @ m)))


def u_statistic(k: np.ndarray, m: np.ndarray) -> float:
    """HSIC as the mean of k_ij (m_ij + m_qr - 2 m_iq) over four different rows."""
    quads = itertools.permutations(range(len(k)), 4)
    return float(np.mean([k[i, j] * (m[i, j] + m[q, r] - 2 * m[i, q]) for i, j, q, r in quads]))


@pytest.mark.parametrize("kernel", ["linear", "gaussian"])
@pytest.mark.parametrize(
    "x, y", [(WIDE, NARROW), (NARROW, NARROW[:, :1] ** 2), (WIDE, WIDE[:, :9])], ids=range(3)
)
def test_plain_and_debiased_against_their_definitions(
    kernel: Any, x: np.ndarray, y: np.ndarray
) -> None:
    found = cka(x, y, kernel=kernel, width=2.0)
    assert found == pytest.approx(definition(x, y, kernel, 2.0), rel=1e-11)
    k, m = gram(x, kernel, 2.0), gram(y, kernel, 2.0)
    truth = u_statistic(k, m) / math.sqrt(u_statistic(k, k) * u_statistic(m, m))
    assert cka(x, y, kernel=kernel, width=2.0, debiased=True) == pytest.approx(truth, rel=1e-9)


def test_features_and_grams_agree() -> None:
    """More rows than columns go by features; columns of zeros send the same data by grams."""
    x, y = RNG.standard_normal((30, 3)), RNG.standard_normal((30, 4))
    padded = np.hstack([x, np.zeros((30, 40))])
    for debiased in (False, True):
        assert cka(x, y, debiased=debiased) == pytest.approx(cka(padded, y, debiased=debiased))


@pytest.mark.parametrize("debiased", [False, True])
def test_turns_shifts_and_scales_change_nothing(debiased: bool) -> None:
    x = RNG.standard_normal((30, 4))
    turn, _ = np.linalg.qr(RNG.standard_normal((4, 4)))
    assert cka(x, 3 * x @ turn + 100, debiased=debiased) == pytest.approx(1.0, abs=1e-10)
    assert cka(x, x**3, debiased=debiased) == pytest.approx(cka(x**3, x, debiased=debiased))


def test_independent_wide_representations_read_high_unless_debiased() -> None:
    draws = [(RNG.standard_normal((50, 500)), RNG.standard_normal((50, 500))) for _ in range(20)]
    assert min(cka(x, y) for x, y in draws) > 0.85
    plain = [cka(x, y, debiased=True) for x, y in draws]
    spread = float(np.std(plain, ddof=1)) / math.sqrt(len(plain))
    assert abs(np.mean(plain)) < 4 * spread


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: cka(np.ones((5, 2)), WIDE[:5]), InvalidArgument, "x must differ between rows"),
        (lambda: cka(WIDE, np.ones(7)), InvalidArgument, "y must differ between rows"),
        (lambda: cka(WIDE, NARROW[:4]), InvalidArgument, "4 beside 7"),
        (lambda: cka(WIDE[:3], NARROW[:3], debiased=True), InvalidArgument, "4 or more rows"),
        (lambda: cka(WIDE, NARROW, kernel="cosine"), UnknownName, "'cosine'"),
        (lambda: cka(WIDE * math.nan, NARROW), InvalidArgument, "nan at (0, 0)"),
    ],
    ids=range(6),
)
def test_refusals(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as seen:
        call()
    assert message in str(seen.value)
