"""Kneser-Ney models against the formulas written out, known sources, and damage on disk."""

import json
import math
import sys
import types
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infoscope.core.errors import InvalidArgument, ModelError, NotFound, UnknownName, WrongType
from infoscope.data import path_of
from infoscope.language import LanguageModel, load, score
from infoscope.language.alphabets import ByteAlphabet, CharacterAlphabet
from infoscope.language.model_folder import CARD
from infoscope.language.ngram import NgramModel
from infoscope.language.ngram_counts import kneser_ney_discounts
from infoscope.language.rows import log_probabilities
from infoscope.language.sessions import open_session
from infoscope.language.trained import BYTE_MODELS

ALICE = path_of("alice_chapter_1.txt").read_bytes()
ODD = [b"", b"\x00\xff\xfe", "né ½ 🙂\u2028".encode(), b"a\xc3", b"\xed\xa0\x80 ok", b"<start>"]
LN2 = math.log(2.0)


def rows(model, window, start=0) -> np.ndarray:
    prediction = model.predict(np.asarray(window, np.int64), start)
    return prediction.rows(0, prediction.n_rows)


class Slow:
    """Interpolated modified Kneser-Ney by the book: dictionaries and recursion, nothing shared."""

    def __init__(self, documents: list[list[int]], n_symbols: int, order: int) -> None:
        self.n, self.order, start = n_symbols, order, n_symbols
        raw = [Counter[tuple[int, ...]]() for _ in range(order + 1)]
        for document in documents:
            whole = [start, *document]
            for k in range(1, order + 1):
                for i in range(len(whole) - k + 1):
                    raw[k][tuple(whole[i : i + k])] += 1
        self.a: list[dict[tuple[int, ...], int]] = [{}]
        for k in range(1, order + 1):
            if k == order:
                self.a.append(dict(raw[k]))
                continue
            left: dict[tuple[int, ...], set[int]] = defaultdict(set)
            for gram in raw[k + 1]:
                left[gram[1:]].add(gram[0])
            self.a.append({g: c if g[0] == start else len(left[g]) for g, c in raw[k].items()})
        self.a[1].pop((start,), None)
        self.d = []
        for counts in self.a[1:]:
            n = Counter(counts.values())
            try:
                y = n[1] / (n[1] + 2 * n[2])
                d = [0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
            except ZeroDivisionError:
                d = [0, 0, 0, 0]
            good = all(0 < d[i] <= i for i in (1, 2, 3))
            self.d.append(d if good else [0, 0.5, 1.0, 1.5])

    def p(self, symbol: int, context: tuple[int, ...]) -> float:
        context = context[max(0, len(context) - self.order + 1) :]
        k = len(context) + 1
        below = 1 / self.n if k == 1 else self.p(symbol, context[1:])
        children = {g[-1]: c for g, c in self.a[k].items() if g[:-1] == context}
        total = sum(children.values())
        if not total:
            return below
        d = self.d[k - 1]
        left = sum(d[min(c, 3)] for c in children.values()) / total
        c = children.get(symbol, 0)
        return (c - d[min(c, 3)]) / total + left * below


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_every_probability_is_that_of_the_formulas(order: int) -> None:
    documents = [ALICE[:700], ALICE[3000:3600], b"the the"]
    model = NgramModel.train(documents, ByteAlphabet(), order, "m")
    slow = Slow([list(text) for text in documents], 256, order)
    for got, d in zip(model.discounts, slow.d, strict=True):
        assert got == pytest.approx(d[1:])
    window = [256, *ALICE[650:690], *b"zqz the"]
    found = np.exp(rows(model, window))
    for i in range(0, len(window), 4):
        context = tuple(window[: i + 1])
        expected = [slow.p(symbol, context) for symbol in range(97, 123)]
        np.testing.assert_allclose(found[i, 97:123], expected, rtol=1e-12)


def test_a_corpus_counted_by_hand() -> None:
    """Start a b a b: a follows {start, b}, b follows {a}; too few counts, so D is 0.5, 1, 1.5."""
    model = load("bigram", train="abab")
    a = (2 - 1) / 3 + (1 + 0.5) / 3 / 256
    b = (1 - 0.5) / 3 + (1 + 0.5) / 3 / 256
    assert isinstance(model, NgramModel)
    assert model.notes
    found = np.exp(rows(model, [256, *b"ab"]))
    assert found[0, ord("a")] == pytest.approx((1 - 0.5) / 1 + 0.5 * a)
    assert found[1, ord("b")] == pytest.approx((2 - 1) / 2 + 0.5 * b)
    assert found[2, ord("a")] == pytest.approx((1 - 0.5) / 1 + 0.5 * a)
    assert found[1, ord("z")] == pytest.approx(0.5 * 0.5 / 256)


def test_discounts_that_do_not_exist() -> None:
    assert kneser_ney_discounts(np.array([1, 1, 1, 1, 2, 2, 3])) == (0.5, 1.25, 3.0)
    assert kneser_ney_discounts(np.array([5, 6, 7])) is None
    assert kneser_ney_discounts(np.array([1, 2, 3, 4, 4, 4, 4, 4])) is None  # D3 < 0


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=3).filter(any),
    st.lists(st.integers(0, 256), min_size=1, max_size=12),
    st.integers(0, 5),
    st.booleans(),
)
def test_every_context_gets_exactly_one(documents, window, order, characters) -> None:
    alphabet = CharacterAlphabet.of(documents) if characters else ByteAlphabet()
    model = NgramModel.train(documents, alphabet, order, "m")
    window = [symbol % model.n_vocabulary for symbol in window]
    p = np.exp(rows(model, window))
    assert p.shape == (len(window), alphabet.n_symbols + 1)
    np.testing.assert_allclose(p.sum(1), 1.0, atol=1e-12)
    assert (p[:, :-1] > 0).all()
    assert (p[:, -1] == 0).all()


