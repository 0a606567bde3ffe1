"""Proper scores against hand values, scikit-learn, and their own propriety."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from sklearn.metrics import brier_score_loss, log_loss

from infoscope import Logits
from infoscope.calibrate import (
    brier_score,
    example_scores,
    log_score,
    mean_score,
    spherical_score,
)
from infoscope.core.errors import InvalidArgument, UnknownName


def test_hand_values() -> None:
    p, y = [[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], [0, 1]
    assert log_score(p, y, unit="bits").value == pytest.approx(1.5, abs=1e-15)
    # (1/4 + 1/16 + 1/16) and (1/16 + 9/16 + 1/4)
    assert brier_score(p, y).value == pytest.approx((0.375 + 0.875) / 2, abs=1e-15)
    norm = np.sqrt(0.375)
    assert spherical_score(p, y).value == pytest.approx(1 - (0.5 + 0.25) / norm / 2, abs=1e-15)


def test_agreement_with_scikit_learn_on_real_outputs(cifar, hpc, nfl) -> None:
    p, y = cifar
    p = p.astype(np.float64) / p.sum(axis=1, keepdims=True, dtype=np.float64)
    assert log_score(p, y).value == pytest.approx(log_loss(y, p), abs=1e-12)
    probs, labels, names = hpc
    order = np.argsort(names)
    said = probs[np.arange(len(labels)), [names.index(label) for label in labels]]
    keep = said > 1e-15  # below, scikit-learn clips
    some = [label for label, kept in zip(labels, keep, strict=True) if kept]
    wanted = log_loss(some, probs[keep][:, order], labels=sorted(names))
    assert log_score(probs[keep], some, classes=names).value == pytest.approx(wanted, abs=1e-12)
    assert log_score(probs, labels, classes=names).value == pytest.approx(
        -np.log(said).mean(), abs=1e-12
    )
    assert log_score(probs, labels, classes=names).value > log_loss(
        labels, probs[:, order], labels=sorted(names)
    )
    q, won = nfl
    assert brier_score(q, won).value == pytest.approx(brier_score_loss(won, q), abs=1e-14)


def test_an_impossible_label_costs_infinity_and_is_counted() -> None:
    score = log_score([0.0, 1.0, 0.5, 0.0], [1, 0, 1, 0])
    assert score.value == np.inf
    assert score.stderr is None
    assert score.notes == ("2 of 4 scores are infinite: the event had probability 0",)
    assert brier_score([0.0], [1]).value == 1.0


def test_logits_are_scored_beyond_the_range_of_probabilities() -> None:
    z = np.array([[0.0, 1e4], [1e4, 0.0]])
    assert log_score(Logits(z), [0, 1]).value == 1e4
    assert log_score(Logits(z), [1, 0]).value == 0.0
    tiny = example_scores(Logits([[0.0, 80.0]]), [1], "log")[0]
    assert tiny == pytest.approx(np.exp(-80.0), rel=1e-12)


def test_binary_scores_keep_digits_near_zero() -> None:
    assert example_scores([1e-300], [0], "log")[0] == 1e-300


def test_mean_score_is_students_interval() -> None:
    x = np.array([0.3, 1.1, 0.7, 2.0])
    e = mean_score(x, interval=0.9)
    low, high = student.interval(0.9, 3, x.mean(), x.std(ddof=1) / 2)
    assert (e.interval.low, e.interval.high) == pytest.approx((low, high), abs=1e-12)
    assert mean_score([2.0]).stderr is None


@pytest.mark.parametrize(("scores", "words"), [([], "one number"), ([np.nan], "NaN at index 0")])
def test_mean_score_refuses(scores, words) -> None:
    with pytest.raises(InvalidArgument, match=words):
        mean_score(scores)


def test_unknown_score_is_named() -> None:
    with pytest.raises(UnknownName, match="spherical"):
        example_scores([0.5], [1], "quadratic")  # type: ignore[arg-type]


simplex = st.lists(st.integers(1, 50), min_size=3, max_size=3).map(
    lambda c: np.array(c, dtype=float) / sum(c)
)


@settings(max_examples=60, deadline=None)
@given(truth=simplex, said=simplex)
@pytest.mark.parametrize("score", ["log", "brier", "spherical"])
def test_scores_are_proper(score, truth, said) -> None:
    def expected(q: np.ndarray) -> float:
        return float(truth @ example_scores(np.tile(q, (3, 1)), [0, 1, 2], score))

    assert expected(truth) <= expected(said) + 1e-12
