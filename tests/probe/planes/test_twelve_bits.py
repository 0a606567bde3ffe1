"""The 12-bit problem keeps its symmetries, and bins see compression where nothing is lost."""

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, UnknownName
from infoscope.probe.planes.bins import Binning
from infoscope.probe.planes.twelve_bits import twelve_bit_experiment, twelve_bit_problem


def test_the_rule_is_the_same_for_all_corners_and_no_bit_tells_the_label() -> None:
    problem = twelve_bit_problem()
    assert np.unique(problem.x, axis=0).shape == (4096, 12)
    for lit in (1, 11):  # one corner lit, or dark: rotations take each to each
        rows = (problem.x > 0).sum(1) == lit
        assert np.ptp(problem.rule[rows]) < 1e-8
    assert 0.4 < problem.y.mean() < 0.6
    assert np.max(np.abs((problem.y - problem.y.mean()) @ problem.x)) / 4096 < 1e-12


def test_a_short_run_is_recorded_and_repeats() -> None:
    noise = [None, Binning(width=1 / 15)]
    run = twelve_bit_experiment(noise=noise, n_epochs=3, n_records=3, layers="all")
    assert len(repr(run)) < 200
    path = run.trajectory
    assert path.layers == tuple(f"{kind} {i}" for i in range(1, 6) for kind in ("linear", "tanh"))
    assert path.epochs == (0, 1, 3)
    assert path.input_entropy == pytest.approx(12.0, abs=1e-12)
    exact = path.of(noise="no noise", epoch=3, layer="tanh 1").points[0]
    assert exact.of_input.value == pytest.approx(12.0, abs=1e-12)
    for point in path.points:
        assert 0 <= point.of_label.value <= path.total + 1e-9
        assert point.of_input.value <= 12 + 1e-9
    again = twelve_bit_experiment(noise=noise, n_epochs=3, n_records=3, layers="all")
    assert again.trajectory == path


def test_refusals() -> None:
    with pytest.raises(UnknownName, match="'gelu'"):
        twelve_bit_experiment("gelu")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="train_share"):
        twelve_bit_experiment(train_share=0.0)
    with pytest.raises(UnknownName, match="'some'"):
        twelve_bit_experiment(layers="some")  # type: ignore[arg-type]
