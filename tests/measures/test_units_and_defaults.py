"""Every measure with a unit: the default is nats, the others follow, unknown ones are refused."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import infoscope as info
from infoscope import Joint
from infoscope.core.errors import InvalidArgument
from infoscope.measures import bounds
from infoscope.measures.families import mixture_entropy_bounds

P, Q = [0.5, 0.3, 0.2], [0.25, 0.25, 0.5]
TABLE = [[0.4, 0.1], [0.2, 0.3]]
CUBE = np.array([0.2, 0.1, 0.05, 0.15, 0.1, 0.1, 0.25, 0.05]).reshape(2, 2, 2)
COV = [[2.0, 0.5], [0.5, 1.0]]
SCORES = [[1.0, 0.0], [-1.0, 2.0]]
J = Joint(CUBE, "XYZ")

MEASURES: dict[str, Callable[..., Any]] = {
    "entropy": lambda **u: info.entropy(P, **u),
    "cross_entropy": lambda **u: info.cross_entropy(P, Q, **u),
    "kl_divergence": lambda **u: info.kl_divergence(P, Q, **u),
    "jensen_shannon_divergence": lambda **u: info.jensen_shannon_divergence(P, Q, **u),
    "jeffreys_divergence": lambda **u: info.jeffreys_divergence(P, Q, **u),
    "renyi_entropy": lambda **u: info.renyi_entropy(P, 2, **u),
    "renyi_divergence": lambda **u: info.renyi_divergence(P, Q, 2, **u),
    "surprisal": lambda **u: info.surprisal(0.3, **u),
    "pointwise_mutual_information": lambda **u: info.pointwise_mutual_information(TABLE, **u)[0, 0],
    "joint_entropy": lambda **u: info.joint_entropy(TABLE, **u),
    "mutual_information": lambda **u: info.mutual_information(TABLE, **u),
    "conditional_mutual_information": lambda **u: info.conditional_mutual_information(CUBE, **u),
    "conditional_entropy": lambda **u: info.conditional_entropy(TABLE, **u),
    "variation_of_information": lambda **u: info.variation_of_information(TABLE, **u),
    "total_correlation": lambda **u: info.total_correlation(CUBE, **u),
    "dual_total_correlation": lambda **u: info.dual_total_correlation(CUBE, **u),
    "interaction_information": lambda **u: info.interaction_information(CUBE, **u),
    "o_information": lambda **u: info.o_information(CUBE, **u),
    "information_gain": lambda **u: info.information_gain([6, 4], [[4, 1], [2, 3]], **u),
    "gaussian_entropy": lambda **u: info.gaussian_entropy(COV, **u),
    "gaussian_mutual_information": lambda **u: info.gaussian_mutual_information(COV, 1, **u),
    "gaussian_kl": lambda **u: info.gaussian_kl([0, 1], COV, [1, 1], np.eye(2), **u),
    "mixture_entropy_bounds": lambda **u: (
        mixture_entropy_bounds([1.0], [[0.0]], [[1.0]], **u).upper
    ),
    "Joint.H": lambda **u: J.H("X|Y", **u),
    "Joint.I": lambda **u: J.I("X;Y", **u),
    "Joint.venn": lambda **u: J.venn(**u)["I(X;Y|Z)"],
    "Joint.chain_rule": lambda **u: J.chain_rule(**u)["H(Y|X)"],
    "info_nce": lambda **u: bounds.info_nce(SCORES, **u).value,
    "nwj": lambda **u: bounds.nwj(SCORES, **u).value,
    "donsker_varadhan": lambda **u: bounds.donsker_varadhan(SCORES, **u).value,
    "smile": lambda **u: bounds.smile(SCORES, **u).value,
    "club": lambda **u: bounds.club(SCORES, **u).value,
    "jensen_shannon": lambda **u: bounds.jensen_shannon(SCORES, **u).value,
}


@pytest.mark.parametrize("name", MEASURES)
def test_the_default_is_nats_and_other_units_follow(name: str) -> None:
    call = MEASURES[name]
    nats = call()
    assert nats != 0
    assert call(unit="nats") == nats
    assert call(unit="bits") == pytest.approx(nats / math.log(2), rel=1e-14)
    assert call(unit="bans") == pytest.approx(nats / math.log(10), rel=1e-14)
    with pytest.raises(InvalidArgument) as caught:
        call(unit="shannons")
    told = f"{name}: unit must be one of 'nats', 'bits', 'bans'; got 'shannons'."
    assert str(caught.value) == told


@pytest.mark.parametrize("name", ["entropy", "cross_entropy", "kl_divergence",
                                  "jensen_shannon_divergence"])  # fmt: skip
def test_units_of_families(name: str) -> None:
    families = [stats.norm(0, 3), stats.norm(1, 2)][: 1 if name == "entropy" else 2]
    nats, bits = (getattr(info, name)(*families, unit=unit) for unit in ("nats", "bits"))
    assert getattr(info, name)(*families) == nats
    assert bits == pytest.approx(nats / math.log(2), rel=1e-14)


@pytest.mark.parametrize("name", sorted(set(MEASURES) & set(info.__all__)))
def test_bounds_and_plain_numbers_come_as_floats(name: str) -> None:
    assert isinstance(MEASURES[name](), float)


def test_outcomes_along_another_axis() -> None:
    """The transposed batch along axis 0 is the batch along the last axis."""
    p, q = np.array([P, Q]), np.array([Q, Q])
    mask = np.array([True, True, True])
    for name in ("entropy", "perplexity"):
        f = getattr(info, name)
        np.testing.assert_array_equal(f(p.T.copy(), axis=0), f(p))
        np.testing.assert_array_equal(f(p.T.copy(), axis=0, where=mask), f(p))
    for name in ("renyi_entropy", "tsallis_entropy"):
        f = getattr(info, name)
        np.testing.assert_allclose(f(p.T.copy(), 0.5, axis=0), f(p, 0.5), rtol=1e-14)
    pairs: dict[str, tuple[object, ...]] = {
        "cross_entropy": (), "kl_divergence": (), "jensen_shannon_divergence": (),
        "jeffreys_divergence": (), "total_variation": (), "hellinger_distance": (),
        "chi_squared_divergence": (), "renyi_divergence": (0.7,), "alpha_divergence": (0.7,),
        "f_divergence": (lambda t: t * np.log(t),),
    }  # fmt: skip
    for name, more in pairs.items():
        f = getattr(info, name)
        truth = f(p, q, *more)
        assert truth.shape == (2,)
        assert truth[0] > truth[1] == pytest.approx(f(q, q, *more)[0], abs=1e-15)
        np.testing.assert_allclose(f(p.T.copy(), q.T.copy(), *more, axis=0), truth, rtol=1e-12)
        partial = np.array([[0.5, 0.5, 9.0]])
        kept = f(partial, [0.25, 0.75, 7.0], *more, where=[True, True, False])
        assert kept[0] == pytest.approx(f([0.5, 0.5], [0.25, 0.75], *more), rel=1e-14)
