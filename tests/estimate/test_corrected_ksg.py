"""corrected_ksg: each part against scipy or by hand, compiled against plain; values on tasks."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import cKDTree
from scipy.special import digamma

from infoscope.core.errors import InvalidArgument
from infoscope.estimate import mutual_information
from infoscope.estimate.corrected import kernels, plain
from infoscope.estimate.corrected.cluster_model import Clusters, choose_clusters
from infoscope.estimate.corrected.coordinates import (
    canonical,
    gaussian_bias,
    information_of,
    scores_by_column,
    shrunk,
    whitening,
)
from infoscope.estimate.corrected.feature_models import radial_features, select_pairs
from infoscope.estimate.corrected.gaussian_models import (
    Contaminated,
    contaminated,
    gaussian_copula,
    of_variates,
)
from infoscope.estimate.corrected.pair_model import fit_pairs
from infoscope.estimate.corrected.ratios import (
    Ratio,
    bound_of_square,
    donsker_varadhan,
    independent,
)
from infoscope.estimate.corrected.scaling import _on_demand, _stored, scale
from infoscope.estimate.corrected.statistics import full_statistic, pairwise_statistic
from infoscope.estimate.corrected.student_model import (
    StudentCopula,
    choose_degrees,
    student_copula,
    student_scores,
)
from infoscope.estimate.corrected.surrogates import draw_pairings, swap
from infoscope.known import find_task


def gaussian_rows(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x, y = find_task("multinormal-sparse-3-3-2-2.0").sample(n, seed)
    return scores_by_column(x), scores_by_column(y)


def matrix_of(ratio: Ratio) -> np.ndarray:
    return ratio.block(0, ratio.n)


def pairs_of(log_joint: object, log_x: object, log_y: object, x: np.ndarray, y: np.ndarray):
    """Return log p(x_i, y_j) - log p(x_i) - log p(y_j) for all pairs, from log densities."""
    n = x.shape[0]
    rows = np.hstack([np.repeat(x, n, axis=0), np.tile(y, (n, 1))])
    joint = log_joint(rows).reshape(n, n)  # type: ignore[operator]
    return joint - log_x(x)[:, None] - log_y(y)  # type: ignore[operator]


# The models' log ratios, against densities from scipy.


def test_the_gaussian_ratio_is_that_of_its_density() -> None:
    rng = np.random.default_rng(0)
    u, v = rng.standard_normal((2, 12, 2))
    rho = np.array([0.7, -0.3])
    covariance = np.eye(4)
    covariance[[0, 2, 1, 3], [2, 0, 3, 1]] = [0.7, 0.7, -0.3, -0.3]
    joint = stats.multivariate_normal(np.zeros(4), covariance).logpdf
    alone = stats.multivariate_normal(np.zeros(2)).logpdf
    want = pairs_of(joint, alone, alone, u, v)
    assert matrix_of(of_variates(u, v, rho)) == pytest.approx(want)


def test_the_student_ratio_is_that_of_its_density() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((12, 2)), rng.standard_normal((12, 1))
    scatter = np.array([[1.0, 0.2, 0.5], [0.2, 1.0, 0.3], [0.5, 0.3, 1.0]])
    joint = stats.multivariate_t(np.zeros(3), scatter, df=3).logpdf
    alone_x = stats.multivariate_t(np.zeros(2), scatter[:2, :2], df=3).logpdf
    alone_y = stats.t(3).logpdf
    want = pairs_of(joint, alone_x, lambda rows: alone_y(rows[:, 0]), x, y)
    assert matrix_of(StudentCopula(scatter, 2, 3.0).ratio(x, y)) == pytest.approx(want)


def test_the_ratio_of_clusters_is_that_of_their_density() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((10, 2)), rng.standard_normal((10, 1))
    roots = rng.standard_normal((3, 3, 3))
    covariances = roots @ roots.transpose(0, 2, 1) + np.eye(3)
    weights, means = np.array([0.2, 0.5, 0.3]), rng.standard_normal((3, 3))

    def mixture(columns: list[int]):
        def log_density(rows: np.ndarray) -> np.ndarray:
            logs = [
                math.log(w) + stats.multivariate_normal(m[columns], c[np.ix_(columns, columns)])
                .logpdf(rows)
                for w, m, c in zip(weights, means, covariances, strict=True)
            ]  # fmt: skip
            return np.logaddexp.reduce(logs, axis=0)

        return log_density

    want = pairs_of(mixture([0, 1, 2]), mixture([0, 1]), mixture([2]), x, y)
    got = matrix_of(Clusters(weights, means, covariances, 2).ratio(x, y))
    assert got == pytest.approx(want)


def test_the_contaminated_ratio_is_a_mixture_with_independence() -> None:
    gx, gy = gaussian_rows(60)
    copula = gaussian_copula(gx, gy)
    inner = matrix_of(copula.ratio(gx, gy))
    got = matrix_of(Contaminated(copula, 0.8).ratio(gx, gy))
    assert got == pytest.approx(np.logaddexp(math.log(0.8) + inner, math.log(0.2)))


@pytest.mark.parametrize("form", ["gaussian", "student", "clusters"])
def test_pairs_and_parts_of_a_ratio_agree_with_its_matrix(form: str) -> None:
    rng = np.random.default_rng(1)
    gx, gy = gaussian_rows(80)
    ratio = {
        "gaussian": lambda: gaussian_copula(gx, gy).ratio(gx, gy),
        "student": lambda: student_copula(gx, gy, 4.0).ratio(gx, gy),
        "clusters": lambda: contaminated(gx, gy).ratio(gx, gy),
    }[form]()
    whole = matrix_of(ratio)
    i, j = rng.integers(80, size=(2, 200))
    assert ratio.of_pairs(i, j) == pytest.approx(whole[i, j])
    some = rng.permutation(80)[:30]
    assert matrix_of(ratio.take(some)) == pytest.approx(whole[np.ix_(some, some)])
    assert ratio.block(10, 20) == pytest.approx(whole[10:20])
    assert matrix_of(ratio.narrow()) == pytest.approx(whole, abs=1e-3)


# Fits.


def test_the_bias_of_the_gaussian_information_is_the_mean_over_draws() -> None:
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(400):
        x, y = rng.standard_normal((60, 3)), rng.standard_normal((60, 2))
        draws.append(information_of(canonical(x, y).correlations))
    error = np.std(draws) / math.sqrt(len(draws))
    assert abs(gaussian_bias(3, 2, 60) - np.mean(draws)) < 4.0 * error


def test_shrinking_reaches_its_target_and_whitening_whitens() -> None:
    rho = np.array([0.9, 0.5, 0.1])
    assert information_of(shrunk(rho, 0.5)) == pytest.approx(0.5)
    assert not shrunk(rho, -0.1).any()
    rows = np.random.default_rng(0).standard_normal((50, 3))
    rows = np.hstack([rows, rows[:, :1]])  # a copy of a column
    white = rows @ whitening(np.cov(rows.T, bias=True))
    assert white.shape == (50, 3)
    assert np.cov(white.T, bias=True) == pytest.approx(np.eye(3))


def test_degrees_of_freedom_are_found() -> None:
    x, y = find_task("student-identity-3-3-2").sample(1500, 0)
    scores = scores_by_column(np.hstack([x, y]))
    assert choose_degrees(scores) in {1.5, 2.0, 3.0}
    gx, gy = gaussian_rows(1500)
    assert choose_degrees(np.hstack([gx, gy])) >= 14.0


def test_student_scores_are_quantiles_of_mean_ranks() -> None:
    column = np.array([3.0, 1.0, 1.0, 7.0])  # ranks 3, 1.5, 1.5, 4
    got = student_scores(scores_by_column(column[:, None]), 2.0)[:, 0]
    assert got == pytest.approx(stats.t(2.0).ppf(np.array([3.0, 1.5, 1.5, 4.0]) / 5.0))


def test_contamination_and_clusters_are_found() -> None:
    x, y = find_task("mult-sparse-w-inliers-5-5-2-2.0-0.2").sample(1500, 0)
    assert contaminated(scores_by_column(x), scores_by_column(y)).share == pytest.approx(
        0.8, abs=0.1
    )
    rng = np.random.default_rng(0)
    centre = rng.choice([-4.0, 4.0], (400, 1))
    u, v = centre + rng.standard_normal((400, 1)), centre + rng.standard_normal((400, 1))
    found = choose_clusters(u, v, rng)
    assert found is not None
    assert found.weights.size == 2
    assert np.sort(found.means[:, 0]) == pytest.approx([-4.0, 4.0], abs=0.5)
    assert choose_clusters(*(gaussian_rows(400)[side][:, 2:] for side in (0, 1)), rng) is None


def test_held_out_pairs_of_variates_are_counted() -> None:
    gx, gy = gaussian_rows(1000)
    folds = np.array_split(np.random.default_rng(0).permutation(1000), 4)
    fit = select_pairs(gx, gy, folds, most=6, held_out_only=True, n_check=1000)
    assert fit.rho == pytest.approx([0.8, 0.8], abs=0.05)
    assert fit.bound == pytest.approx(1.02, abs=0.15)
    nothing = select_pairs(
        gx, np.random.default_rng(1).standard_normal((1000, 3)), folds, most=6,
        held_out_only=False, n_check=1000,
    )  # fmt: skip
    assert nothing.rho.size == 0
    assert nothing.bound == 0.0


def test_radial_features_see_a_spiral_that_the_coordinates_hide() -> None:
    x, y = find_task("spiral-multinormal-sparse-3-3-2-2.0").sample(1000, 0)
    gx, gy = scores_by_column(x), scores_by_column(y)
    axes = canonical(gx, gy)
    a, b = (gx - axes.mean_x) @ axes.to_a, (gy - axes.mean_y) @ axes.to_b
    folds = np.array_split(np.random.default_rng(0).permutation(1000), 4)
    settings = {"folds": folds, "most": 8, "held_out_only": False, "n_check": 1000}
    gated = select_pairs(radial_features(a), radial_features(b), **settings)
    assert gated.bound > select_pairs(a, b, **settings).bound + 0.2


def test_pairs_of_smoothed_densities_see_sharp_edges() -> None:
    x, y = find_task("uniform-noise-3-3-0.5").sample(1000, 0)
    folds = np.array_split(np.random.default_rng(0).permutation(1000), 4)
    fit = fit_pairs(scores_by_column(x), scores_by_column(y), folds, 1000)
    assert fit.n_pairs == 3
    assert 1.0 < fit.bound < 1.5  # the truth is 1.5, the Gaussian copula's bound 0.95
    rng = np.random.default_rng(0)
    u, v = scores_by_column(rng.random((400, 2))), scores_by_column(rng.random((400, 2)))
    assert fit_pairs(u, v, np.array_split(rng.permutation(400), 4), 1000).bound < 0.03


# The bound, the scaling, the surrogates and the statistics.


def test_the_bound_is_its_formula() -> None:
    gx, gy = gaussian_rows(700)  # more than one block of rows
    ratio = gaussian_copula(gx, gy).ratio(gx, gy)
    values = matrix_of(ratio)
    others = values[~np.eye(700, dtype=bool)]
    want = np.diagonal(values).mean() - math.log(np.exp(others).mean())
    assert donsker_varadhan(ratio) == pytest.approx(want)
    assert bound_of_square(values) == pytest.approx(want)
    assert donsker_varadhan(independent(50)) == pytest.approx(0.0, abs=1e-12)


def test_scaled_margins_are_even_and_both_ways_of_scaling_agree() -> None:
    gx, gy = gaussian_rows(600)
    ratio = gaussian_copula(gx, gy).ratio(gx, gy)
    stored, demanded = _stored(ratio), _on_demand(ratio)
    p = np.exp(matrix_of(ratio) + stored.f[:, None] + stored.g) / 600
    assert p.sum(1) == pytest.approx(np.ones(600), abs=1e-9)
    assert p.sum(0) == pytest.approx(np.ones(600), abs=1e-5)
    assert stored.information == pytest.approx(float((p * np.log(600 * p)).sum() / 600), abs=1e-6)
    assert demanded.information == pytest.approx(stored.information, abs=2e-3)
    assert demanded.own == pytest.approx(stored.own, abs=2e-2)
    assert stored.information == pytest.approx(1.02, abs=0.1)
    assert scale(independent(40)).information == pytest.approx(0.0, abs=1e-12)


def test_surrogates_keep_the_rows_and_have_the_models_information() -> None:
    gx, gy = gaussian_rows(800)
    ratio = gaussian_copula(gx, gy).ratio(gx, gy)
    scaled = scale(ratio)
    pairings = draw_pairings(ratio, scaled, 6, np.random.default_rng(0))
    every = np.arange(800)
    assert all(np.array_equal(np.sort(pairing), every) for pairing in pairings)
    means = [
        float((ratio.of_pairs(every, pairing) + scaled.f + scaled.g[pairing]).mean())
        for pairing in pairings
    ]
    error = np.std(means, ddof=1) / math.sqrt(6.0)
    assert abs(np.mean(means) - scaled.information) < 4.0 * error + 0.01


@pytest.mark.parametrize("form", ["gaussian", "student", "clusters"])
def test_compiled_and_plain_swaps_agree(form: str) -> None:
    gx, gy = gaussian_rows(101)
    ratio = {
        "gaussian": lambda: gaussian_copula(gx, gy).ratio(gx, gy),
        "student": lambda: student_copula(gx, gy, 4.0).ratio(gx, gy),
        "clusters": lambda: contaminated(gx, gy).ratio(gx, gy),
    }[form]()
    start = np.random.default_rng(1).permutation(101)
    got = []
    for values in (matrix_of(ratio), None):
        for fast in (True, False):
            pairing = start.copy()
            swap(ratio, values, pairing, 50, np.random.default_rng(2), fast=fast)
            got.append(pairing)
    assert not np.array_equal(got[0], start)
    for other in got[1:]:
        assert np.array_equal(got[0], other)


def test_compiled_and_plain_counts_agree_and_are_those_of_a_tree() -> None:
    rng = np.random.default_rng(0)
    a, b = np.round(rng.standard_normal((2, 300, 3)), 2)  # some ties
    pairings = np.stack([np.arange(300), rng.permutation(300)])
    columns = np.ascontiguousarray(a.T), np.ascontiguousarray(b.T)
    fast, slow = np.empty((2, 2, 300), np.int64), np.empty((2, 2, 300), np.int64)
    kernels.repaired_counts(*columns, pairings, 3, *fast)
    plain.repaired_counts(*columns, pairings, 3, *slow)
    assert np.array_equal(fast, slow)
    for s, pairing in enumerate(pairings):
        partner = b[pairing]
        joint = cKDTree(np.hstack([a, partner]))
        radius = joint.query(joint.data, 4, p=np.inf)[0][:, 3]
        for side, counts in ((a, fast[0, s]), (partner, fast[1, s])):
            distance = np.abs(side[:, None] - side).max(-1)
            assert np.array_equal(counts, (distance < radius[:, None]).sum(1) - 1)


def test_statistics_are_ksg() -> None:
    gx, gy = gaussian_rows(250)
    same = np.arange(250)[None]
    tree = cKDTree(np.hstack([gx, gy]))
    radius = tree.query(tree.data, 4, p=np.inf)[0][:, 3]
    counts = [(np.abs(g[:, None] - g).max(-1) < radius[:, None]).sum(1) for g in (gx, gy)]
    want = digamma(3) + digamma(250) - (digamma(counts[0]) + digamma(counts[1])).mean()
    assert full_statistic(gx, gy, same, 3)[0] == pytest.approx(want)
    assert full_statistic(gx, gy, same, 3, fast=False)[0] == pytest.approx(want)
    parts = sum(full_statistic(gx[:, [c]], gy[:, [c]], same, 3)[0] for c in range(3))
    assert pairwise_statistic(gx, gy, same, 3)[0] == pytest.approx(parts)


# Values.


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("multinormal-sparse-5-5-2-2.0", "gaussian"),
        ("multinormal-dense-25-25-0.5", "gaussian"),
        ("student-identity-3-3-2", "student"),
        ("mult-sparse-w-inliers-5-5-2-2.0-0.2", "contaminated"),
        ("spiral-multinormal-sparse-3-3-2-2.0", "radial"),
        ("frank-6.0-times-3", None),
        ("linear-8-8-2-1.0", "gaussian"),
    ],
)
def test_values_are_within_their_own_error_of_the_truth(name: str, model: str | None) -> None:
    task = find_task(name)
    x, y = task.sample(1000, 5)
    estimate = mutual_information(x, y)
    assert estimate.method == "corrected_ksg"
    assert estimate.stderr is not None
    assert abs(estimate.value - task.mutual_information) < 3.0 * estimate.stderr
    assert estimate.stderr < 0.16
    assert model is None or estimate.settings["model"] == model
    plain_ksg = mutual_information(x, y, method="ksg", interval=None).value
    error = abs(estimate.value - task.mutual_information)
    assert error < abs(plain_ksg - task.mutual_information) + 0.02


@pytest.mark.parametrize(("dim_x", "dim_y"), [(2, 2), (5, 5), (10, 3)])
def test_independent_vectors_are_near_zero(dim_x: int, dim_y: int) -> None:
    rng = np.random.default_rng(dim_x)
    x, y = rng.standard_normal((600, dim_x)), rng.standard_t(3.0, (600, dim_y))
    estimate = mutual_information(x, y)
    assert estimate.stderr is not None
    assert abs(estimate.value) < 3.0 * estimate.stderr
    assert abs(estimate.value) < 0.1


def test_monotone_maps_and_the_order_of_rows_change_nothing() -> None:
    x, y = find_task("multinormal-sparse-3-3-2-2.0").sample(400, 0)
    value = mutual_information(x, y, rng=1).value
    assert mutual_information(np.exp(3.0 * x), 1e6 + y**3, rng=1).value == pytest.approx(value)
    order = np.random.default_rng(0).permutation(400)
    assert mutual_information(x[order], y[order], rng=1).value == pytest.approx(value)


def test_many_rows_take_the_way_with_little_memory() -> None:
    task = find_task("student-identity-2-2-1")
    x, y = task.sample(2100, 0)
    estimate = mutual_information(x, y)
    assert estimate.stderr is not None
    assert abs(estimate.value - task.mutual_information) < 3.0 * estimate.stderr


def test_diagnostics_and_notes_say_what_is_known() -> None:
    x, y = find_task("multinormal-sparse-5-5-2-2.0").sample(800, 0)
    estimate = mutual_information(x, y)
    found = estimate.diagnostics
    assert found["gap"] == pytest.approx(estimate.value - found["held_out_bound"])
    assert {"in_sample", "model_information", "beyond_full", "misfit", "ksg"} <= set(found)
    notes = " ".join(estimate.notes)
    assert "a Gaussian copula" in notes
    assert f"At least {found['held_out_bound']:.3f} nats are confirmed" in notes
    waves = mutual_information(*find_task("2v1-waves-12-5.0-3.0").sample(600, 0))
    assert any("trust it less" in note or "lower bound" in note for note in waves.notes)


def test_shapes_that_no_simple_copula_has_widen_the_interval() -> None:
    curved = mutual_information(*find_task("circles-2-2-3.0").sample(400, 0))
    assert curved.diagnostics["shape"] == pytest.approx(0.08 * curved.value)
    assert any("No simple copula" in note for note in curved.notes)
    x, y = find_task("multinormal-sparse-3-3-2-2.0").sample(400, 0)
    assert mutual_information(x, y).diagnostics["shape"] == 0.0


def test_copied_and_determined_columns_are_dealt_with() -> None:
    x, y = find_task("multinormal-sparse-3-3-2-2.0").sample(400, 0)
    doubled = mutual_information(np.hstack([x, x[:, :1]]), y)
    alone = mutual_information(x, y)
    assert alone.stderr is not None
    assert abs(doubled.value - alone.value) < 2.0 * alone.stderr
    shared = mutual_information(x, np.hstack([y, np.exp(x[:, :1])]))
    assert shared.value == math.inf
    assert any("determines" in note for note in shared.notes)


def test_wrong_options_raise_a_sentence() -> None:
    x, y = find_task("multinormal-dense-3-3-0.5").sample(100, 0)
    method = "corrected_ksg"
    with pytest.raises(InvalidArgument, match=r"k must be a whole number from 1 to 99; got 0"):
        mutual_information(x, y, method=method, k=0)
    with pytest.raises(InvalidArgument, match="surrogates must be a whole number from 2"):
        mutual_information(x, y, method=method, surrogates=1)
    with pytest.raises(InvalidArgument, match="have at least 40 rows"):
        mutual_information(x[:30], y[:30], method=method)
    wide = np.random.default_rng(0).standard_normal((100, 45))
    with pytest.raises(InvalidArgument, match=r"have at least 116 rows for corrected_ksg in 48"):
        mutual_information(x, wide, method=method)
    with pytest.raises(InvalidArgument, match="NaN"):
        mutual_information(np.where(x == x[0, 0], np.nan, x), y, method=method)
