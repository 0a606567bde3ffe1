"""Signs that the coordinates of a side are others than its columns."""

import math

import numpy as np
import pytest

from infoscope.estimate import mutual_information
from infoscope.estimate.corrected.coordinates import canonical, scores_by_column
from infoscope.estimate.corrected.hidden_coordinates import (
    excess_kurtosis,
    is_hidden,
    is_normal,
    unexplained_within,
)
from infoscope.known import find_task


def ring(rng, n):
    turn = rng.random(n) * 2 * math.pi
    return np.column_stack([np.cos(turn), np.sin(turn)]) + 0.1 * rng.normal(size=(n, 2))


@pytest.mark.parametrize(("p", "q"), [(1, 2), (2, 2), (4, 1)])
def test_kurtosis_is_mardias_of_all_columns_together(p, q):
    rng = np.random.default_rng(p * 10 + q)
    z = rng.normal(size=(300, p + q)) @ rng.normal(size=(p + q, p + q))
    axes = canonical(z[:, :p], z[:, p:])
    a, b = (z[:, :p] - axes.mean_x) @ axes.to_a, (z[:, p:] - axes.mean_y) @ axes.to_b
    centred = z - z.mean(0)
    squares = ((centred @ np.linalg.inv(np.cov(z.T, bias=True))) * centred).sum(1)
    d, n = p + q, 300
    expected = ((squares**2).mean() - d * (d + 2) * (n - 1) / (n + 1)) / math.sqrt(
        8 * d * (d + 2) / n
    )
    assert excess_kurtosis(a, b, axes.correlations) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [300, 9000])
def test_a_ring_is_seen_and_gaussian_and_student_columns_are_not(n):
    rng = np.random.default_rng(n)
    y = scores_by_column(rng.normal(size=(n, 1)))
    normal = rng.multivariate_normal([0, 0, 0], [[1, 0.9, 0.3], [0.9, 1, 0.5], [0.3, 0.5, 1]], n)
    student = rng.normal(size=(n, 3)) / np.sqrt(rng.chisquare(2, n) / 2)[:, None]
    found = [
        unexplained_within(*sides)
        for sides in (
            (scores_by_column(ring(rng, n)), y),
            (y, scores_by_column(ring(rng, n))),
            (scores_by_column(normal), y),
            (scores_by_column(student), y),
        )
    ]
    assert [is_hidden(value, 0.0, n) for value in found] == [True, True, False, False]
    assert min(found[:2]) > 0.5


def test_sides_of_one_column_have_nothing_within():
    x = scores_by_column(np.random.default_rng(0).normal(size=(100, 1)))
    assert unexplained_within(x, x) == 0.0


def test_both_limits():
    assert is_hidden(0.26, 0.0, 100)
    assert not is_hidden(0.24, 0.0, 100)  # 2.5 / 10
    assert is_hidden(0.11, 0.0, 4000)
    assert not is_hidden(0.09, 0.0, 4000)
    assert is_hidden(0.0, -4.1, 100)
    assert not is_hidden(0.0, 9.0, 100)
    assert [is_normal(kurtosis) for kurtosis in (-4.1, -1.0, 4.1)] == [False, True, False]


def test_turned_uniform_noise_is_warned_of_and_its_interval_is_wider():
    task = find_task("uniform-noise-2-2-0.75-turned")
    estimate = mutual_information(*task.sample(500, 0))
    assert any("natural coordinates" in note for note in estimate.notes)
    found = estimate.diagnostics
    wide = math.hypot(0.2 * estimate.value, found["unexplained_within"] / 2)
    assert found["shape"] == pytest.approx(wide)
    assert estimate.stderr > wide


def test_turned_cubes_widen_the_interval_though_a_gaussian_copula_is_best():
    x, y = find_task("rotated-cube-multinormal-sparse-3-3-2-2.0").sample(500, 1)
    estimate = mutual_information(x, y)
    assert "model=gaussian" in str(estimate)
    assert estimate.diagnostics["kurtosis"] > 4
    assert estimate.diagnostics["shape"] == pytest.approx(0.08 * estimate.value)
