"""`auto`: which method suits these variables, and the reason, in words for the notes."""

from __future__ import annotations

import math

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.label_counts import fold
from infoscope.estimate.registry import find_method, known_methods, own_methods
from infoscope.estimate.variables import Variable

__all__ = ["choose"]

#: For each quantity the methods in the order in which `auto` tries them; the first that takes the
#: kinds and the number of columns is taken. Labels come before numbers, exact kinds before any.
_ORDER: dict[str, tuple[str, ...]] = {
    "entropy": ("plugin", "vasicek", "kozachenko_leonenko"),
    "mutual_information": ("fixed_margins", "shrunk_ksg", "ksg", "corrected_ksg", "ross", "mixed"),
    "conditional_mutual_information": ("fixed_margins", "ksg", "mixed"),
    "kl_divergence": ("zhang_grabchak", "nearest_neighbours"),
    "jensen_shannon_divergence": ("fixed_margins", "nearest_neighbours"),
    "cross_entropy": ("zhang_grabchak", "nearest_neighbours"),
    "entropy_rate": ("context_tree",),
}

_FEW_ROWS = 200
#: Above, plain neighbours: their noise is small, and three times the time is not.
_MANY_ROWS = 5000
_ROWS_PER_COLUMN = 10
#: Share of observations whose symbol was seen again from which the jackknife beats Chao-Shen; below
#: 0.9 no method can be trusted (benchmarks/results/estimate_label_entropy.csv).
_SEEN_ENOUGH = 0.95
_FAR_FROM_ENOUGH = 0.9
_ALL_BUT_CERTAIN = 0.99


def choose(
    quantity: str, variables: tuple[Variable, ...], *, function: str
) -> tuple[str, tuple[str, ...]]:
    """Return the name of the method that `auto` takes for these variables, and why."""
    kinds = tuple(variable.kind for variable in variables)
    dimension = sum(variable.dimension for variable in variables)
    if quantity == "entropy" and kinds == ("discrete",):
        return _for_labels(variables[0])
    if quantity == "entropy" and kinds == ("mixed",):
        raise InvalidArgument(
            sentence(
                function,
                "x",
                "be labels or measurements: numbers that repeat have no differential entropy",
                f"{variables[0].n_distinct} different values in {variables[0].n} rows",
                "Pass discrete=True for the entropy of the values as symbols.",
            )
        )
    if quantity == "mutual_information" and set(kinds) == {"continuous"} and dimension > 2:
        return _for_columns(variables, dimension)
    present = own_methods(quantity)
    for name in _ORDER[quantity]:
        if name not in present:
            continue
        spec = find_method(quantity, name, function=function).spec
        fits = spec.largest_dimension is None or dimension <= spec.largest_dimension
        if name == "shrunk_ksg" and not spec.smallest_n <= variables[0].n <= _MANY_ROWS:
            continue
        if kinds in spec.kinds and fits:
            return name, (f"auto took {name}: {_described(variables)}.",)
    have = ", ".join(known_methods(quantity))
    raise InvalidArgument(
        sentence(
            function,
            "method",
            f"exist for {_described(variables)}",
            f"only {have}",
            "Pass discrete=True (or discrete_x, ...) if the values are labels.",
        )
    )


def _for_labels(x: Variable) -> tuple[str, tuple[str, ...]]:
    """Choose by how many observations are of symbols seen only once."""
    folded = fold(x.counts)
    coverage = 1.0 - folded.singletons / folded.n
    if coverage >= _SEEN_ENOUGH:
        seen = f"auto took jackknife: {folded.singletons:g} of {x.n_levels} symbols were seen once."
        if coverage >= _ALL_BUT_CERTAIN:
            return "jackknife", (seen,)
        return "jackknife", (
            seen,
            "If the frequencies have a long tail, the value is too low by more than the interval "
            "says (for Zipf laws it covered 40 %); compare method='chao_shen'.",
        )
    reasons = [
        f"auto took chao_shen: {folded.singletons:g} of {x.n_levels} symbols were seen once, so "
        f"about {1 - coverage:.0%} of future observations will be symbols not seen yet."
    ]
    if coverage < _FAR_FROM_ENOUGH:
        reasons.append(
            "That is too many to know the entropy: compare method='nsb' and 'grassberger', and do "
            "not trust the interval."
        )
    else:
        reasons.append(
            "If the frequencies have a long tail, do not trust the interval (for Zipf's law over "
            "1000 symbols and n=5000 it covered 40 %); compare method='jackknife'."
        )
    return "chao_shen", tuple(reasons)


def _for_columns(variables: tuple[Variable, ...], dimension: int) -> tuple[str, tuple[str, ...]]:
    """Choose for continuous vectors by rows per column, and say what is out of reach."""
    n = variables[0].n
    widest = max(variable.dimension for variable in variables)
    notes: list[str] = []
    fewest = find_method("mutual_information", "corrected_ksg", function="auto").spec.smallest_n
    if n < fewest:
        name = "gaussian_copula"
        notes.append(
            f"auto took gaussian_copula: n={n} rows are too few for more than a Gaussian model; "
            "dependence of other shapes is not seen."
        )
    else:
        name = "corrected_ksg"
        notes.append(f"auto took corrected_ksg: {_described(variables)}.")
    if n < _FEW_ROWS or dimension > n / _ROWS_PER_COLUMN:
        notes.append(
            f"n={n} rows in {dimension} columns are few: the value rests on simple models of the "
            "dependence, and other shapes are not seen."
        )
    if widest > 5:
        sizes = "+".join(str(variable.dimension) for variable in variables)
        notes.append(
            f"n={n} in {sizes} dimensions: anything above about "
            f"{max(math.log(n / widest), 0.0):.0f} nats rests on the model alone."
        )
    return name, tuple(notes)


def _described(variables: tuple[Variable, ...]) -> str:
    """Say in words what the variables are."""
    parts: list[str] = []
    for v in variables:
        columns = "one column" if v.dimension == 1 else f"{v.dimension} columns"
        if v.kind == "discrete":
            parts.append(f"{v.argument} is labels ({v.n_levels})")
        elif v.kind == "continuous":
            parts.append(f"{v.argument} is {columns} of numbers")
        else:
            parts.append(f"{v.argument} is numbers with ties, or numbers and labels")
    return ", ".join(parts)
