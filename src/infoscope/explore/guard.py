"""Who may talk to the explorer: one host, one key, posts from its own pages, bodies up to a size.

Other users of this machine share the loopback address, and any page of the web may send requests to
it; each of these checks closes one such way in. What a browser sends is never run.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["HEADERS", "Guard", "TooLarge"]

LOG = logging.getLogger("infoscope.explore")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

Refusal = Callable[[int, str], ASGIApp]


class TooLarge(Exception):
    """A body longer than its address takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


class Guard:
    """ASGI middleware in front of everything.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    token : str
        The key of this launch: in the address that was opened first, then in a cookie.
    hosts : set of str
        Names (without port) under which the explorer may be asked for.
    refuse : callable
        ``refuse(status, sentence) -> ASGI application`` that answers with an error page.
    limit : callable
        ``limit(path) -> int``: bytes that a body sent there may have.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, hosts: frozenset[str], refuse: Refusal,
        limit: Callable[[str], int],
    ) -> None:  # fmt: skip
        self.app, self.token, self.hosts = app, token, hosts
        self.refuse, self.limit = refuse, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        started = False

        async def sealed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        answer = self._checked(scope) or self.app
        limit = self.limit(scope["path"])
        length = Headers(scope=scope).get("content-length", "")
        taken = 0

        async def measured() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLarge(limit)
            return message

        if length and not (length.isdecimal() and int(length) <= limit):
            answer = self._too_large(limit)
            await _drained(receive, 3 * limit)
        try:
            await answer(scope, measured, sealed)
        except Exception:
            LOG.exception("%s %s failed", scope["method"], scope["path"])
            if started:  # half an answer is out: the connection breaks, and the script says so
                raise
            await self.refuse(500, "")(scope, measured, sealed)

    def _too_large(self, limit: int) -> ASGIApp:
        sentence = f"The explorer takes at most {limit:,} bytes here."
        return self.refuse(413, sentence)

    def _checked(self, scope: Scope) -> ASGIApp | None:
        """Return who answers instead of the application, or None."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host.rpartition(":")[0] not in self.hosts and host not in self.hosts:
            return self.refuse(400, "The explorer does not answer under this host name.")
        path: str = scope["path"]
        if path.startswith("/static/"):
            return None
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        given = query.pop("token", [""])[0]
        if (
            given
            and scope["method"] == "GET"
            and secrets.compare_digest(given.encode(), self.token.encode())
        ):
            return self._entrance(scope, f"{path}?{urlencode(query, doseq=True)}".rstrip("?"))
        if not self._has_key(scope, headers):
            return self.refuse(403, "")
        if scope["method"] not in ("GET", "HEAD") and not _from_here(headers, host):
            return self.refuse(403, "This request did not come from a page of the explorer.")
        return None

    def cookie(self, scope: Scope) -> str:
        """Return the name of the cookie: one for each port, since ports share cookies."""
        server = scope.get("server") or ("", 0)
        return f"infoscope-{server[1] or 0}"

    def _has_key(self, scope: Scope, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie(scope))
        except CookieError:
            return False
        value = morsel.value if morsel is not None else ""
        return secrets.compare_digest(value.encode(), self.token.encode())

    def _entrance(self, scope: Scope, where: str) -> ASGIApp:
        """Swap the key in the address for a cookie that no script can read."""
        name = self.cookie(scope)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            del scope, receive
            cookie = f"{name}={self.token}; HttpOnly; SameSite=Strict; Path=/"
            there = "/" + where.lstrip("/\\")  # never another host
            headers = [(b"location", there.encode("latin-1")), (b"set-cookie", cookie.encode())]
            await send({"type": "http.response.start", "status": 303, "headers": headers})
            await send({"type": "http.response.body", "body": b""})

        return app


def _from_here(headers: Headers, host: str) -> bool:
    """Say whether a post comes from our own pages: a browser always says where from."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return origin in (f"http://{host}", f"https://{host}")
    return site == "same-origin"


async def _drained(receive: Receive, most: int) -> None:
    """Read a body that is refused, so that its sender is there to hear why; not without end."""
    taken, more = 0, True
    while more and taken < most:
        message = await receive()
        taken += len(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
