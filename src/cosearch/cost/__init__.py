"""Closed-form cycles, energy and resources, in batches of tensors."""

from cosearch.cost.chunk_shape import ChunkShape
from cosearch.cost.evaluate import evaluate, metric_values
from cosearch.cost.mapped import TilingCosts, tiling_costs
from cosearch.cost.mappings import best_mappings
from cosearch.cost.resources import RESOURCE_PARTS, Resources, chunk_resources, resource_parts, resources_of
from cosearch.cost.shape import LayerShape, shape_of
from cosearch.cost.table import UNREACHABLE, CapacityGrid, best_mapping, cycle_table, mapping_table, may_run
from cosearch.cost.tilings import Tilings, candidate_tilings
from cosearch.cost.timing import LayerTiming, layer_cycles, layer_timing, rates_of, time_layer
from cosearch.cost.work import ChunkRates, TileSizes

__all__ = [
    "RESOURCE_PARTS",
    "UNREACHABLE",
    "CapacityGrid",
    "ChunkRates",
    "ChunkShape",
    "LayerShape",
    "LayerTiming",
    "Resources",
    "TileSizes",
    "TilingCosts",
    "Tilings",
    "best_mapping",
    "best_mappings",
    "candidate_tilings",
    "chunk_resources",
    "cycle_table",
    "evaluate",
    "layer_cycles",
    "layer_timing",
    "mapping_table",
    "may_run",
    "metric_values",
    "rates_of",
    "resource_parts",
    "resources_of",
    "shape_of",
    "tiling_costs",
    "time_layer",
]
