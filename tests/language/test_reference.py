"""The reference text under the built-in model: the one slow test of this folder."""

import json
import math
from pathlib import Path

import pytest

from infoscope.language import LanguageModel, score

DATA = Path(__file__).parents[1] / "data" / "language"


def test_alice_under_smollm2_gives_the_reference_numbers(smollm2: LanguageModel) -> None:
    text = (DATA / "alice30k.txt").read_bytes()
    expected = json.loads((DATA / "expected.json").read_text())
    found = score(text, smollm2, context=expected["ctx"])
    assert len(found) == expected["tokens_scored"] == 7888
    assert found.rule.prefix_id == expected["prefix"] == 1

    def close(value: float) -> object:
        return pytest.approx(value, rel=1e-5)

    assert float(found.total) == close(expected["total_nats"])
    assert float(found.perplexity) == close(expected["perplexity"])
    assert float(found.bits_per_byte) == close(expected["bits_per_byte"])
    assert float(found.bits_per_character) == close(expected["bits_per_byte"])  # ASCII
    assert float(found.bits_per_token) == close(expected["nats_per_token"] / math.log(2))
    assert float(found.byte_perplexity) == close(expected["byte_perplexity"])
    assert float(found.word_perplexity) == close(expected["word_perplexity"])
    assert float(found.mean_entropy) == close(expected["mean_entropy_nats"])
    assert b"".join(found.tokens) == text
    total = sum(word.surprisal for word in found.words())
    assert total == pytest.approx(expected["total_nats"], rel=1e-5)
    assert total == pytest.approx(float(found.total), rel=1e-12)
    top = found.top_probabilities
    assert (top[:, :-1] >= top[:, 1:]).all()
    first = found.rank == 1
    assert (found.top_ids[first, 0] == found.ids[first]).all()
    assert -math.log(top[first, 0].min()) == pytest.approx(found.surprisal[first].max(), rel=1e-5)
