"""Bottlenecks by hard clusters: the deterministic bottleneck, and greedy agglomeration."""

from __future__ import annotations

import numpy as np
from scipy.special import entr, xlogy

from infoscope.channels.bottleneck_results import AgglomerativeBottleneck, DeterministicBottleneck
from infoscope.channels.reading import Matrix, read_number, read_steps, read_tolerance
from infoscope.channels.self_consistent import Relation, anneal, merge_costs
from infoscope.channels.soft_bottleneck import Letters, Seed, trivial
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import Unit, check_unit, from_nats

__all__ = ["agglomerative_bottleneck", "deterministic_bottleneck"]

#: Up to this many distinct rows all clusterings are compared (Bell number 4140).
_EXHAUSTIVE = 8


def deterministic_bottleneck(
    joint: object,
    beta: float,
    *,
    n_clusters: int | None = None,
    n_restarts: int = 16,
    rng: Seed = 0,
    unit: Unit = "nats",
    tolerance: float = 1e-8,
) -> DeterministicBottleneck:
    """Deterministic information bottleneck: the hard clustering of X that is cheapest to store.

    minimise H(T) - beta I(T;Y) over functions T = f(X)

    Parameters
    ----------
    joint : array of shape (n_x, n_y)
        Joint probabilities; axis 0 is clustered, axis 1 is what matters.
    beta : float
        What a nat of relevance is worth in nats of H(T), at least 0.
    n_clusters : int, optional
        The most clusters; as many as help by default.
    n_restarts : int, default 16
        Random starts of the local search, besides those from agglomeration.
    rng : int, Generator or None, default 0
        Seed of random starts.
    unit : {"nats", "bits", "bans"}
        Unit of the result.
    tolerance : float, default 1e-8
        Up to which gap, in nats, the result counts as converged.

    Returns
    -------
    DeterministicBottleneck
        `assignment` of every x, `complexity` H(T), `relevance` I(T;Y); `value` is the Lagrangian.

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values or does not sum to one.
    InvalidArgument
        If the table does not have two axes, or `beta` is negative or not finite.

    Notes
    -----
    Up to 8 distinct rows p(y|x), every clustering is compared: the gap is 0 and proven. Beyond, the
    search moves single letters and joins clusters until nothing helps, from many starts; the gap
    is then the distance to the lower bound of the soft bottleneck (H(T) >= I(X;T)), which no hard
    clustering need reach: it stays open by nature, and `converged` is False unless it closes. A
    sweep costs O(n_x n_clusters n_y).

    Source
    ------
    Strouse & Schwab, The deterministic information bottleneck (2017), equation 11; the moves:
    Slonim, Friedman & Tishby, sequential information bottleneck (2002).

    Examples
    --------
    >>> table = [[0.2, 0.05], [0.2, 0.05], [0.05, 0.2], [0.05, 0.2]]
    >>> deterministic_bottleneck(table, 5.0).assignment.tolist()
    [0, 0, 1, 1]
    """
    function = "deterministic_bottleneck"
    check_unit(unit, function)
    letters = Letters.read(joint, function)
    b = read_number(beta, function, "beta", low=0.0)
    within = read_tolerance(tolerance, function)
    restarts = read_steps(n_restarts, function, "n_restarts", low=0)
    relation, generator = letters.relation, np.random.default_rng(rng)
    n = len(relation.p)
    k = n if n_clusters is None else min(read_steps(n_clusters, function, "n_clusters"), n)
    joint_table = relation.p[:, None] * relation.K
    if n <= _EXHAUSTIVE:
        labels, n_steps = _by_enumeration(joint_table, b, k)
        gap = 0.0
    else:
        labels, n_steps = _by_search(joint_table, b, k, restarts, generator)
        soft = trivial(relation, b)
        if b > 1:
            soft = anneal(relation, b, np.eye(n), generator, tolerance=1e-6, max_steps=3000)
        gap = np.inf
        bound = soft.lagrangian - soft.gap
    value, complexity, relevance = _lagrangian(joint_table, labels, b)
    if n > _EXHAUSTIVE:
        gap = max(value - bound, 0.0)
    labels = _by_mass(relation.p, labels)
    w, r = _tables(relation, labels)
    return DeterministicBottleneck(
        value=from_nats(value, unit),
        unit=unit,
        converged=gap <= within,
        gap=from_nats(gap, unit),
        n_steps=n_steps,
        beta=b,
        complexity=from_nats(complexity, unit),
        relevance=from_nats(relevance, unit),
        assignment=_spread(letters, labels),
        decoder=r,
        marginal=w,
    )


