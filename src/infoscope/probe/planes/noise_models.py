"""Noise models of the information plane: what is added to activations before I(X;T) is taken.

A network without noise loses nothing that its activations keep apart, so that I(X;T) is H(X) or
infinite. Each model here names what it adds, and every value it gives carries that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.planes.cloud import LayerSample
from infoscope.probe.planes.noisy_cloud import Reading, bracket, by_draws, by_quadrature
from infoscope.probe.representations.matrices import check_positive

__all__ = ["GaussianNoise", "Measured", "NoNoise", "NoiseModel", "PairwiseBounds"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a noise model found at one layer: I(X;T), I(T;Y), and how."""

    of_input: Reading
    of_label: Reading
    method: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    notes: tuple[str, ...] = ()


class NoiseModel(Protocol):
    """Anything with a name that measures a cloud of activations."""

    @property
    def name(self) -> str:
        """What is added, with its size; printed with every value."""
        ...

    def measure(self, layer: LayerSample) -> Measured:
        """Return I(X;T) and I(T;Y) of a layer."""
        ...


@dataclass(frozen=True, slots=True)
class NoNoise:
    """Nothing is added: the inputs are a finite set, and the layer keeps H(T) of their H(X) nats.

    I(X;T) = H(T), I(T;Y) = H(T) - H(T|Y)

    Notes
    -----
    Exact. Two activations are one if they agree to the last bit; the smallest difference keeps them
    apart, so that I(X;T) = H(X) until a layer maps two inputs to the same numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from infoscope.probe.planes.cloud import merge_rows
    >>> joint = np.array([[0.25, 0.0], [0.25, 0.0], [0.0, 0.5]])
    >>> cloud = merge_rows(np.array([[1.0], [1.0], [3.0]]), joint)
    >>> round(NoNoise().measure(LayerSample(cloud)).of_input.value, 6)
    0.693147
    """

    @property
    def name(self) -> str:
        """What is added."""
        return "no noise"

    def measure(self, layer: LayerSample) -> Measured:
        """Return the entropy of the distinct activations, and their exact information."""
        settings: dict[str, object] = {"n_distinct": len(layer.cloud.points)}
        return Measured(
            Reading(layer.cloud.point_entropy, 0.0, how="exact"),
            Reading(layer.cloud.label_information, 0.0, how="exact"),
            "distinct activations",
            settings,
        )


@dataclass(frozen=True, slots=True)
class GaussianNoise:
    """Independent Gaussian noise on every unit of the layer: T = f(X) + std Z.

    I(X;T) = h(T) - d log(2 pi e std^2) / 2, h(T) the entropy of a mixture of n Gaussians

    Parameters
    ----------
    std : float
        Standard deviation, in the units of the activations.
    n_draws : int
        Draws of T where the activations span more than two axes. With at least 4 draws a point,
        all points are drawn equally often; else points are drawn too.
    how : {"auto", "quadrature", "draws"}
        "auto" takes quadrature in one or two axes, draws otherwise.

    Notes
    -----
    The densities are exact sums over all n distinct activations; quadrature states the difference
    of two rules as its error (1e-12 in general), draws their standard error. n^2 d time for 4 n
    draws (0.7 s for n = 4,096, d = 12), memory by blocks. The noise belongs to the measurement, not
    to the network: its scale decides how close two activations may be and still count as different.

    Source
    ------
    Goldfeld et al. (2019), Estimating information flow in deep neural networks.

    Examples
    --------
    Two activations 20 deviations apart are told apart: one bit.

    >>> import numpy as np
    >>> from infoscope.probe.planes.cloud import merge_rows
    >>> cloud = merge_rows(np.array([[0.0], [2.0]]), np.diag([0.5, 0.5]))
    >>> found = GaussianNoise(0.1).measure(LayerSample(cloud))
    >>> round(found.of_input.value, 9), found.of_input.how
    (0.693147181, 'quadrature')
    """

    std: float
    n_draws: int = 16_384
    how: Literal["auto", "quadrature", "draws"] = "auto"

    def __post_init__(self) -> None:
        check_positive(self.std, "GaussianNoise", "std")
        if self.n_draws < 4:
            raise InvalidArgument(
                sentence("GaussianNoise", "n_draws", "be at least 4", self.n_draws)
            )
        if self.how not in ("auto", "quadrature", "draws"):
            raise InvalidArgument(
                sentence("GaussianNoise", "how", "be 'auto', 'quadrature' or 'draws'",
                         repr(self.how))
            )  # fmt: skip

    @property
    def name(self) -> str:
        """What is added, with its size."""
        return f"Gaussian noise, std {self.std:g}"

    def measure(self, layer: LayerSample) -> Measured:
        """Return both by quadrature or draws."""
        found = None if self.how == "draws" else by_quadrature(layer.cloud, self.std)
        if found is None and self.how == "quadrature":
            raise InvalidArgument(
                sentence("GaussianNoise", "how", "be 'draws' or 'auto' for this layer",
                         "'quadrature' for activations on more than two axes, or too fine a noise")
            )  # fmt: skip
        if found is None:
            found = by_draws(layer.cloud, self.std, self.n_draws, layer.rng)
        return Measured(*found, method="gaussian mixture", settings={"std": self.std})


@dataclass(frozen=True, slots=True)
class PairwiseBounds:
    """The same Gaussian noise, bracketed by bounds from pairwise distances instead of integrated.

    low, high of I(X;T) = -sum_i p_i log sum_j p_j exp(-D(i, j)), D = |t_i - t_j|^2 / (2 std^2)
    for high (KL), times alpha (1 - alpha) for low (Chernoff)

    Parameters
    ----------
    std : float
        Standard deviation of the noise, in the units of the activations.
    alpha : float
        Order of the Chernoff divergence; 0.5 gives the best bound here.

    Notes
    -----
    The ends are proven, not sampled; the value is the middle. n^2 d time (0.3 s for n = 4,096,
    d = 12), memory linear in n. I(T;Y) is a difference of two bracketed terms, and so wider.

    Source
    ------
    Kolchinsky and Tracey (2017), Estimating mixture entropy with pairwise distances.

    Examples
    --------
    >>> import numpy as np
    >>> from infoscope.probe.planes.cloud import merge_rows
    >>> cloud = merge_rows(np.array([[0.0], [0.1]]), np.diag([0.5, 0.5]))
    >>> found = PairwiseBounds(0.1).measure(LayerSample(cloud)).of_input
    >>> round(found.low, 4), round(found.high, 4)  # log 2 - log(1 + exp(-1/8)), exp(-1/2)
    (0.0605, 0.2191)
    """

    std: float
    alpha: float = 0.5

    def __post_init__(self) -> None:
        check_positive(self.std, "PairwiseBounds", "std")
        if not 0 < self.alpha < 1:
            raise InvalidArgument(
                sentence("PairwiseBounds", "alpha", "lie between 0 and 1", self.alpha)
            )

    @property
    def name(self) -> str:
        """What is added, with its size."""
        return f"pairwise bounds, Gaussian noise, std {self.std:g}"

    def measure(self, layer: LayerSample) -> Measured:
        """Return both between their bounds."""
        settings: dict[str, object] = {"std": self.std, "alpha": self.alpha}
        return Measured(*bracket(layer.cloud, self.std, self.alpha), "pairwise distances", settings)
