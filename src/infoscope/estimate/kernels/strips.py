"""Nearest neighbours and counts of numbers and of scalar pairs, by strips of equal counts in x.

The points are cut into strips of about sqrt(n k) points with neighbouring x, each ordered by y. A
point looks outward in y in its own strip, then in the strips beside it until their edge is farther
than its last neighbour. Points with equal x are never parted, so ties cost nothing. Every kernel
stands in this file, because numba's disk cache looks only at the file of the kernel that it loads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.compiling import compiled

__all__ = ["count_line", "label_counts", "nearest_line", "pair_counts"]

Floats = NDArray[np.float64]
Indices = NDArray[np.int32]


@compiled
def _index(values: Floats) -> Indices:
    """Return, for n + 1 equal parts of the range, the first place whose value lies in each."""
    n = values.size
    starts = np.empty(n + 1, np.int32)
    low, scale = values[0], _scale(values)
    part = 0
    for place in range(n):
        own = min(int((values[place] - low) * scale), n)
        while part <= own:
            starts[part] = place
            part += 1
    while part <= n:
        starts[part] = n
        part += 1
    return starts


@compiled
def _scale(values: Floats) -> float:
    """Return how many of the n parts of `_index` there are in a unit; 0 for a hopeless range."""
    width = values[values.size - 1] - values[0]
    scale = values.size / width if width > 0.0 else 0.0
    return scale if scale < np.inf else 0.0


@compiled
def _guess(values: Floats, starts: Indices, scale: float, target: float) -> int:
    """Return about the first place whose value is at least `target`."""
    n = values.size
    if target <= values[0]:
        return 0
    if target >= values[n - 1]:
        return n - 1
    return starts[min(int((target - values[0]) * scale), n)]


@compiled
def _up(values: Floats, rank: int, radius: float, guess: int) -> int:
    """Return how many places above `rank` are nearer than `radius`, galloping from a guess.

    Differences are compared, not sums: rounding is then the same as in the distance itself.
    """
    here = values[rank]
    limit = values.size - 1 - rank
    low, high = 0, limit + 1  # the answer is in [low, high)
    probe = min(max(guess, 1), limit)
    step = 1
    if probe > 0:
        if values[rank + probe] - here < radius:
            low = probe
            probe = low + step
            while probe <= limit and values[rank + probe] - here < radius:
                low = probe
                step += step
                probe = low + step
            high = min(probe, high)
        else:
            high = probe
            probe = high - step
            while probe > 0 and values[rank + probe] - here >= radius:
                high = probe
                step += step
                probe = high - step
            low = max(probe, low)
    while high - low > 1:
        middle = (low + high) >> 1
        if values[rank + middle] - here < radius:
            low = middle
        else:
            high = middle
    return low


@compiled
def _down(values: Floats, rank: int, radius: float, guess: int) -> int:
    """Return how many places below `rank` are nearer than `radius`, galloping from a guess."""
    here = values[rank]
    low, high = 0, rank + 1
    probe = min(max(guess, 1), rank)
    step = 1
    if probe > 0:
        if here - values[rank - probe] < radius:
            low = probe
            probe = low + step
            while probe <= rank and here - values[rank - probe] < radius:
                low = probe
                step += step
                probe = low + step
            high = min(probe, high)
        else:
            high = probe
            probe = high - step
            while probe > 0 and here - values[rank - probe] >= radius:
                high = probe
                step += step
                probe = high - step
            low = max(probe, low)
    while high - low > 1:
        middle = (low + high) >> 1
        if here - values[rank - middle] < radius:
            low = middle
        else:
            high = middle
    return low


@compiled
def _within(
    values: Floats, starts: Indices, scale: float, rank: int, radius: float, closed: bool
) -> int:
    """Return how many numbers, oneself included, are nearer than `radius`, or as near if closed."""
    if closed:  # d <= r is d < the next number after r
        radius = np.nextafter(radius, np.inf)
    here = values[rank]
    up = _up(values, rank, radius, _guess(values, starts, scale, here + radius) - rank)
    down = _down(values, rank, radius, rank - _guess(values, starts, scale, here - radius))
    return down + up + 1


@compiled
def _insert(near: Floats, dx: float, dy: float) -> None:
    """Put a neighbour's distance into the ascending list, whose last entry falls out.

    No step depends on a guess of the processor: a seventh of the whole kernel's time.
    """
    distance = dx if dx > dy else dy
    for j in range(near.size - 1, 0, -1):
        above = near[j - 1] if near[j - 1] > distance else distance
        near[j] = above if above < near[j] else near[j]
    near[0] = distance if distance < near[0] else near[0]


@compiled
def _insert_pair(near: Floats, near_x: Floats, near_y: Floats, dx: float, dy: float) -> None:
    """Do as `_insert`, and keep both margins' distances beside."""
    distance = dx if dx > dy else dy
    j = near.size - 1
    if distance < near[j]:
        while j > 0 and near[j - 1] > distance:
            near[j] = near[j - 1]
            near_x[j] = near_x[j - 1]
            near_y[j] = near_y[j - 1]
            j -= 1
        near[j] = distance
        near_x[j] = dx
        near_y[j] = dy


