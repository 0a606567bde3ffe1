"""Inputs at the edge and beyond: each has a value that is right, or one exact sentence."""

import math

import numpy as np
import pytest

import infoscope as info
from infoscope import Logits
from infoscope.core.errors import InvalidArgument, NotADistribution, UnknownName, WrongType

INF, NAN = math.inf, math.nan
HALVES = [0.5, 0.5]
TOLD = "If these are logits, wrap them: Logits(z)."
COUNTS = (
    "If these are counts, divide them by their sum; "
    "if they are observations, see infoscope.estimate."
)


@pytest.mark.parametrize(
    "call, value",
    [
        # zeros, certainty, disjoint supports
        (lambda: info.entropy([0.5, 0.5, 0.0]), math.log(2)),
        (lambda: info.entropy([1.0]), 0.0),
        (lambda: info.entropy([1, 0]), 0.0),
        (lambda: info.entropy([True, False]), 0.0),
        (lambda: info.kl_divergence([1, 0], [1, 0]), 0.0),
        (lambda: info.kl_divergence([1, 0], [0, 1]), INF),
        (lambda: info.kl_divergence([0.5, 0.5], [1, 0]), INF),
        (lambda: info.cross_entropy([1, 0], [0, 1]), INF),
        (lambda: info.cross_entropy([1, 0], [1, 0]), 0.0),
        (lambda: info.surprisal(0.0), INF),
        (lambda: info.surprisal(1.0), 0.0),
        (lambda: info.jensen_shannon_divergence([1, 0], [0, 1]), math.log(2)),
        (lambda: info.jensen_shannon_divergence([1, 0], [0, 1], weights=(1, 0)), 0.0),
        (lambda: info.jeffreys_divergence([1, 0], [0.5, 0.5]), INF),
        (lambda: info.total_variation([1, 0], [0, 1]), 1.0),
        (lambda: info.hellinger_distance([1, 0], [0, 1]), 1.0),
        (lambda: info.chi_squared_divergence([1, 0], [0.5, 0.5]), 1.0),
        (lambda: info.chi_squared_divergence([0.5, 0.5], [1, 0]), INF),
        # orders at their limits
        (lambda: info.renyi_entropy([0.5, 0.25, 0.25, 0], 0), math.log(3)),
        (lambda: info.renyi_entropy([0.5, 0.25, 0.25, 0], INF), math.log(2)),
        (lambda: info.renyi_entropy([1, 0], 0), 0.0),
        (lambda: info.renyi_entropy([1, 0], 0.5), 0.0),
        (lambda: info.renyi_entropy([1, 0], INF), 0.0),
        (lambda: info.renyi_entropy([0.5, 0.5], 1e9), math.log(2)),
        (lambda: info.tsallis_entropy([1, 0], 0), 0.0),
        (lambda: info.tsallis_entropy([0.5, 0.5], 1e9), 1e-9),
        (lambda: info.renyi_divergence([1, 0], [0, 1], 0), INF),
        (lambda: info.renyi_divergence([1, 0], [0, 1], 0.5), INF),
        (lambda: info.renyi_divergence([1, 0], [0, 1], 2), INF),
        (lambda: info.renyi_divergence([1, 0], [0.5, 0.5], 0), math.log(2)),
        (lambda: info.renyi_divergence([0.5, 0.5], [1, 0], 0), 0.0),
        (lambda: info.renyi_divergence([0.5, 0.5], [1, 0], 0.5), math.log(2)),
        (lambda: info.renyi_divergence([0.5, 0.5], [1, 0], INF), INF),
        (lambda: info.renyi_divergence([1, 0], [0.5, 0.5], INF), math.log(2)),
        (lambda: info.alpha_divergence([1, 0], [0, 1], 0.5), 4.0),
        (lambda: info.alpha_divergence([1, 0], [0, 1], 1), INF),
        (lambda: info.alpha_divergence([1, 0], [0, 1], -1), INF),
        (lambda: info.alpha_divergence([1, 0], [0.5, 0.5], 0.25), (1 - 0.5**0.75) / 0.1875),
        # huge logits, impossible outcomes
        (lambda: info.entropy(Logits([1e4, -1e4])), 0.0),
        (lambda: info.entropy(Logits([1e4, 1e4])), math.log(2)),
        (lambda: info.entropy(Logits([-INF, 0.0, 0.0])), math.log(2)),
        (lambda: info.cross_entropy([0, 1], Logits([1e4, -1e4])), 2e4),
        (lambda: info.cross_entropy([0, 1], Logits([0.0, -INF])), INF),
        (lambda: info.cross_entropy([1, 0], Logits([0.0, -INF])), 0.0),
        (lambda: info.kl_divergence(Logits([1e4, 0.0]), Logits([0.0, 1e4])), 1e4),
        (lambda: info.renyi_divergence(Logits([1e4, 0.0]), Logits([0.0, 1e4]), 1.5), 1e4),
        (lambda: info.renyi_entropy(Logits([0.0, -1e4]), 0), math.log(2)),
        (lambda: info.jeffreys_divergence(Logits([1e3, 0.0]), Logits([0.0, 1e3])), 2e3),
        # a loss of 50 nats stays 50 nats (through softmax first it would be inf)
        (lambda: info.cross_entropy([0, 1], Logits([50.0, 0.0])), 50.0),
        (lambda: info.perplexity_from_loss(50.0), 5.184705528587072e21),
        (lambda: info.perplexity_from_loss(1e4), INF),
        # the smallest doubles
        (lambda: info.entropy([1.0, 5e-324]), 0.0),
        (lambda: info.kl_divergence([1.0, 0.0], [1.0, 5e-324]), 0.0),
        (lambda: info.kl_divergence([0.5, 0.5], [1.0, 5e-324]), 371.526772661 - 0.0),
        (lambda: info.jensen_shannon_divergence([1.0, 5e-324], [1.0, 0.0]), 0.0),
        # what dtype-aware tolerance admits
        # (the value is that of the rounded probabilities: nothing is renormalised)
        (
            lambda: info.entropy(np.full(3, 1 / 3, dtype=np.float16)),
            -3 * 0.333251953125 * math.log(0.333251953125),
        ),
        (lambda: info.entropy(np.array([0.9, 0.1], dtype=np.float32)), 0.3250829733914482),
        # masks: what is left out may be anything
        (lambda: info.entropy([0.5, 0.5, NAN], where=[True, True, False]), math.log(2)),
        (lambda: info.kl_divergence([1, 9], [1, -9], where=[True, False]), 0.0),
        (lambda: info.entropy(Logits([0.0, 0.0, 9.0]), where=[True, True, False]), math.log(2)),
        (lambda: info.perplexity([0.25] * 4 + [3.0], where=[True] * 4 + [False]), 4.0),
        # tables
        (lambda: info.mutual_information([[1.0]]), 0.0),
        (lambda: info.normalized_mutual_information([[1.0]]), 0.0),
        (lambda: info.normalized_mutual_information([[0.5, 0.5]], normalization="min"), 0.0),
        (
            lambda: info.normalized_mutual_information([[0.5], [0.5]], normalization="geometric"),
            0.0,
        ),
        (lambda: info.gain_ratio([2, 2], [[2, 2], [0, 0]]), 0.0),
        (lambda: info.information_gain([3, 0], [[1, 0], [2, 0]]), 0.0),
    ],
)
def test_value(call: object, value: float) -> None:
    got = call()
    assert isinstance(got, float)
    assert got == pytest.approx(value, rel=1e-6 if value > 1e-6 else 1e-12, abs=1e-15)
    assert not (got == 0 and math.copysign(1, got) < 0)


