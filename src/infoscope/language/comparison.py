"""`ModelComparison`: how far two models are apart on one text, token by token, and in sum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.extras import require
from infoscope.core.result import Estimate, Interval
from infoscope.core.saving import SavedAsJson, SavedAsPage, plain_values
from infoscope.core.showing import Shown
from infoscope.language.aggregate import block_average
from infoscope.language.compare_rows import TokenDivergences
from infoscope.language.result import exponential

__all__ = ["QUANTILES", "ComparedPlace", "ModelComparison", "PairedTest", "Reading"]

#: Shares of the tokens whose divergence is at most the quantile: where the tail is.
QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One model's reading of the text: its tokens' byte spans and what they cost (nats)."""

    model: str
    rule: Mapping[str, object]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    surprisal: NDArray[np.float64]
    entropy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ends)


@dataclass(frozen=True, slots=True)
class PairedTest(Shown):
    """Test of "both models cost the same per byte": t, its degrees of freedom, two-sided p."""

    statistic: float
    degrees_of_freedom: int
    p_value: float
    how: str


@dataclass(frozen=True, slots=True)
class ComparedPlace(Shown):
    """A stretch of text that both models paid for: one token, or what two tokenizers cut alike.

    Costs are in nats. `kl_divergence` (of A from B) and the first choices are None where the models
    do not share a vocabulary.
    """

    index: int
    piece: bytes
    start: int
    end: int
    surprisal_a: float
    surprisal_b: float
    kl_divergence: float | None = None
    choice_a: tuple[bytes, float] | None = None
    choice_b: tuple[bytes, float] | None = None

    @property
    def text(self) -> str:
        r"""The stretch as text; bytes that are no UTF-8 on their own appear as ``\xNN``."""
        return self.piece.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, eq=False, repr=False)
