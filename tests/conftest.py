"""What all tests share: hypothesis profiles, the same draws in any order, nothing left behind."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "derandomize": True, "database": None}
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]
settings.register_profile("dev", max_examples=20, suppress_health_check=SLOW, **COMMON)
settings.register_profile("ci", max_examples=100, suppress_health_check=SLOW, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

os.environ.setdefault("JAX_ENABLE_X64", "1")  # read when jax is imported, by those who import it
os.environ.setdefault("JAX_PLATFORMS", "cpu")

_STATES: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def same_draws(request: pytest.FixtureRequest) -> None:
    """Give every test the same draws of its module's `RNG` and of torch, whatever ran before it."""
    module = getattr(request.node, "module", None)
    rng = getattr(module, "RNG", None)
    if isinstance(rng, np.random.Generator):
        state = _STATES.setdefault(module.__name__, deepcopy(rng.bit_generator.state))
        rng.bit_generator.state = deepcopy(state)
    if torch := sys.modules.get("torch"):
        torch.default_generator.manual_seed(0)


def _state() -> dict[str, object]:
    """Return what a process has one of, and a test could change for those that follow."""
    state: dict[str, object] = {
        "working directory": Path.cwd(), "numpy.errstate": np.geterr(),
        "numpy.printoptions": np.get_printoptions(),
    }  # fmt: skip
    if torch := sys.modules.get("torch"):
        state |= {
            "torch's threads": torch.get_num_threads(),
            "torch's default dtype": torch.get_default_dtype(),
            "torch's gradients": torch.is_grad_enabled(),
            "torch's deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        }
    return state


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that changes what later tests of its process start with, not those tests.

    New environment variables are left to the libraries that a test is the first to import; ours
    and those that were there must stay as they are. Heavy integrations set up their process.
    """
    if request.node.get_closest_marker("heavy"):
        yield
        return
    before, variables = _state(), dict(os.environ)
    yield
    after = {name: value for name, value in _state().items() if name in before}
    left = [f"{name}: {before[name]} -> {value}" for name, value in after.items()
            if value != before[name]]  # fmt: skip
    left += [
        f"{name}: {variables.get(name)} -> {os.environ.get(name)}"
        for name in {*variables, *(new for new in os.environ if new.startswith("INFOSCOPE"))}
        if name != "PYTEST_CURRENT_TEST" and variables.get(name) != os.environ.get(name)
    ]
    assert not left, "the test left behind " + "; ".join(sorted(left))


@contextmanager
def _interpreted(**instead: Any) -> Iterator[None]:
    """Run every compiled loop of the library as the Python that it is written in.

    `instead` gives, by name, what stands for the few functions that only a compiler understands.
    """
    from numba.core.dispatcher import Dispatcher

    mine = {name: module for name, module in sys.modules.items() if name.startswith("infoscope")}
    with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        for module in mine.values():
            for name, value in list(vars(module).items()):
                if name in instead:
                    patch.setattr(module, name, instead[name])
                elif isinstance(value, Dispatcher):
                    patch.setattr(module, name, value.py_func)
        yield


@pytest.fixture
def interpreted() -> Callable[..., AbstractContextManager[None]]:
    """Return a context in which loops run without a compiler: a twin to compare with."""
    return _interpreted
