# %% [markdown] covers="S18"
# # Words and their company: pointwise mutual information
#
# "You shall know a word by the company it keeps" (Firth, 1957). Pointwise mutual information puts a
# number on the company. It finds names and idioms, it makes vectors of words, and word2vec turns
# out to be a way of computing it.
#
# For two words that stand side by side,
# $$\mathrm{PMI}(x, y) = \ln \frac{p(x, y)}{p(x)\,p(y)}$$
# in nats: 0 if they meet as often as chance would bring them together, positive if more often. The
# text is the test part of WikiText-2: 188,059 words of Wikipedia. Predict: which kind of pair has
# the very largest PMI?

# %%
import lzma
from importlib.resources import files

import numpy as np

from infoscope.language.words import collocations, read_words

material = files("infoscope.labs") / "material"
packed = (material / "wikitext2_test.txt.xz").read_bytes()
corpus = read_words(lzma.decompress(packed).decode("utf-8").splitlines())
print(f"{len(corpus.ids):,} words, {len(corpus.words):,} different ones")

everything = collocations(corpus, min_count=1, measure="pmi")
for pair in everything.top(5):
    print(f"{pair.x:12} {pair.y:14} seen {pair.count} time   PMI {pair.pmi:.2f} nats")
print(f"the largest possible PMI is ln {everything.n_pairs:,} = {np.log(everything.n_pairs):.2f}")

# %%
assert np.isclose(everything.pmi.max(), np.log(everything.n_pairs), rtol=1e-12)
assert everything.top(1)[0].count == 1

# %% [markdown]
# The largest of all belongs to pairs of words that occur once each, next to each other. For them
# $p(x, y) = p(x) = p(y) = 1/n$ and PMI is $\ln n$. That is no finding. PMI says how strong a bond
# is, and not how sure one may be of it.

# %% [markdown] exercise="hand" covers="T1.8"
# ## By hand
#
# *Hong* was followed by a word 12 times, *kong* was preceded by one 14 times, and 12 times they
# met, among `everything.n_pairs` pairs. Compute `hong_kong` in nats. Then, for *of the*, use
# `counts["of the"]` in the same way for `of_the`.

# %%
sure = collocations(corpus, min_count=10)
found = {f"{pair.x} {pair.y}": i for i, pair in enumerate(sure.top(len(sure.pmi)))}
counts = {
    name: (int(sure.count[i]), int(sure.left[i]), int(sure.right[i])) for name, i in found.items()
}
print("together, first, second:", counts["hong kong"], counts["of the"])

# %% answer="hand"
n = everything.n_pairs
hong_kong = np.log(12 * n / (12 * 14))
both, first, second = counts["of the"]
of_the = np.log(both * n / (first * second))

# %% check="hand"
assert counts["hong kong"] == (12, 12, 14)
assert np.isclose(hong_kong, sure.pmi[found["hong kong"]], rtol=1e-12)
assert np.isclose(of_the, sure.pmi[found["of the"]], rtol=1e-12)

# %% [markdown]
# ## Strong or sure?
#
# *Hong kong* has 9.5 nats from 12 meetings, *of the* 1.4 nats from 2,205. Which is the better
# collocation? The likelihood ratio $G^2$ (Dunning, 1993) asks how sure it is that the two are not
# independent: it is $2n$ times the mutual information, in nats, of two yes-or-no questions, "is the
# first word *hong*?" and "is the second *kong*?". It likes frequent pairs. In between stands
# normalised PMI: PMI divided by the largest value that the pair could have, $-\ln p(x, y)$.

# %%
from infoscope.figures import scatter_plot

ranked = {
    "PMI": sure.ranked("pmi"),
    "normalised PMI": sure.ranked("npmi"),
    "likelihood ratio": sure.ranked("log_likelihood"),
}
print("      " + "".join(f"{name:20}" for name in ranked))
for i, pairs in enumerate(zip(*(order.top(8) for order in ranked.values()), strict=True), 1):
    print(f"{i:4}  " + "".join(f"{f'{pair.x} {pair.y}':20}" for pair in pairs))

