# %% [markdown] covers="S7" explorer="table"
# # A table: which columns tell what
#
# A table of real things has columns that tell much, columns that tell nothing, columns that say the
# same thing twice, and columns that speak only together. Mutual information sees all four, if each
# number comes with its error.
#
# 344 penguins near Palmer Station, Antarctica: species, island, sex and four measurements
# (Horst, Hill & Gorman 2020). Predict before you run: which single column tells most about the
# species? And does the sex tell anything?

# %%
from math import isclose, log

import numpy as np

from infoscope import tables
from infoscope.data import path_of

penguins = path_of("penguins.csv")
found = tables.scan(penguins, target="species")
ranking = found.ranking("species")
for each in ranking:
    print(f"{each.column:18} {each.estimate.short():24} {each.fraction:6.1%} of H(species)")
assert ranking[0].column == "flipper_length_mm"
assert ranking[-1].column == "sex"

# %%
from infoscope.figures import bar_chart

bar_chart(
    [each.column for each in ranking],
    [each.estimate.value for each in ranking],
    low=[each.estimate.interval.low for each in ranking],
    high=[each.estimate.interval.high for each in ranking],
    title="What each column tells about the species",
    x_label="mutual information, nats; whiskers: 95% interval",
    label_name="column",
)

# %% [markdown]
# The whiskers matter: flippers and bills overlap, so 344 penguins cannot say which is better. A
# ranking without errors would have named a winner.
#
# The sex comes out a little **below** zero. Information is never negative; an honest estimate of it
# must be, time and again, when the truth is zero. Its whisker begins at zero all the same: an
# interval names what the truth may be. Here is why.

# %% [markdown] exercise="noise" covers="C18"
# ## What chance alone would give
#
# Shuffle the species among the penguins, so that the island tells nothing. Counting still finds
# something. Do it 300 times with `estimate.mutual_information(island, shuffled, method="plugin",
# interval=None)`; let `by_chance` be the mean in nats, and `rule` what $(a-1)(b-1)/(2n)$ says for
# three islands, three species and 344 rows.

# %% answer="noise"
import csv

from infoscope import estimate

with penguins.open(newline="") as file:
    birds = list(csv.DictReader(file))
island = [bird["island"] for bird in birds]
species = np.array([bird["species"] for bird in birds])
shuffles = np.random.default_rng(0)
by_chance = float(
    np.mean(
        [
            estimate.mutual_information(
                island, shuffles.permutation(species), method="plugin", interval=None
            ).value
            for _ in range(300)
        ]
    )
)
rule = (3 - 1) * (3 - 1) / (2 * 344)

# %% check="noise"
exact = found.mutual_information.pair("island", "species").diagnostics["expected"]
assert isclose(rule, 4 / 688, rel_tol=1e-12)
assert abs(by_chance - exact) < 0.001
assert isclose(rule, exact, rel_tol=0.02)

# %% [markdown]
# No shuffling is needed: the mean over **all** shuffles can be computed exactly from the counts
# (Vinh, Epps & Bailey 2010), and `scan` takes it off every value. What is left is right on average,
# so noise falls on both sides of zero. And $p$ is the chance to count as much where nothing is
# shared.

# %%
for name in ("flipper_length_mm", "island", "sex"):
    pair = found.mutual_information.pair(name, "species")
    plugin, expected = pair.diagnostics["plugin"], pair.diagnostics["expected"]
    print(
        f"{name:18} counted {plugin:.5f} - by chance {expected:.5f} = {pair.value:+.5f} nats, "
        f"p = {pair.diagnostics['p_value']:.2g}"
    )
    assert isclose(plugin - expected, pair.value, abs_tol=1e-12)
assert ranking[0].p_value < 1e-50
assert ranking[-1].p_value > 0.5

# %% [markdown]
# ## The whole map
#
# Every pair at once, with columns that share much put side by side. The scale below the map says
# what a colour stands for, in bits here (1 nat is 1.44 bits).

# %%
found

# %% [markdown]
# ## Together more than apart
#
# The sex tells nothing of the species, and the species nothing of the sex. So is the species
# useless for guessing the sex? Females of one species weigh as much as males of another. Whoever
# knows the species knows what a weight means.

