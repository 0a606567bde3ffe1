# %% [markdown] covers="S17 T1.Do5" explorer="bottleneck"
# # The information plane: a picture of what?
#
# While a network trains, draw for each hidden layer $T$ what it holds of the input, $I(X; T)$,
# against what it holds of the label, $I(T; Y)$. The paths of this **information plane** were said
# to show two phases of learning: first a fit, then a *compression*, in which a layer forgets the
# input (Shwartz-Ziv and Tishby, 2017). This lab draws the plane, and then asks what was measured.
#
# Begin with a network that does not learn at all. Its inputs are all 16 patterns of four bits, each
# equally likely, and the label is their parity. Predict $I(X; T)$ of an untrained hidden layer of
# three tanh units, in bits.

# %%
from math import isclose, log2

import numpy as np
import torch
from torch import nn

from infoscope.probe import Binning, GaussianNoise, information_plane

patterns = torch.tensor([[float(i >> j & 1) for j in range(4)] for i in range(16)])
parity = (patterns.sum(dim=1) % 2).long()
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
noises = [None, Binning(width=0.02), Binning(width=0.2), Binning(width=1.0), GaussianNoise(0.1)]
plane = information_plane(model, (patterns, parity), noise=noises, layers=["1"], unit="bits")
for point in plane.points:
    print(f"{point.noise:24} I(X;T) {point.of_input.value:.3f} bits   "
          f"I(T;Y) {point.of_label.value:.3f} bits")  # fmt: skip

# %%
exact, fine, *_, coarse, noisy = (point.of_input.value for point in plane.points)
assert isclose(exact, 4.0)
assert isclose(fine, 4.0)
assert coarse < 3
assert noisy < 4

# %% [markdown] covers="T1.Do5"
# ## One network, as many answers as you like
#
# A network without noise is a function. As long as no two inputs meet in one point, $X$ can be read
# off $T$, and $I(X; T) = H(X)$: 4 bits, untrained or trained, in every layer. If $X$ is a
# measurement with endlessly many digits, it is infinite.
#
# Every other number is the answer to another question: what is left of $X$ after $T$ was cut into
# bins, or after noise was added? That is a fair question. But the bins are part of it, so a plane
# without a stated **noise model** says nothing.
#
# Below, the bins grow from narrow to wide. The fall need not be smooth: wider bins have their edges
# elsewhere.

# %%
from infoscope.figures import line_chart

widths = np.geomspace(0.001, 4, 25)
by_width = information_plane(
    model,
    (patterns, parity),
    noise=[Binning(width=float(w)) for w in widths],
    layers=["1"],
    unit="bits",
)
line_chart(
    widths,
    {"I(X;T)": [point.of_input.value for point in by_width.points]},
    references={"H(X)": 4.0},
    title="Choose a width, choose an answer",
    x_label="width of the bins of each unit",
    y_label="bits",
    log_x=True,
    from_zero=True,
)

# %% [markdown]
# The library refuses to leave the noise unsaid where the inputs are a sample of measurements:

# %%
from textwrap import fill

from infoscope.core.errors import InvalidArgument

try:
    information_plane(model, (torch.rand(16, 4), parity), noise=None, layers=["1"])
except InvalidArgument as refusal:
    print(fill(str(refusal), 84))
else:
    raise AssertionError("a sample without noise has no finite value")

# %% [markdown] covers="C26"
# ## What ReLU forgets, and what it does not
#
# It is said that linear layers keep information because they are "invertible", and that ReLU loses
# some. Neither is quite so. A map from one number to four is **injective**: no two inputs meet. It
# is not invertible, for most points of the four are never reached. And a ReLU layer on one number
# stays injective if its weights have both signs: one unit keeps the positive side, another the
# negative.

# %%
from infoscope.probe import data_processing_check

numbers = np.array([*range(-8, 0), *range(1, 9)], dtype=float)[:, None]
is_far = (np.abs(numbers[:, 0]) > 4).astype(int)
both = np.maximum(numbers @ [[1.0, -0.5, 0.3, -2.0]], 0)
checked = data_processing_check({"number": numbers, "ReLU": both}, is_far, unit="bits")
for layer in checked.layers:
    print(f"{layer.layer:7} I(T;Y) {layer.information.value:.3f} bits, of it for a linear probe "
          f"{layer.linear.value:.3f}")  # fmt: skip
assert len(np.unique(both, axis=0)) == 16
assert isclose(checked.layers[1].information.value, 1.0)
assert checked.layers[1].linear.value > checked.layers[0].linear.value + 0.5

# %% [markdown]
# Nothing was lost, and a linear probe reads *more* afterwards. What a linear probe reads may rise
# or fall from layer to layer while the information stays. Neither of them is accuracy.

