"""Reference values to 1e-12, recomputed to many digits outside this library.

Several are cases where printed tutorials are wrong; the comment says what they print.
"""

import math

import numpy as np
import pytest

import infoscope as info
from infoscope import Logits
from infoscope.measures.bounds import info_nce

TABLE = [[0.4, 0.05], [0.05, 0.5]]
WEATHER = [[0.3, 0.1], [0.1, 0.5]]


def close(value: object, truth: float) -> None:
    assert value == pytest.approx(truth, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "p, bits",
    [
        (1 / 8, 3.0),
        (1 / 52, 5.700439718141092),
        (1 / 6, 2.584962500721156),
        (0.5, 1.0),
        (0.25, 2.0),
        (1e-6, 19.93156856932417),
        (0.4, 1.321928094887362),  # more than a fair coin, not less
        (1e-4, 13.28771237954945),
        (0.9, 0.15200309344505),
    ],
)
def test_surprisal(p: float, bits: float) -> None:
    close(info.surprisal(p, unit="bits"), bits)


@pytest.mark.parametrize(
    "p, bits",
    [
        ([0.5, 0.5], 1.0),
        ([0.9, 0.1], 0.4689955935892812),
        ([0.99, 0.01], 0.08079313589591117),
        ([0.8, 0.2], 0.7219280948873623),
        ([0.7, 0.3], 0.8812908992306926),
        ([0.6, 0.4], 0.9709505944546686),
        ([0.75, 0.25], 0.8112781244591328),  # a parabola would say 0.75
        ([1 / 6] * 6, 2.584962500721156),
        ([0.5, 0.1, 0.1, 0.1, 0.1, 0.1], 2.160964047443681),
        ([0.7, 0.2, 0.1], 1.156779649447039),
        ([0.5, 0.3, 0.2], 1.485475297227334),
        ([1 / 256] * 256, 8.0),
        ([1 / 50257] * 50257, 15.61703693428774),
    ],
)
def test_entropy_in_bits(p: list[float], bits: float) -> None:
    close(info.entropy(p, unit="bits"), bits)


def test_certainty_has_entropy_plus_zero() -> None:
    for p in ([1.0, 0.0], [0.0, 1.0], [1.0]):
        value = info.entropy(p)
        assert value == 0.0
        assert math.copysign(1, value) == 1


@pytest.mark.parametrize(
    "t, nats",
    [
        (0.1, 0.0004994212286303),
        (0.5, 0.4741830328235071),
        (1, 0.9930151163683179),
        (2, 1.271017014539306),
        (5, 1.367456021840874),
    ],
)
def test_temperature_sweep(t: float, nats: float) -> None:
    z = np.array([1, 3, 2, 0.5])
    close(info.entropy(Logits(z / t)), nats)


@pytest.mark.parametrize(
    "p, q, forward, reverse",
    [
        ([0.5, 0.5], [0.9, 0.1], 0.5108256237659907, 0.3680642071684971),
        ([0.5, 0.3, 0.2], [0.6, 0.3, 0.1], 0.04746865771501175, 0.04007821602037824),
        ([0.6, 0.3, 0.1], [0.3, 0.5, 0.2], 0.1933259031501754, 0.1860980938270008),
        ([0.8, 0.2], [0.01, 0.99], 3.185743792422986, 1.539573434468054),
        ([0.8, 0.2], [0.1, 0.9], 1.362737753988614, 1.145725502930663),
        ([0.8, 0.2], [0.5, 0.5], 0.1927447570217574, 0.2231435513142098),
        ([0.8, 0.2], [0.8, 0.2], 0.0, 0.0),
        ([0.8, 0.2], [0.99, 0.01], 0.4286718823422315, 0.1810049605705613),
        ([0.5, 0.25, 0.25], [0.25, 0.25, 0.5], 0.17328679513998632, 0.17328679513998632),
    ],
)
def test_kl_both_ways(p: list[float], q: list[float], forward: float, reverse: float) -> None:
    close(info.kl_divergence(p, q), forward)
    close(info.kl_divergence(q, p), reverse)


def test_cross_entropy_is_entropy_plus_divergence() -> None:
    p, q = [0.4, 0.3, 0.2, 0.1], [0.25] * 4
    close(info.cross_entropy(p, q), 1.386294361119891)
    close(info.entropy(p), 1.279854225833667)
    close(info.kl_divergence(p, q), 0.1064401352862232)
    close(info.kl_divergence(q, p), 0.1217772742871687)
    close(info.cross_entropy([0.5, 0.3, 0.2], [0.6, 0.3, 0.1]), 1.077121671779585)
    close(info.cross_entropy([0.5, 0.5], [0.01, 0.99]), 2.307610260920796)


@pytest.mark.parametrize(
    "probability, nats",
    [
        (0.8, 0.2231435513142098),
        (0.1, 2.302585092994046),
        (0.4, 0.9162907318741551),
        (0.9, 0.1053605156578263),
        (0.001, 6.907755278982137),
    ],
)
def test_one_hot_cross_entropy_is_the_surprisal(probability: float, nats: float) -> None:
    close(info.cross_entropy([1, 0], [probability, 1 - probability]), nats)
    close(info.kl_divergence([1, 0], [probability, 1 - probability]), nats)


