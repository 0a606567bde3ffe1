"""Partial matching against probabilities worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infoscope.codes.byte_models.partial_matching import PartialMatching
from infoscope.core.errors import InvalidArgument, WrongType


def test_nothing_read_is_uniform() -> None:
    np.testing.assert_allclose(PartialMatching(3).distribution(), 1 / 256)


def test_escapes_and_exclusion_by_hand() -> None:
    """After "abac": context "c" is new; order 0 holds a:2, b:1, c:1, each escape counting 3."""
    model = PartialMatching(1)
    model.learn(b"abac")
    p = model.distribution()
    assert p[ord("a")] == pytest.approx(2 / 7)
    assert p[ord("b")] == pytest.approx(1 / 7)
    assert p[ord("z")] == pytest.approx(3 / 7 / 253)
    model.learn(b"a")  # context "a": b once, c once; a itself is left to order 0, alone there
    p = model.distribution()
    assert p[ord("b")] == pytest.approx(1 / 4)
    assert p[ord("a")] == pytest.approx(1 / 2 * 3 / 4)  # in order 0 by now: a 3 times
    assert p[ord("z")] == pytest.approx(1 / 2 * 1 / 4 / 253)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 5))
def test_it_is_a_distribution(data: bytes, order: int) -> None:
    model = PartialMatching(order)
    model.learn(data)
    p = model.distribution()
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert p.min() > 0


def test_all_bytes_seen_leave_no_escape() -> None:
    model = PartialMatching(0)
    model.learn(bytes(range(256)))
    np.testing.assert_allclose(model.distribution(), 1 / 256)


def test_longer_contexts_learn_a_repeating_text() -> None:
    text = b"she sells sea shells by the sea shore. " * 12
    bits = [PartialMatching(n).surprisals(text).sum() / np.log(2) for n in (0, 2, 5)]
    assert bits[0] > 2 * bits[1] > 2 * bits[2]


def test_bad_orders_are_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"order must lie in 0 to 32; got 33"):
        PartialMatching(33)
    with pytest.raises(WrongType, match="be a whole number"):
        PartialMatching(2.0)  # type: ignore[arg-type]
