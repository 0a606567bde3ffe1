"""A training run as a page: curves of loss, entropy, KL and accuracy, alarms, and the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.core.units import bits
from infoscope.figures import (
    Html,
    Section,
    Tile,
    esc,
    line_chart,
    page,
    save_page,
    stat_tiles,
    table,
)
from infoscope.train.monitor import Monitor
from infoscope.train.monitor_values import MonitorRecord

__all__ = ["run_report", "save_run_report"]

_MOST_ROWS = 40
_MOST_POINTS = 800


def run_report(monitor: Monitor, *, name: str = "") -> str:
    """Return the history of a monitor as a self-contained HTML page.

    bits = nats / log 2

    Parameters
    ----------
    monitor : Monitor
        With at least one record.
    name : str
        What was trained, for the heading.

    Returns
    -------
    str
        A page without script or network; the same text for the same history.

    Raises
    ------
    InvalidArgument
        If nothing was recorded.

    Notes
    -----
    A curve needs two records. Long runs are drawn from 800 evenly chosen records, and listed in
    40; all of them are in `monitor.history`.

    Source
    ------
    None: a picture.

    Examples
    --------
    >>> import torch
    >>> monitor = Monitor()
    >>> monitor.update(torch.zeros(1, 4), torch.tensor([0]))
    >>> _ = monitor.record(1)
    >>> "<h1>Training run: demo</h1>" in run_report(monitor, name="demo")
    True
    """
    history = monitor.history
    if not history:
        raise InvalidArgument(
            sentence("run_report", "monitor", "have at least one record", "none",
                     "Call monitor.record(step) in the loop.")
        )  # fmt: skip
    tokens = sum(record.values.n_tokens for record in history)
    alarms = Section(
        "Alarms", _alarms(monitor),
        "The entropy is watched for its level and for its slope, in both directions.",
    )  # fmt: skip
    sections = [
        Section("Where the run stands", _tiles(history),
                f"The last record covers {history[-1].values.n_tokens:,} tokens up to step "
                f"{history[-1].step:,}."),
        *([alarms] if monitor.alarms else []),  # first of all where there are any
        *_curves(monitor),
        *([] if monitor.alarms else [alarms]),
        Section("The numbers", _table(history),
                "Each row is a mean over all tokens since the row before it in the history."),
    ]  # fmt: skip
    return page(
        f"Training run: {name}" if name else "Training run",
        sections,
        subtitle=f"{len(history):,} records, {tokens:,} tokens, up to step {history[-1].step:,}.",
        footer="Made by infoscope. Means are weighted by tokens and summed without rounding.",
    )


def save_run_report(path: str | Path, monitor: Monitor, *, name: str = "") -> Path:
    """Write `run_report` to `path` and return it."""
    return save_page(path, run_report(monitor, name=name))


def _thin(history: Sequence[MonitorRecord], most: int) -> list[MonitorRecord]:
    n = len(history)
    if n <= most:
        return list(history)
    return [history[round(i * (n - 1) / (most - 1))] for i in range(most)]


def _tiles(history: Sequence[MonitorRecord]) -> Html:
    first, last = history[0].values, history[-1].values
    tiles = [
        Tile("Loss", f"{last.loss_nats:.4f}", "nats/token", f"{last.loss_bits:.4f} bits/token",
             f"from {first.loss_nats:.4f} in the first record"),
        Tile("Perplexity", f"{last.perplexity:,.2f}", "", "", "exp of the loss in nats"),
    ]  # fmt: skip
    if last.bits_per_byte is not None:
        tiles.append(Tile("Text", f"{last.bits_per_byte:.3f}", "bits/byte", "",
                          f"over {last.n_bytes:,} bytes"))  # fmt: skip
    if last.entropy is not None:
        tiles.append(
            Tile("Entropy", f"{last.entropy:.4f}", "nats/token", "",
                 f"an effective vocabulary of {last.effective_vocabulary:,.2f} tokens")
        )  # fmt: skip
    if last.kl_ref is not None:
        how = (
            "exact, over the whole vocabulary"
            if last.kl_estimator == "exact"
            else f"estimated by {last.kl_estimator} from sampled tokens"
        )
        tiles.append(Tile("KL to the reference", f"{last.kl_ref:.4f}", "nats/token", "", how))
    if last.accuracy is not None:
        tiles.append(
            Tile("Accuracy", f"{100 * last.accuracy:.1f}", "%", "", "target has the largest logit")
        )
    return stat_tiles(tiles)


def _curves(monitor: Monitor) -> list[Section]:
    shown = _thin(monitor.history, _MOST_POINTS)
    if len(shown) < 2:
        return []
    steps = [record.step for record in shown]

    def column(name: str) -> list[float]:
        found = [getattr(record.values, name) for record in shown]
        return [math.nan if value is None else float(value) for value in found]

    def chart(
        lines: dict[str, list[float]], title: str, y_label: str, zero: bool = False, **more: Any
    ) -> str:
        lines = {k: v for k, v in lines.items() if any(math.isfinite(x) for x in v)}
        if not lines:
            return ""
        return line_chart(steps, lines, title=title, x_label="optimiser step", y_label=y_label,
                          from_zero=zero, **more).to_html()  # fmt: skip

    first: dict[str, float] = {}
    for alarm in monitor.alarms:
        first.setdefault(f"alarm: {alarm.kind}", alarm.step)
    vocabulary = [v for v in column("effective_vocabulary") if math.isfinite(v)]
    near = bool(vocabulary) and min(vocabulary) < 20 * monitor.alarm.floor
    floor = {"floor of the alarm": monitor.alarm.floor} if near else None

    def in_bits(values: list[float]) -> list[float]:
        return [float(bits(value)) for value in values]

    parts = [
        ("Loss and entropy",
         "A calibrated model is on average as surprised as it expects to be: the two curves meet. "
         "A loss above the entropy means too much confidence.",
         chart({"loss": in_bits(column("loss_nats")), "entropy": in_bits(column("entropy"))},
               "Surprise met, and surprise expected", "bits per token", markers=first or None)),
        ("Bits per byte",
         "What a byte of text costs; comparable between tokenizers.",
         chart({"bits per byte": column("bits_per_byte")}, "Cost of the text", "bits per byte")),
        ("Effective vocabulary",
         "exp(entropy): how many equally likely tokens would leave the same doubt. At 1 the model "
         "has become deterministic.",
         chart({"tokens": column("effective_vocabulary")}, "Tokens the model wavers between",
               "equally likely tokens, logarithmic", log_y=True, references=floor,
               markers=first or None)),
        ("Distance from the reference",
         "KL(model‖reference), a token: how far training has moved the predictions.",
         chart({"KL": in_bits(column("kl_ref"))}, "KL to the reference", "bits per token", True)),
        ("Accuracy", "Share of tokens whose target had the largest logit.",
         chart({"accuracy": [100 * v for v in column("accuracy")]}, "Targets guessed first",
               "percent", True)),
    ]  # fmt: skip
    return [Section(title, Html(body), lead) for title, lead, body in parts if body]


def _alarms(monitor: Monitor) -> Html:
    if not monitor.alarms:
        return Html("<p>None.</p>")
    items = "".join(f"<li>{esc(alarm.message)}</li>" for alarm in monitor.alarms)
    return Html(f"<ul>{items}</ul>")


def _table(history: Sequence[MonitorRecord]) -> Html:
    rows = _thin(history, _MOST_ROWS)
    columns = {
        "step": ("step", "{:,}"), "tokens": ("n_tokens", "{:,}"),
        "loss, nats": ("loss_nats", "{:.4f}"), "loss, bits": ("loss_bits", "{:.4f}"),
        "perplexity": ("perplexity", "{:,.2f}"), "bits per byte": ("bits_per_byte", "{:.3f}"),
        "entropy, nats": ("entropy", "{:.4f}"),
        "effective vocabulary": ("effective_vocabulary", "{:,.2f}"),
        "KL, nats": ("kl_ref", "{:.4f}"), "accuracy": ("accuracy", "{:.3f}"),
    }  # fmt: skip
    cells: dict[str, list[object]] = {}
    for heading, (name, form) in columns.items():
        found = [r.step if name == "step" else getattr(r.values, name) for r in rows]
        if any(value is not None for value in found):
            cells[heading] = [None if v is None else form.format(v) for v in found]
    return table(cells, caption="The records of the run")
