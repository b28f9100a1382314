"""Exact minima over one design a chunk: of the slowest chunk's cycles, or of one sum, under budgets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import IntArray
from cosearch.accelerate.combine import Choice, Deadline, OutOfTimeError, choose, shrink


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """What one chunk may be: [designs] cycles of its layers, [designs, sums] what it takes of every sum."""

    cycles: IntArray
    sums: IntArray


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least value that was reached, and what is known of better ones.

    Attributes:
        choice: A choice that reaches it; None if no choice keeps the budgets, or none was found in time.
        value: In cycles or counts; None without a choice.
        bound: No choice has less.
        is_proved: Whether the value equals the bound or, without a choice, there is none.
    """

    choice: Choice | None
    value: int | None
    bound: int
    is_proved: bool


def choose_within(
    fronts: Sequence[Front], budgets: IntArray, period_cycles: int | None, deadline: Deadline
) -> Choice | None:
    """A choice that keeps budgets and period, or None if there is none.

    Raises:
        OutOfTimeError: if the deadline passes first.
    """
    return _Pool.of(fronts, period_cycles, deadline).choose(budgets)


def least_period(fronts: Sequence[Front], budgets: IntArray, deadline: Deadline) -> Minimum:
    """The least cycles of the slowest chunk.

    Bisection on the period: designs that are slower are left out, and `choose` decides whether the others combine.
    """
    best: Choice | None = None
    bound = 0
    try:
        pool = _Pool.of(fronts, None, deadline).shrunk(budgets)
        if pool is None:
            return Minimum(None, None, bound, True)
        bound = pool.least_period()
        best = pool.faster(bound).choose(budgets) or pool.choose(budgets)
        if best is None:
            return Minimum(None, None, bound, True)
        pool = pool.faster(_period(fronts, best))
        candidates = pool.periods()
        low, high = 0, len(candidates) - 1
        while low < high:  # the least period lies at a candidate from low to high
            bound = int(candidates[low])
            middle = (low + high) // 2
            found = pool.faster(int(candidates[middle])).choose(budgets)
            if found is None:
                low = middle + 1
            else:
                best, high = found, int(np.searchsorted(candidates, _period(fronts, found)))
                pool = pool.faster(int(candidates[high]))
    except OutOfTimeError:
        return Minimum(best, None if best is None else _period(fronts, best), bound, False)
    value = _period(fronts, best)
    return Minimum(best, value, value, True)


def least_sum(
    fronts: Sequence[Front], budgets: IntArray, period_cycles: int | None, which: int, deadline: Deadline
) -> Minimum:
    """The least total of one sum, with every chunk within a period.

    Bisection on that sum's budget.

    Args:
        fronts: What each chunk may be.
        budgets: Of every sum, [sums].
        period_cycles: Bound of every chunk's cycles, or None.
        which: The sum, a column of `Front.sums`.
        deadline: When to stop with what was found.
    """
    pool = _Pool.of(fronts, period_cycles, deadline)
    try:
        best = pool.choose(budgets)
    except OutOfTimeError:
        return Minimum(None, None, 0, False)
    if best is None:
        return Minimum(None, None, 0, True)
    return _descend(pool, budgets, which, best)


