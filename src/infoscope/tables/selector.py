"""`InformationSelector`: selection by information as a scikit-learn transformer.

The columns are read as `select` reads them: numbers in bins that are cut once, in `fit`, names as
levels, gaps as a level of their own if asked for. `transform` hands the chosen columns on as they
came.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from infoscope.core.errors import DataError, InvalidArgument, UnknownName, WrongType, sentence
from infoscope.tables.columns import Column
from infoscope.tables.selection import select_coded
from infoscope.tables.selection_criteria import METHODS
from infoscope.tables.selection_input import read_coded
from infoscope.tables.selection_result import Selection

__all__ = ["InformationSelector"]

_TARGET = "target"


class InformationSelector(SelectorMixin, BaseEstimator):
    """Keep the k columns that together tell most about y: `select` inside a pipeline.

    jmi: mean over chosen Z of I(X; Y | Z), less the bias of the counts; others as in `select`

    Parameters
    ----------
    k : int or None
        Columns to keep; None for as many as pass the tests.
    method : {"jmi", "mrmr", "cmim", "cmi", "mim"}
        As in `select`.
    quotient : bool
        For "mrmr": relevance over redundancy instead of their difference.
    stop : bool or None
        Keep only columns that pass the tests; by default for "cmi" and where k is None.
    level : float
        Level of the tests, in (0, 1).
    missing : {"pairwise", "level"}
        Leave rows with a gap out of each table, or count a gap as a value of its own.
    bins : int or None
        Bins of numeric columns; n^(1/3), between 5 and 32, by default.
    target_bins : int or None
        Bins of a numeric y; the same rule by default.
    random_state : int or None
        Decides the random tables behind the few Monte Carlo p-values; None means 0.

    Attributes
    ----------
    selection_ : Selection
        What was chosen and why; None if no column varies.
    scores_ : ndarray of shape (n_features,)
        Corrected mutual information of each column with y, in nats; NaN for one left out.
    order_ : ndarray
        Numbers of the chosen columns, best first.
    edges_ : dict
        Name of a binned column -> the edges of its bins, frozen in `fit`.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Raises
    ------
    InvalidArgument
        If a parameter has a value that cannot be used (in `fit`).

    Notes
    -----
    If fewer columns pass than asked for, fewer are kept; if none varies or passes, none is kept and
    scikit-learn warns when it transforms. Sparse matrices are not read: their zeros are counts too.

    Source
    ------
    Brown, Pocock, Zhao & Lujan (2012), JMLR 13.

    Examples
    --------
    >>> X = np.array([[0, 5], [1, 5], [0, 6], [1, 6]] * 20)
    >>> InformationSelector(k=1).fit(X, X[:, 0]).get_support().tolist()
    [True, False]
    """

    def __init__(
        self,
        k: int | None = 10,
        *,
        method: str = "jmi",
        quotient: bool = False,
        stop: bool | None = None,
        level: float = 0.05,
        missing: str = "pairwise",
        bins: int | None = None,
        target_bins: int | None = None,
        random_state: int | None = None,
    ) -> None:
        self.k = k
        self.method = method
        self.quotient = quotient
        self.stop = stop
        self.level = level
        self.missing = missing
        self.bins = bins
        self.target_bins = target_bins
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> InformationSelector:
        """Choose columns of X (n, d) for y (n,) and return self.

        X is an array or data frame; columns may hold numbers, names, dates or gaps. y may be
        classes or numbers.
        """
        self._check()
        if y is None:
            raise InvalidArgument(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        table, kinds = self._columns(X)
        goal = self._goal(y)
        check_consistent_length(next(iter(table.values()), goal), goal)
        self.edges_: dict[str, tuple[Any, ...]] = {}
        d = len(table)
        names = list(table)
        self._support = np.zeros(d, bool)
        self.scores_ = np.full(d, np.nan)
        self.order_ = np.zeros(0, np.int64)
        self.selection_: Selection | None = None
        target = _TARGET
        while target in table:
            target += "_"
        numeric = type_of_target(goal).startswith("continuous")
        if not numeric:
            kinds[target] = "categorical"
        bins: dict[str, Any] = dict.fromkeys(names, self.bins) if self.bins else {}
        if self.target_bins is not None:
            bins[target] = self.target_bins
        if len(goal) < 2:
            raise DataError(
                f"{type(self).__name__}: n_samples must be at least 2; got n_samples={len(goal)}."
            )
        read = read_coded(
            table | {target: goal}, function=type(self).__name__, target=target, bins=bins,
            kinds=kinds, missing=self.missing, progress=False,
        )  # fmt: skip
        self.edges_ = {c.name: c.edges for c in read.columns if c.edges and c.name != target}
        self.columns_: tuple[Column, ...] = tuple(
            column for column in (*read.columns, *read.left_out) if column.name != target
        )
        testing = self.stop if self.stop is not None else self.method == "cmi" or self.k is None
        try:
            chosen = select_coded(
                read, target, self.k, method=self.method, quotient=self.quotient,
                stop=self.level if testing else None, interval=0.95,
                seed=0 if self.random_state is None else int(self.random_state), progress=False,
            )  # fmt: skip
        except DataError:  # a constant y, or no column that varies: nothing to tell
            return self
        self.selection_ = chosen
        place = {name: i for i, name in enumerate(names)}
        self.order_ = np.array([place[name] for name in chosen.columns], np.int64)
        self._support[self.order_] = True
        for pick in chosen.ranking:
            self.scores_[place[pick.column]] = float(pick.relevance)
        return self

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self, "selection_")
        return self._support

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _columns(self, X: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """Check X and return its columns by name, and kinds for those that must not be guessed."""
        check: Any = validate_data  # whose annotations say str for an array
        if hasattr(X, "columns") and not isinstance(X, np.ndarray):
            check(self, X, skip_check_array=True)
            frame: Any = X
            read = nw.from_native(frame, eager_only=True)
            if not read.shape[0]:
                raise DataError(
                    f"{type(self).__name__}: Found array with 0 sample(s) while a minimum of 1 is "
                    "required."
                )
            names = [str(name) for name in read.columns]
            if len(set(names)) < len(names):
                raise DataError(sentence(
                    type(self).__name__, "X", "have columns of different names", names[:8]
                ))  # fmt: skip
            native = {name: read[given] for name, given in zip(names, read.columns, strict=True)}
            return {name: series.to_arrow() for name, series in native.items()}, {}
        checked = check(self, X, dtype=None, ensure_all_finite="allow-nan", accept_sparse=False)
        array = np.asarray(checked)
        names = [f"x{i}" for i in range(array.shape[1])]
        # whole numbers that count the rows are still numbers to a pipeline
        kinds: dict[str, str] = {}
        columns: dict[str, Any] = {}
        for name, values in zip(names, array.T, strict=True):
            columns[name] = list(values) if values.dtype.kind in "OUS" else np.array(values)
            if values.dtype.kind in "iuf":
                kinds[name] = "numeric"
        return columns, kinds

    def _goal(self, y: Any) -> NDArray[Any]:
        """Check y and return it as one-dimensional array."""
        from sklearn.utils import column_or_1d
        from sklearn.utils.validation import _check_y

        goal = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
        if goal.dtype.kind in "OUSb":
            goal = column_or_1d(goal, warn=True)
            check_classification_targets(goal)
            return goal
        return np.asarray(_check_y(goal, y_numeric=False))

    def _check(self) -> None:
        """Check the parameters, as scikit-learn wants it only in `fit`."""
        name = type(self).__name__
        k: object = self.k
        if k is not None and (isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1):
            raise InvalidArgument(sentence(name, "k", "be at least 1, or None", repr(k)))
        if k is None and self.stop is False:
            raise InvalidArgument(
                sentence(name, "k", "be a number where stop is False", "None", "Pass k.")
            )
        if self.method not in METHODS:
            raise UnknownName(
                sentence(name, "method", f"be one of {', '.join(METHODS)}", repr(self.method))
            )
        if self.quotient and self.method != "mrmr":
            raise InvalidArgument(
                sentence(name, "quotient", "go with method='mrmr'", f"method={self.method!r}")
            )
        if not 0.0 < self.level < 1.0:
            raise InvalidArgument(sentence(name, "level", "lie in (0, 1)", self.level))
        for argument in ("bins", "target_bins"):
            value: object = getattr(self, argument)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise WrongType(sentence(name, argument, "be an int or None", repr(value)))
