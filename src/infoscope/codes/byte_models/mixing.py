"""A model of bytes that learns while it reads: contexts of order 1 to 6, words, lines and matches.

Encoder and decoder run the same integer and fixed-order arithmetic (`mixing_kernels`), so a blob
opens on any machine. Nothing is trained beforehand: what it knows, it has from the text so far.
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
from infoscope.codes.byte_models.logistic_tables import (
    history_probabilities,
    next_histories,
    reciprocals,
    squash_table,
    stretch_table,
)
from infoscope.codes.byte_models.mixing_kernels import (
    GROUPS,
    N_CONTEXTS,
    N_GROUPS,
    N_INPUTS,
    N_MAPS,
    N_REALS,
    N_RECENT,
    MixingState,
    advance,
    begin_nibble,
    learn,
    predict,
)
from infoscope.codes.byte_models.pointers import pointer_to
from infoscope.core.compiling import compiled

__all__ = ["ByteMixer"]

_SETS = 3


class ByteMixer:
    """Adaptive prediction of the next byte by context mixing.

    Parameters
    ----------
    n_bytes : int
        Length of the text to come; decides the size of the tables (1 to 80 MB), nothing else.

    Notes
    -----
    Use one object for one text: it remembers all it has read. About 3 µs per byte.

    Source
    ------
    M. Mahoney, Adaptive weighing of context models for lossless data compression (2005): the idea;
    tables, contexts and code are this library's own.

    Examples
    --------
    >>> text = b"abracadabra " * 50
    >>> blob = ByteMixer(len(text)).encode(text)
    >>> len(blob) < 40, ByteMixer(len(text)).decode(blob, len(text)) == text
    (True, True)
    """

    def __init__(self, n_bytes: int) -> None:
        self._state = _new_state(n_bytes)
        self._text = np.zeros(n_bytes + 1, np.uint8)
        self._n = 0

    def encode(self, data: bytes) -> bytes:
        """Return the code of `data`, given all that was read before, and learn from it."""
        fresh = self._append(data)
        out = np.empty(2 * len(data) + 8 * ROOM + 64, np.uint8)
        n = _code(self._state, self._text, fresh, len(data), new_coder(), out, False)
        return out[:n].tobytes()

    def decode(self, code: bytes, n_bytes: int) -> bytes:
        """Return the `n_bytes` bytes behind `code`; other bytes give garbage, never an error."""
        start = self._n
        self._n += n_bytes
        source = np.frombuffer(code, np.uint8).copy()
        _code(self._state, self._text, start, n_bytes, new_coder(), source, True)
        return self._text[start : self._n].tobytes()

    def surprisals(self, data: bytes) -> NDArray[np.float64]:
        """Return each byte's code length in nats, and learn from it."""
        out = np.empty(len(data))
        _measure(self._state, self._text, self._append(data), len(data), out)
        return out

    def fork(self, n_bytes: int) -> ByteMixer:
        """Return a mixer that knows the same and has room for `n_bytes` more; this one stays."""
        other = object.__new__(ByteMixer)
        other._state = MixingState(*(array.copy() for array in self._state))
        other._text = np.zeros(self._n + n_bytes + 1, np.uint8)
        other._text[: self._n] = self._text[: self._n]
        other._n = self._n
        return other

    def distribution(self) -> NDArray[np.float64]:
        """Return the probabilities of the next byte, shape (256,); learns nothing."""
        out = np.empty(256)
        _next_byte(self._state, self._text, out)
        return out

    def _append(self, data: bytes) -> int:
        start = self._n
        self._n += len(data)
        self._text[start : self._n] = np.frombuffer(data, np.uint8)
        return start


