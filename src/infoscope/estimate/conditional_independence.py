"""Test whether two variables are independent given a third: re-pairing among like rows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from infoscope.core.resample import Rng, generator
from infoscope.core.units import Unit, check_unit
from infoscope.estimate.choice import choose
from infoscope.estimate.from_entropies import log_ratios
from infoscope.estimate.front import estimate_raw, packaged
from infoscope.estimate.independence import (
    FEWEST_MINORITY,
    FEWEST_TIES,
    IndependenceTest,
    check_draws,
    monte_carlo,
)
from infoscope.estimate.kinds import read_variables
from infoscope.estimate.method import Floats, Raw
from infoscope.estimate.variables import Variable, canonical_order, variable_of

__all__ = ["conditional_independence_test"]

_FUNCTION = "conditional_independence_test"
_NEIGHBOURS = 5  # rows of like z that exchange their y
_ROWS_A_TERM = 8  # rows for each coefficient of a trend that is taken out
_MOST_DEGREE = 9


def conditional_independence_test(
    x: object,
    y: object,
    z: object,
    *,
    k: int = 10,
    n_permutations: int = 999,
    stop_after: int | None = 20,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    discrete_z: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
) -> IndependenceTest:
    """Test of the hypothesis that `x` and `y` are independent given `z`, by their information.

    p = P(I(X;Y|Z) of y re-paired among rows of like z >= I(X;Y|Z) of the rows as they are)

    Parameters
    ----------
    x, y, z, discrete_x, discrete_y, discrete_z, missing, unit
        As in `conditional_mutual_information`.
    k : int, default 10
        Neighbours of the statistic; not used for labels.
    n_permutations : int, default 999
        Most re-pairings to draw.
    stop_after : int or None, default 20
        Stop once so many re-pairings reached the statistic (Besag & Clifford); None draws all.
    rng : int, Generator or None
        Seed of the re-pairings; None is 0.

    Returns
    -------
    IndependenceTest
        Where z is labels, y is re-paired within each level: exact at any n. For three variables of
        labels whose tables are not sparse, nothing is drawn: G is referred to its law with the
        margins of each level held. Where z has numbers, y is exchanged among the 5 nearest rows of
        z, which is no exact test: see Notes.

    Raises
    ------
    InvalidArgument, WrongType
        As `conditional_mutual_information`; also for n_permutations < 19.

    Notes
    -----
    Where z has numbers, rows that exchange their y have only nearly the same z, so the level is not
    guaranteed. What a polynomial in the normal scores of z explains is therefore taken out of x and
    y first, of the degree that foretells rows left out best: I(X;Y|Z) = I(X - f(Z); Y - g(Z) | Z)
    for any f and g. The level held in simulations of 200 rows where the dependence on z is a line
    (one, three and six columns, weak to all but deterministic) or z is one column (curves with
    heavy tails). It does not hold where x and y bend strongly with several columns; with more than
    one column of numbers in z a note warns. No test of this hypothesis has power and keeps its
    level for every law (Shah & Peters 2020). Figures:
    benchmarks/results/estimate_conditional_size.csv.
    Rows must be independent of each other. Cost: about 50 values of the statistic under
    independence, n_permutations under dependence.

    Source
    ------
    Runge, Conditional independence testing based on a nearest-neighbor estimator of conditional
    mutual information (2018), algorithm 1; Shah and Peters, The hardness of conditional
    independence testing and the generalised covariance measure (2020), theorem 2.

    Examples
    --------
    >>> season = ["hot", "cold"] * 20
    >>> ice, fire = [s == "hot" for s in season], [s == "cold" for s in season]
    >>> conditional_independence_test(ice, fire, season).p_value  # nothing is left given season
    1.0
    """
    check_unit(unit, _FUNCTION)
    check_draws(n_permutations, stop_after, _FUNCTION)
    variables, notes = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y), ("z", z, discrete_z)],
        function=_FUNCTION,
        missing=missing,
    )
    left, right, given = variables
    n = left.n
    if min(left.n_distinct, right.n_distinct) == 1:
        note = "One of the two is constant."
        estimate = packaged(
            Raw(nats=0.0, notes=(note,)), quantity="conditional mutual information",
            method="exact", n=n, unit=unit, level=None, settings={}, notes=(*notes, note),
        )  # fmt: skip
        return IndependenceTest(estimate, 1.0, 0, "a constant is independent of everything")
    quantity = "conditional_mutual_information"
    name, reasons = choose(quantity, variables, function=_FUNCTION)
    labels = {v.kind for v in variables} == {"discrete"}
    options = {} if labels else {"k": min(k, max(n // 4, 1))}
    chosen, raw, settings, said = estimate_raw(
        quantity, variables, method=name, rng=0, options=options, error_bar=labels,
        function=_FUNCTION,
    )  # fmt: skip
    estimate = packaged(
        raw, quantity="conditional mutual information", method=name, n=n, unit=unit,
        level=0.95 if labels else None, settings=settings, notes=(*notes, *reasons, *said),
    )  # fmt: skip
    if labels:
        minority, ties = _filled(left, right, given)
        if minority == 0:
            return IndependenceTest(estimate, 1.0, 0, "no level of z lets x and y vary")
        if minority >= FEWEST_MINORITY and ties >= FEWEST_TIES:
            return IndependenceTest(
                estimate, raw.diagnostics["p_value"], 0, "fixed margins in each level of z"
            )
    n_numbers = given.values.shape[1]
    if n_numbers > 1:
        warning = (
            f"z has {n_numbers} columns of numbers, in which rows are alike only roughly: where x "
            "and y bend strongly with z, rather than follow a line, the p-value is too small."
        )
        estimate = replace(estimate, notes=(*estimate.notes, warning))
    order = canonical_order(variables)
    left, right, given = left.take(order), right.take(order), given.take(order)
    if n_numbers:
        left, right = _without_trend(left, given), _without_trend(right, given)
    kept = {**chosen.spec.options, **options}

    def value(pairing: NDArray[np.intp]) -> float:
        drawn = right.take(pairing)
        if labels:
            return float(log_ratios(left, drawn, given).mean())
        return chosen.run(left, drawn, given, rng=generator(0), **kept).nats

    observed = value(np.arange(n)) if labels or n_numbers else raw.nats
    if n_numbers:
        how, pairings = "re-pairing among neighbours in z", _local(given, n_permutations, rng)
    else:
        how, pairings = "re-pairing within levels of z", _within(given, n_permutations, rng)
    p, drawn = monte_carlo(observed, (value(pairing) for pairing in pairings), stop_after)
    return IndependenceTest(estimate, p, drawn, how)


def _without_trend(variable: Variable, given: Variable) -> Variable:
    """Return the normal scores of its columns less their trend in those of `given`.

    The trend is a polynomial, for each column of the degree that foretells rows left out best.
    Columns in which values repeat stay as they are: what is left of them would not repeat.
    """
    from infoscope.estimate.corrected.coordinates import scores_of

    if not variable.values.shape[1]:
        return variable
    scores = scores_of(variable)
    left, least = scores, np.full(scores.shape[1], np.inf)
    for terms in _polynomials(scores_of(given)):
        basis = _span(terms)
        rest = scores - basis @ (basis.T @ scores)
        foretold = (rest / (1.0 - (basis**2).sum(1) + 1e-9)[:, None]) ** 2
        left = np.where(foretold.sum(0) < least, rest, left)
        least = np.minimum(foretold.sum(0), least)
    repeats = [np.unique(column).size < variable.n for column in variable.values.T]
    values = np.where(repeats, variable.values, left)
    return variable_of(variable.argument, variable.kind, values, variable.codes)


def _span(columns: Floats) -> Floats:
    """Return an orthonormal basis of what columns span, of which some may repeat each other."""
    basis, lengths, _ = np.linalg.svd(columns, full_matrices=False)
    return basis[:, lengths > lengths[0] * columns.shape[0] * np.finfo(np.float64).eps]


def _polynomials(scores: Floats) -> Iterator[Floats]:
    """Yield the terms of degree 1, 2, ...: Hermite's of each column, and products of two."""
    n, d = scores.shape
    before, power = np.ones_like(scores), scores
    terms = np.column_stack([np.ones(n), scores])
    for degree in range(1, _MOST_DEGREE + 1):
        if degree > 1:
            before, power = power, (scores * power - (degree - 1) ** 0.5 * before) / degree**0.5
            terms = np.column_stack([terms, power])
        if degree == 2:
            first, second = np.triu_indices(d, 1)
            terms = np.column_stack([terms, scores[:, first] * scores[:, second]])
        if terms.shape[1] * _ROWS_A_TERM > n:
            return
        yield terms


