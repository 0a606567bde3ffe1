"""Decision trees for the lab: every split by information gain or gain ratio, nothing hidden.

Numbers are split in two at the middle between neighbouring values, like scikit-learn's trees with
the entropy criterion; names are split into all their levels at once, like Quinlan's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InvalidArgument, UnknownName, sentence
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit
from infoscope.measures import entropy, gain_ratio, information_gain
from infoscope.tables.arguments import check_columns
from infoscope.tables.drift_columns import read_column
from infoscope.tables.reading import NULL_MARKERS, Levels
from infoscope.tables.sources import open_source

__all__ = ["DecisionTree", "Split", "TreeNode", "best_splits", "grow_tree"]

Criterion = Literal["gain", "gain_ratio"]

_SAME = 1e-7  # neighbours closer than this are one value, as in scikit-learn
_TIE = 1e-12  # gains closer than this are equal: the first column wins


@dataclass(frozen=True, slots=True)
class Split(Shown):
    """The best way to split the rows by one column.

    Parameters
    ----------
    column : str
        Its name.
    threshold : float or None
        Rows with at most this value go left; None for a column of names.
    labels : tuple of str
        What leads to each child.
    children : tuple of tuple of int
        Class counts of each child.
    gain : float
        Information gain in `unit`: entropy of the classes less their mean entropy in the children.
    ratio : float
        Gain over the entropy of the split itself, without unit; 0 if that entropy is 0.
    unit : str
        "nats", "bits" or "bans".
    """

    column: str
    threshold: float | None
    labels: tuple[str, ...]
    children: tuple[tuple[int, ...], ...]
    gain: float
    ratio: float
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "column": self.column, "threshold": self.threshold, "labels": list(self.labels),
            "children": [list(counts) for counts in self.children], "gain": self.gain,
            "ratio": self.ratio, "unit": self.unit,
        }  # fmt: skip

    def __str__(self) -> str:
        shown = self.labels if len(self.labels) <= 5 else (*self.labels[:4], "…")
        return (
            f"{self.column} {' | '.join(shown)}: "
            f"gain {self.gain:.3f} {self.unit}, gain ratio {self.ratio:.3f}"
        )


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node: how many rows of each class it holds, and how it is split, if it is."""

    counts: tuple[int, ...]
    split: Split | None = None
    children: tuple[TreeNode, ...] = ()

    @property
    def n(self) -> int:
        """Rows in the node."""
        return sum(self.counts)

    def leaves(self) -> list[TreeNode]:
        """Return the nodes without children, from left to right."""
        if not self.children:
            return [self]
        return [leaf for child in self.children for leaf in child.leaves()]

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "counts": list(self.counts),
            "split": None if self.split is None else self.split.to_dict(),
            "children": [child.to_dict() for child in self.children],
        }


@dataclass(frozen=True, eq=False)
class DecisionTree(Shown):
    """A tree grown by `grow_tree`; ``print(tree)`` shows it.

    Parameters
    ----------
    target : str
        The column it tells.
    classes : tuple of str
        Values of the target, in the order of all counts.
    root : TreeNode
        All rows.
    unit : str
        Unit of the gains.
    """

    target: str
    classes: tuple[str, ...]
    root: TreeNode
    unit: str

    @property
    def information(self) -> float:
        """What the leaves tell about the target: the sum of all gains, weighted by rows."""

        def below(node: TreeNode) -> float:
            own = node.n / self.root.n * node.split.gain if node.split else 0.0
            return own + sum(below(child) for child in node.children)

        return below(self.root)

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "target": self.target, "classes": list(self.classes), "unit": self.unit,
            "information": self.information, "root": self.root.to_dict(),
        }  # fmt: skip

    def __str__(self) -> str:
        lines: list[str] = []

        def draw(node: TreeNode, lead: str, label: str) -> None:
            best = self.classes[int(np.argmax(node.counts))]
            share = max(node.counts) / node.n
            text = f"{label}{best} {100 * share:.0f}% of {node.n:,}"
            if node.split is not None:
                text += f"   [{node.split.column}: {node.split.gain:.3f} {self.unit}]"
            lines.append(lead + text)
            if node.split is None:
                return
            inner = lead.replace("├─ ", "│  ").replace("└─ ", "   ")
            for i, child in enumerate(node.children):
                branch = "└─ " if i == len(node.children) - 1 else "├─ "
                draw(child, inner + branch, f"{node.split.column} {node.split.labels[i]}: ")

        draw(self.root, "", "")
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Columns:
    """Columns as read: numbers with NaN for null, or codes with 0 for null and their labels."""

    names: list[str]
    values: list[NDArray[Any]]
    labels: list[tuple[str, ...] | None]
    target: str
    classes: tuple[str, ...]
    y: NDArray[np.int64]


