import json
import math

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

from infoscope.core.errors import DataError, InvalidArgument, UnknownName
from infoscope.tables import select

METHODS = ("jmi", "mrmr", "cmim", "mim")


def corrected(x, y):
    """Plug-in minus its expectation under fixed margins, by scikit-learn."""
    expected = expected_mutual_information(contingency_matrix(x, y, sparse=True), len(x))
    return mutual_info_score(x, y) - expected


def conditional(x, y, z):
    parts = [(z == level) for level in np.unique(z)]
    return sum(rows.mean() * corrected(x[rows], y[rows]) for rows in parts)


def naive(columns, y, k, method):
    """The criteria as the papers write them, without any shortcut."""
    relevance = {name: corrected(x, y) for name, x in columns.items()}
    chosen: list[str] = []
    while len(chosen) < k:
        scores = {}
        for name, x in columns.items():
            if name in chosen:
                continue
            others = [columns[other] for other in chosen]
            if not others or method == "mim":
                scores[name] = relevance[name]
            elif method == "mrmr":
                scores[name] = relevance[name] - np.mean([corrected(x, z) for z in others])
            elif method == "jmi":
                scores[name] = np.mean([conditional(x, y, z) for z in others])
            else:
                scores[name] = min([relevance[name], *(conditional(x, y, z) for z in others)])
        chosen.append(max(scores, key=lambda name: scores[name]))
    return chosen


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 400
    y = rng.integers(0, 3, n)
    columns = {}
    for i in range(3):
        noisy = np.where(rng.random(n) < 0.35 + 0.05 * i, y, rng.integers(0, 3, n))
        columns[f"good{i}"] = (noisy * (i + 1) + rng.integers(0, 2, n)) % (3 + i)
        copy = np.where(rng.random(n) < 0.9, columns[f"good{i}"], rng.integers(0, 3 + i, n))
        columns[f"copy{i}"] = copy
    for i in range(5):
        columns[f"noise{i}"] = rng.integers(0, 2 + i, n)
    return columns | {"y": y}


@pytest.mark.parametrize("method", METHODS)
def test_picks_are_those_of_the_definition(table, method):
    found = select(table, "y", 5, method=method)
    columns = {name: values for name, values in table.items() if name != "y"}
    assert list(found.columns) == naive(columns, table["y"], 5, method)
    for pick in found:
        assert float(pick.relevance) == pytest.approx(
            corrected(columns[pick.column], table["y"]), abs=1e-10
        )
        if method != "mim":
            assert pick.score == pytest.approx(float(pick.relevance) - pick.redundancy, abs=1e-12)


def test_order_of_columns_and_of_rows_does_not_matter(table):
    rng = np.random.default_rng(1)
    order = rng.permutation(400)
    turned = {name: table[name][order] for name in reversed(list(table))}
    for method in (*METHODS, "cmi"):
        assert select(table, "y", 6, method=method).columns == (
            select(turned, "y", 6, method=method).columns
        )


@pytest.mark.parametrize(("method", "share"), [("mrmr", 0.8), ("cmim", 0.8), ("jmi", 1.0)])
def test_laziness_counts_less(table, method, share):
    rng = np.random.default_rng(8)
    wide = table | {f"more{i}": rng.integers(0, 4, 400) for i in range(60)}
    lazy = select(wide, "y", 4, method=method)
    everything = 70 + 69 + 68
    assert lazy.n_tables - 6 <= everything * share  # 6 for the tests of the picks


def test_stopping_keeps_noise_and_copies_out(table):
    found = select(table, "y", None)
    assert found.columns
    assert not [name for name in found.columns if name.startswith("noise")]
    assert all(pick.conditional_p_value <= 0.05 for pick in found)
    assert any("stopped after" in note for note in found.notes)
    by_all = select(table, "y", None, method="cmi")
    assert not [name for name in by_all.columns if name.startswith("noise")]


def test_noise_enters_at_most_at_the_stated_rate():
    rng = np.random.default_rng(2)
    entered = 0
    for _ in range(100):
        table = {f"n{i}": rng.integers(0, 4, 300) for i in range(12)}
        entered += bool(select(table | {"y": rng.integers(0, 3, 300)}, "y", None).picks)
    assert entered <= 100 * 0.05 + 4 * math.sqrt(100 * 0.05 * 0.95)


def test_an_exact_copy_is_said_to_add_nothing():
    rng = np.random.default_rng(3)
    x = rng.integers(0, 4, 500)
    y = np.where(rng.random(500) < 0.5, x, rng.integers(0, 4, 500))
    found = select({"x": x, "twin": x, "y": y}, "y", 2)
    assert found.picks[1].conditional_p_value == 1.0
    assert any("not seen to add" in note and "twin" in note for note in found.notes)
    assert select({"x": x, "twin": x, "y": y}, "y", None).columns == ("x",)


