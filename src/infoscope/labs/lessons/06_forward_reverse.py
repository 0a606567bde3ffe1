# %% [markdown] covers="S5 T4.7 C1" explorer="fit"
# # Forward or reverse: two ways to fit one bell to two hills
#
# Fit a Gaussian to a target with two modes. Forward KL covers both, reverse KL *may* settle on one,
# and many tutorials claim it always does. This lab finds out when.
#
# The target is an even mixture of $N(-2, 1)$ and $N(2, 1)$. Two candidates: a broad one over both
# hills, $N(0, 2.5)$, and a narrow one on the right hill, $N(2, 1)$. Predict which wins under each
# direction.

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
results = {
    "forward, D(target‖fit)": (kl_divergence(target, broad), kl_divergence(target, narrow)),
    "reverse, D(fit‖target)": (kl_divergence(broad, target), kl_divergence(narrow, target)),
}
for name, (one, other) in results.items():
    print(f"{name:26} broad {float(one):.4f}   narrow {float(other):.4f} nats")

# %%
assert isclose(float(kl_divergence(target, broad)), 0.1835705381372881, rel_tol=1e-8)
assert isclose(float(kl_divergence(target, narrow)), 3.367279806263133, rel_tol=1e-8)
assert isclose(float(kl_divergence(broad, target)), 0.3475434175146416, rel_tol=1e-8)
assert isclose(float(kl_divergence(narrow, target)), 0.6327201937368670, rel_tol=1e-8)

# %% [markdown] covers="C25"
# The broad fit wins under **both**. A common demonstration prints these very numbers under the
# heading "reverse KL is mode-seeking", and its own output contradicts it. (On a grid cut at ±6 the
# values come out a little smaller: 0.1674, 0.2377 and 0.6327. The tails that were cut off were the
# broad fit's.)
#
# The narrow fit's reverse cost is close to $\ln 2 = 0.693$: it misses half of the mass, and that is
# all it ever has to pay.

# %%
x = np.linspace(-7, 7, 281)
from infoscope.figures import line_chart

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

found = minimize_scalar(
    lambda s: float(kl_divergence(Normal(mu=0.0, sigma=s), target)), bounds=(1, 4), method="bounded"
)
sigma, cost = float(found.x), float(found.fun)

# %% check="best"
assert isclose(sigma, 2.04701, abs_tol=2e-3)
assert isclose(cost, 0.22650796, abs_tol=1e-6)

# %% [markdown]
# ## When does it really seek a mode?
#
# Move the hills apart. A Gaussian on one hill costs at most $\ln 2$ under reverse KL, however far
# away the other hill is. One over both must put mass into the valley between, where the target has
# almost none, and that grows. Somewhere the lines cross.

# %%
apart = np.array([1.0, 1.5, 2.0, 2.5, 2.75, 3.0, 3.5])
over_both = [
    float(kl_divergence(Normal(mu=0.0, sigma=float(np.sqrt(1 + a * a))), hills(a))) for a in apart
]
on_one = [float(kl_divergence(Normal(mu=a, sigma=1.0), hills(a))) for a in apart]
line_chart(
    apart,
    {"over both hills": over_both, "on one hill": on_one},
    references={"ln 2": float(np.log(2))},
    title="Reverse KL settles on one hill only when they are far apart",
    x_label="distance of each hill from 0, in standard deviations",
    y_label="reverse KL, nats",
)

# %%
from scipy.optimize import brentq

cross = brentq(
    lambda a: float(
        kl_divergence(Normal(mu=0.0, sigma=float(np.sqrt(1 + a * a))), hills(a))
        - kl_divergence(Normal(mu=a, sigma=1.0), hills(a))
    ),
    2.5,
    2.9,
    xtol=1e-4,
)
print(f"the lines cross at ±{cross:.4f}")
assert isclose(cross, 2.7033, abs_tol=5e-4)

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
# Two conclusions are drawn too quickly from this picture. The original GAN minimises a
# Jensen–Shannon divergence, not reverse KL. And in preference training the optimum of the
# KL-regularised reward is $\pi_\text{ref}\, e^{r/\beta}/Z$, which gives every answer that the
# reference gives some chance: a direction of KL alone cannot make a model ignore an answer.

# %% quiz="seeking"
{
    "ask": "Hills at ±2, each of width 1. The best single Gaussian under reverse KL sits",
    "options": ["on the left hill", "on the right hill", "over both, in the middle"],
    "answer": 2,
    "why": "It is $N(0, 2.05)$ at 0.2265 nats; only beyond ±2.70 does one hill win.",
}

# %% quiz="limit"
{
    "ask": "Two hills very far apart, equally high. Reverse KL of a fit on one of them tends to",
    "options": ["0", "ln 2", "infinity"],
    "answer": 1,
    "why": "On its hill the fit has twice the target's density: log 2 everywhere, and nothing is "
    "asked about the hill it ignores.",
}
