"""Pictures that only the explorer draws, from plain numbers."""
