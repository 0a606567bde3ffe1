"""`infoscope doctor`: check the installation and say what is missing and how to get it."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import sys
from typing import Any

import infoscope
from infoscope.cli.output import check_outputs, grid, say, write_json
from infoscope.core.extras import is_installed

__all__ = ["configure", "findings"]

#: package -> (extra that brings it, what it is for); without an extra, nothing works without it
PACKAGES = {
    "numpy": ("", "arrays"),
    "scipy": ("", "special functions"),
    "array-api-compat": ("", "torch and JAX arrays in the exact measures"),
    "narwhals": ("", "pandas, polars and pyarrow columns"),
    "numba": ("fast", "compiled kernels"),
    "matplotlib": ("plot", "figures for papers"),
    "torch": ("language", "language models, losses"),
    "transformers": ("language", "Hugging Face models"),
    "tokenizers": ("language", "tokenizers"),
    "safetensors": ("language", "model weights"),
    "pyarrow": ("tables", "CSV and Parquet files"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `infoscope doctor`."""
    parser.epilog = (
        "Exit code 1 if something is missing without which nothing works; extras are optional.\n"
        "Show its output when you report a fault."
    )
    parser.add_argument("--json", metavar="OUT", help="write the findings as JSON ('-': stdout)")
    parser.set_defaults(run=_run)


def findings() -> dict[str, Any]:
    """Return what is installed, which models are there, and what to do about the rest."""
    packages: list[dict[str, str | None]] = []
    for name, (extra, purpose) in PACKAGES.items():
        version = _version(name)
        advice = None if version else f"pip install 'infoscope[{extra}]'" if extra else "reinstall"
        packages.append({"package": name, "version": version, "for": purpose, "advice": advice})
    return {
        "infoscope": infoscope.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages,
        "models": _models(),
    }


def _version(package: str) -> str | None:
    module = package.replace("-", "_")
    if not is_installed(module):
        return None
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _models() -> list[dict[str, Any]]:
    from infoscope.language.store import models

    return [
        {"model": entry.model.name, "installed": entry.installed, "advice": entry.model.command}
        for entry in models()
    ]


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "doctor")
    found = findings()
    packages, models = found["packages"], found["models"]
    if args.json:
        write_json(found, args.json)
    else:
        say(f"infoscope {infoscope.__version__} on Python {platform.python_version()}")
        rows = [["package", "version", "for", "to get it"]]
        rows += [[p["package"], p["version"] or "-", p["for"], p["advice"] or ""] for p in packages]
        say("\n".join(grid(rows, align="<<<<")))
        rows = [["model", "state", "to get it"]]
        rows += [
            [m["model"], *(("installed", "") if m["installed"] else ("-", m["advice"]))]
            for m in models
        ]
        say("\n".join(grid(rows, align="<<<")))
        whole = all(p["version"] for p in packages) and all(m["installed"] for m in models)
        say("Everything is there." if whole else "What is missing is optional unless it says so.")
    required = [p for p in packages if not p["version"] and not PACKAGES[str(p["package"])][0]]
    return 1 if required or sys.version_info < (3, 11) else 0
