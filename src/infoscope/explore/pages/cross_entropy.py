"""The page on cross-entropy: logits and a target to drag, the loss, and where it pulls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import infoscope as isc
from infoscope.explore.controls import Check, Choice, Range
from infoscope.explore.drawings.cost_bar import cost_bar
from infoscope.explore.levels import Levels
from infoscope.explore.page import Group, Page, Patch, Preset, Slot
from infoscope.explore.shares import Shares, hold, rounded_shares
from infoscope.figures import Figure, Html, Tile, column_chart, esc, stat_tiles, table

__all__ = [
    "PAGE", "code", "looks_like_softmax", "notice", "numbers", "picture", "settle", "softmax",
    "target", "view",
]  # fmt: skip

LETTERS = "ABCDEF"
TOPS = (4.0, 6.0, 8.0, 16.0, 24.0)
#: how far down the slope the arrows on the logits go
STEP = 2.0


def softmax(z: tuple[float, ...]) -> np.ndarray:
    """Return the probabilities that the logits mean."""
    return np.exp(isc.Logits(np.array(z) - max(z)).log_probabilities())


def target(
    k: int, label: str, smoothing: float, own: bool, y: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the target distribution: a class or one's own, mixed with the uniform one."""
    sharp = y if own else tuple(float(i == int(label)) for i in range(k))
    return tuple((1 - smoothing) * mass + smoothing / k for mass in sharp)


def looks_like_softmax(z: tuple[float, ...]) -> bool:
    """Return whether these logits are probabilities already."""
    return min(z) >= 0 and abs(math.fsum(z) - 1) < 1e-6


def numbers(
    *, z: tuple[float, ...], label: str, smoothing: float, own: bool, y: tuple[float, ...]
) -> dict[str, float]:
    """Return the loss and its parts, in nats."""
    aim = target(len(z), label, smoothing, own, y)
    logits = isc.Logits(np.array(z) - max(z))  # a constant added to all logits changes nothing
    cost = float(isc.cross_entropy(aim, logits))
    steps = np.exp(logits.log_probabilities()) - np.array(aim)
    found = {
        "cross_entropy": cost,
        "cross_entropy_bits": float(isc.bits(cost)),
        "target_entropy": float(isc.entropy(aim)),
        "kl": float(isc.kl_divergence(aim, logits)),
        "perplexity": float(isc.perplexity_from_loss(cost)),
        "largest_slope": float(np.abs(steps).max()),
    }
    if looks_like_softmax(z):
        found["meant"] = float(isc.cross_entropy(aim, z))
    return found


def view(
    *, z: tuple[float, ...], label: str, smoothing: float, own: bool, y: tuple[float, ...],
    width: int, held: bool,
) -> Patch:  # fmt: skip
    """Return the logits with arrows, the probabilities, the split of the cost and the numbers."""
    found = numbers(z=z, label=label, smoothing=smoothing, own=own, y=y)
    k = len(z)
    names = list(LETTERS[:k])
    aim, p = np.array(target(k, label, smoothing, own, y)), softmax(z)
    slope = p - aim
    aims = np.array(z) - STEP * slope
    most = max(float(np.abs(z).max()), float(np.abs(aims).max()))
    reach = next((top for top in TOPS if most <= 0.97 * top), most * 1.1)
    reach = max(reach, 8.0) if held else reach
    logits = column_chart(
        names, {"logit": list(z)}, arrows={"logit": aims},
        drag={"logit": [f"z.{i}" for i in range(k)]}, y_range=(-reach, reach),
        title="Logits, and where the loss pulls them", y_label="logit z",
        description=f"Drag a bar up or down. An arrow ends where a step of size {STEP:g} against "
        "the gradient p − y would move the bar.",
        width=width, height=320 if width > 500 else 280,
    )  # fmt: skip
    shares = column_chart(
        names, {"model p": p, "target y": aim}, y_range=(0.0, 1.0),
        title="What the model says, and what was wanted", y_label="probability",
        description=f"Softmax turns the logits into probabilities; the likeliest class is "
        f"{names[int(np.argmax(p))]} with {p.max():.3g}.",
        width=width, height=240,
    )  # fmt: skip
    pull = column_chart(
        [f"{name}  {_signed(-s)}" for name, s in zip(names, slope, strict=True)],
        {"y − p": np.zeros(k)}, arrows={"y − p": -slope}, y_range=(-1.0, 1.0),
        title="The pull on each logit", y_label="y − p, the negative gradient, nats per unit of z",
        description="Wanted minus said. The arrows add up to zero and none is longer than 1.",
        width=width, height=220,
    )  # fmt: skip
    return {
        "pull": pull,
        "warning": _warning(found),
        "logits": logits,
        "shares": shares,
        "cost": cost_bar(
            [("H(y)", found["target_entropy"]), ("D(y‖p)", max(found["kl"], 0.0))],
            title="The loss in two parts", x_label="cross-entropy, nats", width=width,
            description="The entropy of the target cannot be trained away; the divergence can.",
        ),
        "tiles": stat_tiles(_tiles(found)),
        "classes": _table(z, p, aim),
    }  # fmt: skip


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")


