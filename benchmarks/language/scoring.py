"""Speed and memory of `score` against plain transformers, alternately, each run in its own process.

The peer is the short script that people write: the same float32 weights and the same windows of
1024 (or 4096) tokens, full logits, `log_softmax`, the targets' entries, the entropy. Ours reports
varentropy, rank and five alternatives besides. One thread each; medians over rounds; bars of the
project: at least 1.2 times the tokens per CPU second, at most 0.65 times the peak memory, and at
most 0.3 times at 4096 tokens of context.
"""

import argparse
import csv
import datetime as dt
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = ROOT / "tests" / "data" / "language" / "alice30k.txt"
RESULT = ROOT / "benchmarks" / "results" / "language_scoring.csv"
CONTEXTS = {1024: 11_500, 4096: 15_500}  # tokens -> bytes of text: three windows, and one


def ours(text: bytes, context: int) -> dict[str, float]:
    began = time.process_time()
    from infoscope.language import load, score

    model = load("smollm2")
    score(text[:200], model, progress=False)
    loaded = time.process_time()
    found = score(text, model, context=context, progress=False)
    done = time.process_time()
    return {
        "load_cpu_seconds": loaded - began,
        "cpu_seconds": done - loaded,
        "tokens": len(found),
        "nats": float(found.total),
        "entropy": float(found.mean_entropy),
    }


def transformers(text: bytes, context: int) -> dict[str, float]:
    began = time.process_time()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from infoscope.language import models

    folder = next(entry.folder for entry in models() if entry.model.name == "smollm2")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = tokenizer(text.decode(), add_special_tokens=False)["input_ids"]
    nats = entropy = 0.0
    with torch.inference_mode():
        model(torch.tensor([ids[:50]]), use_cache=False)
        loaded = time.process_time()
        for first in range(0, len(ids), context):
            targets = torch.tensor(ids[first : first + context])
            end = first + len(targets)
            inputs = ids[max(0, end - context - 1) : end - 1] if first else [1, *ids[: end - 1]]
            logits = model(torch.tensor([inputs]), use_cache=False).logits[0, -len(targets) :]
            log_p = logits.log_softmax(-1)
            nats -= log_p.gather(1, targets[:, None]).double().sum().item()
            entropy -= (log_p.exp() * log_p).sum(-1).double().sum().item()
    return {
        "load_cpu_seconds": loaded - began,
        "cpu_seconds": time.process_time() - loaded,
        "tokens": len(ids),
        "nats": nats,
        "entropy": entropy / len(ids),
    }


def one_run(who: str, context: int) -> None:
    found = {"infoscope": ours, "transformers": transformers}[who](
        TEXT.read_bytes()[: CONTEXTS[context]], context
    )
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(found))


def measure(who: str, context: int) -> dict[str, float]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, __file__, "--run", who, "--context", str(context)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--context", type=int, choices=CONTEXTS, help=argparse.SUPPRESS)
    parser.add_argument("--run", choices=["infoscope", "transformers"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        one_run(args.run, args.context)
        return
    names = ("infoscope", "numpy", "torch", "transformers", "tokenizers")
    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, 1 thread",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": " ".join(f"{name}={importlib.metadata.version(name)}" for name in names),
    }
    rows: list[dict[str, object]] = []
    for context in CONTEXTS:
        runs: dict[str, list[dict[str, float]]] = {"infoscope": [], "transformers": []}
        for _ in range(args.rounds):
            for who, found in runs.items():
                found.append(measure(who, context))
        pair: list[dict[str, object]] = []
        for who, found in runs.items():
            median = {key: statistics.median(run[key] for run in found) for key in found[0]}
            speed = median["tokens"] / median["cpu_seconds"]
            pair.append({
                "who": who, "context": context, "rounds": args.rounds,
                "tokens": int(median["tokens"]), "tokens_per_cpu_second": round(speed, 1),
                "peak_mb": round(median["peak_mb"]),
                "load_cpu_seconds": round(median["load_cpu_seconds"], 2),
                "nats": round(median["nats"], 3), "mean_entropy_nats": round(median["entropy"], 5),
            } | stamp)  # fmt: skip
        for row in pair:
            for key in ("tokens_per_cpu_second", "peak_mb", "load_cpu_seconds"):
                row[f"{key}_ratio"] = round(float(row[key]) / float(pair[1][key]), 3)  # type: ignore[arg-type]
        rows += pair
    RESULT.parent.mkdir(exist_ok=True)
    with RESULT.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print({key: value for key, value in row.items() if key not in stamp})


if __name__ == "__main__":
    main()
