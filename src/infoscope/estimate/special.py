"""Special functions from SciPy, under one roof because SciPy brings no types.

Each works on numbers and on arrays, element by element.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = [
    "betainc",
    "digamma",
    "gammaincc",
    "gammaln",
    "ndtr",
    "ndtri",
    "polygamma",
    "stdtrit",
    "xlogy",
]

_special: Any = importlib.import_module("scipy.special")

betainc: Any = _special.betainc
digamma: Any = _special.digamma
gammaincc: Any = _special.gammaincc
gammaln: Any = _special.gammaln
ndtr: Any = _special.ndtr
ndtri: Any = _special.ndtri
polygamma: Any = _special.polygamma
stdtrit: Any = _special.stdtrit
xlogy: Any = _special.xlogy
