"""One network on a design table, with an objective and limits."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, RESOURCES, FloatArray, IntArray
from cosearch.accelerate.optimum import Front
from cosearch.accelerate.table import Demand, DesignTable
from cosearch.design import METRICS, Limit
from cosearch.errors import RecipeError
from cosearch.workload import Workload

LATENCY = len(RESOURCES)
"""The sum, beside the resources, that adds up the cycles of all chunks."""

SUMS = {"dsp": 0, "bram18": 1, "uram": 2, "lut": 3, "latency_seconds": LATENCY}
"""Metrics that add up over chunks, and their columns in `Front.sums`."""

PROBLEM_METRICS = frozenset({"fps", *SUMS})
"""What the engines can bound and optimise."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """Find the best accelerator of one network in the space of a table.

    Attributes:
        demand: What the network asks of the table.
        objective: One of `PROBLEM_METRICS`; fps is maximised, everything else is minimised.
        limits: Bounds a user set. The platform's budget holds beside them and is never relaxed.
        workload: The network itself, which an accelerator's programs name; None if only the price is wanted.

    Raises:
        RecipeError: for an objective or a limit the engines cannot handle, or a latency that is no sum.
    """

    table: DesignTable
    demand: Demand
    objective: str = "fps"
    limits: tuple[Limit, ...] = ()
    workload: Workload | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        known = ", ".join(name for name in METRICS if name in PROBLEM_METRICS)
        for metric in (self.objective, *(limit.metric for limit in self.limits)):
            if metric not in PROBLEM_METRICS:
                raise RecipeError(f"{metric!r} is no metric that the engines can bound or optimise; known: {known}")
        names = [limit.metric for limit in self.limits]
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise RecipeError(f"{repeated[0]} is bounded twice; keep one")
        if self.has_latency and not self.demand.is_chain and len(self.used) > 1:
            raise RecipeError(
                "latency_seconds adds up over chunks only where every layer reads the one before it, and this "
                "network branches; bound fps, or allocate all layers to a single chunk"
            )

    @staticmethod
    def of(table: DesignTable, workload: Workload, objective: str = "fps", limits: Sequence[Limit] = ()) -> "Problem":
        """The problem of a network.

        Raises:
            RecipeError: see the class.
            HardwareError: if the table was built without one of the network's shapes.
        """
        demand = table.demand_of(workload)
        return Problem(table=table, demand=demand, objective=objective, limits=tuple(limits), workload=workload)

    def with_limits(self, limits: Sequence[Limit], objective: str | None = None) -> "Problem":
        """The same network under other limits."""
        other = replace(self, limits=tuple(limits), objective=objective or self.objective)
        for name in ("used", "cycles", "rows"):  # what was priced stays priced
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    @property
    def has_latency(self) -> bool:
        """Whether the latency of one image is bounded or optimised."""
        return "latency_seconds" in (self.objective, *(limit.metric for limit in self.limits))

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Classes that have layers."""
        return tuple(
            index
            for index, entry in enumerate(self.table.classes)
            if self.demand.counts[entry.first_column : entry.first_column + len(entry.shapes)].any()
        )

    @cached_property
    def cycles(self) -> tuple[FloatArray, ...]:
        """Cycles of all designs, a vector [designs] for each class in use; infinite where a layer does not fit."""
        vectors = self.table.cycles_of(self.demand)
        return tuple(vectors[index] for index in self.used)

    @cached_property
    def rows(self) -> tuple[IntArray, ...]:
        """Designs that hold all of the network's layers, for each class in use."""
        return tuple(np.flatnonzero(np.isfinite(cycles)) for cycles in self.cycles)

    @cached_property
    def fronts(self) -> tuple[Front, ...]:
        """Those designs as the solvers take them."""
        fronts: list[Front] = []
        for index, cycles, rows in zip(self.used, self.cycles, self.rows, strict=True):
            whole = np.ceil(cycles[rows]).astype(np.int64)
            resources = self.table.classes[index].resources[rows]
            sums = np.concatenate([resources, whole[:, None]], axis=1) if self.has_latency else resources
            fronts.append(Front(cycles=whole, sums=sums))
        return tuple(fronts)

    @cached_property
    def budgets(self) -> IntArray:
        """Bounds of all sums: the platform's, or a user's where it is tighter. [sums]."""
        budgets = np.append(self.table.budget, NEVER_CYCLES) if self.has_latency else self.table.budget.copy()
        for limit in self.limits:
            column = SUMS.get(limit.metric)
            if column is not None:
                budgets[column] = min(budgets[column], self.whole_bound(limit))
        return budgets

    @cached_property
    def period_cycles(self) -> int | None:
        """Bound of every chunk's cycles, or None."""
        bounds = [self.whole_bound(limit) for limit in self.limits if limit.metric == "fps" and limit.limit > 0]
        return min(bounds, default=None)

    def whole_bound(self, limit: Limit) -> int:
        """The largest cycles or count that keeps a limit."""
        return whole_bound(limit, self.table.clock_hertz)

    def metric(self, name: str, whole: int) -> float:
        """Cycles or a count in the unit of a metric."""
        if name == "fps":
            return self.table.clock_hertz / whole
        return whole / self.table.clock_hertz if name == "latency_seconds" else float(whole)


def whole_bound(limit: Limit, clock_hertz: float) -> int:
    """The largest cycles or count that keeps a limit at a clock."""
    if limit.metric == "fps":
        if limit.limit == 0:
            return NEVER_CYCLES
        return _largest(clock_hertz / limit.limit, limit, lambda n: clock_hertz / n)
    if limit.metric == "latency_seconds":
        return _largest(limit.limit * clock_hertz, limit, lambda n: n / clock_hertz)
    return math.floor(min(limit.limit, float(NEVER_CYCLES)))


def _largest(guess: float, limit: Limit, value: Callable[[int], float]) -> int:
    """The largest count whose value keeps a limit, as floating point judges it."""
    whole = math.floor(min(guess, float(NEVER_CYCLES)))
    while limit.met_by(value(whole + 1)):
        whole += 1
        if whole >= NEVER_CYCLES:
            break
    while whole > 0 and not limit.met_by(value(whole)):
        whole -= 1
    return whole
