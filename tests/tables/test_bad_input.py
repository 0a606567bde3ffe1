"""Bad input: one clear sentence each, the right class, and the scan goes on where it can."""

import gzip
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from infoscope import tables
from infoscope.core.errors import DataError, InvalidArgument, NotFound, UnknownName, WrongType
from infoscope.tables import scan

ROWS = "".join(f"{i % 3},{i % 4}\n" for i in range(50))


@pytest.fixture
def write(tmp_path):
    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_missing_file(tmp_path):
    with pytest.raises(NotFound, match=r"source must exist; got '.*nowhere\.csv'"):
        scan(tmp_path / "nowhere.csv")


def test_empty_folder(tmp_path):
    with pytest.raises(NotFound, match="must hold files; got none for"):
        scan(tmp_path)
    with pytest.raises(NotFound, match="must match files; got none for"):
        scan(tmp_path / "*.csv")


@pytest.mark.parametrize(
    "content, said",
    [
        (bytes(range(256)), "a binary file"),
        (b"PK\x03\x04" + b"\0" * 20, "an Excel workbook"),
        ("", "the empty file"),
        ("\n \n", "the empty file"),
        ("a,b\n", "only a header line"),
        ("a,b\n1,2\n", "at least two rows; got 1 in"),
        ("a,b\n" + ROWS + "1,2,3\n" * 9 + ROWS, "have 2 fields .* got 3 fields in line 52 of"),
        ('a,b\n1,"x\ny"\n1\n', "have 2 fields .* got 1 field in line 4 of"),
        ('a,b\n1,2\n1,"2\n3,4\n', "close every quote; got .* line 3 of .* never ends"),
        (f"a,b\n{ROWS}é,1\n".encode("latin-1"), "be utf-8 text; got byte 0xe9 in line 52 of"),
        ("a,b\n1,2\n3,4\n".encode("utf-16"), "got UTF-16 text: .* encoding='utf-16'"),
        (gzip.compress(("a,b\n" + ROWS * 99).encode(), mtime=0)[:60], "be readable; .* complete"),
    ],
)  # fmt: skip
def test_unreadable_text(write, content, said):
    with pytest.raises(DataError, match=f"^scan: source must .*{said}"):
        scan(write(content))


@pytest.mark.parametrize("content", [b"PAR1garbagePAR1", b"hello"])
def test_unreadable_parquet(write, content):
    with pytest.raises(DataError, match=r"must be a readable Parquet file; got .* Write the file"):
        scan(write(content, "table.parquet"))


def test_cut_parquet_file(tmp_path):
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"a": list(range(5000)), "b": ["x"] * 5000}), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="readable Parquet file"):
        scan(path)


@pytest.mark.parametrize("source", [5, b"a.csv", np.zeros((3, 3)), None])
def test_what_is_no_table(source):
    with pytest.raises(WrongType, match="must be a path, a data frame"):
        scan(source)


def test_unknown_target_names_its_neighbours(write):
    path = write("Species,island\n" + ROWS)
    with pytest.raises(UnknownName, match=r"got 'species'\. Did you mean 'Species'\?"):
        scan(path, target="species")
    with pytest.raises(UnknownName, match=r"Columns: 'Species', 'island'\."):
        scan(path, target="weight")
    with pytest.raises(UnknownName, match="kinds must name a column"):
        scan(path, kinds={"iland": "numeric"})
    with pytest.raises(UnknownName, match="bins must name a column"):
        scan(path, bins={"iland": 4})


@pytest.mark.parametrize(
    "options, said",
    [
        ({"bins": 1}, "bins must be at least 2"),
        ({"bins": True}, "bins must be at least 2"),
        ({"bins": {"a": [3, 2]}}, r"bins\['a'\] must be ascending edges"),
        ({"bins": {"a": ["x", "y"]}}, r"bins\['a'\] must be ascending edges"),
        ({"kinds": {"a": "nominal"}}, "must be one of categorical, ordinal"),
        ({"interval": 95}, "interval must lie in"),
        ({"rng": -1}, "rng must be"),
        ({"rng": "x"}, "rng must be"),
        ({"encoding": "klingon"}, "encoding must be one that Python knows"),
        ({"delimiter": "::"}, "delimiter must be one character"),
        ({"names": ["a"]}, "one name for each of 2 columns; got 1"),
    ],
)
def test_options_that_cannot_be_used(write, options, said):
    with pytest.raises(InvalidArgument, match=said):
        scan(write("a,b\n" + ROWS), **options)


def test_bins_of_a_column_of_words():
    with pytest.raises(InvalidArgument, match=r"bins\['x'\] must go with a column of numbers"):
        scan({"x": ["u", "v"] * 9, "y": [1, 2] * 9}, bins={"x": 3})


def test_csv_options_do_not_go_with_a_frame():
    with pytest.raises(InvalidArgument, match="go with a CSV file"):
        scan({"a": [1, 2], "b": [1, 2]}, names=["x", "y"])


