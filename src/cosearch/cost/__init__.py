"""Closed-form cycles, energy and resources, in batches of tensors."""

from cosearch.cost.evaluate import evaluate, metric_values
from cosearch.cost.resources import Resources, chunk_resources, resources_of
from cosearch.cost.shape import LayerShape, shape_of
from cosearch.cost.table import UNREACHABLE, CapacityGrid, best_mapping, cycle_table, may_run
from cosearch.cost.tilings import Tilings, candidate_tilings
from cosearch.cost.timing import LayerTiming, layer_cycles, layer_timing, rates_of, time_layer
from cosearch.cost.work import ChunkRates, TileSizes

__all__ = [
    "UNREACHABLE",
    "CapacityGrid",
    "ChunkRates",
    "LayerShape",
    "LayerTiming",
    "Resources",
    "TileSizes",
    "Tilings",
    "best_mapping",
    "candidate_tilings",
    "chunk_resources",
    "cycle_table",
    "evaluate",
    "layer_cycles",
    "layer_timing",
    "may_run",
    "metric_values",
    "rates_of",
    "resources_of",
    "shape_of",
    "time_layer",
]
