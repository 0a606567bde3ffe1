"""The temperature sweep: limits, identities, the best temperature against a slow search."""

import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

import infoscope
from infoscope.calibrate import fit_temperature
from infoscope.core.errors import InfoscopeError, InvalidArgument, WrongType
from infoscope.language import LanguageModel, score, temperature_sweep
from infoscope.language.temperature_curves import best_temperature
from infoscope.language.temperature_rows import TemperatureRows, reduce_rows

LOGITS = np.array([1.0, 3.0, 2.0, 0.5])


def close(found: np.ndarray, expected: np.ndarray, by: dict[str, float]) -> None:
    np.testing.assert_allclose(found, expected, rtol=by["rtol"], atol=by.get("atol", 0.0))


def test_the_entropies_of_a_published_table() -> None:
    """softmax([1, 3, 2, 0.5] / T), nats; the mean and variance are also summed by hand at T = 1."""
    published = {0.1: 0.0004994212286303, 0.5: 0.4741830328235071, 1: 0.9930151163683179,
                 2: 1.271017014539306, 5: 1.367456021840874}  # fmt: skip
    found = temperature_sweep(LOGITS, list(published))
    np.testing.assert_allclose(found.entropy[0], list(published.values()), rtol=1e-12)
    p = np.exp(LOGITS) / np.exp(LOGITS).sum()
    variance = (p * LOGITS**2).sum() - (p * LOGITS).sum() ** 2
    assert found.variance[0, 2] == pytest.approx(variance, rel=1e-12)
    assert found.entropy_slope[0, 2] == pytest.approx(variance, rel=1e-12)


@given(st.integers(0, 10**6), st.floats(0.2, 6.0), st.floats(0.1, 5.0))
def test_entropy_rises_with_slope_variance_over_temperature_cubed(
    seed: int, temperature: float, scale: float
) -> None:
    z = np.random.default_rng(seed).normal(size=(3, 12)) * scale
    step = 1e-4 * temperature
    around = [temperature - step, temperature, temperature + step]
    found = temperature_sweep(z, around)
    numeric = (found.entropy[:, 2] - found.entropy[:, 0]) / (2 * step)
    np.testing.assert_allclose(found.entropy_slope[:, 1], numeric, rtol=1e-5, atol=1e-7)
    assert (found.entropy_slope >= 0).all()
    exact = infoscope.entropy(infoscope.Logits(z / temperature))
    np.testing.assert_allclose(found.entropy[:, 1], exact, rtol=1e-11, atol=1e-13)


@given(st.integers(0, 10**6), st.floats(0.2, 6.0))
def test_surprisal_is_the_tempered_log_softmax(seed: int, temperature: float) -> None:
    rng = np.random.default_rng(seed)
    z, goal = rng.normal(size=(5, 9)) * 4, rng.integers(9, size=5)
    found = temperature_sweep(z, [temperature], targets=goal, find_best=False)
    assert found.surprisal is not None
    expected = -log_softmax(z / temperature, -1)[np.arange(5), goal]
    np.testing.assert_allclose(found.surprisal[:, 0], expected, rtol=1e-12, atol=1e-13)
    assert float(found.perplexity[0]) == pytest.approx(np.exp(expected.mean()), rel=1e-12)


def test_the_limits_are_exact() -> None:
    z = [[2.0, 5.0, 5.0, -np.inf], [1.0, 0.0, -1.0, -2.0]]
    found = temperature_sweep(z, [0.0, np.inf], targets=[1, 1], find_best=False)
    assert found.surprisal is not None
    np.testing.assert_allclose(found.entropy, np.log([[2, 3], [1, 4]]), rtol=1e-15)
    np.testing.assert_allclose(found.surprisal, [[np.log(2), np.log(3)], [np.inf, np.log(4)]])
    never = temperature_sweep(z, [0.0, 1.0, np.inf], targets=[3, 0], find_best=False)
    assert never.surprisal is not None
    assert (never.surprisal[0] == np.inf).all()
    assert never.surprisal[1, 0] == 0.0


