"""How fast an accelerator can be at best, whichever layers its chunks run."""

import numpy as np
from scipy.optimize import linprog

from cosearch.accelerate.arrays import NEVER_CYCLES, FloatArray, IntArray

_ROUNDS = 30
_CLOSE = 1e-4


def least_period_bound(cycles: IntArray, resources: IntArray, budgets: IntArray, max_chunks: int) -> int:
    """A period that no accelerator of at most `max_chunks` chunks undercuts, wherever its layers run.

    Let a chunk of design d take the share ``r_d`` of each budget, the number of chunks among them. At prices w of the
    shares that sum to 1, all chunks together cost at most 1, and each offers a period of time. A layer on design d
    takes ``t_l(d)`` of that, at ``w r_d`` a cycle; so the period is at least ``sum_l min_d t_l(d) (w r_d)``, for
    every w. The largest such bound is a linear program, solved by generating designs.

    Args:
        cycles: [designs, layers]; `NEVER_CYCLES` where a design cannot run a layer.
        resources: [designs, resources].
        budgets: [resources].
        max_chunks: Most chunks.
    """
    fits = (resources <= budgets).all(axis=1)
    if not fits.any():
        return NEVER_CYCLES
    shares = np.concatenate(
        [resources[fits] / np.maximum(budgets, 1), np.full((int(fits.sum()), 1), 1 / max_chunks)], axis=1
    )
    kept = cycles[fits]
    slowest = int(kept.min(axis=0).max())
    if slowest >= NEVER_CYCLES:
        return NEVER_CYCLES
    return max(slowest, int(np.ceil(_best_price(kept, shares) * (1 - 1e-9))))


def _best_price(cycles: IntArray, shares: FloatArray) -> float:
    """The largest bound that was reached, in cycles."""
    price = np.full(shares.shape[1], 1 / shares.shape[1])
    never, times = cycles >= NEVER_CYCLES, cycles.astype(np.float64)
    master = _Master(times.shape[1])
    best = 0.0
    for _ in range(_ROUNDS):
        costs = times * (shares @ price)[:, None]
        costs[never] = np.inf
        cheapest = costs.argmin(axis=0)
        best = max(best, float(costs[cheapest, np.arange(len(cheapest))].sum()))
        master.add(times, shares, cheapest)
        hoped, price = master.solve()
        if hoped <= best * (1 + _CLOSE):
            break
    return best


class _Master:
    """The linear program over the designs that were cheapest for a layer at some price so far."""

    def __init__(self, num_layers: int) -> None:
        self.num_layers = num_layers
        self.rows: list[FloatArray] = []
        self.layers: list[int] = []

    def add(self, times: FloatArray, shares: FloatArray, designs: IntArray) -> None:
        """One design for each layer."""
        for layer, design in enumerate(designs):
            self.rows.append(times[design, layer] * shares[design])
            self.layers.append(layer)

    def solve(self) -> tuple[float, FloatArray]:
        """The bound if there were no other designs, and its prices."""
        rows = np.stack(self.rows)
        scale = rows.max()
        num_prices = rows.shape[1]
        picks = np.zeros((len(rows), self.num_layers))
        picks[np.arange(len(rows)), self.layers] = 1
        found = linprog(
            c=np.concatenate([np.zeros(num_prices), -np.ones(self.num_layers)]),
            A_ub=np.concatenate([-rows / scale, picks], axis=1),
            b_ub=np.zeros(len(rows)),
            A_eq=np.concatenate([np.ones(num_prices), np.zeros(self.num_layers)])[None],
            b_eq=[1.0],
            bounds=(0, None),
            method="highs",
        )
        assert found.x is not None, found.message  # prices on a simplex and times bounded by them: always solvable
        bound, solution = float(found.fun or 0.0), np.asarray(found.x, np.float64)
        return -bound * scale, solution[:num_prices]
