"""Words: counts by a slow loop, measures by hand and by SciPy, embeddings against dense algebra."""

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, false_discovery_control, fisher_exact, spearmanr

import infoscope
from infoscope.core.errors import (
    DataError,
    InfoscopeError,
    InvalidArgument,
    NotFound,
    UnknownName,
    WrongType,
)
from infoscope.language.words import (
    collocations,
    ppmi_embeddings,
    read_similarity_set,
    read_words,
    score_similarity,
    skip_gram,
)
from infoscope.language.words.exact_tails import log_upper_tail
from infoscope.language.words.factorising import ppmi_matrix
from infoscope.language.words.pair_counts import count_pairs
from infoscope.language.words.skip_gram_kernels import alias_tables


def random_corpus(seed: int, n_documents: int = 3, n: int = 60, v: int = 6) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    return [["abcdefghij"[i] for i in rng.integers(v, size=n)] for _ in range(n_documents)]


def test_words_are_split_and_numbered() -> None:
    tokens = read_words(["It's a well-known cat: a CAT!", "Ein Käfer, 3 Äpfel_x"])
    assert tokens.words == ("a", "cat", "it's", "well-known", "ein", "käfer", "3", "äpfel", "x")
    assert tokens.counts.tolist() == [2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert [tokens.words[i] for i in tokens.ids[:6]] == [
        "it's",
        "a",
        "well-known",
        "cat",
        "a",
        "cat",
    ]
    assert tokens.ends.tolist() == [6, 11]
    assert read_words([["A", "b"]]).words == ("A", "b")


@pytest.mark.parametrize(
    ("corpus", "error"), [("", InvalidArgument), ([], InvalidArgument), (b"a", WrongType),
                          (3, WrongType), ([3], WrongType), ([[3]], WrongType)],
    ids=["empty", "no documents", "bytes", "number", "numbers", "words"],
)  # fmt: skip
def test_what_is_no_text_is_refused(corpus: Any, error: type[InfoscopeError]) -> None:
    with pytest.raises(error, match="read_words: corpus must"):
        read_words(corpus)


@pytest.mark.parametrize(("first", "window"), [(1, 1), (1, 4), (2, 3), (5, 5)])
@pytest.mark.parametrize("n_kept", [3, 6])
def test_pairs_are_those_of_a_slow_loop(first: int, window: int, n_kept: int) -> None:
    tokens = read_words(random_corpus(0))
    slow: Counter[tuple[int, int]] = Counter()
    left, right, distances = Counter(), Counter(), Counter()
    begin = 0
    for end in tokens.ends.tolist():
        for i in range(begin, end):
            for d in range(first, window + 1):
                if i + d < end:
                    x, y = int(tokens.ids[i]), int(tokens.ids[i + d])
                    slow[x, y] += 1
                    left[x] += 1
                    right[y] += 1
                    distances[x, y] += d
        begin = end
    found = count_pairs(tokens, first, window, np.ones(window + 1), n_kept)
    pairs = list(zip(found.x.tolist(), found.y.tolist(), strict=True))
    assert pairs == sorted(pair for pair in slow if max(pair) < n_kept)
    assert found.count.tolist() == [slow[pair] for pair in pairs]
    assert found.distance.tolist() == [distances[pair] for pair in pairs]
    assert found.left.tolist() == [left[w] for w in range(6)]
    assert found.right.tolist() == [right[w] for w in range(6)]
    assert found.total == sum(slow.values())


def test_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = read_words(random_corpus(1))
    whole = count_pairs(tokens, 1, 3, np.ones(4), 6)
    monkeypatch.setattr("infoscope.language.words.pair_counts._PIECE", 7)
    cut = count_pairs(tokens, 1, 3, np.ones(4), 6)
    assert whole.count.tolist() == cut.count.tolist()
    assert whole.left.tolist() == cut.left.tolist()


@given(st.integers(0, 10**6))
def test_every_measure_by_its_definition_and_by_scipy(seed: int) -> None:
    found = collocations(random_corpus(seed), window=2, min_count=1)
    n = found.n_pairs
    joint = np.zeros((6, 6))
    joint[found.x, found.y] = found.count
    table = infoscope.pointwise_mutual_information(joint / n)
    normal = infoscope.pointwise_mutual_information(joint / n, variant="normalized")
    for i in range(0, len(found), 7):
        x, y, c = found.x[i], found.y[i], found.count[i]
        r, k = joint[x].sum(), joint[:, y].sum()
        cells = np.array([[c, r - c], [k - c, n - r - k + c]])
        test: Any = chi2_contingency(cells, correction=False, lambda_="log-likelihood")
        assert found.log_likelihood[i] == pytest.approx(test.statistic, rel=1e-9, abs=1e-9)
        shared = float(infoscope.mutual_information(cells / n))
        assert found.log_likelihood[i] == pytest.approx(2 * n * shared, rel=1e-7, abs=1e-7)
        fisher: Any = fisher_exact(cells.astype(int), alternative="greater")
        assert found.p_value[i] == pytest.approx(fisher.pvalue, rel=1e-9, abs=1e-14)
        assert found.expected[i] == pytest.approx(r * k / n)
        assert found.t_score[i] == pytest.approx((c - r * k / n) / math.sqrt(c))
        assert found.pmi[i] == pytest.approx(table[x, y], abs=1e-12)
        assert found.npmi[i] == pytest.approx(normal[x, y], abs=1e-12)


def test_a_table_by_hand() -> None:
    """'a b' 4 times in "a b a b a b a b": 7 pairs, ab 4, ba 3; a begins 4, b ends 4."""
    found = collocations("a b a b a b a b", min_count=1, measure="pmi")
    assert [(each.x, each.y, each.count) for each in found.top()] == [("b", "a", 3), ("a", "b", 4)]
    ab = found[1]
    assert ab.pmi == pytest.approx(math.log(4 / 7 / (4 / 7 * 4 / 7)))
    assert ab.npmi == pytest.approx(1.0)
    assert ab.expected == 16 / 7
    assert ab.p_value == pytest.approx(1 / math.comb(7, 4))
    by_hand = 2 * (4 * math.log(7 / 4) + 3 * math.log(7 / 3))
    assert ab.log_likelihood == pytest.approx(by_hand)
    assert found.n_tests == 4


def test_false_discoveries_count_the_pairs_that_were_not_seen() -> None:
    found = collocations(random_corpus(3), min_count=4)
    p = np.append(found.p_value, np.ones(found.n_tests - len(found)))
    expected = false_discovery_control(p)[: len(found)]
    np.testing.assert_allclose(found.q_value, expected, rtol=1e-12)


def test_words_that_fall_at_random_are_no_collocations() -> None:
    """Of 40 corpora without any structure, few show a pair below a false discovery rate of 5 %."""
    hits = sum(
        len(collocations(random_corpus(seed, 1, 400, 10), min_count=2).significant(0.05)) > 0
        for seed in range(40)
    )
    assert hits <= 6  # binomial(40, 0.05): above 6 once in 700


@pytest.mark.parametrize(
    ("c", "r", "k", "n"), [(1, 1, 1, 10), (5, 5, 5, 5), (3, 10, 12, 40), (30, 4000, 3000, 10**6),
                           (900, 30000, 30000, 10**6), (0, 4, 5, 9), (60, 100, 200, 10**7)],
)  # fmt: skip
def test_exact_tails_against_scipy(c: int, r: int, k: int, n: int) -> None:
    from scipy.stats import hypergeom

    count, row, column = (np.array([float(v)]) for v in (c, r, k))
    found = log_upper_tail(count, row, column, float(n))[0]
    slow = sum(hypergeom.pmf(np.arange(c, min(r, k) + 1), n, r, k))
    assert found == pytest.approx(math.log(slow), rel=1e-7, abs=1e-7)


def test_ranks_filters_and_discount() -> None:
    corpus = "new york is big . new york and the sea and the sea " * 8 + "rare pair " * 5
    found = collocations(corpus, min_count=3)
    by_pmi = found.ranked("pmi")
    assert (np.diff(by_pmi.pmi) <= 0).all()
    assert {each.x for each in found.without(["the", "and"]).top(99)}.isdisjoint({"the", "and"})
    less = collocations(corpus, min_count=3, discount=True).ranked("count")
    full = found.ranked("count")
    rarer = np.minimum(full.left, full.right)
    shrink = full.count / (full.count + 1) * rarer / (rarer + 1)
    np.testing.assert_allclose(less.pmi, full.pmi * shrink)
    loose = collocations(random_corpus(2), min_count=1)
    assert len(loose.significant(0.05)) == (loose.q_value <= 0.05).sum() < len(loose)
    json.dumps(found.to_dict(3), allow_nan=False)
    assert len(found.to_frame()) == len(found)
    assert "new york" in repr(found.ranked("t_score"))


def test_pairs_that_avoid_each_other_come_last() -> None:
    found = collocations("a b " * 40 + "a a b b", min_count=1)
    assert [(each.x, each.y) for each in found.top(4)][2:] in (
        [("a", "a"), ("b", "b")], [("b", "b"), ("a", "a")],
    )  # fmt: skip
    assert found[3].log_likelihood > 10
    assert found[3].p_value > 0.9


def test_a_window_sees_distant_partners_and_their_distance() -> None:
    found = collocations(["switch it off", "switch that off", "switch the thing off"], window=3,
                         min_count=3)  # fmt: skip
    assert (found[0].x, found[0].y) == ("switch", "off")
    assert found[0].mean_distance == pytest.approx(7 / 3)
    assert found.sd_distance[0] == pytest.approx(np.std([2, 2, 3]))
    apart = collocations(["switch it off", "switch that off"], first=2, window=2, min_count=2)
    assert [(each.x, each.y) for each in apart.top()] == [("switch", "off")]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"window": 0}, InvalidArgument, "window must be at least 1"),
        ({"first": 3, "window": 2}, InvalidArgument, "first must be at most the window"),
        ({"min_count": 1.5}, WrongType, "min_count must be a whole number"),
        ({"measure": "chi"}, UnknownName, "measure must be one of"),
    ],
    ids=["window", "first", "count", "measure"],
)
def test_refusals_of_collocations(options: dict, error: type[InfoscopeError], message: str) -> None:
    with pytest.raises(error, match=message):
        collocations("a b c", **options)


