"""Take a proper score apart, exactly: uncertainty - resolution + miscalibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from infoscope.calibrate.decomposition_result import Decomposition
from infoscope.calibrate.forecasts import Forecasts, read_forecasts, to_events
from infoscope.calibrate.partitions import Grouping, Partition, partition
from infoscope.calibrate.score_terms import Terms, brier_terms, log_terms
from infoscope.calibrate.scores import check_level
from infoscope.calibrate.skewed_interval import skewed_interval
from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.result import Estimate, Interval
from infoscope.core.units import Unit, check_unit

__all__ = ["decompose"]


def decompose(
    probs: object,
    labels: object,
    *,
    score: Literal["log", "brier"] = "log",
    of: Literal["all", "top_label", "classwise"] | int | str = "all",
    grouping: Grouping = "auto",
    bins: int | None = None,
    groups: object = None,
    classes: Sequence[object] | None = None,
    debiased: bool = False,
    unit: Unit = "nats",
    interval: float = 0.95,
    n_bootstrap: int = 0,
    rng: int | np.random.Generator | None = None,
) -> Decomposition:
    """Split a mean score into what nature, the forecaster and his scale contribute.

    score = uncertainty - resolution + miscalibration + within;  for the log score
    H(Y) - I(Y; G) + sum_g (n_g / n) KL(observed_g‖mean forecast_g) + (1/n) sum_i log(m_g(y)/p_i(y))

    Parameters
    ----------
    probs : array of shape (n,) or (n, k), or Logits of shape (n, k)
        Forecasts.
    labels : array of shape (n,)
        Class numbers, or names listed in `classes`.
    score : {"log", "brier"}
        Which proper score.
    of : "all", "top_label", "classwise", or a class
        The whole distribution; or the yes-or-no forecast that the likeliest class is right; or the
        one that this class (number, or name in `classes`) is; "classwise": the mean over classes of
        the latter, without error bars (classes share their cases).
    grouping : {"auto", "distinct", "equal_mass", "equal_width", "isotonic"}
        What G is. "distinct": the forecast itself; nothing happens within groups. Bins: of the
        probability, for several classes of (top label, its probability); the term `within` makes
        the sum exact. "isotonic" (two classes): blocks of the monotone recalibration; all that it
        removes counts as miscalibration. "auto": distinct where a forecast has 20 cases or more on
        average, else bins of equal mass.
    bins : int, optional
        Number of bins; the cube root of n if not given.
    groups : array of shape (n,), optional
        Groups of your own (they must not be made from the labels), in place of `grouping`.
    classes : sequence of length k, optional
        The label that each column stands for.
    debiased : bool
        Whether the values are corrected for the finite size of the groups; they still add up.
    unit : {"nats", "bits", "bans"}
        Unit of the terms of the log score.
    interval : float in (0, 1)
        Level of the intervals, which always stand around the debiased values.
    n_bootstrap : int
        Number of resamplings for intervals where no formula is known (isotonic), 0 for none.
    rng : int, Generator or None
        Source of the resampling.

    Returns
    -------
    Decomposition
        `total`, `uncertainty`, `resolution`, `miscalibration`, `within`, `refinement` (uncertainty
        minus resolution: H(Y | G)), each an `Estimate` whose diagnostics hold plug-in and debiased
        value. The terms add up to `total` to rounding, debiased or not.

    Raises
    ------
    NotADistribution, InvalidArgument, WrongType, UnknownName
        As `log_score`; also for isotonic blocks of more than two classes.

    Notes
    -----
    Plug-in terms flatter the forecaster and blame his scale by the same amount, about half a nat
    per free cell over n: with as many groups as cases resolution is H(Y) whatever he said. Debiased
    terms use the unbiased product (Brier) or Zhang's entropy estimator (log), whose bias falls
    exponentially with the size of a group; what it leaves in cells too rare to be seen is known but
    for their probabilities, for which the forecasts stand, so that a calibrated model reads 0 on
    average at any n. A group of one case says nothing by itself (see `notes`). Groups found
    from the labels (isotonic) have no such correction. One class only is well defined: uncertainty
    and resolution are 0. Cost: O(nk + n log n).

    Source
    ------
    Murphy, A new vector partition of the probability score (1973); Weijs, van Nooijen & van de
    Giesen, Kullback-Leibler divergence as a forecast skill score with classic
    reliability-resolution-uncertainty decomposition (2010); Stephenson, Coelho & Jolliffe, Two
    extra components in the Brier score decomposition (2008); Dimitriadis, Gneiting & Jordan, Stable
    reliability diagrams for probabilistic classifiers (2021), equation 4 (isotonic); debiased:
    Bröcker (2012), Ferro & Fricker (2012); Zhang, Entropy estimation in Turing's perspective
    (2012).

    Examples
    --------
    Ten forecasts of 0.9 of which 8 came true, and ten of 0.2 of which 2 did:

    >>> d = decompose([0.9] * 10 + [0.2] * 10, [1] * 8 + [0] * 2 + [1] * 2 + [0] * 8,
    ...               grouping="distinct")
    >>> round(d.total.value, 12), round(d.miscalibration.value, 12), round(d.refinement.value, 12)
    (0.522603927332, 0.022201503793, 0.500402423538)
    """
    function = "decompose"
    check_unit(unit, function)
    check_level(interval, function)
    if score not in ("log", "brier"):
        raise UnknownName(sentence(function, "score", "be 'log' or 'brier'", repr(score)))
    if score == "brier" and unit != "nats":
        raise InvalidArgument(
            sentence(function, "unit", "not be given for the Brier score", repr(unit),
                     "It is no amount of information.")
        )  # fmt: skip
    forecasts = read_forecasts(probs, labels, function=function, classes=classes)
    if of == "classwise" and "classwise" not in forecasts.names:
        if groups is not None or n_bootstrap:
            raise InvalidArgument(
                sentence(function, "groups and n_bootstrap", "not be given for of='classwise'",
                         "one of them", "Decompose each class by itself.")
            )  # fmt: skip
        return _classwise(forecasts, score, grouping, bins, debiased, interval).to(unit)
    what = "all classes" if forecasts.k > 2 else f"class {forecasts.names[1]}"
    if of != "all":
        events = to_events(forecasts, of, function=function)
        forecasts, what = events.as_forecasts(), events.name
    parts = partition(forecasts, grouping, bins, groups, function=function)
    terms = (log_terms if score == "log" else brier_terms)(forecasts, parts)
    draws = _resampled(
        forecasts, n_bootstrap, rng, score=score, grouping=grouping, bins=bins, groups=groups
    )
    return _result(terms, parts, draws, forecasts.n, debiased, interval, score=score, what=what).to(
        unit
    )


def _classwise(
    forecasts: Forecasts, score: str, grouping: str, bins: int | None, debiased: bool, level: float
) -> Decomposition:
    """Average the terms of each class against the rest."""
    found: list[dict[str, Terms]] = []
    parts: Partition | None = None
    for name in forecasts.names:
        two = to_events(forecasts, name, function="decompose").as_forecasts()  # type: ignore[arg-type]
        parts = partition(two, grouping, bins, None, function="decompose")
        found.append((log_terms if score == "log" else brier_terms)(two, parts))
    assert parts is not None, "there are two classes or more"
    mean = {
        name: Terms(
            float(np.mean([terms[name].value for terms in found])),
            float(np.mean([terms[name].debiased for terms in found])),
            float("nan"),
        )
        for name in found[0]
    }
    what = f"each of {forecasts.k} classes, averaged"
    return _result(mean, parts, {}, forecasts.n, debiased, level, score=score, what=what)


def _resampled(
    forecasts: Forecasts,
    n_bootstrap: int,
    rng: int | np.random.Generator | None,
    *,
    score: str,
    grouping: str,
    bins: int | None,
    groups: object,
) -> dict[str, np.ndarray]:
    """Return each term in `n_bootstrap` samples of cases with replacement."""
    if isinstance(n_bootstrap, bool) or not isinstance(n_bootstrap, int) or n_bootstrap < 0:
        raise InvalidArgument(
            sentence("decompose", "n_bootstrap", "be a non-negative integer", repr(n_bootstrap))
        )
    random = np.random.default_rng(rng)
    given = None if groups is None else np.asarray(groups)
    found: dict[str, list[float]] = {}
    for _ in range(n_bootstrap):
        at = random.integers(forecasts.n, size=forecasts.n)
        logs = forecasts.log_probabilities
        sample = Forecasts(
            forecasts.probabilities[at],
            None if logs is None else logs[at],
            forecasts.labels[at],
            forecasts.names,
            forecasts.is_binary,
        )
        ids = None if given is None else given[at]
        parts = partition(sample, grouping, bins, ids, function="decompose")
        terms = (log_terms if score == "log" else brier_terms)(sample, parts)
        for name, term in terms.items():
            found.setdefault(name, []).append(term.value)
    return {name: np.array(values) for name, values in found.items()}


def _result(
    terms: dict[str, Terms],
    parts: Partition,
    draws: dict[str, np.ndarray],
    n: int,
    debiased: bool,
    level: float,
    *,
    score: str,
    what: str,
) -> Decomposition:
    unit = "nats" if score == "log" else "squared probability"
    n_single = int((parts.counts == 1).sum())
    notes = [f"groups: {parts.n_groups} {parts.how}"]
    if n_single and not parts.fitted:
        notes.append(
            f"{n_single} groups hold a single case, which cannot show what else could have "
            "happened: plug-in terms overstate resolution, debiased ones "
            + ("take the forecast's word for it" if score == "log" else "leave it so")
        )
    if parts.fitted:
        notes.append(
            "the blocks were chosen from the labels: resolution and miscalibration read too high "
            "by an amount without a closed form; calibration_test judges it"
        )
    if np.isnan(terms["total"].variance):
        notes = ["groups of each class by itself", "no error bars: classes share their cases"]
    estimates: dict[str, Estimate] = {}
    for name, term in terms.items():
        value = term.debiased if debiased and not parts.fitted else term.value
        stderr, ends = _spread(term, draws.get(name), n, level, fitted=parts.fitted)
        about = {"plugin": term.value, "debiased": term.debiased, "bias": term.bias}
        if parts.fitted:
            about = {"plugin": term.value}
        estimates[name] = Estimate(
            f"{name} of the {score} score",
            value,
            unit,
            stderr,
            ends,
            "debiased" if debiased and not parts.fitted else "plugin",
            n,
            diagnostics=about,
            settings={"groups": parts.n_groups},
        )
    return Decomposition(
        score=score, of=what, grouping=parts.how, n_groups=parts.n_groups, n=n, unit=unit,
        is_debiased=debiased and not parts.fitted, notes=tuple(notes), **estimates,
    )  # fmt: skip


def _spread(
    term: Terms, draws: np.ndarray | None, n: int, level: float, *, fitted: bool
) -> tuple[float | None, Interval | None]:
    """Return standard error and interval: by formula, or from resampled values where given."""
    if not np.isfinite(term.value) or n == 1 or np.isnan(term.variance):
        return None, None
    if draws is not None:
        finite = draws[np.isfinite(draws)]
        if len(finite) < len(draws) or len(draws) < 2:
            return None, None
        low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
        how = f"percentiles of {len(draws)} bootstrap samples"
        return float(draws.std(ddof=1)), Interval(float(low), float(high), level, how)
    if fitted and not term.is_mean:
        return None, None
    ends = skewed_interval(
        term.debiased - term.b0, v0=term.v0, k0=term.k0, slope=term.slope(n), n=n, level=level
    )
    variance = term.v0 + term.slope(n) * max(term.debiased, 0.0) / n
    if term.is_mean:
        variance = term.variance / n
    return float(np.sqrt(variance)), ends
