"""Work for several threads, whose results come back in the order of the items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng

__all__ = ["check_threads", "in_order", "one_at_a_time"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def check_threads(threads: object, function: str) -> int:
    """Return the number of threads, or raise unless it is a whole number from 1 on."""
    if isinstance(threads, int) and not isinstance(threads, bool) and threads >= 1:
        return threads
    need = "be a whole number of threads, at least 1"
    raise InvalidArgument(sentence(function, "threads", need, repr(threads)))


def one_at_a_time(rng: Rng, threads: int) -> int:
    """Return 1 for a shared generator, whose draws must come in order, else `threads`."""
    return 1 if isinstance(rng, np.random.Generator) else threads


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield ``work(item)`` for each item, at most 4 * `threads` items ahead of who reads.

    Compiled kernels and NumPy let go of the interpreter, so that threads do run at once.

    >>> list(in_order(abs, [-1, 2, -3], threads=2))
    [1, 2, 3]
    """
    if threads == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 4 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
