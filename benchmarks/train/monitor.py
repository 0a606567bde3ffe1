"""What a monitor costs beside the training step that it watches.

Run: python benchmarks/train/monitor.py. A Llama of 6 layers, d = 576, V = 49,152, 2 x 256 tokens,
float32, one thread; the ways of taking a step alternate in one process, and the table gives medians
of CPU seconds and of the ratios to the unwatched step of the same round.
"""

from __future__ import annotations

import csv
import datetime as dt
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812
from transformers import LlamaConfig, LlamaForCausalLM
from transformers import __version__ as transformers_version

from infoscope.train import Monitor, linear_cross_entropy

OUT = Path(__file__).parents[1] / "results" / "train_monitor.csv"
ROUNDS = 7
BATCH, LENGTH = 2, 256


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=49_152, hidden_size=576, intermediate_size=1536, num_hidden_layers=6,
            num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True,
        )
    )  # fmt: skip
    solver = torch.optim.SGD(model.parameters(), lr=1e-3)
    ids = torch.randint(0, 49_152, (BATCH, LENGTH + 1))
    targets = ids[:, 1:]
    reference = torch.randn(BATCH, LENGTH, 49_152)

    def step(loss: Tensor) -> None:
        solver.zero_grad()
        loss.backward()
        solver.step()

    def on_logits(monitor: Monitor | None, **more: Tensor) -> None:
        logits = model(input_ids=ids[:, :-1]).logits
        step(F.cross_entropy(logits.flatten(0, 1), targets.flatten()))
        if monitor is not None:
            monitor.update(logits.detach(), targets, **more)

    def fused(monitor: Monitor | None) -> None:
        hidden = model.model(input_ids=ids[:, :-1]).last_hidden_state
        found = linear_cross_entropy(hidden, model.lm_head.weight, targets)
        step(found.loss)
        if monitor is not None:
            monitor.update(found)

    kinds = "logits", "logits with a reference", "fused"
    monitors = {kind: Monitor(on_alarm=[].append) for kind in kinds}
    ways: dict[str, tuple[Callable[[], None], str]] = {
        "step on logits, not watched": (lambda: on_logits(None), ""),
        "step on logits, Monitor.update": (
            lambda: on_logits(monitors["logits"]), "step on logits, not watched",
        ),
        "step on logits, Monitor.update with exact KL to given logits": (
            lambda: on_logits(monitors["logits with a reference"], reference=reference),
            "step on logits, not watched",
        ),
        "step with the fused loss, not watched": (
            lambda: fused(None), "step on logits, not watched",
        ),
        "step with the fused loss, Monitor.update": (
            lambda: fused(monitors["fused"]), "step with the fused loss, not watched",
        ),
    }  # fmt: skip
    for way, _ in ways.values():
        way()
    took: dict[str, list[float]] = {name: [] for name in ways}
    recording: list[float] = []
    for i in range(ROUNDS):
        for name in ways if i % 2 == 0 else reversed(ways):
            start = time.thread_time()
            ways[name][0]()
            took[name].append(time.thread_time() - start)
        start = time.thread_time()
        monitors["fused"].record(i + 1)
        recording.append(time.thread_time() - start)
    stamp = {
        "machine": f"{platform.machine()}, {platform.system()}, 1 thread", "date": dt.date.today(),
        "versions": f"torch {torch.__version__}, transformers {transformers_version}",
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for name, (_, peer) in ways.items():
        ratios = [a / b for a, b in zip(took[name], took[peer or name], strict=True)]
        rows.append({
            "variant": name, "peer": peer, "rounds": ROUNDS,
            "cpu_seconds": f"{statistics.median(took[name]):.4f}",
            "ratio": f"{statistics.median(ratios):.3f}",
            "ratio_range": f"{min(ratios):.3f} to {max(ratios):.3f}",
        } | stamp)  # fmt: skip
    rows.append({
        "variant": "Monitor.record", "peer": "", "rounds": ROUNDS,
        "cpu_seconds": f"{statistics.median(recording):.5f}", "ratio": "", "ratio_range": "",
    } | stamp)  # fmt: skip
    for row in rows:
        print(*list(row.values())[:6], sep="; ")
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
