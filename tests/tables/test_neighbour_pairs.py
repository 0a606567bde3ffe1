"""`scan(numeric="knn")`: the same numbers as `infoscope.estimate`, in the matrices of the map."""

import json
import math

import numpy as np
import pytest

from infoscope.cli.main import main
from infoscope.core.errors import InvalidArgument, UnknownName
from infoscope.estimate import benjamini_hochberg, independence_test, mutual_information
from infoscope.tables import scan

N = 400


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    x = rng.normal(size=N)
    y = 0.8 * x + 0.6 * rng.normal(size=N)
    gaps = rng.normal(size=N) + x
    gaps[::7] = np.nan
    return {
        "x": x, "y": y, "rounded": np.round(rng.normal(size=N), 1), "gaps": gaps,
        "label": np.where(x + rng.normal(size=N) > 0, "up", "down").tolist(),
        "coin": rng.choice(["heads", "tails"], N).tolist(),
    }  # fmt: skip


@pytest.fixture(scope="module")
def bins(table):
    return scan(table)


@pytest.fixture(scope="module")
def knn(table):
    return scan(table, numeric="knn")


@pytest.mark.parametrize(("one", "two"), [("x", "y"), ("x", "rounded"), ("y", "gaps")])
def test_two_columns_of_numbers_are_measured_as_the_estimator_does(table, knn, one, two):
    first, second = np.asarray(table[one]), np.asarray(table[two])
    both = ~np.isnan(first) & ~np.isnan(second)
    direct = mutual_information(first[both], second[both], discrete_x=False, discrete_y=False)
    found = knn.mutual_information.pair(one, two)
    assert found.value == pytest.approx(direct.value, rel=1e-12)
    assert found.stderr == pytest.approx(direct.stderr, rel=1e-12)
    assert found.interval.low == pytest.approx(direct.interval.low, rel=1e-12)
    assert found.interval.high == pytest.approx(direct.interval.high, rel=1e-12)
    assert found.n == both.sum()
    assert found.method == "neighbours"


@pytest.mark.parametrize("number", ["x", "gaps"])
def test_numbers_with_labels_are_measured_by_ross(table, knn, number):
    values, label = np.asarray(table[number]), np.asarray(table["label"])
    keep = ~np.isnan(values)
    direct = mutual_information(
        values[keep], label[keep], method="ross", discrete_x=False, discrete_y=True
    )
    found = knn.mutual_information.pair(number, "label")
    assert found.value == pytest.approx(direct.value, rel=1e-12)
    assert found.stderr == pytest.approx(direct.stderr, rel=1e-12)


def test_repeated_numbers_with_labels_are_measured_by_mixed(table, knn):
    direct = mutual_information(
        table["rounded"], table["label"], method="mixed", discrete_x=False, discrete_y=True
    )
    assert knn.mutual_information.pair("rounded", "label").value == pytest.approx(direct.value)


@pytest.mark.parametrize("decimals", [1, 2, None])
def test_independent_numbers_and_labels_scatter_about_zero(decimals):
    rng = np.random.default_rng(3)
    table = {"label": rng.choice(["a", "b"], 1000)}
    for c in range(8):
        values = rng.normal(size=1000)
        table[f"x{c}"] = values if decimals is None else np.round(values, decimals)
    found = scan(table, numeric="knn").mutual_information
    assert abs(found.corrected[0, 1:].mean()) < 0.015  # standard error of the mean about 0.005


def test_p_values_are_of_the_neighbours_law_without_ties_and_of_the_bins_with_them(
    table, bins, knn
):
    direct = independence_test(table["x"], table["y"], discrete_x=False, discrete_y=False)
    assert direct.how.startswith("tabulated law")
    one, two = knn.mutual_information, bins.mutual_information
    names = one.columns
    x, y, rounded, label = (names.index(name) for name in ("x", "y", "rounded", "label"))
    assert one.p_value[x, y] == direct.p_value
    assert one.rule[x, y] == one.rule[y, x] == 4
    assert one.p_value[x, rounded] == two.p_value[x, rounded]
    assert one.p_value[x, label] == two.p_value[x, label]
    upper = np.triu_indices(len(names), k=1)
    np.testing.assert_array_equal(one.q_value[upper], benjamini_hochberg(one.p_value[upper]))
    np.testing.assert_array_equal(one.q_value, one.q_value.T)


