"""The information bottleneck at one trade-off, and what is shared by its curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from infoscope.channels.bottleneck_results import Bottleneck
from infoscope.channels.reading import Matrix, read_joint, read_number, read_steps, read_tolerance
from infoscope.channels.self_consistent import (
    Clusters,
    Relation,
    anneal,
    merge_costs,
    price,
    settle,
    starting_points,
)
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = ["Letters", "Seed", "information_bottleneck", "trivial"]

Seed: TypeAlias = "int | np.random.Generator | None"


def information_bottleneck(
    joint: object,
    beta: float,
    *,
    n_clusters: int | None = None,
    n_restarts: int = 8,
    rng: Seed = 0,
    unit: Unit = "nats",
    tolerance: float = 1e-8,
    max_steps: int = 20_000,
) -> Bottleneck:
    """Information bottleneck of a joint table: the summary T of X that tells most about Y.

    minimise I(X;T) - beta I(T;Y) over p(t|x)

    Parameters
    ----------
    joint : array of shape (n_x, n_y)
        Joint probabilities; axis 0 is compressed, axis 1 is what matters.
    beta : float
        What a nat of relevance is worth in nats of complexity, at least 0. Up to the onset, which
        is at least 1, the best T is constant.
    n_clusters : int, optional
        The most values that T may have; as many as help by default.
    n_restarts : int, default 8
        Random starts where `n_clusters` limits T (without a limit, none are needed).
    rng : int, Generator or None, default 0
        Seed of random starts.
    unit : {"nats", "bits", "bans"}
        Unit of the result.
    tolerance : float, default 1e-8
        The gap to stop at, in nats.
    max_steps : int, default 20_000
        The most rounds of the self-consistent equations.

    Returns
    -------
    Bottleneck
        `complexity` I(X;T), `relevance` I(T;Y), `encoder` p(t|x), `decoder` p(y|t), `marginal`
        p(t); `value` is the Lagrangian.

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values or does not sum to one.
    InvalidArgument
        If the table does not have two axes, or `beta` is negative or not finite.

    Notes
    -----
    The problem is not convex in p(t|x), and nobody has a cheap proof of its optimum. What `gap`
    means: the problem is linear in the measure on posteriors p(x|t), and its dual bound needs the
    global minimum of one function over the simplex. That minimum is searched from every x, from 16
    random points and from near each cluster. If the search finds it, the gap is a proof; it always
    is one for beta <= 1, where data processing settles the matter. Any
    improving posterior that is found enters as a new cluster, which is why this does not get stuck
    at the trivial solution. With `n_clusters` the bound is still that of the unlimited problem, so
    the gap then also holds what the limit costs. `residual` says how far the self-consistent
    equations are from being met.

    Where Y is a function of X the curve is a straight line of slope 1: every beta above 1 gives its
    upper end and every beta below its lower one (Kolchinsky et al. 2019). A round costs
    O(n_x n_clusters n_y). Values of x with equal p(y|x) are joined first, which changes nothing;
    rows of the encoder for x of probability zero hold p(t).

    Source
    ------
    Tishby, Pereira & Bialek (1999), equations 15, 16, 28 to 31; Witsenhausen & Wyner (1975) for the
    dual; Walker & Ni, Anderson acceleration (2011), for the speed.

    Examples
    --------
    >>> table = [[0.45, 0.05], [0.05, 0.45]]
    >>> result = information_bottleneck(table, 3.0)
    >>> round(result.complexity, 4), round(result.relevance, 4), result.n_clusters
    (0.6578, 0.3581, 2)
    >>> information_bottleneck(table, 1.5).relevance  # the onset of this table is 1.5625
    0.0
    """
    function = "information_bottleneck"
    check_unit(unit, function)
    letters = Letters.read(joint, function)
    b = read_number(beta, function, "beta", low=0.0)
    within = read_tolerance(tolerance, function)
    limit = read_steps(max_steps, function)
    restarts = read_steps(n_restarts, function, "n_restarts", low=0)
    relation = letters.relation
    generator = np.random.default_rng(rng)
    k = len(relation.p)
    if n_clusters is not None:
        k = min(read_steps(n_clusters, function, "n_clusters"), k)
    if b <= 1:
        found = trivial(relation, b)
    else:
        found = anneal(
            relation, b, np.eye(len(relation.p)), generator, tolerance=within, max_steps=limit
        )
        if len(found.weights) > k:
            found = _limited(relation, b, k, found, generator, restarts, limit)
    return letters.result(found, b, unit, within)


@dataclass(frozen=True, slots=True)
class Letters:
    """A joint table reduced to distinct rows that happen, and the way back."""

    relation: Relation
    row_of: Matrix  # (n_x,) index into the relation's rows, -1 for probability zero

    @classmethod
    def read(cls, joint: object, function: str) -> Letters:
        """Read a table; join rows with equal p(y|x), leave out rows and columns without mass."""
        table = read_joint(joint, function)
        p = table.sum(axis=1)
        happens = np.flatnonzero(p > 0)
        K = table[happens][:, table.any(axis=0)] / p[happens, None]
        _, first, where = np.unique(np.round(K, 14), axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)  # keep the order of the table
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        row_of = np.full(len(p), -1)
        row_of[happens] = rank[where.reshape(-1)]
        mass = np.bincount(row_of[happens], weights=p[happens])
        return cls(Relation.of(mass, K[first[order]]), row_of)

    def result(self, found: Clusters, beta: float, unit: Unit, within: float) -> Bottleneck:
        """Return clusters of the relation as a result about the table's own rows."""
        encoder = np.where(
            self.row_of[:, None] >= 0, found.encoder[self.row_of], found.weights[None, :]
        )
        return Bottleneck(
            value=from_nats(found.lagrangian, unit),
            unit=unit,
            converged=found.gap <= within,
            gap=from_nats(found.gap, unit),
            n_steps=found.n_steps,
            beta=beta,
            complexity=from_nats(max(0.0, found.complexity), unit),
            relevance=from_nats(max(0.0, found.relevance), unit),
            encoder=encoder,
            decoder=found.decoder,
            marginal=found.weights,
            residual=found.residual,
        )


