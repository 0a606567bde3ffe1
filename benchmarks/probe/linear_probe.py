"""A linear probe of 10,000 x 576 with 17 classes beside scikit-learn, at equal penalties.

Run: OMP_NUM_THREADS=1 python benchmarks/probe/linear_probe.py. Some minutes on one core (nearly all
of them scikit-learn's); writes benchmarks/results/probe_linear.csv. Features are float32 with a
spectrum like that of a transformer's layer; both fit the same standard features. The objective of
both is measured here in float64. "path" is the whole of what v_information does: split, penalties
from strong to weak, bootstrap.
"""

from __future__ import annotations

import csv
import datetime as dt
import platform
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

from infoscope.probe import v_information
from infoscope.probe.probes.multinomial import fit_logistic, log_softmax
from infoscope.probe.probes.rotation import frame_of

OUT = Path(__file__).parents[1] / "results" / "probe_linear.csv"
N, D, K = 10_000, 576, 17


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(D, D)) * (np.arange(1, D + 1) ** -0.7)[:, None]
    x = (rng.normal(size=(N, D)) @ mix).astype(np.float32)
    x += rng.normal(size=D).astype(np.float32) * 3
    standard = (x - x.mean(0)) / x.std(0)
    shares = np.log(rng.dirichlet(np.ones(K)))
    logits = standard @ rng.normal(size=(D, K)) * 0.15 + shares
    y = (logits + rng.gumbel(size=logits.shape)).argmax(1)
    assert len(np.unique(y)) == K
    return x, y


def objective(logits: np.ndarray, y: np.ndarray, weights: np.ndarray, penalty: float) -> float:
    cost = -log_softmax(logits)[np.arange(len(y)), y].mean()
    return float(cost + penalty / 2 * (weights.astype(np.float64) ** 2).sum())


def main() -> None:
    x, y = data()
    standard = ((x - x.mean(0, dtype=float)) / x.std(0, dtype=float)).astype(np.float32)
    fine = standard.astype(np.float64)
    rows: list[dict[str, object]] = []
    for penalty in (1e-1, 1e-2):
        start = time.process_time()
        frame = frame_of(x)
        z = frame.enter(x)
        fit = None
        for stronger in (1.0, 0.1, 0.01):
            if stronger >= penalty:
                gap = 1e-6 if stronger == penalty else 1e-4
                fit = fit_logistic(z, y, K, stronger, variance=frame.variance, start=fit, gap=gap)
        ours = time.process_time() - start
        assert fit is not None
        got = objective(frame.enter(x.astype(np.float64)) @ fit.weights.T + fit.intercepts, y,
                        fit.weights, penalty)  # fmt: skip
        for tolerance in (1e-4, 1e-6):
            start = time.process_time()
            peer = LogisticRegression(C=1 / (N * penalty), max_iter=20_000, tol=tolerance)
            peer.fit(fine, y)
            theirs = time.process_time() - start
            best = objective(peer.decision_function(fine), y, peer.coef_, penalty)
            rows.append({
                "what": "fit at one penalty", "penalty": penalty, "sklearn_tol": tolerance,
                "cpu_s": f"{ours:.2f}", "sklearn_cpu_s": f"{theirs:.2f}",
                "ratio": f"{theirs / ours:.2f}", "objective_nats": f"{got:.9f}",
                "sklearn_objective_nats": f"{best:.9f}", "difference_nats": f"{got - best:.1e}",
                "proven_gap_nats": f"{fit.gap:.1e}",
            })  # fmt: skip
            print(rows[-1])
    start = time.process_time()
    found = v_information(x, y)
    rows.append({
        "what": "v_information, whole path", "penalty": found.value.settings["penalty"],
        "cpu_s": f"{time.process_time() - start:.2f}",
        "objective_nats": f"{found.value.value:.5f} told",
    })  # fmt: skip
    print(rows[-1])
    stamp = {
        "machine": f"{platform.machine()}, {platform.system()}, CPU, one thread",
        "date": dt.date.today().isoformat(),
        "versions": f"numpy {np.__version__}; scikit-learn {sklearn.__version__}",
    }
    with OUT.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *stamp], restval="")
        writer.writeheader()
        writer.writerows(row | stamp for row in rows)


if __name__ == "__main__":
    main()
