"""The parts of `corrected_ksg`: models of the log density ratio, surrogates drawn from the chosen
one, and the neighbour statistics that are compared between the data and the surrogates.
"""
