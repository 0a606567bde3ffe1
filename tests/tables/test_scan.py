"""From files and frames to the map: kinds, nulls, bins, real tables."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import mutual_info_score

from infoscope import entropy, estimate
from infoscope.tables import scan

DATA = Path(__file__).parents[1] / "data" / "tables"
LN2 = math.log(2)


@pytest.fixture(scope="module")
def penguins():
    return scan(DATA / "penguins.csv", target="species")


def test_penguins_match_published_values(penguins):
    # dit, tests/example_dists/empirical/test_penguins.py: the 333 rows with a recorded sex
    frame = pd.read_csv(DATA / "penguins.csv").dropna(subset=["sex"])
    known = scan(frame[["species", "island", "sex"]]).mutual_information.to("bits")
    assert known.plugin[0, 1] == pytest.approx(0.7419, abs=1e-4)
    assert known.plugin[0, 2] == pytest.approx(0.0001, abs=1e-4)
    assert penguins.mutual_information.n[0, 6] == 333
    assert penguins.mutual_information.to("bits").plugin[0, 6] == pytest.approx(0.0001, abs=1e-4)


def test_cars_match_published_values():
    found = scan(DATA / "car.csv", target="deal")
    best = found.ranking()[0]
    assert best.column == "safety"
    assert best.estimate.to("bits").value + best.estimate.diagnostics["expected"] / LN2 == (
        pytest.approx(0.2622, abs=1e-4)
    )
    inputs = found.mutual_information.plugin[:6, :6]
    # a complete grid: all inputs exactly independent
    assert (inputs[~np.eye(6, dtype=bool)] == 0.0).all()
    assert "persons: mixed types: numbers, and 1 other values ('more'); read as categorical" in (
        found.notes
    )


def test_every_plugin_value_is_scikit_learns(penguins):
    frame = pd.read_csv(DATA / "penguins.csv")
    mi = penguins.mutual_information
    for i, one in enumerate(mi.columns):
        for j in range(i):
            both = frame[[one, mi.columns[j]]].dropna()
            labels = [
                np.digitize(both[name], edges[1:-1])
                if (edges := penguins.columns[mi.columns.index(name)].edges)
                else both[name]
                for name in both
            ]
            assert mi.n[i, j] == mi.n[j, i] == len(both)
            assert mi.plugin[i, j] == pytest.approx(mutual_info_score(*labels), abs=1e-12)


def test_entropies_are_the_measures_entropies(penguins):
    for name in ("species", "island", "sex"):
        counts = pd.read_csv(DATA / "penguins.csv")[name].value_counts()
        got = penguins.entropies[name]
        assert got.value == pytest.approx(entropy(counts / counts.sum()), abs=1e-13)
        assert got.n == counts.sum()
        assert (got.quantity, got.unit, got.method) == ("entropy", "nats", "plugin")


def test_the_error_bar_of_an_entropy_is_the_estimators_and_not_zero_for_a_fair_coin(penguins):
    for name in ("species", "island", "sex"):
        labels = pd.read_csv(DATA / "penguins.csv")[name].dropna().to_numpy()
        expected = estimate.entropy(labels, method="plugin").stderr
        assert penguins.entropies[name].stderr == pytest.approx(expected, rel=1e-12)
    fair = scan({"coin": ["h", "t"] * 50, "same": ["x"] * 100})
    # 2 n (log 2 - H) is chi-squared with 1 degree of freedom, whose standard deviation is sqrt(2)
    assert fair.entropies["coin"].stderr == pytest.approx(math.sqrt(2.0) / 200.0, rel=1e-12)
    assert fair.entropies["same"].stderr == 0.0


def test_penguins_are_read_as_a_person_would(penguins):
    kinds = [column.kind for column in penguins.columns]
    assert kinds == ["categorical"] * 2 + ["numeric"] * 4 + ["categorical"]
    assert [column.n_missing for column in penguins.columns] == [0, 0, 2, 2, 2, 2, 11]
    assert "sex: read as null: blank (11×)" in penguins.notes
    assert any(
        note.startswith("missing, of 344 rows: bill_length_mm 2, ") and "sex 11;" in note
        for note in penguins.notes
    )
    best = penguins.ranking()
    assert best[0].column == "flipper_length_mm"
    assert best[-1].column == "sex"
    assert best[-1].q_value > 0.5 > 1e-20 > best[0].q_value


def test_the_same_table_from_anywhere_gives_the_same_map(tmp_path, penguins):
    frame = pd.read_csv(DATA / "penguins.csv")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=50)
    pyarrow.feather.write_feather(table, tmp_path / "t.feather")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((DATA / "penguins.csv").read_bytes()))
    frame.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    frame.to_csv(tmp_path / "t.csv", sep=";", decimal=",", index=False, na_rep="NA")
    frame.to_csv(tmp_path / "bare.csv", header=False, index=False)
    shuffled = frame.sample(frac=1, random_state=3)
    names = list(frame.columns)
    maps = [
        scan(tmp_path / "t.parquet"),
        scan(tmp_path / "t.feather"),
        scan(tmp_path / "t.csv.gz"),
        scan(tmp_path / "t.tsv"),
        scan(tmp_path / "t.csv"),
        scan(str(tmp_path / "bare.csv"), header=False, names=names),
        scan(table),
        scan(table.to_batches()[0]),
        scan(frame),
        scan(shuffled),
        scan(pl.from_pandas(frame)),
        scan(pl.from_pandas(frame).lazy()),
        scan({name: frame[name] for name in names}),
    ]
    expected = penguins.to_dict()["mutual_information"]
    for found in maps:
        assert found.to_dict()["mutual_information"] == expected
        assert [c.edges for c in found.columns] == [c.edges for c in penguins.columns]
        assert [c.kind for c in found.columns] == [c.kind for c in penguins.columns]


def test_scan_repeats_exactly_and_rng_decides_random_tables():
    rng = np.random.default_rng(1)
    table = {"x": rng.integers(0, 4, 40), "y": rng.integers(0, 3, 40)}
    p = [scan(table, rng=r).mutual_information.p_value[0, 1] for r in (None, 0, 1)]
    assert p[0] == p[1]
    assert p[2] == pytest.approx(p[0], abs=0.35)
    one, two = (scan(table, rng=np.random.default_rng(5)).to_dict() for _ in range(2))
    assert one == two


def make(**columns):
    n = 400
    i = np.arange(n)
    return {**columns, "other": i % 3}


@pytest.mark.parametrize(
    "values, kind, levels",
    [
        (np.arange(400) % 2, "boolean", 2),
        (np.arange(400) % 2 == 0, "boolean", 2),
        (np.array(["yes", "No"])[np.arange(400) % 2], "boolean", 2),
        (np.arange(400) % 2 + 1, "ordinal", 2),
        (np.arange(400) % 7 + 0.0, "ordinal", 7),
        (np.arange(400) % 7 + 0.5, "numeric", 7),
        (np.arange(400) // 2 * 0.1, "numeric", 7),
        (np.arange(400) * 7919 % 1009, "numeric", 7),
        (np.array(list("abc"))[np.arange(400) % 3], "categorical", 3),
        (np.array([f"{k:03d}" for k in np.arange(400) % 9]), "categorical", 9),
        (np.array([str(k) for k in np.arange(400) % 5]), "ordinal", 5),
        (np.array([f"{k}.5e1" for k in np.arange(400)]), "numeric", 7),
        (np.array([f".{k}" for k in np.arange(1, 401)]), "numeric", 7),
        (np.array([f" -{k % 90}. " for k in np.arange(400)]), "numeric", 7),
        (pd.date_range("2020-01-01", periods=400, freq="h"), "date", 7),
        (np.array([f"2020-01-{k % 28 + 1:02d}" for k in range(400)]), "date", 7),
        (pd.Categorical(["lo", "hi"] * 200, ["lo", "hi"], ordered=True), "ordinal", 2),
        (pd.Categorical(["lo", "hi"] * 200), "categorical", 2),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kinds_found_out(values, kind, levels):
    column = scan(make(x=values)).columns[0]
    assert (column.kind, column.n_levels, column.mapped) == (kind, levels, True)


@pytest.mark.parametrize(
    "values, kind",
    [
        (np.arange(400) + 100_000, "identifier"),
        ([f"user-{k:x}" for k in range(400)], "identifier"),
        ([f"a sentence of words that nobody else wrote, number {k}" for k in range(400)], "text"),
        ([[1, 2]] * 400, "nested"),
        ([b"x"] * 400, "nested"),
        ([None] * 400, "empty"),
        (["?", " NA "] * 200, "empty"),
    ],
)
def test_columns_left_out_are_kept_with_a_note(values, kind):
    found = scan(make(x=values))
    column = found.columns[0]
    assert (column.kind, column.mapped) == (kind, False)
    assert "left out" in column.note
    assert f"x: {column.note}" in found.notes
    assert found.mutual_information.columns == ("other",)


def test_kinds_can_be_overridden():
    table = make(x=np.arange(400), y=np.arange(400) % 5)
    found = scan(table, kinds={"x": "numeric", "y": "categorical", "other": "identifier"})
    assert [(c.kind, c.mapped) for c in found.columns] == [
        ("numeric", True), ("categorical", True), ("identifier", False),
    ]  # fmt: skip
    ids = scan(table, kinds={"x": "categorical"})
    assert ids.columns[0].n_levels == 400
    assert ids.mutual_information.unreliable[0, 2]
    assert any("unreliable" in note for note in ids.notes)


def test_an_integer_target_is_never_an_identifier():
    found = scan(make(price=np.arange(400) + 5), target="price")
    assert found.columns[0].kind == "numeric"


def test_null_markers_are_named_and_can_be_changed():
    values = [" ? ", "NA", "a", "b", "none"] * 20
    found = scan({"x": values, "y": ["u", "v"] * 50})
    assert found.columns[0].n_missing == 40
    assert "x: read as null: '?' (20×), 'NA' (20×)" in found.notes
    kept = scan({"x": values, "y": ["u", "v"] * 50}, null_markers=("none",))
    assert (kept.columns[0].n_levels, kept.columns[0].n_missing) == (4, 20)


def test_infinite_and_missing_numbers():
    values = np.r_[np.arange(50) / 2.0, np.inf, -np.inf, np.nan]
    found = scan({"x": values, "y": np.arange(53) % 2})
    column = found.columns[0]
    assert column.n_missing == 1
    assert column.edges[0] == -np.inf
    assert column.edges[-1] == np.inf
    assert "2 infinite values kept" in column.note
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_bins_and_frozen_edges():
    x = np.random.default_rng(2).normal(size=1000)
    table = {"x": x, "y": (x > 0).astype(int)}
    assert scan(table).columns[0].n_levels == 10
    assert scan(table, bins=4).columns[0].n_levels == 4
    four = scan(table, bins={"x": 4}).columns[0]
    assert four.edges == pytest.approx(np.quantile(x, [0, 0.25, 0.5, 0.75, 1]), abs=0.02)
    later = {"x": np.r_[x[:500], 99.0], "y": np.r_[table["y"][:500], 1]}
    again = scan(later, bins={"x": four.edges}).columns[0]
    assert again.edges == four.edges
    assert "1 values beyond the given edges" in again.note


def test_date_edges_can_be_used_again():
    days = pd.date_range("2020-01-01", periods=400, freq="6h")
    edges = scan(make(x=days)).columns[0].edges
    assert edges[0].startswith("2020-01-01")
    assert scan(make(x=days), bins={"x": edges}).columns[0].edges == edges


def test_a_binary_split_of_a_number_is_recovered_in_full():
    x = np.random.default_rng(4).permutation(10_000)
    found = scan({"x": x, "big": x >= 5000}, bins=10, kinds={"x": "numeric"}, target="big")
    (row,) = found.ranking()
    assert row.estimate.diagnostics["plugin"] == pytest.approx(LN2, abs=1e-12)
    # E0 of a 10 x 2 table is about (10-1)(2-1)/2n
    assert row.estimate.diagnostics["expected"] == pytest.approx(9 / 20_000, rel=0.01)
    assert row.fraction == pytest.approx(1.0, abs=1e-3)


def test_independent_columns_are_not_called_dependent():
    rng = np.random.default_rng(8)
    zipf = 1 / np.arange(1, 31)
    table = {f"c{k}": rng.choice(30, 2000, p=zipf / zipf.sum()) for k in range(16)}
    mi = scan(table, kinds=dict.fromkeys(table, "categorical")).mutual_information
    upper = np.triu_indices(16, 1)
    p = mi.p_value[upper]
    # 120 tests: 0.05 +- 4 standard errors
    assert (p < 0.05).mean() < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 120)
    assert mi.q_value[upper].min() > 0.001
    assert abs(mi.corrected[upper].mean()) < 4 * mi.corrected[upper].std() / math.sqrt(120)
    assert mi.plugin[upper].mean() > 0.05, "the plug-in value is far from 0 here"


def test_header_that_looks_like_data_is_remarked(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("39,Private\n50,Public\n38,Private\n", encoding="utf-8")
    assert any("pass header=False" in note for note in scan(path).notes)
    found = scan(path, header=False)
    assert found.n_rows == 3
    assert [column.name for column in found.columns] == ["column_1", "column_2"]


def test_odd_names_stay_as_they_are(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('"<b>x</b>","say ""hi""","two\nlines",\n' + "1,2,3,4\n2,2,1,4\n" * 5)
    found = scan(path)
    names = ["<b>x</b>", 'say "hi"', "two\nlines", "column_4"]
    assert [column.name for column in found.columns] == names
    assert json.loads(json.dumps(found.to_dict()))["mutual_information"]["columns"] == names
    assert "column 4 has no name: called 'column_4' here" in found.notes