def test_cross_entropy_from_logits() -> None:
    z = np.array([2.0, 1.0, 0.1])
    close(info.cross_entropy([1, 0, 0], Logits(z)), 0.4170300162778335)
    softmax = np.exp(z) / np.exp(z).sum()
    with pytest.warns(info.InfoscopeWarning, match="looks like probabilities already"):
        twice = Logits(softmax)  # the classic bug: it would cost 0.802 instead of 0.417
    close(info.cross_entropy([1, 0, 0], twice), 0.8021208912128679)


def test_cross_entropy_of_each_class() -> None:
    """A tutorial prints .090/.665/.245/.049, which do not sum to one, and losses to match."""
    z = [1.0, 3.0, 2.0, 0.5]
    losses = [2.460773489156851, 0.4607734891568512, 1.460773489156851, 2.960773489156851]
    for label, loss in enumerate(losses):
        close(info.cross_entropy(np.eye(4)[label], Logits(z)), loss)


def test_a_confident_model_over_a_large_vocabulary() -> None:
    """A boost of 10 over 50257 standard normal logits is not enough: 17.47 makes it 0.06 bits."""
    z = np.zeros(50257)
    z[42] = 10.0
    expected = np.log(50256 + np.exp(10.0)) - 10 * np.exp(10.0) / (50256 + np.exp(10.0))
    close(info.entropy(Logits(z)), expected)
    close(info.perplexity(np.full(50257, 1 / 50257)), 50257.0)


def test_perplexities() -> None:
    close(info.perplexity_from_loss(3.2), 24.53253019710935)
    close(info.bits(3.2), 4.616624130844683)
    close(info.perplexity_from_loss(3), 20.08553692318767)
    close(info.perplexity_from_loss(1.5), 4.481689070338065)
    close(info.perplexity_from_loss(10.8), 49020.80113638172)


def test_mutual_information_of_tables() -> None:
    close(info.mutual_information(TABLE), 0.3636145170421432)  # a tutorial prints h(0.2)
    close(info.mutual_information(TABLE, unit="bits"), 0.5245848605319354)
    close(info.mutual_information([[0.25, 0.25], [0.25, 0.25]]), 0.0)
    close(info.mutual_information([[0.5, 0], [0, 0.5]]), 0.6931471805599453)


def test_two_by_two_chain_rule() -> None:
    table = [[0.4, 0.1], [0.1, 0.4]]
    close(info.mutual_information(table), math.log(2) - info.entropy([0.8, 0.2]))
    # a table with unequal marginals, by hand from its cells
    table = np.array([[0.35, 0.15], [0.10, 0.40]])
    close(info.joint_entropy(table), 1.248780543356486)
    close(info.conditional_entropy(table, given=1), 0.5606417296428975)
    close(info.conditional_entropy(table.T, given=1), 0.5556333627965407)
    close(info.mutual_information(table), 0.1325054509170478)


def test_a_function_of_x_shares_its_own_entropy() -> None:
    """X uniform on four values, Y its parity: I = H(Y) = 1 bit, not H(X) = 2 bits."""
    joint = [[0.25, 0], [0, 0.25], [0.25, 0], [0, 0.25]]
    close(info.mutual_information(joint, unit="bits"), 1.0)
    close(info.conditional_entropy(joint, given=1, unit="bits"), 1.0)
    close(info.conditional_entropy(joint, given=0, unit="bits"), 0.0)


def test_parity_needs_both() -> None:
    parity = np.zeros((2, 2, 2))
    for x in (0, 1):
        for y in (0, 1):
            parity[x, y, x ^ y] = 0.25
    close(info.mutual_information(parity.sum(axis=2)), 0.0)
    close(info.conditional_mutual_information(parity, unit="bits"), 1.0)


def test_information_gain_of_a_split() -> None:
    parent, children = [6, 4], [[4, 1], [2, 3]]
    close(info.information_gain(parent, children, unit="bits"), 0.1245112497836531)
    close(info.information_gain(parent, children), 0.08630462173553428)
    close(info.gain_ratio(parent, children), 0.1245112497836531)  # the split itself costs 1 bit
    close(
        info.tsallis_entropy([0.6, 0.4], 2)
        - info.tsallis_entropy([[0.8, 0.2], [0.4, 0.6]], 2).mean(),
        0.08,
    )


def test_info_nce_of_a_constant_critic_is_zero() -> None:
    for n in (64, 128):
        close(info_nce(np.full((n, n), 3.0)).value, 0.0)
        close(info_nce(np.zeros((n, n))).cap, math.log(n))


def test_jensen() -> None:
    p, x = np.array([0.7, 0.3]), np.array([0.5, 2.0])
    assert np.log(p @ x) >= p @ np.log(x)
    # E[log r] <= log E[r] for the ratio r = q / p is Gibbs' inequality
    p, q = np.array([0.6, 0.4]), np.array([0.4, 0.6])
    assert -info.kl_divergence(p, q) <= 0 == pytest.approx(np.log((p * q / p).sum()), abs=1e-15)


def test_generalised_jensen_shannon() -> None:
    """Values of the weighted divergence for the weights .1, .5, .9 on p."""
    p, q = [0.6, 0.3, 0.1], [0.3, 0.5, 0.2]
    truths = {0.1: 0.0172205142829474, 0.5: 0.0466133843198648, 0.9: 0.0167105406411054}
    for w, truth in truths.items():
        close(info.jensen_shannon_divergence(p, q, weights=(w, 1 - w)), truth)
    assert info.jensen_shannon_divergence(p, q, weights=(0.0, 1.0)) == 0.0
