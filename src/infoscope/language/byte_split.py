"""Split a token's surprisal over its bytes by the probability of all tokens that begin alike.

The bytes of a token arrive one after the other: after the first j of them, every token that begins
with those is still possible. The mass of those tokens, from one row of the model, says what each
byte costs; the costs of a token's bytes add up to what the token costs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

__all__ = ["ByteSplitter", "bytes_of_span"]

_FAINT = 1e-30  # float32 numbers below are near the end of their range: sum again in float64


class ByteSplitter:
    """The vocabulary in the order of its spellings, and the split of one row at a time.

    Parameters
    ----------
    spell : callable
        The bytes of a token id; empty for ids that stand for nothing.
    n_vocabulary : int
        Number of ids.
    control : collection of int
        Ids that never stand for text, although they have a name.
    """

    def __init__(
        self, spell: Callable[[int], bytes], n_vocabulary: int, control: Collection[int] = ()
    ) -> None:
        pairs = [(spell(i), i) for i in range(n_vocabulary) if i not in control]
        pairs = sorted((spelling, i) for spelling, i in pairs if spelling)
        self._spellings = [spelling for spelling, _ in pairs]
        self._order = np.array([i for _, i in pairs], np.int64)
        self._place = {i: k for k, (_, i) in enumerate(pairs)}
        self._known: dict[int, list[tuple[int, int]]] = {}

    def ranges(self, token: int) -> list[tuple[int, int]]:
        """Return, for each proper beginning of the token, longest first, its stretch of the order.

        The first entry is the token itself.
        """
        found = self._known.get(token)
        if found is None:
            place = self._place[token]
            spelling = self._spellings[place]
            found = [(place, place + 1)]
            for n in range(len(spelling) - 1, 0, -1):
                head = spelling[:n]
                first = bisect_left(self._spellings, head)
                after = _successor(head)
                last = len(self._order) if after is None else bisect_left(self._spellings, after)
                found.append((first, last))
            self._known[token] = found
        return found

    def split(
        self, weights: NDArray[np.floating], total: float, token: int, surprisal: float,
        logits: NDArray[np.floating],
    ) -> NDArray[np.float64]:  # fmt: skip
        """Return the surprisal of each byte of `token`: nats, their sum is `surprisal`.

        Parameters
        ----------
        weights : ndarray, shape (vocabulary,)
            exp(logits).
        total : float
            Sum of the weights.
        token : int
            The token that came.
        surprisal : float
            -ln(weights[token] / total).
        logits : ndarray, shape (vocabulary,)
            At most 0; used where the weights are too faint.
        """
        if token not in self._place:
            return np.array([surprisal])
        ranges = self.ranges(token)
        if len(ranges) == 1:
            return np.array([surprisal])
        own = float(weights[token])
        faint = own < _FAINT
        if not faint:
            costs = surprisal - np.log(self._masses(weights, own, ranges) / own)
        elif logits[token] > -np.inf:
            costs = surprisal - (self._log_masses(logits, token, ranges) - float(logits[token]))
        else:  # the token is impossible; its first bytes need not be
            costs = float(np.log(total)) - self._log_masses(logits, token, ranges)
        costs[-1] = surprisal
        return _differences(costs)

    def _masses(
        self, weights: NDArray[np.floating], own: float, ranges: list[tuple[int, int]]
    ) -> NDArray[np.float64]:
        """Return the weight of all that begins with the first byte, the first two, ..., all."""
        masses, (low, high), order = [own], ranges[0], self._order
        for first, last in ranges[1:]:
            more = weights[order[first:low]].sum(dtype=np.float64)
            more += weights[order[high:last]].sum(dtype=np.float64)
            masses.append(masses[-1] + float(more))
            low, high = first, last
        return np.array(masses[::-1])

    def _log_masses(
        self, logits: NDArray[np.floating], token: int, ranges: list[tuple[int, int]]
    ) -> NDArray[np.float64]:
        """Return the logarithms of the same, however small."""
        masses, (low, high), order = [np.float64(logits[token])], ranges[0], self._order
        for first, last in ranges[1:]:
            more = np.concatenate([order[first:low], order[high:last]])
            masses.append(np.logaddexp.reduce([masses[-1], *logits[more].astype(np.float64)]))
            low, high = first, last
        return np.array(masses[::-1])


def _differences(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each byte adds; after the first infinity nothing is added."""
    before = np.concatenate([[0.0], costs[:-1]])
    there = np.isfinite(before)
    return np.where(there, costs - np.where(there, before, 0.0), 0.0)


def bytes_of_span(costs: NDArray[np.float64], n_bytes: int) -> NDArray[np.float64]:
    """Fit the costs of a spelling to the bytes that its token covers in the text.

    A SentencePiece token may spell a space that the text does not have: the first byte pays for it.
    A token whose span is shorter in another way (an escape) pays all at its first byte.

    >>> bytes_of_span(np.array([1.0, 2.0, 4.0]), 2)
    array([3., 4.])
    """
    if len(costs) == n_bytes or n_bytes == 0:
        return costs if n_bytes else np.array([costs.sum()])
    if len(costs) < n_bytes:
        return np.concatenate([[costs.sum()], np.zeros(n_bytes - 1)])
    extra = len(costs) - n_bytes
    return np.concatenate([[costs[: extra + 1].sum()], costs[extra + 1 :]])


def _successor(head: bytes) -> bytes | None:
    """Return the smallest string above all that begin with `head`; None if there is none."""
    trimmed = head.rstrip(b"\xff")
    return trimmed[:-1] + bytes([trimmed[-1] + 1]) if trimmed else None
