"""A platform of the joint table as a searcher meets it, and what only the judge knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from benchmarks.joint_table import JointTable, table_splits
from benchmarks.joint_table.accelerators import platform_recipe

from cosearch.accelerate import DesignTable
from cosearch.design import Block, Limit, parse_limits
from cosearch.network import BlockPath, path_of
from cosearch.search import Recipe
from cosearch.search.columns import SpaceColumns
from cosearch.train import Splits


@dataclass(frozen=True, eq=False)
class World:
    """A platform of the joint table.

    Attributes:
        recipe: Of the space, the platform and its limits on resources.
        paths: Of every point in a supernet.
    """

    joint: JointTable
    platform: str
    recipe: Recipe = field(init=False)
    paths: list[tuple[BlockPath, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recipe", platform_recipe(self.platform))
        object.__setattr__(self, "paths", [path_of(self.recipe.space, blocks) for blocks in self.joint.points])

    @cached_property
    def splits(self) -> Splits:
        """The images."""
        return table_splits()

    @cached_property
    def columns(self) -> SpaceColumns:
        """The layers of the space."""
        return SpaceColumns(self.recipe.space)

    @cached_property
    def table(self) -> DesignTable:
        """All designs of the platform's space."""
        platform, clock_hertz = self.recipe.board()
        return DesignTable.build(self.columns.layers(), self.recipe.accelerator, platform, clock_hertz)

    @property
    def fps(self) -> np.ndarray:
        """Of every point on its best accelerator within the limits on resources. [points]."""
        return self.joint.fps[self.platform]

    @cached_property
    def place(self) -> dict[tuple[Block, ...], int]:
        """Of a network among the points."""
        return {tuple(blocks): index for index, blocks in enumerate(self.joint.points)}

    def limits(self, number: int) -> list[Limit]:
        """Limits on fps that leave from nine tenths to a twentieth of all points."""
        bounds = np.quantile(self.fps, np.linspace(0.1, 0.95, number))
        return [parse_limits([f"fps>={bound:.4g}"])[0] for bound in bounds]

    def feasible(self, limit: Limit) -> np.ndarray:
        """Which points keep a limit on fps. [points]."""
        return self.fps >= limit.limit


def regret(point: int | None, feasible: np.ndarray, accuracy: Sequence[float] | np.ndarray) -> float:
    """How much more accurate the best point within the limit is; the worst one stands for none found.

    Args:
        point: What a search chose.
        feasible: Which points keep the limit. [points].
        accuracy: Of every point after training alone, the mean over seeds. [points].

    Raises:
        AssertionError: if the chosen point breaks the limit.
    """
    allowed = np.asarray(accuracy)[feasible]
    assert point is None or feasible[point]
    return float(allowed.max() - (allowed.min() if point is None else accuracy[point]))
