"""Requests to the explorer that no page of it sends: an answer below 500, and nothing unescaped."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from infoscope.explore.application import create_app
from infoscope.explore.registry import all_pages

HOME = "http://127.0.0.1:7314"
EVIL = "\"'><img src=x onerror=q9z>"
PAGES = [page for page in all_pages().values() if not page.slug.startswith("labs/")]
FORM = "application/x-www-form-urlencoded"

texts = st.one_of(
    st.sampled_from([
        EVIL, "nan", "-inf", "1e400", "9" * 400, "-0", "0x10", "٣", "", ",", "1,2", "0.5,0.5", "\0",
        "\ud800", "\ufffe", "0.1 " * 300, "{}", "[[]]", "1/0", "on", "true", "../../etc/passwd",
    ]),
    st.text(max_size=8),
)  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Faults inside are raised here, so that a test names them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFOSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        with TestClient(create_app(token="the-key"), base_url=HOME) as client:
            assert client.get("/?token=the-key").status_code == 200
            client.headers |= {"origin": HOME, "sec-fetch-site": "same-origin"}
            yield client


def strings(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def check(response: Any) -> None:
    """Whatever was asked: no failure of ours, and no element that the reader did not write."""
    assert response.status_code < 500, response.text
    kind = response.headers.get("content-type", "")
    said = [response.text]
    if "json" in kind:
        said = [text for line in response.text.splitlines() for text in strings(json.loads(line))]
    for text in said:
        assert "<img src=x" not in text, text[:300]


def encoded(fields: dict[str, str]) -> str:
    return "&".join(
        f"{quote(name, errors='surrogatepass')}={quote(text, errors='surrogatepass')}"
        for name, text in fields.items()
    )


@st.composite
def forms(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """Return a page and a form for it: controls of the page, and what steers an answer."""
    page = draw(st.sampled_from(PAGES))
    names = [control.name for control in page.flat]
    fields = {name: draw(texts) for name in names if draw(st.booleans())}
    fields |= draw(st.dictionaries(texts, texts, max_size=2))
    for name in ("_moved", "_value", "_mark", "_how"):
        if draw(st.booleans()):
            known = {"_moved": names, "_how": ["held", "whole", "held whole"], "_mark": ["w1-"]}
            choices = st.sampled_from(known.get(name) or ["0.5"])
            fields[name] = draw(st.one_of(texts, choices))
    return page.slug, fields


@settings(max_examples=12)
@given(form=forms())
def test_forms_that_no_page_sends(form: tuple[str, dict[str, str]], client: TestClient) -> None:
    slug, fields = form
    body = encoded(fields)
    check(client.get(f"/{slug}?{body}"))
    for route in ("live", "data"):
        check(client.post(f"/{route}/{slug}", content=body, headers={"content-type": FORM}))


@pytest.mark.parametrize("route", ["live", "data", "run"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"p": [1, 2]}'),
        ("application/json", b"[" * 5000),
        (FORM, b"%"),
        (FORM, b"%ff%fe=%00&&&=&=="),
        (FORM, b"a=1&" * 5000),
        ("multipart/form-data", b"--x\r\n\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nno header\r\n\r\nbody"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: a\r\n\r\n1\r\n--x--"),
        ("multipart/form-data; boundary=", b"----"),
        ("multipart/form-data; boundary=" + "x" * 300, b"\0" * 50),
        ("text/plain; charset=no-such", b"p=0.5"),
        ("\xff/\xfe", b"\xff"),
        ("", b"p=0.5,0.5"),
    ],
    ids=[
        "json", "deep", "percent", "no-text", "many", "no-boundary", "no-header", "no-name",
        "empty-boundary", "long-boundary", "no-charset", "no-type", "none",
    ],
)  # fmt: skip
def test_bodies_that_are_no_form(client: TestClient, route: str, kind: str, body: bytes) -> None:
    slug = "compression" if route == "run" else "entropy"
    headers: Any = {"content-type": kind.encode("latin-1")}
    response = client.post(f"/{route}/{slug}-none", content=body, headers=headers)
    assert response.status_code == 404
    if route != "run":  # what a run does with a form is shown in tests/explore
        check(client.post(f"/{route}/{slug}", content=body, headers=headers))


@pytest.mark.parametrize(
    "path",
    [
        "/labs/{evil}.py", "/labs/entropy.{evil}", "/labs/..%2f..%2fpasswd.py", "/{evil}",
        "/static/{evil}", "/live/{evil}", "/act/{evil}/entropy", "/act/entropy/{evil}",
        "/run/{evil}", "/%00", "/%ff%fe", "/" + "x" * 5000, "/" + "a/" * 1000, "//", "/;a=1",
        "/entropy/",
    ],
)  # fmt: skip
def test_addresses_that_lead_nowhere(client: TestClient, path: str) -> None:
    path = path.format(evil=quote(EVIL))
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"):
        for accept in ("text/html", "*/*"):
            response = client.request(method, path, headers={"accept": accept})
            check(response)
            assert response.status_code in (200, 303, 307, 400, 403, 404, 405), response.status_code


@given(
    name=st.sampled_from(["cookie", "accept", "accept-encoding", "if-none-match", "range", "origin",
                          "sec-fetch-site", "if-modified-since", "referer", "x-forwarded-host"]),
    value=st.binary(max_size=30).map(lambda b: bytes(c for c in b if c not in b"\r\n\0")),
)  # fmt: skip
def test_headers_of_any_bytes(name: str, value: bytes, client: TestClient) -> None:
    for path in ("/entropy", "/static/app.css"):
        headers: Any = {name: value}
        check(client.get(path, headers=headers))
