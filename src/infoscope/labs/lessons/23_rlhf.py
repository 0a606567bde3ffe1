# %% [markdown] covers="S19 C17" explorer="temperature"
# # RLHF: reward, minus a price for going far
#
# In reinforcement learning from human feedback (RLHF) a language model is to be pleasing, and to
# stay itself. So it gets a reward $r$ for each answer and pays $\beta$ for every nat by which it
# leaves its old self, the **reference**:
#
# $$\max_\pi \; E_\pi[r] - \beta\, D(\pi \| \pi_\text{ref}).$$
#
# The KL is **subtracted**; some texts add it. This lab finds the optimum, shows that the number one
# logs and the gradient one follows are two things, and breaks a few rules of thumb.
#
# Predict: ten answers, equally likely at first. What becomes of the worst one at the optimum?
# (Below, the *value* is the mean reward less β times the KL.)

# %%
from math import isclose, log

import numpy as np

from infoscope import kl_divergence
from infoscope.train import tilted_policy

rewards = np.array([-2.0, -1.2, -0.8, -0.5, -0.1, 0.1, 0.4, 0.9, 1.3, 2.0])
reference = np.full(10, 0.1)
for beta in (10.0, 1.0, 0.3):
    policy, value = tilted_policy(reference, rewards, beta)
    far = kl_divergence(policy, reference)
    print(f"β = {beta:4}   reward {policy @ rewards:5.2f}   KL {far:.3f} nats   "
          f"worst answer {policy[0]:.2g}   value {value:.3f}")  # fmt: skip
    assert isclose(value, policy @ rewards - beta * far, rel_tol=1e-9)
    assert policy.min() > 0

# %% [markdown] exercise="tilt" covers="C35"
# ## The optimum in closed form
#
# The best policy is the reference tilted by the reward:
# $\pi(a) = \pi_\text{ref}(a)\, e^{r(a)/\beta} / Z$. No answer is given up for good, whatever the
# direction of the KL. Write `tilt(ref, r, beta)`, which returns the policy as an array.


# %% answer="tilt"
def tilt(ref: np.ndarray, r: np.ndarray, beta: float) -> np.ndarray:
    "Return the policy that maximises reward minus beta times KL."
    weights = ref * np.exp((r - r.max()) / beta)
    return weights / weights.sum()


# %% check="tilt"
for beta in (0.3, 1.0, 10.0):
    assert np.allclose(tilt(reference, rewards, beta), tilted_policy(reference, rewards, beta)[0])
best = tilted_policy(reference, rewards, 1.0)[1]
for other in np.random.default_rng(0).dirichlet(np.ones(10), size=1000):
    assert other @ rewards - kl_divergence(other, reference) <= best

# %% [markdown] covers="C17"
# β is a price. It works like a temperature in one place only, in the tilt $e^{r/\beta}$. It is
# *not* the temperature with which the model samples its tokens.

# %% [markdown] covers="S19"
# ## The best of n, and how far it goes
#
# A cheap rival: draw $n$ answers from the reference and keep the best. How far has it gone? Texts
# quote $\ln n - (n-1)/n$ nats. That is an upper bound (Beirami and others, 2024), reached only when
# no two answers tie.

# %%
from infoscope.figures import line_chart, scatter_plot
from infoscope.train import best_of_n_kl, best_of_n_win_rate

sizes = [2, 4, 8, 16, 32, 64, 128, 256]
line_chart(
    sizes,
    {
        "the formula": [best_of_n_kl(n) for n in sizes],
        "ten answers": [best_of_n_kl(n, reference) for n in sizes],
        "a fair coin": [best_of_n_kl(n, [0.5, 0.5]) for n in sizes],
    },
    references={"ln 10": log(10), "ln 2": log(2)},
    title="The formula grows without end, the truth does not",
    x_label="n",
    y_label="KL from the reference, nats",
    log_x=True,
    from_zero=True,
)

