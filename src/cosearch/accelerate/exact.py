"""The exact engine: the optimum of the declared space, with its proof."""

from math import prod
from typing import final

import numpy as np

from cosearch.accelerate.arrays import RESOURCES, IntArray
from cosearch.accelerate.combine import Choice, Deadline, shrink
from cosearch.accelerate.declared import SeparableQuestion, solve_declared
from cosearch.accelerate.engine import AbstractEngine, Budget, EngineResult, Progress, build_accelerator
from cosearch.accelerate.mixed import Mixed
from cosearch.accelerate.optimum import Front, Minimum, choose_within, least_period, least_sum, settle
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.question import AbstractQuestion
from cosearch.errors import RecipeError

TIE_BREAKS = tuple(RESOURCES.index(name) for name in ("dsp", "bram18", "lut", "slots"))
"""Among equally good accelerators: fewest DSPs, then BRAMs, LUTs and slots, then the first designs of the table."""

_NEVER = Deadline()


def solve(problem: Problem, deadline: Deadline = _NEVER) -> Minimum:
    """The exact optimum of a problem in cycles or counts, without breaking ties or building the accelerator.

    Args:
        problem: What to solve; its workload is not needed.
        deadline: When to stop with what was found.
    """
    return _solve(problem, problem.fronts, deadline)


def is_feasible(problem: Problem) -> bool:
    """Whether some accelerator of the declared space keeps all limits."""
    return any_choice(problem) is not None


def any_choice(problem: Problem) -> Choice | None:
    """An accelerator of the declared space that keeps all limits, as rows of `Problem.fronts`; None if none does."""
    if not all(len(rows) for rows in problem.rows):
        return None
    if not problem.is_plain:
        mixed = Mixed(problem, problem.fronts, _NEVER)
        return mixed.find(mixed.measures.limits())
    return choose_within(problem.fronts, problem.budgets, problem.period_cycles, _NEVER)


@final
class Exact(AbstractEngine):
    """Prices every design of the table for the network, then combines one a chunk; see `optimum`, `mixed`, `combine`.

    Certified means optimal for the closed form, in the declared space, with the declared allocation. A budget in
    evaluations that is too small for all designs, or one in seconds that runs out, leaves the best found uncertified.

    Args:
        builds: Whether the answer has its accelerator, with a mapping for every layer; else its designs alone.
    """

    def __init__(self, *, builds: bool = True) -> None:
        self.builds = builds

    def run(self, problem: Problem | AbstractQuestion, *, seed: int, budget: Budget) -> EngineResult:
        """Solve; the seed does nothing, since nothing is random.

        Raises:
            RecipeError: for a space that is not declared separable.
        """
        if isinstance(problem, SeparableQuestion):
            return solve_declared(problem, budget)
        if not isinstance(problem, Problem):
            raise RecipeError(
                "the exact engine needs a space that is declared separable; declare a SeparableQuestion, or take "
                "another engine"
            )
        deadline = Deadline.after(budget.seconds)
        fronts = problem.fronts
        evaluations = sum(len(problem.table.classes[index].designs) for index in problem.used)
        is_whole = budget.evaluations is None or evaluations <= budget.evaluations
        if budget.evaluations is not None and not is_whole:
            share = budget.evaluations // len(problem.used)
            fronts = tuple(_first(f, rows, share) for f, rows in zip(fronts, problem.rows, strict=True))
            evaluations = sum(min(share, len(problem.table.classes[index].designs)) for index in problem.used)
        best = _solve(problem, fronts, deadline)
        if best.choice is None or best.value is None:
            proved = best.is_proved and is_whole
            return EngineResult(
                status="infeasible" if proved else "not_found",
                evaluations=evaluations,
                reason=explain_proof(problem) if proved else "",
            )
        return self._result(problem, fronts, best, evaluations, is_whole, deadline)

    def _result(
        self,
        problem: Problem,
        fronts: tuple[Front, ...],
        best: Minimum,
        evaluations: int,
        is_whole: bool,
        deadline: Deadline,
    ) -> EngineResult:
        assert best.choice is not None
        assert best.value is not None
        choice = best.choice
        if best.is_proved:
            choice = _settled(problem, fronts, best, deadline)
        designs = {index: int(rows[row]) for index, rows, row in zip(problem.used, problem.rows, choice, strict=True)}
        value = problem.metric(problem.objective, best.value)
        is_known = is_whole and (best.is_proved or best.bound > 0)  # nothing is below 0 anyway
        return EngineResult(
            status="feasible",
            accelerator=build_accelerator(problem, designs) if self.builds else None,
            designs=designs,
            value=value,
            bound=problem.metric(problem.objective, best.bound) if is_known else None,
            certified=best.is_proved and is_whole,
            evaluations=evaluations,
            history=(Progress(evaluations, value),),
        )


