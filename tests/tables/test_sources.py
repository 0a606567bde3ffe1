"""Every kind of source gives the same table; what is odd about it is said and the rest goes on."""

import bz2
import io
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from infoscope.core.errors import DataError, InvalidArgument, UnknownName
from infoscope.tables import scan, spooling
from infoscope.tables.bins import edges_by_rule
from infoscope.tables.encoded_table import encode_table
from infoscope.tables.encoding_loops import place_values
from infoscope.tables.sources import open_source

N = 600


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(4)
    place = rng.choice(["north", "south", "east"], N)
    warm = rng.normal(size=N) + (place == "south")
    city = np.where(rng.random(N) < 0.1, None, np.char.add(place, rng.choice(["-a", "-b"], N)))
    return pa.table({"place": place, "warm": warm, "city": city, "n": rng.integers(0, 4, N)})


def numbers(found):
    return found.to_dict()["mutual_information"]


@pytest.fixture(scope="module")
def expected(table):
    return numbers(scan(table))


def test_streams_and_relations_give_the_same_map(table, expected, tmp_path):
    duckdb = pytest.importorskip("duckdb")
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=70))
    connection = duckdb.connect()
    sources = {
        "reader": reader,
        "dataset": pyarrow.dataset.dataset(table),
        "polars": pl.from_arrow(table),
        "lazy": pl.from_arrow(table).lazy(),
        "duckdb": connection.from_arrow(table),
    }
    for name, source in sources.items():
        assert numbers(scan(source)) == expected, name
    connection.close()


def test_a_stream_larger_than_memory_allows_goes_through_a_file(table, expected, monkeypatch):
    monkeypatch.setattr(spooling, "_IN_MEMORY", 1000)
    monkeypatch.setattr(spooling, "_ROWS_TOGETHER", 100)
    batches = table.to_batches(max_chunksize=70)
    opened = open_source(pa.RecordBatchReader.from_batches(table.schema, batches))
    folder = opened.chunks(0)
    assert numbers(scan(pa.RecordBatchReader.from_batches(table.schema, batches))) == expected
    assert sum(len(part) for part in folder.read()) == N, "columns can be read again"


def packed(data, how):
    if how == "bz2":
        return bz2.compress(data)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, how) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("how", ["gzip", "zstd", "bz2"])
def test_packed_text(table, expected, tmp_path, how):
    sink = io.BytesIO()
    table.to_pandas().to_csv(sink, index=False)
    path = tmp_path / "table.csv.packed"
    path.write_bytes(packed(sink.getvalue(), how))
    assert numbers(scan(path)) == expected


def test_arrow_streams_and_feather(table, expected, tmp_path):
    pyarrow.feather.write_feather(table, tmp_path / "t.feather", compression="zstd")
    with pa.ipc.new_stream(tmp_path / "t.arrows", table.schema) as writer:
        writer.write_table(table, 90)
    for name in ("t.feather", "t.arrows"):
        assert numbers(scan(tmp_path / name)) == expected


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_folders_globs_and_partitions(table, expected, tmp_path, kind):
    for k, name in enumerate(["north", "south", "east"]):
        part = table.filter(pa.compute.equal(table["place"], name)).drop_columns(["place"])
        folder = tmp_path / f"place={name}"
        folder.mkdir()
        if kind == "parquet":
            pq.write_table(part, folder / f"part-{k}.parquet")
        else:
            part.to_pandas().to_csv(folder / "part.csv", index=False)
        (folder / "_SUCCESS").write_text("")
        (folder / ".part.crc").write_bytes(b"\0\0")
    for source in (tmp_path, str(tmp_path / "place=*" / f"*.{kind}")):
        found = scan(source)
        assert found.n_rows == N
        names = [column.name for column in found.columns]
        assert names == ["warm", "city", "n", "place"]
        assert found.mutual_information.pair("place", "city").diagnostics["plugin"] == (
            pytest.approx(expected["plugin"][0][2], abs=1e-12)
        )
        assert (found.columns[1].n_missing, found.columns[3].n_missing) == (
            table["city"].null_count, 0,
        )  # fmt: skip


def test_an_unreadable_file_of_a_folder_is_left_out_with_a_note(table, tmp_path):
    pq.write_table(table, tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:-50])
    found = scan(tmp_path)
    assert found.n_rows == N
    assert any("left out a file that cannot be read" in n and "b.parquet" in n for n in found.notes)
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(DataError, match=r"readable Parquet file; got .*b\.parquet"):
        scan(tmp_path)


def test_files_with_other_columns_and_types(tmp_path):
    pq.write_table(pa.table({"a": [1, 2] * 30, "b": ["x", "y"] * 30}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["1", "q"] * 30, "c": [1, 2] * 30}), tmp_path / "2.parquet")
    found = scan(str(tmp_path / "*.parquet"))
    a, b, c = found.columns
    assert (a.kind, a.n_levels, b.n_missing, c.n_missing) == ("categorical", 3, 60, 60)
    assert "b: null in 60 rows of files that lack the column" in found.notes


