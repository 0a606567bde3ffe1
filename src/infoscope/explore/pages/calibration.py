"""The page on calibration: what was said, what happened, and what a temperature mends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

import infoscope as isc
from infoscope.core.errors import DataError, InfoscopeError, sentence
from infoscope.explore.controls import Choice, Number, Range, TextArea, Upload, Uploaded
from infoscope.explore.page import Group, Job, Page, Patch, Preset, Slot
from infoscope.figures import Figure, Grip, Tile, bar_chart, line_chart, stat_tiles

__all__ = [
    "PAGE", "code", "forecasts", "notice", "numbers", "parsed", "picture", "run", "scaled",
    "settle", "view",
]  # fmt: skip

SHARPNESS = {"over": 2.0, "right": 1.0, "under": 0.5}
NAMES = {"over": "Too sure", "right": "Right", "under": "Too timid", "own": "Own"}
MAX_ROWS, MAX_COLUMNS, MAX_CHARS, MAX_BYTES = 5_000, 33, 200_000, 2_000_000
GRID = np.geomspace(0.2, 5.0, 49)
OWN = """\
probability,label
0.95,1
0.9,1
0.9,0
0.8,1
0.75,1
0.7,0
0.6,1
0.4,0
0.35,1
0.3,0
0.2,0
0.1,0
0.05,0
"""


def parsed(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities (n,) or (n, k) and labels (n,) of lines "p, label" or "p1, …, label"."""
    rows: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [c for c in line.replace(";", ",").replace("\t", ",").split(",") if c.strip()]
        if not cells:
            continue
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError:
            if number > 1:
                got = f"{line[:40]!r} in line {number}"
                raise _refusal("hold numbers only", got) from None
        if len(rows) > MAX_ROWS:
            raise _refusal(f"have at most {MAX_ROWS:,} rows", "more",
                           "Larger ones: infoscope.calibrate in Python.")  # fmt: skip
    widths = {len(row) for row in rows}
    if len(widths) != 1 or not 2 <= max(widths) <= MAX_COLUMNS:
        got = f"rows of {sorted(widths)[:4]} numbers" if widths else "no row"
        raise _refusal(f"have rows of one length, 2 to {MAX_COLUMNS} numbers", got,
                       "Write one line a case: its probability, then its label.")  # fmt: skip
    table = np.array(rows)
    labels = table[:, -1]
    if not np.array_equal(labels, np.floor(labels)):
        at = int(np.argmax(labels != np.floor(labels)))
        raise _refusal("end each row in a class number", f"{labels[at]:g} in row {at + 1}")
    probs = table[:, 0] if table.shape[1] == 2 else table[:, :-1]
    return probs, labels.astype(np.int64)


def _refusal(requirement: str, got: str, advice: str = "") -> DataError:
    return DataError(sentence("Calibration", "the forecasts", requirement, got, advice))


@lru_cache(maxsize=16)
def forecasts(source: str, n: int, seed: int, text: str) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and labels: the reader's own, or drawn with a known sharpness."""
    if source == "own":
        return parsed(text)
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 1.5, n)
    labels = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(np.int64)
    return 1 / (1 + np.exp(-SHARPNESS[source] * z)), labels


def _logits(probs: np.ndarray) -> np.ndarray:
    rows = np.stack([1 - probs, probs], axis=1) if probs.ndim == 1 else probs
    return np.log(rows, out=np.full(rows.shape, -np.inf), where=rows > 0)


def scaled(probs: np.ndarray, t: float) -> np.ndarray:
    """Return the probabilities of logits divided by t, in the shape of `probs`."""
    if t == 1.0:
        return probs
    found = np.exp(isc.Logits(_logits(probs) / t).log_probabilities())
    return found[:, 1] if probs.ndim == 1 else found


@lru_cache(maxsize=16)
def _fitted(source: str, n: int, seed: int, text: str) -> tuple[float, np.ndarray]:
    """Return the best temperature (NaN where there is none) and the log loss over the grid."""
    probs, labels = forecasts(source, n, seed, text)
    losses = [isc.calibrate.log_score(scaled(probs, float(t)), labels).value for t in GRID]
    try:
        best = isc.calibrate.fit_temperature(isc.Logits(_logits(probs)), labels).temperature
    except InfoscopeError:
        best = math.nan
    return best, np.array(losses)


