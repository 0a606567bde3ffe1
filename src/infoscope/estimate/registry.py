"""Find methods by quantity and name, in our folders and in other packages' entry points.

An entry point of the group ``infoscope.estimators`` is called ``<quantity>.<name>`` and points to a
module with ``SPEC`` and ``run``. Information between labels needs no files of its own: every method
for the entropy of labels serves it (`infoscope.estimate.from_entropies`).
"""

from __future__ import annotations

from types import ModuleType
from typing import cast

from infoscope.core.errors import UnknownName, sentence
from infoscope.core.plugins import load_plugin, near_match, plugin_names
from infoscope.estimate import from_entropies
from infoscope.estimate.method import Method, Run, Spec

__all__ = ["GROUP", "QUANTITIES", "find_method", "known_methods", "own_methods"]

GROUP = "infoscope.estimators"

#: The quantities, which are folders of `infoscope.estimate.estimators`.
QUANTITIES = (
    "entropy",
    "mutual_information",
    "conditional_mutual_information",
    "kl_divergence",
    "jensen_shannon_divergence",
    "cross_entropy",
    "entropy_rate",
)


def known_methods(quantity: str) -> tuple[str, ...]:
    """Return the names of all methods for `quantity`, sorted."""
    return tuple(sorted({*own_methods(quantity), *_derived_names(quantity)}))


def own_methods(quantity: str) -> tuple[str, ...]:
    """Return the names of the methods with a file or entry point of their own; imports none."""
    return plugin_names(_package(quantity), GROUP, quantity)


def find_method(quantity: str, name: object, *, function: str) -> Method:
    """Return the method of this name, or raise `UnknownName` with the nearest ones."""
    if not isinstance(name, str):
        raise UnknownName(sentence(function, "method", "be a name", repr(name)))
    if name in own_methods(quantity):
        module = load_plugin(
            name,
            package=_package(quantity),
            group=GROUP,
            prefix=quantity,
            function=function,
            argument="method",
        )
        return _method(module, quantity, name)
    if quantity in from_entropies.QUANTITIES and name in own_methods("entropy"):
        entropy = find_method("entropy", name, function=function)
        if _takes_labels(entropy):
            return from_entropies.derive(quantity, entropy)
    known = ("auto", *known_methods(quantity))
    raise UnknownName(
        sentence(
            function, "method", f"be one of {', '.join(known)}", repr(name), near_match(name, known)
        )
    )


def _derived_names(quantity: str) -> tuple[str, ...]:
    """Return the entropy methods (for labels) that also give `quantity`."""
    if quantity not in from_entropies.QUANTITIES:
        return ()
    taken = own_methods(quantity)
    return tuple(
        name
        for name in own_methods("entropy")
        if name not in taken and _takes_labels(find_method("entropy", name, function="methods"))
    )


def _takes_labels(method: Method) -> bool:
    return ("discrete",) in method.spec.kinds


def _package(quantity: str) -> str:
    return f"infoscope.estimate.estimators.{quantity}"


def _method(module: ModuleType, quantity: str, name: str) -> Method:
    """Check that the module keeps the contract, and return its method."""
    spec, run = getattr(module, "SPEC", None), getattr(module, "run", None)
    if not isinstance(spec, Spec) or not callable(run):
        raise TypeError(f"{module.__name__} must define SPEC (a Spec) and run (a function)")
    if (spec.quantity, spec.name) != (quantity, name):
        found = f"{quantity}.{name}"
        raise TypeError(f"{module.__name__} is {found}, its SPEC {spec.quantity}.{spec.name}")
    return Method(spec, cast(Run, run))
