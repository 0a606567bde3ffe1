"""The 12-bit experiment under several noise models: when compression appears, and of what it is.

Run: python benchmarks/probe/plane_twelve_bits.py [FOLDER]. About 4 CPU minutes. Writes
benchmarks/results/probe_plane_twelve_bits.csv and, if FOLDER is given, figures and pages into it.
"""

from __future__ import annotations

import csv
import datetime as dt
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch

from infoscope.probe.planes.bins import Binning
from infoscope.probe.planes.noise_models import GaussianNoise, PairwiseBounds
from infoscope.probe.planes.twelve_bits import TwelveBitsRun, twelve_bit_experiment

OUT = Path(__file__).parents[1] / "results" / "probe_plane_twelve_bits.csv"
EPOCHS = 500
ROWS: list[dict[str, object]] = []


def note(run: TwelveBitsRun, activation: str, seed: int, seconds: float) -> None:
    path = run.trajectory
    for noise in path.noises:
        for layer in path.layers:
            points = sorted(path.of(layer=layer, noise=noise).points, key=lambda p: p.epoch)
            most = max(points, key=lambda p: p.of_input.value)
            ends = points[-1].of_input.interval
            ROWS.append({
                "activation": activation, "seed": seed, "layer": layer, "noise": noise,
                "first_bits": f"{points[0].of_input.value:.4f}",
                "most_bits": f"{most.of_input.value:.4f}", "most_at_epoch": most.epoch,
                "last_bits": f"{points[-1].of_input.value:.4f}",
                "last_low": "" if ends is None else f"{ends.low:.4f}",
                "last_high": "" if ends is None else f"{ends.high:.4f}",
                "compression_bits": f"{path.compression(layer, noise):.4f}",
                "label_last_bits": f"{points[-1].of_label.value:.4f}",
                "train_accuracy": f"{run.train_accuracy:.4f}",
                "test_accuracy": f"{run.test_accuracy:.4f}",
                "cpu_seconds_of_run": f"{seconds:.0f}",
            })  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for seed in (0, 1, 2):
        for activation in ("tanh", "relu"):
            exact = [None, Binning(width=1 / 15), Binning(width=1 / 1500)]
            noisy = [GaussianNoise(0.1, n_draws=8192), PairwiseBounds(0.1)]
            for noise, layers, records in ((exact, "all", 30), (noisy, "activations", 12)):
                if noise is noisy and seed:
                    continue
                start = time.process_time()
                run = twelve_bit_experiment(
                    activation, noise=noise, layers=layers, n_epochs=EPOCHS, n_records=records,
                    rng=seed,
                )  # fmt: skip
                note(run, activation, seed, time.process_time() - start)
                print(activation, seed, layers, ROWS[-1]["cpu_seconds_of_run"], flush=True)
                if folder is not None and not seed:
                    name = f"{activation}-{layers}"
                    run.trajectory.save_json(folder / f"{name}.json")
                    run.trajectory.save_html(
                        folder / f"{name}.html", title=f"12 bits, {activation}"
                    )
            write()


def write() -> None:
    extra = {
        "machine": f"{platform.machine()}, {platform.system()}",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": f"torch {torch.__version__}, numpy {np.__version__}",
    }
    with OUT.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*ROWS[0], *extra])
        writer.writeheader()
        writer.writerows({**row, **extra} for row in ROWS)


if __name__ == "__main__":
    main()
