"""scikit-learn estimators: any classifier, recalibrated on its own cross-validated forecasts."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from infoscope.calibrate.binary_maps import fit_platt
from infoscope.calibrate.class_maps import fit_matrix_scaling, fit_vector_scaling
from infoscope.calibrate.monotone_maps import fit_isotonic
from infoscope.calibrate.temperature import fit_temperature
from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.logits import Logits

__all__ = ["RecalibratedClassifier"]

METHODS = ("temperature", "vector", "matrix", "platt", "isotonic")


class RecalibratedClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A scikit-learn classifier whose probabilities are recalibrated; it fits into pipelines.

    log-probabilities of held-out folds -> fitted map -> applied to the model refitted on all cases

    Parameters
    ----------
    estimator : classifier, optional
        Anything with `predict_proba` (and `predict_log_proba` if it has one); logistic regression
        if not given.
    method : {"temperature", "vector", "matrix", "platt", "isotonic"}
        The map; the last two for two classes only.
    cv : int
        Folds whose held-out forecasts the map is fitted on; no more than the rarest class has
        cases. One case of a class leaves no fold: the map is then fitted on the model's own data.

    Attributes
    ----------
    classes_, estimator_, map_ : ndarray, classifier, fitted map
        `map_` is what the `fit_...` function returned, with its log loss before and after.

    Source
    ------
    Platt (1999), section 2 (cross-validated scores); the maps name their own.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(-2, 2, 80)[:, None]
    >>> y = (np.sin(40 * x[:, 0]) + x[:, 0] > 0).astype(int)
    >>> model = RecalibratedClassifier(cv=4).fit(x, y)
    >>> model.predict_proba([[0.0]]).shape, model.map_.converged
    ((1, 2), True)
    """

    def __init__(self, estimator: Any = None, *, method: str = "temperature", cv: int = 5) -> None:
        self.estimator = estimator
        self.method = method
        self.cv = cv

    def fit(self, X: Any, y: Any) -> RecalibratedClassifier:
        """Fit the classifier on all cases, and the map on its held-out forecasts."""
        if self.method not in METHODS:
            raise UnknownName(
                sentence("RecalibratedClassifier", "method", f"be one of {METHODS}", self.method)
            )
        X, y = validate_data(self, X, y, accept_sparse=True, ensure_all_finite=False)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InvalidArgument(
                sentence("RecalibratedClassifier", "y", "hold two classes or more",
                         f"one class ({self.classes_[0]})")
            )  # fmt: skip
        model: Any = LogisticRegression() if self.estimator is None else self.estimator
        fresh: Any = clone(model)
        self.estimator_ = fresh.fit(X, y)
        folds = min(self.cv, int(np.bincount(codes).min()))
        if folds < 2:
            logs = _log_probabilities(self.estimator_, X)
        else:
            how = "predict_log_proba" if hasattr(model, "predict_log_proba") else "predict_proba"
            predict = cast(Any, cross_val_predict)  # no types: to infer them takes ten seconds
            found: Any = predict(model, X, y, cv=StratifiedKFold(folds), method=how)
            logs = found if how == "predict_log_proba" else _log(found)
        self.map_ = self._fit_map(logs, codes)
        return self

    def _fit_map(self, logs: np.ndarray, codes: np.ndarray) -> Any:
        if self.method in ("platt", "isotonic"):
            if len(self.classes_) > 2:
                raise InvalidArgument(
                    sentence("RecalibratedClassifier", "method", "suit three classes or more",
                             repr(self.method), "Use 'temperature' or 'vector'.")
                )  # fmt: skip
            if self.method == "isotonic":
                return fit_isotonic(np.exp(logs[:, 1]), codes)
            return fit_platt(logs[:, 1] - logs[:, 0], codes)
        fit = {"temperature": fit_temperature, "vector": fit_vector_scaling,
               "matrix": fit_matrix_scaling}[self.method]  # fmt: skip
        return fit(Logits(logs), codes)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return recalibrated probabilities (n, k), columns as in `classes_`."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=True, ensure_all_finite=False, reset=False)
        logs = _log_probabilities(self.estimator_, X)
        if self.method not in ("platt", "isotonic"):
            return self.map_.apply(Logits(logs))
        scores = np.exp(logs[:, 1]) if self.method == "isotonic" else logs[:, 1] - logs[:, 0]
        p = self.map_.apply(scores)
        return np.column_stack([1.0 - p, p])

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row after recalibration."""
        check_is_fitted(self)
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.estimator is not None:
            inner = self.estimator.__sklearn_tags__()
            tags.input_tags.sparse = inner.input_tags.sparse
            tags.input_tags.allow_nan = inner.input_tags.allow_nan
        else:
            tags.input_tags.sparse = True
        return tags


def _log_probabilities(model: Any, X: Any) -> np.ndarray:
    if hasattr(model, "predict_log_proba"):
        return model.predict_log_proba(X)
    return _log(model.predict_proba(X))


def _log(p: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(p)
