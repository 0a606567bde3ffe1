"""Vector and matrix scaling: logits through an affine map, fitted by convex search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from infoscope.calibrate.convex_search import Objective, Solution, minimise
from infoscope.calibrate.forecasts import Floats
from infoscope.calibrate.logit_input import read_labelled_logits, read_logits
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.logits import Logits, log_softmax
from infoscope.core.showing import Shown

__all__ = ["ClassMap", "fit_matrix_scaling", "fit_vector_scaling"]

#: Above these the Hessian is too large to be formed; temperature scaling has no such bound.
MAX_CLASSES = {"vector": 512, "matrix": 24}


@dataclass(frozen=True, slots=True, eq=False)
class ClassMap(Shown):
    """A map z -> z W' + b of logits, fitted; `apply` recalibrates new logits.

    `weights` has shape (k,) for vector and (k, k) for matrix scaling, `bias` (k,); `nll_before` and
    `nll_after` are mean losses of the fitting data in nats (without the ridge), `gap` estimates how
    far the search stopped above the minimum.
    """

    method: str
    weights: Floats
    bias: Floats
    nll_before: float
    nll_after: float
    converged: bool
    gap: float
    n_steps: int
    n: int
    notes: tuple[str, ...] = field(default=())

    def rescale(self, logits: object) -> Logits:
        """Return the mapped logits (n, k) as `Logits`."""
        z, _ = read_logits(logits, function="ClassMap.rescale")
        return Logits(self._map(_finite(z, "ClassMap.rescale")))

    def apply(self, logits: object) -> Floats:
        """Return recalibrated probabilities (n, k); (n,) of class 1 for log-odds (n,)."""
        z, is_binary = read_logits(logits, function="ClassMap.apply")
        p = np.exp(log_softmax(self._map(_finite(z, "ClassMap.apply"))))
        return p[:, 1] if is_binary else p

    def _map(self, z: Floats) -> Floats:
        if z.shape[1] != len(self.bias):
            raise InvalidArgument(
                sentence("ClassMap", "logits", f"have {len(self.bias)} classes", z.shape[1])
            )
        return (z * self.weights if self.weights.ndim == 1 else z @ self.weights.T) + self.bias

    def __str__(self) -> str:
        change = f"{self.nll_before:.6g} -> {self.nll_after:.6g} nats"
        return f"{self.method} scaling of {len(self.bias)} classes (n={self.n}); log loss {change}"


def fit_vector_scaling(
    logits: object, labels: object, *, classes: Sequence[object] | None = None
) -> ClassMap:
    """Fit a scale and a shift for each class to labels; never worse than no change on these.

    (w, b) = argmin -(1/n) sum_i log softmax(w * z_i + b)[y_i]

    Parameters
    ----------
    logits : array of shape (n, k), or Logits of shape (n, k)
        Finite logits; log-probabilities are logits.
    labels : array of shape (n,)
        Class numbers 0..k-1, or names listed in `classes`; every class must occur.
    classes : sequence of length k, optional
        The label that each column stands for.

    Returns
    -------
    ClassMap
        With weights (k,) and bias (k,) (the biases add up to 0), log loss before and after in nats.

    Raises
    ------
    InvalidArgument, WrongType
        As `fit_temperature`; also if a class never occurs (its bias would fall for ever), a logit
        is -inf, or there are more than 512 classes.

    Notes
    -----
    Convex. If the labels can be separated, there is no best map: the identity is kept, with
    `converged` False and a note. Weights depend on where each row's zero lies: log-probabilities
    are the standard choice. Cost: O(n k^2) for each of some ten steps.

    Source
    ------
    Guo, Pleiss, Sun & Weinberger, On calibration of modern neural networks (2017), section 4.2.

    Examples
    --------
    >>> z = [[0.0, 2.0], [0.0, 2.0], [0.0, 2.0], [0.0, -1.0], [0.0, -1.0]]
    >>> fit_vector_scaling(z, [1, 1, 0, 0, 1]).apply([[0.0, 2.0]]).round(6)  # two thirds
    array([[0.333333, 0.666667]])
    """
    return _fit(logits, labels, "vector", 0.0, classes)


def fit_matrix_scaling(
    logits: object,
    labels: object,
    *,
    ridge: float = 0.0,
    classes: Sequence[object] | None = None,
) -> ClassMap:
    """Fit a whole affine map of logits to labels; never worse than no change on these.

    (W, b) = argmin -(1/n) sum_i log softmax(W z_i + b)[y_i] + ridge (|W - I|^2 + |b|^2) / 2

    Parameters
    ----------
    logits : array of shape (n, k), or Logits of shape (n, k)
        Finite logits. On log-probabilities this is Dirichlet calibration.
    labels : array of shape (n,)
        Class numbers 0..k-1, or names listed in `classes`; every class must occur.
    ridge : float
        How strongly the map is held to the identity; 0 for not at all.
    classes : sequence of length k, optional
        The label that each column stands for.

    Returns
    -------
    ClassMap
        With weights (k, k), bias (k,), log loss before and after in nats.

    Raises
    ------
    InvalidArgument, WrongType
        As `fit_vector_scaling`, beyond 24 classes; also for a negative `ridge`.

    Notes
    -----
    k (k + 1) parameters: it overfits unless n is many times that; compare held-out scores with
    `fit_temperature`. Cost: O(n k^4) for each of some ten steps.

    Source
    ------
    Guo et al. (2017), section 4.2; Kull et al., Beyond temperature scaling: obtaining
    well-calibrated multiclass probabilities with Dirichlet calibration (2019), equation 8 (linear
    form).

    Examples
    --------
    >>> z = [[0.0, 2.0], [0.0, 2.0], [0.0, 2.0], [0.0, -1.0], [0.0, -1.0]]
    >>> fit_matrix_scaling(z, [1, 1, 0, 0, 1]).apply([[0.0, 2.0]]).round(6)
    array([[0.333333, 0.666667]])
    """
    if not 0 <= ridge < np.inf:
        raise InvalidArgument(sentence("fit_matrix_scaling", "ridge", "be non-negative", ridge))
    return _fit(logits, labels, "matrix", float(ridge), classes)


def _finite(z: Floats, function: str) -> Floats:
    if not np.isfinite(z).all():
        advice = "Temperature scaling keeps impossible classes impossible: fit_temperature."
        raise InvalidArgument(sentence(function, "logits", "be finite", "-inf", advice))
    return z


def _fit(
    logits: object, labels: object, method: str, ridge: float, classes: Sequence[object] | None
) -> ClassMap:
    function = f"fit_{method}_scaling"
    z, y, is_binary = read_labelled_logits(logits, labels, function=function, classes=classes)
    k = _finite(z, function).shape[1]
    if is_binary:
        raise InvalidArgument(
            sentence(function, "logits", "have shape (n, k)", "log-odds of shape (n,)",
                     "Use fit_platt for two classes.")
        )  # fmt: skip
    if k > MAX_CLASSES[method]:
        most = MAX_CLASSES[method]
        raise InvalidArgument(
            sentence(function, "logits", f"have at most {most} classes", k, "Use fit_temperature.")
        )
    missing = np.setdiff1d(np.arange(k), y)
    if len(missing):
        raise InvalidArgument(
            sentence(function, "labels", "hold every class", f"no case of class {int(missing[0])}",
                     "Its bias would fall for ever. Use fit_temperature.")
        )  # fmt: skip
    if method == "vector":
        start = np.concatenate([np.ones(k), np.zeros(k)])
        solution = minimise(_vector_objective(z, y), start, n_flat=_gauge(z, method))
        weights, bias = solution.x[:k], solution.x[k:]
    else:
        start = np.column_stack([np.eye(k), np.zeros(k)]).ravel()
        flat = 0 if ridge > 0 else _gauge(z, method)
        solution = minimise(_matrix_objective(z, y, ridge), start, n_flat=flat)
        both = solution.x.reshape(k, k + 1)
        weights, bias = both[:, :k], both[:, k]
    return _finished(z, y, method, weights, bias, solution, function)


def _gauge(z: Floats, method: str) -> int:
    """Count the directions in which the map can change while no forecast does."""
    k = z.shape[1]
    constant = int(np.sum(np.ptp(z, axis=0) == 0.0))  # such a column's weight is a second bias
    if method == "vector":
        return 1 + constant
    rank = int(np.linalg.matrix_rank(np.column_stack([z, np.ones(len(z))])))
    return (k + 1) + (k - 1) * (k + 1 - rank)


def _finished(
    z: Floats, y: NDArray[np.intp], method: str, weights: Floats, bias: Floats,
    solution: Solution, function: str,
) -> ClassMap:  # fmt: skip
    n, k = z.shape
    rows = np.arange(n)
    before = -float(log_softmax(z)[rows, y].mean())
    notes: list[str] = []
    mapped = (z * weights if method == "vector" else z @ weights.T) + bias
    after = -float(log_softmax(mapped)[rows, y].mean())
    converged, gap = solution.converged, solution.gap
    if solution.unbounded or not after <= before:
        if solution.unbounded:
            notes.append("the labels can be separated: there is no best map, the identity is kept")
        weights = np.ones(k) if method == "vector" else np.eye(k)
        bias, after = np.zeros(k), before
        converged = converged and not solution.unbounded
    elif not converged:
        notes.append(f"{function} stopped after {solution.n_steps} steps")
    return ClassMap(
        method, weights, bias - bias.mean(), before, after, converged, gap, solution.n_steps, n,
        tuple(notes),
    )  # fmt: skip


def _vector_objective(z: Floats, y: NDArray[np.intp]) -> Objective:
    n, k = z.shape
    rows = np.arange(n)

    def objective(x: Floats) -> tuple[float, Floats, Floats]:
        logs = log_softmax(z * x[:k] + x[k:])
        p = np.exp(logs)
        miss = p.copy()
        miss[rows, y] -= 1.0
        slope = np.concatenate([(miss * z).sum(axis=0), miss.sum(axis=0)]) / n
        wide = np.hstack([p * z, p])  # (n, 2k)
        hessian = -(wide.T @ wide)
        j = np.arange(k)
        cross = (p * z).sum(axis=0)
        hessian[j, j] += (p * z * z).sum(axis=0)
        hessian[j + k, j + k] += p.sum(axis=0)
        hessian[j, j + k] += cross
        hessian[j + k, j] += cross
        return -float(logs[rows, y].mean()), slope, hessian / n

    return objective


def _matrix_objective(z: Floats, y: NDArray[np.intp], ridge: float) -> Objective:
    n, k = z.shape
    rows = np.arange(n)
    features = np.column_stack([z, np.ones(n)])  # (n, k + 1)
    m = k + 1
    identity = np.column_stack([np.eye(k), np.zeros(k)])

    def objective(x: Floats) -> tuple[float, Floats, Floats]:
        a = x.reshape(k, m)
        logs = log_softmax(features @ a.T)
        p = np.exp(logs)
        miss = p.copy()
        miss[rows, y] -= 1.0
        slope = (miss.T @ features / n + ridge * (a - identity)).ravel()
        wide = (p[:, :, None] * features[:, None, :]).reshape(n, k * m)
        hessian = -(wide.T @ wide) / n
        for j in range(k):
            cut = slice(j * m, (j + 1) * m)
            hessian[cut, cut] += (features * p[:, j : j + 1]).T @ features / n
        hessian[np.diag_indices(k * m)] += ridge
        penalty = 0.5 * ridge * float(np.sum((a - identity) ** 2))
        return -float(logs[rows, y].mean()) + penalty, slope, hessian

    return objective
