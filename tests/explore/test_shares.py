"""Probabilities that are dragged and typed sum to one, and the widget says what was done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument
from infoscope.explore.controls import Sent
from infoscope.explore.exchange import answer, read
from infoscope.explore.levels import Levels
from infoscope.explore.registry import find_page
from infoscope.explore.shares import Matrix, Numbers, Shares, hold, rounded_shares

P = Shares(name="p", label="p", default=(0.5, 0.3, 0.2))
weights = st.lists(st.floats(0, 1), min_size=2, max_size=8).filter(lambda w: sum(w) > 1e-3)


@given(weights, st.floats(0, 1), st.data())
def test_one_is_held_and_the_others_keep_their_proportions(w, value, data) -> None:
    p = [each / sum(w) for each in w]
    i = data.draw(st.integers(0, len(p) - 1))
    new = hold(p, i, value)
    assert new[i] == value
    assert sum(new) == pytest.approx(1)
    rest = 1 - p[i]
    if rest > 1e-6:
        for j in set(range(len(p))) - {i}:
            assert new[j] == pytest.approx(p[j] / rest * (1 - value), abs=1e-9)


@given(weights, st.data())
def test_rounded_shares_sum_to_one_and_are_near(w, data) -> None:
    p = [each / sum(w) for each in w]
    keep = data.draw(st.none() | st.integers(0, len(p) - 1))
    rounded = rounded_shares(p, keep=keep)
    assert sum(round(each * 10_000) for each in rounded) == 10_000
    assert min(rounded) >= 0
    assert max(abs(a - b) for a, b in zip(p, rounded, strict=True)) <= len(p) * 1e-4
    if keep is not None:
        assert rounded[keep] == round(p[keep], 4)


def test_a_slider_that_moves_is_held() -> None:
    sent = Sent({"p": "0.5, 0.3, 0.2"}, moved="p.0", value="0.75")
    assert P.read(sent) == (0.75, 0.15, 0.1)
    assert P.write((0.75, 0.15, 0.1)) == {
        "p": "0.75, 0.15, 0.1", "p.0": "0.75", "p.1": "0.15", "p.2": "0.1",
    }  # fmt: skip


def test_counts_are_weights_and_the_widget_says_so() -> None:
    sent = Sent({"p": "3 1; 1,1"}, moved="p")
    assert P.read(sent) == pytest.approx((0.5, 1 / 6, 1 / 6, 1 / 6))
    assert P.remark(sent) == "These sum to 6; each was divided by that."
    assert P.remark(Sent({"p": "1/3, 1/3, 1/3"})) == ""


def test_outcomes_come_and_go() -> None:
    more = P.read(Sent({"p": "0.5, 0.3, 0.2"}, moved="p.add"))
    assert more == (0.375, 0.225, 0.15, 0.25)
    assert P.read(Sent({"p": "0.5, 0.3, 0.2"}, moved="p.less")) == (0.625, 0.375)
    assert P.read(Sent({"p": "0.5, 0.5"}, moved="p.less")) == (0.5, 0.5)
    assert P.read(Sent({"p": "0, 0, 1"}, moved="p.less")) == (0.5, 0.5)


@pytest.mark.parametrize(
    "text", ["", "1", "a, b", "0, 0", "-0.5, 1.5", "nan, 1", "1e999, 1", "1, " * 70, "1/0, 1"]
)
def test_what_is_no_distribution_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidArgument, match="p: the value must"):
        P.read(Sent({"p": text}))


@pytest.mark.parametrize("moved", ["p.9", "p.x", "p.-1", "q.0", "p."])
def test_a_slider_that_is_not_there_moves_nothing(moved: str) -> None:
    assert P.read(Sent({"p": "0.5, 0.5"}, moved=moved, value="0.9")) == (0.5, 0.5)


def test_a_matrix_reads_rows_and_refuses_ragged_ones() -> None:
    joint = Matrix(name="joint", label="Joint table", default=((0.5, 0.0), (0.0, 0.5)))
    rows = joint.read(Sent({"joint": "0.4, 0.05\r\n0.05 1/2\n"}))
    assert rows == ((0.4, 0.05), (0.05, 0.5))
    assert joint.read(Sent(joint.write(rows))) == rows
    with pytest.raises(InvalidArgument, match="rows of equal length"):
        joint.read(Sent({"joint": "1 2\n3"}))


def test_numbers_read_what_people_write() -> None:
    numbers = Numbers(name="x", label="x")
    assert numbers.read(Sent({"x": "[1, 2.5; −3 1/4]"})) == (1.0, 2.5, -3.0, 0.25)


def test_a_table_keeps_its_lines_in_a_live_answer() -> None:
    page = find_page("bottleneck")
    assert page is not None
    typed = "0.4, 0.1\r\n0.1, 0.4"
    patch = answer(page, Sent({"joint": typed, "beta": "3"}, "beta", "3"))
    assert "=joint" not in patch
    (value,) = {read(page, Sent({"joint": text})).values["joint"]
                for text in (typed, "0.4 0.1 | 0.1 0.4", "0.4, 0.1 / 0.1, 0.4")}  # fmt: skip
    assert page.by_name["joint"].write(value) == {"joint": "0.4, 0.1\n0.1, 0.4"}
    assert ">\n0.4, 0.1\n0.1, 0.4</textarea>" in page.by_name["joint"].body(value)
    anew = answer(page, Sent({"joint": "0.4 0.1 | 0.1 0.4"}, "beta", "3"))
    assert anew["=joint"] == "0.4, 0.1\n0.1, 0.4"


def test_rows_come_and_go_within_their_limits() -> None:
    fields = {"p": "0.5, 0.5"}
    assert len(P.read(Sent(fields, "p.add"))) == 3
    assert P.read(Sent(fields, "p.less")) == (0.5, 0.5)
    assert P.read(Sent(fields, "p.7", "0.3")) == (0.5, 0.5)
    assert P.read(Sent(fields, "p.x", "0.3")) == (0.5, 0.5)
    with pytest.raises(InvalidArgument, match=r"lie in \[0, 1\]"):
        P.read(Sent(fields, "p.0", "2"))
    z = Levels(name="z", label="z", default=(1.0, 2.0))
    assert z.read(Sent({"z": "1, 2"}, "z.add")) == (1.0, 2.0, 0.0)
    assert z.read(Sent({"z": "1, 2"}, "z.1", "-3")) == (1.0, -3.0)
    assert 'min="-6" max="6" step="0.05"' in z.body((1.0, 2.0))
    assert 'min="-9" max="9" step="0.05"' in z.body((1.0, -9.0))
    assert 'aria-label="z: one class more"' in z.body((1.0, 2.0))
