"""What all tests share: hypothesis profiles, and JAX in double precision where it is there."""

import os
from copy import deepcopy
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
    """Give every test the same draws of its module's `RNG`, whichever tests ran before it."""
    module = getattr(request.node, "module", None)
    rng = getattr(module, "RNG", None)
    if isinstance(rng, np.random.Generator):
        state = _STATES.setdefault(module.__name__, deepcopy(rng.bit_generator.state))
        rng.bit_generator.state = deepcopy(state)
