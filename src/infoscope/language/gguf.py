"""Read a GGUF file (llama.cpp's format for weights): metadata, tensor list, float32 weights.

Only what this library runs is decoded: plain floats and the block formats Q4_0, Q4_1, Q8_0, Q4_K
and Q6_K. The file is mapped, not read, and every length is checked against its size before it is
believed.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, NotFound, sentence

__all__ = ["GGUFFile", "TensorEntry", "read_gguf"]

_SCALARS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?",
    10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
_MOST_DIMENSIONS = 4  # GGML_MAX_DIMS
_DEEPEST_ARRAY = 4  # arrays of arrays are legal; a damaged file must not exhaust the stack


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """Where one tensor lies: shape with the slowest axis first, block format, byte position."""

    shape: tuple[int, ...]
    kind: int
    position: int


@dataclass(frozen=True, slots=True)
class _Format:
    """One way to store numbers: values per block, bytes per block, and the decoder."""

    name: str
    n_values: int
    block: np.dtype[Any]
    decode: Callable[[NDArray[Any]], NDArray[np.float32]]


def _decode_plain(blocks: NDArray[Any]) -> NDArray[np.float32]:
    return blocks.astype(np.float32)


def _nibbles(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Unpack 16 bytes into 32 values: low nibbles are the first half of a block."""
    values = np.empty((len(blocks), 32), np.float32)
    values[:, :16] = blocks["q"] & 15
    values[:, 16:] = blocks["q"] >> 4
    return values


def _decode_q4_0(blocks: NDArray[Any]) -> NDArray[np.float32]:
    values = _nibbles(blocks)
    values -= 8
    values *= blocks["d"].astype(np.float32)[:, None]
    return values


def _decode_q4_1(blocks: NDArray[Any]) -> NDArray[np.float32]:
    values = _nibbles(blocks)
    values *= blocks["d"].astype(np.float32)[:, None]
    values += blocks["m"].astype(np.float32)[:, None]
    return values


def _decode_q8_0(blocks: NDArray[Any]) -> NDArray[np.float32]:
    values = blocks["q"].astype(np.float32)
    values *= blocks["d"].astype(np.float32)[:, None]
    return values


