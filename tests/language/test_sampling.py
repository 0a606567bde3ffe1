"""Sampled continuations: filters by hand, frequencies against the law, seeds, diversity."""

import json
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from infoscope.core.errors import InfoscopeError, InvalidArgument, WrongType
from infoscope.language import LanguageModel, sample_continuations
from infoscope.language.contract import LogitRows, Prediction, Tokens
from infoscope.language.sampling import truncated
from infoscope.language.sampling_diversity import diversity_of

P = torch.tensor([0.1, 0.4, 0.3, 0.2], dtype=torch.float64)


class Coin:
    """Four letters with the probabilities of P, whatever came before."""

    name, n_vocabulary, prefix, default_context, dtype = "coin", 5, 4, 100, "float64"
    context_limit: int | None = 1000

    def encode(self, text: bytes) -> Tokens:
        places = np.arange(len(text))
        return Tokens(np.frombuffer(text, np.uint8) - np.int64(97), places, places + 1)

    def decode(self, ids: Sequence[int]) -> bytes:
        return bytes(97 + i for i in ids)

    def spell(self, token: int) -> bytes:
        return b"<start>" if token == 4 else bytes([97 + token])

    def predict(self, window: np.ndarray, start: int = 0) -> Prediction:
        row = np.append(np.log(P.numpy()), -np.inf)
        return LogitRows(np.tile(row, (len(window) - start, 1)))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.1, 0.4, 0.3, 0.2]),
        ({"temperature": 0.0}, [0, 1, 0, 0]),
        ({"temperature": 0.5}, [1 / 30, 16 / 30, 9 / 30, 4 / 30]),
        ({"temperature": math.inf}, [0.25] * 4),
        ({"top_k": 2}, [0, 4 / 7, 3 / 7, 0]),
        ({"top_k": 9}, [0.1, 0.4, 0.3, 0.2]),
        ({"top_p": 0.7}, [0, 4 / 7, 3 / 7, 0]),
        ({"top_p": 0.71}, [0, 4 / 9, 3 / 9, 2 / 9]),
        ({"top_p": 1e-9}, [0, 1, 0, 0]),
        ({"min_p": 0.5}, [0, 4 / 9, 3 / 9, 2 / 9]),
        ({"min_p": 1.0}, [0, 1, 0, 0]),
        ({"top_k": 3, "top_p": 0.5, "min_p": 0.9}, [0, 1, 0, 0]),
    ],
    ids=lambda value: "-".join(value) or "plain" if isinstance(value, dict) else "",
)  # fmt: skip
def test_filters_by_hand(options: dict, expected: list[float]) -> None:
    np.testing.assert_allclose(truncated(P.log(), **options), expected, rtol=1e-12, atol=1e-15)


def test_what_cannot_happen_is_never_drawn_even_evenly() -> None:
    log_p = torch.tensor([0.0, -math.inf, -1.0], dtype=torch.float64)
    assert truncated(log_p, math.inf).tolist() == [0.5, 0.0, 0.5]


def test_frequencies_follow_the_law() -> None:
    found = sample_continuations(b"", Coin(), n_samples=20, n_tokens=200, rng=5)
    counts = np.bincount(np.concatenate([each.ids for each in found.samples]), minlength=4)
    assert chisquare(counts, 4000 * P.numpy()).pvalue > 1e-4
    filtered = sample_continuations(b"", Coin(), n_samples=20, n_tokens=200, top_k=2, rng=5)
    counts = np.bincount(np.concatenate([each.ids for each in filtered.samples]), minlength=4)
    assert counts[[0, 3]].tolist() == [0, 0]
    assert chisquare(counts[1:3], [4000 * 4 / 7, 4000 * 3 / 7]).pvalue > 1e-4


def test_surprisal_is_that_of_the_model_itself() -> None:
    found = sample_continuations(b"ab", Coin(), n_samples=2, n_tokens=30, temperature=0.3)
    for each in found.samples:
        np.testing.assert_allclose(each.surprisal, -np.log(P.numpy())[each.ids], rtol=1e-12)
        assert each.text == "".join("abcd"[i] for i in each.ids)
    assert float(found.diversity["surprisal"]) < -float((P * P.log()).sum())


