"""How results are saved: plain values for JSON, and files written whole or not at all."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np

from infoscope.core.files import write_text

__all__ = ["SavedAsJson", "SavedAsPage", "freeze_arrays", "plain_values"]


class SavedAsJson:
    """What a result inherits whose `to_dict` may be kept in a file."""

    __slots__ = ()
    #: Spaces a level; None keeps all on one line, which is much faster for long results.
    json_indent: ClassVar[int | None] = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`; infinities and NaN become strings."""
        raise NotImplementedError

    def save_json(self, path: str | Path) -> Path:
        """Write `to_dict` to a file as JSON, whole or not at all, and return its path."""
        text = json.dumps(
            self.to_dict(), ensure_ascii=False, allow_nan=False, indent=self.json_indent
        )
        return write_text(path, text + "\n", function=f"{type(self).__name__}.save_json")


class SavedAsPage:
    """What a result inherits that has a page to look at."""

    __slots__ = ()

    def to_html(self) -> str:
        """Return the result as one self-contained page."""
        raise NotImplementedError

    def save_html(self, path: str | Path, **words: str) -> Path:
        """Write the page to a file, whole or not at all, and return its path.

        `words` are those of `to_html`, such as the name of what was measured.
        """
        page = self.to_html(**words)
        return write_text(path, page, function=f"{type(self).__name__}.save_html")


def plain_values(value: Any) -> Any:
    """Return what JSON can hold: arrays and tuples as lists, infinities and NaN as text.

    >>> plain_values({"a": (1, float("inf")), "b": np.array([0.5, np.nan])})
    {'a': [1, 'inf'], 'b': [0.5, 'nan']}
    """
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, np.ndarray | np.generic):
        return plain_values(value.tolist())
    if isinstance(value, dict):
        return {key: plain_values(each) for key, each in cast(dict[str, Any], value).items()}
    if isinstance(value, list | tuple):
        return [plain_values(each) for each in cast(list[Any], value)]
    return value


def freeze_arrays(holder: object) -> None:
    """Make every array among the attributes of a result read-only."""
    for value in vars(holder).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
