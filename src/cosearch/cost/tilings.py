"""Candidate tilings of a layer: few enough to price all of them, small and large enough for every buffer."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import torch
from torch import Tensor

from cosearch.cost.geometry import pattern_of
from cosearch.cost.work import TileSizes
from cosearch.errors import MappingError
from cosearch.hardware import (
    ACCUMULATOR_BITS,
    INPUT_STATIONARY,
    PIXELS_OUTER,
    WEIGHT_STATIONARY,
    WEIGHTS_OUTER,
    Mapping,
    Tile,
    input_columns,
    input_rows,
    shortest_tile,
    words_per_beat,
)
from cosearch.hardware.mapping import LoopOrder
from cosearch.workload import Layer

_CHANNEL_CUTS = (1, 2, 3, 4, 6, 8, 16)
_REDUCTION_CUTS = (1, 2, 4, 8)
_ROW_CUTS = (1, 2, 3, 4, 7, 8, 16)
_COLUMN_CUTS = (2, 4)
_FEW_COLUMNS = 4

_Sizes = tuple[int, int, int, int]
"""Lanes, input channels, output rows and output columns of a tile."""


@dataclass(frozen=True, slots=True)
class Tilings:
    """Tiles of one loop order, as int64 tensors of one dimension.

    Attributes:
        patterns: Tiles along M, C, OY and OX, each 1, 2 or 3 for more, as the digits of a number in base 4.
        channels: Input channels of a tile; of a depthwise layer they are the lanes'.
        pixels_I: Input pixels of a tile.
        window: Weights of one input channel in one output channel: rows and columns.
    """

    loop_order: LoopOrder
    patterns: Tensor
    sizes: TileSizes
    channels: Tensor
    pixels_I: Tensor
    window: tuple[int, int]

    def __len__(self) -> int:
        return len(self.patterns)

    @property
    def cuts_lanes(self) -> Tensor:
        """Whether a tile holds some of the lanes only."""
        return self.patterns >> 6 > 1

    @property
    def cuts_reduction(self) -> Tensor:
        """Whether a tile holds some of the input channels only."""
        return (self.patterns >> 4) % 4 > 1

    def mapping(self, layer: Layer, index: int) -> Mapping:
        """One of them as a record."""
        m, c, oy, ox = (_item(t, index) for t in (self.sizes.M, self.sizes.C, self.sizes.OY, self.sizes.OX))
        groups, k = (m, 1) if layer.is_depthwise else (1, m)
        return Mapping(tile=Tile(G=groups, K=k, C=c, OY=oy, OX=ox), loop_order=self.loop_order)


@lru_cache(maxsize=8192)
def candidate_tilings(layer: Layer, beat_bits: int, *, partial_sums: bool = False) -> tuple[Tilings, ...]:
    """Candidate tilings of a layer on a port of some beat width, by loop order; all are legal on a roomy chunk.

    Channels are cut into about equal multiples of a beat's block, output pixels into rows, a row into columns. The
    smallest candidate is one block of channels on a few pixels. An order is left out where it differs in nothing
    from another: pixels outside matter only where channels and pixels are both cut and the reduction is not; weight
    and input stationary orders only where the reduction is cut, and other tiles lie between its steps.

    Args:
        layer: The layer.
        beat_bits: Of the port.
        partial_sums: Whether the chunk can add partial sums up, as the last two orders need.

    Raises:
        MappingError: if a beat is narrower than a word of the layer.
    """
    for bits in (layer.weight_bits, layer.input_bits, *_stored_bits(layer)):
        if not words_per_beat(beat_bits, bits):
            raise MappingError(f"a beat of {beat_bits} bits holds no {bits}-bit word; use a wider port").at(
                layer.name
            )
    out_block = math.lcm(*(words_per_beat(beat_bits, bits) for bits in _stored_bits(layer)))
    weights_outer = _tiles(layer, beat_bits, out_block)
    lanes = layer.G if layer.is_depthwise else layer.K
    found = [_tilings(layer, WEIGHTS_OUTER, weights_outer)]
    by_order = {
        PIXELS_OUTER: [
            (m, c, y, x)
            for m, c, y, x in weights_outer
            if m < lanes and c == layer.C and (y < layer.OY or x < layer.OX) and not layer.is_depthwise
        ]
    }
    if partial_sums and words_per_beat(beat_bits, ACCUMULATOR_BITS):
        split = _tiles(layer, beat_bits, math.lcm(out_block, words_per_beat(beat_bits, ACCUMULATOR_BITS)))
        split = [(m, c, y, x) for m, c, y, x in split if c < layer.C]
        by_order[WEIGHT_STATIONARY] = [tile for tile in split if tile[2] < layer.OY or tile[3] < layer.OX]
        by_order[INPUT_STATIONARY] = [tile for tile in split if tile[0] < lanes]
    found += [_tilings(layer, order, tiles) for order, tiles in by_order.items() if tiles]
    return tuple(found)


def _tiles(layer: Layer, beat_bits: int, out_block: int) -> list[_Sizes]:
    """Tiles whose channels are whole beats."""
    in_block = words_per_beat(beat_bits, layer.input_bits)
    lanes = layer.G if layer.is_depthwise else layer.K
    lanes_block = math.lcm(in_block, out_block) if layer.is_depthwise else out_block
    channels = product(cut_sizes(lanes, lanes_block, _CHANNEL_CUTS), cut_sizes(layer.C, in_block, _REDUCTION_CUTS))
    return [(m, c, y, x) for (m, c), (y, x) in product(channels, pixel_tiles(layer))]


def cut_sizes(bound: int, step: int, cuts: tuple[int, ...], shortest: int = 1) -> list[int]:
    """The whole bound, then multiples of a step that cut it into about equal parts, down to one step.

    Args:
        bound: What is cut.
        step: Every part but the last is a multiple of it.
        cuts: Numbers of parts to try.
        shortest: No part is shorter, the last one neither.
    """
    steps = -(-bound // step)
    least = step * -(-shortest // step)
    sizes = {min(bound, max(least, step * -(-steps // parts))) for parts in (*cuts, steps)}
    return sorted((size for size in sizes if size == bound or _rest(bound, size) >= shortest), reverse=True)


def _rest(bound: int, size: int) -> int:
    """Length of the last part."""
    return bound - (-(-bound // size) - 1) * size


def pixel_tiles(layer: Layer) -> list[tuple[int, int]]:
    """Rows and columns of output tiles: whole rows first, then parts of one row."""
    least_rows, least_columns = shortest_tile(layer)
    heights = cut_sizes(layer.OY, layer.pool_y, _ROW_CUTS, least_rows)
    widths = cut_sizes(layer.OX, layer.pool_x, _COLUMN_CUTS, least_columns)
    tiles = [(height, layer.OX) for height in heights]
    few = max(_FEW_COLUMNS, least_columns)
    few = min(layer.OX, layer.pool_x * -(-few // layer.pool_x))
    tiles += [(heights[-1], width) for width in (*widths[1:-1], few) if _rest(layer.OX, width) >= least_columns]
    return list(dict.fromkeys(tiles))


def _stored_bits(layer: Layer) -> tuple[int, ...]:
    return (layer.output_bits, layer.residual_bits) if layer.residual else (layer.output_bits,)


def _tilings(layer: Layer, loop_order: LoopOrder, tiles: Iterable[_Sizes]) -> Tilings:
    m, c, oy, ox = (torch.tensor(column, dtype=torch.int64) for column in zip(*tiles, strict=True))
    lanes = layer.G if layer.is_depthwise else layer.K
    rows = torch.tensor([input_rows(layer, int(size)) for size in oy])
    columns = torch.tensor([input_columns(layer, int(size)) for size in ox])
    patterns = torch.zeros_like(m)
    for bound, size in ((lanes, m), (layer.C, c), (layer.OY, oy), (layer.OX, ox)):
        patterns = 4 * patterns + pattern_of(bound, size)
    kernel = {"convolution": (layer.FY, layer.FX), "multiply": (1, 1)}
    return Tilings(
        loop_order=loop_order,
        patterns=patterns,
        sizes=TileSizes(M=m, C=c, OY=oy, OX=ox),
        channels=m if layer.is_depthwise else c,
        pixels_I=rows * columns,
        window=kernel.get(layer.op, (0, 0)),
    )


def _item(values: int | Tensor, index: int) -> int:
    return values if isinstance(values, int) else int(values[index])
