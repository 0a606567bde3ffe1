"""Memory and CPU seconds of the fused loss against torch's, at the size of a small language model.

Run: python benchmarks/train/losses.py. T = 2048 tokens, d = 576, V = 49,152 classes, float32, one
thread. Every call runs in a process of its own (so that peak memory is its own), the variants in
turn, several rounds; the table gives medians, and ratios to the plain way of the same round.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

OUT = Path(__file__).parents[1] / "results" / "train_losses.csv"
ROUNDS = 5
T, D, V = 2048, 576, 49_152

#: variant -> the peer it is compared with
COMPARED = {
    "fused loss and gradient": "F.cross_entropy on full logits",
    "F.linear_cross_entropy, default": "F.cross_entropy on full logits",
    "F.linear_cross_entropy, chunked": "F.cross_entropy on full logits",
    "fused statistics": "separate passes",
}


def resident() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def run(variant: str) -> dict[str, float]:
    import torch
    from torch.nn import functional as F  # noqa: N812
    from torch.nn.modules.linear_cross_entropy_options import LinearCrossEntropyOptions

    from infoscope.train import linear_cross_entropy

    torch.set_num_threads(1)
    g = torch.Generator().manual_seed(0)
    h = torch.randn(T, D, generator=g)
    w = torch.randn(V, D, generator=g) * 0.05
    y = torch.randint(0, V, (T,), generator=g)
    warm = torch.randn(64, D, requires_grad=True)
    linear_cross_entropy(
        warm, torch.randn(100, D), torch.zeros(64, dtype=torch.long)
    ).loss.backward()
    (torch.randn(300, 300) @ torch.randn(300, 300)).sum()
    trained = "loss" in variant or "F." in variant
    h.requires_grad_(trained), w.requires_grad_(trained)

    def chunked() -> torch.Tensor:
        options = LinearCrossEntropyOptions(batch_chunk_size=256)
        return F.linear_cross_entropy(h, w, y, options=options)

    def default() -> torch.Tensor:
        options = LinearCrossEntropyOptions()
        return F.linear_cross_entropy(h, w, y, options=options)

    @torch.no_grad()
    def separate() -> torch.Tensor:
        z = h @ w.t()
        logp = F.log_softmax(z, -1)
        nll = -logp.gather(1, y[:, None])[:, 0]
        entropy = -(logp.exp() * logp).sum(-1)
        kept = (nll, entropy, z.logsumexp(-1), z.argmax(-1), z.topk(5, -1))
        return kept[0].mean()

    @torch.no_grad()
    def statistics_only() -> torch.Tensor:
        return linear_cross_entropy(h, w, y, top_k=5).loss

    calls: dict[str, Callable[[], torch.Tensor]] = {
        "F.cross_entropy on full logits": lambda: F.cross_entropy(h @ w.t(), y),
        "F.linear_cross_entropy, default": default,
        "F.linear_cross_entropy, chunked": chunked,
        "fused loss and gradient": lambda: linear_cross_entropy(h, w, y).loss,
        "separate passes": separate,
        "fused statistics": statistics_only,
    }
    before, peak, done = resident(), 0.0, False

    def watch() -> None:
        nonlocal peak
        while not done:
            peak = max(peak, resident())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.thread_time()
    loss = calls[variant]()
    if trained:
        loss.backward()
    seconds = time.thread_time() - start
    done = True
    watcher.join()
    return {"cpu_seconds": seconds, "extra_mb": peak - before, "loss": float(loss)}


def main() -> None:
    names = ["F.cross_entropy on full logits", "separate passes", *COMPARED]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            out = subprocess.run(
                [sys.executable, __file__, name], capture_output=True, text=True, check=False
            )
            if out.returncode:
                print(name, out.stderr.strip().splitlines()[-1])
                continue
            found[name].append(json.loads(out.stdout.splitlines()[-1]))
    import torch

    stamp = {
        "machine": f"{platform.machine()}, {platform.system()}", "date": str(dt.date.today()),
        "versions": f"torch {torch.__version__}",
    }  # fmt: skip
    rows = []
    for name, results in found.items():
        if not results:
            continue
        peers = found[COMPARED.get(name, name)]
        row = {"variant": name, "rounds": len(results)}
        for key in ("cpu_seconds", "extra_mb"):
            row[key] = f"{statistics.median(r[key] for r in results):.3f}"
            pairs = zip(results, peers, strict=False)
            row[f"{key}_ratio"] = f"{statistics.median(a[key] / b[key] for a, b in pairs):.3f}"
        row["loss"] = f"{results[0]['loss']:.7f}"
        row["peer"] = COMPARED.get(name, "")
        rows.append(row | stamp)
        print(*row.values())
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run(sys.argv[1])))
    else:
        main()
