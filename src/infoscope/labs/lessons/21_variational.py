# %% [markdown] covers="S14" explorer="rate-distortion"
# # Variational: a picture through a narrow gate
#
# An autoencoder squeezes a picture into a few numbers and draws it again from them. A *variational*
# one pays for those numbers in nats. This lab computes the price exactly, trains such networks on
# real digits at five prices, and watches the code die when it is too dear.
#
# Let $x$ be a picture and $z$ its code. A decoder draws pictures by $p(x \mid z)$ from codes of a
# prior $p(z)$. An encoder $q(z \mid x)$ guesses the code of a given picture. The **evidence lower
# bound**, ELBO for short, is
#
# $$\ln p(x) \ge \underbrace{E_q[\ln p(x \mid z)]}_{-\text{distortion}} -
# \underbrace{D(q(z \mid x) \| p(z))}_{\text{rate}}.$$
#
# Predict: how much is missing on the right when the guess $q$ is wrong?

# %%
from math import isclose, log

import numpy as np

from infoscope import kl_divergence

prior = np.array([0.3, 0.7])  # rain, dry
wet_street = np.array([0.9, 0.1])  # p(x = wet | z)
evidence = float(prior @ wet_street)
posterior = prior * wet_street / evidence


def bound(q: np.ndarray) -> float:
    "Return the ELBO of the guess q after seeing a wet street, in nats."
    return float(q @ np.log(wet_street)) - kl_divergence(q, prior)


for q in (np.array([0.5, 0.5]), np.array([0.9, 0.1]), posterior):
    gap = log(evidence) - bound(q)
    print(f"q(rain) = {q[0]:.3f}   ELBO {bound(q):.4f}   ln p(x) - ELBO {gap:.4f} nats")
    assert isclose(gap, kl_divergence(q, posterior), rel_tol=1e-9, abs_tol=1e-12)

# %% [markdown] covers="C11"
# ## What is missing is a divergence
#
# The gap is $D(q(z \mid x) \| p(z \mid x))$: zero when the guess is the true posterior, and only
# then. That the bound holds at all is Jensen's inequality, or Gibbs', of labs 5 and 4.
#
# Both divergences here, the gap and the rate, take their mean under $q$. That is the **reverse**
# direction. They are often called forward KL, but that would take its mean under the other law: the
# true posterior for the gap, the prior for the rate.

# %% [markdown] exercise="closed"
# ## The rate in closed form
#
# For digits, $q$ is a Gaussian with mean $\mu$ and variance $e^v$ in each of several dimensions,
# and the prior is $N(0, 1)$. Write `rate(mu, v)`, the rate in nats summed over dimensions, with
# $D = \frac12 (\mu^2 + e^v - 1 - v)$ for one. Arguments are arrays.


# %% answer="closed"
def rate(mu: np.ndarray, v: np.ndarray) -> float:
    "Return the KL of N(mu, exp(v)) from N(0, 1), summed, in nats."
    return float((mu**2 + np.exp(v) - 1 - v).sum() / 2)


# %% check="closed" covers="T3.16"
mu, v = np.array([0.5, -1.0, 0.0]), np.array([-1.0, 0.5, 0.0])
assert isclose(rate(mu, v), 0.8833003559357852, rel_tol=1e-14)
assert rate(np.zeros(4), np.zeros(4)) == 0.0

# %% [markdown] covers="T3.16"
# The library has the same with gradients, dimension by dimension. The general divergence of two
# Gaussians agrees.

# %%
import torch
from scipy.stats import Normal

from infoscope.train import gaussian_rate

each = gaussian_rate(torch.from_numpy(mu), torch.from_numpy(v))
general = [
    float(kl_divergence(Normal(mu=m, sigma=float(np.exp(w / 2))), Normal(mu=0.0, sigma=1.0)))
    for m, w in zip(mu, v, strict=True)
]
print("nats in each dimension:", [round(float(k), 4) for k in each], f"sum {float(each.sum()):.4f}")
assert isclose(float(each.sum()), 0.8833003559357852, rel_tol=1e-14)
assert np.allclose(each.numpy(), general, rtol=1e-8)

# %% [markdown] covers="C29"
# ## What is minimised, and how it is added up
#
# Programs minimise **distortion + rate**. Texts that call this the ELBO have the sign wrong: it is
# the *negative* ELBO. A factor β before the rate sets its price; only β = 1 gives the bound.
#
# Both terms are sums over everything inside one picture: 784 pixels here, a rate for each
# dimension. Over the pictures of a batch, take the sum of both or the mean of both. A sum grows
# with the batch, so divide it by the number of pictures before you call it an ELBO.

