"""Local (conditional) mutual information from neighbours, for any mix of numbers and labels.

One formula serves continuous, discrete and mixed rows. With a ball that reaches to the k-th
neighbour in the joint space, and counts c of the rows nearer than that in each marginal space (the
row itself included), a row's information is

    psi(k) - psi(c_xz) - psi(c_yz) + psi(c_z)          (Kraskov et al., Frenzel & Pompe)

Where the (k+1)-th neighbour is as far as the k-th, or the k-th at distance 0, the ball ends on a
tie (equal rows, a lattice): then all rows in the closed ball are counted, the row itself included,
in all four spaces:

    psi(c_xyz) - psi(c_xz) - psi(c_yz) + psi(c_z)

For labels alone that is the plug-in value with Miller and Madow's correction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.estimate.kernels import space as spaces
from infoscope.estimate.kernels.marginals import (
    MARGINALS,
    TIES,
    Block,
    blocks_of,
    checked_choice,
    checked_k,
)
from infoscope.estimate.kernels.scores import digamma_of
from infoscope.estimate.kernels.space import Space
from infoscope.estimate.method import Raw, Value
from infoscope.estimate.special import digamma
from infoscope.estimate.variables import Variable, encode_rows

__all__ = ["Local", "local_information", "neighbour_information"]

Floats = NDArray[np.float64]

_LOOKED_AT = 2_000_000  # pairs of rows; beyond, a tree is cheaper


@dataclass(frozen=True, slots=True)
class Local:
    """Local values by row (nats), how far each row looked, and how many rows had special treatment.

    Parameters
    ----------
    values, radius : float64 arrays of shape (n,)
    n_tied : int
        Rows whose ball ends on a tie.
    n_alone : int
        Rows that share their labels with no other row: only their labels speak.
    """

    values: Floats
    radius: Floats
    n_tied: int
    n_alone: int


def neighbour_information(
    *variables: Variable,
    k: Value,
    marginals: Value = "scores",
    ties: Value = "auto",
    second: bool = False,
    function: str = "mutual_information",
) -> Raw:
    """Return I(x; y) or I(x; y | z) of two or three variables from their nearest neighbours.

    Where equal numbers had to be given an order, the mean over both orders of x and y is taken, so
    that the two play the same part, and equal rows have equal local values.
    """
    n = variables[0].n
    neighbours = checked_k(k, n, function)
    scale = checked_choice(marginals, MARGINALS, function, "marginals")
    treatment = checked_choice(ties, TIES, function, "ties")
    blocks, canonical = blocks_of(variables, marginals=scale, ties=treatment, k=neighbours)
    local = local_information(*blocks, k=neighbours, second=second)
    values = local.values
    notes: list[str] = []
    if canonical is not None:
        swapped = (variables[1], variables[0], *variables[2:])
        blocks, _ = blocks_of(swapped, marginals=scale, ties=treatment, k=neighbours)
        other = local_information(*blocks, k=neighbours, second=second)
        values = _shared_by_equals((values + other.values) / 2.0, variables, canonical)
        notes.append(
            "Numbers that a few rows share were taken as rounded, and ranked among themselves in "
            "a fixed order; ties='atoms' counts equal numbers as equal."
        )
    if local.n_alone:
        notes.append(
            f"{local.n_alone} of {n} rows share their labels with no other row: their numbers say "
            "nothing."
        )
    return Raw(
        nats=float(values.mean()),
        per_sample=values,
        diagnostics={"tied": float(local.n_tied)} if local.n_tied else {},
        notes=tuple(notes),
    )


def _shared_by_equals(
    values: Floats, variables: tuple[Variable, ...], canonical: NDArray[np.intp]
) -> Floats:
    """Return the local values with the mean of equal rows for each of them."""
    same = np.ones(values.size - 1, dtype=np.bool_)
    for variable in variables:
        columns = [*variable.values.T, *([] if variable.codes is None else [variable.codes])]
        for column in columns:
            same &= column[canonical[1:]] == column[canonical[:-1]]
    group = np.concatenate([[0], np.cumsum(~same)])
    means = np.bincount(group, weights=values[canonical]) / np.bincount(group)
    shared = np.empty_like(values)
    shared[canonical] = means[group]
    return shared


def local_information(
    x: Block, y: Block, z: Block | None = None, *, k: int, second: bool = False
) -> Local:
    """Return the local values of I(x; y), or of I(x; y | z), from `k` neighbours.

    `second` counts in the smallest box around the k neighbours instead of the cube (type 2 of
    Kraskov et al.); only without labels.
    """
    if z is None and x.is_line and y.is_line and spaces.FAST:
        return _pair(x, y, k, second)
    if z is None and spaces.FAST and x.is_label and y.is_line:
        return _label_and_line(x, y, k)
    if z is None and spaces.FAST and y.is_label and x.is_line:
        return _label_and_line(y, x, k)
    joint = _space(x, y, z)
    distances, near = joint.nearest(k + 1)
    reached = np.minimum(k, joint.members - 1)  # fewer where labels are rare
    rows = np.arange(joint.n, dtype=np.int64)
    alone = reached == 0
    radius = np.where(alone, math.inf, distances[rows, np.maximum(reached, 1) - 1])
    tied: NDArray[np.bool_] = alone | (radius == 0.0) | (distances[rows, reached] == radius)
    parts = (x, y)
    if second:
        counts = [_box_counts(near, _space(part), part.values, radius, tied, k) for part in parts]
    else:
        counts = [_space(part, z).count(radius, tied) for part in parts]
    local = _first_term(joint, reached, radius, tied)
    if second:
        local[~tied] -= 1.0 / k
    for count in counts:
        local -= digamma_of(count)
    if z is None:
        local += float(digamma(joint.n))
    else:
        local += digamma_of(_space(z).count(radius, tied))
    return Local(local, radius, int(tied.sum()), int(alone.sum()))


def _pair(x: Block, y: Block, k: int, second: bool) -> Local:
    """Return the local values of two columns, by strips."""
    from infoscope.estimate.kernels.strips import pair_counts

    n = x.values.shape[0]
    radius, tied = np.empty(n), np.empty(n, dtype=np.bool_)
    count_x, count_y = np.empty(n, np.int32), np.empty(n, np.int32)
    pair_counts(
        x.ascending[0], y.ascending[0],
        x.orders[0].astype(np.int64), y.orders[0].astype(np.int64),
        k, _strip_size(n, k), second, radius, count_x, count_y, tied,
    )  # fmt: skip
    n_tied = int(np.count_nonzero(tied))
    local = np.full(n, float(digamma(k)) - (1.0 / k if second else 0.0))
    if n_tied:
        some = np.flatnonzero(tied)
        local[some] = digamma_of(_closed_pair_counts(x, y, some, radius[some]))
    local -= digamma_of(count_x)
    local -= digamma_of(count_y)
    local += float(digamma(n))
    return Local(local, radius, n_tied, 0)


def _closed_pair_counts(
    x: Block, y: Block, some: NDArray[np.intp], radius: Floats
) -> NDArray[np.int64]:
    """Return how many rows lie within `radius` of the rows `some`, themselves included."""
    n = x.values.shape[0]
    if some.size * n > _LOOKED_AT:
        closed = np.ones(some.size, dtype=np.bool_)
        return _space(x, y, None).count_at(some, radius, closed)
    counts = np.empty(some.size, np.int64)
    first, second = x.values[:, 0], y.values[:, 0]
    for j, (row, reach) in enumerate(zip(some, radius, strict=True)):
        near = np.abs(first - first[row]) <= reach
        near &= np.abs(second - second[row]) <= reach
        counts[j] = np.count_nonzero(near)
    return counts


def _label_and_line(label: Block, line: Block, k: int) -> Local:
    """Return the local values of labels and one column, by sorting within each label."""
    from infoscope.estimate.kernels.strips import label_counts

    codes = label.codes
    assert codes is not None
    n = codes.size
    sizes = np.bincount(codes)
    edges = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    radius, tied = np.empty(n), np.empty(n, dtype=np.bool_)
    first, count = np.empty(n, np.int32), np.empty(n, np.int32)
    label_counts(
        line.ascending[0], line.orders[0].astype(np.int64), codes.copy(), edges,
        k, radius, first, count, tied,
    )  # fmt: skip
    local = digamma_of(first) - digamma_of(count) + float(digamma(n))
    local -= digamma_of(np.maximum(sizes, 1))[codes]
    return Local(local, radius, int(np.count_nonzero(tied)), int(np.count_nonzero(sizes == 1)))


def _strip_size(n: int, k: int) -> int:
    """Return how many points a strip holds: sqrt(n k) makes it as wide as two balls."""
    return max(int((n * k) ** 0.5), 8)


def _first_term(
    joint: Space, reached: NDArray[np.int64], radius: Floats, tied: NDArray[np.bool_]
) -> Floats:
    """Return psi of the rows in the joint ball: k, or all up to the tie."""
    counts = np.maximum(reached, 1)
    some = np.flatnonzero(tied)
    if some.size:
        counts[some] = joint.count_at(some, radius[some], np.ones(some.size, dtype=np.bool_))
    return digamma_of(counts)


def _box_counts(
    near: NDArray[np.int64] | None,
    space: Space,
    values: Floats,
    radius: Floats,
    tied: NDArray[np.bool_],
    k: int,
) -> NDArray[np.int64]:
    """Return the others as near in one marginal space as the farthest of the k neighbours there."""
    assert near is not None
    reach = np.zeros(space.n)
    for j in range(k):
        np.maximum(reach, np.abs(values[near[:, j]] - values).max(axis=1), out=reach)
    reach[tied] = radius[tied]
    closed = np.full(space.n, True)
    return space.count(reach, closed) - ~tied


def _space(*blocks: Block | None) -> Space:
    """Return the space of some arguments side by side."""
    given = [block for block in blocks if block is not None]
    columns = [block.values for block in given]
    labels = [block.codes for block in given if block.codes is not None]
    values = columns[0] if len(columns) == 1 else np.hstack(columns)
    codes = encode_rows(labels)[0] if labels else None
    orders = [order for block in given for order in block.orders]
    return Space(values, codes, orders[0] if len(orders) == 1 else None)
