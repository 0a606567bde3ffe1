"""Mix the transformer's opinion on each bit with what the text has taught, and learn from it.

Contexts of the last tokens, bytes and words each remember a short history of the bits that followed
(`byte_models.logistic_tables`); histories become probabilities through adaptive maps, alone and
together with the transformer's own confidence; all meet in the logistic domain under weights that
learn online. Everything runs in one order with own exp and logarithm, so an encoder and a decoder
agree to the last bit. One mixture serves all streams: what one learns helps the others.
"""

# Kernels mix NumPy scalars and Python numbers, which are one type to the compiler.
# pyright: reportArgumentType=false, reportReturnType=false, reportCallIssue=false

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from infoscope.codes.byte_models.logistic_tables import next_histories
from infoscope.core.compiling import compiled
from infoscope.language.compression.fixed_arithmetic import exponential

__all__ = [
    "Mixture", "begin_token", "end_token", "expected_entry", "learn", "logarithm", "new_mixture",
    "next_byte", "predict",
]  # fmt: skip

N_CONTEXTS = 12
N_JOINT = 12  # contexts that are also read together with the transformer's confidence
N_INPUTS = 1 + 2 * N_CONTEXTS + N_JOINT + 2 + 1  # even
N_SETS = 3
SET_SIZE = 512
LEVELS = 25  # cells of the transformer's confidence: -12 … 12 nats
JOINT = 512
REACH = 13.0
RATE, LAST_RATE = 0.001, 0.0005
LIMIT = 255  # an observation weighs at least 1/257

# places in a stream's registers
(_T1, _T2, _T3, _T4, _C4, _C8, _WORD, _WORD2, _PREFIX, _DEPTH, _N, _MS, _MP, _ML, _MS2, _MP2, _ML2,
 ) = range(17)  # fmt: skip
N_REGISTERS = 24
# places in `chosen`
_SLOT, _SET, _CELL = 0, 32, 40


class Mixture(NamedTuple):
    """Everything that learns; the same on both sides after the same bits."""

    slots: NDArray[np.uint16]  # (contexts * size,) 4 bits of check, 12 of history
    maps: NDArray[np.float32]  # (contexts, 4096, 2) probability and count
    joint: NDArray[np.float32]  # (contexts, JOINT, LEVELS, 2)
    matches: NDArray[np.float32]  # (2, 2, 32, LEVELS, 2)
    weights: NDArray[np.float64]  # (sets, SET_SIZE, inputs)
    last: NDArray[np.float64]  # (SET_SIZE, sets)
    inputs: NDArray[np.float64]
    outputs: NDArray[np.float64]
    chosen: NDArray[np.int64]
    hashes: NDArray[np.int64]  # (streams, contexts)
    registers: NDArray[np.int64]  # (streams, N_REGISTERS)
    tokens: NDArray[np.int32]  # (streams, capacity) entries read
    recent: NDArray[np.int64]  # (2, size) where each hash of tokens was last followed
    histories: NDArray[np.uint16]
    reduced: NDArray[np.int64]  # (4096,) histories in fewer words


