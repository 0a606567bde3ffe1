# %% [markdown] covers="S26 T4.10"
# # One table for all objectives
#
# Classifiers, language models, variational autoencoders, contrastive learning, decision trees,
# tuning to preferences: each came with a loss of its own. Nearly every one of them is a KL
# divergence or a mutual information, plus something that training cannot change.
#
# Three questions sort them. **Which two** distributions? **Under which** of them is the mean taken?
# **What is constant**? This lab answers them with numbers: left the loss as it is trained, right
# the information, and both must agree.
#
# Predict, before you go on: under which distribution is the mean in a VAE's KL term, under the
# encoder's or the prior's? And in RLHF, under the new policy or the old?

# %%
from math import exp, isclose, log

import numpy as np
import torch

import infoscope as isc
from infoscope import cross_entropy, entropy, kl_divergence, mutual_information, train

rows = []


def row(name: str, loss, constant, information, *, form: str, mean_under="data", atol=1e-9) -> None:
    "Check that a loss is one part plus an information, all in nats, and note the row."
    loss, constant, information = float(loss), float(constant), float(information)
    assert isclose(loss, constant + information, rel_tol=0, abs_tol=atol), (name, loss, constant)
    rows.append((name, form, mean_under, loss, constant, information))
    sign = "-" if information < 0 else "+"
    print(f"{name}: {loss:.6f} = {constant:.6f} {sign} {abs(information):.6f} nats")


# %% [markdown] covers="C24"
# ## Maximum likelihood: the mean is under the data
#
# Ten labels of three kinds, and a model $q$ that gives logits. The loss is the mean of $-\log q$ of
# what came. With $p$, the shares in the data, it is $H(p) + D(p \| q)$. Only $D$ can be trained
# away, so the least loss is $H(p)$, and not zero.

# %%
labels = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 2, 2])
p = np.array([0.5, 0.3, 0.2])
logits = torch.tensor([[0.6, 0.3, 0.1]], dtype=torch.float64).log()
q = logits.exp()[0].numpy()
row(
    "classification",
    train.cross_entropy_loss(logits.expand(10, 3), labels),
    entropy(p),
    kl_divergence(p, q),
    form="H(data) + D(data‖model)",
)
assert isclose(rows[-1][3], 1.077121671779585, rel_tol=1e-12)
assert isclose(rows[-1][5], 0.04746865771501175, rel_tol=1e-12)

# %% [markdown]
# A **language model** does the same for each next token, given those before it: the constant is
# $H(\text{next} \mid \text{context})$, and what training can take away is the mean KL over
# contexts. Here the context is one word, and the model knows only how frequent words are. So what
# it misses is the information of a word about the next.

# %%
from itertools import pairwise

story = "the cat sat on the mat and the rat sat on the cat and the mat"
words = story.split()
known = sorted(set(words))
table = np.zeros((len(known), len(known)))
for word, following in pairwise(words):
    table[known.index(word), known.index(following)] += 1 / (len(words) - 1)
context, frequency = table.sum(axis=1), table.sum(axis=0)
row(
    "language model",
    np.mean([-log(frequency[known.index(word)]) for word in words[1:]]),
    context @ [entropy(part / part.sum()) for part in table],
    context @ [kl_divergence(part / part.sum(), frequency) for part in table],
    form="H(next|context) + E D(data‖model)",
)
assert isclose(rows[-1][5], mutual_information(table), rel_tol=1e-12)

# %% [markdown]
# So does a compressor: the ideal code of a symbol has $-\log q$ nats. Code 100,000 symbols for
# real, and weigh the file.

# %%
from infoscope.codes import arithmetic

symbols = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [50_000, 30_000, 20_000]))
file = arithmetic.encode(symbols, q)
row(
    "compression",
    8 * len(file) * log(2) / len(symbols),
    entropy(p),
    kl_divergence(p, q),
    form="H(data) + D(data‖model)",
    atol=2e-3,  # an arithmetic coder ends in whole bytes
)

# %% [markdown]
# Squared error belongs here too: it is the surprisal under a normal distribution of fixed width,
# less a constant. And **distillation** only puts a teacher in the place of the data.

