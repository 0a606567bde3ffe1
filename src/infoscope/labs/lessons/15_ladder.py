# %% [markdown] covers="S10"
# # The ladder: from knowing nothing to a transformer
#
# Language models form a ladder. The lowest rung knows nothing, the next knows how often each symbol
# occurs, then pairs, then longer contexts, then networks. All are asked for the same thing: what
# does a text cost that they have not seen?
#
# They learn from the first ten chapters of *Alice* and are judged on the last two. The unit is
# **bits per byte**, which means the same for all, whatever their symbols are. An *n-gram* model
# looks at the last $n - 1$ symbols and counts what came next. Predict: how many bits does each rung
# need, and which step gains most?

# %%
import lzma
from importlib.resources import files

import numpy as np

from infoscope.language import ladder, load, score

packed = files("infoscope.labs") / "material" / "alice.txt.xz"
book = lzma.decompress(packed.read_bytes()).decode("utf-8")
begins = book.index("CHAPTER XI")
learned, held_out = book[:begins], book[begins:]
counting = ["uniform", "unigram", "bigram", "ngram:3", "ngram:4", "ngram:6"]
steps = ladder(held_out, train=learned, rungs=counting)
for rung in steps.rungs:
    print(f"{rung.name:8} {rung.bits_per_byte.value:6.3f} bits a byte   knows {rung.knows}")

# %%
costs = [rung.bits_per_byte.value for rung in steps.rungs]
assert costs[0] == 8.0
assert costs == sorted(costs, reverse=True)

# %% [markdown]
# The first step gains most, 3.45 bits, for a table of 72 numbers. A table of pairs gains one bit
# more. Each later step gains less and keeps more: the last one remembers 113,580 numbers.

# %%
gains = [rung.gain.value for rung in steps.rungs[1:]]
print("gains:", *(f"{gain:.2f}" for gain in gains), "bits a byte")
assert gains == sorted(gains, reverse=True)
assert steps["unigram"].n_numbers == 72
assert steps["ngram:6"].n_numbers == 113_580

# %% [markdown]
# ## What has not been seen must not be impossible
#
# A six-gram by plain counting gives probability 0 to every sequence that the ten chapters do not
# hold. One such place makes the whole text cost infinitely many bits.

# %% [markdown] exercise="unseen"
# ## How often does it happen?
#
# Let `new` be the share of six-character sequences in the held-out text that do not occur in what
# was learned.

# %% answer="unseen"
known = {learned[i : i + 6] for i in range(len(learned) - 5)}
pieces = [held_out[i : i + 6] for i in range(len(held_out) - 5)]
new = sum(piece not in known for piece in pieces) / len(pieces)

# %% check="unseen"
six = [held_out[i : i + 6] for i in range(len(held_out) - 5)]
assert np.isclose(new, np.mean([each not in learned for each in six]), rtol=1e-12)

# %%
print(f"{new:.0%} of the six-character sequences are new")

# %% [markdown]
# So counts must be **smoothed**. The models here follow Kneser and Ney (1995): they take a little
# from each count and hand it to shorter contexts. In those, a character counts by how many
# *different* characters it has followed, not by how often it came. Without smoothing there is no
# finite perplexity to report; a small constant in the logarithm would only hide that.

# %% [markdown] covers="C22"
# ## Higher rungs
#
# Four more rungs take longer, so quick mode shows a recorded run. `ppm:5` (prediction by partial
# matching, up to five symbols back) and `mix` (the byte model of lab 13) go on learning while they
# read, and join several contexts. The LSTM is a recurrent network with some 400,000 weights,
# trained on the ten chapters alone. SmolLM2 is a transformer with 135 million weights that has read
# billions of words, *Alice* very likely among them.

# %%
from infoscope.labs import recorded


def higher_rungs() -> dict:
    "Train and score what takes minutes."
    found = ladder(held_out, train=learned, rungs=["ppm:5", "mix", "lstm"])
    rates = {rung.name: rung.bits_per_byte.value for rung in found.rungs}
    tokens = {}
    for name in ("uniform", "unigram", "bigram", "ngram:3"):
        counted = load(f"{name}/smollm2", train=learned)
        tokens[name] = score(held_out, counted).perplexity.value
    model = load("smollm2")
    neural = score(held_out, model)
    rates["smollm2"] = neural.bits_per_byte.value
    tokens["smollm2"] = neural.perplexity.value
    return {
        "bits_per_byte": rates,
        "token_perplexity": tokens,
        "n_tokens": len(neural.ids),
        "word_perplexity": neural.word_perplexity.value,
        "byte_perplexity": neural.byte_perplexity.value,
        "short_windows": score(held_out, model, context=128).perplexity.value,
    }


