import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.utils.estimator_checks import check_estimator

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType
from infoscope.tables import InformationSelector, select


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 500
    y = rng.integers(0, 3, n)
    size = y + rng.normal(size=n)
    return pd.DataFrame({
        "noise": rng.normal(size=n),
        "size": size,
        "twin": size + 0.01 * rng.normal(size=n),
        "colour": np.where(rng.random(n) < 0.6, np.array(["red", "green", "blue"])[y], "grey"),
        "gap": np.where((y == 1) & (rng.random(n) < 0.8), np.nan, rng.random(n)),
    }), y  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # the checks provoke warnings of their own
def test_scikit_learn_accepts_it():
    results = check_estimator(InformationSelector(k=2), on_fail=None, on_skip=None)
    failed = [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
    assert failed == []
    assert sum(r["status"] == "passed" for r in results) > 40


def test_it_chooses_what_select_chooses(table):
    frame, y = table
    for method in ("jmi", "mrmr", "cmim", "mim"):
        chosen = InformationSelector(k=2, method=method).fit(frame, y)
        direct = select(frame.assign(y=y), "y", 2, method=method, kinds={"y": "categorical"})
        assert tuple(frame.columns[chosen.order_]) == direct.columns
        assert list(chosen.get_feature_names_out()) == [
            name for name in frame.columns if name in direct.columns
        ]


def test_numbers_names_and_gaps_as_they_came(table):
    frame, y = table
    chosen = InformationSelector(k=None, missing="level").fit(frame, y)
    assert set(chosen.get_feature_names_out()) == {"size", "colour", "gap"} or (
        set(chosen.get_feature_names_out()) == {"twin", "colour", "gap"}
    )
    out = chosen.set_output(transform="pandas").transform(frame)
    assert out["colour"].tolist() == frame["colour"].tolist()
    polars = InformationSelector(k=2).set_output(transform="polars").fit(pl.from_pandas(frame), y)
    assert isinstance(polars.transform(pl.from_pandas(frame)), pl.DataFrame)


def test_edges_are_those_of_fit(table):
    frame, y = table
    chosen = InformationSelector(k=1).fit(frame, y)
    before = dict(chosen.edges_)
    assert before["size"][0] == frame["size"].min()
    assert before["size"][-1] == frame["size"].max()
    chosen.transform(frame.assign(size=frame["size"] * 100))
    assert chosen.edges_ == before


def test_in_a_pipeline_with_grid_search_and_pickle(table):
    frame, y = table
    pipe = make_pipeline(
        InformationSelector(k=1),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        RandomForestClassifier(10, random_state=0),
    )
    grid = GridSearchCV(pipe, {"informationselector__k": [1, 3]}, cv=3).fit(
        frame[["size", "colour", "twin"]].round(0), y
    )
    assert grid.best_score_ > 0.5
    again = pickle.loads(pickle.dumps(pipe.fit(frame[["colour", "size"]].round(0), y)))
    assert again.predict(frame[["colour", "size"]].round(0)).shape == (500,)


def test_a_numeric_target_is_cut_into_bins():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 4))
    chosen = InformationSelector(k=1, target_bins=6).fit(x, x[:, 2] ** 2 + rng.normal(size=600))
    assert chosen.get_support().tolist() == [False, False, True, False]
    assert np.argmax(chosen.scores_) == 2


def test_nothing_to_choose_keeps_nothing():
    chosen = InformationSelector().fit(np.ones((20, 3)), np.arange(20) % 2)
    assert not chosen.get_support().any()
    assert chosen.selection_ is None
    with pytest.warns(UserWarning, match="No features were selected"):
        assert chosen.transform(np.ones((5, 3))).shape == (5, 0)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"k": 0}, InvalidArgument, "k must be at least 1"),
        ({"k": None, "stop": False}, InvalidArgument, "k must be a number"),
        ({"method": "best"}, UnknownName, "method must be one of"),
        ({"quotient": True}, InvalidArgument, "quotient must go with"),
        ({"level": 2.0}, InvalidArgument, "level must lie"),
        ({"bins": 2.5}, WrongType, "bins must be an int"),
    ],
)
def test_parameters_are_checked_in_fit(options, error, words):
    with pytest.raises(error, match=words):
        InformationSelector(**options).fit(np.eye(4), [0, 1, 0, 1])
