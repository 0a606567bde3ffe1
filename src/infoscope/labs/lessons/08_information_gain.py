# %% [markdown] covers="S8 T2.5"
# # Information gain: asking good questions of a table
#
# A decision tree asks one question after another. Which first? The one whose answer takes away most
# of the uncertainty about the class: the mutual information of question and class, here called
# information gain.
#
# Twenty animals, 12 of class A and 8 of class B. Of the ten to which a question is answered "yes",
# 8 are of class A and 2 of class B; of the other ten, 4 and 6. Predict: is that a good question?
# Uncertainty before is close to one bit.

# %%
from math import isclose

from infoscope import entropy, gain_ratio, information_gain, mutual_information

before = entropy([12 / 20, 8 / 20], unit="bits")
gain = information_gain([12, 8], [[8, 2], [4, 6]], unit="bits")
in_nats = information_gain([12, 8], [[8, 2], [4, 6]])
print(f"before {before:.4f} bits, the answer takes away {gain:.4f} bits = {in_nats:.4f} nats")
assert isclose(gain, 0.1245112497836531, rel_tol=1e-12)
assert isclose(in_nats, 0.08630462173553428, rel_tol=1e-12)

# %% [markdown]
# It is the mutual information of the table of answers and classes, nothing else:

# %%
same = mutual_information([[8 / 20, 2 / 20], [4 / 20, 6 / 20]], unit="bits")
print(f"{same:.4f} bits")
assert isclose(same, gain, rel_tol=1e-12)

# %% [markdown] exercise="gini"
# ## Another yardstick
#
# Many trees use the Gini impurity $1 - \sum_i p_i^2$ instead: the chance that two animals drawn at
# random are of different classes. Compute its fall, `gini_gain`, for the same question.

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
most, of_number = information_gain([12, 8], numbers, unit="bits"), gain_ratio([12, 8], numbers)
print(f"the number:         gain {most:.4f} bits, ratio {of_number:.4f}")
ratio = gain_ratio([12, 8], [[8, 2], [4, 6]])
print(f"the question above: gain {gain:.4f} bits, ratio {ratio:.4f}")
assert isclose(ratio, 0.1245112497836531, rel_tol=1e-12)

# %% [markdown]
# (Of the question above gain and ratio are equal, because its split into ten and ten has just 1
# bit.)
#
# Even the ratio likes the number better here. What tells a useful question from a useless one is
# not a better formula but **held-out data, or a test**: would a random split of this shape gain as
# much? The share of random splits that do is the *p-value* `p`.

# %%
from infoscope import estimate

rows = ["A"] * 12 + ["B"] * 8
number_test = estimate.independence_test(list(range(20)), rows, discrete_x=True)
question = ["yes"] * 8 + ["no"] * 4 + ["yes"] * 2 + ["no"] * 6
question_test = estimate.independence_test(question, rows)
print(f"number:   p = {number_test.p_value:.3f}")
print(f"question: p = {question_test.p_value:.3f}")
assert number_test.p_value == 1.0
assert 0.05 < question_test.p_value < 0.2

# %% [markdown]
# Every random numbering gains just as much as this one. And twenty animals are too few even for the
# question: about one random split in ten gains as much.
#
# ## A real table
#
# 344 penguins of three species, measured near Palmer Station in Antarctica (Gorman, Williams and
# Fraser, 2014). Which single question tells most about the species?

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
# The length of the flipper first, then that of the bill or the island: two questions a bird, and
# 332 of 344 are named rightly.
#
# An independent library grows the same tree when told to use entropy. scikit-learn takes only
# numbers, so both get the four measured columns of the 342 birds that have them:

# %%
import csv

import numpy as np
from sklearn.tree import DecisionTreeClassifier, export_text

with path_of("penguins.csv").open(newline="") as file:
    birds = [row for row in csv.DictReader(file) if row["bill_length_mm"] not in ("", "NA")]
names = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
X = np.array([[float(bird[name]) for name in names] for bird in birds])
y = [bird["species"] for bird in birds]
theirs = DecisionTreeClassifier(criterion="entropy", max_depth=2, random_state=0).fit(X, y)
columns = {name: X[:, i] for i, name in enumerate(names)}
ours = tables.grow_tree({**columns, "species": y}, "species", max_depth=2)
print(ours)
print()
print(export_text(theirs, feature_names=names))

# %%
asked = [ours.root, *ours.root.children]
splits_of_theirs = [i for i, column in enumerate(theirs.tree_.feature) if column >= 0]
for node, i in zip(asked, splits_of_theirs, strict=True):
    assert node.split.column == names[theirs.tree_.feature[i]]
    assert isclose(node.split.threshold, theirs.tree_.threshold[i], rel_tol=1e-6)
named = sum(max(leaf.counts) for leaf in tree.root.leaves())
assert named == 332

# %% [markdown]
# A question with a threshold uses only a part of what a column knows. The whole of it is its mutual
# information with the species, estimated from the same rows:

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

# %% [markdown]
# The sex tells nothing. Its estimate is even a little below zero, which the truth cannot be: the
# bias of counting has been taken away, and what is left is noise on either side of zero.

# %% [markdown] exercise="perfect"
# ## The fewest questions
#
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
    "why": "It is the entropy of the class, less what is left of it when the answer is known.",
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
    "why": "With one row in each group, counting must find every group pure. A test against random "
    "splits of the same shape shows that chance does as well.",
}
