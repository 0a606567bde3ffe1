"""Control tasks: the same probe on labels that can only be memorised, and what is left over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.progress import Progress
from infoscope.core.resample import Rng, generator
from infoscope.core.result import Estimate
from infoscope.core.showing import Shown
from infoscope.core.units import UNITS, Unit
from infoscope.probe.probes.fitting import Family
from infoscope.probe.probes.information import Setting, Splits, measured
from infoscope.probe.probes.v_result import VInformation
from infoscope.probe.probes.variables import read_features, read_groups

__all__ = ["ControlTask", "control_task"]


@dataclass(frozen=True, slots=True, eq=False)
class ControlTask(Shown):
    """A probe on the real labels beside the same probe on control labels.

    Attributes
    ----------
    real : VInformation
        On the real labels.
    controls : tuple of VInformation
        On each drawing of control labels.
    selectivity : Estimate
        V-information on the real labels minus the mean of the controls.
    accuracy_selectivity : Estimate
        The same for accuracy.
    """

    real: VInformation
    controls: tuple[VInformation, ...]
    selectivity: Estimate
    accuracy_selectivity: Estimate
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain Python values, ready for `json.dumps`."""
        return {
            "real": self.real.value.to_dict(),
            "controls": [each.value.to_dict() for each in self.controls],
            "selectivity": self.selectivity.to_dict(),
            "accuracy": None if self.real.accuracy is None else self.real.accuracy.to_dict(),
            "accuracy_selectivity": self.accuracy_selectivity.to_dict(),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        mean = float(np.mean([each.value.value for each in self.controls]))
        return (
            f"selectivity {self.selectivity}\n  real labels {self.real.value.short()}, control "
            f"labels {mean:.4f} {self.real.unit}; accuracy selectivity "
            f"{self.accuracy_selectivity.short()}"
        )


def control_task(
    x: object, y: object, types: object = None, *, family: Family = "linear",
    n_controls: int = 3, splits: Splits = None, test_fraction: float = 0.2,
    validation_fraction: float = 0.2, groups: object = None, unseen: str = "error",
    penalty: float | Sequence[float] | None = None, hidden: Sequence[int] = (256,),
    unit: Unit = "nats", interval: float = 0.95, n_draws: int = 1000, rng: Rng = None,
    progress: bool | None = None,
) -> ControlTask:  # fmt: skip
    """Compare a probe on real labels with the same probe on labels drawn by chance for each type.

    selectivity = I_V(X → Y) - mean over drawings of I_V(X → control)

    Parameters
    ----------
    x : array of shape (n, d)
        Features, one row for each example.
    y : column of length n
        Classes.
    types : column of length n, optional
        What a control label is drawn for: the word of each token, so that all its occurrences share
        one random label, which a probe can learn only by knowing the word. Without types every
        example draws its own, and nothing can be learnt of them.
    n_controls : int
        Drawings of control labels; at least 1.
    family, splits, test_fraction, validation_fraction, groups, unseen, penalty, hidden
        As in `v_information`; one split serves all.
    unit, interval, n_draws, rng
        As in `v_information`.
    progress : bool, optional
        Show a bar on stderr; by default only when it is a terminal.

    Returns
    -------
    ControlTask
        A selectivity near 0 says that the probe would have told random labels as well: what it
        shows is its own memory, not the structure of the representation. It may be negative.

    Raises
    ------
    InvalidArgument
        As `v_information`; or if types do not fit, or y is numbers.

    Notes
    -----
    n_controls + 1 fits. Control labels have the frequencies of the real ones. The interval holds
    the draw of test examples and that of the control labels.

    Source
    ------
    Hewitt and Liang, Designing and Interpreting Probes with Control Tasks (EMNLP 2019).

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(600) % 2
    >>> x = np.stack([y, np.random.default_rng(0).normal(size=600)], axis=1)
    >>> found = control_task(x, y, n_controls=2, unit="bits")
    >>> round(float(found.selectivity), 1)
    1.0
    """
    function = "control_task"
    features = read_features(x, function=function)
    if n_controls < 1:
        raise InvalidArgument(sentence(function, "n_controls", "be at least 1", n_controls))
    random = generator(rng)
    seed = int(random.integers(2**62))

    def setting(labels: object, how: Splits, missing: str) -> Setting:
        return Setting(
            labels, kind="classification", splits=how,
            fractions=(validation_fraction, test_fraction), groups=groups, unseen=missing,
            family=family, penalty=penalty, hidden=hidden, unit=unit, interval=interval,
            n_draws=n_draws, rng=seed, function=function,
        )  # fmt: skip

    first = setting(y, splits, unseen)
    if len(features) != first.target.n:
        raise InvalidArgument(
            sentence(function, "y", f"have a label for each of the {len(features)} rows of x",
                     first.target.n)
        )  # fmt: skip
    kinds = np.arange(first.target.n)
    if types is not None:
        kinds = read_groups(types, first.target.n, function=f"{function} (types)")
        assert kinds is not None
    split = first.split
    shared = {"train": split.train, "validation": split.validation, "test": split.test}
    controls: list[VInformation] = []
    with Progress(n_controls + 1, "probing", "tasks", show=progress) as bar:
        real = measured(features, first)
        bar.advance()
        for _ in range(n_controls):
            labels = _drawn(kinds, first, random)
            controls.append(measured(features, setting(labels, shared, "error")))
            bar.advance()
    return _compared(real, tuple(controls), first, random, types is not None)


def _drawn(
    kinds: NDArray[np.int64], setting: Setting, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a label for each type by the frequencies of the real ones, all of them in training."""
    train = setting.split.train
    used = np.concatenate([train, setting.split.validation, setting.split.test])
    k = len(setting.target.classes)
    shares = np.bincount(setting.target.codes[train], minlength=k) / len(train)
    label = rng.choice(k, size=int(kinds.max()) + 1, p=shares)
    for _ in range(1000):
        present = np.bincount(label[kinds[train]], minlength=k) > 0
        lost = np.unique(kinds[used][~present[label[kinds[used]]]])
        if present.sum() > 1 and not lost.size:
            return label[kinds]
        again = lost if present.sum() > 1 else np.unique(kinds[used])
        label[again] = rng.choice(k, size=len(again), p=shares)
    raise InvalidArgument(
        sentence("control_task", "types", "leave the labels of all classes to training",
                 f"{int(kinds.max()) + 1} types for {k} classes", "Use more types.")
    )  # fmt: skip


def _compared(
    real: VInformation, controls: tuple[VInformation, ...], setting: Setting,
    rng: np.random.Generator, typed: bool,
) -> ControlTask:  # fmt: skip
    scale = UNITS[setting.unit]
    right = (real.predicted == real.labels).astype(np.float64)
    columns = np.stack([
        scale * (real.pvi - np.mean([each.pvi for each in controls], axis=0)),
        right - np.mean([each.predicted == each.labels for each in controls], axis=0),
    ], axis=1)  # fmt: skip
    draws = setting.resamples.means(columns)
    m = len(controls)
    if m > 1:
        spread = np.array([
            scale * np.std([each.value.value for each in controls], ddof=1),
            np.std([float(each.accuracy or 0) for each in controls], ddof=1),
        ])  # fmt: skip
        draws += rng.normal(size=draws.shape) * spread / np.sqrt(m)
    notes = list(real.notes)
    if m == 1:
        notes.append("one drawing of control labels: the interval does not hold their chance")
    if not typed:
        notes.append(
            "no types were given: control labels differ from example to example, and no probe can "
            "learn them; pass types= to test for memory of words"
        )
    told = [
        setting.resamples.from_draws(
            name,
            float(columns[:, j].mean()),
            draws[:, j],
            unit=unit,
            level=setting.level,
            method=f"{setting.family} probe",
            settings={"n_controls": m},
            notes=tuple(notes) if j == 0 else (),
        )
        for j, (name, unit) in enumerate(
            [("selectivity of V-information", setting.unit), ("selectivity of accuracy", "")]
        )
    ]
    return ControlTask(real, controls, told[0], told[1], tuple(notes))
