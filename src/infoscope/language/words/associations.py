"""Find collocations: pairs of words that stand together more than chance would bring them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.extras import require
from infoscope.core.showing import Shown
from infoscope.language.arguments import whole_number
from infoscope.language.words.exact_tails import log_upper_tail
from infoscope.language.words.pair_counts import PairCounts, count_pairs
from infoscope.language.words.splitting import WordTokens, read_words

__all__ = ["Collocation", "Collocations", "Measure", "collocations"]

#: What pairs can be ranked by.
Measure: TypeAlias = Literal["log_likelihood", "pmi", "npmi", "t_score", "count"]

_COLUMNS = ("count", "left", "right", "expected", "pmi", "npmi", "log_likelihood", "t_score",
            "p_value", "q_value", "mean_distance", "sd_distance")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Collocation(Shown):
    """One pair, x before y; PMI and log-likelihood in nats."""

    x: str
    y: str
    count: int
    expected: float
    pmi: float
    npmi: float
    log_likelihood: float
    t_score: float
    p_value: float
    q_value: float
    mean_distance: float


@dataclass(frozen=True, eq=False, repr=False)
class Collocations(Shown):
    """Pairs of words with their association, by falling `measure`; columns of shape (m,).

    Attributes
    ----------
    words : tuple of str
        The vocabulary that `x` and `y` number.
    x, y : ndarray of int64
        The pair: x stands before y.
    count, expected : ndarray
        Times seen, and times that chance would bring with these margins.
    left, right : ndarray
        Times that x begins and y ends any pair.
    pmi, npmi : ndarray
        ln (count / expected), in nats (discounted if asked for), and that over -ln (share of all).
    log_likelihood : ndarray
        Dunning's G² = 2 sum O ln (O / E) over the four cells, in nats; chi-squared with one degree
        of freedom under independence.
    t_score : ndarray
        (count - expected) / root of count.
    p_value, q_value : ndarray
        Fisher's exact one-sided test of "more than chance"; corrected over all pairs that could
        have been found (Benjamini & Hochberg).
    mean_distance, sd_distance : ndarray
        In words, of y after x.
    n_pairs : int
        Pairs of places in the corpus.
    n_tests : int
        Pairs of words frequent enough to be found.
    measure : str
        What the rows are ordered by.
    """

    words: tuple[str, ...]
    x: NDArray[Any]
    y: NDArray[Any]
    count: NDArray[Any]
    left: NDArray[Any]
    right: NDArray[Any]
    expected: NDArray[Any]
    pmi: NDArray[Any]
    npmi: NDArray[Any]
    log_likelihood: NDArray[Any]
    t_score: NDArray[Any]
    p_value: NDArray[Any]
    q_value: NDArray[Any]
    mean_distance: NDArray[Any]
    sd_distance: NDArray[Any]
    n_pairs: int
    n_tests: int
    measure: str

    notes = (
        "p-values take the pairs of places for independent draws; words that come in bursts (one "
        "chapter's names) make them too small",
    )

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        shown = ", ".join(f"{each.x} {each.y}" for each in self.top(3))
        return f"Collocations({len(self):,} pairs by {self.measure}: {shown}, ...)"

    def __getitem__(self, i: int) -> Collocation:
        return Collocation(
            self.words[self.x[i]], self.words[self.y[i]], int(self.count[i]),
            *(float(getattr(self, name)[i]) for name in (
                "expected", "pmi", "npmi", "log_likelihood", "t_score", "p_value", "q_value",
                "mean_distance")),
        )  # fmt: skip

    def top(self, k: int = 10) -> list[Collocation]:
        """Return the first k pairs."""
        return [self[i] for i in range(min(k, len(self)))]

    def ranked(self, measure: Measure) -> Collocations:
        """Return the same pairs by another measure, falling (ties: more frequent first).

        By log-likelihood, pairs that stand together less than chance would bring them come last.
        """
        _check_measure(measure)
        by = getattr(self, measure)
        if measure == "log_likelihood":  # it is large for pairs that avoid each other, too
            by = np.where(self.count < self.expected, -by, by)
        order = np.lexsort((-self.count, -by))
        return replace(self._rows(order), measure=measure)

    def significant(self, rate: float = 0.05) -> Collocations:
        """Return the pairs whose false discovery rate is at most `rate`."""
        return self._rows(np.flatnonzero(self.q_value <= rate))

    def without(self, words: Iterable[str]) -> Collocations:
        """Return the pairs that hold none of `words`; their numbers stay as they are."""
        barred = {*words}
        keep = np.array([word not in barred for word in self.words])
        return self._rows(np.flatnonzero(keep[self.x] & keep[self.y]))

    def to_frame(self) -> Any:
        """Return one row per pair as a pandas DataFrame."""
        pandas = require("pandas", extra=None, purpose="Collocations.to_frame")
        names = np.array(self.words, object)
        columns = {name: getattr(self, name) for name in _COLUMNS}
        return pandas.DataFrame({"x": names[self.x], "y": names[self.y], **columns})

    def to_dict(self, k: int | None = None) -> dict[str, Any]:
        """Return plain values of the first k pairs (all by default) for `json.dumps`."""
        rows = range(len(self) if k is None else min(k, len(self)))
        return {
            "measure": self.measure, "unit": "nats", "n_pairs": self.n_pairs,
            "n_tests": self.n_tests, "n_found": len(self), "notes": list(self.notes),
            "pairs": [
                {"x": self.words[self.x[i]], "y": self.words[self.y[i]],
                 **{name: float(getattr(self, name)[i]) for name in _COLUMNS}}
                for i in rows
            ],
        }  # fmt: skip

    def _rows(self, order: NDArray[np.intp]) -> Collocations:
        columns = {name: getattr(self, name)[order] for name in ("x", "y", *_COLUMNS)}
        return replace(self, **columns)


def collocations(
    corpus: str | Iterable[str] | Iterable[Iterable[str]] | WordTokens,
    *,
    window: int = 1,
    first: int = 1,
    min_count: int = 5,
    measure: Measure = "log_likelihood",
    discount: bool = False,
) -> Collocations:
    """Find pairs of words that stand together more often than chance would bring them.

    PMI(x, y) = ln [p(x, y) / (p(x) p(y))];  G² = 2 sum O ln (O / E) over the 2 x 2 table

    Parameters
    ----------
    corpus : str, iterable of str, iterable of lists of str, or WordTokens
        A text, documents, or documents cut into words; no pair crosses a document.
    window : int
        Farthest distance in words, 1 for neighbours only.
    first : int
        Nearest distance, 1 to `window`.
    min_count : int
        Pairs seen less often are left out, and so are words.
    measure : {"log_likelihood", "pmi", "npmi", "t_score", "count"}
        What to rank by.
    discount : bool
        Shrink PMI of rare pairs by n/(n+1) · m/(m+1), m the rarer margin.

    Returns
    -------
    Collocations
        All pairs seen at least `min_count` times, with every measure and its significance.

    Raises
    ------
    InvalidArgument
        If a number is out of range, or there is no word.
    UnknownName
        If `measure` is none.
    WrongType
        If `corpus` is no text, or a number is none.

    Notes
    -----
    Plain PMI prefers the rarest pairs; G² prefers frequent ones and says how sure they are. The
    correction for many tests counts all pairs of words frequent enough to be found, since those
    not found were tried too. Cost is that of sorting the pairs, one distance at a time.

    Source
    ------
    Church & Hanks (1990); Bouma (2009) for NPMI; Dunning (1993) for G²; Pantel & Lin (2002) for
    the discount; Moore (2004) for exact tests of rare pairs.

    Examples
    --------
    >>> found = collocations("new york is new and york is old " * 5, min_count=5)
    >>> found[0].x, found[0].y, found[0].count
    ('york', 'is', 10)
    """
    _check_measure(measure)
    window = whole_number("collocations", "window", window, 1)
    first = whole_number("collocations", "first", first, 1)
    min_count = whole_number("collocations", "min_count", min_count, 1)
    if first > window:
        raise InvalidArgument(
            sentence("collocations", "first", f"be at most the window, {window}", first)
        )
    tokens = corpus if isinstance(corpus, WordTokens) else read_words(corpus)
    n_kept = int(np.searchsorted(-tokens.counts, -min_count, side="right"))
    pairs = count_pairs(tokens, first, window, np.ones(window + 1), n_kept)
    return _measured(tokens, pairs, n_kept, min_count, measure, discount)


def _measured(
    tokens: WordTokens, pairs: PairCounts, n_kept: int, min_count: int, measure: Measure,
    discount: bool,
) -> Collocations:  # fmt: skip
    keep = np.flatnonzero(pairs.count >= min_count)
    x, y, count = pairs.x[keep], pairs.y[keep], pairs.count[keep]
    left, right, total = pairs.left[x], pairs.right[y], pairs.total
    expected = left * right / total if total else np.empty(0)
    pmi = np.log(count / expected)
    npmi = np.ones(len(count))  # a pair that is all there is: the limit
    np.divide(pmi, np.log(total / count), out=npmi, where=count < total)
    g2 = _g2(count, left, right, total)
    log_p = log_upper_tail(count, left, right, total)
    if discount:
        rarer = np.minimum(left, right)
        pmi = pmi * (count / (count + 1)) * (rarer / (rarer + 1))
    p = np.exp(log_p)
    n_tests = n_kept**2
    mean = pairs.distance[keep] / count
    spread = np.sqrt(np.maximum(pairs.square[keep] / count - mean**2, 0.0))
    found = Collocations(
        words=tokens.words, x=x, y=y, count=count.astype(np.int64), left=left, right=right,
        expected=expected, pmi=pmi, npmi=npmi, log_likelihood=g2,
        t_score=(count - expected) / np.sqrt(count), p_value=p,
        q_value=_false_discoveries(p, n_tests), mean_distance=mean, sd_distance=spread,
        n_pairs=int(total), n_tests=n_tests, measure=measure,
    )  # fmt: skip
    return found.ranked(measure)


def _g2(count: NDArray[Any], left: NDArray[Any], right: NDArray[Any], total: float) -> NDArray[Any]:
    """Return 2 sum O ln (O / E); each cell as O ln (O / E) - O + E, which no rounding makes < 0."""
    found = np.zeros(len(count))
    cells = (
        (count, left, right),
        (left - count, left, total - right),
        (right - count, total - left, right),
        (total - left - right + count, total - left, total - right),
    )
    for seen, row, column in cells:
        expected = row * column / total
        ratio = np.divide(seen, expected, out=np.ones_like(seen), where=expected > 0)
        found += 2.0 * (xlogy(seen, ratio) - (seen - expected))
    return found


def _false_discoveries(p: NDArray[Any], n_tests: int) -> NDArray[Any]:
    """Return Benjamini and Hochberg's q of the `p` found among `n_tests`; the others count as 1."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * n_tests / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q


def _check_measure(measure: Any) -> None:
    if measure not in get_args(Measure):
        known = ", ".join(get_args(Measure))
        raise UnknownName(sentence("collocations", "measure", f"be one of {known}", repr(measure)))
