"""Floor 2: entropy, divergence and information from samples, each an `Estimate` with error bar."""

from infoscope.estimate.comparisons import cross_entropy, jensen_shannon_divergence, kl_divergence
from infoscope.estimate.information import (
    conditional_mutual_information,
    entropy,
    mutual_information,
    pointwise_mutual_information,
)

__all__ = [
    "conditional_mutual_information",
    "cross_entropy",
    "entropy",
    "jensen_shannon_divergence",
    "kl_divergence",
    "mutual_information",
    "pointwise_mutual_information",
]
