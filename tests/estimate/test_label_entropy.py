"""Entropies of labels: against values by hand, published numbers and high-precision integrals."""

import json
import math
from collections import Counter
from pathlib import Path

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from infoscope.core.errors import InvalidArgument
from infoscope.estimate import entropy
from infoscope.estimate.estimators.entropy import nsb
from infoscope.estimate.label_counts import Folded, fold, jackknifed
from infoscope.estimate.registry import known_methods
from infoscope.estimate.variables import variable_of

DATA = Path(__file__).parents[1] / "data" / "estimate"
NDD = json.loads((DATA / "ndd_entropy.json").read_text())["cases"]
LABEL_METHODS = [
    "chao_shen", "grassberger", "jackknife", "james_stein", "miller_madow", "nsb", "plugin",
]  # fmt: skip


def sample(counts: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(counts)), counts)


def value(counts: list[int], method: str, **options: float) -> float:
    return entropy(sample(counts), method=method, interval=None, **options).value


def test_every_method_for_labels_is_here() -> None:
    assert set(LABEL_METHODS) <= set(known_methods("entropy"))


# -- reference ------------------------------------------------------------------------------------


def test_plugin_of_3_and_1_by_hand() -> None:
    assert value([3, 1], "plugin") == pytest.approx(math.log(4) - 0.75 * math.log(3), abs=1e-14)


def test_miller_madow_adds_symbols_less_one_over_2n() -> None:
    assert value([3, 1, 2], "miller_madow") - value([3, 1, 2], "plugin") == pytest.approx(2 / 12)


def test_grassberger_by_the_recurrence_of_its_function() -> None:
    """G(1) = -gamma - log 2, G(2) = G(1) + 2, G(2j+1) = G(2j), G(2j+2) = G(2j) + 2/(2j+1)."""
    g = [0.0, -np.euler_gamma - math.log(2), 2 - np.euler_gamma - math.log(2)]
    for j in range(1, 5):
        g += [g[2 * j], g[2 * j] + 2 / (2 * j + 1)]
    counts = [1, 1, 2, 3, 4, 7, 8, 9]
    expected = math.log(sum(counts)) - sum(c * g[c] for c in counts) / sum(counts)
    assert value(counts, "grassberger") == pytest.approx(expected, abs=1e-12)


def test_chao_shen_of_2_1_1_by_hand() -> None:
    """n = 4, two singletons: coverage 1/2, so p = 1/4, 1/8, 1/8."""
    terms = [(0.25, 1), (0.125, 2)]
    expected = -sum(k * p * math.log(p) / (1 - (1 - p) ** 4) for p, k in terms)
    assert value([2, 1, 1], "chao_shen") == pytest.approx(expected, abs=1e-14)


def test_james_stein_of_3_1_over_four_symbols_by_hand() -> None:
    """p = 3/4, 1/4: lambda = (1 - 10/16) / (3 (10/16 - 1/4)) = 1/3."""
    p = np.array([0.75, 0.25, 0, 0]) * 2 / 3 + 0.25 / 3
    expected = -float(p @ np.log(p))
    assert value([3, 1], "james_stein", n_symbols=4) == pytest.approx(expected, abs=1e-14)


