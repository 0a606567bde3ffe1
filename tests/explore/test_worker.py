"""Long work arrives bit by bit, one job at a time, stops when its reader leaves, has limits."""

import asyncio
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from infoscope.explore.page import Patch
from infoscope.explore.worker import Worker

COUNTED = {"note": "Counted to the end."}
#: Seconds that a job takes which ought to be over before, and that an answer may take.
LONG, PATIENCE = 120, 600


class Visitor:
    """A plain HTTP client with the key: it reads streams as they come and can hang up."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.host, self.port = str(parts.hostname), int(parts.port or 0)
        first = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        first.request("GET", f"/?{parts.query}")
        self.cookie = str(first.getresponse().headers["set-cookie"]).partition(";")[0]
        first.close()
        self.open: list[http.client.HTTPConnection] = []

    def post(self, path: str, **fields: object) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "cookie": self.cookie,
            "origin": f"http://{self.host}:{self.port}",
        }
        connection.request("POST", path, urlencode(fields), headers)
        self.open.append(connection)
        return connection.getresponse()

    def leave(self) -> None:
        """Hang up, whatever is still coming."""
        for connection in self.open:
            if connection.sock is not None:
                connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.open.clear()


def lines(response: http.client.HTTPResponse) -> Iterator[dict]:
    while line := response.readline():
        yield json.loads(line)


@pytest.fixture
def visitors(served) -> Iterator[Callable[[], Visitor]]:
    """Make visitors, who have all left in the end."""
    made: list[Visitor] = []

    def arrive() -> Visitor:
        made.append(Visitor(served.address))
        return made[-1]

    yield arrive
    for visitor in made:
        visitor.leave()


@pytest.fixture
def visitor(visitors: Callable[[], Visitor]) -> Visitor:
    """One visitor; the process for long work has started and is free."""
    visitor = visitors()
    while [*lines(visitor.post("/run/check", seconds=0.05, busy=0))][-1] != COUNTED:
        time.sleep(0.1)  # jobs of readers who have just left may still be waiting
    return visitor


def numbers(patches: list[dict]) -> list[int]:
    counted = "".join(patch.get("+count", "") for patch in patches)
    return [int(word) for word in counted.replace("<span>", "").replace("</span>", "").split()]


def test_patches_arrive_in_order(visitor: Visitor) -> None:
    patches = [*lines(visitor.post("/run/check", seconds=1.5, busy=0))]
    assert numbers(patches) == list(range(1, 31))
    assert patches[-1] == COUNTED


def test_patches_arrive_before_the_end(visitor: Visitor, visitors) -> None:
    """While the first numbers are read the job still runs: another is told to wait."""
    running = lines(visitor.post("/run/check", seconds=LONG, busy=0))
    patches: list[dict] = []
    while len(numbers(patches)) < 3:
        patches.append(next(running))
    assert numbers(patches) == [1, 2, 3]
    assert COUNTED not in patches
    second = lines(visitors().post("/run/check", seconds=0.05, busy=0))
    assert next(second)["problem"] == ""
    assert next(second) == {"note": "Another job is running; this one is next."}


def test_another_job_waits_its_turn_and_is_told(visitor: Visitor, visitors) -> None:
    first = visitor.post("/run/check", seconds=LONG, busy=0)
    assert json.loads(first.readline())["problem"] == ""
    second = lines(visitors().post("/run/check", seconds=0.1, busy=0))
    assert next(second)["problem"] == ""
    assert next(second) == {"note": "Another job is running; this one is next."}
    third = lines(visitors().post("/run/check", seconds=0.1, busy=0))
    assert next(third)["problem"] == ""
    visitor.leave()
    assert [*second][-1] == COUNTED
    assert [*third][-1] == COUNTED


def test_too_many_waiting_jobs_are_refused(visitor: Visitor, visitors) -> None:
    held = [visitors() for _ in range(6)]
    answers = [each.post("/run/check", seconds=LONG, busy=0) for each in held]
    for answer in answers:
        answer.readline()
    last = [json.loads(answers[-1].readline())]
    assert "waiting already" in str(last)


@pytest.mark.parametrize("stubborn", [0, 1])
def test_a_job_ends_when_its_reader_leaves(visitor: Visitor, visitors, stubborn: int) -> None:
    """One that listens is stopped; one that does not is ended with its process."""
    response = visitor.post("/run/check", seconds=LONG, busy=0, stubborn=stubborn)
    pid = next(patch["arrived"] for patch in lines(response) if "arrived" in patch)
    visitor.leave()
    start = time.monotonic()
    after = [*lines(visitors().post("/run/check", seconds=0.1, busy=0))]
    assert after[-1] == COUNTED
    assert time.monotonic() - start < 0.9 * LONG
    again = next(patch["arrived"] for patch in after if "arrived" in patch)
    same = pid.rpartition("process")[2] == again.rpartition("process")[2]
    assert same is not bool(stubborn)


VALUES = {"seconds": 60.0, "busy": False, "text": "", "file": None, "stubborn": False,
          "megabytes": 0.0}  # fmt: skip


async def said(worker: Worker, **values: object) -> list[Patch]:
    return [patch async for patch in worker.run("check", VALUES | values)]


@pytest.mark.parametrize("stubborn", [False, True], ids=["chatty", "silent"])
def test_a_job_that_takes_too_long_is_ended_and_told_why(stubborn: bool) -> None:
    async def visit() -> None:
        worker = Worker(max_seconds=2.0)
        try:
            problem = (await said(worker, stubborn=stubborn))[-1]["problem"]
            assert problem.startswith("This took longer than the 2 seconds")
            after = await said(worker, seconds=0.05)
            assert after[-1] == COUNTED
        finally:
            worker.close()

    asyncio.run(visit())


def test_a_job_that_takes_too_much_memory_is_ended_and_told_why() -> None:
    async def visit() -> None:
        worker = Worker(max_memory=400 * 2**20)
        try:
            patches = await said(worker, megabytes=100_000.0)
            assert "more memory than the 0.4 GB" in patches[-1]["problem"]
            assert len(patches) < 300
            after = await said(worker, seconds=0.05)
            assert after[-1] == COUNTED
        finally:
            worker.close()

    asyncio.run(visit())


def test_files_and_texts_arrive_escaped_and_whole(client: TestClient) -> None:
    name = '<img src=x onerror="alert(1)">.csv'
    response = client.post(
        "/run/check", data={"seconds": "0.05", "text": "a\r\nb"},
        files={"file": (name, b"x" * 70_000)},
    )  # fmt: skip
    patches = [json.loads(line) for line in response.text.splitlines()]
    arrived = next(patch["arrived"] for patch in patches if "arrived" in patch)
    assert "<img" not in arrived
    assert "70,000 bytes" in arrived
    assert "<dt>characters</dt><dd>3</dd>" in arrived


def test_large_uploads_are_refused_with_a_sentence(client: TestClient) -> None:
    large = client.post("/run/check", files={"file": ("big.csv", b"x" * 50_000_000)})
    assert large.status_code == 413
    assert "at most 1,500,000 bytes" in large.json()["problem"]
    middling = client.post("/run/check", files={"file": ("big.csv", b"x" * 1_200_000)})
    assert "at most 1,000,000 bytes" in middling.text
    assert "Counted" not in middling.text
    many = [("file", (f"{i}.csv", b"x")) for i in range(50)]
    assert client.post("/run/check", files=many).status_code == 400


def test_what_cannot_be_used_is_told_beside_its_control(client: TestClient) -> None:
    response = client.post("/run/check", data={"seconds": "soon"})
    (patch,) = [json.loads(line) for line in response.text.splitlines()]
    assert patch["wrong-seconds"].startswith("How long: the value must be a number")
