"""Measures of a representation: its entropy, its rank, its spread, its likeness to another."""
