"""Operators, supernet and quantisers; networks as workload graphs. Knows no hardware."""

from cosearch.network.architecture import Architecture, NetworkIndices
from cosearch.network.describe import (
    block_layers,
    check_blocks,
    head_layers,
    input_bits_of,
    stem_layers,
    workload_of,
)
from cosearch.network.fixed import FixedNetwork
from cosearch.network.geometry import BlockShape, NetworkGeometry, geometry_of
from cosearch.network.operators import Head, InvertedResidual, QuantisedConv, Stem
from cosearch.network.path import BlockPath, FairOperators, path_of
from cosearch.network.quantiser import BitMix, Quantiser
from cosearch.network.recalibrate import accuracy, recalibrate
from cosearch.network.supernet import Supernet

__all__ = [
    "Architecture",
    "BitMix",
    "BlockPath",
    "BlockShape",
    "FairOperators",
    "FixedNetwork",
    "Head",
    "InvertedResidual",
    "NetworkGeometry",
    "NetworkIndices",
    "QuantisedConv",
    "Quantiser",
    "Stem",
    "Supernet",
    "accuracy",
    "block_layers",
    "check_blocks",
    "geometry_of",
    "head_layers",
    "input_bits_of",
    "path_of",
    "recalibrate",
    "stem_layers",
    "workload_of",
]
