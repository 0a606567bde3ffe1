"""Find the array library of the arrays handed in, and speak to it; no library is imported for this.

NumPy is the default for lists and everything that NumPy can read. torch and JAX are recognised by
their being imported already: an array of theirs cannot exist otherwise.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias, cast

import numpy as np

from infoscope.core.errors import InvalidArgument, WrongType, sentence

__all__ = [
    "Array",
    "as_array",
    "as_float",
    "axis_last",
    "check_axis",
    "check_real",
    "is_readable",
    "log",
    "namespace",
    "plain",
    "quietly",
    "to_numpy",
    "together",
    "tolerance",
]

#: An array of NumPy, torch or JAX (or of any library that follows the array API standard).
Array: TypeAlias = Any


def namespace(array: Array) -> Any:
    """Return the module that made `array`: NumPy, jax.numpy, or torch's array-API wrapper."""
    if isinstance(array, (np.ndarray, np.generic)):
        return np
    if _is_torch(array):
        name = "array_api_compat.torch"  # torch's compiler follows the look-up, not the import
        return sys.modules.get(name) or importlib.import_module(name)
    from array_api_compat import array_namespace, is_jax_array

    if is_jax_array(array):
        return sys.modules["jax"].numpy
    return array_namespace(array)


def as_array(x: object, *, function: str, argument: str) -> Array:
    """Return `x` as an array of its own library, else as a NumPy array.

    Raises `WrongType` for what holds no real numbers (strings, None, objects, complex values), or
    holds masked ones.
    """
    array: np.ndarray[Any, Any]
    if isinstance(x, np.ndarray):
        array = cast("np.ndarray[Any, Any]", x)
        if array.__class__ is not np.ndarray:
            array = _without_class(array, function, argument)
    elif _is_foreign(x):
        return _real(x, function, argument)
    elif x is None or isinstance(x, (str, bytes, dict, set, frozenset)):
        raise _not_numbers(function, argument, type(cast(object, x)).__name__)
    else:
        try:
            array = np.asarray(x)
        except ValueError as error:
            raise WrongType(
                sentence(
                    function,
                    argument,
                    "be a rectangular array of numbers",
                    f"{type(x).__name__} with rows of unequal length",
                    "Give every row the same number of entries.",
                )
            ) from error
    if array.dtype.kind == "O" and array.ndim == 0:  # something that NumPy could only box
        kind = type(cast(object, x))
        origin = kind.__module__.partition(".")[0]
        if origin == "infoscope":
            advice = "Use its own methods, or pass its table."
            if not hasattr(cast(object, x), "table"):
                advice = "Pass the array itself."
            raise WrongType(sentence(function, argument, "be an array", kind.__name__, advice))
        got = f"a {origin} {kind.__name__}"
        advice = (
            "Of a parametric family, entropy, perplexity, cross_entropy, kl_divergence and "
            "jensen_shannon_divergence can be taken."
        )
        raise WrongType(sentence(function, argument, "be an array or Logits", got, advice))
    if array.dtype.kind == "O" and all(isinstance(i, (Real, Decimal)) for i in array.flat):
        return array.astype(np.float64)  # fractions and decimals
    if array.dtype.kind not in "fiub":
        raise _not_numbers(function, argument, f"dtype {array.dtype}")
    return array


def as_float(array: Array, *, like: Array | None = None) -> Array:
    """Return `array` in floating point: integers and booleans widen, half precision to single.

    With `like`, the result also takes the library and device of that array where `array` is NumPy's
    and `like` is not.
    """
    xp = namespace(array)
    if like is not None and xp is np and namespace(like) is not np:
        xp = namespace(like)
        # a copy: torch refuses negative strides and foreign byte orders, and warns of read-only
        native = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
        array = xp.asarray(native, device=getattr(like, "device", None))
    dtype = array.dtype
    if xp is np:
        if dtype.kind != "f":
            return array.astype(np.float64)
        return array.astype(np.float32) if dtype == np.float16 else array
    if not xp.isdtype(dtype, "real floating") and dtype not in (xp.float16, xp.bfloat16):
        return xp.astype(array, xp.zeros(()).dtype)  # the library's own default precision
    return xp.astype(array, xp.float32) if dtype in (xp.float16, xp.bfloat16) else array


def together(arrays: Sequence[Array], *, function: str) -> tuple[Any, list[Array]]:
    """Return one namespace and the arrays as its floats of one precision.

    NumPy arrays and lists follow the torch or JAX array beside them, to its device. NumPy's own
    floats become doubles (a logarithm in single precision loses a small divergence altogether);
    torch and JAX arrays keep single precision, in which people train.
    """
    foreign = [array for array in arrays if namespace(array) is not np]
    if not foreign:
        floats = [as_float(array) for array in arrays]
        dtype = np.result_type(np.float64, *floats)
        return np, [array.astype(dtype, copy=False) for array in floats]
    xp = namespace(foreign[0])
    if any(namespace(array) is not xp for array in foreign):
        raise WrongType(
            sentence(
                function,
                "arguments",
                "come from one array library besides NumPy",
                " and ".join(sorted({type(array).__module__ for array in foreign})),
                "Convert one of them first.",
            )
        )
    floats = [as_float(array, like=foreign[0]) for array in arrays]
    dtype = xp.result_type(*floats)
    return xp, [xp.astype(array, dtype, copy=False) for array in floats]


