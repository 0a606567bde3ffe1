"""Small examples worked by hand for what the other files meet only in passing."""

import math
import sys
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import infoscope as info
from infoscope import Joint, Logits
from infoscope.measures import bounds, gaussians, rows
from infoscope.measures.counting import count_integers
from infoscope.measures.maximum_entropy_solver import _gap

INF, LOG2 = math.inf, math.log(2)
#: H(X) = 1 bit, H(Y) = h(1/4), H(X,Y) = 3/2 bits
TABLE = [[0.25, 0.25], [0.0, 0.5]]
HX, HY, HXY = 1.0, 2 - 0.75 * math.log2(3), 1.5
SHARED = HX + HY - HXY


def test_each_normalisation() -> None:
    truths = {
        "min": SHARED / HY,
        "max": SHARED / HX,
        "arithmetic": SHARED / ((HX + HY) / 2),
        "geometric": SHARED / math.sqrt(HX * HY),
        "joint": SHARED / HXY,
    }
    for normalization, truth in truths.items():
        value = info.normalized_mutual_information(TABLE, normalization=normalization)  # type: ignore[arg-type]
        assert value == pytest.approx(truth, rel=1e-13)
    assert info.normalized_mutual_information(TABLE) == pytest.approx(truths["arithmetic"])
    assert info.normalized_mutual_information([[0.5, 0.5]], normalization="geometric") == 0.0
    assert info.variation_of_information(TABLE, unit="bits") == pytest.approx(2 * HXY - HX - HY)


def test_four_variables() -> None:
    """X, Y, Z fair coins, W their parity: every three are independent, all four are not."""
    parity = np.zeros((2, 2, 2, 2))
    for x in (0, 1):
        for y in (0, 1):
            for z in (0, 1):
                parity[x, y, z, x ^ y ^ z] = 1 / 8
    assert info.total_correlation(parity, unit="bits") == pytest.approx(1.0)  # 4 - 3
    # H(all) - sum H(one | rest) = 3 - 0
    assert info.dual_total_correlation(parity, unit="bits") == pytest.approx(3.0)
    assert info.o_information(parity, unit="bits") == pytest.approx(-2.0)
    # synergy of n variables has the sign + for parity: I(X;Y;Z|W) - I(X;Y;Z) = 1 bit of synergy
    assert abs(info.interaction_information(parity, unit="bits")) == pytest.approx(1.0)
    copies = np.zeros((2, 2, 2, 2))
    copies[0, 0, 0, 0] = copies[1, 1, 1, 1] = 0.5
    assert info.total_correlation(copies, unit="bits") == pytest.approx(3.0)
    assert info.dual_total_correlation(copies, unit="bits") == pytest.approx(1.0)
    assert info.o_information(copies, unit="bits") == pytest.approx(2.0)
    three = copies.sum(axis=3)
    assert info.interaction_information(three, unit="bits") == pytest.approx(-1.0)
    assert info.interaction_information(TABLE, unit="bits") == pytest.approx(SHARED)


def test_conditional_entropy_of_each_axis() -> None:
    assert info.conditional_entropy(TABLE, unit="bits") == pytest.approx(HXY - HY)
    assert info.conditional_entropy(TABLE, given=1, unit="bits") == pytest.approx(HXY - HY)
    assert info.conditional_entropy(TABLE, given=0, unit="bits") == pytest.approx(HXY - HX)
    assert info.conditional_entropy(TABLE, given=-2, unit="bits") == pytest.approx(HXY - HX)
    cube = np.multiply.outer(TABLE, [0.5, 0.5])
    value = info.conditional_entropy(cube, given=(0, -1), unit="bits")
    assert value == pytest.approx(HXY - HX)


def test_joint_reads_its_names() -> None:
    assert Joint([0.5, 0.5], "weather").names == ("weather",)
    assert Joint(TABLE, "weather, mood").names == ("weather", "mood")
    assert Joint(TABLE, ("x1", "x2")).names == ("x1", "x2")
    assert Joint(np.full((2, 2, 2), 1 / 8), "XYZ").names == ("X", "Y", "Z")
    joint = Joint(TABLE, "XY")
    assert joint.chain_rule(unit="bits") == {
        "H(X)": pytest.approx(HX),
        "H(Y|X)": pytest.approx(HXY - HX),
    }
    assert list(joint.chain_rule("Y", unit="bits")) == ["H(Y)"]
    assert joint.venn(unit="bits") == {
        "H(X|Y)": pytest.approx(HXY - HY),
        "H(Y|X)": pytest.approx(HXY - HX),
        "I(X;Y)": pytest.approx(SHARED),
    }
    assert joint.marginal("YX").table.tolist() == np.transpose(TABLE).tolist()
    assert joint.marginal("Y").table.tolist() == [0.25, 0.75]


