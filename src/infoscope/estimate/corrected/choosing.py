"""Fit every candidate on three quarters of the rows, check it on the rest, and choose one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.corrected.cluster_model import choose_clusters, refit
from infoscope.estimate.corrected.coordinates import (
    Canonical,
    information_of,
    scores_by_column,
    shrunk,
)
from infoscope.estimate.corrected.feature_models import (
    FeatureFit,
    plain_features,
    quadratic_features,
    radial_features,
    select_pairs,
    wave_features,
)
from infoscope.estimate.corrected.gaussian_models import (
    contaminated,
    gaussian_copula,
    of_variates,
)
from infoscope.estimate.corrected.pair_model import fit_pairs, match
from infoscope.estimate.corrected.ratios import Ratio, donsker_varadhan, independent
from infoscope.estimate.corrected.student_model import (
    choose_degrees,
    student_copula,
    student_scores,
)
from infoscope.estimate.method import Floats

__all__ = [
    "N_FOLDS",
    "PENALTIES",
    "Candidate",
    "Prepared",
    "choose_model",
    "is_shaped",
    "keeps_to_columns",
]

Rows = NDArray[np.intp]

N_FOLDS = 4
_FEW_ROWS = 200
_CHECKED = 1000  # held-out rows of a fold whose pairs are looked at: at most this many squared
_SEARCHED = 5000  # rows in the search for degrees of freedom and for the number of clusters

#: What a candidate must be better than the plain Gaussian copula by, in nats held out.
PENALTIES = {
    "gaussian": 0.0,
    "student": 0.003,
    "contaminated": 0.003,
    "clusters": 0.01,
    "radial": 0.01,
    "quadratic": 0.01,
    "waves": 0.01,
    "pairs": 0.015,
}

_SIMPLE = ("gaussian", "student", "contaminated")

#: Nats held out by which pairs of columns must beat every simple copula to be taken for the right
#: coordinates. Turned uniform noise: at most 0.06; circles, whose pairs are right: 0.3 and more.
_CLEAR = 0.1


@dataclass(frozen=True, slots=True)
class Prepared:
    """The data in all forms that candidates need: scores, canonical coordinates, folds.

    `full_rank` says whether no column of x or y is a combination of others.
    """

    gx: Floats
    gy: Floats
    a: Floats
    b: Floats
    axes: Canonical
    folds: list[Rows]
    full_rank: bool

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.gx.shape[0]

    def train(self, fold: Rows) -> Rows:
        """Return the rows outside a fold."""
        return np.setdiff1d(np.arange(self.n), fold)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that was tried.

    Parameters
    ----------
    name : str
    bound : float
        Held-out Donsker-Varadhan value, nats.
    ratio : callable
        () -> the log ratio of all rows, by the fit on all rows.
    features : (fx, fy) or None
        Features whose variates are compared besides the coordinates; None means the coordinates.
    pairs : (u, v) or None
        Columns whose information is compared pair by pair instead of variates.
    n_pairs : int
        How many pairs of variates held-out rows confirm, at least 1.
    detail : str
        What was fitted, in words.
    """

    name: str
    bound: float
    ratio: Callable[[], Ratio]
    features: tuple[Floats, Floats] | None = None
    pairs: tuple[Floats, Floats] | None = None
    n_pairs: int = 1
    detail: str = ""


def choose_model(data: Prepared, rng: np.random.Generator) -> tuple[Candidate, list[Candidate]]:
    """Return the candidate with the largest bound less its penalty, and all that were tried."""
    p, q = data.gx.shape[1], data.gy.shape[1]
    low_rank = _pairs_of(
        data, plain_features(data.a), plain_features(data.b), most=p + q, held=True
    )
    m = max(1, low_rank.rho.size)
    tried = [_gaussian(data, low_rank)]
    few = data.n < _FEW_ROWS or p + q > data.n / 10
    if data.full_rank:
        tried.append(_student(data, m))
    if not few:
        if p + q <= 24:
            tried.append(_contaminated(data, m))
        if p + q <= 12:
            tried += _clusters(data, m, rng)
        if min(p, q) <= 12 and data.full_rank:
            tried += _pairs("columns", data, data.gx, data.gy)
        if p + q <= 12:
            tried += _pairs("variates", data, data.a, data.b)
        tried.append(_featured("radial", data, radial_features(data.a), radial_features(data.b)))
        if max(p, q) <= 8:
            fx, fy = quadratic_features(data.a), quadratic_features(data.b)
            tried.append(_featured("quadratic", data, fx, fy))
        if max(p, q) <= 5:
            fx, fy = wave_features(data.a, rng), wave_features(data.b, rng)
            tried.append(_featured("waves", data, fx, fy))
    best = max(tried, key=lambda candidate: candidate.bound - PENALTIES[candidate.name])
    if best.bound - PENALTIES[best.name] <= 0.0:
        n = data.n
        best = Candidate("independence", 0.0, lambda: independent(n), n_pairs=1)
    return best, tried


def is_shaped(model: Candidate, tried: list[Candidate]) -> bool:
    """Say whether the dependence has a shape that no simple copula has.

    Where one of them is right, it beats every flexible model on held-out rows by 0.01 nats or more
    (3 + 3 columns, n = 500); where none is, smoothed pairs or others come level.
    """
    if model.name == "independence":
        return False
    flexible = [candidate.bound for candidate in tried if candidate.name not in _SIMPLE]
    return model.name not in _SIMPLE or max(flexible, default=0.0) > model.bound