def settle(
    fronts: Sequence[Front],
    budgets: IntArray,
    period_cycles: int | None,
    keys: Sequence[int],
    best: Choice,
    deadline: Deadline,
) -> Choice:
    """Among all choices within budgets and period, the one with the least sums in the order of keys, then rows.

    Args:
        fronts: What each chunk may be.
        budgets: Of every sum, [sums].
        period_cycles: Bound of every chunk's cycles, or None.
        keys: Columns of `Front.sums`, the first counts most.
        best: Any choice within budgets and period; what is returned if time runs out.
        deadline: When to stop.
    """
    budgets = budgets.copy()
    pool = _Pool.of(fronts, period_cycles, deadline)
    for key in keys:
        pool = pool.shrunk(budgets) or pool
        least = _descend(pool, budgets, key, best)
        if least.choice is None or least.value is None or not least.is_proved:
            return best
        best = least.choice
        budgets[key] = least.value
    try:
        return _first(pool, budgets, best)
    except OutOfTimeError:
        return best


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """Some rows of every front."""

    fronts: Sequence[Front]
    rows: list[IntArray]
    deadline: Deadline

    @staticmethod
    def of(fronts: Sequence[Front], period_cycles: int | None, deadline: Deadline) -> "_Pool":
        """All rows within a period."""
        pool = _Pool(fronts, [np.arange(len(front.cycles)) for front in fronts], deadline)
        return pool if period_cycles is None else pool.faster(period_cycles)

    def faster(self, period_cycles: int) -> "_Pool":
        """Rows within a period."""
        pairs = zip(self.fronts, self.rows, strict=True)
        kept = [rows[front.cycles[rows] <= period_cycles] for front, rows in pairs]
        return _Pool(self.fronts, kept, self.deadline)

    def shrunk(self, budgets: IntArray) -> "_Pool | None":
        """Rows that keep the budgets beside the least of the other fronts; None if a front has none left."""
        kept = shrink(self.sums(), budgets)
        if kept is None:
            return None
        return _Pool(self.fronts, [rows[k] for rows, k in zip(self.rows, kept, strict=True)], self.deadline)

    def only(self, chunk: int, row: int) -> "_Pool":
        """One row of one front, all of the others."""
        rows = [np.array([row]) if c == chunk else kept for c, kept in enumerate(self.rows)]
        return _Pool(self.fronts, rows, self.deadline)

    def sums(self) -> list[IntArray]:
        return [front.sums[rows] for front, rows in zip(self.fronts, self.rows, strict=True)]

    def periods(self) -> IntArray:
        """All periods a choice could have, increasing."""
        cycles = np.concatenate([f.cycles[rows] for f, rows in zip(self.fronts, self.rows, strict=True)])
        return np.unique(cycles[cycles >= self.least_period()])

    def least_period(self) -> int:
        """The slowest of the fastest rows: no choice has a shorter period."""
        return max(int(f.cycles[rows].min()) for f, rows in zip(self.fronts, self.rows, strict=True))

    def least_total(self, which: int) -> int:
        """The sum of the least of every front: no choice has less."""
        pairs = zip(self.fronts, self.rows, strict=True)
        return sum(int(front.sums[rows, which].min()) for front, rows in pairs)

    def choose(self, budgets: IntArray) -> Choice | None:
        """A choice among the rows that keeps the budgets."""
        self.deadline.check()
        places = choose(self.sums(), budgets, self.deadline)
        if places is None:
            return None
        return tuple(int(rows[place]) for rows, place in zip(self.rows, places, strict=True))


def _descend(pool: _Pool, budgets: IntArray, which: int, best: Choice) -> Minimum:
    """The least total of one sum, from a choice that keeps the budgets."""
    pool = pool.shrunk(budgets) or pool
    bound, value = pool.least_total(which), _total(pool.fronts, best, which)
    tighter = budgets.copy()
    tighter[which] = bound
    try:
        while bound < value:
            found = pool.choose(tighter)
            if found is None:
                bound = int(tighter[which]) + 1
            else:
                best, value = found, _total(pool.fronts, found, which)
            tighter[which] = (bound + value - 1) // 2
    except OutOfTimeError:
        return Minimum(best, value, bound, False)
    return Minimum(best, value, value, True)


def _first(pool: _Pool, budgets: IntArray, best: Choice) -> Choice:
    """The choice with the least rows, the first chunk counting most."""
    for chunk in range(len(best)):
        pool = pool.shrunk(budgets) or pool
        for row in pool.rows[chunk]:
            trial = pool.only(chunk, int(row))
            found = best if row == best[chunk] else trial.choose(budgets)
            if found is not None:
                best, pool = found, trial
                break
    return best


def _period(fronts: Sequence[Front], choice: Choice) -> int:
    return max(int(front.cycles[row]) for front, row in zip(fronts, choice, strict=True))


def _total(fronts: Sequence[Front], choice: Choice, which: int) -> int:
    return sum(int(front.sums[row, which]) for front, row in zip(fronts, choice, strict=True))
