"""Arrays of any library: found, widened, brought together, and refused when they are no numbers."""

import importlib
from typing import Any

import numpy as np
import pytest

from infoscope.core.arrays import (
    as_array,
    as_float,
    axis_last,
    check_axis,
    is_readable,
    log,
    namespace,
    plain,
    to_numpy,
    together,
)
from infoscope.core.errors import InvalidArgument, WrongType

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
jnp = importlib.import_module("jax.numpy")


def read(x: object) -> Any:
    return as_array(x, function="f", argument="x")


def test_namespace() -> None:
    assert namespace(np.zeros(2)) is np
    assert namespace(np.float64(1)) is np
    assert namespace(jnp.zeros(2)) is jnp
    assert namespace(torch.zeros(2)).sum(torch.ones(2)) == 2


@pytest.mark.parametrize("x", [[1, 2], (0.5, 0.5), [True, False], 3, np.float32(2), range(3)])
def test_what_numpy_can_read(x: object) -> None:
    assert isinstance(read(x), np.ndarray)


def test_foreign_arrays_stay_what_they_are() -> None:
    tensor, array = torch.zeros(2), jnp.zeros(2)
    assert read(tensor) is tensor
    assert read(array) is array


@pytest.mark.parametrize(
    "x, got",
    [
        (None, "NoneType"),
        ("abc", "str"),
        ({1: 2}, "dict"),
        ([1j], "dtype complex128"),
        ([None], "dtype object"),
        (np.array(["a"]), "dtype <U1"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "dtype datetime64[D]"),
        (torch.zeros(2, dtype=torch.complex64), "dtype torch.complex64"),
    ],
)
def test_what_holds_no_numbers(x: object, got: str) -> None:
    with pytest.raises(WrongType) as caught:
        read(x)
    assert str(caught.value) == (
        f"f: x must hold real numbers; got {got}. "
        "For observations there is infoscope.estimate; probabilities are counts / n."
    )


def test_ragged_rows() -> None:
    with pytest.raises(WrongType, match="rectangular array of numbers; got list with rows of uneq"):
        read([[1], [1, 2]])


def test_floats_widen() -> None:
    assert as_float(np.array([1, 2])).dtype == np.float64
    assert as_float(np.zeros(2, np.float16)).dtype == np.float32
    assert as_float(np.zeros(2, np.float32)).dtype == np.float32
    assert as_float(torch.zeros(2, dtype=torch.bfloat16)).dtype == torch.float32
    assert as_float(torch.ones(2, dtype=torch.int32)).dtype == torch.float32
    assert as_float(jnp.zeros(2, dtype=jnp.float16)).dtype == jnp.float32


def test_together() -> None:
    xp, arrays = together([np.zeros(2, np.float32), np.zeros(2, np.float32)], function="f")
    assert xp is np
    assert {a.dtype for a in arrays} == {np.dtype(np.float64)}  # NumPy computes in double
    _, (a, b) = together([np.zeros(2), torch.zeros(2)], function="f")
    assert a.dtype == b.dtype == torch.float64
    _, (a, b) = together([np.zeros(2, np.float32), torch.zeros(2)], function="f")
    assert a.dtype == b.dtype == torch.float32


def test_readable_means_outside_of_tracing() -> None:
    assert is_readable(np.zeros(2))
    assert is_readable(torch.zeros(2))
    assert is_readable(jnp.zeros(2))
    assert not is_readable(torch.zeros(2, device="meta"))
    seen: list[bool] = []
    jax.jit(lambda x: seen.append(is_readable(x)) or x)(jnp.zeros(2))
    torch.func.vmap(lambda x: seen.append(is_readable(x)) or x)(torch.zeros(2, 2))
    torch.func.grad(lambda x: seen.append(is_readable(x)) or x.sum())(torch.zeros(2))
    assert seen == [False, False, False]


def test_axis_last() -> None:
    x = np.zeros((2, 3, 4))
    assert axis_last(x, -1) is x
    assert axis_last(x, 2) is x
    assert axis_last(x, 0).shape == (3, 4, 2)
    assert axis_last(torch.zeros(2, 3, 4), 1).shape == (2, 4, 3)
    assert axis_last(jnp.zeros((2, 3, 4)), -3).shape == (3, 4, 2)


def test_log_of_zero_is_a_fact() -> None:
    assert log(np, np.array([0.0, 1.0])).tolist() == [-np.inf, 0.0]


def test_plain() -> None:
    assert type(plain(np.array(1.0))) is float
    assert type(plain(np.float32(1))) is float
    assert plain(np.ones(1)).shape == (1,)
    assert plain(torch.tensor(1.0)).shape == ()


def test_to_numpy() -> None:
    assert to_numpy(torch.ones(2, requires_grad=True)).tolist() == [1, 1]
    assert to_numpy(jnp.ones(2)).tolist() == [1, 1]


def test_check_axis() -> None:
    assert check_axis(np.int64(1), 2, function="f", argument="p") == 1
    for axis, kind in ((2, InvalidArgument), (-3, InvalidArgument), (True, WrongType),
                       (None, WrongType), ("0", WrongType), ((0, 1), WrongType)):  # fmt: skip
        with pytest.raises(kind, match="f: axis must"):
            check_axis(axis, 2, function="f", argument="p")
    with pytest.raises(InvalidArgument, match=r"got a single number\. A coin with bias b"):
        check_axis(-1, 0, function="f", argument="p")
