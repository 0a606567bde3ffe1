"""`import infoscope` stays light, and the command line answers at once."""

import json
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
    return json.loads(done.stdout.splitlines()[-1])


def test_import_infoscope_loads_few_modules_and_none_of_the_heavy_ones() -> None:
    loaded = modules_after("import infoscope")
    assert len(loaded) < 300
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize(
    "pillar", ["calibrate", "channels", "estimate", "figures", "known", "measures"]
)
def test_light_pillars_load_nothing_heavy(pillar: str) -> None:
    assert not set(HEAVY) & set(modules_after(f"import infoscope; infoscope.{pillar}"))


def test_help_loads_no_more_than_the_command_line_needs() -> None:
    loaded = modules_after("from infoscope.cli.main import main; main(['--help'])")
    assert len(loaded) < 300
    assert not set(HEAVY) & set(loaded)
