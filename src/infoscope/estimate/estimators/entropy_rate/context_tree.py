"""Entropy rate by context-tree weighting: the code length of a mixture of all memory models.

Every tree of contexts up to `depth` gets a weight, and at each node a Dirichlet mixture predicts
(total weight 1, which suits large alphabets better than Krichevsky and Trofimov's one half each);
the total is the length of a code that a decoder could follow, so no model is chosen.
"""

from __future__ import annotations

import math

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.estimators.entropy_rate.block import batch_error
from infoscope.estimate.method import DISCRETE, Floats, Raw, Spec, Value
from infoscope.estimate.variables import Variable

__all__ = ["SPEC", "code_lengths", "run"]

SPEC = Spec(
    quantity="entropy_rate",
    name="context_tree",
    kinds=DISCRETE,
    assumes="a stationary sequence whose memory is a tree of contexts",
    bias="An upper bound in the mean: it includes the cost of learning, about "
    "(symbols - 1) log n / 2n for each context in use.",
    cost="n times depth",
    source="Willems, Shtarkov & Tjalkens, The context-tree weighting method (1995), equation 12",
    options={"depth": None},
    smallest_n=8,
    ordered=True,
    invariances=frozenset({"relabel"}),
)


def run(sequence: Variable, *, rng: np.random.Generator, depth: Value) -> Raw:  # noqa: ARG001
    """Return the mean code length of the second half, after learning from the first."""
    n, k = sequence.n, sequence.n_levels
    assert sequence.codes is not None
    if depth is None:
        deep = min(max(int(math.log(n) / math.log(max(k, 2))) + 2, 1), 24)
    elif isinstance(depth, int) and not isinstance(depth, bool) and 0 <= depth < n:
        deep = depth
    else:
        raise InvalidArgument(
            sentence("entropy_rate", "depth", f"be a whole number from 0 to {n - 1}", repr(depth))
        )
    if k == 1:
        return Raw(nats=0.0, stderr=0.0, how="one symbol", settings={"depth": deep})
    local = code_lengths(sequence.codes.tolist(), k, deep)
    learned = local[n // 2 :]
    error = batch_error(learned)
    return Raw(
        nats=float(learned.mean()),
        stderr=error if math.isfinite(error) else None,
        how="batches of successive symbols",
        settings={"depth": deep},
        diagnostics={"whole_sequence": float(local.mean()), "n_symbols": float(k)},
        notes=("The mean code length of the second half, foretold with all that came before.",),
    )


def code_lengths(symbols: list[int], k: int, depth: int) -> Floats:
    """Return -log of the predicted probability of each symbol, given those before it.

    The first of three symbols costs log 3, whatever it is:

    >>> round(float(code_lengths([0, 1, 2], 3, 1)[0]), 6)
    1.098612
    """
    nodes: dict[tuple[int, int], int] = {}  # (parent, symbol further back) -> child
    counts: list[dict[int, int]] = [{}]
    totals = [0]
    odds = [0.0]  # log of (weight of stopping here) / (weight of going on), nodes below included
    out = np.empty(len(symbols))
    for t, symbol in enumerate(symbols):
        path = [0]
        for back in range(1, min(depth, t) + 1):
            key = (path[-1], symbols[t - back])
            node = nodes.get(key)
            if node is None:
                node = nodes[key] = len(counts)
                counts.append({})
                totals.append(0)
                odds.append(0.0)
            path.append(node)
        mixed = 0.0
        for node in reversed(path):  # from the longest context to the empty one
            here = (counts[node].get(symbol, 0) + 1.0 / k) / (totals[node] + 1.0)
            if node is path[-1]:
                mixed = here
            else:
                stop = 1.0 / (1.0 + math.exp(-odds[node])) if odds[node] > -700 else 0.0
                both = stop * here + (1.0 - stop) * mixed
                odds[node] += math.log(here) - math.log(mixed)
                mixed = both
            counts[node][symbol] = counts[node].get(symbol, 0) + 1
            totals[node] += 1
        out[t] = -math.log(mixed)
    return out
