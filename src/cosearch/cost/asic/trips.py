"""How often a tile changes, and whether its window then moves on."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cosearch.cost.asic.nest import ArrayNest, quotient
from cosearch.cost.asic.structure import Place
from cosearch.cost.asic.tiles import WINDOW, steps
from cosearch.hardware import RELEVANT, Dim, Operand
from cosearch.numerics import Scalar, minimum, times, where


@dataclass(frozen=True, slots=True)
class Loop:
    """A temporal loop above a tile.

    Attributes:
        iterations: Of the loop.
        step: Extent of the loops of its dimension inside it.
        outer: Whether it runs over DRAM, not over the buffer.
    """

    dim: Dim
    iterations: Scalar
    step: Scalar
    outer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Tiles of an operand that a memory holds one after another.

    Attributes:
        trips: All of them.
        advances: Loops along which the window of an input may move, each with what it has gone through inside: if
            that is 1, the loop is the innermost that changes the tile.
    """

    trips: Scalar
    advances: tuple[tuple[Loop, Scalar], ...]

    @property
    def fresh_starts(self) -> Scalar:
        """Tiles of which nothing lay in the memory already, where windows move along."""
        still: Scalar = 1
        for loop, inside in self.advances:
            still = times(still, where(inside == 1, loop.iterations, 1))
        return quotient(self.trips, still)


def loops_above(nest: ArrayNest, place: Place) -> list[Loop]:
    """Loops above the tiles of registers or buffer, the innermost first; those that never repeat are left out."""
    loops: list[Loop] = []
    if place == "registers":
        loops += [Loop(dim, nest.buffer[dim], nest.array[dim], False) for dim in nest.buffer_order]
    loops += [Loop(dim, nest.dram[dim], nest.in_buffer[dim], True) for dim in nest.dram_order]
    return [loop for loop in loops if not (isinstance(loop.iterations, int) and loop.iterations == 1)]


def moves(nest: ArrayNest, operand: Operand, place: Place) -> Moves:
    """Changes of a tile: iterations of the innermost loop that chooses other words, and of all outside it."""
    trips: Scalar = 1
    changed: Scalar = 1
    advances: list[tuple[Loop, Scalar]] = []
    for loop in loops_above(nest, place):
        if loop.dim not in RELEVANT[operand]:
            if not isinstance(changed, int) or changed > 1:
                trips = times(trips, where(changed > 1, loop.iterations, 1))
            continue
        if loop.dim in ("OY", "OX", "FY", "FX") and not (isinstance(changed, int) and changed > 1):
            advances.append((loop, changed))
        trips, changed = times(trips, loop.iterations), times(changed, loop.iterations)
    return Moves(trips=trips, advances=tuple(advances))


def advance(nest: ArrayNest, changes: Moves, outputs: Dim, width: Scalar) -> Scalar:
    """New pixels along an axis, of a window that is `width` wide, when the innermost loop moves it on."""
    new = width
    for loop, inside in changes.advances:
        if loop.dim in (outputs, WINDOW[outputs]):
            moved = minimum(loop.step * steps(nest, loop.dim), width)
            new = where(_innermost(loop, inside), moved, new)
    return new


def _innermost(loop: Loop, inside: Scalar) -> bool | Tensor:
    """Whether a loop is the innermost that changes the tile."""
    if isinstance(inside, int) and isinstance(loop.iterations, int):
        return inside == 1 and loop.iterations > 1
    return torch.logical_and(torch.as_tensor(inside == 1), torch.as_tensor(loop.iterations > 1))