# %% [markdown] exercise="lost"
# ## When it does lose
#
# Now give all four weights the same sign, without biases. All negative numbers end in one point.
# Give `left`, the bits $I(X; T)$ that are left of the 4 bits of 16 equally likely numbers
# $-8, \dots, -1, 1, \dots, 8$.

# %% answer="lost"
left = 8 * (1 / 16) * log2(16) + 0.5 * log2(2)

# %% check="lost"
positive = np.maximum(numbers @ [[1.0, 0.5, 0.3, 2.0]], 0)
masses = np.unique(positive, axis=0, return_counts=True)[1] / 16
assert isclose(left, float(-(masses * np.log2(masses)).sum()), rel_tol=1e-9)
assert left == 2.5

# %% [markdown] covers="X21"
# ## The classic experiment
#
# Twelve points on a sphere are lit or not: 4,096 inputs, 12 bits. The label follows a rule that no
# rotation changes. A network of 10, 7, 5, 4 and 3 tanh units learns it, and each unit's range is
# cut into 30 bins, as in the original. First a short run, live.

# %%
from infoscope.probe import twelve_bit_experiment

short = twelve_bit_experiment(
    "tanh", noise=Binning(n_bins=30, low=-1, high=1), n_epochs=60, n_records=8, show=False
)
print(
    f"accuracy {short.train_accuracy:.1%} on training inputs, {short.test_accuracy:.1%} on others"
)
short.trajectory.figure()

# %% [markdown]
# Each layer has a path; its colour is the epoch. Information about the label rises: a fit. For
# compression one must train on. The next runs take a minute or more, so they were recorded
# (`infoscope labs run 26 --full` computes them again): 300 epochs, several noise models, and each
# layer both before and after its activation function.
#
# Predict for the last hidden layer: where does $I(X; T)$ fall? Without noise? In wide bins? In bins
# a hundred times narrower?

# %%
from infoscope.labs.mode import recorded

WIDE, NARROW = Binning(width=1 / 15), Binning(width=1 / 1500)


def curve(trajectory, layer: str, noise: str) -> list[float]:
    "Bits of I(X;T) of a layer, by epoch."
    points = trajectory.of(layer=layer, noise=noise).points
    return [p.of_input.value for p in sorted(points, key=lambda p: p.epoch)]


def long_runs() -> dict[str, object]:
    "Train with tanh and with ReLU, and keep the last layer's bits by epoch."
    out: dict[str, object] = {}
    run = twelve_bit_experiment(
        "tanh", noise=[None, WIDE, NARROW], layers="all", n_epochs=300, n_records=14, show=False
    ).trajectory
    none, wide, narrow = run.noises
    out["epochs"] = list(run.epochs)
    out["exact"] = curve(run, "tanh 5", none)
    out["binned"] = {
        "wide": curve(run, "tanh 5", wide),
        "narrow": curve(run, "tanh 5", narrow),
        "wide, before tanh": curve(run, "linear 5", wide),
    }
    labels = run.of(layer="tanh 5", noise=wide).points
    out["label"] = [p.of_label.value for p in sorted(labels, key=lambda p: p.epoch)]
    run = twelve_bit_experiment(
        "tanh", noise=GaussianNoise(0.1, n_draws=4096), n_epochs=300, n_records=14, show=False
    ).trajectory
    out["noisy"] = curve(run, "tanh 5", run.noises[0])
    out["relu"] = {}
    for seed in (0, 1, 2):
        run = twelve_bit_experiment(
            "relu", noise=[None], n_epochs=300, n_records=14, rng=seed, show=False
        ).trajectory
        out["relu"][str(seed)] = curve(run, "relu 5", run.noises[0])
    return out


# The errors: without noise tanh keeps every input apart on any processor. Elsewhere another way of
# rounding moves activations over the edges of bins, or a ReLU unit over zero: part of what another
# seed does.
found = recorded(
    "information_plane",
    long_runs,
    within={"epochs": 0, "exact": 0.01, "binned": 1.0, "label": 0.1, "noisy": 0.5, "relu": 1.5},
)
epochs = [max(e, 0.7) for e in found["epochs"]]  # epoch 0 has no place on a logarithmic axis
line_chart(
    epochs,
    {
        "no noise": found["exact"],
        "narrow bins": found["binned"]["narrow"],
        "wide bins": found["binned"]["wide"],
        "Gaussian noise, 0.1": found["noisy"],
    },
    title="One network, one layer, four noise models",
    x_label="epoch (the start is drawn at 0.7)",
    y_label="I(X;T) of the last hidden layer, bits",
    log_x=True,
    from_zero=True,
)

