"""What each layer of the built-in model tells of words: part of speech, relation, frequency.

The text is the beginning of the development part of UD English EWT (`--treebank FILE` takes another
CoNLL-U file). Every sentence is read alone; the last token of a word stands for it; training,
validation and test are different sentences. Beside the real labels: a control task (each word form
gets one tag at random, for good) and tags re-drawn for every word, which nothing can tell. Parts of
speech are measured with two splits, to see how stable the profile is.
"""

import argparse
import csv
import datetime as dt
import importlib.metadata
import os
import platform
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from infoscope.figures import line_chart
from infoscope.language import load
from infoscope.probe.language_models.states_of_words import WordStates, word_states
from infoscope.probe.probes.layers import layer_report

ROOT = Path(__file__).parents[2]
TREEBANK = ROOT / "tests" / "data" / "probe" / "ud_english_ewt_dev_beginning.conllu.gz"
RESULT = ROOT / "benchmarks" / "results" / "probe_language_layers.csv"
IMAGES = ROOT / "docs" / "images"


def control(words: WordStates, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give each word form one label for good, drawn from the labels' own shares."""
    _, place = np.unique([form.lower() for form in words.forms], return_inverse=True)
    return rng.choice(labels, size=place.max() + 1)[place]


def tasks(words: WordStates) -> dict[str, tuple[np.ndarray, int, int]]:
    """Return name -> (labels, every so many layers, seed of the split)."""
    rng = np.random.default_rng(7)
    upos = words.labels("upos").astype(str)
    relation = np.array([r.partition(":")[0] for r in words.labels("deprel")])
    return {
        "part of speech": (upos, 3, 0),
        "control task": (control(words, upos, rng), 10, 0),
        "shuffled tags": (rng.permutation(upos), 10, 0),
        "part of speech, another split": (upos, 6, 1),
        "frequency class": (words.frequency_class(), 6, 0),
        "dependency relation": (relation, 6, 0),
    }


def draw(rows: list[dict[str, object]]) -> None:
    def column(task: str, key: str) -> dict[int, float]:
        return {int(str(r["layer"])): float(str(r[key])) for r in rows if r["task"] == task}

    def at(found: dict[int, float], layers: list[int], scale: float = 1.0) -> list[float]:
        known = sorted(found)  # straight lines between the layers that were measured
        return [float(v) * scale for v in np.interp(layers, known, [found[k] for k in known])]

    first, other = "part of speech", "part of speech, another split"
    layers = sorted(column(first, "bits"))
    line_chart(
        layers,
        {"one split": at(column(first, "bits"), layers),
         "another split": at(column(other, "bits"), layers)},
        bands={"one split": (at(column(first, "low"), layers), at(column(first, "high"), layers))},
        title="What a linear probe tells of a word's part of speech, by layer of smollm2",
        x_label="layer (0 is the embedding)", y_label="V-information, bits per word",
    ).save(IMAGES / "part-of-speech-by-layer.svg")  # fmt: skip
    named = (first, "dependency relation", "frequency class", "control task")
    line_chart(
        layers,
        {name: at(column(name, "bits"), layers, 100 / column(name, "null_entropy")[0])
         for name in named},
        title="The share of each label's entropy that a linear probe tells",
        x_label="layer (0 is the embedding)", y_label="percent of H_V(Y)", from_zero=True,
    ).save(IMAGES / "labels-by-layer.svg")  # fmt: skip


def _columns(row: dict[str, object]) -> dict[str, object]:
    kept = ("layer", "stderr", "low", "high", "accuracy", "null_entropy", "penalty", "n_train",
            "n_test")  # fmt: skip
    return {"bits": row["value"], **{key: row[key] for key in kept}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--treebank", type=Path, default=TREEBANK)
    parser.add_argument("--words", type=int, default=3_500)
    args = parser.parse_args()
    begin = time.process_time()
    words = word_states(args.treebank, load("smollm2"), max_words=args.words)
    reading = time.process_time() - begin
    print(words, f"{reading:.0f} CPU s", words.notes, sep="\n")
    rows: list[dict[str, object]] = []
    about = {
        "treebank": args.treebank.name.split(".")[0], "words": len(words),
        "sentences": int(words.sentences.max()) + 1, "reading_cpu_s": round(reading, 1),
        "date": dt.date.today().isoformat(), "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch"), "numpy": np.__version__,
    }  # fmt: skip
    for task, (labels, every, seed) in tasks(words).items():
        begin = time.process_time()
        layers = {str(k): words.layer(k) for k in words.layers[::every]}
        report = layer_report(
            layers, labels, groups=words.sentences, target=task, unit="bits", rng=seed,
            test_fraction=0.3, validation_fraction=0.15, unseen="drop", progress=True,
        )  # fmt: skip
        spent = time.process_time() - begin
        cost = {"cpu_s_per_layer": round(spent / len(report), 2), **about}
        rows += [{"task": task, **_columns(row), **cost} for row in report.rows()]
        print(report, f"{spent:.0f} CPU s", sep="\n", flush=True)
        RESULT.parent.mkdir(exist_ok=True)
        with RESULT.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(
                {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()}
                for row in rows
            )
    draw(rows)


if __name__ == "__main__":
    main()
