"""numba's kernels give what NumPy's do."""

import numba
import numpy as np

import infoscope
from infoscope.estimate.kernels.space import FAST

assert numba.__version__
assert FAST
x = np.random.default_rng(0).normal(size=4000)
assert abs(infoscope.estimate.entropy(x).value - 1.4189) < 0.1
row = np.full(2**20, 2.0**-20)
assert abs(infoscope.entropy(row, unit="bits") - 20) < 1e-9
