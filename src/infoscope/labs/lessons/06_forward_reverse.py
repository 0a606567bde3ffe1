# %% [markdown] covers="S5 T4.7 C1" explorer="fit"
# # Forward or reverse: two ways to fit one bell to two hills
#
# Fit a Gaussian to a target with two hills (*modes*). Forward KL covers both, reverse KL *may*
# settle on one, and many tutorials claim that it always does. This lab finds out when.
#
# The target is an even mixture of $N(-2, 1)$ and $N(2, 1)$; here the second number is the standard
# deviation. Two candidates: a broad one over both hills, $N(0, 2.5)$, and a narrow one on the right
# hill, $N(2, 1)$. Predict which wins under each direction.

# %%
from math import isclose

import numpy as np
from scipy.stats import Mixture, Normal

from infoscope import kl_divergence


def hills(a: float) -> Mixture:
    "Return an even mixture of unit Gaussians at -a and a."
    return Mixture([Normal(mu=-a, sigma=1.0), Normal(mu=a, sigma=1.0)], weights=[0.5, 0.5])


target = hills(2.0)
broad, narrow = Normal(mu=0.0, sigma=2.5), Normal(mu=2.0, sigma=1.0)
for name, fit in [("broad", broad), ("narrow", narrow)]:
    there, back = float(kl_divergence(target, fit)), float(kl_divergence(fit, target))
    print(f"{name:6} forward, D(target‖fit) {there:.4f}   reverse, D(fit‖target) {back:.4f} nats")

# %%
assert isclose(float(kl_divergence(target, broad)), 0.1835705381372881, rel_tol=1e-8)
assert isclose(float(kl_divergence(target, narrow)), 3.367279806263133, rel_tol=1e-8)
assert isclose(float(kl_divergence(broad, target)), 0.3475434175146416, rel_tol=1e-8)
assert isclose(float(kl_divergence(narrow, target)), 0.6327201937368670, rel_tol=1e-8)

# %% [markdown] covers="C1 C14"
# The broad fit wins under **both**. A common demonstration puts the reverse costs of these two
# under the heading "mode-seeking wins", and its own output contradicts it: 0.238 for the broad fit,
# 0.633 for the narrow one. (Its grid ends at ±6 and cuts the tails of the broad fit, which looks
# cheaper than it is.)
#
# The narrow fit's reverse cost is close to $\ln 2 = 0.693$. It misses half of the mass, and that is
# all it ever has to pay.

# %%
from infoscope.figures import line_chart

x = np.linspace(-7, 7, 281)
line_chart(
    x,
    {"target": target.pdf(x), "broad": broad.pdf(x), "narrow": narrow.pdf(x)},
    title="One target, two candidates",
    x_label="x",
    y_label="density",
)

# %% [markdown] exercise="best"
# ## The best fit of reverse KL
#
# Give `sigma`, the standard deviation of the best Gaussian around 0 under reverse KL for hills at
# ±2, and its cost `cost` in nats. (`scipy.optimize.minimize_scalar` helps.)

# %% answer="best"
from scipy.optimize import minimize_scalar


def reverse_cost(s: float) -> float:
    "Return the reverse KL of a Gaussian around 0 of standard deviation s."
    return float(kl_divergence(Normal(mu=0.0, sigma=s), target))


found = minimize_scalar(reverse_cost, bounds=(1, 4), method="bounded")
sigma, cost = float(found.x), float(found.fun)

# %% check="best"
assert isclose(sigma, 2.04701, abs_tol=2e-3)
assert isclose(cost, 0.22650796, abs_tol=1e-6)

# %% [markdown]
# Giving the mean its freedom changes nothing: from any start, also from the top of a hill, the best
# Gaussian slides back to the middle. At ±2 reverse KL has no mode to settle on.
#
# ## When does it really seek a mode?
#
# Move the hills to $\pm a$. A Gaussian on one hill costs at most $\ln 2$ under reverse KL, however
# far away the other hill is. One over both must put mass into the valley between, where the target
# has almost none, and that grows. Somewhere the lines cross.
#
# The first pair is of fixed shape: on the hill $N(a, 1)$, over both $N(0, \sqrt{1 + a^2})$, which
# has the target's own variance.

# %%


def over_both(a: float) -> float:
    "Return the reverse KL of a Gaussian with the target's mean and variance."
    return float(kl_divergence(Normal(mu=0.0, sigma=float(np.sqrt(1 + a * a))), hills(a)))


def on_one(a: float) -> float:
    "Return the reverse KL of a Gaussian that is one of the hills."
    return float(kl_divergence(Normal(mu=a, sigma=1.0), hills(a)))


apart = np.linspace(1, 3.5, 11)
line_chart(
    apart,
    {
        "over both hills": [over_both(a) for a in apart],
        "on one hill": [on_one(a) for a in apart],
    },
    references={"ln 2": float(np.log(2))},
    title="Reverse KL settles on one hill only when they are far apart",
    x_label="distance a of each hill from 0, in standard deviations of a hill",
    y_label="reverse KL, nats",
)

