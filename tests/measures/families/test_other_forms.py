"""Forms that are rarely met: batches of vectors, logits, coins, numbered outcomes, moved laws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import distributions as D  # noqa: N812

import infoscope as info
from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.measures.families import mixture_entropy_bounds, quadrature
from infoscope.measures.families.features import Points, surprisal_at
from infoscope.measures.families.laws import Law, Term
from infoscope.measures.families.read_torch import given_as_probabilities
from infoscope.measures.families.reading import read_form
from infoscope.measures.families.vectors import library_entropy, registered_kl

P, Q = [0.2, 0.3, 0.5], [0.1, 0.6, 0.3]
LOG2 = math.log(2)


def t(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_categoricals_by_probabilities_and_by_logits() -> None:
    """Made by logits, an outcome may be too improbable for a number and still count."""
    p, q = D.Categorical(t(*P)), D.Categorical(logits=t(*Q).log() + 3.0)
    for given in ((p, q), (P, q), (p, Q)):
        assert float(info.kl_divergence(*given)) == pytest.approx(info.kl_divergence(P, Q))
        js = float(info.jensen_shannon_divergence(*given, weights=(0.3, 0.7)))
        assert js == pytest.approx(info.jensen_shannon_divergence(P, Q, weights=(0.3, 0.7)))
    far = D.Categorical(logits=t(0.0, -2000.0))
    assert float(info.cross_entropy([0.0, 1.0], far)) == pytest.approx(2000.0)
    assert float(info.entropy(q)) == pytest.approx(info.entropy(Q))
    one_hot = D.OneHotCategorical(logits=t(*Q).log())
    assert float(info.kl_divergence(one_hot, p)) == pytest.approx(info.kl_divergence(Q, P))


def test_coins_meet_arrays_from_either_side() -> None:
    coin = D.Bernoulli(t(0.3, 0.9))
    array = [[0.7, 0.3], [0.1, 0.9]]
    other = [0.5, 0.5]
    for f in (info.kl_divergence, info.cross_entropy, info.jensen_shannon_divergence):
        np.testing.assert_allclose(f(coin, other), f(array, other), rtol=1e-14)
        np.testing.assert_allclose(f(other, coin), f(other, array), rtol=1e-14)
    # a coin on 1 and 2 is not on the array's outcomes 0 and 1: where it has mass they have none
    assert info.kl_divergence(stats.bernoulli(0.3, loc=1), [0.5, 0.5]) == math.inf
    moved = info.kl_divergence([0.0, 0.7, 0.3], stats.bernoulli(0.3, loc=1))
    assert moved == pytest.approx(0.0, abs=1e-15)


def test_outcomes_are_numbered_from_zero() -> None:
    """Against a Poisson law: outcome i is the number i; ends without mass are left out."""
    q = stats.poisson(2)
    for p in ([0.0, 0.3, 0.7, 0.0], [0.2, 0.0, 0.8]):
        held = [(x, q.logpmf(i)) for i, x in enumerate(p) if x]
        by_hand = sum(x * (math.log(x) - log) for x, log in held)
        assert info.kl_divergence(p, q) == pytest.approx(by_hand, abs=1e-14)
        assert info.kl_divergence(q, p) == math.inf
    z = np.log([0.2, 0.3, 0.5]) + 1.0
    by_hand = info.kl_divergence(P, q)
    assert info.kl_divergence(info.Logits(z), q) == pytest.approx(by_hand, abs=1e-12)
    batch = info.kl_divergence(np.array([P, Q]), q)
    np.testing.assert_allclose(batch, [info.kl_divergence(P, q), info.kl_divergence(Q, q)])
    first_axis = info.kl_divergence(np.array([P, Q]).T.copy(), q, axis=0)
    np.testing.assert_allclose(first_axis, batch)


def test_the_slope_of_numbered_outcomes() -> None:
    """d KL(p‖q) / d p_i = log p_i - log q_i + 1."""
    p = t(*P).requires_grad_()
    value = info.kl_divergence(p, stats.poisson(2))
    (slope,) = torch.autograd.grad(value, p)
    expected = np.log(P) - stats.poisson(2).logpmf([0, 1, 2]) + 1
    np.testing.assert_allclose(slope, expected, rtol=1e-12)


def test_independent_parts() -> None:
    normal, other = D.Normal(t(0, 1), t(1, 0.3)), D.Normal(t(1, 1), t(2, 0.5))
    nothing = D.Independent(normal, 0)
    np.testing.assert_array_equal(info.entropy(nothing), info.entropy(normal))
    both = D.Independent(normal, 1), D.Independent(other, 1)
    parts = info.kl_divergence(normal, other)
    torch.testing.assert_close(info.kl_divergence(*both), parts.sum())
    torch.testing.assert_close(info.entropy(both[0]), info.entropy(normal).sum())
    np.testing.assert_allclose(info.cross_entropy(*both), info.cross_entropy(normal, other).sum())
    laplace = D.Laplace(torch.zeros(2, 3).double(), torch.ones(2, 3).double())
    one, two = D.Independent(laplace, 1), D.Independent(laplace, 2)
    single = 1 + LOG2  # entropy of a Laplace law of scale 1
    np.testing.assert_allclose(info.entropy(one), [3 * single] * 2, rtol=1e-14)
    np.testing.assert_allclose(info.entropy(two), 6 * single, rtol=1e-14)
    with pytest.raises(WrongType, match="be Gaussian, Dirichlet, multinomial, categorical"):
        info.kl_divergence(one, two)
    coins = D.Independent(D.Bernoulli(t(0.5, 0.5)), 1)
    with pytest.raises(WrongType, match="p and q must be of one kind"):
        info.kl_divergence(D.Independent(laplace, 1), coins)


def test_vectors_against_one_dimension_and_in_numbers() -> None:
    vector, number = stats.multivariate_normal([0, 0]), stats.norm()
    with pytest.raises(WrongType) as caught:
        info.kl_divergence(vector, number)
    assert str(caught.value) == (
        "kl_divergence: p and q must be of one kind, over the same outcomes; got a distribution of "
        "vectors (scipy.stats.multivariate_normal) and a density on the line (scipy.stats.norm)."
    )
    with pytest.raises(WrongType) as caught:
        info.jensen_shannon_divergence(vector, vector)
    assert str(caught.value) == (
        "jensen_shannon_divergence: distributions of vectors must be Gaussian, Dirichlet, "
        "multinomial, categorical or products of independent parts, or have a closed form in "
        "torch's registry; got scipy.stats.multivariate_normal. One-dimensional distributions of "
        "any family are integrated numerically; mixtures of Gaussians have "
        "infoscope.measures.families.mixture_entropy_bounds."
    )
    wide = stats.multivariate_normal([1.0, 0.0], np.diag([4.0, 1.0]))
    by_hand = info.kl_divergence(stats.norm(), stats.norm(1, 2))
    assert info.kl_divergence(vector, wide) == pytest.approx(by_hand, rel=1e-14)
    assert info.cross_entropy(vector, wide) == pytest.approx(by_hand + vector.entropy(), rel=1e-14)
    assert info.entropy(stats.wishart(3, np.eye(2))) == stats.wishart(3, np.eye(2)).entropy()


def test_multinomials() -> None:
    one = info.kl_divergence(P, Q)
    five = stats.multinomial(5, P)
    assert info.kl_divergence(five, stats.multinomial(5, Q)) == pytest.approx(5 * one)
    assert info.kl_divergence(five, stats.multinomial(4, Q)) == math.inf
    for other in (P, [0.0, 0.0, 1.0]):  # other totals: no outcome in common, whatever the chances
        apart = stats.multinomial(4, other)
        assert info.kl_divergence(stats.multinomial(5, P), apart) == math.inf
    many = stats.multinomial([5, 3], [P, P]), stats.multinomial([5, 4], [Q, Q])
    np.testing.assert_allclose(info.kl_divergence(*many), [5 * one, math.inf])


def test_dirichlets_of_two_libraries() -> None:
    """For two components it is the beta law."""
    beta = info.kl_divergence(stats.beta(2, 3), stats.beta(1.5, 4))
    ours, torchs = stats.dirichlet([2.0, 3.0]), D.Dirichlet(t(1.5, 4.0))
    assert float(info.kl_divergence(ours, torchs)) == pytest.approx(beta, rel=1e-12)
    back = float(info.kl_divergence(torchs, ours))
    assert back == pytest.approx(info.kl_divergence(stats.beta(1.5, 4), stats.beta(2, 3)))


def test_values_that_depend_on_some_parameters_have_the_shape_of_all() -> None:
    """The entropy of a normal law does not know its mean; that of a uniform one not its place."""
    assert info.entropy(stats.norm([0.0, 1.0, 2.0], 1)).shape == (3,)
    np.testing.assert_allclose(info.entropy(stats.expon([0.0, 5.0], 2.0)), 1 + LOG2)
    value = info.entropy(D.Normal(torch.zeros(2, 3), torch.ones(1)))
    assert value.shape == (2, 3)
    mixed = info.kl_divergence(D.Normal(torch.zeros(3).double(), t(1.0)), stats.norm(1, 2))
    np.testing.assert_allclose(mixed, [0.4431471805599453] * 3)
    np.testing.assert_allclose(info.kl_divergence(stats.norm(0, 1), stats.norm([1, 1], 2)),
                               [0.4431471805599453] * 2)  # fmt: skip
    values = info.entropy(stats.norm(np.zeros((1, 2)), [1.0, 2.0]))
    values[0, 0] = 7.0  # it is an array of its own, which may be written


def test_distributions_with_ends_and_moved_ones() -> None:
    tracked = t(3.0).requires_grad_()
    shifted = D.TransformedDistribution(
        D.Exponential(t(2.0)), [D.AffineTransform(t(1.0), t(3.0))]
    )  # 1 + 3 E: the entropy of an exponential of mean 3/2
    assert float(quadrature("entropy", shifted).value) == pytest.approx(1 + math.log(1.5))
    assert float(info.entropy(shifted)) == pytest.approx(1 + math.log(1.5), abs=1e-9)
    down = D.TransformedDistribution(D.Beta(t(2.0), t(1.0)), [D.AffineTransform(t(1.0), t(-3.0))])
    beta = info.entropy(stats.beta(2, 1))  # 1 - 3 B lies in (-2, 1)
    assert float(info.entropy(down)) == pytest.approx(beta + math.log(3), abs=1e-9)
    ends = D.TransformedDistribution(D.Exponential(t(2.0)), [D.AffineTransform(t(1.0), tracked)])
    with pytest.raises(InvalidArgument, match="supports that need no gradient"):
        info.entropy(ends)
    narrow = D.TransformedDistribution(D.Normal(tracked, t(1.0)), [D.ExpTransform()])
    (slope,) = torch.autograd.grad(info.entropy(narrow).sum(), tracked)
    assert slope.item() == pytest.approx(1.0, abs=1e-9)  # H of a log-normal law: mean + constant
    fold = D.TransformedDistribution(D.Normal(t(0.0), t(1.0)), [D.AbsTransform()])
    with pytest.raises(WrongType, match="a density that torch can evaluate"):
        info.jensen_shannon_divergence(fold, D.HalfNormal(t(1.0)))
    mixture = D.MixtureSameFamily(D.Categorical(t(0.5, 0.5)), D.Uniform(t(0.0, 3.0), t(1.0, 4.0)))
    assert float(info.entropy(mixture)) == pytest.approx(LOG2, abs=1e-9)
    poissons = D.MixtureSameFamily(D.Categorical(t(0.5, 0.5)), D.Poisson(t(0.5, 8.0)))
    k = np.arange(60)
    pmf = 0.5 * stats.poisson(0.5).pmf(k) + 0.5 * stats.poisson(8.0).pmf(k)
    assert float(info.entropy(poissons)) == pytest.approx(info.entropy(pmf), abs=1e-10)
    centres = torch.tensor([[0.0, 0.0], [-50.0, 50.0]])
    pairs = D.MixtureSameFamily(D.Categorical(torch.ones(2, 2)), D.Normal(centres, 1.0))
    double = info.entropy(pairs)
    one = 0.5 * math.log(2 * math.pi * math.e)
    assert double.dtype == torch.float32
    np.testing.assert_allclose(double, [one, one + LOG2], rtol=1e-6)


def test_quadrature_by_name_and_bad_input() -> None:
    p, q = stats.norm(0, 1), stats.norm(1, 2)
    kl = quadrature("kl_divergence", p, q)
    assert isinstance(kl.value, float)
    assert isinstance(kl.bound, float)
    assert kl.value == pytest.approx(0.4431471805599453, abs=1e-11)
    cross = quadrature("cross_entropy", p, q)
    assert cross.value == pytest.approx(0.5 * math.log(2 * math.pi) + LOG2 + 0.25, abs=1e-11)
    js = quadrature("jensen_shannon_divergence", stats.norm(), stats.norm(60), weights=(0.2, 0.8))
    assert js.value == pytest.approx(info.entropy([0.2, 0.8]), abs=1e-11)
    with pytest.raises(InvalidArgument) as caught:
        quadrature("entropy", p, q)
    assert str(caught.value) == (
        "quadrature: q must be left out for the entropy, and given for every other quantity; "
        "got scipy.stats.norm."
    )
    with pytest.raises(InvalidArgument, match="quadrature: q must be left out"):
        quadrature("kl_divergence", p)
    for call in (info.cross_entropy, info.kl_divergence, info.jensen_shannon_divergence):
        with pytest.raises(InvalidArgument) as caught:
            call(p, q, where=[True])
        told = f"{call.__name__}: where must be left out for parametric families; got a mask."
        assert str(caught.value) == told


NEW: list[tuple[Any, Any]] = [
    (stats.Normal(mu=[0.0, 1.0], sigma=[[1.0], [2.0]]), stats.norm([0, 1], [[1], [2]])),
    (stats.Uniform(a=[0.0, 1.0], b=3.0), stats.uniform([0, 1], [3, 2])),
    (stats.Binomial(n=[5, 10], p=0.3), stats.binom([5, 10], 0.3)),
]


@pytest.mark.parametrize("case", range(len(NEW)))
def test_new_random_variables_in_batches(case: int) -> None:
    new, old = NEW[case]
    np.testing.assert_allclose(info.entropy(new), info.entropy(old), atol=1e-11)


def test_bounds_of_mixtures_by_hand() -> None:
    """Two components: -sum w_i log sum_j w_j exp(-D_ij) above one Gaussian's entropy."""
    one = 0.5 * math.log(2 * math.pi * math.e)
    found = mixture_entropy_bounds([0.25, 0.75], [[0.0], [2.0]], [[1.0]])

    def above(d: float) -> float:
        return -0.25 * math.log(0.25 + 0.75 * math.exp(-d)) - 0.75 * math.log(
            0.75 + 0.25 * math.exp(-d)
        )

    assert found.upper == pytest.approx(one + above(2.0), abs=1e-14)  # KL = 2^2 / 2
    assert found.lower == pytest.approx(one + above(0.5), abs=1e-14)  # Bhattacharyya: 2^2 / 8
    assert found.unit == "nats"
    alone = mixture_entropy_bounds([1.0], [[3.0, 4.0]], np.diag([1.0, 4.0]))
    assert alone.lower == alone.upper == pytest.approx(2 * one + LOG2, abs=1e-14)
    none = mixture_entropy_bounds([0.0, 1.0], [[0.0], [2.0]], [[[9.0]], [[1.0]]])
    assert none.lower == pytest.approx(one, abs=1e-14)
    assert none.upper == pytest.approx(one, abs=1e-14)
    # variances 1 and 4 at one place: KL = (1/4 - 1)/2 + log 2, (4 - 1)/2 - log 2; B by hand
    pair = mixture_entropy_bounds([0.5, 0.5], [[0.0], [0.0]], [[[1.0]], [[4.0]]])
    own = one + 0.5 * LOG2
    kls = (0.5 * (0.25 - 1) + LOG2, 0.5 * (4 - 1) - LOG2)
    upper = own - sum(0.5 * math.log(0.5 + 0.5 * math.exp(-d)) for d in kls)
    b = 0.5 * math.log(2.5 / 2)
    lower = own - math.log(0.5 + 0.5 * math.exp(-b))
    assert (pair.lower, pair.upper) == (pytest.approx(lower), pytest.approx(upper))