def test_a_kind_the_values_do_not_have(write):
    with pytest.raises(InvalidArgument, match=r"kinds\['a'\] must be a kind"):
        scan(write("a,b\n" + ROWS + "abc,1\n"), kinds={"a": "numeric"})


def test_repeated_names_are_told_apart_and_name_no_target(write):
    path = write("a,a,b\n" + "".join(f"{i % 3},{i % 4},{i % 2}\n" for i in range(40)))
    found = scan(path)
    assert [column.name for column in found.columns] == ["a", "a (2)", "b"]
    assert "column 2 repeats the name 'a': called 'a (2)' here" in found.notes
    with pytest.raises(InvalidArgument, match="'a', which several columns have"):
        scan(path, target="a")


def test_a_new_name_does_not_take_an_existing_one():
    frame = pd.DataFrame([[0, 1, 0], [1, 0, 1], [1, 1, 0]])
    frame.columns = ["a", "a (2)", "a"]
    assert [c.name for c in scan(frame).columns] == ["a", "a (2)", "a (3)"]


def test_a_column_of_nulls_is_kept_with_a_note(write):
    found = scan(write("a,b,c\n" + "".join(f"{i % 3},,NA\n" for i in range(40))))
    empty = found.columns[1]
    assert (empty.kind, empty.n_missing, empty.mapped) == ("empty", 40, False)
    assert "b: read as null: blank (40×); nothing but nulls: left out of the map" in found.notes
    assert found.mutual_information.columns == ("a",)
    with pytest.raises(DataError, match=r"target must be a column to map; got 'b' .*nothing but"):
        scan(write("a,b,c\n" + "".join(f"{i % 3},,NA\n" for i in range(40))), target="b")


def test_a_constant_column_is_exactly_zero(write):
    found = scan(write("a,b\n" + "".join(f"{i % 3},7\n" for i in range(40))), target="b")
    assert found.entropies["b"].value == 0.0
    assert math.copysign(1.0, found.entropies["b"].value) == 1.0
    (row,) = found.ranking()
    assert (row.estimate.value, row.p_value, row.fraction) == (0.0, 1.0, 0.0)
    assert "b: constant" in found.notes


def test_nothing_to_map_says_why_for_each_column(write):
    with pytest.raises(DataError, match=r"have a column that can be mapped.*identifier"):
        scan(write("a\n" + "".join(f"k{i}\n" for i in range(40))))


def test_an_identifier_is_no_target_unless_meant(write):
    path = write("a,b\n" + "".join(f"k{i},{i % 3}\n" for i in range(40)))
    with pytest.raises(InvalidArgument, match=r"values repeat; got 'a' with 40 distinct .* kinds="):
        scan(path, target="a")
    assert scan(path, target="a", kinds={"a": "categorical"}).ranking()[0].column == "b"


def test_unequal_columns():
    with pytest.raises(DataError, match=r"columns of one length; got lengths \[2, 3\]"):
        scan({"a": [1, 2, 3], "b": [1, 2]})


def test_no_rows():
    with pytest.raises(DataError, match="at least two rows; got 0"):
        scan(pd.DataFrame({"a": [], "b": []}))


@pytest.mark.parametrize("module, extra", [("pyarrow", "tables"), ("numba", "tables")])
def test_a_missing_extra_says_what_to_install(module, extra):
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "import infoscope.tables\n"
        "try: infoscope.tables.scan\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(
        f"infoscope: scanning a table needs {module}, which is not installed. Run: "
    )
    assert done.stdout.endswith(f"pip install 'infoscope[{extra}]'\n")


@pytest.mark.parametrize("name", ["select", "interactions", "drift", "best_splits"])
def test_errors_of_the_reader_name_the_function_that_was_called(tmp_path, name):
    missing = tmp_path / "nowhere.csv"
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    function = getattr(tables, name)
    for path, kind in ((missing, NotFound), (empty, DataError)):
        asked = (path, path) if name == "drift" else (path, "y")
        with pytest.raises(kind) as raised:
            function(*asked)
        assert str(raised.value).startswith(f"{name}: ")


def test_all_values_of_a_damaged_column_are_missing(tmp_path):
    path = tmp_path / "damaged.parquet"
    rows = 3000
    good = np.arange(rows) % 3
    pq.write_table(
        pa.table({"good": good, "bad": np.random.default_rng(0).normal(size=rows)}), path,
        compression="zstd", use_dictionary=False,
    )  # fmt: skip
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(1)
    data = bytearray(path.read_bytes())
    middle = chunk.data_page_offset + chunk.total_compressed_size // 2
    data[chunk.data_page_offset : middle] = bytes(middle - chunk.data_page_offset)
    path.write_bytes(bytes(data))
    found = tables.scan(path)
    damaged = found.columns[1]
    assert not damaged.mapped
    assert damaged.n_missing == rows
    assert "cannot be read" in damaged.note
