"""Models on a server: a small local one that speaks both protocols, and every way it can fail."""

import json
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
import torch

from infoscope.core.errors import DataError, InvalidArgument, ModelError
from infoscope.language import LanguageModel, load, score
from infoscope.language.remote import RemoteModel, _rank, align

TEXT = "the other thing, né\n 42"


class Server:
    """A vLLM-like server around a transformers model; `break_it` decides what goes wrong."""

    def __init__(self, model, tokenizer, *, vllm: bool = True, begin: int | None = 1) -> None:
        self.model, self.tokenizer, self.vllm, self.begin = model, tokenizer, vllm, begin
        self.break_it = ""
        self.asked_on = threading.Event()  # until then a slow server does not answer
        self.models = ["tiny"]
        self.seen: list[dict[str, Any]] = []
        self.failures_left = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self.reply(None)

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                self.reply(json.loads(self.rfile.read(size)))

            def reply(self, body: Any) -> None:
                outer.seen.append({"path": self.path, "key": self.headers.get("Authorization")})
                status, answer, extra = outer.answer(self.path, body)
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in extra.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, path: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        if self.failures_left:
            self.failures_left -= 1
            return 503, {"error": {"message": "busy"}}, {"Retry-After": "0"}
        if self.break_it == "slow" and path.endswith("completions"):
            self.asked_on.wait(600)
        if self.break_it == "html":
            return 200, b"<html>hello</html>", {}
        if self.break_it == "moved":
            return 302, {}, {"Location": "http://127.0.0.1:9/v1/models"}
        if self.break_it == "key":
            return 401, {"error": {"message": "no such key: secret-123"}}, {}
        if path == "/v1/models":
            listed = [{"id": name, "max_model_len": 32} for name in self.models]
            return 200, {"object": "list", "data": listed}, {}
        if path == "/tokenize" and self.vllm:
            ids = self.tokenizer.encode(body["prompt"].encode()).ids.tolist()
            start = [self.begin] if body["add_special_tokens"] and self.begin is not None else []
            return 200, {"tokens": start + ids, "count": len(ids), "max_model_len": 32}, {}
        if path == "/detokenize" and self.vllm:
            return 200, {"prompt": self.word(body["tokens"][0])}, {}
        if path == "/v1/completions":
            if self.break_it == "too long":
                return 400, {"error": {"message": "This model's maximum context is 32 tokens."}}, {}
            return 200, {"choices": [self.complete(body)]}, {}
        return 404, {"detail": "Not Found"}, {}

    def word(self, token: int) -> str:
        return self.tokenizer.spell(token).decode("utf-8", "replace")

    @torch.inference_mode()
    def complete(self, body: Any) -> dict[str, Any]:
        ids = body["prompt"]
        if isinstance(ids, str):
            ids = self.tokenizer.encode(ids.encode()).ids.tolist()
        logits = self.model(input_ids=torch.tensor([ids])).logits[0].double()
        told: list[Any] = [None]
        k = body.get("prompt_logprobs") or body.get("logprobs")
        for row, token in zip(logits.log_softmax(-1)[:-1], ids[1:], strict=True):
            chosen = {*row.topk(k).indices.tolist(), token}
            told.append({
                str(i): {
                    "logprob": float(row[i]), "rank": int((row > row[i]).sum()) + 1,
                    "decoded_token": self.word(i),
                } for i in chosen
            })  # fmt: skip
        if self.break_it == "no prompt":
            return {"text": "x", "logprobs": {"tokens": ["x"], "token_logprobs": [-1.0]}}
        if self.break_it == "positive":
            told[2] = {str(ids[2]): {"logprob": 0.5, "rank": 1, "decoded_token": "x"}}
        if self.break_it == "other":
            told[1] = {"0": {"logprob": -1.0, "rank": 1, "decoded_token": "x"}}
        if "prompt_logprobs" in body:
            return {"text": "x", "prompt_logprobs": told}
        words = [self.word(i) for i in ids]
        own = [None, *(e[str(i)]["logprob"] for e, i in zip(told[1:], ids[1:], strict=True))]
        tops = [e and {v["decoded_token"]: v["logprob"] for v in e.values()} for e in told]
        return {
            "text": "x",
            "logprobs": {
                "tokens": [*words, "x"], "token_logprobs": [*own, -2.0],
                "top_logprobs": [*tops, {"x": -2.0}],
            },
        }  # fmt: skip