def _decode_q4_k(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Decode 8 runs of 32 values; each run has a 6-bit scale and a 6-bit minimum of its own."""
    packed = blocks["s"]  # (n, 12): low bits of 4 scales, of 4 minima, then nibbles of the others
    low, mid, high = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([low & 63, (high & 15) | (low >> 6 << 4)], 1)  # (n, 8)
    minima = np.concatenate([mid & 63, (high >> 4) | (mid >> 6 << 4)], 1)
    d, m = (blocks[name].astype(np.float32)[:, None] for name in "dm")
    q = blocks["q"].reshape(-1, 4, 32)
    values = np.stack([q & 15, q >> 4], 2).reshape(-1, 8, 32).astype(np.float32)
    values *= (d * scales)[:, :, None]
    values -= (m * minima)[:, :, None]
    return values


def _decode_q6_k(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """Decode 16 runs of 16 values: four low bits and two high bits each, one signed scale a run."""
    low = blocks["l"].reshape(-1, 2, 64)
    high = blocks["h"].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None]
    nibbles = np.stack([low & 15, low >> 4], 2).reshape(-1, 2, 4, 32)
    values = (nibbles | (high & 3) << 4).reshape(-1, 16, 16).astype(np.float32)
    values -= 32
    values *= (blocks["d"].astype(np.float32)[:, None] * blocks["s"])[:, :, None]
    return values


# block layouts: ggml-common.h of llama.cpp (block_q4_0, block_q4_1, block_q8_0, block_q4_K,
# block_q6_K)
_FORMATS: dict[int, _Format] = {
    0: _Format("F32", 1, np.dtype("<f4"), _decode_plain),
    1: _Format("F16", 1, np.dtype("<f2"), _decode_plain),
    2: _Format("Q4_0", 32, np.dtype([("d", "<f2"), ("q", "u1", 16)]), _decode_q4_0),
    3: _Format("Q4_1", 32, np.dtype([("d", "<f2"), ("m", "<f2"), ("q", "u1", 16)]), _decode_q4_1),
    8: _Format("Q8_0", 32, np.dtype([("d", "<f2"), ("q", "i1", 32)]), _decode_q8_0),
    12: _Format(
        "Q4_K", 256,
        np.dtype([("d", "<f2"), ("m", "<f2"), ("s", "u1", 12), ("q", "u1", 128)]), _decode_q4_k,
    ),
    14: _Format(
        "Q6_K", 256,
        np.dtype([("l", "u1", 128), ("h", "u1", 64), ("s", "i1", 16), ("d", "<f2")]), _decode_q6_k,
    ),
}  # fmt: skip


class GGUFFile:
    """An open GGUF file: `metadata`, `tensors` (name to `TensorEntry`) and `read(name)`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            try:
                self._buffer = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError:  # an empty file cannot be mapped
                raise self.damaged("it is empty") from None
        metadata, tensors = _Header(self._buffer, self.damaged).parse()
        self.metadata = MappingProxyType(metadata)
        self.tensors = MappingProxyType(tensors)

    def read(self, name: str) -> NDArray[np.float32]:
        """Return one tensor as float32, shape with the slowest axis first."""
        entry = self.tensors.get(name)
        if entry is None:
            raise self.damaged(f"it holds no tensor {name!r}")
        form = _FORMATS.get(entry.kind)
        if form is None:
            known = ", ".join(known.name for known in _FORMATS.values())
            raise DataError(
                sentence(
                    "read_gguf", "tensor format", f"be one of {known}",
                    f"ggml type {entry.kind} for {name!r} in {self.path.name}",
                    "Convert the model to one of these (llama-quantize writes Q8_0 and F16).",
                )
            )  # fmt: skip
        if 0 in entry.shape:
            raise self.damaged(f"tensor {name!r} has no values")
        n_blocks = math.prod(entry.shape) // form.n_values
        end = entry.position + n_blocks * form.block.itemsize
        if entry.shape[-1] % form.n_values or end > len(self._buffer):
            raise self.damaged(f"tensor {name!r} reaches past its end")
        blocks = np.frombuffer(self._buffer, form.block, n_blocks, entry.position)
        return form.decode(blocks).reshape(entry.shape)

    def damaged(self, why: str) -> DataError:
        """Return the error for a file whose content cannot be used."""
        return DataError(
            sentence(
                "read_gguf", "path", "name a whole GGUF file of version 2 or 3",
                f"{self.path.name}: {why}", "Fetch the file again.",
            )
        )  # fmt: skip


class _Header:
    """Walk the head of the file once, checking each length before it is believed."""

    def __init__(self, buffer: mmap.mmap, damaged: Callable[[str], DataError]) -> None:
        self._buffer, self._damaged, self._at = buffer, damaged, 0

    def parse(self) -> tuple[dict[str, Any], dict[str, TensorEntry]]:
        magic = self._take(4)
        if magic != b"GGUF":
            raise self._damaged(f"it starts with {magic!r} instead of b'GGUF'")
        version = self._scalar("<I")
        if version not in (2, 3):
            raise self._damaged(f"its version reads {version}")
        n_tensors, n_entries = self._scalar("<Q"), self._scalar("<Q")
        metadata: dict[str, Any] = {}
        for _ in range(n_entries):
            key = self._string()
            metadata[key] = self._value(self._scalar("<I"))
        entries = [self._tensor() for _ in range(n_tensors)]
        alignment = metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1:
            raise self._damaged(f"its alignment reads {alignment!r}")
        start = -(-self._at // alignment) * alignment
        return metadata, {
            name: TensorEntry(shape, kind, start + offset) for name, shape, kind, offset in entries
        }

    def _tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._string()
        n_dimensions = self._scalar("<I")
        if not 1 <= n_dimensions <= _MOST_DIMENSIONS:
            raise self._damaged(f"tensor {name!r} has {n_dimensions} dimensions")
        shape = tuple(self._scalar("<Q") for _ in range(n_dimensions))[::-1]
        return name, shape, self._scalar("<I"), self._scalar("<Q")

    def _take(self, n: int) -> bytes:
        piece = self._buffer[self._at : self._at + n]
        if len(piece) != n:
            raise self._damaged(f"it ends at byte {len(self._buffer)}, inside its head")
        self._at += n
        return piece

    def _scalar(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _string(self) -> str:
        piece = self._take(self._scalar("<Q"))
        try:
            return piece.decode("utf-8")
        except UnicodeDecodeError:
            raise self._damaged("a name in its head is not UTF-8") from None

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind in _SCALARS:
            return self._scalar(_SCALARS[kind])
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY and depth < _DEEPEST_ARRAY:
            inner, n = self._scalar("<I"), self._scalar("<Q")
            if inner in _SCALARS:
                form = np.dtype(_SCALARS[inner].replace("<B", "u1").replace("<b", "i1"))
                return np.frombuffer(self._take(n * form.itemsize), form).tolist()
            return [self._value(inner, depth + 1) for _ in range(n)]
        raise self._damaged(f"its head holds a value of unknown kind {kind}")


def read_gguf(path: str | Path) -> GGUFFile:
    """Open a GGUF file and check its head.

    Parameters
    ----------
    path : str or Path
        A GGUF file of version 2 or 3, little-endian.

    Returns
    -------
    GGUFFile
        Metadata and tensor list; weights are decoded to float32 one tensor at a time by `read`.

    Raises
    ------
    NotFound
        If there is no such file.
    DataError
        If the file is not GGUF, ends too early, or holds a tensor in a format not known here.

    Source
    ------
    The GGUF specification, docs/gguf.md of ggml-org/ggml.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFound(sentence("read_gguf", "path", "name a GGUF file", str(path)))
    return GGUFFile(path)
