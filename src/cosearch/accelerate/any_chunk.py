"""The searched rule for a network: the best of all other rules that use no more chunks, improved."""

from collections.abc import Sequence
from dataclasses import replace

from cosearch.accelerate.allocation import allocate
from cosearch.accelerate.arrays import NEVER_CYCLES
from cosearch.accelerate.bound import least_period_bound
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.engine import EngineResult
from cosearch.accelerate.pool import DesignPool
from cosearch.accelerate.runs import PoolLimits, solve_contiguous
from cosearch.accelerate.searched import Groups, improve_shares
from cosearch.accelerate.space import SHAPE_RULES, AcceleratorSpace
from cosearch.design import Limit
from cosearch.hardware import Accelerator, ChunkKind, Platform
from cosearch.workload import Workload

_KINDS = (ChunkKind.BOTH, ChunkKind.STANDARD, ChunkKind.DEPTHWISE)

_RUNS_SHARE, _BOUND_SHARE, _MOVES_SHARE = 0.4, 0.3, 0.9
"""Of the seconds that are left, what each part may take; the last leaves some for the mappings."""


def solve_searched(
    workload: Workload,
    platform: Platform,
    space: AcceleratorSpace,
    clock_hertz: float,
    *,
    limits: Sequence[Limit] = (),
    deadline: Deadline,
    seed: int,
) -> EngineResult:
    """The most images a second that a local search over allocations reaches, with a bound beside it.

    It starts from the optimum under the contiguous rule, and from those of the rules that a layer's shape decides.

    Args:
        workload: The network.
        platform: What it is built on.
        space: Choices of every chunk, widths, and the most chunks.
        clock_hertz: The accelerator clock.
        limits: On fps and resources.
        deadline: When to stop with what was found.
        seed: Of the moves.

    Raises:
        RecipeError: for a limit on something else.
        HardwareError: if the space cannot run the network.
    """
    pool = DesignPool.build(workload, space, platform, clock_hertz, kinds=_KINDS)
    allowed = PoolLimits.of(pool, limits)
    offers = pool.offers.within(allowed.budgets)
    runs = solve_contiguous(pool, limits=limits, max_chunks=space.max_chunks, deadline=_part(deadline, _RUNS_SHARE))
    reached = None if runs.value is None else round(clock_hertz / runs.value)
    bound = least_period_bound(offers, space.max_chunks, _part(deadline, _BOUND_SHARE), reached)
    starts = [_groups_of(workload, runs.accelerator)] if runs.accelerator else []
    starts += [_groups_by_rule(workload, space, rule) for rule in SHAPE_RULES]
    found = improve_shares(
        offers,
        starts,
        within=allowed.period_cycles,
        max_chunks=space.max_chunks,
        seed=seed,
        deadline=_part(deadline, _MOVES_SHARE),
    )
    evaluations = len(offers.rows)
    if runs.value is not None and (found is None or found.period_cycles > clock_hertz / runs.value):
        # Time ran out before the runs could be matched.
        best = clock_hertz / bound
        return replace(runs, bound=best, certified=runs.value == best, evaluations=evaluations)
    if found is None:
        is_proved = bound > allowed.period_cycles
        return EngineResult(
            status="infeasible" if is_proved else "not_found",
            evaluations=evaluations,
            reason=_why_none(pool, limits, bound) if is_proved else "",
        )
    return EngineResult(
        status="feasible",
        accelerator=pool.accelerator(list(zip(found.designs, found.groups, strict=True))),
        value=clock_hertz / found.period_cycles,
        bound=clock_hertz / bound,
        certified=found.period_cycles == bound,
        evaluations=evaluations,
    )


def _why_none(pool: DesignPool, limits: Sequence[Limit], bound_cycles: int) -> str:
    """What a bound on the slowest chunk's cycles proves, in the terms of the request."""
    if bound_cycles >= NEVER_CYCLES:
        resources = "".join(f" and {limit}" for limit in limits if limit.metric != "fps")
        told = f"no allocation runs all layers within the budget of {pool.platform}{resources}"
    else:
        asked = ", ".join(str(limit) for limit in limits)
        told = f"no allocation keeps {asked}; fps is at most {pool.clock_hertz / bound_cycles:g}"
        told += " with the other limits kept" if len(limits) > 1 else ""
    return f"{told}; what would be enough is proved under every other allocation"


def _part(deadline: Deadline, share: float) -> Deadline:
    """A share of the seconds that are left."""
    left = deadline.seconds_left
    return Deadline.after(None if left is None else share * left)


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
