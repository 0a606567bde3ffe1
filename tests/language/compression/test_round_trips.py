"""What is compressed comes back, with and without a transformer, in any shape."""

import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument, ModelError, WrongType
from infoscope.language import LanguageModel, compress, decompress, inspect_compressed, load
from infoscope.language.compression import front, neural_codec, neural_parts
from infoscope.language.compression.fixed_arithmetic import exponential, product, quantise
from infoscope.language.compression.fixed_llama import FixedLlama, Stepper
from infoscope.language.compression.mixture import logarithm
from infoscope.language.compression.text_form import (
    drop_returns,
    join_lines,
    restore_returns,
    split_lines,
)

FILLED = b"\n".join(
    line
    for paragraph in range(12)
    for line in (b"so it was said, and so it came to pass that nobody remembered",
                 b"what the other had meant by it; they went on walking, and", b"talked.", b"")
)  # fmt: skip


def neural_blob(data: bytes, model: LanguageModel, **options: object) -> bytes:
    """Compress with the transformer whether or not it is worth it."""
    parts = neural_parts.NeuralParts.of(model, "test")
    shape = {"n_streams": 1, "context": 64} | options
    part = parts.encode(data, parts.entries(data), shape["n_streams"], shape["context"], _ignore)
    header = front.Header(
        len(data), front._digest(data), 0, b"", "test", parts.name, parts.fingerprint,
        parts.probe, shape["n_streams"], shape["context"],
    )  # fmt: skip
    return front.pack(header, [part])


def _ignore(n: int, bits: float) -> None:
    pass


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=120))
def test_any_bytes_come_back_through_a_transformer(data: bytes, tiny: LanguageModel) -> None:
    assert decompress(neural_blob(data, tiny), tiny) == data


@pytest.mark.parametrize("n_streams", [1, 2, 3, 5, 16])
def test_streams_and_full_caches_come_back(
    n_streams: int, tiny: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neural_codec, "LEAD", 40)
    monkeypatch.setattr(neural_codec, "BLOCK_TOKENS", 100)
    data = FILLED[:400] + bytes(range(256))
    blob = neural_blob(data, tiny, n_streams=n_streams, context=64)
    assert decompress(blob, tiny) == data
    assert inspect_compressed(blob).parts[0][2] > 2  # blocks


def test_logits_do_not_depend_on_how_a_stream_is_read(tiny: LanguageModel) -> None:
    fixed = FixedLlama(tiny, np.arange(259))
    ids = np.random.default_rng(5).integers(3, 250, 90)
    whole, single, beside = (Stepper(fixed, 6, 48, 64) for _ in range(3))
    zeros = np.zeros(64, np.int64)
    rows, at = [], 0
    while at < len(ids):  # as many at once as the cache takes
        piece = ids[at : at + (whole.room(0) or 1)]
        rows.append(whole.logits(whole.step(piece, zeros[: len(piece)])).copy())
        at += len(piece)
    expected = np.concatenate(rows)
    assert 48 in map(len, rows)
    for i, token in enumerate(ids):
        one = single.logits(single.step(ids[i : i + 1], zeros[:1]))
        assert (one[0] == expected[i]).all()
        six = beside.logits(beside.step(np.full(6, token), np.arange(6)))
        assert (six == expected[i]).all()


def test_the_fixed_form_computes_what_the_model_computes(tiny: LanguageModel) -> None:
    fixed = FixedLlama(tiny, np.arange(259))
    ids = np.random.default_rng(6).integers(3, 250, 40)
    stepper = Stepper(fixed, 1, 64, 64)
    got = stepper.logits(stepper.step(ids, np.zeros(40, np.int64)))
    prediction = tiny.predict(ids)
    want = (prediction.states @ prediction.weight.T).numpy()
    assert np.corrcoef(got.ravel(), want.ravel())[0, 1] > 0.999  # weights have 8 bits here


