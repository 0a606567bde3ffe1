"""Entropy and information from samples: the public functions over one, two and three variables."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.resample import Rng
from infoscope.core.result import Estimate
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.estimate import front
from infoscope.estimate.kinds import read_variables
from infoscope.estimate.method import Floats, Value
from infoscope.estimate.variables import Variable

__all__ = [
    "conditional",
    "conditional_mutual_information",
    "entropy",
    "mutual_information",
    "pointwise_mutual_information",
]


def entropy(
    x: object,
    *,
    method: str = "auto",
    discrete: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Entropy of the variable that the rows of `x` sample; of numbers, the differential entropy.

    H(X) = -sum p log p, or h(X) = -∫ f log f for a density f

    Parameters
    ----------
    x : array of shape (n,) or (n, d), list, or column or table of a data frame
        Observations, one a row. Labels and whole numbers are symbols; other numbers without ties
        are measurements.
    method : str, default "auto"
        A name of `methods("entropy")`.
    discrete : bool, optional
        True: every value is a symbol. False: every number is a measurement. None: look at them.
    missing : {"error", "drop"}
        What to do with rows that hold NaN or null.
    unit : {"nats", "bits", "bans"}
        Unit of the value and its error bar.
    rng : int, Generator or None
        Seed of whatever is drawn; None is 0, so that equal calls give equal answers.
    interval : float or None, default 0.95
        Level of the confidence interval; None for no error bar and none of its cost.
    **options
        Options of the method, such as ``n_symbols=`` of "nsb".

    Returns
    -------
    Estimate
        In `unit`. A differential entropy may be negative, and shifts by log c when x is scaled by
        c: it depends on the unit of x, and is not comparable with a discrete one.

    Raises
    ------
    InvalidArgument
        If rows are missing, infinite or too few, or the method does not suit the data.
    WrongType
        If `x` is a distribution (see `infoscope.entropy`) or no observations at all.

    Notes
    -----
    "auto" takes for symbols the jackknife where 95 % of the observations are of symbols seen
    again, and Chao-Shen where more were seen once; for one column of numbers Vasicek's spacings,
    for several Kozachenko and Leonenko's neighbours; `notes` says which and why. With fewer
    observations than symbols every estimator guesses: use several and distrust a narrow interval.
    Cost: n, or n log n for numbers.

    Source
    ------
    Paninski, Estimation of entropy and mutual information (2003).

    Examples
    --------
    >>> print(entropy(["heads", "tails"] * 50, unit="bits", method="plugin").short())
    1.000 ± 0.010 bits
    """
    variables, notes = read_variables(
        [("x", x, discrete)], function="entropy", missing=missing, whole_are_labels=True, alone=True
    )
    return front.estimate(
        "entropy", variables, method=method, unit=unit, rng=rng, interval=interval,
        options=options, notes=notes,
    )  # fmt: skip


def mutual_information(
    x: object,
    y: object = None,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Mutual information of the two variables that the rows of `x` and `y` sample.

    I(X;Y) = H(X) + H(Y) - H(X,Y), the KL divergence of the joint law from independence

    Parameters
    ----------
    x, y : arrays of shape (n,) or (n, d), lists, or columns or tables of data frames
        Observations; row i of both belongs together.
    method : str, default "auto"
        A name of `methods("mutual_information")`.
    k : int, optional
        Neighbours, for the methods that count them.
    discrete_x, discrete_y : bool, optional
        True: the values are labels. False: numbers are measurements. None: look at them; labels and
        whole numbers that repeat five times on average (ten of them or fewer: twice) are labels,
        numbers without ties are measurements, and what lies between is treated as both at once.
    missing, unit, rng, interval, **options
        As in `entropy`.

    Returns
    -------
    Estimate
        In `unit`; raw, so that it may be slightly negative near independence. inf if y is x itself
        and continuous; 0 if either is constant.

    Raises
    ------
    InvalidArgument
        If rows are missing, infinite, unequal in number or too few, or the method does not suit.
    WrongType
        If one is a distribution (see `infoscope.mutual_information`) or no observations.

    Notes
    -----
    The value does not depend on the units of x and y. No jitter is added to ties. n observations
    cannot tell more than about log n nats from infinitely many. Cost: n log n for two columns; the
    interval of neighbour methods costs ten values more.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), equation 2.28; Kraskov, Stögbauer &
    Grassberger, Estimating mutual information (2004), equation 8.

    Examples
    --------
    >>> weather = ["rain", "sun"] * 200
    >>> umbrella = [w == "rain" for w in weather]
    >>> estimate = mutual_information(weather, umbrella, unit="bits", method="plugin")
    >>> round(estimate.value, 6)
    1.0
    """
    _needs_y(y, "mutual_information")
    variables, notes = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y)],
        function="mutual_information",
        missing=missing,
    )
    return front.estimate(
        "mutual_information", variables, method=method, unit=unit, rng=rng, interval=interval,
        options={"k": k, **options}, notes=notes,
    )  # fmt: skip


def conditional_mutual_information(
    x: object,
    y: object,
    z: object,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    discrete_z: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Mutual information of `x` and `y` given `z`: what y still tells about x once z is known.

    I(X;Y|Z) = H(X,Z) + H(Y,Z) - H(Z) - H(X,Y,Z)

    Parameters
    ----------
    x, y, z : arrays of shape (n,) or (n, d), lists, or columns or tables of data frames
        Observations; row i of all belongs together. Any of them may be labels, numbers or both.
    method : str, default "auto"
        A name of `methods("conditional_mutual_information")`.
    k, discrete_x, discrete_y, discrete_z, missing, unit, rng, interval, **options
        As in `mutual_information`.

    Returns
    -------
    Estimate
        In `unit`; raw, so that it may be slightly negative.

    Raises
    ------
    InvalidArgument, WrongType
        As `mutual_information`.

    Notes
    -----
    Conditioning on many columns spreads the rows thin, and neighbour methods then tend to 0. Where
    z is constant, this is `mutual_information`. Cost: n log n times the number of columns.

    Source
    ------
    Frenzel & Pompe, Partial mutual information for coupling analysis (2007), equation 6.

    Examples
    --------
    Two coins tell nothing of each other, and everything once their parity is known:

    >>> a, b = [0, 0, 1, 1] * 100, [0, 1, 0, 1] * 100
    >>> parity = [i ^ j for i, j in zip(a, b)]
    >>> estimate = conditional_mutual_information(a, b, parity, unit="bits", method="plugin")
    >>> round(estimate.value, 6)
    1.0
    """
    variables, notes = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y), ("z", z, discrete_z)],
        function="conditional_mutual_information",
        missing=missing,
    )
    return conditional(
        variables, method=method, unit=unit, rng=rng, interval=interval,
        options={"k": k, **options}, notes=notes,
    )  # fmt: skip