# %%
(best, *rest) = tables.interactions(penguins, "sex", k=3)
print(f"most synergy about the sex: {best.column} and {best.other}, {best.synergy.short()}")
bar_chart(
    [best.column, best.other, "sum of both", "both together"],
    [*best.alone, sum(best.alone), best.together],
    muted=[True, True, True, False],
    title="Species and weight together tell more of the sex than their sum",
    x_label="information about the sex, nats",
    label_name="columns",
)

# %%
assert {best.column, best.other} == {"species", "body_mass_g"}
assert best.alone[0] < 0.01 < 0.1 < best.synergy.value
assert isclose(best.together - sum(best.alone), best.synergy.value, abs_tol=1e-9)
alone = {each.column: each.estimate.value for each in found.ranking("sex")}
given = {each.column: each.estimate.value for each in found.ranking("sex", given=["species"])}
for name in given:
    print(f"{name:18} alone {alone[name]:+.3f}   given the species {given[name]:+.3f} nats")
assert given["body_mass_g"] > alone["body_mass_g"] + 0.1

# %% [markdown] exercise="xor"
# ## The extreme case
#
# Make a table of 200 rows with columns `a`, `b` and `y`, in which `a` and `b` each tell exactly
# nothing about `y`, and both together everything. Call the dict of columns `riddle`.

# %% answer="xor"
riddle = {
    "a": [0, 0, 1, 1] * 50,
    "b": [0, 1, 0, 1] * 50,
    "y": [0, 1, 1, 0] * 50,
}

# %% check="xor"
(pair,) = tables.interactions(riddle, "y")
assert len(riddle["y"]) == 200
assert isclose(pair.synergy.diagnostics["plugin"], log(2), rel_tol=1e-9)
assert all(abs(each) < 0.01 for each in pair.alone)

# %% [markdown] covers="S8"
# ## The best three are not the three best
#
# 569 tumours, 30 measurements of each, benign or malignant (Wolberg, Mangasarian & Street 1995).
# Take half of them to choose three columns. Ranked one by one, which three come first?

# %%
from sklearn.datasets import load_breast_cancer

tumours = load_breast_cancer(as_frame=True).frame
tumours["kind"] = np.where(tumours.pop("target") == 1, "benign", "malignant")
mixed = np.random.default_rng(1).permutation(len(tumours))
half, other = tumours.iloc[mixed[:285]], tumours.iloc[mixed[285:]]

chosen = {}
for method in ("mim", "mrmr", "jmi", "cmi"):
    picked = tables.select(half, "kind", 3, method=method, stop=False)
    chosen[method] = list(picked.columns)
    print(f"{method:5}", ", ".join(chosen[method]))

# %% [markdown]
# "mim" ranks each column alone and takes the size of the tumour three times: its perimeter, its
# radius, its area. The others ask what a column **adds**.
#
# - mRMR takes off its mean information with the columns chosen before (Peng, Long & Ding 2005).
# - JMI adds up what it tells jointly with each of them (Yang & Moody 1999).
# - CMI asks for $I(X; Y \mid \text{all chosen before})$ itself, as long as the rows suffice.

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from infoscope.calibrate import example_scores, log_score

losses, each_tumour = {}, {}
for method, columns in chosen.items():
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(half[columns], half["kind"])
    said, names = model.predict_proba(other[columns]), list(model.classes_)
    losses[method] = log_score(said, list(other["kind"]), classes=names)
    each_tumour[method] = example_scores(said, list(other["kind"]), classes=names)
bar_chart(
    list(losses),
    [each.value for each in losses.values()],
    low=[each.interval.low for each in losses.values()],
    high=[each.interval.high for each in losses.values()],
    title="Three columns that add to one another predict better than the three best",
    x_label="log loss on the other half, nats a tumour",
    label_name="chosen by",
)

# %% [markdown]
# All four are asked about the same tumours, so the differences are surer than the whiskers look.
# Tumour by tumour:

# %%
for method in ("mrmr", "jmi", "cmi"):
    saved = each_tumour["mim"] - each_tumour[method]
    error = saved.std(ddof=1) / len(saved) ** 0.5
    print(f"{method:5} saves {saved.mean():.3f} ± {error:.3f} nats a tumour")
    assert saved.mean() > error
size = ("perimeter", "radius", "area")
assert all(name.split()[-1] in size for name in chosen["mim"])

# %% [markdown] exercise="mrmr"
# ## The second pick, by hand
#
# From the map of `half`, work out the second pick of mRMR: the column $j$ with the largest
# $I(X_j; Y) - I(X_j; X_1)$, where $X_1$ is the first pick. `tables.scan(half, target="kind")` has
# the values in `.mutual_information.pair(one, other).value`. Put its name into `second`.

