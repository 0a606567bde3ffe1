"""Activations of 4,096 tokens at all layers beside the plain forward pass of the same model.

Run: OMP_NUM_THREADS=1 python benchmarks/probe/activations.py [FOLDER]. The built-in model by its
own trunk, and the same architecture with random weights in transformers by hooks; rounds alternate,
and the smallest CPU time of each counts. Writes benchmarks/results/probe_activations.csv.
"""

from __future__ import annotations

import csv
import datetime as dt
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import LlamaConfig, LlamaModel

from infoscope.language import LanguageModel, load
from infoscope.probe import collect_activations, language_activations

OUT = Path(__file__).parents[1] / "results" / "probe_activations.csv"
TEXT = Path(__file__).parents[2] / "src" / "infoscope" / "data" / "alice_chapter_1.txt"
N = 4096
ROUNDS = 3
RUNS = 2  # the spread between runs on a busy machine is as large as the cost itself


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(
    what: str, plain: Callable[[], object], full: Callable[[], object]
) -> dict[str, object]:
    timed(plain)
    a, b = [], []
    for _ in range(ROUNDS):
        a.append(timed(plain))
        b.append(timed(full))
    row: dict[str, object] = {
        "what": what,
        "plain_cpu_s": f"{min(a):.2f}",
        "with_activations_cpu_s": f"{min(b):.2f}",
        "ratio": f"{min(b) / min(a):.3f}",
    }
    print(row)
    return row


def measured(
    model: LanguageModel, text: bytes, windows: list[np.ndarray]
) -> list[dict[str, object]]:
    """One run of all three comparisons."""
    rows = [compare(
        "smollm2, own trunk, in memory", lambda: [model.predict(w) for w in windows],
        lambda: language_activations(text, model),
    )]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        count = iter(range(100))
        rows.append(compare(
            "smollm2, own trunk, to files", lambda: [model.predict(w) for w in windows],
            lambda: language_activations(text, model, folder=f"{folder}/{next(count)}"),
        ))  # fmt: skip
    config = LlamaConfig(
        hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
        num_key_value_heads=3, vocab_size=49152,
    )  # fmt: skip
    trunk = LlamaModel(config).eval()
    batch = torch.randint(49152, (8, 512), generator=torch.Generator().manual_seed(0))

    def plain() -> None:
        with torch.inference_mode():
            for part in batch.split(2):
                trunk(input_ids=part, use_cache=False)

    names = ["embed_tokens", *(f"layers.{i}" for i in range(30))]
    rows.append(compare(
        "transformers, by hooks, in memory", plain,
        lambda: collect_activations(trunk, {"input_ids": batch}, names, batch_size=2,
                                    call=lambda m, b: m(**b, use_cache=False)),
    ))  # fmt: skip
    return rows


def main() -> None:
    model = load("smollm2")
    text = TEXT.read_bytes() * 3
    ids = model.encode(text).ids[:N]
    text = model.decode(ids.tolist())
    step = model.default_context - 1
    windows = [np.concatenate([[model.prefix], ids[a : a + step]]) for a in range(0, N, step)]
    rows: list[dict[str, object]] = []
    for run in range(1, RUNS + 1):
        rows += [{"run": run} | row for row in measured(model, text, windows)]
    stamp = {
        "tokens": N, "machine": f"{platform.machine()}, {platform.system()}, CPU, one thread",
        "date": dt.date.today().isoformat(),
        "versions": f"torch {torch.__version__}; transformers {transformers.__version__}",
    }  # fmt: skip
    with OUT.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], *stamp])
        writer.writeheader()
        writer.writerows(row | stamp for row in rows)


if __name__ == "__main__":
    main()
