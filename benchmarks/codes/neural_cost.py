"""Where the time of neural compression goes: forward, lesson, mixture, coder; 1, 4 and 16 streams.

Run: python benchmarks/codes/neural_cost.py FILE. All parts are timed in turn within each round, in
CPU seconds of one thread; the medians over rounds are recorded, and ratios are medians of the
ratios within a round, so that a busy machine disturbs them little.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib.metadata
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import infoscope
from infoscope.codes.byte_models.binary_coder import encode_bit, new_coder
from infoscope.core.compiling import compiled
from infoscope.language import load
from infoscope.language.compression.fixed_llama import Stepper
from infoscope.language.compression.learning import Learner
from infoscope.language.compression.mixture import new_mixture
from infoscope.language.compression.neural_codec import CHUNK
from infoscope.language.compression.neural_parts import NeuralParts
from infoscope.language.compression.token_coder import code_token
from infoscope.language.compression.vocabulary_tree import accumulate

OUT = Path(__file__).parents[1] / "results" / "codes_neural_cost.csv"
CONTEXT, HELD, ROUNDS = 512, 200, 9
QUESTIONS = 24  # answers that a token of English needs on average


@compiled
def coder_alone(coder: np.ndarray, out: np.ndarray, n: int) -> None:
    for i in range(n):
        encode_bit(coder, out, 4_000_000_000 if i % 9 else 300_000_000, 1)


def milliseconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def main(path: str) -> None:
    parts = NeuralParts.of(load("smollm2"), "benchmark")
    fixed, vocabulary = parts._fixed, parts.vocabulary
    entries = parts.entries(Path(path).read_bytes()[: 8 * CHUNK])[:CHUNK]
    ids, n = vocabulary.ids[entries], len(vocabulary.ids)
    learner = Learner(fixed, CHUNK)
    steppers = {s: Stepper(fixed, s, CONTEXT, CHUNK, learner) for s in (1, 4, 16)}
    sums, mixture = np.empty(n + 1, np.uint64), new_mixture(1, CHUNK * (ROUNDS + 2))
    slopes = np.full((CHUNK, n), 1 / n, np.float32)
    out = np.empty(1 << 20, np.uint8)

    def step(s: int) -> None:
        steppers[s].held[:] = HELD
        steppers[s].seen[:] = HELD
        steppers[s].logits(steppers[s].step(ids[:s], np.arange(s)).copy())

    def chunk() -> None:
        steppers[1].held[:] = HELD
        steppers[1].seen[:] = HELD
        steppers[1].logits(steppers[1].step(ids, np.zeros(CHUNK, np.int64)).copy())

    def mix() -> None:
        coder = new_coder()
        for row, entry in enumerate(entries):
            accumulate(steppers[1]._logits[row], sums)
            code_token(mixture, vocabulary, sums, 0, coder, out, False, entry, np.zeros(1))

    works: dict[str, tuple[Callable[[], object], int]] = {
        "step of 1 stream": (lambda: step(1), 1), "step of 4 streams": (lambda: step(4), 4),
        "step of 16 streams": (lambda: step(16), 16), "forward of 64 known tokens": (chunk, CHUNK),
        "lesson": (lambda: learner.learn(slopes, CHUNK), CHUNK), "mixture and coder": (mix, CHUNK),
        "coder alone": (lambda: coder_alone(new_coder(), out, 1000 * QUESTIONS), 1000),
    }  # fmt: skip
    rounds = [
        {name: milliseconds(work) / tokens for name, (work, tokens) in works.items()}
        for _ in range(ROUNDS + 1)
    ][1:]
    forward, single = "forward of 64 known tokens", "step of 1 stream"
    versions = f"numpy {np.__version__}; numba {importlib.metadata.version('numba')}"
    with OUT.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["part", "ms_per_token", "share_of_forward", "single_step_over_this",
                         "machine", "date", "infoscope", "versions"])  # fmt: skip
        for name in works:
            values = [r[name] for r in rounds]
            share = np.median([r[name] / r[forward] for r in rounds])
            gain = np.median([r[single] / r[name] for r in rounds])
            row = [name, round(float(np.median(values)), 4), round(float(share), 5),
                   round(float(gain), 2), platform.machine(), dt.date.today().isoformat(),
                   infoscope.__version__, versions]  # fmt: skip
            writer.writerow(row)
            print(*row[:4])


if __name__ == "__main__":
    main(sys.argv[1])
