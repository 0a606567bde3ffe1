"""The plane of measured inputs: noise drawn once, information estimated from neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from infoscope import estimate
from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.result import Estimate
from infoscope.probe.planes.cloud import LayerSample
from infoscope.probe.planes.noise_models import Measured
from infoscope.probe.planes.noisy_cloud import Reading
from infoscope.probe.representations.matrices import check_positive

__all__ = ["NearestNeighbours"]


@dataclass(frozen=True, slots=True)
class NearestNeighbours:
    """Gaussian noise drawn once, and information estimated from neighbours: KSG, and Ross for Y.

    I(X;T) = psi(k) + psi(n) - mean of psi(n_x + 1) + psi(n_t + 1)

    For measured inputs and narrow layers, where the rows are a sample of a continuous law.

    Parameters
    ----------
    std : float
        Standard deviation of the noise, in the units of the activations. Without noise, I(X;T) of a
        continuous input is infinite, and an estimate measures the sample size.
    k : int
        Neighbours.
    max_units : int
        A wider layer is refused: the estimate falls far below the truth as dimensions grow.

    Notes
    -----
    See `infoscope.estimate.mutual_information`, whose error bar and notes the values carry. About
    n log n time in few dimensions.

    Source
    ------
    Kraskov, Stögbauer and Grassberger (2004), equation 8; Ross (2014) for labels.

    Examples
    --------
    >>> NearestNeighbours(0.1, k=5).name
    'nearest neighbours (k=5), Gaussian noise, std 0.1'
    """

    std: float
    k: int = 3
    max_units: int = 4

    def __post_init__(self) -> None:
        check_positive(self.std, "NearestNeighbours", "std")
        if self.k < 1 or self.max_units < 1:
            raise InvalidArgument(
                sentence("NearestNeighbours", "k and max_units", "be at least 1",
                         f"{self.k} and {self.max_units}")
            )  # fmt: skip

    @property
    def name(self) -> str:
        """The estimator, and the noise with its size."""
        return f"nearest neighbours (k={self.k}), Gaussian noise, std {self.std:g}"

    def measure(self, layer: LayerSample) -> Measured:
        """Return both with the error bars of their estimators."""
        cloud, inputs, rng = layer.cloud, layer.inputs, layer.rng
        d = cloud.points.shape[1]
        if d > self.max_units:
            raise InvalidArgument(
                sentence("NearestNeighbours", "layers", f"have at most {self.max_units} units",
                         f"a layer of {d}", "Name narrower layers, or use GaussianNoise.")
            )  # fmt: skip
        if inputs is None or len(inputs) != len(cloud.points):
            raise InvalidArgument(
                sentence("NearestNeighbours", "data", "hold measured inputs, each once",
                         "inputs that are whole numbers, repeat, or share activations",
                         "GaussianNoise is exact for a finite set of inputs.")
            )  # fmt: skip
        weights = cloud.weights
        if float(np.ptp(weights)) > 1e-9 * float(weights.max()):
            raise InvalidArgument(
                sentence("NearestNeighbours", "weights", "be equal", "unequal masses",
                         "Neighbours know rows of one mass only.")
            )  # fmt: skip
        given = cloud.joint / weights[:, None]
        drawn = rng.random(len(given))[:, None] < np.cumsum(given, axis=1)
        labels = np.argmax(drawn, axis=1)
        noisy = cloud.points + self.std * rng.standard_normal(cloud.points.shape)
        seed = int(rng.integers(2**31))
        of_input = estimate.mutual_information(
            inputs, noisy, method="ksg", k=self.k, discrete_x=False, discrete_y=False, rng=seed
        )
        of_label = estimate.mutual_information(
            noisy, labels, method="ross", k=self.k, discrete_x=False, discrete_y=True, rng=seed
        )
        settings: dict[str, object] = {"std": self.std, "k": self.k}
        notes = tuple(dict.fromkeys((*of_input.notes, *of_label.notes)))
        return Measured(_read(of_input), _read(of_label), "ksg", settings, notes)


def _read(found: Estimate) -> Reading:
    return Reading(found.value, found.stderr, how="nearest neighbours")
