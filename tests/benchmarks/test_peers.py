"""The README's table of peers holds the figures of the tables, and tells of each peer once."""

import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks")]
peers = importlib.import_module("peers")


def test_the_readme_has_the_table_that_the_measurements_give() -> None:
    text = peers.README.read_text(encoding="utf-8")
    assert peers.renewed(text) == text, "run `python benchmarks/peers.py`"


def test_each_peer_has_one_line_and_every_place_a_figure() -> None:
    lines = peers.table().splitlines()[2:]
    names = [line.split(" | ")[0].removeprefix("| ") for line in lines]
    wanted = (
        "scipy",
        "scikit-learn",
        "dit",
        "infomeasure",
        "torchmetrics",
        "lm-evaluation",
        "mini",
    )
    assert len(names) == len(wanted)
    assert all(name.startswith(peer) for name, peer in zip(names, wanted, strict=True))
    for line in lines:
        assert line.count(" | ") == 3
        assert not re.search(r"[{}]", line)


def test_a_figure_that_changes_changes_the_table(tmp_path: Path) -> None:
    for path in (ROOT / "benchmarks" / "results").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "calibrate_peers":
            text = text.replace(",torchmetrics,0.475,0.525,", ",torchmetrics,0.475,0.625,")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    assert "where it reads 0.525" in peers.table()
    assert "where it reads 0.625" in peers.table(tmp_path)


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="on a line of its own"):
        peers.renewed("# Nothing\n")
