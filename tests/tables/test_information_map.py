import dataclasses
import json
import math
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency, random_table
from scipy.stats.contingency import association
from sklearn.metrics import adjusted_mutual_info_score, mutual_info_score

import infoscope
from infoscope.core.errors import DataError, InfoscopeError, InvalidArgument, UnknownName
from infoscope.core.result import Estimate
from infoscope.tables import scan
from infoscope.tables.matrix_association import associate, cell_moments

DATA = Path(__file__).parents[1] / "data" / "tables"


@pytest.fixture(scope="module")
def found():
    return scan(DATA / "penguins.csv", target="species")


def test_matrix_is_symmetric_with_entropies_on_the_diagonal(found):
    mi = found.mutual_information
    for name in ("plugin", "corrected", "expected", "stderr", "p_value", "q_value", "n"):
        values = getattr(mi, name)
        assert values.shape == (7, 7)
        assert np.array_equal(values, values.T, equal_nan=True)
        assert not values.flags.writeable
    entropies = [found.entropies[name].value for name in mi.columns]
    assert np.diag(mi.plugin) == pytest.approx(entropies)
    off = ~np.eye(7, dtype=bool)
    assert (mi.plugin[off] <= np.minimum(mi.entropy, mi.entropy.T)[off] + 1e-12).all()
    assert (mi.low[off] <= mi.high[off]).all()
    assert (mi.corrected <= mi.plugin).all()


def test_units_change_everything_that_has_one(found):
    nats, bits = found.mutual_information, found.mutual_information.to("bits")
    for name in ("plugin", "corrected", "stderr", "low", "high", "expected", "entropy"):
        assert getattr(bits, name) * math.log(2) == pytest.approx(getattr(nats, name), nan_ok=True)
    for name in ("p_value", "n", "normalized", "unreliable"):
        assert np.array_equal(getattr(bits, name), getattr(nats, name), equal_nan=True) or (
            getattr(bits, name) == pytest.approx(getattr(nats, name))
        )
    assert bits.pair("species", "island").unit == "bits"
    with pytest.raises(InvalidArgument, match="unit must be one of"):
        nats.to("bytes")


def test_pairs_by_name(found):
    pair = found.mutual_information.pair("species", "island")
    assert pair.value == found.mutual_information.corrected[0, 1]
    assert pair.interval.low < pair.value < pair.interval.high
    assert pair.n == 344
    with pytest.raises(UnknownName, match="Did you mean 'island'"):
        found.mutual_information.pair("species", "Island")


def test_ranking_is_sorted_and_complete(found):
    rows = found.ranking()
    values = [row.estimate.value for row in rows]
    assert values == sorted(values, reverse=True)
    assert {row.column for row in rows} == set(found.entropies) - {"species"}
    for row in rows:
        h = found.mutual_information.entropy
        j = found.mutual_information.columns.index(row.column)
        assert row.fraction == pytest.approx(row.estimate.value / h[0, j])
    assert found.ranking("sex")[0].column != "species"


def test_ranking_needs_a_target_that_exists(found):
    with pytest.raises(UnknownName, match="Did you mean 'species'"):
        found.ranking("specie")
    with pytest.raises(InvalidArgument, match="target must name a column; got None"):
        scan(DATA / "car.csv").ranking()
    left_out = scan({"id": [f"k{i}" for i in range(40)], "x": [1, 2] * 20})
    with pytest.raises(UnknownName, match=r"must be a mapped column; got 'id' .*identifier"):
        left_out.ranking("id")


