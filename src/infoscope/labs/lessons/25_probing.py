# %% [markdown] covers="S16 T3.20" explorer="mutual-information"
# # Probing: what a layer knows, and what a probe can say of it
#
# A network's layer is a list of numbers for each input. Does it know the label? A **probe** is a
# small model that reads those numbers and names the label. What it can say of examples that it has
# not seen is measured in nats:
#
# $$I_V = H(Y) - \text{cross-entropy of the probe}.$$
#
# This is **V-information** (Xu and others, 2020), for probes of a family $V$, such as straight
# lines.
#
# First a case whose truth is known. The label is ±1 with even odds, the input is the label plus
# normal noise of standard deviation 0.8. Predict: how many of the $\ln 2 = 0.693$ nats are there?

# %%
from math import isclose, log

import numpy as np
from scipy.integrate import quad
from scipy.stats import norm

from infoscope.probe import v_information


def surplus(x: float) -> float:
    "Density of x given label 1, times the logarithm of posterior over prior."
    return norm.pdf(x, 1, 0.8) * log(2 / (1 + np.exp(-2 * x / 0.8**2)))


truth = quad(surplus, -8, 12, epsabs=1e-13, epsrel=1e-13, limit=200)[0]
rng = np.random.default_rng(42)
label = rng.integers(2, size=4000)
x = (2 * label - 1) + 0.8 * rng.normal(size=4000)
linear = v_information(x, label)
print(f"truth {truth:.4f} nats; best possible accuracy {norm.cdf(1 / 0.8):.4f}")
print(f"probe {linear.value.short()}; accuracy {float(linear.accuracy):.4f}")
assert isclose(truth, 0.4416944721811411, rel_tol=1e-10)
assert isclose(norm.cdf(1 / 0.8), 0.8943502263331447, rel_tol=1e-12)
assert linear.value.interval.low < truth < linear.value.interval.high

# %% [markdown]
# Here the linear probe is the right model, so it finds all there is. The result carries its error:
# another draw of test examples would have given another number.

# %% [markdown] covers="C2"
# ## A probe that measures nothing
#
# A widely copied script adds labels of shape `(1000,)` to noise of shape `(1000, 1)`. That does
# not make 1,000 noisy labels. It *broadcasts* to a table of 1,000 × 1,000: row $i$ holds all
# labels plus the noise of $i$. In the script the first layer then raises an error. Where it does
# not, the rows know nothing of their own label.

# %%
signs = 2 * rng.integers(2, size=1000) - 1
noise = rng.normal(size=(1000, 1))
wrong = signs + 0.8 * noise
right = signs[:, None] + 0.8 * noise
print("wrong", wrong.shape, v_information(wrong[:, :100], signs).value.short())
print("right", right.shape, v_information(right, signs).value.short())
assert wrong.shape == (1000, 1000)
assert abs(v_information(wrong[:, :100], signs).value.value) < 0.01
assert float(v_information(right, signs).accuracy) > 0.85

# %% [markdown] covers="C27"
# ## A lower bound, not the information
#
# It is often said that linear probes *estimate* what a layer knows. They bound it from below. Lab
# 18 met the simplest counterexample in a sample, the exclusive or: two bits, and the label says
# whether they differ. Here it is exact.

# %%
from infoscope.probe import data_processing_check

bits = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
differ = [0, 1, 1, 0]
found = data_processing_check({"two bits": bits}, differ).layers[0]
print(f"there {found.information.value:.4f} nats, for a linear probe {found.linear.value:.4f}")
assert isclose(found.information.value, log(2))
assert abs(found.linear.value) < 1e-9

# %%
from infoscope.labs.mode import recorded

pairs = rng.integers(2, size=(400, 2))
answer = pairs[:, 0] ^ pairs[:, 1]
noisy = pairs + 0.05 * rng.normal(size=(400, 2))
straight = v_information(noisy, answer).value


def bend() -> dict[str, float]:
    "Probe with a small network: some seconds, so it was recorded."
    found = v_information(noisy, answer, family="mlp", hidden=(8,), rng=1).value
    return {"value": found.value, "stderr": found.stderr}


# The error: twice the standard error of the test examples and of the order of training.
bent = recorded("probing", bend, within={"value": 0.02, "stderr": 0.01})
print(f"linear {straight.short()}, small network {bent['value']:.4f} ± {bent['stderr']:.4f} nats")
assert abs(straight.value) < 0.03
assert bent["value"] > 0.6

# %% [markdown] exercise="bend"
# ## Help the linear probe
#
# Processing cannot create information. It can make it easier to read. Give `hidden`, an array of
# shape (4, k) computed from `bits` (same order of rows), from which a linear probe reads all of
# $\ln 2$ nats.

