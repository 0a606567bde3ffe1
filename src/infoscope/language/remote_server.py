"""Speak JSON over HTTP with one server: retries, time limits, and a key that is never shown."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from infoscope.core.errors import InvalidArgument, ModelError, sentence

__all__ = ["KEY_NAMES", "JsonServer"]

#: Environment variables that may hold the key, first one first.
KEY_NAMES = ("INFOSCOPE_API_KEY", "OPENAI_API_KEY")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_AGAIN = {408, 429, 500, 502, 503, 504}
_LONGEST_PAUSE = 30.0


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: the key would go where nobody meant it to go."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Say that there is nothing to follow."""


class JsonServer:
    """A server under one address.

    Parameters
    ----------
    address : str
        ``http://host:port`` or ``https://host``, a path allowed, without user, password, query.
    timeout : float
        Seconds to wait for each answer.
    n_retries : int
        How often to ask again after a broken connection, a time-out, or status 408, 429, 5xx.
    pause : float
        Seconds before the first retry; doubled each time, unless the server says Retry-After.
    """

    def __init__(
        self, address: str, *, timeout: float = 120.0, n_retries: int = 3, pause: float = 0.5
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidArgument(
                sentence(
                    "load", "the server's address", "look like http://host:port", repr(address)
                )
            )
        if parts.username or parts.password or parts.query:
            raise InvalidArgument(
                sentence("load", "the server's address", "hold no user, password or query",
                         f"one for {parts.hostname}",
                         f"Put the key into the environment variable {KEY_NAMES[0]}.")
            )  # fmt: skip
        self.address = address.rstrip("/")
        self._timeout, self._n_retries, self._pause = timeout, n_retries, pause
        self._safe = parts.scheme == "https" or parts.hostname in _LOOPBACK
        self._opener = urllib.request.build_opener(_StayHere)

    def get(self, path: str, *, missing_is_none: bool = False) -> Any:
        """Return the JSON under `path`."""
        return self._ask(path, None, missing_is_none)

    def post(self, path: str, payload: Mapping[str, Any], *, missing_is_none: bool = False) -> Any:
        """Return the JSON answer to `payload`; None for 404 and 405 if `missing_is_none`."""
        return self._ask(path, json.dumps(payload).encode("utf-8"), missing_is_none)

    def refuse(self, why: str, advice: str = "") -> ModelError:
        """Return the error for an answer that cannot be used."""
        text = f"load: the server {self.address} {why}."
        return ModelError(f"{text} {advice}" if advice else text)

    def _ask(self, path: str, body: bytes | None, missing_is_none: bool) -> Any:
        last = ""
        for attempt in range(self._n_retries + 1):
            pause = self._pause * 2**attempt
            try:
                with self._opener.open(self._request(path, body), timeout=self._timeout) as answer:
                    return self._read(answer.read(), path)
            except urllib.error.HTTPError as error:
                if missing_is_none and error.code in (404, 405):
                    return None
                last = f"answered {path} with status {error.code}{_reason(error)}"
                if error.code not in _AGAIN:
                    raise self.refuse(last, self._advice(error.code)) from None
                pause = _retry_after(error, pause)
            except TimeoutError:
                last = f"did not answer {path} within {self._timeout:g} seconds"
            except urllib.error.URLError as error:
                if isinstance(error.reason, TimeoutError):
                    last = f"did not answer {path} within {self._timeout:g} seconds"
                else:
                    last = f"cannot be reached ({_plain(error.reason)})"
            except (HTTPException, OSError) as error:
                last = f"broke off while answering {path} ({_plain(error)})"
            if attempt < self._n_retries:
                time.sleep(min(pause, _LONGEST_PAUSE))
        tries = self._n_retries + 1
        times = f" ({tries} tries)" if tries > 1 else ""
        raise self.refuse(f"{last}{times}", "Check that it runs, and its address.")

    def _request(self, path: str, body: bytes | None) -> urllib.request.Request:
        request = urllib.request.Request(self.address + path, data=body)
        request.add_header("Accept", "application/json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        key = next((os.environ[name] for name in KEY_NAMES if os.environ.get(name)), None)
        if key is not None and self._safe:
            request.add_unredirected_header("Authorization", f"Bearer {key}")
        return request

    def _read(self, body: bytes, path: str) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise self.refuse(
                f"answered {path} with something that is no JSON ({len(body)} bytes)",
                "Is it an OpenAI-compatible server?",
            ) from None

    def _advice(self, code: int) -> str:
        if code not in (401, 403):
            return ""
        if not self._safe:
            return "A key is sent over https, or to this machine, and to nobody else."
        return f"Put its key into the environment variable {KEY_NAMES[0]}."


def _reason(error: urllib.error.HTTPError) -> str:
    """Return what the server says is wrong, shortened; keys do not come back in it."""
    try:
        said = json.loads(error.read(20_000))
    except (ValueError, OSError, HTTPException):
        return ""
    inner = said.get("error", said) if isinstance(said, dict) else said
    text = inner.get("message", inner.get("detail")) if isinstance(inner, dict) else inner
    if not isinstance(text, str):
        return ""
    for name in KEY_NAMES:
        key = os.environ.get(name)
        text = text.replace(key, "(key)") if key else text
    text = " ".join(text.split()).rstrip(".")
    return f": {text[:300]}" if text else ""


def _retry_after(error: urllib.error.HTTPError, otherwise: float) -> float:
    try:
        return max(0.0, float(error.headers.get("Retry-After", "")))
    except ValueError:
        return otherwise


def _plain(reason: object) -> str:
    strerror = getattr(reason, "strerror", None)
    return str(strerror or reason or type(reason).__name__)