# %%
scatter_plot(
    sure.count,
    sure.pmi,
    log_x=True,
    title="Every pair seen ten times or more",
    x_label="times seen together",
    y_label="PMI, nats",
    description="Each dot is a pair of words. Rare pairs reach up to 9.5 nats; the commonest, "
    "of the, lies at 1.4.",
    width=640,
)

# %% [markdown]
# Names and idioms lie on the upper edge; grammar lies at the right. Ask for enough sightings, then
# rank by PMI, and names such as *Hong Kong* and *Beth Israel* come out on top. Of millions of pairs
# of words that could have met, some meet by luck, so the tests behind `sure.significant()` are
# corrected for all of them.

# %% [markdown] covers="T1.8"
# ## The average of PMI is mutual information
#
# Weight each pair by how often it occurs: $I(X; Y) = \sum p(x, y)\, \mathrm{PMI}(x, y)$. So how
# much does a word tell about the next? And how much when the words are shuffled, so that the truth
# is 0?


# %%
def shared(pairs) -> float:
    "Return the mean PMI over all pairs of places, in nats."
    return float(pairs.count @ pairs.pmi / pairs.n_pairs)


words = np.array(corpus.words, dtype=object)[corpus.ids]
shuffled = np.split(np.random.default_rng(0).permutation(words), corpus.ends[:-1])
chance = collocations([list(part) for part in shuffled], min_count=1, measure="pmi")
print(
    f"text {shared(everything):.2f} nats   shuffled {shared(chance):.2f} nats, where the truth is 0"
)
assert 2.5 < shared(chance) < shared(everything) < 3.5

# %% [markdown]
# The identity is exact, and the estimate is bad: most of the 3.2 nats are there for shuffled words,
# too. With 13,278 words there are 176 million possible pairs, and 186,000 places to see them. What
# a word tells about the next must be asked of a model that is judged on new text, as in lab 15.

# %% [markdown]
# ## From company to vectors
#
# Write PMI into a table, a row for each word and a column for each neighbour within five places.
# Words with similar rows keep similar company. Negative entries are set to 0 (**positive** PMI) and
# the table is squeezed to 100 columns by a singular value decomposition.

# %%
from infoscope.language.words import ppmi_embeddings, score_similarity

vectors = ppmi_embeddings(corpus, dimensions=100, eigenvalue_weight=0.0)
for word in ("album", "river", "three", "football"):
    print(f"{word:9}", ", ".join(near for near, _ in vectors.nearest(word, 6)))

# %% [markdown]
# Does it agree with people? WordSim-353 holds pairs of words whose likeness people rated from 0 to
# 10 (Finkelstein and others, 2002). Spearman's $\rho$ compares the two orders: 1 if they agree, 0
# for chance.

# %%
judged = score_similarity(vectors, str(material / "wordsim353.tsv"))
used = 353 - judged.diagnostics["n_missing"]
print(f"{judged.short()} on {used} pairs; the other words are too rare in this text")
assert judged.interval.low > 0.15

# %% [markdown]
# Clearly better than chance, from no more words than a thick novel has. From 1.5 billion words such
# vectors reach about 0.7 (Levy, Goldberg and Dagan, 2015).

# %% [markdown] exercise="shift" covers="C31"
# ## What word2vec factorises
#
# Skip-gram with negative sampling trains vectors $w$ and $c$ to tell true neighbours from $k$ words
# of noise. One pair of words, seen a share $a$ of the time, and expected by chance a share $b$,
# costs
# $$-a \ln \sigma(s) - k\,b \ln \sigma(-s), \qquad s = w \cdot c,$$
# where $\sigma(s) = 1/(1 + e^{-s})$. For $a = 0.02$, $b = 0.001$ and $k = 5$ find the best $s$
# (`best`) numerically, and give `pmi`.

# %% answer="shift"
from scipy.optimize import minimize_scalar


def cost(s: float, a: float = 0.02, b: float = 0.001, k: int = 5) -> float:
    "Return what one pair adds to the loss of skip-gram with negative sampling."
    return a * np.logaddexp(0, -s) + k * b * np.logaddexp(0, s)


best = minimize_scalar(cost, bracket=(-5, 5), options={"xtol": 1e-12}).x
pmi = np.log(0.02 / 0.001)

# %% check="shift"
assert np.isclose(pmi, 2.995732273553991, rtol=1e-12)
assert np.isclose(best, pmi - np.log(5), atol=1e-6)