def best_splits(
    source: str | Path | Any,
    target: str,
    *,
    criterion: Criterion = "gain",
    kinds: Mapping[str, str] | None = None,
    min_leaf: int = 1,
    unit: Unit = "bits",
    **reading: Any,
) -> tuple[Split, ...]:
    """Return the best split of every column, best first.

    gain = H(Y) - sum over children n_c/n H(Y | child);  ratio = gain / H(child)

    Parameters
    ----------
    source : path, data frame, Arrow table or dict of columns
        As `scan` takes it.
    target : str
        The column of classes; numbers are classes too.
    criterion : {"gain", "gain_ratio"}
        What "best" means, also for the threshold of a numeric column.
    kinds : mapping of column name to kind, optional
        "categorical" treats numbers as names; "identifier" and "text" leave a column out.
    min_leaf : int
        Fewest rows in a child of a numeric split.
    unit : {"nats", "bits", "bans"}
        Unit of the gains.
    **reading
        delimiter, header, names, encoding as `scan` takes them.

    Returns
    -------
    tuple of Split
        Columns that cannot be split are left out.

    Raises
    ------
    UnknownName
        If `target` or `criterion` is none.
    DataError
        If the source cannot be read, or the target has fewer than two classes.

    Notes
    -----
    Gains are plug-in values: they favour columns of many levels and grow with every split tried.
    `select` corrects for that; here the raw numbers are the point. Rows in which the column is null
    are left out, and the gain is scaled by the share of the others (Quinlan 1993). Cost: a sort of
    each numeric column.

    Source
    ------
    Quinlan (1986), Machine Learning 1 (information gain and gain ratio).

    Examples
    --------
    >>> table = {"wind": [1, 2, 8, 9], "sky": list("bgbg"), "sail": ["no", "no", "yes", "yes"]}
    >>> [(s.column, s.threshold, s.gain) for s in best_splits(table, "sail")]
    [('wind', 5.0, 1.0), ('sky', None, 0.0)]
    """
    _check(criterion, min_leaf, "best_splits")
    check_unit(unit, "best_splits")
    columns = _read(source, target, kinds, "best_splits", reading)
    rows = np.arange(columns.y.size)
    found = [
        split for c in range(len(columns.names))
        if (split := _split_of(columns, c, rows, criterion, min_leaf, unit)) is not None
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda s: -_worth(s, criterion)))


