"""How far apart two samples' laws are: KL and Jensen-Shannon divergence, and cross-entropy."""

from __future__ import annotations

from collections.abc import Mapping

from infoscope.core.resample import Rng
from infoscope.core.result import Estimate
from infoscope.core.units import Unit
from infoscope.estimate import front
from infoscope.estimate.kinds import read_samples
from infoscope.estimate.method import Value

__all__ = ["cross_entropy", "jensen_shannon_divergence", "kl_divergence"]


def kl_divergence(
    x: object,
    y: object,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """KL(p‖q) from a sample `x` of p and a sample `y` of q: nats lost by believing q where p rules.

    KL(p‖q) = E_p log(p / q)

    Parameters
    ----------
    x : array of shape (n,) or (n, d), list, or column or table of a data frame
        Observations of p, one a row.
    y : array of shape (m,) or (m, d), list, or column or table of a data frame
        Observations of q of the same columns; m may differ from n.
    method : str, default "auto"
        A name of `methods("kl_divergence")`.
    k : int, optional
        Neighbours, for the methods that count them.
    discrete, missing, unit, rng, interval, **options
        As in `entropy`.

    Returns
    -------
    Estimate
        In `unit`. The plug-in value is inf where y lacks a symbol of x.

    Raises
    ------
    InvalidArgument
        If the samples have different columns, or as `entropy`.
    WrongType
        If one is a distribution: see `infoscope.kl_divergence`.

    Notes
    -----
    The rows are not paired: two measurements of the same objects are correlated, and the interval
    is then too wide or too narrow. No estimator can see that the true divergence is infinite.

    Source
    ------
    Wang, Kulkarni & Verdú, Divergence estimation via nearest neighbours (2009), equation 5; Zhang
    & Grabchak, Estimation of Kullback-Leibler divergence (2014), equation 4.

    Examples
    --------
    >>> estimate = kl_divergence([0, 1] * 500, [0, 0, 0, 1] * 250, method="plugin", unit="bits")
    >>> round(estimate.value, 4)
    0.2075
    """
    return _compare(
        "kl_divergence", x, y, method, discrete, missing, unit, rng, interval, {"k": k, **options}
    )


def jensen_shannon_divergence(
    x: object,
    y: object,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Jensen-Shannon divergence of the laws that `x` and `y` sample, each weighing one half.

    JS(p, q) = KL(p‖m)/2 + KL(q‖m)/2 with m = (p + q)/2

    Parameters
    ----------
    x, y, method, k, discrete, missing, unit, rng, interval, **options
        As in `kl_divergence`; the methods are those of `methods("jensen_shannon_divergence")`.

    Returns
    -------
    Estimate
        In `unit`; in truth between 0 and log 2, always finite. Raw, so it may be slightly negative.

    Raises
    ------
    InvalidArgument, WrongType
        As `kl_divergence`.

    Notes
    -----
    It is the information between an observation and which sample it came from, for equal sizes.

    Source
    ------
    Lin, Divergence measures based on the Shannon entropy (1991), equation 4.1.

    Examples
    --------
    >>> estimate = jensen_shannon_divergence(["a"] * 50, ["b"] * 50, method="plugin", unit="bits")
    >>> round(estimate.value, 6)
    1.0
    """
    return _compare(
        "jensen_shannon_divergence",
        x,
        y,
        method,
        discrete,
        missing,
        unit,
        rng,
        interval,
        {"k": k, **options},
    )


def cross_entropy(
    x: object,
    y: object,
    *,
    method: str = "auto",
    k: int | None = None,
    discrete: bool | None = None,
    missing: str = "error",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Cross-entropy H(p, q) from a sample `x` of p and a sample `y` of q.

    H(p, q) = -E_p log q = H(p) + KL(p‖q)

    Parameters
    ----------
    x, y, method, k, discrete, missing, unit, rng, interval, **options
        As in `kl_divergence`; the methods are those of `methods("cross_entropy")`.

    Returns
    -------
    Estimate
        In `unit`. The plug-in value is inf where y lacks a symbol of x.

    Raises
    ------
    InvalidArgument, WrongType
        As `kl_divergence`.

    Notes
    -----
    A classifier's loss is the exact `infoscope.cross_entropy(labels, Logits(z))`, not this.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 5.4.3.

    Examples
    --------
    >>> estimate = cross_entropy([0, 1] * 500, [0, 0, 0, 1] * 250, method="plugin", unit="bits")
    >>> round(estimate.value, 4)
    1.2075
    """
    return _compare(
        "cross_entropy", x, y, method, discrete, missing, unit, rng, interval, {"k": k, **options}
    )


def _compare(
    quantity: str,
    x: object,
    y: object,
    method: str,
    discrete: bool | None,
    missing: str,
    unit: Unit,
    rng: Rng,
    interval: float | None,
    options: Mapping[str, Value],
) -> Estimate:
    samples, notes = read_samples(x, y, function=quantity, missing=missing, discrete=discrete)
    return front.estimate(
        quantity, samples, method=method, unit=unit, rng=rng, interval=interval,
        options=options, notes=notes,
    )  # fmt: skip
