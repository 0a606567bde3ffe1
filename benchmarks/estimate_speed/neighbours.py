"""Compare estimates of information with their peers: CPU seconds, alternately, in one process.

Tasks: ksg (two scalars against the recipe written by hand with SciPy's k-d tree, and scikit-learn),
features (20 columns against mutual_info_regression), classes (10 numbers and 10 labels against
mutual_info_classif), pairs (all pairs of 50 label columns against numpy.bincount), each through the
public function where there is one, one thread. `ratio` is the median over rounds of our CPU time
over the peer's in the same round.

    OMP_NUM_THREADS=1 python benchmarks/estimate_speed/neighbours.py            # some minutes
    OMP_NUM_THREADS=1 python benchmarks/estimate_speed/neighbours.py --rounds 3
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from infoscope.estimate import (
    mutual_information,
    mutual_information_score_func,
    pairwise_mutual_information,
)

RESULTS = Path(__file__).parents[1] / "results" / "estimate_speed.csv"
Work = Callable[[], object]


def by_hand(x: np.ndarray, y: np.ndarray, k: int = 3) -> float:
    xy = np.column_stack([x, y])
    radius = np.nextafter(cKDTree(xy).query(xy, k + 1, p=np.inf)[0][:, k], 0)
    n_x, n_y = (
        cKDTree(v[:, None]).query_ball_point(v[:, None], radius, p=np.inf, return_length=True)
        for v in (x, y)
    )
    return digamma(k) + digamma(x.size) - np.mean(digamma(n_x) + digamma(n_y))


def bincount_pairs(columns: list[np.ndarray]) -> np.ndarray:
    values = np.full((len(columns), len(columns)), np.nan)
    n = columns[0].size
    for i, j in combinations(range(len(columns)), 2):
        p = np.bincount(columns[i] * 10 + columns[j], minlength=100).reshape(10, 10) / n
        q = np.outer(p.sum(1), p.sum(0))
        seen = p > 0
        values[i, j] = values[j, i] = float(p[seen] @ np.log(p[seen] / q[seen]))
    return values


def correlated(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=n)
    return x, 0.75 * x + np.sqrt(1 - 0.75**2) * rng.normal(size=n)


def tasks() -> dict[str, tuple[int, float, Work, dict[str, Work]]]:
    """Return task -> (n, bar, ours, peers)."""
    rng = np.random.default_rng(0)
    found: dict[str, tuple[int, float, Work, dict[str, Work]]] = {}
    for n, bar in ((10_000, 0.10), (100_000, 0.08)):
        x, y = correlated(n, rng)
        found[f"ksg of two scalars, n={n}"] = (
            n,
            bar,
            lambda x=x, y=y: mutual_information(x, y, method="ksg", interval=None),
            {
                "scipy cKDTree by hand": lambda x=x, y=y: by_hand(x, y),
                "scikit-learn": lambda x=x, y=y: mutual_info_regression(x[:, None], y),
            },
        )
    n = 10_000
    X = rng.normal(size=(n, 20))
    y = X @ rng.normal(size=20) + 5 * rng.normal(size=n)
    found["20 features, number"] = (
        n,
        0.09,
        lambda: mutual_information_score_func(X, y, method="ksg"),
        {"scikit-learn": lambda: mutual_info_regression(X, y)},
    )
    mixed = X.copy()
    mixed[:, 10:] = np.clip(np.round(2 * X[:, 10:]), -4, 4)
    label = np.digitize(y, np.quantile(y, [0.2, 0.4, 0.6, 0.8]))
    discrete = np.arange(20) >= 10
    found["10 numbers and 10 labels, 5 classes"] = (
        n,
        0.07,
        lambda: mutual_information_score_func(mixed, label),
        {"scikit-learn": lambda: mutual_info_classif(mixed, label, discrete_features=discrete)},
    )
    found["10 numbers, 5 classes"] = (
        n,
        0.07,
        lambda: mutual_information_score_func(X[:, :10], label),
        {"scikit-learn": lambda: mutual_info_classif(X[:, :10], label)},
    )
    n = 100_000
    hidden = rng.normal(size=n)
    columns = [
        np.clip(np.round(5 + 2 * (0.3 * hidden + rng.normal(size=n))), 0, 9).astype(np.int64)
        for _ in range(50)
    ]
    table = np.asfortranarray(np.stack(columns, axis=1))
    pairwise: dict[str, Work] = {
        "plug-in": lambda: pairwise_mutual_information(table, method="plugin"),
        "corrected, with error bars": lambda: pairwise_mutual_information(table),
    }
    for name, ours in pairwise.items():
        peer: dict[str, Work] = {"numpy bincount per pair": lambda: bincount_pairs(columns)}
        found[f"all pairs of 50 label columns, {name}"] = (n, 0.40, ours, peer)
    values = pairwise_mutual_information(table, method="plugin").values
    difference = np.nanmax(np.abs(values - bincount_pairs(columns)))
    assert difference < 1e-9, difference
    return found


def cpu_seconds(work: Work, repeat: int = 1) -> float:
    start = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - start) / repeat


def peak_megabytes(n: int) -> float:
    """Return the peak of memory of one call beyond its arguments."""
    x, y = correlated(n, np.random.default_rng(1))
    tracemalloc.start()
    mutual_information(x, y, method="ksg", interval=None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def threads_rows(rounds: int) -> list[dict[str, object]]:
    """Compare two threads with one by the clock; on a busy machine that says little."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(20_000, 12))
    y = X.sum(axis=1)
    works: dict[str, Callable[[int], np.ndarray]] = {
        "scores of 12 features by ksg": lambda threads: mutual_information_score_func(
            X, y, method="ksg", threads=threads
        ),
        "all pairs of 12 columns by ksg": lambda threads: (
            pairwise_mutual_information(X[:4000], method="ksg", threads=threads).values
        ),
    }
    rows: list[dict[str, object]] = []
    for name, work in works.items():
        np.testing.assert_array_equal(work(1), work(2))
        times = [(wall_seconds(work, 2), wall_seconds(work, 1)) for _ in range(rounds)]
        ratio = statistics.median(a / b for a, b in times)
        load = os.getloadavg()[0]
        print(name, "two threads", f"{ratio:.3f}", f"load {load:.1f}")
        rows.append(
            {
                "task": f"{name}, by the clock (load {load:.1f})",
                "n": X.shape[0],
                "peer": "one thread",
                "our_cpu_seconds": f"{statistics.median(a for a, _ in times):.4f}",
                "peer_cpu_seconds": f"{statistics.median(b for _, b in times):.4f}",
                "ratio": f"{ratio:.3f}",
                "rounds": rounds,
            }
        )
    return rows


