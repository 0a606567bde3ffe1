"""Floor 0: what every other folder stands on; it knows arrays, units and errors, no quantity."""
