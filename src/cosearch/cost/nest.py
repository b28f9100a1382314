"""The order of a layer's output tiles, by classes: which class follows which, how often, and what came before."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal, NamedTuple

from torch import Tensor

from cosearch.cost.geometry import Axis, Position
from cosearch.cost.work import LayerWork
from cosearch.hardware import PIXELS_OUTER
from cosearch.hardware.mapping import LoopOrder
from cosearch.numerics import Scalar, maximum, minimum

LoopName = Literal["G", "M", "Y", "X"]


class TileClass(NamedTuple):
    """Output tiles at the same position (F, M or L) along each loop."""

    M: Position
    Y: Position
    X: Position


@dataclass(frozen=True, slots=True)
class Move:
    """Output tiles of one class that are followed by tiles of another.

    Attributes:
        num: How many.
        tile, following: The two classes.
        loop: The loop that moves on between them; those inside it start anew.
    """

    num: Scalar
    tile: TileClass
    following: TileClass
    loop: LoopName


Choice = tuple[bool | Tensor, TileClass]
"""A class, and whether it is the one that is asked for: the first of several that is, counts."""


class Nest:
    """The loops over output tiles, outermost first.

    Attributes:
        names: Of the loops.
        axes: How each is cut.
        several: Whether there is more than one output tile.
    """

    def __init__(self, work: LayerWork, loop_order: LoopOrder) -> None:
        self.pixels_outer = loop_order == PIXELS_OUTER and not work.layer.is_depthwise
        self.names: tuple[LoopName, ...] = ("Y", "X", "M") if self.pixels_outer else ("M", "Y", "X")
        by_name: dict[LoopName, Axis] = {"M": work.M, "Y": work.OY, "X": work.OX}
        self.axes = tuple(by_name[name] for name in self.names)
        outer, middle, inner = self.axes
        self.several = work.layer.is_grouped | outer.several | middle.several | inner.several
        self.groups = work.groups
        self.is_grouped = work.layer.is_grouped

    @property
    def innermost(self) -> LoopName | None:
        """The innermost loop that has several tiles anywhere in the batch; None if the layer is one tile."""
        for name, axis in reversed(list(zip(self.names, self.axes, strict=True))):
            if axis.several is not False:
                return name
        return "G" if self.is_grouped else None

    @property
    def first(self) -> TileClass:
        """The first tile of all."""
        return self.at("FFF")

    @property
    def last(self) -> TileClass:
        """The last tile of all."""
        return self.at("LLL")

    def at(self, positions: str) -> TileClass:
        """The class at positions along the loops, outermost first."""
        return TileClass(**dict(zip(self.names, positions, strict=True)))

    def moves(self) -> Iterator[Move]:
        """Every tile but the last of all, by class and successor."""
        for depth in (2, 1, 0):
            axis, inside = self.axes[depth], 2 - depth
            for outer in product(*(a.positions for a in self.axes[:depth])):
                num: Scalar = self.groups
                for outer_axis, position in zip(self.axes, outer, strict=False):
                    num = num * outer_axis.num[position]
                for before, after, times in _steps(axis):
                    tile = self.at("".join((*outer, before)) + "L" * inside)
                    following = self.at("".join((*outer, after)) + "F" * inside)
                    yield Move(num * times, tile, following, self.names[depth])
        if self.is_grouped:
            yield Move(self.groups - 1, self.last, self.first, "G")

    def first_moves(self) -> list[tuple[bool | Tensor, Move]]:
        """The move of the first tile: along the innermost loop of several tiles."""
        moves: list[tuple[bool | Tensor, Move]] = []
        for depth in (2, 1, 0):
            tile = self.at("F" * (depth + 1) + "L" * (2 - depth))
            following = self.at("F" * depth + "M" + "F" * (2 - depth))
            moves.append((self.axes[depth].several, Move(1, tile, following, self.names[depth])))
        if self.is_grouped:
            moves.append((True, Move(1, self.last, self.first, "G")))
        return moves

    def moves_from(self, tile: TileClass) -> list[tuple[bool | Tensor, Move]]:
        """The move that a tile makes: along the innermost loop that is not at its end."""
        moves: list[tuple[bool | Tensor, Move]] = []
        positions = "".join(getattr(tile, name) for name in self.names)
        for depth in (2, 1, 0):
            if positions[depth] != "L":
                following = self.at(positions[:depth] + "M" + "F" * (2 - depth))
                moves.append((self.axes[depth].several, Move(1, tile, following, self.names[depth])))
        return [*moves, (True, Move(1, tile, self.first, "G"))]

    def arrivals(self, move: Move) -> list[Choice]:
        """The class of the tile that follows, in its own right: of two tiles along a loop it is the last."""
        following = move.following
        if move.loop == "G" or getattr(following, move.loop) != "M":
            return [(True, following)]
        many = self.axes[self.names.index(move.loop)].many
        return [(many, following), (True, following._replace(**{move.loop: "L"}))]

    def before(self, tile: TileClass) -> list[Choice]:
        """The class of the tile before one; of a group's first tile it is the group's last."""
        choices: list[Choice] = []
        positions = "".join(getattr(tile, name) for name in self.names)
        for depth in (2, 1, 0):
            if positions[depth] != "F":
                known = positions[depth] == "M" or self.axes[depth].several
                choices.append((known, self.at(positions[:depth] + "F" + "L" * (2 - depth))))
        return [*choices, (True, self.last)]

    def tiles_inside(self, loop: LoopName) -> Scalar:
        """Output tiles that pass between two steps of a loop."""
        depth = self.names.index(loop) if loop != "G" else -1
        num: Scalar = 1
        for axis in self.axes[depth + 1 :]:
            num = num * axis.num_tiles
        return num


def _steps(axis: Axis) -> list[tuple[Position, Position, Scalar]]:
    """Moves along one loop; with two tiles M stands for the last."""
    if axis.positions == ("L",):
        return []
    if "M" not in axis.positions:
        return [("F", "L", axis.num["F"])]
    between = axis.num["M"]
    return [("F", "M", axis.num["F"]), ("M", "M", maximum(between - 1, 0)), ("M", "L", minimum(between, 1))]