@pytest.fixture
def make_server(tiny_llama, tiny):
    made: list[Server] = []

    def make(**options) -> Server:
        made.append(Server(tiny_llama, tiny, **options))
        return made[-1]

    yield make
    for server in made:
        server.http.shutdown()
        server.http.server_close()


def quick(server: Server, fragment: str = "") -> RemoteModel:
    return RemoteModel(server.url + fragment, timeout=5, n_retries=2, pause=0.0)


def test_surprisals_and_ranks_are_those_of_the_model(make_server, tiny) -> None:
    server = make_server()
    model = load(f"{server.url}/v1#tiny")
    assert isinstance(model, RemoteModel)
    assert isinstance(model, LanguageModel)
    assert (model.name, model.protocol, model.context_limit) == ("tiny", "prompt_logprobs", 31)
    text = TEXT.encode() * 4
    found = model.read(text, context=16, top=3)
    expected = score(text, tiny, context=16, top=3)
    assert len(expected) > 32
    np.testing.assert_array_equal(found.tokens.ids, expected.ids)
    np.testing.assert_array_equal(found.tokens.starts, expected.starts)
    np.testing.assert_array_equal(found.tokens.ends, expected.ends)
    np.testing.assert_allclose(found.surprisal, expected.surprisal, atol=2e-5)
    np.testing.assert_array_equal(found.rank, expected.rank)
    best = [row[0][1] for row in found.top]
    np.testing.assert_allclose(best, expected.top_probabilities[:, 0], rtol=1e-4)
    assert found.n_unscored == 0


def test_without_a_beginning_token_the_first_one_is_context_only(make_server, tiny) -> None:
    model = quick(make_server(begin=None))
    found = model.read(b"the other thing")
    ids = tiny.encode(b"the other thing").ids
    assert found.n_unscored == 3  # "the"
    np.testing.assert_array_equal(found.tokens.ids, ids[1:])
    assert int(found.tokens.starts[0]) == 3
    with pytest.raises(ModelError, match="no token to stand before"):
        model.read(b"the")


def test_the_older_protocol_echoes_the_text(make_server, tiny, tiny_llama) -> None:
    model = quick(make_server(vllm=False))
    assert model.protocol == "echo"
    text = b"the other thing"
    found = model.read(text, top=4)
    ids = tiny.encode(text).ids
    with torch.inference_mode():
        rows = tiny_llama(input_ids=torch.tensor(ids)[None]).logits[0].double().log_softmax(-1)
    goals = torch.from_numpy(ids[1:])
    expected = -rows[:-1].gather(1, goals[:, None])[:, 0]
    np.testing.assert_allclose(found.surprisal, expected.numpy(), atol=2e-5)
    ranks = (rows[:-1] > -expected[:, None]).sum(1).numpy() + 1
    assert set(found.rank) == {0}  # a random model: no token is among the four likeliest
    all_told = model.read(text, top=259)
    spelled_alike = 259 - len({tiny.spell(i).decode("utf-8", "replace") for i in range(259)})
    assert spelled_alike > 0  # so that not even that decides the rank
    assert set(all_told.rank) == {0}
    assert ranks.min() > 4
    assert found.n_unscored == 3
    with pytest.raises(InvalidArgument, match="left out for this server"):
        model.read(text, context=8)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("no prompt", "does not tell prompt_logprobs.*vLLM does"),
        ("positive", "told 0.5 where a log-probability belongs"),
        ("other", "told nothing of token"),
        ("html", "no JSON"),
        ("too long", "status 400: This model's maximum context is 32 tokens"),
    ],
)
def test_wrong_answers_are_named(what: str, why: str, make_server) -> None:
    server = make_server()
    model = quick(server)
    server.break_it = what
    with pytest.raises(ModelError, match=why):
        model.read(TEXT.encode())


def test_a_server_that_tells_generated_tokens_only_is_refused(make_server) -> None:
    server = make_server(vllm=False)
    model = quick(server)
    server.break_it = "no prompt"
    with pytest.raises(ModelError, match="of the text's 24 bytes with log-probabilities"):
        model.read(TEXT.encode())


def test_a_busy_server_is_asked_again(make_server) -> None:
    server = make_server()
    server.failures_left = 2
    assert quick(server).name == "tiny"
    server.failures_left = 3
    with pytest.raises(ModelError, match=r"status 503: busy \(3 tries\)"):
        quick(server)