# Training an LSTM on other machines ends within a few hundredths of a bit;
# the rest agrees to rounding in float32.
high = recorded(
    "15_ladder",
    higher_rungs,
    within={"bits_per_byte": 0.05, "token_perplexity": 0.5, "word_perplexity": 1.0},
)

# %%
from infoscope.figures import bar_chart

names = [rung.name for rung in steps.rungs] + list(high["bits_per_byte"])
heights = costs + list(high["bits_per_byte"].values())
bar_chart(
    names,
    heights,
    muted=[name == "smollm2" for name in names],
    title="Ten rungs on the last two chapters; the grey one had read more than the book",
    x_label="bits per byte",
    label_name="model",
)

# %%
rates = high["bits_per_byte"]
assert rates["smollm2"] < rates["mix"] < costs[-1]
assert rates["lstm"] > costs[-1]

# %% [markdown]
# The LSTM does not reach the six-gram. That says little about LSTMs and much about data: a network
# must learn from 126,000 characters what a table simply writes down. On a billion words the order
# is reversed (Jozefowicz and others, 2016).
#
# And the grey bar is no fair rung: its lead is what it has read elsewhere, this book perhaps
# included.

# %% [markdown] covers="C22 C23"
# ## The same ladder in perplexity
#
# Perplexity counts choices per symbol, so rungs can be compared only if all use one kind of symbol.
# Here they use the tokens of the transformer, pieces of words, and all below it learn from the same
# ten chapters.

# %%
for name, value in high["token_perplexity"].items():
    print(f"{name:8} perplexity {value:10,.1f} per token")
assert round(high["token_perplexity"]["uniform"]) == 49_152

# %% [markdown]
# A tutorial's table says "bigram about 200, transformer about 20", and its own code prints 120 and
# 10. That we get 196 and 19.5 is an accident. Such numbers belong to a corpus, a set of tokens and
# a rule for windows, the stretches that the model sees at once. From its smallest size to its
# largest, GPT-2 is published at 37.50 to 17.48 on WikiText-103 and at 65.85 to 35.76 on Penn
# Treebank: "about 20" fits the two largest on the first, and none on the second.
#
# One model on one text, five ways of telling:

# %%
units = {
    "per token, windows of 1,024": high["token_perplexity"]["smollm2"],
    "per token, windows of 128": high["short_windows"],
    "per word": high["word_perplexity"],
    "per byte": high["byte_perplexity"],
}
for name, value in units.items():
    print(f"{name:28} perplexity {value:7.2f}")
print(f"{'the last one, in bits':28} {rates['smollm2']:.3f} bits per byte")
assert abs(2 ** rates["smollm2"] - units["per byte"]) < 1e-6
assert units["per word"] > units["per token, windows of 128"]
assert units["per token, windows of 128"] > units["per token, windows of 1,024"]

# %% [markdown] exercise="convert"
# ## From one unit to another
#
# Nothing but counting connects them: the total is the same. From the perplexity per token, the
# number of tokens `high["n_tokens"]` and the bytes of `held_out`, compute `per_byte`, the bits per
# byte.

# %% answer="convert"
total = high["n_tokens"] * np.log2(high["token_perplexity"]["smollm2"])
per_byte = total / len(held_out.encode("utf-8"))

# %% check="convert"
assert abs(per_byte - rates["smollm2"]) < 1e-6

# %% [markdown]
# The answer works because a perplexity is the exponential of a *mean*. Taking the exponential of
# each token's surprisal first and the mean afterwards gives another number, usually an enormous
# one.

# %% quiz="rung"
{
    "ask": "On a new text of 1,000 characters, the six-gram of bytes from *Alice* needs 9 bits per "
    "byte. The uniform model needs 8. How can that be?",
    "options": [
        "there must be a bug: a trained model cannot lose to the uniform one",
        "it learned another language, and pays for being sure of it",
        "bits per byte cannot exceed 8",
    ],
    "answer": 1,
    "why": "The cost is the entropy plus the divergence from the text's law to the model's, which "
    "has no upper limit. On text in Greek letters it happens.",
}

# %% quiz="compare"
{
    "ask": "Model A has perplexity 20 per token, and its tokens have 4 characters on average. B "
    "has 4.1 per token, and its tokens are single characters. Which predicts the text better?",
    "options": ["A", "B", "it cannot be told"],
    "answer": 0,
    "why": "A pays $\\log_2 20 / 4 = 1.08$ bits a character, B pays $\\log_2 4.1 = 2.04$.",
}
