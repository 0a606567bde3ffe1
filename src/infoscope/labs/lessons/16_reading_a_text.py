# %% [markdown] covers="S11"
# # Reading a text: where is a reader surprised?
#
# A language model reads with expectations. At each token it holds a distribution over what may come
# next, and the token that comes has a surprisal under it. This lab looks at single tokens first and
# then at three kinds of text.
#
# Two numbers belong to each place and are easily confused. The **entropy** of the prediction says
# how unsure the reader is before the token comes. The **surprisal** says what the token cost.
# Predict: which of the two can be larger than the logarithm of the vocabulary's size?

# %% [markdown] covers="T3.3"
# ## Five predictions
#
# Below are logits for five places and ten possible tokens each, drawn at random, and the tokens
# that came. The loss that training reports is nothing but the mean of the five surprisals.

# %%
from math import log

import numpy as np
import torch

from infoscope import Logits, entropy, surprisal

torch.manual_seed(42)
logits = torch.randn(5, 10).double()
came = torch.tensor([3, 7, 1, 4, 9])
costs = surprisal(Logits(logits.numpy()))[np.arange(5), came.numpy()]
print("surprisals:", *(f"{cost:.4f}" for cost in costs), "nats")
loss = torch.nn.functional.cross_entropy(logits, came).item()
print(f"mean {costs.mean():.4f} nats; torch's loss {loss:.4f}")

# %%
truths = [
    5.239654446227254,
    2.706101861803117,
    2.169353379394106,
    2.356445841046681,
    2.159605870122382,
]
assert np.allclose(costs, truths, rtol=1e-12)
assert np.isclose(costs.mean(), 2.926232279718708, rtol=1e-12)
assert np.isclose(costs.mean(), loss, rtol=1e-12)

# %% [markdown] covers="T3.6 C4"
# ## A reader who knows nothing
#
# Now 50,257 tokens, the vocabulary of GPT-2, with logits drawn from a standard normal. A tutorial
# says that such a prediction has about 15.5 bits of entropy. It has 14.90. An even choice has
# 15.62, and logits of variance $\sigma^2$ take off about $\sigma^2 / 2$ nats: 0.72 bits for
# $\sigma = 1$.

# %%
V = 50_257
legacy = np.random.RandomState(42)  # the generator that the tutorial used
z = legacy.randn(V)
unsure = entropy(Logits(z), unit="bits")
expected = np.log2(V) - 0.5 / log(2)
print(f"entropy {unsure:.4f} bits, expected {expected:.4f}, even choice {np.log2(V):.4f}")
assert np.isclose(unsure, 14.90026131689972, rtol=1e-12)
assert np.isclose(expected, 14.89568941384326, rtol=1e-12)

# %% [markdown]
# Surprisal goes the other way. A token that has nothing to do with the logits costs
# $\ln V + \sigma^2 / 2$ nats on average: more than an even choice would. Being sure without reason
# is dearer than being unsure.

# %%
priced = surprisal(Logits(z), unit="bits").mean()
print(f"mean surprisal of a token drawn evenly: {priced:.3f} bits")
assert abs(priced - np.log2(V) - 0.5 / log(2)) < 0.02

# %% [markdown] exercise="boost" covers="T3.6 C3"
# ## How sure does a boost of 10 make it?
#
# Add 10 to the logit of token 42. The same tutorial calls the result confident, with an entropy of
# about 0.06 bits. Compute the real entropy `boosted` in bits, the probability `p42`, and `needed`,
# the boost that would give 0.06 bits. (`scipy.optimize.brentq` finds roots.)

# %% answer="boost"
from scipy.optimize import brentq


def with_boost(size: float) -> Logits:
    "Return the logits with `size` added to token 42."
    changed = z.copy()
    changed[42] += size
    return Logits(changed)


boosted = entropy(with_boost(10.0), unit="bits")
p42 = float(np.exp(-surprisal(with_boost(10.0))[42]))
needed = brentq(lambda size: entropy(with_boost(size), unit="bits") - 0.06, 10.0, 25.0, xtol=1e-10)

