"""Probes: what a simple reader of a representation can tell about a label, measured honestly."""
