"""Laws that hold for every distribution: inequalities, chain rules, invariances, two routes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import infoscope as info
from infoscope import Joint, Logits
from infoscope.testing import channels, distributions, joint_tables, logits, orders, pairs

SLACK = 1e-12


def close(left: object, right: object, tolerance: float = SLACK) -> None:
    assert left == pytest.approx(right, rel=tolerance, abs=tolerance)


@given(pairs())
def test_gibbs(pq: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pq
    assert info.kl_divergence(p, q) >= -SLACK
    assert info.cross_entropy(p, q) >= info.entropy(p) - SLACK
    assert abs(info.kl_divergence(p, p)) <= 1e-15


@given(pairs())
def test_cross_entropy_splits(pq: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pq
    close(info.cross_entropy(p, q), info.entropy(p) + info.kl_divergence(p, q))


@given(pairs())
def test_divergence_is_infinite_exactly_off_the_support(pq: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pq
    uncovered = bool(np.any((p > 0) & (q == 0)))
    assert math.isinf(info.kl_divergence(p, q)) == uncovered
    assert math.isinf(info.cross_entropy(p, q)) == uncovered
    assert math.isinf(info.chi_squared_divergence(p, q)) == uncovered
    assert math.isfinite(info.jensen_shannon_divergence(p, q))


@given(distributions())
def test_entropy_is_bounded_and_symmetric(p: np.ndarray) -> None:
    k = np.count_nonzero(p)
    h = info.entropy(p)
    assert -1e-15 <= h <= math.log(k) + SLACK
    close(info.entropy(p[::-1]), h)
    close(info.entropy(np.append(p, 0.0)), h)
    close(info.perplexity(p), math.exp(h))


@given(distributions(), distributions())
def test_grouping(outer: np.ndarray, inner: np.ndarray) -> None:
    """Refine the first outcome: H grows by p_1 times the entropy within it."""
    refined = np.concatenate([outer[0] * inner, outer[1:]])
    close(info.entropy(refined), info.entropy(outer) + outer[0] * info.entropy(inner))


@given(distributions(), distributions(), orders(0, 8))
def test_independent_entropies_add(p: np.ndarray, q: np.ndarray, a: float) -> None:
    product = np.outer(p, q)
    close(info.entropy(product.ravel()), info.entropy(p) + info.entropy(q))
    joint = info.renyi_entropy(product.ravel(), a)
    close(joint, info.renyi_entropy(p, a) + info.renyi_entropy(q, a), 1e-10)
    s, t = info.tsallis_entropy(p, a), info.tsallis_entropy(q, a)
    close(info.tsallis_entropy(product.ravel(), a), s + t + (1 - a) * s * t, 1e-10)
    assert abs(info.mutual_information(product)) <= SLACK


@given(pairs(), pairs())
def test_independent_divergences_add(pq: tuple, rs: tuple) -> None:
    (p, q), (r, s) = pq, rs
    both = info.kl_divergence(np.outer(p, r).ravel(), np.outer(q, s).ravel())
    close(both, info.kl_divergence(p, q) + info.kl_divergence(r, s), 1e-11)


@given(pairs())
def test_pinsker_and_its_kin(pq: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pq
    tv, kl = info.total_variation(p, q), info.kl_divergence(p, q)
    hellinger = info.hellinger_distance(p, q)
    assert tv <= math.sqrt(max(kl, 0) / 2) + SLACK
    assert hellinger**2 - SLACK <= tv <= math.sqrt(2) * hellinger + SLACK
    assert kl <= math.log1p(info.chi_squared_divergence(p, q)) + SLACK
    assert info.jensen_shannon_divergence(p, q) <= math.log(2) * tv + SLACK
    assert 0 <= tv <= 1 + SLACK
    assert 0 <= hellinger <= 1 + SLACK


@given(pairs())
def test_symmetric_divergences(pq: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pq
    for divergence in (
        info.jensen_shannon_divergence,
        info.jeffreys_divergence,
        info.total_variation,
        info.hellinger_distance,
    ):
        close(divergence(p, q), divergence(q, p))
        assert abs(divergence(p, p)) <= 1e-15
    close(info.jeffreys_divergence(p, q), info.kl_divergence(p, q) + info.kl_divergence(q, p))


@given(st.integers(2, 5).flatmap(lambda k: st.tuples(*[distributions(k)] * 3)))
def test_triangle_inequalities(three: tuple[np.ndarray, ...]) -> None:
    p, q, r = three
    for metric in (
        info.total_variation,
        info.hellinger_distance,
        lambda a, b: math.sqrt(max(info.jensen_shannon_divergence(a, b), 0.0)),
    ):
        assert metric(p, r) <= metric(p, q) + metric(q, r) + 1e-7


@given(st.integers(2, 5).flatmap(lambda k: st.tuples(*[distributions(k)] * 4)), st.floats(0, 1))
def test_entropy_is_concave_and_divergence_convex(four: tuple, w: float) -> None:
    p, q, r, s = four
    mean, mean_of_others = w * p + (1 - w) * q, w * r + (1 - w) * s
    assert info.entropy(mean) >= w * info.entropy(p) + (1 - w) * info.entropy(q) - SLACK
    parts = [(w, info.kl_divergence(p, r)), (1 - w, info.kl_divergence(q, s))]
    total = sum(weight * kl for weight, kl in parts if weight)
    assert info.kl_divergence(mean, mean_of_others) <= total + SLACK


@given(pairs(), st.floats(0, 1))
def test_jensen_shannon_is_information_about_the_source(pq: tuple, w: float) -> None:
    p, q = pq
    js = info.jensen_shannon_divergence(p, q, weights=(w, 1 - w))
    close(js, info.mutual_information(np.stack([w * p, (1 - w) * q])), 1e-11)
    assert -SLACK <= js <= info.entropy([w, 1 - w]) + SLACK


@given(st.integers(2, 5).flatmap(lambda k: st.tuples(pairs(k), channels(k))))
def test_no_channel_adds_divergence(given_: tuple) -> None:
    (p, q), w = given_
    for divergence in (
        info.kl_divergence,
        info.jensen_shannon_divergence,
        info.total_variation,
        info.hellinger_distance,
        info.chi_squared_divergence,
        lambda a, b: info.renyi_divergence(a, b, 0.5),
        lambda a, b: info.alpha_divergence(a, b, 3.0),
    ):
        before = divergence(p, q)
        assert divergence(p @ w, q @ w) <= before + 1e-9 * (1 + abs(before))


@given(joint_tables((3, 3)).flatmap(lambda t: st.tuples(st.just(t), channels(3))))
def test_data_processing(given_: tuple) -> None:
    table, w = given_
    sent = info.push(table, w)
    assert info.mutual_information(sent) <= info.mutual_information(table) + SLACK
    chain = Joint(table, "XY").push("Y", w, "Z")
    close(chain.I("X;Z"), info.mutual_information(sent), 1e-11)
    close(chain.I("X;Z|Y"), 0.0)


@given(joint_tables())
def test_mutual_information_three_ways(table: np.ndarray) -> None:
    h0, h1 = info.entropy(table.sum(axis=1)), info.entropy(table.sum(axis=0))
    mi = info.mutual_information(table)
    assert -SLACK <= mi <= min(h0, h1) + SLACK
    close(mi, h0 + h1 - info.joint_entropy(table))
    close(mi, h0 - info.conditional_entropy(table, given=1))
    product = np.outer(table.sum(axis=1), table.sum(axis=0))
    close(mi, info.kl_divergence(table.ravel(), product.ravel()))
    close(info.mutual_information(table.T), mi)
    close(info.variation_of_information(table), info.joint_entropy(table) - mi)
    pmi = info.pointwise_mutual_information(table)
    close(mi, (table[table > 0] * pmi[table > 0]).sum())
    close(info.total_correlation(table), mi)
    close(info.dual_total_correlation(table), mi)
    close(info.interaction_information(table), mi)
    close(info.o_information(table), 0.0)


@given(joint_tables())
def test_fano(table: np.ndarray) -> None:
    """Guessing X from Y by the likeliest value: H(X|Y) <= h(e) + e log(k - 1)."""
    k = table.shape[0]
    error = min(max(1.0 - table.max(axis=0).sum(), 0.0), 1.0)
    bound = info.entropy([error, 1 - error]) + error * math.log(max(k - 1, 1))
    assert info.conditional_entropy(table, given=1) <= bound + 1e-9


@given(joint_tables())
def test_normalised_information(table: np.ndarray) -> None:
    values = {
        name: info.normalized_mutual_information(table, normalization=name)
        for name in ("min", "arithmetic", "geometric", "max", "joint")
    }
    for value in values.values():
        assert -1e-9 <= value <= 1 + 1e-9
    rising = [values[name] for name in ("joint", "max", "arithmetic", "geometric", "min")]
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(rising))


@given(joint_tables(n_variables=3))
def test_three_variables(table: np.ndarray) -> None:
    j = Joint(table, "XYZ")
    mi, cmi = j.I("X;Y"), j.I("X;Y|Z")
    assert min(mi, cmi) >= -SLACK
    close(info.conditional_mutual_information(table), cmi)
    close(j.I("X;Y,Z"), j.I("X;Z") + cmi)
    close(info.interaction_information(table), cmi - mi)
    close(j.I("X;Y;Z"), mi - cmi)
    close(info.o_information(table), mi - cmi)
    tc, dtc = info.total_correlation(table), info.dual_total_correlation(table)
    close(tc, j.H("X") + j.H("Y") + j.H("Z") - j.H("X,Y,Z"))
    close(dtc, j.H("XYZ") - j.H("X|Y,Z") - j.H("Y|X,Z") - j.H("Z|X,Y"))
    close(sum(j.chain_rule().values()), j.H("X,Y,Z"))
    close(sum(j.chain_rule("Z,Y,X").values()), j.H("X,Y,Z"))
    close(sum(j.venn().values()), j.H("X,Y,Z"))
    assert j.H("X|Y") <= j.H("X") + SLACK
    for a, b in itertools.permutations("XYZ", 2):
        close(j.I(f"{a};{b}"), j.I(f"{b};{a}"))


@given(joint_tables(n_variables=4, zeros=False))
def test_four_variables(table: np.ndarray) -> None:
    j = Joint(table, "WXYZ")
    close(j.I("W,X;Y|Z"), j.I("W;Y|Z") + j.I("X;Y|W,Z"))
    close(j.H("W,X|Y,Z"), j.H("W,X,Y,Z") - j.H("Y,Z"))
    tc, dtc = info.total_correlation(table), info.dual_total_correlation(table)
    close(info.o_information(table), tc - dtc)
    assert tc >= -SLACK
    assert -SLACK <= dtc <= info.joint_entropy(table) + SLACK
    close(info.interaction_information(table), -j.I("W;X;Y;Z") * -1)


@given(distributions(), orders())
def test_renyi_entropy_falls_with_the_order(p: np.ndarray, a: float) -> None:
    h = info.renyi_entropy(p, a)
    assert -SLACK <= h <= math.log(np.count_nonzero(p)) + SLACK
    assert info.renyi_entropy(p, a + 0.5) <= h + SLACK
    assert info.renyi_entropy(p, math.inf) <= h + SLACK


@given(pairs(), st.floats(0.01, 0.99))
def test_renyi_divergence_rises_and_is_skew_symmetric(pq: tuple, a: float) -> None:
    p, q = pq
    d = info.renyi_divergence(p, q, a)
    assert d >= -SLACK
    assert info.renyi_divergence(p, q, a + 0.3) >= d - 1e-11
    assert info.renyi_divergence(p, q, math.inf) >= d - 1e-11
    reverse = info.renyi_divergence(q, p, 1 - a)
    if math.isfinite(d):
        close((1 - a) * d, a * reverse, 1e-11)
        close(info.alpha_divergence(p, q, a), -math.expm1((a - 1) * d) / (a * (1 - a)), 1e-10)
    close(info.alpha_divergence(p, q, a), info.alpha_divergence(q, p, 1 - a), 1e-11)


@given(pairs(zeros=False, least=1e-3))
def test_orders_meet_shannon(pq: tuple[np.ndarray, np.ndarray]) -> None:
    """Beside order 1 the value differs from Shannon's by about the step, not by lost digits."""
    p, q = pq
    for step in (1e-6, -1e-6, 1e-9, -1e-9, 1e-12, -1e-12):
        a = 1 + step
        assert info.renyi_entropy(p, a) == pytest.approx(
            info.entropy(p), abs=60 * abs(step) + 1e-14
        )
        assert info.tsallis_entropy(p, a) == pytest.approx(
            info.entropy(p), abs=60 * abs(step) + 1e-14
        )
        kl = info.kl_divergence(p, q)
        assert info.renyi_divergence(p, q, a) == pytest.approx(kl, abs=60 * abs(step) + 1e-14)
        assert info.alpha_divergence(p, q, a) == pytest.approx(kl, abs=60 * abs(step) + 1e-14)
        reverse = info.kl_divergence(q, p)
        assert info.alpha_divergence(p, q, step) == pytest.approx(
            reverse, abs=60 * abs(step) + 1e-14
        )
    assert info.renyi_entropy(p, 1) == info.entropy(p)
    assert info.renyi_divergence(p, q, 1) == info.kl_divergence(p, q)
    assert info.alpha_divergence(p, q, 0) == info.kl_divergence(q, p)


