"""Codes for blocks of n symbols: how Huffman's whole bits shrink to nothing a symbol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infoscope.codes.checking import integers, probabilities
from infoscope.codes.optimal import huffman
from infoscope.codes.prefix_code import PrefixCode
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.showing import Shown

__all__ = ["BlockCode", "block_code"]

#: Blocks beyond this many have no table that fits a laptop.
MOST_BLOCKS = 1 << 22


@dataclass(frozen=True, eq=False)
class BlockCode(Shown):
    """A Huffman code for blocks of `block` symbols of a memoryless source.

    Attributes
    ----------
    code : PrefixCode
        Over the n_symbols^block blocks; the last symbol of a block changes fastest.
    n_symbols, block : int
        Size of the alphabet and length of a block.
    rate : float
        Expected bits a symbol; H(p) <= rate < H(p) + 1 / block.
    entropy : float
        Entropy of one symbol in bits.
    """

    code: PrefixCode
    n_symbols: int
    block: int
    rate: float
    entropy: float

    def encode(self, symbols: ArrayLike) -> bytes:
        """Return the code of a sequence whose length is a multiple of `block`."""
        s = integers(symbols, "BlockCode.encode", "symbols")
        if s.size % self.block:
            raise InvalidArgument(
                sentence("BlockCode.encode", "symbols", f"come in whole blocks of {self.block}",
                         f"{s.size} symbols", "Code the rest with a code for single symbols.")
            )  # fmt: skip
        if s.size and (s.min() < 0 or s.max() >= self.n_symbols):
            raise InvalidArgument(
                sentence("BlockCode.encode", "symbols", f"lie in 0 to {self.n_symbols - 1}",
                         f"{s.min()} to {s.max()}")
            )  # fmt: skip
        return self.code.encode(s.reshape(-1, self.block) @ self._weights)

    def decode(self, data: bytes, n: int) -> NDArray[np.int64]:
        """Return the `n` symbols that `data` holds."""
        if n % self.block:
            raise InvalidArgument(
                sentence("BlockCode.decode", "n", f"be a multiple of {self.block}", n)
            )
        blocks = self.code.decode(data, n // self.block)
        return (blocks[:, None] // self._weights % self.n_symbols).ravel()

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "n_symbols": self.n_symbols, "block": self.block, "rate": self.rate,
            "entropy": self.entropy, "unit": "bits", "code": self.code.to_dict(),
        }  # fmt: skip

    def __str__(self) -> str:
        return (
            f"Huffman code of blocks of {self.block}: {self.rate:.6g} bits a symbol "
            f"(entropy {self.entropy:.6g}, redundancy {self.rate - self.entropy:.3g})"
        )

    @property
    def _weights(self) -> NDArray[np.int64]:
        return self.n_symbols ** np.arange(self.block - 1, -1, -1, dtype=np.int64)


def block_code(p: ArrayLike, block: int, *, max_length: int | None = None) -> BlockCode:
    """Return the Huffman code of the n-th extension of a memoryless source.

    rate = L(p^n) / n,  H(p) <= rate < H(p) + 1 / n

    Parameters
    ----------
    p : array of shape (k,)
        Distribution of one symbol.
    block : int
        Symbols in a block, n; k^n may be at most 4,194,304.
    max_length : int, optional
        Longest codeword allowed.

    Returns
    -------
    BlockCode
        With `rate` in bits a symbol and `encode`, `decode`.

    Raises
    ------
    NotADistribution
        If p is negative or NaN somewhere or does not sum to 1.
    InvalidArgument
        If block is below 1 or there are too many blocks.

    Notes
    -----
    Cost k^n log k^n: the reason why practice uses arithmetic coding instead.

    Source
    ------
    Shannon (1948), theorem 9; Cover and Thomas (2006), theorem 5.4.2.

    Examples
    --------
    >>> [round(block_code([0.9, 0.1], n).rate, 4) for n in (1, 2, 3)]
    [1.0, 0.645, 0.5327]
    """
    given = probabilities(p, "block_code")
    if block < 1:
        raise InvalidArgument(sentence("block_code", "block", "be at least 1", block))
    if given.size**block > MOST_BLOCKS:
        raise InvalidArgument(
            sentence("block_code", "block", f"make at most {MOST_BLOCKS:,} blocks",
                     f"{given.size}^{block}", "Use arithmetic coding, which needs no table.")
        )  # fmt: skip
    joint = np.ones(1)
    for _ in range(block):
        joint = np.multiply.outer(joint, given).ravel()
    code = huffman(joint / joint.sum(), max_length=max_length)
    single = huffman(given)
    return BlockCode(code, given.size, block, code.expected_length / block, single.entropy)
