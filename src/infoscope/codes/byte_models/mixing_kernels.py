"""The compiled loop of context mixing: predict a bit from many contexts, code it, learn from it.

Per byte each context picks two groups of fifteen bit histories (one per nibble) from its hash
table; per bit each history is turned into a probability by an adaptive map, the probabilities meet
in the logistic domain under three weight sets chosen by small contexts, and two adaptive tables of
secondary estimation correct the mixture. All arithmetic is on whole numbers.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infoscope.codes.byte_models.pointers import add_product, inner_product
from infoscope.core.compiling import compiled

__all__ = [
    "GROUPS",
    "N_CONTEXTS",
    "N_GROUPS",
    "N_INPUTS",
    "N_MAPS",
    "N_REALS",
    "N_RECENT",
    "MixingState",
    "advance",
    "begin_nibble",
    "learn",
    "predict",
]

N_CONTEXTS = 10  # orders 1, 2, 3, 4, 5, 6, word, word pair, column and line above, sparse
N_INPUTS = 24  # two per context, order 0, match, bias, padding to whole vectors
_N_SETS = 3
_REACH = np.float32(8.0)  # the logistic domain is -8 … 8 nats
_NEARLY = np.float32(7.99)
_GRID = np.float32(256.0)  # cells per nat of the squash table
_CENTRED = np.float32(1.0 / 2**20)
_RATE = np.float32(0.02)
_LAST_RATE = np.float32(0.005)
_MIN_MATCH = 5

# places in `registers`
_C4, _C8, _WORD, _WORD2, _COLUMN, _MATCH, _LENGTH, _CELL, _ABOVE = range(9)
_CHOSEN, _BASE, _HASH = 10, 16, 32
N_GROUPS, N_RECENT = 50, 51  # how many groups a context has, and how many places `recent`
# places in `reals`
_LAST = _N_SETS * 256 * N_INPUTS
_IN = _LAST + 256 * _N_SETS
_OUT = _IN + N_INPUTS
_STRETCH = _OUT + 8
_SQUASH = _STRETCH + 4096
N_REALS = _SQUASH + 4096
# places in `shorts`
_REFINE = 8192
GROUPS = _REFINE + 2 * 65536 * 33
# places in `maps`
_ORDER0 = (N_CONTEXTS + 1) * 4096
_SHARES = _ORDER0 + 256
N_MAPS = _SHARES + 1024


class MixingState(NamedTuple):
    """Everything that learns, in few arrays: each costs a reference count in every compiled call.

    `reals`: mixing weights, second-layer weights, inputs, outputs, and the tables of the logistic
    function. `shorts`: the table of next histories, secondary estimation, then the groups of bit
    histories (check in place 0, histories in 1 to 15). `maps`: 22 bits of probability and 10 of
    count, for each history in each context, for match lengths, for the bits of the byte, and the
    shares of new observations. `registers`: what is known of the text, and places in use.
    """

    reals: NDArray[np.float32]
    shorts: NDArray[np.uint16]
    maps: NDArray[np.uint32]
    registers: NDArray[np.int64]
    recent: NDArray[np.int32]  # (2^k,) where each hash of the last five bytes was seen


@compiled
def _clamp(x: float) -> float:
    return min(max(x, -_NEARLY), _NEARLY)


@compiled
def _find(
    groups: NDArray[np.uint16], n: int, context: int, hashed: int, bits: int, writing: bool
) -> int:
    """Return the first place of a context's group: found, or the emptier of two, cleared.

    Without `writing` a group that is not there is place -1: nothing known.
    """
    key = (hashed + bits * 0x2C9277B5) & 0xFFFFFFFF
    key ^= key >> 15
    key = key * 0x85EBCA6B & 0xFFFFFFFF
    check = np.uint16(key >> 16)
    at = (key * 0x9E3779B1 >> 7) & (n - 1)
    first = GROUPS + ((context * n + at) << 4)
    other = GROUPS + ((context * n + (at ^ 1)) << 4)
    if groups[first] == check:
        return first
    if groups[other] == check:
        return other
    if not writing:
        return -1
    if groups[first + 1] > groups[other + 1]:
        first = other
    for k in range(1, 16):
        groups[first + k] = 0
    groups[first] = check
    return first


@compiled
def begin_nibble(state: MixingState, bits: int, writing: bool) -> None:
    """Look up the groups of a nibble: `bits` is 0 for the first, then 1 and the first four bits."""
    u, r = state.shorts, state.registers
    for i in range(N_CONTEXTS):
        r[_BASE + i] = _find(u, r[N_GROUPS], i, r[_HASH + i], bits, writing)


@compiled
def predict(state: MixingState, text: NDArray[np.uint8], bits: int, n_bits: int) -> int:
    """Return P(next bit is 1) in 1/65536, from `n_bits` bits of this byte held in `bits`."""
    f, u, m, r = state.reals, state.shorts, state.maps, state.registers
    node = (bits & ((1 << (n_bits & 3)) - 1)) | (1 << (n_bits & 3))
    sure = 0
    for i in range(N_CONTEXTS):
        h = np.int64(0)
        if r[_BASE + i] >= 0:
            h = np.int64(u[r[_BASE + i] + node])
        if h < 4:
            f[_IN + 2 * i] = np.float32(0)
            f[_IN + 2 * i + 1] = np.float32(0)
        else:
            sure += 1
            p = np.int64(m[i * 4096 + h] >> 10)
            f[_IN + 2 * i] = f[_STRETCH + (p >> 10)]
            f[_IN + 2 * i + 1] = np.float32(p - (1 << 21)) * _CENTRED
    f[_IN + 2 * N_CONTEXTS] = f[_STRETCH + np.int64(m[_ORDER0 + bits] >> 20)]
    f[_IN + 2 * N_CONTEXTS + 1] = np.float32(0)
    f[_IN + 2 * N_CONTEXTS + 2] = np.float32(0)
    f[_IN + 2 * N_CONTEXTS + 3] = np.float32(0.5)
    bucket = 0
    r[_CELL] = -1
    length = r[_LENGTH]
    if length > 0:
        guess = np.int64(text[r[_MATCH]]) | 256
        if guess >> (8 - n_bits) == bits:
            expected = guess >> (7 - n_bits) & 1
            bucket = min(length, 15) if length < 16 else min(16 + (length - 16 >> 2), 31)
            r[_CELL] = bucket * 2 + expected
            p = np.int64(m[N_CONTEXTS * 4096 + bucket * 2 + expected] >> 10)
            f[_IN + 2 * N_CONTEXTS + 1] = f[_STRETCH + (p >> 10)]
            f[_IN + 2 * N_CONTEXTS + 2] = np.float32(p - (1 << 21)) * _CENTRED
        else:
            r[_LENGTH] = 0
    r[_CHOSEN + 0] = bits
    r[_CHOSEN + 1] = r[_C4] & 255
    r[_CHOSEN + 2] = min(sure, 11) * 16 + (bucket + 1 >> 1)
    top = np.float32(0)
    for k in range(_N_SETS):
        z = _clamp(inner_product(f, _IN, (k * 256 + r[_CHOSEN + k]) * N_INPUTS, N_INPUTS))
        f[_OUT + k] = z
        f[_OUT + 3 + k] = f[_SQUASH + np.int64((z + _REACH) * _GRID)]
        top += z * f[_LAST + bits * _N_SETS + k]
    at = np.int64((_clamp(top) + _REACH) * _GRID)
    mixed = f[_SQUASH + at]
    f[_OUT + 6] = mixed
    place, part = at >> 7, at & 127
    c1 = (bits | (r[_C4] & 255) << 8) * 33 + place
    c2 = (bits * 0x2F0B4C47 + (r[_C4] & 0xFFFF) * 0x6F4F2A35 & 0xFFFFFFFF) >> 16
    c2 = (65536 + c2) * 33 + place
    a = np.int64(u[_REFINE + c1]) * (128 - part) + np.int64(u[_REFINE + c1 + 1]) * part
    b = np.int64(u[_REFINE + c2]) * (128 - part) + np.int64(u[_REFINE + c2 + 1]) * part
    r[_CHOSEN + 3], r[_CHOSEN + 4] = c1 + (part >> 6), c2 + (part >> 6)
    p = (2 * np.int64(mixed * np.float32(65536)) + (a >> 7) + (b >> 7)) >> 2
    return min(max(p, 24), 65536 - 24)


@compiled
def _nudge(cells: NDArray[np.uint32], at: int, bit: int, limit: int) -> None:
    cell = np.int64(cells[at])
    n = cell & 1023
    p = cell >> 10
    p += (((bit << 22) - p) * np.int64(cells[_SHARES + n])) >> 16
    p = min(max(p, 64), (1 << 22) - 64)
    cells[at] = np.uint32(p << 10 | min(n + 1, limit))


@compiled
def learn(state: MixingState, bits: int, n_bits: int, bit: int) -> None:
    """Learn that the bit predicted last was `bit`."""
    f, u, m, r = state.reals, state.shorts, state.maps, state.registers
    node = (bits & ((1 << (n_bits & 3)) - 1)) | (1 << (n_bits & 3))
    goal = np.float32(bit)
    for k in range(_N_SETS):
        step = (goal - f[_OUT + 3 + k]) * _RATE
        at = (k * 256 + r[_CHOSEN + k]) * N_INPUTS
        add_product(f, at, _IN, step, N_INPUTS)
    step = (goal - f[_OUT + 6]) * _LAST_RATE
    for k in range(_N_SETS):
        f[_LAST + bits * _N_SETS + k] += f[_OUT + k] * step
    for i in range(N_CONTEXTS):
        h = np.int64(u[r[_BASE + i] + node])
        if h >= 4:
            _nudge(m, i * 4096 + h, bit, 255)
        u[r[_BASE + i] + node] = u[bit * 4096 + h]
    _nudge(m, _ORDER0 + bits, bit, 127)
    if r[_CELL] >= 0:
        _nudge(m, N_CONTEXTS * 4096 + r[_CELL], bit, 1023)
    for k in range(3, 5):
        cell = np.int64(u[_REFINE + r[_CHOSEN + k]])
        u[_REFINE + r[_CHOSEN + k]] = cell + ((65535 * bit - cell) >> 6)


@compiled
def advance(state: MixingState, text: NDArray[np.uint8], n: int) -> None:
    """Make the contexts for the byte after ``text[:n]``, whose last byte is new."""
    r, recent = state.registers, state.recent
    c = np.int64(text[n - 1])
    r[_C8] = (r[_C8] << 8 | r[_C4] >> 24) & 0xFFFFFFFF
    r[_C4] = (r[_C4] << 8 | c) & 0xFFFFFFFF
    letter = c
    if 65 <= c <= 90:
        letter = c + 32
    if 97 <= letter <= 122 or c >= 128:
        r[_WORD] = (r[_WORD] + letter + 1) * 0x2F0B4C47 & 0xFFFFFFFF
    elif r[_WORD] != 0:
        r[_WORD2] = r[_WORD]
        r[_WORD] = 0
    if c == 10:
        r[_ABOVE] = n - 1 - r[_COLUMN]
        r[_COLUMN] = 0
    else:
        r[_COLUMN] += 1
    c4, c8 = r[_C4], r[_C8]
    above = np.int64(text[r[_ABOVE] + r[_COLUMN]]) if r[_ABOVE] + r[_COLUMN] < n else 0
    m = 0xFFFFFFFF
    r[_HASH + 0] = (c + 1) * 0x3D4D51CB & m
    r[_HASH + 1] = (c4 & 0xFFFF) * 0x2F0B4C47 + 0x11111111 & m
    r[_HASH + 2] = (c4 & 0xFFFFFF) * 0x6F4F2A35 + 0x22222222 & m
    r[_HASH + 3] = c4 * 0x1E35A7BD + 0x33333333 & m
    r[_HASH + 4] = (c4 * 0x5BD1E995 + (c8 & 0xFF) * 0x6C8E9CF5 + 0x44444444) & m
    r[_HASH + 5] = (c4 * 0x4CF5AD43 + (c8 & 0xFFFF) * 0x27D4EB2F + 0x55555555) & m
    r[_HASH + 6] = (r[_WORD] * 0x165667B1 + c * 0x2545F491 + 0x66666666) & m
    r[_HASH + 7] = (r[_WORD] * 0x7FEB352D + r[_WORD2] * 0x68E31DA4 + 0x77777777) & m
    r[_HASH + 8] = (min(r[_COLUMN], 255) * 0x5F356495 + above * 0x3C6EF372 + c * 0x119DE1F3) & m
    r[_HASH + 9] = ((c4 & 0xFFFF00) * 0x2C1B3C6D + 0x99999999) & m
    for i in range(N_CONTEXTS):
        x = r[_HASH + i]
        x ^= x >> 16
        x = x * 0x7FEB352D & m
        x ^= x >> 15
        r[_HASH + i] = x
    size = r[N_RECENT]
    key = ((c4 * 0x9E3779B1 + (c8 & 0xFF) * 0x85EBCA77) & m) >> 8 & (size - 1)
    if r[_LENGTH] > 0 and text[r[_MATCH]] == c:
        r[_LENGTH] += 1
        r[_MATCH] += 1
    else:
        r[_LENGTH] = 0
        at = np.int64(recent[key])
        if at > 0:
            length = 0
            while length < 32 and at - length > 0 and text[at - 1 - length] == text[n - 1 - length]:
                length += 1
            if length >= _MIN_MATCH:
                r[_MATCH], r[_LENGTH] = at, length
    recent[key] = n