def test_a_damaged_column_is_left_out_and_the_rest_goes_on(tmp_path):
    rng = np.random.default_rng(0)
    frame = {
        "a": rng.integers(0, 3, 5000),
        "b": rng.normal(size=5000),
        "c": rng.integers(0, 2, 5000),
    }
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table(frame), path, compression="zstd", use_dictionary=False)
    place = pq.ParquetFile(path).metadata.row_group(0).column(1).data_page_offset
    data = bytearray(path.read_bytes())
    data[place + 60 : place + 400] = bytes(340)
    path.write_bytes(bytes(data))
    found = scan(path)
    assert found.mutual_information.columns == ("a", "c")
    assert "cannot be read" in found.columns[1].note
    assert any(note.startswith("b: values of type double cannot be read") for note in found.notes)


def test_ragged_rows_are_left_out_with_a_note(tmp_path):
    rows = "".join(f"{i % 3},{i % 4}\n" for i in range(50))
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + rows + "1,2,3\n" + rows + "7\n")
    found = scan(path)
    assert found.n_rows == 100
    note = next(note for note in found.notes if "left out" in note)
    assert note == "2 rows without 2 fields left out; the first, of 3 fields, reads '1,2,3'"


@pytest.mark.parametrize("data", ["csv", "parquet"])
def test_standard_input(tmp_path, monkeypatch, data):
    frame = pa.table({"a": ["x", "y", "x"] * 20, "b": [1, 2] * 30})
    path = tmp_path / "t"
    if data == "csv":
        pyarrow.csv.write_csv(frame, path)
    else:
        pq.write_table(frame, path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    found = scan("-")
    assert (found.source, found.n_rows) == ("standard input", 60)
    assert [column.n_levels for column in found.columns] == [2, 2]


def test_one_row_and_nothing_but_a_header(tmp_path):
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "one.parquet")
    with pytest.raises(DataError, match="at least two rows; got 1"):
        scan(tmp_path / "one.parquet")
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    with pytest.raises(DataError, match="at least two rows; got 0"):
        scan(tmp_path / "none.parquet")


def test_odd_names_survive_parquet(tmp_path):
    names = ["<b>x</b>", 'say "hi"', "two\nlines", "a.b"]
    pq.write_table(pa.table({name: [1, 2, 1] * 9 for name in names}), tmp_path / "t.parquet")
    assert scan(tmp_path / "t.parquet").mutual_information.columns == tuple(names)


def test_repeated_names_in_parquet(tmp_path):
    table = pa.table([[1, 2] * 9, ["u", "v"] * 9], names=["a", "a"])
    pq.write_table(table, tmp_path / "t.parquet")
    found = scan(tmp_path / "t.parquet")
    assert [(c.name, c.kind) for c in found.columns] == [("a", "ordinal"), ("a (2)", "categorical")]


def test_a_column_of_endless_levels_is_not_kept(monkeypatch):
    from infoscope.tables import encoding

    monkeypatch.setattr(encoding, "MOST_LEVELS", 1000)
    n = 40_000
    ids = pa.chunked_array([[f"u{k}" for k in range(s, s + 4000)] for s in range(0, n, 4000)])
    twice = pa.chunked_array([[f"u{k % 9000}" for k in range(n - 5)] + [None] * 5])
    found = scan(pa.table({"id": ids, "twice": twice, "x": np.arange(n) % 3}))
    assert [(c.kind, c.mapped) for c in found.columns[:2]] == [("identifier", False)] * 2
    assert "more than 1000 distinct values: left out of the map" in found.columns[0].note
    assert found.columns[1].n_missing == 5
    asked = scan(pa.table({"id": ids, "x": np.arange(n) % 3}), kinds={"id": "categorical"})
    assert asked.columns[0].n_levels == n
    assert asked.mutual_information.n[0, 1] == n


def test_two_threads_read_and_count_the_same():
    rng = np.random.default_rng(9)
    n = 30_000
    table = {f"c{k}": rng.integers(0, 12, n) for k in range(9)} | {
        f"x{k}": rng.normal(size=n) for k in range(4)
    }
    one, two = (scan(table, threads=k).to_dict() for k in (1, 2))
    assert one == two


