"""One design for each chunk so that sums keep their budgets: an exact feasibility test.

The core of every exact answer. All numbers are integers; floating point only orders and prunes, with a margin that is
far above its rounding and far below what one unit of any resource changes.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.accelerate.dominance import nondominated
from cosearch.accelerate.master import Master, solve_master

_ROUNDS = 10
_MARGIN = 1e-9
_BLOCK_PAIRS = 1 << 17
_MANY_CHOICES = 1e5
_BEST_PRICES = 3
_WORTHWHILE = 0.7
"""The best prices are looked for again if those before left this share of the rows or less."""

Choice = tuple[int, ...]
"""Row of the chosen design in each chunk's front."""


class OutOfTimeError(Exception):
    """The budget in seconds is spent."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """When to stop, on the monotonic clock; None never."""

    at_seconds: float | None = None

    @staticmethod
    def after(seconds: float | None) -> "Deadline":
        """A number of seconds from now."""
        return Deadline(None if seconds is None else time.monotonic() + seconds)

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""
        return self.at_seconds is not None and time.monotonic() >= self.at_seconds

    @property
    def seconds_left(self) -> float | None:
        """Until it passes, at least a millisecond; None if it never does."""
        return None if self.at_seconds is None else max(self.at_seconds - time.monotonic(), 1e-3)

    def check(self) -> None:
        """Raise `OutOfTimeError` if it has passed."""
        if self.is_over:
            raise OutOfTimeError


def choose(fronts: Sequence[IntArray], budgets: IntArray, deadline: Deadline) -> Choice | None:
    """A row of each front such that the sums keep the budgets, or None if there is none.

    Args:
        fronts: What each chunk may be, [designs, sums] each.
        budgets: [sums].
        deadline: When to give up.

    Raises:
        OutOfTimeError: if the deadline passes first.

    First rows that cannot be combined with the least of all others are dropped. Then multiplicative weights look for
    prices of the sums: each round's cheapest rows are either a choice, or make a price whose cheapest total exceeds
    the budget (a proof of None), or better prices. Last, what the prices leave is searched depth first.
    """
    kept = shrink(fronts, budgets)
    if kept is None:
        return None
    rows = [front[keep] for front, keep in zip(fronts, kept, strict=True)]
    found, prices = _price(rows, budgets)
    if found is None and prices is not None:
        found = _search(rows, budgets, prices, deadline)
    return None if found is None else tuple(int(keep[place]) for keep, place in zip(kept, found, strict=True))


def every_choice(fronts: Sequence[IntArray], budgets: IntArray, deadline: Deadline) -> Iterator[IntArray]:
    """All choices whose sums keep the budgets, in blocks of [choices, fronts].

    Args:
        fronts: What each chunk may be, [designs, sums] each.
        budgets: [sums].
        deadline: When to give up.

    Raises:
        OutOfTimeError: if the deadline passes first.
    """
    kept = shrink(fronts, budgets)
    if kept is None:
        return
    order = sorted(range(len(fronts)), key=lambda front: len(kept[front]))
    rows = [fronts[front][kept[front]] for front in order]
    least = np.stack([own.min(axis=0) for own in rows])
    after = np.concatenate([np.cumsum(least[::-1], axis=0)[::-1][1:], np.zeros((1, len(budgets)), np.int64)])
    start = np.zeros((1, 0), np.int64), np.zeros((1, len(budgets)), np.int64)
    for places in _extended(rows, budgets - after, *start, deadline):
        found = np.empty_like(places)
        for column, front in enumerate(order):
            found[:, front] = kept[front][places[:, column]]
        yield found


def _extended(
    rows: Sequence[IntArray], allowed: IntArray, places: IntArray, sums: IntArray, deadline: Deadline
) -> Iterator[IntArray]:
    """Partial choices, completed by rows of the fronts that are left."""
    level = places.shape[1]
    if level == len(rows):
        yield places
        return
    size = max(1, _BLOCK_PAIRS // len(rows[level]))
    for start in range(0, len(places), size):
        deadline.check()
        total = sums[start : start + size, None, :] + rows[level][None, :, :]
        first, second = np.nonzero((total <= allowed[level]).all(axis=2))
        if len(first):
            longer = np.concatenate([places[start + first], second[:, None]], axis=1)
            yield from _extended(rows, allowed, longer, total[first, second], deadline)


def shrink(fronts: Sequence[IntArray], budgets: IntArray) -> list[IntArray] | None:
    """Rows that keep the budgets beside the least of the other fronts, or None if a front has none left."""
    kept = [np.arange(len(front)) for front in fronts]
    while True:
        if any(len(keep) == 0 for keep in kept):
            return None
        least = [front[keep].min(axis=0) for front, keep in zip(fronts, kept, strict=True)]
        slack = budgets - sum(least)
        if (slack < 0).any():
            return None
        fits = [_fits(front[keep], low + slack) for front, keep, low in zip(fronts, kept, least, strict=True)]
        if all(mask.all() for mask in fits):
            return kept
        kept = [keep[mask] for keep, mask in zip(kept, fits, strict=True)]


def _fits(rows: IntArray, bounds: IntArray) -> BoolArray:
    """Which rows keep all bounds; sum after sum, which is much faster than ``all(axis=1)`` over so few."""
    fits = np.ones(len(rows), np.bool_)
    for column, bound in zip(rows.T, bounds, strict=True):
        fits &= column <= bound
    return fits


def _price(rows: Sequence[IntArray], budgets: IntArray) -> tuple[Choice | None, FloatArray | None]:
    """A choice, or prices of the sums to search with, or neither: there is no choice.

    Prices are [rounds, sums] over sums less their least, as fractions of the slack that the least leaves.
    Source: multiplicative weights, Arora, Hazan and Kale, Theory of Computing 8 (2012), section 3.1.
    """
    loads, _ = _loads(rows, budgets)
    if not loads[0].shape[1]:
        return (0,) * len(rows), None
    price = np.full(loads[0].shape[1], 1 / loads[0].shape[1])
    prices: list[FloatArray] = []
    for _ in range(_ROUNDS):
        costs = [load @ price for load in loads]
        choice = tuple(int(cost.argmin()) for cost in costs)
        if sum(cost[place] for cost, place in zip(costs, choice, strict=True)) > 1 + _MARGIN:
            return None, None
        if (sum(row[place] for row, place in zip(rows, choice, strict=True)) <= budgets).all():
            return choice, None
        prices.append(price)
        used = np.sum([load[place] for load, place in zip(loads, choice, strict=True)], axis=0)
        price = price * np.exp(np.minimum(used - 1, 2.0))
        price = price / price.sum()
    return None, np.stack(prices)


def _loads(rows: Sequence[IntArray], budgets: IntArray) -> tuple[list[FloatArray], IntArray]:
    """What each row takes of the slack, [rows, sums with slack] each, and those sums' positions."""
    least = [row.min(axis=0) for row in rows]
    slack = budgets - sum(least)
    varied = np.flatnonzero(slack > 0)  # after `shrink`, all rows are at the least where there is no slack
    return [(row[:, varied] - low[varied]) / slack[varied] for row, low in zip(rows, least, strict=True)], varied