@pytest.mark.parametrize("name", ["uniform", "unigram", "bigram", "ngram:4", "ngram:3/characters"])
def test_scores_rows_and_sessions_agree(name: str) -> None:
    model = load(name, train=ALICE[:6000])
    assert isinstance(model, LanguageModel)
    assert isinstance(model, NgramModel)
    text = ALICE[6000:7000] + "ü".encode()
    ids = model.encode(text).ids
    found = score(text, model)
    np.testing.assert_allclose(model.surprisals(ids), found.surprisal, rtol=1e-9)
    window = np.concatenate([[model.prefix], ids])
    later = rows(model, window, 500)
    np.testing.assert_array_equal(rows(model, window)[500:], later)
    session = open_session(model, 2)
    halves = np.stack([window[:40], window[40:80]])
    session.extend(halves[:, :13])
    twin = session.copy()
    on = log_probabilities(session.extend(halves[:, 13:]), 0, 54).numpy()
    np.testing.assert_allclose(on[:27], rows(model, window[:40], 13), rtol=1e-12)
    np.testing.assert_allclose(on[27:], rows(model, window[40:80], 13), rtol=1e-12)
    once = log_probabilities(twin.extend(halves[:, 13:14]), 1, 2).numpy()
    np.testing.assert_allclose(once[0], on[27], rtol=1e-12)
    assert session.length == 40


def test_uniform_costs_the_log_of_the_alphabet() -> None:
    found = score(b"anything \xff", load("uniform"))
    assert found.bits_per_byte.value == pytest.approx(8.0, abs=1e-12)
    np.testing.assert_allclose(found.entropy / LN2, 8.0, atol=1e-12)
    named = load("uniform/characters", train="abc")
    assert score("cab", named).bits_per_byte.value == pytest.approx(math.log2(3 + 256), abs=1e-12)