# %% check="boost"
assert np.isclose(boosted, 12.748699205053427, rtol=1e-12)
assert np.isclose(p42, 0.1917132346471931, rtol=1e-12)
assert np.isclose(needed, 17.470667920, atol=1e-8)

# %%
from infoscope.figures import line_chart

sizes = np.linspace(0, 24, 121)
line_chart(
    sizes,
    {"entropy": [entropy(with_boost(size), unit="bits") for size in sizes]},
    markers={"the boost of 10": 10.0, "0.06 bits": 17.47},
    title="One logit must outweigh fifty thousand others",
    x_label="what is added to one logit",
    y_label="entropy, bits",
)

# %% [markdown]
# A factor of $e^{10} = 22{,}026$ sounds like certainty, but it stands against 50,256 others. Token
# 42 gets 19 percent, and 12.7 bits of doubt remain.

# %% [markdown] covers="T3.21 X13 T3.Ex13" explorer="text"
# ## Three kinds of text
#
# Now a real model reads real texts: something from an encyclopaedia, something technical, and a
# list of words drawn at random. Predict the order of their bits per token, and whether any comes
# above an even choice among the model's 49,152 tokens, which is 15.6 bits.

# %%
from infoscope.language import load, score

texts = {
    "encyclopaedic": "The Danube is the second-longest river in Europe, after the Volga. It rises "
    "in the Black Forest in Germany, where the streams Brigach and Breg meet, and flows about "
    "2,850 kilometres south-east to the Black Sea. On its way it passes through ten countries and "
    "four capital cities: Vienna, Bratislava, Budapest and Belgrade.",
    "technical": "To find a key in a sorted array, compare it with the element in the middle. If "
    "they are equal, return its index. If the key is smaller, go on with the left half, otherwise "
    "with the right half. Each step halves what is left, so an array of n elements needs at most "
    "log2(n) + 1 comparisons.",
    "random words": "lantern seven quickly beneath orbit mustard reply the granite whisper "
    "folding eleven harbour justice copper sleeping under violin parcel often north biscuit "
    "thunder maybe ladder green verdict swim cathedral fractions elbow",
}
model = load("smollm2")
read = {name: score(text, model) for name, text in texts.items()}
bit = log(2)
for name, found in read.items():
    first = np.mean(found.rank == 1)
    print(f"{name:14} {found.bits_per_token.short():24} first guess right {first:4.0%}")

# %%
from infoscope.figures import column_chart

column_chart(
    list(read),
    {
        "entropy (expected)": [found.mean_entropy.value / bit for found in read.values()],
        "surprisal (paid)": [found.bits_per_token.value for found in read.values()],
    },
    references={"even choice": np.log2(49_152)},
    title="Expected and paid, for three kinds of text",
    y_label="bits a token",
    width=760,
)

# %%
assert np.isclose(log(50_257), 10.82490511970208, rtol=1e-14)  # nats: GPT-2's upper limit
assert model.n_vocabulary == 49_152
assert all(found.entropy.max() <= log(49_152) for found in read.values())
assert read["random words"].bits_per_token.value > np.log2(49_152)
assert read["encyclopaedic"].bits_per_token.value < 6

# %% [markdown]
# Entropy is never above the logarithm of the vocabulary. Surprisal may be: for the random words the
# model pays more than someone who knows nothing, because it expected sense. Where both bars are
# equal the model is as unsure as it should be on average. That is the least that calibration asks
# (lab 19), and one expects it of texts like those it was trained on.
#
# ## Profiles
#
# A single token says little: one text holds tokens of 27 bits and of 0.04. How many must be read
# before the three kinds can be told apart?

# %%
shortest = min(len(found.ids) for found in read.values())
places = np.arange(1, shortest + 1)
line_chart(
    places,
    {name: np.cumsum(found.surprisal[:shortest] / bit) / places for name, found in read.items()},
    references={"even choice": np.log2(49_152)},
    title="Nonsense stands apart within a dozen tokens, the two texts do not",
    x_label="tokens read",
    y_label="mean bits a token so far",
    from_zero=True,
)

