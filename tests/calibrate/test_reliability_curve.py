"""Reliability: bins as scikit-learn's, intervals as SciPy's, and a picture that says it all."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest
from sklearn.calibration import calibration_curve

from infoscope.calibrate import reliability
from infoscope.core.errors import UnknownName


def test_bins_agree_with_scikit_learn(nfl) -> None:
    p, y = nfl
    observed, said = calibration_curve(y, p, n_bins=10)
    r = reliability(p, y, bins=10, binning="equal_width")
    np.testing.assert_allclose(r.observed, observed, atol=1e-14)
    np.testing.assert_allclose(r.forecast, said, atol=1e-14)
    assert r.n_cases.sum() == len(p)


@pytest.mark.parametrize(("ours", "theirs"), [("wilson", "wilson"), ("clopper_pearson", "exact")])
def test_intervals_agree_with_scipy(nfl, ours, theirs) -> None:
    r = reliability(*nfl, bins=12, binning="equal_width", intervals_by=ours, interval=0.9)
    for n, rate, low, high in zip(r.n_cases, r.observed, r.low, r.high, strict=True):
        wanted = binomtest(round(n * rate), int(n)).proportion_ci(0.9, theirs)
        assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_clopper_pearson_covers_always_and_wilson_on_average() -> None:
    n, p = 30, np.linspace(0.02, 0.98, 25)
    k = np.arange(n + 1)
    for how, floor in (("clopper_pearson", 0.95), ("wilson", 0.83)):
        ends = [
            reliability([0.5] * n, [1] * i + [0] * (n - i), binning="distinct", intervals_by=how)
            for i in k
        ]
        low, high = (np.array([getattr(r, e)[0] for r in ends]) for e in ("low", "high"))
        cover = [binom.pmf(k, n, q) @ ((low <= q) & (q <= high)) for q in p]
        assert min(cover) >= floor
        assert np.mean(cover) >= 0.945


def test_the_band_holds_a_calibrated_model() -> None:
    rng = np.random.default_rng(5)
    outside = bins = 0
    for _ in range(100):
        p = rng.uniform(size=500)
        r = reliability(p, rng.random(500) < p)
        outside += r.n_outside
        bins += len(r.observed)
    assert outside <= 0.05 * bins + 4 * math.sqrt(bins * 0.05 * 0.95)


def test_isotonic_diagram_rises(nfl) -> None:
    r = reliability(*nfl, binning="isotonic")
    assert (np.diff(r.observed) > 0).all()
    assert "too narrow" in r.notes[1]


def test_of_a_class_by_name(hpc) -> None:
    probs, labels, names = hpc
    r = reliability(probs, labels, of="M", classes=names)
    assert r.of == "class M"
    assert r.n_cases @ r.observed == pytest.approx(labels.count("M"))
    assert r.n_cases @ r.forecast == pytest.approx(probs[:, 2].sum())


def test_what_people_see(cifar) -> None:
    r = reliability(*cifar)
    figure = r.figure()
    assert figure.svg.count("<circle") == len(r.observed)
    assert "10,000 cases" in figure.description
    assert figure.data["observed"] == tuple(r.observed.tolist())
    assert r.to_frame().shape == (len(r.observed), 7)
    assert json.loads(json.dumps(r.to_dict()))["of"] == "top label"
    assert "forecast" in str(r)
    assert "<svg" in r._repr_html_()


def test_two_forecasts_of_the_same_cases_share_a_diagram(cifar) -> None:
    probs, labels = cifar
    timid = np.sqrt(probs)
    before = reliability(timid / timid.sum(axis=1, keepdims=True), labels)
    now = reliability(probs, labels)
    figure = now.figure(width=342, before=before, title="Two")
    assert (figure.width, figure.title) == (342, "Two")
    (ghost,) = [mark for mark in figure.marks if getattr(mark, "role", "") == "ghost-1"]
    assert len(ghost.points) == len(before.observed)
    assert now.figure().data == figure.data
    assert "ghost" not in now.figure().svg.partition("</style>")[2]


def test_one_case_draws() -> None:
    assert reliability([0.7], [1]).figure().svg.startswith("<svg")


def test_unknown_interval() -> None:
    with pytest.raises(UnknownName, match="wilson"):
        reliability([0.5], [1], intervals_by="wald")  # type: ignore[arg-type]
