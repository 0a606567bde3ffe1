"""What is read as what: arrays, lists and data frames; labels, numbers, dates; gaps."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import infoscope
import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.estimate.kinds import read_samples, read_variables
from infoscope.estimate.variables import Variable, encode_rows

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=200)
SMALL = RNG.integers(0, 4, 200)


def read(x: object, flag: bool | None = None, **kwargs: object) -> Variable:
    return read_variables([("x", x, flag)], function="test", **kwargs)[0][0]


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (SMALL, "discrete"),
        (SMALL.astype(float), "discrete"),
        (SMALL.astype(np.int8), "discrete"),
        (SMALL > 1, "discrete"),
        ([f"label {i}" for i in SMALL], "discrete"),
        (["a", None, 3.5, ("a", 1)] * 50, None),
        (NORMAL, "continuous"),
        (NORMAL.astype(np.float32), "continuous"),
        (NORMAL + 1e12, "continuous"),
        (10**12 + RNG.permutation(10**4)[:200], "continuous"),
        (-SMALL - 10**12, "discrete"),
        (np.round(NORMAL, 1), "mixed"),
        (np.maximum(NORMAL, 0), "mixed"),
        (np.column_stack([NORMAL, SMALL]), "mixed"),
        (np.column_stack([SMALL, SMALL]), "discrete"),
        (np.column_stack([NORMAL, -NORMAL]), "continuous"),
        (np.full(200, 3.7), "discrete"),
        (np.array([f"{i % 3}" for i in range(200)], dtype=object), "discrete"),
        (np.arange("2024-01-01", "2024-07-19", dtype="datetime64[D]"), "continuous"),
        ([date(2024, 1, 1) + timedelta(days=int(i)) for i in SMALL], "discrete"),
        (pd.Series(SMALL).astype("category"), "discrete"),
        (pd.Series(SMALL, dtype="Int64"), "discrete"),
        (pd.Series(NORMAL), "continuous"),
        (pd.Series(pd.date_range("2024-01-01", periods=200, freq="h")), "continuous"),
        (pl.Series([f"{i}" for i in SMALL]), "discrete"),
        (pl.Series([f"{i}" for i in SMALL]).cast(pl.Categorical), "discrete"),
        (pl.Series(SMALL > 1), "discrete"),
        (pl.Series([date(2024, 1, 1) + timedelta(days=i) for i in range(200)]), "continuous"),
        (pa.chunked_array([NORMAL[:100], NORMAL[100:]]), "continuous"),
        (pa.table({"a": NORMAL, "b": [f"{i}" for i in SMALL]}), "mixed"),
        (pd.DataFrame({"a": NORMAL, "b": SMALL}), "mixed"),
    ],
    ids=lambda v: v if isinstance(v, str) else type(v).__name__,
)  # fmt: skip
def test_kinds_are_seen(x: object, kind: str | None) -> None:
    if kind is None:
        with pytest.raises(InvalidArgument, match="missing values"):
            read(x)
        return
    variable = read(x)
    assert variable.kind == kind
    assert variable.n == 200


@pytest.mark.parametrize("wrap", [list, np.asarray, pd.Series, pl.Series, pa.array])
def test_every_container_of_labels_gives_the_same_codes(wrap: type) -> None:
    labels = [f"label {i}" for i in SMALL]
    np.testing.assert_array_equal(read(wrap(labels)).codes, SMALL)


@pytest.mark.parametrize(
    ("n_levels", "n", "kind"),
    [
        (4, 8, "discrete"),
        (4, 7, "mixed"),
        (11, 55, "discrete"),
        (11, 54, "mixed"),
        (2, 3, "discrete"),
    ],
)
def test_whole_numbers_are_labels_when_they_repeat_enough(n_levels, n, kind) -> None:
    assert read(np.arange(n) % n_levels).kind == kind
    assert read((np.arange(n) % n_levels).astype(float)).kind == kind


def test_flags_override_what_the_values_look_like() -> None:
    assert read(SMALL, False).kind == "continuous"
    assert read(NORMAL, True).kind == "discrete"
    assert read(NORMAL, True).n_levels == 200


def test_a_row_of_columns_and_a_column_are_one() -> None:
    a = est.entropy(SMALL).to_dict()
    assert a == est.entropy(SMALL[:, None]).to_dict() == est.entropy(SMALL.tolist()).to_dict()


def test_ids_keep_all_their_digits() -> None:
    big = 2**62 + np.arange(200)
    assert read(big, True).n_levels == 200
    assert read(big.astype(np.uint64) * 2, True).n_levels == 200
    ticks = np.array([2**62, 2**62 + 1, 2**62 + 3], dtype="datetime64[ns]")
    assert read(ticks).values[:, 0].tolist() == [0.0, 1.0, 3.0]


def test_text_beside_numbers_does_not_make_1_and_the_text_1_equal() -> None:
    assert read([1, "1", 1.0, True]).codes.tolist()[0] == read([1, "1", 1.0, True]).codes[2]
    assert read([1, "1", 1.0, True]).n_levels == 3


def test_decisions_that_might_be_wrong_are_noted() -> None:
    notes = est.mutual_information(SMALL.astype(float), SMALL, method="plugin").notes
    assert any("4 different whole numbers in 200 rows" in note for note in notes)


@pytest.mark.parametrize(
    "gap",
    [
        [1.0, float("nan"), 2.0, 1.0],
        ["a", None, "b", "a"],
        pd.Series([1, None, 2, 1], dtype="Int64"),
        pd.Series(["a", pd.NA, "b", "a"]),
        pl.Series([1, None, 2, 1]),
        pl.Series(["a", None, "b", "a"]),
        pa.array([True, None, False, True]),
        np.array(["2024-01-01", "NaT", "2024-01-02", "2024-01-01"], dtype="datetime64[D]"),
        np.ma.masked_array([1, 2, 2, 1], mask=[0, 1, 0, 0]),
    ],
    ids=lambda v: type(v).__name__,
)
def test_gaps_raise_unless_dropping_is_chosen(gap: object) -> None:
    with pytest.raises(InvalidArgument, match=r"1 of 4 rows with NaN or null \(first: row 1\)"):
        est.entropy(gap)
    e = est.entropy(gap, missing="drop", discrete=True, method="plugin")
    assert e.n == 3
    assert e.value == pytest.approx(np.log(3) - 2 / 3 * np.log(2))
    assert "1 of 4 rows had missing values and were left out." in e.notes


def test_rows_are_dropped_together() -> None:
    x, y = [1, 2, None, 1], ["a", None, "b", "a"]
    e = est.mutual_information(x, y, missing="drop", method="plugin")
    assert e.n == 2


def test_a_wrong_missing_policy_is_named() -> None:
    with pytest.raises(InvalidArgument, match="missing must be 'error' or 'drop'; got 'omit'"):
        est.entropy([1, 2], missing="omit")


@pytest.mark.parametrize(
    ("x", "error", "match"),
    [
        ([], InvalidArgument, "at least one row; got an empty sample"),
        (np.zeros((0, 2)), InvalidArgument, "at least one row"),
        (np.zeros((5, 0)), InvalidArgument, "at least one column"),
        (np.zeros((2, 2, 2)), InvalidArgument, r"shape \(n,\) or \(n, d\)"),
        (3.0, WrongType, "float"),
        (np.float64(3), WrongType, "single value|float64"),
        ("text", WrongType, "list\\(text\\) for its characters"),
        ([1.0, np.inf], InvalidArgument, "finite; got inf in row 1"),
        ([1j, 2j], WrongType, "two columns|labels"),
        ([[1, 2], [3]], WrongType, "same number of entries"),
        (pl.LazyFrame({"a": [1]}), WrongType, "collected first"),
        ({"a": 1}, WrongType, "dict"),
        (infoscope.Logits([0.0, 2.0]), WrongType, r"infoscope\.entropy"),
        ([0.2, 0.3, 0.5], InvalidArgument, r"infoscope\.entropy"),
    ],
    ids=str,
)
def test_what_is_no_sample_is_refused_in_a_sentence(x: object, error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        est.entropy(x)


def test_distributions_of_scipy_are_sent_to_the_exact_function() -> None:
    stats = pytest.importorskip("scipy.stats")
    with pytest.raises(WrongType, match=r"infoscope\.kl_divergence"):
        est.kl_divergence(stats.norm(0, 1), [1, 2, 3])


def test_a_joint_table_is_sent_to_the_exact_function() -> None:
    with pytest.raises(WrongType, match=r"infoscope\.mutual_information\(joint\)"):
        est.mutual_information([[0.4, 0.1], [0.1, 0.4]])


def test_numbers_that_sum_to_one_pass_when_said_to_be_observations() -> None:
    assert est.entropy([0.2, 0.3, 0.5], discrete=True).n == 3


def test_unequal_lengths_are_told_apart() -> None:
    with pytest.raises(InvalidArgument, match=r"equally many rows; got 3 \(x\) and 2 \(y\)"):
        est.mutual_information([1, 2, 3], [1, 2])


def test_two_samples_share_their_codes() -> None:
    (x, y), _ = read_samples(["b", "c"], ["a", "b", "b"], function="test")
    assert x.codes is not None
    assert y.codes is not None
    assert x.codes.tolist() == [1, 2]
    assert y.codes.tolist() == [0, 1, 1]
    assert x.n_levels == y.n_levels == 3
    with pytest.raises(InvalidArgument, match="hold numbers as x does; got labels"):
        read_samples([1.0, 2.0], ["a", "b"], function="test")


def test_rows_of_many_columns_are_coded_without_overflow() -> None:
    columns = [np.arange(1000) * 2**40 + j for j in range(12)]
    codes, k = encode_rows(columns)
    assert k == 1000
    np.testing.assert_array_equal(codes, np.arange(1000))


def test_floats_that_are_few_but_not_whole_have_no_differential_entropy() -> None:
    with pytest.raises(InvalidArgument, match="discrete=True"):
        est.entropy(np.round(NORMAL, 1))
    assert est.entropy(np.round(NORMAL, 1), discrete=True).value > 2
