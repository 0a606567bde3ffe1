"""Multilayer probes with torch: trained until validation stops improving, and the best kept."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.probe.probes.readers import gaussian_cost, label_cost, residual_law
from infoscope.probe.probes.splitting import Split
from infoscope.probe.probes.variables import Target

__all__ = ["NetworkReader", "fit_network"]

Floats = NDArray[np.floating[Any]]
_BATCH = 128
_LEAST_STEPS = 50  # between two looks at validation
_PATIENCE = 12  # looks without a better validation loss
_LEAST_GAIN = 1e-4  # nats (or shares of the variance): less is no improvement worth waiting for
_MOST_LOOKS = 400
_CHUNK = 8192


@dataclass(frozen=True, slots=True, eq=False)
class NetworkReader:
    """A network on standard features; numbers get Gaussian noise of the validation residuals."""

    network: nn.Module
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    seen: NDArray[np.int64]  # classes that training has; empty for numbers
    n_classes: int
    mean: NDArray[np.float64]  # (m,); of the numbers
    spread: NDArray[np.float64]  # (m,)
    root: NDArray[np.float64]  # (m, m); noise of the numbers
    settings: dict[str, object] = field(default_factory=dict[str, object])
    notes: tuple[str, ...] = ()

    def predict(self, x: Floats) -> NDArray[np.float64]:
        """Return log-probabilities (n, k), or means (n, m)."""
        parts: list[NDArray[np.float64]] = []
        with torch.inference_mode():
            for first in range(0, len(x), _CHUNK):
                rows = _standard(x[first : first + _CHUNK], self.centre, self.scale)
                parts.append(self.network(rows).double().numpy())
        out = np.concatenate(parts)
        if not self.n_classes:
            return out * self.spread + self.mean
        out -= out.max(1, keepdims=True)
        spoken = np.full((len(x), self.n_classes), -np.inf)
        spoken[:, self.seen] = out - np.log(np.exp(out).sum(1, keepdims=True))
        return spoken

    def cost(self, x: Floats, target: Target) -> NDArray[np.float64]:
        """Return -log q(y | x) of each example."""
        if self.n_classes:
            return label_cost(self.predict(x), target)
        return gaussian_cost(target.numbers - self.predict(x), self.root)


def _standard(x: Floats, centre: NDArray[np.float64], scale: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(((x - centre) / scale).astype(np.float32))


def fit_network(
    x: Floats, target: Target, split: Split, rng: np.random.Generator, *,
    hidden: Sequence[int] = (256,), function: str,
) -> NetworkReader:  # fmt: skip
    """Fit ReLU layers of the widths `hidden` by AdamW, stopped and chosen on validation rows."""
    if not hidden or any(width < 1 for width in hidden):
        raise InvalidArgument(
            sentence(function, "hidden", "be at least one width of at least 1", list(hidden),
                     "family='linear' has no hidden layer.")
        )  # fmt: skip
    x_train = x[split.train]
    centre, scale = x_train.mean(0, dtype=np.float64), x_train.std(0, dtype=np.float64)
    scale[scale <= 8 * np.finfo(x.dtype).eps * np.abs(centre)] = np.inf
    scale[scale == 0] = np.inf
    labels = target.kind == "classification"
    seen, mean, spread = np.empty(0, np.int64), np.empty(0), np.empty(0)
    if labels:
        seen = np.unique(target.codes[split.train])
        place = np.full(len(target.classes), -1)
        place[seen] = np.arange(len(seen))
        goals = [torch.from_numpy(place[target.codes[rows]])
                 for rows in (split.train, split.validation)]  # fmt: skip
        n_outputs = len(seen)
    else:
        y = target.numbers
        mean, spread = y[split.train].mean(0), y[split.train].std(0)
        goals = [torch.from_numpy(((y[rows] - mean) / spread).astype(np.float32))
                 for rows in (split.train, split.validation)]  # fmt: skip
        n_outputs = y.shape[1]
    inputs = [_standard(x[rows], centre, scale) for rows in (split.train, split.validation)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        network = _layers([x.shape[1], *hidden, n_outputs])
        n_epochs, best = _train(network, inputs, goals, labels, rng)
    settings: dict[str, object] = {
        "hidden": "x".join(map(str, hidden)), "epochs": round(n_epochs, 1)
    }  # fmt: skip
    notes: list[str] = []
    if not math.isfinite(best):
        raise InvalidArgument(
            sentence(function, "x", "let a network be trained", "a loss that is not a number",
                     "Look for features of enormous range.")
        )  # fmt: skip
    if x.shape[1] > len(x_train):
        notes.append(
            f"more features ({x.shape[1]}) than training examples ({len(x_train)}): the network "
            "can remember all of them, and only early stopping holds it back"
        )
    root = np.empty((0, 0))
    reader = NetworkReader(network, centre, scale, seen, len(target.classes), mean, spread, root,
                           settings, tuple(notes))  # fmt: skip
    if labels:
        return reader
    residuals = target.numbers[split.validation] - reader.predict(x[split.validation])
    root = residual_law(residuals, function=function)
    return NetworkReader(network, centre, scale, seen, 0, mean, spread, root, settings,
                         tuple(notes))  # fmt: skip


def _layers(widths: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _loss(network: nn.Module, x: Tensor, goal: Tensor, labels: bool) -> Tensor:
    if labels:
        return functional.cross_entropy(network(x), goal)
    return functional.mse_loss(network(x), goal)


def _train(
    network: nn.Module, inputs: list[Tensor], goals: list[Tensor], labels: bool,
    rng: np.random.Generator,
) -> tuple[float, float]:  # fmt: skip
    """Leave `network` at its best validation loss; return the epochs to it, and that loss."""
    solver = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-2)
    n = len(inputs[0])
    per_look = max(math.ceil(n / _BATCH), _LEAST_STEPS)
    with torch.inference_mode():
        best = float(_loss(network, inputs[1], goals[1], labels))
    kept, at, since = copy.deepcopy(network.state_dict()), 0, 0
    stream = _batches(n, rng)
    for look in range(1, _MOST_LOOKS + 1):
        for _ in range(per_look):
            rows = next(stream)
            solver.zero_grad()
            _loss(network, inputs[0][rows], goals[0][rows], labels).backward()
            solver.step()
        with torch.inference_mode():
            loss = float(_loss(network, inputs[1], goals[1], labels))
        since = 0 if loss < best - _LEAST_GAIN else since + 1
        if loss < best:
            best, kept, at = loss, copy.deepcopy(network.state_dict()), look
        if since >= _PATIENCE or math.isnan(loss):
            break
    network.load_state_dict(kept)
    network.eval()
    return at * per_look * min(_BATCH, n) / n, best


def _batches(n: int, rng: np.random.Generator) -> Iterator[Tensor]:
    while True:
        order = torch.from_numpy(rng.permutation(n))
        yield from order.split(_BATCH)
