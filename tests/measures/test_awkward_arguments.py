"""Arguments of unforeseen kinds: read if they can be, else refused in one sentence."""

import copy
import math
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import infoscope as info
from infoscope import Joint, Logits
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType
from infoscope.measures import bounds

INF, NAN = math.inf, math.nan
TABLE = [[0.4, 0.05], [0.05, 0.5]]
UNIT = np.eye(2)
HALVES = [0.5, 0.5]
DIE = [1, 2, 3, 4, 5, 6]
FAR = (Logits([0.0, -300.0]), Logits([0.0, -800.0]))


@pytest.mark.parametrize(
    "call, value",
    [
        (lambda: info.entropy([Fraction(1, 3)] * 3), math.log(3)),
        (lambda: info.entropy([Decimal("0.25"), Decimal("0.75")]), 0.5623351446188083),
        (lambda: info.entropy(np.ma.masked_array([0.5, 0.5])), math.log(2)),
        (lambda: info.entropy(Logits([1e308, -1e308])), 0.0),
        (lambda: info.surprisal(1 + 2**-52), -(2.0**-52)),
        (lambda: info.gaussian_entropy(np.ones((1, 1), np.longdouble)), 1.4189385332046727),
        (lambda: info.gaussian_kl(0, 1, 1e200, 1), INF),
        # outcomes of logits whose probability is too small for a double still count
        (lambda: info.tsallis_entropy(Logits([0.0, -2000.0]), 0), 1.0),
        (lambda: info.tsallis_entropy(Logits([0.0, -2000.0]), 1e-3), math.exp(-2) / 0.999),
        (lambda: info.chi_squared_divergence(*FAR), math.exp(200)),
        (lambda: info.alpha_divergence(*FAR, 2), math.exp(200) / 2),
        (
            lambda: info.alpha_divergence(Logits([0.0, -800.0]), Logits([0.0, -2000.0]), 2),
            math.exp(400) / 2,
        ),
        # orders beside 0: 1 - a must not be rounded and taken back
        (
            lambda: info.alpha_divergence([1, 0], HALVES, 1e-10),
            (1 - 0.5**0.9999999999) / 0.9999999999e-10,
        ),
        (lambda: info.renyi_divergence([1, 0], HALVES, 1e-10), math.log(2)),
        (lambda: info.conditional_entropy(TABLE, given=[1]), 0.32452429667144533),
        (lambda: info.gaussian_mutual_information(UNIT, np.array([1])), 0.0),
        # scores that are all impossible but the right ones
        (lambda: bounds.donsker_varadhan([[0.0, -INF], [-INF, 0.0]]).value, INF),
        (lambda: bounds.nwj([[0.0, 1e4], [1e4, 0.0]]).value, -INF),
        (lambda: info.perplexity_from_loss(np.float32(1.0)), math.e),
        (lambda: info.perplexity_from_loss(1), math.e),
        (lambda: info.bits(np.float32(1.0)), 1 / math.log(2)),
        (lambda: info.bits_per_byte(np.float64(math.log(2)), 1), 1.0),
    ],
)
def test_value(call: Callable[[], Any], value: float) -> None:
    got = call()
    assert type(got) is float
    assert got == pytest.approx(value, rel=1e-7 if value == math.e else 1e-12, abs=1e-17)


def test_the_converters_read_lists() -> None:
    assert info.bits([0.0, math.log(2)]).tolist() == [0.0, 1.0]
    assert info.nats([0, 1]).tolist() == [0.0, math.log(2)]
    assert info.bits_per_byte([math.log(2), math.log(4)], 2).tolist() == [0.5, 1.0]
    assert info.perplexity_from_loss([0.0, 1e4]).tolist() == [1.0, INF]


def test_named_tables_can_be_pickled_and_copied() -> None:
    joint = Joint(TABLE, "XY")
    for twin in (pickle.loads(pickle.dumps(joint)), copy.deepcopy(joint)):
        assert twin.names == joint.names
        assert twin.H("X|Y") == joint.H("X|Y")


def test_the_bounds_are_where_the_documentation_says() -> None:
    assert info.measures.bounds.info_nce is bounds.info_nce


