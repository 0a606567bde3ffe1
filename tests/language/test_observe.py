"""The one-pass reduction against NumPy in float64, at every awkward vocabulary size."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from infoscope.core.errors import ModelError
from infoscope.language.contract import HiddenStates, LogitRows, RowsOnDemand
from infoscope.language.denormals import denormals_flushed
from infoscope.language.observe import Observer


def reference(logits: np.ndarray, targets: np.ndarray):
    log_p = log_softmax(logits.astype(np.float64), axis=-1)
    p = np.exp(log_p)
    entropy = -np.sum(np.where(p > 0, p * np.where(p > 0, log_p, 0.0), 0.0), -1)
    reached = np.take_along_axis(log_p, targets[:, None], 1)
    rank = 1 + np.sum(log_p > reached, -1)
    return -reached[:, 0], entropy, rank, p


@pytest.mark.parametrize("n_vocabulary", [1, 2, 5, 255, 256, 257, 1279, 1280, 1281, 5000])
@pytest.mark.parametrize("scale", [0.01, 3.0, 1e4])
def test_rows_agree_with_numpy_in_float64(n_vocabulary: int, scale: float) -> None:
    rng = np.random.default_rng(n_vocabulary)
    logits = (rng.normal(size=(23, n_vocabulary)) * scale).astype(np.float32)
    targets = rng.integers(n_vocabulary, size=23)
    surprisal, entropy, rank, p = reference(logits, targets)
    found = Observer(n_vocabulary, 5).read(LogitRows(torch.from_numpy(logits)), targets)
    np.testing.assert_allclose(found.surprisal, surprisal, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(found.entropy, entropy, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(found.rank, rank)
    k = min(5, n_vocabulary)
    order = np.argsort(-logits, axis=-1, kind="stable")[:, :k]
    values = np.take_along_axis(logits, order, 1)
    np.testing.assert_array_equal(np.take_along_axis(logits, found.top_ids[:, :k], 1), values)
    np.testing.assert_allclose(
        found.top_probabilities[:, :k], np.take_along_axis(p, order, 1), rtol=1e-5, atol=1e-12
    )


def test_hidden_states_are_multiplied_out_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infoscope.language.observe._PRODUCT_BYTES", 4 * 700 * 8)  # 8 rows a piece
    monkeypatch.setattr("infoscope.language.observe._REDUCE_BYTES", 4 * 700 * 3)
    rng = np.random.default_rng(0)
    states, weight = rng.normal(size=(37, 16)), rng.normal(size=(700, 16))
    targets = rng.integers(700, size=37)
    surprisal, entropy, rank, _ = reference(states @ weight.T, targets)
    rows = HiddenStates(torch.tensor(states).float(), torch.tensor(weight).float())
    found = Observer(700, 3).read(rows, targets)
    np.testing.assert_allclose(found.surprisal, surprisal, atol=2e-5)
    np.testing.assert_allclose(found.entropy, entropy, atol=2e-5)
    np.testing.assert_array_equal(found.rank, rank)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probability_zero_costs_infinity_and_adds_no_entropy(dtype: type) -> None:
    half = np.log(0.5)
    rows = np.array([[half, half, -np.inf], [0.0, -np.inf, -np.inf]], dtype)
    found = Observer(3, 2).read(LogitRows(rows), np.array([0, 2]))
    np.testing.assert_allclose(found.surprisal, [np.log(2), np.inf], rtol=1e-6)
    np.testing.assert_allclose(found.entropy, [np.log(2), 0.0], rtol=1e-6)
    assert found.rank.tolist() == [1, 2]
    assert rows[0, 0] == dtype(half)  # the caller's array is left alone


def test_ties_share_the_better_rank() -> None:
    found = Observer(4, 1).read(LogitRows(np.zeros((4, 4), np.float32)), np.arange(4))
    assert found.rank.tolist() == [1, 1, 1, 1]
    np.testing.assert_allclose(found.entropy, np.log(4), rtol=1e-7)


def test_no_alternatives_are_an_empty_array() -> None:
    found = Observer(300, 0).read(LogitRows(np.zeros((2, 300))), np.array([0, 299]))
    assert found.top_ids.shape == found.top_probabilities.shape == (2, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_logits_that_are_no_numbers_are_the_models_fault(bad: float) -> None:
    with pytest.raises(ModelError, match="NaN"):
        Observer(2, 1).read(LogitRows(np.array([[bad, bad]])), np.array([0]))


def test_denormals_are_flushed_inside_and_kept_outside() -> None:
    small = torch.full((1,), 1e-39)
    assert (small * 0.5).item() > 0
    with denormals_flushed():
        inside = (torch.full((1,), 1e-39) * 0.5).item()
    assert inside == 0 or not torch.set_flush_denormal(False)
    assert (small * 0.5).item() > 0


def test_rows_on_demand_are_asked_for_in_order_and_once() -> None:
    rng = np.random.default_rng(5)
    logits, targets = rng.normal(size=(19, 300)), rng.integers(300, size=19)
    asked: list[tuple[int, int]] = []

    def rows(first: int, last: int) -> np.ndarray:
        asked.append((first, last))
        return logits[first:last].copy()

    found = Observer(300, 2).read(RowsOnDemand(19, rows), targets)
    surprisal, entropy, rank, _ = reference(logits, targets)
    np.testing.assert_allclose(found.surprisal, surprisal, rtol=1e-12)
    np.testing.assert_allclose(found.entropy, entropy, rtol=1e-12)
    np.testing.assert_array_equal(found.rank, rank)
    assert [i for first, last in asked for i in range(first, last)] == list(range(19))