@pytest.mark.parametrize("text", ODD)
def test_any_bytes_come_back(text: bytes) -> None:
    for alphabet in (ByteAlphabet(), CharacterAlphabet.of([ALICE, "né".encode()])):
        tokens = alphabet.encode(text)
        assert alphabet.decode(tokens.ids.tolist()) == text
        spelled = [alphabet.spell(int(i)) for i in tokens.ids]
        assert b"".join(spelled) == text
        starts = np.cumsum([0, *map(len, spelled)])
        np.testing.assert_array_equal(tokens.starts, starts[:-1])
        np.testing.assert_array_equal(tokens.ends, starts[1:])
        assert alphabet.spell(alphabet.n_symbols) == b"<start>"


def test_a_character_costs_one_symbol_where_it_is_known() -> None:
    alphabet = CharacterAlphabet.of(["né🙂".encode()])
    assert alphabet.characters == "né🙂"
    assert len(alphabet.encode("née🙂".encode()).ids) == 4
    assert len(alphabet.encode("ü".encode()).ids) == 2  # spelled by its bytes


def test_tokens_of_a_model_serve_as_symbols(tiny_folder) -> None:
    model = load(f"bigram/{tiny_folder}", train="the thin other the")
    assert isinstance(model, NgramModel)
    assert model.n_vocabulary == 260
    found = score("the other", model)
    assert found.tokens[0] == b"the"
    np.testing.assert_allclose(np.exp(rows(model, [259, *found.ids])).sum(1), 1, atol=1e-12)


def markov(n: int, seed: int) -> tuple[bytes, float]:
    """Three letters; the next depends on the last. Rate: sum pi H(row), in bits."""
    table = np.array([[0.8, 0.15, 0.05], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
    values, vectors = np.linalg.eig(table.T)
    pi = np.real(vectors[:, np.argmax(np.real(values))])
    pi /= pi.sum()
    rate = float(-(pi[:, None] * table * np.log2(table)).sum())
    rng, at, out = np.random.default_rng(seed), 0, bytearray()
    for u in rng.random(n):
        at = int(np.searchsorted(np.cumsum(table[at]), u))
        out.append(97 + at)
    return bytes(out), rate


def test_a_bigram_model_reaches_the_rate_of_a_markov_source() -> None:
    text, rate = markov(40_000, 3)
    held_out, train = text[:20_000], text[20_000:]
    found = score(held_out, load("bigram", train=train)).bits_per_byte
    assert found.stderr is not None
    assert abs(found.value - rate) < 4 * found.stderr
    one = score(held_out, load("unigram", train=train)).bits_per_byte
    shares = np.bincount(np.frombuffer(text, np.uint8))[97:100] / len(text)
    assert one.value == pytest.approx(float(-(shares * np.log2(shares)).sum()), abs=0.01)
    assert one.value > rate + 0.1


def test_longer_memory_helps_on_held_out_prose() -> None:
    train, held_out = ALICE[:9000], ALICE[9000:]
    names = ["uniform", "unigram", "bigram", "ngram:3"]
    cost = [float(score(held_out, load(name, train=train)).bits_per_byte) for name in names]
    assert sorted(cost, reverse=True) == cost


def test_saved_models_come_back_the_same(tmp_path, tiny_folder) -> None:
    ids = np.arange(40) % 250
    for i, name in enumerate(["uniform", "ngram:3", "bigram/characters", f"bigram/{tiny_folder}"]):
        model = load(name, train=[ALICE[:500], "é"])
        again = load(model.save(tmp_path / str(i)))
        assert (again.name, again.order) == (name, model.order)
        assert again.trained_on == model.trained_on
        np.testing.assert_array_equal(again.surprisals(ids), model.surprisals(ids))
    model.save(tmp_path / "0")  # a model folder may be replaced
    assert load(tmp_path / "0").name == model.name


@pytest.mark.parametrize("file", [CARD, "counts.npz"])
def test_a_damaged_or_missing_file_is_refused(file: str, tmp_path) -> None:
    load("ngram:3", train=ALICE[:500]).save(tmp_path / "m")
    path = tmp_path / "m" / file
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=file.replace(".", r"\.")):
        load(tmp_path / "m")
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    with pytest.raises(ModelError):
        load(tmp_path / "m")
    path.unlink()
    with pytest.raises((ModelError, NotFound), match=r"whole model folder|config\.json"):
        load(tmp_path / "m")


def test_a_card_of_another_version_or_kind_is_refused(tmp_path) -> None:
    load("bigram", train="abc").save(tmp_path / "m")
    card = json.loads((tmp_path / "m" / CARD).read_text())
    for change, why in [({"layout": 99}, "layout 99"), ({"kind": "tree"}, "'tree'")]:
        (tmp_path / "m" / CARD).write_text(json.dumps(card | change))
        with pytest.raises(ModelError, match=why):
            load(tmp_path / "m")


def test_a_folder_that_is_no_model_is_never_overwritten(tmp_path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(InvalidArgument, match="be new, or a model folder"):
        load("bigram", train="abc").save(tmp_path / "mine")
    with pytest.raises(NotFound, match="Create"):
        load("bigram", train="abc").save(tmp_path / "no" / "where")
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("ngram", InvalidArgument, "from 1 to 24"),
        ("ngram:0", InvalidArgument, "from 1 to 24"),
        ("ngram:five", InvalidArgument, "ngram:5"),
        ("unigram:2", InvalidArgument, "without a number"),
        ("bigram/", InvalidArgument, "symbols after the slash"),
        ("bigram/words", UnknownName, "bytes, characters, or a model"),
        ("lstm/characters", InvalidArgument, "be over bytes"),
        ("n-gram:5", UnknownName, "Did you mean 'ngram'"),
        ("smollm2", InvalidArgument, "left out for a model that is trained"),
    ],
)
def test_names_that_mean_nothing(name: str, kind: type[Exception], why: str) -> None:
    with pytest.raises(kind, match=why):
        load(name, train=None if name == "n-gram:5" else "some text")


