"""Comparing two models: divergences against a slow float64 sum, identities, awkward models."""

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

import infoscope
from infoscope.core.errors import InfoscopeError, InvalidArgument, ModelError, WrongType
from infoscope.language import LanguageModel, compare, score
from infoscope.language.compare_models import difference_of_vocabularies
from infoscope.language.compare_rows import DivergenceReader, TokenDivergences
from infoscope.language.comparison import ModelComparison, Reading
from infoscope.language.contract import HiddenStates, LogitRows, Prediction, Tokens

TEXT = b"the cat and the hat, then \xf0\x9f\x98\x80 \xff the end."


class Letters:
    """Bytes as tokens; logits depend on the last two of them. `cut` joins pairs of bytes."""

    context_limit: int | None = 64
    default_context = 16
    dtype = "float32"
    n_vocabulary = 257
    prefix = 256

    def __init__(self, seed: int, name: str = "letters", scale: float = 1.0) -> None:
        self.name = name
        rng = np.random.default_rng(seed)
        self.tables: np.ndarray = (scale * rng.normal(size=(2, 257, 257))).astype(np.float32)

    def encode(self, text: bytes) -> Tokens:
        places = np.arange(len(text))
        return Tokens(np.frombuffer(text, np.uint8).astype(np.int64), places, places + 1)

    def decode(self, ids: Sequence[int]) -> bytes:
        return bytes(ids)

    def spell(self, token: int) -> bytes:
        return b"<start>" if token == 256 else bytes([token])

    def logits(self, window: np.ndarray, start: int = 0) -> np.ndarray:
        before = np.concatenate([[self.prefix], window[:-1]])
        return (self.tables[0][window] + self.tables[1][before])[start:]

    def predict(self, window: np.ndarray, start: int = 0) -> Prediction:
        return LogitRows(self.logits(window, start))


class Pairs(Letters):
    """The same contract over pairs of bytes: another tokenizer, 65536 pairs and single bytes."""

    n_vocabulary = 65536 + 257
    prefix = 65536 + 256

    def encode(self, text: bytes) -> Tokens:
        edges = np.unique(np.append(np.arange(0, len(text), 2), len(text)))
        ids = [
            text[a] * 256 + text[a + 1] if b - a == 2 else 65536 + text[a]
            for a, b in pairwise(edges.tolist())
        ]
        return Tokens(np.array(ids), edges[:-1], edges[1:])

    def spell(self, token: int) -> bytes:
        if token >= 65536:
            return b"<start>" if token == self.prefix else bytes([token - 65536])
        return bytes(divmod(token, 256))

    def predict(self, window: np.ndarray, start: int = 0) -> Prediction:
        return LogitRows(np.zeros((len(window) - start, self.n_vocabulary), np.float32))


def reference(za: np.ndarray, zb: np.ndarray):
    """KL both ways and JS by their definitions, in float64."""
    la, lb = log_softmax(za.astype(float), -1), log_softmax(zb.astype(float), -1)
    pa, pb = np.exp(la), np.exp(lb)
    mean = (pa + pb) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        forward = np.where(pa > 0, pa * (la - lb), 0.0).sum(-1)
        backward = np.where(pb > 0, pb * (lb - la), 0.0).sum(-1)
        lm = np.log(mean)
        shannon = 0.5 * (
            np.where(pa > 0, pa * (la - lm), 0.0) + np.where(pb > 0, pb * (lb - lm), 0.0)
        ).sum(-1)
    return forward, backward, shannon


