"""Rate and distortion, the split of the rate, bounds on evidence, contrastive losses."""

import math

import pytest
import torch
from scipy import integrate
from torch.nn import functional as F  # noqa: N812

from infoscope import gaussian_kl
from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.measures import bounds
from infoscope.train import (
    elbo,
    free_bits,
    gaussian_rate,
    info_nce,
    iwae_bound,
    nt_xent,
    posterior_report,
    rate_split,
)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def test_the_rate_is_the_closed_form() -> None:
    mean, log_variance = torch.tensor([0.5, -1, 0]).double(), torch.tensor([-1, 0.5, 0]).double()
    rate = gaussian_rate(mean, log_variance)
    assert rate.sum().item() == pytest.approx(0.8833003559357852)  # SPEC T3.16
    for m, v, r in zip(mean, log_variance, rate, strict=True):
        assert r.item() == pytest.approx(
            float(gaussian_kl([m.item()], [[math.exp(v)]], [0.0], [[1.0]])), abs=1e-12
        )
    tiny = gaussian_rate(torch.zeros(1), torch.full((1,), 1e-3))
    assert tiny.item() == pytest.approx(2.5e-7, rel=1e-3)
    assert gaussian_rate(torch.zeros(2), torch.zeros(2)).tolist() == [0, 0]


def test_the_split_of_the_rate() -> None:
    """Two posteriors N(+-2, 1): 2 = .632720193737 + 1.367279806263."""
    split = rate_split(torch.tensor([[2.0], [-2.0]]), torch.zeros(2, 1), n_samples=50_000)
    assert split.rate == pytest.approx(2.0)
    assert split.stderr < 0.002
    assert abs(split.information - 0.632720193737) < 4 * split.stderr
    assert abs(split.marginal_kl - 1.367279806263) < 4 * split.stderr
    same = rate_split(torch.ones(5, 2), torch.zeros(5, 2), n_samples=4)
    assert same.information == pytest.approx(0, abs=1e-12)
    apart = rate_split(torch.arange(8.0)[:, None] * 100, torch.zeros(8, 1), n_samples=4)
    assert apart.information == pytest.approx(math.log(8), abs=1e-9)
    noisy = [rate_split(drawn(6, 3), drawn(6, 3, seed=1), n_samples=50, rng=s) for s in range(200)]
    values = torch.tensor([s.information for s in noisy])
    assert values.std() == pytest.approx(sum(s.stderr for s in noisy) / 200, rel=0.25)


def test_the_parts_of_the_bound() -> None:
    seen, rate = drawn(7), drawn(7, 4, seed=1) ** 2
    step = elbo(seen, rate, beta=4.0)
    assert step.elbo.item() == pytest.approx((seen - rate.sum(-1)).mean().item())
    assert step.loss.item() == pytest.approx((-seen + 4 * rate.sum(-1)).mean().item())
    assert step.to_dict()["rate"] == pytest.approx(rate.sum(-1).mean().item())
    assert elbo(seen, rate.sum(-1)).loss.item() == pytest.approx(-step.elbo.item())
    held = elbo(seen, rate, minimum=100.0)
    assert held.loss.item() == pytest.approx(-seen.mean().item() + 400)
    assert held.rate.item() == pytest.approx(step.rate.item())
    leaf = torch.tensor([[0.1, 2.0], [0.3, 1.0]], requires_grad=True)
    free_bits(leaf, 0.5).backward()
    assert leaf.grad.tolist() == [[0.0, 0.5], [0.0, 0.5]]


def test_the_importance_weighted_bound_climbs_to_the_evidence() -> None:
    """p(z) = N(0, 1), p(x|z) = N(z, 1), a poor q = N(0, 1): log p(x) = log N(x; 0, 2)."""
    x = 1.3
    evidence = -0.5 * (math.log(4 * math.pi) + x**2 / 2)
    z = drawn(4000, 200)
    log_weight = -0.5 * (math.log(2 * math.pi) + (x - z) ** 2)
    found = [iwae_bound(log_weight[:, :k]).item() for k in (1, 5, 50, 200)]
    first = integrate.quad(
        lambda t: math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
        * -0.5 * (math.log(2 * math.pi) + (x - t) ** 2), -12, 12,
    )[0]  # fmt: skip
    assert found[0] == pytest.approx(first, abs=0.06)
    assert found == sorted(found)
    assert found[-1] == pytest.approx(evidence, abs=0.01)


