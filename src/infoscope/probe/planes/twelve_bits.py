"""The 12-bit experiment: a small network learns a rule on the sphere, and its plane is recorded."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import nn

from infoscope.core.errors import InvalidArgument, UnknownName, sentence
from infoscope.core.progress import Progress
from infoscope.core.showing import Shown
from infoscope.core.units import Unit
from infoscope.probe.planes.bins import Binning
from infoscope.probe.planes.noise_models import NoiseModel
from infoscope.probe.planes.recorder import InformationPlane, recording_epochs
from infoscope.probe.planes.trajectory import PlaneTrajectory
from infoscope.probe.representations.matrices import Floats

__all__ = ["TwelveBits", "TwelveBitsRun", "twelve_bit_experiment", "twelve_bit_problem"]

Activation = Literal["tanh", "relu"]
_FUNCTIONS = {"tanh": nn.Tanh, "relu": nn.ReLU}


@dataclass(frozen=True, slots=True)
class TwelveBits:
    """All 4,096 patterns of 12 bits (as -1 and 1), their label, and the rule's value."""

    x: Floats
    y: np.ndarray
    rule: Floats


@dataclass(frozen=True, slots=True, repr=False)
class TwelveBitsRun(Shown):
    """A trained network with its recorded plane and its accuracies."""

    trajectory: PlaneTrajectory
    model: nn.Module
    train_accuracy: float
    test_accuracy: float
    n_epochs: int

    def __repr__(self) -> str:
        return (
            f"TwelveBitsRun({self.n_epochs} epochs, accuracy {self.train_accuracy:.3f} in training "
            f"and {self.test_accuracy:.3f} in test, {len(self.trajectory.points)} points recorded)"
        )


def twelve_bit_problem() -> TwelveBits:
    """Return the patterns of 12 points on a sphere, labelled by a rule that no rotation changes.

    rule(x) = sum_ij x_i x_j (P_3(v_i . v_j) + P_5(v_i . v_j)), label = rule above its middle

    Returns
    -------
    TwelveBits
        x of shape (4096, 12), y of 0 and 1, and the rule.

    Notes
    -----
    The points v are the corners of an icosahedron; x_i is 1 where a corner is lit. By the addition
    theorem the rule is the power of the pattern in spherical harmonics of degree 3 and 5, the kind
    of rule that Shwartz-Ziv and Tishby used (their own patterns are in a file of theirs). Being a
    sum over pairs, it has no linear part: no bit alone tells anything of the label.

    Source
    ------
    Shwartz-Ziv and Tishby (2017), Opening the black box of deep neural networks, section 3.1.

    Examples
    --------
    >>> problem = twelve_bit_problem()
    >>> problem.x.shape, round(float(problem.y.mean()), 2)
    ((4096, 12), 0.5)
    """
    golden = (1 + math.sqrt(5)) / 2
    corners: list[tuple[float, float, float]] = []
    for a, b in itertools.product((-1.0, 1.0), (-golden, golden)):
        corners += [(0.0, a, b), (a, b, 0.0), (b, 0.0, a)]
    v: Floats = np.array(corners) / math.sqrt(1 + golden**2)
    t = v @ v.T
    kernel = (5 * t**3 - 3 * t) / 2 + (63 * t**5 - 70 * t**3 + 15 * t) / 8
    lit = (np.arange(4096)[:, None] >> np.arange(12)) & 1
    rule = np.round(np.einsum("ni,ij,nj->n", lit, kernel, lit), 9)
    levels = np.unique(rule)
    shares = np.array([np.mean(rule > level) for level in levels])
    limit = levels[int(np.argmin(np.abs(shares - 0.5)))]
    return TwelveBits((2.0 * lit - 1.0).astype(np.float64), (rule > limit).astype(np.int64), rule)


