"""The parts of `corrected_ksg`: models of the log density ratio, surrogates, statistics, words."""
