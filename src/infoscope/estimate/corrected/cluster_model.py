"""A mixture of Gaussians with full covariances, in the joint space of the scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infoscope.estimate.corrected.ratios import Ratio
from infoscope.estimate.method import Floats

__all__ = ["COMPONENTS", "Clusters", "choose_clusters", "refit"]

#: Numbers of components tried besides 1.
COMPONENTS = (2, 3, 4, 6, 9, 13)
_RIDGE = 1e-3
_LOG_TWO_PI = float(np.log(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class Clusters:
    """Weights (k,), means (k, d) and covariances (k, d, d); the first `dim_x` columns are x."""

    weights: Floats
    means: Floats
    covariances: Floats
    dim_x: int

    def ratio(self, gx: Floats, gy: Floats) -> Ratio:
        """Return the log ratio of these rows of scores."""
        p, n = self.dim_x, gx.shape[0]
        precision = np.linalg.inv(self.covariances)
        dx, dy = gx - self.means[:, None, :p], gy - self.means[:, None, p:]  # (k, n, .)
        cross_x = dx @ precision[:, :p, p:]
        own_x = np.einsum("kni,kni->kn", dx @ precision[:, :p, :p], dx)
        own_y = np.einsum("kni,kni->kn", dy @ precision[:, p:, p:], dy)
        d = self.means.shape[1]
        log_root = 0.5 * np.linalg.slogdet(self.covariances)[1] + d / 2.0 * _LOG_TWO_PI
        start = (np.log(self.weights) - log_root)[:, None] - 0.5 * own_x
        one = np.ones((self.weights.size, n, 1))
        left = np.concatenate([-cross_x, start[..., None], one], axis=2)
        right = np.concatenate([dy, one, -0.5 * own_y[..., None]], axis=2)
        row = -_log_sum(self._log_parts(gx, slice(0, p)))
        column = -_log_sum(self._log_parts(gy, slice(p, d)))
        return Ratio("mixture", row, column, left, right)

    def _log_parts(self, rows: Floats, columns: slice) -> Floats:
        means, covariances = self.means[:, columns], self.covariances[:, columns, columns]
        return _log_parts(rows, self.weights, means, covariances)


def choose_clusters(
    gx: Floats, gy: Floats, rng: np.random.Generator, steps: int = 60
) -> Clusters | None:
    """Return the mixture with the smallest BIC, or None where one Gaussian is best."""
    rows = np.hstack([gx, gy])
    n, d = rows.shape
    one = Clusters(np.ones(1), rows.mean(0)[None], _covariance(rows)[None], gx.shape[1])
    best, chosen = _bic(one, rows), None
    worse = 0
    for k in COMPONENTS:
        if n < 2 * k * (d + 1):
            break
        parts = [
            _fit(rows, _start(rows, k, gx.shape[1], rng), steps) for _ in range(2 if k <= 4 else 1)
        ]
        found = min(parts, key=lambda part: _bic(part, rows))
        bic = _bic(found, rows)
        if bic < best:
            best, chosen, worse = bic, found, 0
        else:
            worse += 1
        if worse == 2:
            break
    return chosen


def refit(start: Clusters, gx: Floats, gy: Floats, steps: int = 25) -> Clusters:
    """Return the mixture after some more steps, on these rows."""
    return _fit(np.hstack([gx, gy]), start, steps)


def _start(rows: Floats, k: int, dim_x: int, rng: np.random.Generator) -> Clusters:
    """Return k clusters around rows that are far from each other, after a few moves of means."""
    n = int(rows.shape[0])
    centres: Floats = rows[int(rng.integers(n))][None]
    distance: Floats = ((rows - centres[0]) ** 2).sum(1)
    for _ in range(k - 1):
        reached: Floats = np.cumsum(distance)
        pick = min(int(np.searchsorted(reached, rng.random() * float(reached[-1]))), n - 1)
        centres = np.vstack([centres, rows[pick][None]])
        distance = np.minimum(distance, ((rows - centres[-1]) ** 2).sum(1))
    nearest = np.zeros(n, dtype=np.intp)
    for _ in range(6):
        squares = (centres**2).sum(1) - 2.0 * rows @ centres.T
        nearest = squares.argmin(1)
        counts = np.bincount(nearest, minlength=k)
        sums = np.eye(k)[nearest].T @ rows
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
    shares = 0.9 * np.eye(k)[nearest].T + 0.1 / k
    return _maximise(rows, shares, dim_x)


def _fit(rows: Floats, clusters: Clusters, steps: int) -> Clusters:
    last = -np.inf
    for step in range(steps):
        logs = _log_parts(rows, clusters.weights, clusters.means, clusters.covariances)
        whole = _log_sum(logs)
        likelihood = float(whole.mean())
        if step > 5 and likelihood - last < 1e-4:
            break
        last = likelihood
        clusters = _maximise(rows, np.exp(logs - whole), clusters.dim_x)
    return clusters


def _maximise(rows: Floats, shares: Floats, dim_x: int) -> Clusters:
    """Return weighted means and covariances; `shares` (k, n) sum to 1 over k."""
    counts = np.maximum(shares.sum(1), 1e-3)
    means: Floats = shares @ rows / counts[:, None]
    centred: Floats = rows - means[:, None]  # (k, n, d)
    covariances = (centred * shares[..., None]).transpose(0, 2, 1) @ centred / counts[:, None, None]
    covariances += _RIDGE * np.eye(rows.shape[1])
    weights = counts / counts.sum()
    return Clusters(weights, means, covariances, dim_x)


def _log_parts(rows: Floats, weights: Floats, means: Floats, covariances: Floats) -> Floats:
    """Return log(weight_k N_k(row)) as (k, n)."""
    root = np.linalg.cholesky(covariances)
    white = (rows - means[:, None]) @ np.linalg.inv(root).transpose(0, 2, 1)
    log_root = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(1) + rows.shape[1] / 2 * _LOG_TWO_PI
    return (np.log(weights) - log_root)[:, None] - 0.5 * np.einsum("knd,knd->kn", white, white)


def _log_sum(logs: Floats) -> Floats:
    top = logs.max(0)
    return np.log(np.exp(logs - top).sum(0)) + top


def _covariance(rows: Floats) -> Floats:
    centred = rows - rows.mean(0)
    return centred.T @ centred / rows.shape[0] + _RIDGE * np.eye(rows.shape[1])


def _bic(clusters: Clusters, rows: Floats) -> float:
    n, d = rows.shape
    k = clusters.weights.size
    logs = _log_parts(rows, clusters.weights, clusters.means, clusters.covariances)
    free = k * (d + d * (d + 1) / 2.0) + k - 1
    return -2.0 * float(_log_sum(logs).sum()) + free * float(np.log(n))