def explain_proof(problem: Problem) -> str:
    """Why no accelerator keeps all limits, in one sentence; for problems that were proved infeasible."""
    for index, rows in zip(problem.used, problem.rows, strict=True):
        if not len(rows):
            return f"no {problem.table.classes[index].chunk_class} holds all of its layers"
    within, period = "", problem.period_cycles
    fronts = problem.fronts
    if period is not None:
        within = f" within {period} cycles"
        fronts = tuple(Front(f.cycles[f.cycles <= period], f.sums[f.cycles <= period]) for f in fronts)
    for index, front in zip(problem.used, fronts, strict=True):
        if not len(front.cycles):
            return f"no {problem.table.classes[index].chunk_class} runs its layers{within}"
    told = {"latency_seconds": "cycles of one image", "dram_bits": "bits of DRAM traffic"}
    least = np.sum([front.sums.min(axis=0) for front in fronts], axis=0)
    for metric, need, bound in zip(problem.sums, least, problem.budgets, strict=True):
        name = told.get(metric, metric)
        if need > bound:
            return f"the smallest chunks{within} take {need} {name} together, {bound} are allowed"
    if shrink([front.sums for front in fronts], problem.budgets) is None:
        return f"every design{within} exceeds a budget beside the smallest of the other chunks"
    number = prod(len(front.cycles) for front in fronts)
    budget = "a budget" if problem.is_plain else "a budget or a limit"
    return f"each of the {number} combinations of chunks{within} exceeds {budget}"


def _solve(problem: Problem, fronts: tuple[Front, ...], deadline: Deadline) -> Minimum:
    if not all(len(front.cycles) for front in fronts):
        return Minimum(None, None, 0, True)
    if not problem.is_plain:
        return Mixed(problem, fronts, deadline).minimum(problem.objective)
    if problem.objective != "fps":
        which = problem.sums[problem.objective]
        return least_sum(fronts, problem.budgets, problem.period_cycles, which, deadline)
    best = least_period(fronts, problem.budgets, deadline)
    longest = problem.period_cycles
    if longest is None or best.value is None or best.value <= longest:
        return best
    return Minimum(None, None, best.bound, best.is_proved or best.bound > longest)


def _settled(problem: Problem, fronts: tuple[Front, ...], best: Minimum, deadline: Deadline) -> tuple[int, ...]:
    """The choice of a proved optimum that ties are broken to."""
    assert best.choice is not None
    assert best.value is not None
    if not problem.is_plain:
        return Mixed(problem, fronts, deadline).settle(problem.objective, best.choice, TIE_BREAKS)
    budgets, period = problem.budgets.copy(), problem.period_cycles
    if problem.objective == "fps":
        period = best.value
    else:
        budgets[problem.sums[problem.objective]] = best.value
    return settle(fronts, budgets, period, TIE_BREAKS, best.choice, deadline)


def _first(front: Front, rows: IntArray, share: int) -> Front:
    """The designs of a front among the first of the table."""
    number = int(np.searchsorted(rows, share))
    return Front(front.cycles[:number], front.sums[:number])
