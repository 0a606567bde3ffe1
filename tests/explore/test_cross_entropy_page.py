"""The page on cross-entropy against values derived by hand and by finite differences."""

import math
import warnings
from typing import Any

import numpy as np
import pytest

import infoscope as isc
from infoscope.core.errors import InvalidArgument
from infoscope.explore.controls import Sent
from infoscope.explore.levels import Levels
from infoscope.explore.pages import cross_entropy as page

START: dict[str, Any] = {"label": "2", "smoothing": 0.0, "own": False, "y": (0.1, 0.2, 0.6, 0.1)}


def test_the_four_logits() -> None:
    """-log softmax([1, 3, 2, 1/2])[2] = log(e + e³ + e² + √e) - 2."""
    z = (1.0, 3.0, 2.0, 0.5)
    total = math.log(math.e + math.e**3 + math.e**2 + math.sqrt(math.e))
    costs = [page.numbers(z=z, **{**START, "label": str(i)})["cross_entropy"] for i in range(4)]
    assert costs == pytest.approx([total - v for v in z], rel=1e-14)
    assert costs[2] == pytest.approx(1.460773489156851, rel=1e-14)
    found = page.numbers(z=z, **START)
    assert found["target_entropy"] == 0.0
    assert found["kl"] == pytest.approx(found["cross_entropy"])
    assert found["perplexity"] == pytest.approx(1 / page.softmax(z)[2])
    assert found["cross_entropy_bits"] == pytest.approx(found["cross_entropy"] / math.log(2))


def test_the_arrows_are_the_numeric_slope() -> None:
    z = np.array([1.0, 3.0, 2.0, 0.5])
    patch = page.view(z=tuple(z), **{**START, "smoothing": 0.2}, width=728, held=False)
    arrows = np.array(page.target(4, "2", 0.2, False, ())) - page.softmax(tuple(z))
    for i, step in enumerate(np.eye(4) * 1e-5):
        up, down = (
            page.numbers(z=tuple(z + s), **{**START, "smoothing": 0.2})["cross_entropy"]
            for s in (step, -step)
        )
        assert -(up - down) / 2e-5 == pytest.approx(arrows[i], abs=1e-8)
    assert patch["logits"].data["logit"] == pytest.approx(z)
    for label, arrow in zip(patch["pull"].data["name"], arrows, strict=True):
        assert float(label[1:].replace("−", "-")) == pytest.approx(arrow, abs=6e-4)


@pytest.mark.parametrize("own", [False, True], ids=["class", "own"])
def test_the_loss_is_entropy_plus_divergence(own: bool) -> None:
    found = page.numbers(z=(0.3, -2.0, 1.0, 4.0), **{**START, "own": own, "smoothing": 0.1})
    assert found["cross_entropy"] == pytest.approx(found["target_entropy"] + found["kl"])
    if not own:  # 0.925 once, 0.025 three times
        floor = -0.925 * math.log(0.925) - 3 * 0.025 * math.log(0.025)
        assert found["target_entropy"] == pytest.approx(floor)


def test_probabilities_in_place_of_logits_are_noticed() -> None:
    """softmax([2, 1, 0.1]) once costs 0.4170300162778335, twice 0.8021208912128679."""
    z = tuple(page.softmax((2.0, 1.0, 0.1)))
    values = {**START, "label": "0", "y": (1.0, 0.0, 0.0)}
    found = page.numbers(z=z, **values)
    assert found["meant"] == pytest.approx(0.4170300162778335, rel=1e-14)
    assert found["cross_entropy"] == pytest.approx(0.8021208912128679, rel=1e-14)
    assert "look like probabilities" in page.view(z=z, **values, width=342, held=False)["warning"]
    with pytest.warns(isc.InfoscopeWarning):
        isc.Logits(z)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert page.view(z=(1.0, 3.0), **{**values, "y": (1, 0)}, width=342, held=False)[
            "warning"
        ] == ""  # fmt: skip


def test_a_target_follows_the_number_of_classes() -> None:
    values = {"z": (1.0, 2.0), "label": "3", "y": (0.0, 0.0, 0.5, 0.5)}
    assert page.settle(values, "z.less", False) == values | {"label": "1", "y": (0.5, 0.5)}
    more = page.settle({"z": (0.0,) * 5, "label": "1", "y": (0.5, 0.5)}, "z.add", False)
    assert more["y"] == pytest.approx((0.5, 0.5, 0, 0, 0))


def test_a_level_is_dragged_typed_added_and_refused() -> None:
    control = Levels(name="z", label="Logits", default=(1.0, 2.0))
    typed = {"z": "1, -3.5, 1/2"}
    assert control.read(Sent(typed)) == (1.0, -3.5, 0.5)
    assert control.read(Sent(typed, "z.1", "4")) == (1.0, 4.0, 0.5)
    assert control.read(Sent(typed, "z.add", "")) == (1.0, -3.5, 0.5, 0.0)
    assert control.read(Sent(typed, "z.less", "")) == (1.0, -3.5)
    assert control.read(Sent(typed, "z.9", "4")) == (1.0, -3.5, 0.5)
    with pytest.raises(InvalidArgument, match="lie in"):
        control.read(Sent(typed, "z.1", "1e9"))
    with pytest.raises(InvalidArgument, match="hold 2 to 6 numbers"):
        control.read(Sent({"z": "1"}))
    assert control.body((1.0, 2.0)).count('type="range"') == 2
