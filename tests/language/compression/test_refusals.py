"""Damage, loss, other models: a clear refusal each time, never a wrong output or half a file."""

import copy
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from infoscope.cli.main import main
from infoscope.core.errors import DataError, ModelError
from infoscope.language import LanguageModel, compress, decompress
from infoscope.language.compression import container, front, neural_parts

DATA = b"a small text, a very small text, and a text that is small"


@pytest.fixture
def neural(tiny: LanguageModel) -> bytes:
    parts = neural_parts.NeuralParts.of(tiny, "test")
    part = parts.encode(DATA, parts.entries(DATA), 1, 64, lambda *_: None)
    header = front.Header(
        len(DATA), front._digest(DATA), 0, b"", "test", parts.name, parts.fingerprint,
        parts.probe, 1, 64,
    )  # fmt: skip
    return front.pack(header, [part])


@pytest.mark.parametrize("kind", ["bytes", "neural"])
def test_every_byte_corrupted_in_turn_is_refused(
    kind: str, neural: bytes, tiny: LanguageModel
) -> None:
    blob = compress(DATA * 3, None) if kind == "bytes" else neural
    model = None if kind == "bytes" else tiny
    for at in range(len(blob)):
        for flip in (1, 0x80, 0xFF):
            bad = bytearray(blob)
            bad[at] ^= flip
            with pytest.raises((DataError, ModelError), match=r"^decompress: \w+ must"):
                decompress(bytes(bad), model)


@pytest.mark.parametrize("kind", ["bytes", "neural"])
def test_every_length_but_the_whole_is_refused(
    kind: str, neural: bytes, tiny: LanguageModel
) -> None:
    blob = compress(DATA * 3, None) if kind == "bytes" else neural
    for n in range(len(blob)):
        with pytest.raises(DataError, match="decompress: blob must be"):
            decompress(blob[:n], tiny)
    with pytest.raises(DataError, match="1 bytes more"):
        decompress(blob + b"\0", tiny)


def test_the_damaged_block_is_named() -> None:
    data = os.urandom(8) + b"".join(b"%d bottles of beer, " % i for i in range(12_000))
    blob = bytearray(compress(data, None, verify=False))
    parts = container.unpack(bytes(blob), "test")[1]
    sizes = [len(payload) + 8 for _, payload, _ in parts[0].blocks]
    assert len(sizes) >= 3
    blob[-sum(sizes[2:]) - 20] ^= 4  # inside block 1
    with pytest.raises(DataError, match="block 1 with a checksum"):
        decompress(bytes(blob))


def test_blocks_of_two_files_cannot_be_mixed() -> None:
    one, two = compress(b"abcd" * 20 + b"1", None), compress(b"abcd" * 20 + b"2", None)
    assert len(one) == len(two)
    cut = len(container.pack(container.unpack(one, "t")[0], [])) + 3
    with pytest.raises(DataError, match="checksum"):
        decompress(one[:cut] + two[cut:])


def test_another_model_is_refused_by_name(neural: bytes, tiny: LanguageModel) -> None:
    other = copy.copy(tiny)
    other.norm = tiny.norm * 1.01
    with pytest.raises(
        ModelError, match=rf"model must be '{tiny.name}' with fingerprint \w+…; got"
    ):
        decompress(neural, other)
    with pytest.raises(ModelError, match="got no model"):
        decompress(neural, "mix")


def test_a_machine_that_computes_otherwise_is_told_before_decoding(
    tiny: LanguageModel, neural: bytes
) -> None:
    header, parts = container.unpack(neural, "test")
    values = {name: getattr(header, name) for name in header.__slots__}
    blob = container.pack(container.Header(**values | {"probe": header.probe ^ 1}), parts)
    with pytest.raises(ModelError, match="a trial differs"):
        decompress(blob, tiny)


