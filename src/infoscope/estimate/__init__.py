"""Floor 2: entropy, divergence and information from samples, each an `Estimate` with error bar."""

from infoscope.estimate.information import entropy, mutual_information

__all__ = ["entropy", "mutual_information"]
