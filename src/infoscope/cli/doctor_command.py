"""`infoscope doctor`: check the installation and say what is missing and how to get it."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import shutil
import sys
from typing import Any

import infoscope
from infoscope.cli.output import check_outputs, grid, say, write_json
from infoscope.core.extras import install_line, is_installed, own_command

__all__ = ["configure", "findings"]

#: package -> (extra that brings it, what it is for); without an extra, nothing works without it
PACKAGES = {
    "numpy": ("", "arrays"),
    "scipy": ("", "special functions"),
    "array-api-compat": ("", "torch and JAX arrays in the exact measures"),
    "narwhals": ("", "pandas, polars and pyarrow columns"),
    "tqdm": ("", "progress bars"),
    "numba": ("fast", "compiled kernels"),
    "matplotlib": ("plot", "figures for papers"),
    "torch": ("language", "language models, losses"),
    "transformers": ("language", "Hugging Face models"),
    "tokenizers": ("language", "tokenizers"),
    "safetensors": ("language", "model weights"),
    "pyarrow": ("tables", "CSV and Parquet files"),
    "duckdb": ("duckdb", "tables in a database"),
    "ibis-framework": ("duckdb", "tables in any engine"),
    "constriction": ("codes", "ANS coding"),
    "scikit-learn": ("sklearn", "selectors in pipelines, digits"),
    "starlette": ("explore", "the explorer's pages"),
    "uvicorn": ("explore", "the explorer's server"),
    "jinja2": ("explore", "the explorer's templates"),
    "python-multipart": ("explore", "files given to the explorer"),
    "markdown-it-py": ("labs", "text of labs"),
    "jupytext": ("labs", "labs as notebooks"),
    "shtab": ("shell", "completion of commands by the Tab key"),
    "pyspark": ("spark", "tables on Spark"),
    "ray": ("ray", "corpora on many machines"),
}
#: extras that `all` leaves out, for they bring an engine
_ENGINES = {"ray": "Ray", "spark": "Spark"}
_MODULES = {
    "array-api-compat": "array_api_compat", "ibis-framework": "ibis", "scikit-learn": "sklearn",
    "python-multipart": "python_multipart", "markdown-it-py": "markdown_it",
}  # fmt: skip


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
    packages: list[dict[str, Any]] = []
    oldest = _oldest()
    for name, (extra, purpose) in PACKAGES.items():
        version = _version(name)
        old = version is not None and _numbers(version) < _numbers(oldest.get(name, "0"))
        line = f"pip install 'infoscope[{extra}]'" if extra else "pip install --upgrade infoscope"
        advice = f"too old, {oldest[name]} is needed: {line}" if old else line
        packages.append(
            {
                "package": name,
                "version": version,
                "for": purpose,
                "extra": extra or None,
                "fine": version is not None and not old,
                "advice": None if version and not old else advice,
            }
        )
    return {
        "infoscope": infoscope.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": packages,
        "models": _models(),
        "cache": _cache(),
    }


def _oldest() -> dict[str, str]:
    """Return the lowest version that the installed infoscope asks for, by package."""
    try:
        lines = importlib.metadata.requires("infoscope") or []
    except importlib.metadata.PackageNotFoundError:  # run from its source, not installed
        return {}
    found = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*>=\s*([0-9.]+)", line) for line in lines)
    return {each[1].lower(): each[2] for each in found if each}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _version(package: str) -> str | None:
    if not is_installed(_MODULES.get(package, package)):
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


def _cache() -> dict[str, Any]:
    """Return where models go, whether that place can be written, and the room there."""
    from infoscope.language.store import cache_folder

    folder = cache_folder()
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return {
        "folder": str(folder),
        "writable": os.access(there, os.W_OK),
        "free_gigabytes": round(shutil.disk_usage(there).free / 1e9, 1),
    }


def _summary(packages: list[dict[str, Any]], models: list[dict[str, Any]]) -> str:
    """Say whether everything is there, or the one line that gets what is not."""
    missing = {p["extra"] for p in packages if not p["fine"]}
    extras = sorted(missing - {None, *_ENGINES})
    lines = ["pip install --upgrade infoscope"] if None in missing else []
    lines += [install_line(*extras)] if extras else []
    lines += [f"{own_command()} models install {m['model']}" for m in models if not m["installed"]]
    if lines:
        return f"What is missing is optional unless it says so. For all of it: {' && '.join(lines)}"
    if missing:
        names = " and ".join(_ENGINES[extra] for extra in sorted(missing))
        return f"Everything of infoscope[all] is there ({names} would be extras of their own)."
    return "Everything is there."


def _run(args: argparse.Namespace) -> int:
    check_outputs(args, "doctor")
    found = findings()
    packages, models, cache = found["packages"], found["models"], found["cache"]
    if args.json:
        write_json(found, args.json)
    else:
        say(f"infoscope {infoscope.__version__} on Python {found['python']}, {found['platform']}")
        rows = [["package", "version", "for", "to get it"]]
        rows += [[p["package"], p["version"] or "-", p["for"], p["advice"] or ""] for p in packages]
        say("\n".join(grid(rows, align="<<<<")))
        rows = [["model", "state", "to get it"]]
        rows += [
            [m["model"], *(("installed", "") if m["installed"] else ("-", m["advice"]))]
            for m in models
        ]
        say("\n".join(grid(rows, align="<<<")))
        state = "" if cache["writable"] else ", which cannot be written: set INFOSCOPE_CACHE"
        say(f"Models are kept in {cache['folder']}{state} ({cache['free_gigabytes']} GB free).")
        say(_summary(packages, models))
    required = [p for p in packages if not p["fine"] and not p["extra"]]
    return 1 if required or sys.version_info < (3, 11) else 0