def grow_tree(
    source: str | Path | Any,
    target: str,
    *,
    max_depth: int = 3,
    criterion: Criterion = "gain",
    kinds: Mapping[str, str] | None = None,
    min_leaf: int = 1,
    unit: Unit = "bits",
    **reading: Any,
) -> DecisionTree:
    """Grow a decision tree by splitting each node at its best split, down to `max_depth`.

    sum over nodes n_node/n gain(node) = H(Y) - H(Y | leaf)

    Parameters
    ----------
    source, target, criterion, kinds, min_leaf, unit, **reading
        As `best_splits` takes them.
    max_depth : int
        Splits from the root to a leaf, at most.

    Returns
    -------
    DecisionTree
        ``print`` shows it. A node stays whole if it is pure or no split gains anything; rows that
        are null in the column of a split go to its largest child.

    Raises
    ------
    InvalidArgument
        If `max_depth` or `min_leaf` is below 1, besides what `best_splits` raises.

    Notes
    -----
    A tree to look at: no pruning, no surrogate splits. For predictions use scikit-learn.

    Source
    ------
    Quinlan (1986), Machine Learning 1; Breiman, Friedman, Olshen & Stone (1984).

    Examples
    --------
    >>> table = {"wind": [1, 2, 8, 9], "sky": list("bgbg"), "sail": ["no", "no", "yes", "yes"]}
    >>> print(grow_tree(table, "sail"))
    no 50% of 4   [wind: 1.000 bits]
    ├─ wind ≤ 5: no 100% of 2
    └─ wind > 5: yes 100% of 2
    """
    _check(criterion, min_leaf, "grow_tree")
    check_unit(unit, "grow_tree")
    if isinstance(max_depth, bool) or not isinstance(max_depth, (int, np.integer)) or max_depth < 1:
        raise InvalidArgument(sentence("grow_tree", "max_depth", "be at least 1", repr(max_depth)))
    columns = _read(source, target, kinds, "grow_tree", reading)

    def grow(rows: NDArray[np.int64], depth: int) -> TreeNode:
        counts = np.bincount(columns.y[rows], minlength=len(columns.classes))
        node = tuple(counts.tolist())
        if depth == 0 or (counts > 0).sum() < 2:
            return TreeNode(node)
        best: tuple[float, int, Split] | None = None
        for c in range(len(columns.names)):
            split = _split_of(columns, c, rows, criterion, min_leaf, unit)
            worth = -1.0 if split is None else _worth(split, criterion)
            if split is not None and worth > _TIE and (best is None or worth > best[0] + _TIE):
                best = (worth, c, split)
        if best is None:
            return TreeNode(node)
        _, c, split = best
        parts = _divide(columns, c, rows, split)
        return TreeNode(node, split, tuple(grow(part, depth - 1) for part in parts))

    root = grow(np.arange(columns.y.size), int(max_depth))
    return DecisionTree(target, columns.classes, root, unit)


def _worth(split: Split, criterion: str) -> float:
    return split.gain if criterion == "gain" else split.ratio


def _divide(
    columns: _Columns, c: int, rows: NDArray[np.int64], split: Split
) -> list[NDArray[np.int64]]:
    """Return the rows of each child; null rows go to the largest one."""
    values = columns.values[c][rows]
    if split.threshold is not None:
        child = np.where(np.isnan(values), -1, values > split.threshold).astype(np.int64)
    else:
        labels = columns.labels[c] or ()
        number = {label: i for i, label in enumerate(split.labels)}
        lookup = np.array([-1, *(number.get(f"= {label}", -1) for label in labels)])
        child = lookup[values]
    largest = int(np.argmax([sum(counts) for counts in split.children]))
    child = np.where(child < 0, largest, child)
    return [rows[child == i] for i in range(len(split.labels))]


def _split_of(
    columns: _Columns, c: int, rows: NDArray[np.int64], criterion: str, min_leaf: int, unit: Unit
) -> Split | None:
    """Return the best split of the rows by one column, or None if there is none."""
    values, y = columns.values[c][rows], columns.y[rows]
    k = len(columns.classes)
    labels = columns.labels[c]
    if labels is None:
        known = ~np.isnan(values)
        cut = _best_threshold(values[known], y[known], k, criterion, min_leaf)
        if cut is None:
            return None
        threshold, children = cut
        names = (f"≤ {threshold:.6g}", f"> {threshold:.6g}")
    else:
        known = values > 0
        table = np.zeros((len(labels), k), np.int64)
        np.add.at(table, (values[known] - 1, y[known]), 1)
        filled = table.any(axis=1)
        if filled.sum() < 2:
            return None
        threshold, children = None, table[filled]
        names = tuple(f"= {labels[i]}" for i in np.flatnonzero(filled))
    parent = children.sum(axis=0)
    share = float(known.mean())
    return Split(
        columns.names[c], threshold, names, tuple(tuple(row) for row in children.tolist()),
        share * float(information_gain(parent, children, unit=unit)),
        share * float(gain_ratio(parent, children)), unit,
    )  # fmt: skip


