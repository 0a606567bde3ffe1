"""The built-in model against rounded and fine-tuned copies: what `compare` sees, and costs.

Copies: every matrix rounded to a file format's numbers (bfloat16, Q8_0, Q4_0, and 8 bits with one
scale a row), and three small steps of training on the text that comes after. KL is exact over all
49,152 tokens. The peer is the short script that people write (both models' full logits,
`log_softmax`, `kl_div`), alternately, each run in its own process; memory is measured at two
lengths, to show that it does not grow with tokens times vocabulary.
"""

import argparse
import csv
import datetime as dt
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
TEXT = ROOT / "tests" / "data" / "language" / "alice30k.txt"
RESULT = ROOT / "benchmarks" / "results" / "language_compare.csv"
KINDS = ("itself", "bfloat16", "int8 rows", "Q8_0", "Q4_0", "fine-tuned")


def rounded(weight, kind: str):
    """Return the numbers that a format would give back for one matrix."""
    import torch

    if kind == "bfloat16":
        return weight.bfloat16().float()
    rows = weight if kind == "int8 rows" else weight.reshape(-1, 32)
    if kind == "Q4_0":  # the value of largest size becomes -8
        at = rows.abs().argmax(1, keepdim=True)
        scale = rows.gather(1, at) / -8
        low, high = -8, 7
    else:
        scale = rows.abs().amax(1, keepdim=True) / 127
        low, high = -127, 127
    inverse = torch.where(scale == 0, 0.0, 1 / torch.where(scale == 0, 1.0, scale))
    whole = torch.clamp(torch.round(rows * inverse), low, high)
    return (whole * scale.half().float()).reshape(weight.shape)


def copy_of(kind: str, folder: Path, place: Path) -> Path:
    """Write a copy of the model's folder with other weights."""
    import shutil

    from safetensors.torch import load_file, save_file

    target = place / kind.replace(" ", "-")
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("*.safetensors"))
    if kind == "fine-tuned":
        fine_tuned(folder, target)
        return target
    weights = load_file(folder / "model.safetensors")
    made = {k: rounded(v, kind) if v.ndim == 2 else v for k, v in weights.items()}
    save_file(made, target / "model.safetensors", {"format": "pt"})
    return target


def fine_tuned(folder: Path, target: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from infoscope.language import load

    ids = torch.from_numpy(load("smollm2").encode(TEXT.read_bytes()[20_000:24_000]).ids)[None]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(3):
        optimiser.zero_grad()
        model(ids[:, :256], labels=ids[:, :256]).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # else the first step breaks it
        optimiser.step()
    model.save_pretrained(target)


def ours(a: str, b: str, text: bytes) -> dict[str, object]:
    from infoscope.language import compare, load

    first = load(a)
    second = first if a == b else load(b)
    compare(text[:150], first, second, progress=False)
    began = time.process_time()
    found = compare(text, first, second, progress=False)
    seconds = time.process_time() - began
    exact = found.divergences
    assert exact is not None
    shares = found.quantiles("kl_divergence")
    return {
        "tokens": len(found.a), "cpu_seconds": seconds,
        "kl_nats": float(found.kl_divergence), "kl_stderr": found.kl_divergence.stderr,
        "reverse_kl_nats": float(found.reverse_kl_divergence),
        "js_nats": float(found.jensen_shannon_divergence),
        "kl_median": shares[0.5], "kl_99": shares[0.99], "kl_max": shares[1.0],
        "kl_least": float(exact.kl_divergence.min()),
        "same_top": float(found.top_agreement), "perplexity_ratio": float(found.perplexity_ratio),
        "perplexity_ratio_stderr": found.perplexity_ratio.stderr,
        "bits_per_byte_difference": float(found.difference),
        "difference_stderr": found.difference.stderr, "p_value": found.test.p_value,
    }  # fmt: skip


def script(a: str, b: str, text: bytes) -> dict[str, object]:
    import torch
    from torch.nn import functional

    from infoscope.language import load

    first, second = load(a), load(b)
    ids = first.encode(text).ids
    for model in (first, second):
        model.predict(ids[:50])
    began, total = time.process_time(), 0.0
    with torch.inference_mode():
        for start in range(0, len(ids), 1024):
            inputs = ids[max(0, start - 1) : start + 1023] if start else [first.prefix, *ids[:1023]]
            rows = []
            for model in (first, second):
                found: Any = model.predict(np.array(inputs, np.int64)[: len(ids) - start])
                rows.append((found.states @ found.weight.T).log_softmax(-1))
            total += functional.kl_div(rows[1], rows[0], log_target=True, reduction="sum").item()
    return {"tokens": len(ids), "cpu_seconds": time.process_time() - began,
            "kl_nats": total / len(ids)}  # fmt: skip


def measure(who: str, a: str, b: str, n_bytes: int) -> dict[str, object]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, __file__, "--run", who, a, b, "--bytes", str(n_bytes)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=8000)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        who, a, b = args.run
        found = {"infoscope": ours, "script": script}[who](a, b, TEXT.read_bytes()[: args.bytes])
        found["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        print(json.dumps(found))
        return
    from infoscope.language import models

    folder = next(each.folder for each in models() if each.model.name == "smollm2")
    assert folder is not None
    names = ("infoscope", "numpy", "torch", "transformers")
    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, 1 thread",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": " ".join(f"{name}={importlib.metadata.version(name)}" for name in names),
    }
    rows: list[dict[str, object]] = []

    def add(who: str, kind: str, a: str, b: str, n_bytes: int) -> None:
        rows.append({"who": who, "copy": kind, "bytes": n_bytes} | measure(who, a, b, n_bytes))
        print(rows[-1], flush=True)

    with tempfile.TemporaryDirectory() as place:
        for kind in KINDS:
            b = "smollm2" if kind == "itself" else str(copy_of(kind, folder, Path(place)))
            add("infoscope", kind, "smollm2", b, args.bytes)
            if kind == "Q8_0":
                add("script", kind, "smollm2", b, args.bytes)
                add("infoscope", kind, "smollm2", b, args.bytes // 2)
    columns = {name: None for row in rows for name in row}
    with RESULT.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=[*columns, *stamp], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            plain = {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
            writer.writerow(plain | stamp)


if __name__ == "__main__":
    main()
