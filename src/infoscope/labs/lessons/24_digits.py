# %% [markdown] covers="S22 X15" explorer="cross-entropy"
# # Digits: what the numbers of a training run say
#
# A small network learns to read handwritten digits. Beside the loss runs a monitor, which logs
# cross-entropy, entropy, perplexity and accuracy after each epoch. Each answers another question,
# and one of them goes wrong while the others look fine.
#
# The network gives each of ten classes a chance. Its **cross-entropy** is the mean surprisal of the
# right class, in nats. Its **entropy** is its own doubt, the mean surprisal that it *expects*.
# **Perplexity** is $e^{\text{cross-entropy}}$: the number of equally likely classes that would
# surprise as much.
#
# Predict all three before any training.

# %%
from importlib.resources import files
from math import exp, isclose, log

import numpy as np
import torch
from torch import nn

from infoscope.train import Monitor, cross_entropy_loss

with np.load(str(files("infoscope.labs") / "material" / "digits.npz")) as material:
    order = np.random.default_rng(0).permutation(2800)
    images = torch.from_numpy(material["images"][order] / 15).float()
    labels = torch.from_numpy(material["labels"][order].astype(np.int64))
train, train_labels, test, test_labels = images[:2300], labels[:2300], images[2300:], labels[2300:]


def network() -> nn.Sequential:
    "784 pixels, 128 hidden units, 10 classes."
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def look(monitor: Monitor, model: nn.Module, x: torch.Tensor, y: torch.Tensor, step: int) -> None:
    "Close a record of the monitor over all of x."
    with torch.no_grad():
        for rows in torch.arange(len(x)).split(100):
            monitor.update(model(x[rows]), y[rows])
    monitor.record(step)


monitor = Monitor(on_alarm=lambda alarm: print(f"alarm at epoch {alarm.step}: {alarm.kind}"))
model = network()
look(monitor, model, test, test_labels, 0)
print(monitor.history[0].values)
start = monitor.history[0].values
assert isclose(start.loss_nats, log(10), abs_tol=0.05)
assert isclose(start.entropy, log(10), abs_tol=0.05)
assert start.entropy < log(10), "no law over ten classes has more"

# %% [markdown]
# Ten equal chances would give $\ln 10 = 2.303$ nats, or 3.322 bits, for loss and entropy alike, and
# a perplexity of 10. An untrained network is close to that. A first loss far from $\ln 10$ tells of
# a bug before any time is lost.
#
# The digits are 2,800 of MNIST (LeCun and Cortes): 2,300 train, 500 are held out. Now twenty
# epochs.

# %%


def teach(model: nn.Module, epochs: int, held: Monitor, smoothing=0.0, seen=None) -> None:
    "Train by Adam in batches of 64; log held-out digits (and training digits: seen) by epoch."
    solver = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(1, epochs + 1):
        for rows in torch.randperm(len(train)).split(64):
            solver.zero_grad()
            cross_entropy_loss(
                model(train[rows]), train_labels[rows], smoothing=smoothing
            ).backward()
            solver.step()
        look(held, model, test, test_labels, epoch)
        if seen is not None:
            look(seen, model, train, train_labels, epoch)


teach(model, 20, monitor)
print("epoch  cross-entropy            entropy  perplexity  accuracy")
for entry in monitor.history[::2]:
    v = entry.values
    print(
        f"{entry.step:5}  {v.loss_nats:.4f} nats {v.loss_bits:.4f} bits  {v.entropy:.4f}"
        f"  {v.perplexity:10.3f}  {v.accuracy:8.1%}"
    )

# %%
from infoscope.figures import line_chart

epochs = [entry.step for entry in monitor.history]
line_chart(
    epochs,
    {
        "cross-entropy": [e.values.loss_nats for e in monitor.history],
        "entropy": [e.values.entropy for e in monitor.history],
    },
    references={"ln 10": log(10)},
    title="Surprise that came, and surprise that was expected",
    x_label="epoch",
    y_label="nats a digit, held out",
    from_zero=True,
)

# %% [markdown] covers="T3.Ex15"
# ## Two curves that should be one
#
# If the network's chances were right, its expected surprise would be its actual one: entropy and
# cross-entropy would agree. That is **calibration**. Where the two part, the chances are off. Here
# they cross: at first the network is too modest, from about epoch 15 on it is surer than it has a
# right to be.
#
# The lower curve is not the better one. Entropy asks nothing about labels. A network that is
# certain of nonsense has entropy 0.
#
# The monitor's **collapse alarm** rang twice: at epoch 7 the entropy was below its floor, $\ln 1.5$
# nats, and at epoch 19 it saw a steep fall over the last records. For a policy that must explore
# that would be the end (lab 23). A reader of clear digits is meant to
# become certain, so here one passes `alarm=CollapseAlarm(floor=1, fall=math.inf)`, which listens
# for a rise only.

