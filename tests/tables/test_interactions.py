import json

import numpy as np
import pytest

import infoscope
from infoscope.core.errors import DataError, InvalidArgument, UnknownName
from infoscope.tables import interactions, select


@pytest.fixture(scope="module")
def coins():
    rng = np.random.default_rng(0)
    n = 600
    a, b = rng.integers(0, 2, n), rng.integers(0, 2, n)
    noise = {f"n{i}": rng.integers(0, 3, n) for i in range(6)}
    y = np.where(rng.random(n) < 0.1, rng.integers(0, 2, n), a ^ b)
    return noise | {"a": a, "b": b, "y": y}


def test_xor_is_found_by_pairs_and_by_no_greedy_method(coins):
    assert select(coins, "y", None).columns == ()
    first, second = interactions(coins, "y", 2)
    assert {first.column, first.other} == {"a", "b"}
    assert first.q_value < 1e-50
    assert first.synergy.interval.low > 0.3
    assert second.q_value > 0.01


def test_synergy_is_the_interaction_information_of_the_counts(coins):
    found = {(i.column, i.other): i for i in interactions(coins, "y", 99)}
    assert len(found) == 28
    for (x, z), each in list(found.items())[:6]:
        block = np.zeros((3, 3, 2))
        np.add.at(block, (coins[x], coins[z], coins["y"]), 1)
        p = block / block.sum()
        exact = (
            infoscope.conditional_mutual_information(p.transpose(0, 2, 1))
            - infoscope.mutual_information(p.sum(axis=1))
        )  # fmt: skip
        assert each.synergy.diagnostics["plugin"] == pytest.approx(float(exact), abs=1e-10)


def test_error_bar_covers_the_truth():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(120):
        a, b = rng.integers(0, 2, 400), rng.integers(0, 2, 400)
        y = np.where(rng.random(400) < 0.2, 1 - (a ^ b), a ^ b)
        (found,) = interactions({"a": a, "b": b, "y": y}, "y", 1)
        true = float(infoscope.mutual_information(np.array([[0.4, 0.1], [0.1, 0.4]])))
        inside += found.synergy.interval.low <= true <= found.synergy.interval.high
    assert inside >= 120 * 0.95 - 4 * np.sqrt(120 * 0.95 * 0.05)


def test_redundant_columns_have_negative_synergy():
    rng = np.random.default_rng(2)
    x = rng.integers(0, 3, 500)
    (found,) = interactions({"x": x, "twin": x, "y": (x + rng.integers(0, 2, 500)) % 3}, "y", 1)
    assert float(found.synergy) < -0.1
    assert found.p_value == 1.0


def test_to_dict_and_limits(coins):
    found = interactions(coins, "y", 3, columns=["a", "b", "n0"])
    assert len(found) == 3
    assert json.loads(json.dumps(found[0].to_dict()))["column"] == "a"
    with pytest.raises(InvalidArgument, match="k must be at least 1"):
        interactions(coins, "y", 0)
    with pytest.raises(UnknownName, match="columns must name a column"):
        interactions(coins, "y", columns=["zz", "a"])
    with pytest.raises(DataError, match="two columns besides"):
        interactions({"a": coins["a"], "y": coins["y"]}, "y")
