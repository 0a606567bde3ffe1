"""Tables as text, well formed and not: right levels, or one sentence; never another error."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infoscope.core.errors import DataError, InvalidArgument
from infoscope.tables import scan
from infoscope.tables.delimited import read_delimited

ATOMS = [
    b",", b"\n", b"\r\n", b"\r", b'"', b"a", b"1", b"2.5", b"x y", b"NA", b";", b"\t", b"\xff",
    b"\0", "é".encode(), "é".encode("latin-1"), b"\xef\xbb\xbf", b"9" * 400, b"1e999", b"\x1a",
    b"2020-13-45", b"99999999999999999999", b"9999-12-31 25:61", b"0001-01-01", b"\xe2\x80\xa8",
    b"\x85", b"-0.0", b"--",
]  # fmt: skip
ENCODINGS = [
    "utf-8", "utf-8", "latin-1", "utf-16", "utf-16-le", "utf-32", "cp1252", "ascii", "idna", "hex",
    "undefined", "punycode", "rot13", "utf-7", "cp037", "shift_jis", "\udcff", "", "a\0b",
]  # fmt: skip

#: What any field may hold; surrounding blanks do not count, so they are left out.
letters = st.characters(codec="utf-8", exclude_characters="\0")
words = st.text(
    st.one_of(st.sampled_from(',;"\n\r\t|éß\N{SNOWMAN}'), letters), min_size=1, max_size=6
).map(lambda text: f"w{text}w")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("csv") / "table.csv"


@given(
    rows=st.lists(st.tuples(words, words), min_size=2, max_size=8),
    names=st.lists(words, min_size=2, max_size=2, unique=True),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    delimiter=st.sampled_from([",", ";", "\t", "|", "\x1f"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32-be", "utf-16-le"]),
)
@example(
    rows=[("wa\nbw", 'w"w'), ("w\rw", "w")], names=["w,w", "w\nw"], end="\n",
    quoting=csv.QUOTE_MINIMAL, delimiter=",", encoding="utf-8",
)  # fmt: skip
def test_what_a_writer_of_csv_writes_is_read(
    rows: list[tuple[str, str]], names: list[str], end: str, quoting: int, delimiter: str,
    encoding: str, place: Path,
) -> None:  # fmt: skip
    if any("\r" in field for row in (names, *rows) for field in row):
        quoting = csv.QUOTE_ALL  # the writer forgets to quote a lone return
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([names, *rows])
    place.write_bytes(text.getvalue().encode(encoding))
    spooled, columns, _ = read_delimited(place, delimiter=delimiter, encoding=encoding)
    assert spooled.table is not None
    assert columns == [name.strip() for name in names]
    read = [column.to_pylist() for column in spooled.table.columns]
    assert list(zip(*read, strict=True)) == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_levels_are_those_of_the_words(end: str, mark: bytes, place: Path) -> None:
    """Codes 0 for a gap, then in the order of the sorted words: as counted by hand."""
    lines = ['"a name",b', 'x,"p,q"', "NA,r", 'y,"p,q"', "x,", "x,r"]
    place.write_bytes(mark + end.join(lines).encode() + end.encode())
    found = scan(place, kinds={"a name": "categorical", "b": "categorical"})
    assert [column.name for column in found.columns] == ["a name", "b"]
    assert [(c.n_levels, c.n_missing) for c in found.columns] == [(2, 1), (2, 1)]
    assert found.entropies["a name"].value == pytest.approx(np.log(4) - 0.75 * np.log(3))
    assert found.entropies["b"].value == pytest.approx(np.log(2))


@given(
    atoms=st.lists(st.sampled_from(ATOMS), max_size=60),
    header=st.booleans(),
    delimiter=st.sampled_from([None, None, ",", "é", "\0", "", "ab", '"', "1"]),
    encoding=st.sampled_from(ENCODINGS),
)
@example(atoms=[b"a,b\n1,2\n", b"\xff\n"], header=True, delimiter=None, encoding="utf-8")
@example(atoms=[b"a,b\n1,2\n"], header=True, delimiter=None, encoding="utf-16")
def test_a_soup_of_fields_and_marks(
    atoms: list[bytes], header: bool, delimiter: str | None, encoding: str, place: Path,
    refused: Callable[..., bool],
) -> None:  # fmt: skip
    place.write_bytes(b"".join(atoms))
    refused(lambda: read_delimited(place, delimiter=delimiter, header=header, encoding=encoding))
    place.write_bytes(b"a,b,c\n" + b"1,2,x\n3,4,y\n" * 20 + b"".join(atoms) + b"\n5,6,x\n")
    refused(lambda: read_delimited(place, delimiter=delimiter, header=header, encoding=encoding))


@given(cells=st.lists(st.sampled_from([a for a in ATOMS if a not in b',\n\r"\0\xff']), min_size=6))
def test_odd_values_are_scanned(
    cells: list[bytes], place: Path, refused: Callable[..., bool]
) -> None:
    rows = zip(*(iter(cells),) * 3, strict=False)
    place.write_bytes(b"a,b,c\n" + b"".join(b",".join(row) + b"\n" for row in rows) * 4)
    refused(lambda: scan(place, encoding="latin-1"))


def test_a_very_long_field_is_read_or_refused(place: Path, refused: Callable[..., bool]) -> None:
    place.write_bytes(b"a,b\n" + b"x" * 3_000_000 + b",1\ny,2\ny,1\n")
    assert scan(place, kinds={"a": "categorical"}).columns[0].n_levels == 2
    place.write_bytes(b'a,b\n1,2\n3,"' + b"x\n" * 9_000_000 + b"\n")
    with pytest.raises(DataError):
        scan(place)


def test_no_traceback_beside_a_sentence(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Arrow prints one of its own where a row of a wrong width is no text."""
    place.write_bytes(b"a,b\n1,2\n" + b"\xff\xfe\xff\n" * 3)
    with pytest.raises(DataError, match="be utf-8 text; got byte 0xff in line 3"):
        scan(place)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("encoding", ["hex", "idna", "undefined", "punycode", "rot13", "a\0b", ""])
def test_encodings_that_are_none(encoding: str, place: Path) -> None:
    place.write_bytes(b"a,b\n1,2\n3,4\n")
    with pytest.raises(InvalidArgument, match="encoding must be one that Python knows"):
        scan(place, encoding=encoding)