def _filled(x: Variable, y: Variable, z: Variable) -> tuple[float, float]:
    """Return rows outside the largest totals, and pairs that agree by chance, over levels of z."""
    assert x.codes is not None
    assert y.codes is not None
    assert z.codes is not None
    order = np.argsort(z.codes, kind="stable")
    minority = ties = 0.0
    for rows in np.split(order, np.cumsum(z.counts)[:-1]):
        n = rows.size
        totals = [np.unique(v[rows], return_counts=True)[1] for v in (x.codes, y.codes)]
        if min(t.size for t in totals) < 2:
            continue
        minority += n - max(int(t.max()) for t in totals)
        pairs = [float(np.dot(t, t - 1.0)) for t in totals]
        ties += pairs[0] * pairs[1] / (2.0 * n * (n - 1.0))
    return minority, ties


def _within(z: Variable, n_draws: int, rng: Rng) -> Iterator[NDArray[np.intp]]:
    """Yield permutations of the rows that keep each row's level of z."""
    random = generator(rng)
    assert z.codes is not None
    order = np.argsort(z.codes, kind="stable")
    levels = z.codes[order]
    for _ in range(n_draws):
        pairing = np.empty(z.n, dtype=np.intp)
        pairing[order] = order[np.lexsort([random.random(z.n), levels])]
        yield pairing


def _local(z: Variable, n_draws: int, rng: Rng) -> Iterator[NDArray[np.intp]]:
    """Yield choices of a row of like z for each row, each row once as far as that can be."""
    random = generator(rng)
    near = _nearest(z)
    for _ in range(n_draws):
        lists = random.permuted(near, axis=1).tolist()
        used = [False] * z.n
        pairing = np.empty(z.n, dtype=np.intp)
        for row in random.permutation(z.n).tolist():
            others = lists[row]
            taken = next((other for other in others if not used[other]), others[-1])
            used[taken] = True
            pairing[row] = taken
        yield pairing


def _nearest(z: Variable) -> NDArray[np.intp]:
    """Return the rows nearest to each row in z, itself one of them, among rows of equal labels."""
    from infoscope.estimate.corrected.coordinates import scores_of
    from infoscope.estimate.kernels.plain import nearest_rows

    scores = scores_of(z)
    near = np.empty((z.n, _NEIGHBOURS), dtype=np.intp)
    codes = np.zeros(z.n, dtype=np.int64) if z.codes is None else z.codes
    for level in np.unique(codes):
        rows = np.flatnonzero(codes == level)
        found = rows[nearest_rows(scores[rows], min(_NEIGHBOURS, rows.size))]
        near[rows] = np.resize(found.T, (_NEIGHBOURS, rows.size)).T  # fewer rows come again
    return near