def test_joint_under_tracing_and_with_other_libraries() -> None:
    import jax
    import torch

    traced = jax.jit(lambda table: Joint(table, "XY").I("X;Y"))(np.array(TABLE))
    assert float(traced) == pytest.approx(SHARED * LOG2, rel=1e-6)
    sent = jax.jit(lambda w: info.push(TABLE, w))(np.eye(2))
    np.testing.assert_allclose(sent, TABLE)
    joint = Joint(torch.tensor(TABLE, dtype=torch.float64), "XY")
    assert isinstance(joint.push("X", np.eye(2), "Z").table, torch.Tensor)
    gain = jax.jit(info.information_gain)(np.array([2.0, 2.0]), np.array([[2.0, 0], [0, 2]]))
    assert float(gain) == pytest.approx(LOG2, rel=1e-6)


def test_surprisal_at_the_edges() -> None:
    assert info.surprisal([]).shape == (0,)
    assert info.surprisal(np.zeros((0, 3))).shape == (0, 3)
    assert info.surprisal([1.0, 0.5, 0.0]).tolist() == [0.0, LOG2, INF]
    logits = info.surprisal(Logits([0.0, -2000.0]))
    assert logits.tolist() == [0.0, 2000.0]
    assert math.copysign(1, logits[0]) == 1
    assert info.surprisal(1 + 1e-6) == pytest.approx(-1e-6)
    with pytest.raises(info.InfoscopeError, match="lie in"):
        info.surprisal(1 + 2e-6)


def test_pointwise_by_hand() -> None:
    pmi = info.pointwise_mutual_information(TABLE, unit="bits")
    assert pmi.tolist() == [
        [pytest.approx(1.0), pytest.approx(math.log2(2 / 3))],
        [-INF, pytest.approx(math.log2(4 / 3))],
    ]
    positive = info.pointwise_mutual_information(TABLE, variant="positive", unit="bits")
    assert positive.tolist() == [[pytest.approx(1.0), 0.0], [0.0, pytest.approx(math.log2(4 / 3))]]
    shifted = info.pointwise_mutual_information(TABLE, variant="positive", negatives=2, unit="bits")
    assert shifted.tolist() == [[pytest.approx(0.0, abs=1e-15), 0.0], [0.0, 0.0]]
    normalized = info.pointwise_mutual_information(TABLE, variant="normalized")
    assert normalized.tolist() == [
        [pytest.approx(0.5), pytest.approx(math.log2(2 / 3) / 2)],
        [-1.0, pytest.approx(math.log2(4 / 3))],
    ]
    never = info.pointwise_mutual_information([[0.5, 0.0], [0.5, 0.0]])
    assert np.isnan(never[:, 1]).all()
    assert never[:, 0].tolist() == [0.0, 0.0]


def test_f_divergences_by_hand() -> None:
    p, q = [0.5, 0.5, 0.0], [0.25, 0.0, 0.75]
    # KL(q‖p) = sum p (t log t) at t = q/p where both; p(q=0) f(0) = 0; q(p=0) f'(inf) = inf
    f: Any = lambda t: abs(t - 1) / 2  # noqa: E731  total variation
    value = info.f_divergence(p, q, f, at_zero=0.5, slope_at_infinity=0.5)
    assert value == pytest.approx(0.75)
    assert info.total_variation(p, q) == pytest.approx(0.75)
    kl: Any = lambda t: t * np.log(t)  # noqa: E731
    assert info.f_divergence(p, q, kl, at_zero=0.0, slope_at_infinity=INF) == INF
    half = info.f_divergence([1.0, 0.0], [0.5, 0.5], kl, at_zero=0.0)
    assert half == pytest.approx(LOG2)
    assert info.f_divergence(q, q, lambda t: t - 1 + 5e-7) == pytest.approx(5e-7)
    root = 1 - math.sqrt(0.5 * 0.25)
    assert info.hellinger_distance(p, q) == pytest.approx(math.sqrt(root))
    # sum (p - q)^2 / q over q > 0, and p(q = 0) makes it infinite
    assert info.chi_squared_divergence(p, q) == INF
    assert info.chi_squared_divergence([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]) == pytest.approx(1.0)