@lru_cache(maxsize=64)
def _parts(source: str, n: int, seed: int, text: str, t: float) -> Any:
    probs, labels = forecasts(source, n, seed, text)
    of: Any = "all" if probs.ndim == 1 else "top_label"
    return isc.calibrate.decompose(scaled(probs, t), labels, of=of)


def numbers(*, source: str, n: int, seed: int, text: str, t: float) -> dict[str, float]:
    """Return scores before and at T, the terms at T in nats, and the best temperature."""
    probs, labels = forecasts(source, n, seed, text)
    after, parts = scaled(probs, t), _parts(source, n, seed, text, t)
    return {
        "before": isc.calibrate.log_score(probs, labels).value,
        "log_loss": isc.calibrate.log_score(after, labels).value,
        "brier": isc.calibrate.brier_score(after, labels).value,
        "uncertainty": parts.uncertainty.value,
        "resolution": parts.resolution.value,
        "miscalibration": parts.miscalibration.value,
        "within": parts.within.value,
        "best": _fitted(source, n, seed, text)[0],
    }


def view(*, source: str, n: int, seed: int, text: str, t: float, width: int) -> Patch:
    """Return the diagram, the numbers, the terms of the loss and the loss over temperatures."""
    found = numbers(source=source, n=n, seed=seed, text=text, t=t)
    probs, labels = forecasts(source, n, seed, text)
    now = isc.calibrate.reliability(scaled(probs, t), labels)
    before = None if t == 1.0 else isc.calibrate.reliability(probs, labels)
    best, losses = _fitted(source, n, seed, text)
    return {
        "diagram": now.figure(
            width=width, before=before,
            title="What was said, and what happened" if t == 1 else f"After dividing by T = {t:g}",
        ),
        "tiles": stat_tiles(_tiles(found, t)),
        "parts": _terms(source, n, seed, text, t, width),
        "heat": line_chart(
            GRID, {"log loss": losses}, title="Log loss against temperature", log_x=True,
            x_label="temperature T", y_label="nats per case",
            markers={f"best: {best:.3f}": best} if GRID[0] <= best <= GRID[-1] else None,
            handles=[Grip(t, found["log_loss"], "t", rate_x=t, label="Drag: the temperature")]
            if math.isfinite(found["log_loss"]) else (),
            description="Above 1 softens forecasts, below 1 sharpens them; the order of cases "
            "stays as it is. Drag the point.", width=width, height=250,
        ) if np.isfinite(losses).any() else "The log loss is infinite: something happened that was "
        "said to be impossible, and no temperature mends that.",
    }  # fmt: skip


def _terms(source: str, n: int, seed: int, text: str, t: float, width: int) -> Figure | str:
    found = _parts(source, n, seed, text, t)
    terms = [found.uncertainty, found.resolution, found.miscalibration, found.within, found.total]
    values = [terms[0].value, -terms[1].value, *(term.value for term in terms[2:])]
    if not all(map(math.isfinite, values)):
        return ""
    names = ["uncertainty", "− resolution", "+ miscalibration", "+ within bins", "= log loss"]
    return bar_chart(
        names, values, title="The log loss, taken apart", x_label="nats per case",
        texts=[f"{value:+.4f}".replace("-", "−") for value in values],
        muted=[False, False, False, True, True],
        label_name="term", width=width,
        description="How uncertain the labels are, less what the forecasts tell of them, and the "
        "price of saying it on the wrong scale. Temperature changes only that price.",
    )  # fmt: skip


def _tiles(found: dict[str, float], t: float) -> list[Tile]:
    best = found["best"]
    change = found["log_loss"] - found["before"]
    return [
        Tile("Log loss", f"{found['log_loss']:.4f}", "nats",
             f"{change:+.4f} against T = 1" if t != 1 and math.isfinite(change) else "as said"),
        Tile("Miscalibration", f"{found['miscalibration']:.4f}", "nats", "lost to a wrong scale"),
        Tile("Brier score", f"{found['brier']:.4f}", "", "squared probability"),
        Tile("Best temperature", "none" if math.isnan(best) else f"{best:.3f}", "",
             "least log loss on these cases"),
    ]  # fmt: skip


