"""Exact minima of metrics that are no sums over chunks: energy with static power, power, energy times delay.

All of them reduce to sums under budgets, which `combine.choose` decides. Write E for the sum of dynamic energies, s
for the static energy of a cycle, T for the cycles of the slowest chunk and t_c for those of chunk c.

- Energy: ``E + s T <= W`` holds exactly if ``E + s t_c <= W`` does for every chunk, since T is the largest t_c.
- Power: ``E / T <= W`` holds exactly if ``E - W t_c <= 0`` does for some chunk; each chunk is tried.
- Energy times delay: ``(E + s T) L <= W`` at a latency L in [a, b] implies, for every chunk,
  ``E + s t_c + L W / (a b) <= W / a + W / b``, the chord of the convex W / L. A choice that keeps the chords and not
  the product splits the interval at its own latency, where chord and product agree; at a single latency the bound is
  ``W / a`` itself.
- Latency: the longest path, so the sum over every path is bounded; paths are added as choices are found that break
  one. Under load a path takes a period for each of its turns besides, ``P + k t_c <= W`` for every chunk, which only
  bounds from below; what keeps all of these is enumerated and scheduled.
"""

from collections.abc import Sequence
from typing import final

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.combine import Choice, Deadline, OutOfTimeError, choose, every_choice, shrink
from cosearch.accelerate.measures import MOST_QUANTA, NOTHING, Bounds, Measures, System
from cosearch.accelerate.optimum import Front, Minimum, settle
from cosearch.accelerate.problem import ENERGY, Problem


