"""The functions that closed forms are written in, for NumPy and for torch, under one set of names.

Plain Python numbers pass through as plain numbers, so that a parameter that a family fixes (the
shape 1 of an exponential seen as a gamma) costs nothing and takes no gradient.
"""

# scipy and torch come without stubs; what they return is Any here.
# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import importlib
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from infoscope.core.arrays import Array

__all__ = ["Maths", "maths_for", "values_of"]

Function = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Maths:
    """One array library's special functions."""

    xp: Any
    is_torch: bool
    log: Function
    log1p: Function
    expm1: Function
    exp: Function
    sqrt: Function
    abs: Function
    cos: Function
    softplus: Function
    lgamma: Function
    digamma: Function
    trigamma: Function
    i0e: Function
    i1e: Function
    erf: Function

    def where(self, mask: Any, first: Any, second: Any) -> Array:
        """Choose elementwise; numbers become arrays of the right kind."""
        if isinstance(mask, (bool, np.bool_)):
            return first if mask else second
        if self.is_torch:
            torch = self.xp
            if not isinstance(mask, torch.Tensor):
                mask = torch.as_tensor(np.asarray(mask))
            return torch.where(mask, first, second)
        return np.where(mask, first, second)

    def log_beta(self, a: Any, b: Any) -> Any:
        """Logarithm of the beta function."""
        return self.lgamma(a) + self.lgamma(b) - self.lgamma(a + b)


def values_of(array: Any) -> np.ndarray[Any, Any]:
    """Return the numbers of an array, tensor or number in double precision, without gradient."""
    detach = getattr(array, "detach", None)
    return np.asarray(detach().cpu() if detach is not None else array, dtype=np.float64)


def maths_for(*arrays: Any) -> Maths:
    """Return torch's functions if one of the arrays is torch's, else NumPy's."""
    torch = sys.modules.get("torch")
    tensor: Any = getattr(torch, "Tensor", None)
    if tensor is not None and any(isinstance(array, tensor) for array in arrays):
        return _torch_maths()
    return _numpy_maths()


@cache
def _numpy_maths() -> Maths:
    special: Any = importlib.import_module("scipy.special")

    def quiet(function: Callable[[Any], Any]) -> Function:
        def call(x: Any) -> Any:
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                return function(x)

        return call

    return Maths(
        xp=np,
        is_torch=False,
        log=quiet(np.log),
        log1p=quiet(np.log1p),
        expm1=quiet(np.expm1),
        exp=quiet(np.exp),
        sqrt=quiet(np.sqrt),
        abs=np.abs,
        cos=np.cos,
        softplus=lambda x: np.logaddexp(0.0, x),
        lgamma=special.gammaln,
        digamma=special.digamma,
        trigamma=lambda x: special.polygamma(1, x),
        i0e=special.i0e,
        i1e=special.i1e,
        erf=special.erf,
    )


@cache
def _torch_maths() -> Maths:
    torch: Any = sys.modules["torch"]
    plain = _numpy_maths()

    def lift(name: str, function: Callable[[Any], Any]) -> Function:
        of_number: Function = getattr(plain, name)

        def call(x: Any) -> Any:
            return function(x) if isinstance(x, torch.Tensor) else float(of_number(x))

        return call

    functions: dict[str, Callable[[Any], Any]] = {
        "log": torch.log,
        "log1p": torch.log1p,
        "expm1": torch.expm1,
        "exp": torch.exp,
        "sqrt": torch.sqrt,
        "abs": torch.abs,
        "cos": torch.cos,
        "softplus": lambda x: torch.logaddexp(torch.zeros_like(x), x),
        "lgamma": torch.lgamma,
        "digamma": torch.digamma,
        "trigamma": lambda x: torch.polygamma(1, x),
        "i0e": torch.special.i0e,
        "i1e": torch.special.i1e,
        "erf": torch.erf,
    }
    lifted = {name: lift(name, function) for name, function in functions.items()}
    return Maths(xp=torch, is_torch=True, **lifted)


LOG_2PI = math.log(2 * math.pi)
