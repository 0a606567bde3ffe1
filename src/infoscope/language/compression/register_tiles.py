"""Sums of products held in registers: some rows by sixteen columns, each sum in its own order.

A loop that a compiler vectorises loads and stores its sums at every few products; here they stay in
registers for as many products as the caller says. Each sum takes its products one after the other,
rounded once each, so that the result is the same as that of the plain loop, bit for bit.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["COLUMNS", "add_products"]

COLUMNS = 16
_WIDE = 8  # floats of one vector: two make a row of the tile

_BYTE, _INT, _LONG = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_FLOATS = ir.VectorType(ir.FloatType(), _WIDE)
_BYTES, _INTS = ir.VectorType(_BYTE, _WIDE), ir.VectorType(_INT, _WIDE)


class _Rows:
    """Addresses in a matrix that begins at ``pointer[first]`` and has `stride` columns."""

    def __init__(self, builder: Any, pointer: Any, first: Any, stride: Any) -> None:
        self._builder, self._pointer, self._first, self._stride = builder, pointer, first, stride

    def at(self, row: int, column: int) -> Any:
        """Return the address of one value."""
        b = self._builder
        place = b.add(self._first, b.mul(self._stride, ir.Constant(_LONG, row)))
        return b.gep(self._pointer, [b.add(place, ir.Constant(_LONG, column))])


@intrinsic
def add_products(
    _typing: Any,
    x: Any, _x_first: Any, _x_stride: Any,  # factors: (rows, depth)
    w: Any, _w_first: Any, _w_stride: Any,  # (depth, 16) of float32 or of bytes
    out: Any, _out_first: Any, _out_stride: Any,  # sums: (rows, 16)
    n_rows: Any, depth: Any,
) -> Any:  # fmt: skip
    """Add ``x @ w`` to `out`; all three are (pointer, first place, columns), the sizes literal."""
    if not isinstance(n_rows, types.IntegerLiteral) or not isinstance(depth, types.IntegerLiteral):
        return None
    long = types.int64
    signature = types.void(x, long, long, w, long, long, out, long, long, n_rows, depth)
    real = w.dtype == types.float32

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        factors = _Rows(builder, *arguments[0:3])
        weights = _Rows(builder, *arguments[3:6])
        sums = _Rows(builder, *arguments[6:9])
        rows, vectors = range(n_rows.literal_value), range(COLUMNS // _WIDE)
        kind = ir.FunctionType(_FLOATS, [_FLOATS] * 3)
        fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{_WIDE}f32")
        first_lane, every = ir.Constant(_INT, 0), ir.Constant(_INTS, [0] * _WIDE)
        undefined = ir.Constant(_FLOATS, ir.Undefined)

        def load(address: Any, vector: Any, align: int) -> Any:
            return builder.load(builder.bitcast(address, vector.as_pointer()), align=align)

        def weight(k: int, column: int) -> Any:
            if real:
                return load(weights.at(k, column), _FLOATS, 4)
            levels = builder.zext(load(weights.at(k, column), _BYTES, 1), _INTS)
            return builder.uitofp(levels, _FLOATS)

        total = [[load(sums.at(r, _WIDE * v), _FLOATS, 4) for v in vectors] for r in rows]
        for k in range(depth.literal_value):
            row_of_w = [weight(k, _WIDE * v) for v in vectors]
            for r in rows:
                one = builder.load(factors.at(r, k), align=4)
                spread = builder.insert_element(undefined, one, first_lane)
                spread = builder.shuffle_vector(spread, undefined, every)
                for v in vectors:
                    total[r][v] = builder.call(fused, [spread, row_of_w[v], total[r][v]])
        for r in rows:
            for v in vectors:
                address = builder.bitcast(sums.at(r, _WIDE * v), _FLOATS.as_pointer())
                builder.store(total[r][v], address, align=4)
        return context.get_dummy_value()

    return signature, generate
