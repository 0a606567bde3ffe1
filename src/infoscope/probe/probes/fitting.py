"""One door to the two families of probes, asked in the same words by all that fit one."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import UnknownName, sentence
from infoscope.core.extras import require
from infoscope.probe.probes.linear import fit_linear
from infoscope.probe.probes.readers import Reader
from infoscope.probe.probes.splitting import Split
from infoscope.probe.probes.variables import Target

__all__ = ["FAMILIES", "Family", "check_family", "fit_reader"]

Family = Literal["linear", "mlp"]
FAMILIES = ("linear", "mlp")


def check_family(family: str, *, function: str) -> None:
    """Refuse a family that is not known, or whose library is missing."""
    if family not in FAMILIES:
        raise UnknownName(
            sentence(function, "family", "be 'linear' or 'mlp'", repr(family))
        )  # fmt: skip
    if family == "mlp":
        require("torch", extra="train", purpose="a multilayer probe")


def fit_reader(
    x: NDArray[np.floating[Any]], target: Target, split: Split, family: str,
    rng: np.random.Generator, *, penalty: float | Sequence[float] | None = None,
    hidden: Sequence[int] = (256,), function: str,
) -> Reader:  # fmt: skip
    """Fit a probe of `family` on the training rows of `split`, chosen on its validation rows."""
    if family == "linear":
        return fit_linear(x, target, split, penalty=penalty, function=function)
    network = importlib.import_module("infoscope.probe.probes.network")
    return network.fit_network(x, target, split, rng, hidden=hidden, function=function)