def trivial(relation: Relation, beta: float) -> Clusters:
    """Return the constant T, optimal for beta <= 1 by data processing."""
    one = np.ones((len(relation.p), 1))
    gap = 0.0 if beta <= 1 else np.inf
    return Clusters(one, np.ones(1), relation.output[None, :], 0.0, 0.0, 0.0, 0.0, 0, gap)


def _limited(
    relation: Relation,
    beta: float,
    k: int,
    free: Clusters,
    rng: np.random.Generator,
    n_restarts: int,
    limit: int,
) -> Clusters:
    """Return the best of: the free optimum joined down to k clusters, and random starts."""
    encoder = free.encoder
    while encoder.shape[1] > k:
        joint = relation.p[:, None] * encoder
        w = joint.sum(axis=0)
        i, j = divmod(int(merge_costs(w, (joint.T @ relation.K) / w[:, None]).argmin()), len(w))
        joined = np.delete(encoder, j, axis=1)
        joined[:, i - (j < i)] += encoder[:, j]
        encoder = joined
    starts = [encoder]
    starts += [rng.dirichlet(np.full(k, 0.3), len(relation.p)) for _ in range(n_restarts)]
    steps = free.n_steps
    best: Clusters | None = None
    for start in starts:
        found = settle(relation, beta, start, tolerance=1e-9, max_steps=limit)
        steps += found.n_steps
        if best is None or found.lagrangian < best.lagrangian:
            best = found
    assert best is not None
    low, _ = price(relation, beta, best, starting_points(relation, best, rng, 16))
    bound = max(low, free.lagrangian - free.gap)
    return Clusters(
        best.encoder, best.weights, best.decoder, best.lagrangian, best.complexity,
        best.relevance, best.residual, steps, max(best.lagrangian - bound, 0.0),
    )  # fmt: skip
