"""What the bottleneck functions return: encoders with their complexity and relevance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from infoscope.channels.results import Curve, Solution

__all__ = [
    "AgglomerativeBottleneck",
    "Bottleneck",
    "BottleneckCurve",
    "DeterministicBottleneck",
    "GaussianBottleneck",
    "GaussianBottleneckCurve",
]


@dataclass(frozen=True, eq=False, repr=False)
class Bottleneck(Solution):
    """An information bottleneck T of X about Y at one trade-off.

    `value` is the Lagrangian I(X;T) - beta I(T;Y); the true minimum lies in [value - gap, value],
    as far as the search behind `gap` was complete (see `information_bottleneck`).

    Attributes
    ----------
    beta : float
        The trade-off.
    complexity : float
        I(X;T), in `unit`.
    relevance : float
        I(T;Y), in `unit`.
    encoder : array of shape (n_x, n_clusters)
        p(t|x).
    decoder : array of shape (n_clusters, n_y)
        p(y|t).
    marginal : array of shape (n_clusters,)
        p(t).
    residual : float
        Largest change of p(t|x) under one more round of the self-consistent equations.
    """

    beta: float
    complexity: float
    relevance: float
    encoder: np.ndarray[Any, Any]
    decoder: np.ndarray[Any, Any]
    marginal: np.ndarray[Any, Any]
    residual: float

    quantity: ClassVar[str] = "bottleneck Lagrangian"
    amounts: ClassVar[tuple[str, ...]] = ("complexity", "relevance")
    shown: ClassVar[tuple[str, ...]] = ("complexity", "relevance", "beta", "n_clusters")

    @property
    def n_clusters(self) -> int:
        """How many distinct clusters T has."""
        return len(self.marginal)


@dataclass(frozen=True, eq=False, repr=False)
class BottleneckCurve(Curve):
    """The bottleneck curve: relevance against complexity, by increasing beta.

    Attributes
    ----------
    points : tuple of Bottleneck
        One for each beta.
    critical_betas : array
        Where the number of clusters changes, increasing; the first is the onset, below which
        nothing is worth telling.
    critical_widths : array
        Width of the bracket that each critical beta was found in (it is the bracket's middle).
    correlation_beta : float
        1 / (maximal correlation)^2, where the trivial solution loses its local stability. The onset
        is at most this; below it where the first transition is a jump.
    information : float
        I(X;Y), in `unit`, the ceiling of relevance.
    """

    critical_betas: np.ndarray[Any, Any]
    critical_widths: np.ndarray[Any, Any]
    correlation_beta: float
    information: float

    quantity: ClassVar[str] = "bottleneck curve"
    axes: ClassVar[tuple[str, str]] = ("complexities", "relevances")
    columns: ClassVar[tuple[str, ...]] = (
        "betas", "complexities", "relevances", "n_clusters", "critical_betas",
    )  # fmt: skip
    amounts: ClassVar[tuple[str, ...]] = ("information",)

    @property
    def betas(self) -> np.ndarray[Any, Any]:
        """The trade-off of every point, increasing."""
        return self.column("beta")

    @property
    def complexities(self) -> np.ndarray[Any, Any]:
        """I(X;T) of every point, in `unit`: never falls with beta."""
        return self.column("complexity")

    @property
    def relevances(self) -> np.ndarray[Any, Any]:
        """I(T;Y) of every point, in `unit`: never falls with beta."""
        return self.column("relevance")

    @property
    def n_clusters(self) -> np.ndarray[Any, Any]:
        """Number of distinct clusters at every point."""
        return self.column("n_clusters")

    def relevance_at(self, complexity: float) -> tuple[float, float]:
        """Return a lower and an upper bound on the relevance possible at `complexity`, in `unit`.

        Lower: the chord between neighbouring points, which time-sharing attains. Upper: the
        tangents of slope 1 / beta at every point, and I(X;Y).
        """
        xs = np.concatenate([[0.0], self.complexities])
        ys = np.concatenate([[0.0], self.relevances])
        low = float(np.interp(complexity, xs, ys))
        positive = [point for point in self.points if point.beta > 0]
        tangents = [(complexity - point.value + point.gap) / point.beta for point in positive]
        return low, max(min([self.information, complexity, *tangents]), low)


@dataclass(frozen=True, eq=False, repr=False)
class DeterministicBottleneck(Solution):
    """A hard clustering T = f(X) that minimises H(T) - beta I(T;Y).

    Attributes
    ----------
    beta : float
        The trade-off.
    complexity : float
        H(T), in `unit`.
    relevance : float
        I(T;Y), in `unit`.
    assignment : array of int, shape (n_x,)
        The cluster of every x; -1 for those of probability zero.
    decoder : array of shape (n_clusters, n_y)
        p(y|t).
    marginal : array of shape (n_clusters,)
        p(t), non-increasing.
    """

    beta: float
    complexity: float
    relevance: float
    assignment: np.ndarray[Any, Any]
    decoder: np.ndarray[Any, Any]
    marginal: np.ndarray[Any, Any]

    quantity: ClassVar[str] = "deterministic bottleneck Lagrangian"
    amounts: ClassVar[tuple[str, ...]] = ("complexity", "relevance")
    shown: ClassVar[tuple[str, ...]] = ("complexity", "relevance", "beta", "n_clusters")

    @property
    def n_clusters(self) -> int:
        """How many clusters are in use."""
        return len(self.marginal)


@dataclass(frozen=True, eq=False, repr=False)
class AgglomerativeBottleneck(Solution):
    """Hard clusters of X, joined two by two at the least loss of relevance.

    `value` is the relevance I(T;Y) of the clustering asked for. The merges are greedy: `gap` is the
    distance to the ceiling min(I(X;Y), log n_clusters), which no clustering of this size passes.

    Attributes
    ----------
    complexity : float
        H(T), in `unit`.
    assignment : array of int, shape (n_x,)
        The cluster of every x; -1 for those of probability zero.
    decoder : array of shape (n_clusters, n_y)
        p(y|t).
    marginal : array of shape (n_clusters,)
        p(t).
    relevances : array
        I(T;Y) for every number of clusters from 1 up, in `unit`; the last is I(X;Y).
    merges : array of int, shape (n_merges, 2)
        Rows (i, j): the cluster of x = j joined that of x = i, in order; i and j are the first
        members of their clusters.
    """

    complexity: float
    assignment: np.ndarray[Any, Any]
    decoder: np.ndarray[Any, Any]
    marginal: np.ndarray[Any, Any]
    relevances: np.ndarray[Any, Any]
    merges: np.ndarray[Any, Any]

    quantity: ClassVar[str] = "relevance"
    amounts: ClassVar[tuple[str, ...]] = ("complexity", "relevances")
    shown: ClassVar[tuple[str, ...]] = ("complexity", "n_clusters")

    @property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return len(self.marginal)


@dataclass(frozen=True, eq=False, repr=False)
class GaussianBottleneck(Solution):
    """The bottleneck of jointly Gaussian X and Y: T = projection X + standard normal noise.

    `value` is the Lagrangian I(X;T) - beta I(T;Y), exact.

    Attributes
    ----------
    beta : float
        The trade-off.
    complexity : float
        I(X;T), in `unit`.
    relevance : float
        I(T;Y), in `unit`.
    projection : array of shape (n_active, n_x)
        Rows act on X - mean(X); the noise added has the identity as covariance.
    correlations : array
        Canonical correlations of X and Y, non-increasing.
    critical_betas : array
        1 / correlations^2: where the next direction comes in; inf for a correlation of 0.
    """

    beta: float
    complexity: float
    relevance: float
    projection: np.ndarray[Any, Any]
    correlations: np.ndarray[Any, Any]
    critical_betas: np.ndarray[Any, Any]

    quantity: ClassVar[str] = "bottleneck Lagrangian"
    amounts: ClassVar[tuple[str, ...]] = ("complexity", "relevance")
    shown: ClassVar[tuple[str, ...]] = ("complexity", "relevance", "beta")


@dataclass(frozen=True, eq=False, repr=False)
class GaussianBottleneckCurve(Curve):
    """The exact bottleneck curve of jointly Gaussian variables; `points` by increasing beta."""

    critical_betas: np.ndarray[Any, Any]

    quantity: ClassVar[str] = "Gaussian bottleneck curve"
    axes: ClassVar[tuple[str, str]] = ("complexities", "relevances")
    columns: ClassVar[tuple[str, ...]] = ("betas", "complexities", "relevances", "critical_betas")

    @property
    def betas(self) -> np.ndarray[Any, Any]:
        """The trade-off of every point."""
        return self.column("beta")

    @property
    def complexities(self) -> np.ndarray[Any, Any]:
        """I(X;T) of every point, in `unit`."""
        return self.column("complexity")

    @property
    def relevances(self) -> np.ndarray[Any, Any]:
        """I(T;Y) of every point, in `unit`."""
        return self.column("relevance")
