"""Small networks on real digits: a classifier, autoencoders at four prices of rate, two views.

Run: python benchmarks/train/digits.py FOLDER, with the MNIST files t10k-images-idx3-ubyte.gz and
t10k-labels-idx1-ubyte.gz in FOLDER (8,000 digits train, 2,000 test). Without FOLDER the 1,797 small
digits of scikit-learn stand in. Minutes on two cores; writes benchmarks/results/train_digits.csv.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import itertools
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from infoscope.train import (
    binary_cross_entropy_loss,
    cross_entropy_loss,
    elbo,
    gaussian_rate,
    info_nce,
    posterior_report,
    rate_split,
    token_statistics,
)

OUT = Path(__file__).parents[1] / "results" / "train_digits.csv"
ROWS: list[dict[str, object]] = []


def digits(folder: str | None) -> tuple[Tensor, Tensor, int, str]:
    """Return images as rows of grey in [0, 1], labels, how many train, and what they are."""
    if folder is None:
        from sklearn.datasets import load_digits

        found = load_digits()
        images, labels = found.data / 16, found.target
        name = "scikit-learn digits"
    else:
        with gzip.open(Path(folder) / "t10k-images-idx3-ubyte.gz") as file:
            images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784) / 255
        with gzip.open(Path(folder) / "t10k-labels-idx1-ubyte.gz") as file:
            labels = np.frombuffer(file.read(), np.uint8, offset=8)
        name = "MNIST t10k"
    order = np.random.default_rng(0).permutation(len(images))
    x = torch.from_numpy(images[order]).float()
    y = torch.from_numpy(labels[order].astype(np.int64))
    return x, y, int(0.8 * len(x)), name


def batches(n: int, size: int, seed: int) -> list[Tensor]:
    rows = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    return [part for part in rows.split(size) if len(part) == size]


def note(what: str, epoch: int, **values: float) -> None:
    for name, value in values.items():
        ROWS.append({"run": what, "epoch": epoch, "quantity": name, "value": f"{value:.5f}"})
    print(what, epoch, {k: round(v, 4) for k, v in values.items()})


def network(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def classifier(x: Tensor, y: Tensor, n: int) -> None:
    """Cross-entropy, entropy and perplexity of a classifier, epoch by epoch on held-out digits."""
    torch.manual_seed(0)
    model = network(x.shape[1], 256, 10)
    solver = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(1, 9):
        for rows in batches(n, 64, epoch):
            solver.zero_grad()
            cross_entropy_loss(model(x[rows]), y[rows]).backward()
            solver.step()
        with torch.no_grad():
            seen = token_statistics(model(x[n:]), y[n:])
        loss = float(seen.nll.double().mean())
        note("classifier", epoch, cross_entropy_nats=loss, perplexity=math.exp(loss),
             entropy_nats=float(seen.entropy.double().mean()),
             accuracy=float(seen.correct.double().mean()))  # fmt: skip


def autoencoder(x: Tensor, n: int, beta: float, d: int = 16) -> None:
    """Rate, distortion and ELBO of a variational autoencoder whose rate costs beta a nat."""
    torch.manual_seed(0)
    encoder, decoder = network(x.shape[1], 256, 2 * d), network(d, 256, x.shape[1])
    solver = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-3)

    def step(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean, log_variance = encoder(images).chunk(2, dim=1)
        log_variance = log_variance.clamp(-8, 8)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        cost = binary_cross_entropy_loss(decoder(z), images, reduction="none").sum(1)
        return -cost, mean, log_variance

    for epoch in range(1, 16):
        for rows in batches(n, 64, epoch):
            solver.zero_grad()
            seen, mean, log_variance = step(x[rows])
            elbo(seen, gaussian_rate(mean, log_variance), beta=beta).loss.backward()
            solver.step()
        if epoch % 5 == 0:
            with torch.no_grad():
                seen, mean, log_variance = step(x[n:])
                parts = elbo(seen, gaussian_rate(mean, log_variance), beta=beta)
                split = rate_split(mean, log_variance, n_samples=4)
                report = posterior_report(mean, log_variance)
            note(f"autoencoder, beta {beta:g}", epoch, loss=float(parts.loss),
                 rate=float(parts.rate), distortion=float(parts.distortion), elbo=float(parts.elbo),
                 information=split.information, marginal_kl=split.marginal_kl,
                 active_units=float(report.n_active))  # fmt: skip


def two_views(x: Tensor, n: int, size: int) -> None:
    """The bound log N - loss for two noisy views of each digit: it stops at log N."""
    torch.manual_seed(0)
    encoder = network(x.shape[1], 256, 64)
    solver = torch.optim.Adam(encoder.parameters(), lr=1e-3)

    def views(images: Tensor) -> tuple[Tensor, Tensor]:
        return tuple(encoder(images * (torch.rand_like(images) > 0.2)) for _ in range(2))

    n_steps = 0
    while n_steps < 300:
        for rows in batches(n, size, n_steps):
            solver.zero_grad()
            info_nce(*views(x[rows]), temperature=0.1).loss.backward()
            solver.step()
            n_steps += 1
    with torch.no_grad():
        held = [info_nce(*views(x[n:][rows]), temperature=0.1)
                for rows in batches(len(x) - n, size, 1)]  # fmt: skip
    bound = sum(float(c.bound) for c in held) / len(held)
    note(f"two views, N = {size}", n_steps, bound=bound, cap=held[0].cap,
         accuracy=sum(c.accuracy for c in held) / len(held))  # fmt: skip


def main() -> None:
    x, y, n, name = digits(sys.argv[1] if len(sys.argv) > 1 else None)
    start = time.process_time()
    classifier(x, y, n)
    for beta in (0.1, 1.0, 4.0, 10.0):
        autoencoder(x, n, beta)
    for size in (8, 32, 128):
        two_views(x, n, size)
    stamp = {
        "data": name, "cpu_seconds_in_all": f"{time.process_time() - start:.0f}",
        "machine": f"{platform.machine()}, {platform.system()}", "date": dt.date.today(),
        "versions": f"torch {torch.__version__}",
    }  # fmt: skip
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*ROWS[0], *stamp])
        writer.writeheader()
        writer.writerows(row | stamp for row in ROWS)


if __name__ == "__main__":
    main()
