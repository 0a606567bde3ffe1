"""Word vectors by prediction: skip-gram with negative sampling, and the PMI that it factorises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infoscope.core.progress import Progress
from infoscope.language.arguments import real_number, whole_number
from infoscope.language.words.embeddings import WordEmbeddings
from infoscope.language.words.factorising import margins, pair_table
from infoscope.language.words.pair_counts import PairCounts
from infoscope.language.words.skip_gram_kernels import alias_tables, train_stretch
from infoscope.language.words.splitting import WordTokens

__all__ = ["Factorisation", "SkipGram", "skip_gram"]

_STRETCH = 20_000


@dataclass(frozen=True, slots=True)
class Factorisation:
    """How closely w·c follows PMI - ln k over observed pairs, weighted by their counts."""

    correlation: float
    slope: float
    offset: float
    rms_error: float
    n_pairs: int


@dataclass(frozen=True, eq=False, repr=False)
class SkipGram(WordEmbeddings):
    """Vectors of words and of contexts, with the pairs that they were trained on.

    `losses[e]` is the mean cost of a pair in epoch e, in nats.
    """

    contexts: NDArray[np.float32] = None  # type: ignore[assignment]
    pairs: PairCounts = None  # type: ignore[assignment]
    losses: tuple[float, ...] = ()

    def factorisation(self, *, min_count: float = 5.0) -> Factorisation:
        """Compare w·c with PMI(w, c) - ln k, which it would equal with dimensions enough.

        PMI is taken against the noise distribution that was sampled from (contexts to the power
        `smoothing`). Pairs lighter than `min_count` are left out: their PMI is mostly chance.

        Source
        ------
        Levy & Goldberg (2014), equation 7.
        """
        n = len(self.words)
        rows = np.concatenate([self.pairs.x, self.pairs.y])
        columns = np.concatenate([self.pairs.y, self.pairs.x])
        keys, place = np.unique(rows * n + columns, return_inverse=True)
        counts = np.bincount(place, np.concatenate([self.pairs.count, self.pairs.count]))
        rows, columns = np.divmod(keys, n)
        word = margins(rows, counts, n)
        noise = word ** float(self.settings["smoothing"])  # type: ignore[arg-type]
        share = noise / noise.sum()
        k = float(self.settings["negatives"])  # type: ignore[arg-type]
        goal = np.log(counts / (word[rows] * share[columns])) - np.log(k)
        keep = counts >= min_count
        rows, columns, goal, weight = rows[keep], columns[keep], goal[keep], counts[keep]
        made = np.einsum("ij,ij->i", self.vectors[rows], self.contexts[columns], dtype=np.float64)
        weight = weight / weight.sum()
        mean_goal, mean_made = float(weight @ goal), float(weight @ made)
        a, b = goal - mean_goal, made - mean_made
        both, own, other = (float(weight @ each) for each in (a * b, a * a, b * b))
        rms = float(np.sqrt(weight @ (made - goal) ** 2))
        return Factorisation(
            both / np.sqrt(own * other), both / own, mean_made - both / own * mean_goal, rms,
            len(goal),
        )  # fmt: skip


def skip_gram(
    corpus: str | Iterable[str] | Iterable[Iterable[str]] | WordTokens,
    *,
    dimensions: int = 100,
    window: int = 5,
    min_count: int = 5,
    negatives: int = 5,
    smoothing: float = 0.75,
    subsample: float = 1e-3,
    epochs: int = 5,
    learning_rate: float = 0.025,
    rng: int | None = None,
    progress: bool | None = None,
) -> SkipGram:
    """Train skip-gram with negative sampling on the words of `corpus`.

    loss = -ln sigma(w·c) - sum over k noise words n of ln sigma(-w·n)

    Parameters
    ----------
    corpus : str, iterable of str, iterable of lists of str, or WordTokens
        A text, documents, or documents cut into words.
    dimensions : int
        Length of the vectors.
    window : int
        Farthest context; each place draws its own reach from 1 to `window`.
    min_count : int
        Rarer words have no vector (their places still count as distance).
    negatives : int
        Noise words for each pair, at least 1.
    smoothing : float
        Noise is drawn by context frequency to this power, in (0, 1].
    subsample : float
        A word of share f is passed over with probability 1 - root of subsample / f; 0: none is.
    epochs, learning_rate : int, float
        Passes over the text, and the first step size, which falls linearly to a ten-thousandth.
    rng : int, optional
        Seed; None is 0. Equal calls give equal vectors.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    SkipGram
        Vectors of words and contexts; `factorisation()` compares them with PMI - ln k.

    Raises
    ------
    InvalidArgument
        If a number is out of range, or too few words are frequent enough.
    WrongType
        If `corpus` is no text, or a number is none.

    Notes
    -----
    One thread: updates in a fixed order make the result repeatable. Cost grows with words times
    window times negatives times dimensions.

    Source
    ------
    Mikolov et al. (2013), Distributed representations of words and phrases; Levy & Goldberg (2014)
    for what it factorises.
    """
    name = "skip_gram"
    dimensions = whole_number(name, "dimensions", dimensions, 1)
    negatives = whole_number(name, "negatives", negatives, 1)
    epochs = whole_number(name, "epochs", epochs, 1)
    real_number(name, "smoothing", smoothing, 0.0, 1.0, above=True)
    real_number(name, "subsample", subsample, 0.0)
    real_number(name, "learning_rate", learning_rate, 0.0, above=True)
    tokens, pairs, n_words = pair_table(name, corpus, window, min_count, "linear")
    generator = np.random.default_rng(0 if rng is None else rng)
    width = -(-dimensions // 8) * 8
    words = np.zeros((n_words, width), np.float32)
    words[:, :dimensions] = (generator.random((n_words, dimensions)) - 0.5) / dimensions
    contexts = np.zeros((n_words, width), np.float32)
    weight = (pairs.left + pairs.right)[:n_words] ** smoothing
    keep, other = alias_tables(weight)
    starts = np.concatenate([[0], tokens.ends[:-1]])
    spans = np.stack([starts[tokens.documents], tokens.ends[tokens.documents]], 1)
    state = generator.integers(0, 2**63, 1, dtype=np.uint64)
    share = tokens.counts / len(tokens)
    stay = np.minimum(np.sqrt(subsample / share), 1.0) if subsample else np.ones(len(share))
    losses: list[float] = []
    with Progress(epochs * len(tokens), "training", "words", show=progress) as bar:
        for epoch in range(epochs):
            ids = np.where(tokens.ids < n_words, tokens.ids, -1)
            ids[generator.random(len(ids)) >= stay[tokens.ids]] = -1
            loss = 0.0
            for begin in range(0, len(ids), _STRETCH):
                stop = min(begin + _STRETCH, len(ids))
                done = (epoch * len(ids) + begin) / (epochs * len(ids))
                rate = np.float32(learning_rate * max(1.0 - done, 1e-4))
                loss += float(train_stretch(
                    ids, spans, np.int64(begin), np.int64(stop), words, contexts,
                    np.int64(window), np.int64(negatives), keep, other, rate, state,
                ))  # fmt: skip
                bar.advance(stop - begin)
            losses.append(loss / max(len(ids), 1))
    settings: dict[str, object] = {
        "method": "skip-gram", "dimensions": dimensions, "window": window, "min_count": min_count,
        "negatives": negatives, "smoothing": smoothing, "subsample": subsample, "epochs": epochs,
        "learning_rate": learning_rate, "seed": 0 if rng is None else rng,
    }  # fmt: skip
    return SkipGram(
        tokens.words[:n_words], words[:, :dimensions].copy(), settings,
        contexts=contexts[:, :dimensions].copy(), pairs=pairs, losses=tuple(losses),
    )  # fmt: skip
