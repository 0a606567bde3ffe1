"""Information in time: transfer entropy between two series, and the entropy rate of one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng
from infoscope.core.result import Estimate
from infoscope.core.units import Unit, check_unit
from infoscope.estimate import front
from infoscope.estimate.kinds import read_variables
from infoscope.estimate.method import Floats, Kind, Raw, Value
from infoscope.estimate.variables import Codes, Variable, encode_rows, variable_of

__all__ = ["entropy_rate", "transfer_entropy", "variance_inflation"]

_SLOW = 1.5
_SLOW_RANKS = 0.9


def transfer_entropy(
    x: object,
    y: object,
    *,
    lag: int = 1,
    history: int | tuple[int, int] = 1,
    method: str = "auto",
    k: int | None = None,
    discrete_x: bool | None = None,
    discrete_y: bool | None = None,
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Transfer entropy from `x` to `y`: what x's past adds to y's own about y's next step.

    TE(X→Y) = I(y_t ; x_(t-lag), ..., x_(t-lag-h+1) | y_(t-1), ..., y_(t-g))

    Parameters
    ----------
    x, y : arrays of shape (n,) or (n, d), lists, or columns of data frames
        Two series observed at the same equally spaced times, in order. Gaps are refused: leaving
        rows out would join times that do not follow each other.
    lag : int, default 1
        How many steps before t the newest value of x lies.
    history : int or (int, int), default 1
        How many past values are used: h of x and g of y, or one number for both.
    method, k, discrete_x, discrete_y, unit, rng, interval, **options
        As in `conditional_mutual_information`, whose methods serve here.

    Returns
    -------
    Estimate
        In `unit`; raw, so that it may be slightly negative. `n` is the number of complete steps.

    Raises
    ------
    InvalidArgument
        If a series has gaps, or is too short for `lag` and `history`.

    Notes
    -----
    Not a causal effect: a common driver that x shows earlier looks the same, and so does a history
    too short to hold y's own memory. Successive steps are correlated: the error bar is that of
    independent rows times the root of the variance inflation of the local values, so that it holds
    for slow series too (`diagnostics["inflation"]`). Test against shuffles only in blocks.

    Source
    ------
    Schreiber, Measuring information transfer (2000), equation 4; Kraskov's estimator as in Lizier,
    JIDT (2014), section 3.4. Newey & West, A simple covariance matrix (1987), equation 5, for the
    inflation.

    Examples
    --------
    y repeats what x said one step before:

    >>> import numpy as np
    >>> x = np.random.default_rng(0).integers(0, 2, 2000)
    >>> y = np.roll(x, 1)
    >>> round(transfer_entropy(x, y, unit="bits").value, 2)
    1.0
    """
    function = "transfer_entropy"
    check_unit(unit, function)
    past_x, past_y = (history, history) if isinstance(history, int) else history
    for name, number in (("lag", lag), ("history", past_x), ("history", past_y)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidArgument(
                sentence(function, name, "be a whole number, 1 or more", repr(number))
            )
    (source, target), notes = read_variables(
        [("x", x, discrete_x), ("y", y, discrete_y)], function=function
    )
    first = max(lag + past_x - 1, past_y)
    n = source.n - first
    if n < 2:
        raise InvalidArgument(
            sentence(
                function,
                "x and y",
                f"have at least {first + 2} rows for lag={lag} and history={history}",
                source.n,
            )
        )
    now = _window(target, [0], first)
    before = _window(source, [lag + i for i in range(past_x)], first)
    own = _window(target, [1 + i for i in range(past_y)], first)
    variables = (
        replace(before, argument="x"),
        replace(now, argument="y"),
        replace(own, argument="z"),
    )
    quantity, said = "conditional_mutual_information", notes
    if own.n_distinct == 1 and method == "auto":
        quantity, variables = "mutual_information", variables[:2]
        said = (*notes, "y's own past is constant: this is the mutual information with x's past.")
    level = front.check_level(interval, function)
    chosen, raw, settings, reasons = front.estimate_raw(
        quantity, variables, method=method, rng=rng, options={"k": k, **options},
        error_bar=level is not None, function=function,
    )  # fmt: skip
    if level is not None:
        raw = _for_steps(raw)
    said = (*said, *_slow(source, target))
    return front.packaged(
        raw, quantity="transfer entropy", method=chosen.spec.name, n=n, level=level, unit=unit,
        settings={**settings, "lag": lag, "history": history}, notes=(*said, *reasons, *raw.notes),
    )  # fmt: skip


def _slow(*series: Variable) -> tuple[str, ...]:
    """Warn of series of numbers in which successive values are all but equal."""
    for one in series:
        if one.codes is not None:
            continue
        for order in one.orders:
            rank = np.empty(one.n)
            rank[order] = np.arange(one.n)
            if float(np.corrcoef(rank[1:], rank[:-1])[0, 1]) > _SLOW_RANKS:
                return (
                    f"{one.argument} moves slowly (successive ranks are correlated by more than "
                    f"{_SLOW_RANKS:g}): neighbours in time are neighbours in value, and the value "
                    "is probably still too low. Take every few steps only.",
                )
    return ()


def _for_steps(raw: Raw) -> Raw:
    """Widen the error bar by what the correlation of successive local values does to their mean."""
    if raw.per_sample is None:
        note = "Successive steps count as independent; slow series need a wider interval."
        return replace(raw, notes=(note,))
    inflation = variance_inflation(raw.per_sample)
    factor = math.sqrt(inflation)
    stderr = None if raw.stderr is None else raw.stderr * factor
    ends = raw.interval

    def wider(level: float) -> tuple[float, float]:
        assert ends is not None
        low, high = ends(level)
        reach = factor * (raw.nats - low), factor * (high - raw.nats)
        return min(low, raw.nats - reach[0]), max(high, raw.nats + reach[1])

    notes: tuple[str, ...] = ()
    if inflation > _SLOW:
        notes = (
            f"Successive steps are correlated: their mean varies {inflation:.1f} times as much as "
            "that of independent rows, which the error bar takes in.",
        )
    return replace(
        raw, stderr=stderr, interval=None if ends is None else wider,
        how=f"{raw.how or 'normal'}, widened for correlated steps",
        diagnostics={**raw.diagnostics, "inflation": inflation}, notes=notes,
    )  # fmt: skip


def variance_inflation(local: Floats) -> float:
    """Return how many times the variance of the mean exceeds that of independent values; >= 1.

    1 + 2 sum over h < b of (1 - h / b) r_h, r_h the autocorrelation, b = 2 n^(1/3)

    Source: Newey & West, A simple, positive semi-definite covariance matrix (1987), equation 5.

    >>> variance_inflation(np.repeat([1.0, -1.0, 1.0, 1.0, -1.0, -1.0], 9)) > 4
    True
    """
    n = local.size
    centred = local - local.mean()
    power = float(centred @ centred)
    if power == 0.0:
        return 1.0
    width = min(max(int(2.0 * n ** (1.0 / 3.0)), 2), n)
    total = 1.0
    for step in range(1, width):
        total += 2.0 * (1.0 - step / width) * float(centred[:-step] @ centred[step:]) / power
    return max(total, 1.0)


def _window(series: Variable, delays: list[int], first: int) -> Variable:
    """Return the values of `series` at t - delay for each delay, t from `first` on."""
    n = series.n
    rows = [slice(first - delay, n - delay) for delay in delays]
    values = np.hstack([series.values[part] for part in rows])
    kind: Kind = series.kind
    if series.codes is None:
        return variable_of(series.argument, kind, values, None)
    codes: Codes = encode_rows([series.codes[part] for part in rows])[0]
    return variable_of(series.argument, kind, values, codes)


def entropy_rate(
    sequence: object,
    *,
    method: str = "auto",
    unit: Unit = "nats",
    rng: Rng = None,
    interval: float | None = 0.95,
    **options: Value,
) -> Estimate:
    """Entropy rate of a sequence of symbols: the surprisal of the next one, given all before it.

    h = lim H(X_t | X_(t-1), ..., X_(t-L))

    Parameters
    ----------
    sequence : str, bytes, array of shape (n,), list, or column of a data frame
        Symbols in order of time; the characters of a str, the values of bytes.
    method : str, default "auto"
        A name of `methods("entropy_rate")`: "context_tree", "lempel_ziv" or "block".
    unit : {"nats", "bits", "bans"}
        Unit of information; the rate is per symbol.
    rng, interval, **options
        As in `entropy`.

    Returns
    -------
    Estimate
        In `unit` per symbol, from 0 to log of the number of symbols.

    Raises
    ------
    InvalidArgument
        If the sequence has gaps, or fewer than 8 symbols.

    Notes
    -----
    The context-tree value is the length of a code that could really be written, so that it is an
    upper bound in the mean; it converges from above as memory is learned. For language use a
    model: `infoscope.language.score`.

    Source
    ------
    Willems, Shtarkov & Tjalkens, The context-tree weighting method (1995), equation 12;
    Kontoyiannis et al., Nonparametric entropy estimation (1998), equation 9.

    Examples
    --------
    A sequence that alternates is foreseen but for the learning of it:

    >>> estimate = entropy_rate("ab" * 500, unit="bits")
    >>> estimate.value < 0.03
    True
    """
    given: object = sequence
    if isinstance(sequence, str):
        given = np.frombuffer(sequence.encode("utf-32-le"), dtype=np.uint32)
    elif isinstance(sequence, (bytes, bytearray)):
        given = np.frombuffer(sequence, dtype=np.uint8)
    variables, notes = read_variables(
        [("sequence", given, True)], function="entropy_rate", missing="error"
    )
    estimate = front.estimate(
        "entropy_rate", variables, method=method, unit=unit, rng=rng, interval=interval,
        options=options, notes=notes,
    )  # fmt: skip
    return replace(estimate, unit=f"{unit}/symbol")
