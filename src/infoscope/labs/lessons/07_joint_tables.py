# %% [markdown] covers="S6 T3.19" explorer="mutual-information"
# # Two variables: what one says about the other
#
# A joint table holds everything about two discrete variables: the chance $p(x, y)$ of each pair.
# From it come their entropies, what is left of one when the other is known, and how much they
# share.
#
# $H(X, Y)$ is the entropy of the pairs. $H(X|Y)$ is what is left of $X$ once $Y$ is known, on
# average over the values of $Y$. What $Y$ took away is the **mutual information**, $I(X;Y) = H(X) -
# H(X|Y)$.
#
# Two switches X and Y, with these chances of each combination. Predict: does knowing Y take away
# more of the uncertainty about X, or knowing X more of that about Y?

# %%
from itertools import pairwise
from math import isclose, log, log2

import numpy as np

from infoscope import Joint

switches = Joint([[0.40, 0.10], [0.15, 0.35]], ["X", "Y"])
for name in ("X", "Y", "X,Y", "X|Y", "Y|X"):
    print(f"{f'H({name})':6} = {switches.H(name):.6f} nats")
shared = switches.I("X;Y")
print(f"I(X;Y) = {shared:.6f} nats = {shared / log(2):.6f} bits")

# %%
assert isclose(switches.H("X"), 0.6931471805599453, rel_tol=1e-13)
assert isclose(switches.H("X|Y"), 0.5606417296428975, rel_tol=1e-13)
assert isclose(switches.H("Y|X"), 0.5556333627965406, rel_tol=1e-13)
assert isclose(switches.H("X,Y"), 1.248780543356486, rel_tol=1e-13)
assert isclose(switches.I("X;Y"), 0.1325054509170478, rel_tol=1e-12)

# %% [markdown]
# Neither: what they share is one number, whichever way you ask. That is why it is called *mutual*.
# The reason is the **chain rule**: the pair tells what X tells and then what is left of Y, or the
# other way round, $H(X,Y) = H(X) + H(Y|X) = H(Y) + H(X|Y)$.
#
# The picture makes the sums plain: two circles of size $H(X)$ and $H(Y)$, overlapping in $I(X;Y)$.

# %%
for first, second in [("X", "Y|X"), ("Y", "X|Y")]:
    assert isclose(switches.H("X,Y"), switches.H(first) + switches.H(second), rel_tol=1e-12)

# %%
from infoscope.figures import venn_of_two

parts = {name: value / log(2) for name, value in switches.venn().items()}
venn_of_two(
    ["X", "Y"],
    parts["H(X|Y)"],
    parts["I(X;Y)"],
    parts["H(Y|X)"],
    title="What the switches share",
)

# %% [markdown] exercise="threeways" covers="T3.17 C7"
# ## Three ways to one number
#
# For the table `[[.45, .05], [.05, .45]]` compute the mutual information in nats as a difference of
# entropies (`by_entropies`), as the KL divergence of the table from the product of its margins, the
# sums of its rows and columns (`by_kl`), and as the average of $\log \frac{p(x, y)}{p(x) p(y)}$
# (`by_average`). Then do `[[.4, .05], [.05, .5]]` in any way: `copied`.

# %% answer="threeways"
from infoscope import entropy, kl_divergence, mutual_information

table = np.array([[0.45, 0.05], [0.05, 0.45]])
product = np.outer(table.sum(axis=1), table.sum(axis=0))
by_entropies = 2 * log(2) - entropy(table.ravel())
by_kl = kl_divergence(table.ravel(), product.ravel())
by_average = float((table * np.log(table / product)).sum())
copied = mutual_information([[0.4, 0.05], [0.05, 0.5]])

# %% check="threeways"
assert isclose(by_entropies, 0.3680642071684971, rel_tol=1e-12)
assert isclose(by_kl, by_entropies, rel_tol=1e-12)
assert isclose(by_average, by_entropies, rel_tol=1e-12)
assert isclose(copied, 0.3636145170421432, rel_tol=1e-12)

# %% [markdown]
# The last table is often printed with 0.5004 beside it. That is the entropy in nats of a coin that
# falls on heads once in five throws, not what the two variables share: 0.3636 nats, 0.5246 bits.

# %% [markdown] covers="C10 T3.17"
# ## When one is a function of the other
#
# If $Y$ is computed from $X$, then nothing of $Y$ is left once $X$ is known, and $I(X;Y) = H(Y)$.
# It is *not* $H(X)$: throwing a part of $X$ away loses information. Let $X$ be one of four numbers,
# equally likely, and $Y$ tell whether it is even.

# %%
parity = Joint([[0.25, 0.0], [0.0, 0.25], [0.25, 0.0], [0.0, 0.25]], ["X", "Y"])
print("H(X) =", parity.H("X", unit="bits"), " H(Y) =", parity.H("Y", unit="bits"),
      " I =", parity.I("X;Y", unit="bits"), "bits")  # fmt: skip
