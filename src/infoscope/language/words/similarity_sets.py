"""Score word vectors against people's judgements of how alike words are."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from infoscope.core.errors import DataError, InvalidArgument, NotFound, sentence
from infoscope.core.result import Estimate, Interval
from infoscope.language.words.embeddings import WordEmbeddings

__all__ = ["read_similarity_set", "score_similarity"]

_LEVEL = 0.95


def read_similarity_set(path: str | Path) -> list[tuple[str, str, float]]:
    """Read pairs of words with a score from a tab- or comma-separated file.

    Lines that begin with # and a heading (no number in the third column) are skipped.

    Raises
    ------
    NotFound
        If there is no such file.
    DataError
        If it is no text in UTF-8, or no line holds two words and a number.
    """
    file = Path(path)
    if not file.is_file():
        raise NotFound(sentence("read_similarity_set", "path", "exist", repr(str(path))))
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(
            sentence("read_similarity_set", "path", "be a file of text in UTF-8",
                     f"{str(path)!r} ({error})", "Save it as UTF-8.")
        ) from None  # fmt: skip
    pairs: list[tuple[str, str, float]] = []
    for line in lines:
        cells = [cell.strip() for cell in re.split(r"[\t,;]", line)]
        if line.startswith("#") or len(cells) < 3:
            continue
        try:
            pairs.append((cells[0].lower(), cells[1].lower(), float(cells[2])))
        except ValueError:
            continue
    if not pairs:
        raise DataError(
            sentence("read_similarity_set", "path", "hold lines of two words and a number",
                     repr(str(path)))
        )  # fmt: skip
    return pairs


def score_similarity(
    embeddings: WordEmbeddings, pairs: Sequence[tuple[str, str, float]] | str | Path
) -> Estimate:
    """Return Spearman's correlation between cosines and people's scores.

    rho = correlation of the ranks, over the pairs whose words both have vectors

    Parameters
    ----------
    embeddings : WordEmbeddings
        What to judge.
    pairs : sequence of (word, word, score), or a path
        A published similarity set, such as WordSim-353.

    Returns
    -------
    Estimate
        rho with a 95 % interval; `diagnostics` says how many pairs were missing.

    Raises
    ------
    InvalidArgument
        If fewer than five pairs have vectors.

    Notes
    -----
    Missing pairs are left out, so compare embeddings over the same vocabulary only.

    Source
    ------
    Finkelstein et al. (2002) for WordSim-353; Bonett & Wright (2000) for the interval.
    """
    given = read_similarity_set(pairs) if isinstance(pairs, str | Path) else list(pairs)
    known = [each for each in given if each[0] in embeddings and each[1] in embeddings]
    n = len(known)
    if n < 5:
        raise InvalidArgument(
            sentence("score_similarity", "pairs", "hold at least five with vectors for both words",
                     n, "Use a larger corpus, or a lower min_count.")
        )  # fmt: skip
    ours = rankdata([embeddings.similarity(a, b) for a, b, _ in known])
    theirs = rankdata([score for _, _, score in known])
    rho = float(np.corrcoef(ours, theirs)[0, 1])
    slope = 1.0 - rho**2
    spread = math.sqrt((1.0 + rho**2 / 2.0) / (n - 3))
    reach = float(ndtri(0.5 + _LEVEL / 2)) * spread
    centre = math.atanh(rho) if abs(rho) < 1.0 else math.copysign(math.inf, rho)
    interval = Interval(math.tanh(centre - reach), math.tanh(centre + reach), _LEVEL,
                        "Fisher's z with the variance of ranks")  # fmt: skip
    return Estimate(
        "Spearman correlation with people's scores", rho, "", stderr=slope * spread,
        interval=interval, method=str(embeddings.settings.get("method", "")), n=n,
        diagnostics={"n_missing": len(given) - n},
        notes=(f"{len(given) - n} of {len(given)} pairs have a word without a vector",),
    )  # fmt: skip
