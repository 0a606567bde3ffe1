"""The state of every word at every layer of a language model, with its labels beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from infoscope.core.errors import InvalidArgument, UnknownName, WrongType, sentence
from infoscope.core.progress import Progress
from infoscope.language.arguments import as_model
from infoscope.language.contract import LanguageModel, Tokens
from infoscope.language.denormals import denormals_flushed
from infoscope.language.reading import in_packs
from infoscope.probe.language_models.annotated_text import AnnotatedSentence, read_conllu
from infoscope.probe.language_models.insides import open_insides

__all__ = ["WordStates", "word_states"]

_WHICH = ("last", "first", "mean")


@dataclass(frozen=True, eq=False, repr=False)
class WordStates:
    """States of words, and where each word stands.

    Attributes
    ----------
    model : str
        The model's name.
    layers : tuple of int
        0 is the embedding, then one for each block; the residual stream before the final norm.
    states : ndarray of float32, shape (layers, n, width)
        State of word i at each layer; a memory map if a file was given.
    forms : tuple of str, length n
        The words.
    sentences : ndarray of int64, shape (n,)
        Number of each word's sentence: the groups of an honest split.
    documents : ndarray of int64, shape (n,)
        Number of each word's document.
    n_tokens : ndarray of int64, shape (n,)
        How many tokens each word has.
    which : str
        Which token stands for a word: "last", "first", or the "mean" of all.
    notes : tuple of str
        What was left out, and why.
    """

    model: str
    layers: tuple[int, ...]
    states: NDArray[np.float32]
    forms: tuple[str, ...]
    sentences: NDArray[np.int64]
    documents: NDArray[np.int64]
    n_tokens: NDArray[np.int64]
    which: str
    notes: tuple[str, ...]
    _labels: tuple[dict[str, str], ...]

    def __len__(self) -> int:
        return len(self.forms)

    def __repr__(self) -> str:
        return (
            f"WordStates({self.model}, {len(self)} words of {len(set(self.sentences.tolist()))} "
            f"sentences, layers {self.layers[0]} to {self.layers[-1]}, {self.which} token)"
        )

    def layer(self, layer: int) -> NDArray[np.float32]:
        """Return the states of one layer, shape (n, width)."""
        if layer not in self.layers:
            raise InvalidArgument(
                sentence("WordStates.layer", "layer", f"be one of {list(self.layers)}", layer)
            )
        return self.states[self.layers.index(layer)]

    def by_layer(self) -> dict[str, NDArray[np.float32]]:
        """Return name -> states (n, width) for every layer, as `layer_report` takes them."""
        return {f"layer {k}": rows for k, rows in zip(self.layers, self.states, strict=True)}

    def labels(self, name: str) -> NDArray[np.object_]:
        """Return one label for each word; None where a word has none.

        Parameters
        ----------
        name : str
            "upos", "xpos", "deprel", "lemma", or a feature such as "Number" or "Tense".
        """
        known = sorted({key for each in self._labels for key in each})
        if name not in known:
            raise UnknownName(
                sentence("WordStates.labels", "name", f"be one of {known}", repr(name))
            )
        return np.array([each.get(name) for each in self._labels], dtype=object)

    def frequency_class(self, n_classes: int = 4) -> NDArray[np.int64]:
        """Return how common each word's form is in this text: 0 the rarest, classes of equal mass.

        Words of equal count are in one class, so that the classes are only about equal.
        """
        if n_classes < 2:
            raise InvalidArgument(
                sentence("WordStates.frequency_class", "n_classes", "be at least 2", n_classes)
            )
        _, place, counts = np.unique(
            [form.lower() for form in self.forms], return_inverse=True, return_counts=True
        )
        own = counts[place]
        edges = np.quantile(own, np.arange(1, n_classes) / n_classes)
        return np.searchsorted(np.unique(edges), own, side="left").astype(np.int64)

    def take(self, rows: Any) -> WordStates:
        """Return the chosen words: a boolean mask or row numbers."""
        at = np.arange(len(self))[rows]
        return WordStates(
            self.model, self.layers, self.states[:, at], tuple(self.forms[i] for i in at),
            self.sentences[at], self.documents[at], self.n_tokens[at], self.which, self.notes,
            tuple(self._labels[i] for i in at),
        )  # fmt: skip


def word_states(
    text: str | Path | Sequence[AnnotatedSentence],
    model: str | Path | LanguageModel = "smollm2",
    *,
    layers: Sequence[int] | None = None,
    which: Literal["last", "first", "mean"] = "last",
    max_words: int | None = None,
    file: str | Path | None = None,
    progress: bool | None = None,
) -> WordStates:
    """Read annotated sentences and return the state of every word at every layer.

    state(word, layer) = residual stream after `layer` at the word's last token (or first, or mean)

    Parameters
    ----------
    text : Path, str, or sequence of AnnotatedSentence
        What `read_conllu` takes or returned.
    model : str, Path or LanguageModel
        What `infoscope.language.load` takes or returned: a transformer that runs here.
    layers : sequence of int, optional
        Which layers to keep, from 0 (embedding) to the number of blocks; by default all.
    which : {"last", "first", "mean"}
        Which of a word's tokens stands for it. The last one has read the whole word and nothing
        after it.
    max_words : int, optional
        Stop after the sentence in which so many words are reached.
    file : str or Path, optional
        Keep the states in this ``.npy`` file, mapped to memory, instead of in memory.
    progress : bool, optional
        Show a progress bar on stderr; by default only when stderr is a terminal.

    Returns
    -------
    WordStates
        States (layers, n, width) in float32 and labels; use its `sentences` as groups.

    Raises
    ------
    InvalidArgument
        If a layer does not exist, or there is no word.
    UnknownName
        If `which` is none of the three.
    WrongType, ModelError
        If the model has no layers to look at.

    Notes
    -----
    Each sentence is read alone, after the model's prefix token: a word knows of its own sentence
    only. A token that reaches over a word's border (with the space before it, or a part of the next
    word) counts to every word whose bytes it touches. Time is one forward pass without the head;
    memory 4 bytes times layers times words times width (714 MB for 10,000 words of "smollm2"), or
    disk with `file`.

    Source
    ------
    Hewitt & Liang (2019), arXiv:1909.03368, section 4, for states of words in probing.
    """
    model = as_model(model, "word_states")
    opened = open_insides(model, "word_states")
    if which not in _WHICH:
        raise UnknownName(sentence("word_states", "which", f"be one of {_WHICH}", repr(which)))
    chosen = tuple(range(opened.n_layers + 1)) if layers is None else tuple(map(int, layers))
    if not chosen or any(not 0 <= layer <= opened.n_layers for layer in chosen):
        raise InvalidArgument(
            sentence("word_states", "layers", f"lie between 0 and {opened.n_layers}", list(chosen))
        )
    read = [_Cut(each, model) for each in _up_to(_sentences(text), max_words)]
    read = [cut for cut in read if len(cut.spans)]
    n = sum(len(cut.spans) for cut in read)
    if not n:
        raise InvalidArgument(sentence("word_states", "text", "hold at least one word", "none"))
    shape = (len(chosen), n, opened.width)
    states = (
        np.empty(shape, np.float32) if file is None
        else np.lib.format.open_memmap(Path(file), "w+", np.float32, shape)
    )  # fmt: skip
    limit = model.context_limit
    long = [cut for cut in read if limit is not None and len(cut.window) > limit]
    if long:
        raise InvalidArgument(
            sentence("word_states", "text", f"have sentences of at most {limit} tokens",
                     f"{len(long[0].window)} tokens in {long[0].name!r}")
        )  # fmt: skip
    done = 0
    with denormals_flushed(), Progress(n, "reading words", "words", show=progress) as bar:
        for pack in in_packs(read, lambda cut: len(cut.window)):
            m = sum(len(cut.spans) for cut in pack)
            gather = _gather(pack, which, chosen, states[:, done : done + m])
            opened.read_many([cut.window for cut in pack], gather)
            done += m
            bar.advance(m)
    return _result(model.name, chosen, states, read, which)


class _Cut:
    """One sentence as a window of tokens, with the tokens of each of its words."""

    def __init__(self, given: AnnotatedSentence, model: LanguageModel) -> None:
        self.name, self.document, self.n_left_out = given.name, given.document, given.n_left_out
        tokens = model.encode(given.text)
        self.window = np.concatenate([[model.prefix], tokens.ids]).astype(np.int64)
        self.words = given.words
        self.spans = [_tokens_of(word.start, word.end, tokens) for word in given.words]


def _tokens_of(start: int, end: int, tokens: Tokens) -> tuple[int, int]:
    """Return the rows (first, last) of the window whose tokens touch bytes start to end."""
    first = int(np.searchsorted(tokens.ends, start, side="right"))
    last = int(np.searchsorted(tokens.starts, end, side="left")) - 1
    return first + 1, last + 1  # row 0 is the prefix


def _gather(pack: Sequence[_Cut], which: str, chosen: Sequence[int], out: NDArray[np.float32]):
    """Return the sink that writes each word's state to `out` (layers, words, width)."""
    place = {layer: i for i, layer in enumerate(chosen)}
    starts = np.cumsum([0, *(len(cut.window) for cut in pack)])
    spans = np.array(
        [(a + s, b + s) for cut, s in zip(pack, starts, strict=False) for a, b in cut.spans]
    )  # (words, 2)
    lengths = (spans[:, 1] - spans[:, 0] + 1).astype(np.float32)
    if which == "mean":
        out[...] = 0.0

    def keep(layer: int, first: int, rows: Tensor) -> None:
        at = place.get(layer)
        if at is None:
            return
        here = rows.detach().to("cpu").float().numpy()
        end = first + len(here)
        if which == "mean":
            for word, (a, b) in enumerate(spans.tolist()):
                part = here[max(a, first) - first : min(b + 1, end) - first]
                if a < end and b >= first:
                    out[at, word] += part.sum(0) / lengths[word]
            return
        wanted = spans[:, 1] if which == "last" else spans[:, 0]
        mine = np.flatnonzero((wanted >= first) & (wanted < end))
        out[at, mine] = here[wanted[mine] - first]

    return keep


