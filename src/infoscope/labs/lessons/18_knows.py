# %% [markdown] covers="S21"
# # Does the model know more than it says?
#
# Ask a small language model whether a statement is true and it may answer no better than a coin.
# Does it not know, or does it not say? Both can be measured: the information about the truth in
# its answer, and the information about the truth in its inner state.
#
# $$I(\text{state}; \text{truth}) \quad\text{against}\quad I(\text{output}; \text{truth})$$
#
# Predict for statements such as "The capital of Italy is Rome": which is larger in a model of 135
# million weights, and by how much? A statement has at most 1 bit of truth.

# %% [markdown]
# ## First, where the answer is known
#
# A made-up speaker holds the truth in one of its two numbers, a little blurred, and says it
# correctly three times out of four.
#
# How much can be told of the truth? A simple reader, a **linear probe**, learns to guess it from
# one part of the examples. On the others its guesses cost a cross-entropy, and what they save of
# $H$, the bits of the truth, is the **V-information**, $V$ being the kind of reader. Lab 25 has
# more.

# %%
import numpy as np

from infoscope.probe import knows

rng = np.random.default_rng(0)
truth = rng.integers(2, size=600)
state = np.stack([truth + rng.normal(0, 0.15, 600), rng.normal(0, 1, 600)], axis=1)
said = np.where(rng.random(600) < 0.75, truth, 1 - truth)
print(f"right in {(said == truth).mean():.1%} of 600 cases")
speaker = knows(state, said, truth, unit="bits", penalty=1e-3, rng=0)
speaker

# %% [markdown] exercise="quarter"
# ## What should come out
#
# Let `truth_in_state` and `truth_in_output` be the true amounts in bits, when the truth is a fair
# coin, the state gives it away, and the output is right with probability 0.75.

# %% answer="quarter"
from infoscope import entropy

truth_in_state = 1.0
truth_in_output = 1 - entropy([0.75, 0.25], unit="bits")

# %% check="quarter"
assert np.isclose(truth_in_output, 0.1887218755408671, rtol=1e-12)
assert abs(speaker.state.value - truth_in_state) < 0.05
assert abs(speaker.output.value - truth_in_output) < 0.06
assert speaker.difference.interval.low > 0.6

# %% [markdown]
# The reader found 0.23 bits in the output, and not 0.19: this speaker was lucky, and right in 77.7%
# of these 600 cases.
#
# Two rules make the comparison fair. The same kind of reader reads state and output alike, and it
# is judged on examples that it has not seen. A liar who always says the opposite tells as much as
# an honest speaker, and is found to:

# %%
liar = knows(state, 1 - said, truth, unit="bits", penalty=1e-3, rng=0)
print(f"honest {speaker.output.value:.3f} bits   liar {liar.output.value:.3f} bits")
assert abs(speaker.output.value - liar.output.value) < 0.02

# %% [markdown] covers="C27"
# ## A probe gives a lower bound
#
# It is often said that a linear probe *estimates* the information in a state. It bounds it from
# below: what the probe finds is there, and what it does not find may be there all the same. Here
# the label is the exclusive or of two numbers, and the state holds both. The second reader is also
# given their product, which adds nothing that the state did not hold.

# %%
from infoscope.probe import v_information

pair = rng.integers(2, size=(1000, 2))
label = pair[:, 0] ^ pair[:, 1]
features = pair + 0.05 * rng.normal(size=(1000, 2))
with_product = np.column_stack([features, features.prod(axis=1)])
straight = v_information(features, label, unit="bits", rng=0).value
bent = v_information(with_product, label, unit="bits", rng=0).value
print(f"linear {abs(straight.value):.2f} bits   with the product {bent.value:.2f} bits   truth 1")
assert abs(straight.value) < 0.03
assert bent.value > 0.9

# %% [markdown] exercise="bound"
# ## How much at the least?
#
# A probe's cross-entropy on held-out statements is 0.69 bits. The statements are half true, half
# false. How many bits of information (`at_least`) does the state hold at the least, on average?

# %% answer="bound"
at_least = entropy([0.5, 0.5], unit="bits") - 0.69

# %% check="bound"
assert np.isclose(at_least, 0.31, rtol=1e-12)

# %% [markdown]
# ## The statements
#
# The library brings 342 short statements on five topics, in groups. Within a group every word
# stands in as many true as false statements, so that no single word gives the truth away. A group
# is never split between learning and judging.

# %%
from infoscope.probe import factual_statements

statements = factual_statements()
for each in statements[:4]:
    print(f"group {each.group}   {each.truth!s:5}  {each.text}")
print(len(statements), "statements,", sum(each.truth for each in statements), "of them true")
assert sum(each.truth for each in statements) * 2 == len(statements)

# %% [markdown]
# ## Four of them, live
#
# The model reads "Is this statement true or false? … This statement is", and the two candidates for
# the next word are *true* and *false*.

# %%
from infoscope.probe import text_states

ask = "Is this statement true or false? {} This statement is"
few = text_states(
    [ask.format(each.text) for each in statements[:4]],
    answers=(" true", " false"),
    layers=[18],
)
for each, (yes, no) in zip(statements, few.log_probabilities, strict=False):
    print(f"{each.text:36} {each.truth!s:5}  says true rather than false by {yes - no:+.2f} nats")

