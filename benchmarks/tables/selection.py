"""Compare `select` with fast-select, mrmr-selection and scikit-learn: CPU seconds and picks.

100,000 rows, 200 columns of 8 levels, 3 classes, ten informative columns, k = 10. `select` is timed
from the data frame (reading, coding, corrections, tests and intervals included). The peers are
asked for in an environment of their own, named by INFOSCOPE_PEER_PYTHON: its Python runs this file
with --only. CPU seconds count child processes too.

    INFOSCOPE_PEER_PYTHON=path/to/python python benchmarks/tables/selection.py
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

RESULTS = Path(__file__).parents[1] / "results" / "tables_selection.csv"
PEER_PYTHON = os.environ.get("INFOSCOPE_PEER_PYTHON", sys.executable)
OURS = ("mrmr", "jmi", "cmim", "cmi", "mim")
PEERS = ("fast-select mrmr", "mrmr-selection", "scikit-learn SelectKBest")


def data(n: int = 100_000, p: int = 200) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, n)
    x = rng.integers(0, 8, (n, p))
    for j in range(10, 20):
        x[:, j] = np.where(rng.random(n) < 0.2 + 0.02 * j, (y * 3 + j) % 8, x[:, j])
    return pd.DataFrame(x, columns=[f"c{j}" for j in range(p)]), y


def version(tool: str) -> str:
    """Return package and version of a peer, as installed where it runs."""
    package = "infoscope" if tool in OURS else tool.split()[0]
    return f"{package} {importlib.metadata.version(package)}"


def cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def run(tool: str, x: pd.DataFrame, y: np.ndarray) -> list[str]:
    if tool in OURS:
        from infoscope.tables import select

        return list(select(x.assign(y=y), "y", 10, method=tool).columns)  # type: ignore[arg-type]
    if tool == "fast-select mrmr":
        from fast_select import mRMR

        found = mRMR(n_features_to_select=10, method="MID").fit(x.to_numpy(), y)
        return [x.columns[i] for i in found.top_features_]
    if tool == "mrmr-selection":
        from mrmr import mrmr_classif

        return mrmr_classif(X=x, y=pd.Series(y), K=10, show_progress=False)
    from sklearn.feature_selection import SelectKBest, mutual_info_classif

    def score(values, target):
        return mutual_info_classif(values, target, discrete_features=True)

    return list(SelectKBest(score, k=10).fit(x, y).get_feature_names_out())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    if options.only:
        x, y = data()
        run(options.only, x.iloc[:2000], y[:2000])  # compile
        start = cpu()
        picks = run(options.only, x, y)
        print(json.dumps({"cpu": cpu() - start, "picks": picks, "version": version(options.only)}))
        return
    found: dict[str, list[dict]] = {}
    for repeat in range(options.repeats):
        for tool in (*OURS, *PEERS):
            if tool in PEERS[:2] and repeat:
                continue  # half a minute each
            python = sys.executable if tool in OURS else PEER_PYTHON
            done = subprocess.run(
                [python, __file__, "--only", tool], capture_output=True, text=True, check=False
            )
            if done.returncode:
                print(tool, "did not run:", done.stderr.strip().splitlines()[-1:])
                continue
            found.setdefault(tool, []).append(json.loads(done.stdout.splitlines()[-1]))
    ours = np.median([each["cpu"] for each in found["mrmr"]])
    reference = set(found["mrmr"][0]["picks"])
    rows = []
    for tool, runs in found.items():
        seconds = [each["cpu"] for each in runs]
        rows.append({
            "tool": tool, "rows": 100_000, "columns": 200, "k": 10, "runs": len(runs),
            "cpu_seconds": round(float(np.median(seconds)), 3), "fastest": round(min(seconds), 3),
            "slowest": round(max(seconds), 3),
            "times_mrmr": round(float(np.median(seconds) / ours), 2),
            "picks_in_common_with_mrmr": len(reference & set(runs[0]["picks"])),
            "picks": " ".join(runs[0]["picks"]),
        })  # fmt: skip
        print(f"{tool:28} {rows[-1]['cpu_seconds']:8} CPU s  {rows[-1]['picks']}")
    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{package} {importlib.metadata.version(package)}"
            for package in ("infoscope", "numpy", "numba", "scikit-learn", "pandas")
        ) + "".join(
            f"; {found[tool][0]['version']}" for tool in PEERS[:2] if tool in found
        ),
    }  # fmt: skip
    with RESULTS.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], *stamp])
        writer.writeheader()
        writer.writerows(row | stamp for row in rows)
    print(f"written: {RESULTS}")


if __name__ == "__main__":
    main()
