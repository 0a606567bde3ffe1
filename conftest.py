"""What holds before a test is read: which files are collected, and threads of parallel workers."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

#: Installed by `make test-heavy` alone.
HEAVY = (
    "accelerate",
    "datasets",
    "lightning",
    "mlflow",
    "pyspark",
    "ray",
    "tensorboard",
    "trl",
    "wandb",
)
MISSING = [name for name in HEAVY if find_spec(name) is None]
TOP_IMPORT = re.compile(rf"^(?:import|from) (?:{'|'.join(MISSING)})\b", flags=re.MULTILINE)
#: Numerical libraries read these when they are imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several workers one thread: more threads than cores spin while they wait."""
    if getattr(config.option, "numprocesses", None):  # here starts the process that starts them
        for name in THREADS:
            os.environ.setdefault(name, "1")


@pytest.hookimpl(trylast=True)  # after the order is drawn
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes minutes first."""
    items.sort(key=lambda item: item.get_closest_marker("minutes") is None)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a file that cannot be imported here; None lets the other rules decide."""
    if collection_path.parent.name == "lessons":  # labs: cells to run, no modules to import
        return True
    if not MISSING or collection_path.suffix != ".py":
        return None
    return True if TOP_IMPORT.search(collection_path.read_text(encoding="utf-8")) else None
