"""What was saved and is read again, damaged: a value or one sentence."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import DataError
from infoscope.core.result import Estimate, Interval
from infoscope.labs import check_lab, find_lab
from infoscope.language.words import read_similarity_set
from infoscope.probe import load_activations, load_trajectory
from infoscope.probe.planes.trajectory import PlanePoint, PlaneTrajectory

SOUP = st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-16"))
DEEP = b"[" * 100_000
OTHER = st.sampled_from(
    [None, 0, -1, 2**70, 1.5, "", "x", "nan", "inf", True, [], [1], [[]], {}, {"low": 1}]
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("saved")


def estimate(of: str, value: float) -> Estimate:
    return Estimate(
        of, value, "bits", stderr=0.1, interval=Interval(value - 0.2, value + 0.2, 0.95, "made up"),
        method="binning", n=64, settings={"width": 0.5, "parts": (1, 2)},
        diagnostics={"rows": 64.0}, notes=("a note",),
    )  # fmt: skip


def saved_trajectory() -> dict[str, Any]:
    points = [
        PlanePoint(epoch, layer, "none", 3, estimate("I(X; T)", 1.0), estimate("I(T; Y)", 0.5))
        for epoch in (0, 1)
        for layer in ("first", "second")
    ]
    return PlaneTrajectory(points, 6.0, 1.0, 64.0, "bits", 64, ("a note",)).to_dict()


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a value of JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inner:
        yield (*at, key)
        if isinstance(each, dict | list):
            yield from places(each, (*at, key))


WHOLE = saved_trajectory()
PLACES = list(places(WHOLE))


def test_the_undamaged_is_read(place: Path) -> None:
    (place / "t.json").write_text(json.dumps(WHOLE))
    assert load_trajectory(place / "t.json").to_dict() == WHOLE


@given(data=st.data(), other=OTHER)
def test_trajectories_with_another_value_or_none(
    data: st.DataObject, other: Any, place: Path, refused: Callable[..., bool]
) -> None:
    at = data.draw(st.sampled_from(PLACES))
    for gone in (False, True):
        damaged = copy.deepcopy(WHOLE)
        holder = damaged
        for key in at[:-1]:
            holder = holder[key]
        if gone:
            del holder[at[-1]]
        else:
            holder[at[-1]] = other
        (place / "t.json").write_text(json.dumps(damaged))
        refused(lambda: load_trajectory(place / "t.json").to_html())


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b'"x"', b"{", b"{}", b"\xff\xfe{\0", b'{"a": \xff}', DEEP],
    ids=["empty", "list", "null", "text", "cut", "nothing", "utf-16", "latin-1", "deep"],
)  # fmt: skip
def test_what_is_none_of_ours_is_refused(content: bytes, place: Path) -> None:
    for name in ("t.json", "answers.ipynb", "activations.npz", "activations.npy"):
        (place / name).write_bytes(content)
    with pytest.raises(DataError, match="load_trajectory: path must"):
        load_trajectory(place / "t.json")
    with pytest.raises(DataError, match="check_lab: answers must"):
        check_lab(find_lab("entropy"), place / "answers.ipynb")
    for name in ("activations.npz", "activations.npy"):
        with pytest.raises(DataError, match=r"load_activations: \w+ must"):
            load_activations(place / name)
    folder = place / "folder"
    folder.mkdir(exist_ok=True)
    (folder / "activations.json").write_bytes(content)
    np.save(folder / "000.npy", np.zeros((4, 2)))
    with pytest.raises(DataError, match=r"load_activations: \w+ must"):
        load_activations(folder)


@given(content=SOUP)
def test_bytes_of_any_kind(content: bytes, place: Path, refused: Callable[..., bool]) -> None:
    (place / "any").write_bytes(content)
    refused(lambda: read_similarity_set(place / "any"))
    refused(lambda: load_trajectory(place / "any"))
    for ending in (".npy", ".npz", ".safetensors"):
        (place / f"any{ending}").write_bytes(content)
        assert refused(lambda ending=ending: load_activations(place / f"any{ending}"))


def test_answers_that_are_no_text(place: Path) -> None:
    (place / "mine.py").write_bytes(b"def answer():\n    return 1  # \xff\n")
    with pytest.raises(DataError, match=r"must be a file of text in UTF-8.*Save it as UTF-8"):
        check_lab(find_lab("entropy"), place / "mine.py")


def test_words_that_are_no_text(place: Path) -> None:
    (place / "pairs.tsv").write_bytes("tiger\tkäse\t1.0\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"must be a file of text in UTF-8.*Save it as UTF-8"):
        read_similarity_set(place / "pairs.tsv")
