"""Pictures of capacities and curves: the columns that they show are the results."""

import math

import numpy as np
import pytest

from infoscope.channels import capacity, rate_distortion_curve


def test_a_capacity_is_drawn_as_its_input() -> None:
    found = capacity([[0.9, 0.1], [0.1, 0.9]], unit="bits")
    figure = found.figure()
    assert figure.title == "The input that attains the capacity"
    assert list(figure.data["p(x)"]) == pytest.approx([0.5, 0.5])
    h = -0.9 * math.log2(0.9) - 0.1 * math.log2(0.1)
    told = f"The capacity is {1 - h:.4g} bits; 2 of 2 inputs are used."
    assert figure.description == told
    many = capacity(np.eye(41)).figure()  # too many for columns
    assert many.description == f"The capacity is {math.log(41):.4g} nats; 41 of 41 inputs are used."
    np.testing.assert_allclose(many.data["p(x)"], 1 / 41, rtol=1e-6)


def test_a_curve_is_drawn_over_its_first_axis() -> None:
    """A fair coin under Hamming distortion: R(D) = 1 - h(D) bits."""
    curve = rate_distortion_curve([0.5, 0.5], 1 - np.eye(2), unit="bits")
    figure = curve.figure()
    assert figure is not None
    x, y = (np.asarray(figure.data[name], dtype=float) for name in ("distortion", "rate"))
    assert np.all(np.diff(x) > 0)
    inside = (x > 1e-9) & (x < 0.5 - 1e-9)
    d = x[inside]
    truth = 1 + d * np.log2(d) + (1 - d) * np.log2(1 - d)
    np.testing.assert_allclose(y[inside], truth, atol=1e-4)
    assert figure.description == f"rate over distortion, {x.size} points."
    assert "rate, bits" in figure.svg
    single = rate_distortion_curve([1.0], [[0.0]])
    assert single.figure() is None