# %%
from infoscope.train import elbo

seen = torch.tensor([-90.0, -94.0, -98.0])  # ln p(x | z) of three pictures, summed over pixels
paid = torch.tensor([20.0, 22.0, 27.0])  # their rates
step = elbo(seen, paid)
whole = float(-seen.sum() + paid.sum())
print(f"summed over the batch {whole:.0f} nats, a picture {whole / 3:.0f} nats")
print(step.to_dict())
assert isclose(whole / 3, -float(step.elbo), rel_tol=1e-6)

# %% quiz="mean"
{
    "ask": "A program takes the mean over the 784 pixels for the distortion, and the sum over "
    "dimensions for the rate. What has it trained?",
    "options": ["the ELBO, in other units", "a β-VAE with β = 784", "a plain autoencoder"],
    "answer": 1,
    "why": "Dividing only the distortion by 784 makes the rate 784 times as dear in proportion. "
    "Such codes collapse, and the program looks innocent.",
}

# %% [markdown] exercise="infinity" covers="X9 T3.Ex9"
# ## One number, and a price that rises
#
# Before the digits, a case with an exact answer. The picture is one number, normal with mean 0 and
# variance 16. Decoder and encoder are linear, the decoder's noise has variance 1. The best rate is
# then $\frac12 \ln(16/\beta)$ nats while that is positive, and 0 for good after that.
#
# Give `dead`, the price at which the code carries nothing any more, and `rate_of_one`, the rate at
# β = 1 in nats.

# %% answer="infinity"
dead = 16.0
rate_of_one = 0.5 * np.log(16.0)

# %% check="infinity"
from scipy.optimize import minimize


def loss(weights: np.ndarray, beta: float) -> float:
    "Distortion plus beta times rate of a linear pair: encoder N(a x, exp(s)), decoder N(b z, 1)."
    a, b, s = weights
    spread = np.exp(s)
    off = 16.0 * (1 - a * b) ** 2 + b**2 * spread
    return 0.5 * off + beta * 0.5 * (16.0 * a**2 + spread - 1 - s)


rates = {}
for beta in (1.0, 4.0, 12.0, 20.0, 100.0):
    a, b, s = minimize(loss, [0.2, 1.0, -1.0], args=(beta,), tol=1e-12).x
    rates[beta] = 0.5 * (16.0 * a**2 + np.exp(s) - 1 - s)
assert isclose(rates[1.0], rate_of_one, abs_tol=1e-5)
assert isclose(rates[4.0], 0.5 * log(16 / 4), abs_tol=1e-5)
assert isclose(rates[12.0], 0.5 * log(16 / 12), abs_tol=1e-4)
assert dead == 16.0
assert max(rates[20.0], rates[100.0]) < 1e-6

# %%
from infoscope.figures import line_chart

prices = np.geomspace(0.1, 100, 121)
line_chart(
    prices,
    {"best rate": np.maximum(0.5 * np.log(16 / prices), 0)},
    markers={"all is lost: β = 16": 16.0},
    title="A code dies at a finite price, not slowly at infinity",
    x_label="β, price of one nat of rate",
    y_label="rate, nats",
    log_x=True,
)

# %% [markdown] covers="C11 X9"
# At the optimum the mean squared error is $\beta$. So this is the rate–distortion function of a
# Gaussian, $\frac12 \ln(16 / D)$ at $D = \beta$ (lab 28). The explorer's page `rate-distortion`
# draws it alive.
#
# As β → ∞ the rate goes to 0: $q(z \mid x)$ becomes the prior for every $x$, and the decoder draws
# the same picture whatever came in. A rate of 0 is called **posterior collapse**. It is sometimes
# said that this divergence "prevents collapse". It is the other way round: pushing it to 0 *is* the
# collapse.

# %% [markdown]
# ## Real digits
#
# The lab comes with 2,800 handwritten digits of MNIST (LeCun and Cortes), 28 × 28 pixels in 16
# levels of grey. Of these 2,300 train; losses are measured on the other 500.

# %%
from importlib.resources import files

from infoscope.figures import heat_map

with np.load(str(files("infoscope.labs") / "material" / "digits.npz")) as material:
    grey = material["images"]
images = torch.from_numpy(grey[np.random.default_rng(0).permutation(2800)] / 15).float()
train, test = images[:2300], images[2300:]


