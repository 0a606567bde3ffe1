"""The ladder on a real text, and what Kneser-Ney training and prediction cost.

Each rung: bits per byte on the held-out end, with error bar, CPU seconds to train and to score. The
n-gram rows besides: training and scoring speed, memory of the counts, and the same text over
characters and over the tokens of SmolLM2. By default `tests/data/language/alice30k.txt`; give other
files as arguments (their names go into the table).
"""

import argparse
import csv
import datetime as dt
import importlib.metadata
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np

from infoscope.language import ladder, load
from infoscope.language.ngram import NgramModel
from infoscope.language.rungs import split_text

ROOT = Path(__file__).parents[2]
TEXT = ROOT / "tests" / "data" / "language" / "alice30k.txt"
RESULT = ROOT / "benchmarks" / "results" / "language_ladder.csv"
RUNGS = ("uniform", "unigram", "bigram", "ngram:3", "ngram:4", "ngram:5", "ngram:6", "lstm",
         "smollm2")  # fmt: skip
NGRAMS = ("ngram:6", "ngram:6/characters", "ngram:3/smollm2")


def count_bytes(model: NgramModel) -> int:
    """Return the memory of the counts and of what is computed from them."""
    assert model.counts is not None
    kept = [model.counts.single, *model._starts, *model._totals, *model._shares]
    kept += [array for level in model.counts.levels for array in (level.keys, level.counts)]
    return sum(array.nbytes for array in kept)


def ngram_row(name: str, learn: bytes, judge: bytes) -> dict[str, object]:
    """Return the cost of training a model and of its fast path."""
    begun = time.process_time()
    model = load(name, train=learn)
    trained = time.process_time()
    assert isinstance(model, NgramModel)
    cost = float(model.surprisals(model.encode(judge).ids).sum())
    scored = time.process_time()
    return {
        "model": f"{name} (surprisals)", "bits_per_byte": cost / np.log(2) / len(judge),
        "numbers_kept": sum(model.n_ngrams), "train_cpu_seconds": trained - begun,
        "score_cpu_seconds": scored - trained, "count_bytes": count_bytes(model),
    }  # fmt: skip


def rows_of(path: Path, rungs: tuple[str, ...], held_out: float) -> list[dict[str, object]]:
    """Return all rows about one text."""
    data = path.read_bytes().replace(b"\r\n", b"\n")
    learn, judge = split_text(data, held_out)
    found = ladder(data, rungs=rungs, held_out=held_out, progress=False)
    rows: list[dict[str, object]] = [
        {
            "model": rung.name, "bits_per_byte": rung.bits_per_byte.value,
            "stderr": rung.bits_per_byte.stderr, "saved": rung.gain and rung.gain.value,
            "saved_stderr": rung.gain and rung.gain.stderr, "numbers_kept": rung.n_numbers,
            "train_cpu_seconds": rung.train_seconds, "score_cpu_seconds": rung.score_seconds,
        } for rung in found.rungs
    ]  # fmt: skip
    rows += [ngram_row(name, learn, judge) for name in NGRAMS]
    return [{"text": path.name, "train_bytes": len(learn), "held_out_bytes": len(judge)} | row
            for row in rows]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[TEXT])
    parser.add_argument("--rungs", nargs="+", default=RUNGS)
    parser.add_argument("--held-out", type=float, default=0.2)
    args = parser.parse_args()
    machine = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": dt.date.today().isoformat(), "python": platform.python_version(),
        "numpy": np.__version__, "torch": importlib.metadata.version("torch"),
    }  # fmt: skip
    columns = ["text", "train_bytes", "held_out_bytes", "model", "bits_per_byte", "stderr", "saved",
               "saved_stderr", "numbers_kept", "train_cpu_seconds", "score_cpu_seconds",
               "count_bytes", *machine]  # fmt: skip
    with RESULT.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for path in args.files:
            for row in rows_of(path, tuple(args.rungs), args.held_out):
                shown = {k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()}
                writer.writerow(shown | machine)
                sys.stdout.write(f"{path.name}: {shown['model']} {shown['bits_per_byte']}\n")
                file.flush()


if __name__ == "__main__":
    main()
