# %% [markdown] covers="S8 T2.5"
# # Information gain: asking good questions of a table
#
# A decision tree asks one question after another. Which first? The one whose answer takes away most
# of the uncertainty about the class: the mutual information of question and class, here called
# information gain.
#
# Twenty animals, 12 of class A and 8 of class B. A question splits them into 8:2 and 4:6. Predict:
# is that a good question? Uncertainty before is close to one bit.

# %%
from math import isclose

from infoscope import entropy, gain_ratio, information_gain, mutual_information

before = entropy([12 / 20, 8 / 20], unit="bits")
gain = information_gain([12, 8], [[8, 2], [4, 6]], unit="bits")
print(f"before {before:.4f} bits, the answer takes away {gain:.4f} bits")
assert isclose(gain, 0.1245112497836531, rel_tol=1e-12)
assert isclose(information_gain([12, 8], [[8, 2], [4, 6]]), 0.08630462173553428, rel_tol=1e-12)

# %% [markdown]
# It is the mutual information of the table of answers and classes, nothing else:

# %%
same = mutual_information([[8 / 20, 2 / 20], [4 / 20, 6 / 20]], unit="bits")
assert isclose(same, gain, rel_tol=1e-12)
same

# %% [markdown] exercise="gini"
# ## Another yardstick
#
# Many trees use the Gini impurity $1 - \sum_i p_i^2$ instead. Compute its fall, `gini_gain`, for
# the same question.

# %% answer="gini"


def gini(counts) -> float:
    "Return the chance that two draws are of different classes."
    total = sum(counts)
    return 1 - sum((c / total) ** 2 for c in counts)


gini_gain = gini([12, 8]) - 0.5 * gini([8, 2]) - 0.5 * gini([4, 6])

# %% check="gini"
assert isclose(gini_gain, 0.08, rel_tol=1e-12)

# %% [markdown]
# ## A question that knows everything, and nothing
#
# "What is your number?" splits twenty animals into twenty. Each leaf is pure, and the gain is the
# whole entropy: the largest there is. But the question will not help with the twenty-first animal.
# The **gain ratio** divides by the entropy of the split itself.

# %%
numbers = [[1, 0]] * 12 + [[0, 1]] * 8
print("gain:", information_gain([12, 8], numbers, unit="bits"), "bits")
print("gain ratio: number", float(gain_ratio([12, 8], numbers)))
print("gain ratio: the question above", float(gain_ratio([12, 8], [[8, 2], [4, 6]])))
assert isclose(gain_ratio([12, 8], [[8, 2], [4, 6]]), 0.1245112497836531, rel_tol=1e-12)

# %% [markdown]
# Even the ratio likes the number better here. What tells a useful question from a useless one is
# not a better formula but **held-out data, or a test**: would a random split of this shape gain as
# much?

# %%
from infoscope import estimate

rows = ["A"] * 12 + ["B"] * 8
number_test = estimate.independence_test(list(range(20)), rows, discrete_x=True)
question = ["yes"] * 8 + ["no"] * 4 + ["yes"] * 2 + ["no"] * 6
question_test = estimate.independence_test(question, rows)
print(f"number:   p = {number_test.p_value:.3f}")
print(f"question: p = {question_test.p_value:.3f}")
assert number_test.p_value > 0.4

# %% [markdown]
# ## A real table
#
# 344 penguins near Palmer Station, of three species. Which single question tells most about the
# species?

# %%
from infoscope import tables
from infoscope.data import path_of

splits = tables.best_splits(path_of("penguins.csv"), "species")
for split in splits:
    print(split)

# %%
tree = tables.grow_tree(path_of("penguins.csv"), "species", max_depth=2)
print(tree)

# %% [markdown]
# Two questions about flippers and bills, and nearly every penguin is named. An independent library
# grows the same tree when told to use entropy:

# %%
import csv

import numpy as np
from sklearn.tree import DecisionTreeClassifier

with path_of("penguins.csv").open(newline="") as file:
    birds = [row for row in csv.DictReader(file) if row["bill_length_mm"] not in ("", "NA")]
names = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
X = np.array([[float(bird[name]) for name in names] for bird in birds])
y = [bird["species"] for bird in birds]
theirs = DecisionTreeClassifier(criterion="entropy", max_depth=1, random_state=0).fit(X, y)
columns = {name: X[:, i] for i, name in enumerate(names)}
ours = tables.best_splits({**columns, "species": y}, "species")[0]
print("scikit-learn asks:", names[theirs.tree_.feature[0]], "≤", theirs.tree_.threshold[0])
print("infoscope asks:   ", ours)
assert ours.column == names[theirs.tree_.feature[0]]
assert isclose(ours.threshold, theirs.tree_.threshold[0], abs_tol=0.51)

# %%
from infoscope.figures import bar_chart

whole = tables.scan(path_of("penguins.csv"), target="species")
ranking = whole.ranking("species")
bar_chart(
    [entry.column for entry in ranking],
    [entry.estimate.to("bits").value for entry in ranking],
    title="What each column tells about the species",
    x_label="mutual information, bits",
    label_name="column",
)

# %% [markdown] exercise="perfect"
# Classes of chances 1/2, 1/4 and 1/4 are to be found by yes-or-no questions. How many does the best
# order of questions need on average (`least`)? And for 8 equally likely classes (`eight`)?

# %% answer="perfect"
least = 1 / 2 * 1 + 1 / 4 * 2 + 1 / 4 * 2
eight = 3

# %% check="perfect"
from infoscope.codes import huffman

assert isclose(least, huffman([0.5, 0.25, 0.25]).expected_length)
assert isclose(least, entropy([0.5, 0.25, 0.25], unit="bits"))
assert isclose(eight, huffman([1 / 8] * 8).expected_length)

# %% quiz="gain"
{
    "ask": "Information gain is",
    "options": [
        "the entropy of the question",
        "the mutual information of question and class",
        "the accuracy that is gained",
    ],
    "answer": 1,
    "why": "Entropy of the class, less what is left of it when the answer is known.",
}

# %% quiz="ids"
{
    "ask": "A column of row numbers has the highest information gain. Why is it useless?",
    "options": [
        "it has no entropy",
        "on new rows it tells nothing: the gain is bias of small groups",
        "trees cannot split numbers",
    ],
    "answer": 1,
    "why": "With one row a group, counting must find every group pure. A test against random "
    "splits of the same shape shows that chance does as well.",
}
