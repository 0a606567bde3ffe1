import itertools
import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, fisher_exact

from infoscope.core.errors import DataError, InvalidArgument, UnknownName
from infoscope.tables import drift
from infoscope.tables.drift_statistics import MEASURES, divergences


def textbook(name, x, y):
    """The plug-in values, by scipy where it has them."""
    if name == "js":
        return jensenshannon(x / x.sum(), y / y.sum()) ** 2
    p, q = ((v + 0.5) / (v + 0.5).sum() for v in (x, y))
    return entropy(q, p) if name == "kl" else entropy(q, p) + entropy(p, q)


def options(seed=0):
    return {"coverage": 0.95, "level": 0.05, "seed": seed}


def test_plugin_values_are_the_textbooks():
    x, y = np.array([30, 0, 12, 8, 50]), np.array([20, 5, 0, 9, 90])
    got = divergences(x, y, **options())
    for name in MEASURES:
        assert got[name].plugin == pytest.approx(textbook(name, x, y), abs=1e-12)


@pytest.mark.parametrize(
    "x, y", [((3, 1, 2), (1, 2, 1)), ((4, 2), (1, 4)), ((2, 2, 1, 1), (1, 0, 2, 1))]
)
def test_expectation_and_p_are_those_of_all_ways_to_deal_the_rows(x, y):
    x, y = np.array(x), np.array(y)
    rows = np.repeat(np.arange(x.size), x + y)
    n, n1 = rows.size, int(x.sum())
    got = divergences(x, y, **options())
    for name in MEASURES:
        values = []
        for some in itertools.combinations(range(n), n1):
            a = np.bincount(rows[list(some)], minlength=x.size)
            values.append(textbook(name, a, x + y - a))
        assert got[name].expected == pytest.approx(np.mean(values), abs=1e-10)
        exact = np.mean(np.array(values) >= textbook(name, x, y) - 1e-9)
        if x.size == 2:
            assert got[name].p_value == pytest.approx(exact, abs=1e-10)
        else:
            many = [divergences(x, y, **options(s))[name].p_value for s in range(40)]
            assert np.mean(many) == pytest.approx(exact, abs=0.1)


def test_two_levels_agree_with_fisher_where_the_orders_agree():
    x, y = np.array([40, 60]), np.array([60, 40])  # equal margins: by G as by probability
    exact = fisher_exact(np.stack([x, y])).pvalue
    assert divergences(x, y, **options())["js"].p_value == pytest.approx(exact, abs=1e-10)


@pytest.mark.parametrize("n1, n2, k, skew", [(200, 200, 10, 0), (100, 400, 5, 2), (60, 30, 3, 1)])
def test_size_and_coverage_without_drift(n1, n2, k, skew):
    rng = np.random.default_rng(k)
    p = 1.0 / np.arange(1, k + 1) ** skew
    p /= p.sum()
    rejected, covered = dict.fromkeys(MEASURES, 0), dict.fromkeys(MEASURES, 0)
    for r in range(300):
        got = divergences(rng.multinomial(n1, p), rng.multinomial(n2, p), **options(r))
        for name in MEASURES:
            rejected[name] += got[name].p_value <= 0.05
            covered[name] += got[name].low <= 0.0 <= got[name].high
    for name in MEASURES:  # 4 standard errors of 300 draws
        assert rejected[name] / 300 <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / 300)
        assert covered[name] / 300 >= 0.95 - 4 * math.sqrt(0.05 * 0.95 / 300)


def test_interval_covers_a_known_divergence():
    rng = np.random.default_rng(0)
    p = np.array([0.4, 0.3, 0.2, 0.1])
    q = np.array([0.25, 0.25, 0.25, 0.25])
    kl = entropy(q, p)
    true = {"js": jensenshannon(p, q) ** 2, "kl": kl, "psi": kl + entropy(p, q)}
    inside = dict.fromkeys(MEASURES, 0)
    for r in range(300):
        got = divergences(rng.multinomial(800, p), rng.multinomial(800, q), **options(r))
        for name in MEASURES:
            inside[name] += got[name].low <= true[name] <= got[name].high
    for name in MEASURES:
        assert inside[name] / 300 >= 0.95 - 4 * math.sqrt(0.05 * 0.95 / 300)


