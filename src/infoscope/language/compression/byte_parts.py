"""Code a run of bytes with the byte model alone, in checked blocks."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from infoscope.codes.byte_models.mixing import ByteMixer
from infoscope.language.compression.container import BLOCK_BYTES, BYTES, STORED, Part

__all__ = ["decode_bytes", "encode_bytes"]


def encode_bytes(data: bytes, advance: Callable[[int, float], None]) -> Part:
    """Return `data` as a part: context mixing, or as it is where that would not be shorter."""
    mixer, blocks = ByteMixer(len(data)), list[tuple[int, bytes, int]]()
    for a in range(0, len(data), BLOCK_BYTES):
        piece = data[a : a + BLOCK_BYTES]
        code = mixer.encode(piece)
        blocks.append((len(piece), code, zlib.crc32(piece)))
        advance(len(piece), 8 * len(code))
    if sum(len(code) for _, code, _ in blocks) < len(data):
        return Part(BYTES, len(data), tuple(blocks))
    return Part(STORED, len(data), ((len(data), data, zlib.crc32(data)),))


def decode_bytes(
    part: Part, advance: Callable[[int, float], None], refuse: Callable[[int], Exception]
) -> bytes:
    """Undo `encode_bytes`; raise ``refuse(i)`` if block i of the part decodes wrong."""
    if sum(count for count, _, _ in part.blocks) != part.n_bytes:
        raise refuse(0)
    mixer = ByteMixer(part.n_bytes) if part.kind == BYTES else None
    pieces: list[bytes] = []
    for i, (count, code, content) in enumerate(part.blocks):
        piece = mixer.decode(code, count) if mixer else code
        if zlib.crc32(piece) != content or len(piece) != count:
            raise refuse(i)
        pieces.append(piece)
        advance(count, 8 * len(code))
    return b"".join(pieces)
