"""`Logits`: checked once, never exponentiated first, exact at both ends."""

import math

import numpy as np
import pytest

from infoscope import InfoscopeWarning, Logits
from infoscope.core.errors import NotADistribution, WrongType
from infoscope.core.logits import log_softmax


def test_log_probabilities_have_the_axis_last() -> None:
    z = np.random.default_rng(0).normal(size=(3, 4))
    truth = z - np.log(np.exp(z).sum(axis=0))
    np.testing.assert_allclose(Logits(z, axis=0).log_probabilities(), truth.T, rtol=1e-12)
    assert repr(Logits(z, axis=0)) == "Logits(shape=(3, 4), axis=0)"


def test_extremes() -> None:
    assert log_softmax(np.array([1e4, -1e4])).tolist() == [0.0, -2e4]
    assert log_softmax(np.array([1e308, 0.0])).tolist() == [0.0, -1e308]
    assert log_softmax(np.array([-math.inf, 3.0])).tolist() == [-math.inf, 0.0]
    np.testing.assert_allclose(log_softmax(np.zeros(8)), -math.log(8), rtol=1e-15)
    tiny = -log_softmax(np.array([60.0, 0.0, 0.0]))[0]
    assert tiny == pytest.approx(2 * math.exp(-60))


@pytest.mark.filterwarnings("ignore::infoscope.InfoscopeWarning")
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, np.bool_])
def test_dtypes(dtype: type) -> None:
    z = Logits(np.array([[0, 1, 0]] * 2, dtype=dtype)).z
    assert z.dtype == (np.float32 if np.dtype(dtype).kind == "f" else np.float64)


@pytest.mark.filterwarnings("ignore::infoscope.InfoscopeWarning")
def test_one_hot_integers_are_allowed_with_a_warning() -> None:
    assert Logits([0, 1]).z.tolist() == [0.0, 1.0]


def test_softmax_rows_warn_and_point_at_the_caller() -> None:
    with pytest.warns(InfoscopeWarning, match="pass it as it is, without Logits") as caught:
        Logits(np.full((4, 5), 0.2))
    assert caught[0].filename == __file__
    Logits(np.log(np.full((4, 5), 0.2)))  # log-probabilities are what it is for
    Logits([[0.2, 0.8], [0.2, 0.9]])  # not all rows sum to one


@pytest.mark.parametrize(
    "z, got",
    [
        ([[0.0, 1.0], [math.nan, 1.0]], "a maximum of nan in row (1,)"),
        ([math.inf, 0.0], "a maximum of inf"),
        ([[0.0, 1.0], [-math.inf, -math.inf]], "a maximum of -inf in row (1,)"),
    ],
)
def test_bad_values(z: list, got: str) -> None:
    with pytest.raises(NotADistribution) as caught:
        Logits(z)
    assert str(caught.value) == (
        f"Logits: z must be finite or -inf, with one finite value a row; got {got}."
    )


def test_no_outcome_and_no_numbers() -> None:
    with pytest.raises(NotADistribution, match=r"have at least one outcome; got shape \(0,\)"):
        Logits([])
    with pytest.raises(WrongType, match="Logits: z must hold real numbers"):
        Logits(["a"])
    assert Logits(np.zeros((0, 3))).log_probabilities().shape == (0, 3)