@pytest.mark.parametrize(
    "call, kind, message",
    [
        (
            lambda: info.kl_divergence([-0.5, 1.5], HALVES),
            NotADistribution,
            f"kl_divergence: p must be non-negative along axis -1; got -0.5 at index (0,). {TOLD}",
        ),
        (
            lambda: info.entropy([NAN, 0.5, 0.5]),
            NotADistribution,
            "entropy: p must hold no NaN; got NaN at index (0,). Find where it arose.",
        ),
        (
            lambda: info.entropy([[0.5, 0.5], [0.5, NAN]], axis=0),
            NotADistribution,
            "entropy: p must hold no NaN; got NaN at index (1, 1). Find where it arose.",
        ),
        (
            lambda: info.entropy([0.5] * 4),
            NotADistribution,
            "entropy: p must sum to 1 along axis -1 (within 1e-06); got a sum of 2.0. "
            f"If these are weights, divide them by their sum. {TOLD}",
        ),
        (
            lambda: info.entropy([3, 1, 2]),
            NotADistribution,
            f"entropy: p must sum to 1 along axis -1 (within 1e-06); got a sum of 6.0. {COUNTS}",
        ),
        (
            lambda: info.entropy([2.0, 1.0, INF]),
            NotADistribution,
            f"entropy: p must sum to 1 along axis -1 (within 1e-06); got a sum of inf. {COUNTS}",
        ),
        (
            lambda: info.entropy([[0.5, 0.5], [0.9, 0.9]]),
            NotADistribution,
            "entropy: p must sum to 1 along axis -1 (within 1e-06); got a sum of 1.8 at index "
            f"(1,). If these are weights, divide them by their sum. {TOLD}",
        ),
        (
            lambda: info.entropy([]),
            NotADistribution,
            "entropy: p must have at least one outcome along axis -1; got shape (0,).",
        ),
        (
            lambda: info.entropy(0.5),
            InvalidArgument,
            "entropy: p must have at least one axis, over which its probabilities sum to 1; got a "
            "single number. A coin with bias b is the distribution [b, 1 - b].",
        ),
        (
            lambda: info.entropy(HALVES, axis=1),
            InvalidArgument,
            "entropy: axis must lie in [-1, 0] for p; got 1.",
        ),
        (
            lambda: info.entropy(HALVES, axis=0.0),
            WrongType,
            "entropy: axis must be an integer; got 0.0.",
        ),
        (
            lambda: info.entropy(HALVES, unit="Bits"),
            InvalidArgument,
            "entropy: unit must be one of 'nats', 'bits', 'bans'; got 'Bits'.",
        ),
        (
            lambda: info.kl_divergence(HALVES, [0.2, 0.3, 0.5]),
            InvalidArgument,
            "kl_divergence: q must have as many outcomes as p (2); got 3. "
            "Both must run over the same outcomes in the same order.",
        ),
        (
            lambda: info.kl_divergence([HALVES] * 2, [HALVES] * 3),
            InvalidArgument,
            "kl_divergence: q must have a batch shape that broadcasts; got (2,) and (3,). "
            "The axes that are not outcomes must agree, or have length 1.",
        ),
        (
            lambda: info.entropy("ab"),
            WrongType,
            "entropy: p must hold real numbers; got str. "
            "For observations there is infoscope.estimate; probabilities are counts / n.",
        ),
        (
            lambda: info.entropy([[0.5, 0.5], [1.0]]),
            WrongType,
            "entropy: p must be a rectangular array of numbers; got list with rows of unequal "
            "length. Give every row the same number of entries.",
        ),
        (
            lambda: info.entropy(HALVES, where=[1, 0]),
            WrongType,
            "entropy: where must be boolean (True keeps an outcome); got dtype int64. "
            "Compare first.",
        ),
        (
            lambda: info.entropy(HALVES, where=[True] * 3),
            InvalidArgument,
            "entropy: where must broadcast to the distributions' shape (2,); got shape (3,) with "
            "outcomes last.",
        ),
        (
            lambda: info.surprisal(1.5),
            NotADistribution,
            f"surprisal: p must lie in [0, 1]; got 1.5. {TOLD}",
        ),
        (
            lambda: Logits([NAN, 0.0]),
            NotADistribution,
            "Logits: z must be finite or -inf, with one finite value a row; got a maximum of nan.",
        ),
        (
            lambda: Logits([-INF, -INF]),
            NotADistribution,
            "Logits: z must be finite or -inf, with one finite value a row; got a maximum of -inf.",
        ),
        (
            lambda: info.entropy(Logits([0.0, 2.0]), where=[False, False]),
            NotADistribution,
            "entropy: where must keep one possible outcome a row; got a row of none.",
        ),
        (
            lambda: info.renyi_entropy(HALVES, -1),
            InvalidArgument,
            "renyi_entropy: order must be 0 or more; got -1.0.",
        ),
        (
            lambda: info.tsallis_entropy(HALVES, INF),
            InvalidArgument,
            "tsallis_entropy: order must be 0 or more and finite; got inf.",
        ),
        (
            lambda: info.renyi_divergence(HALVES, HALVES, "2"),
            WrongType,
            "renyi_divergence: order must be a real number; got '2'.",
        ),
        (
            lambda: info.alpha_divergence(HALVES, HALVES, NAN),
            InvalidArgument,
            "alpha_divergence: alpha must be finite; got nan.",
        ),
        (
            lambda: info.jensen_shannon_divergence(HALVES, HALVES, weights=(0.5, 0.6)),
            InvalidArgument,
            "jensen_shannon_divergence: weights must be two non-negative numbers that sum to 1; "
            "got [0.5, 0.6].",
        ),
        (
            lambda: info.f_divergence(HALVES, HALVES, lambda t: t),
            InvalidArgument,
            "f_divergence: f must be 0 at 1; got 1.0. Subtract f(1) from it.",
        ),
        (
            lambda: info.f_divergence([0, 1], HALVES, lambda t: t - 1),
            InvalidArgument,
            "f_divergence: at_zero must be given where q > 0 = p; got None. "
            "Pass the limit of f(0); inf is allowed.",
        ),
        (
            lambda: info.mutual_information([0.5, 0.5]),
            InvalidArgument,
            "mutual_information: joint must have one axis for each variable, two at least; got "
            "shape (2,). A table of samples must be counted first.",
        ),
        (
            lambda: info.mutual_information([[0.5, 0.5], [0.5, 0.5]]),
            NotADistribution,
            "mutual_information: joint must sum to 1 over the whole table (within 1e-06); got a "
            f"sum of 2.0. If these are weights, divide them by their sum. {TOLD}",
        ),
        (
            lambda: info.mutual_information([[0.5, 0.5], [0.5, -0.5]]),
            NotADistribution,
            "mutual_information: joint must be non-negative over the whole table; got -0.5 at "
            f"index (1, 1). {TOLD}",
        ),
        (
            lambda: info.conditional_entropy(np.eye(2) / 2, given=(0, 1)),
            InvalidArgument,
            "conditional_entropy: given must leave at least one of 2 axes, and name at least one; "
            "got (0, 1).",
        ),
        (
            lambda: info.information_gain([2, 2], [[1, 1], [1, 0]]),
            InvalidArgument,
            "information_gain: children_counts must sum to parent_counts, class by class; got sums "
            "[2.0, 1.0] for a parent of [2.0, 2.0]. Each item of the parent goes to exactly one "
            "child.",
        ),
        (
            lambda: info.information_gain([0, 0], [[0, 0]]),
            InvalidArgument,
            "information_gain: parent_counts must hold at least one item; got a sum of 0.0.",
        ),
        (
            lambda: info.push(np.eye(2) / 2, [[1.0, 0.0]]),
            InvalidArgument,
            "push: channel must have 2 rows, one for each value that is sent; got shape (1, 2). "
            "Row i holds the output probabilities for value i.",
        ),
        (
            lambda: info.Joint(np.eye(2) / 2, "XY").H("X|Q"),
            UnknownName,
            "Joint.H: expression must name variables of the table (X, Y); got 'Q' at position 2 "
            "of 'X|Q'.",
        ),
    ],
)
def test_message(call: object, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message
    assert isinstance(caught.value, info.InfoscopeError)


def test_batches_on_any_axis_and_broadcasting() -> None:
    p = np.moveaxis(np.random.default_rng(0).dirichlet(np.ones(3), (4, 5)), -1, 1)  # (4, 3, 5)
    q = np.array([0.2, 0.3, 0.5]).reshape(1, 3, 1)
    got = info.kl_divergence(p, q, axis=1)
    assert got.shape == (4, 5)
    one = info.kl_divergence(p[2, :, 3], [0.2, 0.3, 0.5])
    assert got[2, 3] == pytest.approx(one, rel=1e-14)
    logits = Logits(np.log(q), axis=1)  # its axis goes with it
    np.testing.assert_allclose(info.kl_divergence(p, logits, axis=1), got, rtol=1e-12)


def test_empty_batches_have_no_rows() -> None:
    assert info.entropy(np.zeros((0, 3))).shape == (0,)
    assert info.kl_divergence(np.zeros((4, 0, 3)), np.zeros((4, 0, 3))).shape == (4, 0)


def test_inputs_are_left_as_they_were() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])
    for array in (p, q):
        array.setflags(write=False)
    for f in (info.kl_divergence, info.jensen_shannon_divergence, info.hellinger_distance):
        f(p, q)
    assert p.tolist() == [0.5, 0.5, 0.0]


def test_where_is_aligned_with_the_array() -> None:
    p = np.array([[0.5, 0.5, 9.0], [9.0, 0.5, 0.5]])
    keep = np.array([[True, True, False], [False, True, True]])
    assert info.entropy(p, where=keep).tolist() == [math.log(2)] * 2
    assert info.entropy(p.T, axis=0, where=keep.T).tolist() == [math.log(2)] * 2
    with pytest.raises(NotADistribution, match=r"got a sum of 0\.5 at index \(1,\)"):
        info.entropy(p, where=[True, True, False] & np.array([[True], [False]]) | (p == 9)[:, ::-1])
