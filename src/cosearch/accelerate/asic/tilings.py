"""Tiles of a layer that a memory of an array holds, in batches of rows with a column for each loop."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from cosearch.accelerate.arrays import BoolArray, IntArray
from cosearch.hardware import DIMS, RELEVANT, ArrayAccelerator, Dim, Operand, Storage
from cosearch.workload import Layer

PLACE: dict[Dim, int] = {dim: place for place, dim in enumerate(DIMS)}
"""Column of each loop."""


@cache
def divisors(number: int) -> tuple[int, ...]:
    """All of them, increasing."""
    return tuple(each for each in range(1, number + 1) if number % each == 0)


@cache
def tile_sizes(bound: int, surplus: float) -> tuple[int, ...]:
    """Extents that cover a loop in equal tiles, each the least for its number of tiles, increasing.

    Args:
        bound: Iterations of the loop.
        surplus: By which fraction of them all tiles together may exceed them; 0 leaves the divisors.
    """
    least = {-(-bound // count) for count in range(1, bound + 1)}
    return tuple(sorted(size for size in least if size * -(-bound // size) <= bound * (1 + surplus)))


def tile_bits(layer: Layer, array: ArrayAccelerator, storage: Storage, extents: IntArray) -> dict[Operand, IntArray]:
    """Bits that tiles of some extents take in a memory, by operand, both banks where there are. [tiles] each.

    Args:
        layer: Whose tiles.
        array: For the bits of its sums.
        storage: The memory.
        extents: [tiles, 8].
    """
    word_bits = {"I": layer.input_bits, "W": layer.weight_bits, "O": array.accumulator_bits}
    taken: dict[Operand, IntArray] = {}
    for operand in storage.keeps:
        words = tile_words(layer, operand, extents)
        together, spread = packing(word_bits[operand], storage.width_bits)
        banks = 2 if operand in storage.double_buffered else 1
        taken[operand] = -(-words // together) * spread * storage.width_bits * banks
    return taken


def tile_words(layer: Layer, operand: Operand, extents: IntArray) -> IntArray:
    """Words of tiles; of the input the box around its pixels, without padding. [tiles]."""
    if operand == "W" and layer.op not in ("convolution", "multiply"):
        return np.zeros(len(extents), np.int64)
    windows = ("OY", "OX", "FY", "FX") if operand == "I" else ()
    words = extents[:, [PLACE[dim] for dim in DIMS if dim in RELEVANT[operand] and dim not in windows]].prod(axis=1)
    if operand == "I":
        rows = _reach(extents, "OY", "FY", layer.stride_y, layer.dilation_y)
        columns = _reach(extents, "OX", "FX", layer.stride_x, layer.dilation_x)
        words = words * np.minimum(rows, layer.IY) * np.minimum(columns, layer.IX)
    return words


def tiles_that_fit(
    layer: Layer, array: ArrayAccelerator, storage: Storage, around: IntArray, choices: Sequence[Sequence[int]]
) -> IntArray:
    """All combinations of extents whose tiles a memory holds. [tiles, 8].

    Args:
        layer: Whose tiles.
        array: For the bits of its sums.
        storage: The memory.
        around: By what the extents are multiplied before they are held against the memory. [8].
        choices: Extents of each loop.
    """
    tiles = np.ones((1, len(DIMS)), np.int64)
    for place, sizes in enumerate(choices):
        if len(sizes) == 1 and sizes[0] == 1:
            continue
        tiles = np.repeat(tiles, len(sizes), axis=0)
        tiles[:, place] = np.tile(np.asarray(sizes, np.int64), len(tiles) // len(sizes))
        tiles = tiles[fits(layer, array, storage, tiles * around)]
    return tiles[fits(layer, array, storage, tiles * around)]


def fits(layer: Layer, array: ArrayAccelerator, storage: Storage, extents: IntArray) -> BoolArray:
    """Whether a memory holds tiles. [tiles]."""
    taken = tile_bits(layer, array, storage, extents)
    held = np.ones(len(extents), np.bool_)
    for name, capacity in storage.memories().items():
        needed = sum((bits for operand, bits in taken.items() if name in ("shared", operand)), np.zeros(1, np.int64))
        held &= needed <= capacity
    return held


def packing(word_bits: int, width_bits: int) -> tuple[int, int]:
    """Words in one memory word, and memory words of one word; either is 1."""
    return max(1, width_bits // word_bits), -(-word_bits // width_bits)


def _reach(extents: IntArray, outputs: Dim, kernel: Dim, stride: int, dilation: int) -> IntArray:
    return (extents[:, PLACE[outputs]] - 1) * stride + (extents[:, PLACE[kernel]] - 1) * dilation + 1
