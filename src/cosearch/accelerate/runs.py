"""The contiguous rule: a network in order, cut into consecutive runs with a chunk each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, IntArray
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.contiguous import least_contiguous_period
from cosearch.accelerate.engine import EngineResult
from cosearch.accelerate.pool import DesignPool
from cosearch.accelerate.problem import SUMS
from cosearch.accelerate.scale import whole_bound
from cosearch.design import METRICS, Limit
from cosearch.errors import RecipeError
from cosearch.hardware import ChunkKind

POOL_METRICS = frozenset({"fps", "dsp", "bram18", "uram", "lut"})
"""What may be bounded where layers are cut into runs, or given to chunks at will."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """Limits in counts: of each resource, [resources], and of the slowest chunk's cycles."""

    budgets: IntArray
    period_cycles: int

    @staticmethod
    def of(pool: DesignPool, limits: Sequence[Limit]) -> "PoolLimits":
        """The tighter of the platform's and a user's.

        Raises:
            RecipeError: for a metric that cannot be bounded here.
        """
        budgets, period = pool.offers.budgets.copy(), NEVER_CYCLES - 1
        for limit in limits:
            if limit.metric not in POOL_METRICS:
                known = ", ".join(name for name in METRICS if name in POOL_METRICS)
                raise RecipeError(
                    f"{limit.metric} cannot be bounded where the allocation is contiguous or searched; "
                    f"known: {known}, or take the allocation kind_bits, kind, stage or single"
                )
            bound = whole_bound(limit, pool.clock_hertz)
            if limit.metric == "fps":
                period = min(period, bound)
            else:
                budgets[SUMS[limit.metric]] = min(budgets[SUMS[limit.metric]], bound)
        return PoolLimits(budgets, period)


def solve_contiguous(
    pool: DesignPool, *, limits: Sequence[Limit] = (), max_chunks: int, deadline: Deadline
) -> EngineResult:
    """The most images a second over all cuts of a network into consecutive runs, each on a chunk of its own.

    Certified means optimal over cuts and designs together.

    Args:
        pool: Of its designs, those of kind both are taken: they can run any layer of their width.
        limits: On fps and resources.
        max_chunks: Most runs.
        deadline: When to stop with what was found.

    Raises:
        RecipeError: for a limit on something else.
    """
    allowed = PoolLimits.of(pool, limits)
    found = least_contiguous_period(pool.only(ChunkKind.BOTH).within(allowed.budgets), max_chunks, deadline)
    evaluations, longest = len(pool.offers.rows), allowed.period_cycles
    if found.runs is None or found.period_cycles is None:
        status = "infeasible" if found.is_proved else "not_found"
        reason = f"no cut into at most {max_chunks} runs keeps the budgets" if found.is_proved else ""
        return EngineResult(status=status, evaluations=evaluations, reason=reason)
    if found.period_cycles > longest:
        is_proved = found.bound_cycles > longest
        status = "infeasible" if is_proved else "not_found"
        reason = f"no cut into at most {max_chunks} runs keeps {longest} cycles, the least is {found.bound_cycles}"
        return EngineResult(status=status, evaluations=evaluations, reason=reason if is_proved else "")
    shares = [(run.design, np.arange(run.start, run.stop).tolist()) for run in found.runs]
    return EngineResult(
        status="feasible",
        accelerator=pool.accelerator(shares),
        value=pool.clock_hertz / found.period_cycles,
        bound=pool.clock_hertz / found.bound_cycles if found.bound_cycles > 0 else None,
        certified=found.is_proved,
        evaluations=evaluations,
    )
