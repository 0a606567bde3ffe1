"""The LSTM: it learns, it is reproducible, its sessions agree, and it survives the disk."""

import json
import math

import numpy as np
import pytest
import torch

from infoscope.core.errors import InvalidArgument, ModelError
from infoscope.data import path_of
from infoscope.language import LanguageModel, load, score
from infoscope.language.lstm import LstmModel
from infoscope.language.model_folder import CARD
from infoscope.language.rows import log_probabilities
from infoscope.language.sessions import open_session

ALICE = path_of("alice_chapter_1.txt").read_bytes()
TRAIN, HELD_OUT = ALICE[:9500], ALICE[9500:]


@pytest.fixture(scope="module")
def model() -> LstmModel:
    return LstmModel.train([TRAIN], width=64, n_epochs=6, seed=1)


def test_it_beats_a_unigram_model_on_held_out_text(model: LstmModel) -> None:
    assert isinstance(model, LanguageModel)
    found = score(HELD_OUT, model).bits_per_byte
    unigram = score(HELD_OUT, load("unigram", train=TRAIN)).bits_per_byte
    assert found.stderr is not None
    assert found.value < unigram.value - 4 * found.stderr
    curve = model.trained_on["held_out_bits_per_byte"]
    assert isinstance(curve, list)
    assert curve[-1] < curve[0] < 8
    assert model.trained_on["kept_epoch"] == 1 + int(np.argmin(curve))


def test_rows_are_distributions_over_bytes(model: LstmModel) -> None:
    p = log_probabilities(model.predict(np.array([256, 72, 101])), 0, 3).exp().numpy()
    assert p.shape == (3, 257)
    np.testing.assert_allclose(p.sum(1), 1, atol=1e-12)
    assert (p[:, 256] == 0).all()


def test_equal_seeds_give_equal_models_and_the_global_generator_is_left_alone() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    twins = [LstmModel.train([TRAIN[:600]], width=8, n_epochs=1, seed=s) for s in (3, 3, 4)]
    assert torch.equal(torch.get_rng_state(), before)
    a, b, c = (score(b"Alice", each).total.value for each in twins)
    assert a == b
    assert a != c


def test_sessions_and_windows_agree(model: LstmModel) -> None:
    ids = np.array([256, *ALICE[:5000]])
    whole = log_probabilities(model.predict(ids), 0, len(ids)).numpy()
    late = log_probabilities(model.predict(ids, 4990), 0, 11).numpy()
    np.testing.assert_allclose(late, whole[4990:], atol=1e-5)
    session = open_session(model, 2)
    streams = np.stack([ids[:50], ids[100:150]])
    session.extend(streams[:, :20])
    twin = session.copy()
    on = log_probabilities(session.extend(streams[:, 20:]), 0, 60).numpy()
    np.testing.assert_allclose(on[:30], whole[20:50], atol=1e-5)
    again = log_probabilities(twin.extend(streams[:, 20:]), 0, 60).numpy()
    np.testing.assert_array_equal(on, again)
    assert session.length == 50


def test_an_alternation_is_learned_across_documents() -> None:
    model = LstmModel.train([b"ab" * 400, b"ab" * 400], width=32, n_epochs=8)
    assert model.trained_on["documents"] == 2
    assert score(b"ab" * 200, model).bits_per_byte.value < 1


def test_a_saved_model_comes_back_the_same(model: LstmModel, tmp_path) -> None:
    again = load(model.save(tmp_path / "m"))
    assert isinstance(again, LstmModel)
    assert again.trained_on == model.trained_on
    ids = np.array([256, 1, 2, 3])
    for one, other in zip(
        model.predict(ids).rows(0, 4), again.predict(ids).rows(0, 4), strict=True
    ):
        assert torch.equal(one, other)
    path = tmp_path / "m" / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[:-4] + bytes(4))
    with pytest.raises(ModelError, match=r"model\.safetensors is not the file that was saved"):
        load(tmp_path / "m")
    path.unlink()
    with pytest.raises(ModelError, match=r"model\.safetensors is missing"):
        load(tmp_path / "m")
    path.write_bytes(whole)
    card = json.loads((tmp_path / "m" / CARD).read_text())
    (tmp_path / "m" / CARD).write_text(json.dumps(card | {"width": 65}))
    with pytest.raises(ModelError, match="whole model folder"):
        load(tmp_path / "m")


def test_names_and_short_texts() -> None:
    model = load("lstm:8", train=TRAIN[:300], seed=2)
    assert isinstance(model, LstmModel)
    assert (model.trained_on["width"], model.trained_on["seed"]) == (8, 2)
    assert math.isfinite(score(b"\xff\x00", model).total.value)
    with pytest.raises(InvalidArgument, match="at least 64 bytes"):
        load("lstm", train="short")
