"""ANS and arithmetic coding, there and back."""

import numpy as np

from infoscope.codes import ans, arithmetic

symbols = np.array([0, 2, 1, 0, 0])
for coder in (ans, arithmetic):
    blob = coder.encode(symbols, [0.6, 0.2, 0.2])
    assert coder.decode(blob, [0.6, 0.2, 0.2], 5).tolist() == symbols.tolist()
