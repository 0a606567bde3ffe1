"""Hypothesis strategies for whoever tests code that uses infoscope, or infoscope itself."""

from infoscope.testing.strategies import (
    channels,
    distributions,
    joint_tables,
    logits,
    orders,
    pairs,
)

__all__ = ["channels", "distributions", "joint_tables", "logits", "orders", "pairs"]