def new_mixture(n_streams: int, capacity: int) -> Mixture:
    """Return a mixture that has read nothing and trusts the transformer."""
    bits = 22
    while bits > 16 and (1 << bits) > 64 * n_streams * capacity:
        bits -= 1
    states = np.arange(4096)
    zeros, ones = states >> 7, states >> 2 & 31
    p = ((ones + 0.4) / (zeros + ones + 0.8)).astype(np.float32)
    maps = np.zeros((N_CONTEXTS, 4096, 2), np.float32)
    maps[:, :, 0], maps[:, :, 1] = p, 10
    steps = np.array([0, 1, 2, 3, 4, 4, 5, 5, 5] + [6] * 8 + [7] * 15)
    reduced = (steps[zeros] * 8 + steps[ones]) * 4 + (states & 3)
    level = np.arange(LEVELS) - 12.0
    sure = 1 / (1 + np.exp(-level))
    joint = np.zeros((N_CONTEXTS, JOINT, LEVELS, 2), np.float32)
    joint[:, :, :, 0], joint[:, :, :, 1] = sure, 20
    matches = np.zeros((2, 2, 32, LEVELS, 2), np.float32)
    matches[..., 0], matches[..., 1] = sure, 10
    weights = np.zeros((N_SETS, SET_SIZE, N_INPUTS))
    weights[:, :, 0] = 0.6
    weights[:, :, 1 + 2 * N_CONTEXTS : 1 + 2 * N_CONTEXTS + N_JOINT] = 0.4 / N_JOINT
    return Mixture(
        np.zeros(N_CONTEXTS << bits, np.uint16), maps, joint, matches, weights,
        np.full((SET_SIZE, N_SETS), 1 / N_SETS), np.zeros(N_INPUTS), np.zeros(8),
        np.zeros(64, np.int64), np.zeros((n_streams, N_CONTEXTS), np.int64),
        np.zeros((n_streams, N_REGISTERS), np.int64), np.zeros((n_streams, capacity), np.int32),
        np.zeros((2, 1 << 18), np.int64), next_histories(), reduced,
    )  # fmt: skip


@intrinsic
def _bits_of(_typing: Any, _x: Any) -> Any:
    """Return the 64 bits of a float64."""
    signature = types.int64(types.float64)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.int64))

    return signature, generate


@intrinsic
def _from_bits(_typing: Any, _x: Any) -> Any:
    """Return the float64 with these 64 bits."""
    signature = types.float64(types.int64)

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(types.float64))

    return signature, generate


@compiled
def logarithm(x: float) -> float:
    """Return ln x of a normal positive number, to 1e-9."""
    bits = _bits_of(x)
    exponent = (bits >> 52) - 1023
    m = _from_bits((bits & 0xFFFFFFFFFFFFF) | (1023 << 52))
    if m > 1.4142135623730951:
        m *= 0.5
        exponent += 1
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = 1.0 + z * (1 / 3 + z * (0.2 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11)))))
    return 2.0 * s * series + exponent * 0.6931471805599453


@compiled
def _stretch(p: float) -> float:
    return logarithm(p / (1.0 - p))


@compiled
def _squash(x: float) -> float:
    e = np.float64(exponential(np.float32(-abs(x))))
    return 1.0 / (1.0 + e) if x >= 0 else e / (1.0 + e)


@compiled
def _scramble(x: int) -> int:
    x = (x ^ (x >> 29)) * 0x3F4A7C15F39CC060 & 0x7FFFFFFFFFFFFFFF
    x = (x ^ (x >> 31)) * 0x2545F4914F6CDD1D & 0x7FFFFFFFFFFFFFFF
    return x ^ (x >> 27)


@compiled
def begin_token(m: Mixture, stream: int) -> None:
    """Make the contexts of the token that comes next in a stream."""
    r = m.registers[stream]
    h = m.hashes[stream]
    t1, t2, t3, t4 = r[_T1] + 1, r[_T2] + 1, r[_T3] + 1, r[_T4] + 1
    h[0] = 1
    h[1] = _scramble(t1 + 0x100000)
    h[2] = _scramble(t1 + (t2 << 17) + 0x2000000000000)
    h[3] = _scramble(_scramble(t1 + (t2 << 17)) + t3)
    h[4] = _scramble(_scramble(t1 + (t2 << 17)) + t3 + (t4 << 17))
    h[5] = _scramble(t2 + 0x500000)
    h[6] = _scramble(t2 + (t3 << 17) + 0x6000000000000)
    r[_PREFIX] = 0
    r[_DEPTH] = 0
    _byte_contexts(r, h)
    n = r[_N]
    tokens = m.tokens
    for k in range(2):
        base = _MS + 3 * k
        order = 4 if k == 0 else 2
        size = m.recent.shape[1] - 1
        key = _scramble(h[4] + 77 if k == 0 else h[2] + 99) & size
        if r[base + 2] > 0 and tokens[r[base], r[base + 1]] == r[_T1]:
            r[base + 2] += 1
            r[base + 1] += 1
        else:
            r[base + 2] = 0
        if r[base + 2] == 0 and n >= order:
            seen = m.recent[k, key]
            if seen > 0:
                s, at = seen >> 32, seen & 0xFFFFFFFF
                length = 0
                while (
                    length < 16 and length < n and at - 1 - length >= 0
                    and tokens[s, at - 1 - length] == tokens[stream, n - 1 - length]
                ):  # fmt: skip
                    length += 1
                if length >= order:
                    r[base], r[base + 1], r[base + 2] = s, at, length
        if n >= order:
            m.recent[k, key] = (stream << 32) | n
        if r[base + 2] > 0 and r[base + 1] >= m.registers[r[base], _N]:
            r[base + 2] = 0  # the other stream has not come so far


