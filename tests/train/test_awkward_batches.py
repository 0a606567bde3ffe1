"""Every function that takes a batch, on every awkward batch: a defined value or a clear error.

The table says which of the two; a NaN that comes out silently fails wherever it happens.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from infoscope import train
from infoscope.core.errors import InfoscopeError

INF = math.inf
Y = torch.tensor([0, 2, 1])


def rows(x: Tensor) -> Tensor:
    """Return labels for the rows there are."""
    return Y[: len(x)].clone()


def monitored(x: Tensor) -> Any:
    monitor = train.Monitor()
    monitor.update(x, rows(x), reference=torch.zeros_like(x))
    return monitor.compute().loss_nats if monitor.n_tokens else 0.0


def fused(x: Tensor, **more: Any) -> train.TokenStatistics:
    """The last layer with the identity for weights: `x` are hidden states and logits alike."""
    return train.linear_cross_entropy(x, torch.eye(x.shape[-1], dtype=x.dtype), rows(x), **more)


#: name -> a call on logits (or means, or embeddings) of shape (n, 4), plain numbers around 0.
ON_LOGITS: dict[str, Callable[[Tensor], Any]] = {
    "cross_entropy_loss": lambda x: train.cross_entropy_loss(x, rows(x)),
    "cross_entropy_loss smoothed": lambda x: train.cross_entropy_loss(
        x, rows(x), smoothing=0.1, z_loss=0.1
    ),
    "cross_entropy_loss soft": lambda x: train.cross_entropy_loss(
        x, torch.eye(4)[rows(x)].to(x.dtype)
    ),
    "binary_cross_entropy_loss": lambda x: train.binary_cross_entropy_loss(
        x, torch.full_like(x, 0.5)
    ),
    "focal_loss": lambda x: train.focal_loss(x, rows(x)),
    "kl_loss": lambda x: train.kl_loss(x, torch.zeros_like(x)),
    "kl_loss of the same": lambda x: train.kl_loss(x, x.clone()),
    "kl_loss reversed": lambda x: train.kl_loss(torch.zeros_like(x), x, direction="reverse"),
    "js_loss": lambda x: train.js_loss(x, torch.zeros_like(x)),
    "generalized_js_loss": lambda x: train.generalized_js_loss(x, torch.zeros_like(x), beta=0.3),
    "generalized_js_loss at its end": lambda x: train.generalized_js_loss(
        x, torch.zeros_like(x), beta=1.0
    ),
    "renyi_loss": lambda x: train.renyi_loss(x, torch.zeros_like(x), order=2.0),
    "distillation_loss": lambda x: train.distillation_loss(
        torch.zeros_like(x), x, targets=rows(x), weight=0.5
    ),
    "linear_cross_entropy": fused,
    "linear_cross_entropy with all": lambda x: fused(
        x, rank=True, top_k=2, z_loss=0.1, entropy_bonus=0.1, kl_weight=0.1,
        reference=(torch.zeros_like(x), torch.eye(4, dtype=x.dtype)),
    ),
    "token_statistics": lambda x: train.token_statistics(
        x, rows(x), reference=torch.zeros_like(x), rank=True, top_k=2
    ),
    "kl_penalty exact": lambda x: train.kl_penalty(x, torch.zeros_like(x), estimator="exact"),
    "Monitor.update": monitored,
}  # fmt: skip
#: the same for log-probabilities, rates, means: no logits, so that -inf means something else.
ON_NUMBERS: dict[str, Callable[[Tensor], Any]] = {
    **{
        f"kl_penalty {k}": lambda x, k=k: train.kl_penalty(
            -x.abs(), torch.full_like(x, -1.0), estimator=k
        )
        for k in ("k1", "k2", "k3")
    },
    "sequence_kl": lambda x: train.sequence_kl(x, torch.ones(x.shape, dtype=torch.bool)),
    "policy_step": lambda x: train.policy_step(-x.abs(), torch.full_like(x, -1.0)).to_dict(),
    "ppo_clip_loss": lambda x: train.ppo_clip_loss(
        -x.abs(), torch.full_like(x, -1.0), torch.ones_like(x)
    ),
    "dpo_loss": lambda x: train.dpo_loss(*(torch.full_like(x, -1.0),) * 3, -x.abs()),
    "ipo_loss": lambda x: train.ipo_loss(*(torch.full_like(x, -1.0),) * 3, -x.abs()),
    "gaussian_rate": lambda x: train.gaussian_rate(x, x),
    "free_bits": lambda x: train.free_bits(x.abs(), 0.1),
    "elbo": lambda x: train.elbo(x.sum(-1), x.abs()),
    "iwae_bound": train.iwae_bound,
    "rate_split": lambda x: train.rate_split(x, x, n_samples=2),
    "posterior_report": lambda x: train.posterior_report(x, x),
    "info_nce": lambda x: train.info_nce(x, x + 1),
    "nt_xent": lambda x: train.nt_xent(x, x + 1),
    "ExactSum": lambda x: train.ExactSum(x).mean() if x.numel() else 0.0,
}
CALLS = ON_LOGITS | ON_NUMBERS
#: What an empty batch cannot have: a mean over examples that the caller would divide by.
NOT_EMPTY = {
    "free_bits", "elbo", "iwae_bound", "rate_split", "posterior_report", "info_nce", "nt_xent",
}  # fmt: skip


def plain(n: int = 3) -> Tensor:
    return torch.randn(n, 4, generator=torch.Generator().manual_seed(n))


def numbers(found: Any) -> list[float]:
    """Return every float in a result, however it is packed."""
    if isinstance(found, Tensor):
        return found.detach().double().reshape(-1).tolist() if found.is_floating_point() else []
    if isinstance(found, float):
        return [found]
    if isinstance(found, dict):
        return [x for value in found.values() for x in numbers(value)]
    if dataclasses.is_dataclass(found):
        return [x for f in dataclasses.fields(found) for x in numbers(getattr(found, f.name))]
    return []


def outcome(name: str, x: Tensor) -> str | list[float]:
    try:
        found = numbers(CALLS[name](x))
    except InfoscopeError:
        return "refused"
    assert not any(math.isnan(value) for value in found), (name, found)
    return found


@pytest.mark.parametrize("name", sorted(CALLS))
def test_plain_numbers_give_plain_numbers(name: str) -> None:
    found = outcome(name, plain())
    assert found != "refused"
    assert found
    assert all(math.isfinite(value) for value in found)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_nan_is_refused(name: str) -> None:
    x = plain()
    x[1, 2] = math.nan
    assert outcome(name, x) == "refused"


@pytest.mark.parametrize("name", sorted(ON_LOGITS))
@pytest.mark.parametrize("bad", ["+inf", "a row of -inf"])
def test_logits_without_a_softmax_are_refused(name: str, bad: str) -> None:
    x = plain()
    x[1] = -INF if bad != "+inf" else x[1]
    x[1, 2] = INF if bad == "+inf" else -INF
    if name == "binary_cross_entropy_loss":  # certain and half wrong: infinite, not undefined
        assert INF in outcome(name, x)
    else:
        assert outcome(name, x) == "refused"


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_impossible_class_or_event_has_a_defined_value_or_is_refused(name: str) -> None:
    x = plain()
    x[1, 3] = -INF  # no label points there
    found = outcome(name, x)
    if name in ON_LOGITS and not name.startswith(("linear", "cross_entropy_loss smoothed")):
        assert found != "refused"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", sorted(CALLS))
def test_half_precision_is_worked_on_in_single(name: str, dtype: torch.dtype) -> None:
    x = plain().to(dtype)
    found, single = outcome(name, x), outcome(name, x.float())
    assert found != "refused"
    assert single != "refused"
    assert found == pytest.approx(single, rel=0.02, abs=0.02)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_empty_batch_is_zero_or_refused(name: str) -> None:
    found = outcome(name, plain(0))
    assert (found == "refused") == (name in NOT_EMPTY)
    if found != "refused":
        assert set(found) <= {0.0, 1.0}  # the largest ratio of no token is 1


MASKED: dict[str, Callable[[Tensor, Tensor], Any]] = {
    "cross_entropy_loss": lambda x, m: train.cross_entropy_loss(x, Y, mask=m),
    "binary_cross_entropy_loss": lambda x, m: train.binary_cross_entropy_loss(
        x, torch.full_like(x, 0.5), mask=m[:, None].expand(-1, 4)
    ),
    "focal_loss": lambda x, m: train.focal_loss(x, Y, mask=m),
    "kl_loss": lambda x, m: train.kl_loss(x, torch.zeros_like(x), mask=m),
    "js_loss": lambda x, m: train.js_loss(x, torch.zeros_like(x), mask=m),
    "generalized_js_loss": lambda x, m: train.generalized_js_loss(
        x, torch.zeros_like(x), beta=0.3, mask=m
    ),
    "renyi_loss": lambda x, m: train.renyi_loss(x, torch.zeros_like(x), order=2.0, mask=m),
    "distillation_loss": lambda x, m: train.distillation_loss(
        x, torch.zeros_like(x), targets=Y, weight=0.5, mask=m
    ),
    "linear_cross_entropy": lambda x, m: train.linear_cross_entropy(
        x, torch.eye(4), Y, mask=m, entropy_bonus=0.1, z_loss=0.1
    ).loss,
    "ppo_clip_loss": lambda x, m: train.ppo_clip_loss(
        x[:, 0], torch.full((3,), -1.0), torch.ones(3), mask=m
    ),
    "sequence_kl": lambda x, m: train.sequence_kl(x, m[:, None].expand(-1, 4)).sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(MASKED))
def test_what_is_masked_may_be_nan_and_a_batch_wholly_masked_is_zero(name: str) -> None:
    x = plain()
    x[1] = math.nan
    x.requires_grad_()
    loss = MASKED[name](x, torch.tensor([True, False, True]))
    loss.backward()
    assert math.isfinite(loss.item())
    assert torch.isfinite(x.grad).all()
    assert x.grad[1].abs().sum() == 0
    x.grad = None
    loss = MASKED[name](x, torch.zeros(3, dtype=torch.bool))
    assert loss.item() == 0
    if loss.requires_grad:
        loss.backward()
        assert x.grad is None or x.grad.abs().sum() == 0


def test_every_function_that_takes_a_batch_is_in_the_tables() -> None:
    without_batch = {
        "PENALTIES", "AdaptiveKL", "Alarm", "CollapseAlarm", "Contrast", "Elbo", "EntropyTarget",
        "LiveLine", "MonitorRecord", "MonitorValues", "PenaltyFacts", "PolicyStep",
        "PosteriorReport", "RateSplit", "TokenStatistics", "best_of_n_kl", "best_of_n_win_rate",
        "over_optimization", "penalty_facts", "save_run_report", "tilted_policy",
    }  # fmt: skip
    named = {name.split(" ")[0].split(".")[0] for name in CALLS}
    assert named == set(train.__all__) - without_batch


@pytest.mark.parametrize(
    "call",
    [
        lambda: train.best_of_n_kl(3, [math.nan, 0.5]),
        lambda: train.best_of_n_kl(3, []),
        lambda: train.best_of_n_win_rate(3, [math.nan, 0.5]),
        lambda: train.tilted_policy([0.5, 0.5], [0.0, math.nan], 1.0),
        lambda: train.tilted_policy([0.5, 0.5], [0.0, 1.0], math.nan),
        lambda: train.over_optimization(math.nan, 1.0, 1.0, how="rl"),
        lambda: train.over_optimization(1.0, math.nan, 1.0, how="rl"),
        lambda: train.AdaptiveKL(0.1, target=1.0).update(math.nan),
        lambda: train.EntropyTarget(1.0).update(math.nan),
        lambda: train.CollapseAlarm().observe(1, math.nan),
        lambda: train.AdaptiveKL(math.nan, target=1.0),
    ],
    ids=range(11),
)
def test_plain_arguments_that_are_nan_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(InfoscopeError):
        call()
