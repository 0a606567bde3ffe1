"""Words and their company: collocations with significance, and embeddings from co-occurrence."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from infoscope.core.extras import require

if TYPE_CHECKING:
    from infoscope.language.words.associations import Collocation, Collocations, collocations
    from infoscope.language.words.embeddings import WordEmbeddings
    from infoscope.language.words.factorising import ppmi_embeddings
    from infoscope.language.words.similarity_sets import read_similarity_set, score_similarity
    from infoscope.language.words.skip_gram_training import SkipGram, skip_gram
    from infoscope.language.words.splitting import WordTokens, read_words

__all__ = [
    "Collocation",
    "Collocations",
    "SkipGram",
    "WordEmbeddings",
    "WordTokens",
    "collocations",
    "ppmi_embeddings",
    "read_similarity_set",
    "read_words",
    "score_similarity",
    "skip_gram",
]

_HOMES = {
    "associations": ("Collocation", "Collocations", "collocations"),
    "embeddings": ("WordEmbeddings",),
    "factorising": ("ppmi_embeddings",),
    "similarity_sets": ("read_similarity_set", "score_similarity"),
    "skip_gram_training": ("SkipGram", "skip_gram"),
    "splitting": ("WordTokens", "read_words"),
}
_COMPILED = ("associations", "skip_gram_training")
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if home in _COMPILED:
        require("numba", extra="fast", purpose="counting words")
    value = getattr(importlib.import_module(f"infoscope.language.words.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
