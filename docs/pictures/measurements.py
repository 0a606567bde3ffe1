"""What the benchmarks wrote down: a few pictures, and every table with its machine and versions."""

import csv
from itertools import islice
from pathlib import Path

from infoscope.figures import Figure, Html, bar_chart, esc, table

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
#: The same in every row of a run; they stand under the table.
ABOUT = ("machine", "date", "versions", "infoscope", "python", "numpy", "torch", "cores", "load")
MOST_ROWS = 40
#: Below this share of estimates that warn, those that do not are not told apart.
FEW_WARNED = 0.05
FOLDERS = {
    "calibrate": "Calibration",
    "channels": "Channels",
    "codes": "Codes and compression",
    "estimate": "Estimates",
    "explore": "Explorer",
    "figures": "Figures",
    "house": "The whole",
    "labs": "Labs",
    "language": "Language",
    "probe": "Probing",
    "speed": "Exact measures",
    "tables": "Tables",
    "train": "Training",
    "packaging": "Packaging",
    "coverage": "Lines that tests run",
    "mutation": "Faults that tests notice",
}


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of one table of `benchmarks/results`."""
    with (RESULTS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _short(group: str) -> str:
    for long, short in (
        ("conditional information", "conditional"), ("several columns", "several"),
        ("one-dimensional", "1-D"), ("label columns", "columns"), (", with error bars", ""),
    ):  # fmt: skip
        group = group.replace(long, short)
    return group


def neighbours() -> Figure:
    """CPU time of neighbour estimators as a share of the peers'."""
    rows = [
        row for row in rows_of("estimate_speed") if row["ratio"] and row["peer"] != "one thread"
    ]
    return bar_chart(
        [row["peer"] for row in rows],
        [float(row["ratio"]) for row in rows],
        title="Estimators: our CPU time over the peer's, measured alternately",
        description="1 is equal; below it the peer takes longer. Each bar names its task.",
        x_label="ratio of CPU times",
        texts=[f"{float(row['ratio']):.3f}  {_short(row['task'])}" for row in rows],
        label_name="peer",
        width=820,
    )


def scans() -> Figure:
    """CPU time for all pairs of columns."""
    rows = rows_of("tables_scan")
    return bar_chart(
        [f"{row['tool']}, {row['table']}" for row in rows],
        [float(row["cpu_seconds"]) for row in rows],
        title="Mutual information of pairs of columns",
        description="Mind the numbers of pairs: peers were given 60 of the large table's 780.",
        x_label="CPU seconds",
        texts=[
            f"{float(row['cpu_seconds']):.3g} s, {row['pairs_run']} pairs: {row['does']}"
            for row in rows
        ],
        label_name="tool, table",
        width=820,
    )


def coverage() -> Figure:
    """How often 95 % intervals hold the truth."""
    rows = rows_of("estimate_coverage")
    share = [float(row["coverage_95"]) for row in rows]
    error = [2 * float(row["binomial_error"]) for row in rows]
    return bar_chart(
        [_short(row["group"]) for row in rows],
        share,
        low=[a - b for a, b in zip(share, error, strict=True)],
        high=[min(1.0, a + b) for a, b in zip(share, error, strict=True)],
        title="How often a 95 % interval held the truth",
        x_label="share of repetitions; 0.95 was promised, whiskers are two standard errors",
        texts=[_covered(row) for row in rows],
        muted=[row["warning_given"] != "no" for row in rows],
        description="Grey: groups where most estimates warn that their interval may not hold.",
        width=820,
    )


def _covered(row: dict[str, str]) -> str:
    told = f"{float(row['coverage_95']):.3f}"
    if float(row["warned"]) < FEW_WARNED or not int(row["quiet"]):
        return told
    return f"{told}; without a warning {float(row['quiet_coverage']):.3f} of {int(row['quiet']):,}"


def every() -> Html:
    """Return every table of results, folded."""
    parts: list[str] = []
    for key, title in FOLDERS.items():
        parts.append(f"<h3>{esc(title)}</h3>")
        parts += [_table(path) for path in sorted(RESULTS.glob(f"{key}*.csv"))]
    return Html("".join(parts))


def _table(path: Path) -> str:
    rows = rows_of(path.stem)
    columns = [name for name in rows[0] if name not in ABOUT]
    some = list(islice(rows, MOST_ROWS))
    made = table({name: [row[name] for row in some] for name in columns}, caption=path.name)
    about = "; ".join(rows[-1][name] for name in ABOUT if rows[-1].get(name))
    count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    left = f" The first {MOST_ROWS} of {len(rows)} rows." if len(rows) > MOST_ROWS else ""
    return (
        f"<details><summary><code>{esc(path.name)}</code>, {count}</summary>"
        f'<div class="isc isc-scroll">{made}</div><p>{esc(about)}.{left}</p></details>'
    )
