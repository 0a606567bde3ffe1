"""Pointwise V-information of every example, each measured while it was held out.

Folds take turns as test split, so that a whole data set can be searched for examples that its
features speak against: wrong labels, ambiguous cases, other sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.arrays import to_numpy
from infoscope.core.distribution import Masses, read
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.progress import Progress
from infoscope.core.resample import Rng, generator
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.probe.probes.fitting import Family
from infoscope.probe.probes.information import Setting, measured
from infoscope.probe.probes.resampling import Resamples
from infoscope.probe.probes.splitting import fold_numbers
from infoscope.probe.probes.v_result import HardExample, hardest_rows
from infoscope.probe.probes.variables import Kind, read_features, read_groups, read_target

__all__ = ["PointwiseVInformation", "pointwise_from_predictions", "pointwise_v_information"]


@dataclass(frozen=True, slots=True, eq=False)
class PointwiseVInformation(Shown):
    """log q(y|x) - log q0(y) of every example, q fitted without it.

    Attributes
    ----------
    values : array of shape (n,)
        Pointwise values in `unit`, in the order of x; NaN for examples in no fold's reach.
    mean : Estimate
        Their mean: V-information, cross-fitted.
    labels, predicted : array of shape (n,) or (n, m)
        Class numbers (places in `classes`), or numbers.
    classes : tuple
        Names of the classes; empty for numbers.
    """

    values: NDArray[np.float64] = field(repr=False)
    mean: Estimate
    labels: NDArray[Any] = field(repr=False)
    predicted: NDArray[Any] = field(repr=False)
    classes: tuple[Any, ...]
    unit: str
    notes: tuple[str, ...]

    def hardest(self, k: int = 10) -> list[HardExample]:
        """Return the k examples of lowest value, lowest first."""
        return hardest_rows(k, self.values, np.arange(len(self.values)), self.labels,
                            self.predicted, self.classes, function="hardest")  # fmt: skip

    def by_class(self) -> dict[Any, float]:
        """Return the mean value of each class: what the features tell of its members."""
        return {
            name: float(self.values[self.labels == number].mean())
            for number, name in enumerate(self.classes)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "mean": self.mean.to_dict(),
            "unit": self.unit,
            "values": [float(v) if np.isfinite(v) else str(float(v)) for v in self.values],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return f"pointwise V-information, mean {self.mean}"


def pointwise_v_information(
    x: object, y: object, *, family: Family = "linear", kind: Kind | None = None, folds: int = 5,
    groups: object = None, penalty: float | Sequence[float] | None = None,
    hidden: Sequence[int] = (256,), unit: Unit = "nats", interval: float = 0.95,
    n_draws: int = 1000, rng: Rng = None, progress: bool | None = None,
) -> PointwiseVInformation:  # fmt: skip
    """Return what the features tell of each single label, by probes that have not seen it.

    PVI(x → y) = log q(y | x) - log q0(y)

    Parameters
    ----------
    x : array of shape (n, d)
        Features, one row for each example.
    y : array or column of length n
        Labels or numbers.
    family, kind, groups, penalty, hidden, unit, interval, n_draws, rng
        As in `v_information`.
    folds : int
        How many times the data are split; each example is a test example once. At least 2.
    progress : bool, optional
        Show a bar on stderr; by default only when it is a terminal.

    Returns
    -------
    PointwiseVInformation
        `values` in the order of x: positive where the features help, 0 where they add nothing,
        negative where they mislead. `hardest(k)` lists the lowest.

    Raises
    ------
    InvalidArgument
        As `v_information`; and if folds is below 2 or above the number of examples or groups.

    Notes
    -----
    As many fits as folds. `v_information(...).pvi` has the same values for one test split. A probe
    that is sure and wrong gives very low values: look at these labels first.

    Source
    ------
    Ethayarajh et al., Understanding Dataset Difficulty with V-Usable Information (ICML 2022),
    definition 3.

    Examples
    --------
    One label of 200 is swapped, and is the hardest.

    >>> import numpy as np
    >>> y = np.arange(200) % 2
    >>> x = y + np.arange(200) / 1000
    >>> y[17] = 1 - y[17]
    >>> pointwise_v_information(x, y).hardest(1)[0].row
    17
    """
    function = "pointwise_v_information"
    features = read_features(x, function=function)
    target = read_target(y, kind, function=function)
    if len(features) != target.n:
        raise InvalidArgument(
            sentence(function, "y", f"have a label for each of the {len(features)} rows of x",
                     target.n)
        )  # fmt: skip
    named = read_groups(groups, target.n, function=function)
    random = generator(rng)
    fold = fold_numbers(target, named, folds, random, function=function)
    values = np.full(target.n, np.nan)
    predicted: NDArray[Any] = np.zeros(
        target.n if target.kind == "classification" else target.numbers.shape,
        np.int64 if target.kind == "classification" else np.float64,
    )
    notes: dict[str, None] = {}
    with Progress(folds, "probing", "folds", show=progress) as bar:
        for number in range(folds):
            splits = np.where(
                fold == number,
                "test",
                np.where(fold == (number + 1) % folds, "validation", "train"),
            )
            if folds == 2:
                splits = _halved(splits, random)
            setting = Setting(
                y, kind=target.kind, splits=splits, fractions=(0.2, 0.2), groups=groups,
                unseen="drop", family=family, penalty=penalty, hidden=hidden, unit=unit,
                interval=interval, n_draws=max(n_draws, 20), rng=random, function=function,
            )  # fmt: skip
            found = measured(features, setting)
            values[found.rows], predicted[found.rows] = found.pvi, found.predicted
            notes |= dict.fromkeys(found.notes)
            bar.advance()
    reached = np.isfinite(values) | ~np.isnan(values)
    resamples = Resamples(int(reached.sum()), None if named is None else named[reached], random,
                          n_draws, drawn="examples" if named is None else "groups")  # fmt: skip
    unit = check_unit(unit, function)
    scale = from_nats(1.0, unit)
    mean = resamples.estimate(
        "V-information", values[reached] / scale, unit=unit, level=interval,
        method=f"{family} probe, {folds} folds", notes=tuple(notes),
    )  # fmt: skip
    labels = target.codes if target.kind == "classification" else target.numbers
    return PointwiseVInformation(values, mean, labels, predicted, target.classes, unit,
                                 tuple(notes))  # fmt: skip


def _halved(splits: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """With two folds, cut a fifth off the part that is not the test for validation."""
    rest = np.flatnonzero(splits != "test")
    out = np.where(splits == "test", "test", "train").astype("<U10")
    out[rng.permutation(rest)[: max(1, len(rest) // 5)]] = "validation"
    return out


def pointwise_from_predictions(
    q: object, q_null: ArrayLike, labels: ArrayLike, *, unit: Unit = "nats"
) -> NDArray[np.float64]:
    """Return the pointwise V-information of predictions that were made elsewhere.

    PVI_i = log q_i(y_i) - log q0_i(y_i)

    Parameters
    ----------
    q : array of shape (n, k), or Logits
        Predicted distribution of each example by the model that saw x, fitted on other examples.
    q_null : array of shape (k,) or (n, k)
        The same by the model that did not see x: the shares of the classes among the examples the
        first model was fitted on, or a model fitted on empty inputs.
    labels : integer array of shape (n,)
        True classes, 0 ... k - 1.
    unit : {"nats", "bits", "bans"}
        Unit of the values.

    Returns
    -------
    array of shape (n,)
        -inf where the model gave the true label probability 0.

    Raises
    ------
    NotADistribution
        If a row is no distribution.
    InvalidArgument
        If shapes do not fit, a label is out of range, or the null model excludes a true label.

    Notes
    -----
    The mean of the values is V-information only if the examples were held out from both models.

    Source
    ------
    Ethayarajh et al. (ICML 2022), definition 3.

    Examples
    --------
    Two equally frequent labels; the model gives the true one 0.9, then 0.25, then 0.5.

    >>> q = [[0.9, 0.1], [0.75, 0.25], [0.5, 0.5]]
    >>> pointwise_from_predictions(q, [0.5, 0.5], [0, 1, 1], unit="bits").round(4).tolist()
    [0.848, -1.0, 0.0]
    """
    function = "pointwise_from_predictions"
    unit = check_unit(unit, function)
    told = _log_masses(read(q, axis=-1, function=function, argument="q"))
    null = _log_masses(read(q_null, axis=-1, function=function, argument="q_null"))
    codes = np.asarray(labels)
    if told.ndim != 2 or codes.shape != told.shape[:1] or null.shape[-1] != told.shape[1]:
        raise InvalidArgument(
            sentence(function, "q", "have shape (n, k) for n labels, and q_null k entries",
                     f"shapes {told.shape}, {null.shape} and {codes.shape}")
        )  # fmt: skip
    if codes.dtype.kind not in "iu" or (
        codes.size and not 0 <= codes.min() <= codes.max() < told.shape[1]
    ):
        raise InvalidArgument(
            sentence(function, "labels", f"be whole numbers from 0 to {told.shape[1] - 1}",
                     f"{codes.dtype} values")
        )  # fmt: skip
    rows = np.arange(len(codes))
    base = np.broadcast_to(null, told.shape)[rows, codes]
    if np.isneginf(base).any():
        raise InvalidArgument(
            sentence(function, "q_null", "give every true label a probability above 0",
                     f"0 at row {int(np.isneginf(base).argmax())}")
        )  # fmt: skip
    return from_nats(told[rows, codes] - base, unit)


def _log_masses(masses: Masses) -> NDArray[np.float64]:
    possible = np.asarray(to_numpy(masses.possible))
    return np.where(possible, np.asarray(to_numpy(masses.log_on(masses.possible))), -np.inf)
