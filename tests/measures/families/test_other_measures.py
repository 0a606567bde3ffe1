"""Families where a measure takes none, and perplexity, which takes them."""

import pytest
import scipy.stats as st
import torch

import infoscope
from infoscope.core.errors import WrongType


def test_perplexity_of_a_family_is_the_exponential_of_its_entropy() -> None:
    assert infoscope.perplexity(st.uniform(0, 3)) == pytest.approx(3.0, rel=1e-14)
    assert infoscope.perplexity(st.binom(1, 0.5)) == pytest.approx(2.0, rel=1e-14)
    fair = torch.distributions.Categorical(probs=torch.ones(8, dtype=torch.float64) / 8)
    assert float(infoscope.perplexity(fair)) == pytest.approx(8.0, rel=1e-14)


@pytest.mark.parametrize("family", [st.norm(), torch.distributions.Normal(0.0, 1.0)])
def test_a_measure_that_takes_no_family_says_which_do(family: object) -> None:
    with pytest.raises(WrongType, match=r"renyi_entropy: p must be an array or Logits; got a "):
        infoscope.renyi_entropy(family, 2)
    with pytest.raises(WrongType, match="kl_divergence and jensen_shannon_divergence"):
        infoscope.total_variation(family, [0.5, 0.5])
