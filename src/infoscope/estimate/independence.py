"""Test whether two variables are independent: fixed margins for labels, re-pairing for the rest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng, generator, repairings
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit
from infoscope.estimate.choice import choose
from infoscope.estimate.fixed_margins import pearson_three_tail
from infoscope.estimate.from_entropies import log_ratios
from infoscope.estimate.front import estimate_raw, packaged
from infoscope.estimate.kernels.plain_tables import fourfold_law
from infoscope.estimate.kinds import read_variables
from infoscope.estimate.method import Floats, Raw, Value
from infoscope.estimate.neighbour_null import is_tabulated, null_moments
from infoscope.estimate.registry import find_method
from infoscope.estimate.special import xlogy
from infoscope.estimate.variables import Variable, canonical_order

__all__ = [
    "FEWEST_MINORITY",
    "FEWEST_TIES",
    "IndependenceTest",
    "benjamini_hochberg",
    "check_draws",
    "independence_test",
    "monte_carlo",
]

FEWEST_MINORITY = 50  # below either bound the table's law has a handful of atoms: no curve fits
FEWEST_TIES = 5.0
_SIMULATED = 1e-3  # smaller tails were not simulated
_FUNCTION = "independence_test"


@dataclass(frozen=True, slots=True)
class IndependenceTest(Shown):
    """The outcome of a test: the estimate, the p-value, and how many re-pairings were drawn.

    `n_permutations` is 0 where the law of the statistic was computed and nothing was drawn.
    """

    estimate: Estimate
    p_value: float
    n_permutations: int
    how: str

    def __str__(self) -> str:
        drawn = f", {self.n_permutations} re-pairings" if self.n_permutations else ""
        return f"p = {self.p_value:.3g} ({self.how}{drawn}); {self.estimate.short()}"


def independence_test(
    x: object,
    y: object,
    *,
    method: str = "auto",
    k: int = 10,
    null: Literal["auto", "table", "permutation"] = "auto",
    n_permutations: int = 999,
    stop_after: int | None = 20,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    **options: Value,
) -> IndependenceTest:
    """Test of the hypothesis that `x` and `y` are independent, by their mutual information.

    p = P(I of re-paired rows >= I of the rows as they are)

    Parameters
    ----------
    x, y, discrete_x, discrete_y, missing, unit
        As in `mutual_information`.
    method : str, default "auto"
        The statistic: a name of `methods("mutual_information")`. "auto" takes the table for labels,
        and nearest neighbours otherwise.
    k : int, default 10
        Neighbours. More than for estimates: the statistic's noise halves against k = 3, and the
        power against weak dependence doubles.
    null : {"auto", "table", "permutation"}
        Where the law under independence comes from. "table": for two untied columns of numbers, 50
        rows or more and k=10, it was simulated once and depends on n alone; p below 0.001 is an
        extrapolation. "permutation": from re-paired rows. "auto": the table where it serves.
    n_permutations : int, default 999
        Most re-pairings to draw.
    stop_after : int or None, default 20
        Stop once so many re-pairings reached the statistic, and return p = stop_after / drawn
        (Besag & Clifford); None draws them all.
    rng : int, Generator or None
        Seed of the re-pairings; None is 0.
    **options
        Options of the method.

    Returns
    -------
    IndependenceTest
        Rejecting where `p_value` is at most a has probability a or less under independence where
        rows are re-paired, at any n. For labels it is about a: within 0.03 to 0.07 at a = 0.05 in
        simulated tables, 0.031 to 0.053 over seven laws of 2 x 2 tables (see Notes).

    Raises
    ------
    InvalidArgument, WrongType
        As `mutual_information`; also for n_permutations < 19.

    Notes
    -----
    Labels: G is referred to its law with both margins held (2 x 2 tables: enumerated; sparse
    corners: random tables). For 2 x 2 tables it is the mid-p value, which counts tables as extreme
    as the one seen by half (`infoscope.tables` does the same): the whole of them rejects two skewed
    coins in 2 % of tests at the 5 % level. Rows must be independent of each other: for time
    series use a block scheme. For many tests see `benjamini_hochberg`. Cost: about 50 values of the
    statistic under independence, n_permutations under dependence; one value where the law is known.

    Source
    ------
    Besag & Clifford, Sequential Monte Carlo p-values (1991), equation 2; Phipson & Smyth,
    Permutation p-values should never be zero (2010); Lancaster, Significance tests in discrete
    distributions (1961), for mid-p.

    Examples
    --------
    >>> result = independence_test(["a", "b"] * 20, [1, 2] * 20)
    >>> result.p_value < 1e-10
    True
    """
    check_unit(unit, _FUNCTION)
    check_draws(n_permutations, stop_after, _FUNCTION)
    if null not in ("auto", "table", "permutation"):
        names = "be 'auto', 'table' or 'permutation'"
        raise InvalidArgument(sentence(_FUNCTION, "null", names, repr(null)))
    variables, notes = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y)], function=_FUNCTION, missing=missing
    )
    left, right = variables
    labels = left.kind == right.kind == "discrete"
    if min(left.n_distinct, right.n_distinct) == 1:
        value_of_constant = Raw(nats=0.0, notes=("One of the two is constant.",))
        estimate = packaged(
            value_of_constant, quantity="mutual information", method="exact", n=left.n, unit=unit,
            level=None, settings={}, notes=(*notes, *value_of_constant.notes),
        )  # fmt: skip
        return IndependenceTest(estimate, 1.0, 0, "a constant is independent of everything")
    name, reasons = (method, ()) if method != "auto" else _statistic(left, right)
    given: dict[str, Value] = dict(options)
    if "k" in find_method("mutual_information", name, function=_FUNCTION).spec.options:
        given["k"] = min(k, max(left.n // 4, 1))
    chosen, raw, settings, said = estimate_raw(
        "mutual_information", variables, method=name, rng=0, options=given, error_bar=labels,
        function=_FUNCTION,
    )  # fmt: skip
    estimate = packaged(
        raw, quantity="mutual information", method=chosen.spec.name, n=left.n, unit=unit,
        level=0.95 if labels else None, settings=settings, notes=(*notes, *reasons, *said),
    )  # fmt: skip
    if labels and method == null == "auto":
        curve = raw.diagnostics["p_value"]
        p, drawn, how = _table_p_value(left, right, curve, n_permutations, stop_after, rng)
        return IndependenceTest(estimate, p, drawn, how)
    plain = name == "ksg" and not options
    if null != "permutation" and plain and is_tabulated(left, right, given["k"]):
        p = pearson_three_tail(raw.nats, null_moments(left.n))
        how = "tabulated law" if p >= _SIMULATED else "tabulated law, extrapolated below 0.001"
        return IndependenceTest(estimate, p, 0, how)
    if null == "table":
        raise InvalidArgument(
            sentence(
                _FUNCTION,
                "null",
                "be 'permutation' for these data",
                "'table'",
                "The table is for two untied columns of numbers, 50 rows or more, ksg with k=10.",
            )
        )
    order = canonical_order(variables)
    left, shuffled = left.take(order), right.take(order)
    random = generator(rng)
    kept = {**chosen.spec.options, **given}

    def value(pairing: NDArray[np.intp]) -> float:
        return chosen.run(left, shuffled.take(pairing), rng=generator(0), **kept).nats

    draws = (value(pairing) for pairing in repairings(left.n, n_permutations, random))
    p, drawn = monte_carlo(raw.nats, draws, stop_after)
    return IndependenceTest(estimate, p, drawn, "re-pairing")


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """q-values of a family of tests: the false discovery rate at which each would just pass.

    q_(i) = min over j >= i of m p_(j) / j

    Parameters
    ----------
    p_values : array of any shape
        p-values in [0, 1]; NaN is no test, and stays NaN.

    Returns
    -------
    float array of the same shape
        q-values in [0, 1]. Of the tests with q <= a, a share of at most a is false on average.

    Raises
    ------
    InvalidArgument
        If a value lies outside [0, 1].

    Notes
    -----
    Valid for independent tests and for positively dependent ones. Cost: m log m.

    Source
    ------
    Benjamini & Hochberg, Controlling the false discovery rate (1995), section 3.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    p = np.asarray(p_values, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(p.ravel()))
    values = p.ravel()[tested]
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise InvalidArgument(
            sentence(
                "benjamini_hochberg",
                "p_values",
                "lie in [0, 1]",
                f"from {values.min()} to {values.max()}",
            )
        )
    q = np.full(p.size, np.nan)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * values.size / np.arange(1, values.size + 1)
    q[tested[order]] = np.minimum.accumulate(scaled[::-1])[::-1]
    return q.reshape(p.shape)