def test_half_precision_softmax_is_noticed_as_logits() -> None:
    with pytest.warns(info.InfoscopeWarning, match="looks like probabilities already"):
        Logits(np.array([[0.3, 0.2, 0.5]], dtype=np.float16))


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (
            lambda: Logits(Logits([1.0, 2.0])),
            WrongType,
            "Logits: z must be an array; got Logits. Pass the array itself.",
        ),
        (
            lambda: info.mutual_information(Joint(TABLE, "XY")),
            WrongType,
            "mutual_information: joint must be an array; got Joint. "
            "Use its own methods, or pass its table.",
        ),
        (
            lambda: info.entropy(["rain", "sun"]),
            WrongType,
            "entropy: p must hold real numbers; got dtype <U4. "
            "For observations there is infoscope.estimate; probabilities are counts / n.",
        ),
        (
            lambda: info.entropy(np.ma.masked_array([0.5, 0.5, 9.0], mask=[0, 0, 1])),
            WrongType,
            "entropy: p must have no masked entries; got 1 masked. "
            "Pass its data, and where=~mask to leave them out.",
        ),
        (
            lambda: info.jensen_shannon_divergence(HALVES, HALVES, weights=3),
            WrongType,
            "jensen_shannon_divergence: weights must be two numbers; got 3.",
        ),
        (
            lambda: info.jensen_shannon_divergence(HALVES, HALVES, weights="ab"),
            WrongType,
            "jensen_shannon_divergence: weights must be two numbers; got 'ab'.",
        ),
        (
            lambda: info.f_divergence(HALVES, HALVES, abs, at_zero="a"),
            WrongType,
            "f_divergence: at_zero must be a real number; got 'a'.",
        ),
        (
            lambda: info.surprisal([[0.5, 1.5]]),
            NotADistribution,
            "surprisal: p must lie in [0, 1]; got 1.5 at index (0, 1). "
            "If these are logits, wrap them: Logits(z).",
        ),
        (
            lambda: info.conditional_entropy(TABLE, given="X"),
            WrongType,
            "conditional_entropy: given must be an integer or several; got 'X'.",
        ),
        (
            lambda: info.conditional_entropy(TABLE, given=2),
            InvalidArgument,
            "conditional_entropy: given must lie in [-2, 1]; got 2.",
        ),
        (
            lambda: info.pointwise_mutual_information(TABLE, negatives="5"),
            WrongType,
            "pointwise_mutual_information: negatives must be a real number; got '5'.",
        ),
        (
            lambda: Joint(TABLE, 5),
            WrongType,
            "Joint: names must be strings; got 5.",
        ),
        (
            lambda: Joint([[1, 2], [3, 4]], "XY"),
            NotADistribution,
            "Joint: table must sum to 1 over the whole table (within 1e-06); got a sum of 10.0. "
            "If these are counts, divide them by their sum; if they are observations, see "
            "infoscope.estimate.",
        ),
        (
            lambda: Joint(TABLE, "XY").chain_rule("X,X"),
            InvalidArgument,
            "Joint.chain_rule: order must name each variable once; got 'X,X'.",
        ),
        (
            lambda: info.maximum_entropy(DIE, None),
            WrongType,
            "maximum_entropy: moments must be a sequence of pairs (values, target); got NoneType.",
        ),
        (
            lambda: info.maximum_entropy(DIE, [(DIE, "a")]),
            WrongType,
            "maximum_entropy: moments[0][1] must be a real number; got 'a'.",
        ),
        (
            lambda: info.gaussian_mutual_information(UNIT, "1"),
            WrongType,
            "gaussian_mutual_information: split must be an integer or a sequence of them; got '1'.",
        ),
        (
            lambda: info.gaussian_mutual_information(UNIT, 1.5),
            WrongType,
            "gaussian_mutual_information: split must be an integer or a sequence of them; got 1.5.",
        ),
        (
            lambda: info.gaussian_mutual_information(UNIT, [0.5]),
            WrongType,
            "gaussian_mutual_information: split must be an integer or a sequence of them; "
            "got [0.5].",
        ),
        (
            lambda: info.gaussian_kl([NAN, 0], UNIT, [0, 0], UNIT),
            InvalidArgument,
            "gaussian_kl: mean0 must be finite; got nan.",
        ),
        (
            lambda: info.gaussian_kl(np.zeros((5, 2)), UNIT, [0, 0], np.stack([UNIT] * 4)),
            InvalidArgument,
            "gaussian_kl: arguments must have batch shapes that broadcast; "
            "got (5,), (), () and (4,).",
        ),
        (
            lambda: bounds.info_nce([[INF, 0.0], [0.0, 1.0]]),
            InvalidArgument,
            "info_nce: scores must hold neither NaN nor +inf; got inf. Find where it arose.",
        ),
        (
            lambda: bounds.info_nce([[-INF, -INF], [0.0, 1.0]]),
            InvalidArgument,
            "info_nce: scores must hold a finite score in each row; got a row of -inf.",
        ),
        (
            lambda: bounds.smile([[1, 2], [3, 4]], clip="a"),
            WrongType,
            "smile: clip must be a real number; got 'a'.",
        ),
        (
            lambda: info.bits("3"),
            WrongType,
            "bits: nats must be a real number or an array of them; got str.",
        ),
        (
            lambda: info.nats(None),
            WrongType,
            "nats: bits must be a real number or an array of them; got NoneType.",
        ),
        (
            lambda: info.bits_per_byte(1.0, "3"),
            WrongType,
            "bits_per_byte: n_bytes must be a real number; got '3'.",
        ),
        (
            lambda: info.perplexity_from_loss("3.2"),
            WrongType,
            "perplexity_from_loss: nats must be a real number or an array of them; got str.",
        ),
    ],
)
def test_refusals(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