def test_equal_weights_are_the_default_of_quadrature() -> None:
    apart = quadrature("jensen_shannon_divergence", stats.uniform(0, 1), stats.uniform(5, 1))
    assert apart.value == pytest.approx(LOG2, abs=1e-12)


def test_the_slope_in_a_shape_that_happens_to_be_one() -> None:
    """KL(p‖Weibull(c)) at c = 1, p exponential of mean 2: -1 - E log x + E x log x."""
    c = t(1.0).requires_grad_()
    value = info.kl_divergence(D.Exponential(t(0.5)), D.Weibull(t(1.0), c))
    (slope,) = torch.autograd.grad(value.sum(), c)
    assert slope.item() == pytest.approx(1 + LOG2 - np.euler_gamma, rel=1e-9)


def test_a_singular_gaussian_has_no_density() -> None:
    flat = stats.multivariate_normal([0, 0], np.ones((2, 2)), allow_singular=True)
    assert info.entropy(flat) == -math.inf  # scipy gives the entropy on the line that holds it


def test_precisions_promote_each_other() -> None:
    single, double = D.Normal(0.0, 1.0), D.Normal(t(1.0), t(2.0))
    for pair in ((single, double), (double, single)):
        assert info.jensen_shannon_divergence(*pair).dtype == torch.float64
    assert info.jensen_shannon_divergence(single, stats.norm()).dtype == torch.float32
    mixed = D.Normal(0.0, t(1.0))
    assert info.jensen_shannon_divergence(mixed, single).dtype == torch.float64


