"""Compressed data from hostile hands: refused at once, and nothing else on the disk touched.

That every flipped byte and every cut is refused is shown beside the format itself
(tests/language/compression); here all checksums fit and the numbers are lies.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.cli.main import main
from infoscope.codes import (
    AdaptiveModel,
    ans,
    arithmetic,
    elias_delta,
    elias_gamma,
    elias_omega,
    fibonacci,
    golomb,
    huffman,
    rice,
    shannon_code,
)
from infoscope.core.errors import DataError, InvalidArgument
from infoscope.language import compress, decompress, inspect_compressed
from infoscope.language.compression import container

TEXTS = [b"a", b"to be or not to be\r\n" * 9, b"filled lines of\nwords that go\non and on\n" * 9]
P = [0.5, 0.2, 0.2, 0.1]
CODES = {
    "huffman": huffman(P), "ternary": huffman(P, arity=3), "shannon": shannon_code(P),
    "gamma": elias_gamma(), "delta": elias_delta(), "omega": elias_omega(),
    "fibonacci": fibonacci(), "rice": rice(3), "golomb": golomb(5),
}  # fmt: skip
absurd = st.sampled_from([0, 1, 2, 7, 255, 2**16, 2**31, 2**40, 2**62])


@pytest.fixture(scope="module")
def blobs() -> list[bytes]:
    return [compress(text, None) for text in TEXTS]


@given(
    which=st.integers(0, len(TEXTS) - 1), n_bytes=st.none() | absurd, flags=st.integers(0, 255),
    line_ends=st.none() | st.binary(max_size=9), kind=st.none() | st.integers(0, 255),
    part_bytes=st.none() | absurd, count=st.none() | absurd,
    payload=st.none() | st.binary(max_size=9),
    model=st.sampled_from(["", "", "nobody", "../../etc/passwd", "http://127.0.0.1:9#m"]),
)  # fmt: skip
def test_right_checksums_over_lies(
    which: int, n_bytes: int | None, flags: int, line_ends: bytes | None, kind: int | None,
    part_bytes: int | None, count: int | None, payload: bytes | None, model: str,
    blobs: list[bytes], refused: Callable[..., bool],
) -> None:  # fmt: skip
    header, (part,) = container.unpack(blobs[which], "test")
    ((old_count, old_payload, content),) = part.blocks
    changes = {"n_bytes": n_bytes, "line_ends": line_ends}
    header = replace(
        header, flags=flags % 5 if flags > 99 else header.flags, model=model, fingerprint=bytes(16),
        **{name: value for name, value in changes.items() if value is not None},
    )  # fmt: skip
    part = container.Part(
        part.kind if kind is None else kind,
        part.n_bytes if part_bytes is None else part_bytes,
        ((old_count if count is None else count, old_payload if payload is None else payload,
          content),),
    )  # fmt: skip
    blob = container.pack(header, [part])
    refused(lambda: inspect_compressed(blob))
    if not refused(lambda: decompress(blob)):
        assert decompress(blob) == TEXTS[which]  # nothing that matters was changed


@pytest.mark.parametrize("most", [2**31, 2**40, 2**62])
def test_a_few_bytes_do_not_become_terabytes(most: int, blobs: list[bytes]) -> None:
    header, (part,) = container.unpack(blobs[1], "test")
    ((_, payload, content),) = part.blocks
    part = container.Part(part.kind, most, ((most, payload, content),))
    blob = container.pack(replace(header, n_bytes=most, flags=0), [part])
    with pytest.raises(DataError, match="hold what infoscope compress writes"):
        decompress(blob)


@given(data=st.binary(max_size=80), n=st.sampled_from([0, 1, 2, 50, 4000, 10**12, 2**62]))
def test_codes_give_symbols_or_a_sentence(
    data: bytes, n: int, refused: Callable[..., bool]
) -> None:
    for code in CODES.values():
        refused(lambda code=code: code.decode(data, n))
    for coder in (arithmetic, ans):
        for model in (P, AdaptiveModel(4)):
            refused(lambda coder=coder, model=model: coder.decode(data, model, min(n, 99)))


@pytest.mark.parametrize("name", CODES)
def test_no_code_holds_fewer_symbols_than_none(name: str) -> None:
    with pytest.raises(InvalidArgument, match="n must be at least 0; got -1"):
        CODES[name].decode(b"\xaa", -1)


OTHER_FILES = {
    "empty": b"",
    "text": b"Some words.",
    "zip": b"PK\x03\x04" + bytes(40),
    "gzip": b"\x1f\x8b\x08" + bytes(40),
    "the mark alone": container.MAGIC,
    "another version": container.MAGIC + b"\x63" + bytes(40),
    "endless length": container.MAGIC + b"\x01" + b"\xff" * 40,
}


@pytest.mark.parametrize("what", OTHER_FILES)
def test_other_files_leave_nothing_on_the_disk(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "file.isc"
    source.write_bytes(OTHER_FILES[what])
    for line in ([], ["--list"], ["--json", str(tmp_path / "out.json")]):
        assert main(["decompress", str(source), *line]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(("decompress: blob must ", "inspect_compressed: blob must "))
        assert err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file.isc"]
    assert source.read_bytes() == OTHER_FILES[what]
