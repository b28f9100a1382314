"""A joint space of which everything is known: every network's stand-alone accuracy and its best accelerator."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cosearch.accelerate import DesignTable, Problem, solve
from cosearch.design import Block, Limit, parse_limits
from cosearch.network import BlockPath, path_of, workload_of
from cosearch.search import Recipe
from cosearch.search.columns import SpaceColumns
from cosearch.train import Splits


@dataclass(frozen=True, eq=False, kw_only=True)
class World:
    """What a search does not see, and what it may.

    Attributes:
        recipe: Of the space, the platform and its resource limits.
        networks: All of the space.
        val, test: Accuracy of each after training alone, the mean over seeds.
    """

    recipe: Recipe
    splits: Splits
    networks: Sequence[Sequence[Block]]
    val: np.ndarray
    test: np.ndarray
    paths: list[tuple[BlockPath, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "paths", [path_of(self.recipe.space, blocks) for blocks in self.networks])

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
    def resources(self) -> tuple[Limit, ...]:
        """The recipe's limits, which bound resources alone."""
        return self.recipe.parsed_limits()

    def problem(self, network: int, limits: Sequence[Limit] = ()) -> Problem:
        """The accelerator problem of a network under the recipe's limits and others."""
        workload = workload_of(self.recipe.space, self.networks[network])
        return Problem.of(self.table, workload, "fps", (*self.resources, *limits))

    @cached_property
    def fps(self) -> np.ndarray:
        """Frames per second of every network on its best accelerator; 0 where it has none."""
        periods = [solve(self.problem(index)).value for index in range(len(self.networks))]
        return np.array([self.table.clock_hertz / period if period else 0.0 for period in periods])

    def limits(self, number: int) -> list[Limit]:
        """Limits on fps that leave from nine tenths to a twentieth of all networks."""
        bounds = np.quantile(self.fps, np.linspace(0.1, 0.95, number))
        return [parse_limits([f"fps>={bound:.4g}"])[0] for bound in bounds]

    def feasible(self, limit: Limit) -> np.ndarray:
        """Which networks keep a limit on fps. [networks]."""
        return self.fps >= limit.limit

    def regret(self, network: int | None, limit: Limit, accuracy: np.ndarray) -> float:
        """How much more accurate the best network within the limit is; of the worst one where none was found."""
        allowed = accuracy[self.feasible(limit)]
        reached = allowed.min() if network is None else accuracy[network]
        return float(allowed.max() - reached)
