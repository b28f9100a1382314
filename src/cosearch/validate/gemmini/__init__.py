"""Gemmini, a weight-stationary systolic array: a timing model of its programs, cross-validated on RTL cycles."""

from cosearch.validate.gemmini.ablation import ABLATIONS, FULL, Variant, ablation_errors, model_of
from cosearch.validate.gemmini.assumptions import Assumptions, Overlap
from cosearch.validate.gemmini.automatic import automatic_matmul
from cosearch.validate.gemmini.caches import L2, LAST_LEVEL, Cache, Operand, footprint, hit_rate, misses
from cosearch.validate.gemmini.compare import compare_gemmini, explored_shapes
from cosearch.validate.gemmini.data import MeasuredLayer, MeasuredProduct, read_layers, read_products
from cosearch.validate.gemmini.fit import fit_constants
from cosearch.validate.gemmini.folds import held_out_predictions
from cosearch.validate.gemmini.mapping import DIMS, Dim, parse_mapping
from cosearch.validate.gemmini.program import Program, program_of, tiled
from cosearch.validate.gemmini.terms import Terms, count_terms
from cosearch.validate.gemmini.timing import CONSTANT_NAMES, Constants, predicted_cycles
from cosearch.validate.gemmini.work import TileWork, tile_work

__all__ = [
    "ABLATIONS",
    "CONSTANT_NAMES",
    "DIMS",
    "FULL",
    "L2",
    "LAST_LEVEL",
    "Assumptions",
    "Cache",
    "Constants",
    "Dim",
    "MeasuredLayer",
    "MeasuredProduct",
    "Operand",
    "Overlap",
    "Program",
    "Terms",
    "TileWork",
    "Variant",
    "ablation_errors",
    "automatic_matmul",
    "compare_gemmini",
    "count_terms",
    "explored_shapes",
    "fit_constants",
    "footprint",
    "held_out_predictions",
    "hit_rate",
    "misses",
    "model_of",
    "parse_mapping",
    "predicted_cycles",
    "program_of",
    "read_layers",
    "read_products",
    "tile_work",
    "tiled",
]
