"""`create_app`: the explorer as a web application: pages, live views, streams of long work."""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from infoscope.core.errors import InfoscopeError, MissingExtra
from infoscope.explore import files
from infoscope.explore.controls import Action, Sent, Uploaded
from infoscope.explore.exchange import answer, data_table, read, ready
from infoscope.explore.guard import Guard, TooLarge
from infoscope.explore.lab_pages import lab_file
from infoscope.explore.page import NARROW, WIDE, Page, Patch, call
from infoscope.explore.registry import find_page
from infoscope.explore.rendering import error_page, home_page, whole_page
from infoscope.explore.worker import Worker

__all__ = ["HOSTS", "create_app"]

HOSTS = frozenset({"127.0.0.1", "localhost"})
#: Bytes of a form that moves a figure; long work states its own.
FORM_BYTES = 512_000
MAX_FIELDS = 200
#: Ids of a widget begin with this; anything else that claims to be a mark is none.
MARK = re.compile(r"w\d{1,3}-")

SENTENCES = {
    400: "The request could not be read.",
    403: "This explorer belongs to whoever started it. Open the address that it printed in the "
    "terminal; if you came here by a link, following it once more from here may be enough.",
    404: "There is no page here.",
    405: "This address does not take such requests.",
    500: "Something failed that should not. The terminal that runs the explorer says what.",
}


def create_app(*, token: str | None = None, hosts: frozenset[str] = HOSTS) -> Starlette:
    """Return the explorer as an ASGI application.

    Parameters
    ----------
    token : str, optional
        The key that the first address must hold; drawn at random by default (`app.state.token`).
    hosts : frozenset of str
        Names under which it answers.

    Returns
    -------
    Starlette
        Runs under any ASGI server that listens on the loopback address.
    """
    token = token or secrets.token_urlsafe(24)
    worker = Worker()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        try:
            yield
        finally:
            worker.close()

    def refuse(status: int, sentence: str) -> ASGIApp:
        return _Refusal(status, sentence or SENTENCES[status])

    guard = Middleware(Guard, token=token, hosts=hosts, refuse=refuse, limit=_limit)
    app = Starlette(
        routes=[
            Route("/", _home),
            Route("/static/{name:path}", _static),
            Route("/live/{slug:path}", _live, methods=["POST"]),
            Route("/data/{slug:path}", _data, methods=["POST"]),
            Route("/act/{action}/{slug:path}", _act, methods=["POST"]),
            Route("/run/{slug:path}", _run, methods=["POST"]),
            Route("/labs/{name}.{ending:str}", _take),
            Route("/{slug:path}", _page),
        ],
        middleware=[guard],
        lifespan=lifespan,
        exception_handlers={HTTPException: _on_http, TooLarge: _on_too_large},
    )
    app.state.token, app.state.worker, app.state.moved = token, worker, -math.inf
    return app


def _limit(path: str) -> int:
    if path.startswith("/run/"):
        page = find_page(path.removeprefix("/run/"))
        if page is not None and page.job is not None:
            return page.job.max_bytes
    return FORM_BYTES