def test_orders_by_hand() -> None:
    p, q = [0.5, 0.25, 0.25], [0.25, 0.25, 0.5]
    # sum p^2 = 3/8; sum p^3 = 5/32
    assert info.renyi_entropy(p, 2) == pytest.approx(math.log(8 / 3))
    assert info.renyi_entropy(p, 3) == pytest.approx(0.5 * math.log(32 / 5))
    assert info.tsallis_entropy(p, 2) == pytest.approx(5 / 8)
    assert info.tsallis_entropy(p, 3) == pytest.approx((1 - 5 / 32) / 2)
    assert info.tsallis_entropy(p, 0) == pytest.approx(2.0)
    # sum p^2 / q = 1 + 1/4 + 1/8 = 11/8; sum p^3 / q^2 = 2 + 1/4 + 1/16
    assert info.renyi_divergence(p, q, 2) == pytest.approx(math.log(11 / 8))
    assert info.renyi_divergence(p, q, 3) == pytest.approx(0.5 * math.log(2 + 5 / 16))
    assert info.renyi_divergence(p, q, INF) == pytest.approx(LOG2)
    bhattacharyya = 2 * math.sqrt(1 / 8) + 0.25
    assert info.renyi_divergence(p, q, 0.5) == pytest.approx(-2 * math.log(bhattacharyya))
    assert info.alpha_divergence(p, q, 2) == pytest.approx((11 / 8 - 1) / 2)
    assert info.alpha_divergence(p, q, -1) == pytest.approx((11 / 8 - 1) / 2)
    assert info.alpha_divergence(p, q, 0.5) == pytest.approx(4 * (1 - bhattacharyya))
    assert info.alpha_divergence(p, q, 1) == pytest.approx(info.kl_divergence(p, q))
    assert info.alpha_divergence(p, q, 0) == pytest.approx(info.kl_divergence(q, p))
    assert info.renyi_divergence(p, q, 1) == pytest.approx(0.25 * LOG2)


def test_tiny_divergences_of_every_order_keep_their_digits() -> None:
    """For q = p + d: D_a = a chi2 / 2 + O(d^3), which a logarithm of a rounded sum would lose."""
    p = np.array([0.5, 0.25, 0.25])
    d = 1e-7 * np.array([1.0, -1.0, 0.0])
    chi2 = float((d * d / p).sum())
    for a in (0.2, 0.5, 0.9, 1.5, 2.0, 4.0):
        assert info.renyi_divergence(p + d, p, a) == pytest.approx(a * chi2 / 2, rel=1e-5)
        assert info.alpha_divergence(p + d, p, a) == pytest.approx(chi2 / 2, rel=1e-5)
    assert info.kl_divergence(p + d, p) == pytest.approx(chi2 / 2, rel=1e-5)
    assert info.hellinger_distance(p + d, p) == pytest.approx(math.sqrt(chi2 / 8), rel=1e-6)


def test_counts_at_the_border_of_the_histogram() -> None:
    """Four cells a value: a span of 4 n makes a histogram, one more goes to sorting; both agree."""
    for span in (39, 40, 41):
        x = np.array([0] * 9 + [span])
        values, counts = count_integers(x)
        assert (values.tolist(), counts.tolist()) == ([0, span], [9, 1])
    top = np.array([2**63, 2**63 + 1, 2**63], dtype=np.uint64)
    values, counts = count_integers(top)
    assert (values.tolist(), counts.tolist()) == ([2**63, 2**63 + 1], [2, 1])
    assert values.dtype == np.uint64
    assert [a.tolist() for a in count_integers([])] == [[], []]