def is_readable(array: Array) -> bool:
    """Say whether values can be looked at now: not under JAX tracing or torch compilation.

    Where they cannot, bad input cannot raise; it surfaces as NaN in the result instead.
    """
    if isinstance(array, np.ndarray):
        return True
    if (jax := sys.modules.get("jax")) is not None and isinstance(array, jax.core.Tracer):
        return False
    if (torch := sys.modules.get("torch")) is not None and isinstance(array, torch.Tensor):
        functorch = torch._C._functorch
        return not (
            array.device.type == "meta"
            or torch.compiler.is_compiling()
            or functorch.is_batchedtensor(array)
            or functorch.is_gradtrackingtensor(array)
        )
    return True


def axis_last(array: Array, axis: int) -> Array:
    """Return `array` with `axis` moved to the end."""
    if axis in (-1, array.ndim - 1):
        return array
    xp = namespace(array)
    if xp is np:
        return np.moveaxis(array, axis, -1)
    last = axis % array.ndim  # torch's vmap knows permute, and not moveaxis
    return xp.permute_dims(array, (*(i for i in range(array.ndim) if i != last), last))


def log(xp: Any, array: Array) -> Array:
    """Natural logarithm with log 0 = -inf and no warning: a zero is a fact here, not a fault."""
    if xp is np:
        with np.errstate(divide="ignore"):
            return np.log(array)
    return xp.log(array)


def quietly(xp: Any) -> contextlib.AbstractContextManager[object]:
    """Return a context in which an overflow to inf is no warning; torch and JAX never warn."""
    return np.errstate(over="ignore") if xp is np else contextlib.nullcontext()


def plain(array: Array) -> Any:
    """Return a zero-dimensional NumPy array as a Python float, everything else as it is."""
    if isinstance(array, (np.ndarray, np.generic)) and cast(Array, array).ndim == 0:
        return float(cast(Array, array))
    return cast(Array, array)


def to_numpy(array: Array) -> np.ndarray[Any, Any]:
    """Return the values of a readable array of any library as a NumPy array."""
    detach = getattr(array, "detach", None)
    return np.asarray(detach().cpu() if detach is not None else array)


_TOLERANCES = {"float16": 2.0**-5, "bfloat16": 2.0**-3.5, "float32": 2.0**-11.5}


def tolerance(array: Array) -> float:
    """How far the sum of probabilities may be from 1: 1e-6, or the root of a coarser dtype's eps.

    1e-6 admits a softmax computed in single precision and stored in double, which is what people
    have; anything worse is a mistake that must be seen.
    """
    if namespace(array) is np:  # the name of a NumPy dtype is slow to make
        name = {"e": "float16", "f": "float32"}.get(array.dtype.char, "")
    else:
        name = str(array.dtype).rpartition(".")[2]
    return _TOLERANCES.get(name, 1e-6)


def check_real(x: object, *, function: str, argument: str) -> float:
    """Return `x` as a float if it is a real number (a boolean is none)."""
    if isinstance(x, bool) or not isinstance(x, Real):
        raise WrongType(sentence(function, argument, "be a real number", repr(x)))
    return float(x)


def check_axis(axis: Any, ndim: int, *, function: str, argument: str) -> int:
    """Return `axis` if an array of `ndim` axes has it."""
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise WrongType(sentence(function, "axis", "be an integer", repr(axis)))
    if ndim == 0:
        raise InvalidArgument(
            sentence(
                function,
                argument,
                "have at least one axis, over which its probabilities sum to 1",
                "a single number",
                "A coin with bias b is the distribution [b, 1 - b].",
            )
        )
    if not -ndim <= axis < ndim:
        raise InvalidArgument(
            sentence(function, "axis", f"lie in [{-ndim}, {ndim - 1}] for {argument}", int(axis))
        )
    return int(axis)


def _is_foreign(x: Any) -> bool:
    """Say whether `x` is an array of an array-API library other than NumPy."""
    if isinstance(x, (list, tuple, int, float, np.generic)):
        return False
    if _is_torch(x):
        return True
    import array_api_compat

    return bool(cast(Any, array_api_compat).is_array_api_obj(x))


def _is_torch(x: Any) -> bool:
    """Say whether `x` is a tensor; asked first, in words that torch's compiler can follow."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def _without_class(array: Any, function: str, argument: str) -> np.ndarray[Any, Any]:
    """Return a subclass's values as a plain array: np.matrix keeps two axes in every sum."""
    if hasattr(array, "mask"):
        masked = int(cast(Any, np.ma).getmaskarray(array).sum())
        if masked:
            advice = "Pass its data, and where=~mask to leave them out."
            got = f"{masked} masked"
            raise WrongType(sentence(function, argument, "have no masked entries", got, advice))
    return np.asarray(array)


def _real(array: Array, function: str, argument: str) -> Array:
    if "complex" in str(array.dtype):
        raise _not_numbers(function, argument, f"dtype {array.dtype}")
    return array


def _not_numbers(function: str, argument: str, got: str) -> WrongType:
    return WrongType(
        sentence(
            function,
            argument,
            "hold real numbers",
            got,
            "For observations there is infoscope.estimate; probabilities are counts / n.",
        )
    )
