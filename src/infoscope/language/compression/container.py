"""The file format: a header that says all a decoder must know, and parts made of checked blocks.

Every byte of a blob is under a checksum: the header under its own, each block under one that also
binds it to the header and to its place, so that a damaged, missing, moved or foreign block is named
before anything is decoded. `docs/design/0050-compressed-format.md` describes the layout.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

from infoscope.core.errors import DataError, sentence
from infoscope.core.showing import Shown

__all__ = [
    "BLOCK_BYTES", "BLOCK_TOKENS", "BYTES", "JOINED", "MAGIC", "MOST_STREAMS", "NEURAL", "RETURNS",
    "STORED", "CompressedFile", "Header", "Part", "described", "pack", "unpack",
]  # fmt: skip

MAGIC = b"\xa9ISC\r\n"  # not text in any encoding, and a transfer that rewrites line ends shows
VERSION = 1
STORED, BYTES, NEURAL = 0, 1, 2
KINDS = ("stored", "bytes", "neural")
RETURNS, JOINED = 1, 2  # flags of the text's form
BLOCK_BYTES = 1 << 16  # of a block of kind BYTES
BLOCK_TOKENS = 1 << 14  # of a block of kind NEURAL
MOST_STREAMS = 64
_CHECK = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Header:
    """What a decoder must know before the first block."""

    n_bytes: int
    digest: bytes  # BLAKE2b of the original, 16 bytes
    flags: int
    line_ends: bytes
    producer: str
    model: str = ""
    fingerprint: bytes = b""
    probe: int = 0
    n_streams: int = 1
    context: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A run of bytes coded in one way: blocks of (count, payload, checksum of the content)."""

    kind: int
    n_bytes: int
    blocks: tuple[tuple[int, bytes, int], ...]


