"""Who is let in: the key, the host, posts from our own pages only, bodies up to a size, headers."""

import pytest
from starlette.testclient import TestClient

from infoscope.explore.application import FORM_BYTES, create_app
from infoscope.explore.guard import HEADERS

HOME = "http://127.0.0.1:7314"
FORM = {"p": "0.5, 0.5"}


@pytest.fixture(scope="module")
def stranger():
    """Someone on this machine without the key."""
    with TestClient(create_app(token="the-key"), base_url=HOME) as client:
        yield client


def test_without_the_key_nothing_but_the_look_is_served(stranger: TestClient) -> None:
    for path in ("/", "/entropy", "/nowhere"):
        response = stranger.get(path, headers={"accept": "text/html"})
        assert response.status_code == 403
        assert "printed in the terminal" in response.text
    own = {"origin": HOME, "sec-fetch-site": "same-origin"}
    assert stranger.post("/live/entropy", data=FORM, headers=own).status_code == 403
    assert stranger.get("/?token=wrong").status_code == 403
    assert stranger.get("/static/app.css").status_code == 200


def test_the_key_becomes_a_cookie_that_scripts_and_other_sites_do_not_get() -> None:
    with TestClient(create_app(token="the-key"), base_url=HOME) as client:
        response = client.get("/entropy?token=the-key&p=0.5,0.5", follow_redirects=False)
        assert response.status_code == 303
        assert response.headers["location"] == "/entropy?p=0.5%2C0.5"
        cookie = response.headers["set-cookie"]
        assert cookie.startswith("infoscope-7314=the-key;")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        away = client.get(f"{HOME}//evil.example/x?token=the-key", follow_redirects=False)
        assert away.headers["location"] == "/evil.example/x"
        assert client.get("/entropy").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7314", "127.0.0.1.evil.example", ""]
)
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    assert client.get("/entropy", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "", "sec-fetch-site": ""},
        {"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "http://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": HOME, "sec-fetch-site": "cross-site"},
        {"origin": HOME, "sec-fetch-site": "same-site"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"},
    ],
    ids=["empty", "cross-site", "lying", "disagreeing", "same-site", "null", "other-port"],
)
def test_posts_from_elsewhere_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/live/entropy", "/data/entropy", "/act/climb/entropy", "/run/check"):
        assert client.post(path, data=FORM, headers=headers).status_code == 403


def test_posts_that_do_not_say_where_they_come_from_are_refused() -> None:
    with TestClient(create_app(token="the-key"), base_url=HOME) as client:
        client.get("/?token=the-key")
        assert client.post("/live/entropy", data=FORM).status_code == 403
        one = {"origin": HOME}
        assert client.post("/live/entropy", data=FORM, headers=one).status_code == 200
        other = {"sec-fetch-site": "same-origin"}
        assert client.post("/live/entropy", data=FORM, headers=other).status_code == 200


@pytest.mark.parametrize("path", ["/", "/entropy", "/static/app.css", "/nowhere", "/live/entropy"])
def test_every_answer_carries_the_policy(client: TestClient, path: str) -> None:
    response = client.get(path)
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.replace("style-src-attr 'unsafe-inline'", "")
    assert "unsafe-eval" not in policy
    if not path.startswith("/static/"):
        assert response.headers["cache-control"] == "no-store"


def test_bodies_are_counted_while_they_are_read(client: TestClient) -> None:
    """A body that does not state its length is refused as well as one that does."""
    chunk = b"p=" + b"1," * 5_000
    sent = 0

    def endless():
        nonlocal sent
        while sent < 40 * FORM_BYTES:
            sent += len(chunk)
            yield chunk

    kind = {"content-type": "application/x-www-form-urlencoded"}
    response = client.post("/live/entropy", content=endless(), headers=kind)
    assert response.status_code == 413
    assert "at most" in response.json()["problem"]
    stated = client.post("/live/entropy", content=b"p=" + b"1" * FORM_BYTES, headers=kind)
    assert stated.status_code == 413
    lying = client.post("/live/entropy", content=b"p=1", headers=kind | {"content-length": "-1"})
    assert lying.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/static/../application.py", "/static/%2e%2e/application.py", "/static/..%2fguard.py",
        "/static/%2fetc/passwd", "/static/katex/../../page.py", "/static/..\\page.py",
        "/static//app.css", "/static/app.py", "/static/katex", "/static/app.css%00.js", "/static/",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_folder(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "def " not in response.text


def test_errors_are_pages_for_people_and_json_for_scripts(client: TestClient) -> None:
    page = client.get("/<b>no</b>", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "No such page" in page.text
    assert "<b>no" not in page.text
    assert client.get("/nowhere").json() == {"problem": "There is no page here."}
    assert client.post("/run/entropy", data={}).status_code == 404
    assert client.get("/live/entropy").status_code == 404
    assert client.put("/entropy").status_code == 405
    assert client.post("/act/nothing/entropy", data={}).status_code == 404


def test_what_fails_inside_is_a_page_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise RuntimeError("a fault with a secret in it")

    monkeypatch.setattr("infoscope.explore.application.home_page", broken)
    app = create_app(token="the-key")
    with TestClient(app, base_url=HOME, raise_server_exceptions=False) as client:
        response = client.get("/?token=the-key", headers={"accept": "text/html"})
        assert response.status_code == 500
        assert "Something broke" in response.text
        assert "secret" not in response.text
        assert response.headers["content-security-policy"]
