"""KL penalties and policies: values and gradients by enumeration, optima against search."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from infoscope.core.errors import InvalidArgument, NotADistribution, UnknownName
from infoscope.train import (
    PENALTIES,
    AdaptiveKL,
    EntropyTarget,
    best_of_n_kl,
    best_of_n_win_rate,
    dpo_loss,
    ipo_loss,
    kl_penalty,
    over_optimization,
    penalty_facts,
    policy_step,
    ppo_clip_loss,
    sequence_kl,
    tilted_policy,
)

PI = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64)
REF = torch.tensor([0.3, 0.5, 0.2], dtype=torch.float64)
OLD = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64)
KL = 0.1933259031501754


def gradient(estimator: str, use: str) -> list[float]:
    """Return the expected update direction for the logits of PI, by summing over all actions."""
    z = PI.log().clone().requires_grad_()
    logp = torch.log_softmax(z, -1)
    if estimator == "exact":
        kl_penalty(z, REF.log(), estimator="exact", use="loss").backward()
        return z.grad.tolist()
    sampler = OLD if use == "ratio_loss" else PI
    each = kl_penalty(logp, REF.log(), estimator=estimator, use=use, old_logp=sampler.log())
    if use == "reward":  # the score-function estimator of what a reward contributes
        each = each * logp
    (sampler * each).sum().backward()
    return z.grad.tolist()


def true_gradient(divergence: str) -> list[float]:
    z = PI.log().clone().requires_grad_()
    p = torch.softmax(z, -1)
    value = (
        (p * (p / REF).log()).sum() if divergence == "reverse" else (REF * (REF / p).log()).sum()
    )
    value.backward()
    return z.grad.tolist()


@pytest.mark.parametrize(("estimator", "use"), sorted(PENALTIES))
def test_each_placement_follows_what_it_says(estimator: str, use: str) -> None:
    if (estimator, use) == ("exact", "reward"):
        z = PI.log().clone().requires_grad_()
        assert not kl_penalty(z, REF.log(), estimator="exact", use="reward").requires_grad
        return
    follows = gradient(estimator, use) == pytest.approx(true_gradient("reverse"), abs=1e-10)
    assert follows == penalty_facts(estimator, use).exact_gradient


def test_the_gradients_of_the_literature() -> None:
    assert true_gradient("reverse") == pytest.approx([0.29989, -0.21125, -0.08865], abs=5e-6)
    assert gradient("k1", "loss") == pytest.approx([0, 0, 0], abs=1e-10)
    assert gradient("k2", "loss") == pytest.approx(true_gradient("reverse"), abs=1e-10)
    assert gradient("k3", "loss") == pytest.approx([0.3, -0.2, -0.1], abs=1e-10)  # pi - ref
    assert gradient("k3", "loss") == pytest.approx(true_gradient("forward"), abs=1e-10)
    assert gradient("k3", "reward") == pytest.approx([-0.0001, -0.0112, 0.0114], abs=5e-5)


def test_values() -> None:
    each = {
        k: (PI * kl_penalty(PI.log(), REF.log(), estimator=k)).sum().item()
        for k in ("k1", "k2", "k3")
    }
    assert each["k1"] == pytest.approx(KL)
    assert each["k3"] == pytest.approx(KL)
    ratio = (PI / REF).log()
    assert each["k2"] == pytest.approx((PI * ratio**2 / 2).sum().item())
    assert kl_penalty(PI.log()[None], REF.log()[None], estimator="exact").item() == pytest.approx(
        KL
    )
    assert (kl_penalty(PI.log(), REF.log(), estimator="k3") >= 0).all()


def test_variances_of_shifted_normals() -> None:
    """Var k1 = mu^2 and Var k3 = exp(mu^2) - 1 - mu^2, by quadrature; they cross at KL 0.628."""
    x = torch.linspace(-14, 14, 200_001, dtype=torch.float64)
    density = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    step = x[1] - x[0]

    def variance(estimator: str, mu: float) -> float:
        values = kl_penalty(-(x**2) / 2 - 120, -((x - mu) ** 2) / 2 - 120, estimator=estimator)
        mean = (density * values).sum() * step
        return float((density * values**2).sum() * step - mean**2)

    for mu in (0.5, 1.0, 1.5):
        assert variance("k1", mu) == pytest.approx(mu**2, rel=1e-6)
        assert variance("k3", mu) == pytest.approx(math.exp(mu**2) - 1 - mu**2, rel=1e-6)
    crossing = math.sqrt(2 * 0.628215604313)
    assert variance("k1", crossing) == pytest.approx(variance("k3", crossing), rel=1e-6)


def test_the_chain_rule_over_sequences() -> None:
    """Summed over tokens, expected penalties are the KL between laws over whole sequences."""
    g = torch.Generator().manual_seed(0)
    first, then = torch.rand(2, 3, generator=g).double(), torch.rand(2, 3, 3, generator=g).double()
    first, then = first / first.sum(-1, keepdim=True), then / then.sum(-1, keepdim=True)
    joint = first[:, :, None] * then
    truth = float((joint[0] * (joint[0] / joint[1]).log()).sum())
    total = 0.0
    for a, b in itertools.product(range(3), repeat=2):
        logp = torch.stack([first[0, a], then[0, a, b]]).log()[None]
        ref = torch.stack([first[1, a], then[1, a, b]]).log()[None]
        mask = torch.ones(1, 2, dtype=torch.bool)
        total += float(joint[0, a, b] * sequence_kl(kl_penalty(logp, ref, estimator="k1"), mask))
    assert total == pytest.approx(truth, abs=1e-12)


def test_best_of_n() -> None:
    assert best_of_n_kl(64) == pytest.approx(3.174508083360)
    assert best_of_n_kl(64, [0.5, 0.5]) == pytest.approx(math.log(2), abs=1e-12)
    assert best_of_n_kl(16) == pytest.approx(1.835088722240)
    assert best_of_n_kl(16, [0.1] * 10) == pytest.approx(1.733063229346)
    assert best_of_n_kl(1, [0.2, 0.3, 0.5]) == 0
    fine = np.full(200_000, 1 / 200_000)
    assert best_of_n_kl(8, fine) == pytest.approx(best_of_n_kl(8), abs=1e-4)
    assert best_of_n_win_rate(8, fine) == pytest.approx(8 / 9, abs=1e-4)
    rng = np.random.default_rng(0)
    p = np.array([0.5, 0.3, 0.15, 0.05])
    best = rng.choice(4, size=(200_000, 3), p=p).max(1)
    other = rng.choice(4, size=200_000, p=p)
    rate = np.mean((best > other) + 0.5 * (best == other))
    assert best_of_n_win_rate(3, p) == pytest.approx(rate, abs=0.004)
    assert best_of_n_kl(1000, [0.0, 1.0, 0.0]) == 0
    assert best_of_n_kl(5, [0.999999, 1e-6]) == pytest.approx(
        1e-6 * (5 * math.log(5) - 4), rel=1e-4
    )
    for n in (0, 1.5, True):
        with pytest.raises(InvalidArgument, match="whole number"):
            best_of_n_kl(n)
    with pytest.raises(NotADistribution):
        best_of_n_kl(2, [0.5, 0.6])


def test_the_tilted_policy_is_the_optimum() -> None:
    ref, reward, beta = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.0, 3.0]), 0.7

    def objective(z: np.ndarray) -> float:
        p = np.exp(z - np.logaddexp.reduce(z))
        return -float(p @ reward - beta * np.sum(p * np.log(p / ref)))

    found = minimize(objective, np.log(ref), tol=1e-12)
    policy, value = tilted_policy(ref, reward, beta)
    assert value == pytest.approx(-found.fun, abs=1e-8)
    assert policy == pytest.approx(np.exp(found.x - np.logaddexp.reduce(found.x)), abs=1e-4)
    same, _ = tilted_policy(ref, 1e6 + reward, beta)
    assert same == pytest.approx(policy)  # a constant reward changes nothing
    cold, _ = tilted_policy([0.5, 0.5, 0.0], [0.0, 1.0, 99.0], 1e-4)
    assert cold.tolist() == [0.0, 1.0, 0.0]
    with pytest.raises(InvalidArgument, match="beta"):
        tilted_policy(ref, reward, 0.0)


def test_dpo_finds_the_tilted_policy() -> None:
    """With preferences drawn by a Bradley-Terry reward the minimum is the closed-form optimum."""
    ref, reward, beta = torch.tensor([0.5, 0.3, 0.2]).double(), [0.0, 0.8, 1.5], 0.4
    z = ref.log().clone().requires_grad_()
    pairs = list(itertools.permutations(range(3), 2))
    chance = torch.tensor([1 / (1 + math.exp(reward[b] - reward[a])) for a, b in pairs]).double()
    solver = torch.optim.LBFGS([z], max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-16)
    chosen, rejected = (torch.tensor(x) for x in zip(*pairs, strict=True))

    def closure() -> torch.Tensor:
        solver.zero_grad()
        logp = torch.log_softmax(z, -1)
        each = dpo_loss(logp[chosen], logp[rejected], ref[chosen].log(), ref[rejected].log(),
                        beta=beta, reduction="none")  # fmt: skip
        loss = (chance * each).sum()
        loss.backward()
        return loss

    solver.step(closure)
    policy, _ = tilted_policy(ref.numpy(), reward, beta)
    assert torch.softmax(z.detach(), -1).numpy() == pytest.approx(policy, abs=1e-5)


def test_preference_losses_by_hand() -> None:
    a, b, c, d = (torch.tensor([x]) for x in (-1.0, -2.0, -1.5, -1.0))
    margin = (-1.0 + 1.5) - (-2.0 + 1.0)
    assert dpo_loss(a, b, c, d, beta=0.5).item() == pytest.approx(math.log1p(math.exp(-margin / 2)))
    one = [torch.tensor(0.5)] * 4  # a single pair, without an axis
    assert dpo_loss(*one).item() == pytest.approx(math.log(2))
    assert ipo_loss(a, b, c, d, beta=0.5).item() == pytest.approx((margin - 1) ** 2)
    flipped = 0.9 * math.log1p(math.exp(-margin / 2)) + 0.1 * math.log1p(math.exp(margin / 2))
    assert dpo_loss(a, b, c, d, beta=0.5, smoothing=0.1).item() == pytest.approx(flipped)
    with pytest.raises(InvalidArgument, match="beta"):
        dpo_loss(a, b, c, d, beta=0)
    with pytest.raises(InvalidArgument, match="ref_chosen_logp must have shape"):
        ipo_loss(a, b, torch.zeros(2), d)


def test_over_optimisation_curves() -> None:
    d = np.linspace(0, 4, 4001)
    best = over_optimization(d**2, 1.0, 0.3, how="best_of_n")
    assert d[np.argmax(best)] == pytest.approx(1 / 0.6, abs=1e-3)
    rl = over_optimization(d**2, 0.5, 0.4, how="rl")
    assert d[np.argmax(rl)] == pytest.approx(math.exp(0.5 / 0.4 - 1), abs=1e-3)
    assert rl[0] == best[0] == 0
    with pytest.raises(InvalidArgument, match="how"):
        over_optimization(1.0, 1, 1, how="sft")
    with pytest.raises(InvalidArgument, match="at least 0"):
        over_optimization([-1.0], 1, 1, how="rl")


def test_policy_steps_and_ppo() -> None:
    g = torch.Generator().manual_seed(1)
    actions = torch.multinomial(OLD, 400_000, replacement=True, generator=g)
    step = policy_step(PI.log()[actions], OLD.log()[actions])
    truth = float((OLD * (OLD / PI).log()).sum())
    assert step.kl_k1 == pytest.approx(truth, abs=0.005)
    assert step.kl_k3 == pytest.approx(truth, abs=0.005)
    assert step.exceeds(0.5 * truth)
    assert step.clipped == pytest.approx(0.25, abs=0.005)  # ratios 1.2, 1.2, 0.4
    assert policy_step(PI.log(), OLD.log(), mask=torch.zeros(3, dtype=torch.bool)).n_tokens == 0
    logp = PI.log().clone().requires_grad_()
    each = ppo_clip_loss(logp, OLD.log(), torch.tensor([1.0, -1.0, -1.0]), clip=0.1,
                         reduction="none")  # fmt: skip
    assert each.tolist() == pytest.approx([-1.1, 1.2, 0.9])  # clipped, free, clipped
    each.sum().backward()
    assert logp.grad.tolist() == pytest.approx([0, 1.2, 0])


def test_controllers_reach_their_targets() -> None:
    price = AdaptiveKL(0.01, target=0.5, horizon=10)
    for _ in range(400):  # a policy whose KL falls with the price
        price.update(0.1 / price.beta, n=1)
    assert price.beta == pytest.approx(0.2, rel=0.03)
    again = AdaptiveKL(1.0, target=1.0)
    again.load_state_dict(price.state_dict())
    assert again.beta == price.beta
    bonus = EntropyTarget(1.0, alpha=0.1, rate=0.5)
    for _ in range(400):
        bonus.update(2 * bonus.alpha)
    assert bonus.alpha == pytest.approx(0.5, rel=1e-3)
    with pytest.raises(InvalidArgument, match="finite"):
        price.update(math.inf)
    with pytest.raises(InvalidArgument, match="alpha"):
        EntropyTarget(1.0, alpha=0)


def test_bad_penalties_are_refused() -> None:
    logp = PI.log()
    with pytest.raises(UnknownName, match="k1 as loss"):
        kl_penalty(logp, logp, estimator="k4")
    with pytest.raises(InvalidArgument, match="log-probabilities of the sampled tokens"):
        kl_penalty(PI * 9, logp, estimator="k1")
    with pytest.raises(InvalidArgument, match="old_logp must be given"):
        kl_penalty(logp, logp, estimator="k1", use="ratio_loss")
    with pytest.raises(InvalidArgument, match="shape"):
        kl_penalty(logp, logp[:2])
    with pytest.raises(InvalidArgument, match="NaN"):
        kl_penalty(torch.tensor([-math.inf]), torch.tensor([-math.inf]))
