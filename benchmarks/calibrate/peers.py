"""Calibration against scikit-learn, torchmetrics and netcal: values, the known faults, CPU seconds.

Run: python benchmarks/calibrate/peers.py. Peers that are not installed are left out. Each pair is
timed alternately in one run; the ratio is peer / ours, so above 1 we are faster.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib.metadata
import platform
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import logsumexp

from infoscope import Logits, calibrate

ROOT = Path(__file__).parents[2]
OUT = ROOT / "benchmarks" / "results" / "calibrate_peers.csv"
ROUNDS = 7


def versions() -> str:
    found = []
    for name in ("numpy", "scipy", "scikit-learn", "torch", "torchmetrics", "netcal"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return "; ".join(found)


def best(ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[float, float]:
    """Return the least CPU milliseconds of each, run in turn."""
    seconds = [[], []]
    for _ in range(ROUNDS):
        for i, call in enumerate((ours, theirs)):
            start = time.process_time()
            call()
            seconds[i].append(time.process_time() - start)
    return 1e3 * min(seconds[0]), 1e3 * min(seconds[1])


def peers() -> dict[str, Any]:
    found: dict[str, Any] = {}
    try:
        from torchmetrics.functional import classification

        found["torchmetrics"] = classification
    except ImportError:
        pass
    try:
        import netcal.metrics
        import netcal.scaling

        found["netcal"] = netcal
    except ImportError:
        pass
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    import torch
    from sklearn import calibration, isotonic, metrics

    torch.set_num_threads(1)
    installed = peers()
    rows: list[dict[str, object]] = []

    def add(task: str, peer: str, ours: Callable[[], Any], theirs: Callable[[], Any],
            truth: float | str = "") -> None:  # fmt: skip
        ms, their_ms = best(ours, theirs)
        rows.append({
            "task": task, "peer": peer, "ours": float(ours()), "theirs": float(theirs()),
            "truth": truth, "ours_ms": round(ms, 3), "theirs_ms": round(their_ms, 3),
            "ratio": round(their_ms / ms, 2),
        })  # fmt: skip

    with np.load(ROOT / "tests/data/calibrate/cifar10_wideresnet-16-4.npz") as arrays:
        p, y = arrays["predictions"].astype(np.float64), arrays["ground_truth"]
    p /= p.sum(axis=1, keepdims=True)
    z = np.log(p)
    rng = np.random.default_rng(0)
    q = rng.uniform(size=100_000)
    came = (rng.random(100_000) < q).astype(int)
    ece = calibrate.expected_calibration_error

    fault_p, fault_y = np.array([0.95, 1.0]), np.array([1, 0])
    if "torchmetrics" in installed:
        tm = installed["torchmetrics"]
        tf = (torch.from_numpy(fault_p), torch.from_numpy(fault_y))
        tp, ty, tq, tc = (torch.from_numpy(a) for a in (p, y, q, came))
        add("ECE of [.95, 1.0], [1, 0], 10 bins", "torchmetrics",
            lambda: ece(fault_p, fault_y, bins=10),
            lambda: tm.binary_calibration_error(*tf, n_bins=10), 0.475)  # fmt: skip
        add("ECE, 100,000 binary forecasts, 15 bins", "torchmetrics", lambda: ece(q, came),
            lambda: tm.binary_calibration_error(tq, tc, n_bins=15))  # fmt: skip
        add("top-label ECE, CIFAR-10 outputs", "torchmetrics", lambda: ece(p, y),
            lambda: tm.multiclass_calibration_error(tp, ty, 10, n_bins=15))  # fmt: skip
    if "netcal" in installed:
        nc = installed["netcal"]
        add("ECE of [.95, 1.0], [1, 0], 10 bins", "netcal", lambda: ece(fault_p, fault_y, bins=10),
            lambda: nc.metrics.ECE(10).measure(fault_p, fault_y), 0.475)  # fmt: skip
        add("ECE, 100,000 binary forecasts, 15 bins", "netcal", lambda: ece(q, came),
            lambda: nc.metrics.ECE(15).measure(q, came))  # fmt: skip
        add("top-label ECE, CIFAR-10 outputs", "netcal", lambda: ece(p, y),
            lambda: nc.metrics.ECE(15).measure(p, y))  # fmt: skip

    add("log score, CIFAR-10 outputs", "scikit-learn",
        lambda: calibrate.log_score(p, y), lambda: metrics.log_loss(y, p))  # fmt: skip
    add("Brier score, 100,000 binary forecasts", "scikit-learn",
        lambda: calibrate.brier_score(q, came),
        lambda: metrics.brier_score_loss(came, q))  # fmt: skip
    add("isotonic fit and apply, 100,000 (mean above .5)", "scikit-learn",
        lambda: calibrate.fit_isotonic(q, came).apply(q)[q > 0.5].mean(),
        lambda: isotonic.IsotonicRegression().fit(q, came).predict(q)[q > 0.5].mean())  # fmt: skip
    s = np.log(q / (1 - q))
    add("sigmoid fit, 100,000 (slope)", "scikit-learn",
        lambda: calibrate.fit_platt(s, came, smoothed=True).slope,
        lambda: -calibration._SigmoidCalibration().fit(s, came).a_)  # fmt: skip

    half, rest = slice(0, 5000), slice(5000, None)

    def held_out(logits: np.ndarray) -> float:
        return calibrate.log_score(Logits(logits), y[rest]).value

    def own_temperature() -> float:
        return held_out(z[rest] / calibrate.fit_temperature(z[half], y[half]).temperature)

    task = "temperature on 5,000 CIFAR-10 outputs: log loss of the other 5,000, nats"
    if hasattr(calibration, "_TemperatureScaling"):

        def sklearn_temperature() -> float:
            fit = calibration._TemperatureScaling().fit(z[half], y[half])
            return held_out(z[rest] * fit.beta_)

        add(task, "scikit-learn", own_temperature, sklearn_temperature)
    if "netcal" in installed:

        def theirs() -> float:
            fit = installed["netcal"].scaling.TemperatureScaling()
            fit.fit(p[half], y[half])
            return held_out(np.log(fit.transform(p[rest])))

        add(task, "netcal", own_temperature, theirs)
    rows.append({"task": task, "peer": "no scaling", "ours": own_temperature(),
                 "theirs": held_out(z[rest])})  # fmt: skip

    rows += worse_than_identity(calibration, installed)
    rows += bias(installed)
    write(rows)


def worse_than_identity(calibration: Any, installed: dict[str, Any]) -> list[dict[str, object]]:
    """Count small data sets on which a fitted temperature has a higher log loss than T = 1."""
    rng = np.random.default_rng(1)
    n_sets = 200
    worse = {"ours": 0, "scikit-learn": 0, "netcal": 0}
    for _ in range(n_sets):
        n = int(rng.integers(5, 40))
        z = rng.normal(0, np.exp(rng.normal(0, 2)), (n, 3))
        z -= logsumexp(z, axis=1, keepdims=True)
        y = rng.integers(0, 3, n)
        y[:3] = np.arange(3)  # every class is seen, so that each peer accepts the labels
        rows = np.arange(n)

        def loss(logits: np.ndarray, y: np.ndarray = y, rows: np.ndarray = rows) -> float:
            return float(np.mean(logsumexp(logits, axis=1) - logits[rows, y]))

        before = loss(z) * (1 + 1e-9)
        worse["ours"] += loss(calibrate.fit_temperature(Logits(z), y).rescale(z).z) > before
        if hasattr(calibration, "_TemperatureScaling"):
            beta = calibration._TemperatureScaling().fit(z, y).beta_
            worse["scikit-learn"] += loss(z * beta) > before
        if "netcal" in installed:
            fit = installed["netcal"].scaling.TemperatureScaling()
            fit.fit(np.exp(z), y)
            with np.errstate(divide="ignore"):
                worse["netcal"] += not loss(np.log(fit.transform(np.exp(z)))) <= before
    task = f"of {n_sets} small sets, fits with a higher log loss than T = 1 on their own data"
    return [
        {"task": task, "peer": peer, "ours": worse["ours"], "theirs": worse[peer], "truth": 0}
        for peer in ("scikit-learn", "netcal")
        if peer == "scikit-learn" or peer in installed
    ]


def bias(installed: dict[str, Any]) -> list[dict[str, object]]:
    """Mean reading of a perfectly calibrated model: binned l1, and the unbiased square."""
    found: list[dict[str, object]] = []
    rng = np.random.default_rng(2)
    for n, draws in ((100, 300), (1000, 300), (10_000, 100)):
        own, own_l2, covered, theirs = [], [], 0, []
        for _ in range(draws):
            p = rng.uniform(size=n)
            y = (rng.random(n) < p).astype(int)
            own.append(calibrate.expected_calibration_error(p, y).value)
            e = calibrate.squared_calibration_error(p, y)
            own_l2.append(e.value)
            covered += bool(e.interval and e.interval.low <= 0 <= e.interval.high)
            if "netcal" in installed:
                theirs.append(installed["netcal"].metrics.ECE(15).measure(p, y))
        head = f"perfectly calibrated, n = {n}, mean of {draws} draws: "
        mean = float(np.mean(theirs)) if theirs else ""
        found.append({"task": head + "ECE, 15 bins", "peer": "netcal", "truth": 0,
                      "ours": float(np.mean(own)), "theirs": mean})  # fmt: skip
        found.append({"task": head + "squared error, debiased", "peer": "none", "truth": 0,
                      "ours": float(np.mean(own_l2))})  # fmt: skip
        found.append({"task": head + "share of 95% intervals that hold 0", "peer": "none",
                      "truth": 0.95, "ours": covered / draws})  # fmt: skip
    return found


def write(rows: list[dict[str, object]]) -> None:
    columns = ["task", "peer", "ours", "theirs", "truth", "ours_ms", "theirs_ms", "ratio",
               "machine", "date", "versions"]  # fmt: skip
    tail = {
        "machine": f"{platform.machine()}, {platform.system()}, CPU, one thread",
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "versions": versions(),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({**row, **tail} for row in rows)
    for row in rows:
        print({key: value for key, value in row.items() if value != ""})


if __name__ == "__main__":
    main()
