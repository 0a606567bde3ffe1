"""Annotated text: sentences whose words have labels and exact byte spans, read from CoNLL-U.

A word's span is found in the sentence's own text, so that it can be laid over any tokenizer's cuts.
A word that is written together with others ("don't" holds "do" and "n't") has its share of their
span where the forms spell it, else it is left out and counted.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infoscope.core.errors import DataError, InvalidArgument, NotFound, WrongType, sentence

__all__ = ["AnnotatedSentence", "AnnotatedWord", "read_conllu"]

_COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")


@dataclass(frozen=True, slots=True)
class AnnotatedWord:
    """One word: its form, the bytes it covers in its sentence, and its annotation.

    `labels` holds "upos", "xpos", "deprel", "lemma" and what FEATS says ("Number", "Tense", ...).
    """

    form: str
    start: int
    end: int
    labels: dict[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class AnnotatedSentence:
    """One sentence: its text, its words in order, and the document it stands in."""

    name: str
    document: str
    text: bytes
    words: tuple[AnnotatedWord, ...]
    n_left_out: int = 0  # words whose place in the text could not be found


def read_conllu(source: str | Path) -> list[AnnotatedSentence]:
    r"""Read annotated sentences from a CoNLL-U file (or its text), with byte spans of the words.

    Parameters
    ----------
    source : Path or str
        A ``.conllu`` or ``.conllu.gz`` file; a string with a line break is the text itself.

    Returns
    -------
    list of AnnotatedSentence
        In the file's order. Empty nodes are skipped; the words of a multiword token share its span.

    Raises
    ------
    NotFound
        If the file does not exist.
    DataError
        If a line is not CoNLL-U; the message names the line.
    InvalidArgument
        If there is no sentence in it.

    Notes
    -----
    Sentences without a ``# text`` line get their text from the forms and ``SpaceAfter=No``.

    Source
    ------
    Universal Dependencies, CoNLL-U format, version 2.

    Examples
    --------
    >>> lines = ["# text = No way.", "1\tNo\tno\tDET\tDT\t_\t2\tdet\t_\t_",
    ...          "2\tway\tway\tNOUN\tNN\tNumber=Sing\t0\troot\t_\tSpaceAfter=No",
    ...          "3\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_", ""]
    >>> [(w.form, w.start, w.end, w.labels["upos"]) for w in read_conllu("\n".join(lines))[0].words]
    [('No', 0, 2, 'DET'), ('way', 3, 6, 'NOUN'), ('.', 6, 7, 'PUNCT')]
    """
    found: list[AnnotatedSentence] = []
    rows: list[list[str]] = []
    text, name, document, number = "", "", "", 0
    for number, line in enumerate([*_text(source).split("\n"), ""], 1):
        line = line.rstrip("\r")
        if line.startswith("#"):
            key, equals, value = line[1:].partition("=")
            if equals and key.strip() == "text":
                text = value.strip()
            elif equals and key.strip() == "sent_id":
                name = value.strip()
            elif key.strip().startswith("newdoc"):
                document = value.strip() or f"document at line {number}"
        elif line.strip():
            cells = line.split("\t")
            if len(cells) != len(_COLUMNS):
                raise DataError(
                    sentence("read_conllu", f"line {number}", "hold ten columns between tabs",
                             f"{len(cells)}", "Is this a CoNLL-U file?")
                )  # fmt: skip
            rows.append(cells)
        elif rows:
            label = name or f"sentence {len(found) + 1}"
            found.append(_sentence(rows, text or _written(rows), label, document))
            rows, text, name = [], "", ""
    if not found:
        raise InvalidArgument(
            sentence("read_conllu", "source", "hold at least one sentence", "none")
        )
    return found


def _text(source: str | Path) -> str:
    if isinstance(source, str) and "\n" in source:
        return source
    if not isinstance(source, str | Path):
        raise WrongType(
            sentence("read_conllu", "source", "be a path or text", type(source).__name__)
        )
    path = Path(source).expanduser()
    if not path.is_file():
        raise NotFound(sentence("read_conllu", "source", "be a file that exists", repr(str(path))))
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(
            sentence("read_conllu", "source", "be UTF-8 text, plain or gzip", f"{path} ({error})")
        ) from None


def _written(rows: Sequence[Sequence[str]]) -> str:
    """Join the surface forms: those of multiword tokens in the place of their words."""
    parts: list[str] = []
    covered = 0
    for cells in rows:
        number, form, misc = cells[0], cells[1], cells[9]
        if "." in number or ("-" not in number and int(number) <= covered):
            continue
        if "-" in number:
            covered = int(number.partition("-")[2])
        parts.append(form + ("" if "SpaceAfter=No" in misc.split("|") else " "))
    return "".join(parts).rstrip()


def _sentence(
    rows: Sequence[Sequence[str]], text: str, name: str, document: str
) -> AnnotatedSentence:
    """Find each surface form in the text, after the one before it."""
    words: list[AnnotatedWord] = []
    at = left_out = 0
    inside: list[tuple[int, int, int]] = []  # (last word, first, last character) of a long token
    place = 0
    for cells in rows:
        number, form = cells[0], cells[1]
        if "." in number:
            continue
        if "-" in number:
            first = text.find(form, at)
            last = int(number.partition("-")[2])
            if first >= 0:
                inside = [(last, first, first + len(form))]
                place = at = first
                at = first + len(form)
            continue
        if inside and int(number) <= inside[0][0]:
            end = inside[0][2]
            first = place if text.startswith(form, place) and place + len(form) <= end else -1
            place += len(form)
        else:
            inside = []
            first = text.find(form, at)
            if first >= 0 and text[at:first].strip():
                first = -1  # it stands further on: something between is not accounted for
            if first >= 0:
                at = first + len(form)
        if first < 0:
            left_out += 1
            continue
        start = len(text[:first].encode("utf-8"))
        end = start + len(form.encode("utf-8"))
        words.append(AnnotatedWord(form, start, end, _labels(cells)))
    return AnnotatedSentence(name, document, text.encode("utf-8"), tuple(words), left_out)


def _labels(cells: Sequence[str]) -> dict[str, str]:
    named = dict(zip(_COLUMNS, cells, strict=True))
    labels = {key: named[key] for key in ("upos", "xpos", "deprel", "lemma") if named[key] != "_"}
    feats = () if named["feats"] == "_" else named["feats"].split("|")
    return labels | {key: value for key, _, value in (pair.partition("=") for pair in feats)}
