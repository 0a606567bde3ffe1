"""Trained critics as methods of `estimate`: near the truth, honest about what they are."""

import math

import numpy as np
import pytest

import infoscope
from infoscope.core.errors import InvalidArgument

BOUNDS = ("infonce", "nwj", "donsker_varadhan", "smile", "mine")


def gaussian(truth: float, n: int, d: int = 1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rho = math.sqrt(-math.expm1(-2 * truth / d))
    x = rng.standard_normal((n, d))
    return x, rho * x + math.sqrt(1 - rho**2) * rng.standard_normal((n, d))


def test_they_are_offered_by_name() -> None:
    offered = infoscope.estimate.methods("mutual_information")
    assert {*BOUNDS, "club"} <= {spec.name for spec in offered}


@pytest.mark.parametrize("method", BOUNDS)
def test_a_trained_bound_is_near_the_truth_on_pairs_it_has_not_seen(method: str) -> None:
    x, y = gaussian(0.7, 1000)
    found = infoscope.estimate.mutual_information(x, y, method=method, epochs=30, rng=0)
    assert abs(found.value - 0.7) < 4 * found.stderr + 0.05
    assert found.stderr < 0.07
    lower = method not in ("smile",)
    assert any(("lower bound" if lower else "no bound") in note for note in found.notes)


def test_independent_columns_read_zero() -> None:
    x, _ = gaussian(0.5, 600)
    y, _ = gaussian(0.5, 600, seed=1)
    for method in ("infonce", "club"):
        found = infoscope.estimate.mutual_information(x, y, method=method, epochs=20)
        assert abs(found.value) < 4 * found.stderr + 0.03


def test_info_nce_stops_at_its_cap_and_says_so() -> None:
    x, y = gaussian(8.0, 160, d=2)
    found = infoscope.estimate.mutual_information(x, y, method="infonce")
    assert found.value <= math.log(48)  # three tenths of the rows are measured
    assert any("cannot pass log 48" in note for note in found.notes)


def test_club_lies_above() -> None:
    x, y = gaussian(0.7, 800)
    found = infoscope.estimate.mutual_information(x, y, method="club")
    assert found.value > 0.7
    assert any("an upper bound in expectation" in note for note in found.notes)


def test_options_out_of_range_are_refused() -> None:
    x, y = gaussian(0.7, 100)
    with pytest.raises(InvalidArgument, match="hidden must be above 0"):
        infoscope.estimate.mutual_information(x, y, method="nwj", hidden=0)
    with pytest.raises(InvalidArgument, match="batch must be at least 2"):
        infoscope.estimate.mutual_information(x, y, method="nwj", batch=1)
