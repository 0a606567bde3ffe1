"""Files written whole or not at all, parts found by name, bars, draws, compiled kernels."""

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from infoscope.core import compiling, files, plugins
from infoscope.core.errors import InvalidArgument, NotFound, NotWritable, UnknownName
from infoscope.core.files import write_bytes, write_text
from infoscope.core.plugins import load_plugin, near_match, plugin_names
from infoscope.core.progress import Progress
from infoscope.core.resample import generator, half_sample_spread, halves, repairings

METHODS = "infoscope.estimate.estimators.entropy"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    assert write_text(target, "old é", function="f") == target
    assert target.read_bytes() == "old é".encode()
    assert write_bytes(str(target), b"new", function="f") == target
    assert target.read_bytes() == b"new"
    write_text(target, "half a pair: \udc80", function="f")
    assert target.read_text(encoding="utf-8") == "half a pair: \\udc80"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_links_are_followed_and_devices_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    assert write_text(link, "new", function="f") == link
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "new"
    assert write_text("/dev/null", "gone", function="f") == Path("/dev/null")


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidArgument) as caught:
        write_text(tmp_path, "x", function="f")
    assert str(caught.value) == (
        f"f: path must name a file; got the folder {str(tmp_path)!r}. Add a file name."
    )
    with pytest.raises(NotFound) as missing:
        write_text(tmp_path / "no" / "file", "x", function="f")
    assert str(missing.value) == (
        f"f: path must lie in a folder that exists; got {str(tmp_path / 'no' / 'file')!r}. "
        f"Create {str(tmp_path / 'no')!r} first."
    )
    kept = tmp_path / "kept"
    kept.write_text("old", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(NotWritable) as full_disk:
        write_text(kept, "new", function="f")
    assert str(full_disk.value) == (
        f"f: path must be writable; got {str(kept)!r} (No space left on device). "
        "Choose another place, or mend its permissions or space."
    )
    assert kept.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_parts_are_files_of_a_folder() -> None:
    names = plugin_names(METHODS, "no.such.group")
    assert "miller_madow" in names
    assert list(names) == sorted(names)
    assert not [name for name in names if name.startswith("_")]
    found = load_plugin(
        "miller_madow", package=METHODS, group="no.such.group", function="f", argument="method"
    )
    assert found.__name__ == f"{METHODS}.miller_madow"
    with pytest.raises(UnknownName) as caught:
        load_plugin("miler_madow", package=METHODS, group="g", function="f", argument="method")
    assert str(caught.value) == (
        f"f: method must be one of {', '.join(names)}; got 'miler_madow'. "
        "Did you mean 'miller_madow'?"
    )
    assert near_match("zzz", ("abc",)) == ""
    assert plugin_names("infoscope.no_such_folder", "no.such.group") == ()


def test_parts_are_entry_points_of_other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint(name="entropy.mine", value="math", group="test.group"),
        EntryPoint(name="other.mine", value="cmath", group="test.group"),
        EntryPoint(name="entropy.miller_madow", value="cmath", group="test.group"),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda **_: points)
    place: dict[str, Any] = {"package": METHODS, "group": "test.group", "prefix": "entropy"}
    try:
        assert "mine" in plugin_names(*place.values())
        assert load_plugin("mine", **place, function="f", argument="m").__name__ == "math"
        own = load_plugin("miller_madow", **place, function="f", argument="m")
        assert own.__name__ == f"{METHODS}.miller_madow"  # none of ours can be replaced
        assert set(plugin_names("infoscope.no_such_folder", "test.group")) == {
            "entropy.mine", "other.mine", "entropy.miller_madow",
        }  # fmt: skip
    finally:
        plugins._entry_points.cache_clear()


def test_bars_show_on_stderr_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(10, "scoring", "tokens") as bar:  # no terminal here: silent
        bar.advance(3)
        bar.remark("1.5 bits")
    assert capsys.readouterr() == ("", "")
    with Progress(10, "scoring", "tokens", show=True) as bar:
        bar._bar.delay = 0
        bar.advance(4)
        bar.remark("1.5 bits")
        bar._bar.refresh()
    out, err = capsys.readouterr()
    assert out == ""
    assert "scoring" in err
    assert "4.00/10.0" in err
    assert "tokens" in err
    assert "1.5 bits" in err


def test_draws_come_from_a_stated_seed() -> None:
    own = np.random.default_rng(5)
    assert generator(own) is own
    assert generator(None).random() == np.random.default_rng(0).random()
    assert generator(3).random() == np.random.default_rng(3).random()
    splits = list(halves(7, 4, generator(0)))
    assert len(splits) == 4
    for first, second in splits:
        assert (first.size, second.size) == (3, 4)
        assert sorted([*first, *second]) == list(range(7))
        assert np.all(np.diff(first) > 0)
        assert np.all(np.diff(second) > 0)
    assert len({tuple(first) for first, _ in splits}) > 1
    pairings = list(repairings(6, 3, generator(0)))
    assert len(pairings) == 3
    assert all(sorted(order) == list(range(6)) for order in pairings)


def test_the_spread_of_half_samples_is_the_standard_error_of_a_mean() -> None:
    """Halves without replacement: the variance of a half's mean is s^2 / n."""
    x = np.random.default_rng(0).normal(size=400)
    spread = half_sample_spread(lambda rows: float(x[rows].mean()), [400], generator(1), 200)
    assert spread == pytest.approx(x.std(ddof=1) / 20, rel=0.15)
    y = np.random.default_rng(1).normal(size=100)
    both = half_sample_spread(
        lambda i, j: float(x[i].mean() - y[j].mean()), [400, 100], generator(1), 200
    )
    assert both == pytest.approx(np.hypot(x.std() / 20, y.std() / 10), rel=0.15)


def test_a_kernel_is_compiled_even_where_no_cache_can_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[dict[str, Any]] = []

    def njit(**options: Any) -> Any:
        asked.append(options)

        def compile_(function: Any) -> Any:
            if options.get("cache"):
                raise RuntimeError(message)
            return function

        return compile_

    def kernel(x: float) -> float:
        return 2 * x

    monkeypatch.setattr(compiling.numba, "njit", njit)
    message = "cannot cache function 'kernel': no locator available"
    assert compiling.compiled(kernel) is kernel
    assert [options.get("cache") for options in asked] == [True, None]
    assert all(options["nogil"] and options["error_model"] == "numpy" for options in asked)
    message = "something else"
    with pytest.raises(RuntimeError, match="something else"):
        compiling.compiled(kernel)
    monkeypatch.undo()

    def half(x: float) -> float:
        return x / 0.0

    assert compiling.compiled(half)(1.0) == np.inf


def test_a_kernel_is_compiled_even_where_its_cache_does_not_fit(tmp_path: Path) -> None:
    """A disk that is full for the cache is no reason to stop; files here may have 40 bytes."""
    (tmp_path / "kernels.py").write_text(
        "from infoscope.core.compiling import compiled\n"
        "@compiled\ndef twice(x):\n    return 2 * x\n"
    )
    line = (
        "import resource, kernels\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))\n"
        "print(kernels.twice(21))\n"
    )
    for _ in range(2):  # what the first left behind does not disturb the second
        done = subprocess.run(
            [sys.executable, "-c", line], cwd=tmp_path, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, "42\n"), done.stderr