@compiled
def _byte_contexts(r: NDArray[np.int64], h: NDArray[np.int64]) -> None:
    inside = 1 if r[_DEPTH] > 0 else 0
    c4, c8 = r[_C4], r[_C8]
    h[7] = _scramble((c4 & 0xFFFF) * 2 + inside + (7 << 40))
    h[8] = _scramble((c4 & 0xFFFFFF) * 2 + inside + (8 << 40))
    h[9] = _scramble(c4 * 2 + inside + (9 << 40))
    h[10] = _scramble(_scramble(c4 * 2 + inside + (10 << 40)) + (c8 & 0xFFFF))
    h[11] = _scramble(_scramble(r[_WORD] * 2 + inside + (11 << 40)) + r[_WORD2])


@compiled
def next_byte(m: Mixture, stream: int, byte: int) -> None:
    """Tell that a token's next byte is known."""
    r = m.registers[stream]
    r[_C8] = (r[_C8] << 8 | r[_C4] >> 24) & 0xFFFFFFFF
    r[_C4] = (r[_C4] << 8 | byte) & 0xFFFFFFFF
    letter = byte + 32 if 65 <= byte <= 90 else byte
    if 97 <= letter <= 122 or byte >= 128:
        r[_WORD] = (r[_WORD] + letter + 1) * 0x2F0B4C47 & 0xFFFFFFFF
    elif r[_WORD] != 0:
        r[_WORD2] = r[_WORD]
        r[_WORD] = 0
    r[_PREFIX] = _scramble(r[_PREFIX] * 257 + byte + 1)
    r[_DEPTH] += 1
    _byte_contexts(r, m.hashes[stream])


@compiled
def end_token(m: Mixture, stream: int, entry: int) -> None:
    """Tell that a token is complete."""
    r = m.registers[stream]
    m.tokens[stream, r[_N]] = entry
    r[_N] += 1
    r[_T4], r[_T3], r[_T2], r[_T1] = r[_T3], r[_T2], r[_T1], entry


@compiled
def expected_entry(m: Mixture, stream: int, which: int) -> int:
    """Return the entry that followed last time, or -1."""
    r = m.registers[stream]
    base = _MS + 3 * which
    return np.int64(m.tokens[r[base], r[base + 1]]) if r[base + 2] > 0 else -1


