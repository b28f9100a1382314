"""Random search: the yardstick that every cleverer engine must beat."""

from typing import final

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.engine import AbstractEngine, Budget, EngineResult, Progress, build_accelerator
from cosearch.accelerate.exact import explain_proof
from cosearch.accelerate.problem import LATENCY, SUMS, Problem
from cosearch.errors import RecipeError


@final
class Random(AbstractEngine):
    """Draws one design a chunk, uniformly among those whose resources leave room for the other chunks.

    Resources are free to know, cycles are not: every draw that is priced counts as an evaluation, also where it turns
    out that a layer does not fit or a limit is broken.
    """

    def run(self, problem: Problem, *, seed: int, budget: Budget) -> EngineResult:
        """Draw until a budget is spent.

        Raises:
            RecipeError: if there is no budget at all.
        """
        if budget.evaluations is None and budget.seconds is None:
            raise RecipeError("random search ends by its budget alone; give evaluations or seconds")
        sampler = _Sampler(problem, seed)
        if not sampler.has_room:
            return EngineResult(status="infeasible", reason=explain_proof(problem))
        deadline = Deadline.after(budget.seconds)
        best: int | None = None
        designs: dict[int, int] | None = None
        history: list[Progress] = []
        while not deadline.is_over and sampler.can_draw(budget.evaluations):
            value, rows = sampler.draw()
            if value is not None and (best is None or value < best):
                best, designs = value, rows
                history.append(Progress(sampler.evaluations, problem.metric(problem.objective, value)))
        if best is None or designs is None:
            return EngineResult(status="not_found", evaluations=sampler.evaluations)
        return EngineResult(
            status="feasible",
            accelerator=build_accelerator(problem, designs),
            designs=designs,
            value=problem.metric(problem.objective, best),
            evaluations=sampler.evaluations,
            history=tuple(history),
        )


class _Sampler:
    """Draws accelerators and counts what it prices."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.rng, self.evaluations = problem, np.random.default_rng(seed), 0
        self.resources = [problem.table.classes[index].resources for index in problem.used]
        least = [resources.min(axis=0) for resources in self.resources]
        self.budgets: IntArray = problem.budgets[:LATENCY]
        self.reserved: list[IntArray] = [
            np.sum(least[place + 1 :], axis=0, dtype=np.int64) * np.ones_like(self.budgets)
            for place in range(len(least))
        ]

    @property
    def has_room(self) -> bool:
        """Whether the first chunk has a design that leaves room for the others."""
        return bool((self.resources[0] <= self.budgets - self.reserved[0]).all(axis=1).any())

    def can_draw(self, evaluations: int | None) -> bool:
        """Whether a whole accelerator can still be priced."""
        return evaluations is None or self.evaluations + len(self.resources) <= evaluations

    def draw(self) -> tuple[int | None, dict[int, int]]:
        """The objective in cycles or counts, or None if the draw failed or broke a limit; rows by class."""
        left, rows, cycles = self.budgets, dict[int, int](), list[float]()
        for place, index in enumerate(self.problem.used):
            room = np.flatnonzero((self.resources[place] <= left - self.reserved[place]).all(axis=1))
            if not len(room):
                return None, rows
            row = int(room[self.rng.integers(len(room))])
            self.evaluations += 1
            cycles.append(float(self.problem.cycles[place][row]))
            if not np.isfinite(cycles[-1]):
                return None, rows
            rows[index] = row
            left = left - self.resources[place][row]
        return self._judge(cycles, left), rows

    def _judge(self, cycles: list[float], left: IntArray) -> int | None:
        """The objective of an accelerator within all resource budgets, or None if it breaks another limit."""
        problem, period, total = self.problem, int(max(cycles)), int(sum(cycles))
        if problem.period_cycles is not None and period > problem.period_cycles:
            return None
        if problem.has_latency and total > problem.budgets[LATENCY]:
            return None
        if problem.objective == "fps":
            return period
        which = SUMS[problem.objective]
        return total if which == LATENCY else int(self.budgets[which] - left[which])
