"""What a language model holds inside: guesses layer by layer, attention, and words' states."""
