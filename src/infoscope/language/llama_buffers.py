"""The work buffers of a llama-type trunk, and the steps that would otherwise allocate anew.

A fresh array of some megabytes is given back to the system at once and costs a page fault per 4 kB
when it is asked for again; over a window that was 3 to 5 percent of the time. Rows go through a
layer some hundreds at a time, so that a long window costs its residual stream and one layer's keys
and values, not one copy of everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

__all__ = ["LlamaBuffers", "LlamaSizes", "Tile", "chunks_of", "tiles_of"]

_ROWS = 192  # query rows attended together: few masked products, and the scores stay in cache
_CHUNK = 1024  # tokens that go through a layer together: fewer slow the products


@dataclass(frozen=True, slots=True)
class LlamaSizes:
    """Widths of the trunk: residual stream, feed-forward, heads, groups sharing keys, per head."""

    width: int
    inner: int
    n_heads: int
    n_groups: int
    head_width: int

    @property
    def shared(self) -> int:
        """Heads that share their keys."""
        return self.n_heads // self.n_groups

    @property
    def step(self) -> int:
        """Tokens attended together."""
        return max(1, _ROWS // self.shared)


class Tile(NamedTuple):
    """Rows first to last attend to keys key_first to last, the last of them under `mask`."""

    first: int
    last: int
    key_first: int
    mask: torch.Tensor  # ((last - first) * shared, last - first): 0, or -inf for what is hidden


def tiles_of(lengths: Sequence[int], sizes: LlamaSizes) -> list[Tile]:
    """Cover windows laid end to end; short ones share a tile, and its mask keeps them apart."""
    tiles: list[Tile] = []
    first = 0
    short: list[int] = []

    def flush() -> None:
        nonlocal first
        if short:
            owner = torch.repeat_interleave(torch.arange(len(short)), torch.tensor(short))
            tiles.append(Tile(first, first + len(owner), first, _mask(owner, sizes.shared)))
            first += len(owner)
            short.clear()

    for n in lengths:
        if sum(short) + n > sizes.step:
            flush()
        if n <= sizes.step:
            short.append(n)
            continue
        begin, end = first, first + n
        for first in range(begin, end, sizes.step):
            last = min(first + sizes.step, end)
            mask = _mask(torch.zeros(last - first), sizes.shared)
            tiles.append(Tile(first, last, begin, mask))
        first = end
    flush()
    return tiles


def chunks_of(tiles: Sequence[Tile]) -> Iterator[tuple[int, int, list[Tile]]]:
    """Yield (first row, last row, tiles) for stretches of up to about a thousand rows."""
    held: list[Tile] = []
    for tile in tiles:
        if held and tile.last - held[0].first > _CHUNK:
            yield held[0].first, held[-1].last, held
            held = []
        held.append(tile)
    yield held[0].first, held[-1].last, held


def _mask(owner: torch.Tensor, shared: int) -> torch.Tensor:
    """Hide the future, and what belongs to another owner, from each row."""
    place = torch.arange(len(owner))
    hidden = (place[None, :] > place[:, None]) | (owner[None, :] != owner[:, None])
    mask = torch.zeros(hidden.shape).masked_fill_(hidden, float("-inf"))
    return mask.repeat_interleave(shared, 0)


class LlamaBuffers:
    """Arrays for `n` rows, `chunk` at a time; what a method returns lives until its next call.

    Queries are kept as (group, token, head within the group, width), so that the heads that share
    keys are the rows of one matrix product.
    """

    def __init__(
        self, n: int, chunk: int, n_positions: int, sizes: LlamaSizes, theta: float, eps: float
    ) -> None:
        self.n, self.chunk, self.n_positions = n, chunk, n_positions
        self._sizes, self._eps = sizes, eps
        groups, shared, w = sizes.n_groups, sizes.shared, sizes.head_width
        self._half = w // 2
        self.residual = torch.empty(n, sizes.width)
        self.keys = torch.empty(groups, n, w)
        self.values = torch.empty(groups, n, w)
        self._normed = torch.empty(chunk, sizes.width)
        self._projected = {
            "query": torch.empty(chunk, sizes.n_heads * w),
            "key": torch.empty(chunk, groups * w),
            "value": torch.empty(chunk, groups * w),
            "gate": torch.empty(chunk, sizes.inner),
            "up": torch.empty(chunk, sizes.inner),
        }
        self._queries = torch.empty(groups, chunk, shared, w)
        self._scores = torch.empty(shared * sizes.step * n_positions)
        self._mixed = torch.empty(groups, chunk, shared, w)
        self._joined = torch.empty(chunk, groups, shared, w)
        exponents = torch.arange(0, w, 2, dtype=torch.int64).float()
        angles = torch.outer(torch.arange(n_positions).float(), 1.0 / theta ** (exponents / w))
        self._cos, self._sin = angles.cos()[:, None], angles.sin()[:, None]  # (n, 1, half)
        self._turn = self._turn_scaled = (self._cos, self._sin)

    def embed(self, table: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """Return the rows `ids` of `table`: the residual stream, changed in place afterwards."""
        return torch.index_select(table, 0, ids, out=self.residual[: len(ids)])

    def place(self, positions: torch.Tensor) -> None:
        """Set the position of each row of the window, for `rotate_queries` and `rotate_keys`."""
        self._turn = self._cos[positions], self._sin[positions]
        scale = self._sizes.head_width**-0.5
        self._turn_scaled = self._turn[0] * scale, self._turn[1] * scale

    def normalise(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return x / sqrt(mean(x²) + ε) * weight."""
        h = self._normed[: len(x)] if len(x) <= len(self._normed) else torch.empty_like(x)
        scale = torch.mul(x, x, out=h).mean(-1, keepdim=True).add_(self._eps).rsqrt_()
        return torch.mul(x, scale, out=h).mul_(weight)

    def project(self, name: str, h: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Return ``h @ weight`` in the buffer of that name."""
        return torch.mm(h, weight, out=self._projected[name][: len(h)])

    def rotate_queries(self, q: torch.Tensor, first: int) -> torch.Tensor:
        """Return the queries of rows from `first` on, turned and scaled: (groups, n, shared, w)."""
        sizes, out = self._sizes, self._queries[:, : len(q)]
        x = q.view(len(q), sizes.n_groups, sizes.shared, sizes.head_width)
        return self._rotate(x, self._turn_scaled, first, out)

    def rotate_keys(self, k: torch.Tensor, first: int, out: torch.Tensor) -> None:
        """Write the keys of rows from `first` on, turned, to `out` (groups, n, w)."""
        sizes = self._sizes
        x = k.view(len(k), sizes.n_groups, 1, sizes.head_width)
        self._rotate(x, self._turn, first, out[:, :, None])

    def attend(self, first: int, tiles: Sequence[Tile]) -> torch.Tensor:
        """Return attention of the chunk that begins at row `first`, heads side by side."""
        sizes, shared, w = self._sizes, self._sizes.shared, self._sizes.head_width
        n = tiles[-1].last - first
        for group in range(sizes.n_groups):
            q_rows = self._queries[group].view(-1, w)
            mixed = self._mixed[group].view(-1, w)
            keys, values = self.keys[group], self.values[group]
            for a, b, key_first, mask in tiles:
                rows = slice((a - first) * shared, (b - first) * shared)
                scores = self._scores[: (b - a) * shared * (b - key_first)].view(-1, b - key_first)
                torch.mm(q_rows[rows], keys[key_first:b].T, out=scores)
                scores[:, a - key_first :] += mask
                torch.softmax(scores, -1, out=scores)
                torch.mm(scores, values[key_first:b], out=mixed[rows])
        joined = self._joined[:n].copy_(self._mixed[:, :n].transpose(0, 1))
        return joined.view(n, -1)

    def _rotate(
        self, x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor], first: int,
        out: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Turn each pair (i, i + half) by its position's angle; `out` has groups before tokens."""
        rows = slice(first, first + len(x))
        a, b = x.transpose(0, 1).split(self._half, -1)
        cos, sin = turn[0][rows], turn[1][rows]
        torch.mul(a, cos, out=out[..., : self._half]).addcmul_(b, sin, value=-1)
        torch.mul(b, cos, out=out[..., self._half :]).addcmul_(a, sin)
        return out
