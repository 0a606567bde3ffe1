"""Many kinds of files under classics, the byte model and the language model, in one run.

Run: python benchmarks/codes/compression.py [--head N] NAME=FILE...

Each file is measured whole without the language model, and its first N bytes (16384) with it; both
rows hold all other compressors for the same bytes. Everything is decoded and compared. N = 0 leaves
the language model out. About 50 ms of an idle core for each token (4 bytes of English) both ways.
"""

from __future__ import annotations

import argparse
import bz2
import csv
import datetime as dt
import importlib.metadata
import lzma
import platform
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pyppmd
import zstandard

import infoscope
from infoscope.language import load
from infoscope.language.compression import compress, decompress, inspect_compressed

OUT = Path(__file__).parents[1] / "results" / "codes_compression.csv"


def ppmd(data: bytes) -> int:
    coder = pyppmd.Ppmd8Encoder(8, 1 << 26)
    return len(coder.encode(data) + coder.flush())


CLASSICS: dict[str, Callable[[bytes], int]] = {
    "gzip": lambda data: len(zlib.compress(data, 9, wbits=31)),
    "bzip2": lambda data: len(bz2.compress(data)),
    "xz": lambda data: len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)),
    "zstd": lambda data: len(zstandard.ZstdCompressor(level=19).compress(data)),
    "brotli": lambda data: len(brotli.compress(data)),
    "ppmd8": ppmd,
}


def portable(data: bytes) -> int:
    blob = compress(data, None, verify=False)
    assert decompress(blob) == data
    return len(blob)


def with_model(data: bytes, model: object) -> list[object]:
    """Return bits/byte, kinds of parts, streams, and CPU seconds in and out."""
    begun = time.process_time()
    blob = compress(data, model, verify=False)  # type: ignore[arg-type]
    middle = time.process_time()
    assert decompress(blob, model) == data  # type: ignore[arg-type]
    end = time.process_time()
    told = inspect_compressed(blob)
    kinds = " ".join(f"{kind}:{n}" for kind, n, _ in told.parts)
    return [round(told.bits_per_byte, 3), kinds, told.n_streams, round(middle - begun, 1),
            round(end - middle, 1)]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--head", type=int, default=16384)
    args = parser.parse_args()
    model = load("smollm2") if args.head else None
    libraries = ("numba", "pyppmd", "zstandard", "brotli")
    versions = "; ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries)
    with OUT.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "bytes", *CLASSICS, "portable", "smollm2", "parts", "streams",
                         "compress_cpu_s", "decompress_cpu_s", "machine", "date", "infoscope",
                         "versions"])  # fmt: skip
        for given in args.files:
            name, _, path = given.partition("=")
            whole = Path(path).read_bytes()
            pieces = [(whole, None), *([(whole[: args.head], model)] if model else [])]
            for data, used in pieces:
                sizes = [size(data) for size in CLASSICS.values()]
                rates = [round(8 * size / len(data), 3) for size in [*sizes, portable(data)]]
                neural = with_model(data, used) if used else ["", "", "", "", ""]
                row = [name, len(data), *rates, *neural, platform.machine(),
                       dt.date.today().isoformat(), infoscope.__version__, versions]  # fmt: skip
                writer.writerow(row)
                stream.flush()
                print(*row[:14], flush=True)


if __name__ == "__main__":
    main()
