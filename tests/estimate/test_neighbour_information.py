"""Information from neighbours: ksg, mixed and ross against brute force, peers and closed forms."""

import math
import time

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.spatial import cKDTree
from scipy.special import digamma
from scipy.stats import norm
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from infoscope.core.errors import InvalidArgument
from infoscope.estimate import conditional_mutual_information, mutual_information
from infoscope.estimate import pointwise_mutual_information as pointwise
from infoscope.estimate.kernels import space
from infoscope.estimate.kernels.information import local_information
from infoscope.estimate.kernels.marginals import blocks_of
from infoscope.estimate.variables import variable_of


def brute_force(values, codes, k, second=False):
    """Local values by comparing every row with every other: the definition, O(n^2)."""
    n = values[0].shape[0]
    apart = []
    for v, c in zip(values, codes, strict=True):
        d = np.abs(v[:, None] - v[None]).max(-1) if v.shape[1] else np.zeros((n, n))
        apart.append(d if c is None else np.where(c[:, None] != c[None], np.inf, d))
    z = apart[2] if len(apart) > 2 else np.zeros((n, n))
    xz, yz = np.maximum(apart[0], z), np.maximum(apart[1], z)
    joint = np.maximum(xz, yz)
    local = np.empty(n)
    for i in range(n):
        others = np.sort(np.delete(joint[i], i))
        reach = min(k, int(np.isfinite(others).sum()))
        spaces = (xz, yz, z)
        if reach == 0:  # nobody has these labels: labels alone
            counts = [np.isfinite(d[i]).sum() for d in (joint, *spaces)]
            local[i] = digamma(counts) @ [1, -1, -1, 1]
            continue
        r = others[reach - 1]
        if r == 0 or (reach < n - 1 and others[reach] == r):
            counts = [(d[i] <= r).sum() for d in (joint, *spaces)]
            local[i] = digamma(counts) @ [1, -1, -1, 1]
        elif second:
            near = np.flatnonzero((joint[i] <= r) & (np.arange(n) != i))
            counts = [(d[i] <= d[i][near].max()).sum() - 1 for d in apart[:2]]
            local[i] = digamma(k) - 1 / k - digamma(counts).sum() + digamma(n)
        else:
            counts = [(d[i] < r).sum() for d in spaces]
            local[i] = digamma(reach) + digamma(counts) @ [-1, -1, 1]
    return local


def draw(rng, n, d, style):
    """Return (n, d) numbers: continuous, on a coarse grid, with many zeros, or rounded."""
    v = rng.normal(size=(n, d))
    return [v, np.round(3 * v), np.where(rng.random((n, d)) < 0.4, 0, v), np.round(v, 1)][style]


def blocks(*pairs):
    variables = tuple(variable_of("x", "mixed", v, c) for v, c in pairs)
    return blocks_of(variables, marginals="raw")[0]


@pytest.mark.parametrize("fast", [True, False])
def test_local_values_equal_brute_force_on_random_mixes(fast, monkeypatch):
    monkeypatch.setattr(space, "FAST", fast)
    rng = np.random.default_rng(11)
    for _ in range(150):
        n = int(rng.integers(5, 90))
        k = int(rng.integers(1, min(6, n)))
        values, codes = [], []
        for _ in range(rng.integers(2, 4)):
            d = int(rng.integers(0, 3))
            values.append(draw(rng, n, d, int(rng.integers(0, 4))))
            labelled = d == 0 or rng.random() < 0.3
            codes.append(rng.integers(0, rng.integers(1, 5), n) if labelled else None)
        unlabelled = len(values) == 2 and all(c is None for c in codes)
        second = bool(unlabelled and rng.random() < 0.5)
        got = local_information(
            *blocks(*zip(values, codes, strict=True)), k=k, second=second
        ).values
        np.testing.assert_allclose(got, brute_force(values, codes, k, second), atol=1e-12)


