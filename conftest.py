"""Which files are collected: those that import a heavy integration wait until it is installed."""

import re
from importlib.util import find_spec
from pathlib import Path

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


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out a file that cannot be imported here; None lets the other rules decide."""
    if collection_path.parent.name == "lessons":  # labs: cells to run, no modules to import
        return True
    if not MISSING or collection_path.suffix != ".py":
        return None
    return True if TOP_IMPORT.search(collection_path.read_text(encoding="utf-8")) else None
