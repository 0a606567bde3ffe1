"""XLA need not optimise what a test runs once."""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
