"""Run one compressor on one file and write its size, processor seconds and peak memory as JSON.

A program of its own, so that the memory is the compressor's; started as a file, so that peers wait
for no package of ours.
"""

from __future__ import annotations

import bz2
import importlib
import json
import lzma
import re
import resource
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

__all__ = ["main"]

_Pair: TypeAlias = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


def main(name: str, path: str, settings: str) -> None:
    """Measure the compressor `name` on the file at `path`."""
    data, options = Path(path).read_bytes(), json.loads(settings)
    if name.startswith("infoscope"):
        importlib.import_module("infoscope.language.compression")
    start = _peak()
    encode, decode = _pair(name, options, len(data))
    if name.startswith("infoscope"):  # compile, load: once per machine or process, not per file
        decode(encode(data[:64]))
    begun = time.process_time()
    blob = encode(data)
    middle = time.process_time()
    if decode(blob) != data:
        raise SystemExit(f"{name}: does not give the data back")
    end = time.process_time()
    told = {"size": len(blob), "compress": middle - begun, "decompress": end - middle,
            "megabytes": (_peak() - start) / 1e6, "remark": _remark(name, options)}  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


def _peak() -> int:
    """Return the most bytes of memory that this process has held.

    Linux lets a process begin with its parent's peak in `ru_maxrss`; `VmHWM` is its own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _remark(name: str, options: dict[str, Any]) -> str:
    return f"needs the model {options['model']}" if name == "infoscope" else ""


def _pair(name: str, options: dict[str, Any], n: int) -> _Pair:
    """Return the two directions of a compressor."""
    if name.startswith("infoscope"):
        return _own(name, options)
    if name == "zstd -19":
        zstd: Any = importlib.import_module("zstandard")
        return zstd.ZstdCompressor(level=19).compress, zstd.ZstdDecompressor().decompress
    if name == "brotli 11":
        brotli: Any = importlib.import_module("brotli")
        return brotli.compress, brotli.decompress
    if name == "ppmd8 -o8":
        ppmd: Any = importlib.import_module("pyppmd")

        def encode(data: bytes) -> bytes:
            coder = ppmd.Ppmd8Encoder(8, 1 << 26)
            return coder.encode(data) + coder.flush()

        return encode, lambda blob: ppmd.Ppmd8Decoder(8, 1 << 26).decode(blob, n)
    pairs: dict[str, _Pair] = {
        "gzip -9": (lambda data: zlib.compress(data, 9, wbits=31),
                    lambda blob: zlib.decompress(blob, wbits=31)),
        "bzip2 -9": (bz2.compress, bz2.decompress),
        "xz -9e": (lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME),
                   lzma.decompress),
    }  # fmt: skip
    return pairs[name]


def _own(name: str, options: dict[str, Any]) -> _Pair:
    from infoscope.language.compression.front import compress, decompress

    model: Any = None
    if name == "infoscope":
        from infoscope.language.loading import load

        model = load(options["model"])

    def encode(data: bytes) -> bytes:
        return compress(data, model, streams=options["streams"], context=options["context"],
                        verify=False, progress=False)  # fmt: skip

    return encode, lambda blob: decompress(blob, model, progress=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