# %% answer="mrmr"
whole = tables.scan(half, target="kind").mutual_information
first = chosen["mrmr"][0]
second = max(
    (name for name in half.columns if name not in ("kind", first)),
    key=lambda name: whole.pair(name, "kind").value - whole.pair(name, first).value,
)

# %% check="mrmr"
assert second == chosen["mrmr"][1]

# %% [markdown]
# ## When to stop
#
# Nearly half of all noise columns score above zero, so "positive" is no reason to keep a column.
# With `k=None` a column enters only if it passes a test given the columns chosen before. Ten
# columns of pure noise are added here; none must get in.

# %%
noise = np.random.default_rng(2)
padded = half.assign(**{f"noise {i}": noise.normal(size=len(half)) for i in range(10)})
kept = tables.select(padded, "kind", None, method="cmi")
for pick in kept.picks:
    print(f"{pick.column:22} alone {pick.relevance.short():22} adds {pick.score:.3f} nats")
assert not any(name.startswith("noise") for name in kept.columns)

# %% [markdown]
# ## Drift: is it still the same table?
#
# A model trained on one island is used on another. Do the columns look the same there? Each is
# compared by its Jensen–Shannon divergence: 0 if nothing changed, $\ln 2 = 0.693$ nats if the two
# share no value. First a table cut in two by chance, then two islands. $q$ is $p$ after a
# correction for looking at seven columns.

# %%


def rows_of(which: list) -> dict:
    "Return the columns of some birds."
    return {name: [bird[name] for bird in which] for name in birds[0]}


mixed = np.random.default_rng(3).permutation(len(birds))
same = tables.drift(
    rows_of([birds[i] for i in mixed[:172]]), rows_of([birds[i] for i in mixed[172:]])
)
moved = tables.drift(
    rows_of([bird for bird in birds if bird["island"] == "Biscoe"]),
    rows_of([bird for bird in birds if bird["island"] == "Dream"]),
)
for each in moved.columns:
    print(f"{each.column:18} {each.jensen_shannon.short():24} q = {each.q_value:.2g}")
assert len(same.drifted) == 0
assert "sex" not in [each.column for each in moved.drifted]

# %% [markdown]
# The island itself has nearly the largest divergence there is. The sexes are as even on one island
# as on the other.
#
# Many tools raise an alarm when another measure, the population stability index (PSI), passes 0.1.
# But what chance alone gives depends on rows and levels. In the table that was cut by chance, two
# of seven columns would raise it:

# %%
for each in same.columns:
    plain, limit = each.stability.diagnostics["plugin"], each.stability.diagnostics["limit"]
    print(f"{each.column:18} PSI {plain:.3f}; by chance up to {limit:.3f} in 95 of 100 cases")
assert sum(each.stability.diagnostics["plugin"] > 0.1 for each in same.columns) == 2

# %% [markdown]
# One column, the length of the bill, passes even its own limit. Of seven columns one does so in
# every third table, by chance: $1 - 0.95^7 = 0.30$. That is what $q$ allows for, and `same.drifted`
# is empty.

# %% quiz="negative"
{
    "ask": "A corrected estimate of mutual information is −0.003 ± 0.003 nats. What is wrong?",
    "options": [
        "nothing: an estimate without bias must scatter around a truth of 0",
        "the code: information cannot be negative",
        "the logarithm has the wrong base",
    ],
    "answer": 0,
    "why": "If negative values were cut to 0, the mean over many columns of noise would be "
    "above 0, and noise would look like a little information.",
}

# %% quiz="redundant"
{
    "ask": "Two columns are copies of each other. Which of them does a ranking one by one keep?",
    "options": ["both", "neither", "the first"],
    "answer": 0,
    "why": "Each tells as much as the other, alone. Only a question about what the second adds, "
    "$I(X_2; Y \\mid X_1) = 0$, finds out.",
}

# %% quiz="synergy"
{
    "ask": "A column has I(X; Y) = 0 with the target. May it be thrown away?",
    "options": ["yes", "not safely: it may tell something together with another"],
    "answer": 1,
    "why": "As the species does for the sex. Conditioning may raise information: "
    "$I(X; Y \\mid Z) > I(X; Y)$ is possible, unlike for entropy.",
}
