"""Interpolated modified Kneser-Ney models over bytes, characters or tokens; order 0 is uniform.

The probabilities of a context sum to one exactly, whatever the context: what the discounts take
from the n-grams seen is what the shorter context gets, down to the uniform distribution.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.language.alphabets import Alphabet, alphabet_from_card
from infoscope.language.contract import RowsOnDemand, Tokens
from infoscope.language.model_folder import damaged, write_model_folder
from infoscope.language.ngram_counts import (
    FALLBACK,
    Level,
    NgramCounts,
    count_ngrams,
    kneser_ney_discounts,
)

__all__ = ["NgramModel", "NgramSession"]

_COUNTS_FILE = "counts.npz"
_WINDOW = 1 << 20  # symbols scored together; what a symbol needs is the few before it


class NgramModel:
    """A Kneser-Ney model behind the `LanguageModel` contract.

    Parameters
    ----------
    name : str
        What results call it.
    alphabet : Alphabet
        How bytes become symbols.
    counts : NgramCounts or None
        Adjusted counts; None for the uniform distribution (order 0).
    trained_on : mapping, optional
        What the text was that it was trained on, for those who ask.

    Attributes
    ----------
    order : int
        Longest n-gram; a symbol is predicted from the `order` - 1 before it.
    discounts : list of (float, float, float)
        For each order from 1 on, what is taken from counts of 1, of 2, and of 3 or more.
    notes : tuple of str
        Orders for which the counts of counts gave no discounts.

    Notes
    -----
    Memory: 12 bytes for each n-gram of the highest order, 36 for each shorter one. A row of
    probabilities costs the vocabulary plus the continuations seen; `surprisals` costs only the
    order per symbol.

    Source
    ------
    Chen & Goodman, An empirical study of smoothing techniques for language modeling (1998),
    section 3, interpolated and modified; unigrams are interpolated with the uniform distribution.
    """

    dtype = "float64"
    context_limit: int | None = None
    default_context = _WINDOW

    def __init__(
        self,
        name: str,
        alphabet: Alphabet,
        counts: NgramCounts | None,
        trained_on: Mapping[str, object] | None = None,
    ) -> None:
        self.name, self.alphabet, self.counts = name, alphabet, counts
        self.trained_on = dict(trained_on or {})
        n = alphabet.n_symbols
        self.n_vocabulary, self.prefix = n + 1, n
        self.order = 0 if counts is None else counts.order
        self.discounts: list[tuple[float, float, float]] = []
        self.notes: tuple[str, ...] = ()
        self._starts: list[NDArray[np.int64]] = []
        self._totals: list[NDArray[np.float64]] = []
        self._shares: list[NDArray[np.float64]] = []  # what a context leaves to the shorter one
        self._base = np.full(n + 1, 1.0 / n)
        self._base[n] = 0.0
        if counts is not None:
            self._weigh(counts)

    @classmethod
    def train(
        cls, documents: Sequence[bytes], alphabet: Alphabet, order: int, name: str
    ) -> NgramModel:
        """Count the n-grams of `documents`, each of which begins anew."""
        if order == 0:
            return cls(name, alphabet, None)
        symbols = [alphabet.encode(text).ids for text in documents]
        n_symbols = sum(map(len, symbols))
        if n_symbols == 0:
            raise InvalidArgument(
                sentence("load", "train", "hold at least one byte", "an empty text")
            )
        trained_on: dict[str, object] = {
            "documents": len(documents), "bytes": sum(map(len, documents)), "symbols": n_symbols,
        }  # fmt: skip
        return cls(name, alphabet, count_ngrams(symbols, alphabet.n_symbols, order), trained_on)

    @classmethod
    def from_folder(cls, folder: Path, card: Mapping[str, Any]) -> NgramModel:
        """Read what `save` wrote."""
        try:
            alphabet, order = alphabet_from_card(card["alphabet"], folder), int(card["order"])
            name, trained_on = str(card["name"]), dict(card["trained_on"])
            if order == 0:
                return cls(name, alphabet, None, trained_on)
            with np.load(folder / _COUNTS_FILE, allow_pickle=False) as arrays:
                levels = tuple(
                    Level(arrays[f"keys_{k}"], arrays[f"counts_{k}"]) for k in range(2, order + 1)
                )
                counts = NgramCounts(alphabet.n_symbols, arrays["single"], levels)
        except (KeyError, TypeError, ValueError, OSError, zipfile.BadZipFile) as error:
            raise damaged(folder, error) from None
        return cls(name, alphabet, counts, trained_on)

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new folder, which `load` takes; nothing is left half-written.

        Parameters
        ----------
        folder : str or Path
            Where to write; it must not exist, or be a model folder of this library.

        Returns
        -------
        Path
            The folder.
        """

        def fill(place: Path) -> dict[str, object]:
            arrays: dict[str, NDArray[Any]] = {}
            if self.counts is not None:
                arrays["single"] = self.counts.single
                for k, level in enumerate(self.counts.levels, 2):
                    arrays |= {f"keys_{k}": level.keys, f"counts_{k}": level.counts}
                np.savez(place / _COUNTS_FILE, **arrays)  # pyright: ignore[reportArgumentType]
            return {
                "kind": "ngram", "name": self.name, "order": self.order,
                "alphabet": self.alphabet.write(place), "trained_on": self.trained_on,
            }  # fmt: skip

        return write_model_folder(folder, fill)

    @property
    def n_ngrams(self) -> list[int]:
        """How many different n-grams there are of each order from 1 on."""
        if self.counts is None:
            return []
        seen = int(np.count_nonzero(self.counts.single))
        return [seen, *(len(level.keys) for level in self.counts.levels)]

    def encode(self, text: bytes) -> Tokens:
        """Cut any bytes into symbols that cover them exactly."""
        return self.alphabet.encode(text)

    def decode(self, ids: Sequence[int]) -> bytes:
        """Return the bytes that `encode` cut into `ids`."""
        return self.alphabet.decode(ids)

    def spell(self, token: int) -> bytes:
        """Return the bytes of one symbol."""
        return self.alphabet.spell(token)

    def predict(self, window: NDArray[np.int64], start: int = 0) -> RowsOnDemand:
        """Predict the symbol after each position of `window` from `start` on, as ln p."""
        contexts = self._contexts(np.asarray(window, np.int64), start)
        return RowsOnDemand(
            len(window) - start, lambda first, last: self._rows(contexts, first, last)
        )

    def session(self, n_streams: int = 1, capacity: int | None = None) -> NgramSession:  # noqa: ARG002
        """Return empty contexts that grow in step; each keeps its last symbols only."""
        return NgramSession(self, np.empty((n_streams, 0), np.int64), 0)

    def surprisals(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return -ln p of every symbol of one text, in nats, without making rows.

        Parameters
        ----------
        ids : ndarray of int64, shape (n,)
            What `encode` returned.

        Returns
        -------
        ndarray of float64, shape (n,)
            The same numbers as `score` gives, at the cost of the order instead of the vocabulary.
        """
        whole = np.concatenate([[self.prefix], np.asarray(ids, np.int64)])
        nodes = self._nodes(whole)
        p, scale = np.zeros(len(ids)), np.ones(len(ids))
        for k in range(self.order, 1, -1):
            level = self._level(k)
            context, node = nodes[k - 2][:-1], nodes[k - 1][1:]
            seen = node >= 0
            found, parent = node[seen], context[seen]
            p[seen] += scale[seen] * self._kept(k, level.counts[found], parent)
            known = context >= 0
            scale[known] *= self._shares[k - 2][context[known]]
        p += scale * self._base[whole[1:]]
        return -np.log(p)

    def _weigh(self, counts: NgramCounts) -> None:
        """Compute totals and what each context leaves to the shorter one, order by order."""
        n, bad = counts.n_symbols, list[int]()
        for k in range(1, self.order + 1):
            each = counts.single[:n] if k == 1 else counts.levels[k - 2].counts
            found = kneser_ney_discounts(each)
            if found is None:
                bad.append(k)
            self.discounts.append(found or FALLBACK)
        if bad:
            orders = ", ".join(map(str, bad))
            self.notes = (
                f"order {orders}: too few n-grams are seen once, twice or three times to compute "
                f"discounts; {FALLBACK} taken instead",
            )
        single = counts.single[:n].astype(np.float64)
        taken = self._taken(1, counts.single[:n])
        total = single.sum()
        self._base[:n] = (single - taken) / total + taken.sum() / total / n
        for k in range(2, self.order + 1):
            level = counts.levels[k - 2]
            parents = counts.base if k == 2 else len(counts.levels[k - 3].keys)
            parent = level.keys // counts.base
            starts = np.concatenate([[0], np.cumsum(np.bincount(parent, minlength=parents))])
            totals = np.bincount(parent, level.counts, minlength=parents).astype(np.float64)
            lost = np.bincount(parent, self._taken(k, level.counts), minlength=parents)
            seen = totals > 0
            share = np.ones(parents)
            share[seen] = lost[seen] / totals[seen]
            self._starts.append(starts)
            self._totals.append(totals)
            self._shares.append(share)

    def _level(self, k: int):
        assert self.counts is not None
        return self.counts.levels[k - 2]

    def _taken(self, k: int, counts: NDArray[np.integer]) -> NDArray[np.float64]:
        return np.array([0.0, *self.discounts[k - 1]])[np.minimum(counts, 3)]

    def _kept(
        self, k: int, counts: NDArray[np.integer], parents: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        return (counts - self._taken(k, counts)) / self._totals[k - 2][parents]

    def _nodes(self, symbols: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return for k = 1, 2, ... the index of the k-gram that ends at each position, or -1."""
        nodes = [symbols]
        for k in range(2, self.order + 1):
            keys = self._level(k).keys
            before = np.concatenate([[-1], nodes[-1][:-1]])
            node = np.full(len(symbols), -1)
            where = np.flatnonzero(before >= 0)
            wanted = before[where] * self.n_vocabulary + symbols[where]
            place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            if len(keys):
                node[where] = np.where(keys[place] == wanted, place, -1)
            nodes.append(node)
        return nodes

    def _contexts(self, window: NDArray[np.int64], start: int) -> list[NDArray[np.int64]]:
        """Return for each order k >= 2 the context of k - 1 symbols at each position wanted."""
        begin = max(0, start - max(self.order - 2, 0))
        nodes = self._nodes(window[begin:])
        return [node[start - begin :] for node in nodes[: max(self.order - 1, 0)]]

    def _rows(
        self, contexts: Sequence[NDArray[np.int64]], first: int, last: int
    ) -> NDArray[np.float64]:
        """Return ln p for positions first to last; the start symbol has -inf."""
        n = last - first
        p, scale = np.zeros((n, self.n_vocabulary)), np.ones(n)
        for k in range(self.order, 1, -1):
            context = contexts[k - 2][first:last]
            known = np.flatnonzero(context >= 0)
            parents = context[known]
            starts = self._starts[k - 2]
            begins, sizes = starts[parents], starts[parents + 1] - starts[parents]
            row = np.repeat(np.arange(len(known)), sizes)
            entry = np.arange(len(row)) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
            level = self._level(k)
            kept = self._kept(k, level.counts[entry], parents[row])
            symbols = level.keys[entry] - parents[row] * self.n_vocabulary
            p[known[row], symbols] += scale[known][row] * kept
            scale[known] *= self._shares[k - 2][parents]
        p += scale[:, None] * self._base
        p[:, self.prefix] = 1.0
        np.log(p, out=p)
        p[:, self.prefix] = -np.inf
        return p


class NgramSession:
    """Contexts that grow in step; only the last order - 1 symbols of each are kept."""

    def __init__(self, model: NgramModel, tail: NDArray[np.int64], length: int) -> None:
        self._model, self._tail, self.length = model, tail, length
        self.n_streams = len(tail)

    def extend(self, ids: NDArray[np.int64]) -> RowsOnDemand:
        """Append ids (n_streams, m) and predict what follows each of them."""
        held = np.concatenate([self._tail, np.asarray(ids, np.int64)], 1)
        start, m = self._tail.shape[1], ids.shape[1]
        parts = [self._model.predict(stream, start) for stream in held]
        keep = max(self._model.order - 1, 0)
        self._tail, self.length = (
            held[:, held.shape[1] - min(keep, held.shape[1]) :],
            self.length + m,
        )

        def rows(first: int, last: int) -> NDArray[np.float64]:
            made: list[NDArray[np.float64]] = []
            while first < last:
                stream, at = divmod(first, m)
                stop = min(m, at + last - first)
                made.append(parts[stream].rows(at, stop))
                first += stop - at
            return np.concatenate(made)

        return RowsOnDemand(self.n_streams * m, rows)

    def copy(self) -> NgramSession:
        """Return a session with the same contexts that grows on its own."""
        return NgramSession(self._model, self._tail.copy(), self.length)
