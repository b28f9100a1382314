"""Candidate tilings of a layer: few enough to price all of them, small and large enough for every buffer."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from cosearch.cost.work import TileSizes
from cosearch.errors import MappingError
from cosearch.hardware import PIXELS_OUTER, WEIGHTS_OUTER, Mapping, Tile, input_columns, input_rows, words_per_beat
from cosearch.hardware.mapping import LoopOrder
from cosearch.workload import Layer

_CHANNEL_CUTS = (1, 2, 3, 4, 6, 8, 16)
_REDUCTION_CUTS = (1, 2, 4, 8)
_ROW_CUTS = (1, 2, 3, 4, 7, 8, 16)
_COLUMN_CUTS = (2, 4)
_FEW_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Tilings:
    """Tiles of one loop order, as int64 tensors of one dimension.

    Attributes:
        cut: Which loops have more than one tile, a bit each: 1 for M, 2 for C, 4 for OY, 8 for OX.
        channels: Input channels of a tile; of a depthwise layer they are the lanes'.
        pixels_I, pixels_O: Input pixels and output pixels of a tile.
        window: Positions of the kernel.
    """

    loop_order: LoopOrder
    cut: Tensor
    sizes: TileSizes
    channels: Tensor
    pixels_I: Tensor
    pixels_O: Tensor
    window: int

    def __len__(self) -> int:
        return len(self.cut)

    def mapping(self, layer: Layer, index: int) -> Mapping:
        """One of them as a record."""
        m, c, oy, ox = (_item(t, index) for t in (self.sizes.M, self.sizes.C, self.sizes.OY, self.sizes.OX))
        groups, k = (m, 1) if layer.is_depthwise else (1, m)
        return Mapping(tile=Tile(G=groups, K=k, C=c, OY=oy, OX=ox), loop_order=self.loop_order)


@lru_cache(maxsize=4096)
def candidate_tilings(layer: Layer, beat_bits: int) -> tuple[Tilings, ...]:
    """Candidate tilings of a layer on a port of some beat width, by loop order; all are legal on a roomy chunk.

    Channels are cut into about equal multiples of a beat's block, output pixels into rows, a row into columns. The
    smallest candidate is one block of channels on a few pixels. The order with pixels outside differs in time only
    where channels and pixels are both cut and the reduction is not: elsewhere it is left out.

    Raises:
        MappingError: if a beat is narrower than a word of the layer.
    """
    for bits in (layer.weight_bits, layer.input_bits, *_stored_bits(layer)):
        if not words_per_beat(beat_bits, bits):
            raise MappingError(f"a beat of {beat_bits} bits holds no {bits}-bit word; use a wider port").at(
                layer.name
            )
    in_block = words_per_beat(beat_bits, layer.input_bits)
    out_block = math.lcm(*(words_per_beat(beat_bits, bits) for bits in _stored_bits(layer)))
    lanes = layer.G if layer.is_depthwise else layer.K
    lanes_block = math.lcm(in_block, out_block) if layer.is_depthwise else out_block
    weights_outer = [
        (m, c, y, x)
        for m in cut_sizes(lanes, lanes_block, _CHANNEL_CUTS)
        for c in cut_sizes(layer.C, in_block, _REDUCTION_CUTS)
        for y, x in pixel_tiles(layer)
    ]
    pixels_outer = [
        (m, c, y, x)
        for m, c, y, x in weights_outer
        if m < lanes and c == layer.C and (y < layer.OY or x < layer.OX) and not layer.is_depthwise
    ]
    found = [_tilings(layer, WEIGHTS_OUTER, weights_outer)]
    if pixels_outer:
        found.append(_tilings(layer, PIXELS_OUTER, pixels_outer))
    return tuple(found)


def cut_sizes(bound: int, step: int, cuts: tuple[int, ...]) -> list[int]:
    """The whole bound, then multiples of a step that cut it into about equal parts, down to one step."""
    steps = -(-bound // step)
    sizes = {min(bound, step * -(-steps // parts)) for parts in (*cuts, steps)}
    return sorted(sizes, reverse=True)


def pixel_tiles(layer: Layer) -> list[tuple[int, int]]:
    """Rows and columns of output tiles: whole rows first, then parts of one row."""
    heights = cut_sizes(layer.OY, layer.pool_y, _ROW_CUTS)
    widths = cut_sizes(layer.OX, layer.pool_x, _COLUMN_CUTS)
    tiles = [(height, layer.OX) for height in heights]
    few = min(layer.OX, layer.pool_x * -(-_FEW_COLUMNS // layer.pool_x))
    tiles += [(heights[-1], width) for width in (*widths[1:-1], few)]
    return list(dict.fromkeys(tiles))


def _stored_bits(layer: Layer) -> tuple[int, ...]:
    return (layer.output_bits, layer.residual_bits) if layer.residual else (layer.output_bits,)


def _tilings(layer: Layer, loop_order: LoopOrder, tiles: list[tuple[int, int, int, int]]) -> Tilings:
    m, c, oy, ox = (torch.tensor(column, dtype=torch.int64) for column in zip(*tiles, strict=True))
    lanes = layer.G if layer.is_depthwise else layer.K
    rows = torch.tensor([input_rows(layer, tile[2]) for tile in tiles])
    columns = torch.tensor([input_columns(layer, tile[3]) for tile in tiles])
    return Tilings(
        loop_order=loop_order,
        cut=(m < lanes) + 2 * (c < layer.C) + 4 * (oy < layer.OY) + 8 * (ox < layer.OX),
        sizes=TileSizes(M=m, C=c, OY=oy, OX=ox),
        channels=m if layer.is_depthwise else c,
        pixels_I=rows * columns,
        pixels_O=oy * ox,
        window=layer.FY * layer.FX,
    )


def _item(values: int | Tensor, index: int) -> int:
    return values if isinstance(values, int) else int(values[index])