@compiled
def predict(m: Mixture, stream: int, p: float, node: int, first: int, second: int) -> float:
    """Return P(yes) from the transformer's `p` and everything learnt.

    `node` is 1 … 255 for a bit of the next byte (the bits before it, after a 1), 256 for "the token
    ends here"; `first` and `second` say what the two matches expect: 0, 1, or -1 for nothing.
    """
    r, x, chosen = m.registers[stream], m.inputs, m.chosen
    p = min(max(p, 1e-7), 1.0 - 1e-7)
    z = _stretch(p)
    x[0] = z
    level = min(max(z + 12.0, 0.0), 23.999)
    cell = np.int64(level)
    part = level - cell
    near = cell + (1 if part >= 0.5 else 0)
    chosen[_CELL] = near
    size = m.slots.shape[0] // N_CONTEXTS
    known = 0
    for i in range(N_CONTEXTS):
        key = m.hashes[stream, i]
        key = _scramble(key + node * 0x9E3779B1 + (r[_PREFIX] if i < 7 else 0))
        slot = i * size + (key & (size - 1))
        check = key >> 40 & 15
        value = np.int64(m.slots[slot])
        if value >> 12 != check:
            value = check << 12
            m.slots[slot] = value
        chosen[_SLOT + i] = slot
        h = value & 4095
        joint = m.joint[i, m.reduced[h]]
        at = 1 + 2 * i
        if h < 4:
            x[at] = 0.0
            x[at + 1] = 0.0
            x[1 + 2 * N_CONTEXTS + i] = z
        else:
            known = max(known, i) if i < 5 else known
            q = np.float64(m.maps[i, h, 0])
            x[at] = _stretch(q)
            x[at + 1] = (q - 0.5) * 4.0
            q = joint[cell, 0] * (1.0 - part) + joint[cell + 1, 0] * part
            x[1 + 2 * N_CONTEXTS + i] = _stretch(q)
    at = 1 + 2 * N_CONTEXTS + N_JOINT
    for k in range(2):
        expected = first if k == 0 else second
        length = min(r[_MS + 3 * k + 2], 31)
        chosen[_CELL + 1 + k] = -1
        x[at + k] = 0.0
        if expected >= 0:
            table = m.matches[k, expected, length]
            q = table[cell, 0] * (1.0 - part) + table[cell + 1, 0] * part
            x[at + k] = _stretch(q) - z
            chosen[_CELL + 1 + k] = expected * 32 + length
    x[at + 2] = 0.3
    depth = min(r[_DEPTH], 3)
    bit_place = 0
    while node >> bit_place > 1:
        bit_place += 1
    state = 0 if first < 0 else 1 + min(r[_ML], 15) // 4 + 4 * first
    chosen[_SET] = node if depth > 0 or node == 256 else 257 + min(node, 254)
    chosen[_SET + 1] = known * 36 + state * 4 + depth
    chosen[_SET + 2] = near * 20 + bit_place * 2 + (1 if depth > 0 else 0)
    total = 0.0
    for k in range(N_SETS):
        w = m.weights[k, chosen[_SET + k]]
        a, b = 0.0, 0.0
        for i in range(0, N_INPUTS, 2):
            a += x[i] * w[i]
            b += x[i + 1] * w[i + 1]
        dot = min(max(a + b, -REACH), REACH)
        m.outputs[k] = dot
        m.outputs[3 + k] = _squash(dot)
        total += dot * m.last[chosen[_SET], k]
    total = min(max(total, -REACH + 0.01), REACH - 0.01)
    mixed = _squash(total)
    m.outputs[6] = mixed
    return min(max(mixed, 1e-7), 1.0 - 1e-7)


@compiled
def learn(m: Mixture, bit: int) -> None:
    """Learn the answer to the question that `predict` was last asked."""
    x, chosen = m.inputs, m.chosen
    for k in range(N_SETS):
        step = (bit - m.outputs[3 + k]) * RATE
        w = m.weights[k, chosen[_SET + k]]
        for i in range(N_INPUTS):
            w[i] += x[i] * step
    step = (bit - m.outputs[6]) * LAST_RATE
    for k in range(N_SETS):
        m.last[chosen[_SET], k] += m.outputs[k] * step
    near = chosen[_CELL]
    for i in range(N_CONTEXTS):
        value = np.int64(m.slots[chosen[_SLOT + i]])
        h = value & 4095
        if h >= 4:
            _nudge(m.maps[i, h], bit)
            _nudge(m.joint[i, m.reduced[h], near], bit)
        m.slots[chosen[_SLOT + i]] = (value & 0xF000) | np.int64(m.histories[bit, h])
    for k in range(2):
        cell = chosen[_CELL + 1 + k]
        if cell >= 0:
            _nudge(m.matches[k, cell >> 5, cell & 31, near], bit)


@compiled
def _nudge(cell: NDArray[np.float32], bit: int) -> None:
    n = cell[1]
    p = cell[0] + np.float32((bit - cell[0]) / (n + np.float32(1.6)))
    cell[0] = min(max(p, np.float32(1e-6)), np.float32(1.0 - 1e-6))
    cell[1] = min(n + np.float32(1), np.float32(LIMIT))