def test_jackknife_equals_leaving_out_one_row_after_another() -> None:
    x = sample([4, 2, 1, 1])
    left = [entropy(np.delete(x, i), method="plugin", interval=None).value for i in range(x.size)]
    expected = x.size * value([4, 2, 1, 1], "plugin") - (x.size - 1) * np.mean(left)
    assert value([4, 2, 1, 1], "jackknife") == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    "case", NDD, ids=lambda c: f"n{c['n']}-k{c['k']}-{len(c['counts_nonzero'])}"
)
def test_nsb_and_plugin_agree_with_published_values(case: dict) -> None:
    counts, size = case["counts_nonzero"], case["k"]
    assert value(counts, "nsb", n_symbols=size) == pytest.approx(case["NSB"], abs=3e-3)
    assert value(counts, "plugin") == pytest.approx(case["plugin"], abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "size"),
    [([4, 2, 3, 2, 4, 2, 1, 1], 11), ([10], 10), ([1] * 5, 1000), ([9, 1], 3)],
)
def test_nsb_equals_its_integral_in_high_precision(counts: list[int], size: int) -> None:
    """The posterior mean by mpmath with 25 digits; the first is the manual example of R entropy."""
    mpmath.mp.dps = 25
    n, seen = sum(counts), Counter(counts).items()

    def evidence(b: mpmath.mpf) -> mpmath.mpf:
        rising = mpmath.fprod(mpmath.rf(b, c) ** times for c, times in seen)
        return rising / mpmath.rf(size * b, n)

    def slope(b: mpmath.mpf) -> mpmath.mpf:
        return size * mpmath.psi(1, size * b + 1) - mpmath.psi(1, b + 1)

    def mean(b: mpmath.mpf) -> mpmath.mpf:
        total = n + size * b
        terms = mpmath.fsum(times * (c + b) / total * mpmath.psi(0, c + b + 1) for c, times in seen)
        terms += (size - len(counts)) * b / total * mpmath.psi(0, b + 1)
        return mpmath.psi(0, total + 1) - terms

    top = bottom = mpmath.mpf(0)
    for step in range(-180, 180):  # b = e^u, u by fifths from -36 to 36: the ends weigh 1e-15
        b = mpmath.e ** (mpmath.mpf(step) / 5)
        weight = b * evidence(b) * slope(b)
        top, bottom = top + weight * mean(b), bottom + weight
    expected = float(top / bottom)
    assert value(counts, "nsb", n_symbols=size) == pytest.approx(expected, abs=1e-9)


def test_the_spread_of_nsb_is_that_of_draws_from_its_posterior() -> None:
    """At one concentration the posterior is Dirichlet: its moments of H against 40,000 draws."""
    rng = np.random.default_rng(3)
    counts, b = np.array([4, 2, 1, 0, 0]), 0.7
    folded = fold(counts)
    mean, square = nsb._moments(np.array([b]), folded, 5.0)
    p = rng.dirichlet(counts + b, 40_000)
    h = -(p * np.log(p)).sum(axis=1)
    assert mean[0] == pytest.approx(h.mean(), abs=4 * h.std() / 200)
    assert square[0] - mean[0] ** 2 == pytest.approx(h.var(), rel=0.03)


# -- identity -------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 30), min_size=2, max_size=12))
@settings(max_examples=40, deadline=None)
def test_corrections_only_ever_add_to_the_plugin_value(counts: list[int]) -> None:
    plugin = value(counts, "plugin")
    for method in ("miller_madow", "jackknife", "james_stein"):
        assert value(counts, method) >= plugin - 1e-12
    assert plugin <= math.log(len(counts)) + 1e-12


