"""Make a `TextScore` of what a server told of a text; entropies are not a number, and say why."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.language.remote import RemoteModel, RemoteReading
from infoscope.language.result import ScoringRule, TextScore

__all__ = ["score_remotely"]

_UNTOLD = -1  # id of an alternative that the server did not tell


def score_remotely(
    model: RemoteModel,
    data: bytes,
    *,
    context: int | str | None,
    stride: int | None,
    top: int,
    progress: bool | None,
    refused: dict[str, bool],
) -> TextScore:
    """Score a text by a server.

    Parameters
    ----------
    model : RemoteModel
        The model on its server.
    data : bytes
        The text, UTF-8.
    context, stride, top, progress
        As in `score`.
    refused : mapping of str to bool
        Arguments of `score` that a server cannot serve, and whether they were given.

    Returns
    -------
    TextScore
        `entropy` is NaN throughout, a rank of 0 was not told, and the ids of alternatives are
        numbered here (-1: none). A first token that nothing stands before is left out of `text`.

    Raises
    ------
    InvalidArgument
        If something is asked for that a server cannot serve.
    DataError, ModelError
        As `RemoteModel.read`.
    """
    given = [name for name, is_given in refused.items() if is_given]
    if isinstance(context, str):
        given.append("context='full'")
    if given:
        raise InvalidArgument(
            sentence("score", ", ".join(given), "be left out for a model on a server", "a value",
                     "A server decides these itself. Load the model from a folder.")
        )  # fmt: skip
    assert not isinstance(context, str)
    read = model.read(data, context=context, stride=stride, top=top, progress=progress)
    n, cut = len(read.surprisal), read.n_unscored
    ids, chances, spellings = _alternatives(read, top)
    return TextScore(
        text=data[cut:], model=model.name, rule=_rule(model, read, stride), ids=read.tokens.ids,
        starts=read.tokens.starts - cut, ends=read.tokens.ends - cut, surprisal=read.surprisal,
        entropy=np.full(n, np.nan), rank=read.rank, top_ids=ids, top_probabilities=chances,
        spellings=spellings,
    )  # fmt: skip


def _rule(model: RemoteModel, read: RemoteReading, stride: int | None) -> ScoringRule:
    context = read.context
    name = "disjoint" if stride in (None, context) else "strided"
    scored = "scored, given the server's beginning-of-text token alone"
    skipped = f"context only: the server puts nothing before it ({read.n_unscored} bytes, left out)"
    return ScoringRule(
        name if model.protocol == "prompt_logprobs" else "full", context, _UNTOLD,
        "none" if read.n_unscored else "the server's", overlap=context - (stride or context) + 1,
        first_token=skipped if read.n_unscored else scored, dtype=model.dtype,
        prefix_rule="the server's",
    )  # fmt: skip


def _alternatives(
    read: RemoteReading, top: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], dict[int, bytes]]:
    n = len(read.surprisal)
    ids, chances = np.full((n, top), _UNTOLD, np.int64), np.zeros((n, top))
    numbers: dict[str, int] = {}
    for i, told in enumerate(read.top):
        for j, (word, chance) in enumerate(told[:top]):
            ids[i, j] = numbers.setdefault(word, len(numbers))
            chances[i, j] = chance
    spellings = {number: word.encode("utf-8") for word, number in numbers.items()}
    return ids, chances, spellings | {_UNTOLD: b""}