# %%
last = monitor.history[-1].values
assert last.entropy < last.loss_nats
assert last.accuracy > 0.85
assert isclose(last.perplexity, exp(last.loss_nats), rel_tol=1e-12)

# %% [markdown] exercise="order" covers="T3.Ex15"
# ## Mean first, then exp
#
# Five batches of 100 held-out digits have these losses. Give `perplexity` of all 500, and
# `mean_of_exps`, what comes out if each batch's perplexity is taken first and these are averaged.

# %%
with torch.no_grad():
    losses = [
        float(cross_entropy_loss(model(test[rows]), test_labels[rows]))
        for rows in torch.arange(500).split(100)
    ]
print("nats:", [round(loss, 3) for loss in losses])

# %% answer="order"
perplexity = exp(sum(losses) / 5)
mean_of_exps = sum(exp(loss) for loss in losses) / 5

# %% check="order"
assert isclose(perplexity, last.perplexity, rel_tol=1e-5)
assert mean_of_exps > perplexity, "exp is convex: Jensen"

# %% [markdown]
# The second is always higher, by Jensen's inequality. And it depends on how the digits were cut
# into batches. The monitor adds up surprisals and counts, so that no cutting matters.

# %% [markdown]
# ## What has been learnt, in nats
#
# The labels alone have an entropy of nearly $\ln 10$. What the network's loss is below it, pixels
# have told about the class. On average this is at most the mutual information $I(X; Y)$: a loss is
# a **lower bound** on information, as lab 25 uses it.

# %%
from infoscope import entropy

counts = np.bincount(test_labels.numpy(), minlength=10)
told = entropy(counts / 500) - last.loss_nats
print(f"H(Y) = {entropy(counts / 500):.3f} nats; the pixels told {told:.3f} nats")
assert 1.8 < told < log(10)

# %% [markdown]
# ## Label smoothing: a loss with a floor
#
# **Smoothing** by $\varepsilon = 0.1$ trains on targets that give the label $1 - \varepsilon$ and
# spread $\varepsilon$ over all ten classes evenly (Szegedy and others, 2016). A network that is
# never asked for certainty stays humble. But its loss can no longer reach 0.

# %% [markdown] exercise="floor"
# Give `floor`, the least possible smoothed loss with $\varepsilon = 0.1$ and ten classes, in nats.

# %% answer="floor"
target = np.full(10, 0.1 / 10)
target[0] += 0.9
floor = entropy(target)

# %% check="floor"
assert isclose(floor, -(0.91 * log(0.91) + 9 * 0.01 * log(0.01)), rel_tol=1e-12)
ideal = torch.from_numpy(np.log(target))[None]
assert isclose(float(cross_entropy_loss(ideal, torch.tensor([0]), smoothing=0.1)), floor)
certain = torch.tensor([[60.0] + [0.0] * 9], dtype=torch.float64)
assert float(cross_entropy_loss(certain, torch.tensor([0]), smoothing=0.1)) > 10 * floor

# %% [markdown]
# The floor is the entropy of the target, 0.500 nats. A smoothed training loss of 0.55 is nearly
# perfect, and must not be compared with a plain loss. The check's certain network, whose right
# logit is ahead by 60, pays 5.4 nats.

# %% [markdown] covers="X15 T3.Ex15"
# ## A hundred epochs, with and without
#
# Now train far too long, twice. These results were recorded; `infoscope labs run 24 --full`
# computes them again. Predict for the plain network: held-out accuracy, held-out cross-entropy and
# entropy, from epoch 10 to 100. Which rise, which fall?

# %%
from infoscope.calibrate import fit_temperature
from infoscope.labs.mode import recorded

EPOCHS = 100


def long_runs() -> dict[str, object]:
    "Train without and with smoothing; curves by epoch, and what a best temperature does."
    curves, temperatures, halves = {}, {}, {}
    for name, smoothing in (("plain", 0.0), ("smoothed", 0.1)):
        model, seen, held = network(), Monitor(on_alarm=str), Monitor(on_alarm=str)
        teach(model, EPOCHS, held, smoothing, seen)
        with torch.no_grad():
            first, other = model(test[:250]), model(test[250:])
            fitted = fit_temperature(first.numpy(), test_labels[:250].numpy()).temperature
            losses = [
                float(cross_entropy_loss(z, test_labels[250:])) for z in (other, other / fitted)
            ]
        curves[name] = {
            "loss": [e.values.loss_nats for e in held.history],
            "entropy": [e.values.entropy for e in held.history],
            "accuracy": [e.values.accuracy for e in held.history],
            "train_loss": [e.values.loss_nats for e in seen.history],
        }
        temperatures[name], halves[name] = fitted, losses
    return {"curves": curves, "temperatures": temperatures, "halves": halves}


