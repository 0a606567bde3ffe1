"""Arithmetic and ANS coding near the surprisal; adaptive and conditional models; quantisation."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

import infoscope
from infoscope.codes import (
    AdaptiveModel,
    MarkovModel,
    StreamCoder,
    ans,
    arithmetic,
    krichevsky_trofimov,
    quantize,
)
from infoscope.core.errors import DataError, InvalidArgument, NotADistribution, WrongType

BOTH = pytest.mark.parametrize("coder", [arithmetic, ans], ids=["arithmetic", "ans"])
CHAIN = np.array([[0.97, 0.03, 0.0], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])


@BOTH
@pytest.mark.parametrize("k", [2, 27, 256, 5000])
def test_within_a_thousandth_of_the_ideal(coder: StreamCoder, k: int) -> None:
    rng = np.random.default_rng(k)
    p = rng.dirichlet(np.full(k, 0.3))
    s = rng.choice(k, size=200_000, p=p)
    blob = coder.encode(s, p)
    ideal = float(np.sum(infoscope.surprisal(p[s], unit="bits")))
    assert ideal <= 8 * len(blob) + 1 < 1.001 * ideal + 64
    assert np.array_equal(coder.decode(blob, p, s.size), s)


@BOTH
def test_a_million_symbols(coder: StreamCoder) -> None:
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(64))
    s = rng.choice(64, size=1_000_000, p=p)
    assert np.array_equal(coder.decode(coder.encode(s, p), p, s.size), s)


@BOTH
@given(data=st.data())
def test_round_trips_under_rows(coder: StreamCoder, data: st.DataObject) -> None:
    n, k = data.draw(st.integers(0, 40)), data.draw(st.integers(1, 9))
    weights = data.draw(
        st.lists(st.lists(st.integers(0, 99), min_size=k, max_size=k).filter(any),
                 min_size=n, max_size=n)
    )  # fmt: skip
    rows = np.array([np.array(w) / sum(w) for w in weights]).reshape(n, k)
    s = [data.draw(st.sampled_from(np.flatnonzero(row).tolist())) for row in rows]
    if n == 0:
        return
    blob = coder.encode(s, rows)
    assert coder.decode(blob, rows).tolist() == s


@BOTH
def test_adaptive_coding_costs_what_krichevsky_and_trofimov_say(coder: StreamCoder) -> None:
    s = np.random.default_rng(1).choice(5, size=9000, p=[0.6, 0.2, 0.1, 0.07, 0.03])
    blob = coder.encode(s, AdaptiveModel(5))
    ideal = krichevsky_trofimov(s, 5, unit="bits").sum()
    assert abs(8 * len(blob) - ideal) < 0.001 * ideal + 64
    assert np.array_equal(coder.decode(blob, AdaptiveModel(5), s.size), s)


@BOTH
def test_conditional_coding_approaches_the_entropy_rate(coder: StreamCoder) -> None:
    rng = np.random.default_rng(2)
    s = [0]
    for _ in range(19_999):
        s.append(int(rng.choice(3, p=CHAIN[s[-1]])))
    model = MarkovModel(CHAIN)
    blob = coder.encode(s, model)
    chosen = np.array([1 / 3, *(CHAIN[a, b] for a, b in itertools.pairwise(s))])
    assert abs(8 * len(blob) - infoscope.surprisal(chosen, unit="bits").sum()) < 64
    assert coder.decode(blob, model, len(s)).tolist() == s
    learnt = coder.encode(s, AdaptiveModel(3, order=1))
    assert len(blob) < len(learnt) < len(coder.encode(s, AdaptiveModel(3)))
    assert coder.decode(learnt, AdaptiveModel(3, order=1), len(s)).tolist() == s


@BOTH
def test_impossible_symbols_and_bad_input_are_refused(coder: StreamCoder) -> None:
    with pytest.raises(InvalidArgument, match="2 at index 1, whose surprisal is infinite"):
        coder.encode([0, 2], [0.5, 0.5, 0.0])
    with pytest.raises(InvalidArgument, match="2 at index 1, whose surprisal is infinite"):
        coder.encode([0, 2], MarkovModel(CHAIN))
    with pytest.raises(InvalidArgument, match="lie in 0 to 1"):
        coder.encode([2], [0.5, 0.5])
    with pytest.raises(InvalidArgument, match="lie in 0 to 2"):
        coder.encode([3], AdaptiveModel(3))
    with pytest.raises(NotADistribution):
        coder.encode([0], [0.5, 0.6])
    with pytest.raises(InvalidArgument, match="one row for each of 2 symbols"):
        coder.encode([0, 1], np.full((3, 2), 0.5))
    with pytest.raises(WrongType):
        coder.encode([0.5], [0.5, 0.5])
    with pytest.raises(InvalidArgument, match="n must be given"):
        coder.decode(b"", [0.5, 0.5])
    assert coder.encode([], [0.5, 0.5]) == coder.encode([], AdaptiveModel(2))
    assert coder.decode(coder.encode([], [0.5, 0.5]), [0.5, 0.5], 0).size == 0


@BOTH
def test_data_of_the_wrong_length_are_refused(coder: StreamCoder) -> None:
    p = [0.7, 0.2, 0.1]
    s = np.random.default_rng(3).choice(3, size=5000, p=p)
    blob = coder.encode(s, p)
    with pytest.raises(DataError, match="whole words of 4 bytes; got 3 bytes"):
        coder.decode(blob[:3], p, 1)
    with pytest.raises(DataError, match="used up after 100 symbols"):
        coder.decode(blob, p, 100)
    with pytest.raises(DataError):
        coder.decode(blob + blob, p, s.size)


def test_models_say_what_they_need() -> None:
    with pytest.raises(InvalidArgument, match="order must be at least 0"):
        AdaptiveModel(2, order=-1)
    with pytest.raises(InvalidArgument, match="prior must be above 0"):
        AdaptiveModel(2, prior=0)
    with pytest.raises(InvalidArgument, match="square"):
        MarkovModel([[0.5, 0.5]])
    with pytest.raises(NotADistribution):
        MarkovModel([[0.5, 0.6], [0.5, 0.5]])
    with pytest.raises(InvalidArgument, match="initial must have 2 entries"):
        MarkovModel([[0.5, 0.5], [0.5, 0.5]], [1.0])


@given(s=st.lists(st.integers(0, 3), max_size=60), prior=st.sampled_from([0.5, 1.0, 0.1]))
def test_krichevsky_trofimov_in_closed_form(s: list[int], prior: float) -> None:
    """The product of the predictions is a ratio of gamma functions of the counts alone."""
    counts = np.bincount(s, minlength=4)
    closed = (
        gammaln(counts + prior).sum() - 4 * gammaln(prior)
        + gammaln(4 * prior) - gammaln(len(s) + 4 * prior)
    )  # fmt: skip
    lengths = krichevsky_trofimov(s, 4, prior=prior)
    assert lengths.sum() == pytest.approx(-closed, abs=1e-9)
    assert np.all(lengths > 0)


def test_krichevsky_trofimov_regret() -> None:
    """At most (k - 1)/2 log n + log k above n times the empirical entropy."""
    rng = np.random.default_rng(5)
    for k, n in ((2, 1), (2, 1000), (8, 5000)):
        s = rng.choice(k, size=n, p=rng.dirichlet(np.ones(k)))
        floor = n * infoscope.estimate.entropy(s, method="plugin").value if n > 1 else 0.0
        assert 0 <= krichevsky_trofimov(s, k).sum() - floor <= (k - 1) / 2 * np.log(n) + np.log(k)
    with pytest.raises(InvalidArgument, match="0 to 1"):
        krichevsky_trofimov([2], 2)


@pytest.mark.parametrize("seed", range(10))
def test_quantize_equals_exhaustive_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k, precision = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    p = rng.dirichlet(np.full(k, rng.choice([0.2, 1.0])))
    total = 2**precision
    best = min(
        float(np.sum(p * np.log2(p * total / np.array(f))))
        for f in itertools.product(range(1, total + 1), repeat=k)
        if sum(f) == total
    )
    found = quantize(p, precision)
    assert found.frequencies.sum() == total
    assert found.excess_bits == pytest.approx(best, abs=1e-12)


@given(w=st.lists(st.integers(0, 10**9), min_size=1, max_size=300).filter(any))
def test_quantized_frequencies_keep_the_support(w: list[int]) -> None:
    p = np.array(w) / sum(w)
    found = quantize(p, 12)
    assert found.frequencies.sum() == 4096
    assert np.array_equal(found.frequencies > 0, p > 0)
    assert found.probabilities.sum() == 1
    assert found.excess_bits >= 0


def test_precision_that_a_vocabulary_needs() -> None:
    p = np.random.default_rng(0).dirichlet(np.full(49152, 0.01))
    assert quantize(p, 16).excess_bits > 1
    assert quantize(p, 24).excess_bits < 0.01
    with pytest.raises(InvalidArgument, match="Use at least 16"):
        quantize(p, 12)
    with pytest.raises(InvalidArgument, match="1 to 48"):
        quantize([1.0], 60)
