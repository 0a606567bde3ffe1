"""Byte models behind the contract: what they predict is what they would code."""

import numpy as np
import pytest

from infoscope.codes.byte_models.mixing import ByteMixer
from infoscope.codes.byte_models.partial_matching import PartialMatching
from infoscope.core.errors import UnknownName
from infoscope.language import LanguageModel, load, score
from infoscope.language.byte_sequence import ByteSequenceModel

TEXT = b"one fish two fish red fish blue fish, " * 6


def test_it_is_a_language_model() -> None:
    model = ByteSequenceModel("mix")
    assert isinstance(model, LanguageModel)
    assert model.decode(model.encode(b"\0\xff a").ids.tolist()) == b"\0\xff a"
    assert model.spell(65) == b"A"


def test_a_score_under_partial_matching_is_its_code_length() -> None:
    total = float(score(TEXT, ByteSequenceModel("ppm:3")).total)
    assert total == pytest.approx(PartialMatching(3).surprisals(TEXT).sum(), rel=1e-9)


def test_a_score_under_mixing_is_near_its_code_length() -> None:
    total = float(score(TEXT, ByteSequenceModel("mix")).total)
    assert total == pytest.approx(ByteMixer(len(TEXT)).surprisals(TEXT).sum(), rel=0.1)


def test_rows_from_a_later_start_are_the_same() -> None:
    model = ByteSequenceModel("ppm")
    window = np.concatenate([[256], np.frombuffer(TEXT[:60], np.uint8)]).astype(np.int64)
    whole, late = model.predict(window), model.predict(window, 50)
    assert (whole.n_rows, late.n_rows) == (61, 11)
    np.testing.assert_array_equal(whole.rows(0, 61)[50:], late.rows(0, 11))


@pytest.mark.parametrize("name", ["ppm:x", "lpaq", "mix:2", "ppm:333"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UnknownName, match="must be 'mix' or 'ppm:N'"):
        ByteSequenceModel(name)


@pytest.mark.parametrize("name", ["mix", "ppm:4"])
def test_what_was_read_before_helps_and_is_not_changed_by_a_window(name: str) -> None:
    known, new = load(name, train=TEXT), ByteSequenceModel(name)
    first = float(score(TEXT[:80], known).total)
    assert first < 0.5 * float(score(TEXT[:80], new).total)
    assert float(score(TEXT[:80], known).total) == first