def test_wrong_content_behind_right_checksums_is_refused(tiny: LanguageModel) -> None:
    """What an encoder gone wrong would write: valid blocks of other tokens."""
    parts = neural_parts.NeuralParts.of(tiny, "test")
    part = parts.encode(DATA, parts.entries(DATA), 1, 64, lambda *_: None)
    ((count, payload, content),) = part.blocks
    header = front.Header(
        len(DATA), front._digest(DATA), 0, b"", "test", parts.name, parts.fingerprint,
        parts.probe, 1, 64,
    )  # fmt: skip
    other = container.Part(part.kind, part.n_bytes, ((count, payload[::-1], content),))
    with pytest.raises(DataError, match="other content in block 0"):
        decompress(front.pack(header, [other]), tiny)


def test_the_command_keeps_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "notes.txt"
    source.write_bytes(DATA * 5)
    assert main(["compress", str(source), "--portable"]) == 0
    target = tmp_path / "notes.txt.isc"
    assert source.read_bytes() == DATA * 5
    assert main(["compress", str(source), "--portable"]) == 2
    assert "--output must not exist yet" in capsys.readouterr().err
    assert main(["decompress", str(target)]) == 2
    assert main(["decompress", str(target), "-o", str(source)]) == 2
    assert main(["decompress", str(target), "-o", str(target)]) == 2
    copy_of = tmp_path / "copy"
    assert main(["decompress", str(target), "-o", str(copy_of)]) == 0
    assert copy_of.read_bytes() == DATA * 5
    target.write_bytes(target.read_bytes()[:-1])
    assert main(["decompress", str(target), "-o", str(copy_of), "--force"]) == 1
    assert copy_of.read_bytes() == DATA * 5
    assert re.search(r"cut inside block 0 of 1", capsys.readouterr().err)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "copy", "notes.txt", "notes.txt.isc",
    ]  # fmt: skip


def test_a_killed_encoder_leaves_nothing(tmp_path: Path) -> None:
    """The process ends itself, as a kill would, when the first bytes are told to be done."""
    source = tmp_path / "big"
    rng = np.random.default_rng(4)
    source.write_bytes(rng.integers(0, 40, 300_000).astype(np.uint8).tobytes())
    code = (
        "import os, signal, sys\n"
        "from infoscope.cli.main import main\n"
        "from infoscope.language.compression import front\n"
        "class Killed(front.Progress):\n"
        "    def advance(self, n=1): os.kill(os.getpid(), signal.SIGKILL)\n"
        "front.Progress = Killed\n"
        "sys.exit(main(['compress', sys.argv[1], '--portable']))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(source)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["big"]


def test_a_neural_encoder_killed_midway_leaves_nothing(tmp_path: Path, tiny_gguf: Path) -> None:
    """The process ends itself, as a kill would, in its fortieth call of the transformer."""
    source = tmp_path / "notes.txt"
    source.write_bytes(DATA * 40)
    code = (
        "import os, signal, sys\n"
        "from infoscope.cli.main import main\n"
        "from infoscope.language.compression import fixed_llama, front, neural_parts\n"
        "front.WORTH, front.FEW_TOKENS_PER_BYTE = 1e9, 9\n"  # the tiny model is good for nothing
        "step, calls = fixed_llama.Stepper.step, []\n"
        "def counted(*arguments):\n"
        "    calls.append(1)\n"
        "    if len(calls) == 40: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return step(*arguments)\n"
        "fixed_llama.Stepper.step = counted\n"
        "sys.exit(main(['compress', sys.argv[1], '--model', sys.argv[2], '--context', '64']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(tiny_gguf)], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert source.read_bytes() == DATA * 40


def test_without_numba_the_missing_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(DATA)
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'numba':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name='numba')\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from infoscope.cli.main import main\n"
        "sys.exit(main(['compress', sys.argv[1], '--portable']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "notes.txt")],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "compressing needs numba, which is not installed. Run: " in done.stderr
    assert "pip install 'infoscope[language]'\n" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