# %%
guess, sigma = 1.0, 1.0
numbers = np.array([-0.5, 0.1, 1.2, 0.8])
surprisals = (numbers - guess) ** 2 / (2 * sigma**2) + 0.5 * log(2 * np.pi * sigma**2)
row(
    "regression",
    surprisals.mean(),
    0.5 * log(2 * np.pi) + numbers.var() / 2,
    isc.gaussian_kl(numbers.mean(), 1.0, guess, 1.0),
    form="constant + D(N(data, 1)‖N(model, 1))",
)

teacher = torch.tensor([[2.0, 1.0, 0.1]], dtype=torch.float64)
student = torch.tensor([[1.0, 1.5, 0.0]], dtype=torch.float64)
t = teacher.softmax(-1)[0].numpy()
row(
    "distillation (T = 1)",
    train.distillation_loss(student, teacher, temperature=1.0),
    0.0,
    kl_divergence(t, student.softmax(-1)[0].numpy()),
    form="D(teacher‖student)",
    mean_under="teacher",
)

# %% [markdown]
# ## A decision tree: mutual information by another name
#
# The best leaf says the shares of its classes. Then the mean surprisal in the leaves is $H(Y|S)$,
# and what the split $S$ saves is $I(S;Y)$: maximum likelihood again, one question at a time.

# %%
gain = isc.information_gain([12, 8], [[8, 2], [4, 6]])
leaves = 0.5 * entropy([0.8, 0.2]) + 0.5 * entropy([0.4, 0.6])
row(
    "decision tree",
    leaves,
    entropy([0.6, 0.4]),
    -gain,
    form="H(class) − I(split; class)",
)
assert isclose(gain, 0.08630462173553428, rel_tol=1e-12)

# %% [markdown] covers="C11"
# ## The VAE: the mean is under the model's own encoder
#
# A code $z$ of two values, a prior $p(z)$, a likelihood of the picture that was seen, an encoder
# $q(z|x)$. The negative ELBO is
#
# $$-E_q[\log p(x|z)] + D(q(z|x) \| p(z)) = -\log p(x) + D(q(z|x) \| p(z|x))$$
#
# Both KLs are **reverse** ones: the mean is under $q$. The first is the rate. Driving it to 0 does
# not "cover the prior", it is the collapse itself: the code then says nothing of the picture.
#
# For the encoder $-\log p(x)$ is a constant. For the decoder it is not: averaged over pictures it
# is $H(\text{data}) + D(\text{data} \| \text{model})$, maximum likelihood once more.

# %%
prior, likelihood, encoder = np.array([0.5, 0.5]), np.array([0.9, 0.2]), np.array([0.7, 0.3])
evidence = prior @ likelihood
posterior = prior * likelihood / evidence
step = train.elbo(
    torch.tensor([encoder @ np.log(likelihood)]),
    torch.tensor([kl_divergence(encoder, prior)]),
)
row(
    "VAE, one picture",
    -step.elbo,
    -log(evidence),
    kl_divergence(encoder, posterior),
    form="−log p(x) + D(encoder‖posterior)",
    mean_under="encoder",
)

# %% [markdown] exercise="surgery"
# ## The rate is an information, and a bit more
#
# Over many pictures the mean rate is $I_q(X;Z) + D(q(z) \| p(z))$, where $q(z)$ is the mean of all
# encoders (Hoffman & Johnson 2016). Two pictures, equally frequent, have encoders $[.9, .1]$ and
# $[.3, .7]$; the prior is $[.5, .5]$. Compute in nats the `mean_rate`, the `information`, and what
# is left, `misfit`.

# %% answer="surgery"
encoders = np.array([[0.9, 0.1], [0.3, 0.7]])
mean_rate = np.mean([kl_divergence(each, [0.5, 0.5]) for each in encoders])
information = mutual_information(encoders / 2)
misfit = kl_divergence(encoders.mean(axis=0), [0.5, 0.5])

# %% check="surgery"
assert isclose(mean_rate, 0.2252, abs_tol=1e-4)
assert isclose(mean_rate, information + misfit, rel_tol=1e-12)
assert misfit > 0

# %%
row(
    "VAE's rate, mean",
    mean_rate,
    misfit,
    information,
    form="D(q(z)‖prior) + I(X;Z)",
    mean_under="encoder",
)

# %% [markdown]
# ## Diffusion: many small Gaussian KLs
#
# "Diffusion trains a cross-entropy" is not wrong, but says little. Each step asks for the KL of two
# normals of the **same** width. It is a squared distance of their means, divided by twice the
# variance: a weighted squared error (Ho, Jain & Abbeel 2020). The usual loss drops the weights, and
# is then no longer the bound itself.