def test_gaussians_by_hand() -> None:
    full = math.log(2 * math.pi * math.e)
    assert info.gaussian_entropy(np.diag([1.0, 4.0, 0.25])) == pytest.approx(1.5 * full)
    assert info.gaussian_entropy(np.zeros((0, 2, 2))).shape == (0,)
    # X and Y correlated by 0.6, Z alone: any way to part X from Y tells -log(1 - 0.36) / 2
    cov = np.array([[4.0, 0.0, 1.2], [0.0, 9.0, 0.0], [1.2, 0.0, 1.0]])
    truth = -0.5 * math.log(1 - 0.36)
    for split in (1, 2, [0], [2], [0, 1], [2, 1], (1, -1), np.array([0])):
        assert info.gaussian_mutual_information(cov, split) == pytest.approx(truth, abs=1e-14)
    assert info.gaussian_mutual_information(cov, [1]) == pytest.approx(0.0, abs=1e-15)
    # d = 2: tr = 1/4 + 1, distance = 2^2 / 4, log det ratio = log 4
    kl = info.gaussian_kl([0, 0], np.eye(2), [2, 0], np.diag([4.0, 1.0]))
    assert kl == pytest.approx(0.5 * (1.25 - 2) + 0.5 + LOG2)
    batch = info.gaussian_kl(np.zeros((3, 1)), np.eye(1), 1, 4)
    np.testing.assert_allclose(batch, [0.5 * (0.25 - 1) + 0.125 + LOG2] * 3)
    singles = info.gaussian_kl([[0.0], [0.0]], [[[0.0]], [[1.0]]], 0, 1)
    assert singles.tolist() == [INF, 0.0]
    other = info.gaussian_kl(0, 1, 0, [[[0.0]], [[1.0]]])
    assert other.tolist() == [INF, 0.0]
    deep = np.broadcast_to(np.diag([1.0, 4.0]), (5, 3, 2, 2))  # a batch of batches
    np.testing.assert_allclose(info.gaussian_entropy(deep), np.full((5, 3), full + LOG2))
    assert info.gaussian_entropy(np.zeros((2, 0, 3, 3))).shape == (2, 0)
    for pair in (([0, 0], deep, [0, 0], np.ones((2, 2))), ([0, 0], np.ones((2, 2)), [0, 0], deep)):
        np.testing.assert_array_equal(info.gaussian_kl(*pair), np.full((5, 3), INF))
    np.testing.assert_allclose(
        info.gaussian_kl([0, 0], deep, [0, 0], np.diag([1.0, 4.0])), np.zeros((5, 3)), atol=1e-15
    )
    split = info.gaussian_mutual_information(deep, [1])
    np.testing.assert_allclose(split, np.zeros((5, 3)), atol=1e-15)
    both = info.gaussian_mutual_information([[[1.0, 1.0], [1.0, 1.0]], [[1.0, 0.6], [0.6, 1.0]]], 1)
    assert both.tolist() == [INF, pytest.approx(truth)]


def test_rounding_in_covariances_is_told_from_faults() -> None:
    """A difference below the root of eps is rounding; the units of measurement do not matter."""
    for size in (1.0, 1e-20, 1e20):
        cov = size * np.array([[1.0, 0.5], [0.5 + 1e-9, 1.0]])
        expected = math.log(2 * math.pi * math.e) + 0.5 * math.log(0.75) + math.log(size)
        assert info.gaussian_entropy(cov) == pytest.approx(expected, rel=1e-7)
        with pytest.raises(info.InfoscopeError, match="symmetric"):
            info.gaussian_entropy(size * np.array([[1.0, 0.5], [0.5 + 1e-7, 1.0]]))
    single = np.array([[1.0, 0.5], [0.5 + 1e-4, 1.0]], dtype=np.float32)
    import torch

    assert float(info.gaussian_entropy(torch.tensor(single))) == pytest.approx(2.694, abs=1e-3)
    with pytest.raises(info.InfoscopeError, match="symmetric"):
        info.gaussian_entropy(single)  # read as doubles, in which it is a fault
    # the third is the sum of the others, up to rounding in the last place
    factor = np.random.default_rng(0).normal(size=(2, 5))
    three = np.concatenate([factor, factor.sum(axis=0, keepdims=True)])
    assert info.gaussian_entropy(three @ three.T) == -INF
    assert gaussians.gaussian_entropy(np.diag([1.0, -0.0])) == -INF


def test_scores_by_hand_on_three_pairs() -> None:
    f = np.zeros((3, 3))
    f[0, 1], f[1, 0], f[2, 2] = LOG2, math.log(3), math.log(4)
    apart = (2 + 3 + 4) / 6  # exp of the six scores beside the diagonal: 2, 3 and four ones
    assert bounds.donsker_varadhan(f).value == pytest.approx(math.log(4) / 3 - math.log(apart))
    assert bounds.nwj(f).value == pytest.approx(math.log(4) / 3 - apart / math.e)
    assert bounds.club(f).value == pytest.approx(math.log(4) / 3 - (LOG2 + math.log(3)) / 6)
    nce = math.log(3) - (math.log(4) + math.log(5) + math.log(6) - math.log(4)) / 3
    assert bounds.info_nce(f).value == pytest.approx(nce)
    floor = np.array([[0.0, -9.0], [9.0, 0.0]])
    clipped = math.log((math.exp(-5) + math.exp(5)) / 2)
    assert bounds.smile(floor).value == pytest.approx(-clipped)
    huge = np.array([[0.0, -800.0], [800.0, 0.0]])
    assert bounds.jensen_shannon(huge).value == pytest.approx(LOG2 - 0.5 * (LOG2 + 400.0))
    bound = bounds.smile(floor, unit="bits")
    assert (bound.kind, bound.cap, bound.unit) == ("neither", INF, "bits")
    assert bounds.info_nce(f, unit="bits").cap == pytest.approx(math.log2(3))
    assert float(bound) == bound.value
    told = {
        "info_nce": "the n pairs are independent",
        "nwj": "the n pairs are independent",
        "donsker_varadhan": "a lower bound only as n grows without end",
        "club": "the scores are the true log p(y|x)",
    }
    assert {name: getattr(bounds, name)(f).condition for name in told} == told