class ModelComparison(SavedAsPage, SavedAsJson, Shown):
    """Two models on one text; A is the reference (the base model), B the one judged by it.

    Attributes
    ----------
    text : bytes
        What both read.
    a, b : Reading
        Each model's tokens and costs.
    divergences : TokenDivergences or None
        Exact divergences at every token; None where the models do not share a vocabulary.
    why_not : str
        The reason, if there are none.
    spellings : mapping of int to bytes
        The bytes of every first choice.
    notes : tuple of str
        What the numbers rest on.
    """

    text: bytes
    a: Reading
    b: Reading
    divergences: TokenDivergences | None
    why_not: str = ""
    spellings: Mapping[int, bytes] | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        head = f"ModelComparison({self.a.model} and {self.b.model}, {len(self.text)} bytes, "
        kl = f", KL {self.kl_divergence.short()}" if self.divergences else ""
        return f"{head}{self.difference.short()}{kl})"

    @property
    def same_tokenizer(self) -> bool:
        """Whether both models cut the text alike and mean the same by every token id."""
        return self.divergences is not None

    # ----- what each cost, and the difference -----

    @property
    def bits_per_byte_a(self) -> Estimate:
        """Code length of the text under A, in bits per byte."""
        return self._bits_per_byte(self.a)

    @property
    def bits_per_byte_b(self) -> Estimate:
        """Code length of the text under B, in bits per byte."""
        return self._bits_per_byte(self.b)

    @property
    def difference(self) -> Estimate:
        """Bits per byte of B less those of A, paired over the text: positive where B is worse."""
        _, lengths, paid_a, paid_b = self._segments
        with np.errstate(invalid="ignore"):  # both infinite: NaN, said in the note
            apart = paid_b - paid_a
        return self._average("difference of code lengths, B - A", apart, lengths, "nats/byte").to(
            "bits"
        )

    @property
    def test(self) -> PairedTest:
        """Test of a difference of 0: Student t over contiguous blocks, paired byte for byte."""
        found = self.difference
        n_blocks = int(found.diagnostics["n_blocks"])
        how = f"Student t over {n_blocks} contiguous blocks of paired differences"
        if found.stderr is None:
            return PairedTest(math.nan, 0, math.nan, "not possible: no error bar")
        if found.stderr == 0.0:
            p = 1.0 if found.value == 0.0 else 0.0
            return PairedTest(0.0 if p else math.copysign(math.inf, found.value), n_blocks - 1, p,
                              how)  # fmt: skip
        t = found.value / found.stderr
        return PairedTest(t, n_blocks - 1, 2.0 * float(stdtr(n_blocks - 1, -abs(t))), how)

    # ----- the same vocabulary: exact divergences -----

    @property
    def kl_divergence(self) -> Estimate:
        """Mean KL(A‖B) in nats/token: what B's code wastes when A is right."""
        return self._per_token("KL(A‖B)", self._exact("kl_divergence").kl_divergence)

    @property
    def reverse_kl_divergence(self) -> Estimate:
        """Mean KL(B‖A) in nats/token."""
        values = self._exact("reverse_kl_divergence").reverse_kl_divergence
        return self._per_token("KL(B‖A)", values)

    @property
    def jensen_shannon_divergence(self) -> Estimate:
        """Mean Jensen-Shannon divergence in nats/token, at most ln 2."""
        values = self._exact("jensen_shannon_divergence").jensen_shannon
        return self._per_token("Jensen-Shannon divergence", values)

    @property
    def top_agreement(self) -> Estimate:
        """Share of places where both hold the same token to be likeliest (ties: lowest id)."""
        found = self._exact("top_agreement")
        same = (found.top_a == found.top_b).astype(np.float64)
        return self._per_token("same first choice", same, unit="of tokens")

    @property
    def delta_p(self) -> NDArray[np.float64]:
        """Probability of each actual token under B less that under A, shape (n,)."""
        found = self._exact("delta_p")
        return np.exp(-found.surprisal_b) - np.exp(-found.surprisal_a)

    @property
    def mean_delta_p(self) -> Estimate:
        """Mean change of the actual token's probability, B - A: negative where B does worse."""
        return self._per_token("mean change of p(token), B - A", self.delta_p, unit="")

    @property
    def rms_delta_p(self) -> Estimate:
        """Root of the mean squared change of the actual token's probability."""
        square = self._per_token("", self.delta_p**2, unit="")
        return _root(square, "root mean square change of p(token)")

    @property
    def perplexity_ratio(self) -> Estimate:
        """Perplexity of B over perplexity of A, paired: exp of the mean difference of costs."""
        found = self._exact("perplexity_ratio")
        with np.errstate(invalid="ignore"):
            mean = self._per_token("", found.surprisal_b - found.surprisal_a)
        mean = replace(mean, unit="")
        return replace(exponential(mean, ""), quantity="perplexity of B / perplexity of A")

    def quantiles(
        self, of: str = "kl_divergence", at: Sequence[float] = QUANTILES
    ) -> dict[float, float]:
        """Return quantiles over the tokens of one column, in nats ("delta_p": probabilities).

        Parameters
        ----------
        of : str
            "kl_divergence", "reverse_kl_divergence", "jensen_shannon" or "delta_p".
        at : sequence of float
            Shares between 0 and 1; 0.5 is the median, 1 the largest.
        """
        names = ("kl_divergence", "reverse_kl_divergence", "jensen_shannon", "delta_p")
        if of not in names:
            raise InvalidArgument(
                sentence("ModelComparison.quantiles", "of", f"be one of {list(names)}", repr(of))
            )
        values = self.delta_p if of == "delta_p" else getattr(self._exact("quantiles"), of)
        ordered = np.sort(values)  # the higher of two neighbours: inf - inf would be NaN
        found = np.quantile(ordered, np.asarray(at, float), method="higher")
        return {float(share): float(value) for share, value in zip(at, found, strict=True)}

    # ----- places -----

    def most_different(self, k: int = 10) -> list[ComparedPlace]:
        """Return the k places where the models differ most, largest first (ties: earlier first).

        By KL(A‖B) where the vocabulary is shared, else by the difference of costs.
        """
        if k < 0:
            raise InvalidArgument(
                sentence("ModelComparison.most_different", "k", "be at least 0", repr(k))
            )
        if self.divergences is not None:
            order = np.argsort(-self.divergences.kl_divergence, kind="stable")[:k]
        else:
            _, _, paid_a, paid_b = self._segments
            with np.errstate(invalid="ignore"):
                order = np.argsort(-np.abs(paid_b - paid_a), kind="stable")[:k]
        return [self.place(int(i)) for i in order]

    def place(self, i: int) -> ComparedPlace:
        """Return token `i`; without a shared vocabulary, stretch `i` between common boundaries."""
        ends, lengths, paid_a, paid_b = self._segments
        found = self.divergences
        if found is None:
            end = int(ends[i])
            start = end - int(lengths[i])
            return ComparedPlace(i, self.text[start:end], start, end, float(paid_a[i]),
                                 float(paid_b[i]))  # fmt: skip
        start, end = int(self.a.starts[i]), int(self.a.ends[i])
        spell = self.spellings or {}
        return ComparedPlace(
            i, self.text[start:end], start, end, float(found.surprisal_a[i]),
            float(found.surprisal_b[i]), float(found.kl_divergence[i]),
            (spell[int(found.top_a[i])], float(found.top_probability_a[i])),
            (spell[int(found.top_b[i])], float(found.top_probability_b[i])),
        )  # fmt: skip

    @property
    def n_places(self) -> int:
        """Number of tokens, or of stretches between the boundaries that both tokenizers share."""
        return len(self.a) if self.divergences is not None else len(self._segments[0])

    # ----- out -----

    @property
    def estimates(self) -> dict[str, Estimate]:
        """All summary numbers that exist for this pair, by attribute name."""
        names = ["bits_per_byte_a", "bits_per_byte_b", "difference"]
        if self.divergences is not None:
            names += ["kl_divergence", "reverse_kl_divergence", "jensen_shannon_divergence",
                      "top_agreement", "perplexity_ratio", "mean_delta_p",
                      "rms_delta_p"]  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def to_frame(self) -> Any:
        """Return one row per place as a pandas DataFrame (nats, byte offsets)."""
        pandas = require("pandas", extra=None, purpose="ModelComparison.to_frame")
        found = self.divergences
        if found is None:
            ends, lengths, paid_a, paid_b = self._segments
            return pandas.DataFrame(
                {"start": ends - lengths.astype(np.int64), "end": ends, "surprisal_a": paid_a,
                 "surprisal_b": paid_b}
            )  # fmt: skip
        columns = {name: getattr(found, name) for name in TokenDivergences.__dataclass_fields__}
        return pandas.DataFrame({"start": self.a.starts, "end": self.a.ends, **columns})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`: summaries, quantiles, every place (nats)."""
        test = self.test
        plain: dict[str, Any] = {
            "model_a": self.a.model, "model_b": self.b.model, "unit": "nats",
            "rule_a": dict(self.a.rule), "rule_b": dict(self.b.rule),
            "n_bytes": len(self.text), "n_tokens_a": len(self.a), "n_tokens_b": len(self.b),
            "same_tokenizer": self.same_tokenizer, "notes": list(self.notes),
            "estimates": {name: value.to_dict() for name, value in self.estimates.items()},
            "test": {"statistic": plain_values(test.statistic),
                     "p_value": plain_values(test.p_value),
                     "degrees_of_freedom": test.degrees_of_freedom, "how": test.how},
        }  # fmt: skip
        if self.divergences is not None:
            plain["quantiles"] = {
                name: {
                    f"{share:g}": plain_values(value)
                    for share, value in self.quantiles(name).items()
                }
                for name in ("kl_divergence", "reverse_kl_divergence", "jensen_shannon")
            }
        places: list[dict[str, Any]] = []
        for i in range(self.n_places):
            each = self.place(i)
            row = {"text": each.text, "start": each.start, "end": each.end,
                   "surprisal_a": plain_values(each.surprisal_a),
                   "surprisal_b": plain_values(each.surprisal_b)}  # fmt: skip
            if self.divergences is not None:
                row |= {
                    name: plain_values(float(getattr(self.divergences, name)[i]))
                    for name in ("kl_divergence", "reverse_kl_divergence", "jensen_shannon")
                }
            places.append(row)
        plain["places"] = places
        return plain

    def _card_body_(self) -> str:
        from infoscope.language.comparison_report import comparison_card

        return comparison_card(self)

    def to_html(self, *, name: str = "") -> str:
        """Return the report as one self-contained page; `name` is what the text is called."""
        from infoscope.language.comparison_report import comparison_page

        return comparison_page(self, name=name)

    # ----- inside -----

    @cached_property
    def _segments(
        self,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the shortest stretches that both cut out, their bytes, and what each paid."""
        ends = np.intersect1d(self.a.ends[self.a.ends > 0], self.b.ends)
        lengths = np.diff(ends, prepend=0).astype(np.float64)
        paid = [
            np.bincount(np.searchsorted(ends, side.ends), side.surprisal, len(ends)).astype(float)
            for side in (self.a, self.b)
        ]
        return ends, lengths, paid[0], paid[1]

    def _exact(self, what: str) -> TokenDivergences:
        if self.divergences is None:
            raise InvalidArgument(
                sentence(f"ModelComparison.{what}", "the models", "share a vocabulary",
                         self.why_not, "Compare them by .difference, in bits per byte.")
            )  # fmt: skip
        return self.divergences

    def _per_token(self, quantity: str, values: NDArray[np.float64], unit: str = "nats/token"):
        return self._average(quantity, values, np.ones(len(values)), unit)

    def _bits_per_byte(self, side: Reading) -> Estimate:
        lengths = (side.ends - side.starts).astype(np.float64)
        found = self._average("code length", side.surprisal, lengths, "nats/byte").to("bits")
        return replace(found, method=side.model)

    def _average(
        self, quantity: str, values: NDArray[np.float64], weights: NDArray[np.float64], unit: str
    ) -> Estimate:
        mean = block_average(values, weights)
        return Estimate(
            quantity, mean.value, unit, stderr=mean.stderr, interval=mean.interval(),
            method="paired, contiguous blocks", n=len(values), notes=mean.notes,
            diagnostics={"n_blocks": mean.n_blocks, "block_length": mean.block_length},
        )  # fmt: skip


def _root(square: Estimate, quantity: str) -> Estimate:
    """Return the square root of an estimate: ends by the root, standard error by its slope."""
    value = math.sqrt(square.value)
    stderr = None if square.stderr is None else (square.stderr / (2.0 * value) if value else 0.0)
    ends = square.interval and Interval(
        math.sqrt(max(square.interval.low, 0.0)),  # a mean of squares is no less
        math.sqrt(square.interval.high), square.interval.level,
        f"square root of the mean's interval: {square.interval.how}",
    )  # fmt: skip
    return replace(square, quantity=quantity, value=value, stderr=stderr, interval=ends)
