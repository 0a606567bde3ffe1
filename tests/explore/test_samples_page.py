"""The page on information from samples: the truth, the bias of bins, and what repeats show."""

import math
from typing import Any

import numpy as np
import pytest

from infoscope.explore.page import WIDE
from infoscope.explore.pages import samples as page
from infoscope.figures.marks import Dots

START: dict[str, Any] = {"rho": 0.6, "n": 300, "seed": 0, "bins": 20, "more": False}


@pytest.mark.parametrize(
    "rho, nats",
    [(0.0, 0.0), (0.3, 0.04715533973562017), (0.6, 0.2231435513142098), (0.9, 0.8303656034108255),
     (0.99, 1.958517773625845), (-0.6, 0.2231435513142098)],
    ids=str,
)  # fmt: skip
def test_the_truth(rho: float, nats: float) -> None:
    assert page.truth(rho) == pytest.approx(nats, rel=1e-13, abs=1e-15)
    assert math.copysign(1, page.truth(rho)) == 1


def test_pairs_have_the_correlation_and_keep_their_luck() -> None:
    x, y = page.pairs(0.8, 1000, 5)
    assert np.corrcoef(x, y)[0, 1] == pytest.approx(0.8, abs=0.05)
    assert page.pairs(-0.3, 1000, 5)[0] == pytest.approx(x)


def test_a_histogram_of_four_cells_by_hand() -> None:
    x = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    y = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    by_hand = 4 / 6 * math.log(4 / 3) + 2 / 6 * math.log(2 / 3)
    assert page.histogram(x, y, 2) == pytest.approx(by_hand, rel=1e-13)


def test_bins_err_both_ways() -> None:
    """On average 0.070 nats of nothing and 1.63 of 1.96 with 2,000 pairs in 20 × 20 cells."""
    nothing = [page.histogram(*page.pairs(0.0, 2000, s), 20) for s in range(30)]
    line = [page.histogram(*page.pairs(0.99, 2000, s), 20) for s in range(30)]
    assert np.mean(nothing) == pytest.approx(0.070, abs=0.01)
    assert np.mean(line) == pytest.approx(1.63, abs=0.06)


def test_the_page_shows_what_the_library_says() -> None:
    from infoscope import estimate

    values = {**START, "more": True}
    found = page.numbers(**values)
    x, y = page.pairs(0.6, 300, 0)
    data = page.view(**values, width=WIDE)["rows"].data
    for place, method in enumerate(("gaussian", "gaussian_copula", "binned", "ksg", "auto"), 2):
        options: dict[str, Any] = {"bins": 20} if method == "binned" else {}
        one = estimate.mutual_information(x, y, method=method, **options)
        assert found[method] == one.value
        assert one.interval is not None
        shown = [data[name][place] for name in (*list(data)[1:],)]
        assert shown == [one.value, one.interval.low, one.interval.high]


def test_repeats_gather_round_the_truth() -> None:
    *_, last = page.repeat(**{**START, "bins": 6})
    figure = last["repeats"]
    assert figure.title == "40 fresh draws"
    assert [len(m.points) for m in figure.marks if isinstance(m, Dots)] == [40] * 3
    exact, counted, gaussian, copula = figure.data["mutual information, nats"]
    spread = math.sqrt(0.36 / 300)  # of a Gaussian estimate: |rho| / sqrt(n)
    assert gaussian == pytest.approx(exact, abs=5 * spread / math.sqrt(40))
    assert copula == pytest.approx(exact, abs=6 * spread / math.sqrt(40))
    assert counted != pytest.approx(exact, abs=1e-3)


def test_the_sentence_names_the_error_that_is_there() -> None:
    def said(**other: Any) -> str:
        values = {k: v for k, v in {**START, **other}.items() if k != "more"}
        return page.notice(**values)

    assert "nothing to find" in said(rho=0.0)
    assert "misses" in said(rho=0.99, bins=4)
    assert "Too many cells" in said(bins=30)
