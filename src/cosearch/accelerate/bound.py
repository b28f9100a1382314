"""How fast an accelerator can be at best, whichever layers its chunks run."""

from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, FloatArray, IntArray
from cosearch.accelerate.combine import Deadline
from cosearch.accelerate.offers import Offers

_NEVER = Deadline()
_ROUNDS = 40
_CLOSE = 1e-4
_FEW_DESIGNS = 8192
"""Above so many, prices are found with some of the designs first."""
_STEPS = 8


def least_period_bound(
    offers: Offers, max_chunks: int, deadline: Deadline = _NEVER, reached_cycles: int | None = None
) -> int:
    """A period that no accelerator of at most `max_chunks` chunks undercuts, wherever its layers run.

    Let a chunk of design d take the share ``r_d`` of each budget, the number of chunks among them. At prices w of the
    shares that sum to 1, all chunks together cost at most 1, and each offers a period of time. A layer on design d
    takes ``t_l(d)`` of that, at ``w r_d`` a cycle; so the period is at least ``sum_l min_d t_l(d) (w r_d)``, for
    every w. The largest such bound is a linear program, solved by generating designs. Within a period, a layer runs
    only on designs that take no longer for it: without the others the sum is larger, and a period that is below it
    is ruled out. Bisection finds the largest of those.

    Args:
        offers: Designs, layers and budgets.
        max_chunks: Most chunks.
        deadline: When to stop with the bound so far.
        reached_cycles: A period that is known to be reached.
    """
    fits = np.flatnonzero((offers.resources <= offers.budgets).all(axis=1))
    if not len(fits):
        return NEVER_CYCLES
    kept = offers if len(fits) == len(offers.rows) else offers.take(fits)
    slowest = int(kept.cycles.min(axis=0)[kept.columns].max())
    if slowest >= NEVER_CYCLES:
        return NEVER_CYCLES
    bound = _Bound.of(kept, max_chunks, deadline)
    if len(fits) > _FEW_DESIGNS:
        few = _Bound.of(kept.take(np.arange(0, len(fits), -(-len(fits) // _FEW_DESIGNS))), max_chunks, deadline)
        few.largest(NEVER_CYCLES - 1)
        bound.price = few.price
    low = max(slowest, bound.largest(NEVER_CYCLES - 1))  # every period below is ruled out
    high = reached_cycles if reached_cycles is not None else 2 * low
    for _ in range(_STEPS):
        if high - low <= max(1, low // 500) or deadline.is_over:
            break
        middle = (low + high) // 2
        if bound.largest(middle) > middle:
            low = middle + 1
        else:
            high = middle
    return low


@dataclass(slots=True)
class _Bound:
    """The linear program over designs and layer shapes.

    Attributes:
        times: [columns, rows], infinite where a row cannot run a shape.
        shares: Of each budget, the number of chunks among them. [designs, sums].
        counts: Layers of each shape. [columns].
        price: Of the shares: the best so far.
        found: Designs that were cheapest for a shape at some price: pairs of a column and a design.
    """

    offers: Offers
    times: FloatArray
    shares: FloatArray
    counts: IntArray
    price: FloatArray
    deadline: Deadline
    found: set[tuple[int, int]]

    @staticmethod
    def of(offers: Offers, max_chunks: int, deadline: Deadline) -> "_Bound":
        """The program with even prices."""
        columns, counts = np.unique(offers.columns, return_counts=True)
        times = np.empty((len(columns), len(offers.cycles)))
        for place, column in enumerate(columns):
            times[place] = offers.cycles[:, column]
            times[place][offers.cycles[:, column] >= NEVER_CYCLES] = np.inf
        chunk = np.full((len(offers.rows), 1), 1 / max_chunks)
        shares = np.concatenate([offers.resources / np.maximum(offers.budgets, 1), chunk], axis=1)
        even = np.full(shares.shape[1], 1 / shares.shape[1])
        return _Bound(offers, times, shares, counts, even, deadline, set())

    def largest(self, within: int) -> int:
        """The largest sum that was reached, where no layer takes longer than a period; leaves its price."""
        best = -1.0
        price = self.price
        for _ in range(_ROUNDS):
            total, designs = self._cheapest(price, within)
            if total > best:
                best, self.price = total, price
            if best > within or not np.isfinite(best) or self.deadline.is_over:
                break
            self.found.update(enumerate(designs.tolist()))
            hoped, price = self._master(within)
            if hoped <= max(best * (1 + _CLOSE), within if within < NEVER_CYCLES - 1 else 0):
                break  # the best, or none that would rule the period out
        return NEVER_CYCLES if not np.isfinite(best) else int(np.ceil(best * (1 - 1e-9)))

    def _cheapest(self, price: FloatArray, within: int) -> tuple[float, IntArray]:
        """The sum at a price, and the cheapest design for each shape."""
        costs = np.maximum(self.shares @ price, 1e-300)  # nothing is so cheap that it makes up for infinity
        least = self.offers.least(costs)
        total = 0.0
        rows = np.zeros(len(self.times), np.int64)
        for column, times in enumerate(self.times):
            own = times * least
            own[times > within] = np.inf
            rows[column] = own.argmin()
            total += float(own[rows[column]]) * int(self.counts[column])
        starts = self.offers.starts[rows]
        ends = np.append(self.offers.starts, len(costs))[rows + 1]
        designs = [start + int(costs[start:end].argmin()) for start, end in zip(starts, ends, strict=True)]
        return total, np.array(designs, np.int64)

    def _master(self, within: int) -> tuple[float, FloatArray]:
        """The sum if there were no other designs than those found, and its prices."""
        pairs = np.array(sorted(self.found), np.int64)
        every = self.times[pairs[:, 0], self.offers.rows[pairs[:, 1]]]
        columns, designs = pairs[every <= within].T
        times = every[every <= within]
        rows = times[:, None] * self.shares[designs]
        scale = rows.max()
        num_prices = rows.shape[1]
        picks = np.zeros((len(rows), len(self.counts)))
        picks[np.arange(len(rows)), columns] = 1
        from scipy.optimize import linprog  # slow to import, and most requests need no linear program

        found = linprog(
            c=np.concatenate([np.zeros(num_prices), -self.counts]),
            A_ub=np.concatenate([-rows / scale, picks], axis=1),
            b_ub=np.zeros(len(rows)),
            A_eq=np.concatenate([np.ones(num_prices), np.zeros(len(self.counts))])[None],
            b_eq=[1.0],
            bounds=(0, None),
            method="highs",
        )
        assert found.x is not None, found.message  # prices on a simplex and times bounded by them: always solvable
        bound, solution = float(found.fun or 0.0), np.asarray(found.x, np.float64)
        return -bound * scale, solution[:num_prices]
