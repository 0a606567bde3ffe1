"""Every compiled loop of the estimators gives what the same lines give in plain Python.

A compiler has its own rules for what overflows, divides by zero and rounds: the interpreter's
answer is the one that the lines promise. Small samples here; the loops meet brute force, SciPy and
extended precision in the tests beside.
"""

import numpy as np
import pytest
from scipy.stats import norm

from infoscope.estimate import mutual_information
from infoscope.estimate.corrected import kernels
from infoscope.estimate.kernels import strips
from infoscope.estimate.kernels.information import local_information
from infoscope.estimate.kernels.marginals import blocks_of
from infoscope.estimate.kernels.pair_tables import pair_tables
from infoscope.estimate.kernels.trees import Forest
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.estimate.variables import variable_of

N = 150


def columns(d: int, style: str) -> np.ndarray:
    rng = np.random.default_rng([d, len(style)])
    v = rng.standard_normal((N, d))
    return {
        "smooth": v, "zeros": np.where(rng.random((N, d)) < 0.4, 0.0, v),
        "rounded": np.round(v, 1), "grid": np.round(2 * v), "heavy": v / rng.random((N, d)) ** 2,
    }[style]  # fmt: skip


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize("style", ["smooth", "zeros", "rounded", "grid", "heavy"])
@pytest.mark.parametrize("dx, dy", [(1, 1), (2, 1), (2, 3)])
def test_neighbours_of_numbers(dx, dy, style, second, interpreted):
    x, y = columns(dx, style), columns(dy, "smooth")
    y[:, 0] += x[:, 0]
    found = blocks_of(
        tuple(variable_of(name, "mixed", v, None) for name, v in (("x", x), ("y", y))),
        marginals="raw",
    )[0]
    compiled = local_information(*found, k=4, second=second).values
    with interpreted():
        plain = local_information(*found, k=4, second=second).values
    np.testing.assert_array_equal(plain, compiled)


@pytest.mark.parametrize("labels", [1, 3, 40])
@pytest.mark.parametrize("style", ["smooth", "zeros", "rounded"])
def test_neighbours_of_numbers_under_labels(labels, style, interpreted):
    x = columns(1, style)
    codes = np.random.default_rng(labels).integers(0, labels, N)
    empty = np.empty((N, 0))
    variables = (variable_of("x", "mixed", x, None), variable_of("y", "mixed", empty, codes))
    found = blocks_of(variables, marginals="raw")[0]
    compiled = local_information(*found, k=3).values
    with interpreted():
        plain = local_information(*found, k=3).values
    np.testing.assert_array_equal(plain, compiled)


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("style", ["smooth", "grid"])
def test_trees(d, style, interpreted):
    points, queries = columns(d, style), columns(d, "heavy")[:40]
    rows, edges = np.arange(N), np.array([0, N])

    def found():
        forest = Forest(points, rows, edges)
        distances, who = forest.nearest(queries, np.full(40, -1), 5)
        within, own = np.repeat(distances[:, 4], 2), forest.nearest(forest.points, rows, 3)
        closed = np.arange(80) % 2 == 1
        counts = forest.count(None, np.repeat(queries, 2, axis=0), within, closed)
        return distances, who, counts, *own

    compiled = found()
    with interpreted():
        plain = found()
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_array_equal(one, other)
    apart = np.sort(abs(queries[:, None] - points).max(-1), axis=1)
    np.testing.assert_array_equal(compiled[0], apart[:, :5])
    reach = apart[:, 4, None]
    by_hand = np.stack([(apart < reach).sum(1), (apart <= reach).sum(1)], axis=1)
    np.testing.assert_array_equal(compiled[2], by_hand.ravel())


