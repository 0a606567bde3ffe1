"""The guide's table of coverage is the benchmark's table."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_guide_quotes_the_coverage_that_was_measured() -> None:
    text = (ROOT / "docs/guides/estimating.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| .*\(`(.*)`\) \| (.*) \| (.*) \| (.*) \| (.*) \|$", text, re.MULTILINE)
    with (ROOT / "benchmarks/results/estimate_coverage.csv").open(encoding="utf-8") as file:
        measured = {row["group"]: row for row in csv.DictReader(file)}
    assert len(quoted) >= 15
    for group, covered, estimates, quiet, warned in quoted:
        row = measured[group]
        assert covered == f"{float(row['coverage_95']):.3f}", group
        assert estimates == row["estimates"], group
        share = row["quiet_coverage"]
        assert quiet == (f"{float(share):.3f} of {row['quiet']}" if share else ""), group
        assert warned == f"{float(row['warned']):.0%}", group
