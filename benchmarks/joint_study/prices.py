"""Prices of networks on accelerators that a search by gradient descends on."""

from collections.abc import Callable

import numpy as np
import torch
from benchmarks.joint_study.world import World
from torch import Generator

from cosearch.accelerate import Problem, solve
from cosearch.design import Limit
from cosearch.network import Architecture, workload_of
from cosearch.search.hardware import AbstractHardwarePrice, ExpectedPrice, Priced, SampledPrice

PriceOf = Callable[[World, Limit], AbstractHardwarePrice]


def sampled_exact(world: World, limit: Limit) -> AbstractHardwarePrice:
    """The default: eight hard networks a step, each on its optimal accelerator, by the relaxation's multipliers."""
    return SampledPrice(world.table, world.columns, (*world.recipe.parsed_limits(), limit), 8)


def two_sampled_exact(world: World, limit: Limit) -> AbstractHardwarePrice:
    """As `sampled_exact`, with two networks a step."""
    return SampledPrice(world.table, world.columns, (*world.recipe.parsed_limits(), limit), 2)


def expected_exact(world: World, limit: Limit) -> AbstractHardwarePrice:
    """One relaxation a step, of the expected network."""
    return ExpectedPrice(world.table, world.columns, (*world.recipe.parsed_limits(), limit))


class SlowestChunk(AbstractHardwarePrice):
    """The gradient of the integer optimum: through the slowest chunk of eight sampled networks alone."""

    def __init__(self, world: World, limit: Limit, num_networks: int = 8) -> None:
        self.world, self.limit, self.num_networks = world, limit, num_networks
        self.counts = world.columns.counter(world.table.column_of, world.table.num_columns)

    def __call__(self, architecture: Architecture, generator: Generator) -> Priced:
        """Solve, price the slowest chunk's columns, average."""
        world, table = self.world, self.world.table
        bound = table.clock_hertz / self.limit.limit
        values, prices = list[float](), np.zeros(table.num_columns)
        for blocks in architecture.blocks_of(architecture.sample_indices(self.num_networks, generator)):
            problem = Problem.of(table, workload_of(world.recipe.space, blocks), "fps", world.recipe.parsed_limits())
            best = solve(problem)
            assert best.choice is not None
            assert best.value is not None
            values.append(best.value / bound - 1)
            cycles = [front.cycles[row] for front, row in zip(problem.fronts, best.choice, strict=True)]
            place = int(np.argmax(cycles))
            entry = table.classes[problem.used[place]]
            row = entry.cycles[problem.rows[place][best.choice[place]]].astype(np.float64)
            own = slice(entry.first_column, entry.first_column + len(row))
            prices[own] += np.where(row < 1 << 40, row, 0) / bound / self.num_networks
        expected = self.counts(architecture.op_probs(), architecture.bit_probs())
        priced = expected @ torch.as_tensor(prices, dtype=expected.dtype)
        mean = float(np.mean(values))
        met = float(np.mean([value <= 0 for value in values]))
        return Priced(mean + (priced - priced.detach()), {"expected_violation": mean, "share_feasible": met})