def _new_state(n_bytes: int) -> MixingState:
    bits = 10
    while bits < 18 and (1 << bits) < 2 * n_bytes:
        bits += 1
    weights = np.zeros((_SETS, 256, N_INPUTS), np.float32)
    weights[:, :, 0 : 2 * N_CONTEXTS : 2] = 0.25
    weights[:, :, 2 * N_CONTEXTS : 2 * N_CONTEXTS + 2] = 0.2
    squash = squash_table() / np.float32(65536)
    reals = np.concatenate([
        weights.ravel(), np.full(256 * _SETS, 1 / _SETS), np.zeros(N_INPUTS + 8),
        stretch_table() / np.float32(256), squash,
    ]).astype(np.float32)  # fmt: skip
    places = np.clip((np.arange(33) - 16) * 128, -2047, 2047) + 2048
    shorts = np.zeros(GROUPS + N_CONTEXTS * (16 << bits), np.uint16)
    shorts[:8192] = next_histories().ravel()
    shorts[8192:GROUPS].reshape(-1, 33)[:] = squash_table()[places]
    maps = np.concatenate([
        np.tile(history_probabilities(), N_CONTEXTS), _match_probabilities(),
        np.full(256, 1 << 31), reciprocals(1023),
    ]).astype(np.uint32)  # fmt: skip
    assert len(reals) == N_REALS
    assert len(maps) == N_MAPS
    recent = np.zeros(1 << min(max(bits + 2, 12), 20), np.int32)
    registers = np.zeros(64, np.int64)
    registers[N_GROUPS], registers[N_RECENT] = 1 << bits, len(recent)
    return MixingState(reals, shorts, maps, registers, recent)


def _match_probabilities() -> NDArray[np.uint32]:
    """Return the first trust in a match, by its length and the bit that it expects."""
    cells = np.zeros(4096, np.uint32)
    for cell in range(64):
        length, expected = cell >> 1, cell & 1
        wrong = (1 << 22) // (length + 2)
        cells[cell] = ((1 << 22) - wrong if expected else wrong) << 10
    return cells


@compiled
def _pointers(state: MixingState) -> MixingState:
    return MixingState(
        pointer_to(state.reals), pointer_to(state.shorts), pointer_to(state.maps),
        pointer_to(state.registers), pointer_to(state.recent),
    )  # fmt: skip


@compiled
def _code(
    arrays: MixingState, letters: NDArray[np.uint8], start: int, n: int, coder: NDArray[np.uint64],
    payload: NDArray[np.uint8], decoding: bool,
) -> int:  # fmt: skip
    """Write or read ``text[start : start + n]``; return the bytes written."""
    state, text = _pointers(arrays), pointer_to(letters)
    if decoding:
        open_coder(coder, payload)
    for i in range(start, start + n):
        bits = 1
        byte = np.int64(text[i])
        for k in range(8):
            if k & 3 == 0:
                begin_nibble(state, bits if k else 0, True)
            yes = predict(state, text, bits, k) << 16
            if decoding:
                bit = decode_bit(coder, payload, yes)
            else:
                bit = byte >> (7 - k) & 1
                encode_bit(coder, payload, yes, bit)
            learn(state, bits, k, bit)
            bits = bits << 1 | bit
        text[i] = np.uint8(bits & 255)
        advance(state, text, i + 1)
    return 0 if decoding else finish(coder, payload)


@compiled
def _measure(
    arrays: MixingState, letters: NDArray[np.uint8], start: int, n: int, out: NDArray[np.float64]
) -> None:
    state, text = _pointers(arrays), pointer_to(letters)
    for i in range(start, start + n):
        bits = 1
        chance = 1.0
        for k in range(8):
            if k & 3 == 0:
                begin_nibble(state, bits if k else 0, True)
            p = predict(state, text, bits, k) / 65536.0
            bit = np.int64(text[i]) >> (7 - k) & 1
            chance *= p if bit else 1.0 - p
            learn(state, bits, k, bit)
            bits = bits << 1 | bit
        out[i - start] = -np.log(chance)
        advance(state, text, i + 1)


@compiled
def _next_byte(arrays: MixingState, letters: NDArray[np.uint8], out: NDArray[np.float64]) -> None:
    """Walk the tree of all next bytes; a match that fails on one branch holds on another."""
    state, text = _pointers(arrays), pointer_to(letters)
    registers = state.registers
    length = registers[6]
    shares = np.ones(512)
    for depth in range(8):
        for bits in range(1 << depth, 2 << depth):
            if depth == 0:
                begin_nibble(state, 0, False)
            elif depth == 4:
                begin_nibble(state, bits, False)
            elif depth > 4 and bits & ((1 << (depth - 4)) - 1) == 0:
                begin_nibble(state, bits >> (depth - 4), False)
            registers[6] = length
            p = predict(state, text, bits, depth) / 65536.0
            shares[2 * bits] = shares[bits] * (1.0 - p)
            shares[2 * bits + 1] = shares[bits] * p
    registers[6] = length
    for byte in range(256):
        out[byte] = shares[256 + byte]
