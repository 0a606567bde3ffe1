# %% [markdown] covers="S17" explorer="bottleneck"
# # The bottleneck: forget as much as you can, and keep what matters
#
# You see $X$, you care about $Y$, and you may keep only a short note $T$ of what you saw. A good
# note costs little, $I(X;T)$, and tells much, $I(T;Y)$. The information bottleneck (Tishby, Pereira
# & Bialek 1999) asks for the best notes at every price:
#
# $$\min_{p(t|x)} \; I(X;T) - \beta \, I(T;Y)$$
#
# Let $X$ be a letter of *Alice* and $Y$ the letter after it. You may remember one of two things
# about each letter. Predict: into which two heaps should the alphabet be sorted?

# %%
from itertools import pairwise
from math import isclose, log, log2

import numpy as np

from infoscope import mutual_information
from infoscope.channels import agglomerative_bottleneck, bottleneck_curve, information_bottleneck
from infoscope.data import path_of

letters = "abcdefghijklmnopqrstuvwxyz "
text = path_of("alice_chapter_1.txt").read_text(encoding="utf-8").lower()
text = " ".join("".join(c if c in letters else " " for c in text).split())
counts = np.zeros((27, 27))
for one, following in pairwise(text):
    counts[letters.index(one), letters.index(following)] += 1
pairs = counts / counts.sum()
told = mutual_information(pairs, unit="bits")
print(f"{int(counts.sum()):,} pairs of letters; a letter tells {told:.4f} bits of the next one")


def heaps(assignment) -> list[str]:
    "Return the letters of each cluster, the space written as _."
    return [
        "".join(c for c, t in zip(letters, assignment, strict=True) if t == k).replace(" ", "_")
        for k in sorted(set(assignment))
    ]


# %% [markdown]
# Start with 27 heaps of one letter each and join, again and again, the two whose joining loses
# least (Slonim & Tishby 1999). Nobody tells the program what a vowel is.

# %%
for n in (2, 3, 4, 6):
    merged = agglomerative_bottleneck(pairs, n, unit="bits")
    print(f"{n} heaps keep {merged.value / told:.0%}: ", "  ".join(heaps(merged.assignment)))
assert set(heaps(agglomerative_bottleneck(pairs, 3).assignment)) == {
    "aeiou", "bcdfghjklmnpqrstvwxyz", "_",
}  # fmt: skip

# %% [markdown]
# It finds the vowels, and the space among them: after each of these a consonant is likely. What
# belongs together is decided by what follows, not by shape or sound.

# %% [markdown] exercise="join"
# ## What joining costs
#
# Two letters of chances $p_1$ and $p_2$ are joined. What is lost is $(p_1 + p_2)$ times the
# Jensen–Shannon divergence of what follows them, weighted by their shares. Compute `loss` in bits
# for "a" and "e".

# %% answer="join"
from infoscope import jensen_shannon_divergence

p1, p2 = pairs[0].sum(), pairs[4].sum()
loss = (p1 + p2) * jensen_shannon_divergence(
    pairs[0] / p1, pairs[4] / p2, weights=[p1 / (p1 + p2), p2 / (p1 + p2)], unit="bits"
)

# %% check="join"
joined = np.vstack([np.delete(pairs, [0, 4], axis=0), pairs[0] + pairs[4]])
assert isclose(loss, told - mutual_information(joined, unit="bits"), rel_tol=1e-9)

# %% [markdown]
# ## Soft notes: the whole curve
#
# Heaps are hard notes. A soft note may be random: this letter goes to heap 1 in seven of ten cases.
# Then every price can be met, not only whole heaps. The solver follows the curve through all
# $\beta$; each point carries a gap, how far it may be from the best.

# %%
curve = bottleneck_curve(pairs, n=25, unit="bits")
print(f"largest gap {curve.gap:.1e} bits")
assert curve.converged
assert curve.gap < 1e-6
curve.figure()

