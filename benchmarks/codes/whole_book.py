"""A whole book under the language model: size, ideal code length, seconds, and another process.

Run: python benchmarks/codes/whole_book.py FILE BLOB OUT. Compresses FILE to BLOB with the defaults
(bits per byte are told as it goes), then has `infoscope decompress` turn BLOB into OUT in a process
of its own, compares, and appends a row to the results. About 40 minutes of an idle core for 150 kB.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib.metadata
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

import infoscope
from infoscope.language.compression import compress, front, inspect_compressed

RESULTS = Path(__file__).parents[1] / "results" / "codes_whole_book.csv"
COLUMNS = [
    "file", "bytes", "model", "streams", "context", "size", "bits_per_byte", "ideal_bits",
    "payload_over_ideal_percent", "compress_cpu_s", "decompress_cpu_s", "equal", "machine", "date",
    "infoscope", "versions",
]  # fmt: skip


def encode(path: Path, blob_path: Path) -> tuple[float, float]:
    """Return the ideal code length in bits and CPU seconds."""
    done, begun = [0, 0.0, 0], time.process_time()

    def teller(_bar: object) -> object:
        def tell(n_bytes: int, bits: float) -> None:
            done[0] += n_bytes
            done[1] += bits
            done[2] += 1
            if done[2] % 20 == 0:
                seconds = time.process_time() - begun
                print(done[0], "bytes", round(done[1] / done[0], 4), "bits/byte", round(seconds))

        return tell

    front._teller = teller  # type: ignore[assignment]
    blob_path.write_bytes(compress(path.read_bytes(), verify=False))
    return done[1], time.process_time() - begun


def decode(blob_path: Path, out_path: Path) -> float:
    """Return the CPU seconds of another process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["decompress", str(blob_path), "-o", str(out_path)]
    subprocess.run([sys.executable, "-m", "infoscope", *command], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def record(path: Path, blob_path: Path, out_path: Path, ideal: float, *seconds: float) -> None:
    blob, data = blob_path.read_bytes(), path.read_bytes()
    told = inspect_compressed(blob)
    payload = sum(len(p) for part in front.unpack(blob, "benchmark")[1] for _, p, _ in part.blocks)
    row = [
        path.name, len(data), told.model, told.n_streams, told.context, len(blob),
        round(told.bits_per_byte, 4), round(ideal, 1), round(100 * (8 * payload / ideal - 1), 4),
        *(round(s) for s in seconds), out_path.read_bytes() == data, platform.machine(),
        dt.date.today().isoformat(), infoscope.__version__,
        f"numba {importlib.metadata.version('numba')}",
    ]  # fmt: skip
    fresh = not RESULTS.exists()
    with RESULTS.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if fresh:
            writer.writerow(COLUMNS)
        writer.writerow(row)
    print(*row)


if __name__ == "__main__":
    source, target, back = map(Path, sys.argv[1:])
    bits, into = encode(source, target)
    record(source, target, back, bits, into, decode(target, back))