@final
class Mixed:
    """Decisions and minima over the designs of a problem.

    Args:
        problem: What is asked.
        fronts: Its fronts, or the first rows of them.
        deadline: When to stop.
    """

    def __init__(self, problem: Problem, fronts: Sequence[Front], deadline: Deadline) -> None:
        self.measures = Measures(problem, fronts)
        self.fronts, self.deadline = fronts, deadline
        self.rows = [np.arange(len(front.cycles)) for front in fronts]

    def find(self, bounds: Bounds) -> Choice | None:
        """A choice that keeps bounds and budgets, or None if there is none.

        Raises:
            OutOfTimeError: if the deadline passes first.
        """
        if min(bounds.values(), default=0) < 0:
            return None
        if "power_watts" not in bounds:
            return self._at_any_latency(bounds, NOTHING)
        for chunk in range(len(self.fronts)):
            excess = self.measures.excess(chunk, bounds["power_watts"])
            found = self._at_any_latency(bounds, NOTHING.bounded(excess, 0))
            if found is not None:
                return found
        return None

    def minimum(self, objective: str) -> Minimum:
        """The least of a metric within the user's limits.

        Bisection, where every other step asks for anything better than the best: if there is nothing, it is proved.
        """
        limits = self.measures.limits()
        bound, best = 0, None
        try:
            best = self.find(limits)
            if best is None:
                return Minimum(None, None, 0, True)
            bound, is_last = self.measures.least(objective, self.rows), False
            while bound < (value := self.measures.whole(objective, best)):
                target = value - 1 if is_last else (bound + value - 1) // 2
                is_last = not is_last
                found = self.find({**limits, objective: min(target, limits.get(objective, target))})
                if found is None:
                    bound = target + 1
                else:
                    best = found
                    self._drop({**limits, objective: self.measures.whole(objective, found)})
        except OutOfTimeError:
            value = None if best is None else self.measures.whole(objective, best)
            return Minimum(best, value, bound, False)
        value = self.measures.whole(objective, best)
        return Minimum(best, value, value, True)

    def settle(self, objective: str, best: Choice, keys: Sequence[int]) -> Choice:
        """Among choices as good that are no slower, the least in the order of keys, then rows.

        Where the product of energy and delay is asked, their latency is no longer either.

        Args:
            objective: What is not to get worse.
            best: A choice that keeps the limits; what is returned if time runs out.
            keys: Columns of the fronts' sums, the first counts most.
        """
        whole, energy = self.measures.whole, self.measures.problem.sums.get(ENERGY)
        bounds = {**self.measures.limits(), objective: whole(objective, best)}
        within = {**bounds, "latency_seconds": whole("latency_seconds", best)} if "edp" in bounds else bounds
        everything = [np.arange(len(front.cycles)) for front in self.fronts]
        while True:
            system = self.measures.system(within, NOTHING)
            if energy is not None:
                column = [front.sums[:, energy] for front in self.fronts]
                system = system.bounded(column, self.measures.allowed(bounds, best))
            sums = self.measures.sums(system, everything)
            fronts = [Front(front.cycles, own) for front, own in zip(self.fronts, sums, strict=True)]
            budgets = np.array([*self.measures.budgets(within), *system.budgets], np.int64)
            found = settle(fronts, budgets, whole("fps", best), keys, best, self.deadline)
            if self.measures.keeps(bounds, found):
                return found
            if not self.measures.learns(bounds, found):
                return best

    def _at_any_latency(self, bounds: Bounds, system: System) -> Choice | None:
        """Find, with the product of energy and delay if that is bounded."""
        if "edp" not in bounds:
            return self._choose(bounds, system)
        low, high = self._latencies(bounds)
        any_energy = min(bounds["edp"] // MOST_QUANTA, high)
        if any_energy >= low:  # so short that no energy is too much
            found = self._choose({**bounds, "latency_seconds": any_energy}, system)
            if found is not None:
                return found
        return self._within(bounds, system, max(low, any_energy + 1), high)

    def _latencies(self, bounds: Bounds) -> tuple[int, int]:
        """The least and the most cycles of an image that a bounded product of energy and delay leaves."""
        high = sum(int(front.cycles[rows].max(initial=0)) for front, rows in self._pairs())
        high = min(high, bounds["edp"] // max(1, self.measures.least("energy_joules", self.rows)))
        return self.measures.least("latency_seconds", self.rows), min(high, bounds.get("latency_seconds", high))

    def _within(self, bounds: Bounds, system: System, low: int, high: int) -> Choice | None:
        """Find, with the latency from `low` to `high`."""
        intervals, product = [(low, high)], bounds["edp"]
        while intervals:
            low, high = intervals.pop()
            if low > high:
                continue
            found = self._choose({**bounds, "latency_seconds": high}, self.measures.chord(system, product, low, high))
            if found is None:
                continue
            if self.measures.whole("edp", found) <= product:
                return found
            if self.measures.add(found):
                intervals.append((low, high))
                continue
            middle = min(max(self.measures.whole("latency_seconds", found), low), high - 1)
            intervals += [(middle + 1, high), (low, middle)]
        return None

    def _choose(self, bounds: Bounds, system: System) -> Choice | None:
        """Find, where the product of energy and delay is not bounded, nor power."""
        kept = self._in_period(bounds)
        while True:
            self.deadline.check()
            whole = self.measures.system(bounds, system)
            sums = self.measures.sums(whole, kept)
            budgets = np.array([*self.measures.budgets(bounds), *whole.budgets], np.int64)
            places = choose(sums, budgets, self.deadline)
            if places is None:
                return None
            found = tuple(int(k[p]) for k, p in zip(kept, places, strict=True))
            if self.measures.learns(bounds, found):
                continue
            loaded = bounds.get("latency_loaded_seconds")
            if loaded is None or self.measures.whole("latency_loaded_seconds", found) <= loaded:
                return found
            return self._scheduled(kept, sums, budgets, bounds)

    def _scheduled(
        self, kept: Sequence[IntArray], sums: Sequence[IntArray], budgets: IntArray, bounds: Bounds
    ) -> Choice | None:
        """Among all choices within budgets, one whose latencies, under load and alone, are within their bounds."""
        loaded, alone = bounds["latency_loaded_seconds"], bounds.get("latency_seconds")
        for places in every_choice(sums, budgets, self.deadline):
            choices = np.stack([rows[own] for rows, own in zip(kept, places.T, strict=True)], axis=1)
            cycles = [front.cycles[own] for front, own in zip(self.fronts, choices.T, strict=True)]
            for place in np.flatnonzero(self.measures.latencies.loaded(choices, np.max(cycles, axis=0)) <= loaded):
                found = tuple(int(row) for row in choices[place])
                if alone is None or self.measures.whole("latency_seconds", found) <= alone:
                    return found
        return None

    def _drop(self, bounds: Bounds) -> None:
        """Forget designs that no choice within bounds has; power is not looked at."""
        system = self.measures.system(bounds, NOTHING)
        if "edp" in bounds:
            low, high = self._latencies(bounds)
            if bounds["edp"] // MOST_QUANTA < low <= high:
                system = self.measures.chord(system, bounds["edp"], low, high)
        kept = self._in_period(bounds)
        budgets = np.array([*self.measures.budgets(bounds), *system.budgets], np.int64)
        places = shrink(self.measures.sums(system, kept), budgets)
        if places is not None:
            self.rows = [rows[own] for rows, own in zip(kept, places, strict=True)]

    def _in_period(self, bounds: Bounds) -> list[IntArray]:
        period = bounds.get("fps")
        if period is None:
            return self.rows
        return [rows[front.cycles[rows] <= period] for front, rows in self._pairs()]

    def _pairs(self) -> list[tuple[Front, IntArray]]:
        return list(zip(self.fronts, self.rows, strict=True))
