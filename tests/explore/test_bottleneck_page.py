"""The page on the bottleneck: bounds that always hold, and cases whose answer is known."""

import time
from typing import Any

import numpy as np
import pytest

import infoscope as isc
from infoscope.explore.page import NARROW, WIDE
from infoscope.explore.pages import bottleneck as page
from infoscope.figures.marks import Handle

START: Any = page.PAGE.defaults()


@pytest.mark.parametrize("beta", [1.0, 4.5, 9.0, 60.0])
def test_a_summary_knows_no_more_than_what_it_is_made_from(beta: float) -> None:
    found = page.numbers(joint=page.MIXED, beta=beta)
    assert -1e-12 <= found["relevance"] <= min(found["complexity"], found["all_of_it"]) + 1e-9
    if beta == 1.0:
        assert found["clusters"] == 1


def test_a_noisy_copy_begins_at_one_over_the_correlation_squared() -> None:
    """Agreement 0.9 on fair bits has correlation 0.8."""
    assert page.numbers(joint=page.NOISY, beta=1.5)["clusters"] == 1
    assert page.numbers(joint=page.NOISY, beta=1.7)["relevance"] > 0
    assert "begins at β = 1.56" in page.notice(joint=page.NOISY, beta=1.5)


def test_independent_variables_are_worth_nothing() -> None:
    assert page.numbers(joint=page.INDEPENDENT, beta=60.0)["complexity"] == pytest.approx(0.0)
    assert "nothing of Y" in page.notice(joint=page.INDEPENDENT, beta=60.0)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_point_lies_on_the_curve(width: int) -> None:
    patch = page.view(**START, width=width)
    curve = patch["curve"]
    x, y = (np.array(curve.data[name]) for name in ("I(X;T), bits told", "best"))
    found = page.numbers(**START)
    assert np.interp(found["complexity"], x, y) == pytest.approx(found["relevance"], abs=4e-3)
    assert np.all(np.diff(y) >= -1e-9)
    (grip,) = (mark for mark in patch["against"].marks if isinstance(mark, Handle))
    assert (grip.drag_x, grip.x < width) == ("beta", True)


def test_a_move_is_quick() -> None:
    """CPU seconds, since the machine may be busy; the curve of the table is there already."""
    page.view(**START, width=WIDE)
    start = time.process_time()
    for beta in np.linspace(2.03, 40.03, 10).tolist():
        page.view(joint=page.MIXED, beta=beta, width=WIDE)
    assert (time.process_time() - start) / 10 < 0.05


def test_a_table_that_does_not_sum_to_one_is_refused() -> None:
    with pytest.raises(isc.InfoscopeError, match="joint must"):
        page.view(joint=((0.5, 0.4), (0.05, 0.0)), beta=2.0, width=WIDE)
