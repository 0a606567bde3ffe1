"""Markov chains over finitely many states: entropy rate and information between neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.core.errors import NotADistribution, sentence
from infoscope.core.resample import Rng, generator
from infoscope.core.showing import Shown
from infoscope.figures import Figure, heat_map
from infoscope.known.problem import Columns, Floats, Task
from infoscope.measures import entropy, mutual_information

__all__ = ["MarkovChain", "chain_task"]


@dataclass(frozen=True)
class MarkovChain(Shown):
    """A stationary Markov chain with a known entropy rate.

    h = -sum_i pi_i sum_j P_ij log P_ij, pi P = pi

    Parameters
    ----------
    transition : array of shape (k, k)
        P_ij, the probability of state j after state i; rows sum to 1. One closed class of states.

    Raises
    ------
    NotADistribution
        If `transition` is not square, or a row is no distribution, or the stationary distribution
        is not unique.

    Notes
    -----
    Cost of `sample`: n log k.

    Source
    ------
    Cover & Thomas, Elements of Information Theory (2006), theorem 4.2.4.

    Examples
    --------
    A chain that stays with probability 0.9; its rate is the entropy of a coin of 0.9:

    >>> chain = MarkovChain([[0.9, 0.1], [0.1, 0.9]])
    >>> round(chain.entropy_rate, 6), chain.stationary.round(6).tolist()
    (0.325083, [0.5, 0.5])
    """

    transition: Sequence[Sequence[float]] | NDArray[np.float64]

    def __post_init__(self) -> None:
        p = np.array(self.transition, dtype=np.float64)
        square = p.ndim == 2 and p.shape[0] == p.shape[1]
        if not square or not np.all(p >= 0.0) or not np.allclose(p.sum(-1), 1.0, atol=1e-9):
            raise NotADistribution(
                sentence(
                    "MarkovChain", "transition", "be a square array whose rows sum to 1 and are "
                    "non-negative", f"shape {p.shape}",
                )
            )  # fmt: skip
        if int(np.sum(np.abs(np.linalg.eigvals(p) - 1.0) < 1e-9)) != 1:
            raise NotADistribution(
                sentence(
                    "MarkovChain", "transition", "have one closed class of states",
                    "several stationary distributions", "Take the classes one by one.",
                )
            )  # fmt: skip
        p.flags.writeable = False
        object.__setattr__(self, "transition", p)

    @property
    def stationary(self) -> Floats:
        """The stationary distribution, (k,)."""
        p = np.asarray(self.transition)
        k = p.shape[0]
        equations = np.vstack([p.T - np.eye(k), np.ones(k)])
        solution = np.linalg.lstsq(equations, np.append(np.zeros(k), 1.0), rcond=None)[0]
        return np.maximum(solution, 0.0) / np.maximum(solution, 0.0).sum()

    def figure(self) -> Figure:
        """Draw the transition matrix as a heat map."""
        p = np.asarray(self.transition, dtype=np.float64)
        names = [str(i) for i in range(len(p))]
        return heat_map(p, names, names, title="Transitions", unit="", quantity="probability")

    @property
    def entropy_rate(self) -> float:
        """Entropy of the next state given all before, nats."""
        rows: ArrayLike = np.asarray(entropy(np.asarray(self.transition)))
        return float(self.stationary @ rows)

    @property
    def mutual_information(self) -> float:
        """Information of successive states about each other, nats."""
        p = np.asarray(self.transition)
        return float(mutual_information(self.stationary[:, None] * p))

    def sample(self, n: int, rng: Rng = None) -> NDArray[np.int64]:
        """Return `n` successive states, the first drawn from the stationary distribution."""
        draw = generator(rng)
        cumulative = np.cumsum(np.asarray(self.transition), axis=1)
        last = cumulative.shape[0] - 1
        states = np.empty(n, dtype=np.int64)
        uniform = draw.random(n)
        state = min(int(np.searchsorted(np.cumsum(self.stationary), uniform[0], "right")), last)
        for i in range(n):
            if i:
                state = min(int(np.searchsorted(cumulative[state], uniform[i], "right")), last)
            states[i] = state
        return states


def chain_task(name: str, transition: Sequence[Sequence[float]]) -> Task:
    """Return the task of a chain: x is a state and y the next one; rows follow each other."""
    chain = MarkovChain(transition)

    def draw(n: int, rng: np.random.Generator) -> tuple[Columns, Columns]:
        states = chain.sample(n + 1, rng)
        return states[:-1], states[1:]

    return Task(
        name=name, collection="chain", group="markov", dims=(1, 1), draw=draw,
        truth=lambda: chain.mutual_information, obtained="closed form",
        source="Cover & Thomas, Elements of Information Theory (2006), section 4.2",
        kinds=("discrete", "discrete"), independent_rows=False,
    )  # fmt: skip
