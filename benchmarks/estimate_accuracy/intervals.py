"""Share of nominal 95 % intervals that hold the truth, with and without a warning, by task group.

Every estimate is `auto` with defaults. It counts as warned if a note says that the value is
probably off, rests on few rows or on a model alone, or that the interval is not to be trusted.
Groups are those of `infoscope.known` (pairs of single columns apart), and for the other quantities
one group a quantity and kind of data. Files:

    benchmarks/results/estimate_coverage.csv         by group, with `warned` and `quiet_coverage`,
                                                     the coverage of the estimates not warned
    benchmarks/results/estimate_coverage_tasks.csv   by task

Binomial error of a share p of r estimates is sqrt(p (1 - p) / r); it stands in the table. A line
of a task is written as soon as it is measured, in place of the older one; the table of groups is
made from the table of tasks, so that both can be renewed in parts.

    python benchmarks/estimate_accuracy/intervals.py                    # half an hour on one core
    python benchmarks/estimate_accuracy/intervals.py --scalars 100 --vectors 8
    python benchmarks/estimate_accuracy/intervals.py --only "two columns"   # the others stay
    python benchmarks/estimate_accuracy/intervals.py --scalars 0 --only transform
"""

from __future__ import annotations

import argparse
import csv
import math
import os
from collections.abc import Callable, Iterator
from multiprocessing import Pool

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from tasks import RESULTS, write

import infoscope.estimate as est
from infoscope.core.result import Estimate
from infoscope.known import Task, tasks

WARNINGS = (
    "trust it less",
    "still too low",
    "fine structure that is not resolved",
    "do not trust the interval",
    "too low by more than the interval",
    "rows are few",
    "that is too much",
    "in columns are few",
    "columns are few",
    "rests on the model",
)
Draw = Callable[[np.random.Generator], Estimate]
#: group, task, truth, n, cheap (many repeats), draw
Case = tuple[str, str, float, int, bool, Draw]


def of_task(task: Task, n: int) -> Case:
    scalar = task.dims == (1, 1)
    group = f"information, {task.group}{', two columns' if scalar else ''}"
    labels = {}
    if task.collection in ("labels", "chain"):
        group = f"information, {task.collection}"
        labels = {f"discrete_{side}": kind == "discrete" or None
                  for side, kind in zip("xy", task.kinds, strict=True)}  # fmt: skip

    def draw(rng: np.random.Generator) -> Estimate:
        return est.mutual_information(*task.sample(n, rng), **labels)

    return group, task.name, max(task.mutual_information, 0.0), n, scalar, draw  # rounding


def entropies() -> Iterator[Case]:
    def zipf(k: int, power: float) -> np.ndarray:
        p = np.arange(1.0, k + 1) ** -power
        return p / p.sum()

    laws = {
        "coin 0.5": np.array([0.5, 0.5]),
        "coin 0.02": np.array([0.02, 0.98]),
        "uniform 10": np.full(10, 0.1),
        "uniform 1000": np.full(1000, 0.001),
        "zipf 1, 30": zipf(30, 1.0),
        "zipf 1, 1000": zipf(1000, 1.0),
        "zipf 1.5, 10000": zipf(10000, 1.5),
        "geometric 0.2": 0.2 * 0.8 ** np.arange(150),
        "half certain, 500 rare": np.append(0.5, np.full(500, 0.001)),
    }
    for name, law in laws.items():
        p = law / law.sum()
        truth = -float(p @ np.log(p))
        for n in (200, 1000, 5000):
            seen = "well sampled" if p.size * 5 <= n else "undersampled"

            def draw(rng: np.random.Generator, p: np.ndarray = p, n: int = n) -> Estimate:
                return est.entropy(rng.choice(p.size, n, p=p), discrete=True)

            yield f"entropy, labels, {seen}", name, truth, n, True, draw


def densities() -> Iterator[Case]:
    e = math.e
    laws: dict[str, tuple[float, Callable[[np.random.Generator, int], np.ndarray]]] = {
        "normal": (0.5 * math.log(2 * math.pi * e), lambda r, n: r.normal(size=n)),
        "uniform": (0.0, lambda r, n: r.random(n)),
        "exponential": (1.0, lambda r, n: r.exponential(size=n)),
        "Laplace": (math.log(2 * e), lambda r, n: r.laplace(size=n)),
        "normal, 2 columns": (math.log(2 * math.pi * e), lambda r, n: r.normal(size=(n, 2))),
        "normal, 3 columns": (1.5 * math.log(2 * math.pi * e), lambda r, n: r.normal(size=(n, 3))),
        "normal, 10 columns": (5 * math.log(2 * math.pi * e), lambda r, n: r.normal(size=(n, 10))),
        "uniform, 2 columns": (0.0, lambda r, n: r.random((n, 2))),
        "uniform, 3 columns": (0.0, lambda r, n: r.random((n, 3))),
    }  # fmt: skip
    for name, (truth, sample) in laws.items():

        def draw(rng: np.random.Generator, sample: Callable = sample) -> Estimate:
            return est.entropy(sample(rng, 500))

        group = "entropy, numbers" + (", several columns" if "columns" in name else "")
        yield group, name, truth, 500, True, draw