def test_an_unreachable_server_and_one_that_does_not_answer(make_server) -> None:
    server = make_server()
    model = RemoteModel(server.url, timeout=2, n_retries=0)
    server.break_it = "slow"
    with pytest.raises(ModelError, match=r"did not answer /v1/completions within 2 s"):
        model.read(b"the the")
    server.asked_on.set()
    server.http.shutdown()
    server.http.server_close()
    with pytest.raises(ModelError, match="cannot be reached"):
        RemoteModel(server.url, n_retries=1, pause=0.0)


def test_the_key_is_sent_and_never_shown(make_server, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-123")
    server = make_server()
    quick(server)
    assert server.seen[0]["key"] == "Bearer secret-123"
    server.break_it = "key"
    with pytest.raises(ModelError, match="status 401") as caught:
        quick(server)
    assert "secret-123" not in str(caught.value)
    assert "INFOSCOPE_API_KEY" in str(caught.value)
    server.break_it = "moved"  # the key must not follow
    with pytest.raises(ModelError, match="status 302"):
        quick(server)


def test_the_model_is_chosen_by_name(make_server) -> None:
    server = make_server()
    server.models = ["tiny", "other/model"]
    with pytest.raises(ModelError, match=r"several models \('tiny', 'other/model'\)"):
        quick(server)
    assert quick(server, "#other/model").name == "other/model"
    with pytest.raises(ModelError, match="no model 'big'; it has 'tiny'"):
        quick(server, "#big")
    server.models = []
    with pytest.raises(ModelError, match="lists no models"):
        quick(server)


@pytest.mark.parametrize("url", ["http://", "http://me:pw@host", "https://host/?key=1"])
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        load(url)
    assert "pw" not in str(caught.value)


def test_texts_and_measures_that_a_server_cannot_serve(make_server) -> None:
    model = quick(make_server())
    with pytest.raises(DataError, match="byte 0xff at 1"):
        model.read(b"a\xff")
    with pytest.raises(DataError, match="at least one byte"):
        model.read(b"")
    with pytest.raises(ModelError, match="not the whole distribution"):
        model.predict(np.array([1]))


def test_ranks_that_an_echo_decides() -> None:
    entry = {"a": -0.5, "b": -1.5, "c": -2.5}
    assert [_rank(cost, entry, 3) for cost in (0.5, 1.5, 2.5)] == [1, 2, 3]
    assert _rank(2.5, entry, 2) == 0  # the third is the text's own, outside the two likeliest
    assert _rank(0.5, {"a": -0.5, "\ufffd": -1.0}, 2) == 0
    assert _rank(0.5, None, 2) == 0


def test_alignment_of_spelled_tokens() -> None:
    emoji = "a🙂b"
    starts, ends = align(emoji.encode(), ["a", "\ufffd", "\ufffd\ufffd", "b"])
    assert (starts.tolist(), ends.tolist()) == ([0, 1, 5, 5], [1, 5, 5, 6])
    starts, ends = align("né".encode(), ["n", "bytes:\\xc3", "bytes:\\xa9"])
    assert (starts.tolist(), ends.tolist()) == ([0, 1, 2], [1, 2, 3])
    for words in (["a", "c"], ["a"], ["a", "b", "c"]):
        with pytest.raises(ModelError, match=r"tokens (do not )?spell"):
            align(b"ab", words)
    assert math.isclose(float(align(b"ab", ["ab"])[1][0]), 2)


def test_score_takes_a_server_like_any_model(make_server, tiny) -> None:
    server = make_server()
    text = TEXT.encode() * 3
    found = score(text, f"{server.url}#tiny", context=16, top=2)
    expected = score(text, tiny, context=16, top=2)
    assert found.bits_per_byte.value == pytest.approx(expected.bits_per_byte.value, abs=1e-4)
    assert found.text == text
    assert [t.text for t in found.most_surprising(3)] == [
        t.text for t in expected.most_surprising(3)
    ]
    assert found.alternatives(0)[0][1] == pytest.approx(expected.alternatives(0)[0][1], abs=1e-4)
    assert math.isnan(found.mean_entropy.value)
    assert "whole distribution" in found.mean_entropy.notes[0]
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["estimates"]["mean_entropy"]["value"] == "nan"


def test_score_leaves_out_what_a_server_cannot_judge(make_server, tmp_path) -> None:
    headless = quick(make_server(begin=None))
    found = score(b"the other thing", headless)
    assert found.text == b" other thing"
    assert int(found.starts[0]) == 0
    assert "left out" in found.rule.first_token
    found.save_html(tmp_path / "page.html")
    for option in ({"by_byte": True}, {"prefix": "none"}, {"context": "full"}):
        with pytest.raises(InvalidArgument, match="left out for a model on a server"):
            score(b"the the", headless, **option)
