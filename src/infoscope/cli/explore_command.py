"""`infoscope explore`: a local web page for each idea, alive, computed by the library."""

from __future__ import annotations

import argparse
import os
import sys

from infoscope.cli.output import note, say

__all__ = ["configure"]

DESCRIPTION = """\
Open the explorer in the browser: entropy with bars to drag, two Gaussians and their divergence, a
text under a language model, a table of your own. It runs on this machine only, asks no other
machine for anything, and stops with Ctrl-C.
"""

EPILOG = """\
examples:
  infoscope explore                       open it in the browser
  infoscope explore --no-browser          print the address and open nothing
  infoscope explore --port 8000           listen elsewhere

The address holds a key for this launch: other users of this machine cannot read along. On another
machine than the one you sit at: ssh -L 7314:127.0.0.1:7314 HOST, then open the address here.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope explore`."""
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument(
        "--port", type=int, default=7314, metavar="N",
        help="where to listen on 127.0.0.1 (default: 7314; the next free one when it is busy)",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    # One thread for what pages compute: the other cores belong to the browser and to long work.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from infoscope.explore import serve

    def tell(text: str) -> None:
        say(text)
        sys.stdout.flush()

    serve(args.port, browser=not args.no_browser, say=tell)
    note("The explorer has stopped.")
    return 0
