# %% [markdown] covers="S23" explorer="channels"
# # Capacity: how much gets through, and how much may be left out
#
# Compression takes away what is superfluous. Shannon's other half (1948) asks two more questions.
# How much can be sent through a channel that makes errors? And how short can a description be if
# errors are allowed in it? Both answers are mutual informations, one as large as possible, one as
# small as possible.
#
# A wire flips each bit with chance 0.1. Predict: how many bits of message per bit sent can arrive
# **without any error**? Many say 0.9. Some say 0, since every bit is in doubt.

# %%
from math import isclose, log2

import numpy as np

from infoscope import entropy, mutual_information
from infoscope.channels import binary_symmetric, capacity

flips = [[0.9, 0.1], [0.1, 0.9]]
found = capacity(flips, unit="bits")
print(found)
assert isclose(found.value, 1 - entropy([0.1, 0.9], unit="bits"), rel_tol=1e-9)
assert isclose(found.value, binary_symmetric(0.1, unit="bits").value, rel_tol=1e-9)

# %% [markdown]
# It is $1 - h(0.1) = 0.531$ bits. The receiver must learn the message **and** where the errors
# were, and the errors alone are worth $h(0.1) = 0.469$ bits each time, $h$ being the entropy of a
# coin.
#
# A channel is a table $W$: row $x$ says what comes out when $x$ goes in. Its capacity is the mutual
# information of input and output under the best use of the inputs: $C = \max_{p(x)} I(X;Y)$.

# %% [markdown] exercise="arimoto"
# ## Blahut's and Arimoto's steps
#
# The maximum is found by a simple rule (Blahut 1972, Arimoto 1972). Each input gets more weight by
# how much its row differs from the output: $p(x) \leftarrow p(x) \, e^{D(W_x \| q)} / Z$ with $q =
# \sum_x p(x) W_x$, $D$ in nats, and $Z$ such that the sum is 1. Write `blahut_arimoto(W, n)`: `n`
# steps from even chances; it returns $p$ and the information in nats.

# %% answer="arimoto"
from infoscope import kl_divergence


def blahut_arimoto(W, n: int):
    "Return the input distribution after n steps, and I(X;Y) under it in nats."
    W = np.array(W)
    p = np.full(len(W), 1 / len(W))
    for _ in range(n):
        q = p @ W
        p = p * np.exp([kl_divergence(row, q) for row in W])
        p /= p.sum()
    return p, mutual_information(p[:, None] * W)


# %% check="arimoto"
z = [[1.0, 0.0], [0.5, 0.5]]
p, nats = blahut_arimoto(z, 200)
assert isclose(nats, capacity(z).value, abs_tol=1e-6)
assert np.allclose(p, [0.6, 0.4], atol=1e-4)
assert isclose(nats / np.log(2), log2(5 / 4), abs_tol=1e-6)

# %% [markdown]
# ## How do you know that it is the maximum?
#
# At the best input, every input in use has the same divergence $D(W_x \| q)$ from the output, and
# none has more. For any input the largest of these is an **upper** bound on $C$, so the gap between
# both bounds proves how near one is. The channel here lets 0 pass, and every second 1 arrives as 0.

# %%
steps = [1, 2, 3, 5, 8, 13, 21, 34]
lower, upper = [], []
for n in steps:
    p, nats = blahut_arimoto(z, n)
    lower.append(nats / np.log(2))
    upper.append(max(kl_divergence(row, p @ np.array(z), unit="bits") for row in z))
from infoscope.figures import line_chart

line_chart(
    steps,
    {"lower bound": lower, "upper bound": upper},
    references={"log2(5/4)": log2(5 / 4)},
    title="Two bounds close in on the capacity",
    x_label="steps",
    y_label="bits per use",
)

# %%
assert all(
    low <= log2(5 / 4) + 1e-12 <= high + 2e-12 for low, high in zip(lower, upper, strict=True)
)

# %% [markdown]
# ## Known channels
#
# The solver against formulas that can be worked out by hand. It stops at a proven gap.

# %%
from infoscope.channels import binary_erasure, symmetric_channel, z_channel

