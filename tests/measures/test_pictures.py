"""Pictures of tables and of maximum entropy: what they show are the measures, by hand."""

import math

import numpy as np
import pytest

import infoscope as info
from infoscope import Joint

XOR = np.zeros((2, 2, 2))
for _x in (0, 1):
    for _y in (0, 1):
        XOR[_x, _y, _x ^ _y] = 0.25


def column(figure: object, name: str) -> list[object]:
    return list(figure.data[name])  # type: ignore[attr-defined]


def test_one_variable_as_columns() -> None:
    figure = Joint([0.5, 0.25, 0.25], ["weather"]).figure()
    assert figure is not None
    assert figure.title == "weather"
    assert column(figure, "p") == [0.5, 0.25, 0.25]
    assert "probability" in figure.svg


def test_two_variables_as_circles_in_bits() -> None:
    figure = Joint([[0.25, 0.25], [0.0, 0.5]], "XY").figure()
    assert figure is not None
    assert figure.title == "Information shared by X, Y"
    # H(X) = 1 bit, H(Y) = h(1/4), H(X,Y) = 1.5 bits
    h = 2 - 0.75 * math.log2(3)
    amounts = dict(zip(column(figure, "region"), column(figure, "bits"), strict=True))
    assert amounts == {
        "H(X|Y)": pytest.approx(1.5 - h),
        "I(X;Y)": pytest.approx(1 + h - 1.5),
        "H(Y|X)": pytest.approx(0.5),
    }


def test_independence_is_drawn_as_no_overlap() -> None:
    third = Joint(np.outer([0.3, 0.7], [0.1, 0.9]), "XY").figure()
    assert third is not None
    amounts = column(third, "bits")
    assert amounts[1] == pytest.approx(0.0, abs=1e-15)
    assert min(amounts) >= 0


def test_three_variables_have_a_middle_that_may_be_negative() -> None:
    """Parity: each pair shares nothing, and one bit once the third is known."""
    figure = Joint(XOR, "XYZ").figure()
    assert figure is not None
    amounts = dict(zip(column(figure, "region"), column(figure, "bits"), strict=True))
    assert {key: round(float(v), 12) for key, v in amounts.items()} == {
        "H(X|Y,Z)": 0, "H(Y|X,Z)": 0, "H(Z|X,Y)": 0,
        "I(X;Y|Z)": 1, "I(X;Z|Y)": 1, "I(Y;Z|X)": 1, "I(X;Y;Z)": -1,
    }  # fmt: skip
    # X alone has one bit, Y and Z are the same fair coin with another bias: regions in their places
    table = np.zeros((2, 2, 2))
    table[:, 0, 0], table[:, 1, 1] = 0.125, 0.375
    figure = Joint(table, "XYZ").figure()
    assert figure is not None
    amounts = dict(zip(column(figure, "region"), column(figure, "bits"), strict=True))
    h = 2 - 0.75 * math.log2(3)
    truth = {"H(X|Y,Z)": 1.0, "I(Y;Z|X)": h}
    for region, amount in amounts.items():
        assert amount == pytest.approx(truth.get(str(region), 0.0), abs=1e-12)


def test_more_variables_as_a_heat_map_and_too_many_as_nothing() -> None:
    four = np.multiply.outer(XOR, [0.5, 0.5])
    figure = Joint(four, "WXYZ").figure()
    assert figure is not None
    assert figure.svg.startswith("<svg")
    table = [list(values) for values in figure.data.values()]
    numbers = [v for row in table for v in row if isinstance(v, (int, float))]
    # four entropies of one bit, and twelve pairs that share nothing
    assert sorted(round(float(v), 12) for v in numbers) == [0.0] * 12 + [1.0] * 4
    one = np.ones((1,) * 12)
    assert Joint(one, "ABCDEFGHIJKL").figure() is not None
    assert Joint(one[..., None], "ABCDEFGHIJKLM").figure() is None


@pytest.mark.parametrize("k, kind", [(6, "columns"), (40, "columns"), (41, "line")])
def test_maximum_entropy_is_drawn_over_its_outcomes(k: int, kind: str) -> None:
    values = np.arange(k, dtype=float)
    found = info.maximum_entropy(values, [(values, (k - 1) / 2)])
    figure = found.figure()
    assert figure.title == "The distribution of largest entropy"
    assert figure.description == f"{k} outcomes, entropy {math.log(k):.4g} nats."
    np.testing.assert_allclose(column(figure, "p"), 1 / k, rtol=1e-9)
    assert ("outcome" in figure.svg.replace("outcomes", "")) == (kind == "line")
