"""Layer by layer: what a linear probe cannot read, and what is truly lost.

No layer can hold more of the label than the one before it (data processing), but a linear probe can
read more of it: it measures what is easy, not what is there. Both are set side by side here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.extras import require
from infoscope.core.resample import Rng
from infoscope.core.result import Estimate, Interval
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.figures import Figure, line_chart
from infoscope.probe.planes.cloud import Cloud, Population, merge_rows, read_population
from infoscope.probe.probes.information import v_information
from infoscope.probe.representations.matrices import Floats, read_rows

__all__ = [
    "DataProcessing",
    "ProcessedLayer",
    "data_processing_check",
    "population_linear_information",
]

_NAME = "data_processing_check"


@dataclass(frozen=True, slots=True)
class ProcessedLayer(Shown):
    """One layer: what a linear probe reads, what is there, and the two differences.

    `linear` is the linear V-information, `information` is I(T;Y): exact for a finite set of inputs,
    bracketed for a sample. `missed` = information - linear is there and not linear; `lost` = I(X;Y)
    - information is gone for good. `one_to_one` says whether all inputs still differ.
    """

    layer: str
    n_units: int
    linear: Estimate
    information: Estimate
    missed: float
    lost: float
    one_to_one: bool


@dataclass(frozen=True, slots=True)
class DataProcessing(Shown):
    """The layers in order, with I(X;Y) and H(Y) in `unit`, and what holds for all of them."""

    layers: tuple[ProcessedLayer, ...]
    total: float
    label_entropy: float
    unit: Unit
    finite: bool
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`."""
        return {
            "unit": self.unit, "total": self.total, "label_entropy": self.label_entropy,
            "finite": self.finite, "notes": list(self.notes),
            "layers": [
                {
                    "layer": row.layer, "n_units": row.n_units, "linear": row.linear.to_dict(),
                    "information": row.information.to_dict(), "missed": row.missed,
                    "lost": row.lost, "one_to_one": row.one_to_one,
                }
                for row in self.layers
            ],
        }  # fmt: skip

    def to_frame(self) -> Any:
        """Return one row a layer as a pandas DataFrame."""
        pandas = require("pandas", extra=None, purpose="DataProcessing.to_frame")
        rows = [
            {
                "layer": row.layer, "n_units": row.n_units, "linear": row.linear.value,
                "information": row.information.value, "missed": row.missed, "lost": row.lost,
                "one_to_one": row.one_to_one, "unit": self.unit,
            }
            for row in self.layers
        ]  # fmt: skip
        return pandas.DataFrame(rows)

    def figure(self) -> Figure:
        """Draw both over the layers; needs two layers."""
        position = np.arange(len(self.layers))
        lines = {
            "what is there": [row.information.value for row in self.layers],
            "a linear probe": [row.linear.value for row in self.layers],
        }
        bands: dict[str, tuple[Sequence[float], Sequence[float]]] = {}
        for name, found in (("what is there", "information"), ("a linear probe", "linear")):
            ends = [getattr(row, found).interval for row in self.layers]
            if all(end is not None for end in ends):
                bands[name] = [end.low for end in ends], [end.high for end in ends]
        names = ", ".join(f"{i} {row.layer}" for i, row in enumerate(self.layers))
        return line_chart(
            position, lines, title="What is there and what a linear probe reads",
            x_label="layer", y_label=f"information on the label, {self.unit}",
            references={"I(X;Y)": self.total}, bands=bands, from_zero=True,
            description=f"Layers: {names}. The upper curve can only fall; the lower may rise.",
        )  # fmt: skip


