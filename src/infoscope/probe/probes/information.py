"""V-information of a representation about a label: how much a family of probes can tell of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng, generator
from infoscope.core.result import Estimate
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.probe.probes.fitting import Family, check_family, fit_reader
from infoscope.probe.probes.readers import Reader, null_of
from infoscope.probe.probes.resampling import Resamples, check_level
from infoscope.probe.probes.splitting import (
    Split,
    leaked,
    make_split,
    read_split,
    unseen_classes,
)
from infoscope.probe.probes.v_result import VInformation
from infoscope.probe.probes.variables import (
    Kind,
    Target,
    read_features,
    read_groups,
    read_target,
)

__all__ = ["Setting", "measured", "v_information"]

Splits = Mapping[str, ArrayLike] | ArrayLike | None
_BOUND = (
    "a lower bound on the mutual information in expectation, because the test examples were used "
    "neither to fit nor to choose the probe"
)
_SPREAD = "the interval is over draws of the test set: the split and the fit are taken as given"


def v_information(
    x: object, y: object, *, family: Family = "linear", kind: Kind | None = None,
    splits: Splits = None, test_fraction: float = 0.2, validation_fraction: float = 0.2,
    groups: object = None, unseen: str = "error", penalty: float | Sequence[float] | None = None,
    hidden: Sequence[int] = (256,), unit: Unit = "nats", interval: float = 0.95,
    n_draws: int = 1000, rng: Rng = None,
) -> VInformation:  # fmt: skip
    """Measure what probes of one family can tell of y from x, on examples they have not seen.

    I_V(X → Y) = H_V(Y) - H_V(Y | X) = mean over test examples of log q(y | x) - log q0(y)

    Parameters
    ----------
    x : array of shape (n, d)
        Features, one row for each example: activations, embeddings. (n,) is one feature.
    y : array or column of length n
        Labels (strings, booleans, whole numbers that repeat) or numbers; (n, m) for several numbers
        told together.
    family : {"linear", "mlp"}
        Probes V: linear in x (multinomial logistic regression, or ridge regression with Gaussian
        noise), or a ReLU network.
    kind : {"classification", "regression"}, optional
        What y is; seen from its values when not given, and said in the notes.
    splits : optional
        Your own split: "train", "validation" or "test" for each example, or a mapping from these
        names to rows. Drawn at random otherwise (by class, so that each split has its share).
    test_fraction, validation_fraction : float
        Shares of examples (of groups, where they are given) for a split that is drawn.
    groups : column of length n, optional
        Examples of one group (a sentence, a speaker, a patient) stay in one split, and the interval
        draws whole groups.
    unseen : {"error", "drop"}
        What to do with test examples of a class that training does not have.
    penalty : float or sequence of float, optional
        Squared-length penalties on the weights of a linear probe, for features of variance 1; a
        path from 300 to 1e-6 when not given. The best on validation is taken.
    hidden : sequence of int
        Widths of the hidden layers of a network.
    unit : {"nats", "bits", "bans"}
        Unit of every amount of information in the result.
    interval : float
        Level of the intervals.
    n_draws : int
        Bootstrap draws behind them.
    rng : int, Generator or None
        Seed of the split, of a network's start and of the bootstrap.

    Returns
    -------
    VInformation
        With `value`, `cross_entropy` H_V(Y | X), `null_entropy` H_V(Y), `accuracy` (or
        `r_squared`), and the pointwise values `pvi` of the test examples. Values are raw: below 0
        where a probe does worse than the null model.

    Raises
    ------
    InvalidArgument
        If x has NaN, y has gaps or one class only, a class is missing from training, or a split is
        too small.
    WrongType
        If x holds no numbers, or y is of no use for the kind asked for.
    MissingExtra
        If family is "mlp" and torch is not installed.

    Notes
    -----
    Since q is fitted on other examples, -E log q(y|x) >= H(Y|X): the value is in expectation a
    lower bound on I(X;Y), up to what the null model q0 (shares of the classes, or mean and
    variance, fitted on the same split) costs above H(Y), about (k - 1) / (2 n_train) nats. A low
    value says
    that this family does not find the information, not that it is not there: of an XOR of two
    features linear probes find nothing. Examples with equal features in training and test are
    counted and said. A linear probe of 10,000 examples, 576 features and 17 classes takes seconds.

    Source
    ------
    Xu et al., A Theory of Usable Information Under Computational Constraints (ICLR 2020);
    Ethayarajh et al., Understanding Dataset Difficulty with V-Usable Information (ICML 2022).

    Examples
    --------
    Two classes apart by one feature that decides them: all of ln 2 is found.

    >>> import numpy as np
    >>> y = np.arange(400) % 2
    >>> x = np.stack([y + np.arange(400) / 4000, np.arange(400) % 7], axis=1)
    >>> found = v_information(x, y, unit="bits")
    >>> round(float(found.value), 2), float(found.accuracy), round(float(found.null_entropy), 6)
    (1.0, 1.0, 1.0)
    """
    function = "v_information"
    setting = Setting(
        y, kind=kind, splits=splits, fractions=(validation_fraction, test_fraction),
        groups=groups, unseen=unseen, family=family, penalty=penalty, hidden=hidden, unit=unit,
        interval=interval, n_draws=n_draws, rng=rng, function=function,
    )  # fmt: skip
    return measured(read_features(x, function=function), setting)


class Setting:
    """Everything but the features: target, split, family and draws, made once for many layers."""

    def __init__(
        self, y: object, *, kind: str | None, splits: Splits, fractions: tuple[float, float],
        groups: object, unseen: str, family: str, penalty: float | Sequence[float] | None,
        hidden: Sequence[int], unit: Unit, interval: float, n_draws: int, rng: Rng, function: str,
    ) -> None:  # fmt: skip
        self.function, self.family, self.penalty, self.hidden = function, family, penalty, hidden
        self.unit: Unit = check_unit(unit, function)
        self.level = check_level(interval, function=function)
        check_family(family, function=function)
        if unseen not in ("error", "drop"):
            raise InvalidArgument(
                sentence(function, "unseen", "be 'error' or 'drop'", repr(unseen))
            )
        if n_draws < 20:
            raise InvalidArgument(sentence(function, "n_draws", "be at least 20", n_draws))
        self.target = read_target(y, kind, function=function)
        self.groups = read_groups(groups, self.target.n, function=function)
        random = generator(rng)
        if splits is None:
            split = make_split(self.target, self.groups, fractions, random, function=function)
        else:
            split = read_split(splits, self.target.n, function=function)
            split = _groups_apart(split, self.groups)
        self.split = unseen_classes(self.target, split, drop=unseen == "drop", function=function)
        self.test = self.target.take(self.split.test)
        self.null = null_of(self.target, self.split, function=function)
        of_test = None if self.groups is None else self.groups[self.split.test]
        self.resamples = Resamples(len(self.split.test), of_test, random, n_draws)
        self.seed = int(random.integers(2**62))


def _groups_apart(split: Split, groups: NDArray[np.int64] | None) -> Split:
    """Say where a split made by the caller cuts through groups."""
    if groups is None:
        return split
    used = np.concatenate([split.train, split.validation])
    shared = np.intersect1d(groups[used], groups[split.test]).size
    if not shared:
        return split
    note = f"{shared} groups stand in the test split and in training or validation"
    return Split(split.train, split.validation, split.test, (*split.notes, note))


def measured(x: NDArray[np.floating[Any]], setting: Setting) -> VInformation:
    """Fit a probe on features `x` in `setting`, and measure it on the test examples."""
    target, split, function = setting.target, setting.split, setting.function
    if len(x) != target.n:
        raise InvalidArgument(
            sentence(function, "y", f"have a label for each of the {len(x)} rows of x", target.n)
        )
    rng = np.random.default_rng(setting.seed)
    reader = fit_reader(
        x, target, split, setting.family, rng, penalty=setting.penalty, hidden=setting.hidden,
        function=function,
    )  # fmt: skip
    x_test = np.asarray(x[split.test])
    costs = reader.cost(x_test, setting.test)
    return _result(reader, x, x_test, costs, setting)


def _result(
    reader: Reader, x: NDArray[np.floating[Any]], x_test: NDArray[np.floating[Any]],
    costs: NDArray[np.float64], setting: Setting,
) -> VInformation:  # fmt: skip
    target, split, test = setting.target, setting.split, setting.test
    null_costs = setting.null.cost(x_test, test)
    pvi = null_costs - costs
    excess = _null_excess(target, len(split.train))
    notes = [_BOUND + f" (up to about {from_nats(excess, setting.unit):.2g} {setting.unit} that "
             "the null model costs above H(Y))", _SPREAD]  # fmt: skip
    notes += [*target.notes, *split.notes, *reader.notes, *leaked(x, split, target)]
    said = tuple(notes)
    settings = {"n_train": len(split.train), **reader.settings}
    method = f"{setting.family} probe"

    def told(quantity: str, column: NDArray[np.float64], unit: str, how: str) -> Estimate:
        return setting.resamples.estimate(
            quantity, column, unit=unit, level=setting.level, method=how,
            settings=settings if how == method else {}, notes=said if how == method else (),
            diagnostics={"null_excess_nats": excess} if quantity == "V-information" else {},
        )  # fmt: skip

    predicted = reader.predict(x_test)
    accuracy = r_squared = None
    baseline = math.nan
    if target.kind == "classification":
        guesses = predicted.argmax(1)
        right = (guesses == test.codes).astype(np.float64)
        accuracy = told("accuracy", right, "", method)
        common = np.bincount(target.codes[split.train]).argmax()
        baseline = float((test.codes == common).mean())
        predicted = guesses
    else:
        r_squared = _r_squared(test, predicted, setting, method, settings)
    unit = setting.unit
    return VInformation(
        value=told("V-information", pvi, unit, method),
        cross_entropy=told("H_V(Y|X)", costs, unit, method),
        null_entropy=told("H_V(Y)", null_costs, unit, "null model"),
        accuracy=accuracy, baseline_accuracy=baseline, r_squared=r_squared,
        pvi=from_nats(pvi, unit), rows=split.test, predicted=predicted,
        labels=test.codes if accuracy else test.numbers, classes=target.classes,
        family=setting.family, kind=target.kind, unit=unit, split=split, probe=reader, notes=said,
    )  # fmt: skip


def _null_excess(target: Target, n_train: int) -> float:
    if target.kind == "classification":
        return (len(target.classes) - 1) / (2 * n_train)
    m = target.numbers.shape[1]
    return (m + m * (m + 1) / 2) / (2 * n_train)


def _r_squared(
    test: Target, predicted: NDArray[np.float64], setting: Setting, method: str,
    settings: dict[str, object],
) -> Estimate:  # fmt: skip
    """Return 1 - squared error over the squared distance from the training mean, all columns."""
    mean = setting.target.numbers[setting.split.train].mean(0)
    spread = setting.target.numbers[setting.split.train].std(0)
    left = (((test.numbers - predicted) / spread) ** 2).sum(1)
    all_of_it = (((test.numbers - mean) / spread) ** 2).sum(1)
    draws = setting.resamples.means(np.stack([left, all_of_it], axis=1))
    ratio = 1 - draws[:, 0] / draws[:, 1]
    value = 1 - float(left.mean() / all_of_it.mean())
    return setting.resamples.from_draws("R²", value, ratio, unit="", level=setting.level,
                                        method=method, settings=settings)  # fmt: skip
