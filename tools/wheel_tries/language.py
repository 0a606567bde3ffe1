"""A text under a model trained here, and under the built-in one where it is installed."""

from infoscope.data import path_of
from infoscope.language import load, models, score

text = path_of("alice_chapter_1.txt").read_bytes()
small = load("ngram:3", train=[text[:8000]])
assert 1 < score(text[8000:], small).bits_per_byte.value < 8
if all(entry.installed for entry in models()):
    assert 0 < score("The cat sat on the mat.", "smollm2").bits_per_byte.value < 8