def agglomerative_bottleneck(
    joint: object, n_clusters: int, *, unit: Unit = "nats"
) -> AgglomerativeBottleneck:
    """Agglomerative information bottleneck: join values of X until `n_clusters` are left.

    Each step joins the pair that loses least: (p_i + p_j) JS(p(y|i), p(y|j)), weighted by p_i, p_j

    Parameters
    ----------
    joint : array of shape (n_x, n_y)
        Joint probabilities; axis 0 is clustered, axis 1 is what matters.
    n_clusters : int
        How many clusters to stop at, at least 1.
    unit : {"nats", "bits", "bans"}
        Unit of the result.

    Returns
    -------
    AgglomerativeBottleneck
        `value` is the relevance I(T;Y) in `unit`, from 0 (one cluster) to I(X;Y); the `relevances`
        of all sizes and the `merges` come with it. If there are fewer distinct rows than
        `n_clusters`, as many clusters as distinct rows.

    Raises
    ------
    NotADistribution
        If the table holds NaN or negative values or does not sum to one.
    InvalidArgument
        If the table does not have two axes, or `n_clusters` is below 1.

    Notes
    -----
    Greedy, deterministic, and without guarantee: `gap` is the distance to min(I(X;Y), log
    n_clusters), and `converged` says whether that ceiling is reached. `deterministic_bottleneck`
    moves letters after joining, and usually does better at a given size. Costs O(n_x^2 n_y).

    Source
    ------
    Slonim & Tishby, Agglomerative information bottleneck (1999), equation 6.

    Examples
    --------
    >>> table = [[0.2, 0.05], [0.2, 0.05], [0.05, 0.2], [0.05, 0.2]]
    >>> result = agglomerative_bottleneck(table, 2)
    >>> result.assignment.tolist(), result.merges.tolist()
    ([0, 0, 1, 1], [[0, 1], [2, 3], [0, 2]])
    """
    function = "agglomerative_bottleneck"
    check_unit(unit, function)
    letters = Letters.read(joint, function)
    wanted = read_steps(n_clusters, function, "n_clusters")
    if wanted > len(letters.row_of):
        requirement = f"be at most the number of rows, {len(letters.row_of)}"
        raise InvalidArgument(sentence(function, "n_clusters", requirement, wanted))
    relation = letters.relation
    path, pairs = _agglomerate(relation)
    k = min(wanted, len(relation.p))
    labels = path[k - 1]
    w, r = _tables(relation, labels)
    table = relation.p[:, None] * relation.K
    relevances = np.array([_lagrangian(table, way, 0.0)[2] for way in path])
    relevance = float(relevances[k - 1])
    gap = max(min(relation.information, float(np.log(k))) - relevance, 0.0)
    first = [int(np.flatnonzero(letters.row_of == i)[0]) for i in range(len(relation.p))]
    twins = [
        (first[row], int(x))
        for x, row in enumerate(letters.row_of)
        if row >= 0 and int(x) != first[row]
    ]
    merges = twins + [(first[i], first[j]) for i, j in pairs]
    return AgglomerativeBottleneck(
        value=from_nats(relevance, unit),
        unit=unit,
        converged=gap <= 1e-12,
        gap=from_nats(gap, unit),
        n_steps=len(twins) + len(relation.p) - k,
        complexity=from_nats(float(entr(w).sum()), unit),
        assignment=_spread(letters, labels),
        decoder=r,
        marginal=w,
        relevances=from_nats(relevances, unit),
        merges=np.array(merges, dtype=np.int64).reshape(-1, 2),
    )


def _agglomerate(relation: Relation) -> tuple[list[Matrix], list[tuple[int, int]]]:
    """Return labels for every number of clusters (index k - 1), and the pairs that were joined."""
    n = len(relation.p)
    w, r = relation.p.copy(), relation.K.copy()
    cost = merge_costs(w, r)
    labels = np.arange(n)
    path, pairs = [labels.copy()], []
    for _ in range(n - 1):
        i, j = divmod(int(cost.argmin()), n)
        i, j = min(i, j), max(i, j)
        r[i] = (w[i] * r[i] + w[j] * r[j]) / (w[i] + w[j])
        w[i] += w[j]
        cost[j, :] = cost[:, j] = np.inf
        alive = np.isfinite(cost[i])
        both = w[i] + w[alive]
        mixed = (w[i] * r[i] + w[alive, None] * r[alive]) / both[:, None]
        loss = both * entr(mixed).sum(axis=1) - w[i] * entr(r[i]).sum()
        loss -= w[alive] * entr(r[alive]).sum(axis=1)
        cost[i, alive] = cost[alive, i] = loss
        labels = np.where(labels == j, i, labels)
        pairs.append((i, j))
        path.append(labels.copy())
    ordered = [np.unique(way, return_inverse=True)[1].reshape(-1) for way in path]
    return ordered[::-1], pairs


