"""Distributions of vectors: Gaussian, Dirichlet, multinomial, and products of independent parts."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from infoscope.core.arrays import Array
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.measures.families.special import maths_for
from infoscope.measures.gaussians import gaussian_entropy, gaussian_kl

__all__ = [
    "Vector",
    "library_entropy",
    "registered_kl",
    "unsupported",
    "vector_entropy",
    "vector_kl",
]


@dataclass(frozen=True, slots=True)
class Vector:
    """A batch of distributions of vectors: kind, parameters by name, and the source."""

    kind: str  # "gaussian", "dirichlet", "multinomial", "independent" or "other"
    params: dict[str, Any]
    source: Any
    text: str


def vector_entropy(p: Vector, function: str) -> Array:
    """Return the entropy in nats."""
    if p.kind == "gaussian":
        if (entropy := library_entropy(p.source)) is not None:
            return entropy
        return gaussian_entropy(_covariance(p))
    if p.kind == "dirichlet":
        return _dirichlet_cross(p.params["a"], p.params["a"])
    if (entropy := library_entropy(p.source)) is not None:
        return entropy
    if callable(getattr(p.source, "entropy", None)) and "torch" not in type(p.source).__module__:
        return p.source.entropy()
    raise unsupported(function, p.text)


def vector_kl(p: Vector, q: Vector, function: str) -> Array:
    """Return KL(p‖q) in nats."""
    if (value := registered_kl(p.source, q.source)) is not None:
        return value
    if p.kind == q.kind == "gaussian":
        return gaussian_kl(p.params["mean"], _covariance(p), q.params["mean"], _covariance(q))
    if p.kind == q.kind == "dirichlet":
        a, b = _aligned(p.params["a"], q.params["a"])
        _same_size(a, b, function)
        return _dirichlet_cross(a, b) - _dirichlet_cross(a, a)
    raise unsupported(function, f"{p.text} and {q.text}")


def _covariance(p: Vector) -> Array:
    cov = p.params["cov"]
    return cov() if callable(cov) else cov


def library_entropy(p: Any) -> Array | None:
    """Return torch's own closed form, where p is torch's and has one."""
    distributions: Any = sys.modules.get("torch.distributions")
    if distributions is None or not isinstance(p, distributions.Distribution):
        return None
    try:
        return p.entropy()
    except NotImplementedError:
        return None


def registered_kl(p: Any, q: Any) -> Array | None:
    """Return torch's registered closed form for a pair of torch distributions, or None."""
    distributions: Any = sys.modules.get("torch.distributions")
    if distributions is None:
        return None
    kind = distributions.Distribution
    if not (isinstance(p, kind) and isinstance(q, kind)):
        return None
    if not (_is_injective(p, distributions) and _is_injective(q, distributions)):
        return None  # torch compares the bases, and |x| loses information
    try:
        return distributions.kl_divergence(p, q)
    except NotImplementedError:
        return None


def _is_injective(x: Any, distributions: Any) -> bool:
    """Whether no transform of a distribution folds it (folding at its own centre apart)."""
    if isinstance(x, (distributions.HalfNormal, distributions.HalfCauchy)):
        return True
    return all(bool(transform.bijective) for transform in getattr(x, "transforms", ()))


def _aligned(a: Any, b: Any) -> tuple[Any, Any]:
    maths = maths_for(a, b)
    if not maths.is_torch:
        return a, b
    torch = maths.xp
    like = a if isinstance(a, torch.Tensor) else b
    return tuple(  # type: ignore[return-value]
        x if isinstance(x, torch.Tensor) else torch.as_tensor(x, dtype=like.dtype) for x in (a, b)
    )


def _same_size(a: Any, b: Any, function: str) -> None:
    if a.shape[-1] != b.shape[-1]:
        requirement = f"have as many components as p ({a.shape[-1]})"
        raise InvalidArgument(sentence(function, "q", requirement, b.shape[-1]))


def _dirichlet_cross(a: Any, b: Any) -> Any:
    """Cross-entropy of Dirichlet(b) under Dirichlet(a): log B(b) - sum (b - 1) E_a log x."""
    maths = maths_for(a, b)
    log_beta = maths.lgamma(b).sum(-1) - maths.lgamma(b.sum(-1))
    mean_log = maths.digamma(a) - maths.digamma(a.sum(-1))[..., None]
    return log_beta - ((b - 1) * mean_log).sum(-1)


def unsupported(function: str, got: str) -> WrongType:
    """Return the error that says what is supported for vectors."""
    return WrongType(
        sentence(
            function,
            "distributions of vectors",
            "be Gaussian, Dirichlet, multinomial, categorical or products of independent parts, or "
            "have a closed form in torch's registry",
            got,
            "One-dimensional distributions of any family are integrated numerically; mixtures of "
            "Gaussians have infoscope.measures.families.mixture_entropy_bounds.",
        )
    )
