"""Context mixing: exact round trips, true distributions, and better than what it must beat."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infoscope.codes.byte_models import logistic_tables
from infoscope.codes.byte_models.binary_coder import (
    decode_bit,
    encode_bit,
    finish,
    new_coder,
    open_coder,
)
from infoscope.codes.byte_models.mixing import ByteMixer

TEXT = b"".join(
    f"The {a} {b} the {c}, and the {c} {b} the {a} again.\n".encode()
    for a in ("cat", "king", "old clock", "wind")
    for b in ("saw", "followed", "forgot", "praised")
    for c in ("mouse", "river", "letter", "child", "gate")
)


def round_trip(data: bytes) -> bytes:
    code = ByteMixer(len(data)).encode(data)
    assert ByteMixer(len(data)).decode(code, len(data)) == data
    return code


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_come_back(data: bytes) -> None:
    round_trip(data)


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\xff" * 5000, bytes(range(256)) * 8, TEXT * 3],
    ids=["empty", "zero", "constant", "ramp", "text"],
)  # fmt: skip
def test_shapes_of_data_come_back(data: bytes) -> None:
    round_trip(data)


def test_random_bytes_cost_little_more_than_they_are() -> None:
    data = random.Random(3).randbytes(20_000)
    assert len(round_trip(data)) < 1.03 * len(data)


def test_text_is_smaller_than_under_ppmd() -> None:
    import pyppmd

    coder = pyppmd.Ppmd8Encoder(8, 1 << 24)
    peer = coder.encode(TEXT) + coder.flush()
    assert len(round_trip(TEXT)) < len(peer)


def test_the_code_is_as_long_as_the_surprisals_say() -> None:
    nats = ByteMixer(len(TEXT)).surprisals(TEXT).sum()
    bits = 8 * len(round_trip(TEXT))
    assert nats / math.log(2) <= bits <= nats / math.log(2) * 1.001 + 16


def test_learning_goes_on_from_one_piece_to_the_next() -> None:
    mixer, other = ByteMixer(2 * len(TEXT)), ByteMixer(2 * len(TEXT))
    first, second = mixer.encode(TEXT), mixer.encode(TEXT)
    assert len(second) < len(first) / 4
    assert other.decode(first, len(TEXT)) + other.decode(second, len(TEXT)) == 2 * TEXT


def test_the_distribution_sums_to_one_and_knows_what_follows() -> None:
    mixer = ByteMixer(len(TEXT) + 1)
    assert mixer.distribution().sum() == pytest.approx(1, abs=1e-12)
    mixer.surprisals(TEXT[:-1])
    p = mixer.distribution()
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert p.min() > 0
    assert p.argmax() == TEXT[-1]


@pytest.mark.parametrize("skew", [1, 8, 40])
def test_the_coder_is_within_a_hundredth_of_a_percent_of_the_ideal(skew: int) -> None:
    rng = np.random.default_rng(skew)
    chances = np.clip(rng.random(30_000) ** skew, 2.0**-32, 1 - 2.0**-32)
    yes = np.clip((chances * 2**32).astype(np.int64), 1, 2**32 - 1)
    bits = (rng.random(30_000) < chances).astype(np.int64)
    out, coder = np.zeros(40_000, np.uint8), new_coder()
    for p, bit in zip(yes, bits, strict=True):
        encode_bit(coder, out, p, bit)
    n = int(finish(coder, out))
    ideal = -np.log2(np.where(bits == 1, yes / 2**32, 1 - yes / 2**32)).sum()
    assert ideal - 1e-6 <= 8 * n <= ideal * 1.0001 + 16
    coder, source = new_coder(), out[:n].copy()
    open_coder(coder, source)
    assert [decode_bit(coder, source, p) for p in yes] == bits.tolist()


def test_no_table_entry_is_decided_by_the_last_digit_of_a_logarithm() -> None:
    stretch = [256 * math.log((2 * i + 1) / (8191 - 2 * i)) for i in range(4096)]
    squash = [65536 / (1 + math.exp(-x / 256)) for x in range(-2048, 2048)]
    for exact in (stretch, squash):
        to_half = [abs(value - math.floor(value) - 0.5) for value in exact]
        assert min(to_half) > 1e-7  # a library's error is below 1e-12


def test_a_history_keeps_counts_and_forgets_what_was_contradicted() -> None:
    following = logistic_tables.next_histories()
    state = 0
    for _ in range(5):
        state = int(following[1, state])
    assert (state >> 7, state >> 2 & 31, state & 3) == (0, 5, 3)
    state = int(following[0, state])
    assert (state >> 7, state & 3) == (1, 2)
    assert 2 <= (state >> 2 & 31) < 5
