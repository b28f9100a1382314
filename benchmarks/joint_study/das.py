"""Differentiable accelerator search inside the joint search, as published: one sampled accelerator a step.

Source: TRIPS, arXiv 2106.06575, equations 3 to 5: accelerator parameters are drawn by the straight-through Gumbel
estimator, the cost of the drawn accelerator for the drawn network is multiplied to the draw, and it prices operators
and bits too; the accelerator is never solved for.
"""

import numpy as np
import torch
from benchmarks.joint_study.world import World
from torch import Generator, Tensor

from cosearch.accelerate import Problem
from cosearch.choices import StraightThrough, draw_codes
from cosearch.design import Limit
from cosearch.network import Architecture, workload_of
from cosearch.search.hardware import AbstractHardwarePrice, Priced

LEARNING_RATE = 0.05
WORST = 10.0


class Das(AbstractHardwarePrice):
    """One categorical variable a chunk class: its designs, less those that another one beats for every network.

    The published search has one variable for each parameter of a chunk and all of their combinations; this one is
    spared the bad ones.
    """

    def __init__(self, world: World, limit: Limit) -> None:
        self.world = world
        self.period = world.table.clock_hertz / limit.limit
        self.counts = world.columns.counter(world.table.column_of, world.table.num_columns)
        sizes = [len(entry.designs) for entry in world.table.classes]
        self.logits = [torch.zeros(1, size, dtype=torch.float64, requires_grad=True) for size in sizes]
        self.optimiser = torch.optim.Adam(self.logits, lr=LEARNING_RATE)
        self.estimator = StraightThrough()

    def __call__(self, architecture: Architecture, generator: Generator) -> Priced:
        """Draw a network and an accelerator, move the accelerator's logits, price the slowest chunk's columns."""
        world, table = self.world, self.world.table
        (blocks,) = architecture.blocks_of(architecture.sample_indices(1, generator))
        problem = Problem.of(table, workload_of(world.recipe.space, blocks), "fps", world.recipe.parsed_limits())
        cycles, used, surrogates, rows = [], np.zeros(len(problem.budgets)), list[Tensor](), list[int]()
        for index, vector in zip(problem.used, problem.cycles, strict=True):
            mask = torch.ones_like(self.logits[index], dtype=torch.bool)
            codes = draw_codes(self.logits[index], mask, 1, generator)
            rows.append(int(codes.options[0, 0]))
            cycles.append(float(vector[rows[-1]]))
            used += table.classes[index].resources[rows[-1]]
            surrogates.append(self.estimator.surrogate(self.logits[index], mask, codes, generator)[0])
        violation = max(max(cycles) / self.period, float((used / np.maximum(problem.budgets, 1)).max())) - 1
        cost = min(violation, WORST)
        self.optimiser.zero_grad()
        (cost * torch.stack(surrogates).sum()).backward()
        self.optimiser.step()
        return self._priced(architecture, problem, cycles, rows, cost)

    def _priced(
        self, architecture: Architecture, problem: Problem, cycles: list[float], rows: list[int], cost: float
    ) -> Priced:
        table = self.world.table
        place = int(np.argmax(cycles))
        entry = table.classes[problem.used[place]]
        row = entry.cycles[rows[place]].astype(np.float64)
        prices = np.zeros(table.num_columns)
        own = slice(entry.first_column, entry.first_column + len(row))
        prices[own] = np.where(row < 1 << 40, row, 0) / self.period
        expected = self.counts(architecture.op_probs(), architecture.bit_probs())
        priced = expected @ torch.as_tensor(prices, dtype=expected.dtype)
        return Priced(
            cost + (priced - priced.detach()), {"expected_violation": cost, "share_feasible": float(cost <= 0)}
        )
