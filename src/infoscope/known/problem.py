"""`Task`: a joint distribution, a sampler of it, and its mutual information."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.resample import Rng, generator
from infoscope.core.showing import Shown

__all__ = ["Columns", "Floats", "Sampler", "SideKind", "Task", "transformed"]

Floats: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = NDArray[Any]
Sampler: TypeAlias = "Callable[[int, np.random.Generator], tuple[Columns, Columns]]"
SideKind: TypeAlias = Literal["continuous", "discrete", "mixed"]


@dataclass(frozen=True, kw_only=True)
class Task(Shown):
    """A pair of random variables whose mutual information is known.

    I(X;Y) = E log p(x, y) / (p(x) p(y))

    Parameters
    ----------
    name : str
        Unique in the catalogue; published tasks keep their published names.
    collection : str
        "published", "mixture", "new", "labels" or "chain": where it comes from.
    group : str
        Tasks of one sort, such as "student"; tables of errors have a row for each.
    dims : (int, int)
        Columns of x and of y.
    draw : callable
        (n, generator) -> x of shape (n, dims[0]) and y of shape (n, dims[1]); labels are integers
        of shape (n,).
    truth : callable
        () -> the mutual information in nats; called once, when it is first asked for.
    obtained : str
        How the truth is obtained: "closed form", or which quadrature.
    source : str
        Where the distribution comes from.
    kinds : (str, str)
        "continuous", "discrete" or "mixed" (a mixture of numbers and atoms), for x and y.
    independent_rows : bool
        False for the successive states of a chain.

    Raises
    ------
    InvalidArgument
        By `sample`, if `n` is not a positive whole number.

    Notes
    -----
    Whatever is drawn comes from the generator given to `sample`; None is seed 0.

    Source
    ------
    Each task names its own.

    Examples
    --------
    >>> from infoscope.known import find_task
    >>> task = find_task("1v1-normal-0.75")
    >>> round(task.mutual_information, 6)  # -log(1 - 0.75**2) / 2
    0.413339
    >>> x, y = task.sample(5, rng=1)
    >>> x.shape, y.shape
    ((5, 1), (5, 1))
    """

    name: str
    collection: str
    group: str
    dims: tuple[int, int]
    draw: Sampler
    truth: Callable[[], float]
    obtained: str
    source: str
    kinds: tuple[SideKind, SideKind] = ("continuous", "continuous")
    independent_rows: bool = True

    @cached_property
    def mutual_information(self) -> float:
        """I(X;Y) in nats."""
        return float(self.truth())

    def sample(self, n: int, rng: Rng = None) -> tuple[Columns, Columns]:
        """Return `n` rows of x and of y; equal seeds give equal rows."""
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise InvalidArgument(
                sentence("Task.sample", "n", "be a whole number of rows, at least 1", repr(n))
            )
        return self.draw(int(n), generator(rng))


def transformed(
    task: Task,
    prefix: str,
    map_x: Callable[[Floats], Floats] | None,
    map_y: Callable[[Floats], Floats] | None = None,
    **changes: Any,
) -> Task:
    """Return the task with a one-to-one map of each side: the information stays the same."""

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        x, y = task.draw(n, rng)
        return (x if map_x is None else map_x(x)), (y if map_y is None else map_y(y))

    words = "invariance under one-to-one maps"
    obtained = task.obtained if words in task.obtained else f"{task.obtained}, {words}"
    return replace(
        task,
        **{"name": f"{prefix}-{task.name}", "draw": draw, "obtained": obtained, **changes},
    )