def test_redundant_finds_copies_and_coarser_copies():
    rng = np.random.default_rng(1)
    a = rng.integers(0, 8, 3000)
    found = scan({"a": a, "copy": 7 - a, "coarse": a // 4, "noise": rng.integers(0, 8, 3000)})
    got = [(r.column, r.given, round(r.normalized, 9)) for r in found.redundant()]
    assert got == [("coarse", "a", 1.0), ("coarse", "copy", 1.0), ("copy", "a", 1.0)] or got == [
        ("a", "copy", 1.0), ("coarse", "a", 1.0), ("coarse", "copy", 1.0)
    ]  # fmt: skip
    assert len(found.redundant(1.0)) == 3
    for threshold in (0.0, 1.5):
        with pytest.raises(InvalidArgument, match="threshold must lie in"):
            found.redundant(threshold)


def test_normalized_is_one_for_a_copy_whatever_the_levels():
    ids = np.arange(300) % 100
    found = scan({"a": ids, "b": (ids * 37) % 100}, kinds={"a": "categorical", "b": "categorical"})
    assert found.mutual_information.normalized[0, 1] == pytest.approx(1.0, abs=1e-12)
    assert found.mutual_information.corrected[0, 1] < 0.9 * found.entropies["a"].value


def test_frame_has_one_row_a_pair(found):
    frame = pl.from_arrow(found.to_frame())
    assert frame.height == 21
    row = frame.row(
        by_predicate=(pl.col("column") == "species") & (pl.col("other") == "sex"), named=True
    )
    mi = found.mutual_information
    assert row["corrected"] == mi.corrected[0, 6]
    assert row["q_value"] == mi.q_value[0, 6]
    assert (row["n"], row["unit"], row["unreliable"]) == (333, "nats", False)


def test_json_holds_everything_and_reads_back(found, tmp_path):
    path = found.save_json(tmp_path / "map.json")
    read = json.loads(path.read_text(encoding="utf-8"))
    assert read == json.loads(json.dumps(found.to_dict()))
    assert read["mutual_information"]["unit"] == "nats"
    assert read["mutual_information"]["p_value"][0][0] == "nan"
    assert [row["column"] for row in read["ranking"]] == [r.column for r in found.ranking()]
    assert read["columns"][2]["edges"] == list(found.columns[2].edges)
    assert list(tmp_path.iterdir()) == [path], "nothing else is left behind"


def test_writing_is_all_or_nothing(found, tmp_path, monkeypatch):
    path = tmp_path / "map.json"
    path.write_text("old", encoding="utf-8")

    def fail(self, target):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(InfoscopeError, match="path must be writable"):
            found.save_json(path)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InfoscopeError, match="nowhere"):
        found.save_json(tmp_path / "nowhere" / "map.json")


def test_values_are_frozen_and_travel(found):
    with pytest.raises(AttributeError):
        found.n_rows = 3
    with pytest.raises(TypeError):
        found.entropies["x"] = 1
    again = pickle.loads(pickle.dumps(found))
    assert again.to_dict() == found.to_dict()
    assert repr(found) == (
        "InformationMap('penguins.csv', 344 rows, 7 of 7 columns mapped, target='species')"
    )


def test_the_map_prints_in_one_line():
    found = scan({name: list("xyxz") * 5 for name in "abcdefgh"}).mutual_information
    assert repr(found) == "MutualInformation(8 columns: a, b, c, d, e, f, ...; nats)"


def test_ranking_given_other_columns_is_the_conditional_information(found):
    rows = found.ranking("species", given=["island"])
    codes = dict(zip(found.mutual_information.columns, found.codes, strict=True))
    levels = [column.n_levels for column in found.columns if column.mapped]
    for row in rows:
        x, y, z = codes[row.column], codes["species"], codes["island"]
        j = found.mutual_information.columns.index(row.column)
        whole = (x > 0) & (y > 0) & (z > 0)
        joint = np.zeros((levels[j] + 1, 4, 4))
        np.add.at(joint, (x[whole], y[whole], z[whole]), 1)
        exact = infoscope.conditional_mutual_information(joint / joint.sum())
        assert row.estimate.diagnostics["plugin"] == pytest.approx(float(exact), abs=1e-12)
        assert row.estimate.n == whole.sum()
    assert {row.column for row in rows} == set(found.entropies) - {"species", "island"}
    values = [row.estimate.value for row in rows]
    assert values == sorted(values, reverse=True)


def test_a_copy_tells_nothing_more():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, 300)
    other = rng.integers(0, 3, 300)
    table = {"x": x, "twin": x, "other": other, "y": (x + other) % 4}
    rows = {r.column: r for r in scan(table).ranking("y", given=["x"])}
    assert rows["twin"].p_value == 1.0
    assert rows["twin"].estimate.value == 0.0
    assert rows["other"].fraction == pytest.approx(1.0, abs=0.05)
    both = scan(table).ranking("y", given=["x", "other"])
    assert [r.estimate.value for r in both] == [0.0]
    assert any("nothing is left" in note for note in both[0].estimate.notes)


def test_given_columns_are_checked(found):
    with pytest.raises(UnknownName, match="given must name a column"):
        found.ranking(given=["islnd"])
    with pytest.raises(InvalidArgument, match="given must leave the target out"):
        found.ranking(given=["species"])
    bare = dataclasses.replace(found, codes=None)
    with pytest.raises(DataError, match="have its codes"):
        bare.ranking(given=["island"])