def notice(*, source: str, n: int, seed: int, text: str, t: float) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(source=source, n=n, seed=seed, text=text, t=t)
    if math.isinf(found["log_loss"]):
        return "Something happened that was said to be impossible: the log loss is infinite."
    best = found["best"]
    if t != 1.0:
        lost = found["before"] - found["log_loss"]
        told = "saves" if lost >= 0 else "costs"
        return (
            f"Dividing by {t:g} {told} {abs(lost):.4f} nats a case; it moves the scale and leaves "
            "who is ahead of whom alone."
        )
    if best > 1.15:
        return f"Too sure: dots above one half lie below the line. Try T near {best:.2f}."
    if best < 0.87:
        return f"Too timid: things happen more often than said. Try T near {best:.2f}."
    return (
        "Near the line, within what chance allows: what is left of the log loss is what these "
        "forecasts do not know, and no scale mends that."
    )


def code(*, source: str, n: int, seed: int, text: str, t: float) -> str:
    """Return the calls that make these numbers."""
    if source != "own":
        data = (
            f"rng = np.random.default_rng({seed})\nz = rng.normal(0.0, 1.5, {n})\n"
            f"labels = (rng.random({n}) < 1 / (1 + np.exp(-z))).astype(int)\n"
            f"probs = 1 / (1 + np.exp(-{SHARPNESS[source]} * z))\n"
        )
        many = False
    else:
        probs, labels = parsed(text)
        many = probs.ndim == 2
        data = (
            f"probs = np.array({probs.tolist()})\nlabels = {labels.tolist()}\n"
            if len(labels) <= 60
            else 'rows = np.loadtxt("forecasts.csv", delimiter=",")\n'
            f"probs, labels = rows[:, {':-1' if many else '0'}], rows[:, -1].astype(int)\n"
        )
    rows = "probs" if many else "np.stack([1 - probs, probs], axis=1)"
    after = "after = probs"
    if t != 1.0:
        column = "" if many else "[:, 1]"
        after = f"after = np.exp(isc.Logits(logits / {t!r}).log_probabilities()){column}"
    of = ', of="top_label"' if many else ""
    return (
        f"import infoscope as isc\nimport numpy as np\n\n{data}"
        f'with np.errstate(divide="ignore"):\n    logits = np.log({rows})\n'
        f"{after}\n\n"
        "log_loss = isc.calibrate.log_score(after, labels).value\n"
        "brier = isc.calibrate.brier_score(after, labels).value\n"
        f"parts = isc.calibrate.decompose(after, labels{of})\n"
        "uncertainty, resolution = parts.uncertainty.value, parts.resolution.value\n"
        "miscalibration = parts.miscalibration.value\n"
        "best = isc.calibrate.fit_temperature(isc.Logits(logits), labels).temperature\n\n"
        "print(parts)\nprint(log_loss, brier, best)"
    )


def settle(values: dict[str, Any], moved: str, held: bool) -> dict[str, Any]:
    """Show one's own forecasts as soon as they are touched."""
    del held
    return values | {"source": "own"} if moved == "text" else values


