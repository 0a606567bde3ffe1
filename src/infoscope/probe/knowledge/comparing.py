"""Compare what an internal state tells of the truth with what the output tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.resample import Rng, generator
from infoscope.core.units import UNITS, Unit, check_unit
from infoscope.probe.knowledge.knowledge_result import Knowledge
from infoscope.probe.knowledge.output_features import output_features
from infoscope.probe.probes.fitting import Family, check_family
from infoscope.probe.probes.information import Setting, measured
from infoscope.probe.probes.resampling import Resamples, check_level
from infoscope.probe.probes.variables import Target, read_features, read_groups, read_target

__all__ = ["knows"]

_F = "knows"
_NULL = (
    "the state's probe and the output's probe are exchangeable on held-out examples: swapping "
    "which of them paid which cost, group by group, changes nothing (two-sided)"
)


def knows(
    state: object, output: object, truth: object, *,
    output_kind: Literal["labels", "probabilities", "scores"] | None = None,
    groups: object = None, family: Family = "linear",
    penalty: float | Sequence[float] | None = None, hidden: Sequence[int] = (256,),
    n_folds: int = 5, unit: Unit = "nats", interval: float = 0.95, n_draws: int = 2000,
    rng: Rng = None,
) -> Knowledge:  # fmt: skip
    """Compare the information about the truth in an internal state with that in the output.

    difference = I_V(state → truth) - I_V(output → truth), on the same held-out examples

    Parameters
    ----------
    state : array of shape (n, d)
        Internal state of each example: activations of a layer.
    output : array or column of length n, or array of shape (n, k)
        What was said: answers (labels), probabilities of answers (rows sum to 1), or scores
        (logits, log-probabilities; one column is a score such as log p(yes) - log p(no)).
    truth : column of length n
        The true class of each example.
    output_kind : {"labels", "probabilities", "scores"}, optional
        What `output` is; seen from its values when not given, and said in the notes.
    groups : column of length n, optional
        Examples that share an entity, a source or a template: they stay in one fold, and intervals
        and test treat a group as one draw. Without them a probe may know entities by heart.
    family : {"linear", "mlp"}
        Probes that read state and output alike.
    penalty, hidden
        As in `v_information`.
    n_folds : int
        Every example is held out once: a probe fitted on n_folds - 2 parts and chosen on one is
        measured on the last. At least 3.
    unit : {"nats", "bits", "bans"}
        Unit of all amounts of information.
    interval : float
        Level of the intervals.
    n_draws : int
        Bootstrap draws behind the intervals, and swaps behind the p-value.
    rng : int, Generator or None
        Seed of folds, random features, draws and swaps.

    Returns
    -------
    Knowledge
        `state`, `output`, `both` and `random` (estimates of V-information), `difference` (state
        minus output) and `unsaid` (both minus output) with intervals, a `p_value`, and notes.

    Raises
    ------
    InvalidArgument
        If shapes do not fit, there are fewer than three groups per fold, or one class only.
    WrongType
        If `state` holds no numbers.
    UnknownName
        If `output_kind` is none of the three.

    Notes
    -----
    Both readers are trained: the output is read by a probe of the same family, so that an output
    that is only badly calibrated, or says "no" for "yes", is not called ignorant. The same probe on
    random numbers as many as the state has dimensions says what this capacity finds where there is
    nothing. A larger `state` says that the truth can be read out of it and not out of the output,
    not that the model uses it: correlates of truth (how likely a sentence is, say) count as well.
    All values are lower bounds, and the state's is the harder to reach, having more dimensions, so
    that a difference below 0 may say that there were too few examples. Time is 4 n_folds probes.

    Source
    ------
    Xu et al. (ICLR 2020) for V-information; Burns et al. (2022), arXiv:2212.03827, for the
    question; Good, Permutation, Parametric and Bootstrap Tests (2005), section 3.2, for the test.

    Examples
    --------
    A state that holds the truth, behind answers that are right three times in four:

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(2, size=600)
    >>> state = np.stack([truth + rng.normal(0, 0.1, 600), rng.normal(0, 1, 600)], axis=1)
    >>> said = np.where(rng.random(600) < 0.75, truth, 1 - truth)
    >>> found = knows(state, said, truth, unit="bits")
    >>> bool(found.state.value > 0.9), bool(abs(found.output.value - 0.19) < 0.1)
    (True, True)
    >>> found.p_value < 0.01
    True
    """
    unit, level = check_unit(unit, _F), check_level(interval, function=_F)
    check_family(family, function=_F)
    if output_kind not in (None, "labels", "probabilities", "scores"):
        raise UnknownName(
            sentence(_F, "output_kind", "be 'labels', 'probabilities' or 'scores'",
                     repr(output_kind))
        )  # fmt: skip
    if n_folds < 3:
        raise InvalidArgument(
            sentence(_F, "n_folds", "be at least 3 (training, validation, test)", n_folds)
        )
    if n_draws < 100:
        raise InvalidArgument(sentence(_F, "n_draws", "be at least 100", n_draws))
    target = read_target(truth, "classification", function=_F)
    x = read_features(state, function=_F, argument="state")
    said, kind_note = output_features(output, output_kind, target.n)
    for name, array in (("state", x), ("output", said)):
        if len(array) != target.n:
            raise InvalidArgument(
                sentence(_F, name, f"have one row for each of {target.n} truths", len(array))
            )
        if (array == array[:1]).all():
            raise InvalidArgument(
                sentence(_F, name, "differ between examples", f"{len(array)} equal rows",
                         "At layer 0 the state is its token alone: take a later layer.")
            )  # fmt: skip
    random = generator(rng)
    units = read_groups(groups, target.n, function=_F)
    fold = _folds(target, units, n_folds, random)
    noise = random.normal(size=x.shape).astype(np.float32)
    inputs = {"state": x, "output": said, "both": np.concatenate([_even(x), _even(said)], 1),
              "random": noise}  # fmt: skip
    pvi, right, null, notes = _held_out(
        inputs, truth, fold, n_folds, family=family, penalty=penalty, hidden=hidden, rng=random
    )
    resamples = Resamples(target.n, units, random, n_draws)
    shown = {"folds": n_folds, "groups": resamples.n_units} if units is not None else {
        "folds": n_folds}  # fmt: skip
    method = f"{family} probes, held out"

    def told(quantity: str, column: NDArray[np.float64], of: str = "") -> Any:
        return resamples.estimate(
            quantity, column, unit=of or unit, level=level, method=method, settings=dict(shown)
        )

    difference = pvi["state"] - pvi["output"]
    return Knowledge(
        state=told("V-information of the state", pvi["state"]),
        output=told("V-information of the output", pvi["output"]),
        both=told("V-information of state and output", pvi["both"]),
        random=told("V-information of random features", pvi["random"]),
        truth_entropy=told("H_V(truth)", null),
        difference=told("state minus output", difference),
        unsaid=told("both minus output", pvi["both"] - pvi["output"]),
        p_value=_swap_test(difference, units, n_draws, random), null=_NULL,
        state_accuracy=told("accuracy of the state's probe", right["state"], "share"),
        output_accuracy=told("accuracy of the output's probe", right["output"], "share"),
        pvi={name: column / UNITS[unit] for name, column in pvi.items()}, unit=unit,
        n_features={name: array.shape[1] for name, array in inputs.items()},
        notes=(*_said(n_folds, units, x, target), kind_note, *notes),
    )  # fmt: skip


def _held_out(
    inputs: dict[str, Any], truth: object, fold: NDArray[np.int64], n_folds: int, *, family: str,
    penalty: Any, hidden: Sequence[int], rng: np.random.Generator,
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.float64]], NDArray[np.float64],
           tuple[str, ...]]:  # fmt: skip
    """Return pointwise values and hits of each input, and null costs, every example held out."""
    n = len(fold)
    pvi = {name: np.empty(n) for name in inputs}
    right = {name: np.empty(n) for name in inputs}
    null = np.empty(n)
    notes: dict[str, None] = {}
    for k in range(n_folds):
        parts = {"test": fold == k, "validation": fold == (k + 1) % n_folds}
        parts["train"] = ~(parts["test"] | parts["validation"])
        setting = Setting(
            truth, kind="classification",
            splits={name: np.flatnonzero(rows) for name, rows in parts.items()},
            fractions=(0.2, 0.2), groups=None, unseen="error", family=family, penalty=penalty,
            hidden=hidden, unit="nats", interval=0.95, n_draws=20, rng=rng, function=_F,
        )  # fmt: skip
        for name, x in inputs.items():
            found = measured(x, setting)
            pvi[name][found.rows] = found.pvi
            right[name][found.rows] = found.predicted == found.labels
            if name == "state":
                null[found.rows] = setting.null.cost(x[found.rows], setting.test)
                notes |= {f"state: {note}": None for note in found.probe.notes}
    return pvi, right, null, tuple(notes)


def _folds(
    target: Target, units: NDArray[np.int64] | None, n_folds: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Deal groups (or the examples of each class) to folds of about equal size."""
    if units is None:
        order = rng.permutation(target.n)
        order = order[np.argsort(target.codes[order], kind="stable")]
        fold = np.empty(target.n, np.int64)
        fold[order] = np.arange(target.n) % n_folds
        return fold
    n_groups = int(units.max()) + 1
    if n_groups < 3 * n_folds:
        raise InvalidArgument(
            sentence(_F, "groups", f"be at least three for each of {n_folds} folds", n_groups)
        )
    sizes = np.bincount(units)
    order = rng.permutation(n_groups)
    order = order[np.argsort(-sizes[order], kind="stable")]
    dealt = np.empty(n_groups, np.int64)
    dealt[order] = np.arange(n_groups) % n_folds
    return dealt[units]


