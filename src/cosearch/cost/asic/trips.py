"""How often a tile changes, and whether its window then moves on."""

from dataclasses import dataclass

from cosearch.cost.asic.nest import ArrayNest, product, quotient
from cosearch.cost.asic.structure import Place
from cosearch.cost.asic.tiles import WINDOW, steps
from cosearch.hardware import DIMS, RELEVANT, Dim, Operand
from cosearch.numerics import Scalar, minimum, where

OUTSIDE = 2 * len(DIMS)
"""A place outside all loops."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A temporal loop above a tile.

    Attributes:
        iterations: Of the loop.
        place: 0 for the innermost of all loops above registers, counted on through the levels.
        outer: Whether it runs over DRAM, not over the buffer.
    """

    dim: Dim
    iterations: Scalar
    place: Scalar
    outer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Tiles of an operand that a memory holds one after another.

    Attributes:
        trips: All of them.
        fresh_starts: Those of which nothing lay in the memory already, where windows move along.
        innermost: Place of the innermost loop that changes the tile.
    """

    trips: Scalar
    fresh_starts: Scalar
    innermost: Scalar


def loops_above(nest: ArrayNest, place: Place) -> list[Loop]:
    """Loops above the tiles of registers or buffer; those that never repeat are left out."""
    loops = [Loop(dim, nest.dram[dim], len(DIMS) + nest.dram_places[dim], True) for dim in DIMS]
    if place == "registers":
        loops += [Loop(dim, nest.buffer[dim], nest.buffer_places[dim], False) for dim in DIMS]
    return [loop for loop in loops if not (isinstance(loop.iterations, int) and loop.iterations == 1)]


def moves(nest: ArrayNest, operand: Operand, place: Place) -> Moves:
    """Changes of a tile: iterations of the innermost loop that chooses other words, and of all outside it."""
    loops = loops_above(nest, place)
    changing = [loop for loop in loops if loop.dim in RELEVANT[operand]]
    innermost: Scalar = OUTSIDE
    for loop in changing:
        innermost = minimum(innermost, where(loop.iterations > 1, loop.place, OUTSIDE))
    trips = product([where(loop.place >= innermost, loop.iterations, 1) for loop in loops])
    still: Scalar = 1
    for loop in changing:
        if loop.dim in ("OY", "OX", "FY", "FX"):
            still = where(loop.place == innermost, loop.iterations, still)
    return Moves(trips=trips, fresh_starts=quotient(trips, still), innermost=innermost)


def advance(nest: ArrayNest, place: Place, changes: Moves, outputs: Dim, width: Scalar) -> Scalar:
    """New pixels along an axis, of a window that is `width` wide, when the innermost loop moves it on."""
    inside = {False: nest.inside("array"), True: nest.inside("buffer")}
    new = width
    for loop in loops_above(nest, place):
        if loop.dim in (outputs, WINDOW[outputs]):
            step = inside[loop.outer][loop.dim] * steps(nest, loop.dim)
            new = where(loop.place == changes.innermost, minimum(step, width), new)
    return new