def _statistic(x: Variable, y: Variable) -> tuple[str, tuple[str, ...]]:
    """Choose the statistic: as `auto` does, but plain neighbours for vectors (cheap, unbiased)."""
    if x.kind == y.kind == "continuous":
        return "ksg", ()
    return choose("mutual_information", (x, y), function=_FUNCTION)


def check_draws(n_permutations: object, stop_after: object, function: str) -> None:
    """Raise where the numbers of draws are no such numbers."""
    if not isinstance(n_permutations, int) or n_permutations < 19:
        raise InvalidArgument(
            sentence(
                function,
                "n_permutations",
                "be at least 19 (p can reach 0.05)",
                repr(n_permutations),
            )
        )
    if stop_after is not None and (not isinstance(stop_after, int) or stop_after < 1):
        raise InvalidArgument(
            sentence(function, "stop_after", "be at least 1, or None", repr(stop_after))
        )


def monte_carlo(
    observed: float, draws: Iterable[float], stop_after: int | None
) -> tuple[float, int]:
    """Return p and the number of draws; a draw within rounding of the observed value reaches it."""
    reached = drawn = 0
    limit = observed - 1e-10 * max(1.0, abs(observed))
    for value in draws:
        drawn += 1
        reached += value >= limit
        if stop_after is not None and reached >= stop_after:
            return stop_after / drawn, drawn
    return (reached + 1) / (drawn + 1), drawn