# %% [markdown]
# The best value is not PMI, as is often written, but **PMI less $\ln k$**, the shift by the number
# of noise words (Levy and Goldberg, 2014). Set the derivative to 0 and it follows:
# $e^s = a / (k b)$.
#
# Does a real training come out there? The network never sees a PMI. Quick mode shows two recorded
# trainings on this text, with 1 and with 5 noise words.

# %%
from infoscope.labs import recorded
from infoscope.language.words import skip_gram


def two_trainings() -> dict:
    "Train skip-gram with 1 and 5 noise words, and lay products beside PMI."
    out: dict = {"pmi": [], "product": {}, "correlation": {}, "slope": {}}
    for k in (1, 5):
        model = skip_gram(
            corpus, dimensions=100, min_count=20, epochs=15, negatives=k, subsample=0.0,
            learning_rate=0.05, rng=0,
        )  # fmt: skip
        match = model.factorisation(min_count=20)
        out["correlation"][str(k)], out["slope"][str(k)] = match.correlation, match.slope
        # The same by hand, for a few hundred frequent pairs; the table counts both directions.
        size = len(model.words)
        table = np.zeros((size, size))
        np.add.at(table, (model.pairs.x, model.pairs.y), model.pairs.count)
        table += table.T
        noise = table.sum(axis=0) ** 0.75
        noise /= noise.sum()
        rows, columns = np.nonzero(table >= 60)
        rows, columns = rows[::3], columns[::3]
        true = np.log(table[rows, columns] / table.sum(axis=1)[rows] / noise[columns])
        products = np.sum(model.vectors[rows] * model.contexts[columns], axis=1, dtype=float)
        out["pmi"], out["product"][str(k)] = true.round(3).tolist(), products.round(3).tolist()
    return out


# A training in float32 on another machine rounds otherwise: correlations agree to a hundredth.
trained = recorded(
    "17_words", two_trainings, within={"pmi": 0.002, "correlation": 0.01, "slope": 0.05}
)
pmi_of = np.array(trained["pmi"])
products = {k: np.array(trained["product"][str(k)]) for k in (1, 5)}
line = np.array([pmi_of.min(), pmi_of.max()])

# %%
from infoscope.figures import small_multiples

small_multiples(
    [
        scatter_plot(
            pmi_of,
            products[k],
            curve=(line, line - np.log(k)),
            curve_name="PMI − ln k",
            x_range=(-1, 6),
            y_range=(-3, 6),
            title=f"{k} noise word{'s' * (k > 1)} for each true one",
            x_label="PMI, nats",
            y_label="product of the vectors",
            width=420,
        )
        for k in (1, 5)
    ],
    title="Trained vectors land on PMI less ln k",
)

# %%
for k in (1, 5):
    print(
        f"k = {k}: pairs seen 20 times or more: correlation {trained['correlation'][str(k)]:.2f}, "
        f"slope {trained['slope'][str(k)]:.2f}\n       the dots: product less PMI "
        f"{np.mean(products[k] - pmi_of):+.2f} on average, −ln k {0 - np.log(k):+.2f} nats"
    )
assert all(trained["correlation"][k] > 0.9 for k in ("1", "5"))
gap = np.mean(products[5] - products[1])
assert abs(gap + np.log(5)) < 0.15

# %% [markdown]
# The second cloud is the first one moved down by $\ln 5 = 1.61$ nats. The noise is drawn by
# frequency to the power 0.75, so that PMI is here taken against that law, too.

# %% quiz="rare"
{
    "ask": "Two words occur once each in a corpus, side by side. Their PMI is",
    "options": ["near 0, since there is too little evidence", "the largest possible", "undefined"],
    "answer": 1,
    "why": "$\\ln n$ for $n$ pairs of places. Strength and certainty are different things: ask for "
    "a least count, or for significance.",
}

# %% quiz="zero"
{
    "ask": "With k = 5 noise words, the product of two trained vectors is about 0. The two words",
    "options": [
        "are independent",
        "meet about five times as often as chance would have it",
        "never meet",
    ],
    "answer": 1,
    "why": "The product is PMI less $\\ln 5$. It is 0 where PMI is $\\ln 5$, a factor of five.",
}
