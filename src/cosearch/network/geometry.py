"""Shapes of the blocks of a network space."""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from cosearch.design import NetworkSpace, Operator, parse_operator

STEM_KERNEL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockShape:
    """What every operator of one block reads and writes.

    Attributes:
        in_channels, out_channels: Widths.
        IY, IX, OY, OX: Height and width of the input and the output, in pixels.
        stride: Of the depthwise layer.
        legal: Names of the operators the block may use.
        operators: The same, parsed, by name.
    """

    in_channels: int
    out_channels: int
    IY: int
    IX: int
    OY: int
    OX: int
    stride: int
    legal: tuple[str, ...]
    operators: dict[str, Operator]

    @property
    def keeps_shape(self) -> bool:
        """Whether output and input have one shape, so that the input can be added to the output."""
        return self.stride == 1 and self.in_channels == self.out_channels


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkGeometry:
    """Shapes of a whole space: the stem's output, the blocks, the head's input."""

    stem_size: tuple[int, int]
    blocks: tuple[BlockShape, ...]
    head_size: tuple[int, int]
    head_in_channels: int


def geometry_of(space: NetworkSpace) -> NetworkGeometry:
    """Shapes of stem, blocks and head; they follow from the space, not from what is chosen in it. Cached."""
    return _geometry_of(cast(Hashable, space))


@lru_cache(maxsize=64)
def _geometry_of(space: Hashable) -> NetworkGeometry:
    assert isinstance(space, NetworkSpace)
    _, height, width = space.input
    size = (_strided(height, space.stem_stride), _strided(width, space.stem_stride))
    stem_size = size
    blocks: list[BlockShape] = []
    for index, (c_in, c_out, stride) in enumerate(space.block_widths()):
        out = (_strided(size[0], stride), _strided(size[1], stride))
        legal = space.legal_operators(index)
        blocks.append(
            BlockShape(
                in_channels=c_in,
                out_channels=c_out,
                IY=size[0],
                IX=size[1],
                OY=out[0],
                OX=out[1],
                stride=stride,
                legal=legal,
                operators={name: parse_operator(name) for name in legal},
            )
        )
        size = out
    return NetworkGeometry(
        stem_size=stem_size, blocks=tuple(blocks), head_size=size, head_in_channels=blocks[-1].out_channels
    )


def _strided(size: int, stride: int) -> int:
    """Pixels after an odd kernel with padding of half its size."""
    return (size - 1) // stride + 1