def divergences() -> Iterator[Case]:
    def numbers(rng: np.random.Generator) -> Estimate:
        return est.kl_divergence(rng.normal(size=500), rng.normal(0.5, 1, 500))

    yield "divergence, numbers", "normals half apart", 0.125, 500, True, numbers
    for d in (2, 3, 10):

        def columns(rng: np.random.Generator, d: int = d) -> Estimate:
            return est.kl_divergence(rng.normal(size=(500, d)), rng.normal(0.5, 1, (500, d)))

        group = "divergence, numbers, several columns"
        yield group, f"normals half apart, {d} columns", 0.125 * d, 500, True, columns
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])

    def labels(rng: np.random.Generator) -> Estimate:
        return est.kl_divergence(rng.choice(3, 500, p=p), rng.choice(3, 500, p=q))

    yield "divergence, labels", "three labels", float(p @ np.log(p / q)), 500, True, labels


def conditionals() -> Iterator[Case]:
    def normals(rng: np.random.Generator) -> Estimate:
        z = rng.normal(size=500)
        x = z + rng.normal(size=500)
        return est.conditional_mutual_information(x, z + 0.8 * (x - z) + rng.normal(size=500), z)

    yield (
        "conditional information, numbers", "normals", 0.5 * math.log(1.64), 500, True, normals,
    )  # fmt: skip

    for each, given in ((1, 2), (1, 3), (1, 5), (3, 1)):

        def columns(rng: np.random.Generator, each: int = each, given: int = given) -> Estimate:
            z = rng.normal(size=(500, given))
            cause = z.sum(1, keepdims=True) / math.sqrt(given)
            own = rng.normal(size=(500, each))
            y = cause + 0.7 * own + rng.normal(size=(500, each))
            return est.conditional_mutual_information(cause + own, y, z)

        group = "conditional information, numbers" + (
            ", several columns" if each + given > 3 else ""
        )
        name = f"normals, {each} + {each} columns given {given}"
        yield group, name, each * 0.5 * math.log(1.49), 500, True, columns

    def coins(rng: np.random.Generator) -> Estimate:
        z = rng.integers(0, 3, 500)
        x = rng.integers(0, 2, 500)
        y = np.where(rng.random(500) < 0.2, 1 - x, x)
        return est.conditional_mutual_information(x, y, z)

    truth = math.log(2) + 0.2 * math.log(0.2) + 0.8 * math.log(0.8)
    yield "conditional information, labels", "channel", truth, 500, True, coins


def transfers() -> Iterator[Case]:
    for stay, flip in ((0.5, 0.1), (0.9, 0.2), (0.98, 0.1)):
        table = np.zeros((2, 2, 2))
        for a, own, seen, now in np.ndindex(2, 2, 2, 2):
            chance = 0.5 * (1 - flip if own == a else flip) * (stay if seen == a else 1 - stay)
            table[own, seen, now] += chance * (1 - flip if now == seen else flip)

        def entropy_of(t: np.ndarray) -> float:
            return -float((t[t > 0] * np.log(t[t > 0])).sum())

        truth = entropy_of(table.sum(2)) + entropy_of(table.sum(1))
        truth -= entropy_of(table.sum((1, 2))) + entropy_of(table)

        def labels(rng: np.random.Generator, stay: float = stay, flip: float = flip) -> Estimate:
            x = np.cumsum(rng.random(1001) > stay) % 2
            y = np.roll(x, 1) ^ (rng.random(1001) < flip)
            return est.transfer_entropy(x[1:], y[1:])

        yield "transfer entropy, labels", f"kept {stay}, flipped {flip}", truth, 1000, True, labels
    for a, b in ((0.5, 0.6), (0.9, 0.5)):
        # x: AR(1) with a, y_t = 0.4 y_(t-1) + b x_(t-1) + noise; stationary covariances by hand
        xx = 1 / (1 - a * a)
        xy = a * b * xx / (1 - 0.4 * a)
        yy = (1 + b * b * xx + 0.8 * b * xy) / (1 - 0.16)
        truth = 0.5 * math.log1p(b * b * (xx - xy * xy / yy))

        def numbers(rng: np.random.Generator, a: float = a, b: float = b) -> Estimate:
            noise = rng.normal(size=(2, 700))
            x, y = np.zeros(700), np.zeros(700)
            for t in range(1, 700):
                x[t] = a * x[t - 1] + noise[0, t]
                y[t] = 0.4 * y[t - 1] + b * x[t - 1] + noise[1, t]
            return est.transfer_entropy(x[200:], y[200:])

        yield "transfer entropy, numbers", f"AR({a}), {b}", truth, 500, True, numbers


def cases() -> list[Case]:
    found: list[Case] = []
    for collection in ("published", "mixture", "new", "labels", "chain"):
        for task in tasks(collection):
            sizes = (500, 1000) if task.dims == (1, 1) else (500,)
            found += [of_task(task, n) for n in sizes if max(task.dims) < 50]
    for more in (entropies, densities, divergences, conditionals, transfers):
        found += list(more())
    return found