def test_the_warning_names_the_law_and_the_line_that_called() -> None:
    heavy = stats.burr12(1.0, 0.003)
    bound = quadrature("entropy", heavy).bound
    with pytest.warns(info.InfoscopeWarning) as caught:
        info.entropy(heavy)
    (told,) = caught
    assert str(told.message) == (
        f"entropy: the numerical value for scipy.stats.burr12 has an error bound of {bound:.2g} "
        "nats, more than 1e-08. infoscope.measures.families.quadrature returns the value with its "
        "bound."
    )
    assert told.filename == __file__


@pytest.mark.parametrize(
    "law",
    [
        D.Kumaraswamy(t(2.0), t(3.0)),
        D.Kumaraswamy(t(0.8), t(1.5)),
        D.ContinuousBernoulli(t(0.3)),
        D.Beta(t(2.0), t(3.0)),
    ],
    ids=lambda law: type(law).__name__,
)
def test_laws_of_torch_alone(law: D.Distribution) -> None:
    """Densities, moments and logarithms on (0, 1), against sums over their own quantiles."""
    form = read_form(law, axis=-1, function="f", argument="p")
    assert isinstance(form, Law)
    x = torch.linspace(0, 1, 200_001, dtype=torch.float64)[1:-1]
    p = law.log_prob(x).exp() / 200_000
    surprisal = surprisal_at(form, Points(0.0, x[::20_000]))
    torch.testing.assert_close(-surprisal, law.log_prob(x[::20_000]), rtol=1e-11, atol=1e-12)
    truths = {"linear": x - 0.2, "square": (x - 0.2) ** 2}
    for feature, values in truths.items():
        value = form.row.expect(form, Term(1.0, feature, (0.2,)))
        assert float(value) == pytest.approx(float((p * values).sum()), abs=1e-4)
    log = form.row.expect(form, Term(1.0, "log", (0.0,)))
    if isinstance(law, D.ContinuousBernoulli):
        assert log is None
    else:
        assert float(log) == pytest.approx(float((p * x.log()).sum()), abs=1e-3)
        away = form.row.expect(form, Term(1.0, "log", (-0.5,)))
        assert away is None


