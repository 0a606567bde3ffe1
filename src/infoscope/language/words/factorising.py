"""Word vectors by algebra: positive pointwise mutual information, shifted, and its largest axes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.language.arguments import real_number, whole_number
from infoscope.language.words.embeddings import WordEmbeddings
from infoscope.language.words.pair_counts import PairCounts, count_pairs
from infoscope.language.words.splitting import WordTokens, read_words

__all__ = ["Weighting", "margins", "pair_table", "ppmi_embeddings", "ppmi_matrix"]

#: How much a context counts by its distance d: (window - d + 1) / window as in word2vec, 1/d, or 1.
Weighting: TypeAlias = Literal["linear", "harmonic", "flat"]


def ppmi_embeddings(
    corpus: str | Iterable[str] | Iterable[Iterable[str]] | WordTokens,
    *,
    dimensions: int = 100,
    window: int = 5,
    min_count: int = 5,
    negatives: float = 1.0,
    smoothing: float = 0.75,
    eigenvalue_weight: float = 0.5,
    weighting: Weighting = "linear",
    rng: int | None = None,
) -> WordEmbeddings:
    """Make word vectors from (shifted) positive PMI by truncated SVD.

    SPPMI(w, c) = max(PMI(w, c) - ln k, 0) = U S V';  vectors U S^p

    Parameters
    ----------
    corpus : str, iterable of str, iterable of lists of str, or WordTokens
        A text, documents, or documents cut into words.
    dimensions : int
        Axes kept, at least 1 and below the number of words.
    window : int
        Contexts reach this many words to both sides.
    min_count : int
        Rarer words have no vector (their places still count as distance).
    negatives : float
        k of the shift ln k, above 0; 1 is plain PPMI.
    smoothing : float
        Context probabilities are taken to this power and normalised, in (0, 1]; below 1 it takes
        weight from rare contexts.
    eigenvalue_weight : float
        p, 0 to 1: how much the singular values weigh.
    weighting : {"linear", "harmonic", "flat"}
        How a context counts by its distance.
    rng : int, optional
        Seed of the iteration's first vector; None is 0.

    Returns
    -------
    WordEmbeddings
        Words by falling frequency; `settings` holds the singular values' sum too.

    Raises
    ------
    InvalidArgument
        If a number is out of range, or too few words are frequent enough.
    UnknownName
        If `weighting` is none.
    WrongType
        If `corpus` is no text, or a number is none.

    Source
    ------
    Bullinaria & Levy (2007); Levy & Goldberg (2014), Neural word embedding as implicit matrix
    factorization; Levy, Goldberg & Dagan (2015) for smoothing and eigenvalue weight.
    """
    name = "ppmi_embeddings"
    dimensions = whole_number(name, "dimensions", dimensions, 1)
    real_number(name, "negatives", negatives, 0.0, above=True)
    real_number(name, "smoothing", smoothing, 0.0, 1.0, above=True)
    real_number(name, "eigenvalue_weight", eigenvalue_weight, 0.0, 1.0)
    tokens, pairs, n_words = pair_table(name, corpus, window, min_count, weighting)
    matrix = ppmi_matrix(pairs, n_words, negatives, smoothing)
    if dimensions >= n_words:
        raise InvalidArgument(
            sentence(name, "dimensions", f"be below the number of words, {n_words}", dimensions,
                     "Lower min_count or dimensions.")
        )  # fmt: skip
    start = np.random.default_rng(0 if rng is None else rng).normal(size=n_words)
    decompose: Any = svds  # its stub knows no "u"
    u, s, _ = decompose(matrix, k=dimensions, v0=start, return_singular_vectors="u")
    order = np.argsort(-s)
    u, s = u[:, order], s[order]
    u *= np.where(u[np.abs(u).argmax(0), np.arange(dimensions)] < 0, -1.0, 1.0)
    settings: dict[str, object] = {
        "method": "ppmi" if negatives == 1.0 else "shifted ppmi", "dimensions": dimensions,
        "window": window, "min_count": min_count, "negatives": negatives, "smoothing": smoothing,
        "eigenvalue_weight": eigenvalue_weight, "weighting": weighting, "n_cells": matrix.nnz,
    }  # fmt: skip
    return WordEmbeddings(tokens.words[:n_words], u * s**eigenvalue_weight, settings)


def pair_table(
    function: str, corpus: Any, window: int, min_count: int, weighting: Weighting
) -> tuple[WordTokens, PairCounts, int]:
    """Count weighted pairs of the words seen at least `min_count` times, and those words."""
    window = whole_number(function, "window", window, 1)
    min_count = whole_number(function, "min_count", min_count, 1)
    if weighting not in get_args(Weighting):
        known = ", ".join(get_args(Weighting))
        raise UnknownName(sentence(function, "weighting", f"be one of {known}", repr(weighting)))
    tokens = corpus if isinstance(corpus, WordTokens) else read_words(corpus)
    n_words = int(np.searchsorted(-tokens.counts, -min_count, side="right"))
    if n_words < 2:
        raise InvalidArgument(
            sentence(function, "corpus", f"hold at least two words seen {min_count} times", n_words,
                     "Lower min_count.")
        )  # fmt: skip
    d = np.arange(window + 1, dtype=np.float64)
    weights = {
        "linear": (window - d + 1) / window, "harmonic": 1.0 / np.maximum(d, 1.0),
        "flat": np.ones(window + 1),
    }[weighting]  # fmt: skip
    return tokens, count_pairs(tokens, 1, window, weights, n_words), n_words


def ppmi_matrix(pairs: PairCounts, n_words: int, negatives: float, smoothing: float) -> csr_array:
    """Return max(PMI - ln k, 0) of words and contexts, both sides counted, as a sparse matrix."""
    rows, columns = np.concatenate([pairs.x, pairs.y]), np.concatenate([pairs.y, pairs.x])
    counts = csr_array(
        (np.concatenate([pairs.count, pairs.count]), (rows, columns)), (n_words, n_words)
    )
    counts.sum_duplicates()
    counts = counts.tocoo()
    word = margins(counts.row, counts.data, n_words)
    context = word**smoothing  # the counts are symmetric
    share = context / context.sum()
    pmi = np.log(counts.data / (word[counts.row] * share[counts.col])) - np.log(negatives)
    keep = pmi > 0
    return csr_array((pmi[keep], (counts.row[keep], counts.col[keep])), (n_words, n_words))


def margins(rows: NDArray[Any], counts: NDArray[Any], n: int) -> NDArray[Any]:
    """Return the sum of each row."""
    return np.bincount(rows, counts, n).astype(np.float64)
