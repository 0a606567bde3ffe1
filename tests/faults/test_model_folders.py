"""Folders of models with damaged cards, words and weights: a model or one sentence."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InfoscopeError, ModelError
from infoscope.language import load, score

TEXT = b"the thing \xff"
values = st.sampled_from(
    [None, 0, -1, 1, 3, 2**40, 1.5, float("nan"), float("inf"), "", "x", "1", [], [1], {}]
)
#: Other values of these lead to transformers, which loads slowly.
KINDS = ("model_type", "hidden_act", "attention_bias", "mlp_bias", "rope_scaling")


@pytest.fixture(scope="module")
def folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path_factory.mktemp("damaged") / "model"))


@pytest.fixture(scope="module")
def damage(folder: Path, tiny_folder: Path):
    """Write other content into a file of the folder; the others are whole."""

    def write(name: str, content: bytes) -> None:
        for file in tiny_folder.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
        (folder / name).write_bytes(content)

    return write


def use(folder: Path) -> None:
    score(TEXT, load(folder), context=16)


@given(data=st.data(), value=values)
def test_cards_with_other_values(
    data: st.DataObject, value: Any, folder: Path, tiny_folder: Path, damage: Any,
    refused: Callable[..., bool],
) -> None:  # fmt: skip
    for name in ("config.json", "tokenizer_config.json"):
        card = json.loads((tiny_folder / name).read_text("utf-8"))
        key = data.draw(st.sampled_from([key for key in sorted(card) if key not in KINDS]))
        for changed in (card | {key: value}, {k: v for k, v in card.items() if k != key}):
            damage(name, json.dumps(changed).encode())
            refused(lambda: use(folder))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b'"x"', b"{", b"\xff\xfe{\0", b'{"a": \xff}', b"[" * 3000],
    ids=["empty", "list", "null", "text", "cut", "utf-16", "latin-1", "deep"],
)
def test_cards_that_are_none(name: str, content: bytes, folder: Path, damage: Any) -> None:
    damage(name, content)
    with pytest.raises(ModelError):
        load(folder)


@given(data=st.data())
def test_words_with_damage(
    data: st.DataObject, folder: Path, tiny_folder: Path, damage: Any, refused: Callable[..., bool]
) -> None:
    whole = (tiny_folder / "tokenizer.json").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    new = data.draw(st.sampled_from([b"", b"0", b'"', b"}", b"\xff", b"null", b'"a":1,']))
    damage("tokenizer.json", whole[:at] + new + whole[at + len(new) :])
    refused(lambda: use(folder))
    damage("tokenizer.json", whole[:at])
    with pytest.raises(ModelError):
        load(folder)


@pytest.mark.parametrize("part", ["vocab", "merges", "added_tokens", "pre_tokenizer", "decoder"])
@pytest.mark.parametrize("value", [None, [], {}, "x"], ids=repr)
def test_words_with_a_part_missing(
    part: str,
    value: Any,
    folder: Path,
    tiny_folder: Path,
    damage: Any,
    refused: Callable[..., bool],
) -> None:
    card = json.loads((tiny_folder / "tokenizer.json").read_text("utf-8"))
    (card["model"] if part in card["model"] else card)[part] = value
    damage("tokenizer.json", json.dumps(card).encode())
    refused(lambda: use(folder))


@given(data=st.data())
def test_weights_with_a_damaged_head(
    data: st.DataObject, folder: Path, tiny_folder: Path, damage: Any, refused: Callable[..., bool]
) -> None:
    whole = (tiny_folder / "model.safetensors").read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")
    at = data.draw(st.one_of(st.integers(0, 7), st.integers(8, head - 1)))
    new = data.draw(st.sampled_from([b"\0", b"\xff", b"0", b"9", b'"', b"]", b"I64", b"BF16"]))
    damage("model.safetensors", whole[:at] + new + whole[at + len(new) :])
    refused(lambda: use(folder))


def test_weights_that_are_cut(folder: Path, tiny_folder: Path, damage: Any) -> None:
    whole = (tiny_folder / "model.safetensors").read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")
    for n in (0, 1, 7, 8, 9, head - 1, head, head + 1, len(whole) - 1):
        damage("model.safetensors", whole[:n])
        with pytest.raises(InfoscopeError, match=r"model\.safetensors"):
            load(folder)