@given(pairs())
def test_generic_f_divergence_meets_the_named_ones(pq: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = pq
    inf = math.inf

    def generic(f: object, at_zero: float, slope: float) -> float:
        return info.f_divergence(p, q, f, at_zero=at_zero, slope_at_infinity=slope)

    close(generic(lambda t: t * np.log(t), 0.0, inf), info.kl_divergence(p, q))
    close(generic(lambda t: -np.log(t), inf, 0.0), info.kl_divergence(q, p))
    close(generic(lambda t: abs(t - 1) / 2, 0.5, 0.5), info.total_variation(p, q))
    hellinger = info.hellinger_distance(p, q)
    close(generic(lambda t: (np.sqrt(t) - 1) ** 2 / 2, 0.5, 0.5), hellinger**2)
    close(generic(lambda t: (t - 1) ** 2, 1.0, inf), info.chi_squared_divergence(p, q))
    close(4 * hellinger**2, info.alpha_divergence(p, q, 0.5), 1e-11)
    close(info.chi_squared_divergence(p, q) / 2, info.alpha_divergence(p, q, 2), 1e-10)


@pytest.mark.filterwarnings("ignore::infoscope.InfoscopeWarning")  # equal logits of 1/k
@given(logits(), st.floats(-300, 300))
def test_logits_are_shift_invariant(z: np.ndarray, shift: float) -> None:
    p = np.exp(z - z.max())
    p /= p.sum()
    close(info.entropy(Logits(z)), info.entropy(p), 1e-11)
    close(info.entropy(Logits(z + shift)), info.entropy(p), 1e-9)
    close(info.cross_entropy(p, Logits(z)), info.entropy(p), 1e-11)


@given(distributions(), st.permutations(range(3)))
def test_units_scale_and_axes_move(p: np.ndarray, order: list[int]) -> None:
    h = info.entropy(p)
    close(info.entropy(p, unit="bits"), h / math.log(2))
    close(info.entropy(p, unit="bans"), h / math.log(10))
    batch = np.broadcast_to(p[:, None, None], (p.size, 2, 3))
    moved = np.transpose(batch, order)
    got = info.entropy(moved, axis=order.index(0))
    assert got.size == 6
    np.testing.assert_allclose(got, h, rtol=1e-12, atol=1e-14)


@given(distributions(), st.floats(0.01, 1))
def test_information_gain_is_mutual_information(p: np.ndarray, share: float) -> None:
    children = np.stack([share * p, (1 - share) * p[::-1]]) * 100
    gain = info.information_gain(children.sum(axis=0), children)
    close(gain, info.mutual_information(children / children.sum()), 1e-11)
    assert -SLACK <= info.gain_ratio(children.sum(axis=0), children) <= 1 + 1e-9
