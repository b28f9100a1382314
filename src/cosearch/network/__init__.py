"""Operators, supernet and quantisers; networks as workload graphs. Knows no hardware."""

from cosearch.network.describe import (
    block_layers,
    check_blocks,
    head_layers,
    input_bits_of,
    stem_layers,
    workload_of,
)
from cosearch.network.geometry import BlockShape, NetworkGeometry, geometry_of

__all__ = [
    "BlockShape",
    "NetworkGeometry",
    "block_layers",
    "check_blocks",
    "geometry_of",
    "head_layers",
    "input_bits_of",
    "stem_layers",
    "workload_of",
]