def test_what_made_a_law_of_two_outcomes() -> None:
    for kind in (D.Bernoulli, D.Geometric, D.Categorical):
        assert given_as_probabilities(kind(probs=t(0.3, 0.7)))
        assert not given_as_probabilities(kind(logits=t(0.3, 0.7)))
    assert info.entropy(D.Geometric(t(1.0))).tolist() == [0.0]


def test_closed_forms_in_torch_equal_those_in_numpy() -> None:
    """Among them the means that need the trigamma function, and Bessel's."""
    pairs = [
        (D.Gamma(t(2.0), t(0.5)), D.LogNormal(t(0.3), t(0.8)),
         stats.gamma(2, scale=2), stats.lognorm(0.8, scale=math.exp(0.3))),
        (D.VonMises(t(0.5), t(2.0)), D.VonMises(t(-1.0), t(1.0)),
         stats.vonmises(2, 0.5), stats.vonmises(1, -1)),
        (D.Normal(t(0.5), t(2.0)), D.Laplace(t(-1.0), t(1.0)),
         stats.norm(0.5, 2), stats.laplace(-1, 1)),
    ]  # fmt: skip
    for p, q, first, second in pairs:
        expected = info.kl_divergence(first, second)
        # torch's trigamma is right to ten digits only
        assert info.kl_divergence(p, q).item() == pytest.approx(expected, rel=1e-9)