def test_strips_agree_with_the_tree_where_strips_are_many():
    rng = np.random.default_rng(5)
    x = np.where(rng.random(5000) < 0.3, 0.0, rng.standard_cauchy(5000))[:, None]
    y = np.round(x + rng.normal(size=(5000, 1)), 2)
    pair = blocks((x, None), (y, None))
    wide = blocks((np.hstack([x, x]), None), (y, None))  # the same distances, by the tree
    for second in (False, True):
        a = local_information(*pair, k=4, second=second).values
        b = local_information(*wide, k=4, second=second).values
        np.testing.assert_array_equal(a, b)


def ksg_by_hand(x, y, k):
    xy = np.hstack([x, y])
    radius = np.nextafter(cKDTree(xy).query(xy, k + 1, p=np.inf)[0][:, k], 0)
    n_x, n_y = (
        cKDTree(v).query_ball_point(v, radius, p=np.inf, return_length=True) for v in (x, y)
    )
    return digamma(k) + digamma(len(x)) - np.mean(digamma(n_x) + digamma(n_y))


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (6, 1)])
def test_ksg_equals_the_recipe_written_with_scipy(shape):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2000, shape[0]))
    y = rng.normal(size=(2000, shape[1])) + x[:, :1]
    got = mutual_information(x, y, method="ksg", k=4, marginals="raw", interval=None).value
    assert got == pytest.approx(ksg_by_hand(x, y, 4), abs=1e-12)


def standard(x):
    return (x - x.mean()) / x.std(ddof=1)


