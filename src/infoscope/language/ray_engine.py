"""Score shards of files as a Ray Data map: one model per worker, each shard's result a file.

A shard is a stretch of documents of one file. Its result is written whole into the run's folder, so
that a run that was stopped goes on with the shards that are missing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import ray
import ray.data
import torch

from infoscope.core.errors import DataError, InvalidArgument, sentence
from infoscope.core.files import write_text
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model
from infoscope.language.contract import LanguageModel
from infoscope.language.documents import DocumentSource, documents_of, files_of
from infoscope.language.documents_result import CorpusScore, DocumentScore
from infoscope.language.documents_scoring import common_rule, run_card, score_documents
from infoscope.language.resume import open_folder
from infoscope.language.scoring import plan_reading

__all__ = ["score_with_ray"]

_SHARD_BYTES = 200_000  # of text: a few minutes of a small transformer on one core


@dataclass(frozen=True, slots=True)
class _Shard:
    """Documents first to last (from 0) of one file."""

    file: str
    first: int
    last: int
    n_bytes: int


def score_with_ray(
    source: DocumentSource,
    model: str | Path | LanguageModel,
    *,
    column: str,
    rules: dict[str, Any],
    resume: str | Path | None,
    workers: int,
    progress: bool | None,
) -> CorpusScore:
    """Do what `score_corpus` does, on `workers` processes; see there.

    A local cluster of `workers` processors is started unless Ray runs already; connect to another
    one with ``ray.init(address)`` before the call (its machines must see the same files).
    """
    if resume is None:
        raise InvalidArgument(
            sentence(
                "score_corpus", "resume", "name a folder when engine is 'ray'", "None",
                "The shards' results are kept there.",
            )
        )  # fmt: skip
    if not isinstance(source, str | Path):
        wanted = "be a path when engine is 'ray'"
        raise InvalidArgument(
            sentence("score_corpus", "source", wanted, type(source).__name__,
                     "Write the texts to a JSONL or Parquet file first.")
        )  # fmt: skip
    if isinstance(workers, bool) or workers < 1:
        raise InvalidArgument(sentence("score_corpus", "workers", "be at least 1", repr(workers)))
    here = as_model(model, "score_corpus")
    plan = plan_reading(here, **rules)
    name, rule, card = here.name, common_rule(plan), run_card(here, rules, "ray")
    shards = list(_shards(Path(source), column))
    if not shards:
        raise DataError(sentence("score_corpus", "source", "hold documents", "none"))
    folder = open_folder(resume, card | {"shards": [_key(shard) for shard in shards]}).resolve()
    given = str(model) if isinstance(model, str | Path) else model
    if isinstance(model, str | Path):
        del here, plan  # the workers load their own
    _run(shards, folder, given, column, rules, workers, progress)
    scores = [each for i in range(len(shards)) for each in _read_shard(folder, i)]
    lines = "".join(json.dumps(each.to_dict(), ensure_ascii=False) + "\n" for each in scores)
    write_text(folder / "documents.jsonl", lines, function="score_corpus")
    return CorpusScore(scores, name, rule)


def _run(
    shards: list[_Shard], folder: Path, model: Any, column: str, rules: dict[str, Any],
    workers: int, progress: bool | None,
) -> None:  # fmt: skip
    missing = [i for i in range(len(shards)) if not _path(folder, i).exists()]
    if not missing:
        return
    started = not ray.is_initialized()
    if started:
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray.init(num_cpus=workers + 1, include_dashboard=False, logging_level=logging.ERROR)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        items = [
            {"number": i, "file": shards[i].file, "first": shards[i].first, "last": shards[i].last}
            for i in missing
        ]  # fmt: skip
        # one block per shard, so that each result leaves as soon as it is there
        done = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
            _ShardScorer, fn_constructor_args=(model, column, rules, str(folder)), batch_size=1,
            concurrency=min(workers, len(items)), num_cpus=1,
        )  # fmt: skip
        total = sum(shards[i].n_bytes for i in missing)
        with Progress(total, "scoring", "bytes", show=progress) as bar:
            for row in done.iter_rows():
                bar.advance(shards[row["number"]].n_bytes)
    finally:
        if started:
            ray.shutdown()


class _ShardScorer:
    """What each worker holds: the model. A call scores the shards of one batch."""

    def __init__(self, model: Any, column: str, rules: dict[str, Any], folder: str) -> None:
        torch.set_num_threads(1)
        self._plan = plan_reading(as_model(model, "score_corpus"), **rules)
        self._column, self._folder = column, Path(folder)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        rows = zip(batch["number"], batch["file"], batch["first"], batch["last"], strict=True)
        for number, file, first, last in rows:
            documents = islice(
                documents_of(Path(str(file)), column=self._column), int(first), int(last)
            )
            scores = score_documents(documents, self._plan, progress=False)
            lines = [json.dumps(each.state()) for each in scores]
            text = "\n".join([*lines, json.dumps({"n_documents": len(lines)})])
            write_text(_path(self._folder, int(number)), text, function="score_corpus")
        return {"number": batch["number"]}


def _shards(source: Path, column: str) -> Iterator[_Shard]:
    """Cut each file into stretches of whole documents of about equal size."""
    for path in files_of(source):
        first = n_bytes = 0
        last = 0
        for last, document in enumerate(documents_of(path, column=column), 1):
            n_bytes += len(document.text)
            if n_bytes >= _SHARD_BYTES:
                yield _Shard(str(path.resolve()), first, last, n_bytes)
                first, n_bytes = last, 0
        if last > first:
            yield _Shard(str(path.resolve()), first, last, n_bytes)


def _key(shard: _Shard) -> list[Any]:
    return [shard.file, shard.first, shard.last, shard.n_bytes]


def _path(folder: Path, number: int) -> Path:
    return folder / f"shard-{number:06d}.jsonl"


def _read_shard(folder: Path, number: int) -> list[DocumentScore]:
    path = _path(folder, number)
    try:
        *lines, last = path.read_text("utf-8").split("\n")
        whole = json.loads(last)["n_documents"] == len(lines)
        scores = [DocumentScore.from_state(json.loads(line)) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        whole, scores, why = False, [], str(error)
    else:
        why = "its last line"
    if not whole:
        raise DataError(
            sentence(
                "score_corpus", "resume", "hold whole shards", f"{path.name} ({why})",
                "Delete that file: its documents are measured again.",
            )
        )  # fmt: skip
    return scores
