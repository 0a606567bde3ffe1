import json
import math
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from infoscope.core.errors import InfoscopeError, InvalidArgument, UnknownName
from infoscope.tables import scan

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
    assert read["mutual_information"]["p_value"][0][0] is None
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