# %%
assert isclose(best_of_n_kl(64, [0.5, 0.5]), 0.693147180560, rel_tol=1e-11)
assert isclose(best_of_n_kl(64), 3.174508083360, rel_tol=1e-11)
assert isclose(best_of_n_kl(16, reference), 1.733063229346, rel_tol=1e-11)
assert isclose(best_of_n_kl(16), 1.835088722240, rel_tol=1e-11)
rng = np.random.default_rng(0)
kept = rng.integers(0, 10, size=(200_000, 16)).max(axis=1)
shares = np.bincount(kept, minlength=10) / len(kept)
assert abs(kl_divergence(shares, reference) - best_of_n_kl(16, reference)) < 0.01
assert best_of_n_win_rate(3) == 0.75

# %% [markdown]
# No policy gets more reward for its nats than the tilted one. The best of $n$ comes close.

# %%
prices = np.geomspace(0.05, 50, 60)
tilted = [tilted_policy(reference, rewards, beta)[0] for beta in prices]
chosen = [np.diff(np.linspace(0, 1, 11) ** n) for n in sizes]
scatter_plot(
    [kl_divergence(p, reference) for p in chosen],
    [float(p @ rewards) for p in chosen],
    curve=([kl_divergence(p, reference) for p in tilted], [float(p @ rewards) for p in tilted]),
    x_range=(0, 2.4),
    description="Eight dots, for n from 2 to 256, rise from 0.2 nats and a reward of 0.66 to 2.3 "
    "nats and 2.0. They lie on or just below the line of tilted policies.",
    title="Best of n (dots) against the best there is (line)",
    x_label="KL from the reference, nats",
    y_label="mean reward",
    width=640,
)

# %% [markdown]
# ## One number logged, another followed
#
# In a real model the KL is estimated from sampled tokens. A token $a$ drawn from the policy has
# $l = \ln \pi(a) - \ln \pi_\text{ref}(a)$. Three estimators are in use (Schulman, 2020):
# $k_1 = l$, $k_2 = l^2/2$ and $k_3 = e^{-l} - 1 + l$.
#
# As *values*: $k_1$ and $k_3$ have the right mean, $k_2$ nearly so. As *losses* they are another
# thing. With three answers, all means can be added up exactly. Predict which of the three has the
# gradient of the KL.

# %%
import torch

from infoscope.train import kl_penalty, penalty_facts

old = torch.tensor([0.3, 0.5, 0.2], dtype=torch.float64)
now = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64)
slopes = {}
for name in ("k1", "k2", "k3"):
    z = now.log().requires_grad_()
    each = kl_penalty(torch.log_softmax(z, -1), old.log(), estimator=name, use="loss")
    mean = (now * each).sum()
    spread = (now * (each - mean) ** 2).sum().sqrt()
    (slopes[name],) = torch.autograd.grad(mean, z)
    print(f"{name} {mean:.4f} ± {spread:.4f} nats   gradient", slopes[name].numpy().round(4) + 0)
z = now.log().requires_grad_()
true = (torch.softmax(z, -1) * (torch.log_softmax(z, -1) - old.log())).sum()
(slope,) = torch.autograd.grad(true, z)
print(f"KL {true:.4f}          nats   gradient", slope.numpy().round(4))

# %%
assert isclose(true.item(), 0.1933259031501754, rel_tol=1e-12)
assert torch.allclose(slopes["k1"], torch.zeros(3, dtype=torch.float64), atol=1e-15)
assert torch.allclose(slopes["k2"], slope, atol=1e-15)
assert torch.allclose(slopes["k3"], now - old, atol=1e-15)
assert np.allclose(slope, [0.29989, -0.21125, -0.08865], atol=1e-5)

# %% [markdown]
# $k_1$ as a loss has gradient 0 on average: it does nothing but add noise. $k_3$ follows
# $\pi - \pi_\text{ref}$, the gradient of the *other* direction, $D(\pi_\text{ref} \| \pi)$. Only
# $k_2$ is right. In the **reward** it is different again: there $k_1$ is right.
#
# Train the three-answer policy to the end with each, with rewards 1, 0, 2 and β = 0.5:

