"""The recorded path of layers through the information plane, its numbers and its files."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infoscope.core.errors import DataError, NotFound, UnknownName, sentence
from infoscope.core.extras import require
from infoscope.core.result import Estimate, Interval
from infoscope.core.saving import SavedAsJson, SavedAsPage, plain_values
from infoscope.core.showing import Shown
from infoscope.core.units import Unit, check_unit

if TYPE_CHECKING:
    from infoscope.figures import Figure

__all__ = ["PlanePoint", "PlaneTrajectory", "load_trajectory"]


@dataclass(frozen=True, slots=True)
class PlanePoint(Shown):
    """Where one layer stood at one epoch, under one noise model.

    `of_input` is I(X;T), `of_label` I(T;Y); each an `Estimate` with unit, error and notes.
    """

    epoch: float
    layer: str
    noise: str
    n_units: int
    of_input: Estimate
    of_label: Estimate


@dataclass(frozen=True, slots=True)
class PlaneTrajectory(SavedAsPage, SavedAsJson, Shown):
    """Every point of a plane, the entropies that frame it, and what a reader must know.

    Parameters
    ----------
    points : sequence of PlanePoint
        In the order of recording.
    input_entropy, label_entropy, total : float
        H(X), H(Y) and I(X;Y) of the inputs given, in `unit`.
    unit : {"nats", "bits", "bans"}
        Unit of everything here.
    n_inputs : int
        Different inputs.
    notes : sequence of str
        What holds for all points.

    Examples
    --------
    >>> empty = PlaneTrajectory((), 2.0, 1.0, 1.0, "bits", 4)
    >>> empty.layers, empty.total
    ((), 1.0)
    """

    points: Sequence[PlanePoint]
    input_entropy: float
    label_entropy: float
    total: float
    unit: Unit
    n_inputs: int
    notes: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", tuple(self.points))
        object.__setattr__(self, "notes", tuple(self.notes))

    def __len__(self) -> int:
        return len(self.points)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers, as they follow each other."""
        return tuple(dict.fromkeys(point.layer for point in self.points))

    @property
    def noises(self) -> tuple[str, ...]:
        """Names of the noise models."""
        return tuple(dict.fromkeys(point.noise for point in self.points))

    @property
    def epochs(self) -> tuple[float, ...]:
        """Recorded epochs, ascending."""
        return tuple(sorted({point.epoch for point in self.points}))

    def of(
        self, *, layer: str | None = None, noise: str | None = None, epoch: float | None = None
    ) -> PlaneTrajectory:
        """Return the part with this layer, noise model and epoch.

        Raises
        ------
        UnknownName
            If the layer or the noise model was not recorded.
        """
        for argument, name, known in (
            ("layer", layer, self.layers), ("noise", noise, self.noises)
        ):  # fmt: skip
            if name is not None and name not in known:
                raise UnknownName(
                    sentence("PlaneTrajectory.of", argument, f"be one of {list(known)}", repr(name))
                )
        kept = [
            point
            for point in self.points
            if layer in (None, point.layer)
            and noise in (None, point.noise)
            and epoch in (None, point.epoch)
        ]
        return replace(self, points=kept)

    def compression(self, layer: str, noise: str) -> float:
        """Return how far I(X;T) of a layer has fallen from its largest value to its last.

        max over epochs of I(X;T) - I(X;T) at the last epoch

        In `unit`, at least 0. Under binning this is what has been called compression.
        """
        path = self.of(layer=layer, noise=noise).points
        values = [point.of_input.value for point in sorted(path, key=lambda p: p.epoch)]
        return max(values) - values[-1]

    def figure(self, noise: str | None = None, *, until: float | None = None) -> Figure:
        """Draw the plane: a path for each layer, points coloured by epoch.

        Parameters
        ----------
        noise : str, optional
            Which noise model; needed if there are several.
        until : float, optional
            Last epoch to draw.
        """
        pictures = importlib.import_module("infoscope.probe.planes.pictures")
        return pictures.plane_figure(self, noise, until=until)

    def frames(self, noise: str | None = None) -> list[Figure]:
        """Draw one picture for each recorded epoch, the path so far behind it, on one scale."""
        pictures = importlib.import_module("infoscope.probe.planes.pictures")
        return pictures.plane_frames(self, noise)

    def to_html(self, *, title: str = "Information plane") -> str:
        """Return one page: for each noise model the plane, a slider over epochs, and the numbers.

        The slider is made of radio buttons (arrow keys move it); the page holds no script and loads
        nothing.
        """
        page = importlib.import_module("infoscope.probe.planes.plane_page")
        return page.plane_page(self, title)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for `json.dumps`; `load_trajectory` reads them back."""
        return {
            "unit": self.unit,
            "input_entropy": plain_values(self.input_entropy),
            "label_entropy": plain_values(self.label_entropy),
            "total": plain_values(self.total),
            "n_inputs": self.n_inputs,
            "notes": list(self.notes),
            "points": [
                {
                    "epoch": point.epoch, "layer": point.layer, "noise": point.noise,
                    "n_units": point.n_units, "of_input": point.of_input.to_dict(),
                    "of_label": point.of_label.to_dict(),
                }
                for point in self.points
            ],
        }  # fmt: skip

    def to_frame(self) -> Any:
        """Return one row a point as a pandas DataFrame: values, errors and ends of brackets."""
        pandas = require("pandas", extra=None, purpose="PlaneTrajectory.to_frame")
        rows: list[dict[str, object]] = []
        for point in self.points:
            row: dict[str, object] = {
                "epoch": point.epoch, "layer": point.layer, "noise": point.noise,
                "n_units": point.n_units, "unit": self.unit,
            }  # fmt: skip
            for name, found in (("of_input", point.of_input), ("of_label", point.of_label)):
                ends = found.interval
                row[name] = found.value
                row[f"{name}_stderr"] = found.stderr
                row[f"{name}_low"] = None if ends is None else ends.low
                row[f"{name}_high"] = None if ends is None else ends.high
            rows.append(row)
        return pandas.DataFrame(rows)


def load_trajectory(path: str | Path) -> PlaneTrajectory:
    """Read a trajectory that `PlaneTrajectory.save_json` wrote.

    load_trajectory(t.save_json(path)) == t

    Parameters
    ----------
    path : str or Path
        A JSON file.

    Returns
    -------
    PlaneTrajectory
        Equal to the one that was saved.

    Raises
    ------
    NotFound
        If there is no such file.
    DataError
        If it does not hold a trajectory.

    Notes
    -----
    Numbers survive to the last bit.

    Source
    ------
    None: a file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = PlaneTrajectory((), 2.0, 1.0, 1.0, "bits", 4).save_json(f"{folder}/t.json")
    ...     load_trajectory(saved).input_entropy
    2.0
    """
    if not Path(path).is_file():
        raise NotFound(sentence("load_trajectory", "path", "be a file", repr(str(path))))
    try:
        found = json.loads(Path(path).read_text("utf-8"))
        points = [
            PlanePoint(
                _of_kind(p["epoch"], int, float),
                _text(p["layer"]), _text(p["noise"]), _whole(p["n_units"]),
                _estimate(p["of_input"]), _estimate(p["of_label"]),
            )
            for p in found["points"]
        ]  # fmt: skip
        return PlaneTrajectory(
            points, _real(found["input_entropy"]), _real(found["label_entropy"]),
            _real(found["total"]), check_unit(found["unit"], "load_trajectory"),
            _whole(found["n_inputs"]), _texts(found["notes"]),
        )  # fmt: skip
    except (
        KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, OSError,
    ) as error:  # fmt: skip
        raise DataError(
            sentence("load_trajectory", "path", "hold a trajectory saved by save_json",
                     f"{str(path)!r} ({type(error).__name__}: {error})")
        ) from error  # fmt: skip


def _estimate(found: Mapping[str, Any]) -> Estimate:
    ends = found["interval"]
    settings = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in found["settings"].items()
    }
    return Estimate(
        _text(found["quantity"]), _real(found["value"]),
        check_unit(found["unit"], "load_trajectory"),
        stderr=None if found["stderr"] is None else _real(found["stderr"]),
        interval=None if ends is None else Interval(
            _real(ends["low"]), _real(ends["high"]), _real(ends["level"]), _text(ends["how"])
        ),
        method=_text(found["method"]), n=_whole(found["n"]), settings=settings,
        diagnostics={key: _real(value) for key, value in found["diagnostics"].items()},
        notes=_texts(found["notes"]),
    )  # fmt: skip


def _text(value: object) -> str:
    return _of_kind(value, str)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(each) for each in _of_kind(value, list))


def _whole(value: object) -> int:
    return _of_kind(value, int)


def _real(value: object) -> float:
    return float(_of_kind(value, float, int, str))  # what is not finite was saved as text


def _of_kind(value: Any, *kinds: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise TypeError(f"{value!r} where {kinds[0].__name__} must stand")
    return value
