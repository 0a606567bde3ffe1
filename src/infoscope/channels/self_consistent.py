"""Solve the information bottleneck at one trade-off: fixed points, pricing of new clusters, gap.

The bottleneck is linear in the measure it puts on posteriors q = p(x|t): minimise the mean of
phi(q) = beta H(Y; q) - H(X; q) over measures with mean p(x) (Witsenhausen & Wyner 1975). Its dual
prices each x by lambda_x; a new cluster is worth having where psi(q) = phi(q) - lambda.q < 0, and
lambda.p + min psi is a lower bound on the optimum. phi is a difference of convex functions, so the
minimum of psi is searched (from every x, and at random), not proven. What it finds are the clusters
that plain iteration misses: the reason why solvers get stuck at the trivial solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import entr, rel_entr

from infoscope.channels.described_source import Reproduction
from infoscope.channels.interior_point import inner_start, minimise

__all__ = [
    "Clusters",
    "Relation",
    "anneal",
    "merge_costs",
    "merge_twins",
    "price",
    "settle",
    "starting_points",
]

Matrix: TypeAlias = np.ndarray[Any, Any]

#: Log-weights of clusters are kept within this distance of the largest: below it, exp underflows.
_DEEP = 690.0


@dataclass(frozen=True, slots=True)
class Relation:
    """A joint distribution as p(x) > 0 and p(y|x), its rows distinct."""

    p: Matrix  # (n_x,)
    K: Matrix  # (n_x, n_y)
    noise: Matrix  # H(Y|x) for each x

    @classmethod
    def of(cls, p: Matrix, K: Matrix) -> Relation:
        """Make a relation from sound numbers."""
        return cls(p, K, entr(K).sum(axis=1))

    @property
    def output(self) -> Matrix:
        """The marginal p(y)."""
        return self.p @ self.K

    @property
    def information(self) -> float:
        """I(X;Y), the most that any T can tell."""
        return max(float(self.p @ rel_entr(self.K, self.output).sum(axis=1)), 0.0)

    @property
    def correlation(self) -> float:
        """Maximal correlation: the second singular value of p(x,y) / sqrt(p(x) p(y))."""
        out = self.output
        if min(self.K.shape) < 2:
            return 0.0
        scaled = np.sqrt(self.p)[:, None] * (self.K - out) / np.sqrt(out)  # the first one removed
        return float(min(np.linalg.svd(scaled, compute_uv=False)[0], 1.0))

    def distances(self, r: Matrix) -> Matrix:
        """Return KL(p(y|x)‖r_t(y)) for every x and t, shape (n_x, n_t)."""
        known = r > 0
        log_r = np.log(r, out=np.zeros_like(r), where=known)
        d = -self.noise[:, None] - self.K @ log_r.T
        if not known.all():
            d[(self.K > 0).astype(float) @ (~known).T.astype(float) > 0] = np.inf
        return d

    def objective(self, joint: Matrix, beta: float) -> tuple[float, float, float]:
        """Return I(X;T) - beta I(T;Y), I(X;T) and I(T;Y) of a joint p(x, t), in nats."""
        w = joint.sum(axis=0)
        complexity = float(self.p @ rel_entr(joint / self.p[:, None], w).sum(axis=1))
        decoder = (joint.T @ self.K) / w[:, None]
        relevance = float(w @ rel_entr(decoder, w @ decoder).sum(axis=1))
        return complexity - beta * relevance, complexity, relevance


@dataclass(frozen=True, slots=True)
class Clusters:
    """An encoder with its measures; all in nats."""

    encoder: Matrix  # p(t|x), (n_x, n_t)
    weights: Matrix  # p(t)
    decoder: Matrix  # p(y|t), (n_t, n_y)
    lagrangian: float
    complexity: float
    relevance: float
    residual: float  # largest change of p(t|x) under one more round of the equations
    n_steps: int
    gap: float = np.inf  # how far below the Lagrangian the dual bound lies


def settle(
    relation: Relation,
    beta: float,
    encoder: Matrix,
    *,
    tolerance: float,
    max_steps: int,
    memory: int = 6,
) -> Clusters:
    """Iterate the self-consistent equations from `encoder`, with Anderson acceleration.

    The unknown is log p(t) - beta KL(p(y|x)‖p(y|t)), whose softmax is the encoder. An accelerated
    step that does not lower the Lagrangian is replaced by a plain one, which always does.
    """
    p, K = relation.p, relation.K
    field = _field(relation, beta, encoder)
    value = np.inf
    history_x: list[Matrix] = []
    history_f: list[Matrix] = []
    n_steps, residual, safe = 0, np.inf, field
    while n_steps < max_steps:
        n_steps += 1
        encoder, _ = _softmax(field)
        joint = p[:, None] * encoder
        w = joint.sum(axis=0)
        if (w < 1e-250).any() and len(w) > 1:
            if history_x:
                field, history_x, history_f = safe, [], []
            else:  # a cluster that plain steps have emptied
                field = field[:, w >= 1e-250]
            continue
        r = (joint.T @ K) / w[:, None]
        d = relation.distances(r)
        with np.errstate(invalid="ignore"):
            now = float(p @ rel_entr(encoder, w).sum(axis=1))
            kept = joint > 0
            now += beta * float((joint[kept] * d[kept]).sum())  # Lagrangian + beta I(X;Y)
        if history_x and not now <= value + 1e-14 * (1 + abs(value)):
            field, history_x, history_f = safe, [], []  # back to the plain step
            continue
        value = now
        image = _floor(np.log(w) - beta * d)
        change = _softmax(image)[0] - encoder
        residual = float(np.abs(change).max())
        safe = image
        if residual <= tolerance:
            break
        f = image - field
        f = f - f.mean(axis=1, keepdims=True)
        history_x.append(field.ravel())
        history_f.append(f.ravel())
        if len(history_x) > memory:
            history_x.pop(0)
            history_f.pop(0)
        field = _floor(_anderson(history_x, history_f, joint).reshape(field.shape))
    encoder, _ = _softmax(safe)
    return _measured(relation, beta, encoder, residual, n_steps)


def price(
    relation: Relation, beta: float, clusters: Clusters, starts: Matrix, *, rounds: int = 40
) -> tuple[float, Matrix]:
    """Return a dual bound on the Lagrangian, and the posteriors p(x|t) found to improve it.

    `starts` holds posteriors (n_starts, n_x) from which psi is minimised by the convex-concave
    procedure, which for psi is the bottleneck's own fixed-point step for one cluster.
    """
    p, K = relation.p, relation.K
    d = relation.distances(clusters.decoder)
    with np.errstate(divide="ignore"):
        log_z = _log_sum(np.log(clusters.weights) - beta * d)
    lam = np.log(p) - log_z + beta * relation.noise
    q = _descend(relation, beta, lam, starts, rounds)
    r = q @ K
    psi = beta * entr(r).sum(axis=1) - entr(q).sum(axis=1) - q @ lam
    # the Lagrangian is H(X) - beta H(Y) + mean phi, and mean phi >= lambda.p + min psi
    base = float(entr(p).sum()) - beta * float(entr(relation.output).sum())
    bound = base + float(lam @ p) + min(float(psi.min()), 0.0)
    return bound, q[psi < 0]


def _descend(relation: Relation, beta: float, lam: Matrix, q: Matrix, rounds: int) -> Matrix:
    """Lower psi from each row of q, by plain steps and extrapolated ones (SQUAREM) where they help.

    After a few rounds only the most promising rows go on: they decide the bound.
    """

    def step(x: Matrix) -> tuple[Matrix, Matrix]:
        """From log-posteriors to the next ones, and psi as the procedure bounds it."""
        r = np.exp(x) @ relation.K
        exponent = lam - beta * (relation.distances(r).T + relation.noise)
        total = _log_sum(exponent)
        return np.maximum(exponent - total[:, None], -_DEEP), -total

    x, _ = step(np.log(q, out=np.full_like(q, -_DEEP), where=q > 0))
    for turn in range(rounds):
        first, _ = step(x)
        second, low = step(first)
        move, bend = first - x, second - 2 * first + x
        size = np.sqrt((move**2 @ relation.p) / np.maximum(bend**2 @ relation.p, 1e-300))
        a = np.clip(size, 1.0, 50.0)[:, None]
        bold = x + 2 * a * move + a * a * bend
        bold = np.maximum(bold - _log_sum(bold)[:, None], -_DEEP)
        tried, bold_low = step(bold)
        better = (bold_low < low)[:, None]
        x = np.where(better, tried, second)
        if float(np.abs(move).max()) < 1e-10:
            break
        if turn == 12 and len(x) > 8:
            x = x[np.argsort(low, kind="stable")[:8]]
    return np.exp(x)


def anneal(
    relation: Relation,
    beta: float,
    encoder: Matrix,
    rng: np.random.Generator,
    *,
    tolerance: float,
    max_steps: int,
    n_random: int = 16,
) -> Clusters:
    """Solve at one beta from a given encoder: settle, merge twins, let in what pricing finds."""
    best: Clusters | None = None
    spent, bound = 0, -np.inf
    for _ in range(30):
        allowed = max(min(max_steps - spent, 300), 1)
        found = settle(relation, beta, encoder, tolerance=1e-9, max_steps=allowed)
        spent += found.n_steps
        found = merge_twins(relation, beta, found)
        if best is None or found.lagrangian < best.lagrangian:
            best = found
        low, better = price(relation, beta, found, starting_points(relation, found, rng, n_random))
        bound = max(bound, low)
        if best.lagrangian - bound <= tolerance or not len(better) or spent >= max_steps:
            break
        encoder = _let_in(relation, beta, found, better)
    assert best is not None
    gap = max(best.lagrangian - bound, 0.0)
    return Clusters(
        best.encoder, best.weights, best.decoder, best.lagrangian, best.complexity,
        best.relevance, best.residual, spent, gap,
    )  # fmt: skip


def starting_points(
    relation: Relation, found: Clusters, rng: np.random.Generator, n_random: int
) -> Matrix:
    """Return posteriors to search from: every x alone, random ones, and near the old clusters."""
    n = len(relation.p)
    posteriors = (relation.p[:, None] * found.encoder).T / found.weights[:, None]
    spread = rng.dirichlet(np.ones(n), n_random)
    alone = 0.97 * np.eye(n) + 0.03 * relation.p
    return np.concatenate([alone, spread, 0.9 * posteriors + 0.1 * relation.p])


def merge_twins(relation: Relation, beta: float, found: Clusters, slack: float = 1e-13) -> Clusters:
    """Join clusters that tell the same about Y, as long as the Lagrangian does not rise."""
    scale = slack * (1 + beta)
    encoder = found.encoder
    while encoder.shape[1] > 1:
        joint = relation.p[:, None] * encoder
        w = joint.sum(axis=0)
        r = (joint.T @ relation.K) / w[:, None]
        cost = merge_costs(w, r)
        i, j = divmod(int(cost.argmin()), len(w))
        if cost[i, j] * beta > 1e-6:
            break
        merged = np.delete(encoder, j, axis=1)
        merged[:, i - (j < i)] += encoder[:, j]
        tried = settle(relation, beta, merged, tolerance=1e-9, max_steps=200)
        if tried.lagrangian > found.lagrangian + scale:
            break
        found, encoder = tried, tried.encoder
    return found


def merge_costs(w: Matrix, r: Matrix) -> Matrix:
    """Return the relevance lost by joining each pair of clusters; inf on the diagonal."""
    lost = w * entr(r).sum(axis=1)
    cost = np.empty((len(w), len(w)))
    rows = max(1, 1_000_000 // r.size)  # of a block that stays near the cache
    for at in range(0, len(w), rows):
        some = slice(at, at + rows)
        both = w[some, None] + w
        mixed = (w[some, None] * r[some])[:, None, :] + w[:, None] * r
        mixed /= both[..., None]
        cost[some] = both * entr(mixed).sum(axis=2) - lost[some, None] - lost
    np.fill_diagonal(cost, np.inf)
    return cost


def _let_in(relation: Relation, beta: float, found: Clusters, posteriors: Matrix) -> Matrix:
    """Return the best encoder over the old clusters and the new posteriors: a convex problem."""
    r = np.concatenate([found.decoder, posteriors @ relation.K])
    _, unique = np.unique(np.round(r, 6), axis=0, return_index=True)
    r = r[np.sort(unique)]
    d = relation.distances(r)
    A = np.exp(-beta * (d - d.min(axis=1, keepdims=True)))
    problem = Reproduction(relation.p, A)
    w = minimise(problem, inner_start(len(r)), tolerance=1e-9, max_steps=60).weights
    used = w > 1e-9
    joint = A[:, used] * w[used]
    return joint / joint.sum(axis=1, keepdims=True)


def _measured(
    relation: Relation, beta: float, encoder: Matrix, residual: float, n_steps: int
) -> Clusters:
    joint = relation.p[:, None] * encoder
    w = joint.sum(axis=0)
    if not w.all():
        encoder, joint, w = encoder[:, w > 0], joint[:, w > 0], w[w > 0]
    value, complexity, relevance = relation.objective(joint, beta)
    r = (joint.T @ relation.K) / w[:, None]
    return Clusters(encoder, w, r, value, complexity, relevance, residual, n_steps)


def _field(relation: Relation, beta: float, encoder: Matrix) -> Matrix:
    joint = relation.p[:, None] * encoder
    w = joint.sum(axis=0)
    keep = w > 0
    r = (joint.T @ relation.K)[keep] / w[keep, None]
    return _floor(np.log(w[keep]) - beta * relation.distances(r))


def _floor(field: Matrix) -> Matrix:
    top = field.max(axis=1, keepdims=True)
    return np.maximum(field, top - _DEEP)


def _softmax(field: Matrix) -> tuple[Matrix, Matrix]:
    log_z = _log_sum(field)
    return np.exp(field - log_z[:, None]), log_z


def _log_sum(a: Matrix) -> Matrix:
    top = a.max(axis=1)
    return top + np.log(np.exp(a - top[:, None]).sum(axis=1))


def _anderson(xs: list[Matrix], fs: list[Matrix], joint: Matrix) -> Matrix:
    """Return the next point: the plain step, corrected along the steps that came before."""
    x, f = xs[-1], fs[-1]
    if len(xs) == 1:
        return x + f
    weight = np.sqrt(joint.ravel())  # errors count where there is mass
    dx = np.stack(xs[1:]) - np.stack(xs[:-1])
    df = np.stack(fs[1:]) - np.stack(fs[:-1])
    gram_side = (df * weight).T
    gamma, *_ = np.linalg.lstsq(gram_side, f * weight, rcond=1e-10)
    return x + f - gamma @ (dx + df)
