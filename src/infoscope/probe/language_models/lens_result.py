"""What the logit lens saw: numbers for every layer and token, averages with error bars."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.extras import require
from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsPage, freeze_arrays, plain_values
from infoscope.core.showing import Shown
from infoscope.language.aggregate import block_average
from infoscope.language.result import ScoringRule

if TYPE_CHECKING:
    from infoscope.figures import Figure

__all__ = ["LogitLens"]


@dataclass(frozen=True, eq=False, repr=False)
class LogitLens(SavedAsPage, Shown):
    """Every layer's prediction of every token of a text, in nats.

    Attributes
    ----------
    text : bytes
        The text as read.
    model : str
        The model's name.
    rule : ScoringRule
        Context, windows, prefix and number format: as in a `TextScore`.
    ids, starts, ends : ndarray of int64, shape (n,)
        Token ids and their byte spans.
    layers : tuple of int
        The layers read: 0 is the embedding, the last is the model's own prediction.
    entropy : ndarray of float64, shape (layers, n)
        Entropy of the layer's prediction of each token.
    surprisal : ndarray of float64, shape (layers, n)
        -ln p_layer(token that came).
    kl : ndarray of float64, shape (layers, n)
        KL(final‖layer): what is paid for believing the layer where the last one is right. 0 at the
        last layer; never clipped, so that rounding may leave some 1e-6 below 0 elsewhere.
    rank : ndarray of int64, shape (layers, n)
        1 where the token that came was the layer's first guess.
    top_ids, top_probabilities : ndarray, shape (layers, n, k)
        The layer's likeliest tokens, descending.
    spellings : mapping of int to bytes
        The bytes of every id in `top_ids`.
    """

    text: bytes
    model: str
    rule: ScoringRule
    ids: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    layers: tuple[int, ...]
    entropy: NDArray[np.float64]
    surprisal: NDArray[np.float64]
    kl: NDArray[np.float64]
    rank: NDArray[np.int64]
    top_ids: NDArray[np.int64]
    top_probabilities: NDArray[np.float64]
    spellings: Mapping[int, bytes]

    def __post_init__(self) -> None:
        freeze_arrays(self)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return (
            f"LogitLens({self.model}, {len(self)} tokens, {len(self.layers)} layers, "
            f"entropy {self.mean_entropy[0].to('bits').short()} at layer {self.layers[0]}, "
            f"{self.mean_entropy[-1].to('bits').short()} at layer {self.layers[-1]})"
        )

    @cached_property
    def tokens(self) -> list[bytes]:
        """The bytes of each token."""
        spans = zip(self.starts.tolist(), self.ends.tolist(), strict=True)
        return [self.text[start:end] for start, end in spans]

    @property
    def mean_entropy(self) -> tuple[Estimate, ...]:
        """Mean entropy of each layer's predictions, in nats per token."""
        return self._means("mean entropy", self.entropy)

    @property
    def mean_surprisal(self) -> tuple[Estimate, ...]:
        """Mean surprisal of the text at each layer, in nats per token."""
        return self._means("mean surprisal", self.surprisal)

    @property
    def mean_kl(self) -> tuple[Estimate, ...]:
        """Mean KL(final‖layer), in nats per token."""
        return self._means("mean KL(final‖layer)", self.kl)

    @cached_property
    def settled(self) -> NDArray[np.int64]:
        """First layer from which on the top guess is the last layer's, for each token, (n,)."""
        same = self.top_ids[:, :, 0] == self.top_ids[-1, :, 0]  # (layers, n)
        held = np.logical_and.accumulate(same[::-1], axis=0)[::-1]
        return np.asarray(self.layers, np.int64)[held.argmax(0)]

    def guesses(self, layer: int, index: int) -> list[tuple[str, float]]:
        """Return the likeliest tokens at one layer for token `index`: (text, probability)."""
        at = self.layers.index(layer)
        pairs = zip(
            self.top_ids[at, index].tolist(), self.top_probabilities[at, index].tolist(),
            strict=True,
        )  # fmt: skip
        return [(self.spellings[i].decode("utf-8", "backslashreplace"), p) for i, p in pairs]

    def figure(
        self, quantity: str = "entropy", *, unit: str = "bits", first: int = 0,
        n_tokens: int | None = None,
    ) -> Figure:  # fmt: skip
        """Return the heat map of layers × tokens; up to 15 tokens it shows each first guess.

        Parameters
        ----------
        quantity : {"entropy", "surprisal", "kl"}
            What the colour says.
        unit : str
            "bits", "nats" or "bans".
        first : int
            First token to show.
        n_tokens : int, optional
            How many tokens; by default 15. A resting pointer is told all numbers and guesses
            where there are at most about 1,700 cells.
        """
        return self._figures().lens_figure(self, quantity, unit, first, n_tokens)

    def profile_figure(self, *, unit: str = "bits") -> Figure:
        """Return the curves of mean entropy, surprisal and KL(final‖layer) over layers."""
        return self._figures().profile_figure(self, unit)

    def to_html(self, *, name: str = "") -> str:
        """Return a self-contained page: profile, guesses layer by layer, and how to read them."""
        module = importlib.import_module("infoscope.probe.language_models.lens_report")
        return module.lens_report(self, name=name)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`: rule, averages per layer and tokens (nats)."""
        averages = zip(
            self.layers, self.mean_entropy, self.mean_surprisal, self.mean_kl, strict=True
        )
        return {
            "model": self.model, "rule": dict(self.rule), "unit": "nats", "n_tokens": len(self),
            "layers": [
                {"layer": layer, "entropy": entropy.to_dict(), "surprisal": surprisal.to_dict(),
                 "kl_final_layer": kl.to_dict()}
                for layer, entropy, surprisal, kl in averages
            ],
            "tokens": [
                {
                    "text": token.decode("utf-8", "backslashreplace"), "id": int(self.ids[t]),
                    "start": int(self.starts[t]), "end": int(self.ends[t]),
                    "settled": int(self.settled[t]), "entropy": plain_values(self.entropy[:, t]),
                    "surprisal": plain_values(self.surprisal[:, t]),
                    "kl_final_layer": plain_values(self.kl[:, t]), "rank": self.rank[:, t].tolist(),
                    "guess": [self.guesses(layer, t)[0][0] for layer in self.layers],
                }
                for t, token in enumerate(self.tokens)
            ],
        }  # fmt: skip

    def to_frame(self) -> Any:
        """Return one row per layer and token as a pandas DataFrame (nats)."""
        pandas = require("pandas", extra=None, purpose="LogitLens.to_frame")
        n, depth = len(self), len(self.layers)
        shown = [token.decode("utf-8", "backslashreplace") for token in self.tokens]
        best = self.top_ids[:, :, 0].ravel().tolist()
        return pandas.DataFrame({
            "layer": np.repeat(self.layers, n), "index": np.tile(np.arange(n), depth),
            "token": shown * depth, "entropy": self.entropy.ravel(),
            "surprisal": self.surprisal.ravel(), "kl_final_layer": self.kl.ravel(),
            "rank": self.rank.ravel(),
            "guess": [self.spellings[i].decode("utf-8", "backslashreplace") for i in best],
            "guess_probability": self.top_probabilities[:, :, 0].ravel(),
        })  # fmt: skip

    def _means(self, quantity: str, values: NDArray[np.float64]) -> tuple[Estimate, ...]:
        return tuple(
            _mean(f"{quantity} at layer {layer}", row, self.rule.settings)
            for layer, row in zip(self.layers, values, strict=True)
        )

    def _figures(self) -> Any:
        return importlib.import_module("infoscope.probe.language_models.lens_figure")


def _mean(quantity: str, row: NDArray[np.float64], settings: dict[str, object]) -> Estimate:
    average = block_average(row, np.ones(len(row)))
    return Estimate(
        quantity, average.value, "nats/token", stderr=average.stderr, interval=average.interval(),
        method="logit lens", n=len(row), notes=average.notes, settings=settings,
    )  # fmt: skip
