"""`shrunk_ksg`: between neighbours and a Student copula, checked against both and known truths."""

import math

import numpy as np
import pytest
from scipy import stats

import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument
from infoscope.estimate.corrected.coordinates import scores_by_column
from infoscope.estimate.corrected.student_model import choose_degrees
from infoscope.estimate.corrected.student_pair import fit_student_pair
from infoscope.known import find_task
from infoscope.known.students import student_information


def gaussian(n: int, rho: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    x, noise = np.random.default_rng(seed).standard_normal((2, n))
    return x, rho * x + math.sqrt(1 - rho**2) * noise


def student(n: int, rho: float, df: float, seed: int) -> np.ndarray:
    scatter = [[1.0, rho], [rho, 1.0]]
    return stats.multivariate_t(shape=scatter, df=df, seed=seed).rvs(n)


# -- reference ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rho", "df"), [(0.6, 2.0), (0.0, 1.0), (-0.8, 4.0)])
def test_the_copula_has_the_information_of_its_closed_form(rho: float, df: float) -> None:
    z = student(10_000, rho, df, 1)
    fit = fit_student_pair(*scores_by_column(z).T)
    truth = student_information(np.array([[1.0, rho], [rho, 1.0]]), 1, df)
    assert fit.df == df
    assert fit.rho == pytest.approx(rho, abs=0.03)
    assert fit.information == pytest.approx(truth, abs=0.03)


def test_normal_numbers_have_many_degrees_of_freedom() -> None:
    x, y = gaussian(5000, 0.7, 2)
    fit = fit_student_pair(*scores_by_column(np.column_stack([x, y])).T)
    assert fit.df >= 25
    assert fit.information == pytest.approx(-0.5 * math.log(1 - 0.49), abs=0.03)


@pytest.mark.parametrize("df", [1.5, 3.0, 9.0])
def test_two_columns_are_fitted_as_blocks_are(df: float) -> None:
    scores = scores_by_column(student(800, 0.4, df, 3))
    mine, theirs = fit_student_pair(*scores.T).df, choose_degrees(scores)
    assert mine == theirs or (math.isinf(mine) and theirs == 60.0)


def test_one_column_twice_is_all_but_certain() -> None:
    u = scores_by_column(np.random.default_rng(0).normal(size=(300, 1)))[:, 0]
    assert fit_student_pair(u, u).information > 10


def test_where_copula_and_neighbours_agree_the_copula_is_taken() -> None:
    x, y = gaussian(1000, 0.75, 4)
    e = est.mutual_information(x, y)
    assert e.method == "shrunk_ksg"
    assert e.value == e.diagnostics["model_information"]
    assert any("agree within noise" in note for note in e.notes)


def test_where_they_do_not_the_neighbours_are() -> None:
    """An X of two lines: no correlation, and much information."""
    x, y = (part[:, 0] for part in find_task("1v1-X-0.9").sample(1000, 5))
    e = est.mutual_information(x, y)
    plain = est.mutual_information(x, y, method="ksg", interval=None).value
    assert e.value == pytest.approx(plain, abs=0.05)
    assert e.diagnostics["weight_of_neighbours"] > 0.9


def test_sharp_edges_are_named_and_mended_in_part() -> None:
    task = find_task("1v1-additive-0.1")
    errors, plain, named = [], [], 0
    for seed in range(8):
        x, y = task.sample(1000, seed)
        e = est.mutual_information(x, y)
        named += any("still too low" in note for note in e.notes)
        errors.append(e.value - task.mutual_information)
        value = est.mutual_information(x, y, method="ksg", interval=None).value
        plain.append(value - task.mutual_information)
    assert named >= 5
    assert np.mean(plain) < np.mean(errors) < 0.0


# -- bias, spread and coverage --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["1v1-normal-0.75", "student-identity-1-1-1", "clayton-2.0", "1v1-additive-0.1"]
)
def test_intervals_cover(name: str) -> None:
    task = find_task(name)
    inside = 0
    for seed in range(60):
        e = est.mutual_information(*task.sample(600, np.random.default_rng([9, seed])))
        assert e.interval is not None
        inside += e.interval.low <= task.mutual_information <= e.interval.high
    assert inside / 60 >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 60)


def test_the_error_is_less_than_that_of_plain_neighbours() -> None:
    task = find_task("student-identity-1-1-1")
    errors: dict[str, list[float]] = {"ksg": [], "auto": []}
    for seed in range(40):
        x, y = task.sample(400, np.random.default_rng([10, seed]))
        for method, found in errors.items():
            value = est.mutual_information(x, y, method=method, interval=None).value
            found.append(abs(value - task.mutual_information))
    assert np.mean(errors["auto"]) < 0.8 * np.mean(errors["ksg"])


# -- identity and adversarial ---------------------------------------------------------------------


def test_many_rows_are_left_to_plain_neighbours() -> None:
    assert est.mutual_information(*gaussian(5001, 0.5, 6), interval=None).method == "ksg"
    assert est.mutual_information(*gaussian(39, 0.5, 6), interval=None).method == "ksg"


def test_local_values_have_its_mean() -> None:
    x, y = gaussian(300, 0.5, 7)
    local = est.pointwise_mutual_information(x, y)
    value = est.mutual_information(x, y, interval=None).value
    assert local.mean() == pytest.approx(value, abs=1e-12)


def test_too_many_neighbours_are_refused() -> None:
    x, y = gaussian(50, 0.5, 8)
    with pytest.raises(InvalidArgument, match="k must be less than"):
        est.mutual_information(x, y, method="shrunk_ksg", k=49)


def test_few_rows_of_an_unknown_shape_are_pointed_out() -> None:
    x, y = find_task("1v1-X-0.9").sample(250, 1)
    e = est.mutual_information(x, y)
    assert any("rows are few" in note for note in e.notes)


def test_sharp_edges_are_seen_and_smooth_copulas_are_not_suspected() -> None:
    rng = np.random.default_rng(12)
    for n in (500, 1000):
        x = rng.uniform(size=n)
        edged = est.mutual_information(x, x + rng.uniform(-0.75, 0.75, n))
        assert any("probably still too low" in note for note in edged.notes)
        x = rng.normal(size=n)
        smooth = est.mutual_information(x, x + rng.normal(size=n))
        assert not any("Regions are empty" in note for note in smooth.notes)


@pytest.mark.parametrize("method", ["auto", "ksg", "shrunk_ksg", "gaussian_copula"])
@pytest.mark.parametrize("n", [100, 6000])
def test_a_monotone_map_has_infinite_information_at_any_size(method: str, n: int) -> None:
    x = np.random.default_rng(13).normal(size=n)
    for y in (np.exp(x), -(x**3)):
        estimate = est.mutual_information(x, y, method=method)
        assert estimate.value == np.inf
        assert any("monotone" in note for note in estimate.notes)
