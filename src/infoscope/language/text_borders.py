"""Find places where a long text can be cut so that its parts have the tokens of the whole.

A tokenizer cuts a text into words by a pattern before it looks at its vocabulary. In the patterns
known here a match that holds a letter ends with a letter, none looks behind itself, and a run of
letters ends alike before a space, a mark of punctuation, or the end: so a letter before one of
these is a border of every text. Where each digit stands alone, so is the place between two digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["border_pattern", "cut_at_borders"]

_CONTRACTIONS = "'s|'t|'re|'ve|'m|'ll|'d"
_AFTER = r" ?[^\s\p{L}\p{N}]+"
_BLANK = r"\s+(?!\S)|\s+"
_LINES = rf"{_AFTER}[\r\n]*|\s*[\r\n]+|{_BLANK}"
_KNOWN = {  # of GPT-2, Llama 3 and Qwen 2
    rf"{_CONTRACTIONS}| ?\p{{L}}+| ?\p{{N}}+|{_AFTER}|{_BLANK}",
    rf"(?i:{_CONTRACTIONS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_LINES}",
    rf"(?i:{_CONTRACTIONS})|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{_LINES}",
}
_LETTER = r"[^\W\d_](?=[ \n,.;:!?()\"。、，！？「」])"  # Chinese marks too
_DIGITS = r"[0-9](?=[0-9])"


def border_pattern(description: str) -> re.Pattern[str] | None:
    """Return what stands before each border under a ``tokenizer.json``, None if none is sure.

    Parameters
    ----------
    description : str
        The text of a ``tokenizer.json`` that is known to be valid.

    Returns
    -------
    re.Pattern or None
        A text may be cut at the end of each match.
    """
    about: dict[str, Any] = json.loads(description)
    normalizer = (about.get("normalizer") or {"type": "NFC"}).get("type")  # NFC keeps the borders
    if normalizer != "NFC" or about["model"].get("dropout"):
        return None
    stages = _stages(about.get("pre_tokenizer") or {})
    if not all(map(_is_known, stages)) or not any(map(_cuts_words, stages)):
        return None
    alone = any(each["type"] == "Digits" and each.get("individual_digits") for each in stages)
    pattern = re.compile(f"{_LETTER}|{_DIGITS}" if alone else _LETTER)
    for token in about.get("added_tokens") or []:  # found before the words; control tokens are not
        bound = token.get("lstrip") or token.get("rstrip") or token.get("single_word")
        if not token.get("special") and (bound or pattern.search(token["content"])):
            return None
    return pattern


def cut_at_borders(text: str, pattern: re.Pattern[str] | None, size: int) -> Iterator[str]:
    """Yield parts of `text` of at least `size` characters (the last may be shorter), in order.

    A part goes on to the next border, however far; without a `pattern` there is one part.

    Examples
    --------
    >>> list(cut_at_borders("one two three", re.compile("[a-z](?= )"), 2))
    ['one', ' two', ' three']
    """
    first = 0
    while pattern is not None and first + size < len(text):
        found = pattern.search(text, first + size - 1)
        if found is None:
            break
        yield text[first : found.end()]
        first = found.end()
    if first < len(text) or not text:
        yield text[first:]


def _stages(stage: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the pre-tokenizers that run one after the other."""
    if stage.get("type") == "Sequence":
        return [inner for each in stage["pretokenizers"] for inner in _stages(each)]
    return [stage]


def _is_known(stage: Mapping[str, Any]) -> bool:
    kind = stage.get("type")
    if kind == "ByteLevel":
        return not stage.get("add_prefix_space", True)
    if kind == "Split":
        whole = stage.get("behavior") == "Isolated" and not stage.get("invert")
        return whole and stage.get("pattern", {}).get("Regex") in _KNOWN
    return kind == "Digits"


def _cuts_words(stage: Mapping[str, Any]) -> bool:
    return stage["type"] == "Split" or bool(
        stage["type"] == "ByteLevel" and stage.get("use_regex", True)
    )
