"""Exact minima of metrics that are no sums over chunks: energy with static power, power, energy times delay.

All of them reduce to sums under budgets, which `combine.choose` decides. Write E for the sum of dynamic energies, s
for the static energy of a cycle, T for the cycles of the slowest chunk and t_c for those of chunk c.

- Energy: ``E + s T <= W`` holds exactly if ``E + s t_c <= W`` does for every chunk, since T is the largest t_c.
- Power: ``E / T <= W`` holds exactly if ``E - W t_c <= 0`` does for some chunk; each chunk is tried.
- Energy times delay: ``(E + s T) L <= W`` at a latency L in [a, b] implies, for every chunk,
  ``E + s t_c + L W / (a b) <= W / a + W / b``, the chord of the convex W / L. A choice that keeps the chords and not
  the product splits the interval at its own latency, where chord and product agree; at a single latency the bound is
  ``W / a`` itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, IntArray
from cosearch.accelerate.combine import Choice, Deadline, OutOfTimeError, choose, shrink
from cosearch.accelerate.optimum import Front, Minimum, settle
from cosearch.accelerate.problem import ENERGY, Problem
from cosearch.accelerate.scale import POWER_BITS

_MOST_QUANTA = 1 << 51
"""More than any accelerator's energy; see `scale.ENERGY_BITS`."""

_SLACK = 1e-12
"""Above the rounding of chords, which may be too loose but never too tight."""

Bounds = Mapping[str, int]
"""The largest whole number that each bounded metric may have; of fps, the cycles of the slowest chunk."""


@dataclass(frozen=True, slots=True)
class _System:
    """Sums beside the fronts' own: one array [rows] a chunk, and what their total may be."""

    columns: list[list[IntArray]]
    budgets: list[int]

    def bounded(self, column: list[IntArray], budget: int) -> "_System":
        """With one more sum."""
        return _System([*self.columns, column], [*self.budgets, budget])


