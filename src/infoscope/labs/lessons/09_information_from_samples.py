# %% [markdown] covers="S7 T1.Do4 X20" explorer="mutual-information"
# # Mutual information from samples: binning and better
#
# Measurements come without a table of chances. How much do two columns of numbers share? The
# obvious way, cutting both into bins and counting, is wrong in both directions. This lab measures
# how wrong, and what to do instead.
#
# For two normal variables of correlation $\rho$ the truth is known: $-\frac12 \ln(1 - \rho^2)$
# nats. Predict: with 2,000 rows and 20 × 20 bins of equal width, is the number too high or too low
# at $\rho = 0$? And at $\rho = 0.99$?

# %%
from math import isclose, log

import numpy as np

from infoscope import estimate

rng = np.random.default_rng(7)
n = 2000


def cut(column: np.ndarray) -> np.ndarray:
    "Return the number of the bin of each value: 20 bins of equal width."
    return np.digitize(column, np.histogram_bin_edges(column, 20)[1:-1])


rhos = [0.0, 0.3, 0.6, 0.9, 0.99]
truths = [-0.5 * log(1 - rho**2) + 0.0 for rho in rhos]
counted, corrected, measured = [], [], []
for rho in rhos:
    x, noise = rng.normal(size=(2, n))
    y = rho * x + (1 - rho**2) ** 0.5 * noise
    plain = estimate.mutual_information(cut(x), cut(y), method="plugin", interval=None)
    counted.append(plain.value)
    corrected.append(estimate.mutual_information(x, y, method="binned", bins=20).value)
    measured.append(estimate.mutual_information(x, y))
print("         truth   counted   corrected   by neighbours")
for rho, truth, *found, m in zip(rhos, truths, counted, corrected, measured, strict=True):
    none, some = (round(value, 3) + 0.0 for value in found)  # not -0.0
    print(f"ρ = {rho:4}{truth:7.3f}{none:9.3f}{some:10.3f}       {m.short()}")

# %%
assert isclose(truths[1], 0.04715533973562017, rel_tol=1e-12)
assert isclose(truths[2], 0.2231435513142098, rel_tol=1e-12)
assert isclose(truths[3], 0.8303656034108255, rel_tol=1e-12)
assert isclose(truths[4], 1.958517773625845, rel_tol=1e-12)
assert 0.06 < counted[0] < 0.1
assert 1.6 < counted[4] < 1.7
assert all(abs(m.value - truth) < 0.04 for m, truth in zip(measured, truths, strict=True))

# %% [markdown]
# ## Wrong both ways
#
# Counting 2,000 rows into 400 cells (the **plug-in** estimate: counted shares put in for
# probabilities) finds patterns in noise: too high where little is shared. And a cell cannot see how
# the line runs inside it: too low at 0.99. Neither goes away by taking more or fewer bins; one is
# traded for the other. Correcting for the counting helps at one end only.
#
# The last column has no cells. It looks how far away the nearest neighbours of each row are
# (Kraskov, Stögbauer and Grassberger, 2004), and uses a fitted law of the ranks, a *copula*,
# where that describes the rows as well.

# %%
from infoscope.figures import line_chart

line_chart(
    rhos,
    {
        "counted in bins": counted,
        "corrected": corrected,
        "neighbours": [m.value for m in measured],
        "truth": truths,
    },
    title="Mutual information against correlation",
    x_label="correlation",
    y_label="nats",
)

# %%
line_chart(
    rhos,
    {
        "counted in bins": np.subtract(counted, truths),
        "corrected": np.subtract(corrected, truths),
        "neighbours": [m.value - truth for m, truth in zip(measured, truths, strict=True)],
    },
    references={"no error": 0.0},
    title="Counting is too high where little is shared, too low where much is",
    x_label="correlation",
    y_label="estimate less truth, nats",
)

# %% [markdown] exercise="bias" covers="C18"
# ## Where the bias comes from
#
# Plug-in information of independent labels with $a$ and $b$ levels is too high by about
# $(a-1)(b-1)/(2n)$ nats. Draw two independent columns of 500 labels, 10 levels each, a hundred
# times. Let `average` be the mean of the plug-in estimates and `expected` what the formula says.

