"""The linear relaxation of a problem: a lower bound, shadow prices, and the price of every table column."""

from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, FloatArray, IntArray
from cosearch.accelerate.class_table import ClassTable
from cosearch.accelerate.master import Master, Solution, solve_master
from cosearch.accelerate.problem import LATENCY, PRICED_METRICS, SUMS, Problem
from cosearch.design import METRICS, Limit
from cosearch.errors import HardwareError, RecipeError

Measure = Literal["period", "violation"]

PERFORMANCE = frozenset({"fps", "latency_seconds"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """The optimum of the relaxation and its gradient.

    Attributes:
        measure: What `value` is: the period in cycles, or the largest relative violation of the user's limits, which
            is 0 or less where all are met.
        value: A lower bound of what any accelerator of the declared space reaches.
        chunk_multipliers: By how much it rises with a cycle on each chunk; [classes], 0 where one has no layers.
        resource_multipliers: By how much it rises with one more of each resource that is taken; [resources].
        latency_multiplier: By how much it rises with a cycle of the latency of one image.
        column_prices: By how much it rises with one more layer on each column, to first order; [columns].
    """

    measure: Measure
    value: float
    chunk_multipliers: FloatArray
    resource_multipliers: FloatArray
    latency_multiplier: float
    column_prices: FloatArray


@final
class LinearRelaxation:
    """Lets every chunk be a convex combination of designs, and prices what the network asks of it.

    Without a limit on fps or latency the period is minimised under the user's limits and the platform's budget. With
    one, the largest relative violation of the user's limits is minimised, ``cycles <= (1 + v) * clock / fps`` and
    ``sum <= (1 + v) * limit``, under the platform's budget. The violation is measured too where no combination keeps
    the user's resource limits, and counts the platform's budget where none keeps that.

    By the envelope theorem the price of one more layer is the multiplier of its chunk times its cycles on the designs
    in use. On a class without layers it is the resources, at their multipliers, of the cheapest chunk that runs the
    layer within the period.
    """

    def solve(self, problem: Problem) -> Prices:
        """Solve for one network, whose counts may be fractions.

        Raises:
            HardwareError: if a class has no design that holds all of its layers.
            RecipeError: for a limit that is not on `PRICED_METRICS`.
        """
        if problem.has_paths:
            raise RecipeError(
                "the linear relaxation adds latency_seconds up over chunks, which holds only where every layer reads "
                "the one before it, and this network branches; bound fps, or allocate all layers to a single chunk"
            )
        for limit in problem.limits:
            if limit.metric not in PRICED_METRICS:
                known = ", ".join(name for name in METRICS if name in PRICED_METRICS)
                raise RecipeError(f"the linear relaxation does not price {limit.metric}; it knows {known}")
        for index, rows in zip(problem.used, problem.rows, strict=True):
            if not len(rows):
                raise HardwareError(
                    f"no {problem.table.classes[index].chunk_class} holds all layers of the network; "
                    "offer larger W_resident capacities, or weights that are not resident"
                )
        plans: list[tuple[Measure, bool]] = [("violation", False), ("violation", True)]
        if not any(limit.metric in PERFORMANCE for limit in problem.limits):
            plans.insert(0, ("period", False))
        for measure, soft_platform in plans:
            rows = _Rows(problem, measure, soft_platform=soft_platform)
            solution = solve_master(rows.master()) if rows.gives.any() else None
            if solution is not None:
                return _prices(rows, solution)
        raise HardwareError("the relaxation has no solution; loosen limits that are 0")


class _Rows:
    """Constraints of the linear program, scaled to about 1.

    Attributes:
        kinds: For each constraint, the chunk whose cycles it bounds, or the sum.
        scales: What one of a load is in cycles or counts.
    """

    def __init__(self, problem: Problem, measure: Measure, *, soft_platform: bool) -> None:
        self.problem = problem
        self.measure: Measure = measure
        self.period_scale = self._period_scale()
        self.kinds: list[tuple[Literal["chunk", "sum"], int]] = []
        self._scales: list[float] = []
        self._bounds: list[float] = []
        self._gives: list[float] = []
        if self.period_scale is not None:
            for place in range(len(problem.used)):
                self._add(("chunk", place), self.period_scale, 0.0 if measure == "period" else 1.0, gives=1)
        for limit in problem.limits:
            if limit.metric in SUMS:
                self._add_limit(limit)
        for column, budget in enumerate(problem.table.budget):
            if any(front.sums[:, column].any() for front in problem.fronts):
                self._add(("sum", column), max(float(budget), 1.0), min(float(budget), 1.0), gives=int(soft_platform))
        self.scales, self.bounds = np.array(self._scales, np.float64), np.array(self._bounds, np.float64)
        self.gives = np.array(self._gives, np.float64)

    def master(self) -> Master:
        """The linear program over all designs."""
        loads: list[FloatArray] = []
        for place, front in enumerate(self.problem.fronts):
            load = np.zeros((len(front.cycles), len(self.kinds)))
            cycles = self.problem.cycles[place][self.problem.rows[place]]
            for k, (kind, which) in enumerate(self.kinds):
                if kind == "chunk" and which == place:
                    load[:, k] = cycles
                elif kind == "sum":
                    load[:, k] = cycles if which == LATENCY else front.sums[:, which]
            loads.append(load / self.scales)
        return Master(loads, self.bounds, self.gives)

    def _period_scale(self) -> float | None:
        """The scale of periods: the fps limit's, or that of the fastest designs; None if only others are bounded."""
        if self.measure == "period":
            return max(1.0, max(float(front.cycles.min()) for front in self.problem.fronts))
        asked = [limit.limit for limit in self.problem.limits if limit.metric == "fps" and limit.limit > 0]
        return self.problem.table.clock_hertz / asked[0] if asked else None

    def _add_limit(self, limit: Limit) -> None:
        which = SUMS[limit.metric]
        bound = limit.limit * (self.problem.table.clock_hertz if which == LATENCY else 1.0)
        is_soft = self.measure == "violation" and bound > 0
        self._add(("sum", which), bound or 1.0, 1.0 if bound > 0 else 0.0, gives=int(is_soft))

    def _add(self, kind: tuple[Literal["chunk", "sum"], int], scale: float, bound: float, *, gives: int) -> None:
        self.kinds.append(kind)
        self._scales.append(scale)
        self._bounds.append(bound)
        self._gives.append(gives)


def _prices(rows: _Rows, solution: Solution) -> Prices:
    """Multipliers in the problem's units, and what they say of every column."""
    problem = rows.problem
    unit = rows.period_scale if rows.measure == "period" and rows.period_scale is not None else 1.0
    per_cycle = np.zeros(len(problem.table.classes))
    per_sum = np.zeros(LATENCY + 1)
    for (kind, which), multiplier, scale in zip(rows.kinds, solution.multipliers, rows.scales, strict=True):
        if kind == "chunk":
            per_cycle[problem.used[which]] += unit * multiplier / scale
        else:
            per_sum[which] += unit * multiplier / scale
    value = unit * solution.value
    pricing = _Pricing(rows, solution, unit, per_cycle, per_sum, value)
    return Prices(
        measure=rows.measure,
        value=value,
        chunk_multipliers=per_cycle,
        resource_multipliers=per_sum[:LATENCY],
        latency_multiplier=float(per_sum[LATENCY]),
        column_prices=np.concatenate([pricing.of_class(index) for index in range(len(problem.table.classes))]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Pricing:
    """Prices of the columns of one class after another."""

    rows: _Rows
    solution: Solution
    unit: float
    per_cycle: FloatArray
    per_sum: FloatArray
    value: float

    def of_class(self, index: int) -> FloatArray:
        """Prices of the columns of one class. [columns of the class]."""
        entry = self.rows.problem.table.classes[index]
        if index in self.rows.problem.used:
            return self._of_chunk_in_use(index, entry)
        return self._of_new_chunk(entry)

    def _of_chunk_in_use(self, index: int, entry: ClassTable) -> FloatArray:
        problem = self.rows.problem
        place = problem.used.index(index)
        support, weights = self.solution.support[place]
        cycles = entry.cycles[problem.rows[place][support]]
        per_cycle = self.per_cycle[index] + self.per_sum[LATENCY]
        prices = per_cycle * (weights @ cycles)
        lost = np.flatnonzero((cycles >= NEVER_CYCLES).any(axis=0)).astype(np.int64)
        if len(lost):
            prices[lost] = self._by_moving(index, place, entry, lost)
        return prices

    def _by_moving(self, index: int, place: int, entry: ClassTable, columns: IntArray) -> FloatArray:
        """Where a design in use cannot hold the layer, the chunk moves to the best one that can, at these prices."""
        problem = self.rows.problem
        per_cycle = self.per_cycle[index] + self.per_sum[LATENCY]
        rows = problem.rows[place]
        more = entry.cycles[np.ix_(rows, columns)]
        cost = per_cycle * problem.cycles[place][rows] + entry.resources[rows] @ self.per_sum[:LATENCY]
        moved = cost[:, None] + np.where(more >= NEVER_CYCLES, np.inf, per_cycle * more)
        best = moved.min(axis=0)
        fallback = per_cycle * np.where(entry.cycles >= NEVER_CYCLES, 0, entry.cycles).max(axis=0)[columns]
        return np.where(np.isfinite(best), best - self.unit * self.solution.charges[place], fallback)

    def _of_new_chunk(self, entry: ClassTable) -> FloatArray:
        """A class without layers: the cheapest chunk that runs the layer within the period."""
        scale = self.rows.period_scale
        charge = (entry.resources @ self.per_sum[:LATENCY])[:, None] + self.per_sum[LATENCY] * entry.cycles
        period = np.inf
        if scale is not None:
            period = self.value if self.rows.measure == "period" else (1 + self.value) * scale
        within = np.where((entry.cycles <= period) & (entry.cycles < NEVER_CYCLES), charge, np.inf).min(axis=0)
        if np.isfinite(within).all() or scale is None:
            return within
        per_cycle = 1.0 if self.rows.measure == "period" else 1 / scale
        late = np.where(entry.cycles >= NEVER_CYCLES, np.inf, charge + per_cycle * (entry.cycles - period)).min(
            axis=0
        )
        return np.where(np.isfinite(within), within, late)
