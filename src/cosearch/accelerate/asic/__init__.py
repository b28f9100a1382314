"""The engine for arrays (ASIC): best mappings of layers, and the best array of a space."""

from cosearch.accelerate.asic.array_space import ArraySpace, array_space_names, load_array_space
from cosearch.accelerate.asic.exploration import MappedPoint
from cosearch.accelerate.asic.floor import least_cost
from cosearch.accelerate.asic.mappings import MappingFront, best_mappings, row_stationary_mappings
from cosearch.accelerate.asic.problem import ARRAY_METRICS, ArrayMetric, ArrayProblem, Reached, share_of
from cosearch.accelerate.asic.question import ArrayQuestion
from cosearch.accelerate.asic.solve import (
    ArrayAnswer,
    Candidate,
    OnArray,
    array_candidates,
    map_network,
    solve_arrays,
)
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.sums import Chosen, Share, Sums, all_sums, least_sum
from cosearch.accelerate.asic.tradeoff import ArrayFront, ArrayPoint, array_front
from cosearch.accelerate.asic.unrollings import Unrolling, unrollings

__all__ = [
    "ARRAY_METRICS",
    "ArrayAnswer",
    "ArrayFront",
    "ArrayMetric",
    "ArrayPoint",
    "ArrayProblem",
    "ArrayQuestion",
    "ArraySpace",
    "Candidate",
    "Chosen",
    "MappedPoint",
    "MappingFront",
    "MappingSpace",
    "OnArray",
    "Reached",
    "Share",
    "Sums",
    "Unrolling",
    "all_sums",
    "array_candidates",
    "array_front",
    "array_space_names",
    "best_mappings",
    "least_cost",
    "least_sum",
    "load_array_space",
    "map_network",
    "row_stationary_mappings",
    "share_of",
    "solve_arrays",
    "unrollings",
]
