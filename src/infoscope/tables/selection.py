"""`select`: the few columns that together tell most about a target."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InvalidArgument, UnknownName, sentence
from infoscope.core.result import Estimate, Interval
from infoscope.tables.arguments import check_open_share, seed_of
from infoscope.tables.matrix import UNRELIABLE
from infoscope.tables.reading import NULL_MARKERS
from infoscope.tables.remote_table import RemoteCodes
from infoscope.tables.selection_criteria import METHODS, Course, Evidence, greedy
from infoscope.tables.selection_input import Bins, CodedSource, read_coded
from infoscope.tables.selection_result import Pick, Selection

__all__ = ["LEAKAGE", "select", "select_coded"]

#: Share of the target's entropy above which a single column is suspected of leaking it.
LEAKAGE = 0.95

Method = Literal["jmi", "mrmr", "cmim", "cmi", "mim"]


def select(
    source: str | Path | Any,
    target: str,
    k: int | None = 10,
    *,
    method: Method = "jmi",
    quotient: bool = False,
    stop: bool | None = None,
    level: float = 0.05,
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
) -> Selection:
    """Choose k columns that tell most about `target`: greedily, by relevance less redundancy.

    jmi: mean over Z of I(X; Y | Z);  mrmr: I(X; Y) - mean of I(X; Z);  cmim: min of I(X; Y | Z)

    Parameters
    ----------
    source : path, data frame, Arrow table or dict of columns
        As `scan` takes it.
    target : str
        The column to tell. A numeric one is cut into bins like any other.
    k : int or None
        Columns to choose; None for as many as pass the tests (`stop`).
    method : {"jmi", "mrmr", "cmim", "cmi", "mim"}
        "jmi" (joint mutual information) is balanced; "mrmr" (difference form) looks at redundancy
        between columns and not at the target; "cmim" takes the worst case over the columns chosen;
        "cmi" maximises the information given all of them together while the rows suffice, and stops
        by tests; "mim" ranks each column alone and keeps copies.
    quotient : bool
        For "mrmr": relevance divided by redundancy (of plug-in values) instead of the difference.
    stop : bool, optional
        Take only columns that pass the tests: marginal p at most level / candidates, and p given
        each column chosen before at most `level`. By default for "cmi" and where k is None.
    level : float
        Level of these tests, in (0, 1).
    missing : {"pairwise", "level"}
        Leave rows with a gap out of each table they would enter, or count a gap as a value of its
        own: then a column can tell something by being empty.
    bins, kinds, null_markers, delimiter, header, names, encoding
        As `scan` takes them.
    interval : float
        Coverage of the intervals of the relevance, in (0, 1).
    rng : int, Generator or None
        Decides the random tables behind the few Monte Carlo p-values; None means 0.
    progress : bool, optional
        Show a progress bar; by default only in a terminal.

    Returns
    -------
    Selection
        The picks in order, in nats, each with score, relevance, redundancy and p-values.

    Raises
    ------
    UnknownName
        If `target`, `method`, or a key of `kinds` or `bins` is none.
    InvalidArgument
        If an option has a value that cannot be used.
    DataError
        If the source cannot be read, the target is constant, or no other column has levels.

    Notes
    -----
    All values are corrected: plug-in minus the exact expectation under fixed margins. A positive
    score is not a reason to keep a column, since half of all noise is positive: the tests are. With
    them the chance that any noise column enters is at most `level`, whatever else is in the table.
    No greedy method finds columns that tell only together (the XOR of two coins): see
    `interactions`. Cost: one pass over the rows for each candidate and pick, less what the search
    can leave out ("mrmr", "cmim" and "cmi" count a candidate again only while it could still win).

    Source
    ------
    Peng, Long & Ding (2005), IEEE TPAMI 27 (mRMR); Yang & Moody (1999) (JMI); Fleuret (2004), JMLR
    5 (CMIM); Brown, Pocock, Zhao & Lujan (2012), JMLR 13, for their comparison.

    Examples
    --------
    >>> table = {"rain": ["yes", "no"] * 40, "wet": ["yes", "no"] * 40, "coin": list("hhtt") * 20}
    >>> select(table, "wet", None).columns
    ('rain',)
    """
    _check(k, method, quotient, level, interval)
    seed = seed_of(rng, "select")
    read = read_coded(
        source, function="select", target=target, bins=bins, kinds=kinds, missing=missing,
        null_markers=null_markers, delimiter=delimiter, header=header, names=names,
        encoding=encoding, progress=progress,
    )  # fmt: skip
    testing = stop if stop is not None else method == "cmi" or k is None
    if k is None and not testing:
        raise InvalidArgument(sentence(
            "select", "k", "be a number where stop is False", "None", "Pass k, or leave stop out."
        ))  # fmt: skip
    return select_coded(
        read, target, k, method=method, quotient=quotient, stop=level if testing else None,
        interval=interval, seed=seed, progress=progress,
    )  # fmt: skip


def select_coded(
    read: CodedSource, target: str, k: int | None, *, method: str, quotient: bool,
    stop: float | None, interval: float, seed: int, progress: bool | None,
) -> Selection:  # fmt: skip
    """Do the work of `select` on a table that is read already."""
    t = read.index(target, "select", "target")
    goal = read.columns[t]
    if goal.n_levels < 2:
        raise DataError(sentence(
            "select", "target", "vary", f"{target!r}, which has one value in {read.label!r}"
        ))  # fmt: skip
    candidates = np.flatnonzero((read.table.levels > 1) & (np.arange(len(read.columns)) != t))
    if not candidates.size:
        raise DataError(sentence(
            "select", "source", "have a column besides the target that varies",
            f"none in '{read.label}'",
        ))  # fmt: skip
    evidence = Evidence(read.table, t, candidates, seed, interval)
    notes = list(read.notes)
    limit = candidates.size if k is None else min(k, candidates.size)
    if k is not None and k > candidates.size:
        notes.append(f"{k} columns were asked for and {candidates.size} are there")
    course = greedy(evidence, limit, method=method, quotient=quotient, stop=stop, progress=progress)
    if stop is not None and len(course.chosen) < limit:
        notes.append(
            f"stopped after {len(course.chosen)}: no other column passes the tests (level {stop:g})"
        )
    notes += course.notes
    names = [read.columns[c].name for c in candidates]
    entropy = _entropy(read, t)
    picks = _picks(evidence, course, names, interval)
    ranking = _ranking(evidence, names, interval)
    notes += _leakage(ranking, target)
    if stop is None and method != "mim":
        repeats = [pick.column for pick in picks if not pick.conditional_p_value <= 0.05]
        if repeats:
            shown = ", ".join(repeats[:8]) + (", ..." if len(repeats) > 8 else "")
            notes.append(
                f"not seen to add anything beyond the columns before (p above 0.05): {shown}"
            )
    unsure = sum(float(pick.relevance.diagnostics["expected"]) > UNRELIABLE for pick in picks)
    if unsure:
        notes.append(f"{unsure} of the picks have too many levels for the rows (E0 above 0.3 nats)")
    if isinstance(read.table, RemoteCodes):
        notes += read.table.backend.notes()
    label = f"{method} (quotient)" if quotient else method
    return Selection(
        read.label, read.table.n_rows, target, entropy, label, picks, ranking, candidates.size,
        stop, evidence.n_tables, tuple(notes),
    )  # fmt: skip


def _picks(
    evidence: Evidence, course: Course, names: list[str], interval: float
) -> tuple[Pick, ...]:
    """Describe the chosen columns; each is tested given every one chosen before it."""
    marginal = evidence.marginal.p_value
    worst: NDArray[np.float64] = marginal[course.chosen].copy()
    for place, chosen in enumerate(course.chosen[:-1]):
        later = np.array(course.chosen[place + 1 :], np.int64)
        n_tests = len(names) * max(len(course.chosen), 1)
        p = evidence.conditional(later, chosen, tests=True, n_tests=n_tests).p_value
        worst[place + 1 :] = np.fmax(worst[place + 1 :], p)
    return tuple(
        Pick(
            names[j], score, _relevance(evidence, j, interval), redundancy, float(marginal[j]),
            float(p), _fraction(evidence, j),
        )
        for j, score, redundancy, p in zip(
            course.chosen, course.scores, course.redundancies, worst, strict=True
        )
    )  # fmt: skip


def _ranking(evidence: Evidence, names: list[str], interval: float) -> tuple[Pick, ...]:
    """Return every candidate by relevance alone, unknown ones last."""
    values = evidence.marginal.corrected
    order = np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable").tolist()
    p = evidence.marginal.p_value
    return tuple(
        Pick(
            names[j], float(values[j]), _relevance(evidence, j, interval), 0.0, float(p[j]),
            float(p[j]), _fraction(evidence, j),
        )
        for j in order
    )  # fmt: skip


def _relevance(evidence: Evidence, j: int, interval: float) -> Estimate:
    got = evidence.marginal
    return Estimate(
        "mutual information", float(got.corrected[j]), "nats", stderr=float(got.stderr[j]),
        interval=Interval(
            float(got.low[j]), float(got.high[j]), interval, "score, fixed margins"
        ),
        method="plugin minus E0", n=int(got.n[j]),
        diagnostics={"plugin": float(got.plugin[j]), "expected": float(got.expected[j])},
    )  # fmt: skip


def _fraction(evidence: Evidence, j: int) -> float:
    """Return the corrected share of the target's entropy: 1 if the column decides the target."""
    got = evidence.marginal
    room = float(got.right_entropy[j] - got.expected[j])
    return float(got.corrected[j]) / room if room > 0 else math.nan if room != room else 0.0


