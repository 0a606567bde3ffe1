"""What a page weighs over the wire, and how long the explorer takes from the command to a page.

Run `python benchmarks/explore/weight_and_start.py [n]` (needs playwright and a Chromium). Weights
are bytes received by Chromium with an empty cache, headers included, KaTeX counted apart; labs are
weighed with their outputs kept from a run before. Starts are n fresh processes, timed from the
command to the printed address and to the end of the first page; beside each stands a process that
only imports the web server, which nothing here can undercut.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import infoscope
from infoscope.explore.registry import all_pages

HOME = Path(__file__).parents[1] / "results"
FLOOR = "import jinja2, starlette.applications, uvicorn"


@contextmanager
def explorer() -> Iterator[tuple[str, float, float]]:
    """Start the explorer; yield its address, when it was started and when it told the address."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "infoscope", "explore", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "The explorer is at " in line:
                yield line.split()[-1], began, time.perf_counter()
                break
        else:
            raise SystemExit("the explorer printed no address")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def starts(n: int) -> list[dict[str, object]]:
    """Return the seconds to the address and to the first page, for n fresh processes."""
    rows: list[dict[str, object]] = []
    for _ in range(n):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", FLOOR], check=True)
        floor = time.perf_counter() - begun
        with explorer() as (address, began, told):
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            opener.open(address).read()
            shown = time.perf_counter()
        rows.append({
            "seconds_to_address": round(told - began, 3),
            "seconds_to_home_page": round(shown - began, 3),
            "floor_imports_only": round(floor, 3), **about(),
        })  # fmt: skip
        sys.stdout.write(f"{rows[-1]}\n")
    return rows


def weigh(browser: Browser, address: str, path: str) -> dict[str, object]:
    """Return the bytes of one page, opened for the first time."""
    root = address.partition("/?")[0]
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(180_000)
    key = context.request.get(address, max_redirects=0)
    assert key.status == 303
    if path.startswith("/labs/"):  # run it once, then weigh what a reader gets
        page.goto(root + path)
        note = page.locator(".run [data-slot=note]", has_text=re.compile("^Computed"))
        note.wait_for(timeout=180_000)
        page.close()
        page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    asked: dict[str, str] = {}
    bytes_of: dict[str, float] = {}
    wire.on(
        "Network.requestWillBeSent", lambda e: asked.update({e["requestId"]: e["request"]["url"]})
    )
    wire.on(
        "Network.loadingFinished",
        lambda e: bytes_of.update({e["requestId"]: e["encodedDataLength"]}),
    )
    page.goto(root + path)
    page.wait_for_load_state("networkidle")
    context.close()
    katex = sum(n for key, n in bytes_of.items() if "/katex/" in asked.get(key, ""))
    total = sum(bytes_of.values())
    return {
        "page": path, "bytes_without_katex": int(total - katex), "bytes": int(total),
        "requests": len(bytes_of), **about(),
    }  # fmt: skip


def about() -> dict[str, object]:
    """Return what every line says of the machine."""
    return {
        "load": round(os.getloadavg()[0], 1), "cores": os.cpu_count(),
        "date": dt.date.today().isoformat(), "python": platform.python_version(),
        "infoscope": infoscope.__version__,
    }  # fmt: skip


def write(name: str, rows: list[dict[str, object]]) -> None:
    """Write the results anew."""
    with (HOME / name).open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def main(n: int) -> None:
    """Measure and write."""
    write("explore_start.csv", starts(n))
    rows: list[dict[str, object]] = []
    with explorer() as (address, _, _), sync_playwright() as playwright:
        path = os.environ.get("INFOSCOPE_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for slug in ["", *all_pages()]:
            try:
                rows.append(weigh(browser, address, f"/{slug}"))
            except Exception as error:  # noqa: BLE001 - one page that fails must not hide the rest
                sys.stdout.write(f"/{slug}: {str(error).splitlines()[0]}\n")
                continue
            sys.stdout.write(f"{rows[-1]}\n")
        browser.close()
    write("explore_weight.csv", rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
