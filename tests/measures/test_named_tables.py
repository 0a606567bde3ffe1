"""`Joint`: names, expressions, their errors, marginals, Venn regions, channels."""

import math

import numpy as np
import pytest

from infoscope import Joint, push
from infoscope.core.errors import InvalidArgument, UnknownName, WrongType

TABLE = np.random.default_rng(0).dirichlet(np.ones(24)).reshape(2, 3, 4)
J = Joint(TABLE, "XYZ")
KNOWN = "Commas join variables, ';' parts groups, '|' conditions; known: X, Y, Z."


def h(p: np.ndarray) -> float:
    p = p.ravel()[p.ravel() > 0]
    return float(-(p * np.log(p)).sum())


def test_expressions_by_hand() -> None:
    xy, xz, yz = TABLE.sum(axis=2), TABLE.sum(axis=1), TABLE.sum(axis=0)
    x, z = TABLE.sum(axis=(1, 2)), TABLE.sum(axis=(0, 1))
    assert pytest.approx(h(xy)) == J.H("X,Y")
    assert pytest.approx(h(xy)) == J.H("YX")
    assert pytest.approx(h(TABLE) - h(yz)) == J.H("X|Y,Z")
    assert pytest.approx(h(xz) + h(yz) - h(TABLE) - h(z)) == J.I("X;Y|Z")
    assert pytest.approx(h(x) + h(yz) - h(TABLE)) == J.I("X ; Y,Z")
    assert pytest.approx(J.H("X")) == J.I("X;X")
    assert J.H("X|X") == 0.0
    assert pytest.approx(J.I("X;Y") / math.log(2)) == J.I("X;Y", unit="bits")


def test_long_names_and_marginals() -> None:
    j = Joint(TABLE, ["rain", "eye colour", "x1"])
    assert pytest.approx(J.I("X;Y|Z")) == j.I("rain;eye colour|x1")
    assert j.marginal("x1,rain").table.shape == (4, 2)
    np.testing.assert_allclose(j.marginal("x1,rain").table, TABLE.sum(axis=1).T)
    np.testing.assert_allclose(J.marginal("ZX").table, J.marginal("Z,X").table)
    assert J.marginal("ZX").names == ("Z", "X")
    assert Joint(TABLE, "a, bc, d").names == ("a", "bc", "d")
    assert repr(J) == "Joint(X: 2, Y: 3, Z: 4)"


def test_regions_of_two_and_three() -> None:
    two = J.marginal("XY").venn()
    assert list(two) == ["H(X|Y)", "H(Y|X)", "I(X;Y)"]
    three = J.venn(unit="bits")
    assert list(three) == [
        "H(X|Y,Z)", "H(Y|X,Z)", "H(Z|X,Y)", "I(X;Y|Z)", "I(X;Z|Y)", "I(Y;Z|X)", "I(X;Y;Z)",
    ]  # fmt: skip
    assert pytest.approx(sum(three.values())) == J.H("XYZ", unit="bits")
    for region, value in three.items():
        assert value == pytest.approx(getattr(J, region[0])(region[2:-1], unit="bits"))
    assert list(J.chain_rule("Z,X,Y")) == ["H(Z)", "H(X|Z)", "H(Y|Z,X)"]


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (
            lambda: J.H("X,"), InvalidArgument,
            f"Joint.H: expression must name a variable; got 'X,', at position 2. {KNOWN}",
        ),
        (
            lambda: J.I("X;;Y"), InvalidArgument,
            f"Joint.I: expression must name a variable; got 'X;;Y', at position 2. {KNOWN}",
        ),
        (
            lambda: J.I("X;Y|"), InvalidArgument,
            f"Joint.I: expression must name a variable; got 'X;Y|', at position 4. {KNOWN}",
        ),
        (
            lambda: J.I("X|Y|Z"), InvalidArgument,
            f"Joint.I: expression must hold at most one '|'; got 'X|Y|Z', at position 3. {KNOWN}",
        ),
        (
            lambda: J.I("X;Y|Z;X"), InvalidArgument,
            "Joint.I: expression must hold no ';' after the '|'; got 'X;Y|Z;X', at position 5. "
            f"{KNOWN}",
        ),
        (
            lambda: J.I("X"), InvalidArgument,
            "Joint.I: expression must hold two groups of variables, parted by ';'; got 'X'. "
            "Entropy of one group is H('X').",
        ),
        (
            lambda: J.H("X;Y"), InvalidArgument,
            "Joint.H: expression must be one group of variables; got 'X;Y'. "
            "Entropy joins variables by commas; I('X;Y') is mutual information.",
        ),
        (
            lambda: J.I("X; W|Y"), UnknownName,
            "Joint.I: expression must name variables of the table (X, Y, Z); got 'W' at position 3 "
            "of 'X; W|Y'.",
        ),
        (
            lambda: Joint(TABLE, ["rain", "snow", "sun"]).H("rian"), UnknownName,
            "Joint.H: expression must name variables of the table (rain, snow, sun); got 'rian' at "
            "position 0 of 'rian'. Did you mean 'rain'?",
        ),
        (
            lambda: Joint(TABLE, ["a", "aa", "b"]).H("aaab"), InvalidArgument,
            "Joint.H: expression must separate 'aaab' by commas (a,a,a,b or a,aa,b or aa,a,b); got "
            "'aaab', at position 0. Commas join variables, ';' parts groups, '|' conditions; "
            "known: a, aa, b.",
        ),
        (
            lambda: J.H(3), WrongType,
            "Joint.H: expression must be a string such as 'X,Y|Z'; got int.",
        ),
        (
            lambda: Joint(TABLE, "XY"), InvalidArgument,
            "Joint: names must name each of 3 axes; got 2 names.",
        ),
        (
            lambda: Joint(TABLE, ["X", "Y", "X"]), InvalidArgument,
            "Joint: names must differ from each other; got ['X', 'Y', 'X'].",
        ),
        (
            lambda: Joint(TABLE, ["X", "Y;Z", "W"]), InvalidArgument,
            "Joint: names must hold no ',', ';', '|' or outer spaces; got 'Y;Z'.",
        ),
        (
            lambda: J.marginal("X,X"), InvalidArgument,
            "Joint.marginal: names must name each variable once; got 'X,X'.",
        ),
        (
            lambda: Joint(TABLE[None], "WXYZ").venn(), InvalidArgument,
            "Joint.venn: table must have two or three variables; got 4. "
            "Take a marginal first: J.marginal('X,Y,Z').venn().",
        ),
        (
            lambda: J.push("Q", np.eye(2), "W"), UnknownName,
            "Joint.push: variable must be one of X, Y, Z; got 'Q'.",
        ),
    ],
)  # fmt: skip
def test_message(call: object, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message


def test_push_by_hand_on_every_axis() -> None:
    rng = np.random.default_rng(1)
    for axis, k in enumerate(TABLE.shape):
        w = rng.dirichlet(np.ones(5), k)
        truth = np.moveaxis(np.tensordot(TABLE, w, axes=(axis, 0)), -1, axis)
        np.testing.assert_allclose(push(TABLE, w, axis=axis), truth, rtol=1e-14)
        pushed = J.push("XYZ"[axis], w, "W")
        kept = [*"XYZ"]
        kept[axis] = "W"
        np.testing.assert_allclose(pushed.marginal(",".join(kept)).table, truth, rtol=1e-14)
        np.testing.assert_allclose(pushed.marginal("XYZ").table, TABLE, rtol=1e-14)
