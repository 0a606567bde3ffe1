"""Watching a corpus: planted repeats, garbled and monotonous passages, Min-K% by hand."""

import base64
import json
import math
from pathlib import Path

import numpy as np
import pytest

from infoscope.cli.main import main
from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.language import LanguageModel, Thresholds, monitor_corpus, score
from infoscope.language.corpus_signals import (
    find_repeats,
    min_k,
    passage_costs,
    robust_limits,
)

TEXT = (Path(__file__).parents[1] / "data" / "language" / "alice30k.txt").read_bytes()
PIECES = [TEXT[i : i + 2500] for i in range(0, 25000, 2500)]


def test_repeats_by_hand() -> None:
    a = b"one two three four five six"
    found = find_repeats([a, b"x y THREE four Five z", b"nothing of it", b"", a], 3)
    assert [each.earlier for each in found] == [0.0, 0.5, 0.0, 0.0, 1.0]
    assert [each.source for each in found] == [None, 0, None, None, 0]
    assert found[1].first_start == 4
    assert found[1].first_end == 19


def test_a_document_may_repeat_itself() -> None:
    found = find_repeats([b"a b c d a b c d"], 4)[0]
    assert found.earlier == 0.5
    assert found.source == 0


@pytest.mark.parametrize("n_gram", [2, 5, 13])
def test_repeats_are_those_of_a_slow_search(n_gram: int) -> None:
    rng = np.random.default_rng(n_gram)
    texts = [b" ".join(b"abc"[i : i + 1] for i in rng.integers(3, size=60)) for _ in range(6)]
    seen: set[tuple[bytes, ...]] = set()
    for text, found in zip(texts, find_repeats(texts, n_gram), strict=True):
        words = text.split()
        covered = [False] * len(words)
        for i in range(len(words) - n_gram + 1):
            run = tuple(words[i : i + n_gram])
            if run in seen:
                covered[i : i + n_gram] = [True] * n_gram
            seen.add(run)
        assert found.earlier == pytest.approx(np.mean(covered))


def test_passage_costs_by_hand() -> None:
    """The other text is "\\nab" once: after 'a' came 'b' 1 of 1, so b costs -log2(1.5/129)."""
    found = passage_costs([b"ab", b"ab"], 400)[0]
    cost_a = -math.log2(1.5 / 129)  # 'a' after the line break that stands before a text
    cost_b = -math.log2(1.5 / 129)
    assert found.cost[0] == pytest.approx((cost_a + cost_b) / 2)
    assert found.entropy[0] == pytest.approx(1 + 1 / (4 * math.log(2)))


def test_min_k_by_hand() -> None:
    surprisal = np.array([1.0, 4.0, 2.0, 8.0, 0.0])
    entropy = np.array([1.0, 2.0, 2.0, 2.0, 0.0])
    varentropy = np.array([1.0, 4.0, 1.0, 9.0, 0.0])
    low, plus = min_k(surprisal, entropy, varentropy, 0.4)
    assert low == -(8.0 + 4.0) / 2
    assert plus == (-6 / 3 - 2 / 2) / 2  # z: 0, -1, 0, -2, 0 (no spread)


def test_min_k_plus_of_a_models_own_text_is_centred(tiny: LanguageModel) -> None:
    """Over all tokens, z has mean 0 and variance 1 under the model: here over its own samples."""
    from infoscope.language import sample_continuations

    drawn = sample_continuations(b"", tiny, n_samples=20, n_tokens=60, rng=1)
    z = []
    for each in drawn.samples:
        ids = np.concatenate([[tiny.prefix], each.ids])
        rows = tiny.predict(ids[:-1])
        logits = (rows.states @ rows.weight.T).double().numpy()  # type: ignore[union-attr]
        log_p = logits - np.logaddexp.reduce(logits, -1, keepdims=True)
        p = np.exp(log_p)
        entropy = -(p * log_p).sum(-1)
        spread = (p * log_p**2).sum(-1) - entropy**2
        z.append(min_k(each.surprisal, entropy, spread, 1.0)[1])
    assert abs(np.mean(z)) < 4 / math.sqrt(20 * 60)


def test_planted_faults_are_found_and_the_rest_is_left_alone() -> None:
    blob = base64.b64encode(np.random.default_rng(0).bytes(600))
    pieces = [
        *PIECES,
        PIECES[2][:1500] + b" something of its own at the end, and nothing more.",
        PIECES[4][:900] + blob + PIECES[4][900:1200],
        PIECES[5][:600] + b"=" * 900,
        b"",
    ]
    found = monitor_corpus([(f"d{i}", text) for i, text in enumerate(pieces)])
    kinds = [{flag.kind for flag in each.flags} for each in found.documents]
    assert kinds[:10] == [set()] * 10
    assert kinds[10] == {"repeated"}
    assert found.documents[10].repeats == "d2"
    assert "garbled" in kinds[11]
    where = next(flag for flag in found.documents[11].flags if flag.kind == "garbled")
    assert abs(where.start - 900) <= 400  # found to one passage: the blob is bytes 900 to 1700
    assert abs(where.end - 1700) <= 400
    assert "monotonous" in kinds[12]
    assert kinds[13] == {"empty"}
    assert len(found.flagged) == 4
    json.dumps(found.to_dict(), allow_nan=False)
    assert len(found.to_frame()) == len(found) == 14


def test_a_model_adds_its_numbers_and_filters(tiny: LanguageModel, tmp_path: Path) -> None:
    texts = [text[:150] for text in PIECES]
    found = monitor_corpus(texts, tiny, thresholds=Thresholds(max_bits_per_byte=1.0), context=64)
    for text, each in zip(texts, found.documents, strict=True):
        alone = score(text, tiny, context=64)
        assert each.bits_per_byte == pytest.approx(float(alone.bits_per_byte))
        assert alone.varentropy is not None
        low, plus = min_k(alone.surprisal, alone.entropy, alone.varentropy, 0.2)
        assert (each.min_k, each.min_k_plus) == pytest.approx((low, plus))
        assert "hard" in {flag.kind for flag in each.flags}
    assert json.loads(found.save_json(tmp_path / "r.json").read_text())["model"] == "tiny"


def test_robust_limits() -> None:
    low, high = robust_limits(np.array([1.0, 2.0, 3.0, 4.0, 100.0]), 2.0)
    assert (low, high) == pytest.approx((3 - 2 * 1.4826, 3 + 2 * 1.4826))
    assert robust_limits(np.array([1.0, 2.0]), 2.0) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"n_gram": 1}, InvalidArgument), ({"n_gram": 2.5}, WrongType),
     ({"passage": 9}, InvalidArgument)],
    ids=["n_gram", "half", "passage"],
)  # fmt: skip
def test_refusals(options: dict, error: type[Exception]) -> None:
    with pytest.raises(error, match="monitor_corpus"):
        monitor_corpus(["a"], **options)
    with pytest.raises(InvalidArgument, match="hold a document"):
        monitor_corpus([])


def test_the_command_shows_flags_and_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for i, piece in enumerate([*PIECES[:3], PIECES[1]]):
        (tmp_path / f"{i}.txt").write_bytes(piece)
    assert main(["corpus", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "4 documents; 1 flagged" in shown
    assert "100% of its words stand in runs seen before" in shown
    assert main(["corpus", str(tmp_path), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["n_flagged"] == 1
