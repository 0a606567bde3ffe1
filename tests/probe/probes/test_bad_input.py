"""What must be refused or said: gaps, one class, unseen classes, leaks, NaN, too many features."""

import json
from pathlib import Path

import numpy as np
import pytest

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType
from infoscope.probe import (
    control_task,
    layer_report,
    mdl_probe,
    pointwise_v_information,
    v_information,
)

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(100, 3)), np.arange(100) % 2


def notes(*arguments: object, **options: object) -> str:
    return " ".join(v_information(*arguments, **options).notes)  # type: ignore[arg-type]


def test_nan_activations_are_refused_with_their_place() -> None:
    x = X.copy()
    x[[7, 9], 2] = np.nan
    with pytest.raises(InvalidArgument, match=r"nan at row 7, column 2 \(2 of 100 rows"):
        v_information(x, Y)
    x[7, 2] = x[9, 2] = np.inf
    with pytest.raises(InvalidArgument, match="be finite; got inf at row 7"):
        layer_report({"fine": X, "bad": x}, Y)


def test_missing_labels_and_wrong_lengths_are_refused() -> None:
    gaps = [None if i in (4, 50) else "ab"[i % 2] for i in range(100)]
    with pytest.raises(InvalidArgument, match="2 missing, the first at row 4"):
        v_information(X, gaps)
    with pytest.raises(InvalidArgument, match="label for each of the 100 rows of x; got 99"):
        v_information(X, Y[:99])
    with pytest.raises(InvalidArgument, match=r"activations\['b'\] must have one row for each"):
        layer_report({"a": X, "b": X[:9]}, Y)
    with pytest.raises(InvalidArgument, match="groups must name a group for each example"):
        v_information(X, Y, groups=[1, 2])


def test_one_class_and_constant_numbers_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="at least two classes; got only 'NOUN'"):
        v_information(X, ["NOUN"] * 100)
    with pytest.raises(InvalidArgument, match=r"y must vary; got only 2\.5"):
        v_information(X, np.full(100, 2.5), kind="regression")


def test_classes_that_training_lacks_are_refused_or_left_out_and_said() -> None:
    y = np.array(["a", "b"] * 49 + ["rare", "a"])
    part = np.where(np.arange(100) < 60, "train", np.where(np.arange(100) < 80, "validation",
                                                           "test"))  # fmt: skip
    with pytest.raises(InvalidArgument, match=r"'rare' only outside it \(1 examples\)"):
        v_information(X, y, splits=part)
    found = v_information(X, y, splits=part, unseen="drop")
    assert len(found.rows) == 19
    assert any("1 test and 0 validation examples of classes not seen" in n for n in found.notes)
    assert np.isfinite(found.pvi).all()


def test_a_class_with_one_example_goes_to_training() -> None:
    y = np.array(["a", "b"] * 49 + ["rare", "a"])
    for seed in range(5):
        found = v_information(X, y, rng=seed)
        assert 98 in found.split.train


def test_equal_examples_on_both_sides_are_counted_and_groups_keep_them_together() -> None:
    base = RNG.normal(size=(60, 3))
    x, y = np.tile(base, (4, 1)), np.tile(RNG.integers(2, size=60), 4)
    assert "test examples (100.0%) have features that also stand in training" in notes(x, y)
    assert "have features" not in notes(x, y, groups=np.tile(np.arange(60), 4))
    assert "have features" not in notes(RNG.normal(size=(240, 3)), y)
    signed = np.zeros((240, 1), np.float32)
    signed[::2] = -0.0  # the same number
    assert "48 of 48" in notes(signed, y) or "(100.0%)" in notes(signed, y)


def test_groups_stay_in_one_split_and_widen_the_interval() -> None:
    group = np.repeat(np.arange(50), 20)
    rng = np.random.default_rng(1)
    y = rng.integers(2, size=50)[group]  # one label a group
    x = y + 1.5 * rng.normal(size=50)[group] + 0.1 * rng.normal(size=1000)
    found = v_information(x, y, groups=group)
    sides = [set(group[rows]) for rows in (found.split.train, found.split.validation, found.rows)]
    assert len(set.union(*sides)) == sum(map(len, sides))
    alone = v_information(x, y, splits={
        "train": found.split.train, "validation": found.split.validation, "test": found.rows,
    })  # fmt: skip
    assert (found.value.stderr or 0) > 2 * (alone.value.stderr or 0)
    cut = v_information(x, y, groups=group, splits=np.where(
        np.arange(1000) % 5 == 0, "test", np.where(np.arange(1000) % 5 == 1, "validation", "train")
    ))  # fmt: skip
    assert any("50 groups stand in the test split and in training" in n for n in cut.notes)