class _Refusal:
    """An answer that says no: a page for people, JSON for scripts."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status, self.sentence = status, sentence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _error(Request(scope), self.status, self.sentence)(scope, receive, send)


def _error(request: Request, status: int, sentence: str) -> Response:
    if "text/html" in request.headers.get("accept", ""):
        html = error_page(status, sentence, request.url.path)
        return Response(html, status, media_type="text/html; charset=utf-8")
    return JSONResponse({"problem": sentence}, status)


async def _on_http(request: Request, error: Exception) -> Response:
    status: int = getattr(error, "status_code", 500)
    return _error(request, status, SENTENCES.get(status, "The explorer cannot answer this."))


async def _on_too_large(request: Request, error: Exception) -> Response:
    limit: int = getattr(error, "limit", 0)
    return _error(request, 413, f"The explorer takes at most {limit:,} bytes here.")


def _wanted(request: Request) -> Page:
    page = find_page(request.path_params["slug"])
    if page is None:
        raise HTTPException(404)
    return page


def _narrow(request: Request) -> bool:
    return request.cookies.get("infoscope-width") == "narrow"


async def _home(request: Request) -> Response:
    return _html(request, await run_in_threadpool(home_page))


async def _page(request: Request) -> Response:
    page = _wanted(request)
    sent = Sent(dict(request.query_params.items()))
    html = await run_in_threadpool(whole_page, page, sent, narrow=_narrow(request))
    return _html(request, html)


async def _take(request: Request) -> Response:
    name, ending = request.path_params["name"], request.path_params["ending"]
    page = find_page(f"labs/{name}")
    if ending not in ("py", "ipynb") or page is None:
        raise HTTPException(404)
    blank = "answers" not in request.query_params
    try:
        text = await run_in_threadpool(lab_file, page.extra["lab"], ending, blank=blank)
    except MissingExtra as error:
        return _error(request, 501, str(error))
    kind = "application/x-ipynb+json" if ending == "ipynb" else "text/x-python; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(text, media_type=kind, headers=headers)


async def _static(request: Request) -> Response:
    response = files.respond(request)
    if response is None:
        raise HTTPException(404)
    return response


async def _live(request: Request) -> Response:
    request.app.state.moved = time.monotonic()
    page = _wanted(request)
    sent, how = await _sent(request)
    patch = await run_in_threadpool(
        answer, page, sent, narrow=_narrow(request), held="held" in how, whole="whole" in how
    )
    return JSONResponse(patch)


async def _data(request: Request) -> Response:
    page = _wanted(request)
    sent, _ = await _sent(request)
    html = await run_in_threadpool(data_table, page, sent, sent.moved)
    return JSONResponse({"html": html})


async def _act(request: Request) -> Response:
    page = _wanted(request)
    action = page.by_name.get(request.path_params["action"])
    if not isinstance(action, Action):
        raise HTTPException(404)
    sent, _ = await _sent(request)
    reading = read(page, sent)
    if reading.wrong:
        return _lines(_once({f"wrong-{name}": text for name, text in reading.wrong.items()}))
    extra = {"width": NARROW if _narrow(request) else WIDE}
    return _lines(iterate_in_threadpool(_said(page, call(action.run, extra | reading.values))))


async def _run(request: Request) -> Response:
    page = _wanted(request)
    if page.job is None:
        raise HTTPException(404)
    folder = Path(tempfile.mkdtemp(prefix="infoscope-"))
    try:
        sent, _ = await _sent(request, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    reading = read(page, sent)
    wrong = {f"wrong-{name}": reading.wrong.get(name, "") for name in reading.values}
    worker: Worker = request.app.state.worker

    async def patches() -> AsyncGenerator[Patch]:
        try:
            yield wrong | {"problem": ""}
            if not reading.wrong:
                async with contextlib.aclosing(worker.run(page.slug, reading.values)) as stream:
                    async for patch in stream:
                        yield patch
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    return _lines(patches())


def _said(page: Page, patches: Iterator[Patch]) -> Iterator[Patch]:
    """Yield what an action yields, ready to be sent; its errors become sentences."""
    try:
        for patch in patches:
            yield ready(page, patch)
    except InfoscopeError as error:
        yield ready(page, {"problem": str(error)})


async def _once(patch: Patch) -> AsyncIterator[Patch]:
    yield patch


def _lines(patches: AsyncIterator[Patch]) -> StreamingResponse:
    """Send each patch as a line of JSON as soon as it is there."""

    async def lines() -> AsyncIterator[bytes]:
        async for patch in patches:
            yield json.dumps(patch, ensure_ascii=False).encode() + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _html(request: Request, html: str) -> Response:
    kind = "text/html; charset=utf-8"
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(html, media_type=kind)
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(gzip.compress(html.encode(), 4, mtime=0), media_type=kind, headers=headers)


async def _sent(request: Request, folder: Path | None = None) -> tuple[Sent, frozenset[str]]:
    """Return the form that a request carries, and how it was sent ("held", "whole")."""
    n_files = 0 if folder is None else 4
    fields: dict[str, str] = {}
    uploads: dict[str, Uploaded] = {}
    async with request.form(
        max_files=n_files, max_fields=MAX_FIELDS, max_part_size=_limit(request.url.path)
    ) as form:
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields[name] = value
            elif folder is not None and value.filename:
                uploads[name] = await run_in_threadpool(_kept, value, folder)
    how = frozenset(fields.pop("_how", "").split())
    moved, value = fields.pop("_moved", ""), fields.pop("_value", "")
    mark = fields.pop("_mark", "")
    mark = mark if MARK.fullmatch(mark) else ""
    return Sent(fields, moved, value, uploads, mark), how


def _kept(upload: UploadFile, folder: Path) -> Uploaded:
    """Write an upload under a name of ours; of its own only the ending is kept."""
    own = upload.filename or ""
    ending = Path(own.replace("\\", "/")).suffix[:12]
    path = folder / f"upload-{len(list(folder.iterdir()))}{ending if ending.isascii() else ''}"
    with path.open("wb") as out:
        shutil.copyfileobj(upload.file, out)
    return Uploaded(path, own, path.stat().st_size)
