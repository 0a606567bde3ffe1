"""Every command works, or ends with exit code 1 and one line to paste that gets what it needs."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from infoscope.cli.main import COMMANDS
from infoscope.data import path_of

text, table = str(path_of("alice_chapter_1.txt")), str(path_of("penguins.csv"))
short = Path("short.txt")
short.write_text("A short text, and a short text again.\n" * 20, encoding="utf-8")
np.save("acts.npy", np.random.default_rng(0).normal(size=(60, 3)))
Path("labels.txt").write_text("a\nb\n" * 30, encoding="utf-8")
CALLS = {
    "text": [str(short)],
    "compare": [str(short), "--models", "smollm2", "smollm2"],
    "temperature": [str(short)],
    "lens": [str(short)],
    "corpus": [text],
    "ladder": [str(short)],
    "rate": [str(short)],
    "compress": [str(short), "--portable", "-o", "short.isc"],
    "decompress": ["short.isc", "-o", "again.txt"],
    "table": [table, "--target", "species", "--html", "table.html"],
    "select": [table, "--target", "species", "-k", "2"],
    "drift": [table, table],
    "labs": ["list"],
    "explore": ["--port", "70000"],
    "probe": ["acts.npy", "--labels", "labels.txt"],
    "demo": [],
    "models": [],
    "doctor": [],
    "completion": ["bash"],
}
assert CALLS.keys() == COMMANDS.keys(), CALLS.keys() ^ COMMANDS.keys()
LINE = re.compile(r"Run: .*(pip install 'infoscope\[[\w,]+\]'|models install smollm2.*)$")
fine, asked = [], []
Path("short.isc").write_bytes(b"no such thing")
for command, words in CALLS.items():
    if command == "decompress" and "compress" in fine:
        words = ["short.isc", "-o", "again.txt"]
    elif command == "compress":
        words = [*words, "--force"]
    done = subprocess.run(
        [sys.executable, "-m", "infoscope", command, *words],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    last = (done.stderr.strip().splitlines() or [""])[-1]
    if "Traceback" in done.stderr:
        raise AssertionError(f"{command}: {done.stderr[-1500:]}")
    if done.returncode == 0 or (command == "explore" and done.returncode == 2):
        fine.append(command)  # explore was given a port that is none, or it would not end
    elif done.returncode == 1 and LINE.search(last):
        asked.append(command)
    else:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr[-1500:]}")
if "decompress" in fine:
    assert Path("again.txt").read_bytes() == short.read_bytes()
sys.stdout.write(f"commands that work: {' '.join(fine)}; that name a line: {' '.join(asked)}\n")
