"""The page on tables: the scan's own numbers, names as text, files that are not taken."""

import base64
import gzip
import json
import math
import pickle
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from infoscope.core.errors import InfoscopeError
from infoscope.data import path_of
from infoscope.explore import table_reading
from infoscope.explore.controls import Uploaded
from infoscope.explore.drawings import table_map
from infoscope.explore.pages import table as page
from infoscope.figures import Figure
from infoscope.tables import scan, select

PENGUINS = path_of("penguins.csv")
EVIL = '<script>alert(1)</script>" onload="x'


def upload(tmp_path: Path, content: bytes, name: str = "table.csv") -> Uploaded:
    path = tmp_path / f"upload-0{Path(name).suffix}"
    path.write_bytes(content)
    return Uploaded(path, name, len(content))


def patches(file: Uploaded | None, target: str = "", method: str = "jmi", k: int = 3) -> list[Any]:
    return list(page.run(file=file, target=target, method=method, k=k))


def last(found: list[Any], slot: str) -> Any:
    return [patch[slot] for patch in found if slot in patch][-1]


def test_the_kept_numbers_are_a_scan_of_the_penguins() -> None:
    kept = page.kept()
    whole = scan(PENGUINS, target="species", progress=False)
    fresh = json.loads(json.dumps(table_map.found_in_map(whole)))
    assert kept["map"]["names"] == fresh["names"]
    np.testing.assert_allclose(kept["map"]["matrix"], fresh["matrix"], rtol=1e-9)
    assert kept["map"]["kinds"] == fresh["kinds"]
    assert kept["map"]["n_dependent"] == fresh["n_dependent"]
    ours = kept["targets"]["species"]
    assert [row[0] for row in ours["ranking"]] == [row[0] for row in fresh["ranking"]]
    for mine, theirs in zip(ours["ranking"], fresh["ranking"], strict=True):
        np.testing.assert_allclose(mine[1:5], theirs[1:5], rtol=1e-9, atol=1e-12)
    for method in page.METHODS:
        chosen = select(PENGUINS, "species", 6, method=method, progress=False)  # type: ignore[arg-type]
        mine = kept["selected"][f"species/{method}"]
        assert [row[0] for row in mine] == list(chosen.columns)
        assert mine[1][1] == pytest.approx(chosen.picks[1].score / math.log(2), rel=1e-9)


def test_the_map_arrives_row_by_row_and_ends_as_the_scan() -> None:
    found = patches(None, "species")
    maps = [patch["map"] for patch in found if "map" in patch]
    assert len(maps) == 7
    assert all(isinstance(each, Figure) for each in maps)
    steps = [patch["progress"][0] for patch in found if patch.get("progress", (0, 0))[1] == 7]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert "NaN" not in str(maps[-1].data)
    mi = scan(PENGUINS, progress=False).mutual_information.to("bits")
    column = maps[-1].data["species"]
    names = next(iter(maps[-1].data.values()))
    for name, value in zip(names, column, strict=True):
        i, j = mi.columns.index(str(name)), mi.columns.index("species")
        assert value == pytest.approx(mi.corrected[i, j], rel=1e-9)


def test_half_a_map_says_what_is_measured() -> None:
    encoded = table_reading.Encoded(PENGUINS, "penguins")
    done, matrix = next(iter(encoded.rows()))
    assert done == 1
    assert np.isfinite(matrix[0, 1:]).all()
    assert np.isnan(matrix[1, 2])
    figure = table_map.map_figure(encoded.mapped, matrix, width=728, n_done=done)
    assert "1 of 7 rows are measured" in figure.description


def test_a_parquet_file_gives_what_its_csv_gives(tmp_path: Path) -> None:
    table = pa.table({"a": ["x", "y"] * 40, "b": ["x", "y"] * 40, "c": list("hhtt") * 20})
    path = tmp_path / "t.parquet"
    pq.write_table(table, path)
    found = patches(upload(tmp_path, path.read_bytes(), "t.parquet"), "b", k=1)
    assert "=shown" in found[1]
    assert found[1]["=shown"] == "own"
    assert last(found, "ranking").data["column"][0] == "a"
    assert "1. a</th>" in last(found, "selection")


def test_the_report_can_be_taken_home(tmp_path: Path) -> None:
    rows = "a,b\n" + "x,1\ny,2\n" * 30
    html = str(last(patches(upload(tmp_path, rows.encode(), '"><img>.csv')), "report"))
    data = re.search(r'href="data:text/html;charset=utf-8;base64,([^"]+)"', html)
    assert data is not None
    report = base64.b64decode(data[1]).decode()
    assert report.startswith("<!DOCTYPE html>")
    assert "<img" not in html
    assert "<img>" not in report
    numbers = re.search(r'href="data:application/json;base64,([^"]+)"', html)
    assert numbers is not None
    assert json.loads(base64.b64decode(numbers[1]))["n_rows"] == 60