def _tiles(found: dict[str, float]) -> list[Tile]:
    return [
        Tile("Cross-entropy", f"{found['cross_entropy']:.4f}", "nats",
             f"{found['cross_entropy_bits']:.4f} bits"),
        Tile("Perplexity", f"{found['perplexity']:.4g}", "", "as if choosing among so many"),
        Tile("Cannot be saved, H(y)", f"{found['target_entropy']:.4f}", "nats"),
        Tile("Wasted, D(y‖p)", f"{found['kl']:.4f}", "nats"),
    ]  # fmt: skip


def _table(z: tuple[float, ...], p: np.ndarray, aim: np.ndarray) -> Html:
    surprise = isc.surprisal(isc.Logits(np.array(z) - max(z)))
    return table({
        "class": list(LETTERS[: len(z)]), "logit z": list(z), "model p": p.tolist(),
        "target y": aim.tolist(), "gradient p − y": (p - aim).tolist(),
        "−log p, nats": surprise.tolist(),
        "cost y·(−log p), nats": np.where(aim > 0, aim * surprise, 0.0).tolist(),
    })  # fmt: skip


def _warning(found: dict[str, float]) -> Html:
    if "meant" not in found:
        return Html("")
    meant = f"{found['meant']:.4f} nats" if math.isfinite(found["meant"]) else "infinite"
    return Html(
        '<p class="problem" role="note"><strong>These look like probabilities.</strong> '
        + esc(
            "They are not negative and sum to one, so softmax was probably applied already, and "
            f"here it is applied again: the loss reads {found['cross_entropy']:.4f} nats; read as "
            f"probabilities it is {meant}. The library warns of this too: Logits(z)."
        )
        + "</p>"
    )


def notice(
    *, z: tuple[float, ...], label: str, smoothing: float, own: bool, y: tuple[float, ...]
) -> str:
    """Return the sentence that goes with these numbers."""
    found = numbers(z=z, label=label, smoothing=smoothing, own=own, y=y)
    aim, p = np.array(target(len(z), label, smoothing, own, y)), softmax(z)
    if "meant" in found:
        return (
            "A softmax of a softmax can never be confident: between the smallest and the largest "
            f"probability lies at most a factor of e, here the largest is {p.max():.3f}."
        )
    if found["kl"] < 1e-4:
        return (
            f"The model says what is wanted: every arrow is gone and the loss is H(y) = "
            f"{found['target_entropy']:.3f} nats; it reaches zero only for a certain target."
        )
    if found["target_entropy"] > 0:
        return (
            f"Of the loss, {found['target_entropy']:.3f} nats are the target's own entropy and "
            f"stay for ever; the gradient pulls only on the {found['kl']:.3f} nats that differ."
        )
    aimed = int(np.argmax(aim))
    if int(np.argmax(p)) != aimed and p.max() > 0.9:
        return (
            f"Sure and wrong: {LETTERS[aimed]} was given {p[aimed]:.2g}, which costs "
            f"{found['cross_entropy']:.2f} nats, and yet no arrow is longer than 1."
        )
    return (
        f"Only the probability of {LETTERS[aimed]} counts: −log {p[aimed]:.3f} = "
        f"{found['cross_entropy']:.3f} nats; its arrow is as long as all the others together."
    )


def code(
    *, z: tuple[float, ...], label: str, smoothing: float, own: bool, y: tuple[float, ...]
) -> str:
    """Return the calls that make these numbers."""
    k = len(z)
    sharp = list(y) if own else [float(i == int(label)) for i in range(k)]
    lines = [
        "import numpy as np\n\nimport infoscope as isc",
        "",
        f"z = {list(z)!r}",
        f"y = {sharp!r}",
    ]
    if looks_like_softmax(z):
        lines[0] = "import warnings\n\nimport numpy as np\n\nimport infoscope as isc"
        lines += [
            "with warnings.catch_warnings(record=True) as said:",
            '    warnings.simplefilter("always")',
            "    logits = isc.Logits(z)", "print(said[0].message)",
            "meant = isc.cross_entropy(y, z)  # z read as probabilities",
        ]  # fmt: skip
    else:
        lines.append("logits = isc.Logits(z)")
    if smoothing > 0:
        at = lines.index(f"y = {sharp!r}") + 1
        lines.insert(at, f"y = [(1 - {smoothing!r}) * mass + {smoothing!r} / {k} for mass in y]")
    lines += [
        "cross_entropy = isc.cross_entropy(y, logits)  # nats",
        'cross_entropy_bits = isc.cross_entropy(y, logits, unit="bits")',
        "target_entropy = isc.entropy(y)",
        "kl = isc.kl_divergence(y, logits)",
        "perplexity = isc.perplexity_from_loss(cross_entropy)",
        "gradient = np.exp(logits.log_probabilities()) - y",
        "largest_slope = abs(gradient).max()",
        "",
        "print(cross_entropy, target_entropy, kl, gradient)",
    ]
    return "\n".join(lines)