def conditional(
    variables: tuple[Variable, ...],
    *,
    method: str,
    unit: Unit,
    rng: Rng,
    interval: float | None,
    options: Mapping[str, Value],
    notes: tuple[str, ...],
    function: str = "conditional_mutual_information",
) -> Estimate:
    """Return I(x; y | z) of three variables that were read; z may be constant."""
    if variables[2].n_distinct == 1 and method == "auto":
        note = "z is constant: this is the mutual information of x and y."
        return front.estimate(
            "mutual_information", variables[:2], method=method, unit=unit, rng=rng,
            interval=interval, options=options, notes=(*notes, note), function=function,
        )  # fmt: skip
    return front.estimate(
        "conditional_mutual_information", variables, method=method, unit=unit, rng=rng,
        interval=interval, options=options, notes=notes, function=function,
    )  # fmt: skip


def pointwise_mutual_information(
    x: object,
    y: object = None,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    **options: Value,
) -> Floats:
    """Local values of the mutual information: what each row says for or against dependence.

    i(x, y) = log p(x, y) / (p(x) p(y)), whose mean over rows is I(X;Y)

    Parameters
    ----------
    x, y, method, k, discrete_x, discrete_y, missing, rng, **options
        As in `mutual_information`; "auto" takes only methods that have local values.
    unit : {"nats", "bits", "bans"}
        Unit of the values.

    Returns
    -------
    float array of shape (n,)
        One value a row, in `unit`, in the order of the rows (without those dropped as missing).
        Negative where the pair is rarer than chance.

    Raises
    ------
    InvalidArgument
        As `mutual_information`; also if the method has no local values.

    Notes
    -----
    A single value is noisy (its spread is about one nat for neighbour methods): average over
    groups of rows. Cost: as `mutual_information` without error bar.

    Source
    ------
    Lizier, Measuring the dynamics of information processing on a local scale (2014), section 3.

    Examples
    --------
    >>> x, y = ["a", "a", "b", "b"], ["u", "u", "v", "v"]
    >>> pointwise_mutual_information(x, y, unit="bits").round(9).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    function = "pointwise_mutual_information"
    _needs_y(y, function)
    check_unit(unit, function)
    variables, _ = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y)], function=function, missing=missing
    )
    if method == "auto" and all(variable.kind == "discrete" for variable in variables):
        method = "plugin"
    _, raw, _, _ = front.estimate_raw(
        "mutual_information",
        variables,
        method=method,
        rng=rng,
        options={"k": k, **options},
        error_bar=False,
        function=function,
    )
    if raw.per_sample is None and math.isinf(raw.nats):
        return np.full(variables[0].n, math.inf)
    if raw.per_sample is None:
        raise InvalidArgument(
            sentence(function, "method", "have local values", repr(method), "Try 'auto'.")
        )
    return np.asarray(from_nats(raw.per_sample, unit), dtype=np.float64)


def _needs_y(y: object, function: str) -> None:
    if y is None:
        raise WrongType(
            sentence(
                f"estimate.{function}",
                "y",
                "be observations of the second variable",
                "nothing",
                f"A joint table of probabilities goes to infoscope.{function}(joint).",
            )
        )
