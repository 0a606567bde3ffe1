"""The library's one way to compile a kernel, under the name it first had here."""

from infoscope.core.compiling import compiled

__all__ = ["compiled"]
