"""Without any extra: exact measures, estimates, channels, calibration, pictures as SVG, labs."""

import numpy as np

import infoscope
from infoscope.cli.main import main

rng = np.random.default_rng(0)
x, z = rng.normal(size=(2, 1000))
assert infoscope.entropy([0.5, 0.25, 0.25], unit="bits") == 1.5
assert infoscope.kl_divergence([1.0, 0.0], [0.0, 1.0]) == np.inf
y = 0.8 * x + 0.6 * z  # correlation 0.8: -log(1 - 0.64) / 2 = 0.5108 nats
found = infoscope.estimate.mutual_information(x, y)
assert found.interval.low < 0.511 < found.interval.high, found
labels = infoscope.estimate.mutual_information(x > 0, y > 0)
assert labels.value > 0.1
assert infoscope.estimate.conditional_mutual_information(x, y, z).value > 0
assert abs(infoscope.estimate.entropy(x).value - 1.4189) < 0.15
flip = infoscope.channels.capacity([[0.9, 0.1], [0.1, 0.9]], unit="bits")
assert abs(flip.value - 0.5310) < 1e-3
code = infoscope.codes.huffman([0.5, 0.25, 0.25])
assert code.decode(code.encode([0, 2, 1]), 3).tolist() == [0, 2, 1]
chart = infoscope.figures.line_chart([0, 1], {"a": [1.0, 2.0]}, title="t", x_label="x", y_label="y")
assert "<svg" in chart.svg
assert main(["doctor"]) == 0
assert main(["labs", "list"]) == 0
assert main(["labs", "run", "surprisal", "--quiet"]) == 0