# %%
wide, narrow = found["binned"]["wide"], found["binned"]["narrow"]
paths = {"no noise": found["exact"], **found["binned"], "Gaussian 0.1": found["noisy"]}
for name, path in paths.items():
    print(f"{name:18} most {max(path):5.2f} bits, last {path[-1]:.2f}: "
          f"fell by {max(path) - path[-1]:.2f}")  # fmt: skip
print(f"I(T;Y) in wide bins rose from {found['label'][0]:.3f} to {found['label'][-1]:.3f} bits")
assert found["label"][-1] > 0.9
assert all(isclose(value, 12.0, abs_tol=0.01) for value in found["exact"])
assert max(wide) - wide[-1] > 1.5
assert max(narrow) - narrow[-1] < 1.0

# %% [markdown] covers="S17"
# ## What was compressed?
#
# **Nothing was lost.** Without noise the layer keeps all 12 bits from the first epoch to the last.
# The 4,096 activations stay different numbers.
#
# **The wide bins fell**, and the narrow ones hardly. As weights grow, tanh saturates, and
# activations crowd near -1 and 1 into the outermost bins. That is geometry: clusters.
#
# **It is the tanh that crowds them.** The next picture has the same three units, before and after
# tanh. Tanh can be undone, so both hold the same information. Most of the fall is seen only behind
# it (Saxe and others, 2018).

# %%
line_chart(
    epochs,
    {"before tanh": found["binned"]["wide, before tanh"], "after tanh": wide},
    references={"what both hold": 12.0},
    title="The same information before and after; the bins disagree",
    x_label="epoch (the start is drawn at 0.7)",
    y_label="I(X;T) in bins of 1/15, bits",
    log_x=True,
    from_zero=True,
)

# %%
before = found["binned"]["wide, before tanh"]
assert before[-1] > wide[-1] + 1
assert (max(before) - before[-1]) < (max(wide) - wide[-1])

# %% [markdown]
# With Gaussian noise *inside* the network, as part of it, clustering is a real loss of information
# (Goldfeld and others, 2019). Then the noise has a size that somebody chose, and belongs next to
# the figure.

# %% [markdown] covers="S17 C26"
# ## ReLU is another story than the one usually told
#
# "No compression with ReLU" is the other common sentence. A ReLU unit that is off maps many inputs
# to the same 0. So a ReLU layer can lose information for good, and no bins are needed to see it.
# Three runs that differ only in their seed, without noise:

# %%
line_chart(
    epochs,
    {f"seed {seed}": found["relu"][seed] for seed in ("0", "1", "2")},
    references={"H(X)": 12.0},
    title="ReLU layers lose, and regain, as units die and come back",
    x_label="epoch (the start is drawn at 0.7)",
    y_label="I(X;T) of the last hidden layer, bits, no noise",
    log_x=True,
    from_zero=True,
)

# %%
lows = [min(path) for path in found["relu"].values()]
print("least bits of each seed:", [round(low, 2) for low in lows])
assert all(path[-1] < 12 - 1e-6 for path in found["relu"].values())
assert min(lows) < 8

# %% [markdown]
# So falls and rises are real with ReLU. They depend on the start, and say which units are dead.
# They do not tell whether the network generalises.
#
# What $I(T; Y)$ tells is limited too. Without noise, and as long as no two inputs meet, it is
# $I(X; Y)$, all of it, before the first step. What rises in training is how easily a simple reader
# can use it: that is V-information, and lab 25 measures it.

# %% [markdown] exercise="most"
# ## A bound on every plane
#
# A layer of three units is cut into 30 bins each. Whatever the network and the input: how many bits
# can $I(X; T)$ show at most? Give `most`. And for 4,096 equally likely inputs, `most_here`.

# %% answer="most"
most = 3 * log2(30)
most_here = min(most, 12.0)

# %% check="most"
assert isclose(most, log2(30**3), rel_tol=1e-12)
assert most_here == 12.0

# %% quiz="deterministic"
{
    "ask": "A network without noise; all 4,096 inputs give different activations in its last "
    "layer. I(X;T) there is",
    "options": [
        "12 bits",
        "smaller than in the first layer, by data processing",
        "unknown until one chooses bins",
    ],
    "answer": 0,
    "why": "$X$ can be read off $T$, so $I(X; T) = H(X) = 12$ bits. Data processing allows a fall, "
    "but demands none.",
}

# %% quiz="claim"
{
    "ask": "A paper shows I(X;T) falling by 4 bits late in training, with tanh units and 30 bins. "
    "What is safe to say?",
    "options": [
        "the layer forgot 4 bits of the input",
        "activations moved together, as those bins see them",
        "the network generalises better now",
    ],
    "answer": 1,
    "why": "The same layer in narrower bins, or before its tanh, may show no fall. Without noise "
    "it keeps everything.",
}