# %%
pay = torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
goal, value = tilted_policy(old.numpy(), pay.numpy(), 0.5)
ends = {}
for name, use in (("k1", "reward"), ("k2", "loss"), ("k3", "loss"), ("k1", "loss")):
    z = now.log().requires_grad_()
    for _ in range(1500):
        logp = torch.log_softmax(z, -1)
        p = logp.exp().detach()
        penalty = kl_penalty(logp, old.log(), estimator=name, use=use)
        if use == "reward":
            gain = pay - 0.5 * penalty
            loss = -(p * (gain - (p * gain).sum()) * logp).sum()
        else:
            loss = -(p * (pay - (p * pay).sum()) * logp).sum() + 0.5 * (p * penalty).sum()
        (step,) = torch.autograd.grad(loss, z)
        z = (z - 0.5 * step).detach().requires_grad_()
    ends[name, use] = torch.softmax(z.detach(), -1).numpy()
    reached = ends[name, use] @ pay.numpy() - 0.5 * kl_divergence(ends[name, use], old.numpy())
    chances = " ".join(f"{chance:.4f}" for chance in ends[name, use])
    print(f"{name} in the {use:6}   {chances}   objective {reached:.4f}")
print(
    "optimum           ", " ".join(f"{chance:.4f}" for chance in goal), f"  objective {value:.4f}"
)

# %%
assert np.allclose(ends["k1", "reward"], goal, atol=1e-6)
assert np.allclose(ends["k2", "loss"], goal, atol=1e-6)
assert abs(ends["k3", "loss"] - goal).max() > 0.05
assert ends["k1", "loss"][2] > 0.99
assert not penalty_facts("k3", "loss").exact_gradient

# %% [markdown] exercise="crossing"
# ## Is k3 always the calmer one?
#
# Between $N(0, 1)$ and $N(\mu, 1)$ the KL is $\mu^2/2$. The variance of $k_1$ is $\mu^2$, that of
# $k_3$ is $e^{\mu^2} - 1 - \mu^2$. Find `crossing`, the KL in nats above which $k_3$ scatters more.

# %% answer="crossing"
from scipy.optimize import brentq

crossing = brentq(lambda kl: np.exp(2 * kl) - 1 - 2 * kl - 2 * kl, 0.1, 2.0, xtol=1e-14)

# %% check="crossing"
assert isclose(crossing, 0.628215604313, rel_tol=1e-10)

# %%
kl = np.linspace(0.01, 1.2, 120)
line_chart(
    kl,
    {"k1": np.sqrt(2 * kl), "k3": np.sqrt(np.exp(2 * kl) - 1 - 2 * kl)},
    markers={"0.628 nats": 0.6282},
    title="k3 is calm near the reference and wild far from it",
    x_label="KL, nats",
    y_label="standard deviation of one sample, nats",
    from_zero=True,
)

# %% [markdown]
# ## Too much of a good thing
#
# The reward is itself a model, and errs. Say that score = true quality + error, and that large
# errors are not too rare (Student's law with 3 degrees of freedom). Keep the best of $n$ by
# *score*. The score climbs with $n$. Predict what the true quality does.

# %%
quality = rng.normal(size=(2000, 512))
score = quality + rng.standard_t(3, size=quality.shape)
pools = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
picks = [score[:, :n].argmax(axis=1) for n in pools]
rows = np.arange(len(score))
by_score = [float(score[rows, pick].mean()) for pick in picks]
by_truth = [float(quality[rows, pick].mean()) for pick in picks]
line_chart(
    [best_of_n_kl(n) for n in pools],
    {"true quality": by_truth},
    title="Beyond some point a better score is a worse answer",
    x_label="KL from the reference, nats",
    y_label="true quality of the chosen, standard deviations",
)

