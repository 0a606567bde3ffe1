"""The work buffers of a llama-type trunk, and the steps that would otherwise allocate anew.

A fresh array of some megabytes is given back to the system at once and costs a page fault per 4 kB
when it is asked for again; over a window that was 3 to 5 percent of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

__all__ = ["LlamaBuffers", "LlamaSizes"]

_ROWS = 192  # query rows attended together: few masked products, and the scores stay in cache


@dataclass(frozen=True, slots=True)
class LlamaSizes:
    """Widths of the trunk: residual stream, feed-forward, heads, groups sharing keys, per head."""

    width: int
    inner: int
    n_heads: int
    n_groups: int
    head_width: int


class LlamaBuffers:
    """Arrays for windows of up to `n` tokens; what a method returns lives until it is called again.

    Queries are kept as (group, token, head within the group, width), so that the heads that share
    keys are the rows of one matrix product.
    """

    def __init__(self, n: int, sizes: LlamaSizes, theta: float, epsilon: float) -> None:
        self.n, self._sizes, self._epsilon = n, sizes, epsilon
        groups, shared, w = sizes.n_groups, sizes.n_heads // sizes.n_groups, sizes.head_width
        self._shared, self._half = shared, w // 2
        self._step = max(1, _ROWS // shared)  # tokens attended together
        self._residual = torch.empty(n, sizes.width)
        self._normed = torch.empty(n, sizes.width)
        self._projected = {
            "query": torch.empty(n, sizes.n_heads * w),
            "key": torch.empty(n, groups * w),
            "value": torch.empty(n, groups * w),
            "gate": torch.empty(n, sizes.inner),
            "up": torch.empty(n, sizes.inner),
        }
        self._queries = torch.empty(groups, n, shared, w)
        self._keys = torch.empty(groups, n, 1, w)
        self._scores = torch.empty(shared * self._step * n)
        self._mixed = torch.empty(groups, n, shared, w)
        self._joined = torch.empty(n, groups, shared, w)
        row = torch.arange(self._step).repeat_interleave(shared)[:, None]
        future = torch.arange(self._step)[None, :] > row
        self._mask = torch.zeros(future.shape).masked_fill_(future, float("-inf"))
        exponents = torch.arange(0, w, 2, dtype=torch.int64).float()
        angles = torch.outer(torch.arange(n).float(), 1.0 / theta ** (exponents / w))
        self._cos, self._sin = angles.cos()[:, None], angles.sin()[:, None]  # (n, 1, half)

    def embed(self, table: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return the rows `ids` of `table`: the residual stream, changed in place afterwards."""
        return torch.index_select(table, 0, ids, out=self._residual[: len(ids)])

    def normalise(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return x / sqrt(mean(x²) + ε) * weight."""
        h = self._normed[: len(x)]
        scale = torch.mul(x, x, out=h).mean(-1, keepdim=True).add_(self._epsilon).rsqrt_()
        return torch.mul(x, scale, out=h).mul_(weight)

    def project(self, name: str, h: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return ``h @ weight`` in the buffer of that name."""
        return torch.mm(h, weight, out=self._projected[name][: len(h)])

    def attend(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Return causal attention, heads side by side; `q` is (n, heads * w), `k`, `v` (n, …)."""
        n, sizes, shared = len(q), self._sizes, self._shared
        queries, keys = self._queries[:, :n], self._keys[:, :n]
        self._rotate(q.view(n, sizes.n_groups, shared, sizes.head_width), queries)
        self._rotate(k.view(n, sizes.n_groups, 1, sizes.head_width), keys)
        queries *= sizes.head_width**-0.5
        values = v.view(n, sizes.n_groups, sizes.head_width)
        for group in range(sizes.n_groups):
            q_rows = self._queries[group].view(-1, sizes.head_width)  # (n * shared, w)
            mixed = self._mixed[group].view(-1, sizes.head_width)
            k_columns, v_rows = keys[group, :, 0].T, values[:, group]
            for first in range(0, n, self._step):
                last = min(first + self._step, n)
                rows = slice(first * shared, last * shared)
                scores = self._scores[: (last - first) * shared * last].view(-1, last)
                torch.mm(q_rows[rows], k_columns[:, :last], out=scores)
                scores[:, first:] += self._mask[: len(scores), : last - first]
                torch.softmax(scores, -1, out=scores)
                torch.mm(scores, v_rows[:last], out=mixed[rows])
        joined = self._joined[:n].copy_(self._mixed[:, :n].transpose(0, 1))
        return joined.view(n, -1)

    def _rotate(self, x: torch.Tensor, out: torch.Tensor) -> None:
        """Turn each pair (i, i + half) by its position's angle; `out` has groups before tokens."""
        n = len(x)
        a, b = x.transpose(0, 1).split(self._half, -1)
        cos, sin = self._cos[:n], self._sin[:n]
        torch.mul(a, cos, out=out[..., : self._half]).addcmul_(b, sin, value=-1)
        torch.mul(b, cos, out=out[..., self._half :]).addcmul_(a, sin)
