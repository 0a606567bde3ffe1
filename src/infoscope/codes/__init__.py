"""Floor 2: lossless codes that run: from Huffman's tree to arithmetic coding of whole files."""

from infoscope.codes.classic import shannon_code, shannon_fano_elias
from infoscope.codes.extensions import BlockCode, block_code
from infoscope.codes.integer_codes import (
    IntegerCode,
    elias_delta,
    elias_gamma,
    elias_omega,
    fibonacci,
    golomb,
    golomb_for_geometric,
    rice,
)
from infoscope.codes.optimal import huffman
from infoscope.codes.prefix_code import PrefixCode, code_from_lengths, kraft_sum
from infoscope.codes.quantizing import QuantizedDistribution, quantize
from infoscope.codes.sequential import krichevsky_trofimov
from infoscope.codes.stream_coders import StreamCoder, ans, arithmetic
from infoscope.codes.symbol_models import AdaptiveModel, MarkovModel, SymbolModel

__all__ = [
    "AdaptiveModel",
    "BlockCode",
    "IntegerCode",
    "MarkovModel",
    "PrefixCode",
    "QuantizedDistribution",
    "StreamCoder",
    "SymbolModel",
    "ans",
    "arithmetic",
    "block_code",
    "code_from_lengths",
    "elias_delta",
    "elias_gamma",
    "elias_omega",
    "fibonacci",
    "golomb",
    "golomb_for_geometric",
    "huffman",
    "kraft_sum",
    "krichevsky_trofimov",
    "quantize",
    "rice",
    "shannon_code",
    "shannon_fano_elias",
]
