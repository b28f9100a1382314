"""Metrics as whole numbers, which the solvers compare exactly, and in their units."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, IntArray
from cosearch.design import Limit

ENERGY_METRICS = frozenset({"energy_joules", "edp", "power_watts"})
"""Metrics that count quanta of energy."""

ENERGY_BITS = 50
"""The dearest accelerator of a problem takes fewer than two to this power quanta of dynamic energy."""

POWER_BITS = 20
"""Power is in quanta of energy a cycle, divided by two to this power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What one of each metric is.

    Whole numbers are cycles (fps, latencies), counts and bits, quanta of energy (`energy_joules`), quanta times
    cycles (`edp`), and parts of a quantum a cycle (`power_watts`, without the static power). A chunk's dynamic energy
    and the static energy of a period are rounded up to quanta; a quantum is at most 2^-49 of what the dearest designs
    burn while the slowest one works, dynamic and static.

    Attributes:
        quantum_joules: A power of two.
    """

    clock_hertz: float
    static_watts: float = 0.0
    quantum_joules: float = 1.0

    @staticmethod
    def quantum(most_joules: float) -> float:
        """The power of two of which energies up to a bound make fewer than two to the power of `ENERGY_BITS`."""
        return math.ldexp(1.0, math.frexp(most_joules)[1] - ENERGY_BITS) if most_joules > 0 else 1.0

    def static_quanta(self, cycles: IntArray) -> IntArray:
        """Static energy of some cycles, rounded up."""
        return np.ceil(cycles * (self.static_watts / self.clock_hertz / self.quantum_joules)).astype(np.int64)

    def metric(self, name: str, whole: int) -> float:
        """A whole number in the unit of a metric."""
        if name == "fps":
            return self.clock_hertz / whole
        if name in ("latency_seconds", "latency_loaded_seconds"):
            return whole / self.clock_hertz
        if name in ENERGY_METRICS:
            return float(whole * self._unit(name) + self._offset(name))
        return float(whole)

    def bound(self, limit: Limit) -> int:
        """The largest whole number that keeps a limit; negative if none does."""
        if limit.metric == "fps":
            if limit.limit == 0:
                return NEVER_CYCLES
            return _largest(self.clock_hertz / limit.limit, limit, lambda n: self.clock_hertz / n)
        if limit.metric in ("latency_seconds", "latency_loaded_seconds"):
            return _largest(limit.limit * self.clock_hertz, limit, lambda n: n / self.clock_hertz)
        if limit.metric in ENERGY_METRICS:
            return self._energy_bound(limit)
        return math.floor(min(limit.limit, float(NEVER_CYCLES)))

    def _energy_bound(self, limit: Limit) -> int:
        """As floating point judges it: whatever `metric` rounds to the limit, or to less, keeps it."""
        above = Fraction(min(math.nextafter(limit.limit, math.inf), sys.float_info.max))
        halfway = (Fraction(limit.limit) + above) / 2
        whole = math.floor((halfway - self._offset(limit.metric)) / self._unit(limit.metric))
        return whole if limit.met_by(self.metric(limit.metric, whole)) else whole - 1

    def _unit(self, name: str) -> Fraction:
        quantum, clock = Fraction(self.quantum_joules), Fraction(self.clock_hertz)
        if name == "energy_joules":
            return quantum
        return quantum / clock if name == "edp" else quantum * clock / (1 << POWER_BITS)

    def _offset(self, name: str) -> Fraction:
        return Fraction(self.static_watts if name == "power_watts" else 0)


def whole_bound(limit: Limit, clock_hertz: float) -> int:
    """The largest cycles or count that keeps a limit at a clock; for limits that count no energy."""
    return Scale(clock_hertz=clock_hertz).bound(limit)


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
