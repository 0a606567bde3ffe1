"""Score many documents: packed together without padding, one summary each, resumable."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infoscope.core.errors import DataError, InfoscopeError, InvalidArgument, sentence
from infoscope.core.extras import require
from infoscope.core.files import write_text
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model
from infoscope.language.contract import LanguageModel, Tokens
from infoscope.language.denormals import denormals_flushed
from infoscope.language.documents import Document, DocumentSource, documents_of
from infoscope.language.documents_result import CorpusScore, DocumentScore, summarise
from infoscope.language.observe import Observer
from infoscope.language.reading import packs, read_pack
from infoscope.language.remote import RemoteModel
from infoscope.language.result import ScoringRule
from infoscope.language.resume import PackNumbers, RunFolder, open_folder, pack_digest
from infoscope.language.scoring import ReadingPlan, plan_reading, score
from infoscope.language.windows import Window

__all__ = ["common_rule", "run_card", "score_corpus", "score_documents"]

_PROBE = b"The quick brown fox"
_ENGINES = ("local", "ray")


def score_corpus(
    source: DocumentSource,
    model: str | Path | LanguageModel = "smollm2",
    *,
    column: str = "text",
    context: int | str | None = None,
    stride: int | None = None,
    prefix: int | str | None = None,
    prefix_always: bool = False,
    resume: str | Path | None = None,
    engine: str = "local",
    workers: int = 2,
    progress: bool | None = None,
) -> CorpusScore:
    """Measure how surprising each of many documents is to `model`.

    bits per byte of all = sum of -ln p over all tokens / (ln 2 * sum of bytes)

    Parameters
    ----------
    source : str, Path or iterable
        A JSONL or Parquet file, a plain file, a folder of them, or an iterable of texts, pairs
        (name, text), `Document` and `Path`; see `documents_of`.
    model : str, Path or LanguageModel
        What `load` takes, or what it returned.
    column : str
        The field that holds the text in JSONL and Parquet files.
    context, stride, prefix, prefix_always
        As for `score`. Each document begins anew, after the prefix.
    resume : str or Path, optional
        A folder in which the run is kept. If the process is stopped, the same call goes on from
        there, and ends with the same numbers; at most ten seconds of work are done again.
    engine : str
        "local" (this process) or "ray": a map over shards of the files by Ray Data, on a local
        cluster unless Ray is connected to another. It needs `resume` and paths as the source.
    workers : int
        Processes that hold a model, for "ray".
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    CorpusScore
        One summary per document, and estimates for all with standard errors over documents (over
        blocks of the text when there is only one).

    Raises
    ------
    InvalidArgument
        If an option is out of range, or `engine` lacks what it needs.
    NotFound, DataError
        If a document cannot be read (the sentence names file and line), or `resume` belongs to
        another run.
    UnknownName, ModelError, WrongType
        As for `score`.

    Notes
    -----
    Windows of several documents are read together, about a thousand tokens at a time, without
    padding; what a document gets does not depend on its neighbours but for rounding (about 1e-5
    nats per token). Memory holds one pack, the longest document and the summaries. An empty
    document stays in the list, with 0 tokens and no rates.

    Source
    ------
    Cochran, Sampling Techniques (1977), section 2.11 (the error of a ratio over documents).

    Examples
    --------
    >>> from infoscope.language import load
    >>> found = score_corpus(["ab", "ba", "aa"], load("uniform", train="ab"))
    >>> len(found), found.n_bytes
    (3, 6)
    """
    if engine not in _ENGINES:
        names = " or ".join(map(repr, _ENGINES))
        raise InvalidArgument(sentence("score_corpus", "engine", f"be {names}", repr(engine)))
    rules: dict[str, Any] = {"context": context, "stride": stride, "prefix": prefix}
    rules["prefix_always"] = prefix_always
    if engine == "ray":
        require("ray", extra="ray", purpose="scoring with engine='ray'")
        from infoscope.language.ray_engine import score_with_ray

        return score_with_ray(
            source, model, column=column, rules=rules, resume=resume, workers=workers,
            progress=progress,
        )  # fmt: skip
    model = as_model(model, "score_corpus")
    if isinstance(model, RemoteModel):
        raise InvalidArgument(
            sentence(
                "score_corpus", "model", "run on this machine", "a model on a server",
                "Score its texts one by one with score().",
            )
        )  # fmt: skip
    plan = plan_reading(model, context, stride, prefix, prefix_always=prefix_always)
    folder = None
    if resume is not None:
        folder = open_folder(resume, run_card(model, rules, engine))
    documents = documents_of(source, column=column)
    scores = list(score_documents(documents, plan, folder=folder, progress=progress))
    if not scores:
        raise DataError(sentence("score_corpus", "source", "hold documents", "none"))
    found = CorpusScore(scores, model.name, common_rule(plan))
    if folder is not None:
        write_text(folder / "documents.jsonl", _json_lines(scores), function="score_corpus")
    return found


def score_documents(
    documents: Iterable[Document],
    plan: ReadingPlan,
    *,
    folder: Path | None = None,
    progress: bool | None = None,
) -> Iterator[DocumentScore]:
    """Yield the summary of each document, in order, as soon as its last window is read.

    Parameters
    ----------
    documents : iterable of Document
        Read one after the other; only those of the current pack are in memory.
    plan : ReadingPlan
        Model and rule.
    folder : Path, optional
        What `open_folder` returned; numbers are kept there, and taken from there.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Yields
    ------
    DocumentScore
        One for each document, empty ones included.
    """
    run = None if folder is None else RunFolder(folder)
    waiting: deque[_Open] = deque()
    observer = Observer(plan.model.n_vocabulary, 0)
    with Progress(None, "scoring", "tokens", show=progress) as bar:
        try:
            for number, pack in enumerate(packs(plan.model, _jobs(documents, plan, waiting))):
                numbers = _read(plan.model, observer, pack, number, run)
                at = 0
                for job in pack:
                    n = job.window.last - job.window.first
                    job.of.fill(job.window, numbers[:, at : at + n])
                    at += n
                bar.advance(at)
                while waiting and waiting[0].done:
                    yield waiting.popleft().summary(plan)
            while waiting:
                yield waiting.popleft().summary(plan)
        finally:  # also when interrupted: what is measured is kept
            if run is not None:
                run.flush()


def run_card(model: LanguageModel, rules: dict[str, Any], engine: str) -> dict[str, Any]:
    """Return what decides the numbers of a run, as plain values."""
    probe = score(_PROBE, model, top=0, progress=False).surprisal
    return {
        "layout": 1, "engine": engine, "model": model.name, "dtype": model.dtype,
        "n_vocabulary": model.n_vocabulary, **rules,
        "probe": [value if np.isfinite(value) else 1e9 for value in probe.tolist()],
    }  # fmt: skip


class _Open:
    """A document that is being read."""

    def __init__(self, document: Document, text: bytes, tokens: Tokens) -> None:
        self._name, self._text, self._tokens = document.name, text, tokens
        self._numbers = np.empty((4, len(tokens.ids)))
        self._left = len(tokens.ids)

    @property
    def done(self) -> bool:
        return self._left == 0

    def fill(self, window: Window, numbers: PackNumbers) -> None:
        self._numbers[:, window.first : window.last] = numbers
        self._left -= window.last - window.first

    def summary(self, plan: ReadingPlan) -> DocumentScore:
        surprisal, entropy, varentropy, rank = self._numbers
        return summarise(
            self._name, self._text, self._tokens.ends, self._tokens.starts, surprisal, entropy,
            varentropy, rank.astype(np.int64), plan.model.name, common_rule(plan).settings,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One window of one document."""

    window: Window
    of: _Open
    targets: NDArray[np.int64]

    @property
    def inputs(self) -> NDArray[np.int64]:
        return self.window.inputs


