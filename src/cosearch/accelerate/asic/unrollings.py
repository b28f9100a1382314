"""Ways to spread a layer's loops over the rows and columns of an array."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.asic.space import MappingSpace
from cosearch.accelerate.asic.tilings import PLACE, tile_sizes
from cosearch.hardware import DIMS, ArrayAccelerator, ArrayMapping, Dim
from cosearch.workload import Layer


@dataclass(frozen=True, slots=True)
class Unrolling:
    """Factors along rows and along columns, above 1, in pairs of loop and factor."""

    rows: tuple[tuple[Dim, int], ...] = ()
    columns: tuple[tuple[Dim, int], ...] = ()

    @staticmethod
    def of(mapping: ArrayMapping) -> "Unrolling":
        """That of a mapping."""
        return Unrolling(_pairs(mapping.rows), _pairs(mapping.columns))

    def factors(self) -> IntArray:
        """Factors along rows and along columns. [2, 8]."""
        table = np.ones((2, len(DIMS)), np.int64)
        for axis, pairs in enumerate((self.rows, self.columns)):
            for dim, factor in pairs:
                table[axis, PLACE[dim]] = factor
        return table


def unrollings(layer: Layer, array: ArrayAccelerator, space: MappingSpace) -> tuple[Unrolling, ...]:
    """All of a layer on an array that a space has.

    A factor is the least for its number of rounds, as are tiles. Columns take what rows leave of a loop. Where an
    array folds, columns wider than it are cut into strips above one another, so rows may leave room for them.
    """
    bounds: dict[Dim, int] = {dim: int(getattr(layer, dim)) for dim in DIMS}
    found: dict[Unrolling, None] = {}
    for rows in _axis(bounds, space.rows, space, array.rows):
        strips = array.rows // prod(rows.values()) if array.network.folds else 1
        left: dict[Dim, int] = {dim: -(-bounds[dim] // rows.get(dim, 1)) for dim in DIMS}
        for columns in _axis(left, space.columns, space, array.columns * strips):
            used = -(-prod(columns.values()) // array.columns)
            if _is_full(columns, left, array.columns * strips, space) and _is_full(
                rows, bounds, array.rows // used, space
            ):
                found[Unrolling(_pairs(rows), _pairs(columns))] = None
    return tuple(found)


def _axis(bounds: dict[Dim, int], dims: tuple[Dim, ...], space: MappingSpace, size: int) -> list[dict[Dim, int]]:
    """Factors of one axis of some size."""
    found: list[dict[Dim, int]] = [{}]
    long: list[Dim] = [dim for dim in dims if bounds[dim] > 1]
    for number in range(1, space.loops_per_axis + 1):
        for chosen in combinations(long, number):
            found += _factors(bounds, chosen, size, space.surplus)
    return found


def _factors(bounds: dict[Dim, int], dims: tuple[Dim, ...], size: int, surplus: float) -> Iterator[dict[Dim, int]]:
    if not dims:
        yield {}
        return
    for factor in tile_sizes(bounds[dims[0]], surplus):
        if 1 < factor <= size:
            for rest in _factors(bounds, dims[1:], size // factor, surplus):
                yield {dims[0]: factor, **rest}


def _is_full(factors: dict[Dim, int], bounds: dict[Dim, int], size: int, space: MappingSpace) -> bool:
    """Whether no factor has a next larger one that has room too."""
    total = prod(factors.values())
    for dim, factor in factors.items():
        larger = next((each for each in tile_sizes(bounds[dim], space.surplus) if each > factor), None)
        if larger is not None and total // factor * larger <= size:
            return False
    return True


def _pairs(factors: dict[Dim, int]) -> tuple[tuple[Dim, int], ...]:
    return tuple((dim, factors[dim]) for dim in DIMS if factors.get(dim, 1) > 1)