@pytest.mark.parametrize(("near", "limit"), [(1e-3, 0.0), (1e9, np.inf)])
def test_the_limits_are_reached_continuously(near: float, limit: float) -> None:
    z = np.random.default_rng(3).normal(size=(6, 11))
    found = temperature_sweep(z, [near, limit], targets=z.argmax(-1), find_best=False)
    np.testing.assert_allclose(found.entropy[:, 0], found.entropy[:, 1], atol=1e-8)
    assert found.surprisal is not None
    np.testing.assert_allclose(found.surprisal[:, 0], found.surprisal[:, 1], atol=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [0.1, 5.0, 200.0])
def test_rows_in_either_precision(dtype: torch.dtype, scale: float) -> None:
    rng = np.random.default_rng(0)
    z = torch.tensor(rng.normal(size=(40, 3000)) * scale, dtype=dtype)
    goal, temperatures = rng.integers(3000, size=40), [0.5, 1.0, 3.0]
    out = TemperatureRows.empty(40, 3)
    slow: Any = z.double().numpy().copy()
    reduce_rows(z.clone(), goal, temperatures, out)
    near = {"rtol": 2e-6, "atol": 2e-5} if dtype == torch.float32 else {"rtol": 1e-10, "atol": 1e-9}
    for k, t in enumerate(temperatures):
        log_p = log_softmax(slow / t, -1)
        p = np.exp(log_p)
        mean = (p * slow).sum(-1)
        reached: np.ndarray = slow[np.arange(40), goal]
        close(out.surprisal[:, k], -log_p[np.arange(40), goal], near)
        close(out.entropy[:, k], -(p * log_p).sum(-1), near)
        close(out.energy[:, k], mean - reached, near)
        spread = (p * (slow - mean[:, None]) ** 2).sum(-1)
        wide = {"rtol": 1e-3, "atol": 1e-4 * scale} if dtype == torch.float32 else {"rtol": 1e-6}
        close(out.variance[:, k], spread, wide)


def _labelled(seed: int, sharp: float, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return logits that are `sharp` times too sure, and labels from the right ones."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 8)) * 2
    p = np.exp(log_softmax(z, -1))
    goal = (p.cumsum(-1) < rng.random((n, 1))).sum(-1).clip(max=7)
    return z * sharp, goal


@pytest.mark.parametrize("sharp", [0.3, 1.0, 2.5])
def test_the_best_temperature_of_logits_is_the_least_cost(sharp: float) -> None:
    z, goal = _labelled(1, sharp)

    def cost(log_t: float) -> float:
        return float(-log_softmax(z / np.exp(log_t), -1)[np.arange(len(z)), goal].mean())

    slow: Any = minimize_scalar(cost, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9})
    found = temperature_sweep(z, [1.0], targets=goal).best
    assert found is not None
    assert found.inside
    assert found.temperature == pytest.approx(float(np.exp(slow.x)), rel=1e-5)
    assert found.surprisal == pytest.approx(float(slow.fun), abs=1e-12)
    assert float(found.gain) == pytest.approx(cost(0.0) - float(slow.fun), abs=1e-10)
    fitted = fit_temperature(z, goal)
    assert found.temperature == pytest.approx(fitted.temperature, rel=1e-5)


def test_coarse_nodes_give_the_same_optimum_by_their_derivatives() -> None:
    """Nodes as far apart as a text's: 0.9, 1, 1.1, 1.25; the optimum lies between two of them."""
    z, goal = _labelled(2, 1.06)
    exact = temperature_sweep(z, [1.0], targets=goal).best
    nodes = np.array([0.8, 0.9, 1.0, 1.1, 1.25])
    rows = TemperatureRows.empty(len(z), len(nodes))
    reduce_rows(torch.from_numpy(z.copy()), goal, nodes.tolist(), rows)
    coarse = best_temperature(nodes, rows)
    assert exact is not None
    assert coarse.temperature == pytest.approx(exact.temperature, rel=2e-5)
    assert coarse.surprisal == pytest.approx(exact.surprisal, abs=1e-7)
    assert coarse.estimate.stderr == pytest.approx(exact.estimate.stderr, rel=1e-2)


