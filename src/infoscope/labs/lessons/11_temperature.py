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
    title="The entropy of four choices, from certainty to an even choice",
    x_label="temperature",
    y_label="nats",
)

# %% [markdown]
# Towards 0 only the largest logit is left: entropy 0 (if two tie, $\ln 2$). Towards infinity all
# are equal: $\ln 4$. In between it only ever rises, because its slope is a variance over $T^3$.

# %% [markdown] exercise="slope"
# ## The slope is a variance
#
# Check that $\frac{dH}{dT} = \frac{\mathrm{Var}(z)}{T^3}$, the variance taken under the softmax:
# for $T = 1.5$ compute `slope` by central differences and `variance_form` from the formula. Can you
# derive it?

# %% answer="slope"
T, step = 1.5, 1e-5
above, below = entropy(Logits(z / (T + step))), entropy(Logits(z / (T - step)))
slope = float(above - below) / (2 * step)
p = np.exp(z / T) / np.exp(z / T).sum()
variance = float(p @ z**2 - (p @ z) ** 2)
variance_form = variance / T**3

# %% check="slope"
assert slope > 0
assert isclose(slope, variance_form, rel_tol=1e-7)

# %% [markdown]
# With $\beta = 1/T$, $p_i = e^{\beta z_i}/Z$ and $H = \ln Z - \beta\,E[z]$. By $\beta$, $\ln Z$ has
# the slope $E[z]$, and $E[z]$ has the slope $\mathrm{Var}(z)$. So $H$ has the slope $-\beta\,
# \mathrm{Var}(z)$, and $d\beta/dT = -1/T^2$ makes it $\mathrm{Var}(z)/T^3$.
#
# ## What sampling does with it
#
# Two hundred outcomes, such as the words that might come next. Draw a hundred times at each
# temperature and count how many different ones appear. Beside it stands $e^H$, the perplexity of
# the law itself: among how many even choices it is as unsure.

# %%
rng = np.random.default_rng(0)
logits = rng.normal(size=200) * 2
for T in (0.2, 0.5, 1.0, 2.0):
    p = np.exp((logits - logits.max()) / T)
    p /= p.sum()
    draws = rng.choice(200, size=100, p=p)
    effective = np.exp(entropy(p))
    print(f"T = {T}: {len(set(draws)):3} different ones in 100 draws, e^H = {effective:6.1f}")

# %% [markdown]
# ## The temperature that fits
#
# If a model is too sure of itself, dividing its logits by some $T > 1$ makes it better, without
# training it again. The best $T$ is where the mean surprisal of what really came is least. Here are
# logits that are twice too large, so the right answer is 2.

# %%
from infoscope.calibrate import fit_temperature

true_logits = rng.normal(size=(3000, 5))
chances = np.exp(true_logits) / np.exp(true_logits).sum(axis=1, keepdims=True)
came = np.array([rng.choice(5, p=row) for row in chances])
fitted = fit_temperature(2 * true_logits, came)
print("temperature", fitted.estimate.short())
print(f"mean surprisal before {fitted.nll_before:.4f} nats, after {fitted.nll_after:.4f}")
assert abs(fitted.estimate.value - 2) < 0.15

# %%
from infoscope.language import temperature_sweep

steps = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 3.5, 4]
sweep = temperature_sweep(2 * true_logits, steps, targets=came)
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
# The curves meet at the bottom, and not by chance: the slope of the surprisal is zero just where
# the two are equal. There the model is as unsure as it should be, on average. Calibration asks for
# more: that it is so for sure and unsure cases alike (lab 19).

# %% [markdown] exercise="zero"
# ## Two that tie
#
# For the logits $[3, 3, 1]$, what is the entropy in nats as $T \to 0$ (`cold`) and as $T \to
# \infty$ (`hot`)?

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
    "why": "Likely tokens are chosen even more often than at temperature 1, and the entropy of "
    "each step falls.",
}
