"""Plain pointers to the data of arrays, for loops in which counting references costs the most time.

Numba counts references to an array at every call that takes one, by an atomic operation each; a
loop of small calls spends more on that than on its work. A pointer is only a number: whoever makes
one keeps the array alive and the places inside it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["add_product", "inner_product", "pointer_to"]


@intrinsic
def pointer_to(_typing: Any, array: Any) -> Any:
    """Return a pointer to the first value of a contiguous array; no index may be negative."""
    result = types.CPointer(array.dtype)
    signature = result(array)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        made = context.make_array(array)(context, builder, arguments[0])
        return made.data

    return signature, generate


def _four(builder: Any, pointer: Any, place: Any) -> Any:
    """Return the address of four floats at ``pointer[place]``."""
    vector = ir.VectorType(ir.FloatType(), 4)
    return builder.bitcast(builder.gep(pointer, [place]), vector.as_pointer())


def _places(builder: Any, first: Any, size: int) -> list[Any]:
    return [builder.add(first, ir.Constant(ir.IntType(64), i)) for i in range(0, size, 4)]


@intrinsic
def inner_product(_typing: Any, f: Any, _first: Any, _second: Any, size: Any) -> Any:
    """Return Σ f[_first + i] f[_second + i] in four lanes, (a + b) + (c + d); `size` is literal."""
    if not isinstance(size, types.IntegerLiteral):
        return None
    signature = types.float32(f, types.int64, types.int64, size)

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer, one, other, _ = arguments
        total = None
        for i, j in zip(
            _places(builder, one, size.literal_value), _places(builder, other, size.literal_value),
            strict=True,
        ):  # fmt: skip
            x = builder.load(_four(builder, pointer, i), align=4)
            y = builder.load(_four(builder, pointer, j), align=4)
            term = builder.fmul(x, y)
            total = term if total is None else builder.fadd(total, term)
        a, b, c, d = (
            builder.extract_element(total, ir.Constant(ir.IntType(32), lane)) for lane in range(4)
        )
        return builder.fadd(builder.fadd(a, b), builder.fadd(c, d))

    return signature, generate


@intrinsic
def add_product(_typing: Any, f: Any, _to: Any, _source: Any, _factor: Any, size: Any) -> Any:
    """Add ``f[_source + i] * _factor`` to ``f[_to + i]``, product and sum each rounded."""
    if not isinstance(size, types.IntegerLiteral):
        return None
    signature = types.void(f, types.int64, types.int64, types.float32, size)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer, one, other, step, _ = arguments
        vector = ir.VectorType(ir.FloatType(), 4)
        steps = ir.Constant(vector, ir.Undefined)
        for lane in range(4):
            steps = builder.insert_element(steps, step, ir.Constant(ir.IntType(32), lane))
        n = size.literal_value
        for i, j in zip(_places(builder, one, n), _places(builder, other, n), strict=True):
            at = _four(builder, pointer, i)
            term = builder.fmul(builder.load(_four(builder, pointer, j), align=4), steps)
            builder.store(builder.fadd(builder.load(at, align=4), term), at, align=4)
        return context.get_dummy_value()

    return signature, generate
