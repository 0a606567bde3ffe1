"""GGUF files from hostile hands: a right reading or one sentence, never a hang or much memory."""

import struct
import tracemalloc
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infoscope.cli.main import main
from infoscope.core.errors import DataError, InfoscopeError
from infoscope.language import load, score
from infoscope.language.gguf import read_gguf

TEXT = "the thing \N{SNOWMAN}".encode() + b"\xff"
HEAD = b"GGUF" + struct.pack("<I", 3)

wide = st.sampled_from([0, 1, 2, 3, 64, 2**31, 2**32 - 1, 2**40, 2**62, 2**63, 2**64 - 1])
replacements = st.one_of(
    st.binary(min_size=1, max_size=4),
    wide.map(lambda n: struct.pack("<Q", n)),
    wide.map(lambda n: struct.pack("<I", n & 0xFFFFFFFF)),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf") / "model.gguf"


def read_all(path: Path) -> None:
    file = read_gguf(path)
    for name in file.tensors:
        file.read(name)


def use(path: Path) -> None:
    score(TEXT, load(path), context=16)


def test_the_undamaged_file_is_read(tiny_file, place: Path) -> None:
    place.write_bytes(tiny_file.content)
    assert score(TEXT, load(place)).bits_per_byte.value > 0


@given(content=st.binary(max_size=200), start=st.sampled_from([b"", b"GGUF", HEAD]))
def test_random_bytes_are_no_model(content: bytes, start: bytes, place: Path) -> None:
    place.write_bytes(start + content)
    with pytest.raises(InfoscopeError, match=r"model\.gguf"):
        load(place)


def test_a_cut_at_every_border_is_refused(tiny_file, place: Path) -> None:
    ends = {at + by for at in tiny_file.borders for by in (-1, 0, 1)} | {len(tiny_file.content) - 1}
    assert len(ends) > 100
    for n in ends:
        place.write_bytes(tiny_file.content[:n])
        with pytest.raises(DataError, match=r"model\.gguf"):
            read_all(place)


@given(data=st.data())
def test_a_damaged_head_gives_a_model_or_a_sentence(
    data: st.DataObject, tiny_file, place: Path, refused: Callable[..., bool]
) -> None:
    """Names and lengths at the borders of sections are hit more often than the list of words."""
    near = st.tuples(st.sampled_from(tiny_file.borders), st.integers(-12, 20)).map(sum)
    spots = st.one_of(near, near, st.integers(0, tiny_file.first_tensor - 1))
    for _ in range(6):
        bad = bytearray(tiny_file.content)
        at, new = data.draw(spots), data.draw(replacements)
        at = min(max(at, 0), len(bad) - len(new))
        bad[at : at + len(new)] = new
        place.write_bytes(bad)
        refused(lambda: use(place))


def test_absurd_numbers_take_no_memory(tiny_file, place: Path, refused) -> None:
    """Places all over the head say in turn that very much is to come."""
    spots = sorted({8, 16, *(at + by for at in tiny_file.borders for by in (-8, 0, 4, 8))})
    tracemalloc.start()
    try:
        for i, at in enumerate(spots[::3]):
            bad = bytearray(tiny_file.content)
            bad[at : at + 8] = struct.pack("<Q", (2**31, 2**40, 2**63, 2**64 - 1)[i % 4])
            place.write_bytes(bad)
            refused(lambda: read_all(place))
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", [0, 2, 14, 99])
def test_tensors_of_any_shape_and_place(kind: int, place: Path) -> None:
    for n_rows, n_columns, offset in product((0, 1, 2**62), (0, 1, 31, 2**62), (0, 32, 2**62)):
        one_tensor(kind, n_rows, n_columns, offset, place)


def one_tensor(kind: int, n_rows: int, n_columns: int, offset: int, place: Path) -> None:
    entry = b"".join([struct.pack("<Q", 1), b"w", struct.pack("<I", 2),
                      struct.pack("<QQIQ", n_columns, n_rows, kind, offset)])  # fmt: skip
    head = HEAD + struct.pack("<QQ", 1, 0) + entry
    place.write_bytes(head + bytes(-len(head) % 32) + struct.pack("<f", 2.5))
    if (n_rows, n_columns, offset, kind) == (1, 1, 0, 0):
        assert read_gguf(place).read("w").tolist() == [[2.5]]
    else:
        with pytest.raises(DataError, match=r"model\.gguf"):
            read_gguf(place).read("w")


@given(name=st.binary(min_size=1, max_size=6))
@example(name=b"\xc3\x28")
@example(name=b"\xed\xa0\x80")
def test_names_that_are_no_text(name: bytes, place: Path) -> None:
    entry = struct.pack("<Q", len(name)) + name + struct.pack("<IB", 0, 7)
    place.write_bytes(HEAD + struct.pack("<QQ", 0, 1) + entry)
    try:
        expected = name.decode()
    except UnicodeDecodeError:
        with pytest.raises(DataError, match="not UTF-8"):
            read_gguf(place)
    else:
        assert dict(read_gguf(place).metadata) == {expected: 7}


def test_lists_in_lists_do_not_exhaust_the_stack(place: Path) -> None:
    deep = struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 5000
    entry = struct.pack("<Q", 1) + b"k" + deep
    place.write_bytes(HEAD + struct.pack("<QQ", 0, 1) + entry)
    with pytest.raises(DataError, match="unknown kind 9"):
        read_gguf(place)


def test_the_command_says_one_sentence(
    tiny_file, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place.write_bytes(tiny_file.content[: tiny_file.borders[-3]])
    (tmp_path / "text.txt").write_bytes(TEXT)
    line = ["text", str(tmp_path / "text.txt"), "--model", str(place)]
    assert main([*line, "--json", str(tmp_path / "out.json")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert [text for text in err.splitlines() if not text.startswith("note")] == [
        err.splitlines()[-1]
    ]
    assert "model.gguf" in err
    assert not (tmp_path / "out.json").exists()