def _best_threshold(
    values: NDArray[np.float64], y: NDArray[np.int64], k: int, criterion: str, min_leaf: int
) -> tuple[float, NDArray[np.int64]] | None:
    """Return the threshold of most gain (or ratio) and the class counts on both sides."""
    order = np.argsort(values, kind="stable")
    ordered, classes = values[order], y[order]
    n = ordered.size
    ends = np.flatnonzero(np.diff(ordered) > _SAME)  # a cut after each of these places
    ends = ends[(ends + 1 >= min_leaf) & (n - ends - 1 >= min_leaf)]
    if not ends.size:
        return None
    one_hot = np.zeros((n, k), np.int64)
    one_hot[np.arange(n), classes] = 1
    below = np.cumsum(one_hot, axis=0)
    left = below[ends]  # (cuts, k)
    right = below[-1] - left
    inside = _weighted_entropy(left) + _weighted_entropy(right)
    worth = -inside
    if criterion == "gain_ratio":
        whole = float(_weighted_entropy(below[-1:])[0])
        sides = np.stack([left.sum(axis=1), right.sum(axis=1)], axis=1)
        worth = (whole - inside) / _weighted_entropy(sides)
    best = int(np.flatnonzero(worth >= worth.max() - _TIE * max(abs(worth.max()), 1.0))[0])
    low, high = float(ordered[ends[best]]), float(ordered[ends[best] + 1])
    middle = low / 2.0 + high / 2.0
    threshold = middle if low <= middle < high else low
    return threshold, np.stack([left[best], right[best]])


def _weighted_entropy(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return n H of each row of counts, in nats."""
    n = counts.sum(axis=1)
    return n * np.asarray(entropy(counts / n[:, None], axis=-1))


def _read(
    source: Any, target: str, kinds: Mapping[str, str] | None, function: str,
    reading: Mapping[str, Any],
) -> _Columns:  # fmt: skip
    """Read every column: numbers as they are, names as codes."""
    opened = open_source(source, function=function, **reading)
    check_columns({"target": [target], "kinds": list(kinds or {})}, opened.names, (), function)
    goal = read_column(opened.column(opened.names.index(target)), NULL_MARKERS, "categorical")
    if not isinstance(goal, Levels) or len(goal.labels) < 2:
        raise DataError(sentence(
            function, "target", "have at least two classes", f"{target!r} in '{opened.label}'"
        ))  # fmt: skip
    there = goal.codes > 0
    names: list[str] = []
    values: list[NDArray[Any]] = []
    labels: list[tuple[str, ...] | None] = []
    for i, name in enumerate(opened.names):
        kind = (kinds or {}).get(name)
        if name == target or kind in ("identifier", "text"):
            continue
        read = read_column(opened.column(i), NULL_MARKERS, kind)
        if read is None:
            continue
        if isinstance(read, Levels):
            values.append(read.codes[there])
            labels.append(tuple(read.labels))
        else:
            whole = np.full(read.present.size, np.nan)
            whole[read.present] = _plain(read.values)
            values.append(whole[there])
            labels.append(None)
        names.append(name)
    if not names:
        raise DataError(sentence(
            function, "source", "have a column besides the target", f"none in '{opened.label}'"
        ))  # fmt: skip
    y = goal.codes[there].astype(np.int64) - 1
    return _Columns(names, values, labels, target, tuple(goal.labels), y)


def _plain(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers; instants as days since 1970."""
    if values.dtype.kind == "M":
        return values.astype("datetime64[us]").astype(np.int64) / 86_400e6
    return values.astype(np.float64)


def _check(criterion: str, min_leaf: int, function: str) -> None:
    if criterion not in ("gain", "gain_ratio"):
        raise UnknownName(
            sentence(function, "criterion", "be 'gain' or 'gain_ratio'", repr(criterion))
        )
    if isinstance(min_leaf, bool) or not isinstance(min_leaf, (int, np.integer)) or min_leaf < 1:
        raise InvalidArgument(sentence(function, "min_leaf", "be at least 1", repr(min_leaf)))
