"""Power of the tests of `scan` and of their rivals against growing dependence: CSV and figure.

Two kinds of dependence: "mixture" (with some probability both columns show the same quantile) and
"cell" (one middle level of each column attract each other). All tests are at level 0.05; the law of
G, Pearson's X2 and Cressie-Read 2/3 under fixed margins, and the plain chi-square test of G, whose
power means little where its size (strength 0) is not 0.05.

    python benchmarks/tables/power.py    # about ten minutes
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import importlib.metadata
import os
import platform
from collections import defaultdict
from pathlib import Path

import numpy as np
from scipy.stats import chi2

from infoscope.core.skewed_law import pearson_three_tail
from infoscope.figures import Section, line_chart, page
from infoscope.tables.conditional_counts import CodedTable
from infoscope.tables.contingency import statistics_of
from infoscope.tables.matrix_association import cell_moments

RESULTS = Path(__file__).parents[1] / "results"
STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
#: rows, levels, Zipf exponent, kind of dependence, its strength at 1, replicates
CASES = (
    (200, 5, 1.0, "mixture", 0.3, 400),
    (1000, 10, 1.0, "mixture", 0.2, 300),
    (1000, 10, 2.0, "mixture", 0.12, 300),
    (1000, 30, 1.0, "cell", 0.9, 60),
)


def draw(n, k, zipf, kind, strength, rng):
    p = 1.0 / np.arange(1, k + 1) ** zipf
    edges = np.cumsum(p / p.sum())[:-1]
    u, v = rng.random(n), rng.random(n)
    if kind == "mixture":
        v = np.where(rng.random(n) < strength, u, v)
    x, y = np.searchsorted(edges, u), np.searchsorted(edges, v)
    if kind == "cell":
        middle = k // 2
        both = (x == middle) & (rng.random(n) < strength)
        y = np.where(both, middle, y)
    return x.astype(np.int32) + 1, y.astype(np.int32) + 1


def pearson(x, m):
    return (x - m) ** 2 / m


def cressie_read(x, m):
    return 1.8 * x * (np.cbrt(x / m) ** 2 - 1.0)


def rejections(x, y, k):
    table = CodedTable([x], [k])
    tables = table.against([0], y, k)
    got = statistics_of(tables, np.array([k, k]), level=0.95, seed=0, n_tests=1)
    block = np.zeros((k, k), np.int64)
    np.add.at(block, (x - 1, y - 1), 1)
    block = block[block.any(axis=1)][:, block.any(axis=0)]
    a, b = block.sum(axis=1), block.sum(axis=0)
    m = np.outer(a, b) / x.size
    found = {"G, fixed margins": got.p_value[0] <= 0.05}
    for name, term in (("X2, fixed margins", pearson), ("Cressie-Read, fixed", cressie_read)):
        value = term(block.astype(float), m).sum()
        found[name] = pearson_three_tail(value, *cell_moments(a, b, term)) <= 0.05
    plain = chi2.sf(2 * x.size * got.plugin[0], (a.size - 1) * (b.size - 1))
    return found | {"G, chi-square": plain <= 0.05}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="times the replicates")
    scale = parser.parse_args().scale
    rows, sections = [], []
    for n, k, zipf, kind, most, usual in CASES:
        times = max(int(usual * scale), 10)
        curves = defaultdict(list)
        for step, share in enumerate(STRENGTHS):
            rng = np.random.default_rng([n, k, step])
            hits = defaultdict(int)
            for _ in range(times):
                x, y = draw(n, k, zipf, kind, share * most, rng)
                for name, rejected in rejections(x, y, k).items():
                    hits[name] += bool(rejected)
            for name, count in hits.items():
                curves[name].append(count / times)
                rows.append({
                    "rows": n, "levels": k, "zipf": zipf, "dependence": kind,
                    "strength": round(share * most, 4), "test": name, "replicates": times,
                    "power_05": round(count / times, 4),
                })  # fmt: skip
        title = f"{n:,} rows, {k} × {k} levels, Zipf {zipf:g}, {kind}"
        print(title, {name: [round(v, 2) for v in values] for name, values in curves.items()})
        figure = line_chart(
            [share * most for share in STRENGTHS], dict(curves), title=title,
            x_label=f"strength of the {kind}", y_label="share rejected at 0.05",
            references={"0.05": 0.05}, from_zero=True,
        )  # fmt: skip
        sections.append(Section(title, figure.to_html(caption=False)))
    stamp = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "versions": "; ".join(
            f"{package} {importlib.metadata.version(package)}"
            for package in ("infoscope", "numpy", "scipy")
        ),
    }
    with (RESULTS / "tables_power.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*rows[0], *stamp])
        writer.writeheader()
        writer.writerows(row | stamp for row in rows)
    (RESULTS / "tables_power.html").write_text(
        page("Power of tests of independence", sections,
             subtitle="Share of tables found dependent at level 0.05, as dependence grows"),
        encoding="utf-8",
    )  # fmt: skip
    print(f"written: {RESULTS / 'tables_power.csv'} and .html")


if __name__ == "__main__":
    main()
