"""One call for every allocation rule."""

from collections.abc import Sequence

from cosearch.accelerate.any_chunk import solve_searched
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.engine import Budget, EngineResult
from cosearch.accelerate.exact import Exact
from cosearch.accelerate.pool import DesignPool
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.runs import solve_contiguous
from cosearch.accelerate.space import SHAPE_RULES, AcceleratorSpace
from cosearch.accelerate.table import DesignTable
from cosearch.design import Limit
from cosearch.errors import RecipeError
from cosearch.hardware import Platform
from cosearch.workload import Workload


def solve_allocation(
    workload: Workload,
    platform: Platform,
    space: AcceleratorSpace,
    *,
    clock_hertz: float | None = None,
    objective: str = "fps",
    limits: Sequence[Limit] = (),
    seconds: float | None = None,
    seed: int = 0,
) -> EngineResult:
    """The best accelerator of a network under the allocation rule of a space.

    Certified under every rule but `searched`, where the gap is to the bound of `least_period_bound`.

    Args:
        workload: The network.
        platform: What it is built on.
        space: The declared space.
        clock_hertz: The accelerator clock; None takes the platform's.
        objective: Contiguous and searched allocations have the most fps only.
        limits: Bounds a user set.
        seconds: When to stop with what was found, the table included.
        seed: Of the moves of `searched`.

    Raises:
        RecipeError: for an objective, a limit or resident weights that a rule cannot handle.
        HardwareError: if the space cannot run the network.
    """
    clock = clock_hertz or platform.clock_hertz
    deadline = Deadline.after(seconds)
    if space.allocation in SHAPE_RULES:
        table = DesignTable.build(workload.layers, space, platform, clock, prune=False)
        problem = Problem.of(table, workload, objective, limits)
        return Exact().run(problem, seed=seed, budget=Budget(seconds=deadline.seconds_left))
    if objective != "fps":
        raise RecipeError(
            f"allocation {space.allocation} is solved for the most fps, not for {objective}; take kind_bits, kind, "
            "stage or single"
        )
    if True in space.chunk.resident_weights:
        raise RecipeError(
            f"chunk.resident_weights: allocation {space.allocation} streams weights; set it to [false], or take "
            "kind_bits, kind, stage or single"
        )
    if space.allocation == "contiguous":
        pool = DesignPool.build(workload, space, platform, clock)
        return solve_contiguous(pool, limits=limits, max_chunks=space.max_chunks, deadline=deadline)
    return solve_searched(workload, platform, space, clock, limits=limits, deadline=deadline, seed=seed)