def test_equal_seeds_give_equal_samples_whatever_else_is_drawn(tiny: LanguageModel) -> None:
    few = sample_continuations(b"the", tiny, n_samples=2, n_tokens=12, rng=3)
    many = sample_continuations(b"the", tiny, n_samples=5, n_tokens=12, rng=3)
    other = sample_continuations(b"the", tiny, n_samples=2, n_tokens=12, rng=4)
    assert [each.ids.tolist() for each in few.samples] == [
        each.ids.tolist() for each in many.samples[:2]
    ]
    assert few.samples[0].ids.tolist() != few.samples[1].ids.tolist()
    assert few.samples[0].ids.tolist() != other.samples[0].ids.tolist()
    json.dumps(many.to_dict(), allow_nan=False)


def test_zero_temperature_is_greedy(tiny: LanguageModel) -> None:
    found = sample_continuations(b"the ", tiny, n_samples=2, n_tokens=6, temperature=0.0)
    ids = [tiny.prefix, *tiny.encode(b"the ").ids.tolist()]
    for step in range(6):
        rows = tiny.predict(np.array(ids), len(ids) - 1)
        z = (rows.states @ rows.weight.T).numpy()  # type: ignore[union-attr]
        ids.append(int(z[0].argmax()))
        assert found.samples[0].ids[step] == found.samples[1].ids[step] == ids[-1]


def test_a_stop_token_ends_its_sample() -> None:
    found = sample_continuations(b"", Coin(), n_samples=6, n_tokens=50, stop=[1], rng=1)
    for each in found.samples:
        assert each.ids[-1] == 1
        assert 1 not in each.ids[:-1]


def test_diversity_by_hand() -> None:
    samples = [np.array([1, 2, 3, 4, 1, 2, 3, 4]), np.array([1, 2, 3, 4, 5])]
    found = {name: value.value for name, value in diversity_of(samples).items()}
    assert found["distinct_1"] == 5 / 13
    assert found["distinct_2"] == 5 / 11  # 12 23 34 41 45 of 7 + 4
    assert found["repetition"] == 1 / 7  # 1234 twice among 5 + 2
    assert found["overlap"] == pytest.approx((1 / 4 + 1 / 2) / 2)
    counts = np.array(list(Counter([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 5]).values()))
    plain = -np.sum(counts / 13 * np.log(counts / 13))
    assert found["entropy_1"] == pytest.approx(plain + 4 / 26)


def test_error_bars_leave_one_sample_out() -> None:
    rng = np.random.default_rng(0)
    samples = [rng.integers(9, size=20) for _ in range(6)]
    paid = [rng.random(20) for _ in range(6)]
    found = diversity_of(samples, paid)["surprisal"]
    means = np.array([each.mean() for each in paid])
    assert found.value == pytest.approx(means.mean())
    assert found.stderr == pytest.approx(means.std(ddof=1) / math.sqrt(6))
    assert diversity_of(samples[:2])["distinct_1"].stderr is None
    assert math.isnan(diversity_of(samples[:1])["overlap"].value)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"temperature": -1.0}, InvalidArgument, "temperature must be at least 0"),
        ({"top_p": 0.0}, InvalidArgument, "top_p must lie above 0"),
        ({"top_p": 1.5}, InvalidArgument, "top_p must lie above 0 and be at most 1"),
        ({"min_p": 2.0}, InvalidArgument, "min_p"),
        ({"top_k": 0}, InvalidArgument, "top_k must be at least 1"),
        ({"top_k": 1.5}, WrongType, "top_k must be a whole number"),
        ({"n_samples": 0}, InvalidArgument, "n_samples"),
        ({"n_tokens": 2000}, InvalidArgument, "limit of 1000 tokens"),
    ],
    ids=["cold", "no mass", "much mass", "min_p", "top_k", "half", "none", "long"],
)
def test_refusals_are_one_sentence(
    options: dict, error: type[InfoscopeError], message: str
) -> None:
    with pytest.raises(error, match=message):
        sample_continuations(b"ab", Coin(), **options)


def test_models_and_prompts_of_the_wrong_kind() -> None:
    with pytest.raises(WrongType, match="prompt must be str or bytes"):
        sample_continuations(3, Coin())  # type: ignore[arg-type]
    with pytest.raises(WrongType, match="loaded model"):
        sample_continuations("a", 3)  # type: ignore[arg-type]
