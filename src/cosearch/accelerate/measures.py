"""Metrics of choices in whole numbers, and the sums over chunks that bounds of them come down to; see `mixed`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product as product_of
from typing import final

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, IntArray
from cosearch.accelerate.combine import Choice
from cosearch.accelerate.latency import Latencies, Path
from cosearch.accelerate.optimum import Front
from cosearch.accelerate.problem import ENERGY, Problem
from cosearch.accelerate.scale import POWER_BITS

MOST_QUANTA = 1 << 51
"""More than any accelerator's energy; see `scale.ENERGY_BITS`."""

_SLACK = 1e-12
"""Above the rounding of chords, which may be too loose but never too tight."""

Bounds = Mapping[str, int]
"""The largest whole number that each bounded metric may have; of fps, the cycles of the slowest chunk."""


@dataclass(frozen=True, slots=True)
class System:
    """Sums beside the fronts' own: one array [rows] a chunk, and what their total may be."""

    columns: list[list[IntArray]]
    budgets: list[int]

    def bounded(self, column: list[IntArray], budget: int) -> "System":
        """With one more sum."""
        return System([*self.columns, column], [*self.budgets, budget])


NOTHING = System([], [])


@final
class Measures:
    """What choices among the designs of some fronts take.

    Args:
        problem: What is asked.
        fronts: Its fronts, or the first rows of them.
    """

    def __init__(self, problem: Problem, fronts: Sequence[Front]) -> None:
        self.problem, self.fronts = problem, fronts
        self._paths: dict[Path, list[IntArray]] = {}
        if problem.has_latency:
            column = problem.sums["latency_seconds"]
            self._paths[Path((), 0)] = [front.sums[:, column] for front in fronts]
        self._static = [problem.scale.static_quanta(front.cycles) for front in fronts]

    def limits(self) -> dict[str, int]:
        """The user's limits as whole numbers."""
        found = {limit.metric: self.problem.whole_bound(limit) for limit in self.problem.limits}
        if "energy_joules" in found:
            found["energy_joules"] = min(found["energy_joules"], MOST_QUANTA)
        return found

    def whole(self, metric: str, choice: Choice) -> int:
        """A metric of a choice."""
        period = max(int(front.cycles[row]) for front, row in zip(self.fronts, choice, strict=True))
        if metric == "fps":
            return period
        if metric in self.problem.sums:
            return self._total(self.problem.sums[metric], choice)
        if metric == "latency_seconds":
            return self.latencies.length(self.latencies.longest(choice), choice)
        if metric == "latency_loaded_seconds":
            return int(self.latencies.loaded(np.array([choice]), np.array([period]))[0])
        dynamic = self._total(self.problem.sums[ENERGY], choice)
        if metric == "power_watts":
            return -(-(dynamic << POWER_BITS) // period)
        energy = dynamic + self._static_at(period)
        return energy * self.whole("latency_seconds", choice) if metric == "edp" else energy

    def keeps(self, bounds: Bounds, choice: Choice) -> bool:
        """Whether a choice keeps bounds and budgets."""
        budgets = self.problem.budgets
        total = sum(front.sums[row] for front, row in zip(self.fronts, choice, strict=True))
        return bool((total <= budgets).all()) and all(self.whole(name, choice) <= b for name, b in bounds.items())

    def allowed(self, bounds: Bounds, choice: Choice) -> int:
        """Dynamic quanta within bounds at the period and the latency of a choice."""
        period = self.whole("fps", choice)
        static, allowed = self._static_at(period), MOST_QUANTA
        if "energy_joules" in bounds:
            allowed = min(allowed, bounds["energy_joules"] - static)
        if "power_watts" in bounds:
            allowed = min(allowed, bounds["power_watts"] * period >> POWER_BITS)
        if "edp" in bounds:
            allowed = min(allowed, bounds["edp"] // self.whole("latency_seconds", choice) - static)
        return allowed

    def system(self, bounds: Bounds, system: System) -> System:
        """With what energy and the paths that are known make of bounds."""
        chunks = range(len(self.fronts))
        if "energy_joules" in bounds:
            for chunk in chunks:
                system = system.bounded(self._energy(chunk), bounds["energy_joules"])
        for path, columns in self._paths.items():
            if "latency_seconds" in bounds and not path.turns and not self.problem.has_latency:
                system = system.bounded(columns, bounds["latency_seconds"])
            if "latency_loaded_seconds" in bounds:
                for chunk in chunks if path.turns else [0]:
                    turns = [self.fronts[c].cycles * (path.turns if c == chunk else 0) for c in chunks]
                    sums = [own + more for own, more in zip(columns, turns, strict=True)]
                    system = system.bounded(sums, bounds["latency_loaded_seconds"])
        return system

    def chord(self, system: System, product: int, low: int, high: int) -> System:
        """With the chord of energies over an interval of latencies."""
        rise = 0.0 if low == high else product / (low * high) * (1 - _SLACK)
        budget = product // low if low == high else int((product / low + product / high) * (1 + _SLACK)) + 1
        rises = [
            [np.minimum(own * rise, float(NEVER_CYCLES)).astype(np.int64) for own in columns]
            for path, columns in self._paths.items()
            if not path.turns
        ]
        for chunk, risen in product_of(range(len(self.fronts)), rises or [[0] * len(self.fronts)]):
            sums = [own + more for own, more in zip(self._energy(chunk), risen, strict=True)]
            system = system.bounded(sums, budget)
        return system

    def learns(self, bounds: Bounds, choice: Choice) -> bool:
        """Add a path that a choice breaks the bounds on; whether there was one."""
        alone, loaded = bounds.get("latency_seconds"), bounds.get("latency_loaded_seconds")
        if alone is not None and self.whole("latency_seconds", choice) > alone and self.add(choice):
            return True
        if loaded is None:
            return False
        period = self.whole("fps", choice)
        path = self.latencies.longest(choice, period)
        takes = self.latencies.length(path, choice) + path.turns * period
        return takes > loaded and self.add(choice, period)

    def add(self, choice: Choice, period: int = 0) -> bool:
        """Know the longest path of a choice; whether it is news."""
        if self.problem.has_latency and not period:
            return False
        path = self.latencies.longest(choice, period)
        if path in self._paths:
            return False
        self._paths[path] = self.latencies.columns(path)
        return True

    def least(self, objective: str, rows: Sequence[IntArray]) -> int:
        """No choice among some rows has less."""
        pairs = list(zip(self.fronts, rows, strict=True))
        period = max(int(front.cycles[own].min()) for front, own in pairs)
        if objective == "fps":
            return period
        if objective in ("latency_seconds", "latency_loaded_seconds"):
            totals = [
                sum(int(c[own].min()) for c, own in zip(columns, rows, strict=True)) + path.turns * period
                for path, columns in self._paths.items()
                if not path.turns or objective == "latency_loaded_seconds"
            ]
            return max(totals, default=0)
        if objective in self.problem.sums or objective == "energy_joules":
            column = self.problem.sums.get(objective, self.problem.sums.get(ENERGY, 0))
            return sum(int(front.sums[own, column].min()) for front, own in pairs)
        return 0

    def budgets(self, bounds: Bounds) -> IntArray:
        """Of the fronts' own sums: the platform's, or a bound where it is tighter. [sums]."""
        budgets = self.problem.budgets.copy()
        for name, column in self.problem.sums.items():
            budgets[column] = min(budgets[column], bounds.get(name, budgets[column]))
        return budgets

    def sums(self, system: System, kept: Sequence[IntArray]) -> list[IntArray]:
        """The fronts' sums and those of a system, at some rows."""
        found: list[IntArray] = []
        for chunk, (front, rows) in enumerate(zip(self.fronts, kept, strict=True)):
            more = [column[chunk][rows][:, None] for column in system.columns]
            found.append(np.concatenate([front.sums[rows], *more], axis=1))
        return found

    @cached_property
    def latencies(self) -> Latencies:
        """Schedules of the network."""
        problem = self.problem
        assert problem.workload is not None
        return Latencies(problem.workload, problem.table, problem.used, problem.rows)

    def excess(self, chunk: int, power: int) -> list[IntArray]:
        """Dynamic quanta of every chunk, less those that a power allows within one chunk's cycles."""
        column = self.problem.sums[ENERGY]
        sums = [front.sums[:, column] for front in self.fronts]
        # A bound beyond all quanta may be too large for floating point.
        high, low = min(power >> POWER_BITS, MOST_QUANTA), power & ((1 << POWER_BITS) - 1)
        cycles = self.fronts[chunk].cycles
        allowed = np.minimum(cycles * float(high), float(MOST_QUANTA)).astype(np.int64)
        exact = np.where(allowed < MOST_QUANTA, cycles * high, MOST_QUANTA)
        sums[chunk] = sums[chunk] - (exact + (cycles * low >> POWER_BITS))
        return sums

    def _energy(self, chunk: int) -> list[IntArray]:
        """Dynamic quanta of every chunk, and the static ones of one of them."""
        column = self.problem.sums[ENERGY]
        return [
            front.sums[:, column] + (self._static[place] if place == chunk else 0)
            for place, front in enumerate(self.fronts)
        ]

    def _static_at(self, period: int) -> int:
        return int(self.problem.scale.static_quanta(np.array([period]))[0])

    def _total(self, column: int, choice: Choice) -> int:
        return sum(int(front.sums[row, column]) for front, row in zip(self.fronts, choice, strict=True))
