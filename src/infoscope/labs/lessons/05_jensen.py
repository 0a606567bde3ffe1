# %% [markdown] covers="S14 T3.13"
# # Jensen's inequality: why nothing here is negative
#
# One picture proves that divergences are never negative, that wrong beliefs never pay, and that the
# ELBO, by which variational autoencoders are trained, is a bound. It says what happens when you
# swap an average and a bent curve.
#
# Write $E$ for the average. For a **convex** curve, one that bends upwards such as $x^2$, the curve
# at the average is at most the average of the curve: $f(E[x]) \le E[f(x)]$. Predict: ten thousand
# numbers are drawn from a normal law of mean 0 and variance 1. What are the two sides for $x^2$?

# %%
from math import isclose

import numpy as np

x = np.random.RandomState(0).randn(10_000)
at_the_mean, mean_of_it = float(x.mean() ** 2), float((x**2).mean())
print(f"f(E[x]) = {at_the_mean:.6f}   E[f(x)] = {mean_of_it:.6f}")
assert isclose(at_the_mean, 0.0003398020388732557, rel_tol=1e-9)
assert isclose(mean_of_it, 0.9756077773866701, rel_tol=1e-12)

# %%
from infoscope.figures import line_chart

t = np.linspace(-2, 2, 81)
between = (t >= -1) & (t <= 1.5)
line_chart(
    t,
    {"x²": t**2, "chord": np.where(between, 1 + 0.5 * (t + 1), np.nan)},
    title="Between two points of a curve that bends upwards, the chord is above",
    x_label="x",
    y_label="x²",
)

# %% [markdown] covers="T3.14"
# The average of two points of the curve lies on their chord, so never below the curve. With more
# points it is the same, one average after another.
#
# The logarithm bends the other way, it is **concave**, so the inequality turns round: $E[\log y]
# \le \log E[y]$.

# %%
y = np.abs(x) + 0.1
print(f"E[log y] = {np.log(y).mean():.6f}   log E[y] = {np.log(y.mean()):.6f}")
assert isclose(np.log(y.mean()), -0.1204303811369865, rel_tol=1e-9)
assert isclose(np.log(y).mean(), -0.3791307888461524, rel_tol=1e-9)

# %% [markdown] exercise="gibbs" covers="X7 T3.Ex7 T3.15"
# ## Gibbs from Jensen
#
# Let $r_i = q_i / p_i$, and average over $p$. Compute `mean_of_log` $= E_p[\log r]$ and
# `log_of_mean` $= \log E_p[r]$ for $p = [.4, .3, .3]$ and $q = [.4, .45, .15]$. What is the first,
# with its sign turned, called?

# %% answer="gibbs"
p, q = np.array([0.4, 0.3, 0.3]), np.array([0.4, 0.45, 0.15])
r = q / p
mean_of_log = float(p @ np.log(r))
log_of_mean = float(np.log(p @ r))

# %% check="gibbs"
assert isclose(mean_of_log, -0.08630462173553428, rel_tol=1e-12)
assert abs(log_of_mean) < 1e-15

# %% [markdown]
# The mean of $r$ is $\sum_i p_i\, q_i / p_i = \sum_i q_i = 1$, whose logarithm is 0. Jensen says
# that the mean of the logarithm is no more: $-D(p\,\|\,q) \le 0$. That is Gibbs' inequality, and
# with it $H(p, q) \ge H(p)$.

# %%
from infoscope import kl_divergence

assert isclose(kl_divergence(p, q), -mean_of_log, rel_tol=1e-12)
print("D(p‖q) =", kl_divergence(p, q), "nats")

# %% [markdown]
# ## The same step makes a bound
#
# Let the probability of what you saw be an average over something hidden, $p(x) = E_{z}[p(x|z)]$.
# Taking the logarithm inside the average gives a lower bound, $E_z[\log p(x|z)] \le \log p(x)$.
#
# If $z$ is drawn from a law $q$ of your own instead, each draw is weighted by $p(z)/q(z)$, and the
# bound is $E_q[\log \frac{p(x|z)\,p(z)}{q(z)}]$: the evidence lower bound, **ELBO** (lab 21 trains
# with it).
#
# Averaging several draws of $z$ *before* the logarithm makes the bound tighter (Burda, Grosse and
# Salakhutdinov, 2016). Here is a toy with a known answer: $z$ is normal of mean 0 and variance 1,
# $x$ is $z$ plus noise of variance 1, so $x$ has variance 2.

# %%
rng = np.random.default_rng(1)
z = rng.normal(size=(20_000, 64))
seen = 1.0
density = np.exp(-0.5 * (seen - z) ** 2) / np.sqrt(2 * np.pi)
truth = -0.5 * np.log(2 * np.pi * 2) - seen**2 / 4
draws = [1, 2, 4, 8, 16, 32, 64]
bounds = [float(np.log(density[:, :k].mean(axis=1)).mean()) for k in draws]
line_chart(
    draws,
    {"bound with k draws": bounds},
    references={"log p(x)": float(truth)},
    title="More draws inside the logarithm, a tighter bound",
    x_label="draws k",
    y_label="nats",
    log_x=True,
)

# %%
assert all(bound <= truth + 0.01 for bound in bounds)
assert bounds == sorted(bounds)
assert truth - bounds[-1] < 0.02

# %% quiz="direction"
{
    "ask": "For positive random $y$, $E[\\log y]$ compared with $\\log E[y]$ is",
    "options": ["never larger", "never smaller", "either"],
    "answer": 0,
    "why": "The logarithm bends downwards, so its average is at most its value at the average.",
}

# %% quiz="equal"
{
    "ask": "When are the two sides of Jensen's inequality equal for a strictly bent curve?",
    "options": ["when the mean is 0", "when y does not vary", "never"],
    "answer": 1,
    "why": "Only a constant leaves no room between curve and chord; for Gibbs this means q = p.",
}