@given(st.lists(st.integers(1, 9), min_size=2, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_only_the_counts_matter(counts: list[int], random) -> None:
    rows = [f"name {i}" for i, c in enumerate(counts) for _ in range(c)]
    random.shuffle(rows)
    for method in LABEL_METHODS:
        assert entropy(rows, method=method).value == pytest.approx(value(counts, method), abs=1e-9)


def test_the_jackknife_over_classes_of_counts_is_that_over_rows() -> None:
    counts = np.array([5, 3, 3, 1])

    def seen(folded: Folded) -> float:
        return folded.seen * folded.n

    mean, stderr = jackknifed(fold(counts), seen)
    rows = sample(counts.tolist())
    left = np.array([len(set(np.delete(rows, i))) * 11.0 for i in range(12)])
    assert mean == pytest.approx(left.mean())
    assert stderr == pytest.approx(math.sqrt(11 / 12 * ((left - left.mean()) ** 2).sum()))


# -- bias, spread and coverage --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["chao_shen", "grassberger", "nsb"])
def test_large_alphabets_are_seen_through(method: str) -> None:
    """uniform over 1000 symbols, 1000 rows: the plug-in is 0.57 nats too low, these below 0.15."""
    rng = np.random.default_rng(5)
    truth = math.log(1000)
    rows = [rng.integers(0, 1000, 1000) for _ in range(5)]
    plugin = np.mean([entropy(x, method="plugin", interval=None).value for x in rows])
    corrected = np.mean([entropy(x, method=method, interval=None).value for x in rows])
    assert plugin < truth - 0.5
    assert abs(corrected - truth) < 0.15


@pytest.mark.parametrize("law", [[0.5, 0.5], [0.7, 0.2, 0.1], [0.02] * 50], ids=str)
def test_the_interval_of_auto_covers(law: list[float]) -> None:
    rng = np.random.default_rng(7)
    truth = -sum(p * math.log(p) for p in law)
    inside = 0
    for _ in range(200):
        e = entropy(rng.choice(len(law), 400, p=law))
        assert e.interval is not None
        inside += e.interval.low <= truth <= e.interval.high
    assert inside / 200 >= 0.90  # 0.95 less three standard errors of 200 draws


# -- adversarial ----------------------------------------------------------------------------------


def test_one_symbol_has_entropy_zero_and_says_what_it_cannot_exclude() -> None:
    e = entropy(["a"] * 10)
    assert e.value == 0.0
    assert e.interval is not None
    q = 1 - 0.05 ** (1 / 10)  # a symbol this likely is missed in 10 rows with chance 0.05
    expected = -q * math.log(q) - (1 - q) * math.log(1 - q)
    assert e.interval.high == pytest.approx(expected)
    assert any("Only one symbol" in note for note in e.notes)


def test_all_symbols_different_is_flagged() -> None:
    e = entropy([f"id {i}" for i in range(50)])
    assert any("do not trust the interval" in note for note in e.notes)


def test_an_alphabet_smaller_than_what_was_seen_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="n_symbols must be a number of symbols, at least"):
        entropy([1, 2, 3, 3], method="nsb", n_symbols=2)


def test_ten_million_rows_of_few_symbols_take_linear_time() -> None:
    rows = np.tile(np.array([0, 1, 1, 3], dtype=np.int8), 250_000)
    e = entropy(rows, method="plugin", unit="bits")
    assert e.value == pytest.approx(1.5, abs=1e-12)


def test_counts_of_a_million_rows_do_not_overflow_nsb() -> None:
    x = variable_of("x", "discrete", np.zeros((10**6, 0)), np.arange(10**6) % 7)
    raw = nsb.run(x, rng=np.random.default_rng(0), n_symbols=7)
    assert raw.nats == pytest.approx(math.log(7), abs=1e-5)


@pytest.mark.parametrize(("p", "n"), [(0.5, 100), (0.47, 300), (0.4, 200), (0.05, 200)])
def test_the_interval_of_a_coin_covers_in_all_its_samples(p, n):
    """Every number of heads, weighted by its chance: no simulation noise."""
    truth = -p * math.log(p) - (1 - p) * math.log(1 - p)
    chance = binom(n, p).pmf(np.arange(n + 1))
    covered = 0.0
    for heads in np.flatnonzero(chance > 1e-6):
        found = entropy(np.arange(n) < heads, method="jackknife")
        assert found.interval is not None
        covered += chance[heads] * (found.interval.low <= truth <= found.interval.high)
    assert 0.925 < covered < 0.99


def test_near_uniformity_the_interval_is_a_score_interval():
    even = entropy(np.arange(1000) % 10, discrete=True)
    skewed = entropy(np.repeat(np.arange(10), np.arange(10, 110, 10)), discrete=True)
    few = entropy(np.arange(80) % 10, discrete=True, method="jackknife")
    assert even.interval.how == "score, near uniformity"
    assert skewed.interval.how == few.interval.how == "jackknife"
    # 2 n (log k - H) is chi-squared with 9 degrees of freedom: its deviation is root 18
    assert even.stderr == pytest.approx(math.sqrt(18) / 2000)
    assert even.interval.low == math.log(10) < even.interval.high  # more even than by chance
