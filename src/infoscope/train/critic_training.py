"""Train a critic on part of the pairs, stop by a second part, and read the bound off a third.

A bound read where the critic was trained is no bound: it grows with the critic's memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from infoscope.core.errors import InvalidArgument, sentence
from infoscope.estimate.method import Raw
from infoscope.measures import bounds

__all__ = ["CriticOptions", "conditional_bound", "critic_bound"]

#: Shares of the pairs that train and stop the critic; the rest is measured.
TRAINED, STOPPED = 0.5, 0.2
#: Pairs whose scores are compared with one another at a time.
LARGEST = 1024
#: Parts left out in turn for the standard error.
PARTS = 20


@dataclass(frozen=True, slots=True)
class CriticOptions:
    """How a critic is built and trained."""

    hidden: int = 64
    epochs: int = 100
    batch: int = 128
    rate: float = 2e-3
    patience: int = 10
    clip: float = 5.0


class _Separable(nn.Module):
    """Scores <g(x), h(y)> + u(x) + v(y): n^2 of them for the price of 2 n."""

    def __init__(self, d_x: int, d_y: int, hidden: int) -> None:
        super().__init__()
        self.left, self.right = _network(d_x, hidden, hidden + 1), _network(d_y, hidden, hidden + 1)
        self.level = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        a, b = self.left(x), self.right(y)
        inner = a[:, 1:] @ b[:, 1:].T / math.sqrt(a.shape[1] - 1)
        return inner + a[:, :1] + b[:, :1].T + self.level


class _GaussianGiven(nn.Module):
    """Scores log q(y_j|x_i) of a Gaussian whose mean and variances follow x."""

    def __init__(self, d_x: int, d_y: int, hidden: int) -> None:
        super().__init__()
        self.network, self.d = _network(d_x, hidden, 2 * d_y), d_y

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        mean, log_variance = self.network(x).split(self.d, dim=1)
        log_variance = 7 * torch.tanh(log_variance / 7)  # variances stay within e^-7 and e^7
        gap = (y[None] - mean[:, None]) ** 2 * torch.exp(-log_variance)[:, None]
        return -0.5 * (gap + log_variance[:, None] + math.log(2 * math.pi)).sum(-1)


def critic_bound(
    x: NDArray[np.float64], y: NDArray[np.float64], bound: str, rng: np.random.Generator,
    options: CriticOptions,
) -> Raw:  # fmt: skip
    """Return a bound on the information between paired rows, with a critic trained for it."""
    read = _reading(bound, options.clip)
    running: dict[str, Tensor] = {}

    def loss(critic: nn.Module, a: Tensor, b: Tensor) -> Tensor:
        scores = critic(a, b)
        if bound != "mine":
            return -read(scores).value
        apart = scores[~torch.eye(len(scores), dtype=torch.bool)]
        mean = (torch.logsumexp(apart.detach(), 0) - math.log(len(apart))).exp()
        past = running.get("mean", mean)
        running["mean"] = 0.99 * past + 0.01 * mean
        # Belghazi et al. (2018), section 3.2: the mean in the denominator of the slope moves slowly
        return -(scores.diagonal().mean() - apart.exp().mean() / running["mean"])

    def judge(critic: nn.Module, a: Tensor, b: Tensor) -> float:
        return -float(read(critic(a, b)).value)

    make = _Separable
    return _fit_and_read(x, y, make, loss, judge, read, rng, options)


def conditional_bound(
    x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator,
    options: CriticOptions,
) -> Raw:  # fmt: skip
    """Return CLUB with a Gaussian conditional density fitted by maximum likelihood."""

    def loss(critic: nn.Module, a: Tensor, b: Tensor) -> Tensor:
        return -critic(a, b).diagonal().mean()

    def judge(critic: nn.Module, a: Tensor, b: Tensor) -> float:
        return float(loss(critic, a, b))

    return _fit_and_read(x, y, _GaussianGiven, loss, judge, bounds.club, rng, options)


def _reading(bound: str, clip: float) -> Callable[[Any], bounds.Bound]:
    if bound == "smile":
        return lambda scores: bounds.smile(scores, clip=clip)
    return {
        "infonce": bounds.info_nce, "nwj": bounds.nwj, "mine": bounds.donsker_varadhan,
        "donsker_varadhan": bounds.donsker_varadhan,
    }[bound]  # fmt: skip


def _fit_and_read(
    x: NDArray[np.float64], y: NDArray[np.float64], make: type[nn.Module],
    loss: Callable[[nn.Module, Tensor, Tensor], Tensor],
    judge: Callable[[nn.Module, Tensor, Tensor], float],
    read: Callable[[Any], bounds.Bound], rng: np.random.Generator, options: CriticOptions,
) -> Raw:  # fmt: skip
    _check(options)
    order = rng.permutation(len(x))
    first, second = int(TRAINED * len(x)), int((TRAINED + STOPPED) * len(x))
    a, b = (torch.from_numpy(np.ascontiguousarray(v[order], np.float32)) for v in (x, y))
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(int(rng.integers(2**31)))
        critic = make(a.shape[1], b.shape[1], options.hidden)
        n_epochs = _train(critic, a, b, first, second, loss, judge, rng, options)
    with torch.no_grad():
        groups = np.array_split(np.arange(second, len(x)), -(-(len(x) - second) // LARGEST))
        scores = [critic(a[g], b[g]).double().numpy() for g in groups]
    found = [read(s) for s in scores]
    value = float(np.mean([float(f.value) for f in found]))
    words = {"lower": "a lower bound", "upper": "an upper bound", "neither": "no bound"}
    notes = [f"It is {words[found[0].kind]} in expectation: {found[0].condition}."]
    if math.isfinite(found[0].cap):
        cap = min(f.cap for f in found)
        notes.append(f"It cannot pass log {min(len(s) for s in scores)} = {cap:.3f} nats.")
        if value > 0.9 * cap:
            notes.append("It is near that cap: give it more rows.")
    return Raw(
        nats=value, stderr=_jackknife(scores, read), how="jackknife over held-out pairs",
        diagnostics={"epochs": float(n_epochs), "held_out": float(len(x) - second)},
        notes=tuple(notes),
    )  # fmt: skip


def _train(
    critic: nn.Module, a: Tensor, b: Tensor, first: int, second: int,
    loss: Callable[[nn.Module, Tensor, Tensor], Tensor],
    judge: Callable[[nn.Module, Tensor, Tensor], float], rng: np.random.Generator,
    options: CriticOptions,
) -> int:  # fmt: skip
    """Train with Adam until the second part has not improved for a while; keep the best."""
    solver = torch.optim.Adam(critic.parameters(), lr=options.rate)
    check = slice(first, min(second, first + LARGEST))
    best, kept, waited, n_epochs = math.inf, critic.state_dict(), 0, 0
    while waited < options.patience and n_epochs < options.epochs:
        n_epochs += 1
        rows = rng.permutation(first)
        for start in range(0, first, options.batch):
            at = torch.from_numpy(rows[start : start + options.batch])
            if len(at) < 2:
                continue
            solver.zero_grad()
            loss(critic, a[at], b[at]).backward()
            solver.step()
        with torch.no_grad():
            now = judge(critic, a[check], b[check])
        if now < best:
            best, waited = now, 0
            kept = {name: value.clone() for name, value in critic.state_dict().items()}
        else:
            waited += 1
    critic.load_state_dict(kept)
    return n_epochs


def _jackknife(scores: list[NDArray[np.float64]], read: Callable[[Any], bounds.Bound]) -> float:
    """Return the standard error of the mean bound, leaving out parts of the pairs in turn."""
    variance = 0.0
    for table in scores:
        n = len(table)
        parts = np.array_split(np.arange(n), min(PARTS, n // 2))
        without = [np.setdiff1d(np.arange(n), part) for part in parts]
        values = np.array([float(read(table[np.ix_(keep, keep)]).value) for keep in without])
        g = len(parts)
        variance += (g - 1) / g * float(np.sum((values - values.mean()) ** 2))
    return math.sqrt(variance) / len(scores)


def _network(d_in: int, hidden: int, d_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(d_in, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, d_out),
    )  # fmt: skip


def _check(options: CriticOptions) -> None:
    for name in ("hidden", "epochs", "batch", "rate", "patience", "clip"):
        value = getattr(options, name)
        if not (value > 0 and math.isfinite(value)) or (name == "batch" and value < 2):
            least = "be at least 2" if name == "batch" else "be above 0"
            raise InvalidArgument(sentence("mutual_information", name, least, value))
