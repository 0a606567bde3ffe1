"""The reference card: every call on it is run, and gives what is printed beside it."""

import math
from typing import Any

import pytest

from infoscope.explore.pages import reference as page
from infoscope.explore.quantities import QUANTITIES, SETUP, Quantity
from infoscope.explore.registry import all_pages

#: softmax([3, 0] / 2) and softmax([1, 0] / 2)
SURE, CLOSE = 1 / (1 + math.exp(-1.5)), 1 / (1 + math.exp(-0.5))
#: values that follow by hand, from the same inputs
BY_HAND = {
    "Surprisal": 3.0,
    "Entropy": -0.9 * math.log(0.9) - 0.1 * math.log(0.1),
    "Rényi entropy": -math.log(0.375),
    "Entropy of a Gaussian": 0.5 * math.log(2 * math.pi * math.e),
    "KL of two Gaussians": 0.5 * (0.25 + 0.25 - 1) + math.log(2),
    "Jeffreys' divergence": 0.4 * math.log(9),
    "Gaussian mutual information": -0.5 * math.log(0.64),
    "Information gain": 1 + 0.8 * math.log2(0.8) + 0.2 * math.log2(0.2),
    "Capacity": 1 + 0.9 * math.log2(0.9) + 0.1 * math.log2(0.1),
    "Rate–distortion": 1 + 0.11 * math.log2(0.11) + 0.89 * math.log2(0.89),
    "Pointwise mutual information": math.log2(1.6),
    "Entropy of a sample, corrected": -0.6 * math.log(0.6) - 0.4 * math.log(0.4) + 1 / 20,
    "Bits per byte": 1000 / 1200 / math.log(2),
    "Log loss": -(math.log(0.9) + math.log(0.8) + math.log(0.7)) / 3,
    "Brier score": (0.01 + 0.04 + 0.09) / 3,
    "Perplexity of a loss": math.exp(3.2),
    "Optimum under a KL penalty": math.e / (1 + math.e),
    "KL of the best of n": math.log(4) - 0.75,
    "Entropy rate": -0.9 * math.log(0.9) - 0.1 * math.log(0.1),
    "V-information": (math.log(1.8) + math.log(1.6) + math.log(0.8)) / 3,
    "Preference loss (DPO)": math.log1p(math.exp(-0.1)),
    "KL of a sample, k1": 0.5,
    "KL of a sample, k2": 0.125,
    "KL of a sample, k3": math.exp(-0.5) - 0.5,
    "Distillation": 4
    * (SURE * math.log(SURE / CLOSE) + (1 - SURE) * math.log((1 - SURE) / (1 - CLOSE))),
    "Label smoothing": math.log1p(math.exp(-2)) + 0.05 * 2,
}


@pytest.fixture(scope="module")
def space() -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(SETUP, found)
    return found


@pytest.mark.parametrize("one", QUANTITIES, ids=[one.name for one in QUANTITIES])
def test_a_call_gives_the_value_printed(one: Quantity, space: dict[str, Any]) -> None:
    assert f"{float(eval(one.call, dict(space))):.6g}" == one.value
    if one.name in BY_HAND:
        assert f"{BY_HAND[one.name]:.6g}" == one.value


def test_names_are_unique_and_pages_exist() -> None:
    names = [one.name for one in QUANTITIES]
    assert len(set(names)) == len(names)
    assert set(BY_HAND) <= set(names)
    for one in QUANTITIES:
        assert one.page == "" or one.page in all_pages(), one.name
        assert one.unit or one.name == "Gain ratio"
        assert one.zero


def test_every_quantity_is_on_the_card() -> None:
    shown = "".join(str(html) for html in page.view().values())
    for one in QUANTITIES:
        assert one.value in shown
    assert shown.count('class="math"') == len(QUANTITIES)
    assert [one for group in page.GROUPS for one in page.rows(group)] == list(QUANTITIES)
