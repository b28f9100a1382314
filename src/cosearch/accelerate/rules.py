"""One call for every allocation rule."""

from collections.abc import Sequence
from dataclasses import replace

from cosearch.accelerate.allocation import allocate
from cosearch.accelerate.bound import least_period_bound
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.engine import Budget, EngineResult
from cosearch.accelerate.exact import Exact
from cosearch.accelerate.pool import DesignPool
from cosearch.accelerate.problem import Problem
from cosearch.accelerate.runs import PoolLimits, solve_contiguous
from cosearch.accelerate.searched import Cases, Groups, improve_shares
from cosearch.accelerate.space import SHAPE_RULES, AcceleratorSpace
from cosearch.accelerate.table import DesignTable
from cosearch.design import Limit
from cosearch.errors import RecipeError
from cosearch.hardware import Accelerator, ChunkKind, Platform
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
        seconds: When to stop with what was found.
        seed: Of the moves of `searched`.

    Raises:
        RecipeError: for an objective or a limit that a rule cannot handle.
        HardwareError: if the space cannot run the network.
    """
    clock = clock_hertz or platform.clock_hertz
    if space.allocation in SHAPE_RULES:
        table = DesignTable.build(workload.layers, space, platform, clock, prune=False)
        problem = Problem.of(table, workload, objective, limits)
        return Exact().run(problem, seed=seed, budget=Budget(seconds=seconds))
    if objective != "fps":
        raise RecipeError(
            f"allocation {space.allocation} is solved for the most fps, not for {objective}; take kind_bits, kind, "
            "stage or single"
        )
    deadline = Deadline.after(seconds)
    if space.allocation == "contiguous":
        pool = DesignPool.build(workload, space, platform, clock)
        return solve_contiguous(pool, limits=limits, max_chunks=space.max_chunks, deadline=deadline)
    return _searched(workload, platform, space, clock, limits, deadline, seed)


def _searched(
    workload: Workload,
    platform: Platform,
    space: AcceleratorSpace,
    clock_hertz: float,
    limits: Sequence[Limit],
    deadline: Deadline,
    seed: int,
) -> EngineResult:
    """The best of all other rules that use no more chunks, improved."""
    both = DesignPool.build(workload, space, platform, clock_hertz)
    runs = solve_contiguous(both, limits=limits, max_chunks=space.max_chunks, deadline=deadline)
    pool = both.joined(
        DesignPool.build(workload, space, platform, clock_hertz, kinds=(ChunkKind.STANDARD, ChunkKind.DEPTHWISE))
    )
    allowed = PoolLimits.of(pool, limits)
    starts = [_groups_of(workload, runs.accelerator)] if runs.accelerator else []
    starts += [_groups_by_rule(workload, space, rule) for rule in SHAPE_RULES]
    cases = Cases(pool.cycles, pool.resources, allowed.budgets)
    found = improve_shares(
        cases,
        starts,
        within=allowed.period_cycles,
        max_chunks=space.max_chunks,
        seed=seed,
        deadline=deadline,
    )
    bound = least_period_bound(pool.cycles, pool.resources, allowed.budgets, space.max_chunks)
    value = None if found is None else clock_hertz / found.period_cycles
    if runs.accelerator is not None and (value is None or value < (runs.value or 0.0)):
        # Time ran out before the runs could be matched.
        best = clock_hertz / bound
        certified = runs.value == best
        return replace(runs, bound=best, certified=certified, evaluations=len(pool.cycles))
    if found is None:
        is_proved = bound > allowed.period_cycles
        return EngineResult(
            status="infeasible" if is_proved else "not_found",
            evaluations=len(pool.cycles),
            reason=f"no allocation keeps {allowed.period_cycles} cycles, {bound} is a bound" if is_proved else "",
        )
    return EngineResult(
        status="feasible",
        accelerator=pool.accelerator(list(zip(found.designs, found.groups, strict=True))),
        value=value,
        bound=clock_hertz / bound,
        certified=found.period_cycles == bound,
        evaluations=len(pool.cycles),
    )


def _groups_by_rule(workload: Workload, space: AcceleratorSpace, rule: str) -> Groups:
    """Positions of the layers of each chunk under a rule that a layer's shape decides."""
    groups = allocate(workload.layers, space.model_copy(update={"allocation": rule}))
    places = {layer.name: place for place, layer in enumerate(workload.layers)}
    return tuple(sorted(tuple(sorted(places[layer.name] for layer in share)) for _, share in groups))


def _groups_of(workload: Workload, accelerator: Accelerator) -> Groups:
    """Positions of the layers of each chunk of an accelerator."""
    places = {layer.name: place for place, layer in enumerate(workload.layers)}
    return tuple(
        sorted(tuple(sorted(places[program.name] for program in chunk.layers)) for chunk in accelerator.chunks)
    )