def _result(
    name: str, chosen: tuple[int, ...], states: NDArray[np.float32], read: list[_Cut], which: str
) -> WordStates:
    names: dict[str, int] = {}
    documents = [names.setdefault(cut.document, len(names)) for cut in read]
    sizes = [len(cut.spans) for cut in read]
    lost = sum(cut.n_left_out for cut in read)
    lengths = np.array([b - a + 1 for cut in read for a, b in cut.spans], np.int64)
    several = float((lengths > 1).mean())
    notes = [
        f"the {which} token stands for a word" if which != "mean" else
        "the mean over a word's tokens stands for it",
        f"{100 * several:.1f}% of the words have more than one token",
        "each sentence was read alone, after the model's prefix token",
    ]  # fmt: skip
    if lost:
        notes.append(f"{lost} words were left out: their place in the text could not be found")
    return WordStates(
        name, chosen, states, tuple(word.form for cut in read for word in cut.words),
        np.repeat(np.arange(len(read)), sizes), np.repeat(documents, sizes), lengths, which,
        tuple(notes), tuple(word.labels for cut in read for word in cut.words),
    )  # fmt: skip


def _sentences(text: Any) -> Sequence[AnnotatedSentence]:
    if isinstance(text, str | Path):
        return read_conllu(text)
    given = list(text) if isinstance(text, Sequence) else []
    if not given or not all(isinstance(each, AnnotatedSentence) for each in given):
        raise WrongType(
            sentence("word_states", "text", "be a CoNLL-U file or AnnotatedSentence objects",
                     type(text).__name__, "read_conllu makes them.")
        )  # fmt: skip
    return given


def _up_to(
    sentences: Sequence[AnnotatedSentence], max_words: int | None
) -> Iterator[AnnotatedSentence]:
    n = 0
    for each in sentences:
        if max_words is not None and n >= max_words:
            return
        n += len(each.words)
        yield each
