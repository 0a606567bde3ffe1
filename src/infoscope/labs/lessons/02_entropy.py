# %% [markdown] covers="S2 T2.1 T3.4 T4.1 C21" explorer="entropy"
# # Entropy: how much news to expect
#
# Surprisal measures one outcome. Entropy is its average: how many bits a source tells you each
# time, before you know what it will say. The list of its probabilities is called its *law* in these
# labs, a short word for probability distribution.
#
# For probabilities $p_i$ it is $H(p) = -\sum_i p_i \log p_i$. Predict first: which tells more, a
# fair coin or a coin that falls on heads nine times in ten? And how much does a coin with two
# heads tell?

# %%
from infoscope import entropy

sources = {
    "fair coin": [0.5, 0.5],
    "nine in ten": [0.9, 0.1],
    "ninety-nine in a hundred": [0.99, 0.01],
    "two heads": [1.0, 0.0],
    "fair die": [1 / 6] * 6,
    "loaded die": [0.5, 0.1, 0.1, 0.1, 0.1, 0.1],
}
for name, p in sources.items():
    print(f"{name:26}{entropy(p, unit='bits'):10.6f} bits {entropy(p):10.6f} nats")

# %% [markdown]
# One quantity, two units: a bit is $\ln 2 = 0.6931$ nats, so a nat is $1/0.6931 = 1.4427$ bits. A
# number without its unit may be either, so every number here has one beside it. Calls answer in
# nats unless they are asked for bits.

# %% covers="T0.1 T0.2 T2.6 T4.1 T4.3"
from math import isclose

from infoscope import surprisal

assert isclose(entropy([0.5, 0.5]), 0.6931471805599453, rel_tol=1e-15)
assert isclose(entropy([0.9, 0.1], unit="bits"), 0.4689955935892812, rel_tol=1e-14)
assert isclose(entropy([0.99, 0.01], unit="bits"), 0.08079313589591117, rel_tol=1e-13)
assert isclose(entropy([0.5, *[0.1] * 5], unit="bits"), 2.160964047443681, rel_tol=1e-14)
assert isclose(surprisal(0.9, unit="bits"), 0.15200309344505, rel_tol=1e-13)
assert entropy([1 / 256] * 256, unit="bits") == 8.0

# %% [markdown] covers="C13 C20 T0.3"
# ## Certainty is exactly zero
#
# An outcome that cannot happen adds nothing: $0 \log 0 = 0$, the limit of $x \log x$. Code that
# writes $\log(p + 10^{-12})$ to avoid the corner gets $-1.000 \cdot 10^{-12}$ for a sure thing, a
# negative entropy, and is slightly wrong everywhere else.

# %%
import numpy as np

sure = np.array([1.0, 0.0])
softened = -np.sum(sure * np.log(sure + 1e-12))
print("with an epsilon:", softened)
print("exact:          ", entropy(sure))
assert str(entropy(sure)) == "0.0"
assert isclose(softened, -1.000088900581841e-12, rel_tol=1e-9)

# %% [markdown] covers="T4.2 T0.Ex1 X11 C30"
# ## The curve of a coin
#
# Let the chance of heads go from 0 to 1. The entropy climbs to one bit at 1/2 and falls again. It
# looks like a parabola and is none: at 1/4 it is 0.811 bits, where the parabola of the same height
# has 0.75, and at both ends it is infinitely steep.

# %%
from infoscope.figures import line_chart

heads = np.linspace(0, 1, 201)
coin = entropy(np.stack([heads, 1 - heads], axis=1), unit="bits")
line_chart(
    heads,
    {"entropy": coin, "parabola": 4 * heads * (1 - heads)},
    title="The entropy of a coin is steeper at its ends than a parabola",
    x_label="chance of heads",
    y_label="bits",
)

# %%
for chance, bits in [
    (0.1, 0.4689955935892812),
    (0.2, 0.7219280948873623),
    (0.3, 0.8812908992306926),
    (0.4, 0.9709505944546686),
    (0.5, 1.0),
    (0.25, 0.8112781244591328),
]:
    assert isclose(entropy([chance, 1 - chance], unit="bits"), bits, rel_tol=1e-14)

# %% [markdown] exercise="uniform" covers="X2 T3.Ex2 T3.5 T1.Do1"
# ## Equal chances are the most uncertain
#
# Show that $N$ equal outcomes have entropy $\log N$: write `bits_of(n)` by the definition, without
# calling `entropy`, and give `tokens`, the bits in one token of a vocabulary of 50,257 when nothing
# is known.

# %% answer="uniform"
from math import log2


def bits_of(n: int) -> float:
    "Return the entropy of n equal outcomes in bits, term by term."
    return sum(-(1 / n) * log2(1 / n) for _ in range(n))


tokens = bits_of(50257)

# %% check="uniform"
for n, bits in [(2, 1.0), (4, 2.0), (8, 3.0), (100, 6.643856189774725)]:
    assert isclose(bits_of(n), bits, rel_tol=1e-12), n
assert isclose(tokens, 15.61703693428774, rel_tol=1e-9)

# %% [markdown]
# Each of the $N$ terms is $\frac1N \log N$, so they sum to $\log N$.
#
# Rounded, a token has 15.62 bits. That is what a model that has learned nothing needs for each one;
# whatever it learns shows as fewer bits.