# %%
from scipy.optimize import brentq

cross = brentq(lambda a: over_both(a) - on_one(a), 2.5, 2.9, xtol=1e-4)
print(f"the lines cross at ±{cross:.4f}")
assert isclose(cross, 2.7033, abs_tol=5e-4)

# %% [markdown]
# A real fit adjusts its mean and its width, and both candidates get cheaper. The broad one gains
# more, so the hills must be a little further apart. To follow it, the divergence is summed on a
# fine grid, and each candidate goes downhill from its own start.

# %%
from scipy.optimize import minimize

grid = np.linspace(-20, 20, 4001)


def best_from(mean: float, width: float, a: float) -> tuple[float, float, float]:
    "Return mean, width and reverse KL of the best Gaussian found downhill from a start."
    target_log = np.logaddexp(-((grid + a) ** 2) / 2, -((grid - a) ** 2) / 2) - np.log(2)

    def cost(at: np.ndarray) -> float:
        fit_log = -(((grid - at[0]) / np.exp(at[1])) ** 2) / 2 - at[1]
        density = np.exp(fit_log) / np.sqrt(2 * np.pi)
        return float(np.sum(density * (fit_log - target_log)) * (grid[1] - grid[0]))

    found = minimize(cost, [mean, np.log(width)], method="Nelder-Mead", tol=1e-9)
    return float(found.x[0]), float(np.exp(found.x[1])), float(found.fun)


for a in (2.0, 2.5, 3.0):
    for start, (mean, width) in {"the middle": (0.1, 2.0), "the hill": (a, 1.0)}.items():
        mean, width, least = best_from(mean, width, a)
        at = round(mean, 2) + 0.0  # not -0.0
        print(f"±{a}, from {start:10} → mean {at:.2f}, width {width:.2f}: {least:.4f} nats")
even = brentq(lambda a: best_from(0.1, 2.5, a)[2] - best_from(a, 1.0, a)[2], 2.7, 2.9)
print(f"the best of both kinds cost the same at ±{even:.2f}")
assert isclose(even, 2.8001, abs_tol=5e-4)
assert isclose(best_from(2.0, 1.0, 2.0)[0], 0.0, abs_tol=1e-3)

# %% [markdown]
# Up to about ±2.4 there is one best fit, in the middle. From there to ±2.80 a second valley of the
# loss lies on each hill, and a careless descent may end in it, though the middle is better. Beyond
# ±2.80 one hill wins.

# %% [markdown] covers="T3.12 C25"
# ## A fixed width covers nothing
#
# Put the hills at 2 and 8 and fit only the mean of a Gaussian of width 1. Forward KL puts it at 5,
# into the empty middle. It is often shown as "covering"; it costs 3.81 nats, while letting the
# width grow to $\sqrt{10}$ costs 0.46. Covering needs the freedom to be wide.

# %%
two = Mixture([Normal(mu=2.0, sigma=1.0), Normal(mu=8.0, sigma=1.0)], weights=[0.5, 0.5])
stiff = float(kl_divergence(two, Normal(mu=5.0, sigma=1.0)))
free = float(kl_divergence(two, Normal(mu=5.0, sigma=10**0.5)))
print(f"width 1: {stiff:.4f}   width {10**0.5:.3f}: {free:.4f} nats")
assert isclose(stiff, 3.810702066970922, rel_tol=1e-7)
assert isclose(free, 0.4619946134679451, rel_tol=1e-7)

# %% [markdown] covers="C33 C35"
# ## What the direction does not tell
#
# Two conclusions are drawn too quickly from this picture. The original GAN (generative adversarial
# network) minimises a Jensen–Shannon divergence when its discriminator is at its best, not reverse
# KL.
#
# And a language model trained on preferences maximises a reward $r$ less $\beta$ times
# $D(\text{model}\,\|\,\text{reference})$. The best model gives each answer the chance
# $\pi_\text{ref}\, e^{r/\beta}/Z$: that of the reference $\pi_\text{ref}$, tilted by the reward;
# $Z$ makes the sum 1. Every answer that the reference gives keeps some chance, so a direction of KL
# alone cannot make a model ignore an answer (lab 23).

# %% quiz="seeking"
{
    "ask": "Hills at ±2, each of width 1. The best single Gaussian under reverse KL sits",
    "options": ["on the left hill", "on the right hill", "over both, in the middle"],
    "answer": 2,
    "why": "It is $N(0, 2.05)$ at 0.2265 nats; only beyond ±2.80 does one hill win.",
}

# %% quiz="limit"
{
    "ask": "Two hills very far apart, equally high. Reverse KL of a fit on one of them tends to",
    "options": ["0", "ln 2", "infinity"],
    "answer": 1,
    "why": "On its hill the fit has twice the target's density, so the logarithm is ln 2 "
    "throughout; nothing is asked about the hill it ignores.",
}