def test_more_features_than_examples_and_constant_features_are_said() -> None:
    assert "more features (300) than training examples" in notes(RNG.normal(size=(100, 300)), Y)
    assert "1 of 2 features are constant" in notes(np.column_stack([Y + 0.0, np.full(100, 1e6)]), Y)
    assert "more features" in " ".join(
        v_information(RNG.normal(size=(40, 60)), Y[:40], family="mlp", hidden=(4,)).notes
    )


def test_what_y_is_taken_for_is_said() -> None:
    assert "y is taken as 2 classes" in notes(X, Y)
    assert "y is taken as numbers" in notes(X, RNG.normal(size=100))
    assert "y is taken" not in notes(X, np.array(["a", "b"])[Y])
    assert v_information(X, Y, kind="regression").kind == "regression"


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(UnknownName, match="family must be 'linear' or 'mlp'"):
        v_information(X, Y, family="forest")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="x must have shape"):
        v_information(np.zeros((4, 5, 6)), Y)
    with pytest.raises(WrongType, match="x must hold real numbers"):
        v_information(np.array([["a"]] * 100), Y)
    with pytest.raises(InvalidArgument, match="at least 10 examples"):
        v_information(X[:5], Y[:5])
    with pytest.raises(InvalidArgument, match="penalty must be above 0"):
        v_information(X, Y, penalty=0)
    with pytest.raises(InvalidArgument, match="leave examples for training"):
        v_information(X, Y, test_fraction=0.5, validation_fraction=0.5)
    with pytest.raises(InvalidArgument, match="put an example into one split"):
        v_information(X, Y, splits={"train": range(50), "validation": [49, 50], "test": [70, 80]})
    with pytest.raises(InvalidArgument, match="hold 'train', 'validation' and 'test'; got 'dev'"):
        v_information(X, Y, splits=["train"] * 50 + ["dev"] * 50)
    with pytest.raises(InvalidArgument, match="fractions must ascend"):
        mdl_probe(X, Y, fractions=[0.5, 0.1])
    with pytest.raises(InvalidArgument, match="'linear' for the variational code"):
        mdl_probe(X, Y, code="variational", family="mlp")
    with pytest.raises(InvalidArgument, match="folds must lie between 2 and 100"):
        pointwise_v_information(X, Y, folds=1)
    with pytest.raises(InvalidArgument, match="n_controls must be at least 1"):
        control_task(X, Y, n_controls=0)
    with pytest.raises(UnknownName, match="name must be one of"):
        layer_report([X], Y)["7"]


def test_same_seed_same_answer_and_other_seeds_other_splits() -> None:
    one, two, other = (v_information(X, Y, rng=seed) for seed in (3, 3, 4))
    assert one.to_dict() == two.to_dict()
    assert not np.array_equal(one.rows, other.rows)
    units = v_information(X, Y, rng=3, unit="bits")
    assert float(units.value) == pytest.approx(float(one.value) / np.log(2))
    assert units.pvi == pytest.approx(one.pvi / np.log(2))


def test_the_same_network_comes_of_the_same_seed_and_leaves_torchs_own_alone() -> None:
    import torch

    torch.manual_seed(5)
    before = torch.get_rng_state()
    one = v_information(X, Y, family="mlp", hidden=(8,), rng=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert float(one.value) == float(v_information(X, Y, family="mlp", hidden=(8,), rng=2).value)


def test_results_are_json_and_pages(tmp_path: Path) -> None:
    report = layer_report({f"layer {i}": X + i for i in range(6)}, Y, target="<b>parity</b>")
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["unit"] == "nats"
    json.dumps(report["layer 0"].to_dict(), allow_nan=False)
    text = report.save_html(tmp_path / "r.html", name="demo").read_text()
    assert "<b>parity</b>" not in text
    assert "H_V(Y)" in text
    figure = report.figure()
    assert len(next(iter(figure.data.values()))) == 6
    few = layer_report({"a": X, "b": X + 1}, Y).figure()
    assert list(few.data["layer"]) == ["a", "b"]
    told = mdl_probe(X, Y)
    json.dumps(told.to_dict(), allow_nan=False)
    assert told.figure().svg.startswith("<svg")
    json.dumps(control_task(X, Y, n_controls=1).to_dict(), allow_nan=False)
