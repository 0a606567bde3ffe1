"""Information theory for machine learning: measure, estimate, see, train."""
