"""Neural compression: bits per byte, ideal code length, and seconds, beside others in one run.

Run: python benchmarks/codes/compression.py [--bytes N] [--streams S] FILE... A book of 150 kB takes
about ten minutes of an idle core to compress and, in one stream, twenty to decompress; --bytes
takes the first N only. The stepping of 1, 4 and 16 streams is timed as well.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import platform
import time
from pathlib import Path

import numpy as np
import pyppmd

import infoscope
from infoscope.language import load
from infoscope.language.compression import compress, decompress, inspect_compressed
from infoscope.language.compression.fixed_llama import FixedLlama, Stepper

OUT = Path(__file__).parents[1] / "results" / "codes_compression.csv"


def stepping(model: object) -> dict[int, float]:
    """Return CPU milliseconds of one step of 1, 4 and 16 streams, the head included."""
    fixed, out = FixedLlama(model, np.arange(model.n_vocabulary)), {}  # type: ignore[attr-defined]
    for n in (1, 4, 16):
        stepper = Stepper(fixed, n, 256, 32)
        seconds = []
        for i in range(12):
            begun = time.process_time()
            stepper.logits(stepper.step(np.full(n, 100 + i), np.arange(n)))
            seconds.append(time.process_time() - begun)
        out[n] = 1000 * float(np.median(seconds[2:]))
    return out


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--bytes", type=int, default=None)
    parser.add_argument("--streams", type=int, default=None)
    args = parser.parse_args()
    model = load("smollm2")
    steps = stepping(model)
    print("ms a step:", {n: round(ms, 1) for n, ms in steps.items()})
    versions = f"numba {importlib.metadata.version('numba')}"
    with OUT.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "bytes", "ppmd8", "portable", "neural", "streams", "parts",
                         "compress_s", "decompress_s", "ms_1", "ms_4", "ms_16", "machine", "date",
                         "infoscope", "versions"])  # fmt: skip
        for path in args.files:
            data = Path(path).read_bytes()[: args.bytes]
            coder = pyppmd.Ppmd8Encoder(8, 1 << 26)
            ppmd = 8 * len(coder.encode(data) + coder.flush()) / len(data)
            portable = 8 * len(compress(data, None, verify=False)) / len(data)
            begun = time.process_time()
            blob = compress(data, model, streams=args.streams, verify=False)
            middle = time.process_time()
            assert decompress(blob, model) == data
            end = time.process_time()
            told = inspect_compressed(blob)
            row = [Path(path).name, len(data), round(ppmd, 4), round(portable, 4),
                   round(told.bits_per_byte, 4), told.n_streams,
                   " ".join(kind for kind, _, _ in told.parts), round(middle - begun, 1),
                   round(end - middle, 1), *(round(ms, 1) for ms in steps.values()),
                   platform.machine(), dt.date.today().isoformat(), infoscope.__version__,
                   versions]  # fmt: skip
            writer.writerow(row)
            print(*row[:9])


if __name__ == "__main__":
    main()
