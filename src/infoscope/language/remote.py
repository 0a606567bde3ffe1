"""Score a text by a server that speaks the OpenAI or vLLM protocol, from what it tells of a prompt.

A server tells the log-probability of each token of a prompt and of the few likeliest others, not
of the whole vocabulary: surprisals are exact (to the server's arithmetic), and there are no
entropies.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InvalidArgument, ModelError, sentence
from infoscope.core.progress import Progress
from infoscope.language.contract import Prediction, Tokens
from infoscope.language.remote_server import JsonServer
from infoscope.language.windows import strided_windows

__all__ = ["RemoteModel", "RemoteReading", "align"]

_DEFAULT_CONTEXT = 1024
_ODD_BYTES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")


@dataclass(frozen=True, slots=True, eq=False)
class RemoteReading:
    """What a server told of a text, token by token, in nats.

    The first `n_unscored` bytes are a token that nothing stands before: it was given as context.
    A rank of 0 means that the server did not tell it.
    """

    tokens: Tokens
    surprisal: NDArray[np.float64]  # (n,)
    rank: NDArray[np.int64]  # (n,)
    top: list[list[tuple[str, float]]]  # likeliest tokens and their probabilities, best first
    n_unscored: int
    context: int


class RemoteModel:
    """A language model behind a server.

    Parameters
    ----------
    url : str
        ``http://host:port``, with or without ``/v1``; after ``#`` the model's name, needed only if
        the server has several.
    timeout : float
        Seconds to wait for each answer.
    n_retries : int
        How often to ask again when the server is busy or the connection breaks.
    pause : float
        Seconds before the first retry.

    Attributes
    ----------
    protocol : str
        "prompt_logprobs" (vLLM: the text is cut on the server, windows as everywhere here) or
        "echo" (OpenAI's older completions: one window, the whole text).

    Raises
    ------
    ModelError
        If the server cannot be reached, is no such server, or has not the model.
    InvalidArgument
        If the address cannot be read, or holds a password.

    Notes
    -----
    A key is taken from INFOSCOPE_API_KEY or OPENAI_API_KEY, sent over https or to this machine
    only, and never shown. A server obeys control strings inside a text (``<|endoftext|>``), which
    local models here do not. Without the whole distribution there is no entropy, no KL divergence
    and no compression.

    Source
    ------
    vLLM, OpenAI-compatible server (``/tokenize``, ``prompt_logprobs``); OpenAI API, completions
    (``echo`` with ``logprobs``).
    """

    dtype = "the server's"
    n_vocabulary = 0  # not told
    prefix = 0

    def __init__(
        self, url: str, *, timeout: float = 120.0, n_retries: int = 3, pause: float = 0.5
    ) -> None:
        address, _, wanted = url.partition("#")
        root = address.rstrip("/").removesuffix("/v1")
        self._server = JsonServer(root, timeout=timeout, n_retries=n_retries, pause=pause)
        card = self._choose(unquote(wanted))
        self.name = str(card["id"])
        limit = card.get("max_model_len")
        # the server must have room for the one token that it insists on making
        self.context_limit = limit - 1 if isinstance(limit, int) and limit > 2 else None
        self.default_context = min(_DEFAULT_CONTEXT, self.context_limit or _DEFAULT_CONTEXT)
        empty = self._tokenize("", special=True)
        self.protocol = "echo" if empty is None else "prompt_logprobs"
        self._begin = [] if empty is None else empty[-1:]

    def read(
        self,
        text: bytes,
        *,
        context: int | None = None,
        stride: int | None = None,
        top: int = 5,
        progress: bool | None = None,
    ) -> RemoteReading:
        """Return the surprisal of every token of `text` under the server's model.

        Parameters
        ----------
        text : bytes
            UTF-8, not empty.
        context, stride : int, optional
            Windows as in `score`; with the "echo" protocol the whole text is one window.
        top : int
            How many of the likeliest tokens to ask for, at least 1; servers allow 5 to 20.
        progress : bool, optional
            Show a bar on stderr; by default only when stderr is a terminal.

        Returns
        -------
        RemoteReading
            In nats.

        Raises
        ------
        DataError
            If the text is empty or not UTF-8: a server takes text only.
        ModelError
            If the server's answer cannot be used; the sentence says why.
        """
        if not text:
            raise DataError(sentence("score", "text", "hold at least one byte", "an empty text"))
        try:
            plain = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                sentence("score", "text", "be UTF-8 for a model on a server",
                         f"byte 0x{text[error.start]:02x} at {error.start}",
                         "Convert it, or score it with a local model.")
            ) from None  # fmt: skip
        if self.protocol == "echo":
            if context is not None or stride is not None:
                raise InvalidArgument(
                    sentence("score", "context and stride", "be left out for this server",
                             "a number", "It does not show its tokens beforehand, so that the "
                             "text is read as one window.")
                )  # fmt: skip
            return self._read_echo(text, plain, max(top, 1))
        context = self.default_context if context is None else context
        return self._read_windows(text, plain, context, stride or context, max(top, 1), progress)

    def predict(self, window: NDArray[np.int64], start: int = 0) -> Prediction:  # noqa: ARG002
        """Refuse: a server does not tell whole distributions."""
        raise self._partial()

    def encode(self, text: bytes) -> Tokens:  # noqa: ARG002
        """Refuse: the tokens come with their numbers, by `read`."""
        raise self._partial()

    def decode(self, ids: Sequence[int]) -> bytes:  # noqa: ARG002
        """Refuse, as `encode` does."""
        raise self._partial()

    def spell(self, token: int) -> bytes:  # noqa: ARG002
        """Refuse, as `encode` does."""
        raise self._partial()

    def _partial(self) -> ModelError:
        return ModelError(
            f"{self.name}: a server tells the likeliest tokens only, not the whole distribution "
            "that this measure needs. Load the model from a folder; score() can use the server."
        )

    def _choose(self, wanted: str) -> dict[str, Any]:
        answer = self._server.get("/v1/models")
        listed = answer.get("data") if isinstance(answer, dict) else None
        cards = [c for c in listed or [] if isinstance(c, dict) and isinstance(c.get("id"), str)]
        if not cards:
            raise self._server.refuse("lists no models", "Is it an OpenAI-compatible server?")
        names = ", ".join(repr(card["id"]) for card in cards[:10])
        if not wanted and len(cards) > 1:
            advice = f"Put the name after the address: {self._server.address}#NAME"
            raise self._server.refuse(f"has several models ({names})", advice)
        chosen = [card for card in cards if not wanted or card["id"] == wanted]
        if not chosen:
            raise self._server.refuse(f"has no model {wanted!r}; it has {names}")
        return chosen[0]

    def _tokenize(self, text: str, *, special: bool) -> list[int] | None:
        """Return the ids that the server cuts `text` into; None if it does not offer that."""
        payload = {"model": self.name, "prompt": text, "add_special_tokens": special}
        answer = self._server.post("/tokenize", payload, missing_is_none=True)
        ids = answer.get("tokens") if isinstance(answer, dict) else None
        whole = isinstance(ids, list) and all(isinstance(i, int) for i in ids)
        return ids if whole else None

    def _detokenize(self, token: int) -> str:
        payload = {"model": self.name, "tokens": [token]}
        answer = self._server.post("/detokenize", payload, missing_is_none=True)
        told = answer.get("prompt") if isinstance(answer, dict) else None
        return told if isinstance(told, str) and told else "\ufffd"

    def _complete(self, payload: dict[str, Any]) -> dict[str, Any]:
        answer = self._server.post(
            "/v1/completions",
            {"model": self.name, "max_tokens": 1, "temperature": 0.0, "seed": 0, **payload},
        )
        choices = answer.get("choices") if isinstance(answer, dict) else None
        if not (isinstance(choices, list) and choices and isinstance(choices[0], dict)):
            raise self._server.refuse("answered a completion without choices")
        return choices[0]

    def _read_windows(
        self, text: bytes, plain: str, context: int, stride: int, top: int, progress: bool | None
    ) -> RemoteReading:
        ids = self._tokenize(plain, special=False)
        if not ids:
            raise self._server.refuse("cut the text into no tokens")
        prefix, skip = (self._begin[0], 0) if self._begin else (ids[0], 1)
        rest = np.asarray(ids[skip:], np.int64)
        if not len(rest):
            raise self._server.refuse("has no token to stand before a text of one token")
        spelled: list[str] = [] if self._begin else [""]
        surprisal, ranks = np.empty(len(rest)), np.empty(len(rest), np.int64)
        rivals: list[list[tuple[str, float]]] = []
        with Progress(len(rest), "scoring", "tokens", show=progress) as bar:
            for window in strided_windows(rest, prefix, context, stride):
                goals = rest[window.first : window.last]
                prompt = [*window.inputs.tolist(), int(goals[-1])]
                told = self._complete({"prompt": prompt, "prompt_logprobs": top})
                entries = told.get("prompt_logprobs")
                if not isinstance(entries, list) or len(entries) < len(prompt):
                    raise self._server.refuse("does not tell prompt_logprobs", _NO_PROMPT)
                found = entries[len(prompt) - len(goals) : len(prompt)]
                for i, (goal, entry) in enumerate(zip(goals.tolist(), found, strict=True)):
                    at = window.first + i
                    surprisal[at], ranks[at], word, others = self._entry(goal, entry, top)
                    spelled.append(word)
                    rivals.append(others)
                bar.advance(len(goals))
        if skip:
            spelled[0] = self._detokenize(prefix)
        starts, ends = align(text, spelled)
        tokens = Tokens(rest, starts[skip:], ends[skip:])
        return RemoteReading(tokens, surprisal, ranks, rivals, int(ends[0]) if skip else 0, context)

    def _entry(
        self, goal: int, entry: Any, top: int
    ) -> tuple[float, int, str, list[tuple[str, float]]]:
        """Read one position of prompt_logprobs: {id: {logprob, rank, decoded_token}}."""
        own = entry.get(str(goal)) if isinstance(entry, dict) else None
        if not isinstance(own, dict):
            raise self._server.refuse(f"told nothing of token {goal} in its prompt_logprobs")
        told = [
            (self._number(e.get("logprob")), str(e.get("decoded_token") or ""))
            for e in entry.values()
            if isinstance(e, dict)
        ]
        told.sort(key=lambda pair: -pair[0])
        nats = -self._number(own.get("logprob"))
        rank = own.get("rank")
        return (
            nats, rank if isinstance(rank, int) else 0, str(own.get("decoded_token") or ""),
            [(word, math.exp(value)) for value, word in told[:top]],
        )  # fmt: skip

    def _read_echo(self, text: bytes, plain: str, top: int) -> RemoteReading:
        told = self._complete({"prompt": plain, "echo": True, "logprobs": top}).get("logprobs")
        told = told if isinstance(told, dict) else {}
        words, values = told.get("tokens"), told.get("token_logprobs")
        if not isinstance(words, list) or not isinstance(values, list):
            raise self._server.refuse("tells no log-probabilities", _NO_PROMPT)
        n, have = 0, 0  # the prompt's tokens; those after them were made by the server
        while n < len(words) and have < len(text):
            have += len(_word_bytes(str(words[n])))
            n += 1
        if not text.startswith(_word_bytes(str(words[0]))[:1]) or have < len(text) or n < 2:
            raise self._server.refuse(
                f"echoed {have} of the text's {len(text)} bytes with log-probabilities", _NO_PROMPT
            )
        starts, ends = align(text, [str(word) for word in words[:n]])
        begin = 0 if values[0] is not None else 1
        nats = np.array([-self._number(value) for value in values[begin:n]])
        tops = told.get("top_logprobs")
        tops = tops if isinstance(tops, list) and len(tops) >= n else [None] * n
        rivals = [self._rivals(each, top) for each in tops[begin:n]]
        ranks = [_rank(cost, each, top) for cost, each in zip(nats, tops[begin:n], strict=True)]
        ids = np.arange(n - begin, dtype=np.int64)
        tokens = Tokens(ids, starts[begin:], ends[begin:])
        unscored = int(ends[0]) if begin else 0
        return RemoteReading(tokens, nats, np.array(ranks, np.int64), rivals, unscored, n)

    def _rivals(self, entry: Any, top: int) -> list[tuple[str, float]]:
        pairs = entry.items() if isinstance(entry, dict) else ()
        told = sorted(
            ((self._number(v), str(word)) for word, v in pairs), key=lambda pair: -pair[0]
        )
        return [(word, math.exp(value)) for value, word in told[:top]]

    def _number(self, value: Any) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool) and value <= 1e-6
        if not good:
            raise self._server.refuse(f"told {value!r} where a log-probability belongs")
        return float(value)


def _rank(nats: float, entry: Any, top: int) -> int:
    """Return the token's rank, or 0 where the server's answer does not decide it.

    The entry holds the `top` likeliest tokens by their spelling, and the text's own token besides
    if it is none of them; tokens that are spelled alike have become one.
    """
    if not isinstance(entry, dict) or len(entry) != top or any("\ufffd" in word for word in entry):
        return 0
    return 1 + sum(value > -nats for value in entry.values())


_NO_PROMPT = (
    "It must tell the log-probabilities of the prompt's own tokens: vLLM does; some servers tell "
    "those of generated tokens only, which measure nothing about a text."
)


def align(text: bytes, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the bytes that each token covers, from the way a server spells them.

    A token that is part of a character comes as U+FFFD (or as ``bytes:`` and hexadecimal escapes);
    several such tokens in a row cover one byte each, or the first covers all their bytes.

    Raises
    ------
    ModelError
        If the tokens do not spell the text.

    Examples
    --------
    >>> starts, ends = align("né!".encode(), ["n", "�", "�", "!"])
    >>> starts.tolist(), ends.tolist()
    ([0, 1, 2, 3], [1, 2, 3, 4])
    """
    starts, ends = np.zeros(len(words), np.int64), np.zeros(len(words), np.int64)
    at, waiting = 0, list[int]()
    for i, word in enumerate(words):
        spelled = _word_bytes(word)
        if "\ufffd" in word:
            waiting.append(i)
            continue
        place = text.find(spelled, at) if waiting else at
        if text[place : place + len(spelled)] != spelled or (waiting and place < 0):
            place = -1
        if place < 0 or (waiting and place - at > 16 * len(waiting)):
            raise ModelError(
                "score: the server's tokens do not spell the text; "
                f"the {i + 1}. is {word!r} where {text[at : at + 20]!r} goes on. "
                "Its tokenizer rewrites the text: score it in the form that the tokenizer keeps."
            )
        _cover(starts, ends, waiting, at, place)
        starts[i], ends[i] = place, place + len(spelled)
        at, waiting = place + len(spelled), []
    _cover(starts, ends, waiting, at, len(text) if waiting else at)
    at = len(text) if waiting else at
    if at != len(text):
        raise ModelError(
            f"score: the server's tokens spell {at} of the text's {len(text)} bytes. "
            "Its tokenizer rewrites the text: score it in the form that the tokenizer keeps."
        )
    return starts, ends


def _cover(
    starts: NDArray[np.int64], ends: NDArray[np.int64], waiting: Sequence[int], at: int, to: int
) -> None:
    single = to - at == len(waiting)  # one byte each
    for j, i in enumerate(waiting):
        starts[i], ends[i] = (at + j, at + j + 1) if single else (at, to) if j == 0 else (to, to)


def _word_bytes(word: str) -> bytes:
    if word.startswith("bytes:") and _ODD_BYTES.fullmatch(word[6:]):
        return bytes(int(pair, 16) for pair in word[6:].split("\\x")[1:])
    return word.encode("utf-8", "surrogatepass")
