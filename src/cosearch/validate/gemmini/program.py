"""What a mapping makes Gemmini do: loops of the processor around one hardware loop a tile.

The program moves in the whole input and weight tile of every iteration, whatever the last one left in the scratchpad,
and moves out the output tile with the last iteration of its reduction.
Source: gemmini-rocc-tests (BSD-3), include/gemmini.h and gemmini-data-collection, at the commits of the measurement.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from cosearch.errors import MappingError, UnsupportedLayerError
from cosearch.validate.gemmini.mapping import DIMS, Dim, Loop, parse_mapping

ARRAY = 16
"""Rows and columns of the systolic array; int8 words."""

REDUCTIONS: frozenset[Dim] = frozenset(("C", "FY", "FX"))

_KERNEL_OF: dict[Dim, Dim] = {"OY": "FY", "OX": "FX"}

_DEFAULT_ORDER: tuple[Dim, ...] = ("C", "FX", "FY", "K", "OX", "OY", "N")
"""Innermost first: where the program puts loops that the mapping does not name at DRAM."""


@dataclass(frozen=True, slots=True)
class Program:
    """A tiled layer.

    Attributes:
        bounds: Of what is computed.
        tile: What one hardware loop covers, at most the bounds.
        loops: Of the processor, innermost first, each more than one iteration.
        stride: Of the convolution, in both directions.
    """

    bounds: dict[Dim, int]
    tile: dict[Dim, int]
    loops: tuple[Loop, ...]
    stride: int

    @property
    def is_matmul(self) -> bool:
        """Whether the program calls the matrix loop of the hardware; else it calls the convolution loop."""
        return self.bounds["OY"] == self.bounds["FY"] == self.bounds["FX"] == 1

    @property
    def num_tiles(self) -> int:
        """Iterations of all loops."""
        return math.prod(bound for _, bound in self.loops)

    @property
    def reduction_tiles(self) -> int:
        """Tiles that one output tile is the sum of."""
        return math.prod(bound for dim, bound in self.loops if dim in REDUCTIONS)

    def tile_sizes(self) -> Iterator[tuple[int, dict[Dim, int]]]:
        """Every size of tile there is, edges included, after how many tiles have it."""
        kinds: list[list[tuple[int, Dim, int]]] = []
        for dim in DIMS:
            whole, rest = divmod(self.bounds[dim], self.tile[dim])
            kind: list[tuple[int, Dim, int]] = [(whole, dim, self.tile[dim])]
            if rest:
                kind.append((1, dim, rest))
            kinds.append(kind)
        for choice in product(*kinds):
            yield math.prod(count for count, _, _ in choice), {dim: size for _, dim, size in choice}

    def grown(self, tile: dict[Dim, int], loop: Loop) -> dict[Dim, int]:
        """The part of the layer that all iterations of a loop around a part cover."""
        dim, bound = loop
        return {**tile, dim: min(tile[dim] * bound, self.bounds[dim])}


def program_of(bounds: dict[Dim, int], stride: int, mapping: str) -> Program:
    """The program of a mapping: tiles are the loops below DRAM, the loops at DRAM keep their order.

    Raises:
        MappingError: if the mapping cannot be read or covers less than a bound.
        UnsupportedLayerError: for more than one image.
    """
    if bounds["N"] != 1:
        raise UnsupportedLayerError(f"N={bounds['N']} images; the measured programs take one")
    levels = parse_mapping(mapping)
    covered: dict[Dim, int] = dict.fromkeys(DIMS, 1)
    for level in (0, 1, 2):
        for dim, bound in levels[level]:
            covered[dim] *= bound
    executed = _executed(bounds, stride)
    tile: dict[Dim, int] = {dim: min(covered[dim], executed[dim]) for dim in DIMS}
    order: list[Dim] = [dim for dim, _ in reversed(levels[3])]
    for dim, bound in levels[3]:
        covered[dim] *= bound
    for dim in DIMS:
        if covered[dim] < bounds[dim]:
            bound = bounds[dim]
            raise MappingError(f"the loops of {dim} cover {covered[dim]} of {bound}; their product must not be less")
    return tiled(executed, tile, stride, order)


def _executed(bounds: dict[Dim, int], stride: int) -> dict[Dim, int]:
    """What the program computes of a layer: it pads by half the kernel, so an even kernel has one output more."""
    outputs: dict[Dim, int] = {
        out: (bounds[out] * stride + bounds[kernel] // 2 * 2 - bounds[kernel]) // stride + 1
        for out, kernel in _KERNEL_OF.items()
    }
    return {**bounds, **outputs}


def tiled(bounds: dict[Dim, int], tile: dict[Dim, int], stride: int, order: Sequence[Dim]) -> Program:
    """The program with a tile; loops that the order (innermost first) does not name go outside it."""
    dims: list[Dim] = [*order, *(dim for dim in _DEFAULT_ORDER if dim not in order)]
    loops: tuple[Loop, ...] = tuple((dim, -(-bounds[dim] // tile[dim])) for dim in dims if tile[dim] < bounds[dim])
    return Program(bounds=bounds, tile=tile, loops=loops, stride=stride)
