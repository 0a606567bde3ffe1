"""Error of `mutual_information` with defaults on tasks with known truth, beside other estimators.

Tasks are those of `infoscope.known`: the 40 published ones, six mixtures, and this library's new
families (written before the estimator was run on them; the bandwidths and the list of models were
then extended once, so the new families are not a blind test). Every method sees the same draws.

    python benchmarks/estimate_accuracy/tasks.py              # about 10 minutes on one core
    python benchmarks/estimate_accuracy/tasks.py --scalars --seeds 40
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.feature_selection import mutual_info_regression

from infoscope.estimate import methods, mutual_information
from infoscope.estimate.corrected.coordinates import information_of, scores_by_column
from infoscope.estimate.corrected.gaussian_models import gaussian_copula
from infoscope.known import Task, tasks

RESULTS = Path(__file__).parents[1] / "results"
N = 1000
METHODS = ("infoscope", "ksg_raw", "ksg_scores", "gaussian_copula", "scikit_learn")


def copula_value(x: np.ndarray, y: np.ndarray) -> float:
    if "gaussian_copula" in [spec.name for spec in methods("mutual_information")]:
        return mutual_information(x, y, method="gaussian_copula", interval=None).value
    return information_of(gaussian_copula(scores_by_column(x), scores_by_column(y)).rho)


def peers(task: Task) -> dict[str, Callable[[np.ndarray, np.ndarray], float]]:
    found: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
        "ksg_raw": lambda x, y: (
            mutual_information(x, y, method="ksg", marginals="standardized", interval=None).value
        ),
        "ksg_scores": lambda x, y: mutual_information(x, y, method="ksg", interval=None).value,
        "gaussian_copula": copula_value,
    }
    if task.dims == (1, 1):
        found["scikit_learn"] = lambda x, y: float(
            mutual_info_regression(x, y[:, 0], random_state=0)[0]
        )
    return found


def run_task(task: Task, index: int, n_seeds: int, n: int) -> dict[str, object]:
    errors: dict[str, list[float]] = {name: [] for name in METHODS}
    signed, stderrs, covered, seconds = [], [], [], []
    models: dict[str, int] = {}
    for seed in range(n_seeds):
        x, y = task.sample(n, np.random.default_rng([2026, seed, index]))
        start = time.process_time()
        estimate = mutual_information(x, y)
        seconds.append(time.process_time() - start)
        signed.append(estimate.value - task.mutual_information)
        errors["infoscope"].append(abs(signed[-1]))
        stderrs.append(estimate.stderr or 0.0)
        low, high = estimate.interval.low, estimate.interval.high  # type: ignore[union-attr]
        covered.append(low <= task.mutual_information <= high)
        model = str(estimate.settings.get("model", estimate.method))
        models[model] = models.get(model, 0) + 1
        for name, value in peers(task).items():
            errors[name].append(abs(value(x, y) - task.mutual_information))
    row: dict[str, object] = {
        "collection": task.collection, "group": task.group, "task": task.name,
        "dims": "{}+{}".format(*task.dims), "truth": round(task.mutual_information, 4),
        "n": n, "seeds": n_seeds,
    }  # fmt: skip
    for name in METHODS:
        row[f"error_{name}"] = round(float(np.mean(errors[name])), 4) if errors[name] else ""
    row |= {
        "bias_infoscope": round(float(np.mean(signed)), 4),
        "mean_stderr": round(float(np.mean(stderrs)), 4),
        "covered": f"{sum(covered)}/{n_seeds}",
        "cpu_seconds": round(float(np.median(seconds)), 2),
        "models": "; ".join(f"{name} {count}" for name, count in sorted(models.items())),
    }
    return row


def group_rows(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Mean over tasks, by collection and by group; also the published scalars and vectors apart."""
    sets: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in rows:
        sets.setdefault((str(row["collection"]), "ALL"), []).append(row)
        sets.setdefault((str(row["collection"]), str(row["group"])), []).append(row)
        if row["dims"] == "1+1":
            sets.setdefault(("all", "scalar pairs"), []).append(row)
            sets.setdefault((str(row["collection"]), "scalar pairs"), []).append(row)
        if row["task"] != "2v1-waves-12-5.0-3.0" and row["collection"] == "mixture":
            sets.setdefault(("mixture", "without waves"), []).append(row)
    found: list[dict[str, object]] = []
    for (collection, group), members in sorted(sets.items()):
        summary: dict[str, object] = {
            "collection": collection, "group": group, "tasks": len(members),
            "n": members[0]["n"], "seeds": members[0]["seeds"],
        }  # fmt: skip
        for name in METHODS:
            values = [float(str(m[f"error_{name}"])) for m in members if m[f"error_{name}"] != ""]
            whole = len(values) == len(members)
            summary[f"error_{name}"] = round(float(np.mean(values)), 4) if whole else ""
        hits = [str(m["covered"]).split("/") for m in members]
        share = sum(int(a) for a, _ in hits) / sum(int(b) for _, b in hits)
        summary["coverage_95"] = round(share, 3)
        found.append(summary)
    return found


def stamp() -> dict[str, str]:
    packages = ("infoscope", "numpy", "scipy", "numba", "scikit-learn")
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, shared",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(f"{p} {importlib.metadata.version(p)}" for p in packages),
    }


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Write the rows, stamped with machine, date and versions where they have no stamp yet."""
    marks = stamp()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*(key for key in rows[0] if key not in marks), *marks])
        writer.writeheader()
        writer.writerows([{**marks, **row} for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--n", type=int, default=N)
    parser.add_argument("--collections", nargs="+", default=["published", "mixture", "new"])
    parser.add_argument("--name", default="estimate_accuracy", help="stem of the files")
    parser.add_argument("--scalars", action="store_true", help="only pairs of single columns")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for collection in options.collections:
        for index, task in enumerate(tasks(collection)):
            if options.scalars and task.dims != (1, 1):
                continue
            rows.append(run_task(task, index, options.seeds, options.n))
            write(RESULTS / f"{options.name}.csv", rows)  # partial results are kept
            print(*list(rows[-1].values())[2:], sep="\t", flush=True)
    write(RESULTS / f"{options.name}_groups.csv", group_rows(rows))
    for row in group_rows(rows):
        print(*row.values(), sep="\t")


if __name__ == "__main__":
    main()
