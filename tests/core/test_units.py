"""Units: exact where the numbers are, refused where the name is unknown."""

import math

import numpy as np
import pytest

import infoscope as info
from infoscope.core.errors import InvalidArgument
from infoscope.core.units import check_unit, from_nats


def test_powers_of_two_are_whole_bits() -> None:
    for n in range(1, 60):
        assert info.bits(math.log(2**n)) == pytest.approx(n, rel=1e-15)
    assert info.bits(math.log(8)) == 3.0
    assert from_nats(math.log(100), "bans") == pytest.approx(2.0, rel=1e-15)


def test_round_trip_and_arrays() -> None:
    x = np.array([0.0, 1.5, math.inf])
    np.testing.assert_allclose(info.nats(info.bits(x)), x, rtol=1e-15)
    assert from_nats(x, "nats") is x


def test_unknown_units() -> None:
    for bad in ("bit", "Nats", 2, None):
        with pytest.raises(InvalidArgument, match="f: unit must be one of 'nats', 'bits', 'bans'"):
            check_unit(bad, "f")


def test_bits_per_byte() -> None:
    assert info.bits_per_byte(100 * math.log(256), 100) == pytest.approx(8.0, rel=1e-15)
    with pytest.raises(InvalidArgument, match="bits_per_byte: n_bytes must be positive; got 0"):
        info.bits_per_byte(1.0, 0)


def test_room_below_a_loss() -> None:
    """3.2 nats a token at 4 characters a token, against one bit a character."""
    per_character = 3.2 / 4
    assert info.bits(per_character) == pytest.approx(1.154156, abs=1e-6)
    assert 3.2 - 4 * info.nats(1.0) == pytest.approx(0.4274112777602189, rel=1e-12)


def test_perplexity_of_arrays_and_overflow() -> None:
    assert info.perplexity_from_loss(1000) == math.inf
    np.testing.assert_allclose(info.perplexity_from_loss(np.array([0.0, 1.0])), [1, math.e])
