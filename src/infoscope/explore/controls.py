"""The widgets a page declares: how each is shown, read from a form, and written into an address."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.figures import Html, esc

__all__ = [
    "Action", "Check", "Choice", "Control", "Hidden", "Number", "Range", "Sent", "TextArea",
    "Upload", "Uploaded", "as_text", "between",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A file that came with a form: where it lies for now, its own name, its size in bytes."""

    path: Path
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sent: the fields, which input moved last and to what, and the files."""

    fields: Mapping[str, str] = field(default_factory=dict)
    moved: str = ""
    value: str = ""
    files: Mapping[str, Uploaded] = field(default_factory=dict)
    #: what stands before the ids of a widget, so that two on one page do not share any
    mark: str = ""


@dataclass(frozen=True, kw_only=True)
class Control:
    """What all widgets share; a kind of widget overrides `read`, `write` and `body`."""

    name: str
    label: str
    default: Any = None
    help: str = ""
    #: whether the value belongs into the address of the page
    in_address: ClassVar[bool] = True

    def read(self, sent: Sent) -> Any:
        """Return the value in what was sent; the default where nothing was."""
        return sent.fields.get(self.name, self.default)

    def write(self, value: Any) -> dict[str, str]:
        """Return the fields that hold `value`, the first of them for the address."""
        return {self.name: as_text(value)}

    def body(self, value: Any) -> str:
        """Return the inputs themselves as HTML."""
        raise NotImplementedError

    def inputs(self, value: Any) -> int:
        """Return how many inputs `value` takes: when it changes, the widget is drawn anew."""
        del value
        return 1

    def remark(self, sent: Sent) -> str:
        """Return what the reader should know about how the input was understood."""
        del sent
        return ""

    def to_html(self, value: Any) -> Html:
        """Return label, inputs, help and a place for what is wrong."""
        return Html(
            f'<div class="control {type(self).__name__.lower()}" data-slot="control-{self.name}">'
            f"{self.inside(value)}</div>"
        )

    def inside(self, value: Any) -> Html:
        """Return what the widget holds: drawn anew when its number of inputs changes."""
        about = f'<p class="help" id="{self.key}-help">{esc(self.help)}</p>' if self.help else ""
        return Html(
            f'{self.body(value)}{about}<p class="wrong" data-slot="wrong-{self.name}" '
            f'id="{self.key}-wrong" role="status"></p>'
        )

    def caption(self, unit: str = "") -> str:
        """Return the label of the main input, with a unit behind it."""
        small = f" <small>{esc(unit)}</small>" if unit else ""
        return f'<label for="{self.key}">{esc(self.label)}{small}</label>'

    def area(self, text: str, rows: int, more: str = "") -> str:
        """Return a box of many lines; it begins with a line end of its own, since HTML eats one."""
        return (
            f'<textarea id="{self.key}" name="{self.name}" rows="{rows}" spellcheck="false" {more}'
            f"{self.described}>\n{esc(text)}</textarea>"
        )

    @property
    def key(self) -> str:
        """Id of the main input."""
        return f"in-{self.name}"

    @property
    def described(self) -> str:
        """Attribute that ties the input to its help and its error."""
        ids = f"{self.key}-help {self.key}-wrong" if self.help else f"{self.key}-wrong"
        return f'aria-describedby="{ids}"'

    def refuse(self, requirement: str, got: object, advice: str = "") -> InvalidArgument:
        """Return the error for an input that cannot be used."""
        return InvalidArgument(sentence(self.label, "the value", requirement, got, advice))

    def number(self, text: str) -> float:
        """Return `text` as a finite number; fractions such as 1/3 are numbers too."""
        over, slash, under = text.strip().replace("−", "-").partition("/")
        try:
            value = float(over) / float(under) if slash else float(over)
        except (ValueError, ZeroDivisionError):
            raise self.refuse(
                "be a number", repr(text[:40]), "Write it like 0.25 or 1/4."
            ) from None
        if not math.isfinite(value):
            raise self.refuse("be finite", repr(text[:40]))
        return value


@dataclass(frozen=True, kw_only=True)
class Range(Control):
    """A slider with a box to type in; marks of a figure may drag it by its name."""

    low: float
    high: float
    step: float = 0.01
    unit: str = ""

    def read(self, sent: Sent) -> float:
        """Return the number, within the ends of the slider."""
        text = sent.fields.get(self.name)
        return float(self.default) if text is None else between(self, text, self.low, self.high)

    def body(self, value: float) -> str:
        """Return label, box and slider."""
        ends = f'min="{as_text(self.low)}" max="{as_text(self.high)}"'
        text = as_text(value)
        return (
            f"{self.caption(self.unit)}"
            f'<input class="box" type="number" id="{self.key}" name="{self.name}" '
            f'data-box="{self.name}" {ends} step="any" value="{text}" {self.described}>'
            f'<input type="range" data-range="{self.name}" aria-label="{esc(self.label)}, slider" '
            f'{ends} step="{as_text(self.step)}" value="{text}">'
        )


@dataclass(frozen=True, kw_only=True)
class Number(Control):
    """A number typed into a box; `whole` for integers."""

    low: float = -math.inf
    high: float = math.inf
    step: float = 1.0
    unit: str = ""
    whole: bool = False

    def read(self, sent: Sent) -> float | int:
        """Return the number, within its limits."""
        text = sent.fields.get(self.name)
        if text is None:
            return self.default
        value = between(self, text, self.low, self.high)
        if not self.whole:
            return value
        if value != int(value):
            raise self.refuse("be a whole number", text[:40])
        return int(value)

    def body(self, value: float) -> str:
        """Return label and box."""
        ends = "".join(
            f' {name}="{as_text(end)}"'
            for name, end in (("min", self.low), ("max", self.high))
            if math.isfinite(end)
        )
        step = as_text(self.step) if self.whole else "any"
        return (
            f"{self.caption(self.unit)}"
            f'<input class="box" type="number" id="{self.key}" name="{self.name}"{ends} '
            f'step="{step}" value="{as_text(value)}" {self.described}>'
        )


@dataclass(frozen=True, kw_only=True)
class Choice(Control):
    """One of a few: buttons side by side up to four short options, else a list to open."""

    options: Mapping[str, str]

    def read(self, sent: Sent) -> str:
        """Return the key of the option."""
        value = sent.fields.get(self.name, self.default)
        if value not in self.options:
            raise self.refuse(f"be one of {', '.join(self.options)}", repr(value[:40]))
        return value

    def body(self, value: str) -> str:
        """Return the options with `value` chosen."""
        if len(self.options) <= 4 and sum(map(len, self.options.values())) <= 40:
            buttons = "".join(
                f'<label><input type="radio" name="{self.name}" value="{esc(key)}"'
                f"{' checked' if key == value else ''}><span>{esc(text)}</span></label>"
                for key, text in self.options.items()
            )
            return (
                f'<fieldset class="segments" id="{self.key}"><legend>{esc(self.label)}</legend>'
                f"<div>{buttons}</div></fieldset>"
            )
        options = "".join(
            f'<option value="{esc(key)}"{" selected" if key == value else ""}>{esc(text)}</option>'
            for key, text in self.options.items()
        )
        return (
            f"{self.caption()}"
            f'<select id="{self.key}" name="{self.name}" {self.described}>{options}</select>'
        )


@dataclass(frozen=True, kw_only=True)
class Check(Control):
    """Yes or no."""

    default: bool = False

    def read(self, sent: Sent) -> bool:
        """Return whether the box is ticked."""
        value = sent.fields.get(self.name)
        return self.default if value is None else value == "1"

    def write(self, value: bool) -> dict[str, str]:
        """Return "1" or "0"."""
        return {self.name: "1" if value else "0"}

    def body(self, value: bool) -> str:
        """Return the box; a hidden twin says "no" where the box says nothing."""
        return (
            f'<input type="hidden" name="{self.name}" value="0"><label class="tick">'
            f'<input type="checkbox" id="{self.key}" name="{self.name}" value="1"'
            f"{' checked' if value else ''} {self.described}><span>{esc(self.label)}</span></label>"
        )


@dataclass(frozen=True, kw_only=True)
class TextArea(Control):
    """A text of many lines; `spans` puts it in the main column above the figures."""

    default: str = ""
    max_chars: int = 20_000
    rows: int = 8
    placeholder: str = ""

    def read(self, sent: Sent) -> str:
        """Return the text with the line ends of this world, not of forms."""
        text = sent.fields.get(self.name, self.default).replace("\r\n", "\n")
        if len(text) > self.max_chars:
            raise self.refuse(
                f"have at most {self.max_chars:,} characters", f"{len(text):,}",
                "Longer texts: infoscope text FILE.",
            )  # fmt: skip
        return text

    def write(self, value: str) -> dict[str, str]:
        """Return the text as it is."""
        return {self.name: value}

    def body(self, value: str) -> str:
        """Return the box."""
        more = f'maxlength="{self.max_chars}" placeholder="{esc(self.placeholder)}" '
        return self.caption() + self.area(value, self.rows, more)


@dataclass(frozen=True, kw_only=True)
class Upload(Control):
    """A file from the reader's disk; the value is an `Uploaded`, or None without one."""

    accept: str = ""
    max_bytes: int = 32_000_000
    in_address: ClassVar[bool] = False

    def read(self, sent: Sent) -> Uploaded | None:
        """Return the file, if it is one of the kinds accepted and not too large."""
        file = sent.files.get(self.name)
        if file is None or not file.name:
            return None
        if file.size > self.max_bytes:
            raise self.refuse(f"be at most {self.max_bytes:,} bytes", f"{file.size:,}")
        kinds = tuple(kind.strip().lower() for kind in self.accept.split(",") if kind.strip())
        if kinds and not file.name.lower().endswith(kinds):
            raise self.refuse(f"end in {' or '.join(kinds)}", repr(file.name[:80]))
        return file

    def write(self, value: object) -> dict[str, str]:
        """Return nothing: no script may fill in a file."""
        del value
        return {}

    def body(self, value: object) -> str:
        """Return the file chooser."""
        del value
        return (
            f'{self.caption()}<input type="file" id="{self.key}" name="{self.name}"'
            f' accept="{esc(self.accept)}" data-max="{self.max_bytes}" '
            f"{self.described}>"
        )


