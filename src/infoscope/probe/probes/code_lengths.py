"""Code lengths of labels given a representation: how many nats a probe saves, its own cost counted.

Accuracy does not say how hard a probe had to look. The online code charges each label by a probe
that has seen only the labels before it; the variational code charges the probe's weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from infoscope.codes import krichevsky_trofimov
from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.progress import Progress
from infoscope.core.resample import Rng, generator
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.core.units import UNITS, Unit, check_unit
from infoscope.probe.probes.fitting import Family, check_family, fit_reader
from infoscope.probe.probes.splitting import Split, fold_numbers
from infoscope.probe.probes.variables import Target, read_features, read_groups, read_target

if TYPE_CHECKING:
    from infoscope.figures import Figure

__all__ = ["FRACTIONS", "CodeBlock", "LabelCode", "mdl_probe"]

#: Where the online code fits anew: shares of the examples, doubling (Voita and Titov 2020).
FRACTIONS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5)
_FEWEST = 20  # examples before a probe is first asked
_VALIDATION = 0.2


@dataclass(frozen=True, slots=True)
class CodeBlock(Shown):
    """Labels coded together by one probe: how many came before, how many these are, their cost."""

    n_before: int
    n: int
    length: float
    by: str

    @property
    def per_example(self) -> float:
        """Cost of one label of the block."""
        return self.length / self.n


@dataclass(frozen=True, slots=True, eq=False)
class LabelCode(Shown):
    """The length of a code for all labels, and of codes that do not look at the features.

    Attributes
    ----------
    length : Estimate
        Length of the whole code in `unit`; over several orders of the examples, their mean.
    uniform_length : float
        n log k: every label as likely as every other.
    null_length : float
        Krichevsky and Trofimov's code of the labels alone; it does not depend on their order.
    saved_per_example : float
        (null_length - length) / n: what looking at the features saves, net of learning how.
    compression : float
        uniform_length / length.
    blocks : tuple of CodeBlock
        The online code block by block, of the first order: a learning curve. One block for the
        variational code.
    parts : dict
        Of the variational code: weights, labels, and the choice of the prior.
    """

    length: Estimate
    uniform_length: float
    null_length: float
    n: int
    n_classes: int
    code: str
    unit: Unit
    blocks: tuple[CodeBlock, ...]
    parts: dict[str, float]
    notes: tuple[str, ...]

    @property
    def saved_per_example(self) -> float:
        """What each label costs less than in the code that does not look."""
        return (self.null_length - self.length.value) / self.n

    @property
    def compression(self) -> float:
        """How many times shorter the code is than the uniform one."""
        return self.uniform_length / self.length.value

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "length": self.length.to_dict(), "uniform_length": self.uniform_length,
            "null_length": self.null_length, "saved_per_example": self.saved_per_example,
            "compression": self.compression, "n": self.n, "n_classes": self.n_classes,
            "code": self.code, "unit": self.unit, "parts": dict(self.parts),
            "blocks": [
                {"n_before": b.n_before, "n": b.n, "length": b.length, "by": b.by}
                for b in self.blocks
            ],
            "notes": list(self.notes),
        }  # fmt: skip

    def figure(self) -> Figure:
        """Return what a label costs as more labels are known (online code)."""
        from infoscope.figures import line_chart

        if len(self.blocks) < 2:
            raise InvalidArgument(
                sentence("LabelCode.figure", "code", "be 'online' with at least two blocks",
                         f"{self.code} with {len(self.blocks)}")
            )  # fmt: skip
        ends = np.array([b.n_before + b.n for b in self.blocks], dtype=np.float64)
        return line_chart(
            np.log2(ends), {"with features": [b.per_example for b in self.blocks]},
            references={"labels alone": self.null_length / self.n},
            title="What a label costs as more labels are known",
            x_label="log2 of the labels coded", y_label=f"{self.unit} per label", from_zero=True,
        )  # fmt: skip

    def __str__(self) -> str:
        return (
            f"{self.code} code length {self.length}\n"
            f"  labels alone {self.null_length:.1f}, uniform {self.uniform_length:.1f} "
            f"{self.unit}; {self.saved_per_example:.4f} {self.unit} saved per label, "
            f"compression {self.compression:.2f}"
        )


def mdl_probe(
    x: object, y: object, *, code: Literal["online", "variational"] = "online",
    family: Family = "linear", fractions: Sequence[float] = FRACTIONS, n_orders: int = 1,
    prior: float = 0.5, groups: object = None, penalty: float | Sequence[float] | None = None,
    hidden: Sequence[int] = (256,), unit: Unit = "nats", rng: Rng = None,
    progress: bool | None = None,
) -> LabelCode:  # fmt: skip
    """Measure how short all labels can be coded by someone who has the features.

    online: L = sum over blocks of -log q(y | x) by a probe fitted on the blocks before;
    variational: L = KL(posterior ‖ prior of the weights) - E log q(y | x, weights)

    L(y | x) = model cost + data cost

    Parameters
    ----------
    x : array of shape (n, d)
        Features, known to both ends of the code.
    y : column of length n
        Classes.
    code : {"online", "variational"}
        Prequential code, or bits back with a Gaussian posterior (linear probes).
    family, penalty, hidden
        As in `v_information`.
    fractions : sequence of float
        Shares of the examples after which the online code fits anew, ascending, below 1.
    n_orders : int
        Random orders of the examples to average the online code over.
    prior : float
        Weight of a class before it is seen, in the code of labels that come before any probe: 1/2
        is Krichevsky's and Trofimov's, 1 Laplace's.
    groups : column of length n, optional
        Groups are coded whole, so that no label is read off a relative in the same group.
    unit : {"nats", "bits", "bans"}
        Unit of all lengths.
    rng : int, Generator or None
        Seed of the order, the validation parts and a network's start.
    progress : bool, optional
        Show a bar on stderr; by default only when it is a terminal.

    Returns
    -------
    LabelCode
        A valid code length: with this y nobody who decodes from the same x needs more. Shorter is
        better; `null_length` is what labels cost without x.

    Raises
    ------
    InvalidArgument
        As `v_information`; or y is numbers, fractions do not ascend, or the variational code is
        asked of a network.

    Notes
    -----
    The probe of a block is fitted and chosen on earlier blocks alone (a fifth of them validates).
    A class that it has not seen is charged what Krichevsky and Trofimov charge for it, and the rest
    of the probability goes to the probe, so that every label can be coded. Before 20 labels are
    known they are coded without the features. The online code depends a little on the order.
    Variational: weights on principal axes, independent Gaussians around a common prior whose width
    is chosen among those of the penalty path and paid for; found by minimising a bound, its
    expectation then measured by drawing logits.

    Source
    ------
    Voita and Titov, Information-Theoretic Probing with Minimum Description Length (EMNLP 2020);
    Honkela and Valpola (2004), IEEE Trans. Neural Networks 15(4), for bits back.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(512) % 2
    >>> x = np.stack([y, np.random.default_rng(0).normal(size=512)], axis=1)
    >>> told = mdl_probe(x, y, unit="bits")
    >>> told.uniform_length, told.length.value < 100
    (512.0, True)
    """
    function = "mdl_probe"
    features = read_features(x, function=function)
    target = read_target(y, "classification", function=function)
    if len(features) != target.n:
        raise InvalidArgument(
            sentence(function, "y", f"have a label for each of the {len(features)} rows of x",
                     target.n)
        )  # fmt: skip
    unit = check_unit(unit, function)
    check_family(family, function=function)
    scale = 1 / UNITS[unit]
    k = len(target.classes)
    null = float(krichevsky_trofimov(target.codes, k, prior=prior).sum())
    random = generator(rng)
    common: dict[str, Any] = {
        "uniform_length": target.n * float(np.log(k)) * scale, "null_length": null * scale,
        "n": target.n, "n_classes": k, "code": code, "unit": unit,
    }  # fmt: skip
    if code == "variational":
        if family != "linear":
            raise InvalidArgument(
                sentence(function, "family", "be 'linear' for the variational code", repr(family),
                         "Networks have the online code.")
            )  # fmt: skip
        from infoscope.probe.probes.variational_code import variational_code

        found = variational_code(features, target, random)
        length = Estimate(
            "code length", found.total * scale, unit, stderr=found.stderr * scale,
            method="variational code", n=target.n, settings={"prior_sd": found.prior_sd},
            notes=("the standard error is that of drawing the weights",),
        )  # fmt: skip
        parts = {name: value * scale for name, value in found.parts.items()}
        block = CodeBlock(0, target.n, length.value, "linear probe")
        return LabelCode(length, blocks=(block,), parts=parts, notes=length.notes, **common)
    if code != "online":
        raise UnknownName(sentence(function, "code", "be 'online' or 'variational'", repr(code)))
    if n_orders < 1:
        raise InvalidArgument(sentence(function, "n_orders", "be at least 1", n_orders))
    online = _Online(
        features, target, read_groups(groups, target.n, function=function),
        _borders(fractions, target.n, function), prior, family, penalty, hidden,
    )  # fmt: skip
    totals: list[float] = []
    blocks: list[CodeBlock] = []
    with Progress(n_orders * len(online.borders), "coding", "blocks", show=progress) as bar:
        for order in range(n_orders):
            coded = online.code(random, bar)
            totals.append(sum(b.length for b in coded))
            blocks = coded if order == 0 else blocks
    spread = float(np.std(totals, ddof=1)) / n_orders**0.5 * scale if n_orders > 1 else None
    notes = () if n_orders > 1 else (
        "one order of the examples: n_orders= says how much the length depends on it",
    )  # fmt: skip
    settings: dict[str, object] = {"family": family, "n_orders": n_orders}
    length = Estimate("code length", float(np.mean(totals)) * scale, unit, stderr=spread,
                      method="online code", n=target.n, settings=settings, notes=notes)  # fmt: skip
    scaled = tuple(CodeBlock(b.n_before, b.n, b.length * scale, b.by) for b in blocks)
    return LabelCode(length, blocks=scaled, parts={}, notes=notes, **common)


def _borders(fractions: Sequence[float], n: int, function: str) -> list[int]:
    shares = [float(f) for f in fractions]
    if any(not 0 < f < 1 for f in shares) or shares != sorted(set(shares)):
        raise InvalidArgument(
            sentence(function, "fractions", "ascend between 0 and 1", list(fractions))
        )
    inner = sorted({round(f * n) for f in shares if round(f * n) >= 1})
    return [*inner, n]


@dataclass(eq=False)
class _Online:
    """The prequential code of one data set, in any order of its examples."""

    x: NDArray[np.floating[Any]]
    target: Target
    groups: NDArray[np.int64] | None
    borders: list[int]
    prior: float
    family: str
    penalty: float | Sequence[float] | None
    hidden: Sequence[int]
    _counts: NDArray[np.int64] = field(init=False)

    def code(self, rng: np.random.Generator, bar: Progress) -> list[CodeBlock]:
        order, borders = self._order(rng)
        blocks: list[CodeBlock] = []
        first = 0
        for last in borders:
            past, rows = order[:first], order[first:last]
            if len(rows):
                costs, by = self._costs(past, rows, rng)
                blocks.append(CodeBlock(first, len(rows), float(costs.sum()), by))
            first = last
            bar.advance()
        return blocks

    def _order(self, rng: np.random.Generator) -> tuple[NDArray[np.intp], list[int]]:
        if self.groups is None:
            return rng.permutation(self.target.n), self.borders
        rank = rng.permutation(int(self.groups.max()) + 1)[self.groups]
        order = np.argsort(rank, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(rank[order])) + 1, self.target.n)
        whole = ends[np.searchsorted(ends, self.borders)]  # a border moves to the end of its group
        return order, sorted({int(border) for border in whole})

    def _costs(
        self, past: NDArray[np.intp], rows: NDArray[np.intp], rng: np.random.Generator
    ) -> tuple[NDArray[np.float64], str]:
        codes, k = self.target.codes, len(self.target.classes)
        seen = np.unique(codes[past])
        if len(past) < _FEWEST or len(seen) < 2:
            both = np.concatenate([past, rows])
            return krichevsky_trofimov(codes[both], k, prior=self.prior)[len(past) :], "labels"
        split = self._past_split(past, rng)
        reader = fit_reader(
            self.x, self.target, split, self.family, rng, penalty=self.penalty,
            hidden=self.hidden, function="mdl_probe",
        )  # fmt: skip
        known = np.zeros(k, np.bool_)
        known[np.unique(codes[split.train])] = True
        counts = np.bincount(codes[past], minlength=k)
        escape = (counts + self.prior) / (len(past) + self.prior * k)
        told = reader.predict(np.asarray(self.x[rows]))[np.arange(len(rows)), codes[rows]]
        rest = np.log1p(-escape[~known].sum())
        here = known[codes[rows]]
        costs = np.empty(len(rows))
        costs[here] = 0.0 - (told[here] + rest)
        costs[~here] = 0.0 - np.log(escape[codes[rows][~here]])
        return costs, f"{self.family} probe"

    def _past_split(self, past: NDArray[np.intp], rng: np.random.Generator) -> Split:
        """Divide the labels known so far into training and validation."""
        fold = fold_numbers(
            self.target.take(past), None, round(1 / _VALIDATION), rng, function="mdl_probe"
        )
        codes = self.target.codes
        train, chosen = np.sort(past[fold != 0]), np.sort(past[fold == 0])
        lonely = ~np.isin(codes[chosen], codes[train])  # classes that validation alone would have
        train, chosen = np.sort(np.concatenate([train, chosen[lonely]])), chosen[~lonely]
        return Split(train, chosen, chosen)