def test_nothing_frequent_enough_is_an_empty_result() -> None:
    assert len(collocations("a b c d", min_count=5)) == 0
    assert len(collocations("one", min_count=1)) == 0


@pytest.mark.parametrize(("negatives", "smoothing"), [(1.0, 1.0), (1.0, 0.75), (5.0, 0.75)])
def test_the_matrix_is_shifted_positive_pmi(negatives: float, smoothing: float) -> None:
    tokens = read_words(random_corpus(5))
    pairs = count_pairs(tokens, 1, 2, np.ones(3), 6)
    found = ppmi_matrix(pairs, 6, negatives, smoothing).toarray()
    dense = np.zeros((6, 6))
    dense[pairs.x, pairs.y] += pairs.count
    dense = dense + dense.T
    if smoothing == 1.0:
        expected = infoscope.pointwise_mutual_information(
            dense / dense.sum(), variant="positive", negatives=negatives
        )
    else:
        share = dense.sum(0) ** smoothing / (dense.sum(0) ** smoothing).sum()
        p = dense / dense.sum(1, keepdims=True)
        with np.errstate(divide="ignore"):
            expected = np.maximum(np.log(p / share) - math.log(negatives), 0.0)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def two_topics(n: int = 400) -> list[list[str]]:
    """Words of one topic share contexts and never those of the other."""
    rng = np.random.default_rng(0)
    topics = [["cat", "dog", "mouse", "milk", "fur"], ["bond", "stock", "bank", "rate", "loan"]]
    return [[topics[i % 2][j] for j in rng.integers(5, size=8)] for i in range(n)]


