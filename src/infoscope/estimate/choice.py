"""`auto`: which method suits these variables, and the reason, in words for the notes."""

from __future__ import annotations

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.variables import Variable

__all__ = ["choose"]


def choose(
    quantity: str, variables: tuple[Variable, ...], *, function: str
) -> tuple[str, tuple[str, ...]]:
    """Return the name of the method that `auto` takes for these variables, and why."""
    kinds = {variable.kind for variable in variables}
    if kinds == {"discrete"}:
        return "plugin", ()
    if quantity == "mutual_information" and kinds == {"continuous"}:
        dimension = sum(variable.dimension for variable in variables)
        return ("ksg" if dimension == 2 else "corrected_ksg"), ()
    if quantity == "mutual_information":
        return "mixed", ()
    raise InvalidArgument(
        sentence(function, "method", f"be named for {' and '.join(sorted(kinds))} data", "'auto'")
    )
