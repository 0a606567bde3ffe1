# %% [markdown] covers="S7 T1.Do4 X20" explorer="mutual-information"
# # Mutual information from samples: binning and better
#
# Measurements come without a table of chances. How much do two columns of numbers share? The
# obvious way, cutting both into bins and counting, is wrong in both directions. This lab measures
# how wrong, and what to do instead.
#
# For two normal variables of correlation $\rho$ the truth is known: $-\frac12 \ln(1 - \rho^2)$
# nats. Predict: with 2,000 rows and 20 × 20 bins, is the estimate too high or too low at $\rho =
# 0$? And at $\rho = 0.99$?

# %%
from math import isclose, log

import numpy as np

from infoscope import estimate

rng = np.random.default_rng(7)
n = 2000
rhos = [0.0, 0.3, 0.6, 0.9, 0.99]
truths = [-0.5 * log(1 - rho**2) + 0.0 for rho in rhos]
binned, measured = [], []
for rho in rhos:
    x, noise = rng.normal(size=(2, n))
    y = rho * x + (1 - rho**2) ** 0.5 * noise
    binned.append(estimate.mutual_information(x, y, method="binned", bins=20).value)
    measured.append(estimate.mutual_information(x, y))
for rho, truth, b, m in zip(rhos, truths, binned, measured, strict=True):
    print(f"ρ = {rho:4}   truth {truth:.3f}   binned {b:.3f}   estimated {m.short()}")

# %%
assert isclose(truths[1], 0.04715533973562017, rel_tol=1e-12)
assert isclose(truths[2], 0.2231435513142098, rel_tol=1e-12)
assert isclose(truths[3], 0.8303656034108255, rel_tol=1e-12)
assert isclose(truths[4], 1.958517773625845, rel_tol=1e-12)

# %% [markdown]
# ## Wrong both ways
#
# Counting 2,000 rows into 400 cells finds patterns in noise: too high at 0. And a cell cannot see
# how the line runs inside it: too low at 0.99. Neither goes away by taking more or fewer bins; one
# is traded for the other.

# %%
from infoscope.figures import line_chart

line_chart(
    rhos,
    {
        "truth": truths,
        "20 × 20 bins": binned,
        "neighbours": [m.value for m in measured],
    },
    title="Binning is too high where little is shared, too low where much is",
    x_label="correlation",
    y_label="nats",
)

# %% [markdown] exercise="bias" covers="C18"
# ## Where the bias comes from
#
# Plug-in information of independent labels with $a$ and $b$ levels is too high by about
# $(a-1)(b-1)/(2n)$ nats. Draw `pairs` of independent columns, 10 levels each, 500 rows, a hundred
# times; let `average` be the mean of the plug-in estimate and `expected` what the formula says.

# %% answer="bias"
pairs = [rng.integers(0, 10, size=(2, 500)) for _ in range(100)]
average = float(
    np.mean(
        [estimate.mutual_information(a, b, method="plugin", interval=None).value for a, b in pairs]
    )
)
expected = 9 * 9 / (2 * 500)

# %% check="bias"
assert isclose(expected, 0.081, rel_tol=1e-12)
assert abs(average - expected) < 0.01

# %% [markdown] covers="C18 T4.8"
# ## Twenty edges are not twenty bins
#
# A much-copied script cuts with `linspace(min, max, 20)`. Those are 20 *edges*: 19 bins, and one
# more that holds nothing but the maximum. It also reports 0.634 nats for a feature that determines
# a fair label, whose truth is $\ln 2 = 0.693$. Three features and one label, with truths that can
# be worked out:

# %%
x = rng.normal(size=1000)
label = x > 0
features = {
    "x itself": (x, 0.6931471805599453),
    "x + 3 noise": (x + 3 * rng.normal(size=1000), 0.03289421778252255),
    "noise alone": (rng.normal(size=1000), 0.0),
}
edges = len(np.linspace(0, 1, 20))
assert len(np.histogram_bin_edges(x, 20)) == 21
assert edges - 1 == 19
for name, (column, truth) in features.items():
    found = estimate.mutual_information(column, label)
    print(f"{name:12} truth {truth:.4f}   {found.short():24} by {found.method}")
    assert abs(found.value - truth) < 0.03

# %% [markdown]
# ## An estimate is not finished without its error
#
# Each estimate above came with an interval, and with notes: which method was chosen and why, and
# what the data cannot show. The whole of one:

# %%
measured[3]

# %%
for note in measured[3].notes:
    print("-", note)

# %% [markdown]
# ## Units do not matter, and neither do monotone maps
#
# Information does not change when a column is measured in other units or pushed through an
# increasing function. Estimators based on plain distances do change. Here the ranks decide, so
# heavy tails and outliers are harmless.

# %%
x, noise = rng.normal(size=(2, 1000))
y = 0.8 * x + 0.6 * noise
plain = estimate.mutual_information(x, y).value
bent = estimate.mutual_information(np.exp(3 * x), 1000 * y**3 + 5).value
print(plain, bent)
assert isclose(plain, bent, rel_tol=1e-9)

# %% [markdown]
# ## Ranking features
#
# Correlation sees only straight lines. Four features of one target; the second is a bow that
# correlation cannot see.

# %%
u = rng.uniform(-1, 1, size=(4, 1500))
target = u[0] + 3 * u[1] ** 2 + 0.3 * rng.normal(size=1500)
names = ["straight", "bow", "noise 1", "noise 2"]
scores = [estimate.mutual_information(column, target) for column in u]
for name, column, score in zip(names, u, scores, strict=True):
    print(f"{name:9} correlation {np.corrcoef(column, target)[0, 1]:+.2f}   {score.short()}")
assert scores[1].value > scores[0].value > scores[2].value
assert abs(np.corrcoef(u[1], target)[0, 1]) < 0.15

# %%
from infoscope.figures import bar_chart

bar_chart(
    names,
    [score.value for score in scores],
    low=[score.interval.low for score in scores],
    high=[score.interval.high for score in scores],
    title="What each feature tells about the target",
    x_label="mutual information, nats",
    label_name="feature",
)

# %% [markdown] exercise="test"
# ## Is there anything at all?
#
# Use `estimate.independence_test` on "noise 1" and on "bow" against the target. Put the p-values
# into `p_noise` and `p_bow`.

# %% answer="test"
p_noise = estimate.independence_test(u[2], target, rng=0).p_value
p_bow = estimate.independence_test(u[1], target, rng=0).p_value

# %% check="test"
assert p_noise > 0.01
assert p_bow < 0.01

# %% quiz="zero"
{
    "ask": "Two independent columns, 20 × 20 bins, 2,000 rows. The plug-in estimate is about",
    "options": ["0 nats", "0.09 nats", "it may be either side of 0"],
    "answer": 1,
    "why": "The bias is about $(20-1)^2 / (2 \\cdot 2000) = 0.09$, less where "
    "corner cells stay empty. Plug-in information is never negative, so it cannot average to 0.",
}

# %% quiz="units"
{
    "ask": "You convert a column from metres to feet. Its mutual information with another column",
    "options": ["grows", "stays", "shrinks"],
    "answer": 1,
    "why": "It is unchanged under any one-to-one map of either variable. If your "
    "estimator disagrees, blame the estimator.",
}
