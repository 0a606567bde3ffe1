"""What a caller may hand in, and the sentence that answers what he may not."""

import numpy as np
import pytest

from infoscope import Logits
from infoscope.calibrate import (
    brier_score,
    decompose,
    expected_calibration_error,
    fit_temperature,
    log_score,
    reliability,
    squared_calibration_error,
)
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType

P3 = [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]]


@pytest.mark.parametrize(
    ("probs", "labels", "error", "words"),
    [
        ([2.0, -1.0], [1, 0], NotADistribution, ["lie in [0, 1]", "2.0 at index 0", "Logits("]),
        ([[2.0, -1.0]], [0], NotADistribution, ["non-negative", "Logits(z)"]),
        ([[2.0, 1.0]], [0], NotADistribution, ["sum to 1", "a sum of 3.0"]),
        ([[0.5, 0.4]], [0], NotADistribution, ["sum to 1", "a sum of 0.9"]),
        ([0.5, np.nan], [1, 0], NotADistribution, ["nan at index 1"]),
        ([[0.5, np.nan]], [1], NotADistribution, ["NaN at index (0, 1)"]),
        ([], [], InvalidArgument, ["at least one forecast"]),
        ([[1.0], [1.0]], [0, 0], InvalidArgument, ["shape (2, 1)"]),
        ([0.5, 0.5], [1], InvalidArgument, ["one entry for each of 2 forecasts", "got 1"]),
        (P3, [0, 3], InvalidArgument, ["0..2", "3 at index 1"]),
        (P3, [-1, 0], InvalidArgument, ["0..2", "-1 at index 0"]),
        (P3, [0.5, 1.0], WrongType, ["whole class numbers", "0.5 at index 0"]),
        (P3, [np.nan, 1.0], WrongType, ["whole class numbers", "nan at index 0"]),
        (P3, [[1, 0, 0], [0, 1, 0]], WrongType, ["one-hot", "argmax"]),
        (P3, ["a", "b"], WrongType, ["classes=[...]"]),
        ("ab", [0, 1], WrongType, ["real numbers"]),
    ],
)
@pytest.mark.parametrize(
    "function",
    [log_score, brier_score, decompose, reliability, expected_calibration_error,
     squared_calibration_error],
)  # fmt: skip
def test_bad_input_is_one_clear_sentence(function, probs, labels, error, words) -> None:
    with pytest.raises(error) as caught:
        function(probs, labels)
    message = str(caught.value)
    assert message.startswith(f"{function.__name__}: ")
    assert all(word in message for word in words), message
    assert "\n" not in message


def test_labels_may_be_names_booleans_or_whole_floats() -> None:
    wanted = log_score([[0.25, 0.75], [0.5, 0.5]], [1, 0]).value
    assert log_score([[0.25, 0.75], [0.5, 0.5]], ["b", "a"], classes=["a", "b"]).value == wanted
    assert log_score([0.75, 0.5], [True, False]).value == pytest.approx(wanted, abs=1e-15)
    assert log_score([0.75, 0.5], [1.0, 0.0]).value == pytest.approx(wanted, abs=1e-15)


@pytest.mark.parametrize(
    ("classes", "labels", "words"),
    [
        (["a"], ["a", "a"], "name all 2 classes"),
        (["a", "a"], ["a", "a"], "be distinct"),
        (["a", "b"], ["a", "c"], "c at index 1"),
    ],
)
def test_class_names_are_checked(classes, labels, words) -> None:
    with pytest.raises(InvalidArgument, match=words):
        log_score([[0.5, 0.5], [0.5, 0.5]], labels, classes=classes)


def test_logits_need_rows() -> None:
    with pytest.raises(InvalidArgument, match="column_stack"):
        log_score(Logits([1.0, 2.0]), [0, 1])


def test_torch_and_single_precision_are_read() -> None:
    torch = pytest.importorskip("torch")
    z = torch.tensor([[2.0, 1.0, 0.1], [0.0, 0.0, 0.0]], requires_grad=True)
    y = torch.tensor([0, 2])
    assert log_score(Logits(z), y).value == pytest.approx(
        (0.417030016278 + np.log(3)) / 2, abs=1e-7
    )
    assert log_score(torch.softmax(z, -1).detach(), y).value == pytest.approx(
        log_score(Logits(z), y).value, abs=1e-6
    )


def test_the_level_of_an_interval_is_checked() -> None:
    with pytest.raises(InvalidArgument, match=r"interval must lie in \(0, 1\)"):
        log_score([0.5], [1], interval=95)


def test_an_unknown_class_to_judge_is_named() -> None:
    with pytest.raises(InvalidArgument, match="'top_label' or a class among"):
        reliability(P3, [0, 1], of="cat")


def test_the_top_label_keeps_what_one_minus_p_would_lose() -> None:
    # the likeliest class rounds to 1 in single precision, and is wrong
    p = np.array([[1.0, 1e-9], [1.0, 1e-9]], dtype=np.float32)
    d = decompose(p, [0, 1], of="top_label", grouping="distinct")
    assert d.total.value == pytest.approx(-np.log(np.float64(np.float32(1e-9))) / 2, rel=1e-12)


def test_fit_refuses_probabilities_and_says_how_to_go_on() -> None:
    with pytest.raises(InvalidArgument, match=r"Logits\(np.log\(p\)\)"):
        fit_temperature(P3, [0, 1])
    with pytest.raises(InvalidArgument, match=r"np.log\(p / \(1 - p\)\)"):
        fit_temperature([0.2, 0.7], [0, 1])
