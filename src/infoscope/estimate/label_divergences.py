"""The divergences and cross-entropies of two samples of labels.

Each is a mean over the rows of x of local values that depend on the row's symbol alone. KL(p‖q) is
the cross-entropy less what x pays for itself, so that one function serves both: `relative` is True
for the divergence.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.estimators.entropy.james_stein import shrinkage_weight
from infoscope.estimate.label_counts import alphabet, fold
from infoscope.estimate.method import Floats, Raw, Value
from infoscope.estimate.special import digamma, polygamma
from infoscope.estimate.variables import Variable
from infoscope.measures import cross_entropy, kl_divergence

__all__ = ["by_digammas", "of_frequencies", "of_shrunk_frequencies"]


def of_frequencies(x: Variable, y: Variable, *, relative: bool) -> Raw:
    """Return the plug-in value, with the delta method's error."""
    seen, a, b = _seen_in_x(x, y)
    nats = _exact(x.counts / x.n, y.counts / y.n, relative)
    if missing := int(np.count_nonzero(b == 0)):
        note = (
            f"y never shows {missing} symbols of x, so the value is infinite; "
            "method='zhang_grabchak' stays finite."
        )
        return Raw(nats=nats, notes=(note,), diagnostics={"missing_in_y": float(missing)})
    p, q = a / x.n, b / y.n
    from_y = (float(np.dot(p, p / q)) - 1.0) / y.n
    return _mean_over_symbols(x, seen, _local(p, q, relative), from_y, nats=nats)


def by_digammas(x: Variable, y: Variable, *, relative: bool) -> Raw:
    """Return Zhang and Grabchak's value: digammas of counts in the place of logarithms."""
    seen, a, b = _seen_in_x(x, y)
    m = float(y.n)
    local = digamma(m + 1.0) - digamma(b + 1.0)
    if relative:
        local = local - digamma(float(x.n)) + digamma(a)
    from_y = float(np.dot((a / x.n) ** 2, polygamma(1, b + 1.0))) - 1.0 / m
    missing, notes = int(np.count_nonzero(b == 0)), ()
    if missing:
        notes = (
            f"y never shows {missing} symbols of x: if it cannot show them, the truth is infinite.",
        )
    return _mean_over_symbols(x, seen, local, from_y, missing=missing, notes=notes)


def of_shrunk_frequencies(x: Variable, y: Variable, n_symbols: Value, *, relative: bool) -> Raw:
    """Return the value of frequencies shrunk towards the uniform distribution on both sides."""
    both = fold(x.counts + y.counts)
    function = "kl_divergence" if relative else "cross_entropy"
    size = alphabet(both, both.seen if n_symbols is None else n_symbols, function)
    p, q = _shrunk(x, size), _shrunk(y, size)
    nats = _exact(p, q, relative)
    used = (p > 0) & (q > 0)
    p, q = p[used], q[used]
    first = float(np.dot(p, (_local(p, q, relative) - nats) ** 2)) / x.n
    second = (float(np.dot(p, p / q)) - 1.0) / y.n
    stderr = math.sqrt(first + max(second, 0.0)) if math.isfinite(nats) else None
    return Raw(nats=nats, stderr=stderr, how="delta method", settings={"n_symbols": int(size)})


def _exact(p: Floats, q: Floats, relative: bool) -> float:
    return float(kl_divergence(p, q) if relative else cross_entropy(p, q))


def _local(p: Floats, q: Floats, relative: bool) -> Floats:
    return np.log(p / q) if relative else -np.log(q)


def _shrunk(x: Variable, size: float) -> Floats:
    """Return the shrunk probabilities of the symbols coded, then of those never seen (alike)."""
    weight = shrinkage_weight(fold(x.counts), size)
    coded = weight / size + (1.0 - weight) * x.counts / x.n
    unseen = round(size) - x.n_levels
    return np.append(coded, np.full(unseen, weight / size)) if unseen > 0 else coded


def _seen_in_x(x: Variable, y: Variable) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Return which symbols x shows, and how often each of these occurs in x and in y."""
    seen = x.counts > 0
    return seen, x.counts[seen].astype(np.float64), y.counts[seen].astype(np.float64)


def _mean_over_symbols(
    x: Variable, seen: NDArray[np.bool_], local: Floats, from_y: float, *,
    nats: float | None = None, missing: int | None = None, notes: tuple[str, ...] = (),
) -> Raw:  # fmt: skip
    """Return the mean of `local` (nats, by symbol that x shows) over the rows of x.

    `from_y` is the delta method's variance of the mean that comes from y; `nats` is the mean where
    it is known more exactly; `missing` counts the symbols of x that y lacks.
    """
    p = x.counts[seen] / x.n
    mean = float(np.dot(p, local)) if nats is None else nats
    from_x = float(np.dot(p, (local - mean) ** 2)) / x.n
    assert x.codes is not None
    by_code = np.zeros(x.n_levels)
    by_code[seen] = local
    return Raw(
        nats=mean,
        per_sample=by_code[x.codes],
        stderr=math.sqrt(from_x + max(from_y, 0.0)),
        how="delta method",
        diagnostics={} if missing is None else {"missing_in_y": float(missing)},
        notes=notes,
    )