@dataclass(frozen=True, slots=True)
class CompressedFile(Shown):
    """What a blob says of itself, without decoding it.

    Attributes
    ----------
    n_bytes, n_compressed : int
        Size of the original and of the blob.
    model : str
        Name of the model that must be present; "" if none is needed.
    fingerprint : str
        Hexadecimal checksum of that model's weights and vocabulary.
    n_streams, context : int
        Shape of the neural part.
    parts : tuple of (kind, bytes, blocks)
        How the text was cut, in order; kinds are "stored", "bytes" and "neural".
    digest : str
        BLAKE2b of the original, hexadecimal.
    producer : str
        Versions of the libraries that wrote it (for people; they do not decide).
    """

    n_bytes: int
    n_compressed: int
    model: str
    fingerprint: str
    n_streams: int
    context: int
    parts: tuple[tuple[str, int, int], ...]
    digest: str
    producer: str
    format_version: int = VERSION

    @property
    def bits_per_byte(self) -> float:
        """Size of the blob in bits per byte of the original; NaN for an empty original."""
        return 8 * self.n_compressed / self.n_bytes if self.n_bytes else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, ready for `json.dumps`."""
        return {
            "format_version": self.format_version, "n_bytes": self.n_bytes,
            "n_compressed": self.n_compressed,
            "bits_per_byte": self.bits_per_byte if self.n_bytes else None,
            "model": self.model or None, "fingerprint": self.fingerprint or None,
            "n_streams": self.n_streams, "context": self.context,
            "parts": [{"kind": k, "n_bytes": n, "n_blocks": b} for k, n, b in self.parts],
            "digest": self.digest, "producer": self.producer,
        }  # fmt: skip


def pack(header: Header, parts: list[Part]) -> bytes:
    """Return the blob."""
    producer, model = header.producer.encode()[:255], header.model.encode()[:255]
    body = bytearray([header.flags, bool(model)])
    body += _number(header.n_bytes) + header.digest
    body += _number(len(header.line_ends)) + header.line_ends
    body += bytes([len(producer)]) + producer
    if model:
        body += bytes([len(model)]) + model + header.fingerprint + struct.pack("<I", header.probe)
        body += _number(header.n_streams) + _number(header.context)
    body += _number(len(parts))
    for part in parts:
        body += bytes([part.kind]) + _number(part.n_bytes) + _number(len(part.blocks))
        for count, payload, _ in part.blocks:
            body += _number(count) + _number(len(payload))
    start = MAGIC + bytes([VERSION]) + _number(len(body)) + bytes(body)
    key = zlib.crc32(start)
    out = bytearray(start + struct.pack("<I", key))
    number = 0
    for part in parts:
        for _, payload, content in part.blocks:
            out += payload + _CHECK.pack(_seal(key, number, payload, content), content)
            number += 1
    return bytes(out)


def unpack(blob: bytes, function: str) -> tuple[Header, list[Part]]:
    """Return header and parts of a whole and undamaged blob, or refuse it."""
    if blob[: len(MAGIC)] != MAGIC[: len(blob)] or not blob:
        raise _wrong(function, "be a file made by infoscope compress", "other bytes")
    if len(blob) <= len(MAGIC):
        raise _wrong(function, "be whole", f"{len(blob)} bytes, cut inside the header")
    if blob[len(MAGIC)] != VERSION:
        raise _wrong(
            function, f"have format version {VERSION}", f"version {blob[len(MAGIC)]}",
            "Use the infoscope that wrote it, or fetch the file again.",
        )  # fmt: skip
    reader = _Reader(blob, len(MAGIC) + 1, function)
    end = reader.number() + reader.at
    if end + 4 > len(blob):
        raise _wrong(function, "be whole", "a file cut (or damaged) inside the header")
    key = zlib.crc32(blob[:end])
    if blob[end : end + 4] != struct.pack("<I", key):
        raise _wrong(function, "be undamaged", "a header whose checksum does not fit")
    header, shapes = _read_header(reader)
    at, number, parts = end + 4, 0, list[Part]()
    for kind, n_bytes, sizes in shapes:
        blocks: list[tuple[int, bytes, int]] = []
        for count, size in sizes:
            payload, tail = blob[at : at + size], blob[at + size : at + size + 8]
            if len(payload) + len(tail) < size + 8:
                raise _wrong(
                    function, "be whole", f"a file cut inside block {number} of "
                    f"{sum(len(s) for _, _, s in shapes)}",
                )  # fmt: skip
            seal, content = _CHECK.unpack(tail)
            if seal != _seal(key, number, payload, content):
                raise _wrong(
                    function, "be undamaged", f"block {number} with a checksum that does not fit"
                )
            blocks.append((count, payload, content))
            at, number = at + size + 8, number + 1
        parts.append(Part(kind, n_bytes, tuple(blocks)))
    if at != len(blob):
        raise _wrong(function, "end after its last block", f"{len(blob) - at} bytes more")
    if (why := _impossible(header, parts)) is not None:
        raise _wrong(function, "hold what infoscope compress writes", why)
    return header, parts


def _impossible(header: Header, parts: list[Part]) -> str | None:
    """Say what no encoder writes, though all checksums fit: a decoder could loop or eat memory."""
    n_bytes = sum(part.n_bytes for part in parts)
    most = 2 * n_bytes if header.flags & RETURNS else n_bytes  # returns come on top
    if not n_bytes <= header.n_bytes <= most:
        return f"parts of {n_bytes} bytes for {header.n_bytes}"
    if header.flags & ~(RETURNS | JOINED):
        return f"an unknown form of the text, {header.flags}"
    if header.model and not (1 <= header.n_streams <= MOST_STREAMS and header.context >= 64):
        return f"{header.n_streams} streams of {header.context} tokens"
    for i, part in enumerate(parts):
        counts = [count for count, _, _ in part.blocks]
        if part.kind not in (STORED, BYTES, NEURAL) or (part.kind == NEURAL and not header.model):
            return f"part {i} of kind {part.kind}"
        if part.kind == STORED and counts != [len(payload) for _, payload, _ in part.blocks]:
            return f"stored bytes of another number in part {i}"
        most = {STORED: part.n_bytes, BYTES: BLOCK_BYTES, NEURAL: BLOCK_TOKENS}[part.kind]
        whole = sum(counts) <= part.n_bytes if part.kind == NEURAL else sum(counts) == part.n_bytes
        if not whole or max(counts, default=0) > most:
            return f"blocks of {counts[:3]} for {part.n_bytes} bytes in part {i}"
    return None


def described(header: Header, parts: list[Part], n_compressed: int) -> CompressedFile:
    """Return what a header says, for people."""
    return CompressedFile(
        header.n_bytes, n_compressed, header.model, header.fingerprint.hex(), header.n_streams,
        header.context,
        tuple((KINDS[part.kind], part.n_bytes, len(part.blocks)) for part in parts),
        header.digest.hex(), header.producer,
    )  # fmt: skip


def _read_header(reader: _Reader) -> tuple[Header, list[tuple[int, int, list[tuple[int, int]]]]]:
    flags, neural = reader.take(2)
    n_bytes, digest = reader.number(), reader.take(16)
    line_ends = reader.take(reader.number())
    producer = reader.take(reader.take(1)[0]).decode("utf-8", "replace")
    model, fingerprint, probe, n_streams, context = "", b"", 0, 1, 0
    if neural:
        model = reader.take(reader.take(1)[0]).decode("utf-8", "replace")
        fingerprint = reader.take(16)
        (probe,) = struct.unpack("<I", reader.take(4))
        n_streams, context = reader.number(), reader.number()
    shapes = [
        (reader.take(1)[0], reader.number(),
         [(reader.number(), reader.number()) for _ in range(reader.number())])
        for _ in range(reader.number())
    ]  # fmt: skip
    header = Header(
        n_bytes, digest, flags, line_ends, producer, model, fingerprint, probe, n_streams, context
    )
    return header, shapes


class _Reader:
    """Reads a header from front to back; short input is refused, never guessed."""

    def __init__(self, blob: bytes, at: int, function: str) -> None:
        self.blob, self.at, self.function = blob, at, function

    def take(self, n: int) -> bytes:
        if self.at + n > len(self.blob):
            raise _wrong(self.function, "be whole", "a file cut inside the header")
        self.at += n
        return self.blob[self.at - n : self.at]

    def number(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise _wrong(self.function, "be undamaged", "a length beyond all files")


def _number(value: int) -> bytes:
    """Return a whole number in groups of seven bits, the lowest first."""
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def _seal(key: int, number: int, payload: bytes, content: int) -> int:
    return zlib.crc32(payload, zlib.crc32(struct.pack("<III", key, number, content)))


def _wrong(function: str, requirement: str, got: str, advice: str = "") -> DataError:
    advice = advice or "Nothing was decoded. Fetch the file again."
    return DataError(sentence(function, "blob", requirement, got, advice))