def test_maximum_entropy_by_hand() -> None:
    """A mean of 1 on {0, 1, 2} with p = c r^k: r is 1; a mean of 1/2 on {0, 1}: a fair coin."""
    uniform = info.maximum_entropy([0, 1, 2], [([0, 1, 2], 1.0)])
    np.testing.assert_allclose(uniform.p, 1 / 3, rtol=1e-12)
    assert uniform.multipliers.tolist() == [pytest.approx(0.0, abs=1e-12)]
    assert uniform.converged
    assert 0 <= uniform.gap <= 1e-12
    assert uniform.entropy == pytest.approx(math.log(3))
    nothing = info.maximum_entropy(["a", "b"] and [5, 7], [])
    assert nothing.p.tolist() == [0.5, 0.5]
    assert (nothing.multipliers.size, nothing.converged, nothing.gap) == (0, True, 0.0)
    # p proportional to exp(l x) with mean 3/4 on {0, 1}: l = log 3, whatever the values' scale
    for scale in (1.0, 1e-30, 1e6):
        coin = info.maximum_entropy([0, 1], [([0, scale], 0.75 * scale)])
        np.testing.assert_allclose(coin.p, [0.25, 0.75], rtol=1e-10)
        assert coin.multipliers[0] * scale == pytest.approx(math.log(3), rel=1e-9)
    # a target at the border: only the outcomes there have mass, and they share it evenly
    border = info.maximum_entropy([0, 1, 2, 3], [([0, 0, 1, 1], 1.0)])
    np.testing.assert_allclose(border.p, [0, 0, 0.5, 0.5], atol=1e-12)
    assert border.entropy == pytest.approx(LOG2)
    one = info.maximum_entropy([0, 1, 2], [([0, 1, 2], 2.0)])
    assert one.p.tolist() == [0.0, 0.0, 1.0]
    assert one.entropy == 0.0
    # a constant moment says nothing, and the same one twice says nothing more
    for more in ([([1, 1, 1], 1.0)], [([0, 1, 2], 0.5)], [([0, 2, 4], 1.0)]):
        both = info.maximum_entropy([0, 1, 2], [([0, 1, 2], 0.5), *more])
        alone = info.maximum_entropy([0, 1, 2], [([0, 1, 2], 0.5)])
        np.testing.assert_allclose(both.p, alone.p, rtol=1e-10)
    with pytest.raises(info.InfoscopeError) as caught:
        info.maximum_entropy([0, 1, 2], [([0, 1, 2], 0.5), ([0, 1, 2], 1.5)])
    assert str(caught.value) == (
        "maximum_entropy: moments must be the means of some distribution on the support; got "
        "moments that contradict each other. Move the targets inside, or leave a moment out."
    )
    with pytest.raises(info.InfoscopeError) as caught:  # x in [0, 2] with mean 1 has E x^2 >= 1
        info.maximum_entropy([0, 1, 2], [([0, 1, 2], 1.0), ([0, 1, 4], 0.9)])
    assert "got a point outside the convex hull of the values. Move" in str(caught.value)
    called = info.maximum_entropy(np.array([0.0, 1.0]), [(lambda x: 2 * x, 1.5)])
    np.testing.assert_allclose(called.p, [0.25, 0.75], rtol=1e-10)


