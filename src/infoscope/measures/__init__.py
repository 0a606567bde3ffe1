"""Floor 1: exact measures on distributions, one definition each, for any array library."""

from infoscope.measures import bounds as bounds
from infoscope.measures.dependence import (
    dual_total_correlation,
    interaction_information,
    normalized_mutual_information,
    o_information,
    total_correlation,
    variation_of_information,
)
from infoscope.measures.divergences import (
    jeffreys_divergence,
    jensen_shannon_divergence,
    kl_divergence,
)
from infoscope.measures.f_divergences import (
    chi_squared_divergence,
    f_divergence,
    hellinger_distance,
    total_variation,
)
from infoscope.measures.gaussians import (
    gaussian_entropy,
    gaussian_kl,
    gaussian_mutual_information,
)
from infoscope.measures.joint_tables import (
    conditional_entropy,
    conditional_mutual_information,
    joint_entropy,
    mutual_information,
)
from infoscope.measures.maximum_entropy_solver import MaximumEntropy, maximum_entropy
from infoscope.measures.named_tables import Joint, push
from infoscope.measures.orders import (
    alpha_divergence,
    renyi_divergence,
    renyi_entropy,
    tsallis_entropy,
)
from infoscope.measures.pointwise import pointwise_mutual_information, surprisal
from infoscope.measures.shannon import cross_entropy, entropy, perplexity
from infoscope.measures.splits import gain_ratio, information_gain

__all__ = [
    "Joint",
    "MaximumEntropy",
    "alpha_divergence",
    "chi_squared_divergence",
    "conditional_entropy",
    "conditional_mutual_information",
    "cross_entropy",
    "dual_total_correlation",
    "entropy",
    "f_divergence",
    "gain_ratio",
    "gaussian_entropy",
    "gaussian_kl",
    "gaussian_mutual_information",
    "hellinger_distance",
    "information_gain",
    "interaction_information",
    "jeffreys_divergence",
    "jensen_shannon_divergence",
    "joint_entropy",
    "kl_divergence",
    "maximum_entropy",
    "mutual_information",
    "normalized_mutual_information",
    "o_information",
    "perplexity",
    "pointwise_mutual_information",
    "push",
    "renyi_divergence",
    "renyi_entropy",
    "surprisal",
    "total_correlation",
    "total_variation",
    "tsallis_entropy",
    "variation_of_information",
]