# %% [markdown]
# ## The most uncertain law with a given mean
#
# Of all laws on the faces of a die, which has the largest entropy if its mean is 4.5 and not 3.5?
# The answer has the form $p_i \propto e^{\lambda x_i}$, a softmax of the faces $x_i$, where the one
# number $\lambda$ is set so that the mean comes out right. Nothing else is assumed, which is why
# this law is the honest choice when a mean is all you know.

# %%
from infoscope import maximum_entropy
from infoscope.figures import bar_chart

faces = np.arange(1, 7)
tilted = maximum_entropy(faces, [(faces, 4.5)])
bar_chart(
    [str(face) for face in faces],
    tilted.p,
    title="The most uncertain die whose mean is 4.5",
    x_label="probability",
    label_name="face",
)

# %%
ratios = tilted.p[1:] / tilted.p[:-1]
print(f"each face is {ratios[0]:.6f} times as likely as the one before")
assert np.allclose(ratios, ratios[0], rtol=1e-9)
assert isclose(float(tilted.p @ faces), 4.5, rel_tol=1e-9)

# %% [markdown]
# On the whole line the same question has famous answers: with mean and variance fixed it is the
# normal law, on the positive numbers with the mean fixed it is the exponential one.
#
# A density $f$ has entropy $-\int f(x) \ln f(x)\,dx$. It is compared as before, but it depends on
# the unit in which $x$ is measured, and it may be negative. Three laws of variance 1, and three
# laws of mean 1 on the positive numbers:

# %%
from scipy import stats

families = {
    "variance 1": {
        "normal": stats.norm(),
        "Laplace": stats.laplace(scale=2**-0.5),
        "uniform": stats.uniform(0, 12**0.5),
    },
    "mean 1, positive": {
        "exponential": stats.expon(),
        "gamma, shape 2": stats.gamma(2, scale=0.5),
        "uniform on 0 to 2": stats.uniform(0, 2),
    },
}
for fixed, laws in families.items():
    amounts = {name: float(entropy(law)) for name, law in laws.items()}
    for name, amount in amounts.items():
        print(f"{fixed:18} {name:18} {amount:.6f} nats")
    assert max(amounts, key=amounts.__getitem__) in ("normal", "exponential")

# %% [markdown] covers="C12 S1"
# ## What singles entropy out
#
# It is often said that being continuous, largest for equal chances and additive for independent
# sources leaves only this formula. That is not so: every Rényi entropy of order $\alpha > 0$,
# $\frac{1}{1-\alpha} \log \sum_i p_i^\alpha$, does all three.
#
# What only Shannon's entropy obeys is the **grouping rule**: first learn the group $g$, then the
# member. $H(\text{both}) = H(\text{group}) + \sum_g p_g\, H(\text{within } g)$.

# %%
from infoscope import renyi_entropy

p = np.array([0.5, 0.2, 0.3])
group = np.array([0.5, 0.5])  # {first}, {second, third}
within = np.array([0.4, 0.6])
in_steps = renyi_entropy(group, 2) + 0.5 * renyi_entropy(within, 2)
print("Shannon:       ", entropy(p), "=", entropy(group) + 0.5 * entropy(within), "nats")
print("Rényi, order 2:", renyi_entropy(p, 2), "≠", in_steps, "nats")
assert isclose(entropy(p), entropy(group) + 0.5 * entropy(within), rel_tol=1e-14)

# %% [markdown] covers="X17 T1.Do1"
# ## A calculator for real text
#
# How many bits are in a character of prose, if only the frequencies of characters are known?
# Counting gives an estimate, and a short text makes it too low: some characters have not shown up
# yet. An estimator that knows this corrects for it. (The ± takes the characters for independent
# draws, which those of a text are not: read it as a rough size.)

# %%
from infoscope import estimate
from infoscope.data import path_of

chapter = path_of("alice_chapter_1.txt").read_text(encoding="utf-8")
for n in (100, 1000, len(chapter)):
    naive = estimate.entropy(list(chapter[:n]), method="plugin", unit="bits")
    corrected = estimate.entropy(list(chapter[:n]), unit="bits")
    print(f"{n:6} characters: counted {naive.short()}, corrected {corrected.short()}")

# %% [markdown] exercise="calculator"
# ## Your own calculator
#
# Write `text_bits(text)`: the entropy in bits of the characters' frequencies, as counted, by a
# dictionary and the definition.

# %% answer="calculator"
from collections import Counter


def text_bits(text: str) -> float:
    "Return the plug-in entropy of the characters of a text in bits."
    return sum(-(c / len(text)) * log2(c / len(text)) for c in Counter(text).values())


# %% check="calculator"
assert text_bits("aaaa") == 0.0
assert text_bits("abab") == 1.0
naive = estimate.entropy(list(chapter), method="plugin", unit="bits")
assert isclose(text_bits(chapter), naive.value, rel_tol=1e-9)

# %% quiz="grouping"
{
    "ask": "Which property do Shannon's entropy and Rényi's *not* share?",
    "options": [
        "largest for equal chances",
        "additive for independent sources",
        "the grouping rule",
    ],
    "answer": 2,
    "why": "What the group tells, and then on average the member, adds up to the whole only with "
    "Shannon's.",
}

# %% quiz="zero"
{
    "ask": "What is the entropy of [1, 0] in bits?",
    "options": ["undefined, because log 0 is", "0", "about −0.000000000001"],
    "answer": 1,
    "why": "The impossible outcome adds the limit of $x \\log x$, which is 0; the sure one adds "
    "$-\\log 1 = 0$.",
}
