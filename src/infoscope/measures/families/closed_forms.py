"""Closed forms: what the table of families answers without numerical work."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from infoscope.core.arrays import Array
from infoscope.measures.families.laws import Law, Term, times
from infoscope.measures.families.special import Maths, maths_for, values_of

__all__ = ["cross_entropy_in_closed_form", "entropy_in_closed_form", "kl_in_closed_form"]


def entropy_in_closed_form(p: Law) -> Array | None:
    """Return the entropy of p, or None."""
    if p.row.entropy is not None:
        return p.row.entropy(p)
    constant, terms = p.row.terms(p)
    return _total(p.maths, p, constant, terms)


def cross_entropy_in_closed_form(p: Law, q: Law) -> Array | None:
    """Return the mean under p of q's surprisal, or None."""
    constant, terms = q.row.terms(q)
    maths = maths_for(*p.params.values(), *q.params.values())
    return _where_inside(maths, p, q, _total(maths, p, constant, terms))


def kl_in_closed_form(p: Law, q: Law) -> Array | None:
    """Return KL(p‖q), or None.

    Features that the two surprisals share with the same weight cancel, known mean or not: log k! is
    in every Poisson distribution.
    """
    maths = maths_for(*p.params.values(), *q.params.values())
    own_constant, own = p.row.terms(p)
    constant, terms = q.row.terms(q)
    whole = own
    own, terms = _cancel(own, terms)
    believed = _total(maths, p, constant, terms)
    if believed is None:
        return None
    true = _total(maths, p, own_constant, own)
    if true is None and len(own) == len(whole) and p.row.entropy is not None:
        true = p.row.entropy(p)
    if true is None:
        return None
    if not np.all(np.isfinite(values_of(true))):
        return None  # inf - inf: for quadrature to see
    return _where_inside(maths, p, q, believed - true)


def _total(maths: Maths, p: Law, constant: Any, terms: list[Term]) -> Array | None:
    total = constant
    for term in terms:
        if isinstance(term.coefficient, float) and term.coefficient == 0.0:
            continue
        mean = p.row.expect(p, term)
        if mean is None:
            return None
        total = total + times(maths, term.coefficient, mean)
    return total


def _cancel(own: list[Term], terms: list[Term]) -> tuple[list[Term], list[Term]]:
    """Leave out the terms that occur in both lists."""
    left, right = list[Term](), list(terms)
    for term in own:
        at = next((i for i, other in enumerate(right) if _same(term, other)), None)
        if at is None:
            left.append(term)
        else:
            del right[at]
    return left, right


def _same(first: Term, second: Term) -> bool:
    if first.feature != second.feature:
        return False
    pairs = zip(
        (first.coefficient, *first.arguments), (second.coefficient, *second.arguments), strict=True
    )
    return all(_equal(a, b) for a, b in pairs)


def _equal(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if getattr(a, "requires_grad", False) or getattr(b, "requires_grad", False):
        return False
    x, y = values_of(a), values_of(b)
    return bool(np.all(x == y))


def _where_inside(maths: Maths, p: Law, q: Law, value: Array | None) -> Array | None:
    """Put inf where p has mass outside the support of q."""
    if value is None or p.row.kind == "circular":
        return value
    (low, high), (bottom, top) = p.row.support(p), q.row.support(q)
    inside = (values_of(bottom) <= values_of(low)) & (values_of(high) <= values_of(top))
    if inside.all():
        return value
    if not maths.is_torch:
        return np.where(inside, value, math.inf)
    mask = maths.xp.as_tensor(inside, device=value.device)
    return maths.xp.where(mask, value, math.inf)