def _leakage(ranking: tuple[Pick, ...], target: str) -> list[str]:
    """Warn of columns that nearly decide the target by themselves."""
    return [
        f"{pick.column} tells {100 * pick.fraction:.1f} % of {target} by itself: check that it is "
        "known before the target is (leakage)"
        for pick in ranking
        if pick.fraction >= LEAKAGE and pick.p_value < 0.01
    ]


def _entropy(read: CodedSource, t: int) -> float:
    counts = read.table.level_counts(t)[1:]
    seen = counts[counts > 0]
    n = seen.sum()
    return float(math.log(n) - (seen * np.log(seen)).sum() / n) if seen.size > 1 else 0.0


def _check(k: int | None, method: str, quotient: bool, level: float, interval: float) -> None:
    if k is not None and (isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1):
        raise InvalidArgument(
            sentence("select", "k", "be a whole number of columns, at least 1, or None", repr(k))
        )
    if method not in METHODS:
        raise UnknownName(
            sentence("select", "method", f"be one of {', '.join(METHODS)}", repr(method))
        )
    if quotient and method != "mrmr":
        raise InvalidArgument(sentence(
            "select", "quotient", "go with method='mrmr'", f"method={method!r}"
        ))  # fmt: skip
    check_open_share("level", level, "select")
    check_open_share("interval", interval, "select")