def _jobs(
    documents: Iterable[Document], plan: ReadingPlan, waiting: deque[_Open]
) -> Iterator[_Job]:
    for document in documents:
        if not document.text:
            nothing = np.empty(0, np.int64)
            waiting.append(_Open(document, b"", Tokens(nothing, nothing, nothing)))
            continue
        try:
            text, tokens = plan.cut(document.text)
        except InfoscopeError as error:
            raise DataError(f"{error} (In the document {document.name!r}.)") from error
        opened = _Open(document, text, tokens)
        waiting.append(opened)
        for window in plan.windows(tokens):
            yield _Job(window, opened, tokens.ids[window.first : window.last])


def _read(
    model: LanguageModel, observer: Observer, pack: list[_Job], number: int, run: RunFolder | None
) -> PackNumbers:
    windows = [job.window for job in pack]
    digest = 0
    if run is not None:
        digest = pack_digest([each.inputs for each in windows], [each.start for each in windows])
        known = run.known(number, digest)
        if known is not None:
            return known
    with denormals_flushed():
        seen, _ = read_pack(model, observer, windows, [job.targets for job in pack])
    rank = seen.rank.astype(np.float64)
    numbers = np.stack([seen.surprisal, seen.entropy, seen.varentropy, rank])
    if run is not None:
        run.keep(number, digest, numbers)
    return numbers


def common_rule(plan: ReadingPlan) -> ScoringRule:
    """Return the rule of the plan; without a limit the context is that of each document."""
    nothing = np.empty(0, np.int64)
    return plan.rule(Tokens(nothing, nothing, nothing))


def _json_lines(scores: list[DocumentScore]) -> str:
    return "".join(json.dumps(each.to_dict(), ensure_ascii=False) + "\n" for each in scores)
