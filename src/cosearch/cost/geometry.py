"""A loop cut into tiles: how many there are, and what the first, those between and the last contain.

Every function evaluates ints, exact floats and relaxed float tensors through the same lines.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cosearch.numerics import Scalar, ceil_div, maximum, minimum

Pattern = int
"""Tiles along a loop, as far as formulas differ by it: 1, 2, or 3 for three and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One loop cut into tiles.

    Attributes:
        num_tiles: Tiles along the loop.
        pattern: The same for all of a batch.
        size, last: Extent of a whole tile and of the last one; a lone tile is the last.
    """

    num_tiles: Scalar
    pattern: Pattern
    size: Scalar
    last: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Input pixels under a loop's tiles: the first and the last may lie in the padding, those between do not."""

    first: Scalar
    between: Scalar
    last: Scalar


def pattern_of(bound: Scalar, size: Scalar) -> Tensor:
    """The pattern of each tiling of a batch."""
    return torch.as_tensor(minimum(ceil_div(bound, size), 3)).detach()


def cut(bound: Scalar, size: Scalar) -> Axis:
    """A loop of `bound` iterations in tiles of at most `size`.

    Raises:
        ValueError: if a batch mixes patterns; price each pattern by itself.
    """
    num_tiles = ceil_div(bound, size)
    pattern = pattern_of(bound, size)
    least, most = int(pattern.min()), int(pattern.max())
    if least != most:
        raise ValueError(f"loops of {least} and of {most} tiles in one batch")
    return Axis(num_tiles=num_tiles, pattern=least, size=size, last=bound - (num_tiles - 1) * size)


def windows(
    axis: Axis, bound: Scalar, *, stride: Scalar, padding: Scalar, window: Scalar, in_bound: Scalar
) -> Windows:
    """Input pixels of a loop over output pixels; padding is not counted."""
    extent = axis.size * stride - stride + window
    start = maximum((axis.num_tiles - 1) * axis.size * stride - padding, 0)
    end = minimum((bound - 1) * stride - padding + window, in_bound)
    return Windows(first=maximum(extent - padding, 0), between=extent, last=maximum(end - start, 0))
