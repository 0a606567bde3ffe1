"""Published forecasts and model outputs, read from tests/data/calibrate."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).parents[1] / "data" / "calibrate"


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def cifar() -> tuple[np.ndarray, np.ndarray]:
    with np.load(DATA / "cifar10_wideresnet-16-4.npz") as arrays:
        return arrays["predictions"], arrays["ground_truth"]


@pytest.fixture(scope="session")
def cifar_logits(cifar) -> tuple[np.ndarray, np.ndarray]:
    return np.log(cifar[0].astype(np.float64)), cifar[1]


@pytest.fixture(scope="session")
def hpc() -> tuple[np.ndarray, list[str], list[str]]:
    rows = _rows("hpc_cv.csv.gz")
    names = ["VF", "F", "M", "L"]
    probs = np.array([[float(row[name]) for name in names] for row in rows])
    return probs, [row["obs"] for row in rows], names


@pytest.fixture(scope="session")
def nfl() -> tuple[np.ndarray, np.ndarray]:
    rows = _rows("forecasts_nfl_games.csv.gz")
    decided = [row for row in rows if row["prob1_outcome"] in ("0", "1")]
    p = np.array([float(row["prob1"]) for row in decided])
    return p, np.array([float(row["prob1_outcome"]) for row in decided])
