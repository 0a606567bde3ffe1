"""The page on temperature against hand-derived values, finite differences and limits."""

import math

import numpy as np
import pytest

from infoscope.explore.drawings.sample_bins import sample_bins
from infoscope.explore.page import NARROW, WIDE
from infoscope.explore.pages import temperature as page
from infoscope.figures.marks import Dots

Z = (1.0, 3.0, 2.0, 0.5)


@pytest.mark.parametrize(
    "t, nats",
    [
        (0.1, 0.0004994212286303), (0.5, 0.4741830328235071), (1.0, 0.9930151163683179),
        (2.0, 1.271017014539306), (5.0, 1.367456021840874),
    ],
    ids=["0.1", "0.5", "1", "2", "5"],
)  # fmt: skip
def test_the_entropies_of_four_logits(t: float, nats: float) -> None:
    """Reference values to sixteen digits from arithmetic of fifty."""
    assert page.numbers(z=Z, t=t, n=10, seed=0)["entropy"] == pytest.approx(nats, rel=1e-12)


@pytest.mark.parametrize("t", [0.3, 1.0, 2.5])
def test_the_slope_is_the_slope(t: float) -> None:
    up, down = page.entropies(Z, np.array([t + 1e-5, t - 1e-5]))
    found = page.numbers(z=Z, t=t, n=10, seed=0)
    assert found["slope"] == pytest.approx((up - down) / 2e-5, rel=1e-6)
    assert found["perplexity"] == pytest.approx(math.exp(found["entropy"]))


def test_the_limits() -> None:
    tied = page.numbers(z=(3.0, 3.0, 1.0, 0.0), t=0.05, n=10, seed=0)
    assert tied["coldest"] == math.log(2)
    assert tied["entropy"] == pytest.approx(math.log(2), abs=1e-12)
    assert tied["hottest"] == math.log(4)
    assert page.entropies(Z, np.array([1e6]))[0] == pytest.approx(math.log(4), abs=1e-10)
    cold = page.numbers(z=(-20.0, 20.0), t=0.05, n=10, seed=0)
    assert cold["entropy"] == cold["coldest"] == 0.0


def test_samples_follow_p_and_their_entropy_arrives() -> None:
    p = page.softened(Z, 1.0)
    samples = page.draw(p, 2000, 3)
    shares = np.bincount(samples, minlength=4) / 2000
    assert shares == pytest.approx(p, abs=5 * math.sqrt(0.25 / 2000))
    at, nats = page.running(samples, 4)
    assert (at[0], nats[0]) == (1, 0.0)
    assert at[-1] == 2000
    assert nats[-1] == page.numbers(z=Z, t=1.0, n=2000, seed=3)["sampled"]
    for count, value in zip(at, nats, strict=True):
        mine = np.bincount(samples[:count], minlength=4) / count
        assert value == pytest.approx(-sum(a * math.log(a) for a in mine if a > 0), abs=1e-12)


def test_the_mean_of_many_runs_is_too_low_by_what_the_page_says() -> None:
    """Miller's first term: (k - 1) / (2 n) nats."""
    p = page.softened(Z, 1.0)
    nats = [page.running(page.draw(p, 100, seed), 4)[1][-1] for seed in range(400)]
    lost = page.numbers(z=Z, t=1.0, n=1, seed=0)["entropy"] - float(np.mean(nats))
    assert lost == pytest.approx(3 / 200, abs=4 * float(np.std(nats)) / 20)


def test_every_sample_is_a_dot_within_its_bin() -> None:
    for n in (0, 1, 12, 200, 2000):
        counts = np.bincount(page.draw(page.softened(Z, 0.4), n, 1), minlength=4) if n else [0] * 4
        for width in (WIDE, NARROW):
            figure = sample_bins(
                page.softened(Z, 0.4).tolist(), [int(c) for c in counts], "ABCD",
                room_for=max(n, 1), width=width,
            )  # fmt: skip
            (dots,) = (mark for mark in figure.marks if isinstance(mark, Dots))
            assert len(dots.points) == n
            assert all(0 < x < width and 20 < y < 260 for x, y in dots.points)
            assert len(set(dots.points)) == n


def test_dropping_ends_where_the_view_stands() -> None:
    *_, last = page.drop(z=Z, t=1.0, n=30, seed=0)
    still = page.view(z=Z, t=1.0, n=30, seed=0, width=WIDE)
    assert last["bins"].svg == still["bins"].svg
    assert last["running"].svg == still["running"].svg
