"""Pictures of a table: what its columns tell of one column, and of each other."""

import numpy as np

from infoscope.data import path_of
from infoscope.figures import Figure, bar_chart, heat_map
from infoscope.tables import scan


def ranking() -> Figure:
    """What each column of the penguins tells of the species."""
    found = scan(path_of("penguins.csv"), target="species")
    ranked = [(each.column, each.estimate.to("bits")) for each in found.ranking("species")]
    intervals = [bits.interval for _, bits in ranked]
    return bar_chart(
        [column for column, _ in ranked],
        [bits.value for _, bits in ranked],
        low=[i.low if i else np.nan for i in intervals],
        high=[i.high if i else np.nan for i in intervals],
        title="What each column tells of the species, 344 penguins",
        description="The species itself has 1.51 bits. Chance is taken off; the lines are "
        "intervals at 95 %.",
        x_label="corrected mutual information, bits",
        label_name="column",
        width=720,
    )


def pairs() -> Figure:
    """The information map of the penguins."""
    mi = scan(path_of("penguins.csv")).mutual_information.to("bits")
    keep = mi.order()
    names = [mi.columns[i] for i in keep]
    return heat_map(
        mi.corrected[np.ix_(keep, keep)],
        names,
        names,
        title="The same of every pair: an information map",
        description="Columns that repeat each other stand together.",
        unit="bits",
        quantity="mutual information",
        scale="log",
        skip_diagonal=True,
    )
