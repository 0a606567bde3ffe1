"""`knows`: truths that are known exactly, a test whose size is known, and what it must refuse."""

import json
from collections import Counter

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType
from infoscope.probe.knowledge.comparing import knows
from infoscope.probe.knowledge.output_features import output_features
from infoscope.probe.knowledge.statements import TOPICS, factual_statements


def case(n: int, right: float, seed: int = 0, d: int = 3):
    """Return a state that holds the truth, and answers that are right with probability `right`."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=n)
    state = rng.normal(0, 1, (n, d))
    state[:, 0] = truth + rng.normal(0, 0.05, n)
    said = np.where(rng.random(n) < right, truth, 1 - truth)
    return state, said, truth


def binary_entropy(p: float) -> float:
    return -p * np.log2(p) - (1 - p) * np.log2(1 - p)


def test_a_known_truth_is_found() -> None:
    """The state holds 1 bit; an answer right 9 times in 10 holds 1 - h(0.9)."""
    state, said, truth = case(1500, 0.9)
    found = knows(state, said, truth, unit="bits")
    expected = 1 - binary_entropy(0.9)
    assert found.state.value == pytest.approx(1, abs=0.01)
    assert abs(found.output.value - expected) < 4 * found.output.stderr
    assert found.difference.value == pytest.approx(found.state.value - found.output.value)
    assert found.difference.interval.low < 1 - expected < found.difference.interval.high
    assert abs(found.random.value) < 0.01
    assert found.p_value < 0.001
    assert found.output_accuracy.value == pytest.approx(0.9, abs=0.03)
    assert "more of the truth can be read from the state" in found.verdict


def test_the_output_may_tell_more() -> None:
    state, said, truth = case(600, 0.95)
    found = knows(state[:, 1:], said, truth, unit="bits")
    assert found.difference.interval.high < 0
    assert "from the output than from the state" in found.verdict
    assert abs(found.state.value) < 0.05


def test_an_output_that_says_the_opposite_is_not_ignorant() -> None:
    state, said, truth = case(300, 0.9)
    turned = knows(state, 1 - said, truth, penalty=1e-3)
    straight = knows(state, said, truth, penalty=1e-3)
    assert turned.output.value == pytest.approx(straight.output.value, abs=1e-9)


def test_without_a_difference_the_test_keeps_its_size() -> None:
    """State and output are two equally noisy readings: p below 0.1 about one time in ten."""
    small = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        truth = rng.integers(2, size=60)
        one, two = (truth + rng.normal(0, 1.0, 60) for _ in range(2))
        found = knows(one, two, truth, n_draws=200, penalty=0.1, n_folds=3, rng=seed)
        small += found.p_value <= 0.1
    assert small <= 9  # binomial(30, 0.1): P(more) = 0.05 %


def test_groups_are_one_draw_and_one_fold() -> None:
    """Repeating every example k times adds nothing where copies are one group."""
    state, said, truth = case(120, 0.8)
    once = knows(state, said, truth, rng=0, penalty=0.01)
    groups = np.repeat(np.arange(120), 6)
    often = knows(*(np.repeat(a, 6, axis=0) for a in (state, said, truth)), groups=groups,
                  rng=0, penalty=0.01)  # fmt: skip
    blind = knows(*(np.repeat(a, 6, axis=0) for a in (state, said, truth)), rng=0, penalty=0.01)
    assert often.output.stderr == pytest.approx(once.output.stderr, rel=0.3)
    assert blind.output.stderr < 0.6 * once.output.stderr
    assert any("no groups were given" in note for note in blind.notes)
    assert not any("no groups were given" in note for note in often.notes)


def test_a_group_that_is_learned_by_heart_tells_nothing_outside_it() -> None:
    """The state names the group, and each group has one truth: nothing holds beyond the group."""
    groups = np.repeat(np.arange(40), 5)
    truth = np.random.default_rng(3).integers(2, size=40)[groups]
    state = np.eye(40)[groups]
    said = np.random.default_rng(4).integers(2, size=200)
    honest = knows(state, said, truth, groups=groups, unit="bits")
    naive = knows(state, said, truth, unit="bits")
    assert naive.state.value > 0.5
    assert honest.state.value < 0.1


def test_each_kind_of_output_is_read() -> None:
    state, said, truth = case(240, 0.8)
    words = np.where(said == 1, "yes", "no")
    p = np.where(said == 1, 0.8, 0.2)
    rows = np.stack([1 - p, p], axis=1)
    values = [
        knows(state, output, truth, penalty=1e-4, n_draws=100).output.value
        for output in (said, words, rows, np.log(rows) + 3, np.log(p / (1 - p)))
    ]
    assert values == pytest.approx([values[0]] * 5, abs=5e-3)
    assert "probabilities (seen" in " ".join(
        knows(state, rows, truth, penalty=1e-4, n_draws=100).notes
    )
    features, note = output_features(np.array([2, 1, 2]), None, 3)
    np.testing.assert_array_equal(features, [[0, 1], [1, 0], [0, 1]])
    assert "2 answers" in note


def test_results_can_be_written_and_are_the_same_again(tmp_path) -> None:
    state, said, truth = case(200, 0.8)
    found, again = (knows(state, said, truth, rng=5, penalty=1e-3) for _ in range(2))
    assert found.to_dict() == again.to_dict()
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["null"].endswith("(two-sided)")
    page = found.save_html(tmp_path / "k.html", name="<x>").read_text()
    assert "&lt;x&gt;: what is known" in page
    assert "<script" not in page
    assert found.figure().data
    assert "both - output" in str(found)
    assert set(found.pvi) == {"state", "output", "both", "random"}
    assert found.pvi["state"].mean() == pytest.approx(found.state.value)


def test_more_dimensions_than_examples_are_said() -> None:
    state, said, truth = case(60, 0.8, d=100)
    assert any("more dimensions (100)" in note for note in knows(state, said, truth).notes)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"output": np.zeros((5, 2))}, InvalidArgument, "output must have one row for each of 60"),
        ({"state": np.full((60, 2), np.nan)}, InvalidArgument, "state"),
        ({"state": np.array(["a"] * 60)}, WrongType, "state must hold real numbers"),
        ({"state": np.ones((60, 3))}, InvalidArgument, "state must differ between examples"),
        ({"truth": np.zeros(60, int)}, InvalidArgument, "class"),
        ({"n_folds": 2}, InvalidArgument, "n_folds must be at least 3"),
        ({"n_draws": 5}, InvalidArgument, "n_draws must be at least 100"),
        ({"output_kind": "logits"}, UnknownName, "output_kind must be"),
        ({"groups": np.repeat([0, 1, 2], 20)}, InvalidArgument, "three for each of 5 folds"),
        (
            {"output": np.full((60, 2), 0.7), "output_kind": "probabilities"},
            InvalidArgument, "rows of probabilities that sum to 1",
        ),
        (
            {"output": np.tile([0.0, 1.0], (60, 1)), "output_kind": "probabilities"},
            InvalidArgument, "probabilities above 0",
        ),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(given, kind, words) -> None:
    state, said, truth = case(60, 0.8)
    call = {"state": state, "output": said, "truth": truth, **given}
    with pytest.raises(kind, match=words):
        knows(**call)


def test_no_word_of_a_statement_tells_its_truth() -> None:
    given = factual_statements()
    assert len(given) == len({s.text for s in given}) == 342
    for group in {s.group for s in given}:
        mine = [s for s in given if s.group == group]
        words = {truth: Counter(word.strip(".").lower() for s in mine if s.truth is truth
                                for word in s.text.split()) for truth in (True, False)}  # fmt: skip
        assert words[True] == words[False], mine
        assert len({s.topic for s in mine}) == 1
    assert {s.topic for s in given} == set(TOPICS)
    with pytest.raises(UnknownName, match="topics must be among"):
        factual_statements(["weather"])
