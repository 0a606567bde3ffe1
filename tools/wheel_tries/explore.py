"""The explorer starts, answers to its key on this machine alone, and stops."""

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

run = subprocess.Popen(
    [sys.executable, "-m", "infoscope", "explore", "--no-browser", "--port", "0"],
    stdout=subprocess.PIPE, text=True,
)  # fmt: skip
try:
    address = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", run.stdout.readline())[0]
    cookies = urllib.request.HTTPCookieProcessor(CookieJar())
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
    start = browser.open(address, timeout=60).read().decode()
    assert "<svg" in start or "<main" in start
    page = browser.open(address.partition("?")[0] + "entropy", timeout=60).read().decode()
    assert "<svg" in page
    try:
        no_key = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        no_key.open(address.partition("?")[0] + "entropy", timeout=60)
    except urllib.error.HTTPError as refused:
        code = refused.code
    else:
        code = 200
    if code not in (401, 403):
        raise AssertionError(f"a page was given without the key ({code})")
finally:
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=60) == 0
