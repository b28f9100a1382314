"""Exact and relaxed arithmetic through the same lines: ints, integer tensors and float tensors."""

from cosearch.numerics.duck import Scalar, ceil_div, floor_div, maximum, minimum, times, where
from cosearch.numerics.exact import EXACT
from cosearch.numerics.straight_through import round_straight_through

__all__ = [
    "EXACT",
    "Scalar",
    "ceil_div",
    "floor_div",
    "maximum",
    "minimum",
    "round_straight_through",
    "times",
    "where",
]
