"""From pointer to paint: how long a drag takes to show its new picture, idle and beside long work.

Run `python benchmarks/explore/latency.py [n]` (needs playwright and a Chromium). Each round moves a
bar n times on three pages in turn: a floor page that only changes its own text, the explorer idle,
the explorer while the self-test keeps a core busy in the process for long work, and while the
built-in model scores a text of 20,000 characters there. Times are from
the pointer event to the first frame after the new numbers are in the document. `stolen_percent` is
what the host of a virtual machine took of its processors meanwhile; a round in which it took more
than two percent shows the host, and is measured again, at most four times.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import infoscope
from infoscope.data import path_of

RESULTS = Path(__file__).parents[1] / "results" / "explore_latency.csv"
#: The explorer warms its pages after the start, which takes some seconds.
WARM_MS = 10_000
#: Rounds at most, and the percentage of the processors that a host may take in one that counts.
ROUNDS, LITTLE = 5, 2.0
FLOOR = """<!DOCTYPE html><div id="bar" style="width:200px;height:200px;background:teal"></div>
<p id="text">0</p><script>
bar.addEventListener("pointermove", (e) => { text.textContent = e.clientY; });
</script>"""
WATCH = """(selector) => {
  window.times = [];
  if (window.watched) return;
  window.watched = true;
  let since = 0;
  document.addEventListener("pointermove", () => { since ||= performance.now(); }, true);
  new MutationObserver(() => {
    const start = since;
    if (!start) return;
    since = 0;
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => window.times.push(performance.now() - start);
      after.port2.postMessage(0);
    });
  }).observe(document.querySelector(selector),
             {childList: true, subtree: true, characterData: true});
}"""


def measure(page: Page, mark: str, watched: str, n: int) -> list[float]:
    """Drag up and down n times, one move after the other is shown; return milliseconds."""
    page.evaluate(WATCH, watched)
    place = page.locator(mark).first.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.times.length = 0")
    for i in range(n):
        page.mouse.move(x + 4 + 2 * (i % 20), y - 4 - 3 * (i % 20))
        page.wait_for_timeout(90)
    page.mouse.up()
    return page.evaluate("window.times")


def quietest(page: Page, mark: str, watched: str, n: int) -> tuple[list[float], float]:
    """Measure until the host takes little; return the times and percent of the quietest round."""
    rounds = []
    for _ in range(ROUNDS):
        before = processors()
        times = measure(page, mark, watched, n)
        had, stolen = (b - a for a, b in zip(before, processors(), strict=True))
        rounds.append((times, 100 * stolen / max(had, 1)))
        if rounds[-1][1] <= LITTLE:
            break
    return min(rounds, key=lambda one: one[1])


def processors() -> tuple[int, int]:
    """Return the ticks that the processors had so far, and those that the host took (Linux)."""
    try:
        ticks = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except OSError:
        return 0, 0
    return sum(ticks), ticks[7]


def start() -> tuple[subprocess.Popen[str], str]:
    """Start the explorer as a user does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "infoscope", "explore", "--no-browser", "--port", "0"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "The explorer is at " in line:
            return process, line.split()[-1]
    raise SystemExit("the explorer printed no address")


def main(n: int) -> None:
    """Measure, print, and append to the results."""
    process, address = start()
    root = address.partition("/?")[0]
    rows: list[dict[str, object]] = []
    try:
        with sync_playwright() as playwright:
            path = os.environ.get("INFOSCOPE_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            context = browser.new_context(bypass_csp=True)
            context.set_default_timeout(120_000)
            floor, live, job = context.new_page(), context.new_page(), context.new_page()
            floor.set_content(FLOOR)
            live.goto(address)
            job.goto(f"{root}/check")
            job.locator("#in-seconds").fill("120")
            chapter = path_of("alice_chapter_1.txt").read_text("utf-8")
            live.wait_for_timeout(WARM_MS)
            tasks = (
                ("floor", floor, "#bar", "#text", ""),
                ("entropy", live, '[data-drag-y="p.0"]', '[data-slot="bars"]', "/entropy"),
                ("kl", live, '[data-drag-x="mean_q"]', '[data-slot="pair"]', "/kl"),
            )
            for state in ("idle", "beside long work", "while a text is scored"):
                if state == "beside long work":
                    job.locator("[data-run]").click()
                    job.locator('[data-slot="count"] span').first.wait_for(timeout=60_000)
                elif state != "idle":
                    job.goto(f"{root}/text")
                    job.locator("#in-text").fill((2 * chapter)[:20_000])
                    job.locator("[data-run]").click()
                    job.locator(".state progress").wait_for(timeout=60_000)
                    job.wait_for_timeout(4000)  # the model is loaded
                for name, page, mark, watched, where in tasks:
                    if where:
                        page.goto(root + where)
                    page.bring_to_front()
                    rows.append(row(name, state, *quietest(page, mark, watched, n)))
                    sys.stdout.write(f"{rows[-1]}\n")
                if state == "while a text is scored":
                    assert job.locator(".state progress").is_visible(), "the text was read too soon"
            browser.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
    fresh = not RESULTS.exists()
    with RESULTS.open("a", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        if fresh:
            writer.writeheader()
        writer.writerows(rows)


def row(name: str, state: str, times: list[float], stolen: float) -> dict[str, object]:
    """Return one line of the results."""
    ordered = sorted(times)
    return {
        "page": name, "state": state, "n": len(times),
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 1),
        "load": round(os.getloadavg()[0], 1), "stolen_percent": round(stolen, 1),
        "cores": os.cpu_count(),
        "date": dt.date.today().isoformat(), "python": platform.python_version(),
        "infoscope": infoscope.__version__,
    }  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