def test_a_product_is_the_product_of_the_quantised_weights() -> None:
    rng = np.random.default_rng(1)
    for rows, inner, columns in ((1, 24, 10), (5, 40, 300), (16, 64, 257)):
        weight = rng.standard_normal((inner, columns)).astype(np.float32)
        blocks = -(-inner // 32)
        levels = np.empty((inner, columns), np.uint8)
        scale, low = np.empty((2, blocks, columns), np.float32)
        quantise(weight, levels, scale, low)
        back = levels * np.repeat(scale, 32, 0)[:inner] + np.repeat(low, 32, 0)[:inner]
        assert np.abs(back - weight).max() < 0.51 * scale.max()
        x = rng.standard_normal((rows, inner)).astype(np.float32)
        out = np.empty((rows, columns), np.float32)
        product(x, rows, levels, scale, low, out, np.empty(1024, np.float32))
        np.testing.assert_allclose(out, x.astype(np.float64) @ back, rtol=1e-3, atol=1e-3)


def test_four_bit_weights_keep_their_values() -> None:
    rng = np.random.default_rng(2)
    nibbles = rng.integers(0, 16, (32, 50))
    nibbles[0], nibbles[1] = 0, 15
    weight = (nibbles * np.float32(0.125) - np.float32(1)).astype(np.float32)
    levels = np.empty((32, 50), np.uint8)
    scale, low = np.empty((2, 1, 50), np.float32)
    quantise(weight, levels, scale, low)
    np.testing.assert_array_equal(levels, 17 * nibbles)


def test_own_exponential_and_logarithm() -> None:
    for x in np.linspace(-59, 20, 400):
        assert exponential(x) == pytest.approx(math.exp(np.float32(x)), rel=4e-7)
    assert exponential(-61.0) == 0
    for x in 10.0 ** np.linspace(-30, 30, 300):
        assert logarithm(x) == pytest.approx(math.log(x), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(
    "data", [b"", b"a", b"\r\n" * 50, FILLED, FILLED.replace(b"\n", b"\r\n"), bytes(1000),
             random.Random(1).randbytes(3000), "Übergrößenträger — 你好 ".encode() * 20],
    ids=["empty", "one", "returns", "filled", "filled returns", "zeros", "random", "unicode"],
)  # fmt: skip
def test_any_data_comes_back_without_a_model(data: bytes) -> None:
    blob = compress(data, None)
    assert decompress(blob) == data
    assert len(blob) <= len(data) + 100
    assert inspect_compressed(blob).model == ""


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="ab .\n\r", max_size=200))
def test_text_forms_are_undone(text: str) -> None:
    data = text.encode()
    if (plain := drop_returns(data)) is not None:
        assert restore_returns(plain) == data
    if (joined := join_lines(data)) is not None:
        assert split_lines(*joined) == data


def test_ends_of_filled_lines_cost_next_to_nothing() -> None:
    joined = join_lines(FILLED)
    assert joined is not None
    flow, code = joined
    assert flow.count(b"\n") == 2 * FILLED.count(b"\n\n") + 1  # between paragraphs, and the last
    assert len(code) < 12


def test_the_front_uses_a_given_model_and_leaves_noise_to_the_byte_model(
    tiny: LanguageModel,
) -> None:
    noise = random.Random(9).randbytes(300)
    blob = compress(noise, tiny, context=64)
    assert decompress(blob) == noise  # no transformer was worth it: it opens without one
    assert inspect_compressed(blob).parts == (("stored", 300, 1),)


def test_the_size_is_near_the_ideal_code_length(tiny: LanguageModel) -> None:
    parts, nats = neural_parts.NeuralParts.of(tiny, "test"), [0.0]
    data = FILLED + bytes(random.Random(2).choices(b"etaoin shrdlu", k=3000))

    def add(_n: int, bits: float) -> None:
        nats[0] += bits

    part = parts.encode(data, parts.entries(data), 1, 64, add)
    size = sum(8 * len(payload) for _, payload, _ in part.blocks)
    assert nats[0] - 1 <= size <= 1.005 * nats[0] + 16


def test_arguments_are_refused_in_one_sentence(tiny: LanguageModel) -> None:
    with pytest.raises(WrongType, match=r"data must be bytes; got str\. Encode it first"):
        compress("text", None)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match=r"streams must lie in 1 … 64; got 0"):
        compress(b"x", None, streams=0)
    with pytest.raises(InvalidArgument, match=r"context must be at least 64"):
        compress(b"x", None, context=3)
    with pytest.raises(ModelError, match=r"model must be of the llama architecture"):
        compress(b"x", load("unigram", train="abab"))


def test_another_process_with_other_threads_opens_the_file(
    tiny_gguf: Path, tiny: LanguageModel, tmp_path: Path
) -> None:
    """The thread count is no part of the format: results do not depend on it."""
    data = FILLED[:300]
    (tmp_path / "blob").write_bytes(neural_blob(data, tiny, n_streams=2))
    code = (
        "import sys, torch; torch.set_num_threads(2)\n"
        "from pathlib import Path\n"
        "from infoscope.language import decompress, load\n"
        "data = decompress(Path(sys.argv[1]).read_bytes(), load(sys.argv[2]))\n"
        "sys.stdout.buffer.write(data)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "blob"), str(tiny_gguf)],
        capture_output=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "2"},
    )  # fmt: skip
    assert done.stdout == data


def test_what_a_blob_says_of_itself_is_json(tiny: LanguageModel) -> None:
    told = inspect_compressed(neural_blob(FILLED, tiny)).to_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["n_bytes"] == len(FILLED)
    assert told["parts"][0]["kind"] == "neural"


def test_the_built_in_model_halves_what_byte_models_need(smollm2: LanguageModel) -> None:
    text = (
        b"The weather in the north of the country is usually colder than in the south, and "
        b"the winters are much longer. Most people who live there work in the fishing industry."
    )
    blob = compress(text, smollm2)
    assert decompress(blob, smollm2) == text
    assert len(blob) < len(compress(text, None)) - 20
