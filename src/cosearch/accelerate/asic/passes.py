"""All row-stationary mappings of a layer on an array: Eyeriss' passes, by their parameters."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.asic.exploration import Orders
from cosearch.accelerate.asic.nests import Tiled
from cosearch.accelerate.asic.tilings import PLACE, fits, tile_sizes
from cosearch.hardware import DIMS, ArrayAccelerator, Dim, RowStationary, row_stationary
from cosearch.workload import Layer

_SURPLUS = 0.34
"""Of a loop's iterations, the share by which rounds of one parameter may exceed them; odd sizes need some."""

_ONES = dict.fromkeys(RowStationary.model_fields, 1)


def pass_orders(layer: Layer) -> Orders:
    """The orders of all passes, the innermost loop first."""
    mapping = row_stationary(layer, RowStationary(**_ONES))
    return mapping.buffer.outwards(), mapping.dram.outwards()


def passes(layer: Layer, array: ArrayAccelerator) -> Tiled:
    """Row-stationary mappings that an array can run.

    Every parameter takes the least value for its number of rounds, with at most a third of the loop idle; sets fill
    the array, so that neither e, r nor t can be raised.
    """
    found = [tiled for rows, columns in _sets(layer, array) for tiled in _filled(layer, array, rows, columns)]
    return Tiled.joined(found)


def _sets(layer: Layer, array: ArrayAccelerator) -> Iterator[tuple[dict[Dim, int], dict[Dim, int]]]:
    """Factors along rows and columns: sets of kernel rows, beside and above one another, that fill the array."""
    choices = _sizes(layer.C), _sizes(layer.K), _sizes(layer.OY)
    for counts in product(*(range(len(sizes)) for sizes in choices)):
        if not _have_room(layer, array, choices, counts):
            continue
        raised = [
            tuple(place + (axis == other) for other, place in enumerate(counts))
            for axis in range(len(counts))
            if counts[axis] + 1 < len(choices[axis])
        ]
        if not any(_have_room(layer, array, choices, larger) for larger in raised):
            sets, beside, height = (sizes[place] for sizes, place in zip(choices, counts, strict=True))
            yield {"C": sets, "FY": layer.FY}, {"K": beside, "OY": height}


def _have_room(
    layer: Layer, array: ArrayAccelerator, choices: Sequence[Sequence[int]], counts: Sequence[int]
) -> bool:
    sets, beside, height = (sizes[place] for sizes, place in zip(choices, counts, strict=True))
    strips = -(-beside * height // array.columns)
    return (strips == 1 or array.network.folds) and sets * layer.FY * strips <= array.rows


def _filled(layer: Layer, array: ArrayAccelerator, rows: dict[Dim, int], columns: dict[Dim, int]) -> Iterator[Tiled]:
    """Passes with sets of one form: channels of an element, channels whose sums the buffer holds, images."""
    left_K, left_C = -(-layer.K // columns["K"]), -(-layer.C // rows["C"])
    along, across = _row(rows), _row(columns)
    held = _grid({"K": _sizes(left_K), "C": _sizes(left_C), "FX": (layer.FX,)})
    for registers in held[fits(layer, array, array.registers, held)]:
        outputs, inputs = int(registers[PLACE["K"]]), int(registers[PLACE["C"]])
        rounds = -(-left_K // outputs)
        buffer = _grid({"K": _sizes(rounds), "N": _sizes(layer.N), "OX": (layer.OX,)})
        buffer = buffer[fits(layer, array, array.buffer, registers * along * across * buffer)]
        if not len(buffer):
            continue
        outside = np.ones_like(buffer)
        outside[:, PLACE["N"]] = -(-layer.N // buffer[:, PLACE["N"]])
        outside[:, PLACE["G"]] = layer.G
        outside[:, PLACE["K"]] = -(-rounds // buffer[:, PLACE["K"]])
        outside[:, PLACE["OY"]] = -(-layer.OY // columns["OY"])
        outside[:, PLACE["C"]] = -(-left_C // inputs)
        yield Tiled(
            registers=np.broadcast_to(registers, buffer.shape),
            rows=np.broadcast_to(along, buffer.shape),
            columns=np.broadcast_to(across, buffer.shape),
            buffer=buffer,
            dram=outside,
        )


@cache
def _sizes(bound: int) -> tuple[int, ...]:
    return tile_sizes(bound, _SURPLUS)


def _row(factors: dict[Dim, int]) -> IntArray:
    return _grid({dim: (factor,) for dim, factor in factors.items()})[0]


def _grid(choices: dict[Dim, Sequence[int]]) -> IntArray:
    """All combinations of factors. [combinations, 8]."""
    axes = np.meshgrid(*choices.values(), indexing="ij")
    table = np.ones((axes[0].size, len(DIMS)), np.int64)
    for dim, axis in zip(choices, axes, strict=True):
        table[:, PLACE[dim]] = axis.ravel()
    return table
