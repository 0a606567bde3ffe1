"""Is the truth in the state but not in the answer: information in one against the other."""
