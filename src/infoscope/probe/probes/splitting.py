"""Split examples into training, validation and test, whole groups together, and find what leaks.

A probe is fitted on the first, chosen on the second and measured on the third. Equal rows on both
sides of the border make a probe look as if it understood what it has only seen before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.probe.probes.variables import Floats, Target, duplicate_keys

__all__ = ["Split", "fold_numbers", "leaked", "make_split", "read_split", "unseen_classes"]

_NAMES = ("train", "validation", "test")
_FEWEST = 10


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Row numbers of the three parts, ascending, and what must be said about them."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]
    notes: tuple[str, ...] = ()


def make_split(
    target: Target, groups: NDArray[np.int64] | None, fractions: tuple[float, float],
    rng: np.random.Generator, *, function: str,
) -> Split:  # fmt: skip
    """Draw a split: `fractions` of examples (or of groups) go to validation and to test.

    Without groups each class is divided in the same proportions, and a class with a single example
    goes to training.
    """
    validation, test = fractions
    for name, value in (("validation_fraction", validation), ("test_fraction", test)):
        if not 0 < value < 1:
            raise InvalidArgument(sentence(function, name, "lie between 0 and 1", value))
    if not validation + test < 1:
        raise InvalidArgument(
            sentence(function, "validation_fraction", "leave examples for training beside "
                     "test_fraction", f"{validation:g} + {test:g}")
        )  # fmt: skip
    if target.n < _FEWEST:
        raise InvalidArgument(
            sentence(function, "x", f"have at least {_FEWEST} examples for three splits", target.n)
        )
    if groups is not None:
        return _whole_groups(groups, validation, test, rng, function)
    place = rng.permutation(target.n)
    strata = target.codes[place] if target.kind == "classification" else np.zeros(target.n)
    order = place[np.argsort(strata, kind="stable")]
    part = np.zeros(target.n, np.int8)
    _, sizes = np.unique(strata, return_counts=True)
    ends = np.cumsum(sizes)
    for first, last in zip(ends - sizes, ends, strict=True):
        m = int(last - first)
        n_test, n_validation = _rounded(m * test, rng), _rounded(m * validation, rng)
        n_test, n_validation = _leave_one(m, n_test, n_validation)
        part[order[first : first + n_test]] = 2
        part[order[first + n_test : first + n_test + n_validation]] = 1
    return _checked(part, (), function)


def _rounded(amount: float, rng: np.random.Generator) -> int:
    """Round up or down by chance, so that rare classes keep their share on average."""
    return int(amount + rng.random())


def _leave_one(m: int, n_test: int, n_validation: int) -> tuple[int, int]:
    while n_test + n_validation >= m:  # training keeps at least one
        if n_validation > 0:
            n_validation -= 1
        else:
            n_test -= 1
    return n_test, n_validation


def _whole_groups(
    groups: NDArray[np.int64], validation: float, test: float, rng: np.random.Generator,
    function: str,
) -> Split:  # fmt: skip
    n_groups = int(groups.max()) + 1
    if n_groups < 3:
        raise InvalidArgument(
            sentence(function, "groups", "hold at least three groups, one for each split", n_groups)
        )
    sizes = np.bincount(groups, minlength=n_groups)
    order = rng.permutation(n_groups)
    before = np.cumsum(sizes[order]) - sizes[order] / 2  # the middle of each group in the queue
    share = before / sizes.sum()
    part_of = np.zeros(n_groups, np.int8)
    part_of[order[share < test + validation]] = 1
    part_of[order[share < test]] = 2
    for part in (2, 1, 0):  # huge groups may swallow a part
        if not (part_of == part).any():
            part_of[order[{2: 0, 1: 1, 0: -1}[part]]] = part
    return _checked(part_of[groups], (), function)


def read_split(splits: object, n: int, *, function: str) -> Split:
    """Read a split that the caller made: one name for each example, or rows for each name."""
    if isinstance(splits, Mapping):
        given = cast("Mapping[str, ArrayLike]", splits)
        if set(given) != set(_NAMES):
            raise InvalidArgument(
                sentence(function, "splits", "name 'train', 'validation' and 'test'",
                         ", ".join(map(repr, given)))
            )  # fmt: skip
        part = np.full(n, -1, np.int8)
        for number, name in enumerate(_NAMES):
            rows = np.asarray(given[name])
            rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows.astype(np.intp)
            if rows.size and (rows.min() < -n or rows.max() >= n):
                raise InvalidArgument(
                    sentence(function, "splits", f"name rows below {n}", int(rows.max()))
                )
            if (part[rows] >= 0).any() or len(np.unique(rows)) < len(rows):
                raise InvalidArgument(
                    sentence(function, "splits", "put an example into one split",
                             f"a row of {name!r} twice")
                )  # fmt: skip
            part[rows] = number
        unused = int((part < 0).sum())
        notes = (f"{unused} examples are in no split and were not used",) if unused else ()
        return _checked(part, notes, function)
    names: Any = np.asarray(splits)
    if names.dtype.kind not in "UO" or names.shape != (n,):
        raise WrongType(
            sentence(function, "splits", "name a split for each example, or rows for each split",
                     f"dtype {names.dtype}, shape {names.shape}")
        )  # fmt: skip
    strange = sorted({str(name) for name in names} - set(_NAMES))
    if strange:
        raise InvalidArgument(
            sentence(function, "splits", "hold 'train', 'validation' and 'test'", repr(strange[0]))
        )
    part = np.select([names == name for name in _NAMES], [0, 1, 2], -1).astype(np.int8)
    return _checked(part, (), function)


def _checked(part: NDArray[np.int8], notes: tuple[str, ...], function: str) -> Split:
    rows = [np.flatnonzero(part == number) for number in range(3)]
    for name, found, least in zip(_NAMES, rows, (2, 1, 2), strict=True):
        if len(found) < least:
            raise InvalidArgument(
                sentence(function, "splits", f"leave at least {least} examples for {name}",
                         len(found), "Bring more examples, or change the fractions.")
            )  # fmt: skip
    return Split(*rows, notes=notes)


def unseen_classes(target: Target, split: Split, *, drop: bool, function: str) -> Split:
    """Refuse test or validation examples of classes that training has not seen, or leave them out.

    A probe gives such a class probability 0, and the cross-entropy would be infinite.
    """
    if target.kind == "regression":
        return split
    k = len(target.classes)
    seen = np.bincount(target.codes[split.train], minlength=k) > 0
    if seen.sum() < 2:
        raise InvalidArgument(
            sentence(function, "y", "have at least two classes in the training split",
                     int(seen.sum()), "Use more examples, or other groups.")
        )  # fmt: skip
    kept = {name: getattr(split, name)[seen[target.codes[getattr(split, name)]]]
            for name in ("validation", "test")}  # fmt: skip
    lost = {name: len(getattr(split, name)) - len(rows) for name, rows in kept.items()}
    if not any(lost.values()):
        return split
    rows = np.concatenate([split.validation, split.test])
    codes = target.codes[rows]
    names = [repr(target.classes[c]) for c in np.unique(codes[~seen[codes]])]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    if not drop:
        raise InvalidArgument(
            sentence(function, "y", "have each class in the training split",
                     f"{shown} only outside it ({sum(lost.values())} examples)",
                     "Merge rare classes, or pass unseen='drop' to leave these examples out.")
        )  # fmt: skip
    note = (
        f"{lost['test']} test and {lost['validation']} validation examples of classes not seen in "
        f"training ({shown}) were left out"
    )
    return _remaining(split, kept, note, function)


def _remaining(split: Split, kept: dict[str, NDArray[np.intp]], note: str, function: str) -> Split:
    part = np.full(max(int(rows.max()) for rows in (split.train, split.validation, split.test)) + 1,
                   -1, np.int8)  # fmt: skip
    for number, rows in enumerate((split.train, kept["validation"], kept["test"])):
        part[rows] = number
    return _checked(part, (*split.notes, note), function)


def leaked(x: Floats, split: Split, target: Target) -> tuple[str, ...]:
    """Say how many test examples have features that also stand in training or validation."""
    keys = duplicate_keys(x)
    used = np.concatenate([split.train, split.validation])
    again = np.isin(keys[split.test], keys[used])
    n = int(again.sum())
    if not n:
        return ()
    share = n / len(split.test)
    alike = ""
    if target.kind == "classification":
        pairs = keys ^ (target.codes.astype(np.uint64) * np.uint64(0xD1B54A32D192ED03))
        same = int(np.isin(pairs[split.test], pairs[used]).sum())
        alike = f", {same} of them with the same label"
    return (
        f"{n} of {len(split.test)} test examples ({100 * share:.1f}%) have features that also "
        f"stand in training or validation{alike}: what is read from them may be memory; pass "
        "groups= to keep equal examples together",
    )


def fold_numbers(
    target: Target, groups: NDArray[np.int64] | None, folds: int, rng: np.random.Generator, *,
    function: str,
) -> NDArray[np.int64]:  # fmt: skip
    """Return the fold of each example: whole groups, or each class dealt out in turn."""
    most = target.n if groups is None else int(groups.max()) + 1
    if not 2 <= folds <= most:
        raise InvalidArgument(
            sentence(function, "folds", f"lie between 2 and {most}", folds)
        )  # fmt: skip
    fold = np.empty(target.n, np.int64)
    if groups is not None:
        sizes = np.bincount(groups)
        order = rng.permutation(len(sizes))
        load = np.zeros(folds)
        of_group = np.empty(len(sizes), np.int64)
        for group in order[np.argsort(-sizes[order], kind="stable")]:  # large ones first
            of_group[group] = load.argmin()
            load[of_group[group]] += sizes[group]
        return of_group[groups]
    place = rng.permutation(target.n)
    strata = target.codes[place] if target.kind == "classification" else np.zeros(target.n)
    fold[place[np.argsort(strata, kind="stable")]] = np.arange(target.n) % folds
    return fold
