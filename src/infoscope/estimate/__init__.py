"""Floor 2: entropy, divergence and information from samples, each an `Estimate` with error bar."""

from infoscope.estimate.catalogue import MethodTable, methods
from infoscope.estimate.comparisons import cross_entropy, jensen_shannon_divergence, kl_divergence
from infoscope.estimate.conditional_independence import conditional_independence_test
from infoscope.estimate.independence import (
    IndependenceTest,
    benjamini_hochberg,
    independence_test,
)
from infoscope.estimate.information import (
    conditional_mutual_information,
    entropy,
    mutual_information,
    pointwise_mutual_information,
)
from infoscope.estimate.normalizing import normalized_mutual_information
from infoscope.estimate.pairs import (
    PairwiseInformation,
    mutual_information_score_func,
    pairwise_mutual_information,
)
from infoscope.estimate.sequences import entropy_rate, transfer_entropy

__all__ = [
    "IndependenceTest",
    "MethodTable",
    "PairwiseInformation",
    "benjamini_hochberg",
    "conditional_independence_test",
    "conditional_mutual_information",
    "cross_entropy",
    "entropy",
    "entropy_rate",
    "independence_test",
    "jensen_shannon_divergence",
    "kl_divergence",
    "methods",
    "mutual_information",
    "mutual_information_score_func",
    "normalized_mutual_information",
    "pairwise_mutual_information",
    "pointwise_mutual_information",
    "transfer_entropy",
]