# %% [markdown]
# Two ceilings hold it down. A note cannot tell more of $Y$ than it holds of $X$, and not more than
# $X$ itself tells: $I(T;Y) \le \min\{I(X;T), I(X;Y)\}$, which is the data-processing inequality.
# The curve bends, because the most telling distinctions are bought first.

# %%
assert np.all(curve.relevances <= np.minimum(curve.complexities, told) + 1e-9)
assert np.all(np.diff(curve.relevances) >= -1e-9)
slopes = np.diff(curve.relevances) / np.maximum(np.diff(curve.complexities), 1e-12)
assert slopes[5] > slopes[-1]
for n in (2, 3, 4):
    merged = agglomerative_bottleneck(pairs, n, unit="bits")
    sizes = [pairs[merged.assignment == k].sum() for k in range(n)]
    cost = -sum(size * log2(size) for size in sizes)
    best = curve.relevance_at(cost)[0]  # lower end: known to be attained
    print(f"{n} hard heaps: {cost:.3f} bits for {merged.value:.3f}; soft: {best:.3f}")
    assert merged.value <= best + 1e-6

# %% [markdown]
# ## A case with a formula
#
# A fair bit $X$ comes out flipped in 10 of 100 cases: $Y$. Here the whole curve is known. By "Mrs.
# Gerber's lemma" (Wyner & Ziv 1973) the best note at the price of $C$ bits is $X$ itself, sent
# through a noisy channel of its own. Does the solver find it without being told?

# %%
from infoscope.channels import mrs_gerber

bit = [[0.45, 0.05], [0.05, 0.45]]
known = bottleneck_curve(bit, n=30, unit="bits")
formula = [1 - mrs_gerber(0.1, 1 - c, unit="bits") for c in known.complexities]
print(f"largest difference: {float(np.abs(known.relevances - formula).max()):.0e} bits")
assert np.allclose(known.relevances, formula, rtol=0, atol=1e-6)

# %%
from infoscope.figures import line_chart

prices = np.linspace(0, 1, 101)
line_chart(
    prices,
    {
        "a bit flipped in 1 of 10": [1 - mrs_gerber(0.1, 1 - c, unit="bits") for c in prices],
        "no noise": prices,
    },
    dots={"solver, β = 3": (known.complexities[np.searchsorted(known.betas, 3)],
                            known.relevances[np.searchsorted(known.betas, 3)])},
    title="What the best note of each size tells about Y",
    x_label="size of the note, I(X;T), bits",
    y_label="I(T;Y), bits",
)  # fmt: skip

# %% [markdown] exercise="onset"
# ## At first nothing is worth keeping
#
# $\beta$ says how many bits of $X$ one would give for a bit about $Y$. At its start the curve has a
# slope $s$: a bit of $X$ tells at most $s$ bits about $Y$. So below $\beta = 1/s$ the best note is
# empty. For this bit $s$ is the squared correlation of $X$ and $Y$. Give the `onset`, the $\beta$
# from which on a note is worth its price.

# %% answer="onset"
correlation = 0.9 - 0.1  # agree minus disagree, for two fair bits
onset = 1 / correlation**2

# %% check="onset"
assert isclose(onset, 1.5625, rel_tol=1e-12)
assert isclose(onset, float(known.critical_betas[0]), rel_tol=1e-6)
assert information_bottleneck(bit, onset - 0.05).complexity < 1e-9
assert information_bottleneck(bit, onset + 0.05).complexity > 1e-3

# %% [markdown] exercise="equations"
# ## The equations behind it
#
# The best note fulfils, for each $x$ and $t$, an equation in which it meets itself:
#
# $$p(t|x) \propto p(t) \, e^{-\beta D(p(y|x) \| p(y|t))}$$
#
# Each $x$ goes where its future is closest in KL divergence. Write `improved(encoder, beta)`, one
# round: from $p(t|x)$ of the `bit` compute $p(t)$ and $p(y|t)$, then the new $p(t|x)$, with rows
# that sum to one.

# %% answer="equations"
from infoscope import kl_divergence


