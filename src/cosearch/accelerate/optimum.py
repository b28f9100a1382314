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
    """The least value reached and a choice that reaches it; `bound` is below every value that is possible.

    `choice` and `value` are None where no choice keeps the budgets (`is_proved`) or none was found in time.
    """

    choice: Choice | None
    value: int | None
    bound: int
    is_proved: bool


def least_period(fronts: Sequence[Front], budgets: IntArray, deadline: Deadline) -> Minimum:
    """The least cycles of the slowest chunk.

    Bisection on the period: designs that are slower are left out, and `choose` decides whether the others combine.
    """
    bound = 0
    best: Choice | None = None
    try:
        within = _within_budgets(fronts, budgets)
        if within is None:
            return Minimum(None, None, bound, True)
        bound = max(int(front.cycles[rows].min()) for front, rows in zip(fronts, within, strict=True))
        best = _choose_within(fronts, within, budgets, bound, deadline)
        if best is None:
            best = _choose_within(fronts, within, budgets, None, deadline)
            if best is None:
                return Minimum(None, None, bound, True)
            cycles = [front.cycles[rows] for front, rows in zip(fronts, within, strict=True)]
            candidates = np.unique(np.concatenate(cycles))
            candidates = candidates[candidates > bound]
            bound = int(candidates[0])
            while (value := _period(fronts, best)) > bound:
                candidates = candidates[(candidates >= bound) & (candidates < value)]
                middle = int(candidates[(len(candidates) - 1) // 2])
                found = _choose_within(fronts, within, budgets, middle, deadline)
                if found is None:
                    later = candidates[candidates > middle]
                    bound = int(later[0]) if len(later) else value
                else:
                    best = found
    except OutOfTimeError:
        return Minimum(best, None if best is None else _period(fronts, best), bound, False)
    return Minimum(best, _period(fronts, best), _period(fronts, best), True)


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
    within = [_faster(front, period_cycles) for front in fronts]
    bound = 0
    best: Choice | None = None
    try:
        best = _choose_within(fronts, within, budgets, period_cycles, deadline)
        if best is None:
            return Minimum(None, None, bound, True)
        bound = _least_total(fronts, within, budgets, which)
        while (value := _total(fronts, best, which)) > bound:
            tighter = budgets.copy()
            tighter[which] = (bound + value - 1) // 2
            found = _choose_within(fronts, within, tighter, period_cycles, deadline)
            if found is None:
                bound = int(tighter[which]) + 1
            else:
                best = found
    except OutOfTimeError:
        return Minimum(best, None if best is None else _total(fronts, best, which), bound, False)
    return Minimum(best, _total(fronts, best, which), _total(fronts, best, which), True)


def settle(
    fronts: Sequence[Front],
    budgets: IntArray,
    period_cycles: int | None,
    keys: Sequence[int],
    best: Choice,
    deadline: Deadline,
) -> Choice:
    """Among all choices within budgets and period, the one with the least sums in the order of keys, then indices."""
    budgets = budgets.copy()
    for key in keys:
        least = least_sum(fronts, budgets, period_cycles, key, deadline)
        if least.choice is None or least.value is None or not least.is_proved:
            return best
        best = least.choice
        budgets[key] = least.value
    return _first(fronts, budgets, period_cycles, best, deadline)


def _first(
    fronts: Sequence[Front], budgets: IntArray, period_cycles: int | None, best: Choice, deadline: Deadline
) -> Choice:
    """The choice with the least rows, the first chunk counting most."""
    within = [_faster(front, period_cycles) for front in fronts]
    for chunk in range(len(fronts)):
        kept = shrink([front.sums[rows] for front, rows in zip(fronts, within, strict=True)], budgets)
        if kept is None:
            break
        within = [rows[keep] for rows, keep in zip(within, kept, strict=True)]
        for row in within[chunk]:
            trial = [*within[:chunk], np.array([row]), *within[chunk + 1 :]]
            found = best if row == best[chunk] else _choose_within(fronts, trial, budgets, None, deadline)
            if found is not None:
                best, within = found, trial
                break
    return best


def _choose_within(
    fronts: Sequence[Front],
    within: Sequence[IntArray],
    budgets: IntArray,
    period_cycles: int | None,
    deadline: Deadline,
) -> Choice | None:
    """A choice among some rows of each front that keeps budgets and period."""
    deadline.check()
    if period_cycles is not None:
        within = [rows[front.cycles[rows] <= period_cycles] for front, rows in zip(fronts, within, strict=True)]
    places = choose([front.sums[rows] for front, rows in zip(fronts, within, strict=True)], budgets, deadline)
    return None if places is None else tuple(int(rows[p]) for rows, p in zip(within, places, strict=True))


def _within_budgets(fronts: Sequence[Front], budgets: IntArray) -> list[IntArray] | None:
    return shrink([front.sums for front in fronts], budgets)


def _faster(front: Front, period_cycles: int | None) -> IntArray:
    if period_cycles is None:
        return np.arange(len(front.cycles))
    return np.flatnonzero(front.cycles <= period_cycles)


def _least_total(fronts: Sequence[Front], within: Sequence[IntArray], budgets: IntArray, which: int) -> int:
    """The sum of each chunk's least: a lower bound of a total."""
    kept = shrink([front.sums[rows] for front, rows in zip(fronts, within, strict=True)], budgets)
    assert kept is not None  # a choice exists
    return sum(
        int(front.sums[rows[keep], which].min()) for front, rows, keep in zip(fronts, within, kept, strict=True)
    )


def _period(fronts: Sequence[Front], choice: Choice) -> int:
    return max(int(front.cycles[row]) for front, row in zip(fronts, choice, strict=True))


def _total(fronts: Sequence[Front], choice: Choice, which: int) -> int:
    return sum(int(front.sums[row, which]) for front, row in zip(fronts, choice, strict=True))