def data_processing_check(
    layers: Mapping[str, object],
    y: object,
    *,
    inputs: str = "auto",
    weights: object = None,
    unit: Unit = "nats",
    rng: Rng = None,
) -> DataProcessing:
    """Compare, layer by layer, what a linear probe reads of a label with what is there.

    missed = I(T;Y) - I_linear(T -> Y), lost = I(X;Y) - I(T;Y)

    Parameters
    ----------
    layers : mapping of str to array of shape (n, ...)
        Name -> activations of the same n inputs, in the order of the network; the first one is the
        input itself.
    y : array of length n, or (n, c)
        One label a row, or (finite inputs) a row of probabilities of labels.
    inputs : {"auto", "finite", "sample"}
        "finite": the rows are all inputs there are, so that everything is exact. "sample": they are
        drawn from a larger law; the linear probe is then judged on held-out rows
        (`v_information`), and I(T;Y) bracketed between its lower end and H(Y). "auto" takes whole
        numbers in the first layer, and rows that repeat, for finite.
    weights : array, shape (n,), optional
        Masses of finite inputs; equal by default.
    unit : {"nats", "bits", "bans"}
        Unit of all values.
    rng : int, Generator or None
        Seed of the split of a sample.

    Returns
    -------
    DataProcessing
        For finite inputs information falls from layer to layer, and 0 <= linear <= information, to
        rounding.

    Raises
    ------
    InvalidArgument
        For no layer, NaN, one input, one label, layers of different lengths, weights beside a
        sample.

    Notes
    -----
    An invertible map loses nothing, and a linear probe may read anything from nothing to all of it:
    a fall of the probe is no loss, and a rise creates nothing. Two rows of a sample hardly ever
    meet, so that a sample cannot show a loss: the bracket says how little is known.

    Source
    ------
    Cover and Thomas (2006), theorem 2.8.1; Xu et al. (2020), A theory of usable information under
    computational constraints.

    Examples
    --------
    Exclusive or: all there at the input, and not for a linear probe.

    >>> x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    >>> hidden = np.maximum(x @ [[1, 1], [1, 1]] - [0, 1], 0)  # max(a + b, 0), max(a + b - 1, 0)
    >>> found = data_processing_check({"x": x, "hidden": hidden}, [0, 1, 1, 0], unit="bits")
    >>> [(r.layer, round(r.linear.value, 4), r.information.value) for r in found.layers]
    [('x', 0.0, 1.0), ('hidden', 1.0, 1.0)]
    """
    check_unit(unit, _NAME)
    if not isinstance(layers, Mapping):
        raise WrongType(
            sentence(_NAME, "layers", "map names to activations", type(layers).__name__)
        )
    if not layers:
        raise InvalidArgument(sentence(_NAME, "layers", "hold at least one layer", "none"))
    first = next(iter(layers.values()))
    _, population = read_population(first, y, weights, _NAME)
    if inputs not in ("auto", "finite", "sample"):
        raise InvalidArgument(
            sentence(_NAME, "inputs", "be 'auto', 'finite' or 'sample'", repr(inputs))
        )
    finite = population.discrete if inputs == "auto" else inputs == "finite"
    if not finite and weights is not None:
        raise InvalidArgument(
            sentence(_NAME, "weights", "be left out for a sample", "weights",
                     "Pass inputs='finite' if these rows are all there are.")
        )  # fmt: skip
    read = [
        (name, read_rows(values, _NAME, f"layers[{name!r}]")) for name, values in layers.items()
    ]
    for name, rows in read:
        if len(rows) != population.n_rows:
            raise InvalidArgument(
                sentence(_NAME, f"layers[{name!r}]", f"have {population.n_rows} rows, as the first",
                         len(rows))
            )  # fmt: skip
    whole = population.inputs
    total = whole.label_information if finite else whole.label_entropy
    rows_of = [
        _exact(name, rows, population, total, unit)
        if finite
        else _sampled(name, rows, y, population, total, unit, rng)
        for name, rows in read
    ]
    notes = (
        "the rows are all inputs there are: values are exact, those of probes to 1e-6 nats"
        if finite
        else "a sample: I(T;Y) lies between what the probe reads for certain and H(Y); I(X;Y) is "
        "not known, and H(Y) stands for it",
    )
    entropy = float(from_nats(whole.label_entropy, unit))
    shown = float(from_nats(total, unit))
    return DataProcessing(tuple(rows_of), shown, entropy, unit, finite, notes)


def population_linear_information(points: Floats, joint: Floats) -> float:
    """Return the linear V-information in nats of a whole population, H(Y) - min E[-log q(Y|t)].

    q ranges over softmax of affine functions of t; there is nothing to generalise to, so that the
    probe is fitted on what it is judged by. Where classes can be separated the minimum is a limit
    that no weights reach, and the value falls short of it by less than 1e-6.

    >>> x = np.array([[-1.0], [1.0]])
    >>> round(population_linear_information(x, np.diag([0.5, 0.5])), 5)  # log 2
    0.69315
    """
    cloud = Cloud(points, joint)
    weights = cloud.weights
    centred = points - weights @ points / weights.sum()
    spread = np.sqrt(weights @ centred**2)
    features = centred[:, spread > 1e-12 * (1.0 + np.abs(points).max(0))]
    features = features / spread[spread > 1e-12 * (1.0 + np.abs(points).max(0))]
    design = np.hstack([features, np.ones((len(features), 1))])  # (n, d + 1)
    present = cloud.label_weights > 0
    masses = joint[:, present]
    start = np.zeros((design.shape[1], masses.shape[1]))
    start[-1] = np.log(masses.sum(0))

    def cost(flat: Floats) -> tuple[float, Floats]:
        scores = design @ flat.reshape(start.shape)
        scores -= scores.max(1, keepdims=True)
        exponents = np.exp(scores)
        sums = exponents.sum(1, keepdims=True)
        logs = scores - np.log(sums)
        slope = design.T @ (exponents / sums * weights[:, None] - masses)
        return -float(np.sum(masses * logs)), slope.ravel()

    options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 0.0, "gtol": 1e-9, "maxcor": 30}
    found = minimize(cost, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return cloud.label_entropy - min(float(found.fun), cloud.label_entropy)


def _exact(
    name: str, rows: Floats, population: Population, total: float, unit: Unit
) -> ProcessedLayer:
    cloud = merge_rows(rows[population.first], population.joint)
    information = cloud.label_information
    linear = population_linear_information(cloud.points, cloud.joint)
    n = population.n_rows

    def exactly(quantity: str, value: float, method: str) -> Estimate:
        shown = float(from_nats(value, unit)) + 0.0
        return Estimate(quantity, shown, unit, stderr=0.0, method=method, n=n)

    return ProcessedLayer(
        name, rows.shape[1],
        exactly("linear V-information", linear, "linear probe of the population"),
        exactly("I(T;Y)", information, "distinct activations"),
        float(from_nats(information - linear, unit)), float(from_nats(total - information, unit)),
        len(cloud.points) == len(population.first),
    )  # fmt: skip


def _sampled(
    name: str, rows: Floats, y: object, population: Population, total: float, unit: Unit, rng: Rng
) -> ProcessedLayer:
    found = v_information(rows, y, kind="classification", unit=unit, rng=rng)
    linear = found.value
    top = float(from_nats(total, unit))
    ends = linear.interval
    low = max(0.0, linear.value if ends is None else ends.low)
    information = Estimate(
        "I(T;Y)", 0.5 * (low + top), unit, method="bracket", n=len(rows),
        interval=Interval(low, top, 1.0 if ends is None else ends.level, "linear probe and H(Y)"),
        notes=("the value is the middle of what is possible",),
    )  # fmt: skip
    cloud = merge_rows(rows[population.first], population.joint)
    return ProcessedLayer(
        name, rows.shape[1], linear, information, information.value - linear.value,
        top - information.value, len(cloud.points) == len(population.first),
    )  # fmt: skip