def improved(encoder, beta: float) -> np.ndarray:
    "Return p(t|x) after one round of the self-consistent equations."
    table = np.array(bit)
    marginal = table.sum(axis=1) @ encoder
    future = (encoder.T @ table) / marginal[:, None]
    own = table / table.sum(axis=1, keepdims=True)
    far = np.array([[kl_divergence(row, other) for other in future] for row in own])
    new = marginal * np.exp(-beta * far)
    return new / new.sum(axis=1, keepdims=True)


# %% check="equations"
solved = information_bottleneck(bit, 3.0)
assert np.allclose(improved(solved.encoder, 3.0), solved.encoder, atol=1e-6)
start = np.array([[0.6, 0.4], [0.4, 0.6]])
for _ in range(300):
    start = improved(start, 3.0)
reached = mutual_information(np.array([[0.5], [0.5]]) * start)
assert isclose(reached, solved.complexity, abs_tol=1e-6)

# %% [markdown] covers="C10"
# ## When $Y$ is decided by $X$
#
# Let $X$ be one of four numbers and $Y$ its parity. Then $X$ has 2 bits, but tells of $Y$ only
# $I(X;Y) = H(Y) = 1$ bit. The curve is a straight line of slope 1: each bit of a good note is a bit
# about $Y$. A bend needs noise between $X$ and $Y$ (Kolchinsky, Tracey & Van Kuyk 2019).

# %%
parity = [[0.25, 0], [0, 0.25], [0.25, 0], [0, 0.25]]
assert isclose(mutual_information(parity, unit="bits"), 1.0, rel_tol=1e-12)
straight = bottleneck_curve(parity, [0.5, 1.5, 5.0], unit="bits")
print("complexity:", straight.complexities.round(6), " relevance:", straight.relevances.round(6))
assert np.allclose(straight.complexities, straight.relevances, atol=1e-6)

# %% [markdown]
# ## Numbers instead of letters
#
# For jointly normal $X$ and $Y$ of correlation $\rho$ the best note is $X$ with some more noise,
# and the curve has a closed form (Chechik and others 2005). For $\rho = 0.8$ the onset is
# $1/\rho^2$ once more, and the ceiling $-\frac12 \log_2(1 - \rho^2) = 0.737$ bits.

# %%
from infoscope.channels import gaussian_bottleneck, gaussian_bottleneck_curve

cov = [[1.0, 0.8], [0.8, 1.0]]
smooth = gaussian_bottleneck_curve(cov, 1, n=60, unit="bits")
assert isclose(float(smooth.critical_betas[0]), 1.5625, rel_tol=1e-12)
ceiling = -0.5 * log(1 - 0.8**2) / log(2)
assert smooth.relevances[-1] < ceiling
assert isclose(gaussian_bottleneck(cov, 1, 1e9, unit="bits").relevance, ceiling, rel_tol=1e-6)
line_chart(
    smooth.complexities,
    {"best note": smooth.relevances},
    references={"all that X tells": ceiling},
    title="Two normal variables of correlation 0.8",
    x_label="I(X;T), bits",
    y_label="I(T;Y), bits",
)

# %% [markdown]
# A number can be described without end, so the curve goes on to the right for ever. That is why
# "the information that a network's layer keeps of its input" needs care: without noise it is
# infinite for numbers, and all of $H(X)$ for a finite data set.

# %% quiz="vowels"
{
    "ask": "Why did the program put all the vowels on one heap?",
    "options": [
        "they sound alike",
        "similar letters follow them, so joining them loses little about the next letter",
        "they are the most frequent letters",
    ],
    "answer": 1,
    "why": "Only $p(y|x)$ enters. For another $Y$, say the letter's place on the keyboard, "
    "the heaps would be others.",
}

# %% quiz="beta"
{
    "ask": "With β = 1, the best note is",
    "options": ["empty", "a copy of X", "half of X"],
    "answer": 0,
    "why": "By data processing $I(T;Y) \\le I(X;T)$, so at β = 1 no note has a negative cost, and "
    "the empty one has cost 0.",
}
