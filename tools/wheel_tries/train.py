"""Losses that backpropagate, a trained bound on mutual information."""

import torch

from infoscope.train import cross_entropy_loss, kl_loss, linear_cross_entropy

logits = torch.zeros(2, 3, requires_grad=True)
cross_entropy_loss(logits, torch.tensor([0, 2])).backward()
assert torch.isfinite(logits.grad).all()
other = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
kl_loss(logits, other, direction="forward").backward()
hidden, weight = torch.randn(4, 8, requires_grad=True), torch.randn(5, 8, requires_grad=True)
linear_cross_entropy(hidden, weight, torch.tensor([0, 1, 2, 3])).loss.backward()
assert hidden.grad is not None
