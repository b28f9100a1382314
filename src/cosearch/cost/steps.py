"""The order of a layer's tiles, by classes: which operands change from one to the next, and how often that occurs.

A class is a position along every loop that is cut. A position says whether the tile before and the tile after lie on
the same turn of the loop, so each class has one predecessor, one successor and one set of loops that move on between
them: sums over classes are sums over tiles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from cosearch.cost.geometry import Axis
from cosearch.cost.work import LayerWork
from cosearch.hardware import INPUT_STATIONARY, OUTPUT_STATIONARY, PIXELS_OUTER, WEIGHT_STATIONARY, WEIGHTS_OUTER
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar, times

LoopName = Literal["G", "M", "Y", "X", "C"]

Position = Literal["first", "between", "penultimate", "last"]
"""Of a tile along a loop of several: with two tiles, the first and the last; with three, no one is between."""

_NAMES: dict[LoopOrder, tuple[LoopName, ...]] = {
    WEIGHTS_OUTER: ("G", "M", "Y", "X", "C"),
    PIXELS_OUTER: ("G", "Y", "X", "M", "C"),
    WEIGHT_STATIONARY: ("G", "M", "C", "Y", "X"),
    INPUT_STATIONARY: ("G", "Y", "X", "C", "M"),
}

_NEXT: dict[Position, Position] = {"first": "penultimate", "between": "penultimate", "penultimate": "last"}
_BEFORE: dict[Position, Position] = {"between": "first", "penultimate": "first", "last": "penultimate"}
"""Neighbours with three tiles and more. Whole tiles with full windows are alike: any of them stands for all."""


@dataclass(frozen=True, slots=True)
class TileClass:
    """Tiles at the same position along each loop; a loop of one tile has none."""

    names: tuple[LoopName, ...]
    positions: tuple[Position, ...]

    def at(self, name: LoopName) -> Position:
        """The position along a loop; of a loop of one tile it is the last."""
        return self.positions[self.names.index(name)] if name in self.names else "last"

    def extent(self, name: LoopName) -> Literal["size", "last"]:
        """Whether the tile is a whole one or the last along a loop."""
        return "last" if self.at(name) == "last" else "size"

    def place(self, name: LoopName) -> Literal["first", "between", "last"]:
        """Where the tile's window lies along a loop over pixels."""
        position = self.at(name)
        return "between" if position == "penultimate" else position


class Steps:
    """The loops over tiles of a layer that have several tiles, outermost first.

    Attributes:
        names: Of those loops. In output-stationary order the reduction is not among them: its steps belong to one
            output tile.
        reduces: Whether the tiles of a class are output tiles with all their reduction steps.
    """

    def __init__(self, work: LayerWork, loop_order: LoopOrder) -> None:
        self.work = work
        self.reduces = loop_order in OUTPUT_STATIONARY or work.C.pattern == 1
        self._axes: dict[LoopName, Axis] = {"M": work.M, "Y": work.Y, "X": work.X, "C": work.C}
        # The lanes of a depthwise layer are its groups, which every order has outermost.
        names = _NAMES[WEIGHTS_OUTER if work.layer.form.is_depthwise else loop_order]
        self.order: tuple[LoopName, ...] = tuple(name for name in names if self._is_cut(name))
        self.names: tuple[LoopName, ...] = tuple(name for name in self.order if not (name == "C" and self.reduces))

    def classes(self) -> Iterator[tuple[Scalar, TileClass]]:
        """Every class, with the number of its tiles."""
        for chosen in product(*(self._counts(name) for name in self.names)):
            num: Scalar = 1
            for _, count in chosen:
                num = times(num, count)
            yield num, TileClass(self.names, tuple(position for position, _ in chosen))

    def first(self) -> TileClass:
        """The class of the first tile."""
        return TileClass(self.names, ("first",) * len(self.names))

    def following(self, tile: TileClass) -> tuple[TileClass, frozenset[LoopName]] | None:
        """The class of the tile after one, and the loops that have moved on; None after the last tile."""
        for depth in reversed(range(len(self.names))):
            if tile.positions[depth] != "last":
                step = self._neighbour(self.names[depth], tile.positions[depth], _NEXT, "last")
                rest = ("first",) * (len(self.names) - depth - 1)
                moved = set(self.names[depth:])
                if self.reduces and self.work.C.pattern > 1:
                    moved.add("C")
                return TileClass(self.names, (*tile.positions[:depth], step, *rest)), frozenset(moved)
        return None

    def before(self, tile: TileClass) -> TileClass | None:
        """The class of the tile before one; None before the first."""
        for depth in reversed(range(len(self.names))):
            if tile.positions[depth] != "first":
                step = self._neighbour(self.names[depth], tile.positions[depth], _BEFORE, "first")
                rest = ("last",) * (len(self.names) - depth - 1)
                return TileClass(self.names, (*tile.positions[:depth], step, *rest))
        return None

    def repeats(self, of: frozenset[LoopName]) -> Scalar:
        """How often an operand's tiles are loaded: once for each turn of the other loops around its innermost one.

        Args:
            of: The loops that select its tile.
        """
        num: Scalar = 1
        inside = [depth for depth, name in enumerate(self.order) if name in of]
        for name in self.order[: max(inside, default=0)]:
            if name not in of:
                num = num * (self.work.groups if name == "G" else self._axes[name].num_tiles)
        return num

    def _is_cut(self, name: LoopName) -> bool:
        return self.work.layer.form.is_grouped if name == "G" else self._axes[name].pattern > 1

    def _counts(self, name: LoopName) -> list[tuple[Position, Scalar]]:
        """Positions along a loop that is cut, each with the number of its tiles. Groups are all alike."""
        if name == "G":
            return [("first", 1), ("between", self.work.groups - 2), ("last", 1)]
        axis = self._axes[name]
        if axis.pattern == 2:
            return [("first", 1), ("last", 1)]
        return [("first", 1), ("between", axis.num_tiles - 3), ("penultimate", 1), ("last", 1)]

    def _neighbour(
        self, name: LoopName, position: Position, steps: dict[Position, Position], end: Position
    ) -> Position:
        """The position one step along a loop, towards an end."""
        return end if name == "G" or self._axes[name].pattern == 2 else steps[position]
