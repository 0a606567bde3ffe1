"""Mutual information of vectors: a model chosen on held-out rows, plus what KSG sees beyond it.

Several simple models of the log density ratio are fitted and the one with the best held-out bound
is taken. Its information is corrected by the difference of a neighbour statistic between the data
and surrogates, which are the data's own rows paired anew by the model: what the model has right
cancels the statistic's bias, what it has wrong is added.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.corrected.choosing import (
    N_FOLDS,
    Candidate,
    Prepared,
    choose_model,
    is_shaped,
    keeps_to_columns,
)
from infoscope.estimate.corrected.coordinates import canonical, scores_by_column, scores_of
from infoscope.estimate.corrected.hidden_coordinates import (
    excess_kurtosis,
    is_hidden,
    is_normal,
    unexplained_within,
)
from infoscope.estimate.corrected.ratios import donsker_varadhan
from infoscope.estimate.corrected.reporting import Findings, notes_of
from infoscope.estimate.corrected.scaling import scale
from infoscope.estimate.corrected.statistics import (
    full_statistic,
    pairwise_statistic,
    reduced_statistic,
)
from infoscope.estimate.corrected.surrogates import draw_pairings
from infoscope.estimate.method import CONTINUOUS_PAIR, Raw, Spec, Value
from infoscope.estimate.variables import Variable, canonical_order

__all__ = ["COMPARED", "FITTED", "SHAPE", "SPEC", "run"]

SPEC = Spec(
    quantity="mutual_information",
    name="corrected_ksg",
    kinds=CONTINUOUS_PAIR,
    assumes="rows drawn independently from a density; dependence that one of the models or the "
    "neighbours can see",
    cost="n log n + m d^2 + l^2 d, m = min(n, 20000), l = min(n, 4000)",
    source="Kraskov, Stögbauer & Grassberger, Estimating mutual information (2004), equation 8; "
    "Donsker & Varadhan (1983); Sinkhorn (1964); the combination is this library's",
    options={"k": 3, "surrogates": 6},
    invariances=frozenset({"shift", "scale", "monotone"}),
    error_bar="own",
    smallest_n=40,
)

#: Rows among which data and surrogates are compared: the comparison costs their square.
COMPARED = 4000

#: Mean error, as a share of the value, on the benchmark's tasks where no simple copula is right.
SHAPE = 0.08

#: The same where x or y shows that its coordinates are others than its columns, and the model is
#: one of columns: turned uniform noise, and spirals of uniform numbers. Half of what a copula
#: misses within a side is added to it.
HIDDEN = 0.2

_MOST_COLUMNS = 12  # up to which pairs of columns are looked at: beyond, models cannot be checked

#: How much of the squares of noise, optimism, misfit and shape the variance takes, where a simple
#: copula is right and where none is: lowest shares with which intervals cover in each task group.
_SIMPLE = np.array([0.2, 0.7, 0.4, 0.0])
_SHAPED = np.array([0.5, 1.0, 1.0, 1.4])

#: Rows to which models are fitted: their error is then far below that of their shape.
FITTED = 20_000


def run(x: Variable, y: Variable, *, rng: np.random.Generator, k: Value, surrogates: Value) -> Raw:
    """Return the information of two vectors, with its own standard error and diagnostics."""
    n = x.n
    k, q = _whole("k", k, 1, n - 1), _whole("surrogates", surrogates, 2, 1000)
    order = canonical_order((x, y))  # so that folds and draws do not depend on the rows' order
    gx, gy = scores_of(x)[order], scores_of(y)[order]
    _check_size(n, gx.shape[1] + gy.shape[1])
    if n > FITTED:
        some = np.sort(rng.choice(n, FITTED, replace=False))
        gx, gy = scores_by_column(gx[some]), scores_by_column(gy[some])
    axes = canonical(gx, gy)
    if axes.correlations[0] > 1.0 - 1e-9:
        note = "A combination of the columns of x determines one of y: infinite information."
        return Raw(nats=math.inf, notes=(note,))
    a, b = (gx - axes.mean_x) @ axes.to_a, (gy - axes.mean_y) @ axes.to_b
    full_rank = a.shape[1] == gx.shape[1] and b.shape[1] == gy.shape[1]
    folds = np.array_split(rng.permutation(gx.shape[0]), N_FOLDS)
    data = Prepared(gx, gy, a, b, axes, [np.asarray(fold) for fold in folds], full_rank)
    model, tried = choose_model(data, rng)
    return _corrected(data, model, tried, k, q, n, rng)


def _corrected(
    data: Prepared,
    model: Candidate,
    tried: list[Candidate],
    k: int,
    q: int,
    n: int,
    rng: np.random.Generator,
) -> Raw:
    """Return the model's information plus what the statistics see in the data beyond it."""
    ratio = model.ratio()
    rows = np.arange(data.n)
    if data.n > COMPARED:
        rows = np.sort(rng.choice(data.n, COMPARED, replace=False))
        ratio = ratio.take(rows)
    in_sample = donsker_varadhan(ratio)
    scaled = scale(ratio)
    pairings = draw_pairings(ratio, scaled, q, rng)
    every = np.vstack([np.arange(rows.size), pairings])
    a, b = data.a[rows], data.b[rows]
    full = full_statistic(a, b, every, k)
    if model.pairs is not None:
        u, v = model.pairs
        reduced = pairwise_statistic(u[rows], v[rows], every, k)
    else:
        fx, fy = (data.a, data.b) if model.features is None else model.features
        reduced = reduced_statistic(fx[rows], fy[rows], model.n_pairs, every, k)
    seen = [_difference(values, q) for values in (full, reduced)]
    value = scaled.information + max(shrunk for _, _, shrunk in seen)

    index = np.arange(rows.size)
    paired = [ratio.of_pairs(index, pairing) + scaled.f + scaled.g[pairing] for pairing in pairings]
    spread = max(float(scaled.own.std()), float(np.mean([part.std() for part in paired])))
    (beyond_full, noise, _), (beyond_reduced, noise_reduced, _) = seen
    optimism = max(0.0, in_sample - model.bound) / 2.0
    misfit = (beyond_full**2 + beyond_reduced**2) / 2.0
    kurtosis = excess_kurtosis(data.a, data.b, data.axes.correlations)
    unexplained = 0.0
    if data.full_rank and data.gx.shape[1] + data.gy.shape[1] <= _MOST_COLUMNS:
        unexplained = unexplained_within(data.gx, data.gy)
    shaped = is_shaped(model, tried) or (model.name == "gaussian" and not is_normal(kurtosis))
    hidden = is_hidden(unexplained, kurtosis, data.n) and keeps_to_columns(model, tried)
    shape = SHAPE * max(value, 0.0) if shaped else 0.0
    if hidden:
        shaped, shape = True, math.hypot(HIDDEN * max(value, 0.0), unexplained / 2.0)
    parts = np.array([noise**2, optimism**2, misfit, shape**2])
    variance = spread**2 / rows.size + float(parts @ (_SHAPED if shaped else _SIMPLE))
    root = math.sqrt(1.0 + 1.0 / q)
    findings = Findings(
        value=value,
        bound=model.bound,
        in_sample=in_sample,
        model_information=scaled.information,
        beyond_full=beyond_full,
        beyond_reduced=beyond_reduced,
        noise=noise,
        noise_reduced=noise_reduced,
        shape=shape,
        kurtosis=kurtosis,
        unexplained_within=unexplained,
        hidden=hidden,
        misfit=max(beyond_full / (noise * root), beyond_reduced / (noise_reduced * root)),
        ksg=float(full[0]),
        ksg_of_model=float(full[1:].mean()),
        n=n,
        fitted=data.n,
        compared=rows.size,
        dimension=data.gx.shape[1] + data.gy.shape[1],
    )
    return Raw(
        nats=value,
        stderr=math.sqrt(variance),
        how="log ratio, surrogates, misfit and shape",
        diagnostics=findings.diagnostics(),
        settings={"model": model.name},
        notes=notes_of(model, tried, findings),
    )


def _difference(
    values: np.ndarray[tuple[int], np.dtype[np.float64]], q: int
) -> tuple[float, float, float]:
    """Return data less surrogates, the surrogates' deviation, and the difference less its noise."""
    difference = float(values[0] - values[1:].mean())
    noise = float(values[1:].std(ddof=1))
    if difference == 0.0:
        return 0.0, noise, 0.0
    kept = max(0.0, 1.0 - noise**2 * (1.0 + 1.0 / q) / difference**2)
    return difference, noise, difference * kept


def _whole(name: str, value: Value, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        need = f"be a whole number from {least} to {most}"
        raise InvalidArgument(sentence("mutual_information", name, need, repr(value)))
    return value


def _check_size(n: int, dimension: int) -> None:
    if n < 2 * dimension + 20:
        raise InvalidArgument(
            sentence(
                "mutual_information", "x", f"have at least {2 * dimension + 20} rows for "
                f"corrected_ksg in {dimension} columns", f"{n} rows",
                "Take fewer columns, or method='gaussian_copula' if it fits.",
            )
        )  # fmt: skip
