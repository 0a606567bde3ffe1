"""Floor 1: exact measures on distributions, one definition each, for any array library."""

from infoscope.measures.divergences import jensen_shannon_divergence, kl_divergence
from infoscope.measures.joint_tables import conditional_entropy, mutual_information
from infoscope.measures.pointwise import surprisal
from infoscope.measures.shannon import cross_entropy, entropy, perplexity

__all__ = [
    "conditional_entropy",
    "cross_entropy",
    "entropy",
    "jensen_shannon_divergence",
    "kl_divergence",
    "mutual_information",
    "perplexity",
    "surprisal",
]
