"""Statistics of contingency tables, from `infoscope.estimate.many_tables`."""

from infoscope.estimate.many_tables import FIELDS, pair_statistics

__all__ = ["FIELDS", "pair_statistics"]
