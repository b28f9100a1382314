"""The linear fits that the model has to beat; what they are given are properties of the tiling.

`traffic`: cycles from the ideal cycles, the bytes of weights, of input and of output that all tiles move, and a
constant, with the least absolute relative error. `sizes`: logarithms of cycles from logarithms of tile sizes and of
counts of tiles.
"""

import math
from collections.abc import Sequence

import numpy as np

from cosearch.validate.gemmini.mapping import DIMS
from cosearch.validate.gemmini.program import ARRAY, Program
from cosearch.validate.gemmini.terms import FloatArray
from cosearch.validate.gemmini.work import input_pixels

_STEPS = 100
_SMALL_ERROR = 1e-3


def ideal_cycles(program: Program) -> int:
    """Cycles of a full array that never waits."""
    return math.prod(-(-program.bounds[dim] // ARRAY) if dim in ("K", "C") else program.bounds[dim] for dim in DIMS)


def traffic_features(programs: Sequence[Program]) -> FloatArray:
    """One, ideal cycles, and bytes of W, I and O that all tiles move."""
    rows: list[list[float]] = []
    for program in programs:
        tile, tiles = program.tile, program.num_tiles
        weights = tile["FY"] * tile["FX"] * tile["C"] * tile["K"]
        rows.append(
            [
                1.0,
                ideal_cycles(program),
                tiles * weights,
                tiles * input_pixels(program, tile) * tile["C"],
                tiles * tile["OY"] * tile["OX"] * tile["K"],
            ]
        )
    return np.array(rows)


def size_features(programs: Sequence[Program]) -> FloatArray:
    """One, and the logarithms of the tile's sizes, of the counts of tiles and of the ideal cycles."""
    rows: list[list[float]] = []
    for program in programs:
        counts = [-(-program.bounds[dim] // program.tile[dim]) for dim in DIMS]
        rows.append([1.0, *np.log([*(program.tile[dim] for dim in DIMS), *counts, ideal_cycles(program)])])
    return np.array(rows)


def predict_by_traffic(features: FloatArray, cycles: FloatArray, others: FloatArray) -> FloatArray:
    """Cycles of others by the least absolute relative error, found by reweighted least squares."""
    relative = features / cycles[:, None]
    weights = np.ones(len(cycles))
    slopes = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        root = np.sqrt(weights)
        slopes = np.linalg.lstsq(relative * root[:, None], root, rcond=None)[0]
        weights = 1 / np.maximum(np.abs(relative @ slopes - 1), _SMALL_ERROR)
    return others @ slopes


def predict_by_sizes(features: FloatArray, cycles: FloatArray, others: FloatArray) -> FloatArray:
    """Cycles of others by least squares on the logarithms."""
    slopes = np.linalg.lstsq(features, np.log(cycles), rcond=None)[0]
    return np.exp(others @ slopes)