def settle(values: dict[str, Any], moved: str, held: bool) -> dict[str, Any]:
    """Give the target as many classes as there are logits; a lost class becomes the last."""
    del moved, held
    k, y, label = len(values["z"]), values["y"], values["label"]
    if len(y) > k:
        kept = y[:k]
        total = sum(kept)
        y = rounded_shares([mass / total for mass in kept] if total else [1 / k] * k)
    while len(y) < k:
        y = hold((*y, 0.0), len(y), 0.0)
    return values | {"y": y, "label": str(min(int(label), k - 1))}


def picture() -> Figure:
    """Return bars with arrows for the home page."""
    z = (0.8, 2.4, 1.6, 0.5)
    steps = np.array([0.0, 0.0, 1.0, 0.0]) - softmax(z)
    figure = column_chart(
        ["", " ", "  ", "   "], {"logit": z}, arrows={"logit": np.array(z) + 1.3 * steps},
        title="Logits and gradients", y_label="", y_range=(0.0, 3.4), width=240, height=170,
    )  # fmt: skip
    kinds = ("bar", "arrow", "halo")
    marks = [m for m in figure.marks if getattr(m, "role", "").startswith(kinds)]
    return Figure(figure.title, "", {}, marks, 240, 150)


PAGE = Page(
    slug="cross-entropy",
    title="Cross-entropy",
    group="Foundations",
    order=35,
    about="Drag the logits: what does a prediction cost, and which way does the loss pull?",
    controls=(
        Levels(name="z", label="Logits z", default=(1.0, 3.0, 2.0, 0.5)),
        Choice(name="label", label="Target class", default="2",
               options={str(i): letter for i, letter in enumerate(LETTERS)}),
        Range(name="smoothing", label="Label smoothing", default=0.0, low=0.0, high=1.0, step=0.01,
              help="0.1 takes a tenth from the target and gives it to all classes alike."),
        Group("A target of your own", (
            Check(name="own", label="Use this target instead of one class"),
            Shares(name="y", label="Target y", default=(0.1, 0.2, 0.6, 0.1), resizable=False,
                   max_n=6),
        ), folded=True),
    ),
    slots=(
        Slot("warning"), Slot("logits"), Slot("tiles"), Slot("cost"), Slot("shares"),
        Slot("pull"),
        Slot("classes", "Class by class", "below"),
    ),
    view=view, settle=settle, notice=notice, numbers=numbers, code=code, picture=picture,
    presets=(
        Preset("Four logits", {}),
        Preset("Right and sure", {"z": (-1.0, 0.0, 5.0, -0.5)}),
        Preset("Wrong and sure", {"z": (-1.0, 5.5, -2.0, -0.5)}),
        Preset("Undecided", {"z": (0.0, 0.0, 0.0, 0.0)}, "The loss is log 4"),
        Preset("Label smoothing", {"z": (-1.0, 0.0, 5.0, -0.5), "smoothing": 0.1}),
        Preset("Soft target", {"own": True, "y": (0.1, 0.2, 0.6, 0.1)}),
        Preset("Softmax twice", {"z": (0.65900114, 0.24243307, 0.09856579), "label": "0"},
               "Probabilities passed where logits are wanted"),
    ),
    explain=r"""
**Cross-entropy** is the mean surprisal of what was wanted under what the model said,
$$H(y, p) = -\sum_i y_i \log p_i = H(y) + D(y\,\|\,p), \qquad
p_i = \frac{e^{z_i}}{\sum_j e^{z_j}} .$$
With one class as the target $H(y) = 0$ and the loss is $-\log p_y$: negative log-likelihood,
cross-entropy and divergence are then the same number.

**The gradient** with respect to the logits is $\partial H / \partial z_i = p_i - y_i$. The arrows
point the other way, down the slope. They sum to zero, and none pulls harder than 1: a very wrong
prediction pulls steadily, where squared error on $p$ would hardly pull at all.

**Perplexity** $e^{H(y,p)}$ says among how many equally likely classes one seems to choose. It
needs nats in the exponent, or $2^{\text{bits}}$.

**Label smoothing** mixes the target with the uniform distribution. The loss can then no longer
reach zero: its floor is the entropy of the smoothed target, and being too sure costs.

**Softmax twice.** Losses take logits. Probabilities in their place are flattened by a second
softmax, training still runs, and the loss never gets low. `Logits(z)` warns when all its rows look
like probabilities.
""",
)  # fmt: skip
