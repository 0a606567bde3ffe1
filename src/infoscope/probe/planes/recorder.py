"""Record the information plane of a torch model: once, or at chosen epochs while it trains."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from infoscope.core.arrays import as_array, to_numpy
from infoscope.core.errors import InvalidArgument, WrongType, sentence
from infoscope.core.resample import Rng, generator
from infoscope.core.result import Estimate, Interval
from infoscope.core.units import Unit, check_unit, from_nats
from infoscope.probe.planes.cloud import LayerSample, Population, merge_rows, read_population
from infoscope.probe.planes.layer_outputs import default_layers, layer_outputs
from infoscope.probe.planes.noise_models import Measured, NoiseModel, NoNoise
from infoscope.probe.planes.noisy_cloud import Reading
from infoscope.probe.planes.trajectory import PlanePoint, PlaneTrajectory
from infoscope.probe.representations.matrices import Floats

__all__ = ["InformationPlane", "information_plane", "recording_epochs"]

_Z = 1.959963984540054  # of a normal 95 % interval
_FINITE = (
    "The rows given are taken for all inputs there are, with the masses given: values are exact "
    "for them, or have the error stated."
)
_SAMPLE = (
    "The rows given are a sample of a larger law, and stand for it: no value can exceed H(X) = "
    "log n of the sample, and values near it measure the sample size."
)


class InformationPlane:
    """A recorder: where the layers of a model stand in the information plane, epoch by epoch.

    I(X;T) = h(T) - h(T|X), I(T;Y) = h(T) - h(T|Y), T the activations of a layer under a named noise

    Parameters
    ----------
    model : torch.nn.Module
        Is run in eval mode; its flags, buffers and the random state are as before afterwards.
    data : pair (x, y), or iterable of such pairs (a DataLoader)
        Inputs, one a row; labels, one a row, or rows of probabilities of labels.
    noise : NoiseModel, sequence of NoiseModel, or None
        `GaussianNoise`, `PairwiseBounds`, `Binning`, `NearestNeighbours`; several are recorded side
        by side. None asks for the network as it is, where I(X;T) is H(X) until inputs merge: exact
        for a finite set of inputs, refused for others.
    layers : sequence of str, optional
        Names from ``model.named_modules()``. By default every activation function and the last
        module.
    inputs : {"auto", "finite", "sample"}
        Whether the rows of x are all inputs there are, or drawn from a larger law. "auto" takes
        whole numbers, and rows that repeat, for finite.
    weights : array, shape (n,), optional
        Masses of the rows; equal by default.
    epochs : iterable of numbers, optional
        Epochs that `record` keeps; it passes over all others. See `recording_epochs`.
    unit : {"nats", "bits", "bans"}
        Unit of the record.
    batch_size : int
        Inputs in one forward pass.
    rng : int, Generator or None
        Seed of the noise. Every layer and epoch gets the same noise, so that paths are smooth.

    Raises
    ------
    InvalidArgument
        Without a noise model for inputs that are no finite set; for NaN, one input, one label,
        shapes that do not fit; while recording, for activations that are not finite.
    UnknownName
        For a layer that the model does not have.

    Notes
    -----
    A record costs one forward pass and, for each layer, what its noise model says. Distinct inputs
    are run once. The path shows what the noise model shows: read its name before its shape.

    Source
    ------
    Shwartz-Ziv and Tishby (2017); Saxe et al. (2018); Goldfeld et al. (2019).

    Examples
    --------
    Exclusive or: two bits of input, one of label, and a layer that keeps both inputs apart.

    >>> x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> model = nn.Sequential(nn.Linear(2, 2, False), nn.Tanh(), nn.Linear(2, 1, False))
    >>> with torch.no_grad():
    ...     _ = model[0].weight.copy_(torch.eye(2))
    ...     _ = model[2].weight.copy_(torch.tensor([[1.0, 1.0]]))
    >>> plane = InformationPlane(model, (x, [0, 1, 1, 0]), noise=None, unit="bits")
    >>> plane.record(0)
    True
    >>> [(p.layer, p.of_input.value, p.of_label.value) for p in plane.trajectory.points]
    [('1', 2.0, 1.0), ('2', 1.5, 1.0)]
    """

    def __init__(
        self,
        model: nn.Module,
        data: Any,
        *,
        noise: NoiseModel | Sequence[NoiseModel | None] | None,
        layers: Sequence[str] | None = None,
        inputs: str = "auto",
        weights: object = None,
        epochs: Iterable[float] | None = None,
        unit: Unit = "nats",
        batch_size: int = 4096,
        rng: Rng = None,
        function: str = "InformationPlane",
    ) -> None:
        self._function = function
        if not isinstance(model, nn.Module):
            raise WrongType(
                sentence(function, "model", "be a torch.nn.Module", type(model).__name__)
            )
        self.unit: Unit = check_unit(unit, function)
        self.model = model
        self.layers = tuple(layers) if layers is not None else default_layers(model, function)
        if not self.layers:
            raise InvalidArgument(sentence(function, "layers", "name a layer", "none"))
        x, y = _pair(data, function)
        rows, self._population = read_population(to_numpy(x), y, weights, function)
        self._x = x[torch.from_numpy(self._population.first)]
        self._finite = _is_finite(inputs, self._population, function)
        self._rows = rows[self._population.first]
        self.noise = _models(noise, self._finite, function)
        self.epochs = None if epochs is None else frozenset(epochs)
        if batch_size < 1:
            raise InvalidArgument(sentence(function, "batch_size", "be at least 1", batch_size))
        self._batch_size = batch_size
        self._seed = int(generator(rng).integers(2**63))
        self._points: list[PlanePoint] = []

    def record(self, epoch: float) -> bool:
        """Record all layers now, if this epoch is one of the chosen; say whether it was.

        Raises
        ------
        InvalidArgument
            If the epoch was recorded before, or activations are not finite.
        """
        if self.epochs is not None and epoch not in self.epochs:
            return False
        if any(point.epoch == epoch for point in self._points):
            raise InvalidArgument(
                sentence("InformationPlane.record", "epoch", "be recorded once", epoch)
            )
        found: list[PlanePoint] = []
        outputs = layer_outputs(
            self.model, self._x, self.layers, batch_size=self._batch_size, function=self._function
        )
        for layer, values in outputs:
            found += self._measure(epoch, layer, values)
        self._points += found
        return True

    @property
    def trajectory(self) -> PlaneTrajectory:
        """What has been recorded so far."""
        inputs = self._population.inputs
        unit = self.unit
        return PlaneTrajectory(
            self._points,
            float(from_nats(inputs.point_entropy, unit)),
            float(from_nats(inputs.label_entropy, unit)),
            float(from_nats(inputs.label_information, unit)),
            unit,
            len(self._population.first),
            (_FINITE if self._finite else _SAMPLE,),
        )

    def _measure(self, epoch: float, layer: str, values: Floats) -> list[PlanePoint]:
        cloud = merge_rows(values, self._population.joint)
        sample = None if self._finite else self._rows
        points: list[PlanePoint] = []
        for model in self.noise:
            seen = model.measure(LayerSample(cloud, sample, np.random.default_rng(self._seed)))
            n = self._population.n_rows
            points.append(
                PlanePoint(epoch, layer, model.name, values.shape[1],
                           _estimate("I(X;T)", seen.of_input, seen, n, self.unit),
                           _estimate("I(T;Y)", seen.of_label, seen, n, self.unit))
            )  # fmt: skip
        return points


def information_plane(
    model: nn.Module,
    data: Any,
    *,
    noise: NoiseModel | Sequence[NoiseModel | None] | None,
    layers: Sequence[str] | None = None,
    inputs: str = "auto",
    weights: object = None,
    unit: Unit = "nats",
    batch_size: int = 4096,
    rng: Rng = None,
) -> PlaneTrajectory:
    """Where the layers of a model stand in the information plane now.

    I(X;T) = h(T) - h(T|X), I(T;Y) = h(T) - h(T|Y), T the activations of a layer under a named noise

    Parameters
    ----------
    model, data, noise, layers, inputs, weights, unit, batch_size, rng
        As in `InformationPlane`.

    Returns
    -------
    PlaneTrajectory
        One point a layer and noise model, at epoch 0; I(X;T) between 0 and H(X), I(T;Y) between 0
        and I(X;Y), to within the stated error.

    Raises
    ------
    InvalidArgument, UnknownName
        As `InformationPlane` and its `record`.

    Notes
    -----
    A forward pass, and what the noise model costs.

    Source
    ------
    Shwartz-Ziv and Tishby (2017); Saxe et al. (2018); Goldfeld et al. (2019).

    Examples
    --------
    >>> x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    >>> model = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    >>> with torch.no_grad():
    ...     _ = model[0].weight.fill_(1.0), model[0].bias.fill_(-1.0)
    >>> found = information_plane(model, (x, [0, 0, 1, 1]), noise=None, unit="bits")
    >>> found.points[0].of_input.value, found.input_entropy  # 0 and 1 have both become 0
    (1.5, 2.0)
    """
    plane = InformationPlane(
        model, data, noise=noise, layers=layers, inputs=inputs, weights=weights, unit=unit,
        batch_size=batch_size, rng=rng, function="information_plane",
    )  # fmt: skip
    plane.record(0)
    return plane.trajectory


def recording_epochs(last: int, n: int = 40) -> tuple[int, ...]:
    """Epochs 0 to `last`, close together first: about `n`, evenly spaced in their logarithm.

    e_k = round((last + 1)^(k / (n - 1))) - 1

    Parameters
    ----------
    last : int
        Last epoch, at least 1; always among them.
    n : int
        How many, at least 2; fewer where early ones would coincide.

    Returns
    -------
    tuple of int
        Ascending, from 0 to `last`.

    Raises
    ------
    InvalidArgument
        If `last` is below 1 or `n` below 2.

    Notes
    -----
    Most of what a plane shows happens early.

    Source
    ------
    None: a choice.

    Examples
    --------
    >>> recording_epochs(100, 6)
    (0, 2, 5, 15, 39, 100)
    """
    if last < 1 or n < 2:
        raise InvalidArgument(
            sentence("recording_epochs", "last and n", "be at least 1 and 2", f"{last} and {n}")
        )
    steps = np.exp(np.linspace(0.0, math.log(last + 1), n)) - 1.0
    return tuple(sorted({round(float(step)) for step in steps} | {0, last}))


def _pair(data: Any, function: str) -> tuple[Tensor, Any]:
    """Return inputs as a tensor and labels as they came, from a pair or from batches of pairs."""
    if isinstance(data, (tuple, list)) and len(data) == 2:
        x, y = data
    elif hasattr(data, "__iter__") or hasattr(data, "__getitem__"):
        batches = [batch for batch in data if isinstance(batch, (tuple, list)) and len(batch) == 2]
        if not batches:
            raise _no_pair(function, type(data).__name__)
        firsts = [torch.as_tensor(x) for x, _ in batches]
        seconds = [torch.as_tensor(y) for _, y in batches]
        single = seconds[0].ndim == 0  # a Dataset gives examples, a DataLoader batches
        x = torch.stack(firsts) if single else torch.cat(firsts)
        y = torch.stack(seconds) if single else torch.cat(seconds)
    else:
        raise _no_pair(function, type(data).__name__)
    if x is None or y is None:
        raise _no_pair(function, "a pair with None in it")
    if not isinstance(x, Tensor):
        array = to_numpy(as_array(x, function=function, argument="x"))
        x = torch.from_numpy(np.array(array))
        x = x.to(torch.get_default_dtype()) if x.is_floating_point() else x
    return x, y


def _no_pair(function: str, got: str) -> WrongType:
    return WrongType(
        sentence(function, "data", "be a pair (inputs, labels), or batches of such pairs", got,
                 "I(T;Y) needs the label of each input.")
    )  # fmt: skip


def _is_finite(inputs: str, population: Population, function: str) -> bool:
    if inputs not in ("auto", "finite", "sample"):
        raise InvalidArgument(
            sentence(function, "inputs", "be 'auto', 'finite' or 'sample'", repr(inputs))
        )
    return population.discrete if inputs == "auto" else inputs == "finite"


def _models(noise: Any, finite: bool, function: str) -> tuple[NoiseModel, ...]:
    models = tuple(noise) if isinstance(noise, (list, tuple)) else (noise,)
    if not models:
        raise InvalidArgument(sentence(function, "noise", "hold a noise model", "none"))
    if not finite and any(model is None or isinstance(model, NoNoise) for model in models):
        raise InvalidArgument(
            sentence(
                function, "noise", "be a noise model where inputs are a sample of measurements",
                "None",
                "Without noise I(X;T) of a deterministic network is infinite there (and log n for "
                "any n rows that stay apart), so that a finite value would be that of an unnamed "
                "noise: give GaussianNoise(std), or inputs='finite' if these rows are all there "
                "are.",
            )
        )  # fmt: skip
    for model in models:
        if model is not None and not (hasattr(model, "measure") and hasattr(model, "name")):
            raise WrongType(
                sentence(function, "noise", "be a noise model such as GaussianNoise(0.1), or None",
                         repr(model))
            )  # fmt: skip
    read = tuple(NoNoise() if model is None else model for model in models)
    names = [model.name for model in read]
    if len(set(names)) < len(names):
        raise InvalidArgument(sentence(function, "noise", "hold different models", names))
    return read


def _estimate(quantity: str, seen: Reading, whole: Measured, n: int, unit: Unit) -> Estimate:
    interval, stderr = None, seen.stderr
    if seen.low is not None and seen.high is not None:
        low, high = float(from_nats(seen.low, unit)), float(from_nats(seen.high, unit))
        interval = Interval(low, high, 1.0, seen.how)
    elif stderr and seen.how.endswith("draws"):
        low, high = (
            float(from_nats(seen.value - _Z * stderr, unit)),
            float(from_nats(seen.value + _Z * stderr, unit)),
        )
        interval = Interval(low, high, 0.95, "normal")
    return Estimate(
        quantity,
        float(from_nats(seen.value, unit)) + 0.0,
        unit,
        stderr=None if stderr is None else float(from_nats(stderr, unit)),
        interval=interval,
        method=f"{whole.method}, {seen.how}",
        n=n,
        settings=whole.settings,
        notes=whole.notes,
    )