# %%
top = int(np.argmax(by_truth))
print("n    ", *(f"{n:6}" for n in pools))
print("score", *(f"{abs(s):6.2f}" for s in by_score))
print("truth", *(f"{s:6.2f}" for s in by_truth))
assert 0 < top < len(pools) - 1
assert by_truth[-1] < by_truth[top] - 0.1
assert by_score == sorted(by_score)

# %% [markdown]
# Gao, Schulman and Hilton (2022) measured such curves with language models. With
# $d = \sqrt{\mathrm{KL}}$ they found $d(a - b\, d)$ for the best of $n$ and $d(a - b \ln d)$ for
# reinforcement learning: two forms, often printed as one. The constants $a$ and $b$ were fitted to
# one family of models. Drawn here: $a = 1$, with $b = 0.25$ and $b = 0.6$.

# %%
from infoscope.train import over_optimization

far = np.linspace(0.01, 25, 200)
line_chart(
    far,
    {
        "best of n": over_optimization(far, 1.0, 0.25, how="best_of_n"),
        "reinforcement learning": over_optimization(far, 1.0, 0.6, how="rl"),
    },
    markers={"4 nats": 4.0},
    title="Two forms of over-optimisation",
    x_label="KL from the reference, nats",
    y_label="gain in true reward",
)

# %%
assert isclose(far[over_optimization(far, 1.0, 0.25, how="best_of_n").argmax()], 4.0, abs_tol=0.1)

# %% [markdown]
# ## DPO: the same optimum without a reward
#
# People compare answers: $a$ beats $b$ with chance $\sigma(r_a - r_b)$ (Bradley and Terry, 1952),
# where $\sigma(x) = 1/(1 + e^{-x})$. Direct preference optimisation, **DPO** (Rafailov and others,
# 2023), trains the policy on the comparisons alone. Its loss is a binary cross-entropy in nats, and
# starts at $\ln 2$.
#
# Here the policy meets all pairs of ten answers, each weighted by its chance. It should end at the
# tilted policy, although nobody told it a reward.

# %%
from infoscope.train import dpo_loss

r = torch.from_numpy(rewards)
ref_logp = torch.from_numpy(np.log(reference))
won, lost = torch.where(~torch.eye(10, dtype=torch.bool))
weight = torch.sigmoid(r[won] - r[lost]) / 45
z = torch.zeros(10, dtype=torch.float64, requires_grad=True)
solver = torch.optim.Adam([z], lr=0.05)
path = []
for _ in range(600):
    logp = torch.log_softmax(z, -1)
    losses = dpo_loss(
        logp[won], logp[lost], ref_logp[won], ref_logp[lost], beta=1.0, reduction="none"
    )
    loss = (weight * losses).sum()
    path.append(float(loss.detach()))
    solver.zero_grad()
    loss.backward()
    solver.step()
learnt = torch.softmax(z.detach(), -1).numpy()
wanted = tilted_policy(reference, rewards, 1.0)[0]
print(f"loss {path[0]:.4f} to {path[-1]:.4f} nats")
print("learnt", learnt.round(4), "tilted", wanted.round(4), sep="\n")
assert isclose(path[0], log(2), rel_tol=1e-12)
assert kl_divergence(learnt, wanted) < 1e-6

# %% [markdown] covers="C33 S19"
# ## Trust regions: what clipping does not do
#
# A policy is improved in steps, and each step should be short. Trust-region policy optimisation,
# TRPO (Schulman and others, 2015), limits the KL from the policy that sampled. Proximal policy
# optimisation, PPO (2017), clips the ratio $\pi/\pi_\text{old}$ to $[0.8, 1.2]$ in its loss
# instead. It is often said to bound the KL. It does not: clipping removes the *gradient* of tokens
# that are outside, and nothing stops one long step from getting there.
#
# Were every ratio inside, the KL could be at most $-\ln 0.8 = 0.223$ nats.

# %%
from infoscope.train import policy_step, ppo_clip_loss