@pytest.fixture(scope="module")
def months():
    rng = np.random.default_rng(3)

    def table(n, shift):
        z = rng.normal(size=n)
        return pd.DataFrame({
            "steady": rng.normal(size=n),
            "moved": rng.normal(size=n) + shift,
            "left": z,
            "right": (1.0 if not shift else -1.0) * z + 0.5 * rng.normal(size=n),
            "name": rng.choice(["a", "b", "gone"] if not shift else ["a", "b", "new", "newer"], n),
            "gappy": np.where(rng.random(n) < 0.05 + 0.3 * shift, np.nan, rng.random(n)),
            "typed": rng.integers(0, 9, n) if not shift else np.array(["x", "3"] * (n // 2)),
            "only_before" if not shift else "only_now": 1,
        })  # fmt: skip

    return table(2000, 0.0), table(1600, 0.4)


def test_what_changed_is_found_and_named(months):
    report = drift(*months)
    drifted = {each.column for each in report.drifted}
    assert {"moved", "name", "typed"} <= drifted
    assert not {"steady", "left", "right"} & drifted
    assert report.lost == ("only_before",)
    assert report.added == ("only_now",)
    assert {label for label, _ in report["name"].new} == {"new", "newer"}
    assert [label for label, _ in report["name"].vanished] == ["gone"]
    assert report["gappy"].missing_q_value < 1e-10
    assert report["gappy"].q_value > 0.01
    assert report["typed"].change == "numeric in the reference, categorical now"
    assert ("not a number", 800) in report["typed"].new
    values = [float(each.jensen_shannon) for each in report]
    assert values == sorted(values, reverse=True)


def test_a_changed_dependence_is_found_between_steady_columns(months):
    pairs = drift(*months).drifted_pairs
    assert {pairs[0].column, pairs[0].other} == {"left", "right"}
    assert pairs[0].synergy.interval.low > 0.1
    assert drift(*months, pairs=False).pairs == ()


def test_bins_are_the_references(months):
    before, now = months
    report = drift(before[["moved"]], now[["moved"]] * 100)
    each = report["moved"]
    assert max(each.reference) - min(each.reference) <= 1  # equal frequency before
    assert any("beyond the reference's range" in note for note in each.notes)
    fixed = drift(before[["moved"]], now[["moved"]], bins={"moved": [-9.0, 0.0, 9.0]})["moved"]
    assert fixed.reference == (int((before["moved"] < 0).sum()), int((before["moved"] >= 0).sum()))


def test_a_table_has_not_drifted_from_itself(months):
    report = drift(months[0], months[0])
    assert report.drifted == ()
    assert report.drifted_pairs == ()
    assert all(each.q_value == 1.0 for each in report)
    assert all(float(each.jensen_shannon) <= 0 for each in report)


def test_order_of_rows_does_not_matter(months):
    before, now = months
    one = drift(before, now)
    two = drift(before.sample(frac=1, random_state=1), now.sample(frac=1, random_state=2))
    assert [each.to_dict() for each in one] == [each.to_dict() for each in two]


def test_identifiers_and_empty_columns_are_left_alone():
    before = {
        "id": [f"k{i}" for i in range(50)],
        "row": range(50),
        "void": [None] * 50,
        "x": [1, 2] * 25,
    }
    now = {
        "id": [f"m{i}" for i in range(50)],
        "row": range(50, 100),
        "void": [1.0] * 50,
        "x": [2, 1] * 25,
    }
    report = drift({k: list(v) for k, v in before.items()}, {k: list(v) for k, v in now.items()})
    assert [each.column for each in report if each.compared] == ["x"]
    assert math.isnan(report["id"].p_value)
    assert report["void"].change == "empty in the reference, numeric now"
    assert report["void"].missing_q_value < 1e-10
    assert any(note.startswith("row: counts the rows") for note in report.notes)


def test_results_leave_as_json_frame_and_page(months, tmp_path):
    report = drift(*months)
    plain = json.loads(report.save_json(tmp_path / "d.json").read_text(encoding="utf-8"))
    assert plain["lost"] == ["only_before"]
    assert plain["columns"][0]["jensen_shannon"]["unit"] == "nats"
    frame = report.to_frame()
    assert frame.column("column").to_pylist() == [each.column for each in report]
    page = report.save_html(tmp_path / "d.html").read_text(encoding="utf-8")
    assert "New and vanished values" in page
    assert "<script" not in page


def test_files_of_different_kinds_compare(months, tmp_path):
    before, now = months
    before.to_csv(tmp_path / "a.csv", index=False)
    pq.write_table(pa.Table.from_pandas(now), tmp_path / "b.parquet")
    report = drift(tmp_path / "a.csv", tmp_path / "b.parquet")
    direct = drift(before, now)
    assert report["moved"].p_value == pytest.approx(direct["moved"].p_value)
    assert report["name"].new == direct["name"].new


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"level": 0}, InvalidArgument, "level must lie"),
        ({"columns": ["z"]}, UnknownName, "columns must name columns of both tables"),
        ({"kinds": {"x": "odd"}}, UnknownName, "must be one of"),
        ({"bins": {"x": [2.0, 1.0]}}, InvalidArgument, "must be ascending edges"),
    ],
)
def test_errors_say_what_to_do(arguments, error, words):
    table = {"x": [1.5, 2.5, 3.5] * 20}
    with pytest.raises(error, match=words):
        drift(table, table, **arguments)


def test_nothing_in_common():
    with pytest.raises(DataError, match="share a column"):
        drift({"a": [1, 2]}, {"b": [1, 2]})
    with pytest.raises(DataError, match="reference must have rows"):
        drift({"a": pa.array([], pa.int64())}, {"a": [1, 2]})
