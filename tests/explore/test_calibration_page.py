"""The page on calibration against arithmetic by hand and what its own data were made from."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import infoscope as isc
from infoscope.explore.controls import Uploaded
from infoscope.explore.page import NARROW, WIDE
from infoscope.explore.pages import calibration as page
from infoscope.figures.marks import Handle

START: Any = page.PAGE.defaults()
del START["file"]


def test_the_terms_add_up_to_the_log_loss() -> None:
    for source in ("over", "right", "under", "own"):
        for t in (1.0, 1.7):
            found = page.numbers(**(START | {"source": source, "t": t}))
            whole = found["uncertainty"] - found["resolution"] + found["miscalibration"]
            assert whole + found["within"] == pytest.approx(found["log_loss"], abs=1e-12)


def test_two_cases_by_hand() -> None:
    """Said 0.8 and it happened, said 0.5 and it did not."""
    found = page.numbers(**(START | {"source": "own", "text": "0.8,1\n0.5,0\n"}))
    assert found["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.5)) / 2)
    assert found["brier"] == pytest.approx((0.04 + 0.25) / 2)
    assert found["uncertainty"] == pytest.approx(math.log(2))


@pytest.mark.parametrize("source, sharpness", [("over", 2.0), ("right", 1.0), ("under", 0.5)])
def test_the_best_temperature_is_what_the_data_were_made_with(
    source: str, sharpness: float
) -> None:
    """Within four standard errors of the fit."""
    probs, labels = page.forecasts(source, 5000, 1, "")
    z = np.log(probs / (1 - probs))
    fit = isc.calibrate.fit_temperature(z, labels)
    assert fit.estimate.stderr is not None
    best = page.numbers(**(START | {"source": source, "n": 5000, "seed": 1}))["best"]
    assert best == pytest.approx(sharpness, abs=4 * fit.estimate.stderr)
    assert best == pytest.approx(fit.temperature, rel=1e-9)


def test_scaling_keeps_certainty_and_shape() -> None:
    assert page.scaled(np.array([0.0, 0.5, 1.0]), 3.0).tolist() == [0.0, 0.5, 1.0]
    three = page.scaled(np.array([[0.7, 0.2, 0.1]]), 2.0)
    roots = np.sqrt([0.7, 0.2, 0.1])
    assert three[0] == pytest.approx(roots / roots.sum())


def test_a_broken_promise_is_infinite_and_still_drawn() -> None:
    values: dict[str, Any] = START | {"source": "own", "text": "1,0\n0.4,1\n0.6,1\n"}
    patch = page.view(**values, width=WIDE)
    assert page.numbers(**values)["log_loss"] == math.inf
    assert "infinite" in patch["heat"]
    assert "infinite" in page.notice(**values)


def test_many_classes() -> None:
    text = "0.7,0.2,0.1,0\n0.1,0.8,0.1,1\n0.3,0.3,0.4,0\n0.2,0.2,0.6,2\n"
    values: dict[str, Any] = START | {"source": "own", "text": text, "t": 1.5}
    found = page.numbers(**values)
    expected = isc.calibrate.log_score(page.scaled(page.parsed(text)[0], 1.5), [0, 1, 0, 2])
    assert found["log_loss"] == expected.value
    assert "top label" in page.view(**values, width=WIDE)["diagram"].svg
    space: dict[str, Any] = {}
    exec(page.code(**values), space)
    assert space["log_loss"] == pytest.approx(found["log_loss"], rel=1e-12)
    assert space["best"] == pytest.approx(found["best"], rel=1e-9)


@pytest.mark.parametrize(
    "text, told",
    [
        ("", "no row"), ("a,b\n", "no row"), ("0.5,1\n0.5\n", "one length"),
        ("0.5,0.5\n", "class number"), ("0.5,1\nx,0\n", "line 2"), ("0.5\n", "2 to 33"),
        ("0.5,1\n" * 5001, "at most 5,000 rows"), ("1.5,1\n", "probs"), ("0.5,7\n", "label"),
        ("nan,1\n", "probs"), ("0.5,nan\n", "class number"),
    ],
    ids=["empty", "words", "ragged", "half", "word", "single", "long", "above", "label", "nan",
         "nan-label"],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_a_sentence(text: str, told: str) -> None:
    with pytest.raises(isc.InfoscopeError, match=told):
        page.view(**(START | {"source": "own", "text": text}), width=WIDE)


def test_a_file_fills_the_box(tmp_path: Path) -> None:
    rows = [(0.9, 1), (0.8, 0), (0.25, 0), (0.6, 1)]
    path = tmp_path / "upload"
    path.write_text("p;y\n" + "".join(f"{p};{y}\n" for p, y in rows), "utf-8")
    file = Uploaded(path, "f.csv", path.stat().st_size)
    *_, last = page.run(file=file, n=100, seed=0, text="", t=1.0)
    probs, labels = page.parsed(last["=text"])
    assert list(zip(probs.tolist(), labels.tolist(), strict=True)) == rows
    assert last["=source"] == "own"
    assert {"diagram", "tiles", "parts", "heat"} <= set(last)


def test_packed_files_and_long_ones_are_refused(tmp_path: Path) -> None:
    for name, content, told in (
        ("a.csv", b"PK\x03\x04" + b"0" * 100, "zip"),
        ("b.csv", b"p,y\n" + b"0.5,1\n" * 6000, "at most 5,000"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(isc.InfoscopeError, match=told):
            list(page.run(file=Uploaded(path, name, len(content)), n=9, seed=0, text="", t=1.0))


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_temperature_can_be_dragged_on_its_curve(width: int) -> None:
    values: dict[str, Any] = START | {"t": 1.5}
    figure = page.view(**values, width=width)["heat"]
    (grip,) = (mark for mark in figure.marks if isinstance(mark, Handle))
    assert grip.drag_x == "t"
    at, losses = (np.array(figure.data[name]) for name in list(figure.data)[:2])
    assert np.interp(1.5, at, losses) == pytest.approx(page.numbers(**values)["log_loss"], abs=1e-3)
    assert page.settle(dict(values), "text", False)["source"] == "own"