def test_pairs_of_labels_and_the_default_stay_as_they_were(table, bins, knn):
    one, two = knn.mutual_information, bins.mutual_information
    i, j = one.columns.index("label"), one.columns.index("coin")
    for name in ("plugin", "corrected", "stderr", "low", "high", "p_value", "expected", "entropy"):
        assert getattr(one, name)[i, j] == getattr(two, name)[i, j]
    again = scan(table, numeric="bins").mutual_information
    np.testing.assert_array_equal(again.corrected, two.corrected)


def test_neighbours_lose_less_than_bins_of_a_known_dependence(bins, knn):
    truth = -0.5 * math.log(1.0 - 0.8**2)  # of two normal columns with correlation 0.8
    far = [abs(m.mutual_information.pair("x", "y").value - truth) for m in (knn, bins)]
    assert far[0] < far[1]


def test_shares_are_of_the_labels_entropy_or_on_the_scale_of_a_correlation(knn):
    mi = knn.mutual_information
    x, y, label = (mi.columns.index(name) for name in ("x", "y", "label"))
    assert math.isinf(mi.entropy[x, y])
    assert mi.normalized[x, label] == pytest.approx(mi.corrected[x, label] / mi.entropy[label, x])
    assert mi.normalized[x, y] == pytest.approx(1.0 - math.exp(-2.0 * mi.corrected[x, y]))
    np.testing.assert_allclose(mi.to("bits").normalized, mi.normalized, rtol=1e-12)
    first = knn.ranking("x")[0]
    assert (first.column, first.fraction) == ("y", pytest.approx(mi.normalized[x, y]))


def test_a_copy_is_a_leak_and_the_map_can_be_saved(tmp_path, table):
    found = scan({**table, "copy": np.exp(table["x"])}, target="x", numeric="knn")
    assert [each.column for each in found.leakage()] == ["copy"]
    assert found.redundant(0.95)[0].normalized == pytest.approx(1.0, abs=0.01)
    assert json.loads(found.save_json(tmp_path / "map.json").read_text())["target"] == "x"
    assert "copy" in found.save_html(tmp_path / "map.html").read_text(encoding="utf-8")


def test_the_notes_state_the_choice(knn, bins):
    said = " ".join(knn.notes)
    assert "nearest neighbours" in said
    assert (
        "mixed 2, ross 6" in said
    )  # three columns of numbers without ties, one with, two of labels
    assert "p-values: 3 by the simulated law" in said  # x, y and gaps without ties
    assert "neighbours" not in " ".join(bins.notes)


def test_what_cannot_be_measured_by_neighbours_says_so(table):
    with pytest.raises(UnknownName, match="bins, knn"):
        scan(table, numeric="trees")
    rng = np.random.default_rng(0)
    with pytest.raises(InvalidArgument, match="50000 rows"):
        scan({"a": rng.normal(size=50_001), "b": rng.normal(size=50_001)}, numeric="knn")
    endless = np.array(table["x"])
    endless[3] = np.inf
    found = scan({**table, "endless": endless}, numeric="knn")
    assert "infinite values: endless" in " ".join(found.notes)
    assert found.mutual_information.pair("endless", "coin").method == "plugin minus E0"


def test_dates_and_threads(table):
    start = np.datetime64("2024-01-01", "s")
    days = {"when": start + (86400 * np.asarray(table["y"])).astype(int), "x": table["x"]}
    one, two = (scan(days, numeric="knn", threads=k).mutual_information for k in (1, 2))
    np.testing.assert_array_equal(one.corrected, two.corrected)
    bare = (86400 * np.asarray(table["y"])).astype(int).astype(float)
    direct = mutual_information(bare, days["x"], discrete_x=False, discrete_y=False)
    assert one.pair("when", "x").value == pytest.approx(direct.value, rel=1e-9)


def test_on_the_command_line(tmp_path, table, capsys):
    path = tmp_path / "table.csv"
    rows = zip(table["x"], table["label"], strict=True)
    path.write_text("x,label\n" + "\n".join(f"{x!r},{label}" for x, label in (
        (float(x), label) for x, label in rows)))  # fmt: skip
    assert main(["table", str(path), "--numeric", "knn", "--json", "-"]) == 0
    shown = json.loads(capsys.readouterr().out)
    direct = mutual_information(
        table["x"], table["label"], method="ross", discrete_x=False, discrete_y=True
    )
    assert shown["mutual_information"]["corrected"][0][1] == pytest.approx(direct.value, rel=1e-9)
