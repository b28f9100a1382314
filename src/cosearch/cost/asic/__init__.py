"""Arrays of processing elements (ASIC): access counts, cycles, energy and area of mapped layers, in batches."""

from cosearch.cost.asic.counts import AccessCounts, Flow, Piece, access_counts
from cosearch.cost.asic.nest import ArrayNest, nest_of, stack_nests
from cosearch.cost.asic.structure import ArrayStructure, Place, loads_weights, structure_of
from cosearch.cost.asic.tiles import tile
from cosearch.cost.asic.trips import Loop, Moves, loops_above, moves

__all__ = [
    "AccessCounts",
    "ArrayNest",
    "ArrayStructure",
    "Flow",
    "Loop",
    "Moves",
    "Piece",
    "Place",
    "access_counts",
    "loads_weights",
    "loops_above",
    "moves",
    "nest_of",
    "stack_nests",
    "structure_of",
    "tile",
]
