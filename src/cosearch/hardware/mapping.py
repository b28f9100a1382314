"""A mapping: the tile and the loop order in which one layer runs on one chunk."""

from typing import Literal

from pydantic import Field

from cosearch.records import Record

LoopName = Literal["G", "K", "OY", "OX", "C"]
LoopOrder = tuple[LoopName, LoopName, LoopName, LoopName, LoopName]

WEIGHTS_OUTER: LoopOrder = ("G", "K", "OY", "OX", "C")
"""Output-stationary, channels outside pixels: with one reduction step, weights stay while pixels pass."""

PIXELS_OUTER: LoopOrder = ("G", "OY", "OX", "K", "C")
"""Output-stationary, pixels outside channels: with one reduction step, inputs stay while channels pass."""

WEIGHT_STATIONARY: LoopOrder = ("G", "K", "C", "OY", "OX")
"""Weights stay while all pixels pass; the partial sums of a split reduction go to memory and come back."""

INPUT_STATIONARY: LoopOrder = ("G", "OY", "OX", "C", "K")
"""Inputs stay while all output channels pass; the partial sums of a split reduction go to memory and come back."""

OUTPUT_STATIONARY = (WEIGHTS_OUTER, PIXELS_OUTER)
"""Orders whose reduction is innermost: partial sums never leave the chunk."""

LOOP_ORDERS = (*OUTPUT_STATIONARY, WEIGHT_STATIONARY, INPUT_STATIONARY)


class Tile(Record):
    """What the buffers hold at once, in loop bounds; kernels are never split.

    A standard layer has ``G = 1`` (one group at a time); a depthwise layer has ``K = C = 1`` and tiles `G`.
    """

    G: int = Field(default=1, ge=1)
    K: int = Field(default=1, ge=1)
    C: int = Field(default=1, ge=1)
    OY: int = Field(ge=1)
    OX: int = Field(ge=1)


class Mapping(Record):
    """Tile and loop order, outermost loop first."""

    tile: Tile
    loop_order: LoopOrder
