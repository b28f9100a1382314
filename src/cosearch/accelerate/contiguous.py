"""The network in order, cut into runs of layers with a chunk each: the cuts and designs of least period."""

from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, FloatArray, IntArray
from cosearch.accelerate.combine import Deadline, OutOfTimeError
from cosearch.accelerate.dominance import nondominated
from cosearch.errors import HardwareError

_NEVER = Deadline()


@dataclass(frozen=True, slots=True)
class Run:
    """Layers `start` to before `stop`, on a chunk of one design."""

    start: int
    stop: int
    design: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContiguousMinimum:
    """What was found.

    Attributes:
        period_cycles: Of the slowest chunk; None if there are no runs.
        runs: In order; None if nothing was found.
        bound_cycles: No cuts and designs are faster.
        is_proved: Whether the period equals the bound, or that nothing keeps the budgets.
    """

    period_cycles: int | None
    runs: tuple[Run, ...] | None
    bound_cycles: int
    is_proved: bool


def least_contiguous_period(
    cycles: IntArray, resources: IntArray, budgets: IntArray, max_chunks: int, deadline: Deadline = _NEVER
) -> ContiguousMinimum:
    """The exact least period over all cuts into at most `max_chunks` runs and a design for each.

    Bisection on the period. At a period a run may as well extend as far as its design can, since what a chunk takes
    does not depend on its run; so a start has few options, and partial accelerators that reach a start are kept only
    if no other takes less.

    Args:
        cycles: [designs, layers]; `NEVER_CYCLES` where a design cannot run a layer.
        resources: [designs, resources].
        budgets: [resources].
        max_chunks: Most runs.
        deadline: When to stop with what was found.

    Raises:
        HardwareError: if there is no layer or no design, or no chunk is allowed.
    """
    if 0 in cycles.shape or max_chunks < 1:
        raise HardwareError(
            f"{cycles.shape[0]} designs, {cycles.shape[1]} layers and {max_chunks} chunks; give at least one of each"
        )
    problem = _Contiguous(cycles, resources, budgets, max_chunks, deadline)
    best: tuple[Run, ...] | None = None
    low, high = int(cycles.min(axis=0).max()), NEVER_CYCLES
    try:
        while low < high:
            # The first question is whether anything fits; then halves.
            period = (low + high) // 2 if best is not None else NEVER_CYCLES - 1
            runs = problem.within(period)
            if runs is None:
                low = period + 1
                continue
            best, high = runs, problem.period_of(runs)
    except OutOfTimeError:
        return ContiguousMinimum(
            period_cycles=None if best is None else high, runs=best, bound_cycles=low, is_proved=False
        )
    return ContiguousMinimum(
        period_cycles=None if best is None else high, runs=best, bound_cycles=low, is_proved=True
    )


@dataclass(frozen=True, slots=True)
class _Options:
    """Designs worth having for a run from some start: their rows and ends, [options], and takes, [options, sums]."""

    designs: IntArray
    ends: IntArray
    takes: IntArray


@dataclass(frozen=True, slots=True)
class _Labels:
    """Partial accelerators that end before a start: [labels, sums], and where each came from."""

    sums: IntArray
    origins: IntArray
    """[labels, 3]: start, label and design of the last run."""


class _Contiguous:
    """One network's cycles and budgets; the number of chunks is one more sum."""

    def __init__(
        self, cycles: IntArray, resources: IntArray, budgets: IntArray, max_chunks: int, deadline: Deadline
    ) -> None:
        self.cycles, self.deadline = cycles, deadline
        self.takes: IntArray = np.concatenate([resources, np.ones((len(resources), 1), np.int64)], axis=1)
        self.budgets: IntArray = np.append(budgets, max_chunks)
        starts = np.zeros((len(cycles), 1), np.int64)
        self.totals: IntArray = np.concatenate([starts, np.cumsum(cycles, axis=1)], axis=1)

    def period_of(self, runs: tuple[Run, ...]) -> int:
        """Cycles of the slowest run."""
        return max(int(self.cycles[run.design, run.start : run.stop].sum()) for run in runs)

    def within(self, period: int) -> tuple[Run, ...] | None:
        """Runs that keep a period and the budgets, or None if there are none."""
        num_layers = self.cycles.shape[1]
        options = [self._options(start, period) for start in range(num_layers)]
        after = self._least_after(options)
        first = _Labels(np.zeros((1, len(self.budgets)), np.int64), np.zeros((1, 3), np.int64))
        arriving: list[list[_Labels]] = [[] for _ in range(num_layers + 1)]
        arriving[0].append(first)
        labels: list[_Labels | None] = []
        for start in range(num_layers + 1):
            self.deadline.check()
            here = _best(arriving[start])
            labels.append(here)
            if here is None or start == num_layers:
                continue
            for stop, extended in self._extended(here, start, options[start], after):
                arriving[stop].append(extended)
        return _traced(labels)

    def _options(self, start: int, period: int) -> _Options:
        self.deadline.check()
        reach = (self.totals[:, start + 1 :] - self.totals[:, start, None] <= period).sum(axis=1)
        rows = np.flatnonzero((reach > 0) & (self.takes <= self.budgets).all(axis=1))
        rows = rows[nondominated(np.concatenate([-reach[rows, None], self.takes[rows]], axis=1))]
        return _Options(rows, start + reach[rows], self.takes[rows])

    def _least_after(self, options: list[_Options]) -> FloatArray:
        """The componentwise least that the layers from each start on take; infinite if they cannot run."""
        after = np.full((len(options) + 1, len(self.budgets)), np.inf)
        after[-1] = 0
        for start in range(len(options) - 1, -1, -1):
            option = options[start]
            if len(option.designs):
                after[start] = (option.takes + after[option.ends]).min(axis=0)
        return after

    def _extended(
        self, labels: _Labels, start: int, options: _Options, after: FloatArray
    ) -> list[tuple[int, _Labels]]:
        """One more run behind every label, where what is left can still fit; by the end of the run."""
        extended: list[tuple[int, _Labels]] = []
        for stop in np.unique(options.ends):
            chosen = np.flatnonzero(options.ends == stop)
            sums = labels.sums[:, None, :] + options.takes[chosen][None, :, :]
            label, option = np.nonzero((sums + after[stop] <= self.budgets).all(axis=2))
            if len(label):
                origins = np.stack([np.full(len(label), start), label, options.designs[chosen[option]]], axis=1)
                extended.append((int(stop), _Labels(sums[label, option], origins)))
        return extended


def _best(parts: list[_Labels]) -> _Labels | None:
    """The labels that no other dominates."""
    if not parts:
        return None
    sums = np.concatenate([part.sums for part in parts])
    rows = nondominated(sums)
    return _Labels(sums[rows], np.concatenate([part.origins for part in parts])[rows])


def _traced(labels: list[_Labels | None]) -> tuple[Run, ...] | None:
    """The runs of the first label behind the last layer."""
    runs: list[Run] = []
    stop, row = len(labels) - 1, 0
    while stop > 0:
        here = labels[stop]
        if here is None:
            return None
        start, before, design = (int(value) for value in here.origins[row])
        runs.append(Run(start, stop, design))
        stop, row = start, before
    return tuple(reversed(runs))
