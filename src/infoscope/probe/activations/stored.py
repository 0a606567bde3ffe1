"""`Activations`: rows of numbers of each layer, in memory or mapped from files, and read back."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InvalidArgument, NotFound, UnknownName, sentence
from infoscope.core.extras import require

__all__ = ["Activations", "RowStore", "load_activations"]

_INDEX = "activations.json"


@dataclass(frozen=True, slots=True, eq=False)
class Activations(Mapping[str, NDArray[Any]]):
    """Name of a layer -> its rows (n, d), one for each example or each position of it.

    Attributes
    ----------
    arrays : mapping of str to array (n, d)
        In the order of the network; memory maps where they were collected to a folder.
    examples : mapping of str to array (n,)
        Which example each row of that layer belongs to.
    positions : mapping of str to array (n,)
        Which position of the example it is; 0 where an example has one row.
    folder : Path or None
        Where the files are.
    """

    arrays: Mapping[str, NDArray[Any]]
    examples: Mapping[str, NDArray[np.int64]] = field(repr=False)
    positions: Mapping[str, NDArray[np.int64]] = field(repr=False)
    folder: Path | None = None
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.arrays:
            raise UnknownName(
                sentence("Activations", "name", f"be one of {list(self.arrays)}", repr(name))
            )
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}: {array.shape}" for name, array in self.arrays.items())
        return f"Activations({shown})"

    def save(self, folder: str | Path) -> Path:
        """Write one ``.npy`` file for each layer and an index; `load_activations` reads them."""
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        for i, array in enumerate(self.arrays.values()):
            np.save(place / f"{i:03d}.npy", array)
        _write_index(place, list(self.arrays), self.examples, self.positions, self.notes)
        return place


class RowStore:
    """Rows of layers while they come: lists in memory, or files that grow."""

    def __init__(self, folder: str | Path | None, dtype: str, *, function: str) -> None:
        self.folder = None if folder is None else Path(folder)
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float16, np.float32, np.float64):
            raise InvalidArgument(
                sentence(function, "dtype", "be float16, float32 or float64", repr(dtype))
            )
        self._parts: dict[str, list[NDArray[Any]]] = {}
        self._files: dict[str, BinaryIO] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._marks: dict[str, list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = {}
        if self.folder is not None:
            if (self.folder / _INDEX).exists():
                raise InvalidArgument(
                    sentence(function, "folder", "be new or empty", f"{str(self.folder)!r}, which "
                             "holds activations", "Choose another, or delete it.")
                )  # fmt: skip
            self.folder.mkdir(parents=True, exist_ok=True)
        self._function = function

    def add(
        self, name: str, rows: NDArray[Any], examples: NDArray[np.int64],
        positions: NDArray[np.int64],
    ) -> None:  # fmt: skip
        """Append rows (n, d) of a layer; `rows` may be overwritten by the caller afterwards."""
        n, width = self._sizes.get(name, (0, rows.shape[1]))
        if rows.shape[1] != width:
            raise InvalidArgument(
                sentence(self._function, "inputs", f"give {name!r} the same width every time",
                         f"{width} and then {rows.shape[1]}",
                         "Choose positions='mean' or 'last' for inputs of different sizes.")
            )  # fmt: skip
        self._sizes[name] = (n + len(rows), width)
        self._marks.setdefault(name, []).append((examples, positions))
        if self.folder is None:
            self._parts.setdefault(name, []).append(np.array(rows, dtype=self.dtype, order="C"))
            return
        if name not in self._files:
            path = self.folder / f"{len(self._files):03d}.npy"
            self._files[name] = path.open("wb")
            self._header(name)
        self._files[name].write(np.ascontiguousarray(rows, dtype=self.dtype).data)

    def _header(self, name: str) -> None:
        """Write the header anew with the shape so far; NumPy leaves room for longer numbers."""
        stream = self._files[name]
        stream.seek(0)
        descr = np.lib.format.dtype_to_descr(self.dtype)
        shape = {"descr": descr, "fortran_order": False, "shape": self._sizes[name]}
        np.lib.format.write_array_header_1_0(stream, shape)

    def finish(self, notes: tuple[str, ...] = ()) -> Activations:
        """Return what was collected, in the order in which layers first came."""
        examples = {k: np.concatenate([m[0] for m in marks]) for k, marks in self._marks.items()}
        positions = {k: np.concatenate([m[1] for m in marks]) for k, marks in self._marks.items()}
        arrays: dict[str, NDArray[Any]] = {}
        if self.folder is None:
            for name in list(self._parts):
                parts = self._parts.pop(name)
                arrays[name] = parts[0] if len(parts) == 1 else np.concatenate(parts)
        else:
            for i, name in enumerate(self._files):
                self._header(name)
                self._files[name].close()
                arrays[name] = np.load(self.folder / f"{i:03d}.npy", mmap_mode="r")
            _write_index(self.folder, list(arrays), examples, positions, notes)
        return Activations(arrays, examples, positions, self.folder, notes)

    def abandon(self) -> None:
        """Close and remove the files of a collection that failed."""
        for i, stream in enumerate(self._files.values()):
            stream.close()
            if self.folder is not None:
                (self.folder / f"{i:03d}.npy").unlink(missing_ok=True)


def _write_index(
    folder: Path, names: list[str], examples: Mapping[str, NDArray[np.int64]],
    positions: Mapping[str, NDArray[np.int64]], notes: tuple[str, ...],
) -> None:  # fmt: skip
    for i, name in enumerate(names):
        np.save(folder / f"{i:03d}.rows.npy", np.stack([examples[name], positions[name]]))
    text = json.dumps({"layers": names, "notes": list(notes)}, ensure_ascii=False, indent=1)
    (folder / _INDEX).write_text(text + "\n", encoding="utf-8")


def load_activations(path: str | Path) -> Activations:
    """Read saved activations: a ``.npy``, ``.npz`` or ``.safetensors`` file, or a folder.

    Parameters
    ----------
    path : str or Path
        A ``.npy`` file holds one layer (n, d), or layers by rows (layers, n, d); it is mapped, not
        read. ``.npz`` and ``.safetensors`` hold one array for each name. A folder is one that
        `collect_activations` wrote, or ``.npy`` files, a layer each.

    Returns
    -------
    Activations
        In the order stored; names that end in numbers are put in the order of these.

    Raises
    ------
    NotFound
        If nothing is there.
    DataError
        If a file is damaged, or holds other things than arrays of two (three) axes.
    MissingExtra
        If safetensors is needed and not installed.

    Notes
    -----
    bfloat16 tensors of a safetensors file are widened to float32, exactly.

    Examples
    --------
    >>> load_activations("nowhere.npy")
    Traceback (most recent call last):
        ...
    infoscope.core.errors.NotFound: load_activations: path must exist; got 'nowhere.npy'.
    """
    place = Path(path)
    function = "load_activations"
    if not place.exists():
        raise NotFound(sentence(function, "path", "exist", repr(str(path))))
    try:
        if place.is_dir():
            return _from_folder(place)
        if place.suffix == ".safetensors":
            arrays = _from_safetensors(place)
        elif place.suffix == ".npz":
            with np.load(place) as archive:
                arrays = {name: archive[name] for name in archive.files}
        else:
            array = np.load(place, mmap_mode="r")
            arrays = {place.stem: array}
            if array.ndim == 3:
                arrays = {f"layer {i}": rows for i, rows in enumerate(array)}
    except (
        ValueError, OSError, EOFError, ArithmeticError, LookupError, TypeError, AttributeError,
        RecursionError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        if isinstance(error, (DataError, NotFound)):
            raise
        raise DataError(
            sentence(function, "path", "be .npy, .npz, .safetensors or a folder of .npy files",
                     f"{str(path)!r} ({error})")
        ) from None  # fmt: skip
    return _plain(_by_number(arrays), None, function)


def _from_folder(folder: Path) -> Activations:
    index = folder / _INDEX
    if not index.is_file():
        files = sorted(folder.glob("*.npy"))
        arrays = {file.stem: np.load(file, mmap_mode="r") for file in files}
        return _plain(_by_number(arrays), folder, "load_activations")
    told = json.loads(index.read_text(encoding="utf-8"))
    arrays, examples, positions = {}, {}, {}
    for i, name in enumerate(told["layers"]):
        arrays[name] = np.load(folder / f"{i:03d}.npy", mmap_mode="r")
        examples[name], positions[name] = np.load(folder / f"{i:03d}.rows.npy")
    return Activations(arrays, examples, positions, folder, tuple(told.get("notes", ())))


def _from_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    numpy_side = require("safetensors.numpy", extra="language", purpose="reading .safetensors")
    safetensors = require("safetensors", extra="language", purpose="reading .safetensors")
    try:
        arrays = numpy_side.load_file(path)
        # Where ml_dtypes is loaded (by jax), bfloat16 arrives as a type NumPy cannot compute with.
        return {
            name: x.astype(np.float32) if x.dtype.name == "bfloat16" else x
            for name, x in arrays.items()
        }
    except safetensors.SafetensorError as error:
        raise DataError(
            sentence("load_activations", "path", "be a whole safetensors file",
                     f"{str(path)!r} ({error})")
        ) from None  # fmt: skip
    except (KeyError, TypeError, AttributeError):  # bfloat16 is not NumPy's
        torch_side = require("safetensors.torch", extra="language", purpose="reading bfloat16")
        return {name: x.float().numpy() for name, x in torch_side.load_file(path).items()}


def _by_number(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Put names that differ in their last number into the order of it: 2 before 10."""

    def key(name: str) -> tuple[str, int]:
        head = name.rstrip("0123456789")
        return head, int(name[len(head) :] or -1)

    heads = {key(name)[0] for name in arrays if key(name)[1] >= 0}
    return (
        dict(sorted(arrays.items(), key=lambda item: key(item[0]))) if len(heads) == 1 else arrays
    )


def _plain(arrays: dict[str, NDArray[Any]], folder: Path | None, function: str) -> Activations:
    if not arrays:
        raise DataError(sentence(function, "path", "hold at least one array", "none"))
    for name, array in arrays.items():
        if array.ndim not in (1, 2) or array.dtype.kind not in "fiub":
            raise DataError(
                sentence(function, "path", "hold arrays (n, d) of numbers",
                         f"shape {array.shape}, dtype {array.dtype} under {name!r}")
            )  # fmt: skip
    examples = {name: np.arange(len(array)) for name, array in arrays.items()}
    positions = {name: np.zeros(len(array), np.int64) for name, array in arrays.items()}
    return Activations(arrays, examples, positions, folder)
