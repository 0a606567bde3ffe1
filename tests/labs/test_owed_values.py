"""Values owed to a learner that no other test holds to all digits.

Wrong ones that tutorials print are here too, each made by the mistake itself: that is how we know
why they are wrong.
"""

import math

import numpy as np
import pytest
from scipy.stats import Mixture, Normal, norm

import infoscope as isc
from infoscope import estimate


def close(value: object, truth: float, digits: float = 1e-12) -> None:
    assert value == pytest.approx(truth, rel=digits, abs=1e-14)


def test_softmax_of_three_logits() -> None:
    p = np.exp(isc.Logits(np.array([2.0, 1.0, 0.1])).log_probabilities())
    for value, truth in zip(
        p, (0.6590011388859679, 0.2424329707047139, 0.0985658904093182), strict=True
    ):
        close(value, truth)


def test_softmax_of_four_logits_sums_to_one() -> None:
    """The tutorial prints .090, .665, .245 and .049, which sum to 1.049."""
    p = np.exp(isc.Logits(np.array([1.0, 3.0, 2.0, 0.5])).log_probabilities())
    truth = (0.0853688935097889, 0.6307955432474668, 0.2320567119433145, 0.0517788512994298)
    assert p == pytest.approx(truth, rel=1e-12)


def test_good_and_bad_beliefs_in_bits() -> None:
    p = [0.7, 0.2, 0.1]
    close(isc.cross_entropy(p, [0.6, 0.3, 0.1], unit="bits"), 1.195461844238322)
    close(isc.cross_entropy(p, [0.1, 0.1, 0.8], unit="bits"), 3.021928094887362)


def test_information_of_a_table_in_bits() -> None:
    close(isc.mutual_information([[0.4, 0.1], [0.15, 0.35]], unit="bits"), 0.1911649569287808)


def test_a_rare_token_in_bits() -> None:
    close(isc.surprisal(0.001, unit="bits"), 9.965784284662087)


def test_four_fits_on_a_cut_grid_and_on_the_line() -> None:
    """Cutting at ±6 and normalising what is left changes the numbers; a clip at 1e-12 once more."""
    x = np.linspace(-6.0, 6.0, 1000)
    hills = 0.5 * norm.pdf(x, -2.0) + 0.5 * norm.pdf(x, 2.0)
    p, cover, seek = (v / v.sum() for v in (hills, norm.pdf(x, 0.0, 2.5), norm.pdf(x, 2.0)))
    close(isc.kl_divergence(p, cover), 0.1673595055450915, 1e-10)
    close(isc.kl_divergence(p, seek), 3.367020385425601, 1e-10)
    close(isc.kl_divergence(cover, p), 0.2376704720080805, 1e-10)
    close(isc.kl_divergence(seek, p), 0.6327183280629430, 1e-10)
    clipped = np.sum(p * np.log(np.clip(p, 1e-12, None) / np.clip(seek, 1e-12, None)))
    close(clipped, 3.3632193305574285, 1e-10)

    line = Mixture([Normal(mu=-2.0, sigma=1.0), Normal(mu=2.0, sigma=1.0)], weights=[0.5, 0.5])
    close(isc.kl_divergence(line, Normal(mu=2.0, sigma=1.0)), 3.367279806263133, 1e-9)


def test_an_epsilon_turns_infinity_into_forty_bits() -> None:
    assert isc.kl_divergence([1.0, 0.0], [0.0, 1.0]) == math.inf
    close(-math.log2(1e-12), 39.86313713864835)
    close(-math.log(1e-12), 27.631021115928547)


def test_a_width_of_one_on_a_cut_grid() -> None:
    """Hills at 2 and 8 seen on [0, 10]: the cut makes the stiff fit look better than it is."""
    x = np.linspace(0.0, 10.0, 200)
    hills = 0.5 * norm.pdf(x, 2.0) + 0.5 * norm.pdf(x, 8.0)
    p = hills / hills.sum()

    def fit(mean: float) -> np.ndarray:
        q = norm.pdf(x, mean)
        return q / q.sum()

    close(isc.kl_divergence(p, fit(5.0)), 3.67513, 1e-6)
    means = np.linspace(0.5, 9.5, 100)
    forward = [isc.kl_divergence(p, fit(mean)) for mean in means]
    best = sorted(means[np.argsort(forward)[:2]])
    assert best == pytest.approx([4.9545, 5.0455], abs=1e-4)  # 5 itself is not on the grid
    for mean in (2.0146322, 10.0 - 2.0146322):
        here = isc.kl_divergence(fit(mean), p)
        assert here < isc.kl_divergence(fit(mean - 1e-3), p)
        assert here < isc.kl_divergence(fit(mean + 1e-3), p)


def test_twenty_edges_and_twenty_bins() -> None:
    """The same data, cut by 20 edges as in the tutorial, and into 20 bins; the truth is ln 2."""
    rng = np.random.default_rng(42)
    x, other, third = rng.normal(size=(3, 2000))
    label = x > 0

    def cut(column: np.ndarray, edges: int) -> np.ndarray:
        return np.digitize(column, np.linspace(column.min(), column.max(), edges))

    def information(codes: np.ndarray) -> float:
        found = estimate.mutual_information(
            codes, label, method="plugin", discrete_x=True, discrete_y=True, interval=None
        )
        return found.value

    close(information(cut(x, 20)), 0.634372274546513)
    close(information(np.minimum(cut(x, 21), 20)), 0.603083300794784)
    close(information(cut(x + 3 * other, 20)), 0.03280758923310578)
    close(information(cut(third, 20)), 0.004139699230551249)
    assert len(np.unique(cut(x, 20))) <= 20
    assert np.sum(cut(x, 20) == 20) == 1  # the maximum alone
    assert estimate.mutual_information(x, label).value == pytest.approx(math.log(2), abs=0.01)