def _lagrangian(table: Matrix, labels: Matrix, beta: float) -> tuple[float, float, float]:
    """Return H(T) - beta I(T;Y), H(T) and I(T;Y) of a clustering, in nats."""
    s = np.zeros((int(labels.max()) + 1, table.shape[1]))
    np.add.at(s, labels, table)
    w = s.sum(axis=1)
    complexity = float(entr(w).sum())
    relevance = complexity + float(entr(s.sum(axis=0)).sum()) - float(entr(s).sum())
    relevance = 0.0 if (w > 0).sum() == 1 else max(relevance, 0.0)
    return complexity - beta * relevance, complexity, relevance


def _by_enumeration(table: Matrix, beta: float, k: int) -> tuple[Matrix, int]:
    """Return the best of all clusterings into at most `k` clusters."""
    ways = np.array(_partitions(len(table), k))  # (n_ways, n)
    values: list[Matrix] = []
    for block in np.array_split(ways, -(-len(ways) // 256)):
        member = (block[:, :, None] == np.arange(k)).astype(float)  # (ways, n, k)
        s = np.einsum("ank,ny->aky", member, table)
        w = s.sum(axis=2)
        values.append((beta - 1) * xlogy(w, w).sum(axis=1) - beta * xlogy(s, s).sum(axis=(1, 2)))
    return ways[int(np.concatenate(values).argmin())], len(ways)


def _partitions(n: int, k: int) -> list[list[int]]:
    """Return the partitions of n letters into at most k parts, as labels that first rise by one."""
    ways = [[0]]
    for _ in range(n - 1):
        ways = [[*way, label] for way in ways for label in range(min(max(way) + 2, k))]
    return ways


def _by_search(
    table: Matrix, beta: float, k: int, n_restarts: int, rng: np.random.Generator
) -> tuple[Matrix, int]:
    """Return the best clustering of a local search from agglomerated and random starts."""
    p = table.sum(axis=1)
    path, _ = _agglomerate(Relation.of(p, table / p[:, None]))
    values = [_lagrangian(table, way, beta)[0] for way in path[:k]]
    starts = [path[int(i)] for i in np.argsort(values, kind="stable")[:8]]
    starts += [rng.integers(0, k, len(table)) for _ in range(n_restarts)]
    best, lowest, sweeps = starts[0], np.inf, 0
    for start in starts:
        labels, n_sweeps = _improve(table, start.copy(), beta, k)
        sweeps += n_sweeps
        value = _lagrangian(table, labels, beta)[0]
        if value < lowest:
            best, lowest = labels, value
    return np.unique(best, return_inverse=True)[1].reshape(-1), sweeps


def _improve(table: Matrix, labels: Matrix, beta: float, k: int) -> tuple[Matrix, int]:
    """Move single letters, then join clusters, as long as the Lagrangian falls."""
    s = np.zeros((k, table.shape[1]))
    np.add.at(s, labels, table)

    def content(rows: Matrix) -> Matrix:
        w = rows.sum(axis=-1)
        return (beta - 1) * xlogy(w, w) - beta * xlogy(rows, rows).sum(axis=-1)

    c = content(s)
    sweeps, moved = 0, True
    while moved and sweeps < 200:
        sweeps += 1
        moved = False
        for x, row in enumerate(table):
            a = int(labels[x])
            without = np.maximum(s[a] - row, 0.0)
            if (labels == a).sum() == 1:
                without = np.zeros_like(row)  # exactly empty, whatever rounding left
            leaving = float(content(without)) - c[a]
            change = content(s + row) - c + leaving
            change[a] = 0.0
            b = int(change.argmin())
            if change[b] < -1e-13:
                s[a], s[b], labels[x] = without, s[b] + row, b
                c[a], c[b] = content(s[a]), content(s[b])
                moved = True
        used = np.unique(labels)
        if not moved and len(used) > 1:
            joined = content(s[used][:, None] + s[used][None, :]) - c[used][:, None] - c[used]
            np.fill_diagonal(joined, np.inf)
            i, j = divmod(int(joined.argmin()), len(used))
            if joined[i, j] < -1e-13:
                a, b = int(used[i]), int(used[j])
                s[a], s[b], labels[labels == b] = s[a] + s[b], 0.0, a
                c[a], c[b] = content(s[a]), 0.0
                moved = True
    return labels, sweeps


def _by_mass(p: Matrix, labels: Matrix) -> Matrix:
    """Number clusters by falling probability."""
    w = np.bincount(labels, weights=p)
    rank = np.empty(len(w), dtype=np.int64)
    rank[np.argsort(-np.round(w, 12), kind="stable")] = np.arange(len(w))
    return rank[labels]


def _tables(relation: Relation, labels: Matrix) -> tuple[Matrix, Matrix]:
    s = np.zeros((int(labels.max()) + 1, relation.K.shape[1]))
    np.add.at(s, labels, relation.p[:, None] * relation.K)
    w = s.sum(axis=1)
    return w, s / w[:, None]


def _spread(letters: Letters, labels: Matrix) -> Matrix:
    return np.where(letters.row_of >= 0, labels[letters.row_of], -1)