# %% answer="bend"
total = bits.sum(axis=1)
hidden = np.stack([total, np.maximum(total - 1, 0)], axis=1)

# %% check="bend"
layers = data_processing_check({"two bits": bits, "hidden": np.asarray(hidden)}, differ).layers
assert isclose(layers[1].linear.value, log(2), rel_tol=1e-3)
assert layers[1].information.value <= layers[0].information.value + 1e-12

# %% [markdown]
# A rise of V-information from layer to layer is a change of form. It is no contradiction to the
# **data-processing inequality**: of the numbers $T$ of a layer, it says that $I(T; Y)$ can only
# fall from layer to layer.

# %% [markdown] exercise="same"
# ## Accuracy is not information
#
# Two sensors watch a fair coin. Both let you guess right 9 times in 10. Sensor A errs in one throw
# of ten, and you never know when. Sensor B shows the truth in eight throws of ten and a blank in
# the rest. Give the information of each on the coin in nats: `i_a` and `i_b`.

# %% answer="same"
from infoscope import mutual_information

sensor_a = np.array([[0.45, 0.05], [0.05, 0.45]])
sensor_b = np.array([[0.4, 0.0, 0.1], [0.0, 0.4, 0.1]])
i_a, i_b = mutual_information(sensor_a), mutual_information(sensor_b)

# %% check="same"
assert isclose(i_a, log(2) - (-0.9 * log(0.9) - 0.1 * log(0.1)), rel_tol=1e-9)
assert isclose(i_b, 0.8 * log(2), rel_tol=1e-9)
assert i_b > 1.5 * i_a

# %% [markdown]
# B tells 0.555 nats, A 0.368, at one accuracy. Accuracy asks which label comes first. Information
# also asks how sure one may be, each time.

# %% [markdown] covers="S16"
# ## A network that reads digits
#
# Now real material: 2,800 digits of MNIST (LeCun and Cortes), averaged to 14 × 14 pixels. A network
# of three hidden layers learns the digit on one half of them. The other half is for the probes.
#
# Two questions are asked of every layer. *Which digit is it?* The network was trained for that.
# *Is there more ink than in the median digit?* Nobody asked it that. Predict both curves over the
# layers.

# %%
from importlib.resources import files

import torch
from torch import nn

from infoscope.figures import line_chart
from infoscope.probe import collect_activations
from infoscope.train import cross_entropy_loss

with np.load(str(files("infoscope.labs") / "material" / "digits.npz")) as material:
    grey = material["images"].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)).reshape(-1, 196) / 15
    digit = material["labels"].astype(np.int64)
order = np.random.default_rng(0).permutation(2800)
pixels, digit = torch.from_numpy(grey[order]).float(), torch.from_numpy(digit[order])
ink = pixels.sum(dim=1).numpy()
dark = (ink > np.median(ink)).astype(int)


def network(epochs: int) -> nn.Sequential:
    "Three hidden layers, trained on the first 1,400 digits."
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(),
        nn.Linear(16, 10),
    )  # fmt: skip
    solver = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for rows in torch.randperm(1400).split(50):
            solver.zero_grad()
            cross_entropy_loss(model(pixels[rows]), digit[rows]).backward()
            solver.step()
    return model


def layers_of(model: nn.Module) -> dict[str, np.ndarray]:
    "Activations of the digits that the network has not seen."
    kept = collect_activations(model, pixels[1400:], ["1", "3", "5"])
    return {
        "pixels": pixels[1400:].numpy(),
        **{f"layer {i}": np.asarray(kept[name]) for i, name in enumerate(("1", "3", "5"), 1)},
    }


trained = layers_of(network(epochs=30))
unseen, unseen_dark = digit[1400:].numpy(), dark[1400:]
read = {
    "which digit": [v_information(layer, unseen, rng=0) for layer in trained.values()],
    "how much ink": [v_information(layer, unseen_dark, rng=0) for layer in trained.values()],
}
for question, results in read.items():
    for name, result in zip(trained, results, strict=True):
        print(
            f"{question:13} {name:8} {result.value.short():24}"
            f" accuracy {float(result.accuracy):.1%}"
        )

# %%
line_chart(
    range(4),
    {question: [r.value.value for r in results] for question, results in read.items()},
    bands={
        question: (
            [r.value.interval.low for r in results],
            [r.value.interval.high for r in results],
        )
        for question, results in read.items()
    },
    references={"ln 10, all of the digit": log(10), "ln 2, all of the ink": log(2)},
    title="The digit stays readable, what was not asked for fades",
    x_label="layer (0: the pixels)",
    y_label="linear V-information, nats",
    from_zero=True,
)