def test_inverse_gamma() -> None:
    value = info.kl_divergence(D.InverseGamma(t(6.0), t(2.0)), D.LogNormal(t(0.3), t(0.8)))
    truth = info.kl_divergence(stats.invgamma(6, scale=2), stats.lognorm(0.8, scale=math.exp(0.3)))
    assert value.item() == pytest.approx(truth, rel=1e-8)


def test_what_torch_has_in_its_registry() -> None:
    p, q = D.Normal(t(0.0), t(1.0)), D.Normal(t(1.0), t(2.0))
    assert registered_kl(p, q).item() == pytest.approx(0.4431471805599453)
    assert registered_kl(p, D.StudentT(t(3.0))) is None
    assert registered_kl(stats.norm(), q) is None
    assert registered_kl(p, stats.norm()) is None
    assert library_entropy(stats.norm()) is None
    assert library_entropy(p).item() == pytest.approx(0.5 * math.log(2 * math.pi * math.e))
    fold = D.TransformedDistribution(p, [D.AbsTransform()])
    assert registered_kl(fold, fold) is None  # torch compares the bases
    halves = D.HalfNormal(t(1.0)), D.HalfNormal(t(2.0))  # folded at their centres: exact
    assert registered_kl(*halves).item() == pytest.approx(LOG2 + 0.5 * (0.25 - 1))
