"""Transfer entropy and entropy rate: processes whose rate is known, and codes that add up."""

import itertools
import math
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import infoscope.estimate as est
from infoscope.core.errors import InvalidArgument
from infoscope.estimate.estimators.entropy_rate.context_tree import code_lengths
from infoscope.estimate.estimators.entropy_rate.lempel_ziv import match_lengths
from infoscope.estimate.sequences import variance_inflation
from infoscope.measures import conditional_mutual_information


def markov(n: int, stay: float, seed: int) -> np.ndarray:
    """Return a symmetric two-state chain that keeps its state with chance `stay`."""
    moves = np.random.default_rng(seed).random(n) > stay
    return np.cumsum(moves) % 2


def binary_entropy(p: float) -> float:
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


# -- transfer entropy -----------------------------------------------------------------------------


def test_a_noisy_copy_of_the_past_has_the_capacity_of_its_channel() -> None:
    """y_t = x_(t-1) flipped with chance 0.1, x fair coins: TE = log 2 - h(0.1)."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, 4000)
    y = np.roll(x, 1) ^ (rng.random(4000) < 0.1)
    e = est.transfer_entropy(x, y)
    truth = math.log(2) - binary_entropy(0.1)
    assert e.interval is not None
    assert e.interval.low <= truth <= e.interval.high
    assert est.transfer_entropy(y, x).value < 0.002
    assert est.transfer_entropy(x, y, lag=2).value < 0.002


def test_it_is_the_conditional_information_of_the_shifted_columns() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 3, 300), rng.integers(0, 3, 300)
    flags = {"discrete_x": True, "discrete_y": True}
    e = est.transfer_entropy(x, y, lag=2, history=(1, 2), method="plugin", **flags)
    z = np.column_stack([y[1:-1], y[:-2]])
    by_hand = est.conditional_mutual_information(
        x[:-2], y[2:], z, method="plugin", **flags, discrete_z=True
    )
    assert e.value == pytest.approx(by_hand.value, abs=1e-12)
    assert e.n == 298
    assert e.settings["lag"] == 2


@pytest.mark.parametrize("bad", [{"lag": 0}, {"history": 0}, {"history": (1, 0)}, {"lag": 1.5}])
def test_wrong_delays_are_refused(bad: dict) -> None:
    with pytest.raises(InvalidArgument, match="a whole number, 1 or more"):
        est.transfer_entropy([1, 2] * 9, [1, 2] * 9, **bad)


def test_series_shorter_than_their_history_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="at least 7 rows"):
        est.transfer_entropy([1, 2, 1, 2], [1, 2, 2, 1], lag=5)


# -- entropy rate ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "within"), [("block", 0.02), ("context_tree", 0.02)])
@pytest.mark.parametrize("stay", [0.9, 0.6])
def test_a_markov_chain_has_the_rate_of_its_transitions(method, within, stay) -> None:
    e = est.entropy_rate(markov(4000, stay, 3), method=method)
    assert e.value == pytest.approx(binary_entropy(stay), abs=within)
    assert e.unit == "nats/symbol"


def test_match_lengths_come_near_and_no_nearer() -> None:
    e = est.entropy_rate(markov(6000, 0.8, 4), method="lempel_ziv")
    assert e.value == pytest.approx(binary_entropy(0.8), rel=0.15)


def test_the_error_bar_knows_that_symbols_are_correlated() -> None:
    values = [
        est.entropy_rate(markov(1500, 0.95, seed), method="block").value for seed in range(60)
    ]
    claimed = [
        est.entropy_rate(markov(1500, 0.95, seed), method="block").stderr for seed in range(20)
    ]
    assert np.mean(claimed) == pytest.approx(np.std(values), rel=0.35)


@given(st.lists(st.integers(0, 2), min_size=0, max_size=6))
@settings(max_examples=30, deadline=None)
def test_the_context_tree_predicts_with_probabilities_that_sum_to_one(start: list[int]) -> None:
    total = sum(math.exp(-code_lengths([*start, s], 3, 3)[-1]) for s in range(3))
    assert total == pytest.approx(1.0, abs=1e-12)


def test_the_context_tree_is_the_mixture_over_all_trees() -> None:
    """Depth 1: half the memoryless mixture, half one mixture for each previous symbol."""
    sequence = [0, 1, 1, 0, 1, 1, 1, 0]

    def mixture(counts_in_order: list[int]) -> float:
        p, seen = 1.0, [0.0, 0.0]
        for s in counts_in_order:
            p *= (seen[s] + 0.5) / (sum(seen) + 1.0)
            seen[s] += 1
        return p

    head = code_lengths(sequence[:1], 2, 1)[0]  # the first symbol has no context to split by
    flat = mixture(sequence)
    split = math.exp(-head)
    for context in (0, 1):
        split *= mixture([b for a, b in itertools.pairwise(sequence) if a == context])
    assert code_lengths(sequence, 2, 1).sum() == pytest.approx(-math.log((flat + split) / 2))


def test_text_is_coded_below_what_a_general_compressor_needs() -> None:
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "that", "dog", "on", "its", "log"]
    text = " ".join(np.random.default_rng(5).choice(words, 3000))
    rate = est.entropy_rate(text, unit="bits")
    assert rate.value < 8 * len(zlib.compress(text.encode(), 9)) / len(text)
    assert rate.unit == "bits/symbol"


@given(st.lists(st.integers(0, 1), min_size=2, max_size=24))
@settings(max_examples=60, deadline=None)
def test_match_lengths_by_looking_everywhere(symbols: list[int]) -> None:
    n = len(symbols)
    text = "".join(map(str, symbols))
    expected = []
    for i in range(1, n // 2 + 1):
        length = 0
        while i + length < n and text[i : i + length + 1] in text[:i]:
            length += 1
        expected.append(1.0 + length)
    assert match_lengths(symbols).tolist() == expected


def test_repetitive_sequences_take_linear_time() -> None:
    for sequence in ("ab" * 25_000, "a" * 50_000):
        assert est.entropy_rate(sequence, method="lempel_ziv").value < 0.001
        assert est.entropy_rate(sequence, method="block").value < 0.001


def test_bytes_text_and_numbers_are_the_same_sequence() -> None:
    values = {
        est.entropy_rate(s).value for s in ("abracadabra", b"abracadabra", list("abracadabra"))
    }
    assert len(values) == 1


@pytest.mark.parametrize(
    ("kwargs", "match"),
    [
        ({"method": "block", "memory": -1}, "memory must be a whole number"),
        ({"method": "context_tree", "depth": 2.5}, "depth must be a whole number"),
    ],
)
def test_wrong_depths_are_refused(kwargs: dict, match: str) -> None:
    with pytest.raises(InvalidArgument, match=match):
        est.entropy_rate("abracadabra", **kwargs)


def test_a_gap_in_a_sequence_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="missing"):
        est.entropy_rate(["a", None] * 10)


def test_correlated_local_values_widen_the_error_bar() -> None:
    """Values kept for m steps each have a mean with m times the variance."""
    steps = np.random.default_rng(6).normal(size=2000)
    assert variance_inflation(steps) == pytest.approx(1.0, abs=0.25)
    assert variance_inflation(np.repeat(steps, 4)) == pytest.approx(4.0, rel=0.2)
    assert variance_inflation(np.zeros(9)) == 1.0


@pytest.mark.parametrize(("stay", "flip"), [(0.95, 0.2), (0.9, 0.5)])
def test_the_interval_of_transfer_entropy_covers_for_slow_series(stay: float, flip: float) -> None:
    p = np.zeros((2, 2, 2))  # y before, x before, y now
    for a, yb, xb, y in itertools.product((0, 1), repeat=4):
        chance = (1 - flip if yb == a else flip) * (stay if xb == a else 1 - stay) / 2
        p[yb, xb, y] += chance * (1 - flip if y == xb else flip)
    truth = float(conditional_mutual_information(p.transpose(1, 2, 0)))
    inside = 0
    for seed in range(60):
        x = markov(801, stay, seed)
        y = np.roll(x, 1) ^ (np.random.default_rng([7, seed]).random(801) < flip)
        e = est.transfer_entropy(x[1:], y[1:])
        assert e.interval is not None
        inside += e.interval.low <= truth <= e.interval.high
    assert inside / 60 >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 60)


def test_series_that_hardly_move_are_pointed_out() -> None:
    x = np.cumsum(np.random.default_rng(8).normal(size=300))
    y = np.random.default_rng(9).normal(size=300)
    assert any("x moves slowly" in note for note in est.transfer_entropy(x, y).notes)
    assert not any("slowly" in note for note in est.transfer_entropy(y, y[::-1]).notes)
