"""`interactions`: pairs of columns that tell together what neither tells alone, such as XOR."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.core.progress import Progress
from infoscope.core.result import Estimate, Interval
from infoscope.core.saving import plain_values
from infoscope.core.showing import Shown
from infoscope.estimate.independence import benjamini_hochberg
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.tables.arguments import check_open_share, seed_of
from infoscope.tables.conditional import conditional_statistics
from infoscope.tables.counts import PairTables
from infoscope.tables.reading import NULL_MARKERS
from infoscope.tables.selection_input import Bins, read_coded

__all__ = ["Interaction", "interactions", "search_pairs"]


@dataclass(frozen=True, slots=True)
class Interaction(Shown):
    """What two columns tell about the target together, in nats.

    Parameters
    ----------
    column, other : str
        The two columns.
    synergy : Estimate
        Corrected I(X, Z; Y) - I(X; Y) - I(Z; Y), over the rows in which nothing is missing:
        positive where they tell more together than apart, negative where they tell the same thing.
    together : float
        Corrected I(X, Z; Y).
    alone : tuple of float
        Corrected I(X; Y) and I(Z; Y).
    p_value : float
        Larger one of the p-values of I(X; Y | Z) = 0 and I(Z; Y | X) = 0: each column tells
        something once the other is known. Two columns that tell separate things pass too; their
        synergy is near 0.
    q_value : float
        The same by Benjamini & Hochberg over all pairs searched.
    """

    column: str
    other: str
    synergy: Estimate
    together: float
    alone: tuple[float, float]
    p_value: float
    q_value: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        return {
            "column": self.column,
            "other": self.other,
            "synergy": self.synergy.to_dict(),
            "together": plain_values(self.together),
            "alone": [plain_values(value) for value in self.alone],
            "p_value": plain_values(self.p_value),
            "q_value": plain_values(self.q_value),
        }


def interactions(
    source: str | Path | Any,
    target: str,
    k: int = 10,
    *,
    columns: Collection[str] | None = None,
    missing: Literal["pairwise", "level"] = "pairwise",
    bins: Bins = None,
    kinds: Mapping[str, str] | None = None,
    null_markers: Collection[str] = NULL_MARKERS,
    delimiter: str | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    encoding: str = "utf-8",
    interval: float = 0.95,
    rng: int | np.random.Generator | None = None,
    progress: bool | None = None,
) -> tuple[Interaction, ...]:
    """Return the k pairs of columns with the most synergy about `target`, most first.

    synergy = I(X, Z; Y) - I(X; Y) - I(Z; Y) = I(X; Y | Z) - I(X; Y)

    Parameters
    ----------
    source, target, missing, bins, kinds, null_markers, delimiter, header, names, encoding
        As `select` takes them.
    k : int
        Pairs to return.
    columns : collection of str, optional
        Search only among these.
    interval : float
        Coverage of the intervals, in (0, 1).
    rng, progress
        As `select` takes them.

    Returns
    -------
    tuple of Interaction
        In nats; q-values are over all pairs that were searched.

    Raises
    ------
    DataError
        If the source cannot be read, or has no two columns besides the target that vary.
    UnknownName
        If a name is none of the table's.
    InvalidArgument
        If an option has a value that cannot be used.

    Notes
    -----
    Every pair is counted with the target: p (p - 1) / 2 passes over the rows for p columns, which
    is why this is a search of its own. Standard errors are those of the delta method plus what the
    counts leave at independence; they serve the eye, the p-value decides.

    Source
    ------
    McGill (1954), Psychometrika 19, for the quantity (with the other sign in some books).

    Examples
    --------
    >>> table = {"a": [0, 0, 1, 1] * 30, "b": [0, 1, 0, 1] * 30, "xor": [0, 1, 1, 0] * 30}
    >>> found = interactions(table, "xor")[0]
    >>> (found.column, found.other), round(found.synergy.diagnostics["plugin"] / math.log(2), 6)
    (('a', 'b'), 1.0)
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
        raise InvalidArgument(sentence("interactions", "k", "be at least 1", repr(k)))
    check_open_share("interval", interval, "interactions")
    seed = seed_of(rng, "interactions")
    read = read_coded(
        source, function="interactions", target=target, bins=bins, kinds=kinds, missing=missing,
        null_markers=null_markers, delimiter=delimiter, header=header, names=names,
        encoding=encoding, progress=progress,
    )  # fmt: skip
    t = read.index(target, "interactions", "target")
    wanted = (
        range(len(read.columns))
        if columns is None
        else sorted({read.index(name, "interactions", "columns") for name in columns})
    )
    which = [i for i in wanted if i != t and read.table.levels[i] > 1]
    if len(which) < 2:
        raise DataError(sentence(
            "interactions", "source", "have two columns besides the target that vary",
            len(which),
        ))  # fmt: skip
    found = search_pairs(
        read.table, read.names, t, which, level=interval, seed=seed, progress=progress
    )
    return tuple(found[:k])