# %%
digits_read = [r.value.value for r in read["which digit"]]
ink_read = [r.value.value for r in read["how much ink"]]
assert max(digits_read) < log(10)
assert max(digits_read) - min(digits_read) < 0.2
assert ink_read[3] < ink_read[0] - 0.1

# %% [markdown]
# Nothing about the digit can be added: all of it was in the pixels. With 840 digits to learn from,
# a linear probe reads nearly as much from them as from any layer. The differences are hardly
# larger than their errors. The amount of ink is a plain sum of pixels; training had no use for it,
# and it fades.
#
# So was the training for nothing? The next number sees what this one does not.

# %% [markdown] covers="S16"
# ## How hard did the probe have to look?
#
# Two layers may give one accuracy, one after ten examples, one after ten thousand. A **code
# length** sees the difference (minimum description length, MDL; Voita and Titov, 2020). Send the
# labels one block after another. Each block is coded by a probe that knows only the blocks before.
# All errors made while learning are paid for.

# %%
from infoscope.probe import mdl_probe

sent = {name: mdl_probe(layer, unseen, rng=0) for name, layer in trained.items()}
untrained = layers_of(network(epochs=0))["layer 3"]
sent["layer 3, untrained"] = mdl_probe(untrained, unseen, rng=0)
for name, code in sent.items():
    print(
        f"{name:18} {code.length.value:6.0f} nats for 1,400 labels (without looking "
        f"{code.null_length:.0f}), saved {code.saved_per_example:.2f} a label"
    )

# %%
from infoscope.figures import bar_chart

bar_chart(
    list(sent),
    [code.length.value for code in sent.values()],
    title="What it takes to send the labels to someone who has the layer",
    x_label="length of all labels, nats",
    label_name="layer",
)

# %%
assert sent["layer 3"].length.value < 0.8 * sent["pixels"].length.value
assert sent["layer 3, untrained"].length.value > 1.3 * sent["pixels"].length.value

# %% [markdown]
# The pixels hold the digit, and a probe needs many examples to find it. In the trained layers it
# is found at once. The code is a third shorter although nothing was added. Sixteen
# untrained numbers keep far less of it within reach.

# %% [markdown] covers="S16"
# ## Is it the layer, or the probe?
#
# A strong probe can learn labels by heart. If 100 words each have a fixed kind, a probe that sees
# *which word* it is can say its kind, though the features say nothing about kinds. The **control
# task** (Hewitt and Liang, 2019) gives each word a random kind and asks the same probe again. What
# it reads of the real kinds, beyond that, is its **selectivity**.

# %%
from infoscope.probe import control_task

word = rng.integers(100, size=2000)
kind = rng.integers(3, size=100)[word]
meaning = np.eye(3)[kind] + 0.3 * rng.normal(size=(2000, 3))
identity = np.eye(100)[word]
for name, features in (("meaning", meaning), ("identity", identity)):
    tested = control_task(features, kind, word, n_controls=2, rng=0)
    print(f"{name:9} real kinds {v_information(features, kind, rng=0).value.short():24}"
          f"selectivity {tested.selectivity.short()}")  # fmt: skip
    if name == "meaning":
        assert float(tested.selectivity) > 0.7
    else:
        assert abs(float(tested.selectivity)) < 0.2

# %% [markdown]
# Both read the real kinds well. Only the first reads *kinds*; the second reads words, and any table
# of words would do.

# %% quiz="absent"
{
    "ask": "A linear probe reads 0.00 ± 0.01 nats about a label from a layer. What is shown?",
    "options": [
        "the layer does not hold the label",
        "no straight line reads the label from the layer",
        "the network does not use the label",
    ],
    "answer": 1,
    "why": "The exclusive or reads 0 as well, and all of its $\\ln 2$ nats are there. A probe "
    "bounds information from below, for its own family.",
}

# %% quiz="rise"
{
    "ask": "V-information about the digit rises from layer 1 to layer 2. Does that break the "
    "data-processing inequality?",
    "options": [
        "yes, so the measurement is wrong",
        "no: what is easy to read may rise while what is there cannot",
        "no: networks may create information",
    ],
    "answer": 1,
    "why": "The inequality speaks of $I(T; Y)$. A limited probe reads only a part of it, and a "
    "layer can enlarge that part.",
}

# %% quiz="accuracy"
{
    "ask": "Two layers give a probe 90 % accuracy. Their information about the label",
    "options": ["is equal", "may differ much", "is 0.9 ln 2 nats each"],
    "answer": 1,
    "why": "The two sensors of above: 0.368 against 0.555 nats at the same 90 %.",
}