@pytest.mark.parametrize("rule", ["equal_frequency", "equal_width", "k_means", "bayesian_blocks"])
@pytest.mark.parametrize("k", [2, 7, 40])
def test_edges_of_every_rule_hold_all_values(rule, k):
    rng = np.random.default_rng(k)
    for values in (
        rng.normal(size=500),
        rng.integers(0, 30, 500),
        np.r_[np.zeros(400), rng.random(9)],
    ):
        ordered = np.sort(values)
        edges = edges_by_rule(rule, ordered, k)
        assert edges[0] == ordered[0]
        assert edges[-1] == ordered[-1]
        assert (np.diff(edges[:-1]) > 0).all()
        assert 2 <= edges.size <= k + 1
        codes = np.searchsorted(edges[1:-1], values, side="right")
        assert (np.bincount(codes, minlength=edges.size - 1) > 0).all(), "no bin is empty"


def test_k_means_finds_separate_heaps_and_blocks_find_steps():
    rng = np.random.default_rng(3)
    heaps = np.sort(np.concatenate([rng.normal(m, 0.1, 300) for m in (0.0, 5.0, 9.0)]))
    inner = edges_by_rule("k_means", heaps, 3)[1:-1]
    assert inner == pytest.approx([2.5, 7.0], abs=0.1)
    steps = np.sort(np.r_[rng.uniform(0, 1, 3000), rng.uniform(1, 2, 300)])
    blocks = edges_by_rule("bayesian_blocks", steps, 20)
    assert blocks[1:-1] == pytest.approx([1.0], abs=0.02)
    flat = np.sort(rng.uniform(size=3000))
    assert edges_by_rule("bayesian_blocks", flat, 20).size == 2


def test_equal_width_against_numpy():
    values = np.sort(np.random.default_rng(1).normal(size=2000))
    expected = np.histogram_bin_edges(values, 6)
    assert edges_by_rule("equal_width", values, 6) == pytest.approx(expected, rel=1e-12)


def test_rules_by_name_and_bins_of_an_earlier_map(table):
    assert scan(table, binning="equal_width", bins=4).columns[1].n_levels <= 4
    with pytest.raises(UnknownName, match="binning must be one of equal_frequency"):
        scan(table, binning="sturges")
    first = scan(table)
    later = table.slice(100)
    again = scan(later, bins=first)
    assert again.columns[1].edges == first.columns[1].edges
    by_hand = scan(later, bins={"warm": first.columns[1].edges})
    assert numbers(again) == numbers(by_hand)


def test_frozen_columns_give_the_same_codes_to_later_rows(table):
    first = encode_table(open_source(table))
    frozen = {column.name: column for column in first.columns}
    later = pa.table({
        "city": ["west-a", "north-a", None, "south-b"], "n": [9, 0, 3, None],
        "warm": [-99.0, 0.0, 99.0, None], "place": ["east", "up", "south", "north"],
    })  # fmt: skip
    again = encode_table(open_source(later), like=frozen)
    city, n, warm, place = again.columns
    assert city.labels == (*first.columns[2].labels, "west-a")
    assert n.labels == ("0", "1", "2", "3", "9")
    assert place.labels == ("east", "north", "south", "up")
    assert warm.edges == first.columns[1].edges
    assert again.codes[0].tolist() == [
        city.labels.index("west-a") + 1, city.labels.index("north-a") + 1, 0,
        city.labels.index("south-b") + 1,
    ]  # fmt: skip
    assert again.codes[1].tolist() == [5, 1, 4, 0]
    assert again.codes[2].tolist()[0] == 1
    assert again.codes[2].tolist()[2:] == [len(warm.edges) - 1, 0]
    counts = again.backend().level_counts()
    assert counts[3].tolist() == [0, 1, 1, 1, 1]
    same = encode_table(open_source(table), like=frozen)
    assert all(np.array_equal(a, b) for a, b in zip(first.codes, same.codes, strict=True))


@pytest.mark.parametrize("k", [1, 2, 3, 8, 31, 32, 33, 200])
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_placing_values_equals_numpy(k, dtype):
    rng = np.random.default_rng(k)
    big = np.inf if dtype is np.float64 else np.iinfo(np.int64).max
    present = rng.random(3000) < 0.8
    values = rng.integers(-50, 250, present.sum()).astype(dtype)
    values[:3] = big
    inner = np.sort(rng.choice(np.arange(-40, 240), k, replace=False)).astype(dtype)
    padded = np.full(1 << k.bit_length(), big, dtype)
    padded[:k] = inner
    out = np.full(3000, 77, np.uint8)
    place_values(values, padded, k, present, out)
    assert (out[~present] == 0).all()
    assert np.array_equal(out[present], np.searchsorted(inner, values, side="right") + 1)


def test_mixed_objects_in_pandas_and_bad_threads():
    frame = pd.DataFrame({"x": [1, "a", 2.5, None] * 10, "y": [1, 2] * 20})
    assert scan(frame).columns[0].n_levels == 3
    with pytest.raises(InvalidArgument, match="threads must be at least 1"):
        scan(frame, threads=0)