torch.manual_seed(0)
tokens = torch.randint(0, 20, (256,))
uniform = torch.full((20,), -log(20.0))
advantage = torch.randn(20)[tokens]
for rate in (1.0, 10.0, 30.0):
    z = torch.zeros(20, requires_grad=True)
    for _ in range(10):
        loss = ppo_clip_loss(torch.log_softmax(z, -1)[tokens], uniform[tokens], advantage)
        (step,) = torch.autograd.grad(loss, z)
        z = (z - rate * step).detach().requires_grad_()
    moved = policy_step(torch.log_softmax(z.detach(), -1)[tokens], uniform[tokens])
    print(f"rate {rate:4}: KL {moved.kl_k3:.3f} nats, {moved.clipped:.0%} of tokens clipped, "
          f"largest ratio {moved.largest_ratio:.2f}")  # fmt: skip
assert moved.kl_k3 > -log(0.8)
assert moved.exceeds(0.223)

# %% [markdown] exercise="trust"
# ## A step of a stated length
#
# Do as TRPO does. From equal chances of 20 tokens walk along `direction` (below) in the logits
# until $D(\text{old} \| \text{new})$ is 0.01 nats. Give `length`, the factor of `direction`.

# %%
direction = np.linspace(-1.0, 1.0, 20)


def moved_by(length: float) -> np.ndarray:
    "Return the policy after a step of that length from equal chances."
    weights = np.exp(length * direction)
    return weights / weights.sum()


# %% answer="trust"
length = brentq(lambda s: kl_divergence(np.full(20, 0.05), moved_by(s)) - 0.01, 1e-3, 1.0)

# %% check="trust"
assert isclose(kl_divergence(np.full(20, 0.05), moved_by(length)), 0.01, rel_tol=1e-6)
assert isclose(length, (2 * 0.01 / direction.var()) ** 0.5, rel_tol=0.01)

# %% [markdown]
# The check's last line is TRPO's own shortcut: for short steps $D \approx \frac12 s^2 v$, where
# $v$ is the variance of the direction under the policy: the Fisher information along it.

# %% [markdown] covers="S19"
# ## Distillation: a KL with temperature
#
# A student learns from a teacher's whole distribution, softened by a temperature $T$ (Hinton and
# others, 2015). The gradient of the KL of softened logits shrinks like $1/T^2$; the loss is
# therefore multiplied by $T^2$. At high $T$ the student simply matches centred logits.

# %%
from infoscope.train import distillation_loss

teacher = torch.tensor([[4.0, 2.0, -1.0, 0.0]], dtype=torch.float64)
student = torch.zeros(1, 4, dtype=torch.float64, requires_grad=True)
for T in (1.0, 4.0, 100.0):
    (slope,) = torch.autograd.grad(distillation_loss(student, teacher, temperature=T), student)
    print(f"T = {T:5}: gradient with T² {slope.norm():.4f}, without {slope.norm() / T**2:.6f}")
centred = (student - student.mean()) - (teacher - teacher.mean())
assert torch.allclose(slope, centred.detach() / 4, atol=0.02)

# %% [markdown] covers="S22"
# ## Watching the entropy die
#
# Reward alone makes a policy repeat its favourite. Its entropy falls to 0, it stops exploring, and
# learning ends: **entropy collapse**. A monitor sees it coming, and calls twice: at a fast *fall*
# of the entropy, and when it passes a *floor*, here $\ln 1.5$ nats. Below a policy over 50 tokens
# learns from noisy rewards, once without and once with a bonus of 0.3 for each nat of entropy.
# With the bonus the optimum is $\mathrm{softmax}(r/0.3)$, as in soft actor–critic (Haarnoja and
# others, 2018).

# %%
from infoscope.train import CollapseAlarm, Monitor