# %% answer="bias"
pairs = [rng.integers(0, 10, size=(2, 500)) for _ in range(100)]
how = {"method": "plugin", "interval": None}
found = [estimate.mutual_information(a, b, **how) for a, b in pairs]
average = float(np.mean([each.value for each in found]))
expected = 9 * 9 / (2 * 500)

# %% check="bias"
assert isclose(expected, 0.081, rel_tol=1e-12)
assert abs(average - expected) < 0.01

# %% [markdown] covers="C18 T4.8"
# ## Twenty edges are not twenty bins
#
# A much-copied script cuts with `linspace(min, max, 20)`. Those are 20 *edges*: 19 bins, and one
# more that holds nothing but the maximum. For a feature that determines a fair label it reports
# 0.634 nats, where the truth is $\ln 2 = 0.693$; with twenty bins it would be 0.603. Here are such
# a feature and two others, with truths that can be worked out. For numbers against labels there is
# a neighbour method too (Ross, 2014):

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
# The second is too low here by about one standard error, the third below zero by about one:
# estimates scatter. So each comes with an interval, and with notes: which method was chosen and
# why, and what the data cannot show. The whole of one, at $\rho = 0.9$:

# %%
measured[3]

# %% [markdown]
# ## Units do not matter, and neither do monotone maps
#
# Information does not change when a column is measured in other units or pushed through an
# increasing function. Estimators based on plain distances do change. Here the ranks decide (which
# value is larger, not by how much), so heavy tails and outliers are harmless.

# %%
x, noise = rng.normal(size=(2, 1000))
y = 0.8 * x + 0.6 * noise
plain = estimate.mutual_information(x, y).value
bent = estimate.mutual_information(np.exp(3 * x), 1000 * y**3 + 5).value
print(f"as measured {plain:.6f} nats, bent {bent:.6f} nats")
assert isclose(plain, bent, rel_tol=1e-9)

# %% [markdown]
# ## Ranking features
#
# Correlation sees only straight lines. Four features of one target: it rises with the first,
# depends on the square of the second (a bow, which correlation cannot see), and not at all on the
# others.

# %%
u = rng.uniform(-1, 1, size=(4, 1500))
target = u[0] + 3 * u[1] ** 2 + 0.3 * rng.normal(size=1500)
names = ["straight", "bow", "noise 1", "noise 2"]
scores = [estimate.mutual_information(column, target) for column in u]
for name, column, score in zip(names, u, scores, strict=True):
    slope = np.corrcoef(column, target)[0, 1]
    print(f"{name:9} correlation {slope:+.2f}   information {score.short()}")
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
# Shuffle one column, and whatever it shared with the other is gone. The share of shuffles that show
# as much information as the real order is the *p-value*. Use `estimate.independence_test` on "noise
# 1" and on "bow" against the target, and put the p-values into `p_noise` and `p_bow`.

# %% answer="test"
p_noise = estimate.independence_test(u[2], target, rng=0).p_value
p_bow = estimate.independence_test(u[1], target, rng=0).p_value

# %% check="test"
assert p_noise > 0.01
assert p_bow < 0.01

# %% quiz="zero"
{
    "ask": "Two independent columns, 20 × 20 bins, 2,000 rows. The plug-in estimate is about",
    "options": ["0 nats", "0.09 nats", "as often below 0 as above"],
    "answer": 1,
    "why": "The bias is about $(20-1)^2 / (2 \\cdot 2000) = 0.09$, and less where corner cells "
    "stay empty. Plug-in information is never negative, so it cannot average to 0.",
}

# %% quiz="units"
{
    "ask": "You convert a column from metres to feet. Its mutual information with another column",
    "options": ["grows", "stays", "shrinks"],
    "answer": 1,
    "why": "It is unchanged under any one-to-one map of either variable. If your "
    "estimator disagrees, blame the estimator.",
}
