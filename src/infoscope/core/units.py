"""Nats, bits and bans: the only place where one becomes another.

Everything inside the library is in nats; a unit is applied once, where a number leaves it.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, Literal, TypeAlias, cast

from infoscope.core.errors import InvalidArgument, WrongType, sentence

__all__ = [
    "UNITS",
    "Unit",
    "bits",
    "bits_per_byte",
    "check_unit",
    "from_nats",
    "nats",
    "perplexity_from_loss",
]

Unit: TypeAlias = Literal["nats", "bits", "bans"]

#: How many nats one unit holds.
UNITS: dict[str, float] = {"nats": 1.0, "bits": math.log(2.0), "bans": math.log(10.0)}


def check_unit(unit: object, function: str) -> Unit:
    """Return `unit` if it names one, else raise with the names that exist."""
    if isinstance(unit, str) and unit in UNITS:
        return cast(Unit, unit)
    names = ", ".join(repr(name) for name in UNITS)
    raise InvalidArgument(sentence(function, "unit", f"be one of {names}", repr(unit)))


def from_nats(value: Any, unit: Unit) -> Any:
    """Express `value` (a number or array in nats) in `unit`.

    The division keeps exact powers exact: log(8) nats are 3.0 bits to the last digit.
    """
    return value if unit == "nats" else value / UNITS[unit]


def bits(nats: Any) -> Any:
    """Convert nats to bits: bits = nats / ln 2.

    Parameters
    ----------
    nats : float or array
        Any amount of information in nats.

    Returns
    -------
    float or array
        The same amount in bits. Any range: an amount of information may be negative.

    Raises
    ------
    WrongType
        If `nats` holds no real numbers.

    Notes
    -----
    Lists become NumPy arrays; torch and JAX arrays keep their gradients. The division keeps exact
    powers of two exact.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), section 2.1.

    Examples
    --------
    >>> import math
    >>> bits(math.log(8))
    3.0
    """
    amount = _amount(nats, "bits", "nats")
    return _plain(amount / UNITS["bits"])


def nats(bits: Any) -> Any:
    """Convert bits to nats: nats = bits * ln 2.

    Parameters
    ----------
    bits : float or array
        Any amount of information in bits.

    Returns
    -------
    float or array
        The same amount in nats.

    Raises
    ------
    WrongType
        If `bits` holds no real numbers.

    Notes
    -----
    Lists become NumPy arrays; torch and JAX arrays keep their gradients.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), section 2.1.

    Examples
    --------
    >>> round(nats(1.0), 6)
    0.693147
    """
    return _plain(_amount(bits, "nats", "bits") * UNITS["bits"])


def bits_per_byte(total_nats: Any, n_bytes: int) -> Any:
    """Return the code length in bits per byte of a text: total nats / (ln 2 * bytes).

    Unlike perplexity per token, this does not depend on how a text was cut into tokens: it is the
    number in which models with different tokenizers can be compared.

    Parameters
    ----------
    total_nats : float or array
        Summed surprisal of the whole text, in nats.
    n_bytes : int
        Length of the same text in bytes (UTF-8); at least 1.

    Returns
    -------
    float or array
        Bits per byte; 8 for a uniform guess over byte values.

    Raises
    ------
    InvalidArgument
        If `n_bytes` is not positive.
    WrongType
        If `n_bytes` is no number, or `total_nats` holds none.

    Notes
    -----
    Count the bytes of the text itself, not of its tokens. The total must cover every byte: a text
    whose first token was not scored has been given that token for nothing.

    Source
    ------
    Gao et al., The Pile (2020), section 3.1.

    Examples
    --------
    >>> round(bits_per_byte(24409.38314475293, 30_000), 5)
    1.17384
    """
    if isinstance(n_bytes, bool) or not isinstance(cast(object, n_bytes), Real):
        raise WrongType(sentence("bits_per_byte", "n_bytes", "be a real number", repr(n_bytes)))
    if not n_bytes > 0:
        raise InvalidArgument(sentence("bits_per_byte", "n_bytes", "be positive", n_bytes))
    return _plain(_amount(total_nats, "bits_per_byte", "total_nats") / (UNITS["bits"] * n_bytes))


def perplexity_from_loss(nats: Any) -> Any:
    """Return exp(loss) for a mean loss in nats per token.

    Take the mean over tokens first and exponentiate once: the mean of exponentials is another,
    larger number.

    Parameters
    ----------
    nats : float or array
        Mean negative log-likelihood in nats per token. Convert a loss in bits by `nats` first.

    Returns
    -------
    float or array
        Perplexity, from 1 up to inf (a loss above 709.78 overflows a double).

    Raises
    ------
    WrongType
        If `nats` holds no real numbers.

    Notes
    -----
    A pure number: how many equally likely tokens would cost as much. Do not compare it between
    tokenizers; `bits_per_byte` can be.

    Source
    ------
    Jelinek et al., Perplexity: a measure of the difficulty of speech recognition tasks (1977).

    Examples
    --------
    >>> round(perplexity_from_loss(3.2), 5)
    24.53253
    """
    loss = _amount(nats, "perplexity_from_loss", "nats")
    if isinstance(loss, (int, float)):
        try:
            return math.exp(loss)
        except OverflowError:
            return math.inf
    from infoscope.core.arrays import namespace, quietly

    xp = namespace(loss)
    with quietly(xp):
        return xp.exp(loss)


def _amount(x: Any, function: str, argument: str) -> Any:
    """Return a number as a float, a list as an array, an array as it is."""
    if isinstance(x, (int, float)):
        return float(x)
    if x is None or isinstance(x, (str, bytes, dict)):
        requirement = "be a real number or an array of them"
        raise WrongType(sentence(function, argument, requirement, type(cast(object, x)).__name__))
    from infoscope.core.arrays import as_array, as_float, plain

    return plain(as_float(as_array(x, function=function, argument=argument)))


def _plain(value: Any) -> Any:
    from infoscope.core.arrays import plain

    return plain(value)
