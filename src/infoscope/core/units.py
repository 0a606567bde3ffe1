"""Nats, bits and bans: the only place where one becomes another.

Everything inside the library is in nats; a unit is applied once, where a number leaves it.
"""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias, cast

from infoscope.core.errors import InvalidArgument, sentence

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
        The same amount in bits.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), section 2.1.

    Examples
    --------
    >>> import math
    >>> bits(math.log(8))
    3.0
    """
    return nats / UNITS["bits"]


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

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), section 2.1.

    Examples
    --------
    >>> round(nats(1.0), 6)
    0.693147
    """
    return bits * UNITS["bits"]


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

    Source
    ------
    Gao et al., The Pile (2020), section 3.1.

    Examples
    --------
    >>> round(bits_per_byte(24409.38314475293, 30_000), 5)
    1.17384
    """
    if not n_bytes > 0:
        raise InvalidArgument(sentence("bits_per_byte", "n_bytes", "be positive", n_bytes))
    return total_nats / (UNITS["bits"] * n_bytes)


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

    Source
    ------
    Jelinek et al., Perplexity: a measure of the difficulty of speech recognition tasks (1977).

    Examples
    --------
    >>> round(perplexity_from_loss(3.2), 5)
    24.53253
    """
    if isinstance(nats, (int, float)):
        try:
            return math.exp(nats)
        except OverflowError:
            return math.inf
    from infoscope.core.arrays import namespace

    xp = namespace(nats)
    return xp.exp(xp.asarray(nats))