def run(*, file: Uploaded | None, n: int, seed: int, text: str, t: float) -> Iterator[Patch]:
    """Read a table of forecasts with the library's reader and put it into the box."""
    if file is None:
        raise _refusal("come as a file", "none", "Choose a CSV file, or paste into the box.")
    yield {"progress": (0, 0, "Reading the table …")}
    from infoscope.explore import table_reading
    from infoscope.tables.delimited import read_delimited

    table_reading.check(file.path, file.name)
    with file.path.open("rb") as stream:
        first = stream.readline(4096).decode("utf-8", errors="replace")
    found = read_delimited(file.path, header=not _is_data(first))[0].table
    assert found is not None, "two megabytes fit in memory"
    if found.num_rows > MAX_ROWS:
        raise _refusal(f"have at most {MAX_ROWS:,} rows", f"{file.name!r} with {found.num_rows:,}",
                       "Larger ones: infoscope.calibrate in Python.")  # fmt: skip
    columns = [column.to_pylist() for column in found.columns]
    lines = [",".join(row) for row in zip(*columns, strict=True)]
    text = "\n".join(lines)
    parsed(text)
    yield {"=text": text, "=source": "own",
           **view(source="own", n=n, seed=seed, text=text, t=t, width=728),
           "notice": notice(source="own", n=n, seed=seed, text=text, t=t),
           "note": f"{len(lines):,} cases of {file.name}"}  # fmt: skip


def _is_data(line: str) -> bool:
    """Return whether a line holds numbers rather than names."""
    try:
        float(line.replace(";", ",").replace("\t", ",").partition(",")[0])
    except ValueError:
        return False
    return True


def picture() -> Figure:
    """Return the curve of an overconfident forecaster for the home page."""
    z = np.linspace(-4.0, 4.0, 41)
    said, true = 1 / (1 + np.exp(-z)), 1 / (1 + np.exp(-z / 2))
    figure = line_chart(said, {"a": true, "b": said}, title="", x_label="", y_label="",
                        width=260, height=170)  # fmt: skip
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(("line", "band"))]
    return Figure("Said against happened", "", {}, marks, 260, 130)


PAGE = Page(
    slug="calibration",
    title="Calibration",
    group="Data",
    order=30,
    about="Do things that are said to be 80 % sure happen 80 % of the time?",
    controls=(
        Choice(name="source", label="Forecasts", default="over", options=NAMES),
        Range(name="t", label="Temperature T", default=1.0, low=0.2, high=5, step=0.01,
              help="divides the logits: above 1 softens, below 1 sharpens"),
        Group("Drawn forecasts", (
            Number(name="n", label="Cases", default=1000, low=20, high=5000, step=10, whole=True),
            Number(name="seed", label="Seed", default=7, low=0, high=2**31 - 1, whole=True),
        ), folded=True),
        Group("Your own forecasts", (
            TextArea(name="text", label="One case a line: probability, label", default=OWN, rows=8,
                     max_chars=MAX_CHARS, help="Or a probability for each class, then "
                     "the number of the class that happened, from 0."),
            Upload(name="file", label="Or a CSV file", accept=".csv,.tsv,.txt",
                   max_bytes=MAX_BYTES, help="Same columns, up to 5,000 rows and 2 MB."),
        )),
    ),
    slots=(Slot("diagram"), Slot("tiles"), Slot("parts"), Slot("heat")),
    view=view, settle=settle, notice=notice, numbers=numbers, code=code, picture=picture,
    job=Job(run, "Read the file", max_bytes=MAX_BYTES + 400_000),
    presets=(
        Preset("Overconfident", {}),
        Preset("Mended", {"t": 2.0}, "The same forecasts, logits halved"),
        Preset("Calibrated", {"source": "right"}),
        Preset("Underconfident", {"source": "under"}),
        Preset("Few cases", {"source": "right", "n": 60}, "Chance alone"),
        Preset("Thirteen of your own", {"source": "own"}),
    ),
    explain=r"""
**Calibrated** means that of all cases said to have probability $p$, a share $p$ happens. It does
not mean useful: saying the base rate to everyone is calibrated too.

**The log loss** falls into three, exactly: $$-\tfrac1n\sum_i \log p_i(y_i) =
\underbrace{H(Y)}_{\text{uncertainty}} - \underbrace{I(Y;G)}_{\text{resolution}} +
\underbrace{\sum_g \tfrac{n_g}{n}\, D(\bar y_g\,\|\,\bar p_g)}_{\text{miscalibration}} ,$$ where
$G$ is the bin of the forecast, and a small term counts what differs within bins.

**Temperature** divides the logits by one number $T$. It cannot change which class is likeliest, so
it costs nothing but a held-out set to find $T$ on; found and judged on the same few cases, it
flatters.
""",
)  # fmt: skip
