"""Greedy selection over counts: MIM, mRMR, JMI, CMIM, conditional information, and when to stop.

All scores use mutual information minus its exact expectation under fixed margins, so that a column
of many levels gains nothing from having many. Scores that can only fall, or that a bound limits,
are evaluated lazily: a candidate is counted again only while it could still win.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.progress import Progress
from infoscope.estimate.many_tables import FIELDS, pair_statistics
from infoscope.tables.conditional import ConditionalStatistics, conditional_statistics
from infoscope.tables.contingency import PairStatistics, statistics_of
from infoscope.tables.counts import PairTables
from infoscope.tables.matrix import UNRELIABLE

__all__ = ["METHODS", "Course", "Evidence", "greedy"]

METHODS = ("jmi", "mrmr", "cmim", "cmi", "mim")
_AT_ONCE = 16  # candidates evaluated together while looking for the best

Floats = NDArray[np.float64]


class Evidence:
    """What the rows say about candidates and target; each table of three is counted once."""

    def __init__(
        self, table: Any, target: int, candidates: NDArray[np.int64], seed: int, level: float
    ) -> None:  # fmt: skip
        self.table, self.target, self.candidates = table, target, candidates
        self.seed, self.level = seed, level
        self.target_levels = int(table.levels[target])
        self._fixed: dict[int, tuple[Any, int]] = {}
        self.n_tables = 0
        levels = np.append(table.levels, self.target_levels)
        tables = table.against(candidates, table.column(target), self.target_levels)
        self.marginal: PairStatistics = statistics_of(
            tables, levels, level=level, seed=seed, n_tests=len(candidates)
        )
        self.present = np.array(
            [table.level_counts(c)[1:].sum() for c in candidates.tolist()], np.int64
        )

    def redundancy(self, which: NDArray[np.int64], chosen: int, *, corrected: bool) -> Floats:
        """Return I(X_j; X_chosen) of candidates `which`, plug-in or corrected; 0 without rows."""
        c = int(self.candidates[chosen])
        levels = np.append(self.table.levels, self.table.levels[c])
        columns = self.candidates[which]
        tables = self.table.against(columns, self.table.column(c), int(self.table.levels[c]))
        self.n_tables += which.size
        return _plain_information(tables, levels, corrected=corrected)

    def conditional(
        self, which: NDArray[np.int64], chosen: int, *, tests: bool, n_tests: int = 1
    ) -> ConditionalStatistics:
        """Return I(X_j; Y | X_chosen) of candidates `which`."""
        if chosen not in self._fixed:
            column = int(self.candidates[chosen])
            self._fixed[chosen] = self.table.crossed([column], self.target)
        return self._given(which, *self._fixed[chosen], tests=tests, n_tests=n_tests)

    def given_all(
        self, which: NDArray[np.int64], chosen: list[int], *, tests: bool
    ) -> ConditionalStatistics:
        """Return I(X_j; Y | all of `chosen` together) of candidates `which`."""
        columns = [int(self.candidates[s]) for s in chosen]
        fixed, levels = self.table.crossed(columns, self.target)
        return self._given(which, fixed, levels, tests=tests, n_tests=1)

    def _given(
        self, which: NDArray[np.int64], fixed: Any, levels: int, *, tests: bool, n_tests: int
    ) -> ConditionalStatistics:  # fmt: skip
        columns = self.candidates[which]
        width = levels * (self.target_levels + 1) + self.target_levels
        self.n_tables += which.size
        return conditional_statistics(
            self.table.against(columns, fixed, width), self.table.levels[columns],
            self.target_levels, level=self.level, seed=self.seed, n_tests=n_tests, tests=tests,
        )  # fmt: skip


@dataclass
class Course:
    """The course of one selection: candidates in the order chosen, their scores, what was said."""

    chosen: list[int] = field(default_factory=list[int])
    scores: list[float] = field(default_factory=list[float])
    redundancies: list[float] = field(default_factory=list[float])
    notes: list[str] = field(default_factory=list[str])
    stopped: bool = False


def greedy(
    evidence: Evidence, k: int, *, method: str, quotient: bool, stop: float | None,
    progress: bool | None,
) -> Course:  # fmt: skip
    """Choose up to `k` candidates, best first; with `stop`, none that fails a test at that level.

    A candidate passes if its marginal p-value is at most `stop` / candidates and the p-value given
    each column already chosen is at most `stop`.
    """
    course = Course()
    relevance = evidence.marginal.corrected
    state = _Search(evidence, method, quotient)
    m = len(evidence.candidates)
    allowed = ~np.isnan(relevance)
    if stop is not None:
        allowed &= evidence.marginal.p_value <= stop / m
    with Progress(k, "selecting", "columns", show=progress) as bar:
        while len(course.chosen) < k:
            best = state.best(course, allowed, stop)
            if best is None:
                course.stopped = True
                break
            score, redundancy = state.scored(best)
            course.chosen.append(best)
            course.scores.append(score)
            course.redundancies.append(redundancy)
            allowed[best] = False
            bar.advance()
    return course


class _Search:
    """Scores known so far, and the lazy search for the best candidate of one step."""

    def __init__(self, evidence: Evidence, method: str, quotient: bool) -> None:
        self.evidence, self.method, self.quotient = evidence, method, quotient
        marginal = evidence.marginal
        self.relevance = marginal.plugin if quotient else marginal.corrected
        m = self.relevance.size
        self.seen = np.zeros(m, np.int64)  # how many of the chosen each candidate was measured with
        self.total = np.zeros(m)  # sum over those of redundancy (mRMR) or conditional value (JMI)
        self.least = self.relevance.copy()  # smallest conditional value so far (CMIM)
        self.slack: list[Floats] = []  # largest E0 that a pair with each chosen could have
        self.jointly = method == "cmi"
        self.joint: Floats | None = None

    def scored(self, j: int) -> tuple[float, float]:
        """Return the score of candidate j, and what was taken off its relevance for it."""
        score = float(self._scores(len(self.slack))[j])
        relevance = float(self.relevance[j])
        if self.method == "mrmr" and self.slack:
            return score, float(self.total[j] / len(self.slack))
        return score, relevance - score if self.slack and self.method != "mim" else 0.0

    def best(self, course: Course, allowed: NDArray[np.bool_], stop: float | None) -> int | None:
        """Return the best allowed candidate of this step, or None; failing ones lose `allowed`."""
        if len(course.chosen) > len(self.slack):
            self._note_slack(course.chosen[-1])
        n_chosen = len(course.chosen)
        self.joint = None
        if self.jointly and n_chosen > 1 and not self._joint_scores(course, allowed, stop):
            return None
        lazy = self.method in ("mrmr", "cmim", "cmi") or stop is not None
        while True:
            bound = np.where(allowed, self._scores(n_chosen), -np.inf)
            order = np.argsort(-bound, kind="stable")
            order = order[bound[order] > -np.inf]
            if not order.size:
                return None
            known = self.method == "mim" or self.joint is not None
            if (known and stop is None) or self.seen[order[0]] == n_chosen:
                return int(order[0])
            waiting = order[self.seen[order] < n_chosen]
            if lazy:
                waiting = waiting[:_AT_ONCE]
            self._measure(waiting, course, allowed, stop)

    def _scores(self, n_chosen: int) -> Floats:
        """Return scores; for candidates not measured with all of the chosen, upper bounds."""
        if not n_chosen or self.method == "mim":
            return self.relevance
        if self.method == "mrmr":
            open_ = np.zeros_like(self.total)
            for s, slack in enumerate(self.slack):
                open_ += np.where(self.seen <= s, slack, 0.0)
            mean = (self.total - (0.0 if self.quotient else open_)) / n_chosen
            if not self.quotient:
                return self.relevance - mean
            safe = np.where(mean > 0, mean, 1.0)
            return np.where(mean > 0, self.relevance / safe, np.inf)
        if self.method == "jmi":
            known = np.where(self.seen > 0, self.total / np.maximum(self.seen, 1), np.inf)
            return np.where(self.seen == n_chosen, known, np.inf)
        return self.least if self.joint is None else self.joint

    def _note_slack(self, chosen: int) -> None:
        """Keep how far below 0 a corrected redundancy with `chosen` could be.

        E0 <= ln(1 + E[X2]/n), since mutual information is at most ln(1 + X2/n) and the logarithm is
        concave; E[X2]/n = (r - 1)(c - 1)/(n - 1) whatever the margins.
        """
        e = self.evidence
        rows = np.maximum(e.present + e.present[chosen] - e.table.n_rows, 2)
        levels = e.table.levels[e.candidates]
        degrees = (levels - 1.0) * (levels[chosen] - 1.0)
        self.slack.append(np.log1p(degrees / (rows - 1.0)))

    def _measure(
        self, which: NDArray[np.int64], course: Course, allowed: NDArray[np.bool_],
        stop: float | None,
    ) -> None:  # fmt: skip
        """Measure each candidate with the next of the chosen that it was not measured with."""
        for s in np.unique(self.seen[which]):
            these = which[self.seen[which] == s]
            chosen = course.chosen[s]
            if self.method == "mrmr":
                values = self.evidence.redundancy(these, chosen, corrected=not self.quotient)
                self.total[these] += np.where(np.isnan(values), 0.0, values)
            if self.method in ("jmi", "cmim", "cmi") or stop is not None:
                got = self.evidence.conditional(these, chosen, tests=stop is not None)
                values = np.where(np.isnan(got.corrected), 0.0, got.corrected)
                if self.method == "jmi":
                    self.total[these] += values
                self.least[these] = np.minimum(self.least[these], values)
                if stop is not None:
                    allowed[these[~(got.p_value <= stop)]] = False
            self.seen[these] += 1

    def _joint_scores(self, course: Course, allowed: NDArray[np.bool_], stop: float | None) -> bool:
        """Score by I(X; Y | all chosen) as long as the strata hold enough rows to tell.

        Say whether to go on: not where no candidate passes the test given all of the chosen.
        """
        which = np.flatnonzero(allowed)
        if not which.size:
            return False
        got = self.evidence.given_all(which, course.chosen, tests=stop is not None)
        if not (got.expected <= UNRELIABLE).all():  # NaN: a candidate without a single row left
            self.jointly = False
            course.notes.append(
                f"from pick {len(course.chosen) + 1} on, the columns chosen cut the rows too "
                "finely to condition on all of them together: scored by the smallest information "
                "given each one instead"
            )
            return True
        joint = np.full(self.relevance.size, -np.inf)
        joint[which] = np.where(np.isnan(got.corrected), 0.0, got.corrected)
        if stop is not None:
            joint[which[~(got.p_value <= stop)]] = -np.inf
        self.joint = joint
        return bool(np.isfinite(joint).any())


def _plain_information(tables: PairTables, levels: NDArray[np.int64], *, corrected: bool) -> Floats:
    """Return the mutual information of each table, in nats; NaN without rows."""
    out = np.zeros((len(tables.pairs), len(FIELDS)))
    pair_statistics(
        tables.offsets, tables.left, tables.right, tables.counts, levels[tables.pairs], out
    )
    plugin, mean = out[:, FIELDS.index("plugin")], out[:, FIELDS.index("mean")]
    n = np.maximum(out[:, FIELDS.index("n")], 1.0)
    return plugin - mean / (2.0 * n) if corrected else plugin