# %% [markdown]
# ## Token by token
#
# The scale above each text says how many bits a colour stands for. Point at a token to see what the
# model would rather have read.

# %%
read["encyclopaedic"]

# %%
read["random words"]

# %%
for token in read["encyclopaedic"].most_surprising(5):
    best, chance = token.alternatives[0]
    print(
        f"{token.surprisal / bit:5.1f} bits {token.text!r:12} expected {token.entropy / bit:4.1f};"
        f" first guess {best!r} ({chance:.0%})"
    )

# %% [markdown]
# *Danube* costs 27 bits, where 11 were expected: after a first *The* thousands of words are open,
# and this is one that the model hardly thought of. *Sea* after *Black* costs 0.06 bits, and
# *cities* after *capital* 0.04. Information sits where the text could have gone on otherwise.
#
# ## The first token
#
# Nothing stands before the first token, so a model without a sign for "here a text begins" cannot
# predict it. Some programs leave it out of all numbers, others use such a sign. For a short text
# that matters, as you see below. This library states its rule with every result.

# %%
print(read["encyclopaedic"].rule.first_token)
without = score(texts["encyclopaedic"], model, prefix="none")
print(f"with the first token   {read['encyclopaedic'].bits_per_token.value:.3f} bits a token")
print(f"without                {without.bits_per_token.value:.3f}")
assert len(without.ids) == len(read["encyclopaedic"].ids) - 1

# %% [markdown] exercise="order"
# ## Mean first, then the exponential
#
# From `read["technical"].surprisal` (nats) compute the perplexity `ppl`, and `wrong`, the mean of
# the perplexities of single tokens.

# %% answer="order"
ppl = float(np.exp(read["technical"].surprisal.mean()))
wrong = float(np.exp(read["technical"].surprisal).mean())

# %% check="order"
assert np.isclose(ppl, read["technical"].perplexity.value, rtol=1e-12)
assert wrong > 50 * ppl

# %%
print(
    f"perplexity {ppl:.1f}; the mean of exponentials is {wrong:,.0f}, made by one token of 17 bits"
)

# %% [markdown]
# ## Reading the same thing again
#
# A sentence that stands six times in a row. The model was not trained in between; what it knows of
# the text is what it has just read.

# %%
sentence = "The kettle sang on the stove, and the cat slept beside it."
again = score(" ".join([sentence] * 6), model)
begin = np.searchsorted(again.starts, np.arange(6) * (len(sentence) + 1) - 1)
each = np.add.reduceat(again.surprisal / bit, begin)
line_chart(
    np.arange(1, 7),
    {"bits": each},
    title="A repeated sentence is nearly free from the third time on",
    x_label="which time",
    y_label="bits for the whole sentence",
    from_zero=True,
)

# %%
assert again.starts[begin[1]] == len(sentence)
assert each[0] > 80 > each[1] > each[2] > each[5]

# %% quiz="larger"
{
    "ask": "A model with 50,257 tokens reports a mean surprisal of 12 nats on a text. Is that "
    "possible? ($\\ln 50257 = 10.82$)",
    "options": [
        "no, the maximum is 10.82 nats",
        "yes, it is wrong with confidence",
        "only if probabilities do not sum to 1",
    ],
    "answer": 1,
    "why": "The bound of $\\ln V$ holds for the entropy of a prediction. Surprisal has no upper "
    "bound; the random words above cost more than an even choice.",
}

# %% quiz="equal"
{
    "ask": "On a text, mean entropy and mean surprisal are both 3.1 nats. So the model",
    "options": [
        "is perfect",
        "is as unsure as it should be on average, and may still be poor",
        "has seen the text before",
    ],
    "answer": 1,
    "why": "A model that always gives the letters' plain frequencies has both equal, too. "
    "Calibration is not knowledge.",
}
