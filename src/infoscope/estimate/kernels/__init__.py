"""Loops behind the methods (neighbours in max-norm, tables), compiled, with plain twins."""