def test_logits_give_what_their_probabilities_give() -> None:
    """Also where both kinds of an outcome occur: ordinary ones, and one too small for a number."""
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.25, 0.25, 0.5])
    calls: dict[str, Any] = {
        "cross_entropy": (), "kl_divergence": (), "jensen_shannon_divergence": (),
        "jeffreys_divergence": (), "total_variation": (), "hellinger_distance": (),
        "chi_squared_divergence": (), "renyi_divergence": (2.0,), "alpha_divergence": (3.0,),
        "f_divergence": (lambda t: t * np.log(t),),
    }  # fmt: skip
    for name, more in calls.items():
        f = getattr(info, name)
        truth = f(p, q, *more)
        for given in ((Logits(np.log(p)), q), (p, Logits(np.log(q) + 7.0))):
            assert f(*given, *more) == pytest.approx(truth, rel=1e-12), name
        assert f(Logits(np.log(p)), Logits(np.log(q)), *more) == pytest.approx(truth, rel=1e-12)
    # p = (1/2, 1/2, e^-300), q = (1/4, 3/4, e^-800): 1/4 + 1/12 and e^(800 - 600)
    far = Logits([math.log(0.5), math.log(0.5), -300.0]), Logits([*np.log([0.25, 0.75]), -800.0])
    assert info.chi_squared_divergence(*far) == pytest.approx(math.exp(200) + 1 / 3)


def test_slopes_at_the_edge_are_finite() -> None:
    """At p = q Hellinger's distance has a kink, where 0 is returned; roots of 0 count no slope."""
    import torch

    p = torch.tensor([0.5, 0.5], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(info.hellinger_distance(p, [0.5, 0.5]), p)
    assert slope.tolist() == [0.0, 0.0]
    p = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    distance = info.hellinger_distance(p, [0.5, 0.5])
    (slope,) = torch.autograd.grad(distance, p)
    # H^2 = (1/2) sum d^2; d_0 = (p - q) / root q has the slope 1 / root q where p = 0
    assert slope[0].item() == pytest.approx(-1 / (2 * distance.item()))
    parent = torch.tensor([2.0, 2.0], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(info.gain_ratio(parent, 1.0 * torch.diag(parent)), parent)
    assert torch.isfinite(slope).all()
    lone = torch.tensor([[0.5, 0.5]], dtype=torch.float64, requires_grad=True)
    for normalization in ("geometric", "min", "arithmetic"):
        value = info.normalized_mutual_information(lone, normalization=normalization)  # type: ignore[arg-type]
        (slope,) = torch.autograd.grad(value, lone)
        assert torch.isfinite(slope).all()


def test_half_of_the_arguments_traced() -> None:
    import jax

    children = np.array([[2.0, 0.0], [0.0, 2.0]])
    traced = jax.jit(lambda parent: info.information_gain(parent, children))(np.array([2.0, 2.0]))
    assert float(traced) == pytest.approx(LOG2, rel=1e-6)
    traced = jax.jit(lambda split: info.gain_ratio([2.0, 2.0], split))(children)
    assert float(traced) == pytest.approx(1.0, rel=1e-6)


def test_a_generator_may_be_off_by_a_millionth_at_one() -> None:
    assert info.f_divergence([0.5, 0.5], [0.5, 0.5], lambda t: t - 1 + 1e-6) == 1e-6
    with pytest.raises(info.InfoscopeError, match="f must be 0 at 1"):
        info.f_divergence([0.5, 0.5], [0.5, 0.5], lambda t: t - 1 - 1.1e-6)


def test_the_gap_of_maximum_entropy() -> None:
    """KL of p (1 + u) from p: by hand at u = -1, and to full precision where u is small."""
    p = np.array([0.5, 0.5])
    assert _gap(p, np.array([-1.0, 1.0])) == pytest.approx(LOG2)
    assert _gap(p, np.array([-1.1, 1.1])) == INF
    assert _gap(np.array([1.0, 0.0]), np.array([0.0, 5.0])) == 0.0
    for u in (9.9e-5, 1.01e-4, 1e-8, 0.3):
        exact = float(sum(0.5 * (1 + x) * mp.log1p(x) for x in (mp.mpf(u), -mp.mpf(u))))
        assert _gap(p, np.array([u, -u])) == pytest.approx(exact, rel=1e-10 if u > 1e-6 else 1e-7)


def test_kernels_are_asked_for_when_they_repay(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small array does not load numba; a huge one does, if it is there."""
    monkeypatch.setitem(sys.modules, "numba", sys)
    assert rows.repays(1 << 16)
    assert not rows.repays((1 << 16) - 1)
    monkeypatch.delitem(sys.modules, "numba")
    monkeypatch.setattr(rows, "is_installed", lambda _: True)
    assert rows.repays(1 << 25)
    assert not rows.repays((1 << 25) - 1)
    monkeypatch.setattr(rows, "is_installed", lambda _: False)
    assert not rows.repays(1 << 30)