def test_texts_that_cannot_be_trained_on(tmp_path) -> None:
    with pytest.raises(InvalidArgument, match="be the text on which 'bigram' is trained"):
        load("bigram")
    for train, why in [("", "at least one byte"), ([], "at least one text"), ("\ud800", "surrog")]:
        with pytest.raises(InvalidArgument, match=why):
            load("bigram", train=train)
    with pytest.raises(NotFound, match="file that exists"):
        load("bigram", train=tmp_path / "no.txt")
    with pytest.raises(WrongType, match="float"):
        load("bigram", train=[1.5])  # type: ignore[list-item]
    (tmp_path / "t.txt").write_bytes(b"abab")
    from_file = load("bigram", train=[tmp_path / "t.txt", b"cd"])
    assert from_file.trained_on == {"documents": 2, "bytes": 6, "symbols": 6}


def byte_order_two(documents, *, name: str) -> NgramModel:
    """A model of another pillar, as `BYTE_MODELS` names one."""
    return NgramModel.train(documents, ByteAlphabet(), 2, name)


def test_byte_models_of_others_are_picked_up_by_name(monkeypatch) -> None:
    monkeypatch.setitem(BYTE_MODELS, "ppm", "byte_models_of_a_test:byte_order_two")
    home = types.ModuleType("byte_models_of_a_test")
    home.byte_order_two = byte_order_two  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, home.__name__, home)
    found = load("ppm", train=ALICE[:500])
    assert found.name == "ppm"
    ids = np.array([1, 2, 3])
    expected = load("bigram", train=ALICE[:500]).surprisals(ids)
    np.testing.assert_array_equal(found.surprisals(ids), expected)
    with pytest.raises(InvalidArgument, match="be the text on which 'ppm' is trained"):
        load("ppm")