def test_a_column_that_gives_the_target_away_is_named():
    rng = np.random.default_rng(4)
    y = rng.integers(0, 2, 400)
    found = select({"leak": 1 - y, "x": rng.integers(0, 5, 400), "y": y}, "y", 2)
    assert any("leakage" in note and note.startswith("leak ") for note in found.notes)
    assert found.picks[0].fraction == pytest.approx(1.0)


def test_gaps_can_tell_something():
    rng = np.random.default_rng(5)
    y = rng.integers(0, 2, 600)
    values = rng.integers(0, 3, 600).astype(float)
    values[y == 1] = np.where(rng.random(int(y.sum())) < 0.7, np.nan, values[y == 1])
    table = {"x": values, "y": y}
    apart = select(table, "y", 1)
    level = select(table, "y", 1, missing="level")
    assert float(apart.picks[0].relevance) < 0.02
    assert float(level.picks[0].relevance) > 0.2
    filled = np.where(np.isnan(values), 9, values).astype(int)
    assert float(level.picks[0].relevance) == pytest.approx(corrected(filled, y), abs=1e-10)


def test_the_quotient_form(table):
    found = select(table, "y", 4, method="mrmr", quotient=True)
    columns = {name: values for name, values in table.items() if name != "y"}
    first, second = found.picks[:2]
    assert first.column == max(columns, key=lambda c: mutual_info_score(columns[c], table["y"]))
    ratios = {
        name: mutual_info_score(x, table["y"]) / mutual_info_score(x, columns[first.column])
        for name, x in columns.items()
        if name != first.column
    }
    assert second.column == max(ratios, key=lambda name: ratios[name])
    assert second.score == pytest.approx(ratios[second.column])


def test_constants_and_left_out_columns_are_no_candidates():
    rng = np.random.default_rng(6)
    table = {
        "id": [f"k{i}" for i in range(100)],
        "one": ["same"] * 100,
        "x": rng.integers(0, 3, 100),
        "y": rng.integers(0, 2, 100),
    }
    found = select(table, "y", 10)
    assert found.columns == ("x",)
    assert found.n_candidates == 1
    assert any("10 columns were asked for and 1 are there" in note for note in found.notes)
    assert any(note.startswith("id:") for note in found.notes)


def test_results_leave_as_json_frame_and_page(table, tmp_path):
    found = select(table, "y", 3)
    plain = json.loads(found.save_json(tmp_path / "s.json").read_text(encoding="utf-8"))
    assert plain["columns"] == list(found.columns)
    assert plain["picks"][0]["relevance"]["unit"] == "nats"
    frame = found.to_frame()
    assert frame.column("column").to_pylist() == list(found.columns)
    assert frame.num_rows == len(found) == 3
    page = found.save_html(tmp_path / "s.html").read_text(encoding="utf-8")
    assert "1. " + found.columns[0] in page
    assert "<script" not in page


def test_odd_names_are_escaped(tmp_path):
    rng = np.random.default_rng(7)
    y = rng.integers(0, 2, 100)
    name = "<b>&\"'\n"
    found = select({name: y, "x": rng.integers(0, 2, 100), "<y>": y}, "<y>", 2)
    page = found.save_html(tmp_path / "s.html").read_text(encoding="utf-8")
    assert "<b>&" not in page
    assert "&lt;b&gt;&amp;" in page


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"target": "z"}, UnknownName, "target must name a column"),
        ({"k": 0}, InvalidArgument, "k must be a whole number"),
        ({"k": 2.5}, InvalidArgument, "k must be a whole number"),
        ({"method": "best"}, UnknownName, "method must be one of jmi"),
        ({"quotient": True}, InvalidArgument, "quotient must go with method='mrmr'"),
        ({"level": 0.0}, InvalidArgument, r"level must lie in \(0, 1\)"),
        ({"missing": "drop"}, UnknownName, "missing must be 'pairwise' or 'level'"),
        ({"k": None, "stop": False}, InvalidArgument, "k must be a number where stop"),
        ({"kinds": {"x": "odd"}}, UnknownName, "must be one of categorical"),
        ({"bins": 1}, InvalidArgument, "bins must be at least 2"),
        ({"rng": -1}, InvalidArgument, "rng must be a non-negative int"),
    ],
)
def test_errors_say_what_to_do(arguments, error, words):
    table = {"x": [1, 2, 3] * 10, "y": [0, 1] * 15}
    with pytest.raises(error, match=words):
        select(table, **({"target": "y"} | arguments))


def test_nothing_to_choose():
    with pytest.raises(DataError, match="target must vary"):
        select({"x": [1, 2] * 5, "y": [1] * 10}, "y")
    with pytest.raises(DataError, match="besides the target"):
        select({"x": [1] * 10, "y": [1, 2] * 5}, "y")
    with pytest.raises(DataError, match="at least two rows"):
        select({"x": [1], "y": [1]}, "y")
