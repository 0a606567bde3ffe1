"""Jensen-Shannon divergence of numbers: the information between a row and its sample's name."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.method import Raw, Spec, Value
from infoscope.estimate.registry import find_method
from infoscope.estimate.variables import Variable, canonical_order, variable_of

__all__ = ["SPEC", "run"]

SPEC = Spec(
    quantity="jensen_shannon_divergence",
    name="label_information",
    kinds=(("continuous", "continuous"), ("mixed", "mixed")),
    assumes="densities that vary little within the distance to the k-th neighbour",
    bias="Too low where the laws differ in fine detail, and in many columns.",
    cost="n log n, four times where the samples differ in size",
    source="Lin, Divergence measures based on the Shannon entropy (1991), equation 4.1, by Ross, "
    "Mutual information between discrete and continuous data sets (2014), equation 1",
    options={"k": 3},
    invariances=frozenset({"shift", "scale", "monotone", "swap"}),
    error_bar="half_samples",
    smallest_n=4,
)

_THINNINGS = 4


def run(x: Variable, y: Variable, *, rng: np.random.Generator, k: Value) -> Raw:
    """Return I(row; sample) for samples of equal size; a larger one is thinned, four times over."""
    n = min(x.n, y.n)
    ordered = [v.values[canonical_order((v,))] for v in (x, y)]
    if x.codes is not None or y.codes is not None:
        raise InvalidArgument(
            sentence(
                "jensen_shannon_divergence",
                "x and y",
                "hold numbers or labels, not both side by side",
                "columns of both",
                "Pass discrete=True to take every row as a symbol.",
            )
        )
    times = 1 if x.n == y.n else _THINNINGS
    kind = "continuous" if x.kind == "continuous" else "mixed"
    method = find_method(
        "mutual_information", "ross" if kind == "continuous" else "mixed",
        function="jensen_shannon_divergence",
    )  # fmt: skip
    labels = variable_of(
        "y", "discrete", np.zeros((2 * n, 0)), np.repeat(np.arange(2, dtype=np.int64), n)
    )
    values: list[float] = []
    for _ in range(times):
        parts = [values_[_thinned(values_.shape[0], n, rng)] for values_ in ordered]
        rows = variable_of("x", kind, np.vstack(parts), None)
        options = {**method.spec.options, "k": k}
        values.append(method.run(rows, labels, rng=rng, **options).nats)
    notes: tuple[str, ...] = ()
    if times > 1:
        notes = (
            f"The samples have {x.n} and {y.n} rows: mean of {times} random thinnings of the "
            f"larger one to {n}, so that both weigh one half.",
        )
    return Raw(nats=math.fsum(values) / times, notes=notes)


def _thinned(rows: int, n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return np.arange(rows) if rows == n else np.sort(rng.permutation(rows)[:n])
