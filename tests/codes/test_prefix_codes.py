"""Huffman, Shannon and their kin: optimal, within their bounds, and read back as written."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import infoscope
from infoscope.codes import (
    block_code,
    code_from_lengths,
    huffman,
    kraft_sum,
    shannon_code,
    shannon_fano_elias,
)
from infoscope.codes.loops import WORTH_COMPILING
from infoscope.core.errors import DataError, InvalidArgument, NotADistribution, WrongType

#: Shannon's letter example in most textbooks (Cover and Thomas, example 5.6.1).
TERNARY = [0.25, 0.25, 0.2, 0.15, 0.15]


def shortest(p: list[float], arity: int, limit: int) -> float:
    """Return the least expected length over all lengths up to `limit` that obey Kraft."""
    best = math.inf
    descending = sorted(p, reverse=True)
    for lengths in itertools.combinations_with_replacement(range(1, limit + 1), len(p)):
        if sum(arity**-x for x in lengths) <= 1 + 1e-12:
            best = min(best, sum(a * b for a, b in zip(descending, lengths, strict=True)))
    return best


def distributions(smallest: int = 2, largest: int = 40) -> st.SearchStrategy[list[float]]:
    weights = st.lists(st.integers(0, 10**6), min_size=smallest, max_size=largest)
    return weights.filter(any).map(lambda w: (np.array(w) / sum(w)).tolist())


@pytest.mark.parametrize("arity", [2, 3, 4])
@pytest.mark.parametrize("seed", range(12))
def test_huffman_equals_exhaustive_search(arity: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(int(rng.integers(2, 8)), rng.choice([0.2, 1.0, 5.0])))
    code = huffman(p, arity=arity)
    assert code.expected_length == pytest.approx(shortest(p.tolist(), arity, 6), abs=1e-12)


@pytest.mark.parametrize("limit", [3, 4, 5])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("arity", [2, 3])
def test_package_merge_equals_exhaustive_search(limit: int, seed: int, arity: int) -> None:
    p = np.random.default_rng(seed).dirichlet(np.full(7, 0.3))
    code = huffman(p, arity=arity, max_length=limit)
    assert code.lengths.max() <= limit
    assert code.kraft_sum <= 1
    assert code.expected_length == pytest.approx(shortest(p.tolist(), arity, limit), abs=1e-12)


def test_textbook_codes() -> None:
    assert huffman(TERNARY).expected_length == pytest.approx(2.3)  # Cover and Thomas, 5.6.1
    assert huffman(TERNARY, arity=3).expected_length == pytest.approx(1.5)  # 5.6.2
    assert huffman([0.25, 0.25, 0.2, 0.1, 0.1, 0.1], arity=3).expected_length == pytest.approx(1.7)
    # Cover and Thomas, example 5.9.2: F-bar in binary is 0.001, 0.1(0), 0.1100..., 0.111...
    p = [0.25, 0.25, 0.2, 0.15, 0.15]
    assert shannon_fano_elias(p).codewords == ("001", "011", "1001", "1100", "1110")
    # Shannon's own rule: .36 .54 .72 .84 .93 in binary, cut after 2 3 3 4 4 4 digits.
    shannon = shannon_code([0.36, 0.18, 0.18, 0.12, 0.09, 0.07])
    assert shannon.codewords == ("00", "010", "100", "1011", "1101", "1110")
    assert shannon_code([0.99, 0.01]).lengths.tolist() == [1, 7]


@given(p=distributions())
def test_bounds_kraft_and_prefix_property(p: list[float]) -> None:
    h = float(infoscope.entropy(p, unit="bits"))
    codes = {"huffman": huffman(p), "shannon": shannon_code(p), "elias": shannon_fano_elias(p)}
    for name, code in codes.items():
        words = sorted(word for word in code.codewords if word is not None)
        assert all(not b.startswith(a) for a, b in itertools.pairwise(words) if len(words) > 1)
        assert code.kraft_sum == pytest.approx(sum(2.0 ** -len(word) for word in words))
        assert code.kraft_sum <= 1
        assert h - 1e-9 <= code.expected_length < h + (2 if name == "elias" else 1)
        assert code.redundancy == pytest.approx(code.expected_length - h, abs=1e-12)
        assert [len(word or "") for word in code.codewords] == code.lengths.tolist()
    assert codes["huffman"].expected_length <= codes["shannon"].expected_length + 1e-12
    elias = [word for word in codes["elias"].codewords if word is not None]
    assert elias == sorted(elias)  # words keep the order of the symbols


@given(p=distributions(), data=st.data())
def test_round_trips(p: list[float], data: st.DataObject) -> None:
    possible = [i for i, mass in enumerate(p) if mass]
    s = data.draw(st.lists(st.sampled_from(possible), max_size=200))
    arity = data.draw(st.sampled_from([2, 3, 5]))
    for code in (huffman(p, arity=arity), shannon_code(p), shannon_fano_elias(p)):
        blob = code.encode(s)
        assert code.decode(blob, len(s)).tolist() == s
        if code.arity == 2:
            assert len(blob) == -(-int(code.lengths[s].sum() if s else 0) // 8)


def test_compiled_and_plain_loops_write_and_read_the_same() -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(300, 0.1))
    code = shannon_fano_elias(p)
    s = rng.choice(300, size=WORTH_COMPILING, p=p)
    blob = code.encode(s)
    assert blob == np.packbits([int(d) for i in s for d in code.codewords[i] or ""]).tobytes()
    assert np.array_equal(code.decode(blob, s.size), s)
    plain, read, used = code._decode_plain(
        np.unpackbits(np.frombuffer(blob, "u1")).tolist(), s.size
    )
    assert (read, used) == (s.size, int(code.lengths[s].sum()))
    assert np.array_equal(plain, s)


def test_a_million_symbols_and_a_million_letters() -> None:
    rng = np.random.default_rng(2)
    weights = rng.random(1_000_000)
    code = huffman(weights / weights.sum())
    assert code.entropy <= code.expected_length < code.entropy + 0.09  # p_max is tiny: Gallager
    assert code.kraft_sum == 1
    s = rng.integers(0, 1_000_000, 1_000_000)
    assert np.array_equal(code.decode(code.encode(s), s.size), s)


def test_words_longer_than_a_machine_word() -> None:
    p = 2.0 ** -np.arange(1, 101)
    p[-1] *= 2
    code = huffman(p)
    assert code.lengths.max() == 99
    assert code.expected_length == pytest.approx(code.entropy, abs=1e-12)  # dyadic: no redundancy
    assert code.decode(code.encode([99, 0, 98, 1]), 4).tolist() == [99, 0, 98, 1]
    tiny = shannon_code([1 - 1e-300, 1e-300])
    assert tiny.lengths.tolist() == [1, 997]  # 1 - 1e-300 is 1.0, yet the other word needs room
    assert tiny.decode(tiny.encode([0, 1, 0]), 3).tolist() == [0, 1, 0]


def test_a_certain_symbol_needs_no_bits() -> None:
    for code in (huffman([0, 1.0, 0]), shannon_code([0, 1.0, 0])):
        assert code.codewords == (None, "", None)
        assert code.expected_length == 0
        assert code.encode([1, 1, 1]) == b""
        assert code.decode(b"", 3).tolist() == [1, 1, 1]


def test_canonical_codes() -> None:
    assert code_from_lengths([3, 3, 3, 3, 3, 2, 4, 4]).codewords == (
        "010", "011", "100", "101", "110", "00", "1110", "1111",
    )  # the example of RFC 1951, section 3.2.2  # fmt: skip
    assert kraft_sum([1, 2, 3, 3]) == 1.0
    assert kraft_sum([1] * 4, arity=3) == pytest.approx(4 / 3)
    assert code_from_lengths([1, 1, 1], arity=3).expected_length == pytest.approx(1)
    with pytest.raises(InvalidArgument, match=r"Kraft sum of at most 1; got 1\.25"):
        code_from_lengths([1, 1, 2])
    with pytest.raises(InvalidArgument, match="above 0 exactly where"):
        code_from_lengths([1, 1], p=[1.0, 0.0])


def test_blocks_approach_the_entropy() -> None:
    p = [0.9, 0.1]
    h = float(infoscope.entropy(p, unit="bits"))
    rates = [block_code(p, n).rate for n in (1, 2, 3, 4, 8, 16)]
    assert rates[:3] == pytest.approx([1.0, 0.645, 1.598 / 3])  # by hand: 1.29 / 2, 1.598 / 3
    for n, rate in zip((1, 2, 3, 4, 8, 16), rates, strict=True):
        assert h <= rate < h + 1 / n
    assert rates[-1] - h < 0.006
    code = block_code(p, 4)
    s = np.random.default_rng(3).choice(2, size=4000, p=p)
    assert np.array_equal(code.decode(code.encode(s), s.size), s)
    assert json.loads(json.dumps(code.to_dict()))["block"] == 4
    with pytest.raises(InvalidArgument, match="whole blocks of 4"):
        code.encode([0, 1, 1])
    with pytest.raises(InvalidArgument, match="at most 4,194,304 blocks"):
        block_code(p, 23)


def test_bad_input_is_refused_in_one_sentence() -> None:
    code = huffman([0.5, 0.5, 0.0])
    with pytest.raises(InvalidArgument, match="2 at index 1, whose probability is 0"):
        code.encode([0, 2])
    with pytest.raises(InvalidArgument, match=r"lie in 0 to 2; got 3 at index 0"):
        code.encode([3])
    with pytest.raises(InvalidArgument, match=r"got -1 at index 0"):
        code.encode([-1])
    with pytest.raises(WrongType, match="integers"):
        code.encode([0.5])
    with pytest.raises(NotADistribution):
        huffman([0.5, 0.6])
    with pytest.raises(NotADistribution):
        shannon_code([1.5, -0.5])
    with pytest.raises(NotADistribution):
        huffman([])
    with pytest.raises(InvalidArgument, match="one distribution"):
        huffman([[0.5, 0.5]])
    with pytest.raises(InvalidArgument, match="at least 2 for 4 symbols"):
        huffman([0.25] * 4, max_length=1)
    with pytest.raises(InvalidArgument, match="arity must lie in 2 to 36"):
        huffman([0.5, 0.5], arity=1)


@pytest.mark.parametrize("size", [5, WORTH_COMPILING])
def test_damaged_data_are_refused(size: int) -> None:
    code = huffman([0.4, 0.3, 0.2, 0.1])
    s = np.random.default_rng(4).choice(4, size=size, p=code.probabilities)
    blob = code.encode(s)
    with pytest.raises(DataError, match=f"hold {size:,} codewords"):
        code.decode(blob[:-1], size)
    with pytest.raises(DataError, match="more digits"):
        code.decode(blob + b"\0", size)
    with pytest.raises(DataError, match="more digits"):
        code.decode(blob, size // 2)
    gaps = code_from_lengths([2, 2, 2])  # no word begins with 11
    with pytest.raises(DataError, match="of this code"):
        gaps.decode(b"\xff" * size, size)


def test_results_explain_themselves() -> None:
    code = huffman([0.5, 0.25, 0.25])
    assert str(code) == (
        "Huffman code of 3 symbols: 1.5 bits a symbol (entropy 1.5, redundancy 0, Kraft sum 1)"
    )
    assert json.loads(json.dumps(code.to_dict()))["codewords"] == ["0", "10", "11"]
    assert "<svg" in code._repr_html_()
    tree, areas = code.tree(labels=["a", "b", "c"]), code.areas()
    assert tree.data["codeword"] == ("0", "10", "11")
    assert areas.data["surprisal, bits"] == (1.0, 2.0, 2.0)
    with pytest.raises(InvalidArgument, match="at most 64 symbols"):
        huffman(np.full(65, 1 / 65)).tree()
    with pytest.raises(InvalidArgument, match="name each of 3 symbols"):
        code.areas(labels=["a"])
    with pytest.raises(ValueError, match="read-only"):
        code.lengths[0] = 7
