# %% [markdown] covers="S3 T2.2 T4.4 C19" explorer="cross-entropy"
# # Cross-entropy: the price of believing the wrong thing
#
# You expect $q$, the world follows $p$. Each outcome $i$ costs you its surprisal under $q$, and it
# comes with probability $p_i$. The average is the **cross-entropy**, $H(p, q) = -\sum_i p_i \log
# q_i$, the loss that nearly every classifier and language model is trained with.
#
# Predict: can it be smaller than $H(p)$? What happens if $q$ calls something impossible that does
# happen?

# %%
from infoscope import cross_entropy, entropy, kl_divergence

p = [0.7, 0.2, 0.1]
beliefs = {"right": p, "close": [0.6, 0.3, 0.1], "far": [0.1, 0.1, 0.8]}
for name, q in beliefs.items():
    print(f"cost of the belief that is {name:6} {cross_entropy(p, q, unit='bits'):.6f} bits")
print(f"entropy of the world              {entropy(p, unit='bits'):.6f} bits")

# %% covers="T4.4"
from math import isclose

near = cross_entropy(p, beliefs["close"], unit="bits")
far = cross_entropy(p, beliefs["far"], unit="bits")
assert isclose(entropy(p, unit="bits"), 1.156779649447039, rel_tol=1e-14)
assert isclose(near, 1.195461844238322, rel_tol=1e-14)
assert isclose(far, 3.021928094887362, rel_tol=1e-14)

# %% [markdown]
# The right belief costs exactly the entropy. Every other one costs more, and the difference has a
# name of its own: $H(p, q) = H(p) + D(p\,\|\,q)$, the Kullback–Leibler divergence. The sum holds
# only if both parts have one unit; mixing bits with nats breaks it silently.

# %% covers="T3.7"
from itertools import pairwise

q = [0.25] * 4
p4 = [0.4, 0.3, 0.2, 0.1]
by_definition = cross_entropy(p4, q)
as_a_sum = entropy(p4) + kl_divergence(p4, q)
print(by_definition, "=", entropy(p4), "+", kl_divergence(p4, q), "nats")
assert isclose(by_definition, as_a_sum, rel_tol=1e-15)
assert isclose(by_definition, 1.386294361119891, rel_tol=1e-14)
assert isclose(entropy(p4), 1.279854225833667, rel_tol=1e-14)
assert isclose(kl_divergence(p4, q), 0.1064401352862232, rel_tol=1e-12)

# %% [markdown] exercise="least" covers="X3 T3.Ex3 T3.Ex11 C24"
# ## Where it is least
#
# For a fair coin, find `least`, the smallest cross-entropy over beliefs $q = [h, 1-h]$ in nats, and
# `at`, the $h$ where it is. What does a belief of $h = 0.01$ cost (`stubborn`)?

# %% answer="least"
import numpy as np

grid = np.linspace(0.001, 0.999, 999)
costs = cross_entropy([0.5, 0.5], np.stack([grid, 1 - grid], axis=1))
least, at = float(costs.min()), float(grid[costs.argmin()])
stubborn = cross_entropy([0.5, 0.5], [0.01, 0.99])

# %% check="least"
assert isclose(least, 0.6931471805599453, rel_tol=1e-12)
assert isclose(at, 0.5, abs_tol=1e-9)
assert isclose(stubborn, 2.307610260920796, rel_tol=1e-12)

# %% [markdown]
# The least cost is $H(p)$, not zero. A model whose training loss stops falling at the entropy of
# its data has learned everything there is to learn. "Zero surprise" is in reach only if the data
# are certain.

# %% [markdown] covers="T4.5 T2.2 T0.Ex3"
# ## With one-hot labels it is one number
#
# A label says: this class, for sure. Then $p$ is **one-hot** (a 1 and otherwise zeros), $H(p) = 0$,
# and cross-entropy, KL divergence and the negative log-likelihood of the right class are the same
# number.

# %%
one_hot = [0.0, 1.0, 0.0]
predictions = {"good": [0.1, 0.8, 0.1], "bad": [0.8, 0.1, 0.1], "unsure": [0.3, 0.4, 0.3]}
for name, prediction in predictions.items():
    ce = cross_entropy(one_hot, prediction)
    assert isclose(ce, kl_divergence(one_hot, prediction))
    print(f"{name:7} {ce:.6f} nats = {ce / np.log(2):.6f} bits")
for label, prediction, nats in [
    (one_hot, predictions["good"], 0.2231435513142098),
    (one_hot, predictions["bad"], 2.302585092994046),
    (one_hot, predictions["unsure"], 0.9162907318741551),
    ([1.0, 0.0], [0.9, 0.1], 0.1053605156578263),
    ([0, 1, 0], [0.3, 0.5, 0.2], 0.6931471805599453),
]:
    assert isclose(cross_entropy(label, prediction), nats, rel_tol=1e-13)

# %% [markdown] covers="T0.4 T0.5 T3.8 C6"
# ## From logits
#
# Networks give **logits** $z_i$, log-probabilities up to a constant. The **softmax** makes
# probabilities of them, $e^{z_i} / \sum_j e^{z_j}$. Wrap logits in `Logits`: the cost is computed
# from them directly, which stays exact where the softmax would underflow.
#
# Applying the softmax *before* a loss that expects logits is a classic slip. It gives a plausible
# number, too flat a gradient, and usually no error message. Here it gives a warning.

# %%
import warnings

from infoscope import InfoscopeWarning, Logits

