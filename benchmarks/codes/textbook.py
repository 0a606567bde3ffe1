"""Textbook codes and entropy coders: symbols a CPU second, and size against the ideal.

Run: python benchmarks/codes/textbook.py. The peer for building and coding with Huffman's code is
dahuffman (pure Python), left out where it is not installed; a heap of tuples stands for how the
tree is usually built. The coders' bar is 5 million symbols a second for 256 static symbols.
"""

from __future__ import annotations

import csv
import datetime as dt
import heapq
import importlib.metadata
import importlib.util
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import infoscope
from infoscope.codes import AdaptiveModel, ans, arithmetic, elias_delta, huffman, quantize

OUT = Path(__file__).parents[1] / "results" / "codes_textbook.csv"
ROUNDS = 3


def versions() -> str:
    names = ("numpy", "numba", "constriction", "dahuffman")
    found = [name for name in names if importlib.util.find_spec(name)]
    return "; ".join(f"{name} {importlib.metadata.version(name)}" for name in found)


def least(call: Callable[[], Any]) -> float:
    """Return the least CPU seconds of a few calls, after one to warm up."""
    call()
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


def heap_of_tuples(p: list[float]) -> dict[int, int]:
    """Return codeword lengths as most textbooks compute them."""
    heap: list[tuple[float, int, Any]] = [(mass, i, i) for i, mass in enumerate(p)]
    heapq.heapify(heap)
    n = len(heap)
    while len(heap) > 1:
        a, b = heapq.heappop(heap), heapq.heappop(heap)
        n += 1
        heapq.heappush(heap, (a[0] + b[0], n, (a[2], b[2])))
    lengths: dict[int, int] = {}
    stack = [(heap[0][2], 0)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, tuple):
            stack += [(node[0], depth + 1), (node[1], depth + 1)]
        else:
            lengths[node] = depth
    return lengths


def main() -> None:
    rng = np.random.default_rng(0)
    rows: list[dict[str, object]] = []

    def add(what: str, seconds: float, n: int, peer: str = "", theirs: float = np.nan,
            over_ideal: float = np.nan) -> None:  # fmt: skip
        rows.append({
            "what": what, "n": n, "cpu_seconds": f"{seconds:.4g}",
            "million_per_second": f"{n / seconds / 1e6:.4g}", "peer": peer,
            "peer_over_ours": f"{theirs / seconds:.3g}", "size_over_ideal": f"{over_ideal:.6f}",
        })  # fmt: skip
        print(*rows[-1].values())

    weights = rng.random(1_000_000)
    p = weights / weights.sum()
    seconds = least(lambda: huffman(p))
    add("huffman of 1,000,000 symbols", seconds, p.size, "heap of tuples",
        least(lambda: heap_of_tuples(p.tolist())))  # fmt: skip

    p = rng.dirichlet(np.full(256, 0.5))
    s = rng.choice(256, size=2_000_000, p=p)
    ideal = float(infoscope.surprisal(p[s], unit="bits").sum())
    code = huffman(p)
    blob = code.encode(s)
    theirs = {"encode": np.nan, "decode": np.nan}
    if importlib.util.find_spec("dahuffman"):
        from dahuffman import HuffmanCodec  # pyright: ignore[reportMissingImports]

        peer = HuffmanCodec.from_frequencies(dict(enumerate((p * 1e9).astype(int) + 1)))
        few = s[:100_000].tolist()
        packed = peer.encode(few)
        theirs["encode"] = 20 * least(lambda: peer.encode(few))
        theirs["decode"] = 20 * least(lambda: peer.decode(packed))
    add("huffman encode, 256 symbols", least(lambda: code.encode(s)), s.size, "dahuffman",
        theirs["encode"], 8 * len(blob) / ideal)  # fmt: skip
    add("huffman decode, 256 symbols", least(lambda: code.decode(blob, s.size)), s.size,
        "dahuffman", theirs["decode"])  # fmt: skip

    for coder in (arithmetic, ans):
        blob = coder.encode(s, p)
        assert np.array_equal(coder.decode(blob, p, s.size), s)
        add(f"{coder.name} encode, static 256", least(lambda c=coder: c.encode(s, p)), s.size,
            over_ideal=8 * len(blob) / ideal)  # fmt: skip
        add(f"{coder.name} decode, static 256",
            least(lambda c=coder, b=blob: c.decode(b, p, s.size)), s.size)  # fmt: skip
    few = s[:50_000]
    add("arithmetic encode, adaptive 256",
        least(lambda: arithmetic.encode(few, AdaptiveModel(256))), few.size)  # fmt: skip
    numbers = rng.geometric(1e-3, 1_000_000)
    add("elias delta encode", least(lambda: elias_delta().encode(numbers)), numbers.size)
    packed = elias_delta().encode(numbers)
    add("elias delta decode", least(lambda: elias_delta().decode(packed, numbers.size)),
        numbers.size)  # fmt: skip
    vocabulary = rng.dirichlet(np.full(49_152, 0.01))
    add("quantize 49,152 words to 24 bits", least(lambda: quantize(vocabulary)), vocabulary.size)

    stamp = {
        "machine": f"{platform.machine()}, {platform.system()}", "date": dt.date.today(),
        "versions": versions(),
    }  # fmt: skip
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0], *stamp])
        writer.writeheader()
        writer.writerows(row | stamp for row in rows)


if __name__ == "__main__":
    main()
