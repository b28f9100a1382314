"""One network on its exact accelerator, within the limits, and run through the executable specification."""

from collections.abc import Sequence
from dataclasses import dataclass

from cosearch.accelerate import Budget, DesignTable, EngineResult, Exact, LinearRelaxation, Problem
from cosearch.cost import evaluate
from cosearch.design import Block, Limit, NetworkSpace, Predicted
from cosearch.hardware import Accelerator, Platform
from cosearch.network import workload_of
from cosearch.search.hardware import violation_of
from cosearch.simulate import simulate_accelerator


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A network on its best accelerator, re-checked in integers and by the executable specification."""

    blocks: tuple[Block, ...]
    accelerator: Accelerator
    predicted: Predicted
    result: EngineResult


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Builder:
    """Builds the exact accelerator of a network, or says that none keeps the limits.

    Attributes:
        table: Of the space on the platform.
        objective, limits, seed: Of the recipe.
    """

    table: DesignTable
    platform: Platform
    space: NetworkSpace
    objective: str
    limits: tuple[Limit, ...]
    seed: int

    def build(self, blocks: Sequence[Block]) -> Built | None:
        """The certified accelerator of a network; None where no accelerator keeps the limits."""
        result = Exact().run(self.problem(blocks, self.limits), seed=self.seed, budget=Budget())
        if result.accelerator is None:
            return None
        workload = workload_of(self.space, blocks)
        predicted = evaluate(workload, result.accelerator, self.platform)
        trace = simulate_accelerator(workload, result.accelerator)
        # One contract, written down twice: a difference is a mistake of ours, never of the design.
        assert trace.period_cycles == predicted.period_cycles, (trace.period_cycles, predicted.period_cycles)
        return Built(tuple(blocks), result.accelerator, predicted, result)

    def violation(self, blocks: Sequence[Block]) -> float:
        """Largest relative violation of the limits in the linear relaxation; 0 or less where they can be kept."""
        return violation_of(LinearRelaxation().solve(self.problem(blocks, self.limits)))

    def problem(self, blocks: Sequence[Block], limits: Sequence[Limit]) -> Problem:
        """The accelerator problem of a network."""
        return Problem.of(self.table, workload_of(self.space, blocks), self.objective, limits)