def _table_p_value(
    x: Variable,
    y: Variable,
    curve: float,
    n_permutations: int,
    stop_after: int | None,
    rng: Rng,
) -> tuple[float, int, str]:
    """Return p for two label variables: enumerated, from the fitted curve, or by random tables."""
    rows, columns, n = x.counts, y.counts, x.n
    if rows.size == columns.size == 2:
        first = [v.codes == v.codes.min() for v in (x, y) if v.codes is not None]
        a, b, both = (int(np.count_nonzero(part)) for part in (*first, first[0] & first[1]))
        return fourfold_law(n, a, b, both)[0], 0, "all 2 x 2 tables, mid-p"
    minority = n - max(int(rows.max()), int(columns.max()))
    pairs = [float(np.dot(c, c - 1.0)) for c in (rows, columns)]
    ties = pairs[0] * pairs[1] / (2.0 * n * (n - 1.0))
    if minority >= FEWEST_MINORITY and ties >= FEWEST_TIES:
        return curve, 0, "fixed margins"
    random = generator(rng)
    assert x.codes is not None
    assert y.codes is not None
    base, other = x.codes * np.int64(y.n_levels), np.sort(y.codes)
    base = np.sort(base)
    known = xlogy(np.arange(n + 1.0), np.arange(n + 1.0))
    fixed = (float(known[rows].sum()) + float(known[columns].sum())) / n - math.log(n)

    def draw(pairing: NDArray[np.intp]) -> float:
        cells = np.unique(base + other[pairing], return_counts=True)[1]
        return float(known[cells].sum()) / n - fixed

    draws = (draw(pairing) for pairing in repairings(n, n_permutations, random))
    plugin = float(log_ratios(x, y).mean())
    p, drawn = monte_carlo(plugin, draws, stop_after)
    return p, drawn, "random tables with these margins"
