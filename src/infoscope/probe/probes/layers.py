"""The same question to every layer: one split, one null model, and paired differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence
from infoscope.core.progress import Progress
from infoscope.core.resample import Rng
from infoscope.core.result import Estimate
from infoscope.core.saving import SavedAsPage
from infoscope.core.showing import Shown
from infoscope.core.units import UNITS, Unit
from infoscope.probe.probes.fitting import Family
from infoscope.probe.probes.information import Setting, Splits, measured
from infoscope.probe.probes.resampling import Resamples
from infoscope.probe.probes.v_result import VInformation
from infoscope.probe.probes.variables import Kind, read_features

if TYPE_CHECKING:
    from infoscope.figures import Figure

__all__ = ["LayerReport", "layer_report"]


@dataclass(frozen=True, slots=True, eq=False)
class LayerReport(SavedAsPage, Shown):
    """V-information of each layer about one target, on the same test examples.

    Attributes
    ----------
    layers : mapping of str to VInformation
        In the order given.
    null_entropy : Estimate
        H_V(Y) of the null model, the same for all: no layer can tell more.
    target : str
        What was told, in words.
    notes : tuple of str
        What holds for all layers; the notes of one layer are in `layers[name].notes`.
    """

    layers: Mapping[str, VInformation]
    null_entropy: Estimate
    target: str
    unit: Unit
    notes: tuple[str, ...]
    resamples: Resamples = field(repr=False)

    def __getitem__(self, name: str) -> VInformation:
        if name not in self.layers:
            raise UnknownName(
                sentence("LayerReport", "name", f"be one of {list(self.layers)}", repr(name))
            )
        return self.layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def best(self) -> str:
        """Name of the layer with the largest value; chosen on the test examples, so flattered."""
        return max(self.layers, key=lambda name: self.layers[name].value.value)

    def difference(self, one: str, other: str) -> Estimate:
        """Return value(one) - value(other), with an interval over the same test examples."""
        a, b = self[one], self[other]
        level = a.value.interval.level if a.value.interval else 0.95
        return self.resamples.estimate(
            f"V-information of {one} minus {other}", (a.pvi - b.pvi) * UNITS[self.unit],
            unit=self.unit, level=level, method=f"{a.family} probe, paired",
        )  # fmt: skip

    def rows(self) -> list[dict[str, Any]]:
        """Return one plain row for each layer: value, interval, entropies, accuracy, settings."""
        return [_row(name, found) for name, found in self.layers.items()]

    def to_frame(self) -> Any:
        """Return the rows as a pandas data frame."""
        from infoscope.core.extras import require

        pandas = require("pandas", extra=None, purpose="LayerReport.to_frame")
        return pandas.DataFrame(self.rows())

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "target": self.target,
            "unit": self.unit,
            "null_entropy": self.null_entropy.to_dict(),
            "best": self.best,
            "layers": self.rows(),
            "notes": list(self.notes),
        }

    def figure(self) -> Figure:
        """Return the profile over layers with its intervals."""
        from infoscope.probe.probes.layer_page import layer_figure

        return layer_figure(self)

    def to_html(self, *, name: str = "") -> str:
        """Return the report as one self-contained page; `name` is what was probed."""
        from infoscope.probe.probes.layer_page import layer_page

        return layer_page(self, name=name)

    def __str__(self) -> str:
        width = max(len(name) for name in self.layers)
        lines = [f"V-information about {self.target} (H_V(Y) {self.null_entropy.short()})"]
        for name, found in self.layers.items():
            value, ends = found.value, found.value.interval
            span = f"  {ends.low:.3f} to {ends.high:.3f}" if ends else ""
            lines.append(f"  {name:<{width}}  {value.value:7.3f} {self.unit}{span}")
        return "\n".join(lines)


def _row(name: str, found: VInformation) -> dict[str, Any]:
    ends = found.value.interval
    told = found.accuracy or found.r_squared
    low, high = (None, None) if ends is None else (ends.low, ends.high)
    row: dict[str, Any] = {
        "layer": name, "value": found.value.value, "stderr": found.value.stderr, "low": low,
        "high": high, "unit": found.unit, "cross_entropy": found.cross_entropy.value,
        "null_entropy": found.null_entropy.value,
        "accuracy" if found.accuracy else "r_squared": None if told is None else told.value,
        "n_train": len(found.split.train), "n_test": len(found.rows),
    }  # fmt: skip
    return row | {key: value for key, value in found.value.settings.items() if key not in row}


def layer_report(
    activations: Mapping[str, object] | Sequence[object], labels: object, *,
    family: Family = "linear", kind: Kind | None = None, splits: Splits = None,
    test_fraction: float = 0.2, validation_fraction: float = 0.2, groups: object = None,
    unseen: str = "error", penalty: float | Sequence[float] | None = None,
    hidden: Sequence[int] = (256,), target: str = "the label", unit: Unit = "nats",
    interval: float = 0.95, n_draws: int = 1000, rng: Rng = None, progress: bool | None = None,
) -> LayerReport:  # fmt: skip
    """Measure what each layer tells of the labels: `v_information` of every one on one split.

    I_V(layer → Y) = H_V(Y) - H_V(Y | layer)

    Parameters
    ----------
    activations : mapping of str to array (n, d), or sequence of arrays
        Features of the same examples at each layer, in order; memory-mapped arrays are read a layer
        at a time. A sequence is named "0", "1", ...
    labels : array or column of length n
        What is to be told.
    family, kind, splits, test_fraction, validation_fraction, groups, unseen, penalty, hidden
        As in `v_information`.
    target : str
        What the labels are, for titles ("part of speech").
    unit, interval, n_draws, rng
        As in `v_information`.
    progress : bool, optional
        Show a bar on stderr; by default only when it is a terminal.

    Returns
    -------
    LayerReport
        Rows with intervals, paired differences between layers, a figure and a page.

    Raises
    ------
    InvalidArgument
        If a layer has another number of rows, or for what `v_information` refuses.

    Notes
    -----
    The layers share test examples, so their errors go together: compare two layers by
    `report.difference(a, b)`, not by whether their intervals overlap.

    Source
    ------
    Xu et al. (ICLR 2020); Tenney et al., BERT Rediscovers the Classical NLP Pipeline (ACL 2019).

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(300) % 3
    >>> noise = np.random.default_rng(0).normal(size=(300, 2))
    >>> report = layer_report({"noise": noise, "label": np.eye(3)[y] + noise[:, :1] / 50}, y)
    >>> report.best, round(float(report["label"].value), 2)
    ('label', 1.1)
    """
    function = "layer_report"
    named = _named(activations, function)
    setting = Setting(
        labels, kind=kind, splits=splits, fractions=(validation_fraction, test_fraction),
        groups=groups, unseen=unseen, family=family, penalty=penalty, hidden=hidden, unit=unit,
        interval=interval, n_draws=n_draws, rng=rng, function=function,
    )  # fmt: skip
    for name, x in named.items():
        n = _length(x)
        if n != setting.target.n:
            raise InvalidArgument(
                sentence(function, f"activations[{name!r}]",
                         f"have one row for each of the {setting.target.n} labels", n)
            )  # fmt: skip
    found: dict[str, VInformation] = {}
    with Progress(len(named), "probing", "layers", show=progress) as bar:
        for name, x in named.items():
            rows = read_features(x, function=function, argument=f"activations[{name!r}]")
            found[name] = measured(rows, setting)
            bar.advance()
    first = next(iter(found.values()))
    shared = tuple(n for n in first.notes if all(n in each.notes for each in found.values()))
    return LayerReport(found, first.null_entropy, target, setting.unit, shared, setting.resamples)


def _length(x: object) -> int:
    shape = getattr(x, "shape", None) or np.shape(np.asarray(x))
    return int(shape[0]) if len(shape) else 0


def _named(activations: object, function: str) -> dict[str, object]:
    if isinstance(activations, Mapping):
        named = {str(name): x for name, x in activations.items()}
    elif isinstance(activations, (list, tuple)):
        named = {str(i): x for i, x in enumerate(activations)}
    else:
        raise WrongType(
            sentence(function, "activations", "map names of layers to arrays, or list them",
                     type(activations).__name__, "For one array use v_information.")
        )  # fmt: skip
    if not named:
        raise InvalidArgument(sentence(function, "activations", "hold at least one layer", "none"))
    return named
