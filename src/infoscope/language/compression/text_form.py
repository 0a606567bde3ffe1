"""Two changes of a text's form that can be undone exactly, and that leave less to predict.

Lines that end in carriage return and line feed keep the line feed only. Lines that were filled to a
width are joined into paragraphs, so that a model of running text sees running text; where the lines
ended is coded apart, each in the light of how far the line would reach with the next word, which
for most texts settles it.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.byte_models.binary_coder import (
    ROOM,
    decode_bit,
    encode_bit,
    finish,
    new_coder,
    open_coder,
)
from infoscope.core.compiling import compiled

__all__ = ["drop_returns", "join_lines", "restore_returns", "split_lines"]

_SPACE, _FEED = 32, 10
_WIDEST = 255


def drop_returns(data: bytes) -> bytes | None:
    r"""Return `data` with CR LF as LF if every line ends so, else None.

    >>> drop_returns(b"a\r\nb\r\n"), drop_returns(b"a\nb\r\n")
    (b'a\nb\n', None)
    """
    n = data.count(b"\r\n")
    if n == 0 or n != data.count(b"\n") or n != data.count(b"\r"):
        return None
    return data.replace(b"\r\n", b"\n")


def restore_returns(data: bytes) -> bytes:
    """Undo `drop_returns`."""
    return data.replace(b"\n", b"\r\n")


def join_lines(data: bytes) -> tuple[bytes, bytes] | None:
    """Return the text with its filled lines joined and the code of the line ends, or None.

    None if no line was joined, or if the places cost more than a quarter of a byte each: such
    lines end for reasons of their own.
    """
    text = np.frombuffer(data, np.uint8).copy()
    flow = text.copy()
    n = int(_join(text, flow))
    if n == 0:
        return None
    out = np.empty(len(text) // 2 + 8 * ROOM + 64, np.uint8)
    size = _code_ends(flow, text, new_coder(), out, False)
    if 4 * size > n + 64:
        return None
    return flow.tobytes(), out[:size].tobytes()


def split_lines(flow: bytes, code: bytes) -> bytes:
    """Undo `join_lines`."""
    text = np.frombuffer(flow, np.uint8).copy()
    source = np.frombuffer(code, np.uint8).copy()
    _code_ends(text.copy(), text, new_coder(), source, True)
    return text.tobytes()


@compiled
def _is_gap(text: NDArray[np.uint8], i: int) -> bool:
    """Say whether byte `i` stands alone between two words."""
    if i == 0 or i + 1 >= len(text):
        return False
    a, b = text[i - 1], text[i + 1]
    return a != _SPACE and a != _FEED and b != _SPACE and b != _FEED


@compiled
def _join(text: NDArray[np.uint8], flow: NDArray[np.uint8]) -> int:
    n = 0
    for i in range(len(text)):
        if text[i] == _FEED and _is_gap(text, i):
            flow[i] = _SPACE
            n += 1
    return n


@compiled
def _code_ends(
    flow: NDArray[np.uint8], text: NDArray[np.uint8], coder: NDArray[np.uint64],
    payload: NDArray[np.uint8], decoding: bool,
) -> int:  # fmt: skip
    """Write which lone spaces of `flow` are line ends in `text`, or read them into `text`."""
    chances = np.full((_WIDEST + 1, 2), 1 << 31, np.int64)
    seen = np.zeros((_WIDEST + 1, 2), np.int64)
    if decoding:
        open_coder(coder, payload)
    column, joined = 0, 0
    for i in range(len(flow)):
        if flow[i] == _FEED:
            column, joined = 0, 0
            continue
        if flow[i] != _SPACE or not _is_gap(flow, i):
            column += 1
            continue
        end = i + 1
        while end < len(flow) and flow[end] != _SPACE and flow[end] != _FEED:
            end += 1
        reach = min(column + end - i, _WIDEST)
        bit = 1 if text[i] == _FEED else 0
        yes = min(max(chances[reach, joined], 1 << 20), (1 << 32) - (1 << 20))
        if decoding:
            bit = decode_bit(coder, payload, yes)
            text[i] = _FEED if bit else _SPACE
        else:
            encode_bit(coder, payload, yes, bit)
        goal = ((1 << 32) - 1) * bit
        chances[reach, joined] += (
            (goal - chances[reach, joined]) * 2 // (2 * seen[reach, joined] + 3)
        )
        seen[reach, joined] = min(seen[reach, joined] + 1, 60)
        column = 0 if bit else column + 1
    return 0 if decoding else finish(coder, payload)