def test_ksg_and_ross_equal_scikit_learn_on_the_same_scale():
    """scikit-learn divides by the deviation and adds noise of 1e-10: equal but for that."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=800)
    y = x + rng.normal(size=800)
    peer = mutual_info_regression(x[:, None], y, random_state=0)[0]
    scaled = {"marginals": "raw", "interval": None, "k": 3}
    sd = [v / v.std() for v in (x, y)]
    assert mutual_information(*sd, method="ksg", **scaled).value == pytest.approx(peer, abs=1e-6)
    label = (y > 0).astype(int) + (y > 1)
    peer = mutual_info_classif(x[:, None], label, random_state=0)[0]
    got = mutual_information(sd[0], label, method="ross", **scaled).value
    assert got == pytest.approx(peer, abs=1e-6)


def gaussian(n, rho, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, rho * x + math.sqrt(1 - rho**2) * rng.normal(size=n)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("method", ["ksg", "mixed"])
def test_gaussian_pairs_within_the_error_bar(rho, method):
    """sd at n = 4000 is about 0.7 / sqrt(n) = 0.011 without dependence, 0.017 with; 4 sd."""
    x, y = gaussian(4000, rho, 4)
    got = mutual_information(x, y, method=method, interval=None).value
    assert got == pytest.approx(-0.5 * math.log1p(-(rho**2)), abs=0.06)


def test_the_error_bar_is_the_spread_over_samples():
    draws = [
        mutual_information(*gaussian(400, 0.6, seed), method="ksg", interval=None).value
        for seed in range(60)
    ]
    told = [mutual_information(*gaussian(400, 0.6, s), method="ksg").stderr for s in range(6)]
    assert np.mean(told) == pytest.approx(np.std(draws), rel=0.4)  # sd of the ratio is about 0.13


def zero_inflated(n, rho, seed):
    """Both sides of a Gaussian pair with what lies below the 30 % quantile set to 0."""
    x, y = gaussian(n, rho, seed)
    cut = norm.ppf(0.3)
    return np.where(x < cut, 0, x), np.where(y < cut, 0, y)


def zero_inflated_truth(rho):
    cut, s = norm.ppf(0.3), math.sqrt(1 - rho**2)

    def zero_given(x):
        return norm.cdf((cut - rho * x) / s)

    both = quad(lambda x: norm.pdf(x) * zero_given(x), -12, cut, epsabs=1e-10)[0]
    one = quad(lambda x: norm.pdf(x) * zero_given(x) * np.log(zero_given(x) / 0.3), cut, 9)[0]

    def inner(x):  # E log N(y; rho x, s) / N(y; 0, 1) over y > cut given x
        t = (cut - rho * x) / s
        tail, pdf = norm.sf(t), norm.pdf(t)
        y2 = (rho * x) ** 2 * tail + 2 * rho * x * s * pdf + s * s * (tail + t * pdf)
        return -math.log(s) * tail - 0.5 * (tail + t * pdf) + 0.5 * y2

    none = quad(lambda x: norm.pdf(x) * inner(x), cut, 9)[0]
    return both * math.log(both / 0.09) + 2 * one + none


@pytest.mark.parametrize("rho", [0.0, 0.75])
def test_zeros_on_both_sides_against_quadrature(rho):
    got = mutual_information(*zero_inflated(4000, rho, 8), interval=None)
    assert got.method == "mixed"
    assert got.value == pytest.approx(zero_inflated_truth(rho), abs=0.05)


def test_a_uniform_label_and_overlapping_intervals():
    """x uniform on 5 values, y uniform on [x, x + 2]: log 5 - (4/5) log 2 (Gao et al., 4.1)."""
    rng = np.random.default_rng(1)
    x = rng.integers(0, 5, 3000)
    y = x + 2 * rng.random(3000)
    truth = math.log(5) - 0.8 * math.log(2)
    for method, flags in (("ross", {}), ("mixed", {}), ("mixed", {"discrete_x": False})):
        got = mutual_information(x, y, method=method, interval=None, **flags).value
        assert got == pytest.approx(truth, abs=0.04)


@pytest.mark.parametrize("digits", [1, 2])
@pytest.mark.parametrize("rho", [0.0, 0.6, 0.9])
def test_rounding_is_not_taken_for_dependence(digits, rho):
    for n in (300, 2000):
        values = []
        for seed in range(8):
            x, y = (np.round(v, digits) for v in gaussian(n, rho, seed))
            values.append(
                mutual_information(x, y, discrete_x=False, discrete_y=False, interval=None).value
            )
        # the mean of 8 has an sd of 0.013 at n = 300; grids may add up to 0.05
        assert np.mean(values) == pytest.approx(-0.5 * math.log1p(-(rho**2)), abs=0.08)


def test_labels_alone_are_the_plug_in_value_with_miller_and_madow():
    rng = np.random.default_rng(9)
    n = 3000
    x = rng.integers(0, 3, n)
    y = (x + (rng.random(n) < 0.3)) % 3
    table = np.histogram2d(x, y, bins=3)[0]
    p = table[table > 0] / n
    q = np.outer(table.sum(1), table.sum(0))[table > 0] / n**2
    corrected = p @ np.log(p / q) - (p.size - 3 - 3 + 1) / (2 * n)
    got = mutual_information(x, y, method="mixed", interval=None).value
    assert got == pytest.approx(corrected, abs=1e-5)  # psi(c) = log c - 1/2c + O(c^-2)


def test_conditional_information_of_a_gaussian_chain_and_of_an_exclusive_or():
    rng = np.random.default_rng(6)
    n = 4000
    z = rng.normal(size=n)
    x, y = z + rng.normal(size=n), z + rng.normal(size=n)
    got = conditional_mutual_information(x, y, z, interval=None).value
    assert got == pytest.approx(0.0, abs=0.05)
    w = x + y + rng.normal(size=n)
    truth = gaussian_conditional(np.cov(np.stack([x, y, w])))
    got = conditional_mutual_information(x, y, w, interval=None).value
    assert got == pytest.approx(truth, abs=0.08)
    a, b = rng.integers(0, 2, n), rng.integers(0, 2, n)
    got = conditional_mutual_information(a, b, a ^ b, method="mixed", interval=None).value
    assert got == pytest.approx(math.log(2), abs=0.01)


def gaussian_conditional(c):
    """I(0; 1 | 2) from the partial correlation."""
    precision = np.linalg.inv(c)
    rho = -precision[0, 1] / math.sqrt(precision[0, 0] * precision[1, 1])
    return -0.5 * math.log1p(-(rho**2))


def test_conditional_information_given_a_label_is_the_mean_within_labels():
    rng = np.random.default_rng(12)
    x = rng.normal(size=2000)
    sign = rng.integers(0, 2, 2000)
    y = np.where(sign == 1, x, -x) + 0.5 * rng.normal(size=2000)
    got = conditional_mutual_information(x, y, sign, interval=None).value
    truth = 0.5 * math.log(1 + 1 / 0.25)
    assert got == pytest.approx(truth, abs=0.1)
    assert mutual_information(x, y, interval=None).value < truth - 0.2


def test_a_constant_condition_leaves_the_mutual_information():
    x, y = gaussian(500, 0.7, 1)
    constant = np.ones((500, 1))
    pair = mutual_information(x, y, method="mixed", interval=None).value
    given = conditional_mutual_information(x, y, constant, method="mixed", interval=None).value
    assert given == pytest.approx(pair, abs=1e-12)


MAPS = {
    "offset": lambda v: v + 1e12,
    "tiny": lambda v: v * 1e-150,
    "huge": lambda v: v * 1e150,
    "exponential": lambda v: np.exp(3 * v),
    "fifth power": lambda v: v**5,
    "column": lambda v: v[:, None],
}


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("other", ["number", "label"])
def test_increasing_maps_change_nothing(name, other):
    x, y = (np.round(v, 3) for v in gaussian(700, 0.6, 2))  # so that an offset loses nothing
    second = (y > 0) if other == "label" else y
    plain = mutual_information(x, second, interval=None).value
    moved = MAPS[name](x)
    assert mutual_information(moved, second, interval=None).value == pytest.approx(plain, abs=2e-2)
    if name in {"tiny", "huge", "fifth power", "column"}:
        got = mutual_information(moved, second, interval=None).value
        assert got == pytest.approx(plain, abs=1e-12)


@pytest.mark.parametrize("marginals", ["standardized", "raw"])
def test_extreme_scales_of_raw_numbers(marginals):
    x, y = gaussian(300, 0.6, 2)
    scale = 2.0**400
    options = {"method": "ksg", "marginals": marginals, "interval": None}
    plain = mutual_information(x, y, **options).value
    got = mutual_information(x * scale, y * scale, **options).value
    assert got == pytest.approx(plain, abs=1e-9)


def test_one_outlier_and_heavy_tails():
    x, y = gaussian(1000, 0.75, 6)
    plain = mutual_information(x, y, interval=None).value
    x[3] = 1e6
    assert mutual_information(x, y, interval=None).value == pytest.approx(plain, abs=0.02)
    rng = np.random.default_rng(0)
    cauchy = rng.normal(size=(2, 4000)) / np.abs(rng.normal(size=4000))
    truth = 0.22418  # h_t(1,1) + h_t(1,1) - h_t(2,1): log(4 pi) * 2 - log(2 pi) - 3
    assert truth == pytest.approx(2 * math.log(4 * math.pi) - math.log(2 * math.pi) - 3, abs=1e-4)
    assert mutual_information(*cauchy, interval=None).value == pytest.approx(truth, abs=0.06)


@pytest.mark.parametrize("method", ["ksg", "mixed"])
def test_swap_and_order_of_rows(method):
    x, y = (np.round(v, 1) for v in gaussian(400, 0.6, 2))
    flags = {"method": method, "interval": None, "discrete_x": False, "discrete_y": False}
    forth = mutual_information(x, y, **flags).value
    assert mutual_information(y, x, **flags).value == pytest.approx(forth, abs=1e-12)
    order = np.random.default_rng(1).permutation(400)
    assert mutual_information(x[order], y[order], **flags).value == pytest.approx(forth, abs=1e-12)


def test_equal_rows_have_equal_local_values():
    x, y = (np.round(v, 1) for v in gaussian(400, 0.6, 2))
    local = pointwise(x, y, method="mixed", discrete_x=False, discrete_y=False)
    rows = np.column_stack([x, y])
    _, group = np.unique(rows, axis=0, return_inverse=True)
    group = group.reshape(-1)
    means = np.bincount(group, local) / np.bincount(group)
    np.testing.assert_allclose(local, means[group], atol=1e-12)
    total = mutual_information(
        x, y, method="mixed", discrete_x=False, discrete_y=False, interval=None
    )
    assert local.mean() == pytest.approx(total.value, abs=1e-12)


def test_types_and_read_only_input():
    x, y = gaussian(300, 0.6, 3)
    x, y = x.astype(np.float32), y.astype(np.float32)
    kept = x.copy()
    x.flags.writeable = False
    a = mutual_information(x, y, interval=None).value
    assert mutual_information(x.astype(float), y.astype(float), interval=None).value == a
    assert np.array_equal(x, kept)


def test_x_with_itself_and_with_its_double():
    x, _ = gaussian(500, 0.0, 3)
    assert mutual_information(x, x, interval=None).value == math.inf
    assert mutual_information(x, 2 * x, interval=None).value > 4.0  # log n is 6.2


@pytest.mark.parametrize("method", ["ksg", "mixed"])
@pytest.mark.parametrize("k", [0, 10, 2.5, True, "3"])
def test_neighbours_must_be_fewer_than_rows(method, k):
    x, y = gaussian(10, 0.5, 0)
    with pytest.raises(InvalidArgument, match=r"k must be a whole number of neighbours from 1 to"):
        mutual_information(x, y, method=method, k=k)


def test_three_rows():
    with pytest.raises(InvalidArgument, match="at least 4 rows"):
        mutual_information([0.1, 0.5, 0.9], [1.5, 2.5, 3.25], method="ksg", k=3)


@pytest.mark.parametrize(
    "option, value", [("marginals", "ranks"), ("ties", "jitter"), ("type", 3), ("type", True)]
)
def test_options_must_be_known(option, value):
    x, y = gaussian(50, 0.5, 0)
    with pytest.raises(InvalidArgument, match=option):
        mutual_information(x, y, method="ksg", **{option: value})


def test_labels_that_are_all_different_say_nothing():
    rng = np.random.default_rng(0)
    labels = [f"id{i}" for i in range(200)]
    got = mutual_information(labels, rng.normal(size=200), method="ross", interval=None)
    assert got.value == pytest.approx(0.0, abs=1e-12)
    assert any("200 of 200 rows" in note for note in got.notes)


def test_one_label_seen_once_changes_little():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 500) * 10**12
    x = rng.normal(size=500) + (label > 0)
    before = mutual_information(label, x, method="ross", interval=None).value
    label[7] = -5
    after = mutual_information(label, x, method="ross", interval=None).value
    assert after == pytest.approx(before, abs=0.02)


@pytest.mark.parametrize("fast", [True, False])
def test_a_hundred_thousand_equal_values_take_no_longer(fast, monkeypatch):
    monkeypatch.setattr(space, "FAST", fast)
    n = 100_000
    rng = np.random.default_rng(0)
    x = np.zeros(n)
    x[:10] = rng.normal(size=10)
    y = np.zeros(n)
    y[5:20] = rng.normal(size=15)
    z = np.zeros(n)
    z[:30] = 1.0
    triple = blocks((x[:, None], None), (y[:, None], None), (z[:, None], None))
    start = time.process_time()
    pair = local_information(*triple[:2], k=3).values
    given = local_information(*triple, k=3).values
    assert time.process_time() - start < 20.0  # n^2 comparisons would take minutes
    assert abs(pair.mean()) < 0.01
    assert abs(given.mean()) < 0.01
