"""The network in order, cut into runs of layers with a chunk each: the cuts and designs of least period."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, BoolArray, FloatArray, IntArray
from cosearch.accelerate.combine import Deadline, OutOfTimeError
from cosearch.accelerate.dominance import nondominated
from cosearch.errors import HardwareError

_NEVER = Deadline()
_ROUNDS = 24
_PRUNING_PRICES = 6
_MARGIN = 1e-9
_FEW_DESIGNS = 4096
"""Above so many, some of the designs are solved first: most others are then too slow or too costly to matter."""


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
    does not depend on its run. Multiplicative weights look for prices of the resources: the cheapest runs at a price
    either keep the budgets, or cost more than the budgets are worth, a proof that nothing keeps them, or make a
    better price. What the prices leave is settled by partial accelerators that reach a start, of which those are kept
    that take less of something than every other.

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
    least = int(cycles.min(axis=0).max())
    best: tuple[Run, ...] | None = None
    every = -(-len(problem.rows) // _FEW_DESIGNS)
    if every > 1:
        some = problem.only(slice(None, None, every))
        best = _bisect(some, least, None).runs
        if best is not None:
            problem.priced = some.priced
    return _bisect(problem, least, best)


def _bisect(problem: "_Contiguous", least: int, best: tuple[Run, ...] | None) -> ContiguousMinimum:
    """The least period from some bound on; `best` are runs that are known already."""
    low, high = least, NEVER_CYCLES
    is_proved = True
    try:
        if best is not None:
            high = problem.period_of(best)
            problem.drop_slower(high)
        while low < high:
            # The first question is whether anything fits; then halves.
            period = (low + high) // 2 if best is not None else NEVER_CYCLES - 1
            runs = problem.within(period)
            if runs is None:
                low = period + 1
                continue
            best, high = runs, problem.period_of(runs)
            problem.drop_slower(high)
    except OutOfTimeError:
        is_proved = False
    period_cycles = None if best is None else high
    return ContiguousMinimum(period_cycles=period_cycles, runs=best, bound_cycles=low, is_proved=is_proved)


@dataclass(frozen=True, slots=True)
class _Labels:
    """Partial accelerators that end before a start: [labels, sums], and where each came from."""

    sums: FloatArray
    """Resources and the number of chunks, then the cost at each of some prices."""
    origins: IntArray
    """[labels, 3]: start, label and design of the last run."""


@dataclass(frozen=True, slots=True)
class _Priced:
    """The cheapest runs at one price.

    Attributes:
        price: [sums], for the share of each budget that is used; they sum to 1.
        costs: Of each design.
        after: Least cost of the layers from each start on, [starts + 1].
        designs: The first design from each start on of the cheapest runs, -1 where there are none.
    """

    price: FloatArray
    costs: FloatArray
    after: FloatArray
    designs: IntArray


class _Contiguous:
    """One network's cycles and budgets, the number of chunks among them, less designs that cannot matter any more."""

    def __init__(
        self, cycles: IntArray, resources: IntArray, budgets: IntArray, max_chunks: int, deadline: Deadline
    ) -> None:
        self.deadline = deadline
        self.num_layers = cycles.shape[1]
        self.budgets: IntArray = np.append(budgets, max_chunks)
        takes = np.concatenate([resources, np.ones((len(resources), 1), np.int64)], axis=1)
        self.rows: IntArray = np.flatnonzero((takes <= self.budgets).all(axis=1))
        self.takes: IntArray = takes[self.rows]
        starts = np.zeros((1, len(self.rows)), np.int64)
        self.totals: IntArray = np.concatenate([starts, np.cumsum(cycles[self.rows].T, axis=0)])
        """[layers + 1, designs]: cycles of all layers before one."""
        self.loads: FloatArray = self.takes / np.maximum(self.budgets, 1)
        self.priced: list[_Priced] = []

    def only(self, places: slice) -> "_Contiguous":
        """The same with some of the designs."""
        some = copy(self)
        some.rows, some.takes, some.loads = self.rows[places], self.takes[places], self.loads[places]
        some.totals = np.ascontiguousarray(self.totals[:, places])
        return some

    def period_of(self, runs: tuple[Run, ...]) -> int:
        """Cycles of the slowest run."""
        places = {int(row): place for place, row in enumerate(self.rows)}
        totals = self.totals
        return max(int(totals[r.stop, places[r.design]] - totals[r.start, places[r.design]]) for r in runs)

    def drop_slower(self, period: int) -> None:
        """Forget designs that belong to no runs within a period: at some price, every one with it is too costly."""
        ends = self._ends(period)
        kept = np.ones(len(self.rows), np.bool_)
        for priced in self.priced[-_PRUNING_PRICES:]:
            mask = self._worthwhile([self._cheapest(ends, priced.price)], ends)
            kept &= mask.any(axis=0)
        self.rows, self.takes, self.loads = self.rows[kept], self.takes[kept], self.loads[kept]
        self.totals = np.ascontiguousarray(self.totals[:, kept])

    def within(self, period: int) -> tuple[Run, ...] | None:
        """Runs that keep a period and the budgets, or None if there are none."""
        if not len(self.rows):
            return None
        ends = self._ends(period)
        tried: list[_Priced] = []
        price = self.priced[-1].price if self.priced else np.full(len(self.budgets), 1 / len(self.budgets))
        for _ in range(_ROUNDS):
            self.deadline.check()
            priced = self._cheapest(ends, price)
            if priced.after[0] > 1 + _MARGIN:
                self.priced = [*self.priced, *tried, priced][-_PRUNING_PRICES:]
                return None
            tried.append(priced)
            runs, used = self._runs(priced, ends)
            if (used <= self.budgets).all():
                self.priced = [*self.priced, *tried][-_PRUNING_PRICES:]
                return runs
            price = price * np.exp(np.minimum(used / np.maximum(self.budgets, 1) - 1, 2.0))
            price = price / price.sum()
        self.priced = [*self.priced, *tried][-_PRUNING_PRICES:]
        return _Labelling(self, ends, tried[-_PRUNING_PRICES:]).run()

    def _ends(self, period: int) -> IntArray:
        """Before which layer a run from each start must end. [starts, designs]."""
        self.deadline.check()
        every = np.arange(len(self.rows))
        ends = np.empty((self.num_layers, len(self.rows)), np.int64)
        stop = np.zeros(len(self.rows), np.int64)
        for start in range(self.num_layers):
            stop = np.maximum(stop, start)
            limit = self.totals[start] + period
            moving = every[stop < self.num_layers]
            while len(moving):
                moving = moving[self.totals[stop[moving] + 1, moving] <= limit[moving]]
                stop[moving] += 1
                moving = moving[stop[moving] < self.num_layers]
            ends[start] = stop
        return ends

    def _cheapest(self, ends: IntArray, price: FloatArray) -> _Priced:
        """The cheapest runs from every start on."""
        costs = self.loads @ price
        after = np.full(self.num_layers + 1, np.inf)
        after[-1] = 0
        designs = np.full(self.num_layers, -1, np.int64)
        for start in range(self.num_layers - 1, -1, -1):
            totals = np.where(ends[start] > start, costs + after[ends[start]], np.inf)
            designs[start] = totals.argmin()
            after[start] = totals[designs[start]]
        return _Priced(price, costs, after, designs)

    def _runs(self, priced: _Priced, ends: IntArray) -> tuple[tuple[Run, ...], IntArray]:
        """The cheapest runs of all layers and what they take."""
        runs: list[Run] = []
        used = np.zeros(len(self.budgets), np.int64)
        start = 0
        while start < self.num_layers:
            design = int(priced.designs[start])
            stop = int(ends[start, design])
            runs.append(Run(start, stop, int(self.rows[design])))
            used += self.takes[design]
            start = stop
        return tuple(runs), used

    def _worthwhile(self, priced: list[_Priced], ends: IntArray) -> BoolArray:
        """Which runs of which designs are part of some that no price rules out. [starts, designs]."""
        kept = ends > np.arange(self.num_layers)[:, None]
        for one in priced:
            before = np.full(self.num_layers + 1, np.inf)
            before[0] = 0
            for start in range(self.num_layers):
                totals = before[start:].min() + one.costs  # within a shorter period a run may end earlier
                kept[start] &= totals + one.after[ends[start]] <= 1 + _MARGIN
                np.minimum.at(before, ends[start][kept[start]], totals[kept[start]])
        return kept

    def options(self, priced: list[_Priced], ends: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
        """Designs worth having for a run from each start and where it ends: [options] each."""
        for start, mask in enumerate(self._worthwhile(priced, ends)):
            self.deadline.check()
            designs = np.flatnonzero(mask)
            features = np.concatenate([-ends[start, designs, None], self.takes[designs]], axis=1)
            designs = designs[nondominated(features)]
            yield designs, ends[start, designs]


class _Labelling:
    """Exact search for runs at one period, by dynamic programming over starts."""

    def __init__(self, problem: _Contiguous, ends: IntArray, priced: list[_Priced]) -> None:
        self.problem = problem
        self.options = list(problem.options(priced, ends))
        costs = [one.costs[:, None] for one in priced]
        self.features: FloatArray = np.concatenate([problem.takes.astype(np.float64), *costs], axis=1)
        self.limits: FloatArray = np.concatenate(
            [problem.budgets.astype(np.float64), np.full(len(priced), 1 + _MARGIN)]
        )

    def run(self) -> tuple[Run, ...] | None:
        """Runs that keep the budgets, or None if there are none."""
        num_layers = self.problem.num_layers
        after = self._least_after()
        arriving: list[list[_Labels]] = [[] for _ in range(num_layers + 1)]
        arriving[0].append(_Labels(np.zeros((1, len(self.limits))), np.zeros((1, 3), np.int64)))
        labels: list[_Labels | None] = []
        for start in range(num_layers + 1):
            self.problem.deadline.check()
            here = _best(arriving[start], len(self.problem.budgets))
            labels.append(here)
            if here is None or start == num_layers:
                continue
            for stop, extended in self._extended(here, start, after):
                arriving[stop].append(extended)
        return self._traced(labels)

    def _least_after(self) -> FloatArray:
        """The componentwise least that the layers from each start on take; infinite if they cannot run."""
        after = np.full((len(self.options) + 1, len(self.limits)), np.inf)
        after[-1] = 0
        for start in range(len(self.options) - 1, -1, -1):
            designs, ends = self.options[start]
            if len(designs):
                after[start] = (self.features[designs] + after[ends]).min(axis=0)
        return after

    def _extended(self, labels: _Labels, start: int, after: FloatArray) -> list[tuple[int, _Labels]]:
        """One more run behind every label, where what is left can still fit; by the end of the run."""
        designs, ends = self.options[start]
        extended: list[tuple[int, _Labels]] = []
        for stop in np.unique(ends):
            chosen = designs[ends == stop]
            sums = labels.sums[:, None, :] + self.features[chosen][None, :, :]
            label, option = np.nonzero((sums + after[stop] <= self.limits).all(axis=2))
            if len(label):
                origins = np.stack([np.full(len(label), start), label, chosen[option]], axis=1)
                extended.append((int(stop), _Labels(sums[label, option], origins)))
        return extended

    def _traced(self, labels: list[_Labels | None]) -> tuple[Run, ...] | None:
        """The runs of the first label behind the last layer."""
        runs: list[Run] = []
        stop, row = len(labels) - 1, 0
        while stop > 0:
            here = labels[stop]
            if here is None:
                return None
            start, before, design = (int(value) for value in here.origins[row])
            runs.append(Run(start, stop, int(self.problem.rows[design])))
            stop, row = start, before
        return tuple(reversed(runs))


def _best(parts: list[_Labels], num_sums: int) -> _Labels | None:
    """The labels that no other dominates."""
    if not parts:
        return None
    sums = np.concatenate([part.sums for part in parts])
    rows = nondominated(sums[:, :num_sums].astype(np.int64))
    return _Labels(sums[rows], np.concatenate([part.origins for part in parts])[rows])
