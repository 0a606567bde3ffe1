"""What a user writes: type checkers find no error in it with the wheel installed."""

import numpy as np

import infoscope
from infoscope.core.result import Estimate

rng = np.random.default_rng(0)
x, z = rng.normal(size=(2, 200))
h = infoscope.entropy([0.5, 0.5], unit="bits")
assert float(h) + 1.0 == 2.0
found: Estimate = infoscope.estimate.mutual_information(x, x + z, unit="bits")
value: float = found.value
interval = found.interval
if interval is not None:
    assert interval.low < found.value < interval.high
    nats: float = found.to("nats").value
capacity = infoscope.channels.capacity([[0.9, 0.1], [0.1, 0.9]])
gap: float = capacity.gap
code = infoscope.codes.huffman([0.5, 0.25, 0.25])
data: bytes = code.encode([0, 1, 2])
chart = infoscope.figures.line_chart([0, 1], {"a": [1.0, 2.0]}, title="t", x_label="x", y_label="y")
chart.save("figure.svg")
joint = infoscope.Joint([[0.25, 0.25], [0.0, 0.5]], "XY")
assert 0 < joint.I("X;Y") < joint.H("X") + value + gap + len(data)
