import json

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.tree import DecisionTreeClassifier

import infoscope
from infoscope.core.errors import DataError, InvalidArgument, UnknownName
from infoscope.tables import best_splits, grow_tree, scan

LOADERS = [load_iris, load_wine, load_breast_cancer]


def real(load):
    data = load(as_frame=True)
    return data.data.astype(np.float32).astype(np.float64), data.target  # scikit-learn's precision


@pytest.mark.parametrize("load", LOADERS)
def test_best_split_of_every_column_is_scikit_learns(load):
    x, y = real(load)
    found = {split.column: split for split in best_splits(x.assign(target=y), "target")}
    for name in x:
        stump = DecisionTreeClassifier(criterion="entropy", max_depth=1).fit(x[[name]].values, y)
        tree = stump.tree_
        share = tree.n_node_samples / len(y)
        gain = tree.impurity[0] - share[1] * tree.impurity[1] - share[2] * tree.impurity[2]
        assert found[name].gain == pytest.approx(gain, abs=1e-10)
        assert found[name].threshold == pytest.approx(tree.threshold[0], rel=1e-7)


@pytest.mark.parametrize("load", LOADERS)
def test_whole_trees_tell_as_much_as_scikit_learns(load):
    x, y = real(load)
    tree = grow_tree(x.assign(target=y), "target", max_depth=3)
    peer = DecisionTreeClassifier(criterion="entropy", max_depth=3, random_state=0).fit(x, y)
    leaves = peer.apply(x)
    table = np.zeros((leaves.max() + 1, 3))
    np.add.at(table, (leaves, y), 1)
    told = infoscope.mutual_information(table / table.sum(), unit="bits")
    assert tree.information == pytest.approx(float(told), abs=1e-9)
    assert sum(leaf.n for leaf in tree.root.leaves()) == len(y)


def test_splits_by_names_are_the_information_of_the_map():
    rng = np.random.default_rng(0)
    table = {"a": list(rng.choice(list("xyz"), 200)), "b": list(rng.choice(list("pq"), 200))}
    table["y"] = [one if rng.random() < 0.5 else "x" for one in table["a"]]
    found = {split.column: split for split in best_splits(table, "y", unit="nats")}
    told = scan(table).mutual_information
    for name in ("a", "b"):
        plugin = told.pair(name, "y").diagnostics["plugin"]
        assert found[name].gain == pytest.approx(plugin, abs=1e-12)
        counts = np.array(found[name].children).sum(axis=1)
        assert found[name].ratio == pytest.approx(
            plugin / float(infoscope.entropy(counts / counts.sum()))
        )


def test_gain_ratio_does_not_fall_for_many_levels():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 60)
    code = [f"c{i % 30}" for i in rng.permutation(60)]
    table = {"code": code, "hint": np.where(rng.random(60) < 0.85, y, 1 - y), "y": y}
    kinds = {"code": "categorical", "hint": "categorical"}
    assert best_splits(table, "y", kinds=kinds)[0].column == "code"
    assert best_splits(table, "y", kinds=kinds, criterion="gain_ratio")[0].column == "hint"


def test_weather_of_quinlan():
    """The fourteen days of Quinlan's paper: outlook gains 0.246 bits, humidity 0.151."""
    outlook = (
        "sunny sunny overcast rain rain rain overcast sunny sunny rain sunny overcast overcast rain"
    )
    humidity = "high high high high normal normal normal high normal normal normal high normal high"
    windy = "no yes no no no yes yes no no no yes yes no yes"
    play = "N N P P P N P N P P P P P N"
    table = {
        name: words.split()
        for name, words in {
            "outlook": outlook, "humidity": humidity, "windy": windy, "play": play,
        }.items()
    }  # fmt: skip
    found = {split.column: split.gain for split in best_splits(table, "play")}
    assert found["outlook"] == pytest.approx(0.246, abs=1e-3)
    assert found["humidity"] == pytest.approx(0.151, abs=1e-3)
    assert found["windy"] == pytest.approx(0.048, abs=1e-3)
    tree = grow_tree(table, "play")
    assert tree.root.split.column == "outlook"
    assert tree.information == pytest.approx(0.940, abs=1e-3)  # it separates all fourteen
    assert "outlook = overcast: P 100% of 4" in str(tree)
    assert json.loads(json.dumps(tree.to_dict()))["root"]["counts"] == [5, 9]


def test_gaps_scale_the_gain_and_go_to_the_largest_child():
    x = [1.0, 2.0, 3.0, 4.0, 5.0, None, None, None, None, None]
    table = {"x": x, "y": list("aabbbaabbb")}
    (split,) = best_splits(table, "y")
    assert split.threshold == 2.5
    assert split.gain == pytest.approx(0.5 * 0.9709505944546686)
    tree = grow_tree(table, "y", max_depth=1)
    assert [child.n for child in tree.root.children] == [2, 8]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"target": "z"}, UnknownName, "target must name a column"),
        ({"criterion": "gini"}, UnknownName, "criterion must be"),
        ({"max_depth": 0}, InvalidArgument, "max_depth must be at least 1"),
        ({"min_leaf": 0}, InvalidArgument, "min_leaf must be at least 1"),
        ({"target": "one"}, DataError, "at least two classes"),
    ],
)
def test_errors_say_what_to_do(arguments, error, words):
    table = {"x": [1, 2, 3, 4], "y": list("aabb"), "one": ["c"] * 4}
    with pytest.raises(error, match=words):
        grow_tree(table, **({"target": "y"} | arguments))


def test_a_split_prints_as_its_question_not_as_its_fields() -> None:
    table = {"wind": [1, 2, 8, 9], "sky": list("bgbg"), "sail": ["no", "no", "yes", "yes"]}
    first, second = best_splits(table, "sail")
    assert str(first) == "wind ≤ 5 | > 5: gain 1.000 bits, gain ratio 1.000"
    assert str(second) == "sky = b | = g: gain 0.000 bits, gain ratio 0.000"
    many = {"letter": list("abcdefgh"), "sail": ["no", "yes"] * 4}
    assert str(best_splits(many, "sail")[0]).startswith("letter = a | = b | = c | = d | …: gain")
