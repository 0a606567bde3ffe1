"""`serve`: run the explorer on this machine until Ctrl-C, and open it in the browser."""

from __future__ import annotations

import contextlib
import socket
import threading
import webbrowser
from collections.abc import Callable
from functools import partial

import uvicorn

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.explore.application import create_app
from infoscope.explore.warming import warm

__all__ = ["PORT", "listen", "serve"]

#: Fixed, so that addresses can be kept and shared and the browser finds its stored progress again.
PORT = 7314
TRIES = 50


def serve(
    port: int = PORT, *, browser: bool = True, say: Callable[[str], None] = lambda _: None
) -> None:
    """Serve the explorer on 127.0.0.1 until it is interrupted.

    Parameters
    ----------
    port : int
        Where to listen; the next free one is taken when it is busy, and `say` told. 0 takes any.
    browser : bool
        Whether to open the page in the system's browser.
    say : callable
        Receives the sentences for whoever started it, the address among them.

    Raises
    ------
    InvalidArgument
        If the port is none, or it and the next 50 are busy.
    """
    if not 0 <= port < 65536:
        raise InvalidArgument(sentence("explore", "port", "lie in 0 ... 65535", port))
    door = listen(port)
    taken: int = door.getsockname()[1]
    if port and taken != port:
        say(f"Port {port} is busy; this explorer is on {taken}.")
    app = create_app()
    server = uvicorn.Server(uvicorn.Config(
        app, log_level="error", access_log=False, lifespan="on", server_header=False,
        timeout_graceful_shutdown=2, http="h11", ws="none",
    ))  # fmt: skip
    address = f"http://127.0.0.1:{taken}/?token={app.state.token}"
    with contextlib.closing(door), contextlib.suppress(KeyboardInterrupt):
        say(f"The explorer is at {address}")
        say("Stop it with Ctrl-C.")
        warming = partial(warm, moved=lambda: app.state.moved)
        for task in (warming, *([partial(_open, address)] if browser else [])):
            threading.Thread(target=_after, args=(server, task), daemon=True).start()
        server.run(sockets=[door])


def listen(port: int) -> socket.socket:
    """Return a socket on the loopback address at `port`, or at the next that is free."""
    for candidate in range(port, min(port + TRIES, 65535) + 1 if port else 1):
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", candidate))
            door.listen(128)
        except OSError:
            door.close()
            continue
        return door
    raise InvalidArgument(
        sentence("explore", "port", "be free, or one of the next 50 be", f"{port}, all taken",
                 "Choose another: --port N.")
    )  # fmt: skip


def _after(server: uvicorn.Server, task: Callable[[], None]) -> None:
    """Do something once the server answers."""
    while not server.started and not server.should_exit:
        threading.Event().wait(0.02)
    if not server.should_exit:
        task()


def _open(address: str) -> None:
    with contextlib.suppress(webbrowser.Error):
        webbrowser.open(address)