# The error: another processor rounds otherwise, which after thousands of steps is like another
# order of the digits. Another order changed everything by at most half of this.
found = recorded("digits", long_runs, within={"curves": 0.1, "temperatures": 0.3, "halves": 0.12})
curves = found["curves"]
print("                loss, nats:            entropy,")
print("          epoch  training   held out       nats  perplexity  accuracy")
for name, run in curves.items():
    for at in (10, 30, 100):
        seen, loss, own = (run[key][at - 1] for key in ("train_loss", "loss", "entropy"))
        print(
            f"{name:8}  {at:5}  {seen:8.4f}   {loss:8.4f}   {own:8.4f}  {exp(loss):10.3f}"
            f"  {run['accuracy'][at - 1]:8.1%}"
        )

# %%
line_chart(
    list(range(1, EPOCHS + 1)),
    {
        "plain: loss": curves["plain"]["loss"],
        "plain: entropy": curves["plain"]["entropy"],
        "smoothed: loss": curves["smoothed"]["loss"],
        "smoothed: entropy": curves["smoothed"]["entropy"],
    },
    title="Trained too long, the plain network is sure and wrong",
    x_label="epoch",
    y_label="nats a digit, held out",
    y_range=(0.0, 0.9),
)

# %% [markdown]
# The plain network's accuracy hardly moves after epoch 30. Its held-out loss **rises**: the few
# errors that remain are made with more and more confidence, and a confident error costs many nats.
# Its entropy falls towards 0. Who watches accuracy alone sees nothing of this.
#
# The smoothed network errs the other way round. It expects more surprise than comes: its entropy is
# above its loss. It is underconfident, by design.

# %%
plain, smooth = curves["plain"], curves["smoothed"]
assert plain["loss"][-1] > min(plain["loss"]) + 0.02
assert abs(plain["accuracy"][-1] - plain["accuracy"][29]) < 0.02
assert plain["entropy"][-1] < 0.5 * plain["loss"][-1]
assert smooth["entropy"][-1] > smooth["loss"][-1]

# %% [markdown]
# ## Repair with one number
#
# Divide the logits by a temperature, chosen on half of the held-out digits, and look at the other
# half (Guo and others, 2017). Overconfidence needs $T > 1$, underconfidence $T < 1$. The accuracy
# cannot change. Lab 19 has the rest of this story.

# %%
for name, fitted in found["temperatures"].items():
    before, after = found["halves"][name]
    print(f"{name:8} T = {fitted:.2f}: other half {before:.4f} to {after:.4f} nats")
    assert after < before
assert found["temperatures"]["plain"] > 1.2
assert found["temperatures"]["smoothed"] < 1

# %% quiz="overfit"
{
    "ask": "Held-out accuracy stays at 94 %, held-out cross-entropy rises from 0.21 to 0.30 nats, "
    "and entropy falls. What is going on?",
    "options": [
        "nothing: accuracy is what counts",
        "the network becomes overconfident: the same errors, with higher stakes",
        "the labels are being forgotten",
    ],
    "answer": 1,
    "why": "Accuracy asks which class comes first, cross-entropy how sure it was. Entropy below "
    "cross-entropy means more confidence than is deserved.",
}

# %% quiz="zero"
{
    "ask": "A colleague reports a validation entropy of 0.01 nats and calls it an excellent loss. "
    "You ask for",
    "options": [
        "the training entropy",
        "the cross-entropy with the labels",
        "the perplexity of it",
    ],
    "answer": 1,
    "why": "Entropy is computed from the predictions alone. A network that always says the same "
    "class with certainty reaches 0.",
}

# %% quiz="first"
{
    "ask": "The first loss of a new classifier with 10 classes is 7.1 nats, before any step. Why?",
    "options": [
        "a perplexity of 10 is 7.1 nats",
        "the untrained network is confident: its last layer starts too large",
        "that is what random chances cost",
    ],
    "answer": 1,
    "why": "Equal chances cost $\\ln 10 = 2.303$ nats. More means confidence at random, which the "
    "first steps are wasted on undoing.",
}