# %%
alpha, alpha_bar = 0.98, 0.6  # this step's, and all steps' up to here
beta_t = 1 - alpha
x_t, noise, predicted = 0.7, 0.3, 0.5


def back(eps: float) -> float:
    "Return the mean of the step back, if the noise in x_t was eps."
    return (x_t - beta_t / (1 - alpha_bar) ** 0.5 * eps) / alpha**0.5


weight = beta_t**2 / (2 * beta_t * alpha * (1 - alpha_bar))
row(
    "diffusion, one step",
    weight * (noise - predicted) ** 2,
    0.0,
    isc.gaussian_kl(back(noise), beta_t, back(predicted), beta_t),
    form="D(true step back‖model's), of Gaussians",
    mean_under="noised data",
)

# %% [markdown] covers="C17 C35"
# ## RLHF: the mean is under the policy
#
# Maximise the mean reward **less** $\beta$ times the KL from the reference. The best policy is
# $\pi^* = \pi_\text{ref} \, e^{r/\beta} / Z$, and what any other policy misses is a KL again:
#
# $$E_\pi[r] - \beta D(\pi \| \pi_\text{ref}) = \beta \log Z - \beta D(\pi \| \pi^*)$$
#
# It is a reverse KL, but no answer is ignored because of that: $\pi^*$ gives a chance to each
# answer that the reference gives one. And $\beta$ is the price of a nat; it is no temperature of
# sampling.

# %%
reference = np.array([0.6, 0.3, 0.1])
reward = np.array([0.0, 1.0, 2.0])
beta = 0.5
best, value = train.tilted_policy(reference, reward, beta)
policy = np.array([0.3, 0.3, 0.4])
objective = policy @ reward - beta * kl_divergence(policy, reference)
row(
    "RLHF, negated, per β",
    -objective / beta,
    -value / beta,
    kl_divergence(policy, best),
    form="−log Z + D(policy‖best policy)",
    mean_under="policy",
)
assert np.all(best > 0)

# %% [markdown]
# An **entropy bonus**, as in the soft actor–critic, is the same with a uniform reference, because
# $H(\pi) = \log k - D(\pi \| \text{uniform})$.

# %%
uniform = np.full(3, 1 / 3)
soft, soft_value = train.tilted_policy(uniform, reward, beta)
bonus = policy @ reward + beta * entropy(policy)
row(
    "entropy bonus, negated, per α",
    -bonus / beta,
    -soft_value / beta - log(3),
    kl_divergence(policy, soft),
    form="−log Z − log k + D(policy‖softmax(r/α))",
    mean_under="policy",
)
assert np.allclose(soft, np.exp(reward / beta) / np.exp(reward / beta).sum())

# %% [markdown] exercise="dpo"
# ## DPO: the same optimum, asked by cross-entropy
#
# Preferences come from the rewards: answer $i$ beats $j$ with chance $s(r_i - r_j)$, $s$ the
# logistic function. DPO is a classifier of such pairs. Compute `preferred`, the chance that answer
# 2 (reward 2) beats answer 0 (reward 0), and `least`, the smallest mean loss that any policy can
# have on this pair, in nats.

# %% answer="dpo"
preferred = 1 / (1 + exp(-(2.0 - 0.0)))
least = entropy([preferred, 1 - preferred])

# %% check="dpo"
assert isclose(preferred, (1 + np.tanh(1.0)) / 2, rel_tol=1e-12)


def dpo(pi: np.ndarray) -> float:
    "Return the mean DPO loss of answers 2 and 0 over both ways that the pair can fall."
    new, old = torch.tensor(pi).log(), torch.tensor(reference).log()
    wins = train.dpo_loss(new[2:], new[:1], old[2:], old[:1], beta=beta).item()
    loses = train.dpo_loss(new[:1], new[2:], old[:1], old[2:], beta=beta).item()
    return preferred * wins + (1 - preferred) * loses


assert isclose(dpo(best), least, rel_tol=1e-12)
assert dpo(policy) > least

# %%
margin = beta * np.log(policy[2] / policy[0] * reference[0] / reference[2])
implied = 1 / (1 + np.exp(-margin))
row(
    "DPO, one pair",
    dpo(policy),
    entropy([preferred, 1 - preferred]),
    kl_divergence([preferred, 1 - preferred], [implied, 1 - implied]),
    form="H(preference) + D(preference‖implied)",
)

