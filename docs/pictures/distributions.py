"""Pictures of one distribution: surprisal, entropy, temperature, codes."""

import numpy as np

import infoscope as isc
from infoscope.codes import huffman
from infoscope.figures import Figure, column_chart, line_chart, small_multiples


def surprise() -> Figure:
    """Bits against probability."""
    p = np.geomspace(0.01, 1.0, 200)
    return line_chart(
        p,
        {"surprisal": isc.surprisal(p, unit="bits")},
        title="Half as probable is one bit more",
        description="On a logarithmic axis of probability, surprisal is a straight line down to "
        "0 at 1.",
        x_label="probability of what happened",
        y_label="bits",
        dots={
            "coin": (0.5, 1.0),
            "die": (1 / 6, float(np.log2(6))),
            "card": (1 / 52, float(np.log2(52))),
        },
        log_x=True,
        from_zero=True,
        width=720,
        height=280,
    )


def coin() -> Figure:
    """Binary entropy, with the parabola it is taken for."""
    p = np.linspace(0, 1, 201)
    h = np.asarray(isc.entropy(np.stack([p, 1 - p], axis=-1), unit="bits"))
    return line_chart(
        p,
        {"entropy": h, "parabola": 4 * p * (1 - p)},
        title="A coin tells most when it is fair",
        description="Entropy is 1 bit at one half and 0 at both ends, where it is infinitely "
        "steep.",
        x_label="probability of heads",
        y_label="bits",
        dots={"nine in ten: 0.469": (0.9, float(isc.entropy([0.9, 0.1], unit="bits")))},
        name_at="peak",
        y_range=(0, 1.12),
        width=720,
        height=300,
    )


def orders() -> Figure:
    """Renyi entropies of one distribution at every order."""
    order = np.linspace(0, 6, 121)
    laws = {"half, then rare": [0.5, *[0.05] * 10], "uniform on four": [0.25] * 4}
    lines = {
        name: np.array([float(isc.renyi_entropy(p, float(a), unit="bits")) for a in order])
        for name, p in laws.items()
    }
    return line_chart(
        order,
        lines,
        title="The higher the order, the less the rare outcomes count",
        description="With rare outcomes the curve falls with the order; a uniform law has one "
        "value.",
        x_label="order (1 is Shannon's entropy, 2 the collision entropy)",
        y_label="bits",
        markers={"Shannon": 1.0},
        from_zero=True,
        width=720,
        height=280,
    )


def maximum() -> Figure:
    """The die whose mean is 4.5."""
    found = isc.maximum_entropy(range(1, 7), [(range(1, 7), 4.5)])
    return column_chart(
        [str(face) for face in range(1, 7)],
        {"probability": found.p},
        title="The die of largest entropy whose mean is 4.5",
        description="Each face is 1.449 times as probable as the one before it.",
        y_label="probability",
        width=560,
        height=260,
    )


def temperature() -> Figure:
    """Entropy of one prediction at every temperature."""
    z = np.array([1.0, 3.0, 2.0, 0.5])
    t = np.geomspace(0.1, 20, 160)
    h = np.asarray(isc.entropy(isc.Logits(z / t[:, None]), unit="bits"))
    return line_chart(
        t,
        {"entropy": h},
        title="Temperature moves entropy between 0 and log k",
        description="Four logits: 1, 3, 2 and 0.5. Cold is certain, hot is uniform.",
        x_label="temperature T",
        y_label="bits",
        references={"log 4 = 2 bits": 2.0},
        dots={"T = 1": (1.0, float(isc.entropy(isc.Logits(z), unit="bits")))},
        log_x=True,
        y_range=(0, 2.2),
        width=720,
        height=300,
    )


def code_tree() -> Figure:
    """A Huffman code as a tree."""
    code = huffman([0.4, 0.3, 0.2, 0.1])
    return code.tree(labels=["a", "b", "c", "d"], title="Huffman's code for 0.4, 0.3, 0.2, 0.1")


def code_areas() -> Figure:
    """The same code as areas: probability times length."""
    code = huffman([0.4, 0.3, 0.2, 0.1])
    return code.areas(labels=["a", "b", "c", "d"], title="Probability × length is the mean length")


def codes() -> Figure:
    """Tree and areas, one above the other."""
    return small_multiples(
        [code_tree(), code_areas()],
        title="One code, seen twice",
        columns=1,
        description="Above: each branch to the left writes 0. Below: blocks are codewords, "
        "the line is surprisal; what lies between is wasted.",
    )


__all__ = [
    "code_areas", "code_tree", "codes", "coin", "maximum", "orders", "surprise", "temperature",
]  # fmt: skip