def twelve_bit_experiment(
    activation: Activation = "tanh",
    *,
    noise: NoiseModel | Sequence[NoiseModel | None] | None = None,
    widths: Sequence[int] = (10, 7, 5, 4, 3),
    layers: Literal["activations", "all"] = "activations",
    n_epochs: int = 600,
    n_records: int = 30,
    learning_rate: float = 0.02,
    train_share: float = 0.8,
    unit: Unit = "bits",
    rng: int = 0,
    show: bool | None = None,
) -> TwelveBitsRun:
    """Train the classic network on the 12-bit problem and record its information plane.

    12 - 10 - 7 - 5 - 4 - 3 - 2 units, cross-entropy, stochastic gradient descent

    Parameters
    ----------
    activation : {"tanh", "relu"}
        Of every hidden layer.
    noise : NoiseModel or sequence of them, optional
        What is recorded; by default the 30 bins on [-1, 1] of the original for tanh, bins of the
        same width without ends for ReLU.
    widths : sequence of int
        Units of the hidden layers.
    layers : {"activations", "all"}
        "all" records what stands before each activation function too: "linear 1" and so on.
    n_epochs, n_records : int
        Passes over the training inputs, and about how many are recorded.
    learning_rate : float
        Of plain gradient descent with momentum 0.9 and batches of 256.
    train_share : float
        Share of the 4,096 inputs that the network is trained on; the plane is that of all of them.
    unit : {"nats", "bits", "bans"}
        Unit of the plane.
    rng : int
        Seed of weights, batches and split.
    show : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    TwelveBitsRun
        The trajectory (layers "tanh 1" or "relu 1" and so on), the model, and its accuracy.

    Raises
    ------
    UnknownName
        For another activation.
    InvalidArgument
        If a share or number is out of range.

    Notes
    -----
    600 epochs take 15 s on one core, and each record what its noise models cost.

    Source
    ------
    Shwartz-Ziv and Tishby (2017); Saxe et al. (2018), On the information bottleneck theory of deep
    learning.

    Examples
    --------
    >>> run = twelve_bit_experiment(n_epochs=1, n_records=2)
    >>> path = run.trajectory
    >>> path.layers[0], round(path.input_entropy, 9), len(path.epochs)
    ('tanh 1', 12.0, 2)
    """
    name = "twelve_bit_experiment"
    if activation not in _FUNCTIONS:
        raise UnknownName(
            sentence(name, "activation", f"be one of {sorted(_FUNCTIONS)}", repr(activation))
        )
    if layers not in ("activations", "all"):
        raise UnknownName(sentence(name, "layers", "be 'activations' or 'all'", repr(layers)))
    if not 0 < train_share <= 1 or n_epochs < 1:
        raise InvalidArgument(
            sentence(name, "train_share and n_epochs", "lie in (0, 1] and be at least 1",
                     f"{train_share} and {n_epochs}")
        )  # fmt: skip
    if noise is None:
        noise = (
            Binning(n_bins=30, low=-1, high=1) if activation == "tanh" else Binning(width=1 / 15)
        )
    problem = twelve_bit_problem()
    x, y = torch.from_numpy(problem.x).float(), torch.from_numpy(problem.y)
    chance = torch.Generator().manual_seed(rng)
    order = torch.randperm(len(x), generator=chance)
    train, test = order[: round(train_share * len(x))], order[round(train_share * len(x)) :]
    model = _network(activation, widths, chance)
    kept = (activation,) if layers == "activations" else (activation, "linear")
    hidden = [n for n, _ in model.named_children() if n.startswith(kept)]
    plane = InformationPlane(
        model, (x, y), noise=noise, layers=hidden, inputs="finite", unit=unit,
        epochs=recording_epochs(n_epochs, n_records), function=name,
    )  # fmt: skip
    solver = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=0.9)
    plane.record(0)
    with Progress(n_epochs, f"12 bits, {activation}", "epochs", show=show) as bar:
        for epoch in range(1, n_epochs + 1):
            for rows in train[torch.randperm(len(train), generator=chance)].split(256):
                solver.zero_grad()
                nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
                solver.step()
            plane.record(epoch)
            bar.advance()
    with torch.no_grad():
        right = (model(x).argmax(1) == y).double()
    of_test = float(right[test].mean()) if len(test) else math.nan
    return TwelveBitsRun(plane.trajectory, model, float(right[train].mean()), of_test, n_epochs)


def _network(activation: Activation, widths: Sequence[int], chance: torch.Generator) -> nn.Module:
    """Return the network; weights are normal, of variance 1 (tanh) or 2 (ReLU) over fan-in."""
    model = nn.Sequential()
    gain = 1.0 if activation == "tanh" else math.sqrt(2.0)
    for i, (a, b) in enumerate(itertools.pairwise([12, *widths, 2]), 1):
        linear = nn.Linear(a, b)
        with torch.no_grad():
            linear.weight.normal_(0.0, gain / math.sqrt(a), generator=chance)
            linear.bias.zero_()
        if i <= len(widths):
            model.add_module(f"linear {i}", linear)
            model.add_module(f"{activation} {i}", _FUNCTIONS[activation]())
        else:
            model.add_module("output", linear)
    return model
