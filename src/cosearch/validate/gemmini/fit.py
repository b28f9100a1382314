"""Constants that fit measured cycles."""

from dataclasses import asdict

import numpy as np
from scipy.optimize import least_squares

from cosearch.validate.gemmini.assumptions import Overlap
from cosearch.validate.gemmini.terms import FloatArray, Terms
from cosearch.validate.gemmini.timing import CONSTANT_NAMES, Constants, predicted_cycles

_LARGE_ERROR = 0.1
"""Relative error from which a point counts by its size and no longer by its square."""


def fit_constants(
    terms: Terms, measured_cycles: FloatArray, *, without: str | None = None, overlap: Overlap = "two_tiles"
) -> Constants:
    """Constants, all of them positive, with the least robust error of the logarithm of cycles.

    Args:
        terms: Of the programs.
        measured_cycles: Of the same programs.
        without: Name of a constant that is held at zero.
        overlap: As in `Assumptions`.
    """
    free = [name for name in CONSTANT_NAMES if name != without]
    start = asdict(Constants())
    fixed = {without: 0.0} if without else {}

    def constants(logarithms: FloatArray) -> Constants:
        return Constants(**fixed, **dict(zip(free, np.exp(logarithms).tolist(), strict=True)))

    def errors(logarithms: FloatArray) -> FloatArray:
        return np.log(predicted_cycles(terms, constants(logarithms), overlap) / measured_cycles)

    found = least_squares(
        errors, np.log([start[name] for name in free]), loss="soft_l1", f_scale=_LARGE_ERROR, max_nfev=200
    )
    return constants(found.x)