def test_vectors_are_the_truncated_svd() -> None:
    tokens = read_words(two_topics())
    found = ppmi_embeddings(tokens, dimensions=4, window=3, min_count=1, weighting="flat")
    pairs = count_pairs(tokens, 1, 3, np.ones(4), 10)
    dense = ppmi_matrix(pairs, 10, 1.0, 0.75).toarray()
    u, s, _ = np.linalg.svd(dense)
    mine, slow = found.vectors, u[:, :4] * np.sqrt(s[:4])
    np.testing.assert_allclose(mine @ mine.T, slow @ slow.T, atol=1e-8)
    again = ppmi_embeddings(tokens, dimensions=4, window=3, min_count=1, weighting="flat")
    np.testing.assert_array_equal(found.vectors, again.vectors)


@pytest.mark.parametrize("method", ["ppmi", "skip-gram"])
def test_words_that_share_contexts_are_neighbours(method: str) -> None:
    corpus = two_topics()
    made = (
        ppmi_embeddings(corpus, dimensions=3, window=4, min_count=1) if method == "ppmi"
        else skip_gram(corpus, dimensions=8, window=4, min_count=1, epochs=20, subsample=0)
    )  # fmt: skip
    for word, topic in (("cat", "dog mouse milk fur"), ("bond", "stock bank rate loan")):
        assert {each for each, _ in made.nearest(word, 4)} == set(topic.split())
    assert made.similarity("cat", "cat") == pytest.approx(1.0)
    assert "cat" in made
    assert "horse" not in made
    with pytest.raises(UnknownName, match="word must be one of"):
        made.similarity("cat", "horse")


