"""What cannot be answered is refused in one exact sentence: counts, tables, arguments, members."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import infoscope as info
from infoscope import Joint, Logits
from infoscope.core.errors import InvalidArgument, NotADistribution, WrongType
from infoscope.measures import bounds
from infoscope.measures.counting import count_integers
from infoscope.measures.families import mixture_entropy_bounds

INF, NAN = math.inf, math.nan
HALVES = [0.5, 0.5]
TABLE = [[0.4, 0.1], [0.2, 0.3]]
ONE = "Each item of the parent goes to exactly one child."
ROWS = "Row i holds the output probabilities for value i."


@pytest.mark.parametrize("function", ["information_gain", "gain_ratio"])
@pytest.mark.parametrize(
    "parent, children, told",
    [
        ([[2, 2]], [[1, 1]], "parent_counts must have shape (k,), not empty; got (1, 2)."),
        ([], np.zeros((2, 0)), "parent_counts must have shape (k,), not empty; got (0,)."),
        ([2], [1, 1], "children_counts must have shape (n_children, k), not empty; got (2,)."),
        (
            [2, 2], np.zeros((0, 2)),
            "children_counts must have shape (n_children, k), not empty; got (0, 2).",
        ),
        (
            [2, 2], [[1, 1, 0], [1, 0, 1]],
            "children_counts must count the parent's 2 classes in its columns; got shape (2, 3). "
            "Give one row for each child.",
        ),
        ([2, -1], [[2, -1]], "parent_counts must be non-negative and finite; got -1.0."),
        ([2, 1], [[3, 1], [-1, 0]], "children_counts must be non-negative and finite; got -1.0."),
        ([INF, 1], [[1, 1]], "parent_counts must be non-negative and finite; got inf."),
        ([2, 1], [[2, NAN]], "children_counts must be non-negative and finite; got nan."),
        ([0, 0], [[0, 0]], "parent_counts must hold at least one item; got a sum of 0.0."),
        (
            [2, 2], [[2, 0], [0, 1]],
            "children_counts must sum to parent_counts, class by class; "
            f"got sums [2.0, 1.0] for a parent of [2.0, 2.0]. {ONE}",
        ),
        ("ab", [[1]], "parent_counts must hold real numbers; got str. "
         "For observations there is infoscope.estimate; probabilities are counts / n."),
        ([1], None, "children_counts must hold real numbers; got NoneType. "
         "For observations there is infoscope.estimate; probabilities are counts / n."),
    ],
)  # fmt: skip
def test_counts_of_a_split(function: str, parent: Any, children: Any, told: str) -> None:
    with pytest.raises(info.InfoscopeError) as caught:
        getattr(info, function)(parent, children)
    assert str(caught.value) == f"{function}: {told}"


def test_weights_may_be_summed_with_rounding() -> None:
    """Counts may be weights below one; a millionth of the whole is rounding, more is not."""
    assert info.information_gain([0.2, 0.2], [[0.2, 0], [0, 0.2]]) == pytest.approx(math.log(2))
    info.information_gain([1.0, 1.0], [[1.0, 0.0], [0.0, 1.0 + 1.9e-6]])
    with pytest.raises(InvalidArgument, match="class by class"):
        info.information_gain([1.0, 1.0], [[1.0, 0.0], [0.0, 1.0 + 2.1e-6]])


CASES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: info.normalized_mutual_information(TABLE, normalization="sum"),
        InvalidArgument,
        "normalized_mutual_information: normalization must be one of 'min', 'max', 'arithmetic', "
        "'geometric', 'joint'; got 'sum'.",
    ),
    (
        lambda: info.mutual_information(Logits([[0.0, 2.0], [3.0, -4.0]])),
        WrongType,
        "mutual_information: joint must be a table of probabilities; got Logits. Apply softmax.",
    ),
    (
        lambda: info.mutual_information(HALVES),
        InvalidArgument,
        "mutual_information: joint must have one axis for each variable, two at least; got shape "
        "(2,). A table of samples must be counted first.",
    ),
    (
        lambda: info.conditional_mutual_information(TABLE),
        InvalidArgument,
        "conditional_mutual_information: joint must have three axes, one for each variable; got "
        "shape (2, 2). Sum over the axes of variables that do not matter here.",
    ),
    (
        lambda: info.variation_of_information(np.full((1, 1, 1), 1.0)),
        InvalidArgument,
        "variation_of_information: joint must have two axes, one for each variable; got "
        "shape (1, 1, 1). Sum over the axes of variables that do not matter here.",
    ),
    (
        lambda: Joint(0.5, "X"),
        InvalidArgument,
        "Joint: table must have one axis for each variable, one at least; got shape (). "
        "A table of samples must be counted first.",
    ),
    (
        lambda: info.conditional_entropy(TABLE, given=()),
        InvalidArgument,
        "conditional_entropy: given must leave at least one of 2 axes, and name at least one; "
        "got ().",
    ),
    (
        lambda: info.conditional_entropy(TABLE, given=(0, -1)),
        InvalidArgument,
        "conditional_entropy: given must leave at least one of 2 axes, and name at least one; "
        "got (0, -1).",
    ),
    (
        lambda: info.conditional_entropy(TABLE, given=-3),
        InvalidArgument,
        "conditional_entropy: given must lie in [-2, 1]; got -3.",
    ),
    (
        lambda: info.conditional_entropy(TABLE, given=True),
        WrongType,
        "conditional_entropy: given must be an integer or several; got True.",
    ),
    (
        lambda: info.push(TABLE, np.eye(3)),
        InvalidArgument,
        "push: channel must have 2 rows, one for each value that is sent; got shape (3, 3). "
        f"{ROWS}",
    ),
    (
        lambda: info.push(TABLE, HALVES),
        InvalidArgument,
        f"push: channel must have 2 rows, one for each value that is sent; got shape (2,). {ROWS}",
    ),
    (
        lambda: info.push(TABLE, np.eye(2), axis=2),
        InvalidArgument,
        "push: axis must lie in [-2, 1] for joint; got 2.",
    ),
    (
        lambda: info.push(TABLE, [[0.5, 0.4], [0.5, 0.5]]),
        NotADistribution,
        "push: channel must sum to 1 along axis -1 (within 1e-06); got a sum of 0.9 at index "
        "(0,). If these are weights, divide them by their sum. If these are logits, wrap them: "
        "Logits(z).",
    ),
    (
        lambda: Joint(TABLE, [1, 2]),
        WrongType,
        "Joint: names must be strings; got (1, 2).",
    ),
    (
        lambda: Joint(TABLE, ["X", ""]),
        InvalidArgument,
        "Joint: names must hold no ',', ';', '|' or outer spaces; got ''.",
    ),
    (
        lambda: Joint(TABLE, ["X", " Y"]),
        InvalidArgument,
        "Joint: names must hold no ',', ';', '|' or outer spaces; got ' Y'.",
    ),
    (
        lambda: Joint(TABLE, "XY").marginal(["X"]),
        WrongType,
        "Joint.marginal: names must be a string such as 'X,Y'; got list.",
    ),
    (
        lambda: Joint(TABLE, "XY").push("X", np.eye(2), "Y"),
        InvalidArgument,
        "Joint: names must differ from each other; got ['X', 'Y', 'Y'].",
    ),
    (
        lambda: Joint(np.full((1, 1, 1), 1.0), ["a", "aa", "aaa"]).H("aaaa"),  # seven readings
        InvalidArgument,
        "Joint.H: expression must separate 'aaaa' by commas (a,a,a,a or a,a,aa or a,aa,a); got "
        "'aaaa', at position 0. Commas join variables, ';' parts groups, '|' conditions; known: a, "
        "aa, aaa.",
    ),
    (
        lambda: Joint([1.0], "X").venn(),
        InvalidArgument,
        "Joint.venn: table must have two or three variables; got 1. "
        "Take a marginal first: J.marginal('X,Y,Z').venn().",
    ),
    (
        lambda: info.f_divergence(HALVES, HALVES, 3),
        WrongType,
        "f_divergence: f must be callable; got int.",
    ),
    (
        lambda: info.f_divergence(HALVES, HALVES, lambda t: t),
        InvalidArgument,
        "f_divergence: f must be 0 at 1; got 1.0. Subtract f(1) from it.",
    ),
    (
        lambda: info.f_divergence([1, 0], HALVES, lambda t: t - 1),
        InvalidArgument,
        "f_divergence: at_zero must be given where q > 0 = p; got None. "
        "Pass the limit of f(0); inf is allowed.",
    ),
    (
        lambda: info.f_divergence(HALVES, [1, 0], lambda t: t - 1),
        InvalidArgument,
        "f_divergence: slope_at_infinity must be given where p > 0 = q; got None. "
        "Pass the limit of f(t) / t for large t; inf is allowed.",
    ),
    (
        lambda: info.f_divergence(HALVES, HALVES, abs, slope_at_infinity="a"),
        WrongType,
        "f_divergence: slope_at_infinity must be a real number; got 'a'.",
    ),
    (
        lambda: info.jensen_shannon_divergence(HALVES, HALVES, weights=(0.5, 0.6)),
        InvalidArgument,
        "jensen_shannon_divergence: weights must be two non-negative numbers that sum to 1; "
        "got [0.5, 0.6].",
    ),
    (
        lambda: info.jensen_shannon_divergence(HALVES, HALVES, weights=(1.5, -0.5)),
        InvalidArgument,
        "jensen_shannon_divergence: weights must be two non-negative numbers that sum to 1; "
        "got [1.5, -0.5].",
    ),
    (
        lambda: info.jensen_shannon_divergence(HALVES, HALVES, weights=np.array([0.5, 0.25, 0.25])),
        InvalidArgument,
        "jensen_shannon_divergence: weights must be two non-negative numbers that sum to 1; "
        "got [0.5, 0.25, 0.25].",
    ),
    (
        lambda: info.jensen_shannon_divergence(HALVES, HALVES, weights=("a", "b")),
        WrongType,
        "jensen_shannon_divergence: weights[i] must be a real number; got 'a'.",
    ),
    (
        lambda: info.renyi_entropy(HALVES, NAN),
        InvalidArgument,
        "renyi_entropy: order must be 0 or more; got nan.",
    ),
    (
        lambda: info.renyi_divergence(HALVES, HALVES, -0.5),
        InvalidArgument,
        "renyi_divergence: order must be 0 or more; got -0.5.",
    ),
    (
        lambda: info.tsallis_entropy(HALVES, -0.5),
        InvalidArgument,
        "tsallis_entropy: order must be 0 or more and finite; got -0.5.",
    ),
    (
        lambda: info.alpha_divergence(HALVES, HALVES, -INF),
        InvalidArgument,
        "alpha_divergence: alpha must be finite; got -inf.",
    ),
    (
        lambda: info.surprisal(-0.25),
        NotADistribution,
        "surprisal: p must lie in [0, 1]; got -0.25. If these are logits, wrap them: Logits(z).",
    ),
    (
        lambda: info.surprisal([0.5, NAN]),
        NotADistribution,
        "surprisal: p must lie in [0, 1]; got nan at index (1,). "
        "If these are logits, wrap them: Logits(z).",
    ),
    (
        lambda: info.pointwise_mutual_information(TABLE, negatives=INF),
        InvalidArgument,
        "pointwise_mutual_information: negatives must be positive and finite; got inf.",
    ),
    (
        lambda: bounds.nwj([[0.0, 1.0]]),
        InvalidArgument,
        "nwj: scores must be a square matrix of two rows at least, f(x_i, y_j); got shape (1, 2). "
        "Score every x of the batch against every y.",
    ),
    (
        lambda: bounds.club(np.zeros((2, 2, 2))),
        InvalidArgument,
        "club: scores must be a square matrix of two rows at least, f(x_i, y_j); got shape "
        "(2, 2, 2). Score every x of the batch against every y.",
    ),
    (
        lambda: bounds.smile([[0.0, 1.0], [1.0, 0.0]], clip=NAN),
        InvalidArgument,
        "smile: clip must be positive; got nan.",
    ),
    (
        lambda: count_integers(["a"]),
        WrongType,
        "count_integers: x must hold integers; got dtype <U1. Code it first.",
    ),
    (
        lambda: count_integers(np.zeros(0)),
        WrongType,
        "count_integers: x must hold integers; got dtype float64. Code it first.",
    ),
    (
        lambda: info.gaussian_entropy([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        InvalidArgument,
        "gaussian_entropy: cov must be a square matrix; got shape (2, 3). "
        "From variances v of independent variables, numpy.diag(v) makes it.",
    ),
    (
        lambda: info.gaussian_entropy(np.stack([np.eye(2), [[1.0, 2.0], [2.0, 1.0]]])),
        InvalidArgument,
        "gaussian_entropy: cov must be positive semi-definite; "
        "got an eigenvalue of -1 in matrix (1,).",
    ),
    (
        lambda: info.gaussian_entropy([[1.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.1, 1.0]]),
        InvalidArgument,
        "gaussian_entropy: cov must be symmetric; "
        "got a difference of 0.1 between entries (1, 2) and (2, 1).",
    ),
    (
        lambda: info.gaussian_kl([0, 0], np.eye(2), [0, 0], np.eye(3)),
        InvalidArgument,
        "gaussian_kl: cov1 must have the dimension of cov0 (2); got dimension 3.",
    ),
    (
        lambda: info.gaussian_kl(0, 0, 0, 0),
        InvalidArgument,
        "gaussian_kl: cov0 and cov1 must not both be singular; got two singular ones. "
        "Project both on the plane that holds their mass, and compare them there.",
    ),
    (
        lambda: info.gaussian_mutual_information(np.diag([1.0, 0.0, 0.0]), 1),
        InvalidArgument,
        "gaussian_mutual_information: cov must be of full rank within each group; got a singular "
        "covariance of Y alone. Leave out variables that the others of their group determine.",
    ),
    (
        lambda: info.gaussian_mutual_information(np.eye(3), True),
        WrongType,
        "gaussian_mutual_information: split must be an integer or a sequence of them; got True.",
    ),
    (
        lambda: info.maximum_entropy([], []),
        InvalidArgument,
        "maximum_entropy: support must list at least one outcome; got shape (0,).",
    ),
    (
        lambda: info.maximum_entropy(3, []),
        InvalidArgument,
        "maximum_entropy: support must list at least one outcome; got shape ().",
    ),
    (
        lambda: info.maximum_entropy([1, 2], "ab"),
        WrongType,
        "maximum_entropy: moments must be a sequence of pairs (values, target); got str.",
    ),
    (
        lambda: info.maximum_entropy([1, 2], [([1, 2], 1.5), ([1, 2], 1.5, 3)]),
        WrongType,
        "maximum_entropy: moments must be pairs (values, target); got tuple at position 1.",
    ),
    (
        lambda: info.maximum_entropy([1, 2], [5]),
        WrongType,
        "maximum_entropy: moments must be pairs (values, target); got int at position 0.",
    ),
    (
        lambda: info.maximum_entropy([1, 2], [([1, 2], 1.5), ([1, 2, 3], 1.5)]),
        InvalidArgument,
        "maximum_entropy: moments[1][0] must have one value for each of the 2 outcomes; "
        "got shape (3,).",
    ),
    (
        lambda: info.maximum_entropy([1, 2], [([1, INF], 1.5)]),
        InvalidArgument,
        "maximum_entropy: moments[0][0] must be finite; got inf.",
    ),
    (
        lambda: info.maximum_entropy([1, 2], [([1, 2], 2.5)]),
        InvalidArgument,
        "maximum_entropy: moments[0][1] must lie between the least and the greatest value, 1.0 "
        "and 2.0; got 2.5. No distribution on the support has this mean.",
    ),
    *(
        (
            lambda at=at: mixture_entropy_bounds(*[*([[1.0]] * at), "a", *([[[1.0]]] * (2 - at))]),
            WrongType,
            f"mixture_entropy_bounds: {argument} must hold real numbers; got str. "
            "For observations there is infoscope.estimate; probabilities are counts / n.",
        )
        for at, argument in enumerate(("weights", "means", "covariances"))
    ),
    (
        lambda: mixture_entropy_bounds([0.5, 0.6], [[0.0], [1.0]], [[1.0]]),
        InvalidArgument,
        "mixture_entropy_bounds: weights must be probabilities, shape (k,); got [0.5, 0.6].",
    ),
    (
        lambda: mixture_entropy_bounds([1.5, -0.5], [[0.0], [1.0]], [[1.0]]),
        InvalidArgument,
        "mixture_entropy_bounds: weights must be probabilities, shape (k,); got [1.5, -0.5].",
    ),
    (
        lambda: mixture_entropy_bounds([0.5, 0.5], [[0.0]], [[1.0]]),
        InvalidArgument,
        "mixture_entropy_bounds: means must have shape (2, d); got shape (1, 1).",
    ),
    (
        lambda: mixture_entropy_bounds([0.5, 0.5], [0.0, 1.0], [[1.0]]),
        InvalidArgument,
        "mixture_entropy_bounds: means must have shape (2, d); got shape (2,).",
    ),
    (
        lambda: mixture_entropy_bounds([0.5, 0.5], [[0.0], [1.0]], np.eye(2)),
        InvalidArgument,
        "mixture_entropy_bounds: covariances must have shape (1, 1) or (2, 1, 1); "
        "got shape (2, 2).",
    ),
    (
        lambda: mixture_entropy_bounds([1.0], [[0.0, 0.0]], [[1.0, 0.5], [0.4, 1.0]]),
        InvalidArgument,
        "mixture_entropy_bounds: covariances must be symmetric; got one that is not.",
    ),
    (
        lambda: mixture_entropy_bounds([1.0], [[0.0, 0.0]], [[1.0, 2.0], [2.0, 1.0]]),
        InvalidArgument,
        "mixture_entropy_bounds: covariances must be positive definite; got one that is not.",
    ),
    (
        lambda: info.kl_divergence(stats.dirichlet([1.0, 2.0]), stats.dirichlet([1.0, 2.0, 3.0])),
        InvalidArgument,
        "kl_divergence: q must have as many components as p (2); got 3.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(CASES)))
def test_sentence(case: int) -> None:
    call, kind, told = CASES[case]
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == told