def test_hostile_names_and_values_are_text(tmp_path: Path) -> None:
    quoted = EVIL.replace('"', '""')
    rows = f'"{quoted}",b,"\u202ec"\n' + f'"{quoted}",1,x\nsafe,2,y\n' * 30
    found = patches(upload(tmp_path, rows.encode()), EVIL, "mrmr")
    for patch in found:
        for key, value in patch.items():
            html = value.to_html() if isinstance(value, Figure) else str(value)
            if key != "report":
                assert "<script" not in html
                assert '" onload="' not in html
    assert "&lt;script&gt;" in str(last(found, "choices"))


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("a.csv", b"", "which is empty"),
        ("a.csv", gzip.compress(b"a,b\n" + b"0,0\n" * 1_000_000), "a gzip file"),
        ("a.csv", b"PK\x03\x04" + b"\x00" * 40, "a zip archive"),
        ("a.csv", pickle.dumps({"a": [1]}), "a pickle"),
        ("a.parquet", b"a,b\n1,2\n", "no Parquet file"),
        ("a.parquet", b"PAR1" + b"\xff" * 64 + b"PAR1", "a readable Parquet file"),
        ("a.csv", b"ARROW1\x00\x00", "an Arrow file"),
        ("a.csv", b",".join(b"c%d" % i for i in range(5000)) + b"\n", "at most 300 columns"),
    ],
    ids=range(8),
)
def test_files_that_are_no_tables_are_refused_in_a_sentence(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    with pytest.raises(InfoscopeError, match=said):
        patches(upload(tmp_path, content, name))


def test_parquet_that_swells_is_refused_before_it_is_read(tmp_path: Path) -> None:
    tall = tmp_path / "tall.parquet"
    pq.write_table(pa.table({"a": np.zeros(3_000_000, np.int8)}), tall)
    assert tall.stat().st_size < 20_000
    with pytest.raises(InfoscopeError, match="2,000,000 rows"):
        patches(upload(tmp_path, tall.read_bytes(), "tall.parquet"))
    wide = tmp_path / "wide.parquet"
    pq.write_table(pa.table({f"c{i}": [1, 2] for i in range(400)}), wide)
    with pytest.raises(InfoscopeError, match="300 columns"):
        patches(upload(tmp_path, wide.read_bytes(), "wide.parquet"))
    heavy = tmp_path / "heavy.parquet"
    same = pa.array([b"\x00" * 1_000_000] * 210)
    pq.write_table(pa.table({"a": same}), heavy, compression="zstd", use_dictionary=False)
    assert heavy.stat().st_size < 1_000_000
    with pytest.raises(InfoscopeError, match="once unpacked"):
        patches(upload(tmp_path, heavy.read_bytes(), "heavy.parquet"))


def test_lists_that_swell_and_dictionaries_that_repeat(tmp_path: Path) -> None:
    n = 20_000_000
    starts = pa.array(np.array([0, n, n, n], np.int32))
    lists = pa.ListArray.from_arrays(starts, pa.array(np.zeros(n, np.int8)))
    path = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"a": lists, "b": [1, 2, 1]}), path)
    assert path.stat().st_size < 5_000
    with pytest.raises(InfoscopeError, match="5,000,000 values"):
        patches(upload(tmp_path, path.read_bytes(), "lists.parquet"))
    words = pa.array(["x" * 100_000, "y" * 100_000])  # 10 GB if each row were a text of its own
    codes = pa.array(np.tile([0, 1], 50_000), pa.int32())
    table = {"a": pa.DictionaryArray.from_arrays(codes, words), "b": np.tile([1, 2], 50_000)}
    pq.write_table(pa.table(table), path)
    assert path.stat().st_size < 100_000
    assert last(patches(upload(tmp_path, path.read_bytes(), "t.parquet")), "note") == "Done."


def test_a_csv_of_too_many_cells_is_refused(tmp_path: Path) -> None:
    line = b",".join([b"1"] * 60) + b"\n"
    content = b",".join(b"c%d" % i for i in range(60)) + b"\n" + line * 83_400
    assert len(content) > 10_000_000 or len(content) > page.MAX_BYTES * 0.9
    with pytest.raises(InfoscopeError, match="5,000,000 cells"):
        patches(upload(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [b"a,b\nx\x00,1\ny,2\nx,1\ny,2\n", b"caf\xe9,b\nx,1\ny,2\nx,1\n", b"a,b\n", b"a\n1\n2\n"],
    ids=["nul", "latin-1", "no-rows", "one-column"],
)
def test_odd_files_give_a_map_or_a_sentence(tmp_path: Path, content: bytes) -> None:
    said = ""
    try:
        said = last(patches(upload(tmp_path, content)), "note")
    except InfoscopeError as error:
        said = str(error)
    assert said == "Done." or (len(said) > 20 and "\x00" not in said)


def test_a_target_that_is_not_there_asks_for_one(tmp_path: Path) -> None:
    found = patches(upload(tmp_path, b"a,b\n" + b"x,1\ny,2\n" * 20), "species")
    assert "no column “species”" in last(found, "selection")
    assert 'data-pick="a"' in last(found, "choices")


def test_the_bundled_table_answers_at_once_and_an_own_one_stays() -> None:
    patch = page.view(target="sex", method="jmi", k=2, shown="penguins", width=728)
    assert patch["ranking"].title == "What tells about sex"
    assert page.view(target="sex", method="jmi", k=2, shown="own", width=728) == {}


def test_fifty_megabytes_are_refused_while_they_arrive(client: TestClient) -> None:
    sent = 0

    def body() -> Any:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        for _ in range(50):
            sent += 1
            yield b"1,2\n" * 250_000

    response = client.post(
        "/run/table", content=body(), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert response.status_code == 413


def test_a_zip_renamed_is_refused_over_http(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 5_000_000)
    response = client.post(
        "/run/table", data={"target": "a", "k": "3", "method": "jmi"},
        files={"file": ("a.zip", path.read_bytes(), "text/csv")},
    )  # fmt: skip
    first = json.loads(response.text.splitlines()[0])
    assert "end in .csv" in first["wrong-file"]