def keeps_to_columns(model: Candidate, tried: list[Candidate]) -> bool:
    """Say whether the model found no coordinates but the columns and their canonical variates."""
    simple = max(candidate.bound for candidate in tried if candidate.name in _SIMPLE)
    return model.name in _SIMPLE or (model.name == "pairs" and model.bound < simple + _CLEAR)


def _gaussian(data: Prepared, low_rank: FeatureFit) -> Candidate:
    """Return the better of all pairs, shrunk alike, and the pairs that held-out rows confirm."""

    def fit(train: Rows) -> Callable[[Rows], Ratio]:
        copula = gaussian_copula(data.gx[train], data.gy[train])
        return lambda rows: copula.ratio(data.gx[rows], data.gy[rows])

    bound = _held_out(data, fit)
    copula = gaussian_copula(data.gx, data.gy)
    m = low_rank.rho.size
    if low_rank.bound <= bound or m == 0:
        return Candidate(
            "gaussian", bound, lambda: copula.ratio(data.gx, data.gy), n_pairs=max(m, 1)
        )

    def ratio() -> Ratio:
        u, v = data.a[:, :m], data.b[:, :m]
        total = information_of(np.minimum(copula.rho, 1.0 - 1e-12))
        own = np.minimum(data.axes.correlations[:m], 1.0 - 1e-12)
        return of_variates(u, v, shrunk(own, total))

    detail = f"{m} pair{'s' if m > 1 else ''} of variates"
    return Candidate("gaussian", low_rank.bound, ratio, n_pairs=m, detail=detail)


def _student(data: Prepared, m: int) -> Candidate:
    searched = np.hstack([data.gx, data.gy])
    step = max(1, -(-data.n // _SEARCHED))
    df = choose_degrees(searched) if step == 1 else choose_degrees(_thinned(searched, step))
    zx, zy = student_scores(data.gx, df), student_scores(data.gy, df)

    def fit(train: Rows) -> Callable[[Rows], Ratio]:
        copula = student_copula(zx[train], zy[train], df)
        return lambda rows: copula.ratio(zx[rows], zy[rows])

    def ratio() -> Ratio:
        return student_copula(zx, zy, df).ratio(zx, zy)

    return Candidate(
        "student", _held_out(data, fit), ratio, n_pairs=m, detail=f"{df:g} degrees of freedom"
    )


def _contaminated(data: Prepared, m: int) -> Candidate:
    def fit(train: Rows) -> Callable[[Rows], Ratio]:
        model = contaminated(data.gx[train], data.gy[train])
        return lambda rows: model.ratio(data.gx[rows], data.gy[rows])

    whole = contaminated(data.gx, data.gy)
    return Candidate(
        "contaminated", _held_out(data, fit), lambda: whole.ratio(data.gx, data.gy), n_pairs=m,
        detail=f"{whole.share:.0%} of the rows dependent",
    )  # fmt: skip


def _clusters(data: Prepared, m: int, rng: np.random.Generator) -> list[Candidate]:
    step = max(1, -(-data.n // _SEARCHED))
    found = choose_clusters(data.gx[::step], data.gy[::step], rng)
    if found is None:
        return []
    whole = found if step == 1 else refit(found, data.gx, data.gy)

    def fit(train: Rows) -> Callable[[Rows], Ratio]:
        model = refit(whole, data.gx[train], data.gy[train])
        return lambda rows: model.ratio(data.gx[rows], data.gy[rows])

    return [
        Candidate(
            "clusters", _held_out(data, fit), lambda: whole.ratio(data.gx, data.gy), n_pairs=m,
            detail=f"{whole.weights.size} clusters",
        )
    ]  # fmt: skip


def _pairs(name: str, data: Prepared, u: Floats, v: Floats) -> list[Candidate]:
    i, j = match(u, v)
    u, v = scores_by_column(u[:, i]), scores_by_column(v[:, j])
    fit = fit_pairs(u, v, data.folds, _CHECKED)
    m = fit.n_pairs
    if m == 0:
        return []
    detail = f"{m} pair{'s' if m > 1 else ''} of {name}"
    return [Candidate("pairs", fit.bound, fit.ratio, pairs=(u, v), n_pairs=m, detail=detail)]


def _featured(name: str, data: Prepared, fx: Floats, fy: Floats) -> Candidate:
    fit = _pairs_of(data, fx, fy, most=8, held=False)
    m = fit.rho.size
    return Candidate(
        name, fit.bound, fit.ratio, features=(fx, fy), n_pairs=max(m, 1), detail=f"{m} variates"
    )


def _pairs_of(data: Prepared, fx: Floats, fy: Floats, *, most: int, held: bool) -> FeatureFit:
    return select_pairs(fx, fy, data.folds, most=most, held_out_only=held, n_check=_CHECKED)


def _held_out(data: Prepared, fit: Callable[[Rows], Callable[[Rows], Ratio]]) -> float:
    """Return the mean over folds of the Donsker-Varadhan value on the rows that were left out."""
    values = [donsker_varadhan(fit(data.train(fold))(fold[:_CHECKED])) for fold in data.folds]
    return float(np.mean(values))


def _thinned(scores: Floats, step: int) -> Floats:
    """Return scores of every `step`-th row, ranked anew among themselves."""
    return scores_by_column(scores[::step])
