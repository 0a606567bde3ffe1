"""Pictures of estimating from samples: what finite data do, and what is done about it."""

import numpy as np

from infoscope import estimate
from infoscope.figures import Figure, bar_chart, line_chart
from pictures.measurements import rows_of

GROUPS = {
    "one-dimensional": "two columns",
    "gaussian": "Gaussian",
    "student": "Student, heavy tails",
    "high-dimensional": "up to 25 + 25 columns",
}


def chance() -> Figure:
    """Plug-in and corrected information of labels that share nothing, by number of levels."""
    levels = np.arange(2, 21, 3)
    found = {"plugin": np.zeros(levels.size), "fixed_margins": np.zeros(levels.size)}
    for i, k in enumerate(levels):
        rng = np.random.default_rng(k)
        draws = [rng.integers(k, size=(2, 200)) for _ in range(100)]
        for method, means in found.items():
            means[i] = np.mean(
                [estimate.mutual_information(*d, method=method, interval=None).value for d in draws]
            )
    return line_chart(
        levels,
        {"plug-in": found["plugin"], "fixed_margins": found["fixed_margins"]},
        title="Two columns of labels that share nothing, 200 rows",
        description="The more levels, the more a table of counts seems to say: about "
        "(k − 1)² / 2n nats, all of it chance. Means of 100 draws.",
        x_label="levels of each column",
        y_label="nats",
        references={"truth": 0.0},
        width=720,
        height=300,
    )


def accuracy() -> Figure:
    """Mean absolute errors on published tasks, beside plain estimators."""
    rows = [r for r in rows_of("estimate_accuracy_groups") if r["collection"] == "published"]
    names, errors, texts = [], [], []
    for row in (r for r in rows if r["group"] in GROUPS):
        for tool, column in (("auto", "infoscope"), ("KSG", "ksg_raw"),
                             ("copula", "gaussian_copula")):  # fmt: skip
            error = float(row[f"error_{column}"])
            names.append(f"{GROUPS[row['group']]}: {tool}")
            errors.append(error)
            texts.append(f"{error:.3f}")
    return bar_chart(
        names,
        errors,
        texts=texts,
        muted=[": auto" not in name for name in names],
        title="How far from the truth, on 40 published tasks",
        description="Mean absolute errors at 1,000 rows and four seeds, with default options. "
        "Copula: the Gaussian copula.",
        x_label="mean absolute error, nats",
        label_name="tasks and method",
        width=760,
    )