def show(rows: dict[str, np.ndarray], title: str):
    "Draw rows of digits, each of shape (k, 784), and write their names at the left."
    picture = np.vstack([np.hstack(list(part.reshape(-1, 28, 28))) for part in rows.values()])
    names = [""] * len(picture)
    for k, name in enumerate(rows):
        names[5 * round((28 * k + 14) / 5)] = name  # of 140 names, each fifth is drawn
    return heat_map(
        15 * picture,
        names,
        [""] * picture.shape[1],
        title=title,
        unit="grey levels 0 to 15",
        quantity="ink",
        top=12.0,
        description="Handwritten digits, a row each: " + ", ".join(rows) + ".",
    )


some = test[:27].numpy()
show(
    {"first": some[:9], "second": some[9:18], "third": some[18:]},
    "Held-out digits: no network was trained on them",
)

# %% [markdown]
# Encoder and decoder have 200 hidden units, the code 8 dimensions. A pixel's grey is taken as the
# chance of ink, so the distortion is a binary cross-entropy summed over pixels.

# %%
from torch import nn

from infoscope.train import binary_cross_entropy_loss, posterior_report, rate_split


class Autoencoder(nn.Module):
    "Digits to the mean and log-variance of a code, and codes to logits of ink."

    def __init__(self, dimensions: int = 8) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 2 * dimensions))
        self.decoder = nn.Sequential(nn.Linear(dimensions, 200), nn.ReLU(), nn.Linear(200, 784))

    def code(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        return mean, log_variance

    def parts(self, x: torch.Tensor, beta: float):
        mean, log_variance = self.code(x)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        cost = binary_cross_entropy_loss(self.decoder(z), x, reduction="none").sum(1)
        return elbo(-cost, gaussian_rate(mean, log_variance), beta=beta)


def fit(beta: float, epochs: int, seed: int = 0) -> Autoencoder:
    "Train an autoencoder whose rate costs beta."
    torch.manual_seed(seed)
    model = Autoencoder()
    solver = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(train)).split(64):
            solver.zero_grad()
            model.parts(train[rows], beta).loss.backward()
            solver.step()
    return model


quick = fit(beta=1.0, epochs=2)
with torch.no_grad():
    live = quick.parts(test, 1.0)
    print(f"nats a digit: rate {live.rate:.2f}, distortion {live.distortion:.2f}, "
          f"ELBO {live.elbo:.2f}")  # fmt: skip
    print(posterior_report(*quick.code(test)))

# %% [markdown] covers="X16 T3.Ex16"
# ## Four prices, and one that is absurd
#
# Two epochs are a beginning. Thirty epochs for each of β = 0.1, 1, 4, 10 and 100 take a minute or
# more, so their results were recorded; `infoscope labs run 21 --full` computes them again.
#
# Predict: which β draws the best copies? Which has the highest ELBO? Which code says most about the
# digit?

# %%
from infoscope.labs.mode import recorded

BETAS = [0.1, 1.0, 4.0, 10.0, 100.0]


def as_text(rows: torch.Tensor) -> list[str]:
    "One letter a pixel, 0 to f."
    return ["".join(f"{round(15 * g):x}" for g in row) for row in rows.tolist()]


def train_all() -> dict[str, object]:
    "Train at every price; the numbers and a few pictures of each."
    table = {k: [] for k in ("rate", "distortion", "elbo", "information", "misfit", "active")}
    copies, fresh = {}, {}
    for beta in BETAS:
        model = fit(beta, epochs=30)
        with torch.no_grad():
            parts = [model.parts(test, beta) for _ in range(20)]
            for name in ("rate", "distortion", "elbo"):
                table[name].append(float(np.mean([float(getattr(p, name)) for p in parts])))
            mean, log_variance = model.code(images)
            split = rate_split(mean, log_variance, n_samples=4)
            table["information"].append(split.information)
            table["misfit"].append(split.marginal_kl)
            table["active"].append(posterior_report(*model.code(test)).n_active)
            copies[str(beta)] = as_text(model.decoder(model.code(test[:9])[0]).sigmoid())
            fresh[str(beta)] = as_text(model.decoder(torch.randn(9, 8)).sigmoid())
    return {**table, "copies": copies, "fresh": fresh}


found = recorded(
    "variational",
    train_all,
    # other processors round otherwise, which after a thousand steps is like another seed:
    # twice what seeds 0 and 1 differed by
    within={
        "rate": 2.5,
        "distortion": 2.5,
        "elbo": 2.0,
        "information": 0.5,
        "misfit": 2.5,
        "active": 2,
    },
)
print("    β     rate  distortion     ELBO   nats; active dimensions")
for row in zip(BETAS, *(found[k] for k in ("rate", "distortion", "elbo", "active")), strict=True):
    print("{:5g}  {:7.2f}  {:10.2f}  {:7.2f}   {:.0f} of 8".format(*row))