def _search(rows: Sequence[IntArray], budgets: IntArray, prices: FloatArray, deadline: Deadline) -> Choice | None:
    """Depth first over chunks, the one with the fewest rows first, in blocks of partial choices.

    A partial choice is dropped if its sums, or its cost at any of the prices, exceed what the least of the remaining
    chunks leaves. Where many choices are left, the best prices there are come first, and rows that another one of
    their front matches or beats in every sum are dropped.
    """
    loads, _ = _loads(rows, budgets)
    left = _left(loads, prices, [np.arange(len(row)) for row in rows])
    best: list[FloatArray] = []
    while left is not None and prod(float(len(keep)) for keep in left) > _MANY_CHOICES and len(best) < _BEST_PRICES:
        deadline.check()
        best.append(_best_price([load[keep] for load, keep in zip(loads, left, strict=True)]))
        before, left = left, _left(loads, best[-1][None], left)
        again = None if left is None else shrink([row[keep] for row, keep in zip(rows, left, strict=True)], budgets)
        if left is None or again is None:
            return None
        left = [keep[kept] for keep, kept in zip(left, again, strict=True)]
        if sum(map(len, left)) > _WORTHWHILE * sum(map(len, before)):
            break
    if left is None:
        return None
    if best:
        left = [keep[nondominated(row[keep])] for row, keep in zip(rows, left, strict=True)]
    prices = np.stack(best) if best else prices
    limits = np.concatenate([budgets.astype(np.float64), np.full(len(prices), 1 + _MARGIN)])
    order = sorted(range(len(rows)), key=lambda chunk: len(left[chunk]))
    features: list[FloatArray] = []
    for chunk in order:
        costs = loads[chunk][left[chunk]] @ prices.T
        left[chunk], costs = left[chunk][(rise := np.argsort(costs[:, -1], kind="stable"))], costs[rise]
        features.append(np.concatenate([rows[chunk][left[chunk]].astype(np.float64), costs], axis=1))
    places = _Search(features, limits, deadline).run()
    if places is None:
        return None
    by_chunk = {chunk: int(left[chunk][place]) for chunk, place in zip(order, places, strict=True)}
    return tuple(by_chunk[chunk] for chunk in range(len(rows)))


