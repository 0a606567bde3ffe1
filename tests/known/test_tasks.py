"""Truths against closed forms, scipy and Monte Carlo; samplers against their laws."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from infoscope.core.errors import InvalidArgument, NotADistribution, UnknownName
from infoscope.known import MarkovChain, Task, find_task, maps, quadrature, tasks
from infoscope.known.copulas import clayton, frank, gumbel
from infoscope.known.students import student_entropy

# True values as published with Beyond Normal (nats, three digits).
PUBLISHED = {
    "1v1-normal-0.75": 0.413,
    "normal_cdf-1v1-normal-0.75": 0.413,
    "1v1-additive-0.1": 1.709,
    "1v1-additive-0.75": 0.333,
    "1v1-bimodal-0.75": 0.413,
    "wiggly-1v1-normal-0.75": 0.413,
    "half_cube-1v1-normal-0.75": 0.413,
    "student-identity-1-1-1": 0.224,
    "asinh-student-identity-1-1-1": 0.224,
    "swissroll_x-normal_cdf-1v1-normal-0.75": 0.413,
    "multinormal-dense-2-2-0.5": 0.294,
    "multinormal-dense-5-5-0.5": 0.593,
    "multinormal-dense-25-25-0.5": 1.292,
    "multinormal-sparse-2-2-2-2.0": 1.022,
    "multinormal-sparse-5-5-2-2.0": 1.022,
    "multinormal-sparse-25-25-2-2.0": 1.022,
    "student-identity-2-2-1": 0.432,
    "student-identity-5-5-2": 0.448,
    "half_cube-multinormal-sparse-5-5-2-2.0": 1.022,
    "spiral-multinormal-sparse-3-3-2-2.0": 1.022,
    "asinh-student-identity-3-3-2": 0.291,
    "normal_cdf-multinormal-sparse-25-25-2-2.0": 1.022,
    "1v1-X-0.9": 0.408,
    "1v1-AI": 0.776,
    "2v1-galaxy-0.5-3.0": 0.494,
    "2v1-waves-12-5.0-3.0": 1.307,
    "3v1-concentric_gaussians-3": 0.349,
    "mult-sparse-w-inliers-5-5-2-2.0-0.2": 0.636,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_truths_agree_with_the_published_values(name: str) -> None:
    assert find_task(name).mutual_information == pytest.approx(PUBLISHED[name], abs=6e-4)


def test_the_published_collection_is_complete_and_the_catalogue_has_no_doubles() -> None:
    names = [task.name for task in tasks()]
    assert len(names) == len(set(names))
    assert len(tasks("published")) == 40
    assert len(tasks("mixture")) == 6
    assert len(tasks("new")) >= 30


@pytest.mark.parametrize("task", tasks(), ids=lambda task: task.name)
def test_every_task_draws_what_it_promises(task: Task) -> None:
    x, y = task.sample(40, rng=3)
    again = task.sample(40, rng=3)
    other = task.sample(40, rng=4)
    for side, same, different, kind, d in zip(
        (x, y), again, other, task.kinds, task.dims, strict=True
    ):
        assert side.shape == ((40,) if kind == "discrete" else (40, d))
        assert np.issubdtype(side.dtype, np.integer) == (kind == "discrete")
        assert np.isfinite(side).all()
        assert np.array_equal(side, same)
        assert not np.array_equal(side, different)
        if kind == "continuous":
            assert len(np.unique(side[:, 0])) == 40
    assert task.mutual_information >= -1e-12
    assert task.source
    assert task.obtained


def plane_ratio(task: Task, density: object, margin_x: object, margin_y: object) -> None:
    """Assert that the mean log ratio of draws is the truth, to four standard errors."""
    x, y = task.sample(20_000, rng=0)
    ratio = density(x, y) - margin_x(x) - margin_y(y)  # type: ignore[operator]
    assert abs(ratio.mean() - task.mutual_information) < 4.0 * ratio.std() / math.sqrt(x.shape[0])


def mixture(parts: list[stats.rv_continuous]) -> object:
    def log_density(rows: np.ndarray) -> np.ndarray:
        logs = np.stack([part.logpdf(rows) for part in parts])
        return np.logaddexp.reduce(logs, axis=0) - math.log(len(parts))

    return log_density


def test_x_and_ai_agree_with_monte_carlo_of_their_densities() -> None:
    normal = stats.multivariate_normal
    cross = mixture([normal([0, 0], [[1, r], [r, 1]]) for r in (-0.9, 0.9)])
    alone = stats.norm().logpdf
    plane_ratio(
        find_task("1v1-X-0.9"), lambda x, y: cross(np.hstack([x, y])),
        lambda x: alone(x[:, 0]), lambda y: alone(y[:, 0]),
    )  # fmt: skip
    lean = 0.95 * math.sqrt(0.04 * 0.2)
    parts = [
        ((1.0, 0.0), ((0.01, 0.0), (0.0, 0.2))),
        ((1.0, 1.0), ((0.05, 0.0), (0.0, 0.001))),
        ((1.0, -1.0), ((0.05, 0.0), (0.0, 0.001))),
        ((-0.8, -0.2), ((0.03, 0.0), (0.0, 0.001))),
        ((-1.2, 0.0), ((0.04, lean), (lean, 0.2))),
        ((-0.4, 0.0), ((0.04, -lean), (-lean, 0.2))),
    ]
    joint = mixture([normal(mean, cov) for mean, cov in parts])
    first = mixture([stats.norm(mean[0], math.sqrt(cov[0][0])) for mean, cov in parts])
    second = mixture([stats.norm(mean[1], math.sqrt(cov[1][1])) for mean, cov in parts])
    plane_ratio(
        find_task("1v1-AI"), lambda x, y: joint(np.hstack([x, y])), lambda x: first(x[:, 0]),
        lambda y: second(y[:, 0]),
    )  # fmt: skip


def test_the_concentric_balls_agree_with_monte_carlo() -> None:
    task = find_task("3v1-concentric_gaussians-3")
    x, y = task.sample(20_000, rng=0)
    balls = [stats.multivariate_normal(np.zeros(3), s**2 * np.eye(3)) for s in (1.0, 2.0, 3.0)]
    logs = np.stack([ball.logpdf(x) for ball in balls])
    which = np.rint(y[:, 0]).astype(int) - 1
    ratio = logs[which, np.arange(x.shape[0])] - np.logaddexp.reduce(logs, axis=0) + math.log(3.0)
    assert abs(ratio.mean() - task.mutual_information) < 4.0 * ratio.std() / math.sqrt(ratio.size)


def test_inliers_agree_with_monte_carlo() -> None:
    task = find_task("mult-sparse-w-inliers-5-5-2-2.0-0.2")
    x, y = task.sample(20_000, rng=0)
    pair = stats.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]])
    alone = stats.norm().logpdf
    linked = sum(
        pair.logpdf(np.stack([x[:, i], y[:, i]], axis=1)) - alone(x[:, i]) - alone(y[:, i])
        for i in (0, 1)
    )
    ratio = np.logaddexp(math.log(0.8) + linked, math.log(0.2))
    assert abs(ratio.mean() - task.mutual_information) < 4.0 * ratio.std() / math.sqrt(ratio.size)


def copula_integral(density: object) -> float:
    """Integrate c log c over normal scores by the trapezoidal rule, a rule not used in the code."""
    z = np.linspace(-7.5, 7.5, 1501)
    step = z[1] - z[0]
    u, mass = stats.norm.cdf(z), stats.norm.pdf(z) * step
    c = density(u[:, None], u[None, :])  # type: ignore[operator]
    return float(mass @ (c * np.log(c)) @ mass)


def test_copula_truths_agree_with_integrals_of_their_densities() -> None:
    def clayton_density(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return 3.0 * (u * v) ** -3.0 * (u**-2.0 + v**-2.0 - 1.0) ** -2.5

    def frank_density(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        whole = 1.0 - math.exp(-6.0)
        rest = (1.0 - np.exp(-6.0 * u)) * (1.0 - np.exp(-6.0 * v))
        return 6.0 * whole * np.exp(-6.0 * (u + v)) / (whole - rest) ** 2

    def gumbel_density(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        x, y = -np.log(u), -np.log(v)
        a = np.sqrt(x**2 + y**2)
        return np.exp(-a) / (u * v) * x * y * a**-3.0 * (a + 1.0)

    assert clayton(2.0).mutual_information == pytest.approx(copula_integral(clayton_density), 1e-3)
    assert frank(6.0).mutual_information == pytest.approx(copula_integral(frank_density), 1e-6)
    assert gumbel(2.0).mutual_information == pytest.approx(copula_integral(gumbel_density), 1e-3)


@pytest.mark.parametrize(
    ("task", "tau"),
    [(clayton(2.0), 0.5), (gumbel(2.0), 0.5), (frank(6.0), 0.514)],
    ids=["clayton", "gumbel", "frank"],
)
def test_copulas_have_uniform_margins_and_their_kendall_tau(task: Task, tau: float) -> None:
    # tau is theta / (theta + 2), 1 - 1/theta, and from Debye's function, in Nelsen (2006)
    u, v = task.sample(4000, rng=1)
    for side in (u, v):
        assert stats.kstest(side[:, 0], "uniform").pvalue > 1e-3
    found = stats.kendalltau(u[:, 0], v[:, 0]).statistic
    assert abs(found - tau) < 4.0 * 2.0 / (3.0 * math.sqrt(4000.0))  # no sd of tau is larger


@pytest.mark.parametrize(("dim", "df"), [(1, 1.0), (2, 3.0), (5, 2.0)])
def test_student_entropy_agrees_with_scipy(dim: int, df: float) -> None:
    law = stats.multivariate_t(np.zeros(dim), np.eye(dim), df=df)
    assert student_entropy(dim, df) == pytest.approx(float(law.entropy()), rel=1e-9)


def test_noise_channels_agree_with_adaptive_quadrature() -> None:
    def channel(signal: object, noise: object, reach: float) -> float:
        def density(y: float) -> float:
            return integrate.quad(
                lambda x: signal.pdf(x) * noise.pdf(y - x), -reach, reach, points=[0.0, y],
                limit=200,
            )[0]  # type: ignore[attr-defined]  # fmt: skip

        def integrand(y: float) -> float:
            f = density(y)
            return -f * math.log(f) if f > 0.0 else 0.0

        return 2.0 * integrate.quad(integrand, 0.0, reach, limit=200, epsrel=1e-6)[0]

    h = channel(stats.laplace(), stats.laplace(scale=0.5), 25.0)
    want = 3.0 * (h - float(stats.laplace(scale=0.5).entropy()))
    assert find_task("laplace-noise-3-3-0.5").mutual_information == pytest.approx(want, abs=1e-4)


def test_student_noise_agrees_with_monte_carlo_of_the_output_density() -> None:
    task = find_task("student-noise-3-3-2-0.5")
    x, y = task.sample(3000, rng=0)
    z, w = np.polynomial.hermite_e.hermegauss(60)
    t = stats.t(2.0, scale=0.5)
    output = t.pdf(y[:, :1] - z) @ (w / w.sum())
    ratio = t.logpdf(y[:, 0] - x[:, 0]) - np.log(output)
    error = ratio.std() / math.sqrt(ratio.size)
    assert abs(3.0 * ratio.mean() - task.mutual_information) < 4.0 * 3.0 * error


@pytest.mark.parametrize("name", ["product-2-1-0.5", "radius-3-1-1.0", "wave-2-1-1.5-0.5"])
def test_regressions_agree_with_a_histogram_of_the_output(name: str) -> None:
    task = find_task(name)
    noise = float(name.rsplit("-", 1)[1])
    _, y = task.sample(400_000, rng=0)
    low, high = np.quantile(y, [0.0, 1.0])
    counts, edges = np.histogram(y, bins=400, range=(low, high))
    p = counts[counts > 0] / y.size
    h_y = -float(p @ np.log(p)) + math.log(edges[1] - edges[0])
    want = h_y - 0.5 * math.log(2.0 * math.pi * math.e * noise**2)
    assert task.mutual_information == pytest.approx(want, abs=0.01)  # bias of 400 bins: 0.0005


def test_circles_agree_with_the_entropy_of_the_von_mises_law() -> None:
    want = math.log(2.0 * math.pi) - float(stats.vonmises(3.0).entropy())
    for name in ("circles-2-2-3.0", "circles-double-2-2-3.0"):
        assert find_task(name).mutual_information == pytest.approx(want, abs=1e-9)


def test_common_scale_agrees_with_monte_carlo() -> None:
    task = find_task("common-scale-3-3-3.0")
    x, y = task.sample(20_000, rng=0)
    both = np.hstack([x, y])

    def log_density(rows: np.ndarray) -> np.ndarray:
        d = rows.shape[1]
        logs = [stats.multivariate_normal(np.zeros(d), s**2).logpdf(rows) for s in (1.0, 3.0)]
        return np.logaddexp(*logs) - math.log(2.0)

    ratio = log_density(both) - log_density(x) - log_density(y)
    assert abs(ratio.mean() - task.mutual_information) < 4.0 * ratio.std() / math.sqrt(ratio.size)


def test_mixed_tasks_agree_with_values_worked_out_by_hand() -> None:
    # Gao and others (2017): log m - (m - 1) log 2 / m
    want = math.log(5.0) - 0.8 * math.log(2.0)
    assert find_task("label-uniform-5").mutual_information == pytest.approx(want)
    # by quadrature elsewhere, for a chance of 0.15 of a forced zero
    assert find_task("zero-inflated-poisson-0.15").mutual_information == pytest.approx(
        0.2298, abs=1e-4
    )
    # both sides visible with 0.7 x 0.7, then a Gaussian of correlation 0.8
    want = -0.49 * 0.5 * math.log(0.36)
    assert find_task("masked-normal-0.8-0.3").mutual_information == pytest.approx(want)
    sign = math.log(2.0) + 0.9 * math.log(0.9) + 0.1 * math.log(0.1)
    want = math.log(2.0) + 0.5 * sign - 0.25 * math.log(0.36)
    assert find_task("atoms-numbers-0.8-0.9").mutual_information == pytest.approx(want)
    want = math.log(2.0) + 0.9 * math.log(0.9) + 0.1 * math.log(0.1)
    assert find_task("binary-symmetric-0.1").mutual_information == pytest.approx(want)


def test_rounding_loses_information_and_less_of_it_with_finer_steps() -> None:
    from infoscope.known.labels import rounded_normals

    whole = -0.5 * math.log(1.0 - 0.36)
    values = [rounded_normals(0.6, step).mutual_information for step in (1.0, 0.5, 0.25)]
    assert values == sorted(values)
    assert whole - 0.005 < values[-1] < whole
    x, _ = find_task("rounded-normal-0.6-0.5").sample(500, rng=0)
    assert len(np.unique(x)) < 20


def test_gaussian_samples_have_their_covariance() -> None:
    for name, rho in (("multinormal-dense-3-3-0.5", 0.5), ("multinormal-sparse-3-3-2-2.0", 0.8)):
        x, y = find_task(name).sample(20_000, rng=0)
        covariance = np.cov(np.hstack([x, y]).T)
        assert np.diagonal(covariance) == pytest.approx(np.ones(6), abs=4 * math.sqrt(2 / 20_000))
        assert covariance[0, 3] == pytest.approx(rho, abs=4.0 / math.sqrt(20_000))


def test_maps_are_one_to_one() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 4))
    wound = maps.spiral(x, 0, 1, 0.7)
    assert (wound**2).sum(1) == pytest.approx((x**2).sum(1))
    assert maps.spiral(wound, 0, 1, -0.7) == pytest.approx(x)
    line = np.linspace(-6.0, 6.0, 20_001)
    for increasing in (maps.half_cube, maps.wiggly_x, maps.wiggly_y):
        assert (np.diff(increasing(line)) > 0.0).all()
    level = stats.norm.cdf(line[::400])
    two = maps.bimodal_x(line[::400])
    assert 0.3 * stats.norm.cdf(two) + 0.7 * stats.norm.cdf(two - 5.0) == pytest.approx(level)
    bent = maps.shear(x, 0.5)
    back = bent.copy()
    for c in (1, 2, 3):
        back[:, c] -= 0.5 * (back[:, c - 1] ** 2 - 1.0)
    assert back == pytest.approx(x)


def test_quadrature_is_exact_for_polynomials_and_the_uniform() -> None:
    x, w = quadrature.pieces([0.0, 0.3, 2.0], 4)
    assert float(w @ x**7) == pytest.approx(2.0**8 / 8.0)
    density = np.full(x.size, 0.5)
    assert quadrature.differential_entropy(density, w) == pytest.approx(math.log(2.0))
    joint = np.full((x.size, x.size), 0.25)
    assert quadrature.information_of_density(joint, w, w) == pytest.approx(0.0, abs=1e-12)


def test_a_chain_has_the_rate_of_its_rows() -> None:
    chain = MarkovChain([[0.5, 0.5], [0.2, 0.8]])
    assert chain.stationary == pytest.approx([2 / 7, 5 / 7])
    rate = 2 / 7 * math.log(2.0) - 5 / 7 * (0.2 * math.log(0.2) + 0.8 * math.log(0.8))
    assert chain.entropy_rate == pytest.approx(rate)
    alone = -(2 / 7 * math.log(2 / 7) + 5 / 7 * math.log(5 / 7))
    assert chain.mutual_information == pytest.approx(alone - rate)
    states = chain.sample(20_000, rng=0)
    after_zero = states[1:][states[:-1] == 0]
    assert after_zero.mean() == pytest.approx(0.5, abs=4 * 0.5 / math.sqrt(after_zero.size))


def test_wrong_arguments_raise_and_say_what_to_do() -> None:
    with pytest.raises(UnknownName, match=r"1v1-normal-0\.75"):
        find_task("1v1-normal-0.7")
    with pytest.raises(UnknownName, match="published"):
        tasks("publishd")
    with pytest.raises(UnknownName, match="student"):
        tasks(group="studnt")
    for bad in (0, -1, 2.5, True):
        with pytest.raises(InvalidArgument, match=r"Task\.sample: n must be a whole number"):
            find_task("1v1-normal-0.75").sample(bad)  # type: ignore[arg-type]
    for rows in ([[0.5, 0.5]], [[0.5, 0.6], [0.5, 0.5]], [[1.5, -0.5], [0.5, 0.5]]):
        with pytest.raises(NotADistribution, match="MarkovChain"):
            MarkovChain(rows)
    with pytest.raises(NotADistribution, match="one closed class"):
        MarkovChain([[1.0, 0.0], [0.0, 1.0]])