def _even(x: NDArray[Any]) -> NDArray[np.float64]:
    """Return columns of mean 0 and variance 1 (constant ones are 0), for a joint probe."""
    centred = x.astype(np.float64) - x.mean(0, dtype=np.float64)
    scale = centred.std(0)
    return centred / np.where(scale > 0, scale, 1.0)


def _swap_test(
    difference: NDArray[np.float64], units: NDArray[np.int64] | None, n_swaps: int,
    rng: np.random.Generator,
) -> float:  # fmt: skip
    """Return the share of sign flips, group by group, whose sum is as far from 0; two-sided."""
    sums = difference if units is None else np.bincount(units, weights=difference)
    seen, n = abs(float(sums.sum())), 0
    for _ in range(n_swaps):
        signs = rng.integers(2, size=len(sums)) * 2 - 1
        n += abs(float((sums * signs).sum())) >= seen * (1 - 1e-12)
    return (1 + n) / (1 + n_swaps)


def _said(
    n_folds: int, units: NDArray[np.int64] | None, x: NDArray[Any], target: Target
) -> tuple[str, ...]:
    notes = [
        f"every example was held out once: {n_folds} folds, of which one chooses the penalty and "
        "one is measured",
        "values are lower bounds, given what the probes of this family can find; intervals take "
        "the fits as given",
    ]
    if units is None:
        notes.append(
            "no groups were given: examples that share an entity or a template may stand on both "
            "sides of the border"
        )
    n_train = target.n * (n_folds - 2) // n_folds
    if x.shape[1] > n_train:
        notes.append(
            f"the state has more dimensions ({x.shape[1]}) than training examples ({n_train}): its "
            "value may fall short of what more examples would show"
        )
    return (*notes, *target.notes)
