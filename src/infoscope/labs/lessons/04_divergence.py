# %% [markdown] covers="S4 T2.3 T2.4" explorer="kl"
# # KL divergence: what a wrong belief costs beyond the news itself
#
# Take the entropy away from the cross-entropy, and the pure cost of being wrong is left. It is the
# most used comparison of two laws in machine learning, and it has a direction.
#
# $D(p\,\|\,q) = \sum_i p_i \log \frac{p_i}{q_i}$, also written KL(p‖q): the world is $p$, the
# belief is $q$. Predict: is it the same the other way round?

# %%
from math import inf, isclose

from infoscope import cross_entropy, entropy, kl_divergence

p, q = [0.6, 0.3, 0.1], [0.3, 0.5, 0.2]
print("KL(p‖q) =", kl_divergence(p, q), "nats")
print("KL(q‖p) =", kl_divergence(q, p), "nats")
assert isclose(kl_divergence(p, q), 0.1933259031501754, rel_tol=1e-13)
assert isclose(kl_divergence(q, p), 0.1860980938270008, rel_tol=1e-13)
assert isclose(kl_divergence(p, q), cross_entropy(p, q) - entropy(p), rel_tol=1e-12)

# %% [markdown]
# It is not. With the world first, averaged over what happens, it is called the **forward**
# divergence; with the belief first, averaged over what is believed, the **reverse** one.

# %% [markdown] exercise="byhand" covers="X24 T0.Ex2 T3.11 C5"
# ## By hand
#
# Compute both directions between $p = [0.9, 0.1]$ and a fair coin, in nats, term by term: `to_fair`
# is $D(p\,\|\,\text{fair})$ and `from_fair` the other.

# %% answer="byhand"
from math import log

to_fair = 0.9 * log(0.9 / 0.5) + 0.1 * log(0.1 / 0.5)
from_fair = 0.5 * log(0.5 / 0.9) + 0.5 * log(0.5 / 0.1)

# %% check="byhand"
assert isclose(to_fair, 0.3680642071684971, rel_tol=1e-12)
assert isclose(from_fair, 0.5108256237659907, rel_tol=1e-12)

# %% [markdown]
# A copied comment gives 0.5108 and 0.4185 for this pair: the first is the other direction, and the
# second is neither.

# %% [markdown] covers="C14"
# ## Infinity is an answer
#
# If $p$ does what $q$ calls impossible, no number of bits is enough: the divergence is infinite.
# Code that adds $10^{-12}$ inside the logarithm prints 27.6 nats instead, which looks like a number
# and only tells you the epsilon.

# %%
import numpy as np

never, always = np.array([0.0, 1.0]), np.array([1.0, 0.0])
softened = float(np.sum(always * np.log((always + 1e-12) / (never + 1e-12))))
print("with an epsilon:", softened, "nats   exact:", kl_divergence(always, never), "nats")
assert kl_divergence(always, never) == inf
assert isclose(softened, 27.631021115928547, rel_tol=1e-9)
assert kl_divergence(always, [0.5, 0.5]) == log(2)

# %% [markdown] exercise="pair" covers="X5 T3.Ex5 T4.6"
# ## Two laws of three outcomes
#
# For $P = [.5, .3, .2]$ and $Q = [.6, .3, .1]$ give `h` (the entropy of $P$), `ce` (the
# cross-entropy $H(P, Q)$), `forward` ($D(P\|Q)$) and `reverse`, all in nats.

# %% answer="pair"
P, Q = [0.5, 0.3, 0.2], [0.6, 0.3, 0.1]
h, ce = entropy(P), cross_entropy(P, Q)
forward, reverse = kl_divergence(P, Q), kl_divergence(Q, P)

# %% check="pair"
assert isclose(h, 1.029653014064574, rel_tol=1e-14)
assert isclose(ce, 1.077121671779585, rel_tol=1e-14)
assert isclose(forward, 0.04746865771501175, rel_tol=1e-12)
assert isclose(reverse, 0.04007821602037824, rel_tol=1e-12)

# %% [markdown] exercise="library" covers="X10 T3.Ex10 T3.10"
# ## Against an independent library
#
# Draw ten pairs of laws on five outcomes. Compare entropy, cross-entropy and KL divergence with
# `scipy.stats.entropy`, and put the largest difference into `worst`. (With two arguments SciPy's
# function is the KL divergence.) Then let `least` be the smallest of 10,000 divergences between
# random pairs.

# %% answer="library"
from scipy import stats

rng = np.random.default_rng(0)
pairs = rng.dirichlet(np.ones(5), size=(10, 2))
worst = 0.0
for a, b in pairs:
    there = stats.entropy(a), stats.entropy(a) + stats.entropy(a, b), stats.entropy(a, b)
    here = entropy(a), cross_entropy(a, b), kl_divergence(a, b)
    worst = max(worst, *(abs(x - y) for x, y in zip(there, here, strict=True)))
many = rng.dirichlet(np.ones(5), size=(10_000, 2))
least = float(kl_divergence(many[:, 0], many[:, 1]).min())

