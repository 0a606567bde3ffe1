"""The classes of input on which other tools fail: each has its value, an error or a warning.

Continuous cases run where the nearest-neighbour methods are installed.
"""

import math
import time

import numpy as np
import pytest

import infoscope.estimate as est
from infoscope.core.errors import InfoscopeWarning, InvalidArgument

HAVE = {spec.name for spec in est.methods("mutual_information")}
pytestmark = pytest.mark.skipif(
    not {"ksg", "mixed", "ross"} <= HAVE, reason="needs the nearest-neighbour methods"
)
RNG = np.random.default_rng(2026)
N = 400
X = RNG.normal(size=N)
Y = 0.8 * X + 0.6 * RNG.normal(size=N)  # I = -log(1 - 0.64) / 2 = 0.511
CLASS = (X + 0.5 * RNG.normal(size=N) > 0.5).astype(int) + (X > 1.2)


def mi(x: object, y: object, **kwargs: object) -> float:
    return est.mutual_information(x, y, interval=None, **kwargs).value


REFERENCE = mi(X, Y)


def test_the_reference_is_near_the_truth() -> None:
    assert pytest.approx(-0.5 * math.log(0.36), abs=0.1) == REFERENCE


@pytest.mark.parametrize("y", [Y, CLASS, Y.round(1)], ids=["numbers", "labels", "ties"])
@pytest.mark.parametrize("constant", [0, 3.7, "a", 1e12, True])
def test_a_constant_tells_nothing(y: np.ndarray, constant: object) -> None:
    e = est.mutual_information([constant] * N, y)
    assert e.value == 0.0
    assert any("constant" in note for note in e.notes)


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e9])
def test_an_all_but_constant_column_against_an_imbalanced_class(scale: float) -> None:
    """scikit-learn#30772: independent of the class, whatever the unit and the offset."""
    rng = np.random.default_rng(4)
    label = (rng.random(2000) < 0.001).astype(int)
    column = scale * (5.0 + 1e-9 * (rng.random(2000) < 0.001))
    assert abs(mi(column, label)) < 0.01


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v + 1e9,
        lambda v: v * 1e-150,
        lambda v: v * 1e150,
        lambda v: 1000 * v,
        np.exp,
        lambda v: np.exp(3 * v),
        lambda v: v**5,
        lambda v: np.where(v == v.max(), 1e6, v),
        lambda v: v[:, None],
        lambda v: v.tolist(),
    ],
    ids=["+1e9", "1e-150", "1e150", "units", "exp", "exp3", "x^5", "outlier", "(n,1)", "list"],
)
def test_units_offsets_and_monotone_maps_change_nothing(change) -> None:
    assert mi(change(X), Y) == pytest.approx(REFERENCE, abs=1e-6)
    assert mi(X, change(Y)) == pytest.approx(REFERENCE, abs=1e-6)


def test_an_offset_that_rounds_the_digits_away_costs_little() -> None:
    assert mi(X + 1e12, Y) == pytest.approx(REFERENCE, abs=0.02)


def test_single_precision_costs_little() -> None:
    assert mi(X.astype(np.float32), Y) == pytest.approx(REFERENCE, abs=1e-3)


def test_heavy_tails_do_not_hurt() -> None:
    rng = np.random.default_rng(5)
    scale = rng.standard_normal(1000)  # a bivariate Cauchy law: I = 0.2242
    x, y = rng.normal(size=1000) / scale, rng.normal(size=1000) / scale
    assert mi(x, y) == pytest.approx(0.2242, abs=0.08)


@pytest.mark.parametrize("y", [Y, CLASS, np.maximum(Y, 0)], ids=["numbers", "labels", "zeros"])
def test_swap_order_and_repetition_change_nothing(y: np.ndarray) -> None:
    first = mi(X, y)
    order = np.random.default_rng(0).permutation(N)
    assert mi(y, X) == pytest.approx(first, abs=1e-9)
    assert mi(X[order], y[order]) == pytest.approx(first, abs=1e-9)
    assert mi(X, y) == first


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64, str, object])
def test_codes_are_codes_however_they_are_stored(dtype: type) -> None:
    assert mi(X, CLASS.astype(dtype)) == mi(X, CLASS)
    assert mi(CLASS.astype(dtype), CLASS) == mi(CLASS, CLASS)


