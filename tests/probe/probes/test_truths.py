"""Known values: XOR, Gaussians, codes of labels, pointwise values, scikit-learn's optimum."""

import math

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp
from sklearn.linear_model import LogisticRegression, Ridge

from infoscope.codes import krichevsky_trofimov
from infoscope.core.errors import InvalidArgument
from infoscope.core.logits import Logits
from infoscope.probe import (
    control_task,
    layer_report,
    mdl_probe,
    pointwise_from_predictions,
    pointwise_v_information,
    v_information,
)
from infoscope.probe.probes.multinomial import fit_logistic
from infoscope.probe.probes.rotation import frame_of


def xor(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a = rng.integers(2, size=(n, 2))
    return a + 0.05 * rng.normal(size=(n, 2)), a[:, 0] ^ a[:, 1]


def test_of_an_xor_linear_probes_find_nothing_and_networks_all_of_log_2() -> None:
    x, y = xor(2000)
    linear, network = v_information(x, y), v_information(x, y, family="mlp", hidden=(32,))
    assert abs(float(linear.value)) < 0.01
    assert float(network.value) == pytest.approx(math.log(2), abs=0.01)
    product = v_information(np.column_stack([x, (x[:, 0] - 0.5) * (x[:, 1] - 0.5)]), y)
    assert float(product.value) == pytest.approx(math.log(2), abs=0.01)  # now a line divides them


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_gaussian_information_is_found_whole_by_ridge_regression(rho: float) -> None:
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, 20_000))
    found = v_information(x, rho * x + math.sqrt(1 - rho**2) * noise)
    truth = -0.5 * math.log1p(-(rho**2))
    assert found.kind == "regression"
    assert found.value.stderr is not None
    assert abs(float(found.value) - truth) < 4 * found.value.stderr + 1e-3
    assert float(found.r_squared or 0) == pytest.approx(rho**2, abs=0.03)


