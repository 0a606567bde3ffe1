"""Losses: values by hand and by torch, exact zeros and infinities, p - y, and clear refusals."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from infoscope.core.errors import InvalidArgument, WrongType
from infoscope.train import (
    binary_cross_entropy_loss,
    cross_entropy_loss,
    distillation_loss,
    focal_loss,
    generalized_js_loss,
    js_loss,
    kl_loss,
    linear_cross_entropy,
    renyi_loss,
    token_statistics,
)
from infoscope.train.row_pass import row_sums, row_top

INF = math.inf
P = torch.tensor([0.6, 0.3, 0.1], dtype=torch.float64).log()
Q = torch.tensor([0.3, 0.5, 0.2], dtype=torch.float64).log()


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def labels(n: int, k: int, seed: int = 1) -> torch.Tensor:
    return torch.randint(0, k, (n,), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_equals_torch(reduction: str, smoothing: float) -> None:
    z, y = drawn(20, 7), labels(20, 7)
    y[3] = -100
    ours = cross_entropy_loss(z, y, smoothing=smoothing, reduction=reduction)
    theirs = F.cross_entropy(z, y, label_smoothing=smoothing, reduction=reduction)
    assert torch.allclose(ours, theirs, atol=1e-12)


def test_soft_targets_masks_and_z_loss() -> None:
    z, soft = drawn(4, 5, 7), torch.softmax(drawn(4, 5, 7, seed=2), -1)
    assert torch.allclose(
        cross_entropy_loss(z, soft), F.cross_entropy(z.flatten(0, 1), soft.flatten(0, 1))
    )
    y = labels(20, 7).reshape(4, 5)
    mask = torch.arange(20).reshape(4, 5) % 3 == 0
    by_hand = torch.stack([-torch.log_softmax(z[i, j], -1)[y[i, j]] for i, j in mask.nonzero()])
    assert cross_entropy_loss(z, y, mask=mask) == pytest.approx(by_hand.mean().item())
    each = cross_entropy_loss(z, y, mask=mask, reduction="none")
    assert each[~mask].abs().sum() == 0
    lse = torch.logsumexp(z, -1)
    extra = cross_entropy_loss(z, y, z_loss=0.01) - cross_entropy_loss(z, y)
    assert extra == pytest.approx(0.01 * (lse**2).mean().item())


def test_values_of_the_textbooks() -> None:
    z = torch.tensor([[2.0, 1.0, 0.1]], dtype=torch.float64)
    assert cross_entropy_loss(z, torch.tensor([0])).item() == pytest.approx(0.4170300162778335)
    assert kl_loss(P, Q).item() == pytest.approx(0.1933259031501754)
    assert kl_loss(P, Q, direction="reverse").item() == pytest.approx(0.1860980938270008)
    found = [generalized_js_loss(P, Q, beta=b).item() for b in (0.1, 0.5, 0.9)]
    assert found == pytest.approx([0.0172205142829474, 0.0466133843198648, 0.0167105406411054])
    assert js_loss(P, Q).item() == pytest.approx(0.0466133843198648)
    assert renyi_loss(P, Q, order=2).item() == pytest.approx(math.log(1.2 + 0.18 + 0.05))


def test_the_generalised_divergence_has_no_jump_at_its_ends() -> None:
    assert generalized_js_loss(P, Q, beta=0.0) == 0
    assert generalized_js_loss(P, Q, beta=1.0) == 0
    for beta, limit in ((0.0, kl_loss(P, Q)), (1.0, kl_loss(Q, P))):
        at = generalized_js_loss(P, Q, beta=beta, scaled=True)
        near = generalized_js_loss(P, Q, beta=abs(beta - 1e-5), scaled=True)
        assert at == pytest.approx(limit.item(), abs=1e-12)
        assert near == pytest.approx(limit.item(), abs=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_gradient_is_p_minus_y(smoothing: float) -> None:
    z = drawn(6, 5).requires_grad_()
    y = labels(6, 5)
    cross_entropy_loss(z, y, smoothing=smoothing, reduction="sum").backward()
    target = (1 - smoothing) * F.one_hot(y, 5) + smoothing / 5
    assert torch.allclose(z.grad, torch.softmax(z.detach(), -1) - target, atol=1e-12)


def test_the_gradient_of_the_tutorial() -> None:
    """SPEC T3.9: softmax of these logits minus the one-hot target 2."""
    z = torch.tensor(
        [0.0853688935097889, 0.6307955432474668, 0.2320567119433145, 0.0517788512994298],
        dtype=torch.float64,
    ).log().requires_grad_()  # fmt: skip
    cross_entropy_loss(z, torch.tensor(2)).backward()
    assert z.grad.tolist() == pytest.approx(
        [0.0853688935097889, 0.6307955432474668, -0.7679432880566855, 0.0517788512994298]
    )


def test_impossible_classes_are_exact() -> None:
    z = torch.tensor([[0.0, 0.0, -INF]])
    assert cross_entropy_loss(z, torch.tensor([[0.5, 0.5, 0.0]])) == pytest.approx(math.log(2))
    assert cross_entropy_loss(z, torch.tensor([2])) == INF
    assert kl_loss(z, z) == 0
    assert kl_loss(torch.zeros(1, 3), z) == INF
    assert kl_loss(z, torch.zeros(1, 3)) == pytest.approx(math.log(1.5))
    one, other = torch.tensor([0.0, -INF]), torch.tensor([-INF, 0.0])
    assert js_loss(one, other) == pytest.approx(math.log(2))
    zeros = binary_cross_entropy_loss(torch.tensor([INF, -INF]), torch.tensor([1.0, 0.0]))
    assert zeros == 0
    assert binary_cross_entropy_loss(torch.tensor([-INF]), torch.tensor([1.0])) == INF


def test_binary_and_focal_equal_torch_and_their_formula() -> None:
    z, t = drawn(30), torch.rand(30, generator=torch.Generator().manual_seed(3)).double()
    assert torch.allclose(
        binary_cross_entropy_loss(z, t, reduction="none"),
        F.binary_cross_entropy_with_logits(z, t, reduction="none"),
    )
    z, y = drawn(10, 4).requires_grad_(), labels(10, 4)
    p = torch.softmax(z.detach(), -1).gather(1, y[:, None])[:, 0]
    for gamma in (0.0, 0.5, 2.0):
        by_hand = (-((1 - p) ** gamma) * p.log()).mean().item()
        assert focal_loss(z, y, gamma=gamma).item() == pytest.approx(by_hand)
    assert torch.autograd.gradcheck(lambda x: focal_loss(x, y), (z,))


def test_distillation() -> None:
    s, t, y = drawn(5, 6).requires_grad_(), drawn(5, 6, seed=4).requires_grad_(), labels(5, 6)
    soft = F.kl_div(
        F.log_softmax(s / 3, -1), F.softmax(t / 3, -1), reduction="batchmean"
    )  # arguments in torch's order
    expected = 0.7 * 9 * soft + 0.3 * F.cross_entropy(s, y)
    loss = distillation_loss(s, t, targets=y, temperature=3, weight=0.7)
    assert loss.item() == pytest.approx(expected.item())
    loss.backward()
    assert t.grad is None
    hot = distillation_loss(s, t, temperature=1e4, weight=1.0)
    ds, dt = s - s.mean(-1, keepdim=True), t - t.mean(-1, keepdim=True)
    assert hot.item() == pytest.approx(((ds - dt) ** 2).mean(-1).mean().item() / 2, rel=1e-3)
    with pytest.raises(InvalidArgument, match="targets must be given"):
        distillation_loss(s, t, weight=0.5)


@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("chunk", [3, 256])
def test_fused_linear_equals_the_plain_way(with_bias: bool, chunk: int) -> None:
    h, w, y = drawn(2, 10, 8), 0.5 * drawn(50, 8, seed=5), labels(20, 50).reshape(2, 10)
    hr, wr = drawn(2, 10, 6, seed=6), drawn(50, 6, seed=7)
    b = drawn(50, seed=8) if with_bias else None
    y[0, 2] = -100
    mask = torch.ones(2, 10, dtype=torch.bool)
    mask[1, 7:] = False
    leaves = [x.clone().requires_grad_() for x in (h, w, *([b] if b is not None else []))]
    extras = {"smoothing": 0.1, "z_loss": 0.01, "entropy_bonus": 0.05, "kl_weight": 0.3}
    found = linear_cross_entropy(
        leaves[0], leaves[1], y, bias=leaves[2] if with_bias else None, reference=(hr, wr),
        rank=True, top_k=4, mask=mask, chunk=chunk, **extras,
    )  # fmt: skip
    (2.0 * found.loss).backward()

    plain = [x.detach().clone().requires_grad_() for x in leaves]
    keep = mask & (y != -100)
    z = (plain[0] @ plain[1].T + (plain[2] if with_bias else 0))[keep]
    lp, lq = torch.log_softmax(z, -1), torch.log_softmax((hr @ wr.T)[keep], -1)
    p = lp.exp()
    entropy, kl = -(p * lp).sum(-1), (p * (lp - lq)).sum(-1)
    lse = torch.logsumexp(z, -1)
    nll = F.cross_entropy(z, y[keep], reduction="none")
    smooth = F.cross_entropy(z, y[keep], reduction="none", label_smoothing=0.1)
    loss = (smooth + 0.01 * lse**2 - 0.05 * entropy + 0.3 * kl).mean()
    (2.0 * loss).backward()
    assert found.loss.item() == pytest.approx(loss.item())
    for mine, theirs in zip(leaves, plain, strict=True):
        assert torch.allclose(mine.grad, theirs.grad, atol=1e-12)
    for name, value in (("nll", nll), ("entropy", entropy), ("logsumexp", lse), ("kl", kl)):
        got = getattr(found, name)
        assert torch.allclose(got[keep], value, atol=1e-12)
        assert got[~keep].abs().sum() == 0
    assert torch.equal(found.correct[keep], z.argmax(-1) == y[keep])
    ranks = (z > z.gather(1, y[keep][:, None])).sum(-1) + 1
    assert torch.equal(found.rank[keep], ranks)
    assert torch.equal(found.top_ids[keep], z.topk(4).indices)
    assert torch.allclose(found.top_log_probabilities[keep], lp.topk(4).values)
    assert found.n_tokens == int(keep.sum())
    again = token_statistics(
        h @ w.T + (b if b is not None else 0), y, reference=hr @ wr.T, rank=True, top_k=4, mask=mask
    )
    for name in ("nll", "entropy", "logsumexp", "kl", "rank", "top_ids", "correct", "counted"):
        assert torch.allclose(getattr(again, name).double(), getattr(found, name).double())


def test_entropy_in_single_precision_is_within_two_millionths() -> None:
    """At the size of a real vocabulary, against double precision of the same logits."""
    h, w = drawn(64, 64, dtype=torch.float32), 0.4 * drawn(49152, 64, seed=2, dtype=torch.float32)
    z = (h @ w.T).double()
    p = torch.softmax(z, -1)
    truth = -(p * torch.log_softmax(z, -1)).sum(-1)
    found = token_statistics(h @ w.T, labels(64, 49152))
    assert (found.entropy.double() - truth).abs().max() < 2e-6
    nll = F.cross_entropy(z, labels(64, 49152), reduction="none")
    assert (found.nll.double() - nll).abs().max() < 4e-6


def test_classes_made_impossible_by_the_bias_leave_a_finite_gradient() -> None:
    """A bias of -inf takes classes out: values and gradients are those of the classes left."""
    h, w, hr, wr = drawn(6, 4), drawn(9, 4, seed=2), drawn(6, 4, seed=3), drawn(9, 4, seed=4)
    y, left = labels(6, 5), slice(0, 5)
    bias = torch.zeros(9).double()
    bias[5:] = -INF
    extras = {"entropy_bonus": 0.1, "kl_weight": 0.2, "z_loss": 0.01, "top_k": 2, "rank": True}
    some, all_nine = [
        (h.clone().requires_grad_(), wide.clone().requires_grad_()) for wide in (w[left], w)
    ]
    few = linear_cross_entropy(*some, y, reference=(hr, wr[left]), **extras)
    reference = (hr, wr.clone())
    masked = linear_cross_entropy(*all_nine, y, bias=bias, **{**extras, "kl_weight": 0.0})
    plain = linear_cross_entropy(*some, y, **{**extras, "kl_weight": 0.0})
    for name in ("nll", "entropy", "logsumexp", "rank", "top_ids", "loss"):
        assert torch.allclose(getattr(masked, name).double(), getattr(plain, name).double())
    for found in (masked, plain):
        found.loss.backward()
    assert torch.allclose(all_nine[0].grad, some[0].grad)
    assert torch.allclose(all_nine[1].grad[left], some[1].grad)
    assert all_nine[1].grad[5:].abs().sum() == 0
    both = token_statistics(h @ w.T + bias, y, reference=hr @ wr.T + bias)
    assert torch.allclose(both.kl, few.kl)
    wider = linear_cross_entropy(h.clone().requires_grad_(), w, y, bias=bias, reference=reference,
                                 kl_weight=0.2)  # fmt: skip
    wider.loss.backward()
    assert torch.isfinite(wider.kl).all()
    assert torch.isfinite(wider.loss)


def test_logits_in_any_layout_and_precision_give_the_same_statistics() -> None:
    z, ref = drawn(3, 6, 40, dtype=torch.float32), drawn(3, 6, 40, seed=9, dtype=torch.float32)
    y = labels(15, 40).reshape(3, 5)
    some = y.clone()
    some[0, 1] = some[2, 4] = -100
    for goal in (y, some):
        packed = token_statistics(z[:, :-1].contiguous(), goal, reference=ref[:, :-1].contiguous())
        apart = token_statistics(z[:, :-1], goal, reference=ref[:, :-1])
        for name in ("loss", "nll", "entropy", "logsumexp", "kl", "correct", "counted"):
            assert torch.equal(getattr(packed, name), getattr(apart, name))
    half = token_statistics(z[:, :-1].bfloat16(), some)
    single = token_statistics(z[:, :-1].bfloat16().float(), some)
    assert torch.equal(half.nll, single.nll)
    assert half.nll.dtype == torch.float32
    one = token_statistics(z[0, 0], y[0, 0], reference=ref[0, 0])
    assert one.nll.shape == ()
    assert one.nll.item() == pytest.approx(F.cross_entropy(z[0, 0], y[0, 0]).item())
    none = token_statistics(z[0, 0], torch.tensor(-100))
    assert (none.loss.item(), none.nll.item(), none.n_tokens) == (0.0, 0.0, 0)


@pytest.mark.parametrize("size", [1, 5, 300, 5000, 4096 + 7])
def test_sums_and_the_largest_of_a_row_do_not_depend_on_its_length(size: int) -> None:
    x = drawn(6, size, dtype=torch.float32)
    exact = torch.tensor([math.fsum(row) for row in x.tolist()], dtype=torch.float64)
    assert torch.allclose(row_sums(x), exact, atol=1e-6 * math.sqrt(size))
    k = min(5, size)
    best, at = row_top(x, k)
    assert torch.equal(best, x.topk(k).values)
    assert torch.equal(at, x.topk(k).indices)
    x[1, :] = 2.0  # all the same: any k different places will do
    best, at = row_top(x, k)
    assert best[1].tolist() == [2.0] * k
    assert len(set(at[1].tolist())) == k


def test_a_gradient_is_given_once_and_only_where_wanted() -> None:
    h, w, y = drawn(4, 3).requires_grad_(), drawn(5, 3), labels(4, 5)
    loss = linear_cross_entropy(h, w, y).loss
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="taken once"):
        loss.backward()
    with torch.no_grad():
        assert not linear_cross_entropy(h, w, y).loss.requires_grad
    assert not linear_cross_entropy(h.detach(), w, y).loss.requires_grad


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_worked_on_in_single(dtype: torch.dtype) -> None:
    h, w, y = drawn(6, 8).to(dtype), drawn(20, 8, seed=1).to(dtype), labels(6, 20)
    z = h.float() @ w.float().T
    assert cross_entropy_loss(z.to(dtype), y).dtype == torch.float32
    found = linear_cross_entropy(h.requires_grad_(), w.requires_grad_(), y)
    found.loss.backward()
    assert found.nll.dtype == torch.float32
    assert h.grad.dtype == w.grad.dtype == dtype
    assert found.loss.item() == pytest.approx(F.cross_entropy(z, y).item(), rel=0.02)


def test_batches_without_a_token_and_empty_batches_have_a_defined_loss() -> None:
    z = drawn(3, 4).requires_grad_()
    ignored = torch.full((3,), -100)
    loss = cross_entropy_loss(z, ignored)
    loss.backward()
    assert loss == 0
    assert z.grad.abs().sum() == 0
    h, w = drawn(3, 2).requires_grad_(), drawn(4, 2).requires_grad_()
    found = linear_cross_entropy(h, w, ignored)
    found.loss.backward()
    assert found.loss == 0
    assert found.n_tokens == 0
    assert w.grad.abs().sum() == 0
    assert cross_entropy_loss(torch.zeros(0, 4), torch.zeros(0, dtype=torch.long)) == 0
    assert linear_cross_entropy(torch.zeros(0, 2), w.detach().float(), ignored[:0]).loss == 0
    assert token_statistics(z, ignored).nll.tolist() == [0, 0, 0]


def test_what_does_not_count_may_hold_anything() -> None:
    z = drawn(3, 4).requires_grad_()
    spoilt = torch.where(torch.tensor([[False], [True], [False]]), math.nan, z)
    loss = cross_entropy_loss(spoilt, torch.tensor([0, -100, 2]))
    loss.backward()
    assert torch.isfinite(z.grad).all()
    assert torch.isfinite(loss)


def test_nan_and_other_bad_input_are_refused_in_one_sentence() -> None:
    z, y = drawn(3, 4), torch.tensor([0, 1, 2])
    for bad in (math.nan, INF):
        spoilt = z.clone()
        spoilt[1, 2] = bad
        with pytest.raises(InvalidArgument, match=r"NaN at \(1,\)"):
            cross_entropy_loss(spoilt, y)
        with pytest.raises(InvalidArgument, match="NaN"):
            token_statistics(spoilt, y)
    with pytest.raises(InvalidArgument, match="NaN"):
        cross_entropy_loss(torch.full((3, 4), -INF), y)
    with pytest.raises(InvalidArgument, match=r"lie in 0 to 3, or be ignore_index; got 4"):
        cross_entropy_loss(z, torch.tensor([0, 1, 4]))
    with pytest.raises(InvalidArgument, match="targets must have shape"):
        cross_entropy_loss(z, y[:2])
    with pytest.raises(WrongType, match="torch tensor; got ndarray"):
        cross_entropy_loss(np.zeros((3, 4)), y)
    with pytest.raises(WrongType, match="hold floats"):
        cross_entropy_loss(torch.zeros(3, 4, dtype=torch.long), y)
    with pytest.raises(WrongType, match="boolean tensor"):
        cross_entropy_loss(z, y, mask=torch.ones(3))
    with pytest.raises(InvalidArgument, match="reduction"):
        cross_entropy_loss(z, y, reduction="average")
    with pytest.raises(InvalidArgument, match="direction"):
        kl_loss(P, Q, direction="backward")
    with pytest.raises(InvalidArgument, match="one shape"):
        kl_loss(P, Q[:2])
    with pytest.raises(InvalidArgument, match=r"lie in \[0, 1\]; got 1.5"):
        binary_cross_entropy_loss(torch.zeros(1), torch.tensor([1.5]))
    with pytest.raises(InvalidArgument, match="one dtype"):
        linear_cross_entropy(drawn(3, 2), drawn(4, 2).float(), y)
    with pytest.raises(InvalidArgument, match="reference must be given"):
        linear_cross_entropy(drawn(3, 2), drawn(4, 2), y, kl_weight=1.0)
    with pytest.raises(InvalidArgument, match="NaN"):
        linear_cross_entropy(drawn(3, 2) * math.nan, drawn(4, 2), y)


def test_distillation_of_plain_logits_warns_of_nothing() -> None:
    """[2, 0] / 2 is non-negative and sums to one, yet it is no law."""
    student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[2.0, 0.0]])
    p = 1 / (1 + math.exp(-1.0))
    by_hand = 4 * (p * math.log(2 * p) + (1 - p) * math.log(2 * (1 - p)))
    found = distillation_loss(student, teacher, temperature=2.0)
    assert found.item() == pytest.approx(by_hand, rel=1e-6)
