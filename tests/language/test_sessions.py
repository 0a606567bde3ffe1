"""Reading many windows and going on from a context: a model's own way equals the stand-in."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

from infoscope.core.errors import InvalidArgument
from infoscope.language.contract import LogitRows, ReadsMany, ReadsOn
from infoscope.language.rows import count_rows, log_probabilities, logit_chunks, logit_rows
from infoscope.language.sessions import RereadSession, open_session, predict_many


class Counting:
    """Logits that depend on the whole context: the sum of its tokens, and its length."""

    name, n_vocabulary, prefix, dtype = "counting", 7, 0, "float64"
    context_limit, default_context = 40, 8

    def encode(self, text):
        raise NotImplementedError

    def decode(self, ids):
        raise NotImplementedError

    def spell(self, token: int) -> bytes:
        return bytes([token])

    def predict(self, window: np.ndarray, start: int = 0) -> LogitRows:
        sums = np.cumsum(window)[start:, None] * np.arange(7) % 5
        return LogitRows(sums + np.arange(start, len(window))[:, None] * 0.1)


def all_rows(prediction) -> np.ndarray:
    return logit_rows(prediction, 0, count_rows(prediction)).double().numpy().copy()


@pytest.fixture(params=["stand-in", "own"])
def model(request: pytest.FixtureRequest, tiny):
    return Counting() if request.param == "stand-in" else tiny


def windows_of(model) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, model.n_vocabulary, n) for n in (5, 1, 12, 12, 3, 40)]


def test_many_windows_give_each_its_own_rows(model) -> None:
    windows, starts = windows_of(model), [0, 0, 7, 11, 2, 1]
    alone = [all_rows(model.predict(w, s)) for w, s in zip(windows, starts, strict=True)]
    together = predict_many(model, windows, starts)
    assert count_rows(together) == sum(len(rows) for rows in alone)
    np.testing.assert_allclose(all_rows(together), np.concatenate(alone), atol=2e-5)


def test_a_session_goes_on_where_it_was(model) -> None:
    ids = np.stack([windows_of(model)[5], windows_of(model)[5][::-1]])
    whole = [all_rows(model.predict(row)) for row in ids]
    session = open_session(model, 2, 40)
    assert (session.n_streams, session.length) == (2, 0)
    at = 0
    for m in (1, 4, 1, 1, 20, 13):
        rows = all_rows(session.extend(ids[:, at : at + m])).reshape(2, m, -1)
        for s in range(2):
            np.testing.assert_allclose(rows[s], whole[s][at : at + m], atol=2e-5)
        at += m
        assert session.length == at


def test_a_copy_grows_on_its_own(model) -> None:
    a, b = np.array([[1, 2, 3]]), np.array([[4, 5]])
    session = open_session(model)
    session.extend(a)
    fork = session.copy()
    there = all_rows(session.extend(b))
    session.extend(a)
    np.testing.assert_array_equal(all_rows(fork.extend(b)), there)
    assert (session.length, fork.length) == (8, 5)
    again = open_session(model)
    again.extend(a)
    np.testing.assert_array_equal(all_rows(again.extend(b)), there)  # equal calls, equal bits


def test_who_has_its_own_way_is_asked(tiny) -> None:
    assert not isinstance(Counting(), ReadsMany | ReadsOn)
    assert isinstance(tiny, ReadsMany)
    assert isinstance(tiny, ReadsOn)
    assert isinstance(open_session(Counting()), RereadSession)
    assert not isinstance(open_session(tiny), RereadSession)


@pytest.mark.parametrize("n_streams", [0, -1])
def test_bad_sessions_are_refused(n_streams: int) -> None:
    with pytest.raises(InvalidArgument, match="n_streams must be at least 1"):
        open_session(Counting(), n_streams)
    with pytest.raises(InvalidArgument, match="capacity must lie between 1 and 40; got 41"):
        open_session(Counting(), 1, 41)


def test_rows_are_read_alike_whatever_holds_them(tiny) -> None:
    prediction = tiny.predict(windows_of(tiny)[2])
    rows = all_rows(prediction)
    expected = log_softmax(rows, -1)
    np.testing.assert_allclose(log_probabilities(prediction, 2, 9), expected[2:9], atol=1e-12)
    pieces = [chunk.numpy().copy() for _, _, chunk in logit_chunks(prediction, 5)]
    assert [len(piece) for piece in pieces] == [5, 5, 2]
    np.testing.assert_allclose(np.concatenate(pieces), rows, atol=2e-5)
    assert isinstance(log_probabilities(LogitRows(rows), 0, 3), torch.Tensor)


def test_long_and_short_windows_share_chunks(tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    windows = [rng.integers(0, tiny.n_vocabulary, n) for n in (3, 150, 64, 1, 130, 30, 40, 65)]
    starts = [1, 60, 0, 0, 129, 3, 0, 64]
    alone = [all_rows(tiny.predict(w, s)) for w, s in zip(windows, starts, strict=True)]
    monkeypatch.setattr("infoscope.language.llama_buffers._CHUNK", 100)
    together = all_rows(tiny.predict_many(windows, starts))
    np.testing.assert_allclose(together, np.concatenate(alone), atol=2e-5)


def test_a_session_refuses_more_than_it_can_hold(tiny) -> None:
    session = open_session(tiny, 1, 4)
    session.extend(np.array([[1, 2, 3]]))
    with pytest.raises(InvalidArgument, match="fit in a context of 4 tokens; got 3 held and 2"):
        session.extend(np.array([[1, 2]]))
    with pytest.raises(InvalidArgument, match=r"ids must have shape \(1, at least 1\)"):
        session.extend(np.array([[1], [2]]))
    assert session.length == 3