def test_gaps_that_tell_are_ranked():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 400)
    table = {
        "telling": [None if a and b < 0.6 else b for a, b in zip(y, rng.random(400), strict=True)],
        "random": [None if b < 0.2 else b for b in rng.random(400)],
        "full": rng.random(400),
        "y": y,
    }
    rows = scan(table, target="y").missingness()
    assert [row.column for row in rows] == ["telling", "random"]
    gone = np.array([value is None for value in table["telling"]])
    assert rows[0].estimate.diagnostics["plugin"] == pytest.approx(mutual_info_score(gone, y))
    assert rows[0].p_value < 1e-10 < rows[1].p_value


def test_columns_that_give_the_target_away_are_named():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 3, 300)
    nearly = np.where(rng.random(300) < 0.7, y, rng.integers(0, 3, 300))
    found = scan({"leak": 2 - y, "near": nearly, "y": y}, target="y")
    assert [row.column for row in found.leakage()] == ["leak"]
    assert [row.column for row in found.leakage(threshold=0.1)] == ["leak", "near"]
    assert found.to_dict()["leakage"] == ["leak"]


def test_order_puts_kin_together():
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 4, 500), rng.integers(0, 4, 500)
    table = {"a1": a, "b1": b, "lone": rng.integers(0, 3, 500), "a2": (a + 1) % 4, "b2": 3 - b}
    order = scan(table).order()
    assert sorted(order) == sorted(table)
    assert abs(order.index("a1") - order.index("a2")) == 1
    assert abs(order.index("b1") - order.index("b2")) == 1
    assert order[-1] == "lone"


@pytest.mark.parametrize("mean", ["min", "geometric", "arithmetic", "max"])
def test_normalised_values_are_scikit_learns_adjusted_ones(mean):
    rng = np.random.default_rng(4)
    x = rng.integers(0, 5, 300)
    y = (x * (rng.random(300) < 0.4) + rng.integers(0, 3, 300)).astype(int)
    found = scan({"x": x, "y": y})
    peer = adjusted_mutual_info_score(x, y, average_method=mean)
    assert found.mutual_information.normalized_by(mean)[0, 1] == pytest.approx(peer, abs=1e-9)
    assert found.association("x", "y").normalized[mean] == pytest.approx(peer, abs=1e-9)


def test_association_is_what_scipy_says():
    rng = np.random.default_rng(5)
    x = rng.integers(0, 4, 600)
    y = (x * (rng.random(600) < 0.2) + rng.integers(0, 5, 600)).astype(int) % 5
    table = np.zeros((4, 5), int)
    np.add.at(table, (x, y), 1)
    got = scan({"x": x, "y": y}).association("x", "y")
    assert got.chi_squared == pytest.approx(chi2_contingency(table, correction=False).statistic)
    peer = chi2_contingency(table, correction=False, lambda_=2 / 3)
    assert got.cressie_read == pytest.approx(peer.statistic)
    assert got.cressie_read_p == pytest.approx(peer.pvalue, rel=0.1)  # a dense table
    assert got.cramers_v == pytest.approx(association(table, "cramer"))
    assert 0 <= got.cramers_v_corrected < got.cramers_v
    counts = table.sum(axis=1)
    told = mutual_info_score(x, y) / infoscope.entropy(counts / counts.sum())
    assert got.uncertainty[0] == pytest.approx(float(told))
    assert scan({"x": x, "y": y}).mutual_information.uncertainty[0, 1] == pytest.approx(float(told))
    json.dumps(got.to_dict(), allow_nan=False)


def test_moments_of_other_statistics_are_exact_in_the_mean_and_near_in_the_rest():
    rng = np.random.default_rng(6)
    rows, columns = np.array([60, 30, 10]), np.array([40, 25, 20, 15])
    m = np.outer(rows, columns) / 100

    def pearson(x, expected):
        return (x - expected) ** 2 / expected

    mean, variance, _ = cell_moments(rows, columns, pearson)
    assert mean == pytest.approx(100 * 2 * 3 / 99)  # n (r - 1)(c - 1)/(n - 1), Haldane
    draws = random_table(rows, columns).rvs(4000, random_state=rng)
    values = pearson(draws, m).sum(axis=(1, 2))
    assert variance == pytest.approx(values.var(), rel=0.12)  # 4 standard errors of 4000 draws


def test_cressie_read_holds_its_size():
    rng = np.random.default_rng(7)
    rejected = 0
    for _ in range(300):
        table = np.zeros((6, 6), np.int64)
        p = 1.0 / np.arange(1, 7)
        x, y = rng.choice(6, (2, 400), p=p / p.sum())
        np.add.at(table, (x, y), 1)
        estimate = Estimate("I", 0.0, "nats", diagnostics={"plugin": 0.0, "expected": 0.0})
        rejected += associate(("x", "y"), table, estimate).cressie_read_p <= 0.05
    assert abs(rejected / 300 - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 300)