z = [2.0, 1.0, 0.1]
softmax = np.exp(z) / np.exp(z).sum()
right = cross_entropy([1, 0, 0], Logits(z))
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always", InfoscopeWarning)
    twice = cross_entropy([1, 0, 0], Logits(softmax))
print("from logits:", right, "  softmax twice:", twice, "nats")
print("warning:", str(told[0].message).replace(". ", ".\n         "))
assert isclose(right, 0.4170300162778335, rel_tol=1e-14)
assert isclose(twice, 0.8021208912128679, rel_tol=1e-12)

# %%
four = np.array([1.0, 3.0, 2.0, 0.5])
by_class = [cross_entropy(np.eye(4)[i], Logits(four)) for i in range(4)]
chances = np.exp(four) / np.exp(four).sum()
print("softmax      ", chances.round(4), " sum", round(chances.sum(), 4))
print("cost by class", np.round(by_class, 4), "nats")
assert np.allclose(by_class, [2.460773489156851, 0.4607734891568512, 1.460773489156851,
                              2.960773489156851], rtol=1e-13)  # fmt: skip

# %% [markdown]
# A widely copied table gives .090, .665, .245 and .049 for these four probabilities. They sum to
# 1.049; the right ones are .0854, .6308, .2321 and .0518.

# %% [markdown] exercise="gradient" covers="X4 T3.Ex4 T3.9"
# ## The gradient is $p - y$
#
# Here, as in most books, $p$ is the softmax of the logits and $y$ the one-hot label. The derivative
# of the cost by the logits is their difference: as simple as a loss can be. Compute `analytic` for
# the four logits and class 2 (counting from 0), and `numeric` by central differences with steps of
# $10^{-6}$.

# %% answer="gradient"
label = np.eye(4)[2]
analytic = chances - label
step = 1e-6
above = [cross_entropy(label, Logits(four + step * e)) for e in np.eye(4)]
below = [cross_entropy(label, Logits(four - step * e)) for e in np.eye(4)]
numeric = (np.array(above) - np.array(below)) / (2 * step)

# %% check="gradient"
truth = [0.0853688935097889, 0.6307955432474668, -0.7679432880566855, 0.0517788512994298]
assert np.allclose(analytic, truth, atol=1e-14)
assert np.allclose(numeric, truth, atol=1e-7)

# %% [markdown] covers="S3"
# Squared error has no such gift. Let a two-class model give the right class the chance $p$. The
# gradient of $-\ln p$ by the logit has size $1 - p$. That of $(1-p)^2$ has size $2p(1-p)^2$, and
# the factor $p$ dies exactly where the model is most wrong:

# %%
from infoscope.figures import line_chart

chance = np.linspace(0.001, 0.999, 200)
line_chart(
    chance,
    {"cross-entropy": 1 - chance, "squared error": 2 * (1 - chance) ** 2 * chance},
    title="Where the model is most wrong, squared error hardly pulls",
    x_label="chance given to the right class",
    y_label="size of the gradient by the logit",
)

# %% [markdown] exercise="scratch" covers="X18 T1.Do2 T3.3"
# ## From scratch
#
# Write `loss(z, labels)`: the mean cross-entropy in nats of logits `z` of shape (n, k) and integer
# labels, without exponentiating large numbers. It must survive logits of 1000.

# %% answer="scratch"


def loss(z, labels) -> float:
    "Return the mean of log-sum-exp less the logit of the label."
    z = np.asarray(z, dtype=float)
    top = z.max(axis=1)
    log_sum = top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    return float(np.mean(log_sum - z[np.arange(len(z)), labels]))


# %% check="scratch"
draws = np.random.default_rng(0).normal(size=(50, 7)) * 3
labels = np.random.default_rng(1).integers(0, 7, 50)
assert isclose(loss(draws, labels), cross_entropy(np.eye(7)[labels], Logits(draws)).mean())
assert loss([[1000.0, 0.0]], [1]) == 1000.0
assert isclose(loss([[0.0, 0.0]], [0]), 0.6931471805599453)

# %% [markdown]
# Train the smallest model there is, four free logits, on data that follow a known law. The loss
# falls to the entropy of the data and stays there.

# %%
world = np.array([0.5, 0.25, 0.125, 0.125])
z, trace = np.zeros(4), []
for _ in range(200):
    chances = np.exp(z) / np.exp(z).sum()
    trace.append(cross_entropy(world, chances, unit="bits"))
    z -= 1.0 * (chances - world)
line_chart(
    np.arange(200),
    {"loss": trace},
    references={"entropy of the data": entropy(world, unit="bits")},
    title="The loss falls to the entropy of the data, and no further",
    x_label="step",
    y_label="bits",
)

# %%
assert entropy(world, unit="bits") == 1.75
assert 0 <= trace[-1] - 1.75 < 1e-6
assert all(a >= b - 1e-12 for a, b in pairwise(trace))

# %% quiz="infinite"
{
    "ask": "The world says heads once in a thousand throws; you gave heads a chance of 0. Your "
    "cross-entropy is",
    "options": ["27.6 nats", "the entropy plus a thousandth", "infinite"],
    "answer": 2,
    "why": "$-\\log 0$ is infinite, and it happens. 27.6 is $-\\ln 10^{-12}$: an epsilon that "
    "hides the mistake.",
}

# %% quiz="units"
{
    "ask": "A paper reports a cross-entropy of 1.0 and an entropy of 1.2. What is likely?",
    "options": [
        "the model is better than the data",
        "one is in nats and the other in bits",
        "the model has been trained to the end",
    ],
    "answer": 1,
    "why": "Cross-entropy is never below the entropy of the same data in the same unit; 1.0 nat is "
    "1.44 bits.",
}
