"""Tables that the tests of several engines share."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def warehouse() -> pa.Table:
    """Return a table of all types, with gaps, odd names, ties, infinities and keys."""
    n, rng = 3000, np.random.default_rng(0)
    y = rng.integers(0, 3, n)

    def gaps(values: NDArray[np.generic]) -> list[object]:
        gone = rng.random(n) < 0.05
        return [None if none else value for value, none in zip(values.tolist(), gone, strict=True)]

    start = dt.datetime(2024, 1, 1, 1)
    seconds = [int(k) for k in rng.integers(0, 10**7, n)]
    return pa.table({
        "y": [("a", "b", "c")[k] for k in y],
        "number": gaps(rng.normal(size=n) + y),
        "nan": [float("nan") if k % 11 == 0 else (k % 13) * 0.5 for k in range(n)],
        "few": gaps(rng.integers(0, 6, n) + y),
        "wide": rng.integers(-(10**6), 10**6, n),
        "ties": np.round(rng.exponential(size=n), 1),
        "flag": (rng.random(n) < 0.3 + y * 0.1).tolist(),
        "day": [dt.date(2024, 1, 1) + dt.timedelta(days=s // 30000) for s in seconds],
        "when": [start + dt.timedelta(seconds=s) for s in seconds],
        "id": np.arange(n),
        "key": [f"k{i}" for i in range(n)],
        "as text": [("1", "2.5", "NA", " 7 ")[k] for k in rng.integers(0, 4, n)],
        'odd "<b>`x.y`\n\'': [("?", " u", "u", "v'\"<b>\n")[k] for k in rng.integers(0, 4, n)],
        "constant": ["z"] * n,
        "endless": [float("inf") if k % 7 == 0 else float(k % 50) for k in range(n)],
        "zeros": [-0.0 if k % 2 else 0.0 for k in range(n)],
        "small": pa.array(rng.integers(-100, 100, n).astype(np.int8)),
    })  # fmt: skip


@pytest.fixture(scope="session")
def drifted(warehouse: pa.Table) -> pa.Table:
    """Return the table with a new category, moved numbers and a wider range."""
    table = warehouse
    moved = {
        "y": ["new" if k % 9 == 0 else v for k, v in enumerate(table["y"].to_pylist())],
        "number": [None if v is None else v + 0.3 for v in table["number"].to_pylist()],
        "few": [None if v is None else v + 1 for v in table["few"].to_pylist()],
    }
    for name, values in moved.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values))
    return table