# %% [markdown] covers="C28"
# ## Contrastive learning: a bound on an information
#
# Find the partner among $N$ candidates. With the best possible scores, the pointwise mutual
# information, $\log N$ less the loss is a lower bound on $I(X;Y)$. It is never above $\log N$, and
# it reaches $I$ only as $N$ grows. So this row is an inequality.

# %%
joint = np.array([[0.4, 0.05, 0.05], [0.02, 0.2, 0.03], [0.02, 0.03, 0.2]])
truth = mutual_information(joint)
pmi = torch.tensor(isc.pointwise_mutual_information(joint))
rng = np.random.default_rng(0)
bounds = {}
for n in (2, 8, 32, 128):
    x, y = np.unravel_index(rng.choice(9, size=(65_536 // n, n), p=joint.ravel()), (3, 3))
    scores = pmi[x[:, :, None], y[:, None, :]]  # row i of a batch: every candidate for x_i
    partners = torch.arange(n).expand(len(x), n)
    bounds[n] = log(n) - train.cross_entropy_loss(scores, partners).item()
    print(f"N = {n:3}: bound {bounds[n]:.4f}   I(X;Y) = {truth:.4f} nats")
rows.append(
    ("contrastive, N = 128", "≥ log N − I(X;Y)", "data", log(128) - bounds[128], log(128), -truth)
)
assert bounds[2] < bounds[8] < bounds[32]
assert abs(bounds[128] - truth) < 0.02

# %% [markdown]
# ## The bottleneck: two informations at a price
#
# $I(X;T) - \beta I(T;Y)$ looks like no KL. But the part of $Y$ that a note $T$ loses is a mean KL:
# $I(X;Y) - I(T;Y) = E \, D(p(y|x) \| p(y|t))$. So the bottleneck is a rate plus $\beta$ times a
# distortion, and the distortion is a KL. The VAE's $\beta$ stands on the other term.

# %%
from infoscope.channels import information_bottleneck

table_xy = np.array([[0.45, 0.05], [0.05, 0.45]])
found = information_bottleneck(table_xy, 3.0)
distortion = sum(
    0.5 * found.encoder[x, t] * kl_divergence(table_xy[x] / 0.5, found.decoder[t])
    for x in (0, 1)
    for t in range(found.encoder.shape[1])
)
row(
    "bottleneck, β = 3",
    found.value,
    -3.0 * mutual_information(table_xy),
    found.complexity + 3.0 * distortion,
    form="−β I(X;Y) + I(X;T) + β E D(Y|x ‖ Y|t)",
    mean_under="data, encoder",
)

# %% [markdown] exercise="gan" covers="C33"
# ## GANs: neither direction
#
# A generative adversarial network (GAN) makes fakes, and a discriminator tells them from data. The
# best discriminator says $D(x) = p(x) / (p(x) + q(x))$ for data $p$ and fakes $q$. Let $p$ be
# [.5, .3, .2] and $q$ [.6, .3, .1]. Compute `mean_loss`, its mean log loss in nats over equally
# many real and fake samples. Which divergence is missing to $\ln 2$?

# %% answer="gan"
fake = np.array([0.6, 0.3, 0.1])
says_real = p / (p + fake)
mean_loss = -0.5 * (p @ np.log(says_real)) - 0.5 * (fake @ np.log(1 - says_real))

# %% check="gan"
assert isclose(mean_loss, log(2) - isc.jensen_shannon_divergence(p, fake), rel_tol=1e-12)

# %%
row(
    "GAN's discriminator",
    mean_loss,
    log(2),
    -isc.jensen_shannon_divergence(p, fake),
    form="log 2 − JS(data, fakes)",
    mean_under="both, half each",
)
both = np.stack([p, fake]) / 2
assert isclose(mutual_information(both), isc.jensen_shannon_divergence(p, fake), rel_tol=1e-12)

# %% [markdown]
# The original GAN minimises the Jensen–Shannon divergence, not the reverse KL. And JS is an
# information itself: what one sample tells about whether it is real or fake.
#
# ## The table

# %%
print(f"{'objective':32}{'the loss is':41}mean under")
for name, form, mean_under, *_ in rows:
    print(f"{name:32}{form:41}{mean_under}")
assert len(rows) == 15

# %%
from infoscope.figures import bar_chart

shown = [each for each in rows if each[0] in ("classification", "regression", "DPO, one pair")]
bar_chart(
    [f"{each[0]}: {what}" for each in shown for what in ("loss", "its KL")],
    [value for each in shown for value in (each[3], each[5])],
    muted=[True, False] * len(shown),
    title="Training can take away the KL, and no more",
    x_label="nats",
    label_name="objective",
)

# %% [markdown]
# ## What is not in the table
#
# - The **focal loss** is no cross-entropy: it is no proper score, and its optimum is not the truth.
# - **PPO's clip** is no KL: it takes gradients away outside a band, and bounds no divergence.
# - **Squared error on class chances** is a proper score, but no surprisal: it belongs to no code.

# %%
grid = torch.linspace(0.5, 0.999, 500, dtype=torch.float64)
pair = torch.stack([grid, 1 - grid], dim=-1).log()
zeros = torch.zeros(500, dtype=torch.int64)
focal = 0.9 * train.focal_loss(pair, zeros, reduction="none")
focal = focal + 0.1 * train.focal_loss(pair, zeros + 1, reduction="none")
print(f"truth 0.9; the focal loss is least at {grid[focal.argmin()].item():.3f}")
assert grid[focal.argmin()] < 0.85

# %% [markdown] covers="S27" explorer="reference"
# ## The card to keep
#
# Each quantity with its call, its unit and what it does at zero. Nothing is clipped and nothing is
# added inside a logarithm: what is 0 is 0, and what is infinite is infinite.

# %%
cards = [
    ("surprisal", "surprisal(0)", isc.surprisal(0.0), "what cannot happen, happened"),
    ("entropy", "entropy([1, 0])", entropy([1.0, 0.0]), "0 log 0 = 0, and never −0"),
    ("cross-entropy", "cross_entropy([1, 0], [0, 1])", cross_entropy([1.0, 0.0], [0.0, 1.0]),
     "the model excludes what happens"),
    ("KL", "kl_divergence([1, 0], [.5, .5])", kl_divergence([1.0, 0.0], [0.5, 0.5]),
     "0 log (0/q) = 0"),
    ("KL", "kl_divergence([.5, .5], [1, 0])", kl_divergence([0.5, 0.5], [1.0, 0.0]),
     "p log (p/0) = inf"),
    ("Jensen–Shannon", "jensen_shannon_divergence([1, 0], [0, 1])",
     isc.jensen_shannon_divergence([1.0, 0.0], [0.0, 1.0]), "at most log 2"),
    ("mutual information", "mutual_information([[.5, 0], [0, .5]])",
     mutual_information([[0.5, 0.0], [0.0, 0.5]]), "empty cells count 0"),
]  # fmt: skip
expected = [float("inf"), 0.0, float("inf"), log(2), float("inf"), log(2), log(2)]
for (_, _, value, _), right in zip(cards, expected, strict=True):
    assert value == right or isclose(value, right, rel_tol=1e-12)
assert str(float(entropy([1.0, 0.0]))) == "0.0"
for _, call, value, at_zero in cards:
    print(f"{call:41}{float(value):9.6g} nats  {at_zero}")

# %% quiz="direction"
{
    "ask": "In which of these is the mean taken under the model, and not under the data?",
    "options": ["classification", "distillation", "RLHF", "DPO"],
    "answer": 2,
    "why": "The policy draws the answers that are rewarded. In DPO pairs are given beforehand: it "
    "is a classifier, although it aims at the same optimum.",
}

# %% quiz="constant"
{
    "ask": "Two language models are compared on one text by their losses. The difference is",
    "options": [
        "a difference of two KLs: the entropy of the text cancels",
        "the KL between both models",
        "meaningless without the entropy of the text",
    ],
    "answer": 0,
    "why": "Each loss is $H + D$ with the same $H$, which nobody knows and nobody needs here.",
}

# %% quiz="zero"
{
    "ask": "A VAE reaches a rate of 0 nats. This means that",
    "options": [
        "the encoder is perfect",
        "the code tells nothing about the picture",
        "the prior is covered, which prevents collapse",
    ],
    "answer": 1,
    "why": "The rate is at least $I_q(X;Z)$. Zero rate is zero information: posterior collapse.",
}
