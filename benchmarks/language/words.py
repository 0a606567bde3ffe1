"""Speed of collocations against NLTK, and word vectors scored on a published similarity set.

Speed is on words drawn from Zipf's law (or on `--corpus`): both count the same neighbours and rank
all pairs by the log-likelihood ratio, alternately, in CPU seconds; NLTK is left out where it is not
installed. Vectors need `--corpus` (text files, each a document) and `--similarity` (WordSim-353's
tab-separated file), since neither can be shipped here.
"""

import argparse
import csv
import datetime as dt
import importlib.metadata
import importlib.util
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from infoscope.language.words import (
    WordTokens,
    collocations,
    ppmi_embeddings,
    read_words,
    score_similarity,
    skip_gram,
)

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "language_words.csv"


def zipf(n: int) -> list[str]:
    rng = np.random.default_rng(0)
    shares = 1.0 / np.arange(1, 50_001)
    ids = rng.choice(50_000, size=n, p=shares / shares.sum())
    return [f"w{i}" for i in ids]


def ours(words: list[str]) -> tuple[float, float]:
    began = time.process_time()
    found = collocations(read_words([words]), min_count=5)
    seconds = time.process_time() - began
    return seconds, float(found.log_likelihood.max())


def nltk(words: list[str]) -> tuple[float, float]:
    collocate: Any = importlib.import_module("nltk.collocations")
    began = time.process_time()
    finder = collocate.BigramCollocationFinder.from_words(words)
    finder.apply_freq_filter(5)
    scored = finder.score_ngrams(collocate.BigramAssocMeasures.likelihood_ratio)
    seconds = time.process_time() - began
    return seconds, float(max(score for _, score in scored))


def speed(words: list[str], rounds: int) -> list[dict[str, object]]:
    who = {"infoscope": ours}
    if importlib.util.find_spec("nltk"):
        who["nltk"] = nltk
    ours(words[:2000])  # compiled once a machine
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in who}
    for _ in range(rounds):
        for name, run in who.items():
            runs[name].append(run(words))
    base = statistics.median(seconds for seconds, _ in runs["infoscope"])
    return [
        {"what": "collocations", "who": name, "words": len(words),
         "cpu_seconds": round(statistics.median(s for s, _ in found), 3),
         "ratio": round(statistics.median(s for s, _ in found) / base, 2),
         "largest_g2": round(found[0][1], 3)}
        for name, found in runs.items()
    ]  # fmt: skip


def quality(tokens: WordTokens, similarity: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    settings: list[tuple[str, dict[str, Any]]] = [
        ("ppmi", {}), ("ppmi", {"smoothing": 1.0}), ("ppmi", {"eigenvalue_weight": 0.0}),
        ("ppmi", {"negatives": 5.0}), ("ppmi", {"dimensions": 300}), ("ppmi", {"window": 2}),
        ("skip-gram", {"epochs": 5}), ("skip-gram", {"epochs": 15, "learning_rate": 0.05}),
    ]  # fmt: skip
    for method, options in settings:
        began = time.process_time()
        make: Any = ppmi_embeddings if method == "ppmi" else skip_gram
        made = make(tokens, **options)
        row: dict[str, object] = {
            "what": "similarity", "who": method, "words": len(tokens),
            "settings": " ".join(f"{key}={value}" for key, value in options.items()) or "defaults",
            "cpu_seconds": round(time.process_time() - began, 2),
        }  # fmt: skip
        found = score_similarity(made, similarity)
        assert found.interval is not None
        row |= {"spearman": round(found.value, 3), "low": round(found.interval.low, 3),
                "high": round(found.interval.high, 3), "pairs": found.n}  # fmt: skip
        if method == "skip-gram":
            fit = made.factorisation(min_count=20)
            row |= {"pmi_correlation": round(float(fit.correlation), 3),
                    "pmi_slope": round(float(fit.slope), 3)}  # fmt: skip
        rows.append(row)
        print(row, flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--corpus", nargs="+", help="text files, each a document")
    parser.add_argument("--similarity", help="pairs of words with a score")
    args = parser.parse_args()
    rows = speed(zipf(args.words), args.rounds)
    for row in rows:
        print(row, flush=True)
    if args.corpus:
        texts = [Path(name).read_text("utf-8", "replace") for name in args.corpus]
        tokens = read_words(texts)
        if args.similarity:
            rows += quality(tokens, args.similarity)
    names = ("infoscope", "numpy", "scipy", "numba")
    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, 1 thread",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": " ".join(f"{name}={importlib.metadata.version(name)}" for name in names),
    }
    columns = {name: None for row in rows for name in row}
    with RESULT.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=[*columns, *stamp], lineterminator="\n")
        writer.writeheader()
        writer.writerows([row | stamp for row in rows])


if __name__ == "__main__":
    main()
