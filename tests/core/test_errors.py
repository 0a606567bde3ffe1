"""Errors: one base, the builtins callers expect, one template; and a front door that works."""

import subprocess
import sys

import pytest

import infoscope
from infoscope.core import errors


@pytest.mark.parametrize(
    "kind, builtin",
    [
        (errors.InvalidArgument, ValueError),
        (errors.NotADistribution, ValueError),
        (errors.UnknownName, ValueError),
        (errors.DataError, ValueError),
        (errors.WrongType, TypeError),
        (errors.NotFound, FileNotFoundError),
        (errors.ModelError, RuntimeError),
        (errors.MissingExtra, ImportError),
        (errors.InfoscopeWarning, UserWarning),
    ],
)
def test_each_class_is_also_the_builtin(kind: type, builtin: type) -> None:
    assert issubclass(kind, builtin)
    assert kind is errors.InfoscopeWarning or issubclass(kind, errors.InfoscopeError)


def test_the_sentence() -> None:
    assert errors.sentence("f", "x", "be small", 9) == "f: x must be small; got 9."
    assert errors.sentence("f", "x", "be small", 9, "Try 1.").endswith("got 9. Try 1.")


def test_every_promised_name_can_be_imported() -> None:
    """A list that names what is not there breaks `from package import *`."""
    space: dict[str, object] = {}
    exec("from infoscope import *", space)
    assert set(infoscope.__all__) <= set(space)
    assert all(getattr(infoscope, name).__doc__ for name in infoscope.__all__)


def test_the_front_door_is_light() -> None:
    heavy = ["torch", "jax", "numba", "pandas", "matplotlib", "sklearn", "scipy.stats"]
    heavy += ["transformers", "hypothesis"]
    code = (
        "import sys, infoscope; infoscope.entropy([.5, .5]); "
        f"print([m for m in {heavy} if m in sys.modules], len(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    listed, _, count = out.stdout.strip().rpartition(" ")
    assert listed == "[]"
    assert int(count) < 300