worth = torch.randn(50, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def learn(bonus: float) -> tuple[Monitor, np.ndarray]:
    "Policy gradient with 64 sampled tokens a step; the monitor's records and the last policy."
    torch.manual_seed(0)
    monitor = Monitor(alarm=CollapseAlarm(floor=1.5, window=10), on_alarm=lambda _: None)
    z = torch.zeros(50, dtype=torch.float64, requires_grad=True)
    start = torch.zeros(64, 50, dtype=torch.float64)
    for step in range(1, 601):
        logp = torch.log_softmax(z, -1)
        tokens = torch.multinomial(logp.detach().exp(), 64, replacement=True)
        monitor.update(z.detach().expand(64, 50), tokens, reference=start)
        if step % 10 == 0:
            monitor.record(step)
        gain = worth[tokens] + 0.3 * torch.randn(64)
        loss = -((gain - gain.mean()) * logp[tokens]).mean() + bonus * (logp.exp() * logp).sum()
        (slope,) = torch.autograd.grad(loss, z)
        z = (z - 0.4 * slope).detach().requires_grad_()
    return monitor, torch.softmax(z.detach(), -1).numpy()


runs = {"reward alone": learn(0.0), "with a bonus": learn(0.3)}
for name, (monitor, _) in runs.items():
    last = monitor.history[-1].values
    print(f"{name}: entropy {last.entropy:.3f} nats, effective vocabulary "
          f"{last.effective_vocabulary:.1f}, KL {last.kl_ref:.3f} nats")  # fmt: skip
    for alarm in monitor.alarms:
        print(f"   {alarm.kind} at step {alarm.step}: {np.exp(alarm.entropy):.1f} tokens in use")

# %%
record = runs["reward alone"][0].history
line_chart(
    [entry.step for entry in record],
    {name: [e.values.entropy for e in monitor.history] for name, (monitor, _) in runs.items()},
    references={"ln 50": log(50), "floor of the alarm: ln 1.5": log(1.5)},
    markers={alarm.kind: float(alarm.step) for alarm in runs["reward alone"][0].alarms},
    title="A bonus keeps a policy alive, and the alarm rings in time",
    x_label="step",
    y_label="entropy of the policy, nats",
    from_zero=True,
)

# %%
kinds = [alarm.kind for alarm in runs["reward alone"][0].alarms]
assert "fall" in kinds
assert "floor" in kinds
assert kinds.index("fall") < kinds.index("floor")
soft = torch.softmax(worth / 0.3, -1).numpy()
assert kl_divergence(runs["with a bonus"][1], soft) < 0.1
assert runs["with a bonus"][0].history[-1].values.effective_vocabulary > 3
last = runs["reward alone"][0].history[-1].values
assert isclose(last.kl_ref, log(50) - last.entropy, abs_tol=1e-6)

# %% [markdown]
# The KL to a uniform reference is $\ln 50$ minus the entropy, so here an entropy bonus and a KL
# penalty are the same thing. A monitor logs both in nats, with the name of the estimator, beside
# loss, perplexity and accuracy.

# %% quiz="negative"
{
    "ask": "Your log shows a KL to the reference of −0.02 nats for one batch. What is true?",
    "options": [
        "the KL is negative there",
        "the k1 estimate of that batch is; its mean cannot be",
        "the policy has become better than the reference",
    ],
    "answer": 1,
    "why": "A KL is never negative. $k_1$ of sampled tokens may be, by chance. $k_3$ never is, and "
    "the exact KL over the vocabulary needs no chance at all.",
}

# %% quiz="k3"
{
    "ask": "k3 is added to the loss as a KL penalty. Which divergence does training follow?",
    "options": [
        "KL(policy‖reference)",
        "KL(reference‖policy), the other direction",
        "none: its gradient is zero",
    ],
    "answer": 1,
    "why": "Its mean gradient is $\\pi - \\pi_\\text{ref}$. The value that is logged is "
    "KL(policy‖reference) all the same: value and gradient are two things.",
}

# %% quiz="ties"
{
    "ask": "A yes-or-no question, both answers equally likely at first. You keep the best of 64. "
    "How far have you gone, in nats?",
    "options": ["3.17", "0.69", "4.16"],
    "answer": 1,
    "why": "All mass is on one of two answers: at most $\\ln 2$. The formula "
    "$\\ln n - (n-1)/n = 3.17$ holds where no two answers tie.",
}
