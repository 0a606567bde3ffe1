"""Models that learn bytes while reading them, and the coder that turns their bets into bytes."""
