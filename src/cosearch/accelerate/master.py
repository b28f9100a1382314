"""A linear program over convex combinations of rows, one combination a front, solved by column generation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray

_TOLERANCE = 1e-9
_COLUMNS_A_ROUND = 6
_WARM_STEPS = 30
_WARM_ROWS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Master:
    """Minimise t with ``sum over fronts of x_c @ loads_c <= bounds + gives * t`` in every constraint.

    Every x_c is a distribution over the rows of its front.

    Attributes:
        loads: [rows, constraints] for each front, scaled to about 1.
        bounds: [constraints].
        gives: [constraints], 1 where t loosens the constraint, else 0.
    """

    loads: Sequence[FloatArray]
    bounds: FloatArray
    gives: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The optimum of a `Master`.

    Attributes:
        value: The least t.
        multipliers: [constraints], not negative: by how much t falls per unit of a bound.
        charges: [fronts], the least of ``loads @ multipliers`` over each front's rows.
        support: Rows with weight, and their weights, for each front.
    """

    value: float
    multipliers: FloatArray
    charges: FloatArray
    support: tuple[tuple[IntArray, FloatArray], ...]


def solve_master(master: Master) -> Solution | None:
    """The optimum, or None if no combination keeps the constraints that t does not loosen.

    Only rows whose reduced cost is negative can improve the optimum over the rows in use, so a few rows are enough to
    begin with and each round adds the best of the others; when there is none, the optimum is that of all rows.
    Source: Dantzig and Wolfe, Operations Research 8 (1960).
    """
    rows = _first_rows(master)
    solution = _generate(master, rows)
    if solution is None:
        hard = np.flatnonzero(master.gives == 0)
        only_hard = Master([load[:, hard] for load in master.loads], master.bounds[hard], np.ones(len(hard)))
        excess = _generate(only_hard, rows)
        if excess is None or excess.value > _TOLERANCE:
            return None
        solution = _generate(master, rows)
    return solution


def _generate(master: Master, rows: list[IntArray]) -> Solution | None:
    """Solve over some rows and add others until none would help; `rows` grows. None if the first is infeasible."""
    while True:
        solution = _restricted(master, rows)
        if solution is None:
            return None
        grown = False
        for front, load in enumerate(master.loads):
            reduced = load @ solution.multipliers - solution.charges[front]
            if reduced.min() >= -_TOLERANCE * max(1.0, abs(solution.charges[front])):
                continue
            fresh = np.setdiff1d(np.argsort(reduced, kind="stable")[:_COLUMNS_A_ROUND], rows[front])
            grown = grown or len(fresh) > 0
            rows[front] = np.concatenate([rows[front], fresh])
        if not grown:
            return solution


def _restricted(master: Master, rows: Sequence[IntArray]) -> Solution | None:
    """The linear program over some rows of every front."""
    number = [len(kept) for kept in rows]
    starts = np.concatenate([[0], np.cumsum(number)])
    loads = np.concatenate([load[kept] for load, kept in zip(master.loads, rows, strict=True)])
    convex = np.zeros((len(rows), starts[-1] + 1))
    for front in range(len(rows)):
        convex[front, starts[front] : starts[front + 1]] = 1
    cost = np.zeros(starts[-1] + 1)
    cost[-1] = 1
    from scipy.optimize import linprog  # slow to import, and most requests need no linear program

    answer = linprog(
        cost,
        A_ub=np.concatenate([loads.T, -master.gives[:, None]], axis=1),
        b_ub=master.bounds,
        A_eq=convex,
        b_eq=np.ones(len(rows)),
        bounds=[*[(0, None)] * int(starts[-1]), (None, None)],
        method="highs",
        options={"presolve": False},
    )
    if answer.x is None:
        return None
    weights = np.asarray(answer.x, np.float64)
    support: list[tuple[IntArray, FloatArray]] = []
    for front, kept in enumerate(rows):
        share = weights[starts[front] : starts[front + 1]]
        held = share > _TOLERANCE
        support.append((kept[held], share[held]))
    multipliers = np.maximum(-np.asarray(answer.ineqlin.marginals, np.float64), 0)
    return Solution(float(weights[-1]), multipliers, np.asarray(answer.eqlin.marginals), tuple(support))


def _first_rows(master: Master) -> list[IntArray]:
    """Rows that are cheapest at prices of the constraints on the way to better ones, and at their mean.

    Source: multiplicative weights, Arora, Hazan and Kale, Theory of Computing 8 (2012), section 3.1.
    """
    gives, loads = master.gives, master.loads
    price = np.where(gives > 0, 1 / gives.sum(), 0.3 / len(gives))
    late = np.zeros_like(price)
    picks = [list(load.argmin(axis=0)) for load in loads]
    for step in range(_WARM_STEPS):
        choice = [int((load @ price).argmin()) for load in loads]
        for picked, row in zip(picks, choice, strict=True):
            picked.append(row)
        excess = np.sum([load[row] for load, row in zip(loads, choice, strict=True)], axis=0) - master.bounds
        violation = excess - gives * float((excess * gives) @ price)
        price = price * np.exp(np.clip(3 / (1 + 0.3 * step) * violation, -2, 2))
        price = price / (price @ gives)
        if step >= _WARM_STEPS // 2:
            late += price
    for picked, load in zip(picks, loads, strict=True):
        picked.extend(np.argsort(load @ late, kind="stable")[:_WARM_ROWS])
    return [np.unique(picked).astype(np.int64) for picked in picks]