def wall_seconds(work: Callable[[int], object], threads: int) -> float:
    start = time.perf_counter()
    work(threads)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    names = ("infoscope", "numpy", "scipy", "numba", "scikit-learn")
    versions = "; ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, one thread"
    rows: list[dict[str, object]] = []
    for task, (n, bar, ours, peers) in tasks().items():
        ours()  # compile and warm the tables
        for peer, work in peers.items():
            times = [(cpu_seconds(ours, 3), cpu_seconds(work)) for _ in range(rounds)]
            ratio = statistics.median(a / b for a, b in times)
            rows.append(
                {
                    "task": task,
                    "n": n,
                    "peer": peer,
                    "our_cpu_seconds": f"{statistics.median(a for a, _ in times):.4f}",
                    "peer_cpu_seconds": f"{statistics.median(b for _, b in times):.4f}",
                    "ratio": f"{ratio:.3f}",
                    "bar": bar if peer != "scikit-learn" or len(peers) == 1 else "",
                    "rounds": rounds,
                }
            )
            print(task, peer, f"{ratio:.3f}")
    rows += [
        {"task": "peak memory of ksg, MB", "n": n, "our_cpu_seconds": f"{peak_megabytes(n):.1f}"}
        for n in (100_000, 200_000, 400_000)
    ]
    rows += threads_rows(rounds)
    date = dt.datetime.now(dt.UTC).date().isoformat()
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="") as file:
        fields = ["task", "n", "peer", "our_cpu_seconds", "peer_cpu_seconds", "ratio", "bar"]
        writer = csv.DictWriter(file, [*fields, "rounds", "machine", "date", "versions"])
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "machine": machine, "date": date, "versions": versions})


if __name__ == "__main__":
    main()
