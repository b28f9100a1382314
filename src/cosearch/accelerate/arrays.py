"""Array types of the solvers, and the resources every one of them counts."""

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

RESOURCES = ("dsp", "bram18", "uram", "lut", "slots")
"""Columns of every resource array, in this order; slots are those of the DRAM port, reads and writes together."""

NEVER_CYCLES = 1 << 52
"""Stands for infinitely many cycles: above every real count, and the sum of a thousand still fits 64 bits."""