def run_job(job: tuple[int, int]) -> dict[str, object]:
    index, repeats = job
    group, name, truth, n, _, draw = cases()[index]
    values, stderrs, hits, warned = [], [], [], []
    for repeat in range(repeats):
        estimate = draw(np.random.default_rng([77, repeat, index]))
        values.append(estimate.value)
        stderrs.append(math.nan if estimate.stderr is None else estimate.stderr)
        assert estimate.interval is not None, name
        hits.append(estimate.interval.low <= truth <= estimate.interval.high)
        warned.append(any(word in note for note in estimate.notes for word in WARNINGS))
    return {
        "group": group, "task": name, "n": n, "repeats": repeats, "truth": round(truth, 4),
        "bias": round(float(np.mean(values)) - truth, 4),
        "sd": round(float(np.std(values, ddof=1)), 4),
        "mean_stderr": round(float(np.mean(stderrs)), 4),
        **shares(np.array(hits), np.array(warned)),
    }  # fmt: skip


def shares(hits: np.ndarray, warned: np.ndarray) -> dict[str, object]:
    quiet = hits[~warned]
    p = float(hits.mean())
    q = float(quiet.mean()) if quiet.size else math.nan
    return {
        "coverage_95": round(p, 3),
        "binomial_error": round(math.sqrt(p * (1 - p) / hits.size), 3),
        "warned": round(float(warned.mean()), 3),
        "quiet": int(quiet.size),
        "quiet_coverage": round(q, 3) if quiet.size else "",
        "quiet_binomial_error": round(math.sqrt(q * (1 - q) / quiet.size), 3) if quiet.size else "",
    }


def by_group(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the shares of each group of lines of tasks."""
    found: list[dict[str, object]] = []
    for group in sorted({str(row["group"]) for row in rows}):
        members = [row for row in rows if row["group"] == group]
        hits: list[bool] = []
        warned: list[bool] = []
        for row in members:
            r, hit, quiet = count(row, "repeats"), share_of(row, "coverage_95"), count(row, "quiet")
            quiet_hit = round(float(str(row["quiet_coverage"])) * quiet) if quiet else 0
            hits += [True] * quiet_hit + [False] * (quiet - quiet_hit)
            hits += [True] * (hit - quiet_hit) + [False] * (r - quiet - hit + quiet_hit)
            warned += [False] * quiet + [True] * (r - quiet)
        summary = shares(np.array(hits), np.array(warned))
        half = float(np.mean(warned)) >= 0.5
        found.append({
            "group": group, "tasks": len({row["task"] for row in members}),
            "estimates": len(hits), **summary, "warning_given": "mostly" if half else "no",
            **{key: members[-1][key] for key in ("machine", "date", "versions")},
        })  # fmt: skip
    return found


def count(row: dict[str, object], key: str) -> int:
    return int(str(row[key]))


def share_of(row: dict[str, object], key: str) -> int:
    """Return how many estimates a rounded share stands for."""
    return round(float(str(row[key])) * count(row, "repeats"))


def key(line: dict[str, object]) -> tuple[str, str, int]:
    """Return what names a line of the table of tasks."""
    return str(line["group"]), str(line["task"]), count(line, "n")


def stored(name: str) -> list[dict[str, object]]:
    """Return the lines of the table of tasks as it is."""
    path = RESULTS / f"{name}_tasks.csv"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [dict(line) for line in csv.DictReader(file)]


def renew(name: str, row: dict[str, object]) -> None:
    """Put one line of a task in its place, and make the table of groups anew."""
    lines = sorted([*(line for line in stored(name) if key(line) != key(row)), row], key=key)
    write(RESULTS / f"{name}_tasks.csv", lines)
    write(RESULTS / f"{name}.csv", by_group(stored(name)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scalars", type=int, default=400, help="repeats of cheap cases, 0 for none"
    )
    parser.add_argument("--vectors", type=int, default=32, help="repeats of vector tasks, or 0")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--only", default="", help="groups that contain this")
    parser.add_argument("--resume", action="store_true", help="leave lines of as many repeats")
    parser.add_argument("--name", default="estimate_coverage")
    options = parser.parse_args()
    repeats = {True: options.scalars, False: options.vectors}
    measured = {key(line): count(line, "repeats") for line in stored(options.name)}
    jobs = [
        (i, repeats[case[4]])
        for i, case in enumerate(cases())
        if options.only in case[0]
        and repeats[case[4]]
        and not (
            options.resume and measured.get((case[0], case[1], case[3]), 0) >= repeats[case[4]]
        )
    ]
    jobs.sort(key=lambda job: job[1], reverse=True)  # the cheap ones first
    with Pool(options.processes) as pool:
        for row in pool.imap_unordered(run_job, jobs):
            print(*row.values(), sep="\t", flush=True)
            renew(options.name, row)  # partial results are kept


if __name__ == "__main__":
    main()
