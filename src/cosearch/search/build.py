"""One network on its exact accelerator, within the limits by the closed form and by the executable specification."""

from collections.abc import Sequence
from dataclasses import dataclass

from cosearch.accelerate import Budget, DesignTable, EngineResult, Exact, LinearRelaxation, Problem
from cosearch.cost import evaluate, metric_values
from cosearch.design import Block, Limit, NetworkSpace, Predicted
from cosearch.hardware import Accelerator, Platform
from cosearch.network import workload_of
from cosearch.search.hardware import violation_of
from cosearch.simulate import simulate_accelerator
from cosearch.workload import Workload

MAX_RETRIES = 4
"""How often a design is asked for that is faster by what the specification missed."""


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
        """The certified accelerator of a network; None where no accelerator keeps the limits.

        A limit must hold by the closed form and by the executable specification. Where the specification is slower,
        the engine is asked again for a design that is faster by what was missing.
        """
        limits = self.limits
        for _ in range(MAX_RETRIES):
            result = Exact().run(self.problem(blocks, limits), seed=self.seed, budget=Budget())
            if result.accelerator is None:
                return None
            workload = workload_of(self.space, blocks)
            predicted = evaluate(workload, result.accelerator, self.platform)
            simulated = simulated_values(workload, result.accelerator)
            bound = [limit for limit in self.limits if limit.metric in simulated]
            if all(limit.met_by(simulated[limit.metric]) for limit in bound):
                return Built(tuple(blocks), result.accelerator, predicted, result)
            limits = tuple(_tightened(limit, simulated, metric_values(predicted)) for limit in limits)
        return None

    def violation(self, blocks: Sequence[Block]) -> float:
        """Largest relative violation of the limits in the linear relaxation; 0 or less where they can be kept."""
        return violation_of(LinearRelaxation().solve(self.problem(blocks, self.limits)))

    def problem(self, blocks: Sequence[Block], limits: Sequence[Limit]) -> Problem:
        """The accelerator problem of a network."""
        return Problem.of(self.table, workload_of(self.space, blocks), self.objective, limits)


def simulated_values(workload: Workload, accelerator: Accelerator) -> dict[str, float]:
    """The metrics that the executable specification measures."""
    trace, clock = simulate_accelerator(workload, accelerator), accelerator.clock_hertz
    return {"fps": clock / trace.period_cycles, "latency_seconds": trace.latency_cycles / clock}


def _tightened(limit: Limit, simulated: dict[str, float], predicted: dict[str, float]) -> Limit:
    """A limit moved by the ratio of closed form to specification, where that is what breaks it."""
    name = limit.metric
    if name not in simulated or limit.met_by(simulated[name]):
        return limit
    return limit.model_copy(update={"limit": limit.limit * predicted[name] / simulated[name]})