@dataclass(frozen=True, kw_only=True)
class Hidden(Control):
    """A value that a view keeps in the form and the reader does not see."""

    label: str = ""

    def body(self, value: object) -> str:
        """Return a hidden input."""
        return f'<input type="hidden" name="{self.name}" value="{esc(as_text(value))}">'

    def to_html(self, value: object) -> Html:
        """Return the input alone."""
        return Html(self.body(value))


@dataclass(frozen=True, kw_only=True)
class Action(Control):
    """A button: `run(...)` yields patches, which are shown as they come (an animation)."""

    run: Callable[..., Iterator[dict[str, object]]]
    #: the slot that it draws into, where that is not the first of the page
    fills: str = ""
    in_address: ClassVar[bool] = False

    def read(self, sent: Sent) -> None:
        """Return nothing: a button has no value."""
        del sent

    def write(self, value: object) -> dict[str, str]:
        """Return nothing."""
        del value
        return {}

    def body(self, value: object) -> str:
        """Return the button."""
        del value
        return f'<button type="button" data-act="{self.name}">{esc(self.label)}</button>'


def between(control: Control, text: str, low: float, high: float) -> float:
    """Return `text` as a number of [low, high], or refuse it in the name of `control`."""
    value = control.number(text)
    if not low <= value <= high:
        raise control.refuse(f"lie in [{as_text(low)}, {as_text(high)}]", text[:40])
    return value


def as_text(value: object) -> str:
    """Write a value as a form holds it: numbers in the shortest digits that read back the same.

    >>> as_text(0.30000000000000004), as_text(2.0), as_text("a")
    ('0.30000000000000004', '2', 'a')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