@final
class Mixed:
    """Decisions and minima over the designs of a problem.

    Args:
        problem: What is asked.
        fronts: Its fronts, or the first rows of them.
        deadline: When to stop.
    """

    def __init__(self, problem: Problem, fronts: Sequence[Front], deadline: Deadline) -> None:
        self.problem, self.deadline = problem, deadline
        self.fronts = fronts
        self.rows = [np.arange(len(front.cycles)) for front in fronts]
        self._static = [problem.scale.static_quanta(front.cycles) for front in fronts]

    def limits(self) -> dict[str, int]:
        """The user's limits as whole numbers."""
        return {limit.metric: self.problem.whole_bound(limit) for limit in self.problem.limits}

    def whole(self, metric: str, choice: Choice) -> int:
        """A metric of a choice."""
        period = max(int(front.cycles[row]) for front, row in zip(self.fronts, choice, strict=True))
        if metric == "fps":
            return period
        if metric in self.problem.sums:
            return self._total(self.problem.sums[metric], choice)
        dynamic = self._total(self.problem.sums[ENERGY], choice)
        if metric == "power_watts":
            return -(-(dynamic << POWER_BITS) // period)
        energy = dynamic + self._static_at(period)
        return energy * self.whole("latency_seconds", choice) if metric == "edp" else energy

    def find(self, bounds: Bounds) -> Choice | None:
        """A choice that keeps bounds and budgets, or None if there is none.

        Raises:
            OutOfTimeError: if the deadline passes first.
        """
        if min(bounds.values(), default=0) < 0:
            return None
        system = _System([], [])
        if "energy_joules" in bounds:
            for chunk in range(len(self.fronts)):
                system = system.bounded(self._energy(chunk), bounds["energy_joules"])
        if "power_watts" not in bounds:
            return self._at_any_latency(bounds, system)
        for chunk in range(len(self.fronts)):
            found = self._at_any_latency(bounds, system.bounded(self._excess(chunk, bounds["power_watts"]), 0))
            if found is not None:
                return found
        return None

    def minimum(self, objective: str) -> Minimum:
        """The least of a metric within the user's limits.

        Bisection, where every other step asks for anything better than the best: if there is nothing, it is proved.
        """
        limits = self.limits()
        bound, best = 0, None
        try:
            best = self.find(limits)
            if best is None:
                return Minimum(None, None, 0, True)
            bound, is_last = self._least(objective), False
            while bound < (value := self.whole(objective, best)):
                target = value - 1 if is_last else (bound + value - 1) // 2
                is_last = not is_last
                found = self.find({**limits, objective: min(target, limits.get(objective, target))})
                if found is None:
                    bound = target + 1
                else:
                    best = found
                    self._drop({**limits, objective: self.whole(objective, found)})
        except OutOfTimeError:
            value = None if best is None else self.whole(objective, best)
            return Minimum(best, value, bound, False)
        value = self.whole(objective, best)
        return Minimum(best, value, value, True)

    def settle(self, objective: str, best: Choice, keys: Sequence[int]) -> Choice:
        """Among choices as good that are no slower, the least in the order of keys, then rows.

        Where the product of energy and delay is asked, their latency is no longer either.

        Args:
            objective: What is not to get worse.
            best: A choice that keeps the limits; what is returned if time runs out.
            keys: Columns of the fronts' sums, the first counts most.
        """
        bounds = {**self.limits(), objective: self.whole(objective, best)}
        budgets = self._budgets(bounds)
        if ENERGY in self.problem.sums:
            budgets[self.problem.sums[ENERGY]] = self._allowed(bounds, best)
        if "edp" in bounds:
            budgets[self.problem.sums["latency_seconds"]] = self.whole("latency_seconds", best)
        found = settle(self.fronts, budgets, self.whole("fps", best), keys, best, self.deadline)
        return found if self.keeps(bounds, found) else best

    def _allowed(self, bounds: Bounds, choice: Choice) -> int:
        """Dynamic quanta within bounds at the period and the latency of a choice."""
        period = self.whole("fps", choice)
        static, allowed = self._static_at(period), _MOST_QUANTA
        if "energy_joules" in bounds:
            allowed = min(allowed, bounds["energy_joules"] - static)
        if "power_watts" in bounds:
            allowed = min(allowed, bounds["power_watts"] * period >> POWER_BITS)
        if "edp" in bounds:
            allowed = min(allowed, bounds["edp"] // self.whole("latency_seconds", choice) - static)
        return allowed

    def keeps(self, bounds: Bounds, choice: Choice) -> bool:
        """Whether a choice keeps bounds and budgets."""
        budgets = self.problem.budgets
        total = sum(front.sums[row] for front, row in zip(self.fronts, choice, strict=True))
        return bool((total <= budgets).all()) and all(self.whole(name, choice) <= b for name, b in bounds.items())

    def _at_any_latency(self, bounds: Bounds, system: _System) -> Choice | None:
        """Find, with the product of energy and delay if that is bounded."""
        if "edp" not in bounds:
            return self._choose(bounds, system)
        product, column = bounds["edp"], self.problem.sums["latency_seconds"]
        least = sum(int(f.sums[rows, column].min(initial=NEVER_CYCLES)) for f, rows in self._pairs())
        most = min(sum(int(f.sums[rows, column].max(initial=0)) for f, rows in self._pairs()), product)
        most = min(most, bounds.get("latency_seconds", most))
        any_energy = min(product // _MOST_QUANTA, most)
        if any_energy >= least:  # so short that no energy is too much
            found = self._choose({**bounds, "latency_seconds": any_energy}, system)
            if found is not None:
                return found
        return self._within(bounds, system, max(least, any_energy + 1), most)

    def _within(self, bounds: Bounds, system: _System, low: int, high: int) -> Choice | None:
        """Find, with the latency from `low` to `high`."""
        intervals, product = [(low, high)], bounds["edp"]
        while intervals:
            low, high = intervals.pop()
            if low > high:
                continue
            found = self._choose({**bounds, "latency_seconds": high}, self._chord(system, product, low, high))
            if found is None:
                continue
            if self.whole("edp", found) <= product:
                return found
            middle = min(max(self.whole("latency_seconds", found), low), high - 1)
            intervals += [(middle + 1, high), (low, middle)]
        return None

    def _chord(self, system: _System, product: int, low: int, high: int) -> _System:
        """With the chord of energies over an interval of latencies."""
        column = self.problem.sums["latency_seconds"]
        rise = 0.0 if low == high else product / (low * high) * (1 - _SLACK)
        budget = product // low if low == high else int((product / low + product / high) * (1 + _SLACK)) + 1
        for chunk in range(len(self.fronts)):
            energy = self._energy(chunk)
            sums = [
                own + np.minimum(front.sums[:, column] * rise, float(NEVER_CYCLES)).astype(np.int64)
                for own, front in zip(energy, self.fronts, strict=True)
            ]
            system = system.bounded(sums, budget)
        return system

    def _choose(self, bounds: Bounds, system: _System) -> Choice | None:
        """Find, where only periods and sums are bounded."""
        self.deadline.check()
        kept = self._in_period(bounds)
        sums = self._sums(system, kept)
        places = choose(sums, np.array([*self._budgets(bounds), *system.budgets], np.int64), self.deadline)
        return None if places is None else tuple(int(k[p]) for k, p in zip(kept, places, strict=True))

    def _drop(self, bounds: Bounds) -> None:
        """Forget designs that no choice within bounds has; power and products are not looked at."""
        system = _System([], [])
        if "energy_joules" in bounds:
            for chunk in range(len(self.fronts)):
                system = system.bounded(self._energy(chunk), bounds["energy_joules"])
        kept = self._in_period(bounds)
        budgets = np.array([*self._budgets(bounds), *system.budgets], np.int64)
        places = shrink(self._sums(system, kept), budgets)
        if places is not None:
            self.rows = [rows[own] for rows, own in zip(kept, places, strict=True)]

    def _in_period(self, bounds: Bounds) -> list[IntArray]:
        period = bounds.get("fps")
        if period is None:
            return self.rows
        return [rows[front.cycles[rows] <= period] for front, rows in self._pairs()]

    def _sums(self, system: _System, kept: Sequence[IntArray]) -> list[IntArray]:
        """The fronts' sums and those of a system, at some rows."""
        found: list[IntArray] = []
        for chunk, (front, rows) in enumerate(zip(self.fronts, kept, strict=True)):
            more = [column[chunk][rows][:, None] for column in system.columns]
            found.append(np.concatenate([front.sums[rows], *more], axis=1))
        return found

    def _budgets(self, bounds: Bounds) -> IntArray:
        budgets = self.problem.budgets.copy()
        for name, column in self.problem.sums.items():
            budgets[column] = min(budgets[column], bounds.get(name, budgets[column]))
        return budgets

    def _least(self, objective: str) -> int:
        """No choice of the rows that are left has less."""
        period = max(int(front.cycles[rows].min()) for front, rows in self._pairs())
        if objective == "fps":
            return period
        column = self.problem.sums.get(objective, self.problem.sums.get(ENERGY, 0))
        total = sum(int(front.sums[rows, column].min()) for front, rows in self._pairs())
        if objective in self.problem.sums or objective == "energy_joules":
            return total
        return 0

    def _energy(self, chunk: int) -> list[IntArray]:
        """Dynamic quanta of every chunk, and the static ones of one of them."""
        column = self.problem.sums[ENERGY]
        return [
            front.sums[:, column] + (self._static[place] if place == chunk else 0)
            for place, front in enumerate(self.fronts)
        ]

    def _excess(self, chunk: int, power: int) -> list[IntArray]:
        """Dynamic quanta of every chunk, less those that a power allows within one chunk's cycles."""
        column = self.problem.sums[ENERGY]
        sums = [front.sums[:, column] for front in self.fronts]
        high, low = power >> POWER_BITS, power & ((1 << POWER_BITS) - 1)
        cycles = self.fronts[chunk].cycles
        allowed = np.minimum(cycles * float(high), float(_MOST_QUANTA)).astype(np.int64)
        exact = np.where(allowed < _MOST_QUANTA, cycles * min(high, _MOST_QUANTA), _MOST_QUANTA)
        sums[chunk] = sums[chunk] - (exact + (cycles * low >> POWER_BITS))
        return sums

    def _static_at(self, period: int) -> int:
        return int(self.problem.scale.static_quanta(np.array([period]))[0])

    def _total(self, column: int, choice: Choice) -> int:
        return sum(int(front.sums[row, column]) for front, row in zip(self.fronts, choice, strict=True))

    def _pairs(self) -> list[tuple[Front, IntArray]]:
        return list(zip(self.fronts, self.rows, strict=True))
