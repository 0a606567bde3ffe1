"""A figure as PNG, and on matplotlib axes."""

from pathlib import Path

from infoscope.figures import line_chart

figure = line_chart([0, 1], {"a": [1.0, 2.0]}, title="t", x_label="x", y_label="y")
figure.save("figure.png")
figure.save("figure.pdf")
assert Path("figure.png").read_bytes()[:4] == b"\x89PNG"
assert figure.draw().figure is not None