@compiled
def _cut(xs: Floats, size: int) -> tuple[NDArray[np.int64], Indices]:
    """Return the first rank of every strip (and n), and the strip of every rank."""
    n = xs.size
    edges = np.empty(n // size + 3, np.int64)
    strip_of = np.empty(n, np.int32)
    edges[0] = 0
    count = 0
    start = 0
    while start < n:
        stop = min(start + size, n)
        while stop < n and xs[stop] == xs[stop - 1]:
            stop += 1
        for rank in range(start, stop):
            strip_of[rank] = count
        count += 1
        edges[count] = stop
        start = stop
    return edges[: count + 1].copy(), strip_of


@compiled
def pair_counts(
    xs: Floats,
    ys: Floats,
    order_x: NDArray[np.int64],
    order_y: NDArray[np.int64],
    k: int,
    size: int,
    second: bool,
    radius: Floats,
    count_x: Indices,
    count_y: Indices,
    tied: NDArray[np.bool_],
) -> None:
    """Write, for each row, the distance to its k-th neighbour and how many share its margins.

    Parameters
    ----------
    xs, ys : float64 arrays of shape (n,)
        Both margins in ascending order.
    order_x, order_y : int64 arrays of shape (n,)
        The rows in these orders.
    k : int
        Neighbours, fewer than n.
    size : int
        Points in a strip.
    second : bool
        False: count points nearer than the k-th neighbour, oneself included (type 1). True: count
        the others as near in x as the farthest in x of the k neighbours, and so in y (type 2).
    radius, count_x, count_y, tied : arrays of shape (n,), written by row
        Where the (k+1)-th neighbour is as far as the k-th, or the k-th at distance 0, the row is
        tied, and its counts are of points at most that far, oneself included.
    """
    n = xs.size
    edges, strip_of = _cut(xs, size)
    n_strips = edges.size - 1
    rank_of = np.empty(n, np.int32)
    for rank in range(n):
        rank_of[order_x[rank]] = rank
    slot_x = np.empty(n, np.float64)
    slot_y = np.empty(n, np.float64)
    slot_rank_x = np.empty(n, np.int32)
    slot_rank_y = np.empty(n, np.int32)
    fill = edges[:n_strips].copy()
    for rank_y in range(n):  # one counting pass orders every strip by y
        rank_x = rank_of[order_y[rank_y]]
        slot = fill[strip_of[rank_x]]
        fill[strip_of[rank_x]] = slot + 1
        slot_x[slot] = xs[rank_x]
        slot_y[slot] = ys[rank_y]
        slot_rank_x[slot] = rank_x
        slot_rank_y[slot] = rank_y
    starts_x, scale_x = _index(xs), _scale(xs)
    starts_y, scale_y = _index(ys), _scale(ys)
    near = np.empty(k + 1, np.float64)
    near_x = np.empty(k + 1, np.float64)
    near_y = np.empty(k + 1, np.float64)
    cursor = np.empty(n_strips, np.int64)
    seen = np.full(n_strips, -1, np.int64)
    for strip in range(n_strips):
        first, last = edges[strip], edges[strip + 1]
        for slot in range(first, last):
            x, y = slot_x[slot], slot_y[slot]
            near[:] = np.inf
            farthest = np.inf
            up, down = slot + 1, slot - 1
            while True:
                rise = slot_y[up] - y if up < last else np.inf
                fall = y - slot_y[down] if down >= first else np.inf
                if rise >= farthest and fall >= farthest:
                    break
                if rise < farthest:
                    if second:
                        _insert_pair(near, near_x, near_y, abs(slot_x[up] - x), rise)
                    else:
                        _insert(near, abs(slot_x[up] - x), rise)
                    farthest = near[k]
                    up += 1
                if fall < farthest:
                    if second:
                        _insert_pair(near, near_x, near_y, abs(slot_x[down] - x), fall)
                    else:
                        _insert(near, abs(slot_x[down] - x), fall)
                    farthest = near[k]
                    down -= 1
            left, right = strip - 1, strip + 1
            gap_left = x - xs[edges[strip] - 1] if left >= 0 else np.inf
            gap_right = xs[edges[right]] - x if right < n_strips else np.inf
            while True:
                if gap_left <= gap_right:
                    gap, other = gap_left, left
                    if gap >= farthest:
                        break
                    left -= 1
                    gap_left = x - xs[edges[left + 1] - 1] if left >= 0 else np.inf
                else:
                    gap, other = gap_right, right
                    if gap >= farthest:
                        break
                    right += 1
                    gap_right = xs[edges[right]] - x if right < n_strips else np.inf
                start, stop = edges[other], edges[other + 1]
                if seen[other] != strip:
                    seen[other] = strip
                    cursor[other] = start
                here = cursor[other]  # the first slot of the other strip with y at least ours
                for _ in range(4):
                    if here < stop and slot_y[here] < y:
                        here += 1
                if here < stop and slot_y[here] < y:
                    low, high = here, stop
                    while high - low > 1:
                        middle = (low + high) >> 1
                        if slot_y[middle] < y:
                            low = middle
                        else:
                            high = middle
                    here = high
                cursor[other] = here
                place = here
                while place < stop and gap < farthest:
                    rise = slot_y[place] - y
                    if rise >= farthest:
                        break
                    if second:
                        _insert_pair(near, near_x, near_y, abs(slot_x[place] - x), rise)
                    else:
                        _insert(near, abs(slot_x[place] - x), rise)
                    farthest = near[k]
                    place += 1
                place = here - 1
                while place >= start and gap < farthest:
                    fall = y - slot_y[place]
                    if fall >= farthest:
                        break
                    if second:
                        _insert_pair(near, near_x, near_y, abs(slot_x[place] - x), fall)
                    else:
                        _insert(near, abs(slot_x[place] - x), fall)
                    farthest = near[k]
                    place -= 1
            reach = near[k - 1]
            is_tied = near[k] == reach or reach == 0.0
            reach_x = reach_y = reach
            if second and not is_tied:
                reach_x = reach_y = 0.0
                for j in range(k):
                    reach_x = max(reach_x, near_x[j])
                    reach_y = max(reach_y, near_y[j])
            closed = second or is_tied
            rank_x, rank_y = slot_rank_x[slot], slot_rank_y[slot]
            n_x = _within(xs, starts_x, scale_x, rank_x, reach_x, closed)
            n_y = _within(ys, starts_y, scale_y, rank_y, reach_y, closed)
            left_out = 1 if second and not is_tied else 0
            row = order_y[rank_y]
            radius[row] = reach
            count_x[row] = n_x - left_out
            count_y[row] = n_y - left_out
            tied[row] = is_tied


@compiled
def nearest_line(values: Floats, edges: NDArray[np.int64], distances: Floats) -> None:
    """Write the distances (n, k) of the nearest other numbers of the group, ascending.

    `values` ascend within each group ``edges[g]:edges[g + 1]``; inf where the group is too small.
    """
    k = distances.shape[1]
    for group in range(edges.size - 1):
        start, stop = edges[group], edges[group + 1]
        for here in range(start, stop):
            down, up = here - 1, here + 1
            for j in range(k):
                fall = values[here] - values[down] if down >= start else np.inf
                rise = values[up] - values[here] if up < stop else np.inf
                if fall <= rise:
                    distances[here, j] = fall
                    down -= 1
                else:
                    distances[here, j] = rise
                    up += 1


@compiled
def count_line(
    values: Floats,
    edges: NDArray[np.int64],
    radius: Floats,
    closed: NDArray[np.bool_],
    counts: NDArray[np.int64],
) -> None:
    """Write how many numbers of the group are nearer than the radius, or as near where `closed`.

    The number itself is counted, but for an open radius of 0.
    """
    for group in range(edges.size - 1):
        start, stop = edges[group], edges[group + 1]
        if start == stop:
            continue
        part = values[start:stop]
        starts, scale = _index(part), _scale(part)
        for rank in range(stop - start):
            reach = float(radius[start + rank])
            shut = bool(closed[start + rank])
            if reach == 0.0 and not shut:
                counts[start + rank] = 0
                continue
            counts[start + rank] = _within(part, starts, scale, rank, reach, shut)


@compiled
def label_counts(
    values: Floats,
    order: NDArray[np.int64],
    codes: NDArray[np.int64],
    edges: NDArray[np.int64],
    k: int,
    radius: Floats,
    first: Indices,
    count: Indices,
    tied: NDArray[np.bool_],
) -> None:
    """Write, for each row, the distance to its k-th neighbour with the same label, and two counts.

    `values` ascend, `order` has their rows, and ``edges[g]:edges[g + 1]`` is room for label g. By
    row: `first` is k (fewer where the label is rare), or the rows of the label up to a tie; `count`
    is how many rows of any label are nearer, or as near where `tied`; both with oneself.
    """
    n = values.size
    starts, scale = _index(values), _scale(values)
    ranks = np.empty(n, np.int32)
    part = np.empty(n, np.float64)
    fill = edges[:-1].copy()
    for rank in range(n):
        place = fill[codes[order[rank]]]
        fill[codes[order[rank]]] = place + 1
        ranks[place] = rank
        part[place] = values[rank]
    for group in range(edges.size - 1):
        start, stop = edges[group], edges[group + 1]
        reached = min(k, stop - start - 1)
        line = part[start:stop]
        for here in range(stop - start):
            rank = int(ranks[start + here])
            row = order[rank]
            if reached == 0:
                radius[row], first[row], count[row], tied[row] = np.inf, 1, n, True
                continue
            down, up = here - 1, here + 1
            reach = beyond = np.inf
            for j in range(reached + 1):
                fall = line[here] - line[down] if down >= 0 else np.inf
                rise = line[up] - line[here] if up < line.size else np.inf
                if fall <= rise:
                    beyond = fall
                    down -= 1
                else:
                    beyond = rise
                    up += 1
                if j == reached - 1:
                    reach = beyond
            is_tied = reach == 0.0 or beyond == reach
            if is_tied:
                shut = np.nextafter(reach, np.inf)
                first[row] = _up(line, here, shut, k) + _down(line, here, shut, k) + 1
            else:
                first[row] = reached
            radius[row] = reach
            tied[row] = is_tied
            count[row] = _within(values, starts, scale, rank, reach, is_tied)
