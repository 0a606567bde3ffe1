"""CPU time of the pictures that are redrawn at each move of a pointer; writes a CSV."""

import csv
import datetime as dt
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from infoscope.figures import Grip, bar_chart, column_chart, length_areas, line_chart, signed_area

P, NAMES = np.array([0.45, 0.3, 0.15, 0.08, 0.02]), list("abcde")
X = np.linspace(-5, 5, 121)
A, B = np.exp(-0.5 * (X + 1) ** 2) / 2.5, np.exp(-0.5 * ((X - 1) / 1.5) ** 2) / 3.76
WORDS = {"x_label": "x", "y_label": "density"}
GRIPS = [Grip(-1, 0.4, "m", "s")]

JOBS: dict[str, Callable[[], object]] = {
    "column_chart, 5 bars to drag": lambda: column_chart(
        NAMES, {"p": P}, title="t", y_label="p", drag={"p": ["w"] * 5}, y_range=(0, 1)
    ).to_html(),
    "bar_chart, 5 bars": lambda: bar_chart(NAMES, P, title="t", x_label="p").to_html(),
    "length_areas, 5 blocks": lambda: length_areas(
        NAMES, P, [1, 2, 3, 4, 4], step=-np.log2(P), title="t"
    ).to_html(),
    "line_chart, 2 x 121 points": lambda: line_chart(
        X, {"p": A, "q": B}, title="t", y_range=(0, 0.5), handles=GRIPS, filled=["p", "q"], **WORDS
    ).to_html(data=False),
    "signed_area, 121 points": lambda: signed_area(
        X, A * np.log(A / B), title="t", **WORDS
    ).to_html(data=False),
}


def main() -> None:
    """Measure each picture 5 times 20, and write the least and the median."""
    rows: list[list[object]] = []
    for name, draw in JOBS.items():
        draw()
        spent: list[float] = []
        for _ in range(5):
            start = time.process_time()
            for _ in range(20):
                draw()
            spent.append((time.process_time() - start) / 20 * 1e3)
        rows.append([name, round(min(spent), 3), round(float(np.median(spent)), 3)])
    path = Path(__file__).parents[1] / "results" / "figures_speed.csv"
    where = [platform.machine(), dt.date.today().isoformat(), np.__version__]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["figure", "least_ms", "median_ms", "machine", "date", "numpy"])
        writer.writerows([*row, *where] for row in rows)


if __name__ == "__main__":
    main()
