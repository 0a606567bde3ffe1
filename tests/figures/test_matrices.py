"""Heat maps fit the width that they are given."""

import numpy as np
import pytest

from infoscope.figures import heat_map
from infoscope.figures.marks import Rect


@pytest.mark.parametrize("width", [342, 480, 880])
@pytest.mark.parametrize("missing", [False, True])
def test_it_is_no_wider_than_asked_for(width: int, missing: bool) -> None:
    grid = np.linspace(0, 1, 25).reshape(5, 5)
    if missing:
        grid[2, 2] = np.nan
    names = [f"a column of name {i}" for i in range(5)]
    figure = heat_map(
        grid, names, names, title="Map", unit="bits", quantity="information", width=width
    )
    assert figure.width <= width
    rights = [mark.x + mark.width for mark in figure.marks if isinstance(mark, Rect)]
    assert max(rights) <= figure.width
    bottoms = [mark.y + mark.height for mark in figure.marks if isinstance(mark, Rect)]
    assert max(bottoms) <= figure.height
    assert any(getattr(mark, "text", "") == "missing" for mark in figure.marks) is missing
