"""Pictures of a prefix code: its tree, and its words as areas beside the surprisal they follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures.figure import Figure
from infoscope.figures.lengths import length_areas
from infoscope.figures.trees import MOST_LEAVES, code_tree
from infoscope.measures import surprisal

if TYPE_CHECKING:
    from infoscope.codes.prefix_code import PrefixCode

__all__ = ["draw_areas", "draw_tree"]


def draw_tree(code: PrefixCode, *, labels: Sequence[str] | None, title: str) -> Figure:
    """Draw the tree of a code, root on the left: a digit on each branch, a symbol on each leaf."""
    names = _names(code, labels, "PrefixCode.tree")
    used = [i for i in range(code.n_symbols) if code.probabilities[i]]
    if len(used) > MOST_LEAVES:
        raise InvalidArgument(
            sentence("PrefixCode.tree", "code", f"have at most {MOST_LEAVES} symbols", len(used),
                     "Draw its areas instead: code.areas().")
        )  # fmt: skip
    return code_tree(
        [names[i] for i in used],
        [code.codewords[i] or "" for i in used],
        [float(code.probabilities[i]) for i in used],
        title=title or f"{code.method} code",
        description=_summary(code),
    )


def draw_areas(code: PrefixCode, *, labels: Sequence[str] | None, title: str) -> Figure:
    """Draw each symbol as a block: wide as its probability, high as its codeword is long.

    The area of all blocks is the expected length; under the stepped line (surprisal) lies the
    entropy. What stands above the line is the redundancy.
    """
    names = _names(code, labels, "PrefixCode.areas")
    used = np.flatnonzero(code.probabilities)
    order = used[np.argsort(-code.probabilities[used], kind="stable")]
    share = code.probabilities[order]
    return length_areas(
        [names[i] for i in order],
        share,
        code.lengths[order],
        step=np.asarray(surprisal(share, unit="bits")) / np.log2(code.arity),
        unit="bits" if code.arity == 2 else f"digits of {code.arity}",
        notes=[f"codeword {code.codewords[i] or 'empty'}" for i in order],
        title=title or f"{code.method} code: probability times length",
        description=_summary(code),
    )


def _names(code: PrefixCode, labels: Sequence[str] | None, function: str) -> list[str]:
    names = [str(i) for i in range(code.n_symbols)] if labels is None else [*map(str, labels)]
    if len(names) != code.n_symbols:
        raise InvalidArgument(
            sentence(function, "labels", f"name each of {code.n_symbols} symbols", len(names))
        )
    return names


def _summary(code: PrefixCode) -> str:
    unit = "bits" if code.arity == 2 else f"digits of {code.arity}"
    return (
        f"{code.expected_length:.4g} {unit} a symbol on average; the entropy is "
        f"{code.entropy:.4g}, so {code.redundancy:.3g} are the price of whole {unit}."
    )
