"""The files that browsers load: styles, scripts and fonts, named by their content, packed once."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from infoscope.figures import stylesheet

__all__ = ["StaticFile", "address_of", "load", "respond"]

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file as it is sent: content, packed content, type, and a tag of the content."""

    content: bytes
    packed: bytes
    kind: str
    tag: str


@cache
def load(name: str) -> StaticFile | None:
    """Return the file `name` of the folder `static`, or None; no name leads outside."""
    parts = name.split("/")
    suffix = "." + name.rpartition(".")[2]
    if suffix not in KINDS or any(part in ("", ".", "..") or "\\" in part for part in parts):
        return None
    if name == "figures.css":
        content = stylesheet().encode()
    else:
        place = files("infoscope.explore").joinpath("static", *parts)
        if not place.is_file():
            return None
        content = place.read_bytes()
    packed = content if suffix == ".woff2" else gzip.compress(content, 9, mtime=0)
    return StaticFile(content, packed, KINDS[suffix], hashlib.sha256(content).hexdigest()[:12])


def address_of(name: str) -> str:
    """Return the address of a file, with the tag that lets a browser keep it for good."""
    file = load(name)
    assert file is not None, name
    return f"/static/{name}?v={file.tag}"


def respond(request: Request) -> Response | None:
    """Answer a request for a file; None where there is none."""
    file = load(request.path_params["name"])
    if file is None:
        return None
    tagged = request.query_params.get("v") == file.tag
    keep = "public, max-age=31536000, immutable" if tagged else "no-cache"
    headers = {"Cache-Control": keep, "ETag": f'"{file.tag}"', "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if file.packed is not file.content and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, media_type=file.kind, headers=headers)
    return Response(file.content, media_type=file.kind, headers=headers)
