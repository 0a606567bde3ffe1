"""Information in time: transfer entropy between two series, and the entropy rate of one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng
from infoscope.core.result import Estimate
from infoscope.core.units import Unit
from infoscope.estimate import front
from infoscope.estimate.information import conditional
from infoscope.estimate.kinds import read_variables
from infoscope.estimate.method import Kind, Value
from infoscope.estimate.variables import Codes, Variable, encode_rows, variable_of

__all__ = ["entropy_rate", "transfer_entropy"]


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
    too short to hold y's own memory. Successive steps are correlated, so the interval is too
    narrow where the series are slow. Test against `independence_test` only with block shuffles.

    Source
    ------
    Schreiber, Measuring information transfer (2000), equation 4; Kraskov's estimator as in Lizier,
    JIDT (2014), section 3.4.

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
    estimate = conditional(
        variables, method=method, unit=unit, rng=rng, interval=interval,
        options={"k": k, **options}, function=function,
        notes=(*notes, "Successive steps count as independent; slow series need a wider interval."),
    )  # fmt: skip
    settings = {**estimate.settings, "lag": lag, "history": history}
    return replace(estimate, quantity="transfer entropy", settings=settings)


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
