"""Why no cut of a network into runs meets a request, and the least that would have to give."""

import math
from collections.abc import Sequence

from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.contiguous import bisect_period, runs_within
from cosearch.accelerate.explain import round_outwards
from cosearch.accelerate.pool import DesignPool
from cosearch.accelerate.problem import SUMS
from cosearch.accelerate.runs import PoolLimits
from cosearch.accelerate.stretches import Stretches
from cosearch.design import Infeasible, Limit, Relaxation
from cosearch.hardware import ChunkKind

_RELATIVE = 1e-6
_MOST = 709.0
"""The logarithm of the largest factor that is tried: floating point holds little more."""


def explain_contiguous(pool: DesignPool, limits: Sequence[Limit], max_chunks: int) -> Infeasible:
    """What binds a request that no cut into runs meets, and what would be enough.

    Bounds and the factor are exact minima over cuts and designs, rounded outwards to four significant digits: with
    them the request is feasible, and 1 % tighter it is not. The platform's budget is never loosened.

    Args:
        pool: Of its designs, those of kind both are taken.
        limits: On fps and resources.
        max_chunks: Most runs.

    Raises:
        ValueError: if the request is feasible.
    """
    cuts = _Cuts(pool, max_chunks)
    if cuts.are_possible(limits):
        raise ValueError("only a request that was proved infeasible can be explained")
    relaxations = tuple(Relaxation(limit=limit, sufficient=cuts.best(limit, limits)) for limit in limits)
    if not cuts.are_possible([]):
        reason = f"the budget of {pool.platform} does not suffice for at most {max_chunks} runs"
        return Infeasible(
            status="infeasible", binding="platform", relaxations=relaxations, joint_factor=None, reason=reason
        )
    binding = max(relaxations, key=lambda own: (own.sufficient is not None, cuts.distance(own)))
    asked = ", ".join(str(limit) for limit in limits)
    metric, reach = binding.limit.metric, binding.sufficient
    told = (
        f"with the other limits kept, {metric} reaches {reach:g}"
        if reach is not None
        else f"loosening {metric} alone is not enough"
    )
    return Infeasible(
        status="infeasible",
        binding=metric,
        relaxations=relaxations,
        joint_factor=cuts.joint_factor(limits),
        reason=f"no cut into at most {max_chunks} runs keeps {asked}; {told}",
    )


class _Cuts:
    """One network's cuts into runs, under limits that come and go."""

    def __init__(self, pool: DesignPool, max_chunks: int) -> None:
        self.pool = pool
        self.stretches = Stretches(pool.only(ChunkKind.BOTH), max_chunks, Deadline())

    def are_possible(self, limits: Sequence[Limit]) -> bool:
        """Whether some keep limits."""
        allowed = PoolLimits.of(self.pool, limits)
        return runs_within(self.stretches.under(allowed.budgets), allowed.period_cycles) is not None

    def best(self, limit: Limit, limits: Sequence[Limit]) -> float | None:
        """The best bound of one metric beside the limits on others, rounded to the worse; None if there is none."""
        others = [other for other in limits if other.metric != limit.metric]
        if not self.are_possible(others):
            return None
        if limit.metric == "fps":
            allowed = PoolLimits.of(self.pool, others)
            found = bisect_period(self.stretches.under(allowed.budgets), 0, None)
            assert found.period_cycles is not None  # they are possible
            return round_outwards(self.pool.clock_hertz / found.period_cycles, up=False)
        low, high = -1, int(PoolLimits.of(self.pool, others).budgets[SUMS[limit.metric]])
        while high - low > 1:
            middle = (low + high) // 2
            if self.are_possible([*others, limit.model_copy(update={"limit": float(middle)})]):
                high = middle
            else:
                low = middle
        return round_outwards(float(high), up=True)

    def joint_factor(self, limits: Sequence[Limit]) -> float | None:
        """The least factor by which all limits must be loosened; bisection on its logarithm.

        None if none is enough, or none that floating point holds.
        """
        if not self.are_possible([limit for limit in limits if limit.limit == 0]):
            return None
        low, high = 0.0, _RELATIVE
        while not self.are_possible([limit.relaxed(math.exp(high)) for limit in limits]):
            if high == _MOST:
                return None
            low, high = high, min(2 * high, _MOST)
        while high - low > _RELATIVE:
            middle = (low + high) / 2
            if self.are_possible([limit.relaxed(math.exp(middle)) for limit in limits]):
                high = middle
            else:
                low = middle
        return round_outwards(math.exp(high), up=True)

    def distance(self, relaxation: Relaxation) -> float:
        """The factor between a limit and what is reached, alone if the others leave nothing."""
        limit, reach = relaxation.limit, relaxation.sufficient
        reach = self.best(limit, []) if reach is None else reach
        if reach is None or limit.limit == 0 or reach == 0:
            return math.inf
        return limit.limit / reach if limit.op == ">=" else reach / limit.limit
