"""Every compiled loop of coding gives what the same lines give in plain Python.

A compiler has its own rules for what overflows, divides by zero and rounds: the interpreter's
answer is the one that the lines promise. The three functions that are written in the compiler's own
terms stand here in NumPy's, and are compared with that too.
"""

import numba
import numpy as np
import pytest

from infoscope.codes import huffman
from infoscope.codes.bit_fields import pack_fields
from infoscope.codes.byte_models.mixing import ByteMixer
from infoscope.codes.byte_models.pointers import add_product, inner_product, pointer_to

TEXT = b"She had peeped into the book; into the book, And so IT WAS.\n  one\n  two\xe2\x80\x94two"


def same(array: np.ndarray) -> np.ndarray:
    """Stand for a pointer to an array."""
    return array


def inner_product_by_hand(f: np.ndarray, one: int, other: int, size: int) -> np.float32:
    """Return the inner product in four lanes, each step rounded."""
    products = (f[one : one + size] * f[other : other + size]).reshape(-1, 4)
    a, b, c, d = np.add.accumulate(products, axis=0, dtype=np.float32)[-1]
    return (a + b) + (c + d)


def add_product_by_hand(f: np.ndarray, to: int, source: int, factor: float, size: int) -> None:
    f[to : to + size] += f[source : source + size] * np.float32(factor)


BY_HAND = {
    "pointer_to": same, "inner_product": inner_product_by_hand, "add_product": add_product_by_hand,
}  # fmt: skip


def test_products_over_a_pointer() -> None:
    @numba.njit
    def inner(array, one, other):
        return inner_product(pointer_to(array), one, other, 8)

    @numba.njit
    def add(array, to, source, factor):
        add_product(pointer_to(array), to, source, np.float32(factor), 8)

    rng = np.random.default_rng(0)
    f = (rng.standard_normal(32) * 10.0 ** rng.integers(-6, 6, 32)).astype(np.float32)
    for one, other in ((0, 8), (3, 17), (5, 5)):
        assert inner(f, one, other) == inner_product_by_hand(f, one, other, 8)
    added, expected = f.copy(), f.copy()
    add(added, 2, 21, 0.3)
    add_product_by_hand(expected, 2, 21, 0.3, 8)
    np.testing.assert_array_equal(added, expected)
    assert (added != f).sum() == 8


def test_a_size_that_is_not_written_out_is_refused() -> None:
    @numba.njit
    def inner(array, n):
        return inner_product(pointer_to(array), 0, 0, n)

    with pytest.raises(numba.TypingError):
        inner(np.ones(8, np.float32), 8)


def test_byte_mixing(interpreted) -> None:
    """Text, code, lengths and what comes next: bit for bit, in both directions."""

    def found():
        mixer = ByteMixer(len(TEXT))
        code = mixer.encode(TEXT)
        chances = mixer.distribution()
        again = ByteMixer(len(TEXT))
        return code, ByteMixer(len(TEXT)).decode(code, len(TEXT)), again.surprisals(TEXT), chances

    compiled = found()
    with interpreted(**BY_HAND):
        plain = found()
    assert plain[:2] == compiled[:2]
    assert compiled[1] == TEXT
    np.testing.assert_allclose(plain[2], compiled[2], rtol=1e-12)
    np.testing.assert_array_equal(plain[3], compiled[3])


def test_prefix_codes(interpreted) -> None:
    rng = np.random.default_rng(1)
    p = rng.dirichlet(np.full(40, 0.2))
    symbols = rng.choice(40, 3000, p=p)

    def found():
        code = huffman(p)
        blob = code.encode(symbols)
        return code.lengths.tolist(), blob, code.decode(blob, 3000).tolist()

    compiled = found()
    with interpreted():
        assert found() == compiled
    assert compiled[2] == symbols.tolist()


def test_fields_of_more_than_sixty_four_bits(interpreted) -> None:
    values = np.tile(np.array([1, 2**64 - 1, 5], np.uint64), 1000)
    lengths = np.tile(np.array([70, 64, 3]), 1000)
    compiled = pack_fields(values, lengths, "test")
    with interpreted():
        assert pack_fields(values, lengths, "test") == compiled
    text = "".join(format(v, f"0{n}b") for v, n in zip(values.tolist(), lengths, strict=True))
    assert "".join(format(byte, "08b") for byte in compiled) == text