# %% check="library"
assert worst < 1e-12
assert least >= 0.0
assert kl_divergence(P, P) == 0.0
slope, flat = [0.4, 0.3, 0.2, 0.1], [0.25] * 4
assert isclose(kl_divergence(slope, flat), 0.1064401352862232, rel_tol=1e-12)
assert isclose(kl_divergence(flat, slope), 0.1217772742871687, rel_tol=1e-12)

# %% [markdown] exercise="curves" covers="X12 T3.Ex12"
# ## Both curves
#
# The world is $p = [.8, .2]$, the belief $q = [h, 1-h]$. Compute `forward_curve` ($D(p\|q)$) and
# `reverse_curve` ($D(q\|p)$) at $h$ = .01, .1, .5, .8 and .99, in nats.

# %% answer="curves"
beliefs = np.array([0.01, 0.1, 0.5, 0.8, 0.99])
laws = np.stack([beliefs, 1 - beliefs], axis=1)
world = np.array([0.8, 0.2])
forward_curve = kl_divergence(world, laws)
reverse_curve = kl_divergence(laws, world)

# %% check="curves"
assert np.allclose(
    forward_curve,
    [3.185743792422986, 1.362737753988614, 0.1927447570217574, 0.0, 0.4286718823422315],
    rtol=1e-12, atol=1e-15,
)  # fmt: skip
assert np.allclose(
    reverse_curve,
    [1.539573434468054, 1.145725502930663, 0.2231435513142098, 0.0, 0.1810049605705613],
    rtol=1e-12, atol=1e-15,
)  # fmt: skip

# %%
from infoscope.figures import line_chart

h = np.linspace(0.005, 0.995, 199)
laws = np.stack([h, 1 - h], axis=1)
line_chart(
    h,
    {
        "forward, D(p‖q)": kl_divergence(world, laws),
        "reverse, D(q‖p)": kl_divergence(laws, world),
    },
    title="Both directions vanish at the truth, 0.8, and cross at its mirror image, 0.2",
    x_label="chance of heads that is believed",
    y_label="nats",
)

# %%
mirror = [0.2, 0.8]
assert isclose(kl_divergence(world, mirror), kl_divergence(mirror, world), rel_tol=1e-14)

# %% [markdown]
# They agree at 0.2 only because swapping the two faces there turns one into the other. Everywhere
# else they differ. Forward KL climbs without bound as the belief denies what happens, at both ends.
# Reverse KL stays finite there: averaging over the belief, it never asks about what the belief
# never does.

# %% [markdown] covers="T1.Do3 X19"
# ## Two Gaussians, and a landscape
#
# For normal laws the divergence has a closed form. From mean $\mu_1$ and standard deviation
# $\sigma_1$ to $\mu_2$ and $\sigma_2$ it is
# $$\ln\frac{\sigma_2}{\sigma_1} + \frac{\sigma_1^2}{2\sigma_2^2} - \frac12 +
# \frac{(\mu_1 - \mu_2)^2}{2\sigma_2^2} \text{ nats:}$$ three terms for the widths, and one for the
# distance of the means. Below, $N(1, 2)$ has the standard deviation 2; the function takes means and
# covariance matrices, here the variance 4.

# %%
from infoscope import gaussian_kl

wide = float(gaussian_kl([0.0], [[1.0]], [1.0], [[4.0]]))
narrow = float(gaussian_kl([1.0], [[4.0]], [0.0], [[1.0]]))
print("from N(0, 1) to N(1, 2):", wide, "nats   back:", narrow, "nats")
assert isclose(wide, log(2) + 1 / 8 - 1 / 2 + 1 / 8, rel_tol=1e-14)
assert isclose(wide, 0.4431471805599453, rel_tol=1e-14)
assert isclose(narrow, 1.306852819440055, rel_tol=1e-14)

# %%
from infoscope.figures import landscape

means, widths = np.linspace(-3, 3, 41), np.linspace(0.25, 3, 45)
amounts = [
    [float(gaussian_kl([0.0], [[1.0]], [m], [[s**2]])) for m in means]
    for s in widths
]  # fmt: skip
landscape(
    means,
    widths,
    amounts,
    title="Too narrow costs far more than too wide",
    x_label="mean of the belief",
    y_label="standard deviation of the belief",
    quantity="D(N(0, 1)‖belief)",
    unit="nats",
    dots={"the truth": (0.0, 1.0)},
)

# %% [markdown]
# Half the true width costs 0.81 nats, twice the true width 0.32.

# %%
half = float(gaussian_kl([0.0], [[1.0]], [0.0], [[0.25]]))
double = float(gaussian_kl([0.0], [[1.0]], [0.0], [[4.0]]))
assert round(half, 2) == 0.81
assert round(double, 2) == 0.32

# %% quiz="onehot"
{
    "ask": "The world is one-hot: class 2, for sure. Which are equal?",
    "options": [
        "KL divergence and cross-entropy",
        "KL divergence and entropy",
        "entropy and cross-entropy",
    ],
    "answer": 0,
    "why": "The entropy of certainty is 0, so nothing is taken away from the cross-entropy.",
}

# %% quiz="distance"
{
    "ask": "Why is KL divergence no distance?",
    "options": [
        "it can be negative",
        "it depends on the direction",
        "it is zero for equal laws",
    ],
    "answer": 1,
    "why": "It is never negative and zero only for equal laws, but its two directions differ, and "
    "the triangle inequality fails as well.",
}
