"""Capacity and bottleneck solvers against plain Blahut-Arimoto and dit: CPU seconds and gaps.

Run: python benchmarks/channels/solvers.py. Plain Blahut-Arimoto and the plain self-consistent
iteration are written out below. dit is measured where it is installed, or under the interpreter
named by INFOSCOPE_PEER_PYTHON (it needs older companions than the tested environment has). Ours and
theirs run in turn; ratio is theirs / ours. A solver that is not done within LIMIT seconds stops.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy; CPU seconds of one thread

import csv
import datetime as dt
import importlib.metadata
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import rel_entr, xlogy

from infoscope.channels import bottleneck_curve, capacity, rate_distortion

OUT = Path(__file__).parents[1] / "results" / "channels_solvers.csv"
LIMIT = 60.0
GAP = 1e-6

DIT_CAPACITY = """
import json, sys, time, importlib.metadata
import numpy as np
from dit.algorithms.channelcapacity import channel_capacity
W = np.load(sys.argv[1])
start = time.process_time()
value = float(channel_capacity(W, rtol=1e-9, atol=1e-9)[0]) * np.log(2)
seconds = time.process_time() - start
print(json.dumps([value, seconds, importlib.metadata.version("dit")]))
"""

DIT_BOTTLENECK = """
import json, time, importlib.metadata, warnings
warnings.simplefilter("ignore")
import dit
from dit.rate_distortion import IBCurve
joint = dit.Distribution(["00", "01", "10", "11"], [0.4, 0.1, 0.1, 0.4])
joint.set_rv_names("XY")
start = time.process_time()
curve = IBCurve(joint, rvs=["X", "Y"], beta_min=0.0, beta_max=15.0, beta_num=6, method="ba")
seconds = time.process_time() - start
relevance = float(max(curve.relevances)) * 0.6931471805599453
print(json.dumps([relevance, seconds, importlib.metadata.version("dit")]))
"""


def plain_blahut_arimoto(W: np.ndarray, tolerance: float) -> tuple[float, float, int]:
    """Alternate until the bounds meet; return value, gap and rounds."""
    knowledge = xlogy(W, W).sum(axis=1)
    p = np.full(len(W), 1 / len(W))
    start, rounds, low, high = time.process_time(), 0, 0.0, np.inf
    while high - low > tolerance and (rounds % 100 or time.process_time() - start < LIMIT):
        q = p @ W
        told = knowledge - W @ np.log(q)
        low, high = float(p @ told), float(told.max())
        p = p * np.exp(told - high)
        p /= p.sum()
        rounds += 1
    return low, high - low, rounds


def plain_bottleneck(
    joint: np.ndarray, betas: np.ndarray, change: float
) -> tuple[float, np.ndarray, int]:
    """Anneal by the bare equations; return the largest relevance, Lagrangians and all rounds."""
    p = joint.sum(axis=1)
    K = joint / p[:, None]
    encoder, rounds, start = np.eye(len(p)), 0, time.process_time()
    largest, lagrangians = 0.0, []
    for beta in betas[::-1]:
        while time.process_time() - start < LIMIT:
            w = p @ encoder
            used = w > 1e-12
            w, r = w[used], (encoder[:, used] * p[:, None]).T @ K / w[used, None]
            d = xlogy(K, K).sum(axis=1)[:, None] - K @ np.log(r).T
            new = w * np.exp(-beta * (d - d.min(axis=1, keepdims=True)))
            new /= new.sum(axis=1, keepdims=True)
            moved = float(np.abs(new - encoder[:, used]).max())
            encoder, rounds = new, rounds + 1
            if moved < change:
                break
        both = encoder.T @ joint
        relevance = float(rel_entr(both, np.outer(both.sum(axis=1), both.sum(axis=0))).sum())
        coded = p[:, None] * encoder
        complexity = float(rel_entr(coded, np.outer(p, coded.sum(axis=0))).sum())
        largest = max(largest, relevance)
        lagrangians.append(complexity - beta * relevance)
    return largest, np.array(lagrangians[::-1]), rounds


def timed(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the least CPU seconds and the last answer."""
    best, answer = np.inf, None
    for _ in range(rounds):
        start = time.process_time()
        answer = call()
        best = min(best, time.process_time() - start)
    return best, answer


