"""The last choice: probable networks, each on its exact accelerator within the limits; the best on `val` wins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cosearch.accelerate import Budget, DesignTable, EngineResult, Exact, LinearRelaxation, Problem
from cosearch.cost import evaluate, metric_values
from cosearch.design import Block, Limit, Predicted
from cosearch.hardware import Accelerator, Platform
from cosearch.network import Architecture, workload_of
from cosearch.simulate import simulate_accelerator

MAX_RANKED = 1000
"""Networks tried in the order of their probability before one is repaired."""


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A network on its best accelerator, re-checked in integers and by the executable specification."""

    blocks: tuple[Block, ...]
    accelerator: Accelerator
    predicted: Predicted
    result: EngineResult


class Builder:
    """Builds the exact accelerator of a network, or says that none keeps the limits.

    Args:
        table: Of the space.
        platform: Of the table.
        architecture: The distribution networks are read from.
        objective, limits: Of the recipe.
        seed: Passed on to the engine.
    """

    def __init__(
        self,
        table: DesignTable,
        platform: Platform,
        architecture: Architecture,
        objective: str,
        limits: Sequence[Limit],
        seed: int,
    ) -> None:
        self._table, self._platform, self._architecture = table, platform, architecture
        self._objective, self._limits, self._seed = objective, tuple(limits), seed

    def build(self, blocks: Sequence[Block]) -> Built | None:
        """The certified accelerator of a network; None where no accelerator keeps the limits.

        A design whose period keeps an fps limit by the closed form, yet not by the executable specification, is
        refused too.
        """
        problem = self._problem(blocks)
        assert problem.workload is not None
        result = Exact().run(problem, seed=self._seed, budget=Budget())
        if result.accelerator is None:
            return None
        predicted = evaluate(problem.workload, result.accelerator, self._platform)
        trace = simulate_accelerator(problem.workload, result.accelerator)
        values = metric_values(predicted)
        clock = result.accelerator.clock_hertz
        simulated = values | {"fps": clock / trace.period_cycles, "latency_seconds": trace.latency_cycles / clock}
        if not all(limit.met_by(v[limit.metric]) for limit in self._limits for v in (values, simulated)):
            return None
        return Built(tuple(blocks), result.accelerator, predicted, result)

    def finalists(self, number: int, witness: Sequence[Block] | None) -> Iterator[Built]:
        """The most probable networks that keep the limits, most probable first.

        Where none of the first `MAX_RANKED` does, the most probable network is repaired, one block at a time; the
        witness of the feasibility proof stands by if that fails.
        """
        found = 0
        for blocks in self._architecture.most_probable(MAX_RANKED):
            built = self.build(blocks)
            if built is not None:
                found += 1
                yield built
            if found == number:
                return
        if found:
            return
        for blocks in (self._repaired(), witness):
            built = None if blocks is None else self.build(blocks)
            if built is not None:
                yield built

    def _repaired(self) -> list[Block] | None:
        """The most probable network with single blocks changed, the steepest fall of the violation first."""
        blocks = self._architecture.argmax()
        value = self._violation(blocks)
        while self.build(blocks) is None:
            trials = [(self._violation(trial), trial) for trial in self._neighbours(blocks)]
            best, trial = min(trials, key=lambda pair: pair[0])
            if best >= value:
                return None
            value, blocks = best, trial
        return blocks

    def _neighbours(self, blocks: Sequence[Block]) -> Iterator[list[Block]]:
        space = self._architecture.space
        for index, block in enumerate(blocks):
            for op in space.legal_operators(index):
                for bits in (None,) if op == "skip" else space.bits:
                    other = Block(op=op, weight_bits=bits, activation_bits=bits)
                    if other != block:
                        yield [*blocks[:index], other, *blocks[index + 1 :]]

    def _violation(self, blocks: Sequence[Block]) -> float:
        return LinearRelaxation().solve(self._problem(blocks)).value

    def _problem(self, blocks: Sequence[Block]) -> Problem:
        workload = workload_of(self._architecture.space, blocks)
        return Problem.of(self._table, workload, self._objective, self._limits)
