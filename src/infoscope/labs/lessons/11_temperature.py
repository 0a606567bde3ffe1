# %% [markdown] covers="S12 T1.Do6 X22" explorer="temperature"
# # Temperature: one knob between certainty and chance
#
# A language model's logits become chances through a softmax. Dividing them by a temperature first
# makes the choice sharper or flatter. This lab follows the entropy from one end to the other.
#
# With logits $z$ and temperature $T$, $p_i \propto e^{z_i / T}$. Predict: what is the entropy as
# $T \to 0$, and as $T \to \infty$?

# %%
from math import isclose, log

import numpy as np

from infoscope import Logits, entropy

z = np.array([1.0, 3.0, 2.0, 0.5])
for T in (0.1, 0.5, 1, 2, 5):
    print(f"T = {T:4}   {entropy(Logits(z / T)):.6f} nats")

# %%
for T, truth in [
    (0.1, 0.0004994212286303),
    (0.5, 0.4741830328235071),
    (1, 0.9930151163683179),
    (2, 1.271017014539306),
    (5, 1.367456021840874),
]:
    assert isclose(entropy(Logits(z / T)), truth, rel_tol=1e-9)

# %%
from infoscope.figures import line_chart

temperatures = np.linspace(0.05, 6, 240)
curve = entropy(Logits(z / temperatures[:, None]))
line_chart(
    temperatures,
    {"entropy": curve},
    references={"ln 4": log(4)},
    title="From certainty to an even choice",
    x_label="temperature",
    y_label="nats",
)

# %% [markdown]
# At 0 only the largest logit is left: entropy 0 (if two tie, $\ln 2$). At infinity all are equal:
# $\ln 4$. In between it only ever rises, because its slope is a variance.

# %% [markdown] exercise="slope"
# ## The slope is a variance
#
# Show that $\frac{dH}{dT} = \frac{\mathrm{Var}(z)}{T^3}$, the variance taken under the softmax. For
# $T = 1.5$ compute `slope` by central differences and `variance_form` from the formula.

# %% answer="slope"
T, step = 1.5, 1e-5
slope = float(entropy(Logits(z / (T + step))) - entropy(Logits(z / (T - step)))) / (2 * step)
p = np.exp(z / T) / np.exp(z / T).sum()
variance = float(p @ z**2 - (p @ z) ** 2)
variance_form = variance / T**3

# %% check="slope"
assert slope > 0
assert isclose(slope, variance_form, rel_tol=1e-7)

# %% [markdown]
# ## What sampling does with it
#
# Draw a hundred times at each temperature and count how many different outcomes appear.

# %%
rng = np.random.default_rng(0)
logits = rng.normal(size=200) * 2
for T in (0.2, 0.5, 1.0, 2.0):
    p = np.exp((logits - logits.max()) / T)
    p /= p.sum()
    draws = rng.choice(200, size=100, p=p)
    effective = np.exp(entropy(p))
    print(
        f"T = {T}: {len(set(draws)):3} different outcomes; e^H = {effective:6.1f} effective choices"
    )

# %% [markdown]
# ## The temperature that fits
#
# If a model is too sure of itself, dividing its logits by some $T > 1$ makes it better, without
# any training. The best one is where the mean surprisal of what really came is least. Here are
# logits that are twice too large.

# %%
true_logits = rng.normal(size=(3000, 5))
chances = np.exp(true_logits) / np.exp(true_logits).sum(axis=1, keepdims=True)
came = np.array([rng.choice(5, p=row) for row in chances])
from infoscope.calibrate import fit_temperature

fitted = fit_temperature(2 * true_logits, came)
print(fitted)

# %%
from infoscope.language import temperature_sweep

sweep = temperature_sweep(2 * true_logits, [0.5, 1, 1.5, 2, 2.5, 3, 4], targets=came)
line_chart(
    sweep.temperatures,
    {
        "surprisal of what came": [each.value for each in sweep.mean_surprisal],
        "entropy": [each.value for each in sweep.mean_entropy],
    },
    title="Where surprisal is least, it meets the entropy",
    x_label="temperature",
    y_label="nats",
)

# %%
best = sweep.temperatures[int(np.argmin([each.value for each in sweep.mean_surprisal]))]
assert best == 2.0

# %% [markdown]
# The curves meet at the bottom: a model whose entropy equals its surprisal on average is right
# about how unsure it should be. That is what calibration means, in one number.

# %% [markdown] exercise="zero"
# ## Two that tie
#
# For logits [3, 3, 1], what is the entropy in nats as $T \to 0$ (`cold`) and as $T \to \infty$
# (`hot`)?

# %% answer="zero"
cold = log(2)
hot = log(3)

# %% check="zero"
assert isclose(cold, entropy(Logits(np.array([3.0, 3.0, 1.0]) / 1e-3)), rel_tol=1e-12)
assert isclose(hot, entropy(Logits(np.array([3.0, 3.0, 1.0]) / 1e6)), rel_tol=1e-9)

# %% quiz="knob"
{
    "ask": "Sampling at temperature 0.5 rather than 1 makes a text",
    "options": [
        "more probable on average, and less diverse",
        "less probable on average",
        "faster to compute",
    ],
    "answer": 0,
    "why": "Likely tokens are chosen more often than the model would; each step's entropy falls.",
}
