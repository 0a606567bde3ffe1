"""All pairs of a table's columns, and features against a target."""

from functools import partial

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.feature_selection import SelectKBest

import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument

RNG = np.random.default_rng(0)
A = RNG.integers(0, 4, 300)
TABLE = {"a": A, "b": (A + RNG.integers(0, 2, 300)) % 4, "c": RNG.choice(["u", "v"], 300)}


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, pa.table])
def test_the_matrix_holds_the_pairwise_estimates(frame: type) -> None:
    found = est.pairwise_mutual_information(frame(TABLE), unit="bits")
    assert found.names == ("a", "b", "c")
    np.testing.assert_array_equal(found.values, found.values.T)
    single = est.mutual_information(TABLE["a"], TABLE["c"], unit="bits")
    assert found.values[0, 2] == pytest.approx(single.value, abs=1e-14)
    assert found.stderr[0, 2] == pytest.approx(single.stderr, abs=1e-14)
    assert np.isnan(np.diag(found.values)).all()
    assert found.strongest(1)[0][:2] == ("a", "b")
    assert found.methods[0][2] == "fixed_margins"


def test_rows_are_dropped_pair_by_pair() -> None:
    table = pd.DataFrame({"a": [1, 1, 2, 2, None], "b": [3, 3, 4, 4, 4], "c": [None, 5, 5, 6, 6]})
    with pytest.raises(InvalidArgument, match="column a must have no missing values"):
        est.pairwise_mutual_information(table)
    found = est.pairwise_mutual_information(table, missing="drop", method="plugin", discrete=True)
    assert found.values[0, 1] == pytest.approx(np.log(2))  # of four rows


def test_scores_rank_features_in_scikit_learn() -> None:
    y = (A > 1).astype(int)
    X = np.column_stack([RNG.integers(0, 3, 300), A, RNG.integers(0, 2, 300)])
    score = partial(est.mutual_information_score_func, method="plugin")
    chosen = SelectKBest(score, k=1).fit(X, y)
    assert chosen.get_support().tolist() == [False, True, False]
    assert chosen.scores_[1] == pytest.approx(est.entropy(y, method="plugin").value)


def test_features_and_target_must_match() -> None:
    with pytest.raises(InvalidArgument, match="equally many rows, none missing"):
        est.mutual_information_score_func([[1], [2]], [1, 2, 3])
    with pytest.raises(InvalidArgument, match="1 missing, in 1"):
        est.mutual_information_score_func([[1.0, 2.0], [2.0, np.nan]], [1, 2])


@pytest.mark.parametrize("method", ["auto", "fixed_margins", "plugin"])
@pytest.mark.parametrize("threads", [1, 2])
def test_label_columns_counted_together_are_those_counted_alone(method: str, threads: int) -> None:
    rng = np.random.default_rng(5)
    hidden = rng.integers(0, 3, 700)
    columns = [np.where(rng.random(700) < 0.4, hidden, rng.integers(0, k, 700)) for k in (2, 3, 9)]
    columns += [rng.integers(0, 40, 700), np.full(700, 3), rng.normal(size=700)]
    table = np.column_stack(columns)
    given = table if method == "auto" else table[:, :4]
    found = est.pairwise_mutual_information(given, method=method, threads=threads)
    for i in range(4):
        for j in range(i):
            alone = est.mutual_information(table[:, i], table[:, j], method=method)
            assert found.values[i, j] == pytest.approx(alone.value, abs=1e-12)
            assert found.stderr[i, j] == pytest.approx(alone.stderr, rel=1e-9)
            assert found.methods[i][j] == alone.method


def test_threads_change_no_bit() -> None:
    rng = np.random.default_rng(6)
    table = rng.normal(size=(300, 6))
    table[:, 4:] = np.round(table[:, 4:])
    one, two = (est.pairwise_mutual_information(table, threads=k).values for k in (1, 2))
    np.testing.assert_array_equal(one, two)
    scores = [est.mutual_information_score_func(table, table[:, 4], threads=k) for k in (1, 3)]
    np.testing.assert_array_equal(*scores)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, None])
def test_a_wrong_number_of_threads_is_refused(threads: object) -> None:
    with pytest.raises(InvalidArgument, match="threads must be a whole number"):
        est.pairwise_mutual_information([[0, 1], [1, 0]], threads=threads)