def test_skip_gram_factorises_shifted_pmi() -> None:
    """As many dimensions as words: w·c tends to PMI - ln k on every pair that is seen often."""
    rng = np.random.default_rng(1)
    chain = rng.dirichlet(np.full(8, 0.7), size=8)
    state, words = 0, []
    for _ in range(40_000):
        state = int((chain[state].cumsum() < rng.random()).sum().clip(max=7))
        words.append("abcdefgh"[state])
    made = skip_gram([words], dimensions=8, window=1, negatives=3, smoothing=1.0, epochs=12,
                     subsample=0, learning_rate=0.05, rng=4)  # fmt: skip
    found = made.factorisation(min_count=100)
    assert found.correlation > 0.99
    assert found.slope == pytest.approx(1.0, abs=0.1)
    assert found.rms_error < 0.15
    assert made.losses[-1] < made.losses[0]


def test_training_repeats_with_its_seed() -> None:
    one, two, three = (
        skip_gram(two_topics(60), dimensions=5, min_count=1, epochs=2, rng=seed)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.vectors, two.vectors)
    assert one.losses == two.losses
    assert not np.array_equal(one.vectors, three.vectors)


@given(st.lists(st.floats(0.01, 100.0), min_size=1, max_size=20))
def test_alias_tables_hold_the_weights(weights: list[float]) -> None:
    w = np.array(weights)
    keep, other = alias_tables(w)
    mass = np.bincount(np.arange(len(w)), keep, len(w)) + np.bincount(other, 1 - keep, len(w))
    np.testing.assert_allclose(mass / len(w), w / w.sum(), atol=1e-12)


def test_similarity_sets_are_read_and_scored(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv"
    path.write_text("# a comment\nWord 1\tWord 2\tMean\ncat\tDog\t9\ncat\tbond\t1\nbank\tloan\t8\n"
                    "fur\trate\t2\nmilk\tmouse\t7\nstock\thorse\t3\ndog\tloan\t1.5\n")  # fmt: skip
    pairs = read_similarity_set(path)
    assert pairs[0] == ("cat", "dog", 9.0)
    assert len(pairs) == 7
    made = ppmi_embeddings(two_topics(), dimensions=3, window=4, min_count=1)
    found = score_similarity(made, path)
    known = [each for each in pairs if "horse" not in each]
    slow = spearmanr([made.similarity(a, b) for a, b, _ in known], [s for *_, s in known])
    assert float(found) == pytest.approx(float(slow.statistic))  # type: ignore[attr-defined]
    assert found.diagnostics["n_missing"] == 1
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high <= 1.0
    with pytest.raises(InvalidArgument, match="hold at least five with vectors"):
        score_similarity(made, pairs[:2])
    with pytest.raises(NotFound, match="path must exist"):
        read_similarity_set(tmp_path / "none.tsv")
    (tmp_path / "bad.tsv").write_text("no numbers here\n")
    with pytest.raises(DataError, match="two words and a number"):
        read_similarity_set(tmp_path / "bad.tsv")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"dimensions": 10}, InvalidArgument, "dimensions must be below the number of words, 10"),
        ({"dimensions": 0}, InvalidArgument, "dimensions must be at least 1"),
        ({"smoothing": 0.0}, InvalidArgument, "smoothing must lie above 0 and be at most 1"),
        ({"negatives": 0}, InvalidArgument, "negatives must lie above 0"),
        ({"min_count": 10**6}, InvalidArgument, "Lower min_count"),
        ({"weighting": "none"}, UnknownName, "weighting must be one of"),
        ({"window": "5"}, WrongType, "window must be a whole number"),
    ],
    ids=["many", "none", "smoothing", "negatives", "rare", "weighting", "window"],
)
def test_refusals_of_embeddings(options: dict, error: type[InfoscopeError], message: str) -> None:
    with pytest.raises(error, match=message):
        ppmi_embeddings(two_topics(20), **{"min_count": 1, "dimensions": 3, **options})
