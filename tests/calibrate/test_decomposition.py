"""The terms add up, mean what they say, and their intervals cover."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom

import infoscope
from infoscope import Logits
from infoscope.calibrate import brier_score, decompose, log_score, squared_calibration_error
from infoscope.core.errors import InvalidArgument, UnknownName

GROUPINGS = ["distinct", "equal_mass", "equal_width", "isotonic"]


def parts(d) -> float:
    return d.uncertainty.value - d.resolution.value + d.miscalibration.value + d.within.value


def h(p: float) -> float:
    return -(p * math.log(p) + (1 - p) * math.log(1 - p))


def test_the_worked_example() -> None:
    """0.9 came true in 8 of 10, 0.2 in 2 of 10: KL(0.8‖0.9) / 2 + h(0.2), derived by hand."""
    y = [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8
    d = decompose([0.9] * 10 + [0.2] * 10, y, grouping="distinct")
    kl = 0.8 * math.log(0.8 / 0.9) + 0.2 * math.log(0.2 / 0.1)
    assert d.miscalibration.value == pytest.approx(kl / 2, abs=1e-15)
    assert d.refinement.value == pytest.approx(h(0.2), abs=1e-15)
    assert d.uncertainty.value == pytest.approx(math.log(2), abs=1e-15)
    assert round(d.total.value, 12) == 0.522603927332
    assert round(d.miscalibration.value, 12) == 0.022201503793
    assert round(d.refinement.value, 12) == 0.500402423538
    bits = d.to("bits")
    assert bits.uncertainty.value == pytest.approx(1.0, abs=1e-15)
    assert bits.unit == "bits"


def test_the_brier_example_by_hand() -> None:
    y = [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8
    d = decompose([0.9] * 10 + [0.2] * 10, y, score="brier", grouping="distinct")
    assert d.uncertainty.value == pytest.approx(0.25, abs=1e-15)
    assert d.resolution.value == pytest.approx(0.09, abs=1e-15)
    assert d.miscalibration.value == pytest.approx(0.01 / 2, abs=1e-15)
    # Ferro & Fricker: minus o (1 - o) / (n_g - 1) in each group, times its share
    debiased = decompose(
        [0.9] * 10 + [0.2] * 10, y, score="brier", grouping="distinct", debiased=True
    )
    assert debiased.miscalibration.value == pytest.approx(0.005 - 0.16 / 9, abs=1e-15)
    assert debiased.uncertainty.value == pytest.approx(0.25 * 20 / 19, abs=1e-15)


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("grouping", GROUPINGS)
@pytest.mark.parametrize("score", ["log", "brier"])
@pytest.mark.parametrize("of", ["top_label", 3])
def test_terms_add_up_on_real_outputs(cifar, score, grouping, of, debiased) -> None:
    p, y = cifar
    d = decompose(p, y, score=score, of=of, grouping=grouping, debiased=debiased)
    assert abs(d.total.value - parts(d)) < 1e-12
    assert abs(d.gap) < 1e-12


@pytest.mark.parametrize("debiased", [False, True])
@pytest.mark.parametrize("grouping", ["auto", "distinct", "equal_width"])
@pytest.mark.parametrize("score", ["log", "brier"])
def test_all_classes_add_up_to_the_score(cifar, hpc, score, grouping, debiased) -> None:
    scorer = log_score if score == "log" else brier_score
    probs, labels, names = hpc
    for p, y, classes in ((*cifar, None), (probs, labels, names)):
        d = decompose(p, y, score=score, grouping=grouping, classes=classes, debiased=debiased)
        assert abs(d.total.value - parts(d)) < 1e-12
        assert d.total.value == pytest.approx(scorer(p, y, classes=classes).value, abs=1e-12)


def test_classwise_is_the_mean_over_classes(hpc) -> None:
    probs, labels, names = hpc
    for score in ("log", "brier"):
        d = decompose(probs, labels, score=score, of="classwise", classes=names, debiased=True)
        assert abs(d.gap) < 1e-12
        each = [
            decompose(probs, labels, score=score, of=name, classes=names, debiased=True)
            for name in names
        ]
        for term in ("total", "resolution", "miscalibration"):
            wanted = np.mean([getattr(one, term).value for one in each])
            assert getattr(d, term).value == pytest.approx(wanted, abs=1e-13)
        assert d.total.stderr is None
    # the sum of the classes' Brier scores is that of the whole forecast
    d = decompose(probs, labels, score="brier", of="classwise", classes=names)
    assert 4 * d.total.value == pytest.approx(
        brier_score(probs, labels, classes=names).value, abs=1e-12
    )
    with pytest.raises(InvalidArgument, match="classwise"):
        decompose(probs, labels, of="classwise", classes=names, n_bootstrap=5)


@pytest.mark.parametrize("score", ["log", "brier"])
@pytest.mark.parametrize(("n", "draws"), [(200, 120), (1000, 60)])
def test_five_classes_with_rare_ones_are_zero_within_the_interval(n, draws, score) -> None:
    rng = np.random.default_rng(n)
    missed, values = 0, []
    for _ in range(draws):
        z = rng.normal(0, 4, (n, 5))
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        y = (rng.random((n, 1)) > np.cumsum(p, axis=1)).sum(axis=1).clip(0, 4)
        m = decompose(p, y, score=score, debiased=True).miscalibration
        values.append(m.value)
        missed += not m.interval.low <= 0.0 <= m.interval.high
    assert missed <= 0.07 * draws + 4 * math.sqrt(draws * 0.07 * 0.93)
    plug = decompose(p, y, score=score).miscalibration.value
    assert abs(np.mean(values)) < 4 * np.std(values) / math.sqrt(draws) + 0.05 * plug


def test_resolution_is_the_mutual_information_of_the_groups(nfl) -> None:
    p, y = nfl
    groups = np.floor(p * 7).astype(int)
    d = decompose(p, y, groups=groups)
    table = np.zeros((7, 2))
    np.add.at(table, (groups, y.astype(int)), 1.0)
    table = table[table.sum(1) > 0] / len(y)
    assert d.resolution.value == pytest.approx(infoscope.mutual_information(table), abs=1e-12)
    assert d.refinement.value == pytest.approx(
        infoscope.conditional_entropy(table, given=0), abs=1e-12
    )


def test_isotonic_is_the_difference_of_scores() -> None:
    from sklearn.isotonic import IsotonicRegression

    rng = np.random.default_rng(4)
    p = rng.uniform(0.02, 0.98, 500)
    y = (rng.random(500) < p**1.6).astype(int)
    r = IsotonicRegression().fit(p, y).predict(p)
    d = decompose(p, y, score="brier", grouping="isotonic")
    base = y.mean()
    assert d.miscalibration.value == pytest.approx(
        np.mean((p - y) ** 2) - np.mean((r - y) ** 2), abs=1e-12
    )
    assert d.resolution.value == pytest.approx(base * (1 - base) - np.mean((r - y) ** 2), abs=1e-12)


def test_logits_and_probabilities_agree(cifar_logits) -> None:
    z, y = cifar_logits
    a = decompose(Logits(z[:2000]), y[:2000])
    b = decompose(np.exp(z[:2000]) / np.exp(z[:2000]).sum(1, keepdims=True), y[:2000])
    assert a.miscalibration.value == pytest.approx(b.miscalibration.value, abs=1e-10)
    assert abs(a.gap) < 1e-12


def test_one_class_only_is_well_defined() -> None:
    d = decompose([0.9, 0.8, 0.8], [1, 1, 1], grouping="distinct")
    assert d.uncertainty.value == 0.0
    assert d.resolution.value == 0.0
    assert d.miscalibration.value == pytest.approx(-(math.log(0.9) + 2 * math.log(0.8)) / 3)
    assert abs(d.gap) < 1e-15


def test_the_impossible_is_infinite_and_in_the_right_term() -> None:
    d = decompose([0.0, 0.5, 0.5], [1, 1, 0], grouping="distinct")
    assert d.total.value == math.inf
    assert d.miscalibration.value == math.inf
    assert math.isfinite(d.resolution.value)
    inside = decompose([0.0, 0.5], [1, 0], groups=[0, 0])
    assert inside.within.value == math.inf
    assert math.isfinite(inside.miscalibration.value)


def test_one_case_has_values_and_no_error_bars() -> None:
    d = decompose([0.25], [1])
    assert d.total.value == pytest.approx(math.log(4))
    assert d.total.stderr is None
    assert "single case" in d.notes[1]


def test_the_debiased_terms_are_unbiased_by_enumeration() -> None:
    """One forecast of 0.3 on 12 cases: average over all outcomes, weighted by the binomial law."""
    n, q = 12, 0.3
    weight = binom.pmf(np.arange(n + 1), n, q)
    values = {"log": [], "brier": [], "plugin": []}
    for k in range(n + 1):
        y = [1] * k + [0] * (n - k)
        for score in ("log", "brier"):
            d = decompose([0.5] * n, y, score=score, grouping="distinct", debiased=True)
            values[score].append(d.miscalibration.value)
        plug = decompose([0.5] * n, y, grouping="distinct").miscalibration.value
        values["plugin"].append(plug)
    assert weight @ values["brier"] == pytest.approx((0.5 - q) ** 2, abs=1e-14)
    truth = math.log(2) - h(q)
    # Zhang's estimator leaves sum over v >= n of (q (1-q)^v + (1-q) q^v) / v, and what it would
    # leave if the forecast of 0.5 were right is taken off
    v = np.arange(n, 4000)
    left = np.sum((q * (1 - q) ** v + (1 - q) * q**v) / v) - np.sum(0.5**v / v)
    assert weight @ values["log"] == pytest.approx(truth + left, abs=1e-12)
    assert left < 0.1 * (weight @ values["plugin"] - truth)


def _sharp(rng, n):
    return 1 / (1 + np.exp(-rng.normal(3, 2, n)))


def _even(rng, n):
    return rng.uniform(size=n)


@pytest.mark.parametrize("score", ["log", "brier"])
@pytest.mark.parametrize(("n", "draws"), [(100, 200), (1000, 150), (10_000, 40)])
@pytest.mark.parametrize("draw", [_even, _sharp])
def test_a_calibrated_model_is_zero_within_its_interval(draw, n, draws, score) -> None:
    rng = np.random.default_rng(n)
    missed = 0
    for _ in range(draws):
        p = draw(rng, n)
        y = rng.random(n) < p
        ends = decompose(p, y, score=score, debiased=True).miscalibration.interval
        missed += not ends.low <= 0.0 <= ends.high
    # at most 7% where 5% is meant, and four standard errors of the count
    assert missed <= 0.07 * draws + 4 * math.sqrt(draws * 0.07 * 0.93)


@pytest.mark.parametrize("score", ["log", "brier"])
def test_intervals_cover_a_known_miscalibration(score) -> None:
    """Ten forecasts of 0.1 ... 0.9, each really 0.8 q + 0.1."""
    rng = np.random.default_rng(1)
    q = np.linspace(0.1, 0.9, 9)
    r = 0.8 * q + 0.1
    if score == "log":
        truth = np.mean(r * np.log(r / q) + (1 - r) * np.log((1 - r) / (1 - q)))
    else:
        truth = np.mean((r - q) ** 2)
    draws, missed, values = 150, 0, []
    for _ in range(draws):
        at = rng.integers(9, size=1500)
        y = rng.random(1500) < r[at]
        m = decompose(q[at], y, score=score, grouping="distinct", debiased=True).miscalibration
        missed += not m.interval.low <= truth <= m.interval.high
        values.append(m.value)
    assert abs(np.mean(values) - truth) < 4 * np.std(values) / math.sqrt(draws)
    assert missed <= 0.05 * draws + 4 * math.sqrt(draws * 0.05 * 0.95)
    assert m.stderr == pytest.approx(np.std(values), rel=0.35)


def test_resolution_interval_covers() -> None:
    rng = np.random.default_rng(2)
    r = np.array([0.2, 0.5, 0.7])
    truth = h(r.mean()) - np.mean([h(x) for x in r])
    draws, missed = 150, 0
    for _ in range(draws):
        at = rng.integers(3, size=600)
        y = rng.random(600) < r[at]
        ends = decompose(r[at], y, grouping="distinct").resolution.interval
        missed += not ends.low <= truth <= ends.high
    assert missed <= 0.05 * draws + 4 * math.sqrt(draws * 0.05 * 0.95)


def test_squared_error_is_the_debiased_brier_miscalibration(nfl) -> None:
    p, y = nfl
    d = decompose(p, y, score="brier", grouping="equal_mass", debiased=True)
    assert squared_calibration_error(p, y).value == pytest.approx(d.miscalibration.value, abs=1e-12)


def test_bootstrap_gives_isotonic_an_interval_and_is_reproducible(nfl) -> None:
    p, y = nfl
    plain = decompose(p, y, grouping="isotonic")
    assert plain.miscalibration.interval is None
    a = decompose(p, y, grouping="isotonic", n_bootstrap=30, rng=5)
    b = decompose(p, y, grouping="isotonic", n_bootstrap=30, rng=5)
    assert a.miscalibration.interval == b.miscalibration.interval
    assert a.miscalibration.value == plain.miscalibration.value
    assert a.resolution.interval.low < a.resolution.value
    assert "bootstrap" in a.resolution.interval.how


def test_bootstrap_stderr_agrees_with_the_formula(nfl) -> None:
    p, y = nfl
    groups = np.floor(p * 5).astype(int)
    formula = decompose(p, y, groups=groups)
    sampled = decompose(p, y, groups=groups, n_bootstrap=150, rng=0)
    for name in ("total", "uncertainty", "resolution", "refinement"):
        assert getattr(sampled, name).stderr == pytest.approx(
            getattr(formula, name).stderr, rel=0.3
        )


def test_row_order_does_not_matter(nfl) -> None:
    p, y = nfl
    order = np.random.default_rng(0).permutation(len(p))
    a, b = decompose(p, y), decompose(p[order], y[order])
    assert a.miscalibration.value == pytest.approx(b.miscalibration.value, abs=1e-14)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"score": "crps"}, UnknownName, "'log' or 'brier'"),
        ({"grouping": "kmeans"}, UnknownName, "isotonic"),
        ({"score": "brier", "unit": "bits"}, InvalidArgument, "no amount of information"),
        ({"unit": "hartley"}, InvalidArgument, "bans"),
        ({"grouping": "equal_mass", "bins": 0}, InvalidArgument, "positive integer"),
        ({"n_bootstrap": -1}, InvalidArgument, "non-negative integer"),
    ],
)
def test_bad_options(options, error, words) -> None:
    with pytest.raises(error, match=words):
        decompose([0.4, 0.6], [0, 1], **options)


def test_isotonic_of_three_classes_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="top_label"):
        decompose([[0.2, 0.3, 0.5]], [0], grouping="isotonic")


def test_what_people_see(nfl) -> None:
    d = decompose(*nfl)
    assert "uncertainty" in str(d)
    assert "nats" in str(d)
    json.dumps(d.to_dict())
    assert d.figure().svg.startswith("<svg")
    assert "miscalibration" in d._repr_html_()