known = {
    "flips 11 of 100 bits": ([[0.89, 0.11], [0.11, 0.89]], binary_symmetric(0.11, unit="bits")),
    "loses 1 of 4, and says so": ([[0.75, 0.25, 0], [0, 0.25, 0.75]],
                                  binary_erasure(0.25, unit="bits")),
    "every second 1 becomes 0": (z, z_channel(0.5, unit="bits")),
    "26 letters, 1 of 10 wrong": (
        np.full((26, 26), 0.1 / 25) + np.eye(26) * (0.9 - 0.1 / 25),
        symmetric_channel(26, 0.1, unit="bits"),
    ),
}  # fmt: skip
for name, (W, formula) in known.items():
    solved = capacity(W, unit="bits")
    print(f"{name:26} {solved.value:.9f} bits, gap {solved.gap:.0e}")
    assert solved.converged
    assert isclose(solved.value, formula.value, abs_tol=1e-9)
assert isclose(known["loses 1 of 4, and says so"][1].value, 0.75, rel_tol=1e-12)
assert isclose(known["flips 11 of 100 bits"][1].value, 0.500084042, abs_tol=1e-9)

# %% [markdown]
# A wire that flips 11 of 100 bits passes just half a bit. One that **says** which bits it lost
# passes as much only when it loses half of them. Not to know what is wrong costs far more than to
# know what is missing.

# %% [markdown] exercise="typewriter"
# ## The noisy typewriter
#
# Each of 26 keys prints its own letter or the next one, evenly (after z comes a). Give the capacity
# `keys` in bits. Hint: which keys would you use so that nothing is ever in doubt?

# %% answer="typewriter"
keys = log2(13)  # every second key is never confused with another

# %% check="typewriter"
typewriter = 0.5 * np.eye(26) + 0.5 * np.roll(np.eye(26), 1, axis=1)
assert isclose(keys, capacity(typewriter, unit="bits").value, abs_tol=1e-9)

# %% [markdown] explorer="rate-distortion"
# ## The other side: how much may be left out
#
# Now nothing is sent. A source is to be described, and a mean distortion $D$ is allowed. The theory
# of rate and distortion asks for the smallest information that does it: $R(D) = \min I(X; \hat X)$
# over all descriptions $\hat X$ that are near enough (Shannon 1959).
#
# A fair coin is thrown a million times; 11 in 100 throws may be reported wrongly. Predict: how many
# bits does the report need per throw?

# %%
from infoscope.channels import bernoulli_rate_distortion, rate_distortion, rate_distortion_curve

hamming = [[0, 1], [1, 0]]
report = rate_distortion([0.5, 0.5], hamming, distortion=0.11, unit="bits")
print(report)
assert isclose(report.value, 1 - entropy([0.11, 0.89], unit="bits"), abs_tol=1e-9)
assert isclose(report.value, bernoulli_rate_distortion(0.5, 0.11, unit="bits").value, abs_tol=1e-9)

# %% [markdown]
# Half a bit: the same number as the capacity of the wire that makes as many errors. The best
# description looks like the output of just that wire. One is the mirror of the other.
#
# For a coin with chance 0.2 the curve begins at its entropy, $h(0.2) = 0.722$ bits, and ends at
# $D = 0.2$: always to report the likelier side needs no bits at all.

# %%
curve = rate_distortion_curve([0.8, 0.2], hamming, n=41, unit="bits")
assert isclose(curve.rates[0], 0.7219280948873623, abs_tol=1e-9)
assert isclose(curve.distortions[-1], 0.2, abs_tol=1e-9)
assert np.allclose(
    curve.rates,
    [bernoulli_rate_distortion(0.2, d, unit="bits").value for d in curve.distortions],
    atol=1e-8,
)
naive = 0.7219280948873623 * (1 - curve.distortions / 0.2)
line_chart(
    curve.distortions,
    {"best possible": curve.rates, "forget a share of the throws": naive},
    title="A few errors save many bits",
    x_label="share of throws reported wrongly",
    y_label="bits a throw",
)

# %% [markdown] exercise="gaussian"
# ## Numbers with a squared error
#
# For a normal variable of variance $\sigma^2$ the rate is $R(D) = \frac12 \log_2(\sigma^2 / D)$
# bits. How many bits a sample does it take to halve the **typical** error (`halve`)? And what is
# the rate for $\sigma^2 = 9$ and $D = 0.25$ (`rate`)?

# %% answer="gaussian"
halve = 0.5 * log2(4)  # half the error is a quarter of the squared error
rate = 0.5 * log2(9 / 0.25)