def test_byte_order_mark_and_line_ends_are_no_part_of_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n1,2\r\n2,3\r\n")
    assert [column.name for column in scan(path).columns] == ["a", "b"]


@pytest.mark.parametrize("lead", ["", "\n", "\n\n\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("header", [True, False])
def test_blank_lines_and_every_line_end_leave_the_same_table(tmp_path, lead, end, header):
    path = tmp_path / "t.csv"
    rows = "".join(f"{'xyz'[i % 3]},{'uv'[i % 2]}\n" for i in range(12))
    path.write_bytes((lead + "a,b\n" * header + rows).replace("\n", end).encode())
    found = scan(path, header=header)
    assert (found.n_rows, [c.n_levels for c in found.columns]) == (12, [3, 2])
    assert [c.name for c in found.columns] == (["a", "b"] if header else ["column_1", "column_2"])


def test_a_pandas_column_of_many_types_is_read_as_text():
    found = scan(pd.DataFrame({"x": [1, "a", 2.5, None] * 10, "y": [1, 2] * 20}))
    assert found.columns[0].kind == "categorical"
    assert any("'x' mixes types (float, int, str): read as text" in note for note in found.notes)


def test_dictionaries_that_differ_between_chunks_are_one_column():
    parts = [
        pa.array(words).dictionary_encode() for words in (["b", "a"] * 9, ["c", "b", None] * 6)
    ]
    plain = ["b", "a"] * 9 + ["c", "b", None] * 6
    table = pa.table({"x": pa.chunked_array(parts), "y": [1, 2, 3, 4] * 9})
    found, same = scan(table), scan({"x": plain, "y": [1, 2, 3, 4] * 9})
    assert (found.columns[0].n_levels, found.columns[0].n_missing) == (3, 6)
    assert found.mutual_information.plugin == pytest.approx(same.mutual_information.plugin)


def test_columns_never_present_together():
    found = scan({"a": [1, 2, None, None] * 9, "b": [None, None, 1, 2] * 9, "c": [1, 2, 2, 1] * 9})
    mi = found.mutual_information
    assert np.isnan(mi.corrected[0, 1])
    assert mi.n[0, 1] == 0
    assert not np.isnan(mi.q_value[0, 2])
    assert "1 pair is never present in the same row: nothing to measure (NaN)" in found.notes
    assert found.to_dict()["mutual_information"]["plugin"][0][1] == "nan"
    assert [r.column for r in found.ranking("a")] == ["c", "b"], "the unknown comes last"


def test_one_column_has_entropy_and_no_pairs():
    found = scan({"x": [1, 1, 2, 2]})
    assert found.entropies["x"].value == pytest.approx(LN2)
    assert found.mutual_information.plugin.shape == (1, 1)
    assert found.to_frame().num_rows == 0
    assert found.redundant() == []
