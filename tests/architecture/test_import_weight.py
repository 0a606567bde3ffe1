"""`import infoscope` stays light, and the command line answers at once."""

import json
import resource
import subprocess
import sys

import pytest

HEAVY = [
    "torch", "jax", "transformers", "ibis", "duckdb", "pyspark", "pandas", "numba", "matplotlib",
    "sklearn", "starlette", "pyarrow", "polars", "tqdm.notebook",
]  # fmt: skip


def modules_after(statement: str) -> list[str]:
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_import_infoscope_loads_few_modules_and_none_of_the_heavy_ones() -> None:
    loaded = modules_after("import infoscope")
    assert len(loaded) < 300
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize("pillar", ["figures", "measures"])
def test_light_pillars_load_nothing_heavy(pillar: str) -> None:
    assert not set(HEAVY) & set(modules_after(f"import infoscope; infoscope.{pillar}"))


def test_help_takes_less_than_half_a_second_of_cpu() -> None:
    best = min(_help_seconds() for _ in range(3))  # the least disturbed of three
    assert best < 0.5


def _help_seconds() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "infoscope", "--help"], capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "infoscope text" in done.stdout
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