# %%
def as_grey(texts: list[str]) -> np.ndarray:
    "The opposite of as_text."
    return np.array([[int(letter, 16) / 15 for letter in text] for text in texts])


show(
    {"seen": test[:9].numpy()} | {f"β = {b:g}": as_grey(found["copies"][str(b)]) for b in BETAS},
    "Copies through the gate: the dearer the code, the more alike",
)

# %% [markdown]
# At β = 100 all nine copies are one grey cloud: the average digit, whatever came in. That is what
# "the reconstruction becomes unconditional" looks like.

# %%
clouds = as_grey(found["copies"]["100.0"])
assert np.abs(clouds - clouds[0]).max() <= 2 / 15
assert found["rate"][-1] < 0.05
assert found["active"][-1] == 0
assert found["rate"] == sorted(found["rate"], reverse=True)
assert found["distortion"] == sorted(found["distortion"])
assert int(np.argmax(found["elbo"])) == BETAS.index(1.0)

# %%
line_chart(
    BETAS,
    {
        "rate": found["rate"],
        "distortion": found["distortion"],
        "negative ELBO: their sum": [-e for e in found["elbo"]],
    },
    title="Of these prices, β = 1 gives the best bound",
    x_label="β, price of one nat of rate",
    y_label="nats a digit, held out",
    log_x=True,
    from_zero=True,
)

# %% [markdown]
# Cheap nats (β = 0.1) buy sharp copies and waste: the rate rises more than the distortion falls.
# Dear nats save rate and cost more distortion. Only at β = 1 is one nat worth one nat.

# %% [markdown] exercise="winner"
# ## One loss for all
#
# Take the five trained networks and charge all of them β = 4. Give `charged`, the five losses
# (distortion + 4 · rate, nats), and `winner`, the price at which the best of them was trained.

# %% answer="winner"
charged = [d + 4 * r for d, r in zip(found["distortion"], found["rate"], strict=True)]
winner = BETAS[int(np.argmin(charged))]

# %% check="winner"
assert winner == 4.0
assert isclose(charged[4], found["distortion"][4] + 4 * found["rate"][4])

# %% [markdown] covers="S14"
# ## A rate is not yet information
#
# The rate splits in two (Hoffman and Johnson, 2016): the information $I(X; Z)$, what a code tells
# of which picture it was, and the **misfit**, how far all codes together are from the prior. Only
# the first is of use. It cannot pass the logarithm of the number of pictures: $\ln 2800 = 7.94$
# nats.

# %%
from infoscope.figures import bar_chart

bar_chart(
    [f"β = {b:g}: {word}" for b in BETAS for word in ("information", "misfit")],
    [
        round(x, 3) + 0.0
        for both in zip(found["information"], found["misfit"], strict=True)
        for x in both
    ],
    muted=[False, True] * 5,
    title="What the rate is spent on",
    x_label="nats a digit (cap of the information: 7.94)",
    label_name="part of the rate",
)

# %%
assert max(found["information"]) <= log(2800) + 1e-3
assert found["information"] == sorted(found["information"], reverse=True)
assert found["misfit"][0] > 2 * found["misfit"][1]

# %% [markdown]
# The misfit is what one sees when the decoder is given codes drawn from the prior. At β = 0.1 the
# prior misses the places where real codes live, and the drawings are odd. At β = 1 and 4 most look
# like digits; at 100 there is one cloud again.

# %%
show(
    {f"β = {b:g}": as_grey(found["fresh"][str(b)]) for b in BETAS},
    "Digits that nobody wrote: the decoder alone, codes from the prior",
)

# %% quiz="collapse"
{
    "ask": "During training the rate of a VAE sinks to 0.01 nats, while the loss still improves. "
    "What has happened?",
    "options": [
        "the encoder has found a perfect code",
        "the posterior collapsed: codes no longer depend on the picture",
        "the prior covers the data now",
    ],
    "answer": 1,
    "why": "A code of 0.01 nats cannot tell two pictures apart. `posterior_report` says so for "
    "every dimension, and `free_bits` stops charging below a minimum.",
}

# %% quiz="direction"
{
    "ask": "Which divergence is the rate of a VAE?",
    "options": [
        "the forward KL, with its mean under the prior",
        "the reverse KL, with its mean under the encoder q(z | x)",
        "a symmetric one",
    ],
    "answer": 1,
    "why": "The codes are drawn from the encoder. The forward direction enters only as maximum "
    "likelihood: the data stand first, the model second.",
}
