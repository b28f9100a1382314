"""Cycles of a program from its terms and six named constants.

A tile loads, computes and stores. The hardware has two tiles in work: the loads of the next but one wait until the
stores of this one are issued. In the steady state a tile therefore takes the slowest of its three stages, or half of
their chain if that is longer. What a tile in between hides is paid once at the ends of a layer.
"""

from dataclasses import astuple, dataclass, fields

import numpy as np

from cosearch.validate.gemmini.assumptions import Overlap
from cosearch.validate.gemmini.terms import FloatArray, Terms


@dataclass(frozen=True, slots=True)
class Constants:
    """What is calibrated, in cycles; the values given are where every fit starts.

    Attributes:
        beat: A beat of 16 bytes through the DMA.
        l2_miss: On top, a line of 64 bytes that L2 does not have.
        dram_line: On top, a line of 128 bytes that the last-level cache does not have either.
        store_row: A row of output moved out.
        pair: Issue of one preload and compute.
        weight_switch: Filling and draining the array when its weights change.
    """

    beat: float = 2.0
    l2_miss: float = 4.0
    dram_line: float = 10.0
    store_row: float = 4.0
    pair: float = 8.0
    weight_switch: float = 4.0

    def as_array(self) -> FloatArray:
        """Values in the order of `CONSTANT_NAMES`."""
        return np.array(astuple(self))


CONSTANT_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Constants))


def predicted_cycles(terms: Terms, constants: Constants, overlap: Overlap = "two_tiles") -> FloatArray:
    """Cycles of every program."""
    load = constants.beat * terms.load_beats
    load = load + constants.l2_miss * terms.l2_misses + constants.dram_line * terms.dram_lines
    compute = terms.array_rows + constants.weight_switch * terms.weight_switches
    compute = np.maximum(compute, constants.pair * terms.pairs)
    store = constants.store_row * terms.store_rows
    tile = _steady_tile(load, compute, store, terms.is_matmul, overlap)
    return terms.tiles * tile + np.minimum(load, compute) + store


def _steady_tile(
    load: FloatArray, compute: FloatArray, store: FloatArray, is_matmul: FloatArray, overlap: Overlap
) -> FloatArray:
    """Cycles from tile to tile."""
    chain = np.where(is_matmul > 0, np.maximum(load, compute), load + compute) + store
    if overlap == "none":
        return chain
    slowest = np.maximum(np.maximum(load, compute), store)
    return slowest if overlap == "perfect" else np.maximum(slowest, chain / 2)
