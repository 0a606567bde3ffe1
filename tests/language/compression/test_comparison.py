"""The comparison: every compressor gives the data back, and bounds are what a hand count says."""

import json
import math
from pathlib import Path

import pytest

from infoscope.cli.main import main
from infoscope.language.compression.comparison import PEERS, compare_compressors

TEXT = b"ab" * 600


def test_all_peers_are_measured_on_a_file(tmp_path: Path, capsys) -> None:
    source, page, out = tmp_path / "ab", tmp_path / "page.html", tmp_path / "numbers.json"
    source.write_bytes(TEXT)
    command = ["compress", "--compare", str(source), "--portable", "--html", str(page),
               "--json", str(out)]  # fmt: skip
    assert main(command) == 0
    told = json.loads(out.read_text())
    rows = {row["name"]: row for row in told["rows"]}
    assert set(PEERS) | {"infoscope --portable"} <= set(rows)
    for name in (*PEERS, "infoscope --portable"):
        assert 0 < rows[name]["n_bytes"] < 150
        assert rows[name]["compress_seconds"] >= 0
    assert rows["order-0 entropy"]["bits_per_byte"] == pytest.approx(1, abs=1e-6)
    assert rows["order-1 entropy"]["bits_per_byte"] == pytest.approx(0, abs=0.01)
    assert "gzip -9" in capsys.readouterr().out
    assert "<svg" in page.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ab", "numbers.json", "page.html"]


def test_conditional_entropy_by_hand() -> None:
    """In aab aab … an a follows an a or a b; after "a" half the time, so H = 2/3 bit."""
    result = compare_compressors(b"aab" * 100, None)
    rows = {row.name: row for row in result.rows}
    assert rows["order-0 entropy"].bits_per_byte == pytest.approx(math.log2(3) - 2 / 3, abs=1e-9)
    assert rows["order-1 entropy"].bits_per_byte == pytest.approx(2 / 3, abs=0.01)
    assert rows["order-2 entropy"].bits_per_byte == pytest.approx(0, abs=0.01)
    assert all(row.compress_seconds is None for row in rows.values() if "entropy" in row.name)


def test_adaptive_counts_and_partial_matching_by_hand() -> None:
    """Krichevsky and Trofimov give the n-th a of a run (n - 1/2) / (n + 127)."""
    n = 20
    rows = {row.name: row for row in compare_compressors(b"a" * n, None).rows}
    nats = -sum(math.log((i + 0.5) / (i + 128)) for i in range(n))
    assert rows["order-0 counts"].n_bytes == pytest.approx(nats / math.log(256), rel=1e-9)
    # partial matching, method C: 1/256 for the first, then an escape costs half, and half again
    assert rows["ppm, order 5"].n_bytes < 4
    assert rows["ppm, order 5"].remark == "code length"


def test_a_language_model_is_compared_too(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "ab", tmp_path / "numbers.json"
    source.write_bytes(TEXT[:200])
    command = ["compress", "--compare", str(source), "--model", str(tiny_gguf), "--json", str(out)]
    assert main([*command, "--context", "64"]) == 0
    told = json.loads(out.read_text())
    rows = {row["name"]: row for row in told["rows"]}
    assert 0 < rows["infoscope"]["n_bytes"] < 300
    assert rows["infoscope"]["compress_seconds"] > 0
    assert rows["infoscope"]["remark"] == f"needs the model {tiny_gguf}"
    assert any("size of the model is not counted" in text for text in told["notes"])
    assert any("training data" in text for text in told["notes"])
    assert "order-2 counts" in capsys.readouterr().out