@pytest.mark.parametrize("style", ["smooth", "zeros", "rounded"])
def test_lines(style, interpreted):
    values = np.sort(columns(1, style).ravel())
    edges = np.array([0, 0, 70, 71, N])

    def found():
        distances, counts = np.empty((N, 3)), np.empty(N, np.int64)
        strips.nearest_line(values, edges, distances)
        radius = np.where(np.isfinite(distances[:, 2]), distances[:, 2], 1.0)
        strips.count_line(values, edges, radius, np.arange(N) % 2 == 1, counts)
        return distances, counts

    compiled = found()
    with interpreted():
        plain = found()
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (4, 4), (1, 3)])
@pytest.mark.parametrize("n", [1, 3, 30, 5000])
def test_moments_of_tables(shape, n, interpreted):
    rng = np.random.default_rng(n)
    counts = rng.multinomial(n, rng.dirichlet(np.ones(shape[0] * shape[1]))).reshape(shape)
    left, right = np.nonzero(counts)
    given = (np.array([0, len(left)]), left + 1, right + 1, counts[left, right], np.array([shape]))
    compiled, plain = np.zeros((2, 1, len(FIELDS)))
    pair_statistics(*given, compiled)
    with interpreted():
        pair_statistics(*given, plain)
    np.testing.assert_allclose(plain, compiled, rtol=1e-12)  # two logarithms of the factorial


def test_tables_of_label_columns(interpreted):
    rng = np.random.default_rng(0)
    levels = [2, 3, 10, 130]
    codes = [rng.integers(0, size, 300) for size in levels]
    compiled = list(pair_tables(codes, levels))
    with interpreted():
        plain = list(pair_tables(codes, levels))
    for (i, j, one), (p, q, other) in zip(plain, compiled, strict=True):
        assert (i, j) == (p, q)
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("form", [0, 1, 2])
def test_swaps_on_demand_are_those_of_a_matrix(form, interpreted):
    """The log ratios that are made when needed are those that a matrix would hold."""
    rng = np.random.default_rng(form)
    left, right = rng.standard_normal((2, 2, 30, 3)) / 2
    inner = np.einsum("kif,kjf->kij", left, right)
    df, power = 9.0, 5.0
    values = [inner[0], np.logaddexp(*inner), -power * np.log1p(inner[0] / df)][form]
    couples = rng.integers(0, 30, (200, 2))
    thresholds = np.log(rng.random(200))

    def swapped():
        by_matrix, on_demand = np.arange(30), np.arange(30)
        kernels.swap_by_matrix(values, by_matrix, couples, thresholds)
        current = values[np.arange(30), np.arange(30)].copy()
        kernels.swap_on_demand(
            form, df, power, left, right, current, on_demand, couples, thresholds
        )
        np.testing.assert_array_equal(by_matrix, on_demand)
        assert (by_matrix != np.arange(30)).sum() > 10
        return by_matrix

    compiled = swapped()
    with interpreted():
        np.testing.assert_array_equal(swapped(), compiled)


def test_counts_of_pairs_that_were_paired_anew(interpreted):
    """Of the given pairing they are those of KSG, by hand."""
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((2, 60)), rng.standard_normal((3, 60))
    pairings = np.array([np.arange(60), rng.permutation(60)])

    def found():
        counts = np.zeros((2, 2, 60), np.int64)
        kernels.repaired_counts(x, y, pairings, 4, counts[0], counts[1])
        return counts

    compiled = found()
    with interpreted():
        np.testing.assert_array_equal(found(), compiled)
    for s, pairing in enumerate(pairings):
        apart = [abs(v[:, :, None] - v[:, None]).max(0) for v in (x, y[:, pairing])]
        radius = np.sort(np.maximum(*apart), axis=1)[:, 4]
        by_hand = [(d < radius[:, None]).sum(1) - 1 for d in apart]
        np.testing.assert_array_equal(compiled[:, s], by_hand)


def test_a_whole_estimate(interpreted):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((60, 2))
    y = norm.cdf(x) + 0.3 * rng.standard_normal((60, 2))
    compiled = mutual_information(x, y, method="corrected_ksg")
    with interpreted():
        plain = mutual_information(x, y, method="corrected_ksg")
    assert plain.value == pytest.approx(compiled.value, rel=1e-12)
    assert plain.interval.low == pytest.approx(compiled.interval.low, rel=1e-12)
    assert plain.interval.high == pytest.approx(compiled.interval.high, rel=1e-12)
