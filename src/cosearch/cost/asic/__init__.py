"""Arrays of processing elements (ASIC): access counts, cycles, energy and area of mapped layers, in batches."""

from cosearch.cost.asic.counts import AccessCounts, Flow, Piece, access_counts
from cosearch.cost.asic.energy import array_energy_joules
from cosearch.cost.asic.evaluate import ArrayCost, ArrayLayerCost, evaluate_array
from cosearch.cost.asic.nest import ArrayNest, group_nests, nest_of, stack_nests
from cosearch.cost.asic.price import ArrayPrice, price_layers
from cosearch.cost.asic.rates import ArrayRates, area_m2, leakage_watts, rates_of_array, stack_rates
from cosearch.cost.asic.structure import ArrayStructure, Place, loads_weights, structure_of
from cosearch.cost.asic.tiles import tile
from cosearch.cost.asic.timing import CYCLE_PARTS, ArrayTiming, array_timing
from cosearch.cost.asic.traffic import Access, Crossing, Traffic, traffic
from cosearch.cost.asic.trips import Loop, Moves, loops_above, moves

__all__ = [
    "CYCLE_PARTS",
    "Access",
    "AccessCounts",
    "ArrayCost",
    "ArrayLayerCost",
    "ArrayNest",
    "ArrayPrice",
    "ArrayRates",
    "ArrayStructure",
    "ArrayTiming",
    "Crossing",
    "Flow",
    "Loop",
    "Moves",
    "Piece",
    "Place",
    "Traffic",
    "access_counts",
    "area_m2",
    "array_energy_joules",
    "array_timing",
    "evaluate_array",
    "group_nests",
    "leakage_watts",
    "loads_weights",
    "loops_above",
    "moves",
    "nest_of",
    "price_layers",
    "rates_of_array",
    "stack_nests",
    "stack_rates",
    "structure_of",
    "tile",
    "traffic",
]
