"""Activations: what the parts of a network hold for each example, collected, kept and read back."""
