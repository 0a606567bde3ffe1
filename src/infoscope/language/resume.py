"""A folder that keeps what a long run has measured, so that an interrupted run can be taken up.

Every file is written whole or not at all. A part holds the numbers of some packs of windows, in the
order in which they are read, and a digest of what each pack read: numbers are used again only for
the same tokens under the same rule.
"""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, NotWritable, sentence
from infoscope.core.files import write_bytes, write_text

__all__ = ["PackNumbers", "RunFolder", "open_folder", "pack_digest"]

PackNumbers = NDArray[np.float64]
"""(4, n): surprisal, entropy, varentropy, rank of the tokens that a pack scores."""

_CARD = "run.json"
_SECONDS = 10.0  # between two parts: what a killed process loses
_PROBE_TOLERANCE = 1e-3  # nats: more than rounding does between machines, less than other weights


def pack_digest(inputs: Sequence[NDArray[np.int64]], starts: Sequence[int]) -> int:
    """Return a 64-bit digest of what a pack reads and from where it counts."""
    digest = hashlib.blake2b(digest_size=8)
    for ids, start in zip(inputs, starts, strict=True):
        digest.update(np.array([len(ids), start], np.int64).tobytes())
        digest.update(np.ascontiguousarray(ids).tobytes())
    return int.from_bytes(digest.digest(), "little")


def open_folder(folder: str | Path, card: Mapping[str, Any]) -> Path:
    """Make or enter the folder of a run; refuse one that belongs to another run.

    `card` says what decides the numbers; its "probe" holds surprisals of a short text, by which
    other weights under the same name are noticed.
    """
    path = Path(folder).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        got = f"{str(folder)!r} ({error.strerror})"
        wanted = "be a folder that can be written"
        raise NotWritable(sentence("score_corpus", "resume", wanted, got)) from None
    if not (path / _CARD).exists():
        if any(path.iterdir()):
            got = f"{str(folder)!r}, which holds other files"
            raise DataError(
                sentence("score_corpus", "resume", "be a new folder or that of a run", got)
            )
        write_text(path / _CARD, json.dumps(card, indent=1), function="score_corpus")
        return path
    try:
        there = json.loads((path / _CARD).read_text("utf-8"))
        if not isinstance(there, dict):
            raise ValueError("it holds no object")
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            sentence("score_corpus", "resume", "hold a readable run.json", error)
        ) from None
    different = [key for key in card if key != "probe" and there.get(key) != card[key]]
    if different:
        key = different[0]
        raise _other_run(folder, f"{key} {there.get(key)!r} there and {card[key]!r} here")
    far = [
        abs(a - b) > _PROBE_TOLERANCE
        for a, b in zip(there.get("probe", []), card["probe"], strict=False)
    ]
    if any(far):
        raise _other_run(folder, "a model of this name with other weights")
    return path


class RunFolder:
    """The parts of one run in a folder that `open_folder` opened."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starts = {int(path.stem[5:]) for path in folder.glob("part-*.npz")}
        self._loaded: dict[int, tuple[int, PackNumbers]] = {}
        self._held: list[tuple[int, PackNumbers]] = []
        self._first = 0
        self._saved_at = time.monotonic()

    def known(self, pack: int, digest: int) -> PackNumbers | None:
        """Return the numbers of pack number `pack` if a part holds them."""
        if pack in self._starts:
            self.flush()
            self._load(pack)
        found = self._loaded.pop(pack, None)
        if found is None:
            return None
        if found[0] != digest:
            raise _other_run(self._folder, f"other documents there than here (at pack {pack})")
        return found[1]

    def keep(self, pack: int, digest: int, numbers: PackNumbers) -> None:
        """Keep the numbers of a pack; a part is written every ten seconds."""
        if not self._held:
            self._first = pack
        self._held.append((digest, numbers))
        if time.monotonic() - self._saved_at > _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        self._saved_at = time.monotonic()
        if not self._held:
            return
        stream = io.BytesIO()
        np.savez(
            stream,
            digests=np.array([digest for digest, _ in self._held], np.uint64),
            sizes=np.array([numbers.shape[1] for _, numbers in self._held], np.int64),
            numbers=np.concatenate([numbers for _, numbers in self._held], 1),
        )
        path = self._folder / f"part-{self._first:08d}.npz"
        write_bytes(path, stream.getvalue(), function="score_corpus")
        self._held = []

    def _load(self, first: int) -> None:
        path = self._folder / f"part-{first:08d}.npz"
        try:
            with np.load(io.BytesIO(path.read_bytes())) as part:
                digests, sizes, numbers = part["digests"], part["sizes"], part["numbers"]
            pieces = np.split(numbers, np.cumsum(sizes)[:-1], 1)
            held = zip(digests.tolist(), pieces, strict=True)
            self._loaded |= {first + i: each for i, each in enumerate(held)}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                sentence(
                    "score_corpus", "resume", "hold whole parts", f"{path.name} ({error})",
                    "Delete that file: its numbers are measured again.",
                )
            ) from None  # fmt: skip


def _other_run(folder: str | Path, what: str) -> DataError:
    return DataError(
        sentence(
            "score_corpus", "resume", "be the folder of the same run",
            f"{str(folder)!r} with {what}",
            "Choose another folder.",
        )
    )  # fmt: skip
