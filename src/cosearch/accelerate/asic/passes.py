"""All row-stationary mappings of a layer on an array: Eyeriss' passes, by their parameters."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.asic.exploration import Orders
from cosearch.accelerate.asic.nests import Tiled
from cosearch.accelerate.asic.tilings import PLACE, fits, tile_sizes
from cosearch.hardware import DIMS, ArrayAccelerator, Dim, RowStationary, row_stationary
from cosearch.workload import Layer

_ANY_SURPLUS = 1.0

_ONES = dict.fromkeys(RowStationary.model_fields, 1)


def pass_orders(layer: Layer) -> Orders:
    """The orders of all passes, the innermost loop first."""
    mapping = row_stationary(layer, RowStationary(**_ONES))
    return mapping.buffer.outwards(), mapping.dram.outwards()


def passes(layer: Layer, array: ArrayAccelerator) -> Tiled:
    """Row-stationary mappings that an array can run.

    Every parameter takes the least value for its number of rounds.
    """
    found = [tiled for rows, columns in _sets(layer, array) for tiled in _filled(layer, array, rows, columns)]
    return Tiled.joined(found)


def _sets(layer: Layer, array: ArrayAccelerator) -> Iterator[tuple[dict[Dim, int], dict[Dim, int]]]:
    """Factors along rows and columns: sets of kernel rows, beside and above one another."""
    strips = array.rows if array.network.folds else 1
    for sets, beside, height in product(_sizes(layer.C), _sizes(layer.K), _sizes(layer.OY)):
        used = -(-beside * height // array.columns)
        if used <= strips and sets * layer.FY * used <= array.rows:
            yield {"C": sets, "FY": layer.FY}, {"K": beside, "OY": height}


def _filled(layer: Layer, array: ArrayAccelerator, rows: dict[Dim, int], columns: dict[Dim, int]) -> Iterator[Tiled]:
    """Passes with sets of one form: channels of an element, channels whose sums the buffer holds, images."""
    left: dict[Dim, int] = {
        "K": -(-layer.K // columns["K"]),
        "C": -(-layer.C // rows["C"]),
        "OY": -(-layer.OY // columns["OY"]),
    }
    own: list[dict[Dim, int]] = [
        {"K": outputs, "C": inputs, "FX": layer.FX}
        for outputs, inputs in product(_sizes(left["K"]), _sizes(left["C"]))
    ]
    held = _table(own)
    for registers in held[fits(layer, array, array.registers, held)]:
        outputs, inputs = int(registers[PLACE["K"]]), int(registers[PLACE["C"]])
        buffer = _table(
            [
                {"K": each, "N": images, "OX": layer.OX}
                for each, images in product(_sizes(-(-left["K"] // outputs)), _sizes(layer.N))
            ]
        )
        along, across = _table([rows])[0], _table([columns])[0]
        buffer = buffer[fits(layer, array, array.buffer, registers * along * across * buffer)]
        outside = np.ones_like(buffer)
        outside[:, PLACE["N"]] = -(-layer.N // buffer[:, PLACE["N"]])
        outside[:, PLACE["G"]] = layer.G
        outside[:, PLACE["K"]] = -(-left["K"] // (outputs * buffer[:, PLACE["K"]]))
        outside[:, PLACE["OY"]] = left["OY"]
        outside[:, PLACE["C"]] = -(-left["C"] // inputs)
        yield Tiled(
            registers=np.broadcast_to(registers, buffer.shape),
            rows=np.broadcast_to(along, buffer.shape),
            columns=np.broadcast_to(across, buffer.shape),
            buffer=buffer,
            dram=outside,
        )


def _sizes(bound: int) -> tuple[int, ...]:
    return tile_sizes(bound, _ANY_SURPLUS)


def _table(factors: Sequence[dict[Dim, int]]) -> IntArray:
    table = np.ones((len(factors), len(DIMS)), np.int64)
    for row, own in enumerate(factors):
        for dim, factor in own.items():
            table[row, PLACE[dim]] = factor
    return table
