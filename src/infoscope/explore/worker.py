"""Long work in a process of its own: one job at a time, stopped when its reader goes away.

A thread would share the interpreter lock with the sliders; a process of low priority leaves them
smooth, keeps models loaded between jobs, and can be ended whatever it is doing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncGenerator, Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from infoscope.core.errors import InfoscopeError
from infoscope.explore.exchange import ready
from infoscope.explore.page import Patch, call
from infoscope.explore.registry import find_page

__all__ = ["Worker"]

#: Jobs that wait while another runs; more are refused.
MAX_WAITING = 4
#: Seconds that a job may take to notice that it is to stop; then its process is ended.
PATIENCE = 2.0
#: Bytes of memory that the process may use before it is ended, where the system tells; never more
#: than half of what the machine has.
MAX_MEMORY = 6 * 2**30
#: Seconds that a job may take from its first word, and that a process may take to say it.
MAX_SECONDS, STARTING = 1800.0, 120.0
#: Seconds between two looks at the process.
WATCH = 0.2
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")

LOST = "The process that did this work has ended. Try again."
TOO_MUCH = (
    "This needed more memory than the {limit} that a job is given, and was ended. Try a smaller "
    "text or table, or the command line: infoscope --help."
)
TOO_LONG = (
    "This took longer than the {limit} that a job is given, and was ended. Try a smaller text or "
    "table, or the command line: infoscope --help."
)

LOG = logging.getLogger("infoscope.explore")


class Worker:
    """Runs the jobs of pages, one after the other, in one process that starts with the first.

    Parameters
    ----------
    max_memory : int
        Bytes that the process may hold.
    max_seconds : float
        How long one job may take.
    """

    def __init__(self, max_memory: int = MAX_MEMORY, max_seconds: float = MAX_SECONDS) -> None:
        self._max_memory = min(max_memory, _half_of_memory())
        self._max_seconds = max_seconds
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._context = multiprocessing.get_context("spawn")
        self._stop = self._context.Event()

    async def run(self, slug: str, values: Mapping[str, Any]) -> AsyncGenerator[Patch]:
        """Yield the patches of one job, after a note where it has to wait.

        Closing the generator (its reader left) stops the job.
        """
        if self._turn.locked():
            if self._waiting >= MAX_WAITING:
                yield {"problem": "Several jobs are waiting already. Try again when one is done."}
                return
            yield {"note": "Another job is running; this one is next."}
        out: asyncio.Queue[Patch | None] = asyncio.Queue()
        left = asyncio.Event()
        task = asyncio.create_task(self._conduct(slug, values, out, left))
        self._tasks.add(task)  # a task that nobody holds may vanish
        task.add_done_callback(self._tasks.discard)
        try:
            while (patch := await out.get()) is not None:
                yield patch
        finally:
            left.set()

    async def _conduct(
        self, slug: str, values: Mapping[str, Any], out: asyncio.Queue[Patch | None],
        left: asyncio.Event,
    ) -> None:  # fmt: skip
        """Wait for the turn, have the job done, and hand the turn on when it is quiet again."""
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            if not left.is_set():
                await self._work(slug, values, out, left)
        except OSError:
            LOG.exception("the process for long work could not be reached")
            self._end()
            out.put_nowait({"problem": LOST})
        finally:
            self._turn.release()
            out.put_nowait(None)

    async def _work(
        self, slug: str, values: Mapping[str, Any], out: asyncio.Queue[Patch | None],
        left: asyncio.Event,
    ) -> None:  # fmt: skip
        pipe = self._started()
        self._stop.clear()
        arrived: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def listen() -> None:
            kind = ""
            while kind not in ("done", "lost"):
                try:
                    kind, value = pipe.recv()
                except (EOFError, OSError):
                    kind, value = "lost", None
                with contextlib.suppress(RuntimeError):  # the loop has ended with the server
                    loop.call_soon_threadsafe(arrived.put_nowait, (kind, value))

        pipe.send((slug, dict(values)))
        begun, looked, limit = loop.time(), loop.time(), self._max_seconds + STARTING
        threading.Thread(target=listen, daemon=True, name="explorer-job").start()
        while True:
            if left.is_set():
                await self._stopped(arrived)
                return
            if loop.time() - looked >= WATCH:
                looked = loop.time()
                if problem := self._over(looked > begun + limit):
                    self._end()
                    out.put_nowait({"problem": problem, "note": ""})
                    return
            try:
                kind, value = await asyncio.wait_for(arrived.get(), timeout=WATCH)
            except TimeoutError:
                continue
            if kind == "patch":
                if limit != self._max_seconds:  # the process is up: from here on the job counts
                    begun, limit = loop.time(), self._max_seconds
                out.put_nowait(value)
                continue
            if kind == "lost":
                self._end()
                out.put_nowait({"problem": LOST})
            return

    def _over(self, late: bool) -> str:
        """Return what the job has too much of, or nothing."""
        if self._memory() > self._max_memory:
            return TOO_MUCH.format(limit=f"{self._max_memory / 2**30:.1f} GB")
        if late:
            return TOO_LONG.format(limit=f"{self._max_seconds:,.3g} seconds")
        return ""

    async def _stopped(self, arrived: asyncio.Queue[tuple[str, Any]]) -> None:
        """Ask the job to stop; end its process if it does not listen."""
        self._stop.set()
        try:
            async with asyncio.timeout(PATIENCE):
                while (await arrived.get())[0] not in ("done", "lost"):
                    pass
        except TimeoutError:
            self._end()

    def _started(self) -> Connection:
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._pipe
        self._end()
        ours, theirs = self._context.Pipe()
        n_threads = str(max(1, (os.cpu_count() or 2) - 1))  # one core is the sliders'
        before = {name: os.environ.get(name) for name in THREADS}
        os.environ.update({name: before[name] or n_threads for name in THREADS})
        try:
            self._process = self._context.Process(
                target=_serve_jobs, args=(theirs, self._stop), daemon=True, name="explorer-jobs"
            )
            self._process.start()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
        theirs.close()
        self._pipe = ours
        return ours

    def _memory(self) -> int:
        """Return the bytes that the process holds; 0 where the system does not say."""
        if self._process is None or self._process.pid is None:
            return 0
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1]
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join(5)
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None
        # a process that is killed while it asks may take the event's lock with it
        self._stop = self._context.Event()

    def close(self) -> None:
        """End the process."""
        self._end()


def _half_of_memory() -> int:
    """Return half of the bytes that the machine has; no limit where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return 2**62


def _serve_jobs(pipe: Connection, stop: Any) -> None:
    """Run in the process: take jobs from the pipe until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends us
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    while True:
        try:
            slug, values = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            _do(pipe, stop, slug, values)
            pipe.send(("done", None))
        except (BrokenPipeError, OSError):
            return


def _do(pipe: Connection, stop: Any, slug: str, values: Mapping[str, Any]) -> None:
    page = find_page(slug)
    assert page is not None
    assert page.job is not None
    try:
        patches = call(page.job.run, values)
        with contextlib.closing(patches):  # type: ignore[type-var]
            for patch in patches:
                pipe.send(("patch", ready(page, patch)))
                if stop.is_set():
                    return
    except InfoscopeError as error:
        pipe.send(("patch", ready(page, {"problem": str(error)})))
    except (BrokenPipeError, EOFError):
        raise
    except MemoryError:
        pipe.send(("patch", {"problem": "This needs more memory than there is."}))
    except Exception:
        LOG.exception("a job of page %r failed", slug)
        problem = "This failed for a reason that should not happen; the terminal says which."
        pipe.send(("patch", {"problem": problem}))
