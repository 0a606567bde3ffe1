"""Codes of whole numbers: the words of the textbooks, lengths by formula, round trips, refusals."""

import contextlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.codes import (
    IntegerCode,
    elias_delta,
    elias_gamma,
    elias_omega,
    fibonacci,
    golomb,
    golomb_for_geometric,
    huffman,
    kraft_sum,
    rice,
)
from infoscope.codes.loops import WORTH_COMPILING
from infoscope.core.errors import DataError, InvalidArgument, WrongType

CODES = {
    code.name: code
    for code in (elias_gamma(), elias_delta(), elias_omega(), fibonacci(), golomb(1), golomb(5),
                 golomb(10**6), rice(0), rice(4))
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "words"),
    [  # Elias (1975), table; Fibonacci: Apostolico and Fraenkel (1987), table 1
        (elias_gamma(), {1: "1", 2: "010", 9: "0001001", 17: "000010001"}),
        (elias_delta(), {1: "1", 2: "0100", 9: "00100001", 17: "001010001"}),
        (elias_omega(), {1: "0", 2: "100", 3: "110", 8: "1110000", 16: "10100100000"}),
        (fibonacci(), {1: "11", 5: "00011", 11: "001011", 65: "0100100011"}),
        (golomb(10), {0: "1000", 42: "00001010", 9: "11111", 6: "11100"}),
        (rice(2), {0: "100", 7: "0111"}),
    ],
    ids=lambda x: x.name if isinstance(x, IntegerCode) else "words",
)
def test_published_words(code: IntegerCode, words: dict[int, str]) -> None:
    assert {n: code.codeword(n) for n in words} == words


def test_lengths_by_formula() -> None:
    n = np.unique(np.geomspace(1, 2**62, 500).astype(np.int64))
    digits = np.array([int(x).bit_length() - 1 for x in n])
    assert elias_gamma().lengths(n).tolist() == (2 * digits + 1).tolist()
    more = np.array([int(x + 1).bit_length() - 1 for x in digits])
    assert elias_delta().lengths(n).tolist() == (digits + 2 * more + 1).tolist()


@pytest.mark.parametrize("name", sorted(CODES))
def test_words_are_a_prefix_code(name: str) -> None:
    code = CODES[name]
    words = sorted(code.codeword(n) for n in range(code.smallest, 300))
    assert all(not b.startswith(a) for a, b in itertools.pairwise(words))
    assert kraft_sum([len(word) for word in words]) <= 1


@pytest.mark.parametrize("name", sorted(CODES))
@given(values=st.lists(st.integers(1, 2**63 - 1), max_size=30))
def test_round_trips(name: str, values: list[int]) -> None:
    code = CODES[name]
    if name.startswith(("golomb", "rice")):
        values = [v % 5000 for v in values]
    blob = code.encode(values)
    assert code.decode(blob, len(values)).tolist() == values
    assert len(blob) == -(-int(code.lengths(values).sum()) // 8)


@pytest.mark.parametrize("name", sorted(CODES))
def test_compiled_loops_read_the_same(name: str) -> None:
    code = CODES[name]
    values = np.random.default_rng(0).integers(1, 5000, WORTH_COMPILING)
    blob = code.encode(values)
    assert blob == np.packbits([int(b) for v in values for b in code.codeword(int(v))]).tobytes()
    assert np.array_equal(code.decode(blob, values.size), values)


@pytest.mark.parametrize("stay", [0.3, 0.62, 0.9, 0.97])
def test_golomb_is_optimal_for_geometric(stay: float) -> None:
    code = golomb_for_geometric(stay)
    n = np.arange(math.ceil(math.log(1e-13) / math.log(stay)))
    p = (1 - stay) * stay**n
    best = huffman(p / p.sum()).expected_length
    assert float(p @ code.lengths(n)) == pytest.approx(best, abs=1e-8)


@pytest.mark.parametrize("name", sorted(CODES))
@pytest.mark.parametrize("size", [3, WORTH_COMPILING])
def test_damaged_data_are_refused(name: str, size: int) -> None:
    code = CODES[name]
    values = np.full(size, 2)
    blob = code.encode(values)
    with pytest.raises(DataError, match=f"hold {size:,} numbers"):
        code.decode(blob[: len(blob) // 2], size)
    with pytest.raises(DataError, match="more bits"):
        code.decode(blob + b"\x00", size)
    for fill in (b"\x00", b"\xff", b"\x55"):
        with contextlib.suppress(DataError):  # numbers or a refusal, never anything else
            assert code.decode(fill * (4 * size), size).size == size


def test_numbers_out_of_range() -> None:
    with pytest.raises(InvalidArgument, match="at least 1; got 0 at index 1"):
        elias_gamma().encode([3, 0])
    with pytest.raises(InvalidArgument, match="at least 0"):
        rice(1).encode([-1])
    with pytest.raises(WrongType, match="integers"):
        elias_delta().encode([1.0])
    with pytest.raises(InvalidArgument, match="at most"):
        golomb(1).encode([2**62] * 3)
    with pytest.raises(InvalidArgument, match="below 2\\^63"):
        elias_delta().encode(np.array([2**63], np.uint64))
    for make in (lambda: golomb(0), lambda: rice(-1), lambda: golomb_for_geometric(1.0)):
        with pytest.raises(InvalidArgument):
            make()
