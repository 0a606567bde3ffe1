"""A coloured text that grows while it is scored: spans for each batch of tokens, one scale."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.figures.markup import Html
from infoscope.figures.palette import N_LEVELS, RAMPS
from infoscope.figures.scales import Bands
from infoscope.figures.tokens import heat_legend, token_spans

__all__ = ["TextHeatStream"]

#: Boundaries of the colours in bits: one scale for all texts, as the next tokens are not known yet.
BITS = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 13.0, 16.0)


class TextHeatStream:
    r"""The pieces of a text heat map, in the order in which tokens arrive.

    Parameters
    ----------
    unit : str
        Unit of the values ("bits").
    quantity : str
        What they are.
    edges : sequence of 8 floats
        Ascending boundaries of the colour steps, for the whole text.
    ramp : str
        Name of a palette.

    Notes
    -----
    Put `legend` once, and what `add` and at the end `finish` return, one after the other, into an
    element of class ``isc-words`` inside one of classes ``isc isc-text``. A character whose bytes
    arrive in two batches is shown with the second.

    Examples
    --------
    >>> stream = TextHeatStream(unit="bits")
    >>> stream.add([b"a", b"\xe2\x82"], [1.0, 9.0]).count("<span")
    1
    >>> "€" in stream.add([b"\xac"], [0.5]), stream.finish()
    (True, '')
    """

    def __init__(
        self,
        *,
        unit: str,
        quantity: str = "surprisal",
        edges: Sequence[float] = BITS,
        ramp: str = "surprise",
    ) -> None:
        if ramp not in RAMPS:
            raise UnknownName(
                sentence("TextHeatStream", "ramp", f"be one of {list(RAMPS)}", repr(ramp))
            )
        if len(edges) != N_LEVELS - 1 or any(b <= a for a, b in pairwise(edges)):
            need = f"be {N_LEVELS - 1} ascending numbers"
            raise InvalidArgument(sentence("TextHeatStream", "edges", need, list(edges)))
        self._bands = Bands(edges)
        self._look = {"ramp": ramp, "quantity": quantity, "unit": unit}
        self._tokens: list[bytes] = []
        self._columns: dict[str, list[Any]] | None = None

    @property
    def legend(self) -> Html:
        """The row of colours with their amounts."""
        return heat_legend(
            self._bands, self._look["ramp"], self._look["quantity"], self._look["unit"]
        )

    def add(
        self,
        tokens: Sequence[bytes],
        values: Sequence[float],
        *,
        entropies: Sequence[float] | None = None,
        ranks: Sequence[int] | None = None,
        expected: Sequence[Sequence[tuple[str, float]]] | None = None,
    ) -> Html:
        """Return the spans of the next tokens; arguments as in `text_heat_map`."""
        given = {"values": values, "entropies": entropies, "ranks": ranks, "expected": expected}
        columns = {name: list(column) for name, column in given.items() if column is not None}
        if self._columns is None:
            self._columns = {name: [] for name in columns}
        if list(columns) != list(self._columns):
            raise InvalidArgument(
                sentence("TextHeatStream.add", "columns", f"be {list(self._columns)} every time",
                         list(columns))
            )  # fmt: skip
        for name, column in columns.items():
            if len(column) != len(tokens):
                need = f"hold one entry for each of {len(tokens)} tokens"
                raise InvalidArgument(sentence("TextHeatStream.add", name, need, len(column)))
            self._columns[name] += column
        self._tokens += tokens
        return self._take(final=False)

    def finish(self) -> Html:
        """Return what is left: bytes at the end that are no whole character."""
        return self._take(final=True) if self._tokens else Html("")

    def _take(self, *, final: bool) -> Html:
        assert self._columns is not None
        columns: dict[str, Sequence[Any]] = {**self._columns}
        spans, n_used = token_spans(self._tokens, columns, self._bands, final=final, **self._look)
        del self._tokens[:n_used]
        for column in self._columns.values():
            del column[:n_used]
        return spans