@pytest.mark.parametrize("n_vocabulary", [1, 2, 7, 1000])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 3000.0])
def test_rows_agree_with_the_definitions_in_float64(n_vocabulary: int, scale: float) -> None:
    rng = np.random.default_rng(n_vocabulary)
    za, zb = (rng.normal(size=(2, 19, n_vocabulary)) * scale).astype(np.float32)
    targets = rng.integers(n_vocabulary, size=19)
    out = TokenDivergences.empty(19)
    DivergenceReader(n_vocabulary).read(LogitRows(za), LogitRows(zb), targets, out)
    forward, backward, shannon = reference(za, zb)
    np.testing.assert_allclose(out.kl_divergence, forward, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(out.reverse_kl_divergence, backward, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(out.jensen_shannon, shannon, rtol=1e-10, atol=1e-12)
    for side, z in (("a", za), ("b", zb)):
        log_p = log_softmax(z.astype(float), -1)
        reached = np.take_along_axis(log_p, targets[:, None], 1)[:, 0]
        np.testing.assert_allclose(getattr(out, f"surprisal_{side}"), -reached, atol=1e-10)
        np.testing.assert_array_equal(getattr(out, f"top_{side}"), z.argmax(-1))
        np.testing.assert_allclose(
            getattr(out, f"top_probability_{side}"), np.exp(log_p.max(-1)), rtol=1e-12
        )
        entropy = infoscope.entropy(infoscope.Logits(z.astype(float)))
        np.testing.assert_allclose(getattr(out, f"entropy_{side}"), entropy, atol=1e-10)


def test_hidden_states_are_multiplied_out_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infoscope.language.compare_rows._PRODUCT_BYTES", 4 * 700 * 8)
    monkeypatch.setattr("infoscope.language.compare_rows._REDUCE_BYTES", 8 * 700 * 3)
    rng = np.random.default_rng(0)
    states, weights = rng.normal(size=(2, 37, 16)), rng.normal(size=(2, 700, 16))
    a, b = (
        HiddenStates(torch.tensor(s).float(), torch.tensor(w).float())
        for s, w in zip(states, weights, strict=True)
    )
    out = TokenDivergences.empty(40)
    DivergenceReader(700).read(a, b, rng.integers(700, size=37), out, 3)
    forward, backward, shannon = reference(*np.einsum("mtw,mvw->mtv", states, weights))
    np.testing.assert_allclose(out.kl_divergence[3:], forward, rtol=1e-4)
    np.testing.assert_allclose(out.reverse_kl_divergence[3:], backward, rtol=1e-4)
    np.testing.assert_allclose(out.jensen_shannon[3:], shannon, rtol=1e-4)


def test_what_one_model_excludes_makes_kl_infinite_and_js_finite() -> None:
    """p = (1/2, 1/2, 0), q = (1, 0, 0): KL(p‖q) = inf, KL(q‖p) = ln 2; m = (3/4, 1/4, 0)."""
    half = np.log(0.5)
    p, q = np.array([[half, half, -np.inf]]), np.array([[0.0, -np.inf, -np.inf]])
    out = TokenDivergences.empty(1)
    DivergenceReader(3).read(LogitRows(p), LogitRows(q), np.array([0]), out)
    assert out.kl_divergence[0] == np.inf
    assert out.reverse_kl_divergence[0] == pytest.approx(np.log(2), abs=1e-15)
    by_hand = np.log(2) - 0.75 * np.log(3) / 2 - 0.25 * np.log(1)  # H(m) - H(p)/2 - H(q)/2
    by_hand = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) - 0.5 * np.log(2)
    assert out.jensen_shannon[0] == pytest.approx(by_hand, abs=1e-15)


def test_disjoint_predictions_are_one_bit_apart() -> None:
    p, q = np.array([[0.0, -np.inf]]), np.array([[-np.inf, 0.0]])
    out = TokenDivergences.empty(1)
    DivergenceReader(2).read(LogitRows(p), LogitRows(q), np.array([0]), out)
    assert out.jensen_shannon[0] == pytest.approx(np.log(2), abs=1e-15)
    assert out.kl_divergence[0] == out.reverse_kl_divergence[0] == np.inf


def test_tiny_masses_far_below_the_smallest_double_do_no_harm() -> None:
    """One logit lies 2000 below the rest in both: its mass underflows to 0 in both."""
    z = np.array([[0.0, 1.0, -2000.0]], np.float32)
    out = TokenDivergences.empty(1)
    DivergenceReader(3).read(LogitRows(z), LogitRows(z[:, [1, 0, 2]]), np.array([0]), out)
    p = 1 / (1 + np.e)
    assert out.kl_divergence[0] == pytest.approx(1 - 2 * p, rel=1e-13)


@given(st.integers(0, 10**6), st.floats(0.001, 20.0), st.floats(1e-6, 5.0))
def test_gibbs_and_the_bounds_of_jensen_shannon(seed: int, scale: float, apart: float) -> None:
    rng = np.random.default_rng(seed)
    za = rng.normal(size=(4, 50)) * scale
    zb = za + rng.normal(size=(4, 50)) * apart
    out = TokenDivergences.empty(4)
    DivergenceReader(50).read(LogitRows(za), LogitRows(zb), np.zeros(4, np.int64), out)
    assert (out.kl_divergence >= -1e-13).all()
    assert (out.reverse_kl_divergence >= -1e-13).all()
    least = np.minimum(out.kl_divergence, out.reverse_kl_divergence) / 2 + 1e-13
    assert (out.jensen_shannon >= -1e-13).all()
    assert (out.jensen_shannon <= np.minimum(least, np.log(2) + 1e-13)).all()


@pytest.mark.parametrize("scale", [1e-4, 3.0, 500.0])
def test_equal_rows_are_exactly_zero_apart(scale: float) -> None:
    rows = (np.random.default_rng(1).normal(size=(64, 999)) * scale).astype(np.float32)
    out = TokenDivergences.empty(64)
    DivergenceReader(999).read(LogitRows(rows), LogitRows(rows), np.zeros(64, np.int64), out)
    for column in (out.kl_divergence, out.reverse_kl_divergence, out.jensen_shannon):
        assert (column == 0.0).all()
        assert not np.signbit(column).any()


def brute_force(a: Letters, b: Letters, text: bytes, context: int):
    """Disjoint windows, one token of overlap, the last filled from the left: by hand."""
    ids = np.frombuffer(text, np.uint8).astype(np.int64)
    rows: list[tuple[np.ndarray, np.ndarray]] = []
    done = 0
    while done < len(ids):
        last = min(done + context, len(ids))
        begin = max(last - context, 0)
        before = [256] if begin == 0 else [ids[begin - 1]]
        window = np.concatenate([before, ids[begin : last - 1]]).astype(np.int64)
        skip = len(window) - (last - done)
        rows.append((a.logits(window, skip), b.logits(window, skip)))
        done = last
    return tuple(np.concatenate(side) for side in zip(*rows, strict=True))


@pytest.mark.parametrize("context", [2, 7, 16, 64])
def test_a_comparison_is_the_slow_sum_over_the_windows(context: int) -> None:
    a, b = Letters(0, "first"), Letters(1, "second")
    found = compare(TEXT, a, b, context=context)
    forward, backward, shannon = reference(*brute_force(a, b, TEXT, context))
    assert found.divergences is not None
    np.testing.assert_allclose(found.divergences.kl_divergence, forward, rtol=1e-10)
    assert float(found.kl_divergence) == pytest.approx(forward.mean(), rel=1e-12)
    assert float(found.reverse_kl_divergence) == pytest.approx(backward.mean(), rel=1e-12)
    assert float(found.jensen_shannon_divergence) == pytest.approx(shannon.mean(), rel=1e-12)
    assert found.kl_divergence.unit == "nats/token"


def test_costs_are_those_of_scoring_each_model_alone(tiny: LanguageModel) -> None:
    other = Letters(1)
    for pair in ((other, Letters(2)), (tiny, tiny)):
        found = compare(TEXT, *pair, context=16)
        for side, model in zip((found.a, found.b), pair, strict=True):
            alone = score(TEXT, model, context=16)
            np.testing.assert_allclose(side.surprisal, alone.surprisal, atol=2e-5)
            np.testing.assert_allclose(side.entropy, alone.entropy, atol=2e-5)


def test_a_model_and_itself_differ_by_exactly_nothing(tiny: LanguageModel) -> None:
    for model in (tiny, Letters(3)):
        found = compare(TEXT, model, model)
        assert float(found.kl_divergence) == float(found.jensen_shannon_divergence) == 0.0
        assert float(found.difference) == 0.0
        assert found.test.p_value == 1.0
        assert float(found.top_agreement) == float(found.perplexity_ratio) == 1.0


def test_directions_swap_with_the_models() -> None:
    a, b = Letters(0), Letters(1)
    there, back = compare(TEXT, a, b), compare(TEXT, b, a)
    assert float(there.kl_divergence) == float(back.reverse_kl_divergence)
    assert float(there.difference) == -float(back.difference)
    assert there.test.p_value == back.test.p_value
    assert float(there.perplexity_ratio) == pytest.approx(1 / float(back.perplexity_ratio))


def test_delta_p_quantiles_and_the_ratio_by_their_definitions() -> None:
    found = compare(TEXT, Letters(0), Letters(1))
    change = np.exp(-found.b.surprisal) - np.exp(-found.a.surprisal)
    np.testing.assert_allclose(found.delta_p, change, rtol=1e-14)
    assert float(found.mean_delta_p) == pytest.approx(change.mean(), rel=1e-12)
    assert float(found.rms_delta_p) == pytest.approx(np.sqrt((change**2).mean()), rel=1e-12)
    ratio = np.exp(found.b.surprisal.mean() - found.a.surprisal.mean())
    assert float(found.perplexity_ratio) == pytest.approx(ratio, rel=1e-12)
    assert found.divergences is not None
    kl = np.sort(found.divergences.kl_divergence)
    shares = found.quantiles("kl_divergence", [0.0, 1.0])
    assert shares == {0.0: kl[0], 1.0: kl[-1]}
    with pytest.raises(InvalidArgument, match=r"ModelComparison\.quantiles: of must be one of"):
        found.quantiles("entropy")


def test_the_worst_places_are_listed_in_context() -> None:
    a, b = Letters(0), Letters(1)
    found = compare(TEXT, a, b)
    assert found.divergences is not None
    worst = found.most_different(3)
    top = np.argsort(-found.divergences.kl_divergence)[:3]
    assert [each.index for each in worst] == top.tolist()
    first = worst[0]
    assert first.piece == TEXT[first.start : first.end]
    assert first.choice_a is not None
    assert first.choice_a[0] == a.spell(int(found.divergences.top_a[first.index]))
    assert len(found.most_different(10**6)) == len(TEXT)
    with pytest.raises(InvalidArgument, match="k must be at least 0"):
        found.most_different(-1)


def test_different_tokenizers_are_compared_byte_by_byte() -> None:
    """257 even choices per byte against 65793 per two bytes: both are known in closed form."""
    text = TEXT[: 2 * (len(TEXT) // 2)]
    found = compare(text, Letters(0, scale=0.0), Pairs(0))
    assert found.divergences is None
    assert not found.same_tokenizer
    by_hand = np.log2(65793) / 2 - np.log2(257)
    assert float(found.difference) == pytest.approx(by_hand, rel=1e-6)
    assert found.difference.stderr == pytest.approx(0.0, abs=1e-6)
    assert found.n_places == len(text) // 2
    assert "257 and 65,793" in found.why_not
    with pytest.raises(InvalidArgument, match=r"kl_divergence: the models must share a vocabulary"):
        _ = found.kl_divergence
    assert {"difference", "bits_per_byte_a", "bits_per_byte_b"} == set(found.estimates)


def test_the_difference_is_that_of_the_two_code_lengths() -> None:
    for other in (Letters(1), Pairs(1)):
        found = compare(TEXT, Letters(0), other)
        apart = float(found.bits_per_byte_b) - float(found.bits_per_byte_a)
        assert float(found.difference) == pytest.approx(apart, abs=1e-12)


def test_a_paired_error_bar_is_narrower_than_two_apart() -> None:
    a = Letters(0)
    b = Letters(0)
    b.tables = a.tables + np.random.default_rng(5).normal(size=a.tables.shape, scale=0.05).astype(
        "f4"
    )
    found = compare(TEXT * 20, a, b)
    assert found.difference.stderr is not None
    assert found.bits_per_byte_a.stderr is not None
    assert found.difference.stderr < 0.2 * found.bits_per_byte_a.stderr


def _paired(a: np.ndarray, b: np.ndarray) -> ModelComparison:
    places = np.arange(len(a))
    sides = [Reading("m", {}, places, places + 1, paid, paid) for paid in (a, b)]
    return ModelComparison(bytes(len(a)), sides[0], sides[1], None, "made for a test")


def test_the_paired_test_keeps_its_size_under_serial_correlation() -> None:
    """Autoregressive differences (0.5) of mean 0: a 5 % test rejects in 5 % of 400 texts.

    The standard deviation of that share is 1.1 %; batch means of 20 blocks lean high by little.
    """
    rng = np.random.default_rng(11)
    rejected = 0
    for _ in range(400):
        noise = rng.normal(size=900)
        for i in range(1, 900):
            noise[i] += 0.5 * noise[i - 1]
        found = _paired(np.full(900, 5.0), 5.0 + noise)
        rejected += found.test.p_value < 0.05
    assert 0.02 < rejected / 400 < 0.09


def test_infinite_costs_are_told_not_hidden() -> None:
    found = _paired(np.array([1.0, np.inf, 1.0, 1.0]), np.ones(4))
    assert float(found.difference) == -np.inf
    assert found.test.how == "not possible: no error bar"
    assert np.isnan(found.test.p_value)


def test_one_byte_is_enough_for_numbers_without_error_bars() -> None:
    found = compare(b"x", Letters(0), Letters(1))
    assert found.kl_divergence.stderr is None
    assert np.isnan(found.test.p_value)
    assert found.most_different()[0].piece == b"x"
    json.dumps(found.to_dict(), allow_nan=False)


def test_vocabularies_are_told_apart() -> None:
    a, b = Letters(0), Letters(1)
    tokens = a.encode(TEXT)
    assert difference_of_vocabularies(a, b, tokens, b.encode(TEXT)) == ""

    class Renamed(Letters):
        def spell(self, token: int) -> bytes:
            return b"?" if token == 7 else super().spell(token)

    why = difference_of_vocabularies(a, Renamed(1), tokens, tokens)
    assert why == "token 7 is b'\\x07' to one and b'?' to the other"
    shifted = Tokens(tokens.ids + 1, tokens.starts, tokens.ends)
    assert "differently" in difference_of_vocabularies(a, b, tokens, shifted)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((b"", "uniform", "uniform"), InvalidArgument, "text must hold at least one byte"),
        ((3, "uniform", "uniform"), WrongType, "text must be str or bytes; got int"),
        (("x", 4, Letters(0)), WrongType, "model_a must be a name"),
        (("x", Letters(0), None), WrongType, "model_b must be a name"),
        (("\ud800", Letters(0), Letters(0)), InvalidArgument, "surrogate"),
    ],
    ids=["empty", "number", "model_a", "model_b", "surrogate"],
)
def test_refusals_are_one_sentence(
    arguments: tuple, error: type[InfoscopeError], message: str
) -> None:
    arguments = tuple(Letters(0) if each == "uniform" else each for each in arguments)
    with pytest.raises(error, match=message):
        compare(*arguments)


@pytest.mark.parametrize("value", [1, 65, 0])
def test_the_context_must_suit_both_models(value: int) -> None:
    with pytest.raises(InvalidArgument, match=r"context must lie between 2 and 64"):
        compare(TEXT, Letters(0), Letters(1), context=value)


def test_nan_is_the_models_fault() -> None:
    bad = Letters(1, "broken")
    bad.tables[0][:] = np.nan
    with pytest.raises(ModelError, match="logits of model B must be numbers; got NaN"):
        compare(TEXT, Letters(0), bad)


@pytest.mark.parametrize("other", [Letters(1, "B<&>"), Pairs(1, "pairs")], ids=["same", "other"])
def test_results_leave_as_json_frame_and_page(other: LanguageModel, tmp_path: Path) -> None:
    found = compare(TEXT * 4, Letters(0, "A"), other)
    read = json.loads(found.save_json(tmp_path / "c.json").read_text())
    assert read["unit"] == "nats"
    assert len(read["places"]) == found.n_places == len(found.to_frame())
    assert "".join(each["text"] for each in read["places"]).startswith("the cat")
    html = found.save_html(tmp_path / "c.html").read_text()
    assert "<script" not in html
    assert "B<&>" not in html
    assert "Where they differ most" in html
    assert found.a.model in repr(found)


def test_a_page_of_equal_models_says_so(tmp_path: Path) -> None:
    found = compare(TEXT, Letters(0), Letters(0))
    assert "exactly 0" in found.save_html(tmp_path / "same.html").read_text()
