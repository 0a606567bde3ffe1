"""Ray Data as the engine: two local workers give what one process gives, and go on when stopped."""

import json

import pytest

from infoscope.core.errors import DataError, InvalidArgument
from infoscope.language import score_corpus

pytestmark = pytest.mark.heavy


@pytest.mark.filterwarnings("ignore")  # Ray's own warnings about its surroundings
def test_two_workers_give_the_numbers_of_one_process(tiny_gguf, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("infoscope.language.ray_engine._SHARD_BYTES", 300)
    texts = [f"the other {i} three of them " * 3 for i in range(20)] + [""]
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, part in (("a", texts[:12]), ("b", texts[12:])):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in part)
        (folder / f"{name}.jsonl").write_text(lines)
    local = score_corpus(folder, tiny_gguf, context=40)
    run = tmp_path / "run"
    found = score_corpus(folder, tiny_gguf, context=40, engine="ray", workers=2, resume=run)
    assert [each.name for each in found.documents] == [each.name for each in local.documents]
    for a, b in zip(found.documents, local.documents, strict=True):
        assert a.nats == pytest.approx(b.nats, rel=1e-5)
        assert (a.n_tokens, a.n_bytes, a.n_lines) == (b.n_tokens, b.n_bytes, b.n_lines)
    assert found.rule == local.rule
    shards = sorted(run.glob("shard-*.jsonl"))
    assert len(shards) > 4
    stamps = [path.stat().st_mtime_ns for path in shards]
    shards[1].unlink()  # as if the run had been stopped before it
    again = score_corpus(folder, tiny_gguf, context=40, engine="ray", workers=2, resume=run)
    assert [each.nats for each in again.documents] == [each.nats for each in found.documents]
    now = [path.stat().st_mtime_ns for path in shards]
    assert [i for i, (a, b) in enumerate(zip(stamps, now, strict=True)) if a != b] == [1]
    shards[0].write_text(shards[0].read_text()[:-20])
    with pytest.raises(DataError, match=r"shard-000000\.jsonl.*Delete that file"):
        score_corpus(folder, tiny_gguf, context=40, engine="ray", resume=run)


def test_ray_needs_files_and_a_folder(tiny_gguf, tmp_path) -> None:
    with pytest.raises(InvalidArgument, match="resume must name a folder"):
        score_corpus(tmp_path, tiny_gguf, engine="ray")
    with pytest.raises(InvalidArgument, match="source must be a path when engine is 'ray'"):
        score_corpus(["a"], tiny_gguf, engine="ray", resume=tmp_path / "run")
    with pytest.raises(InvalidArgument, match="workers must be at least 1"):
        score_corpus(tmp_path, tiny_gguf, engine="ray", resume=tmp_path / "run", workers=0)
