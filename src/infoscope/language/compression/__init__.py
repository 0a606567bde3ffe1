"""Lossless compression of any bytes: byte models alone, or a transformer with them."""

from infoscope.language.compression.container import CompressedFile
from infoscope.language.compression.front import compress, decompress, inspect_compressed

__all__ = ["CompressedFile", "compress", "decompress", "inspect_compressed"]
