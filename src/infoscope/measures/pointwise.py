"""Information of single outcomes: surprisal."""

from __future__ import annotations

from infoscope.core.arrays import Array, as_array, is_readable, log, plain, together
from infoscope.core.errors import NotADistribution, sentence
from infoscope.core.logits import Logits
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = ["surprisal"]


def surprisal(p: object, *, unit: Unit = "nats") -> Array:
    """Surprisal of outcomes of probability `p`: how unexpected each one is.

    s(p) = -log p

    Parameters
    ----------
    p : float or array of any shape, or Logits
        Probabilities of single outcomes, each in [0, 1]; they need not sum to one. `Logits`
        gives the surprisal of every outcome, its axis last.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    float or array of the same shape
        Surprisal in `unit`, from 0 (certain) up to inf (impossible).

    Raises
    ------
    NotADistribution
        If a probability is NaN, negative or above 1.

    Notes
    -----
    Surprisal is additive: independent events that happen together cost the sum of their surprisals.

    Source
    ------
    Shannon, A mathematical theory of communication (1948), section 6; the name: Tribus (1961).

    Examples
    --------
    >>> surprisal(1 / 8, unit="bits")
    3.0
    >>> surprisal([1.0, 0.5, 0.0], unit="bits").tolist()
    [0.0, 1.0, inf]
    """
    check_unit(unit, "surprisal")
    if isinstance(p, Logits):
        return from_nats(0.0 - p.log_probabilities(), unit)
    xp, (array,) = together([as_array(p, function="surprisal", argument="p")], function="surprisal")
    if is_readable(array) and 0 not in array.shape:
        low, high = xp.min(array), xp.max(array)
        if not (bool(low >= 0) and bool(high <= 1)):
            worst = float(low) if not bool(low >= 0) else float(high)
            raise NotADistribution(
                sentence(
                    "surprisal",
                    "p",
                    "lie in [0, 1]",
                    worst,
                    "If these are logits, wrap them: Logits(z).",
                )
            )
    return plain(from_nats(0.0 - log(xp, array), unit))
