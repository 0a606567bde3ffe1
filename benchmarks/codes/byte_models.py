"""Byte models: bits per byte and kilobytes a CPU second, beside ppmd and others in one run.

Run: python benchmarks/codes/byte_models.py FILE... (alice29.txt of the Canterbury corpus is the
file that people quote). The bar is 300 kB a CPU second on an idle core and fewer bits than ppmd.
"""

from __future__ import annotations

import bz2
import csv
import datetime as dt
import importlib.metadata
import lzma
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyppmd

import infoscope
from infoscope.codes.byte_models.mixing import ByteMixer
from infoscope.codes.byte_models.partial_matching import PartialMatching

OUT = Path(__file__).parents[1] / "results" / "codes_byte_models.csv"


def ppmd(data: bytes) -> int:
    coder = pyppmd.Ppmd8Encoder(8, 1 << 26)
    return len(coder.encode(data) + coder.flush())


MODELS: dict[str, Callable[[bytes], float]] = {
    "bzip2 -9": lambda data: len(bz2.compress(data)),
    "xz -9e": lambda data: len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)),
    "ppmd8 -o8": ppmd,
    "mix": lambda data: len(ByteMixer(len(data)).encode(data)),
    "ppm:5 (first 20 kB)": lambda data: PartialMatching(5).surprisals(data[:20_000]).sum() / 5.545,
}


def main(paths: list[str]) -> None:
    ByteMixer(16).encode(b"warm it up")
    libraries = ("numpy", "numba", "pyppmd")
    versions = "; ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries)
    with OUT.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "bytes", "model", "size", "bits_per_byte", "kB_per_cpu_second",
                         "machine", "date", "infoscope", "versions"])  # fmt: skip
        for path in paths:
            data = Path(path).read_bytes()
            for name, size_of in MODELS.items():
                begun = time.process_time()
                size = size_of(data)
                seconds = time.process_time() - begun
                n = min(len(data), 20_000) if "20 kB" in name else len(data)
                row = [Path(path).name, n, name, round(size), round(8 * size / n, 4),
                       round(n / seconds / 1e3, 1), platform.machine(),
                       dt.date.today().isoformat(), infoscope.__version__, versions]  # fmt: skip
                writer.writerow(row)
                print(*row[:6])


if __name__ == "__main__":
    main(sys.argv[1:])