def search_pairs(
    table: Any, names: Sequence[str], target: int, which: Sequence[int], *, level: float,
    seed: int, progress: bool | None,
) -> list[Interaction]:  # fmt: skip
    """Return every pair of columns `which` with its synergy about the target, most first."""
    inner = int(table.levels[target])
    n_pairs = len(which) * (len(which) - 1) // 2
    rows: list[tuple[int, int, dict[str, float]]] = []
    with Progress(n_pairs, "searching", "pairs", show=progress) as bar:
        table.announce([(which[place + 1 :], i, target) for place, i in enumerate(which[:-1])])
        for place, i in enumerate(which[:-1]):
            others = np.array(which[place + 1 :], np.int64)
            fixed, _ = table.crossed([i], target)
            width = int(table.levels[i]) * (inner + 1) + inner
            tables = table.against(others, fixed, width)
            for j, values in zip(
                others.tolist(),
                _measure(tables, table.levels[others], int(table.levels[i]), inner, seed, n_pairs),
                strict=True,
            ):
                rows.append((i, j, values))
            bar.advance(len(others))
    q = benjamini_hochberg(np.array([values["p"] for _, _, values in rows]))
    reach = float(ndtri(0.5 + level / 2.0))
    found: list[Interaction] = []
    for (i, j, values), q_value in zip(rows, q.tolist(), strict=True):
        value, stderr = values["synergy"], values["stderr"]
        ends = Interval(value - reach * stderr, value + reach * stderr, level, "delta method")
        estimate = Estimate(
            "synergy", value, "nats", stderr=stderr, method="plugin minus E0", n=int(values["n"]),
            interval=ends,
            diagnostics={"plugin": values["plugin"], "expected": values["plugin"] - value},
        )  # fmt: skip
        found.append(Interaction(
            names[i], names[j], estimate, values["together"],
            (values["left"], values["right"]), values["p"], q_value,
        ))  # fmt: skip
    return sorted(found, key=_most_first)


def _most_first(found: Interaction) -> tuple[bool, float]:
    value = float(found.synergy)
    return math.isnan(value), 0.0 if math.isnan(value) else -value


def _measure(
    tables: PairTables, levels: NDArray[np.int64], given_levels: int, inner: int, seed: int,
    n_pairs: int,
) -> list[dict[str, float]]:  # fmt: skip
    """Return the parts of the interaction of each table: left z, right x * (inner + 1) + y."""
    m = len(tables.pairs)
    one = conditional_statistics(tables, levels, inner, seed=seed, n_tests=n_pairs)
    given, y = np.divmod(tables.right, inner + 1)
    turned = PairTables(
        tables.pairs, tables.offsets, given, tables.left * (inner + 1) + y, tables.counts
    )
    two = conditional_statistics(
        turned, np.full(m, given_levels, np.int64), inner, seed=seed + 1, n_tests=n_pairs
    )
    found: list[dict[str, float]] = []
    for t in range(m):
        cells = slice(tables.offsets[t], tables.offsets[t + 1])
        block = np.zeros((int(levels[t]) + 1, given_levels + 1, inner + 1), np.int64)
        block[tables.left[cells], given[cells], y[cells]] = tables.counts[cells]
        block = block[1:, 1:, 1:]
        n = int(block.sum())
        parts = [_corrected(block.sum(axis=axis)) for axis in (1, 0)]  # z by y, x by y
        (right, right_bias, right_v0), (left, _, _) = parts
        synergy = float(one.corrected[t]) - right
        together = left + float(one.corrected[t])
        plugin = float(one.plugin[t]) - right - right_bias
        null = float(one.stderr[t]) if n and one.corrected[t] <= 0 else 0.0
        stderr = math.sqrt(_spread(block, plugin) / n + right_v0 + null**2) if n else math.nan
        found.append({
            "synergy": synergy, "plugin": plugin, "stderr": stderr, "together": together,
            "left": left, "right": right, "n": float(n),
            "p": float(np.fmax(one.p_value[t], two.p_value[t])),
        })  # fmt: skip
    return found


def _corrected(table: NDArray[np.int64]) -> tuple[float, float, float]:
    """Return corrected information of a table, its E0, and its variance at independence."""
    left, right = np.nonzero(table)
    out = np.zeros((1, len(FIELDS)))
    pair_statistics(
        np.array([0, left.size]), left + 1, right + 1, table[left, right],
        np.array([table.shape], np.int64), out,
    )  # fmt: skip
    got = dict(zip(FIELDS, out[0].tolist(), strict=True))
    many = max(got["n"], 1.0)
    expected = got["mean"] / (2.0 * many)
    return got["plugin"] - expected, expected, got["variance"] / (4.0 * many**2)


def _spread(block: NDArray[np.int64], plugin: float) -> float:
    """Return the variance of the pointwise synergy under the table."""
    z, x, y = np.nonzero(block)
    weight = block[z, x, y].astype(np.float64)
    n = weight.sum()
    terms = np.log(weight)
    for axes, sign, index in (
        ((2,), -1.0, (z, x)), ((1,), -1.0, (z, y)), ((0,), -1.0, (x, y)),
        ((1, 2), 1.0, (z,)), ((0, 2), 1.0, (x,)), ((0, 1), 1.0, (y,)),
    ):  # fmt: skip
        terms += sign * np.log(block.sum(axis=axes)[index])
    terms -= math.log(n)
    return float(max((weight * (terms - plugin) ** 2).sum() / n, 0.0))
