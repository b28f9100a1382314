"""One network on a design table, with an objective and limits."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, RESOURCES, FloatArray, IntArray
from cosearch.accelerate.optimum import Front
from cosearch.accelerate.scale import ENERGY_METRICS, Scale
from cosearch.accelerate.table import Demand, DesignTable
from cosearch.design import METRICS, Limit
from cosearch.errors import RecipeError
from cosearch.workload import Workload

LATENCY = len(RESOURCES)
"""The sum, beside the resources, that adds up the cycles of all chunks."""

SUMS = {"dsp": 0, "bram18": 1, "uram": 2, "lut": 3, "latency_seconds": LATENCY}
"""Metrics that always add up over chunks, and their columns in `Front.sums`."""

PRICED_METRICS = frozenset({"fps", *SUMS})
"""What the linear relaxation prices, and a joint search can bound."""

PROBLEM_METRICS = frozenset({*PRICED_METRICS, "latency_loaded_seconds", "dram_bits", *ENERGY_METRICS})
"""What the engines can bound and optimise."""

RISING_METRICS = frozenset({"power_watts", "latency_loaded_seconds"})
"""Metrics that a faster design may make worse."""

PATH_METRICS = frozenset({"latency_seconds", "latency_loaded_seconds", "edp"})
"""Metrics that depend on what reads what, unless there is one path."""

ENERGY = "dynamic quanta"
"""Name of the sum of dynamic energies."""


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
        paths = [metric for metric in self.asked if metric in PATH_METRICS]
        if self.has_paths and self.workload is None:
            raise RecipeError(
                f"{paths[0]} of several chunks depends on which layer reads which, and only the numbers of layers "
                "are known; give the workload, or bound fps"
            )
        self._check_table()

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
        for name in ("used", "cycles", "rows", "moves"):  # what was priced stays priced
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    def _check_table(self) -> None:
        """Refuse a table that dropped designs that could be best."""
        for metric in self.asked:
            if metric in RISING_METRICS and self.table.is_pruned:
                raise RecipeError(
                    f"{metric} may be best on a design that another one beats in everything else, and the table has "
                    "dropped those; build it with prune=False"
                )
            if metric in ENERGY_METRICS | {"dram_bits"} and not self.table.minds_energy:
                raise RecipeError(
                    f"the table has dropped designs whatever their energy and traffic, so {metric} cannot be bounded "
                    "or optimised; build it with with_energy=True, or prune=False"
                )

    @property
    def asked(self) -> tuple[str, ...]:
        """The objective and every metric that is bounded."""
        return tuple(dict.fromkeys((self.objective, *(limit.metric for limit in self.limits))))

    @property
    def is_plain(self) -> bool:
        """Whether all that is asked is the period, or a sum over chunks."""
        return not self.has_paths and not ENERGY_METRICS.intersection(self.asked)

    @property
    def has_latency(self) -> bool:
        """Whether the latency of one image is asked, and is the sum of all chunks' cycles: there is only one path."""
        return self._is_one_path and bool({"latency_seconds", "edp"}.intersection(self.asked))

    @property
    def has_paths(self) -> bool:
        """Whether latencies are asked that are no such sum."""
        sums = {"latency_seconds", "edp"} if self._is_one_path else set[str]()
        return bool((PATH_METRICS - sums).intersection(self.asked))

    @property
    def _is_one_path(self) -> bool:
        return self.demand.is_chain or len(self.used) == 1

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
    def moves(self) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Dynamic joules and DRAM bits of the designs in `rows`, for each class in use."""
        found = self.table.moves_of(self.demand)
        return tuple(
            (found[index][0][rows], found[index][1][rows]) for index, rows in zip(self.used, self.rows, strict=True)
        )

    @cached_property
    def scale(self) -> Scale:
        """What one of each metric is."""
        table = self.table
        most = 0.0
        if ENERGY_METRICS.intersection(self.asked):
            dynamic = sum(float(energy.max(initial=0.0)) for energy, _ in self.moves)
            slowest = max(float(c[rows].max(initial=0.0)) for c, rows in zip(self.cycles, self.rows, strict=True))
            most = dynamic + table.static_watts * slowest / table.clock_hertz
        return Scale(
            clock_hertz=table.clock_hertz, static_watts=table.static_watts, quantum_joules=Scale.quantum(most)
        )

    @cached_property
    def sums(self) -> dict[str, int]:
        """What adds up over chunks, and its column in `Front.sums`: resources, and what else the metrics need."""
        names: list[str] = [*RESOURCES]
        if self.has_latency:
            names.append("latency_seconds")
        if "dram_bits" in self.asked:
            names.append("dram_bits")
        if ENERGY_METRICS.intersection(self.asked):
            names.append(ENERGY)
        return {name: column for column, name in enumerate(names)}

    @cached_property
    def fronts(self) -> tuple[Front, ...]:
        """Those designs as the solvers take them."""
        fronts: list[Front] = []
        for place, (index, cycles, rows) in enumerate(zip(self.used, self.cycles, self.rows, strict=True)):
            whole = np.ceil(cycles[rows]).astype(np.int64)
            more: list[IntArray] = []
            if self.has_latency:
                more.append(whole[:, None])
            if "dram_bits" in self.sums:
                more.append(np.ceil(self.moves[place][1])[:, None].astype(np.int64))
            if ENERGY in self.sums:
                quanta = np.ceil(self.moves[place][0] / self.scale.quantum_joules)
                more.append(quanta[:, None].astype(np.int64))
            resources = self.table.classes[index].resources[rows]
            fronts.append(Front(cycles=whole, sums=np.concatenate([resources, *more], axis=1)))
        return tuple(fronts)

    @cached_property
    def budgets(self) -> IntArray:
        """Bounds of all sums: the platform's, or a user's where it is tighter. [sums]."""
        budgets = np.full(len(self.sums), NEVER_CYCLES)
        budgets[: len(RESOURCES)] = self.table.budget
        for limit in self.limits:
            column = self.sums.get(limit.metric)
            if column is not None:
                budgets[column] = min(budgets[column], self.whole_bound(limit))
        return budgets

    @cached_property
    def period_cycles(self) -> int | None:
        """Bound of every chunk's cycles, or None."""
        bounds = [self.whole_bound(limit) for limit in self.limits if limit.metric == "fps" and limit.limit > 0]
        return min(bounds, default=None)

    def whole_bound(self, limit: Limit) -> int:
        """The largest whole number that keeps a limit; see `Scale`."""
        return self.scale.bound(limit)

    def metric(self, name: str, whole: int) -> float:
        """A whole number in the unit of a metric."""
        return self.scale.metric(name, whole)
