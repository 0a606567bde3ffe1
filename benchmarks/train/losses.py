"""Memory and CPU seconds of the fused loss against torch's, at the size of a small language model.

Run: python benchmarks/train/losses.py. T = 2048 tokens, d = 576, V = 49,152 classes, float32, one
thread. Every call runs in a process of its own (so that peak memory is its own), the variants in
turn, several rounds; the table gives medians, and medians of the ratios to the peer of the same
round. "extra" is what the resident memory grows by, at its peak, beyond inputs and a warm-up.

"separate passes" come in two kinds: each quantity by the call that its documentation offers, or by
hand with one log_softmax shared between them. Both give nll, entropy, normaliser, the target's
rank and the five likeliest classes, from hidden states or from logits that are there already.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

OUT = Path(__file__).parents[1] / "results" / "train_losses.csv"
ROUNDS = 3
T, D, V = 2048, 576, 49_152
FULL, DEFAULT = "F.cross_entropy on full logits", "F.linear_cross_entropy, default options"
ALONE, SHARED = "statistics, each on its own", "statistics, log_softmax shared"
GIVEN = "statistics of given logits, log_softmax shared"

#: (variant, its peer); a variant with several peers is run once.
COMPARED = [
    ("fused loss and gradient", FULL),
    ("fused loss and gradient", DEFAULT),
    ("F.linear_cross_entropy, options=None", FULL),
    (DEFAULT, FULL),
    ("F.linear_cross_entropy, chunks of 256", FULL),
    ("fused loss, gradient and entropy bonus", "loss, gradient and entropy bonus on full logits"),
    ("fused statistics", ALONE),
    ("fused statistics", SHARED),
    ("token_statistics of given logits", GIVEN),
    ("fused statistics with KL to a second head", "statistics with KL to a second head, shared"),
]


def resident() -> float:
    """Return the resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def run(variant: str) -> dict[str, float]:
    import torch
    from torch.nn import functional as F  # noqa: N812
    from torch.nn.modules.linear_cross_entropy_options import LinearCrossEntropyOptions

    from infoscope.train import linear_cross_entropy, token_statistics

    torch.set_num_threads(1)
    g = torch.Generator().manual_seed(0)
    h = torch.randn(T, D, generator=g)
    w = torch.randn(V, D, generator=g) * 0.05
    w2 = w + torch.randn(V, D, generator=g) * 0.01
    y = torch.randint(0, V, (T,), generator=g)
    warm = torch.randn(64, D, requires_grad=True)
    linear_cross_entropy(
        warm, torch.randn(100, D), torch.zeros(64, dtype=torch.long)
    ).loss.backward()
    token_statistics(torch.randn(64, 2000), torch.zeros(64, dtype=torch.long), rank=True, top_k=5)
    F.cross_entropy(warm, torch.zeros(64, dtype=torch.long)).backward()
    (torch.randn(300, 300) @ torch.randn(300, 300)).topk(5)
    trained = "loss" in variant or "F." in variant
    h.requires_grad_(trained), w.requires_grad_(trained)
    logits = h @ w.t() if "given" in variant else None
    Result = tuple[torch.Tensor, torch.Tensor | None]

    def torch_fused(options: LinearCrossEntropyOptions | None) -> Result:
        return F.linear_cross_entropy(h, w, y, options=options), None

    def ours(**more: object) -> Result:
        found = linear_cross_entropy(h, w, y, **more)
        return found.loss, found.entropy

    def bonus_by_hand() -> Result:
        logp = F.log_softmax(h @ w.t(), -1)
        entropy = -(logp.exp() * logp).sum(-1)
        return F.nll_loss(logp, y) - 0.01 * entropy.mean(), entropy.detach()

    def alone() -> Result:
        z = h @ w.t()
        nll = F.cross_entropy(z, y, reduction="none")
        entropy = torch.distributions.Categorical(logits=z, validate_args=False).entropy()
        lse, top = torch.logsumexp(z, -1), z.topk(5, -1)
        rank = (z > z.gather(1, y[:, None])).sum(-1) + 1
        kept = (lse, rank, top.indices, top.values - lse[:, None])
        return nll.mean(), entropy + 0 * kept[0]

    def shared(z: torch.Tensor | None = None) -> Result:
        z = h @ w.t() if z is None else z
        logp = F.log_softmax(z, -1)
        goal = logp.gather(1, y[:, None])
        entropy = -(logp.exp() * logp).sum(-1)
        lse = z[:, 0] - logp[:, 0]
        kept = (logp.topk(5, -1), (logp > goal).sum(-1) + 1, lse)
        if "second" in variant:
            kl = (logp.exp() * (logp - F.log_softmax(h @ w2.t(), -1))).sum(-1)
            kept = (*kept, kl)
        return -goal.mean(), entropy + 0 * kept[2]

    def of_logits() -> Result:
        assert logits is not None
        found = token_statistics(logits, y, rank=True, top_k=5)
        return found.loss, found.entropy

    calls: dict[str, Callable[[], Result]] = {
        FULL: lambda: (F.cross_entropy(h @ w.t(), y), None),
        "F.linear_cross_entropy, options=None": lambda: torch_fused(None),
        DEFAULT: lambda: torch_fused(LinearCrossEntropyOptions()),
        "F.linear_cross_entropy, chunks of 256": lambda: torch_fused(
            LinearCrossEntropyOptions(batch_chunk_size=256)
        ),
        "fused loss and gradient": ours,
        "loss, gradient and entropy bonus on full logits": bonus_by_hand,
        "fused loss, gradient and entropy bonus": lambda: ours(entropy_bonus=0.01),
        ALONE: alone, SHARED: shared, GIVEN: lambda: shared(logits),
        "statistics with KL to a second head, shared": shared,
        "fused statistics": lambda: ours(rank=True, top_k=5),
        "fused statistics with KL to a second head": lambda: ours(
            rank=True, top_k=5, reference=(h, w2)
        ),
        "token_statistics of given logits": of_logits,
    }  # fmt: skip
    before, peak, done = resident(), 0.0, False

    def watch() -> None:
        nonlocal peak
        while not done:
            peak = max(peak, resident())
            time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.thread_time()
    with torch.set_grad_enabled(trained):
        loss, entropy = calls[variant]()
    if trained:
        loss.backward()
    seconds = time.thread_time() - start
    done = True
    watcher.join()
    found = {"cpu_seconds": seconds, "extra_mb": peak - before, "loss": float(loss)}
    if entropy is not None:  # against double precision of the same float32 logits
        rows = slice(0, 256)
        with torch.no_grad():
            logp = torch.log_softmax((h[rows] @ w.t()).double(), -1)
            truth = -(logp.exp() * logp).sum(-1)
        found["entropy_error"] = float((entropy[rows].double() - truth).abs().max())
    return found