def test_names_of_labels_are_irrelevant() -> None:
    first = mi(X, CLASS)
    for names in ([-1, 10**12, 3], ["z", "a", "m"], [0.5, 0.25, 1e-9]):
        assert mi(X, np.array(names)[CLASS], discrete_y=True) == pytest.approx(first, abs=1e-12)


def test_two_classes_as_booleans() -> None:
    assert mi(X, CLASS > 0) == mi(X, (CLASS > 0).astype(int))


def test_a_continuous_variable_tells_infinitely_much_about_itself() -> None:
    e = est.mutual_information(X, X)
    assert e.value == math.inf
    assert any("y is x itself" in note for note in e.notes)


@pytest.mark.parametrize("change", [np.exp, lambda v: -2 * v, lambda v: v**3])
def test_a_monotone_map_of_a_variable_tells_infinitely_much_too(change) -> None:
    e = est.mutual_information(X, change(X))
    assert e.value == math.inf
    assert any("infinite" in note for note in e.notes)


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="equally many rows"):
        mi(X, Y[:-1])


def test_labels_tell_their_entropy_about_themselves() -> None:
    assert mi(CLASS, CLASS, method="plugin") == pytest.approx(
        est.entropy(CLASS, method="plugin").value
    )


def test_rounded_numbers_keep_their_information() -> None:
    assert mi(X.round(1), Y.round(1)) == pytest.approx(REFERENCE, abs=0.12)


def test_rows_repeated_four_times_are_pointed_out() -> None:
    with pytest.warns(InfoscopeWarning, match="Rows look repeated"):
        e = est.mutual_information(np.repeat(X, 4), np.repeat(Y, 4), interval=None)
    assert any("repeated" in note for note in e.notes)


def test_a_zero_inflated_pair_has_the_value_of_its_mixture() -> None:
    """Half the rows are (0, 0), half independent normals: I = log 2 - [...] = H(zero) = log 2."""
    rng = np.random.default_rng(6)
    on = rng.random(1500) < 0.5
    x, y = np.where(on, rng.normal(size=1500), 0), np.where(on, rng.normal(size=1500), 0)
    assert mi(x, y) == pytest.approx(math.log(2), abs=0.06)


def test_every_label_different_is_not_evidence() -> None:
    names = [f"id {i}" for i in range(N)]
    e = est.mutual_information(names, CLASS)
    assert abs(e.value) < 0.02
    assert mi(names, X) < 0.1


def test_a_label_seen_once_does_no_harm() -> None:
    label = CLASS.copy()
    label[np.argmax(X)] = 99
    assert mi(X, label) == pytest.approx(mi(X, CLASS), abs=0.05)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_too_few_rows_raise_a_sentence(n: int) -> None:
    if n < 2:
        with pytest.raises(InvalidArgument):
            mi(X[:n], Y[:n])
        return
    with pytest.raises(InvalidArgument, match="at least 4 rows for ksg"):
        mi(X[:n], Y[:n])
    assert math.isfinite(mi(CLASS[:n], Y[:n] > 0))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    x = X.copy()
    x[7] = bad
    with pytest.raises(InvalidArgument, match="row 7"):
        mi(x, Y)
    with pytest.raises(InvalidArgument, match="row 7"):
        mi(Y, x)


def test_read_only_and_unusual_memory_is_fine() -> None:
    x = np.array(X[::-1])[::-1]
    x.flags.writeable = False
    big = X.astype(X.dtype.newbyteorder(">"))
    assert mi(x, Y) == REFERENCE == mi(big, Y)


@pytest.mark.parametrize("case", ["equal", "zeros in both", "two values"])
def test_a_hundred_thousand_tied_rows_take_linear_time(case: str) -> None:
    n = 100_000
    rng = np.random.default_rng(8)
    x, y = np.zeros(n), rng.normal(size=n)
    if case == "zeros in both":
        x = np.maximum(rng.normal(size=n) - 1, 0)
        y = np.maximum(y - 1, 0)
    if case == "two values":
        x = np.where(rng.random(n) < 0.5, 0.25, 0.75)
        y = np.where(rng.random(n) < 0.5, 0.25, rng.normal(size=n))
    mi(x[:500], y[:500])  # compile
    start = time.process_time()
    assert abs(mi(x, y)) < 0.01
    assert time.process_time() - start < 5.0
