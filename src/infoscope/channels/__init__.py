"""Floor 2: what can be sent, described and forgotten at best: Shannon's limits with proven gaps."""

from infoscope.channels.annealing import bottleneck_curve
from infoscope.channels.bottleneck_results import (
    AgglomerativeBottleneck,
    Bottleneck,
    BottleneckCurve,
    DeterministicBottleneck,
    GaussianBottleneck,
    GaussianBottleneckCurve,
)
from infoscope.channels.channel_forms import (
    binary_erasure,
    binary_symmetric,
    gaussian_capacity,
    parallel_gaussian_capacity,
    symmetric_channel,
    z_channel,
)
from infoscope.channels.gaussian_variables import gaussian_bottleneck, gaussian_bottleneck_curve
from infoscope.channels.hard_bottleneck import agglomerative_bottleneck, deterministic_bottleneck
from infoscope.channels.lossy import rate_distortion, rate_distortion_curve
from infoscope.channels.results import (
    Capacity,
    GaussianCapacity,
    GaussianRateDistortion,
    RateDistortion,
    RateDistortionCurve,
)
from infoscope.channels.soft_bottleneck import information_bottleneck
from infoscope.channels.source_forms import (
    bernoulli_rate_distortion,
    gaussian_rate_distortion,
    mrs_gerber,
    parallel_gaussian_rate_distortion,
    uniform_rate_distortion,
)
from infoscope.channels.transmission import capacity

__all__ = [
    "AgglomerativeBottleneck",
    "Bottleneck",
    "BottleneckCurve",
    "Capacity",
    "DeterministicBottleneck",
    "GaussianBottleneck",
    "GaussianBottleneckCurve",
    "GaussianCapacity",
    "GaussianRateDistortion",
    "RateDistortion",
    "RateDistortionCurve",
    "agglomerative_bottleneck",
    "bernoulli_rate_distortion",
    "binary_erasure",
    "binary_symmetric",
    "bottleneck_curve",
    "capacity",
    "deterministic_bottleneck",
    "gaussian_bottleneck",
    "gaussian_bottleneck_curve",
    "gaussian_capacity",
    "gaussian_rate_distortion",
    "information_bottleneck",
    "mrs_gerber",
    "parallel_gaussian_capacity",
    "parallel_gaussian_rate_distortion",
    "rate_distortion",
    "rate_distortion_curve",
    "symmetric_channel",
    "uniform_rate_distortion",
    "z_channel",
]
