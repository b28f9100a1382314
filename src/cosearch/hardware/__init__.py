"""Platforms, accelerators, chunks, mappings and what makes them legal. No torch here."""

from cosearch.hardware.accelerator import Accelerator, ChunkProgram, LayerProgram
from cosearch.hardware.chunk import Capacity, Chunk, ChunkKind, Unroll
from cosearch.hardware.contract import (
    ACCUMULATOR_BITS,
    FRAME_SLOTS,
    LAYER_SETUP_CYCLES,
    PACKED_BITS,
    STORE_OVERHEAD_CYCLES,
    TILE_OVERHEAD_CYCLES,
)
from cosearch.hardware.fabric import EnergyRules, FabricRules, load_fabric
from cosearch.hardware.legality import (
    check_chunk,
    check_mapping,
    input_columns,
    input_rows,
    pixel_rounds,
    resident_bits,
    shortest_tile,
    splits_reduction,
    tile_bits,
    words_per_beat,
)
from cosearch.hardware.mapping import (
    INPUT_STATIONARY,
    LOOP_ORDERS,
    OUTPUT_STATIONARY,
    PIXELS_OUTER,
    WEIGHT_STATIONARY,
    WEIGHTS_OUTER,
    Mapping,
    Tile,
)
from cosearch.hardware.platform import Dram, Overheads, Platform, load_platform, platform_names
from cosearch.hardware.port import DramPort
from cosearch.workload import PARAMETER_BITS

__all__ = [
    "ACCUMULATOR_BITS",
    "FRAME_SLOTS",
    "INPUT_STATIONARY",
    "LAYER_SETUP_CYCLES",
    "LOOP_ORDERS",
    "OUTPUT_STATIONARY",
    "PACKED_BITS",
    "PARAMETER_BITS",
    "PIXELS_OUTER",
    "STORE_OVERHEAD_CYCLES",
    "TILE_OVERHEAD_CYCLES",
    "WEIGHTS_OUTER",
    "WEIGHT_STATIONARY",
    "Accelerator",
    "Capacity",
    "Chunk",
    "ChunkKind",
    "ChunkProgram",
    "Dram",
    "DramPort",
    "EnergyRules",
    "FabricRules",
    "LayerProgram",
    "Mapping",
    "Overheads",
    "Platform",
    "Tile",
    "Unroll",
    "check_chunk",
    "check_mapping",
    "input_columns",
    "input_rows",
    "load_fabric",
    "load_platform",
    "pixel_rounds",
    "platform_names",
    "resident_bits",
    "shortest_tile",
    "splits_reduction",
    "tile_bits",
    "words_per_beat",
]
