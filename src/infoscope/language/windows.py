"""Cut a token sequence into the windows that a model sees: which tokens go in, which are scored.

The rule "disjoint" is that of lm-evaluation-harness, so that its numbers can be compared: the first
window is the prefix and the text, each later window starts with the last token of the one before,
the last window is filled to full length from the left, and each token is scored exactly once. The
rule "strided" moves on by fewer tokens than the model sees, so that each has more of its past. The
rule "full" is one growing context up to the model's limit, and beyond it windows that move on by
half the limit, so that no token has less than that before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Window", "strided_windows"]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Tokens that go into the model, and the stretch of the text that its last rows predict."""

    inputs: NDArray[np.int64]  # (n,), n at most the context
    first: int
    last: int

    @property
    def start(self) -> int:
        """First input position whose prediction counts."""
        return len(self.inputs) - (self.last - self.first)


def strided_windows(
    ids: NDArray[np.int64], prefix: int, context: int, stride: int, *, prefix_always: bool = False
) -> Iterator[Window]:
    """Yield windows that score `stride` tokens each, after context - stride tokens read again.

    The first window scores as many tokens as it can hold; `stride` = `context` is the disjoint
    rule, `stride` = 1 gives every token the longest past that the model takes.

    Parameters
    ----------
    ids : ndarray of int64, shape (n,)
        The text's tokens, at least one.
    prefix : int
        Token put before the first one, in the first window only.
    context : int
        Most tokens in one window, at least 2.
    stride : int
        Tokens scored in each later window, 1 to `context`.
    prefix_always : bool
        Begin every window with the prefix, in the place of the earliest token that it would read.

    Yields
    ------
    Window
        Together the windows' targets are 0, 1, ..., n - 1, each once.

    Source
    ------
    lm-evaluation-harness 0.4, ``get_rolling_token_windows`` with
    ``context_len = context - stride + 1``.

    Examples
    --------
    >>> [(w.inputs.tolist(), w.first, w.last)  # disjoint
    ...  for w in strided_windows(np.arange(10, 17), prefix=1, context=4, stride=4)]
    [([1, 10, 11, 12], 0, 4), ([12, 13, 14, 15], 4, 7)]
    >>> [(w.inputs.tolist(), w.first, w.last)
    ...  for w in strided_windows(np.arange(10, 17), prefix=1, context=4, stride=2)]
    [([1, 10, 11, 12], 0, 4), ([11, 12, 13, 14], 4, 6), ([12, 13, 14, 15], 6, 7)]
    """
    n = len(ids)
    last = min(context, n)
    yield Window(np.concatenate([[prefix], ids[: last - 1]]).astype(np.int64), 0, last)
    while last < n:
        first, last = last, min(last + stride, n)
        inputs = ids[last - context - 1 : last - 1]
        if prefix_always:
            inputs = np.concatenate([[prefix], inputs[1:]]).astype(np.int64)
        yield Window(inputs, first, last)