def test_several_numbers_are_told_together_with_their_shared_noise() -> None:
    """Two columns with correlated noise: I = (log |cov y| - log |cov noise|) / 2."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(20_000, 3))
    root = np.array([[1.0, 0.0], [0.8, 0.6]])
    weights = np.array([[1.0, 0.0], [0.5, 1.0], [0.0, 0.3]])
    y = x @ weights + rng.normal(size=(20_000, 2)) @ root.T
    noise = root @ root.T
    truth = 0.5 * math.log(np.linalg.det(weights.T @ weights + noise) / np.linalg.det(noise))
    found = v_information(x, y)
    assert abs(float(found.value) - truth) < 4 * (found.value.stderr or 0) + 2e-3


def test_the_optimum_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(600, 12)) @ rng.normal(size=(12, 12)) + 5
    y = (x @ rng.normal(size=(12, 4)) + 3 * rng.gumbel(size=(600, 4))).argmax(1)
    standard = (x - x.mean(0)) / x.std(0)
    frame = frame_of(x)
    for penalty in (1.0, 1e-2, 1e-4):
        fit = fit_logistic(frame.enter(x), y, 4, penalty, variance=frame.variance, gap=1e-10)
        peer = LogisticRegression(C=1 / (600 * penalty), tol=1e-9, max_iter=10_000).fit(standard, y)
        z = peer.decision_function(standard)
        cost = logsumexp(z, axis=1).mean() - z[np.arange(600), y].mean()
        theirs = cost + penalty / 2 * (peer.coef_**2).sum()
        assert fit.converged
        assert fit.objective == pytest.approx(theirs, abs=1e-7)
        assert fit.objective <= theirs + 1e-9


def test_more_features_than_examples_leave_the_same_optimum() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(60, 200)), np.arange(60) % 3
    frame = frame_of(x)
    fit = fit_logistic(frame.enter(x), y, 3, 0.1, variance=frame.variance, gap=1e-10)
    standard = (x - x.mean(0)) / x.std(0)
    peer = LogisticRegression(C=1 / 6, tol=1e-9, max_iter=10_000).fit(standard, y)
    assert (peer.predict_proba(standard) - np.exp(_rows(frame, fit, x))).max() < 1e-4


@pytest.mark.parametrize("shape", [(60, 3), (60, 200)])
def test_features_that_are_all_constant_in_training_have_a_frame_of_no_axes(
    shape: tuple[int, int],
) -> None:
    frame = frame_of(np.full(shape, 2.5))
    assert frame.axes.shape == (shape[1], 0)
    assert frame.variance.size == 0
    assert frame.enter(np.zeros((4, shape[1]))).shape == (4, 0)


def _rows(frame: object, fit: object, x: np.ndarray) -> np.ndarray:
    z = frame.enter(x) @ fit.weights.T + fit.intercepts  # type: ignore[attr-defined]
    return z - logsumexp(z, axis=1, keepdims=True)


def test_ridge_weights_are_scikit_learns_and_work_on_raw_features() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(500, 6)) * [1, 10, 0.1, 3, 1, 1] + 7
    y = x @ rng.normal(size=6) + rng.normal(size=500)
    found = v_information(x, y, penalty=0.3)
    weights, level = found.probe.coefficients()  # type: ignore[attr-defined]
    train = found.split.train
    standard = (x - x[train].mean(0)) / x[train].std(0)
    peer = Ridge(alpha=0.3 * len(train)).fit(standard[train], y[train])
    assert np.allclose((x @ weights + level)[:, 0], peer.predict(standard), atol=1e-8)


@pytest.mark.parametrize("prior", [0.5, 1.0])
def test_labels_alone_cost_what_krichevsky_trofimov_and_laplace_say(prior: float) -> None:
    """Closed form by gamma functions: Γ(kα) / Γ(n + kα) times the product of Γ(n_c + α) / Γ(α)."""
    y = np.array([0] * 300 + [1] * 80 + [2] * 20)
    told = mdl_probe(np.zeros((400, 1)), y, prior=prior, fractions=[0.9999])
    counts = np.bincount(y)
    closed = (
        gammaln(400 + 3 * prior) - gammaln(3 * prior)
        - (gammaln(counts + prior) - gammaln(prior)).sum()
    )  # fmt: skip
    assert told.null_length == pytest.approx(closed, abs=1e-9)
    assert told.null_length == pytest.approx(krichevsky_trofimov(y, 3, prior=prior).sum(), abs=1e-9)
    assert told.length.value == pytest.approx(closed, abs=1e-9)  # one block, no probe yet
    assert told.uniform_length == pytest.approx(400 * math.log(3))


def test_online_code_of_useless_features_is_near_the_labels_alone() -> None:
    rng = np.random.default_rng(6)
    y = rng.choice(3, p=[0.7, 0.2, 0.1], size=2000)
    told = mdl_probe(np.ones((2000, 2)), y, rng=1)
    # a block charges frequencies fixed before it: (k - 1) / 2 nats a doubling, not log n in all
    assert told.null_length < told.length.value < told.null_length + 40


@pytest.mark.parametrize("code", ["online", "variational"])
def test_codes_are_short_where_the_label_is_there_and_long_where_it_is_not(code: str) -> None:
    rng = np.random.default_rng(7)
    y = rng.integers(4, size=1500)
    clear = np.eye(4)[y] + 0.1 * rng.normal(size=(1500, 4))
    noise = rng.normal(size=(1500, 30))
    there, absent = (mdl_probe(x, y, code=code, unit="bits") for x in (clear, noise))  # type: ignore[arg-type]
    assert there.length.value < 0.15 * there.uniform_length
    assert there.compression > 6
    assert 0.93 < absent.compression < 1.0  # looking costs, and nothing is found
    if code == "variational":
        assert there.length.value == pytest.approx(sum(there.parts.values()))
        assert min(there.parts.values()) > 0


def test_variational_code_is_no_shorter_than_the_posterior_allows() -> None:
    """Bits back never beats the evidence; for a constant feature that is the intercepts' alone.

    Two classes, intercepts b_k ~ N(0, 16): the evidence is an integral over their difference.
    """
    y = np.array([0] * 30 + [1] * 10)
    told = mdl_probe(np.zeros((40, 1)), y, code="variational")
    d = np.linspace(-40, 40, 400_001)
    density = np.exp(-(d**2) / (2 * 32)) / math.sqrt(2 * math.pi * 32)
    likelihood = np.exp(-30 * np.logaddexp(0, -d) - 10 * np.logaddexp(0, d))
    evidence = -math.log(np.trapezoid(density * likelihood, d))
    without_choice = told.length.value - told.parts["choice"]
    # two independent intercepts where only their difference counts: log of the prior's width over
    # the posterior's is paid about once too often
    assert evidence < without_choice < evidence + 3


def test_pointwise_values_by_hand() -> None:
    """log2(.9/.5) = .848, log2(.2/.5) = -1.3219; with q0 = (.8, .2): log2(.9/.8), log2(.8/.2)."""
    q = np.array([[0.9, 0.1], [0.2, 0.8]])
    even = pointwise_from_predictions(q, [0.5, 0.5], [0, 0], unit="bits")
    assert even == pytest.approx([math.log2(1.8), math.log2(0.4)])
    skewed = pointwise_from_predictions(q, [0.8, 0.2], [0, 1], unit="bits")
    assert skewed == pytest.approx([math.log2(0.9 / 0.8), 2.0])
    again = pointwise_from_predictions(Logits(np.log(q)), [0.8, 0.2], [0, 1])
    assert again == pytest.approx(skewed * math.log(2))
    assert pointwise_from_predictions([[1.0, 0.0]], [0.5, 0.5], [1])[0] == -math.inf
    with pytest.raises(InvalidArgument, match="q_null must give every true label"):
        pointwise_from_predictions(q, [1.0, 0.0], [0, 1])
    with pytest.raises(InvalidArgument, match="whole numbers from 0 to 1"):
        pointwise_from_predictions(q, [0.5, 0.5], [0, 2])


def test_pointwise_values_of_one_split_are_those_of_the_folds_and_average_to_the_value() -> None:
    rng = np.random.default_rng(8)
    y = rng.integers(3, size=900)
    x = np.eye(3)[y] + 0.7 * rng.normal(size=(900, 3))
    one = v_information(x, y)
    assert one.pvi.mean() == pytest.approx(float(one.value))
    assert float(one.value) == pytest.approx(float(one.null_entropy) - float(one.cross_entropy))
    folds = pointwise_v_information(x, y, folds=4)
    assert len(folds.values) == 900
    assert float(folds.mean) == pytest.approx(float(one.value), abs=0.12)
    assert np.corrcoef(folds.values[one.rows], one.pvi)[0, 1] > 0.98
    wrong = y.copy()
    wrong[[5, 77]] = (wrong[[5, 77]] + 1) % 3
    clear = np.eye(3)[y] + 0.05 * rng.normal(size=(900, 3))
    worst = pointwise_v_information(clear, wrong).hardest(2)
    assert {each.row for each in worst} == {5, 77}
    assert {each.predicted for each in worst} == set(y[[5, 77]].tolist())


def test_selectivity_tells_real_labels_from_random_ones() -> None:
    """Words carry their class in three features and their identity in none."""
    rng = np.random.default_rng(9)
    word = rng.integers(200, size=4000)
    kind = rng.integers(3, size=200)
    x = np.eye(3)[kind[word]] + 0.3 * rng.normal(size=(4000, 3))
    real = control_task(x, kind[word], word, rng=1)
    assert float(real.selectivity) > 0.6
    assert float(real.accuracy_selectivity) > 0.3
    random = rng.integers(3, size=200)
    fake = control_task(x, random[word], word, n_controls=6, rng=1)
    ends = fake.selectivity.interval
    assert ends is not None
    assert ends.low - 0.03 < 0 < ends.high + 0.03
    # features that name the word tell any labels of words: accurate, and not selective
    memory = control_task(np.eye(200)[word], kind[word], word, n_controls=2, rng=1)
    assert float(memory.real.accuracy or 0) > 0.95
    assert abs(float(memory.selectivity)) < 0.1


@pytest.mark.parametrize("seed", range(4))
def test_random_features_read_zero_within_the_interval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = v_information(rng.normal(size=(1500, 40)), rng.integers(4, size=1500), rng=seed)
    ends = found.value.interval
    assert ends is not None
    assert abs(float(found.value)) < 0.02
    assert ends.low - 2e-3 <= 0 <= ends.high + 2e-3


def test_the_interval_holds_the_probes_own_truth_as_often_as_it_says() -> None:
    """A fixed probe, its expected value from 200,000 examples, against intervals from 300."""
    rng = np.random.default_rng(10)

    def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(2, size=n)
        return y + rng.normal(size=n), y

    x, y = drawn(200_000)
    x_small, y_small = drawn(60 * 300 + 2000)
    hits = 0
    train = {"train": np.arange(1500), "validation": np.arange(1500, 2000)}
    for i in range(60):
        test = np.arange(2000 + 300 * i, 2300 + 300 * i)
        found = v_information(x_small, y_small, splits=train | {"test": test}, n_draws=400, rng=i)
        if i == 0:
            told = found.probe.predict(x[:, None])[np.arange(len(y)), y]
            truth = float(told.mean()) + math.log(2)
        ends = found.value.interval
        assert ends is not None
        hits += ends.low <= truth <= ends.high
    assert hits >= 51  # 57 expected of 60 at 95 %; fewer than 51 has probability below 0.01


def test_layers_share_one_split_and_differences_are_paired() -> None:
    rng = np.random.default_rng(11)
    y = rng.integers(3, size=1200)
    near = np.eye(3)[y] + 0.8 * rng.normal(size=(1200, 3))
    far = near + 0.3 * rng.normal(size=(1200, 3))
    report = layer_report({"a": far, "b": near, "c": rng.normal(size=(1200, 3))}, y)
    assert list(report) == ["a", "b", "c"]
    assert report.best == "b"
    gap = report.difference("b", "a")
    assert float(gap) == pytest.approx(float(report["b"].value) - float(report["a"].value))
    apart = math.hypot(report["a"].value.stderr or 0, report["b"].value.stderr or 0)
    assert gap.stderr is not None
    assert gap.stderr < 0.8 * apart
    alone = v_information(near, y)
    assert float(alone.value) == pytest.approx(float(report["b"].value))
    assert len(report.rows()) == len(report.to_frame()) == 3
    assert report.to_dict()["best"] == "b"