def test_the_interval_of_the_best_temperature_covers() -> None:
    """The true temperature is 1.5 in 100 draws; the 95 % interval misses it in about 5."""
    missed = 0
    for seed in range(100):
        z, goal = _labelled(seed, 1.5, n=256)
        found = temperature_sweep(z, [1.0], targets=goal).best
        assert found is not None
        assert found.estimate.interval is not None
        missed += not found.estimate.interval.low <= 1.5 <= found.estimate.interval.high
    assert missed <= 13  # binomial(100, 0.05): above 13 once in 5000


def test_targets_that_are_always_first_want_no_temperature_above_zero() -> None:
    z = np.array([[3.0, 1.0], [1.0, 2.0]])
    found = temperature_sweep(z, [1.0], targets=[0, 1]).best
    assert found is not None
    assert not found.inside
    assert "beyond" in found.estimate.notes[0]


def test_a_text_at_temperature_one_is_its_score(tiny: LanguageModel) -> None:
    text = b"the other thing, \xf0\x9f\x98\x80 " * 12
    found = temperature_sweep(text, [0.5, 1.0, 2.0], model=tiny, context=32)
    whole = score(text, tiny, context=32)
    assert found.rule is not None
    assert (found.rule["name"], found.rule["context"], found.rule["stride"]) == ("disjoint", 32, 32)
    assert found.surprisal is not None
    np.testing.assert_allclose(found.surprisal[:, 1], whole.surprisal, atol=1e-5)
    np.testing.assert_allclose(found.entropy[:, 1], whole.entropy, atol=1e-5)
    assert float(found.bits_per_byte[1]) == pytest.approx(float(whole.bits_per_byte), rel=1e-6)
    assert found.best is not None
    assert found.best.surprisal <= found.surprisal.mean(0).min() + 1e-6
    assert (np.diff(found.entropy.mean(0)) > 0).all()
    json.dumps(found.to_dict(), allow_nan=False)
    assert len(found.to_frame()) == 3
    assert "temperature" in found.figure().data


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([1.0, 2.0], [-1.0]), {}, InvalidArgument, "temperatures must lie between 0 and inf"),
        (([1.0, 2.0], [np.nan]), {}, InvalidArgument, "temperatures must lie between"),
        (([1.0, 2.0], []), {}, InvalidArgument, "at least one number"),
        (([np.nan, 2.0],), {}, InvalidArgument, "must be logits"),
        (([-np.inf, -np.inf],), {}, InvalidArgument, "a row of -inf alone"),
        ((np.zeros((2, 2, 2)),), {}, InvalidArgument, "shape"),
        (([1.0, 2.0],), {"targets": [2]}, InvalidArgument, "targets must lie between 0 and 1"),
        (([1.0, 2.0],), {"targets": [0.5]}, InvalidArgument, "whole numbers"),
        (({},), {}, WrongType, "be a text or numbers"),
        (("",), {}, InvalidArgument, "at least one byte"),
        (("a",), {"targets": [1]}, InvalidArgument, "left out for a text"),
        (("a",), {"model": 3}, WrongType, "loaded model"),
    ],
    ids=["negative", "nan", "none", "nan logit", "no outcome", "cube", "far target", "half target",
         "mapping", "empty", "text targets", "model"],
)  # fmt: skip
def test_refusals_are_one_sentence(
    arguments: tuple, options: dict, error: type[InfoscopeError], message: str
) -> None:
    with pytest.raises(error, match=message):
        temperature_sweep(*arguments, **options)


def test_logits_alone_have_no_cost() -> None:
    found = temperature_sweep(infoscope.Logits(LOGITS), [1.0, 2.0])
    assert found.best is None
    assert found.entropy[0, 0] == pytest.approx(0.9930151163683179)
    with pytest.raises(InvalidArgument, match="Pass targets="):
        _ = found.mean_surprisal
    with pytest.raises(InvalidArgument, match="be of a text"):
        _ = found.bits_per_byte