# %% check="gaussian"
from infoscope.channels import gaussian_rate_distortion

assert halve == 1.0
assert isclose(rate, gaussian_rate_distortion(9.0, 0.25, unit="bits").value, rel_tol=1e-12)
for bits in (1, 2, 3):
    assert isclose(
        gaussian_rate_distortion(1.0, 4.0**-bits, unit="bits").value, bits, rel_tol=1e-12
    )

# %% [markdown]
# One bit a sample for half the error: 6.02 decibels a bit, as engineers say. A plain rounding
# pays 0.25 bits more at high rates, for cells that are cubes and not balls.
#
# ## Water filling
#
# A channel that adds normal noise of variance $N$ carries $\frac12 \log_2(1 + P/N)$ bits per use at
# power $P$. A power of 6.5 is to be shared by four of them, with noise of variances 1, 2, 4 and 8.
# Predict: do all of them get some? Pour water into a vessel whose floor has these four heights.

# %%
from infoscope.channels import gaussian_capacity, parallel_gaussian_capacity

noise = [1.0, 2.0, 4.0, 8.0]
poured = parallel_gaussian_capacity(noise, 6.5, unit="bits")
print("water stands at", poured.water_level, "and the power goes", poured.powers.tolist())
print(f"capacity {poured.value:.4f} bits per use of all four")
even = sum(gaussian_capacity(6.5 / 4 / n, unit="bits").value for n in noise)
print(f"shared evenly it would be {even:.4f} bits")
assert isclose(poured.water_level, 4.5, rel_tol=1e-12)
assert np.allclose(poured.powers, [3.5, 2.5, 0.5, 0.0])
assert isclose(poured.value, 0.5 * (log2(4.5) + log2(2.25) + log2(1.125)), rel_tol=1e-12)
assert even < poured.value

# %%
from infoscope.figures import bar_chart

bar_chart(
    [f"channel {i}, {what}" for i in (1, 2, 3, 4) for what in ("noise", "power")],
    [value for pair in zip(noise, poured.powers, strict=True) for value in pair],
    muted=[True, False] * 4,
    title="Noise and power add up to 4.5 wherever the water reaches",
    x_label="variance of the noise, and power",
    label_name="channel",
)

# %% [markdown]
# The best channel gets most, the worst nothing. For descriptions it is the other way round: of
# several sources, those with less variance than the water level are not described at all. That is
# how a picture coder drops its finest waves.

# %%
from infoscope.channels import parallel_gaussian_rate_distortion

coded = parallel_gaussian_rate_distortion([4.0, 1.0, 0.1], 1.1, unit="bits")
print("error of each:", coded.distortions.tolist(), f"   rate {coded.value:.4f} bits")
assert np.allclose(coded.distortions, [0.5, 0.5, 0.1])
assert isclose(coded.value, 0.5 * (log2(4 / 0.5) + log2(1 / 0.5)), rel_tol=1e-12)

# %% [markdown]
# ## Both halves together
#
# A source that needs $R(D)$ bits a symbol can be sent over a channel of capacity $C$ with
# distortion $D$ if $R(D) < C$, and not if $R(D) > C$. Compression and protection may be built
# apart, and nothing is lost in the long run. That is why a file can be packed without knowing what
# cable it will travel.

# %% quiz="half"
{
    "ask": "A wire flips every bit with chance 1/2. Its capacity is",
    "options": ["1/2 bit", "0 bits", "1 bit, if the receiver flips back"],
    "answer": 1,
    "why": "The output is a fair coin whatever goes in. With chance 1 of a flip it would be 1 bit: "
    "one only has to flip back.",
}

# %% quiz="repeat"
{
    "ask": "To send over a noisy wire without errors, must the rate go to zero, as by repeating?",
    "options": ["yes", "no: any rate below the capacity will do, with long blocks"],
    "answer": 1,
    "why": "That was Shannon's surprise in 1948: errors vanish at a fixed rate, and the price is "
    "the length of blocks, not the rate.",
}

# %% quiz="zero"
{
    "ask": "$R(D)$ at the largest useful distortion is 0. What is then sent?",
    "options": ["nothing: the receiver always says the same", "one bit a symbol", "the mean, anew"],
    "answer": 0,
    "why": "A description that tells nothing costs nothing; the best constant answer has that "
    "distortion.",
}