def peer(script: str, *arguments: str) -> tuple[float, float, str] | None:
    """Run a script where dit lives; None if it lives nowhere here or takes too long."""
    python = os.environ.get("INFOSCOPE_PEER_PYTHON", sys.executable)
    try:
        done = subprocess.run(
            [python, "-c", script, *arguments], capture_output=True, text=True, timeout=10 * LIMIT
        )
    except subprocess.TimeoutExpired:
        return None
    lines = done.stdout.strip().splitlines()
    return tuple(json.loads(lines[-1])) if done.returncode == 0 and lines else None


def main() -> None:
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    today = dt.datetime.now(tz=dt.UTC).date().isoformat()
    packages = "; ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy")
    )

    def row(
        task: str, solver: str, value: float, gap: Any, seconds: float, ours: float, **more: Any
    ):
        entry = {
            "task": task,
            "solver": solver,
            "value_nats": f"{value:.9f}",
            "gap_nats": gap if isinstance(gap, str) else f"{gap:.1e}",
            "steps": more.get("steps", ""),
            "cpu_s": f"{seconds:.4f}",
            "ratio": f"{seconds / ours:.1f}",
            "machine": f"{platform.machine()}, {platform.system()}, CPU, one thread",
            "date": today,
            "versions": packages + more.get("extra", ""),
        }
        rows.append(entry)
        print(*list(entry.values())[:7], sep=" | ", flush=True)

    for alpha in (1.0, 0.1):
        W = rng.dirichlet(np.full(256, alpha), 256)
        W = np.where(W < 1e-12, 0.0, W)
        W /= W.sum(axis=1, keepdims=True)
        task = f"capacity, random 256 x 256 (Dirichlet {alpha:g}), gap 1e-6"
        capacity(W)  # load what is loaded once
        ours, result = timed(lambda W=W: capacity(W, tolerance=GAP), 5)
        row(task, "infoscope", result.value, result.gap, ours, ours, steps=result.n_steps)
        seconds, (value, gap, steps) = timed(lambda W=W: plain_blahut_arimoto(W, GAP), 1)
        row(task, "plain Blahut-Arimoto", value, gap, seconds, ours, steps=steps)
        path = OUT.parent / "channels_peer.npy"
        np.save(path, W)
        if (answer := peer(DIT_CAPACITY, str(path))) is not None:
            value, seconds, version = answer
            short = f"none given; {result.value - value:.1e} below ours"
            row(task, "dit", value, short, seconds, ours, extra=f"; dit {version}")
        path.unlink()

    W = rng.dirichlet(np.ones(256), 256)
    ours, result = timed(lambda: capacity(W, tolerance=1e-12), 5)
    row("capacity, same kind, gap 1e-12", "infoscope", result.value, result.gap, ours, ours,
        steps=result.n_steps)  # fmt: skip

    p, d = rng.dirichlet(np.ones(64)), rng.random((64, 64))
    target = float((p @ d.min(axis=1) + (p @ d).min()) / 2)
    ours, result = timed(lambda: rate_distortion(p, d, distortion=target), 3)
    row("rate at a target distortion, 64 x 64, gap 1e-10", "infoscope", result.value, result.gap,
        ours, ours, steps=result.n_steps)  # fmt: skip

    for alpha in (1.0, 0.2):
        joint = rng.dirichlet(np.full(32, alpha), 32) / 32
        task = f"bottleneck curve, 50 betas, 32 x 32 (Dirichlet {alpha:g})"
        ours, curve = timed(lambda joint=joint: bottleneck_curve(joint), 2)
        steady = (np.diff(curve.complexities) >= 0).all() and (np.diff(curve.relevances) >= 0).all()
        note = f"{curve.gap:.1e}{'' if steady else ' NOT MONOTONE'}"
        row(task, "infoscope", curve.relevances[-1], note, ours, ours, steps=curve.n_steps)
        seconds, (value, theirs, steps) = timed(
            lambda joint=joint, b=curve.betas: plain_bottleneck(joint, b, 1e-9), 1
        )
        excess = f"none given; up to {(theirs - curve.column('value')).max():.1e} above ours"
        row(task, "plain iteration to 1e-9", value, excess, seconds, ours, steps=steps)

    joint = np.array([[0.4, 0.1], [0.1, 0.4]])
    task = "bottleneck curve, 6 betas up to 15, 2 x 2: largest relevance"
    ours, curve = timed(lambda: bottleneck_curve(joint, np.linspace(0, 15, 6)), 3)
    row(task, "infoscope", curve.relevances[-1], curve.gap, ours, ours, steps=curve.n_steps)
    if (answer := peer(DIT_BOTTLENECK)) is not None:
        value, seconds, version = answer
        row(task, "dit, method ba", value, "none", seconds, ours, extra=f"; dit {version}")

    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
