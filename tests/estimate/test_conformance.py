"""Every check of `infoscope.testing` on every method, found by itself: a new file is a new case."""

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

import infoscope.estimate as est
from infoscope.core.errors import UnknownName, WrongType
from infoscope.estimate.method import DISCRETE, Raw, Spec
from infoscope.estimate.registry import QUANTITIES, known_methods
from infoscope.testing import check_estimator_method, estimator_checks

CHECKS = [
    pytest.param(check, id=name)
    for quantity in QUANTITIES
    for method in known_methods(quantity)
    for name, check in estimator_checks(f"{quantity}.{method}")
]


@pytest.mark.parametrize("check", CHECKS)
def test_every_method(check: Callable[[], None]) -> None:
    check()


def test_every_quantity_prints_its_table_of_methods() -> None:
    for quantity in QUANTITIES:
        text = str(est.methods(quantity))
        assert all(spec.name in text for spec in est.methods(quantity))
        assert "<table>" in est.methods(quantity)._repr_html_()


# -- the checks themselves find what is wrong -----------------------------------------------------


def module(run: Callable[..., Raw], **changes: object) -> ModuleType:
    made = ModuleType("made")
    given = {"assumes": "nothing", "cost": "n", "source": "a test", **changes}
    made.SPEC = Spec(quantity="entropy", name="made", kinds=DISCRETE, **given)
    made.run = run
    return made


def good(x, **_):
    return Raw(nats=float(x.n_levels), stderr=0.1, how="made up")


def test_a_module_that_is_not_installed_is_checked() -> None:
    check_estimator_method(module(good, invariances=frozenset({"relabel"})))


@pytest.mark.parametrize(
    "run, changes, said",
    [
        (lambda *_, **__: Raw(nats=float("nan"), stderr=0.1, how="h"), {}, "the value is NaN"),
        (lambda *_, **__: Raw(nats=1.0), {}, "no interval, though"),
        (lambda x, **_: Raw(nats=float(x.codes[0]), stderr=0.1), {}, "two orders of rows"),
        (
            lambda x, **_: Raw(nats=1.0, stderr=0.1, per_sample=np.zeros(x.n)),
            {},
            "mean of local values",
        ),
        (
            lambda x, **_: Raw(nats=float(np.dot(x.codes, x.codes)), stderr=0.1),
            {"invariances": frozenset({"relabel"})},
            "before and after relabel",
        ),
        (good, {"source": ""}, "SPEC.source is empty"),
        (good, {"invariances": frozenset({"magic"})}, "unknown invariances"),
        (lambda *_, **__: 1 / 0, {}, "ZeroDivisionError"),
    ],
    ids=["nan", "no error bar", "first row", "local", "relabel", "source", "magic", "crash"],
)
def test_a_broken_method_is_told_what_is_wrong(run, changes, said) -> None:
    with pytest.raises(AssertionError, match=said):
        check_estimator_method(module(run, **changes))


def test_what_is_no_method_is_refused() -> None:
    with pytest.raises(WrongType, match="must be called '<quantity>"):
        check_estimator_method("plugin")
    with pytest.raises(UnknownName, match="Did you mean 'plugin'"):
        check_estimator_method("entropy.plugni")
    with pytest.raises(WrongType, match="must define SPEC"):
        check_estimator_method(pytest)
