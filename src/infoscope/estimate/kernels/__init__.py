"""Nearest neighbours in max-norm, exact for ties: compiled where numba is there, else SciPy."""
