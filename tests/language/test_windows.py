"""The disjoint rolling rule: a hand-made case, and its promises at every length."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from infoscope.language.windows import strided_windows


def test_the_last_window_is_filled_from_the_left() -> None:
    windows = list(strided_windows(np.arange(10, 20), prefix=1, context=4, stride=4))
    assert [w.inputs.tolist() for w in windows] == [
        [1, 10, 11, 12], [13, 14, 15, 16], [15, 16, 17, 18],
    ]  # fmt: skip
    assert [(w.first, w.last, w.start) for w in windows] == [(0, 4, 0), (4, 8, 0), (8, 10, 2)]


def test_strided_windows_read_a_part_of_the_past_again() -> None:
    windows = list(strided_windows(np.arange(10, 19), prefix=1, context=5, stride=3))
    assert [w.inputs.tolist() for w in windows] == [
        [1, 10, 11, 12, 13], [12, 13, 14, 15, 16], [13, 14, 15, 16, 17],
    ]  # fmt: skip
    assert [(w.first, w.last, w.start) for w in windows] == [(0, 5, 0), (5, 8, 2), (8, 9, 4)]


@given(st.integers(1, 60), st.integers(2, 12), st.data())
def test_each_token_is_scored_once_after_exactly_its_own_past(
    n: int, context: int, data: st.DataObject
) -> None:
    stride = data.draw(st.integers(1, context))
    ids = np.arange(100, 100 + n)
    line = np.concatenate([[7], ids])  # line[i] stands before ids[i]
    scored: list[int] = []
    for window in strided_windows(ids, prefix=7, context=context, stride=stride):
        assert len(window.inputs) <= context
        end = window.last  # inputs end with the token before the last target
        assert window.inputs.tolist() == line[end - len(window.inputs) : end].tolist()
        assert window.inputs[window.start] == line[window.first]
        if window.first:
            assert len(window.inputs) == context
        scored += range(window.first, window.last)
    assert scored == list(range(n))


@given(st.integers(1, 400), st.integers(2, 64))
def test_disjoint_windows_are_those_of_the_harness(n: int, context: int) -> None:
    """The rule as lm-evaluation-harness states it, written here anew: (inputs, targets) per window.

    The first window predicts up to `context` tokens from the prefix; every later one takes
    `context` tokens of which the last is not read, and predicts only those not predicted yet.
    """
    ids, prefix = list(range(1000, 1000 + n)), 7
    expected = [([prefix, *ids[: min(context, n) - 1]], ids[: min(context, n)])]
    predicted = min(context, n)
    while predicted < n:
        more = min(n - predicted, context)
        end = predicted + more
        expected.append((ids[end - context - 1 : end - 1], ids[end - more : end]))
        predicted = end
    found = [
        (w.inputs.tolist(), ids[w.first : w.last])
        for w in strided_windows(np.array(ids), prefix, context, context)
    ]
    assert found == expected


def test_a_prefix_in_every_window_takes_the_earliest_place() -> None:
    windows = list(strided_windows(np.arange(10, 17), 1, 4, 2, prefix_always=True))
    assert [w.inputs.tolist() for w in windows] == [
        [1, 10, 11, 12],
        [1, 12, 13, 14],
        [1, 13, 14, 15],
    ]
