"""How the dimensions of a value lie on the axes of its stored tensor: reshapes and transposes as bookkeeping.

A tensor is stored as channels, rows and columns of one image. Reading it in another shape or order moves nothing, so
reshape, transpose, flatten and channel shuffle never become layers: a dimension of a value is a product of factors of
the stored axes, and the layer that reads it says whether it can read them in this order.
"""

import math
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Literal, NamedTuple

from cosearch.errors import UnsupportedLayerError

Axis = Literal["N", "C", "Y", "X"]

Shape = tuple[int, int, int]
"""Channels, rows, columns."""


class Factor(NamedTuple):
    """A part of a stored axis: index i of it is at i * stride on the axis."""

    axis: Axis
    stride: int
    size: int


Dim = tuple[Factor, ...]
Axes = tuple[Dim, ...]


def natural_axes(logical: Sequence[int]) -> tuple[Axes, Shape]:
    """Axes and stored shape of a network's input: N x C, N x C x columns, or N x C x rows x columns.

    Raises:
        UnsupportedLayerError: if it has another number of dimensions.
    """
    if not 2 <= len(logical) <= 4:
        raise UnsupportedLayerError(
            f"an input of {len(logical)} dimensions is no image; images are N x C, N x C x columns or "
            "N x C x rows x columns"
        )
    shape: tuple[int, ...] = (*logical[1:2], *((1,) * (4 - len(logical))), *logical[2:])
    return axes_of((shape[0], shape[1], shape[2]), len(logical), logical[0]), (shape[0], shape[1], shape[2])


def axes_of(shape: Shape, rank: int, batch: int) -> Axes:
    """Axes of a stored tensor read in its own order, with `rank` dimensions."""
    full = (whole("N", batch), whole("C", shape[0]), whole("Y", shape[1]), whole("X", shape[2]))
    return {2: full[:2], 3: (*full[:2], full[2] + full[3]), 4: full}[rank]


def whole(axis: Axis, size: int) -> Dim:
    """A dimension that is a whole axis; nothing for one of size 1."""
    return () if size == 1 else (Factor(axis, 1, size),)


def size_of(dim: Dim) -> int:
    """Length of a dimension."""
    return math.prod(factor.size for factor in dim)


def sizes_of(axes: Axes) -> tuple[int, ...]:
    """Lengths of all dimensions."""
    return tuple(size_of(dim) for dim in axes)


def reshaped(axes: Axes, sizes: Sequence[int]) -> Axes:
    """The same values in the same order, in other dimensions; one size may be -1.

    Raises:
        UnsupportedLayerError: if the sizes do not fit, or cut an axis at no factor of it.
    """
    total = math.prod(sizes_of(axes))
    target = _without_unknown(sizes, total)
    if math.prod(target) != total:
        raise UnsupportedLayerError(f"a reshape of {_times(sizes_of(axes))} into {_times(target)} does not fit")
    rest = [factor for dim in axes for factor in dim][::-1]
    return tuple(_merged(_take(rest, size)) for size in target)


def _without_unknown(sizes: Sequence[int], total: int) -> tuple[int, ...]:
    known = math.prod(size for size in sizes if size != -1)
    return tuple(total // known if size == -1 and known else size for size in sizes)


def _take(rest: list[Factor], size: int) -> list[Factor]:
    """The outermost factors whose product is `size`, off the end of `rest`; the last one may be split."""
    taken: list[Factor] = []
    while size > 1:
        outer = rest.pop()
        if size % outer.size == 0:
            taken.append(outer)
            size //= outer.size
        elif outer.size % size == 0:
            inner = outer.size // size
            taken.append(Factor(outer.axis, outer.stride * inner, size))
            rest.append(Factor(outer.axis, outer.stride, inner))
            size = 1
        else:
            raise UnsupportedLayerError(
                f"a reshape cuts {outer.size} values of an axis into {size}, which is no factor; "
                "only factors of channels, rows and columns can be followed"
            )
    return taken


def _merged(factors: Sequence[Factor]) -> Dim:
    """Neighbours that follow each other on one axis as one factor."""
    merged: list[Factor] = []
    for factor in factors:
        last = merged[-1] if merged else None
        if last and last.axis == factor.axis and last.stride == factor.stride * factor.size:
            merged[-1] = Factor(factor.axis, factor.stride, last.size * factor.size)
        else:
            merged.append(factor)
    return tuple(merged)


def channel_order(dim: Dim) -> tuple[int, ...]:
    """Stored channel of every channel of a value.

    Args:
        dim: Of channels only.
    """
    steps = [[index * factor.stride for index in range(factor.size)] for factor in dim]
    return tuple(sum(places) for places in product(*steps))


def covers(dim: Dim, axes: dict[Axis, int]) -> bool:
    """Whether a dimension is made of exactly these axes of these sizes, each of them whole, in any order."""
    sizes: dict[str, int] = {}
    for factor in dim:
        sizes[factor.axis] = sizes.get(factor.axis, 1) * factor.size
    return sizes == {axis: size for axis, size in axes.items() if size > 1}


def gathered_runs(order: Sequence[int], groups: int) -> int:
    """Contiguous runs from which a group's channels are gathered: of the worst group, rounded up to a divisor.

    The order inside a group is free, since weights may be stored in any.
    """
    channels = len(order) // groups
    worst = max(_runs(sorted(order[start : start + channels])) for start in range(0, len(order), channels))
    return next(runs for runs in range(worst, channels + 1) if channels % runs == 0)


def _runs(places: Sequence[int]) -> int:
    return 1 + sum(after != before + 1 for before, after in pairwise(places))


def _times(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))