def main() -> None:
    names = list(dict.fromkeys(name for pair in COMPARED for name in pair))
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for i in range(ROUNDS):
        for name in names if i % 2 == 0 else reversed(names):
            out = subprocess.run(
                [sys.executable, __file__, name], capture_output=True, text=True, check=False
            )
            if out.returncode:
                sys.exit(f"{name}: {out.stderr.strip().splitlines()[-1]}")
            found[name].append(json.loads(out.stdout.splitlines()[-1]))
            print(i, name, found[name][-1], flush=True)
        write(found)  # after every round, so that an interrupted run leaves whole rounds


def write(found: dict[str, list[dict[str, float]]]) -> None:
    import torch

    import infoscope

    stamp = {
        "machine": f"{platform.machine()}, {platform.system()}, 1 thread", "date": dt.date.today(),
        "versions": f"torch {torch.__version__}, infoscope {infoscope.__version__}",
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for name, peer in [*((p, "") for p in found if p not in dict(COMPARED)), *COMPARED]:
        results, peers = found[name], found[peer or name]
        row: dict[str, object] = {"variant": name, "peer": peer, "rounds": len(results)}
        for key, digits in (("cpu_seconds", 3), ("extra_mb", 1)):
            row[key] = f"{statistics.median(r[key] for r in results):.{digits}f}"
            ratios = [a[key] / b[key] for a, b in zip(results, peers, strict=True)]
            row[f"{key}_ratio"] = f"{statistics.median(ratios):.3f}"
            row[f"{key}_ratio_range"] = f"{min(ratios):.3f} to {max(ratios):.3f}"
        row["loss"] = f"{results[0]['loss']:.7f}"
        errors = [r["entropy_error"] for r in results if "entropy_error" in r]
        row["entropy_error_nats"] = f"{max(errors):.1e}" if errors else ""
        rows.append(row | stamp)
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run(sys.argv[1])))
    else:
        main()