assert isclose(parity.I("X;Y", unit="bits"), 1.0, rel_tol=1e-12)
assert isclose(mutual_information([[0.5, 0.0], [0.0, 0.5]]), log(2), rel_tol=1e-12)

# %% [markdown] exercise="independent" covers="X8 T3.Ex8"
# ## Zero if and only if independent
#
# Let `joint` be the table of two independent variables with the laws `a` = [.2, .3, .5] and `b` =
# [.6, .4], and `info` its mutual information in nats. Then move one hundredth from the top left
# cell to the one beside it: `moved` is the information now.

# %% answer="independent"
a, b = np.array([0.2, 0.3, 0.5]), np.array([0.6, 0.4])
joint = np.outer(a, b)
info = mutual_information(joint)
shifted = joint.copy()
shifted[0, 0] -= 0.01
shifted[0, 1] += 0.01
moved = mutual_information(shifted)

# %% check="independent"
assert abs(info) < 1e-15
nearby = [[0.11, 0.09], [0.18, 0.12], [0.3, 0.2]]
assert isclose(moved, mutual_information(nearby), rel_tol=1e-9)
assert moved > 1e-4

# %% [markdown] covers="T1.8"
# ## Single pairs: pointwise information
#
# Inside the average, each pair of values has its own $\log \frac{p(x, y)}{p(x) p(y)}$: above zero
# where the two come together more often than by chance, below where they avoid each other. Their
# average, each weighted by how often its pair comes, is the mutual information.

# %%
from infoscope import pointwise_mutual_information
from infoscope.figures import heat_map

pointwise = pointwise_mutual_information(switches.table, unit="bits")
heat_map(
    pointwise,
    ["X = 0", "X = 1"],
    ["Y = 0", "Y = 1"],
    title="Pairs that attract and pairs that avoid each other",
    unit="bits",
    quantity="pointwise mutual information",
    ramp="balance",
)

# %%
assert isclose(float((switches.table * pointwise).sum()), switches.I("X;Y", unit="bits"))

# %% [markdown] covers="T1.8"
# ## Three variables: XOR
#
# $X$ and $Y$ are fair coins, $Z$ tells whether they differ (the *exclusive or*, XOR). Any two of
# the three are independent, and yet any two determine the third. $I(X;Y|Z)$ is what $X$ and $Y$
# share once $Z$ is known: information between two can *appear* when a third is told.

# %%
xor = np.zeros((2, 2, 2))
for x in (0, 1):
    for y in (0, 1):
        xor[x, y, x ^ y] = 0.25
gate = Joint(xor, ["X", "Y", "Z"])
print("I(X;Y)   =", gate.I("X;Y", unit="bits"), "bits")
print("I(X;Y|Z) =", gate.I("X;Y|Z", unit="bits"), "bit")
assert abs(gate.I("X;Y")) < 1e-15
assert isclose(gate.I("X;Y|Z", unit="bits"), 1.0, rel_tol=1e-12)

# %% [markdown]
# ## Processing cannot add
#
# Send $X$ through one noisy wire to $Y$ and $Y$ through another to $Z$. Whatever the wires do, $Z$
# knows no more of $X$ than $Y$ does: $I(X;Z) \le I(X;Y)$, the **data-processing inequality**. Here
# $X$ is a fair bit, and each wire turns one bit in ten round.

# %%
from infoscope.channels import binary_symmetric
from infoscope.figures import line_chart

wire = np.asarray(binary_symmetric(0.1).channel)
step, known = np.eye(2), []
for _ in range(12):
    known.append(mutual_information(np.diag([0.5, 0.5]) @ step, unit="bits"))
    step = step @ wire
line_chart(
    np.arange(12),
    {"I(X; output)": known},
    title="Each noisy wire loses some, none gives back",
    x_label="wires in a row",
    y_label="bits",
)

# %%
assert all(later <= before + 1e-15 for before, later in pairwise(known))
h2 = -(0.1 * log2(0.1) + 0.9 * log2(0.9))
assert isclose(known[1], 1 - h2, rel_tol=1e-12)

# %% quiz="function"
{
    "ask": "Y is computed from X. Then I(X;Y) equals",
    "options": ["H(X)", "H(Y)", "H(X,Y)"],
    "answer": 1,
    "why": "$I = H(Y) - H(Y|X)$ and the second part is zero. It is H(X) only if X can be got back "
    "from Y.",
}

# %% quiz="venn"
{
    "ask": "Draw three circles for X, Y and Z of the XOR. The region where all three overlap is",
    "options": ["0 bits", "+1 bit", "−1 bit"],
    "answer": 2,
    "why": "It is $I(X;Y) - I(X;Y|Z) = 0 - 1$. With three variables regions may be negative: the "
    "picture is bookkeeping, not areas.",
}