def _left(loads: Sequence[FloatArray], prices: FloatArray, rows: Sequence[IntArray]) -> list[IntArray] | None:
    """Those of some rows that no price proves to be part of no choice; None if a front has none."""
    costs = [load[own] @ prices.T for load, own in zip(loads, rows, strict=True)]
    least = [cost.min(axis=0) for cost in costs]
    free = 1 + _MARGIN - np.sum(least, axis=0)
    left = [
        own[(cost - low <= free).all(axis=1)] for own, cost, low in zip(rows, costs, least, strict=True)
    ]  # fmt: skip
    return left if all(len(own) for own in left) else None


def _best_price(loads: Sequence[FloatArray]) -> FloatArray:
    """The price at which the cheapest rows cost most; the dual of the convex combination that exceeds slack least."""
    number = loads[0].shape[1]
    solution = solve_master(Master(loads, np.ones(number), np.ones(number)))
    assert solution is not None  # every combination is feasible if it may exceed by enough
    return solution.multipliers / solution.multipliers.sum()


class _Search:
    """Depth-first search over features whose sums must keep limits; each array increases in its last feature."""

    def __init__(self, features: list[FloatArray], limits: FloatArray, deadline: Deadline) -> None:
        self.features, self.deadline = features, deadline
        least = np.stack([feature.min(axis=0) for feature in features])
        after = np.concatenate([np.cumsum(least[::-1], axis=0)[::-1][1:], np.zeros((1, len(limits)))])
        self.allowed: FloatArray = limits - after

    def run(self) -> list[int] | None:
        """Places in each feature array, or None."""
        return self._extend(0, np.zeros((1, self.features[0].shape[1])))

    def _extend(self, level: int, partial: FloatArray) -> list[int] | None:
        """Complete one of the partial choices; the answer starts with its position among them if level > 0."""
        feature = self.features[level]
        size = max(1, _BLOCK_PAIRS // len(feature))
        for start in range(0, len(partial), size):
            self.deadline.check()
            block = partial[start : start + size]
            # Of the last feature, which is the sharpest, only rows that fit are looked at.
            number = np.searchsorted(feature[:, -1], self.allowed[level, -1] - block[:, -1], side="right")
            first = np.repeat(np.arange(len(block)), number)
            second = np.arange(len(first)) - np.repeat(np.cumsum(number) - number, number)
            sums = block[first] + feature[second]
            fits = np.flatnonzero((sums <= self.allowed[level]).all(axis=1))
            if not len(fits):
                continue
            ends = self._complete(level, sums[fits])
            if ends is not None:
                place = fits[ends[0]]
                origin = [start + int(first[place])] if level else []
                return [*origin, int(second[place]), *ends[1:]]
        return None

    def _complete(self, level: int, sums: FloatArray) -> list[int] | None:
        """Which of the extended choices can be completed, then the places of the levels below."""
        if level + 1 == len(self.features):
            return [0]
        order = np.argsort(sums[:, -1], kind="stable")
        ends = self._extend(level + 1, sums[order])
        return None if ends is None else [int(order[ends[0]]), *ends[1:]]
