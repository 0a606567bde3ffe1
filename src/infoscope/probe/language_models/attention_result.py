"""Entropies of attention heads and their sink shares: arrays, means with error bars, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.extras import require
from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsPage, freeze_arrays
from infoscope.core.showing import Shown
from infoscope.core.units import check_unit, from_nats
from infoscope.figures import Html, Section, heat_map, page, table
from infoscope.language.aggregate import block_average
from infoscope.language.result import ScoringRule

if TYPE_CHECKING:
    from infoscope.figures import Figure

__all__ = ["AttentionEntropy"]

QUANTITIES = ("entropy", "normalised", "sink")


@dataclass(frozen=True, eq=False, repr=False)
class AttentionEntropy(SavedAsPage, Shown):
    """What every attention head spreads its weight over, token by token.

    Attributes
    ----------
    text : bytes
        The text as read.
    model : str
        The model's name.
    rule : ScoringRule
        Context, windows, prefix and number format.
    starts, ends : ndarray of int64, shape (n,)
        Byte spans of the tokens that are predicted from each row.
    positions : ndarray of int64, shape (n,)
        Place of each row in its window: it may look at positions + 1 positions.
    entropy : ndarray of float64, shape (layers, heads, n)
        In nats, from 0 to ln(positions + 1); layer i of the model is row i - 1.
    sink : ndarray of float64, shape (layers, heads, n)
        Share of weight on the window's first position, from 0 to 1.
    """

    text: bytes
    model: str
    rule: ScoringRule
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    positions: NDArray[np.int64]
    entropy: NDArray[np.float64]
    sink: NDArray[np.float64]

    def __post_init__(self) -> None:
        freeze_arrays(self)

    def __repr__(self) -> str:
        layers, heads, n = self.entropy.shape
        bits = float(self.entropy.mean()) / np.log(2)
        return (
            f"AttentionEntropy({self.model}, {layers} layers × {heads} heads, {n} tokens, mean "
            f"{bits:.2f} bits, {100 * float(self.sink.mean()):.0f} % to the first position)"
        )

    @property
    def normalised(self) -> NDArray[np.float64]:
        """Entropy over its largest value ln(positions + 1), 0 to 1, (layers, heads, m).

        The first position of a window, which can look at itself only, is left out: m rows remain.
        """
        free = self.positions > 0
        return self.entropy[:, :, free] / np.log(self.positions[free] + 1.0)

    def mean(self, layer: int, head: int, quantity: str = "entropy") -> Estimate:
        """Return the mean over tokens of one head with its error bar.

        Parameters
        ----------
        layer : int
            Block, from 1.
        head : int
            Head, from 0.
        quantity : {"entropy", "normalised", "sink"}
            What to average: nats per token, share of the largest entropy, share of weight.
        """
        layers, heads, _ = self.entropy.shape
        for name, value, low, high in (("layer", layer, 1, layers), ("head", head, 0, heads - 1)):
            if not low <= value <= high:
                raise InvalidArgument(
                    sentence("AttentionEntropy.mean", name, f"lie between {low} and {high}", value)
                )
        row = self._values(quantity, "AttentionEntropy.mean")[layer - 1, head]
        if not len(row):
            raise InvalidArgument(
                sentence("AttentionEntropy.mean", "the text", "hold at least two tokens for a "
                         "normalised entropy", "one")
            )  # fmt: skip
        average = block_average(row, np.ones(len(row)))
        unit = "nats/token" if quantity == "entropy" else "share"
        return Estimate(
            f"mean {quantity} of layer {layer}, head {head}", average.value, unit,
            stderr=average.stderr, interval=average.interval(), method="attention weights",
            n=len(row), notes=average.notes, settings=self.rule.settings,
        )  # fmt: skip

    def figure(self, quantity: str = "entropy", *, unit: str = "bits") -> Figure:
        """Return the heat map layers × heads of the means: `quantity` as in `mean`."""
        shown = check_unit(unit, "AttentionEntropy.figure")
        means = self._values(quantity, "AttentionEntropy.figure").mean(-1)  # (layers, heads)
        layers, heads = means.shape
        if quantity == "entropy":
            means = from_nats(means, shown)
        what, of = {
            "entropy": ("mean attention entropy", unit),
            "normalised": ("mean attention entropy", "share of the largest"),
            "sink": ("weight on the first position", "share"),
        }[quantity]
        return heat_map(
            means, [f"layer {i}" for i in range(1, layers + 1)],
            [f"head {j}" for j in range(heads)], title=f"{self.model}: {what}", unit=of,
            quantity=what,
        )  # fmt: skip

    def to_html(self, *, name: str = "") -> str:
        """Return a self-contained page: both heat maps, and how to read them."""
        parts = [
            Section("How widely heads look", Html(self.figure().to_html(caption=False)),
                    "Mean entropy of each head's weights, in bits: 0 is one position, b bits are "
                    "like 2^b positions looked at alike."),
            Section("What goes to the first position",
                    Html(self.figure("sink").to_html(caption=False)),
                    "Mean share of weight on the window's first position. Heads with nothing to "
                    "do tend to rest there; their low entropy says nothing about the text."),
            Section("Widest and narrowest heads", self._extremes()),
        ]  # fmt: skip
        title = f"{name}: attention" if name else "Attention, head by head"
        return page(
            title, parts, subtitle=f"{self.entropy.shape[2]:,} tokens, read by {self.model}.",
            footer="Made by infoscope. Attention weights say where a head looks, not how much it "
            "brings back.",
        )  # fmt: skip

    def to_frame(self) -> Any:
        """Return one row per layer and head as a pandas DataFrame (nats, shares)."""
        pandas = require("pandas", extra=None, purpose="AttentionEntropy.to_frame")
        return pandas.DataFrame(self._rows())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`: rule, and means per layer and head (nats)."""
        return {
            "model": self.model, "rule": dict(self.rule), "unit": "nats",
            "n_tokens": self.entropy.shape[2], "heads": self._rows(),
        }  # fmt: skip

    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        layers, heads, _ = self.entropy.shape
        free = bool((self.positions > 0).any())
        for i in range(1, layers + 1):
            for j in range(heads):
                entropy, sink = self.mean(i, j), self.mean(i, j, "sink")
                rows.append({
                    "layer": i, "head": j, "entropy": entropy.value, "stderr": entropy.stderr,
                    "low": entropy.interval.low if entropy.interval else None,
                    "high": entropy.interval.high if entropy.interval else None,
                    "normalised": self.mean(i, j, "normalised").value if free else None,
                    "sink": sink.value, "sink_stderr": sink.stderr,
                })  # fmt: skip
        return rows

    def _extremes(self) -> Html:
        rows = sorted(self._rows(), key=lambda row: row["entropy"])
        some = [*rows[:5], *rows[-5:]] if len(rows) > 10 else rows
        bits = float(np.log(2))
        return Html(
            table(
                {
                    "head": [f"layer {row['layer']}, head {row['head']}" for row in some],
                    "entropy, bits": [row["entropy"] / bits for row in some],
                    "standard error": [
                        None if row["stderr"] is None else row["stderr"] / bits for row in some
                    ],
                    "share to the first position": [row["sink"] for row in some],
                },
                caption="The five heads that look most narrowly and the five that look most widely",
            )
        )

    def _values(self, quantity: str, function: str) -> NDArray[np.float64]:
        if quantity not in QUANTITIES:
            raise UnknownName(
                sentence(function, "quantity", f"be one of {list(QUANTITIES)}", repr(quantity))
            )
        return self.normalised if quantity == "normalised" else getattr(self, quantity)
