"""The engine for arrays (ASIC): best mappings of layers, and the best array of a space."""

from cosearch.accelerate.asic.exploration import MappedPoint
from cosearch.accelerate.asic.mappings import MappingFront, best_mappings, row_stationary_mappings
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.unrollings import Unrolling, unrollings

__all__ = [
    "MappedPoint",
    "MappingFront",
    "MappingSpace",
    "Unrolling",
    "best_mappings",
    "row_stationary_mappings",
    "unrollings",
]
