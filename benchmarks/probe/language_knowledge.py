"""Does the built-in model know of simple statements whether they are true, and does it say so?

The output is what it answers after "Is this statement true or false? ... This statement is": ln p
of " true" and of " false", read by a trained probe. The state is the residual stream at the same
place. Statements come in groups in which every word stands in as many true as false ones; a group
is never cut by a split. "topic held out" trains on four topics and tests on the fifth.
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
from infoscope.probe.knowledge.comparing import knows
from infoscope.probe.knowledge.statements import TOPICS, factual_statements
from infoscope.probe.language_models.states_of_texts import text_states
from infoscope.probe.probes.information import v_information

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "probe_language_knowledge.csv"
IMAGE = ROOT / "docs" / "images" / "truth-by-layer.svg"
PROMPT = "Is this statement true or false? {} This statement is"
ANSWERS = (" true", " false")


def topic_held_out(states, output, truth, topics, topic: str) -> dict[str, object]:
    """Train on the other topics; a tenth of the groups' rows choose the penalty."""
    held = topics == topic
    others = np.flatnonzero(~held)
    chosen = np.random.default_rng(0).permutation(others // 4)[:25] * 4
    validation = np.isin(np.arange(len(truth)) // 4 * 4, chosen) & ~held
    splits = {"test": np.flatnonzero(held), "validation": np.flatnonzero(validation),
              "train": np.flatnonzero(~held & ~validation)}  # fmt: skip
    found = v_information(states, truth, splits=splits, unit="bits")
    said = v_information(output, truth, splits=splits, unit="bits")
    ends = found.value.interval
    return {
        "n": int(held.sum()), "state_bits": found.value.value, "state_low": ends.low,
        "state_high": ends.high, "state_accuracy": found.accuracy.value,
        "output_bits": said.value.value, "output_accuracy": said.accuracy.value,
    }  # fmt: skip


def row_of(found) -> dict[str, object]:
    row: dict[str, object] = {"n": found.state.n}
    for name in ("state", "output", "both", "random", "difference"):
        estimate = getattr(found, name)
        row |= {f"{name}_bits": estimate.value, f"{name}_low": estimate.interval.low,
                f"{name}_high": estimate.interval.high}  # fmt: skip
    return row | {"p_value": found.p_value, "state_accuracy": found.state_accuracy.value,
                  "output_accuracy": found.output_accuracy.value}  # fmt: skip


def write(rows: list[dict[str, object]]) -> None:
    names = list(dict.fromkeys(key for row in rows for key in row))
    with RESULT.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(
            {k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=3, help="measure every so many layers")
    args = parser.parse_args()
    given = factual_statements()
    truth = np.array([each.truth for each in given])
    groups = np.array([each.group for each in given])
    topics = np.array([each.topic for each in given])
    layers = range(args.every, 31, args.every)  # at 0 all states are the prompt's last token
    prompts = [PROMPT.format(each.text) for each in given]
    read = text_states(prompts, load("smollm2"), answers=ANSWERS, layers=layers)
    about = {
        "prompt": PROMPT, "date": dt.date.today().isoformat(),
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(), "torch": importlib.metadata.version("torch"),
        "numpy": np.__version__,
    }  # fmt: skip
    rows: list[dict[str, object]] = []
    for layer in layers:
        begin = time.process_time()
        found = knows(read.layer(layer), read.log_probabilities, truth, groups=groups, unit="bits")
        spent = round(time.process_time() - begin, 1)
        rows.append({"task": "groups held out", "layer": layer, **row_of(found), "cpu_s": spent})
        print(layer, repr(found), spent, flush=True)
        write([row | about for row in rows])
    for topic in TOPICS:
        for layer in (18,):
            told = topic_held_out(
                read.layer(layer), read.log_probabilities, truth, topics, topic
            )  # fmt: skip
            rows.append({"task": f"topic held out: {topic}", "layer": layer, **told})
            print(rows[-1], flush=True)
    write([row | about for row in rows])
    main_rows = [row for row in rows if row["task"] == "groups held out"]
    line_chart(
        [int(str(row["layer"])) for row in main_rows],
        {"state": [row["state_bits"] for row in main_rows],
         "output": [row["output_bits"] for row in main_rows],
         "random numbers": [row["random_bits"] for row in main_rows]},
        bands={name: ([row[f"{key}_low"] for row in main_rows],
                      [row[f"{key}_high"] for row in main_rows])
               for name, key in (("state", "state"), ("output", "output"))},
        title="What can be told of the truth of a statement", x_label="layer of smollm2",
        y_label="V-information, bits per statement (of 1)", from_zero=True,
    ).save(IMAGE)  # fmt: skip


if __name__ == "__main__":
    main()
