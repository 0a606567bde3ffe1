"""Entropy rate by blocks: the entropy of the next symbol given the last few, counted."""

from __future__ import annotations

import math

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.estimators.entropy import grassberger
from infoscope.estimate.method import DISCRETE, Raw, Spec, Value
from infoscope.estimate.variables import Codes, Variable, encode_rows, variable_of

__all__ = ["SPEC", "batch_error", "run"]

SPEC = Spec(
    quantity="entropy_rate",
    name="block",
    kinds=DISCRETE,
    assumes="memory no longer than `memory` symbols, and every block seen several times",
    bias="Too high where memory is longer; too low where blocks are seen once or twice.",
    cost="n times memory",
    source="Cover & Thomas, Elements of Information Theory (2006), theorem 4.2.1",
    options={"memory": None},
    smallest_n=8,
    ordered=True,
    invariances=frozenset({"relabel"}),
)


def run(sequence: Variable, *, rng: np.random.Generator, memory: Value) -> Raw:
    """Return H(L + 1 symbols) - H(L symbols), each by Grassberger's estimator."""
    codes, n, k = sequence.codes, sequence.n, sequence.n_levels
    assert codes is not None
    if memory is None:  # so that a block of memory + 1 is seen ten times on average
        length = max(int(math.log(n / 10.0) / math.log(max(k, 2))) - 1, 0)
    elif isinstance(memory, int) and not isinstance(memory, bool) and 0 <= memory < n - 2:
        length = memory
    else:
        need = f"be a whole number from 0 to {n - 3}"
        raise InvalidArgument(sentence("entropy_rate", "memory", need, repr(memory)))
    context = np.zeros(n - length, dtype=np.int64)
    if length:
        context = encode_rows([codes[i : n - length + i] for i in range(length)])[0]
    whole = encode_rows([context, codes[length:]])[0]
    empty = np.zeros((n - length, 0))
    longer = grassberger.run(variable_of("x", "discrete", empty, whole), rng=rng)
    shorter = grassberger.run(variable_of("x", "discrete", empty, context), rng=rng)
    local = _surprisals(whole, context)
    return Raw(
        nats=longer.nats - shorter.nats,
        stderr=batch_error(local),
        how="batches of successive symbols",
        settings={"memory": length},
        diagnostics={"plugin": float(local.mean()), "n_blocks": float(whole.max() + 1)},
    )


def _surprisals(whole: Codes, context: Codes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    pair = np.bincount(whole)[whole]
    return -np.log(pair / np.bincount(context)[context])


def batch_error(local: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the standard error of the mean of correlated values, by batches of length root n."""
    n = local.size
    length = max(int(math.sqrt(n)), 1)
    n_batches = n // length
    if n_batches < 2:
        return math.inf
    means = local[: n_batches * length].reshape(n_batches, length).mean(axis=1)
    return float(means.std(ddof=1)) / math.sqrt(n_batches)