def test_the_posterior_report() -> None:
    mean = torch.stack([drawn(50), torch.zeros(50).double()], 1)
    report = posterior_report(mean, torch.zeros(50, 2).double())
    assert report.active.tolist() == [True, False]
    assert report.kl[1] == 0
    assert not report.collapsed
    gone = posterior_report(torch.zeros(50, 2), torch.zeros(50, 2))
    assert gone.collapsed
    assert "ignored" in str(gone)


def test_info_nce_equals_cross_entropy_both_ways_and_stays_under_its_cap() -> None:
    a, b = drawn(10, 6), drawn(10, 6, seed=1)
    step = info_nce(a, b, temperature=0.2)
    scores = F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T / 0.2
    goal = torch.arange(10)
    by_hand = (F.cross_entropy(scores, goal) + F.cross_entropy(scores.T, goal)) / 2
    assert step.loss.item() == pytest.approx(by_hand.item())
    one_way = info_nce(a, b, temperature=0.2, symmetric=False)
    assert one_way.bound.item() == pytest.approx(float(bounds.info_nce(scores)))
    for seed in range(20):
        views = drawn(8, 4, seed=seed)
        for other in (views, views + 0.1 * drawn(8, 4, seed=99)):
            assert float(info_nce(views, other, temperature=0.01).bound) <= math.log(8)
    assert info_nce(torch.eye(8), torch.eye(8), temperature=0.01).is_capped


def test_values_of_the_tutorial() -> None:
    """SPEC T3.Ex14 and error 8: 128 random views of 128 dimensions at temperature 0.07."""
    losses = [
        info_nce(drawn(128, 128, seed=s), drawn(128, 128, seed=1000 + s)).loss.item()
        for s in range(100)
    ]
    assert sum(losses) / 100 == pytest.approx(5.629, abs=4 * 0.117 / 10)
    perfect = drawn(128, 128, seed=5)
    assert info_nce(perfect, perfect).loss.item() < 1e-3
    constant = info_nce(drawn(64, 64), drawn(64, 64, seed=1), temperature=1e6)
    assert constant.loss.item() == pytest.approx(math.log(64), abs=1e-4)


def test_nt_xent_by_its_definition() -> None:
    a, b = drawn(5, 3), drawn(5, 3, seed=1)
    rows = F.normalize(torch.cat([a, b]), dim=-1)
    total = 0.0
    for i in range(10):
        scores = [float(rows[i] @ rows[j]) / 0.5 for j in range(10)]
        partner = scores[(i + 5) % 10]
        others = [math.exp(s) for j, s in enumerate(scores) if j != i]
        total += math.log(sum(others)) - partner
    step = nt_xent(a.requires_grad_(), b)
    assert step.loss.item() == pytest.approx(total / 10)
    step.loss.backward()
    assert torch.isfinite(a.grad).all()


def test_bad_input_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="log_variance must have shape"):
        gaussian_rate(torch.zeros(2), torch.zeros(3))
    with pytest.raises(WrongType, match="hold floats"):
        gaussian_rate(torch.zeros(2, dtype=torch.long), torch.zeros(2))
    with pytest.raises(InvalidArgument, match="NaN"):
        gaussian_rate(torch.tensor([math.nan]), torch.zeros(1))
    with pytest.raises(InvalidArgument, match="Sum the log-likelihood"):
        elbo(torch.zeros(2, 3), torch.zeros(2))
    with pytest.raises(InvalidArgument, match="beta"):
        elbo(torch.zeros(2), torch.zeros(2), beta=-1)
    with pytest.raises(InvalidArgument, match="free nats"):
        elbo(torch.zeros(2), torch.zeros(2), minimum=1.0)
    with pytest.raises(InvalidArgument, match="row of zeros"):
        info_nce(torch.zeros(2, 2), torch.ones(2, 2))
    with pytest.raises(InvalidArgument, match="n of 2 or more"):
        info_nce(torch.ones(1, 2), torch.ones(1, 2))
    with pytest.raises(InvalidArgument, match="temperature"):
        nt_xent(torch.ones(2, 2), torch.ones(2, 2), temperature=0.0)
    with pytest.raises(InvalidArgument, match="n_samples"):
        rate_split(torch.zeros(2, 1), torch.zeros(2, 1), n_samples=0)
