# %% [markdown] covers="S13 C36" explorer="compression"
# # Codes: bits on paper become bits in a file
#
# Entropy was introduced as an average of logarithms. Shannon's source-coding theorem says what it
# is good for: no code that can be read back needs fewer bits on average, and some need hardly more.
# This lab builds them.
#
# Four symbols have the chances 1/2, 1/4, 1/8 and 1/8. Each gets a codeword of zeros and ones, and
# no codeword is the beginning of another, so that no commas are needed: a **prefix code**. Predict
# the best lengths of the four codewords.

# %%
from math import isclose

import numpy as np

from infoscope import entropy
from infoscope.codes import huffman, kraft_sum, shannon_code

p = [0.5, 0.25, 0.125, 0.125]
code = huffman(p)
print(code.codewords)
print("mean length", code.expected_length, "bits, entropy", entropy(p, unit="bits"), "bits")
assert code.codewords == ("0", "10", "110", "111")
assert code.expected_length == 1.75

# %%
code

# %% [markdown]
# ## Room for codewords
#
# A codeword of length $l$ takes up $2^{-l}$ of the room: the share of all long strings that begin
# with it. There is room 1, so $\sum_i 2^{-l_i} \le 1$. This inequality of Kraft's decides whether a
# prefix code of such lengths exists; nothing else matters.

# %%
for lengths in [(1, 2, 3, 3), (2, 2, 2, 2), (1, 2, 2, 3)]:
    total = kraft_sum(lengths)
    print(lengths, "sum", total, "possible" if total <= 1 else "impossible")
assert kraft_sum((1, 2, 2, 3)) == 1.125

# %% [markdown] exercise="shannon"
# ## Ideal lengths, rounded up
#
# Shannon's code gives symbol $i$ a word of $\lceil -\log_2 p_i \rceil$ bits, its surprisal rounded
# up. For the law $[.6, .3, .1]$ compute these `lengths`, their mean `mean_length`, and the mean
# length `best` of Huffman's code, which no prefix code can beat.

# %% answer="shannon"
q = np.array([0.6, 0.3, 0.1])
lengths = np.ceil(-np.log2(q)).astype(int)
mean_length = float(q @ lengths)
best = huffman(q).expected_length

# %% check="shannon"
assert list(lengths) == [1, 2, 4]
assert isclose(mean_length, shannon_code(q).expected_length)
assert isclose(best, 1.4)
assert entropy(q, unit="bits") <= best <= mean_length < entropy(q, unit="bits") + 1

# %% [markdown] covers="C32"
# ## Up to a bit is lost
#
# Whole bits are coarse. A coin that falls on heads 99 times in 100 has 0.081 bits, and Huffman's
# code cannot go below 1 bit a symbol. Coding **blocks** of symbols together narrows the gap: at
# most one bit is lost for each block.

# %%
from infoscope.codes import block_code
from infoscope.figures import line_chart

coin = [0.99, 0.01]
blocks = list(range(1, 11))
rates = [block_code(coin, n).rate for n in blocks]
line_chart(
    blocks,
    {"bits a symbol": rates},
    references={"entropy": entropy(coin, unit="bits")},
    title="Longer blocks come closer to the entropy",
    x_label="symbols in a block",
    y_label="bits a symbol",
)

# %%
assert rates[0] == 1.0
assert all(
    entropy(coin, unit="bits") <= rate < entropy(coin, unit="bits") + 1 / n
    for n, rate in zip(blocks, rates, strict=True)
)

# %% [markdown]
# ## One number for the whole message
#
# Arithmetic coding goes all the way: the whole message becomes one long binary fraction, and no
# symbol needs whole bits. ANS (asymmetric numeral systems) does it with one growing whole number
# instead. A million throws of that coin:

# %%
from infoscope.codes import ans, arithmetic

rng = np.random.default_rng(0)
throws = (rng.random(1_000_000) < 0.01).astype(np.int64)
ideal = -np.log2(np.where(throws == 1, 0.01, 0.99)).sum()
print(f"{'surprisal':12}{ideal:10,.0f} bits")
for coder in (arithmetic, ans):
    blob = coder.encode(throws, coin)
    print(f"{coder.name:12}{8 * len(blob):10,} bits")
    assert np.array_equal(coder.decode(blob, coin, len(throws)), throws)
    assert 8 * len(blob) <= ideal * 1.002 + 64
print(f"{'Huffman':12}{len(throws):10,} bits, one for each throw")

# %% [markdown]
# ## When the chances are not known
#
# Begin with a guess and learn while coding, here by the rule of Krichevsky and Trofimov (1981):
# counts begin at one half. Decoder and encoder learn the same, so nothing has to be sent. What it
# costs is small: about $\frac12 \log_2 n$ bits for each chance that is learned.

# %%
from infoscope.codes import krichevsky_trofimov

adaptive = krichevsky_trofimov(throws, 2, unit="bits").sum()
ones = throws.mean()
counted = 1_000_000 * entropy([1 - ones, ones], unit="bits")
print(f"learning cost {adaptive - counted:.1f} bits in a million throws")
print(f"half of log2 n is {0.5 * np.log2(1e6):.1f} bits")
assert 0 < adaptive - counted < 0.5 * np.log2(1e6) + 1.1

# %% [markdown] exercise="wrong"
# ## The price of the wrong code
#
# Code symbols of the law $[.7, .2, .1]$ with the ideal lengths of $[.1, .2, .7]$. How many bits a
# symbol are wasted (`waste`)? The waste has a name.

# %% answer="wrong"
from infoscope import kl_divergence

waste = kl_divergence([0.7, 0.2, 0.1], [0.1, 0.2, 0.7], unit="bits")

# %% check="wrong"
true = np.array([0.7, 0.2, 0.1])
assert isclose(
    waste, float(true @ -np.log2(true[::-1])) - entropy(true, unit="bits"), rel_tol=1e-12
)

# %% [markdown] covers="C36"
# ## What the theorem does not say
#
# "Nothing can be compressed below its entropy" is about averages, and about codes that can be read
# back. A single message may well come out shorter: in the first code above, the likeliest symbol
# takes 1 bit though the source has 1.75.

# %% quiz="kraft"
{
    "ask": "Can a binary prefix code have five words of lengths 1, 2, 3, 4 and 4?",
    "options": ["yes", "no"],
    "answer": 0,
    "why": "$1/2 + 1/4 + 1/8 + 1/16 + 1/16 = 1$: it fits exactly.",
}

# %% quiz="optimal"
{
    "ask": "Huffman's code is optimal. Why do compressors use arithmetic or ANS coding?",
    "options": [
        "Huffman's is optimal only among codes with whole bits for each symbol",
        "Huffman's cannot be decoded uniquely",
        "arithmetic coding goes below the entropy",
    ],
    "answer": 0,
    "why": "For a chance of 0.99 the ideal is 0.0145 bits, and a codeword has at least 1.",
}
