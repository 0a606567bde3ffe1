"""The GGUF reader: block formats decoded by hand, and damage at every byte of the head."""

import struct
from pathlib import Path

import numpy as np
import pytest

from infoscope.core.errors import DataError, NotFound
from infoscope.language.gguf import read_gguf

NIBBLES = bytes(low | (15 - low) << 4 for low in range(16))  # 0..15, then 15..0
COUNTED = np.array([*range(16), *range(15, -1, -1)], np.float32)
HALF = struct.pack("<e", 0.5)


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (0, np.arange(32, dtype="<f4").tobytes(), np.arange(32)),
        (1, np.arange(32, dtype="<f2").tobytes(), np.arange(32)),
        (2, HALF + NIBBLES, 0.5 * (COUNTED - 8)),
        (3, HALF + struct.pack("<e", -1.0) + NIBBLES, 0.5 * COUNTED - 1),
        (8, HALF + np.arange(-16, 16, dtype="i1").tobytes(), 0.5 * np.arange(-16, 16)),
    ],
    ids=["F32", "F16", "Q4_0", "Q4_1", "Q8_0"],
)
def test_each_format_is_decoded_as_by_hand(kind, data, expected, write_gguf, tmp_path) -> None:
    tensors = {"first": (0, (3,), bytes(12)), "w": (kind, (2, 32), data + data)}
    gguf = read_gguf(write_gguf(tmp_path / "m.gguf", {}, tensors))
    values = gguf.read("w")
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.stack([expected, expected]))


def slow_q4_k(block: bytes) -> list[float]:
    """One block of 256 values, byte by byte as ggml-common.h lays it out."""
    d, m = struct.unpack("<ee", block[:4])
    s, q, out = block[4:16], block[16:], list[float]()
    for run in range(8):
        if run < 4:
            scale, minimum = s[run] & 63, s[run + 4] & 63
        else:
            scale = (s[run + 4] & 15) | ((s[run - 4] >> 6) << 4)
            minimum = (s[run + 4] >> 4) | ((s[run] >> 6) << 4)
        for i in range(32):
            byte = q[32 * (run // 2) + i]
            value = byte >> 4 if run % 2 else byte & 15
            out.append(d * scale * value - m * minimum)
    return out


def slow_q6_k(block: bytes) -> list[float]:
    low, high, scales = block[:128], block[128:192], struct.unpack("<16b", block[192:208])
    (d,) = struct.unpack("<e", block[208:])
    out = list[float]()
    for i in range(256):
        half, at = divmod(i, 128)
        quarter, j = divmod(at, 32)
        byte = low[64 * half + 32 * (quarter % 2) + j]
        nibble = byte >> 4 if quarter >= 2 else byte & 15
        top = (high[32 * half + j] >> (2 * quarter)) & 3
        out.append(d * scales[i // 16] * ((nibble | top << 4) - 32))
    return out


@pytest.mark.parametrize(
    ("kind", "size", "halves", "slow"),
    [(12, 144, (0, 2), slow_q4_k), (14, 210, (208,), slow_q6_k)],
    ids=["Q4_K", "Q6_K"],
)
def test_super_blocks_are_decoded_as_byte_by_byte(
    kind, size, halves, slow, write_gguf, tmp_path
) -> None:
    rng = np.random.default_rng(4)
    blocks = [bytearray(rng.bytes(size)) for _ in range(6)]
    for block in blocks:
        for at in halves:
            block[at : at + 2] = struct.pack("<e", rng.normal())
    tensors = {"w": (kind, (3, 512), b"".join(map(bytes, blocks)))}
    values = read_gguf(write_gguf(tmp_path / "m.gguf", {}, tensors)).read("w")
    expected = np.array([slow(bytes(block)) for block in blocks]).reshape(3, 512)
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-6)
    assert np.ptp(expected) > 1


def test_metadata_of_every_kind_is_read(write_gguf, tmp_path) -> None:
    metadata = {"a": True, "b": 7, "c": 0.5, "d": "text é", "e": ["x", "y"], "f": [1, -2]}
    gguf = read_gguf(write_gguf(tmp_path / "m.gguf", metadata, {"w": (0, (1,), bytes(4))}))
    assert dict(gguf.metadata) == metadata
    assert gguf.tensors["w"].shape == (1,)


def test_a_file_cut_anywhere_is_refused(write_gguf, tmp_path) -> None:
    whole = write_gguf(tmp_path / "m.gguf", {"k": ["x"]}, {"w": (0, (4,), bytes(16))}).read_bytes()
    cut = tmp_path / "cut.gguf"
    for n in range(len(whole) - 16):  # the last 16 bytes are padding
        cut.write_bytes(whole[:n])
        with pytest.raises(DataError, match=r"cut\.gguf"):
            read_gguf(cut).read("w")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04 no model", "starts with"),
        (b"GGUF" + struct.pack("<I", 1) + bytes(64), "version reads 1"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(64), "version reads"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**63), "ends at byte"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"k" + struct.pack("<I", 99), "kind 99"),
    ],
)
def test_what_is_no_gguf_file_gets_one_sentence(data: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(DataError, match=why):
        read_gguf(path)


def test_an_unknown_format_and_a_missing_tensor_are_named(write_gguf, tmp_path) -> None:
    path = write_gguf(tmp_path / "m.gguf", {}, {"w": (10, (256,), bytes(84))})
    with pytest.raises(DataError, match=r"ggml type 10 for 'w'.*llama-quantize"):
        read_gguf(path).read("w")
    with pytest.raises(DataError, match="no tensor 'v'"):
        read_gguf(path).read("v")
    with pytest.raises(NotFound, match=r"absent\.gguf"):
        read_gguf(tmp_path / "absent.gguf")
