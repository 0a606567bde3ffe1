"""Measure a file's size under many compressors in one run, with speed and memory, and show it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import gammaln

from infoscope.codes.byte_models.partial_matching import PartialMatching
from infoscope.core.extras import is_installed
from infoscope.core.progress import Progress
from infoscope.core.units import from_nats
from infoscope.figures import Figure, Section, bar_chart, table
from infoscope.measures import entropy

__all__ = ["Compared", "Comparison", "compare_compressors"]

#: name -> module that it needs; all at their strongest ordinary setting
PEERS = {
    "gzip -9": "zlib", "bzip2 -9": "bz2", "xz -9e": "lzma", "zstd -19": "zstandard",
    "brotli 11": "brotli", "ppmd8 -o8": "pyppmd",
}  # fmt: skip
MATCHED_ORDER, MOST_MATCHED = 5, 1 << 16  # of partial matching, which is written to be read
MEMORIZED = (
    "well-known texts may have been in the model's training data; sizes of such files flatter it"
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison; a bound has no speed, since it is no file."""

    name: str
    n_bytes: float
    bits_per_byte: float
    compress_seconds: float | None
    decompress_seconds: float | None
    peak_megabytes: float | None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """All lines, from the largest to the smallest, and what a careful reader must know."""

    n_bytes: int
    rows: tuple[Compared, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for `json.dumps`."""
        names = ("name", "n_bytes", "bits_per_byte", "compress_seconds", "decompress_seconds",
                 "peak_megabytes", "remark")  # fmt: skip
        rows = [{name: getattr(row, name) for name in names} for row in self.rows]
        return {"n_bytes": self.n_bytes, "rows": rows, "notes": list(self.notes)}

    def rows_of_text(self) -> list[list[str]]:
        """Return heading and cells for a terminal."""
        head = ["", "bytes", "bits/byte", "kB/s in", "kB/s out", "MB", ""]
        return [head, *(
            [row.name, f"{row.n_bytes:,.0f}", f"{row.bits_per_byte:.3f}",
             _speed(self.n_bytes, row.compress_seconds),
             _speed(self.n_bytes, row.decompress_seconds),
             "–" if row.peak_megabytes is None else f"{row.peak_megabytes:,.0f}", row.remark]
            for row in self.rows
        )]  # fmt: skip

    def figure(self) -> Figure:
        """Return the picture: one bar per line, bounds in grey."""
        return bar_chart(
            [row.name for row in self.rows], [row.bits_per_byte for row in self.rows],
            title="Bits for each byte of the file", x_label="bits per byte",
            texts=[f"{row.bits_per_byte:.3f}" for row in self.rows],
            muted=[row.compress_seconds is None for row in self.rows], label_name="compressor",
        )  # fmt: skip

    def sections(self) -> list[Section]:
        """Return the parts of a page."""
        columns: dict[str, Sequence[object]] = {
            "compressor": [row.name for row in self.rows],
            "bytes": [round(row.n_bytes) for row in self.rows],
            "bits/byte": [round(row.bits_per_byte, 3) for row in self.rows],
            "in, kB/s": [_speed(self.n_bytes, row.compress_seconds) for row in self.rows],
            "out, kB/s": [_speed(self.n_bytes, row.decompress_seconds) for row in self.rows],
            "memory, MB": [
                None if row.peak_megabytes is None else round(row.peak_megabytes)
                for row in self.rows
            ],
            "": [row.remark for row in self.rows],
        }
        lead = f"{self.n_bytes:,} bytes. " + " ".join(f"{n[0].upper()}{n[1:]}." for n in self.notes)
        return [
            Section("Size", self.figure().to_html(), lead=lead),
            Section("All numbers", table(columns)),
        ]


def compare_compressors(
    data: bytes, model: str | None = "smollm2", *, streams: int | None = None,
    context: int = 3072, progress: bool | None = None,
) -> Comparison:  # fmt: skip
    """Compress `data` with everything at hand, each in a process of its own, and compare.

    Parameters
    ----------
    data : bytes
        At least one byte.
    model : str or None
        Name or path of the language model; None leaves it out.
    streams, context
        As in `compress`.
    progress : bool, optional
        Show a bar on stderr.

    Returns
    -------
    Comparison
        Sizes, seconds of processor time, peak memory of the process; and bounds that are no files.
    """
    settings = {"model": model, "streams": streams, "context": context}
    names = [name for name, module in PEERS.items() if is_installed(module)]
    absent = [name for name, module in PEERS.items() if not is_installed(module)]
    names += ["infoscope --portable", *(["infoscope"] if model else [])]
    rows = [*_bounds(data), *_models(data)]
    with tempfile.TemporaryDirectory() as folder, Progress(
        len(names), "comparing", "compressors", show=progress
    ) as bar:  # fmt: skip
        path = Path(folder) / "data"
        path.write_bytes(data)
        for name in names:
            bar.remark(name)
            rows.append(_measured(name, path, len(data), settings))
            bar.advance()
    rows.sort(key=lambda row: -row.n_bytes)
    notes = [
        "speeds are per second of processor time, one thread; "
        "memory is what the process grew by, models and tables included"
    ]
    if model:
        notes += ["the size of the model is not counted (93 MB to download for smollm2)", MEMORIZED]
    if absent:
        notes.append(f"not installed: {', '.join(absent)}")
    return Comparison(len(data), tuple(rows), tuple(notes))


def _measured(name: str, path: Path, n: int, settings: dict[str, Any]) -> Compared:
    program = Path(__file__).with_name("one_compressor.py")  # -P: this folder hides no module
    command = [sys.executable, "-P", str(program), name, str(path), json.dumps(settings)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return Compared(name, math.nan, math.nan, None, None, None, lines[-1] if lines else "")
    told = json.loads(done.stdout.splitlines()[-1])
    return Compared(
        name, told["size"], 8 * told["size"] / n, told["compress"], told["decompress"],
        told["megabytes"], told["remark"],
    )  # fmt: skip


def _bounds(data: bytes) -> list[Compared]:
    """Return code lengths that are no files: entropies of the bytes given those before."""
    from infoscope.estimate import entropy_rate

    symbols = np.frombuffer(data, np.uint8).astype(np.int64)
    rows = [_bound(f"order-{k} entropy", _empirical(symbols, k), len(data),
                   "counts not paid for") for k in range(4) if len(data) > 8 * (k + 1)]  # fmt: skip
    if len(data) >= 1000:
        rate = entropy_rate(data, interval=None)
        rows.append(_bound("entropy rate", rate.value, len(data), f"estimate ({rate.method})"))
    return rows


def _models(data: bytes) -> list[Compared]:
    """Return code lengths of textbook models that learn as they read: all counts are paid for."""
    symbols = np.frombuffer(data, np.uint8).astype(np.int64)
    rows = [
        _bound(f"order-{k} counts", _adaptive(symbols, k) / len(data), len(data),
               "code length, Krichevsky–Trofimov") for k in range(4) if len(data) > 8 * (k + 1)
    ]  # fmt: skip
    begun = time.process_time()
    nats = float(PartialMatching(MATCHED_ORDER).surprisals(data[:MOST_MATCHED]).sum())
    seconds = (time.process_time() - begun) * len(data) / len(data[:MOST_MATCHED])
    part = len(data[:MOST_MATCHED])
    remark = "code length" if part == len(data) else f"code length of the first {part:,} bytes"
    row = _bound(f"ppm, order {MATCHED_ORDER}", nats / part, len(data), remark)
    return [*rows, replace(row, compress_seconds=seconds)]


def _adaptive(symbols: np.ndarray, order: int) -> float:
    """Return the code length in nats of adaptive counts, 1/2 each at first, after `order` bytes.

    The first `order` bytes cost 8 bits. In closed form: a context seen n times, n_s times before s,
    costs ln Γ(n + 128) / Γ(128) - Σ_s ln Γ(n_s + 1/2) / Γ(1/2).
    """
    n = len(symbols) - order
    contexts = np.zeros(n, np.int64)
    for i in range(order):
        contexts = contexts * 256 + symbols[i : i + n]
    pairs = np.unique(contexts * 256 + symbols[order:], return_counts=True)[1]
    totals = np.unique(contexts, return_counts=True)[1]
    spent = (gammaln(totals + 128.0) - gammaln(128.0)).sum()
    spared = (gammaln(pairs + 0.5) - gammaln(0.5)).sum()
    return float(spent - spared) + order * math.log(256)


def _bound(name: str, nats: float, n: int, remark: str) -> Compared:
    rate = float(from_nats(nats, "bits"))
    return Compared(name, rate * n / 8, rate, None, None, None, remark)


def _empirical(symbols: np.ndarray, order: int) -> float:
    """Return the plug-in entropy of a byte given the `order` before it, in nats."""
    n = len(symbols) - order

    def joint(k: int) -> float:
        """Return the entropy of runs of `k` symbols, from the first n places."""
        codes = np.zeros(n, np.int64)
        for i in range(k):
            codes = codes * 256 + symbols[i : i + n]
        return float(entropy(np.unique(codes, return_counts=True)[1] / n))

    return joint(order + 1) - (joint(order) if order else 0.0)


def _speed(n: int, seconds: float | None) -> str:
    if seconds is None:
        return "–"
    rate = n / max(seconds, 1e-6) / 1e3
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2f}"