# %% [markdown]
# It leans the same way whatever is asked. A threshold at 0 would call the answers worthless, so the
# output is read by a trained probe that sets its own threshold.
#
# ## All of them, layer by layer
#
# For each layer, `knows` compares the state at the last word with the two log-probabilities. The
# comparison takes a few minutes and was recorded. The control is a probe on random numbers, as many
# as the state has.

# %%
from infoscope.labs import recorded

layers = [6, 12, 18, 24, 30]
held = np.array([each.truth for each in statements])
groups = np.array([each.group for each in statements])


def by_layer() -> dict:
    "Compare state and output at five layers; a few minutes."
    read = text_states(
        [ask.format(each.text) for each in statements], answers=(" true", " false"), layers=layers
    )
    out: dict = {}
    for layer in layers:
        found = knows(
            read.layer(layer), read.log_probabilities, held, groups=groups, unit="bits", rng=0
        )
        out[str(layer)] = {
            name: [amount.value, amount.interval.low, amount.interval.high]
            for name in ("state", "output", "random", "difference")
            for amount in [getattr(found, name)]
        } | {
            "right": [found.state_accuracy.value, found.output_accuracy.value],
            "p": found.p_value,
        }
    topics = np.array([each.topic for each in statements])
    out["other topics"] = {}
    for topic in dict.fromkeys(topics):
        test = topics == topic
        validation = ~test & (groups % 5 == 0)
        parts = {"train": ~test & ~validation, "validation": validation, "test": test}
        told = v_information(
            read.layer(18),
            held,
            splits={name: np.flatnonzero(part) for name, part in parts.items()},
            unit="bits",
            rng=0,
        )
        out["other topics"][topic] = [told.value.value, told.accuracy.value]
    return out


# Where states round otherwise, a few examples of 342 change sides: 0.03 bits.
measured = recorded("18_knows", by_layer, within={str(layer): 0.03 for layer in layers})

# %%
from infoscope.figures import line_chart

rows = {name: np.array([measured[str(layer)][name] for layer in layers]) for name in
        ("state", "output", "random")}  # fmt: skip
line_chart(
    layers,
    {
        "state": rows["state"][:, 0],
        "output": rows["output"][:, 0],
        "random numbers": rows["random"][:, 0],
    },
    bands={
        "state": (rows["state"][:, 1], rows["state"][:, 2]),
        "output": (rows["output"][:, 1], rows["output"][:, 2]),
    },
    title="The middle layers tell what the output does not",
    x_label="layer of smollm2",
    y_label="bits about the truth, of 1",
)

# %%
for layer in layers:
    row = measured[str(layer)]
    print(
        f"layer {layer:2}: state {row['state'][0]:.3f}, output {row['output'][0]:.3f} bits; "
        f"right {row['right'][0]:.0%} and {row['right'][1]:.0%}; p = {row['p']:.4f}"
    )
middle = measured["18"]
assert middle["difference"][1] > 0.1
assert middle["output"][0] < 0.05
assert abs(middle["random"][0]) < 0.02

# %% [markdown]
# At layer 18 a linear reader gets some 0.3 bits out of the state, and is right three times out of
# four. Out of the answer it gets almost nothing. So the model knows more than it says, in this one
# sense: the truth of these statements can be read off its state and not off its answer.
#
# How easily would chance make such a difference? Toss a coin for each group, and where it shows
# heads let the two readers exchange what they paid. $p$ is the share of 2,000 such rounds that
# reach the difference that was found; it cannot be below 1/2001. And five layers were looked at: a
# careful reader multiplies it by five.

# %% [markdown]
# ## What it does not show
#
# Learn from four topics and judge the fifth: does the reader find "truth", or what goes with truth
# in these kinds of sentences?

# %%
for topic, (amount, right) in measured["other topics"].items():
    print(f"{topic:10} {amount:+.2f} bits   right {right:.0%}")
assert all(right < 0.7 for _, right in measured["other topics"].values())

# %% [markdown]
# It fails, and pays for its confidence: V-information on a new kind of example may be negative. So
# there is no single direction of truth here. True sentences are also *likelier* sentences, and a
# probe may read that. Nor does it follow that the model uses what the probe reads. And another
# prompt is another output.

# %% quiz="accuracy"
{
    "ask": "A linear probe on the state finds 0 bits about the truth. So the state",
    "options": [
        "holds nothing about it",
        "holds nothing that a linear reader finds in these examples",
        "holds it, and hides it",
    ],
    "answer": 1,
    "why": "A probe bounds from below. The exclusive or above was there in full, and a line found "
    "none of it.",
}

# %% quiz="calibrated"
{
    "ask": "Half of some statements are true. A model answers “true” to all of them, but always "
    "with 90 percent for a true and with 80 percent for a false one. Its output holds about the "
    "truth",
    "options": ["0 bits", "1 bit", "0.1 bits"],
    "answer": 1,
    "why": "The two cases can be told apart for certain by anyone who learns where to put the "
    "threshold. That its answers are wrong half of the time is another matter.",
}
