"""Models of symbol sequences: they tell both ends of a coder the next distribution."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.checking import probabilities
from infoscope.core.distribution import read
from infoscope.core.errors import InvalidArgument, sentence

__all__ = ["AdaptiveModel", "MarkovModel", "SymbolModel"]


@runtime_checkable
class SymbolModel(Protocol):
    """What a coder asks of a model: begin anew, predict, take note of a symbol.

    Encoder and decoder make the same calls in the same order, so that they see the same numbers to
    the last bit; a model must depend on nothing else.
    """

    n_symbols: int

    def start(self) -> None:
        """Forget all symbols."""

    def predict(self) -> NDArray[np.float64]:
        """Return the distribution of the next symbol, shape (n_symbols,)."""
        ...

    def update(self, symbol: int) -> None:
        """Take note of the symbol that came."""


class AdaptiveModel:
    """Learn the frequencies while coding, apart for each context of the last `order` symbols.

    p(a | context) = (count of a there + prior) / (count of the context + prior k)

    Parameters
    ----------
    n_symbols : int
        Size of the alphabet, k.
    order : int
        How many symbols back the context reaches; 0 for one table.
    prior : float
        Weight of each symbol before anything is seen; 1/2 is Krichevsky's and Trofimov's.

    Raises
    ------
    InvalidArgument
        If an argument is out of range.

    Notes
    -----
    A table of k counts for each context seen. Order 0 spends exactly `krichevsky_trofimov`.

    Source
    ------
    Krichevsky and Trofimov (1981), IEEE Trans. Inf. Theory 27(2).

    Examples
    --------
    >>> model = AdaptiveModel(2)
    >>> model.update(0)
    >>> model.predict().tolist()
    [0.75, 0.25]
    """

    def __init__(self, n_symbols: int, *, order: int = 0, prior: float = 0.5) -> None:
        for name, value, least in (("n_symbols", n_symbols, 1), ("order", order, 0)):
            if value < least:
                raise InvalidArgument(
                    sentence("AdaptiveModel", name, f"be at least {least}", value)
                )
        if not (prior > 0 and np.isfinite(prior)):
            raise InvalidArgument(sentence("AdaptiveModel", "prior", "be above 0", prior))
        self.n_symbols, self.order, self.prior = n_symbols, order, prior
        self.start()

    def start(self) -> None:
        """Forget all symbols."""
        self._counts: dict[tuple[int, ...], NDArray[np.float64]] = {}
        self._context: tuple[int, ...] = ()

    def predict(self) -> NDArray[np.float64]:
        """Return the distribution of the next symbol."""
        weights = self._weights()
        return weights / weights.sum()

    def update(self, symbol: int) -> None:
        """Count the symbol in its context, and move the context on."""
        self._weights()[symbol] += 1
        if self.order:
            self._context = (*self._context, symbol)[-self.order :]

    def _weights(self) -> NDArray[np.float64]:
        if self._context not in self._counts:
            self._counts[self._context] = np.full(self.n_symbols, self.prior)
        return self._counts[self._context]


class MarkovModel:
    """A known chain: the distribution of a symbol is the row of the one before it.

    Parameters
    ----------
    transition : array of shape (k, k)
        Row a is the distribution of what follows a.
    initial : array of shape (k,), optional
        Distribution of the first symbol; uniform when not given.

    Raises
    ------
    NotADistribution
        If a row is no distribution.
    InvalidArgument
        If shapes do not fit.

    Source
    ------
    Cover and Thomas (2006), section 4.1; the ideal cost a symbol tends to the entropy rate.

    Examples
    --------
    >>> model = MarkovModel([[0.9, 0.1], [0.5, 0.5]])
    >>> model.update(1)
    >>> model.predict().tolist()
    [0.5, 0.5]
    """

    def __init__(self, transition: ArrayLike, initial: ArrayLike | None = None) -> None:
        rows = read(transition, axis=-1, function="MarkovModel", argument="transition")
        table: Any = np.array(rows.probabilities, np.float64)
        if table.ndim != 2 or table.shape[0] != table.shape[1]:
            raise InvalidArgument(
                sentence("MarkovModel", "transition", "be a square table", f"shape {table.shape}")
            )
        self.n_symbols = int(table.shape[0])
        first = np.full(self.n_symbols, 1 / self.n_symbols)
        if initial is not None:
            first = probabilities(initial, "MarkovModel", "initial")
        if first.size != self.n_symbols:
            raise InvalidArgument(
                sentence("MarkovModel", "initial", f"have {self.n_symbols} entries", first.size)
            )
        self._rows = np.vstack([table, first])
        self.start()

    def start(self) -> None:
        """Go back to before the first symbol."""
        self._at = self.n_symbols

    def predict(self) -> NDArray[np.float64]:
        """Return the distribution of the next symbol."""
        return self._rows[self._at]

    def update(self, symbol: int) -> None:
        """Move to the row of the symbol."""
        self._at = symbol
