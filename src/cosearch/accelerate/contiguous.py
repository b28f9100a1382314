"""The network in order, cut into runs of layers with a chunk each: the cuts and designs of least period."""

from dataclasses import dataclass

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES
from cosearch.accelerate.combine import Deadline, OutOfTimeError
from cosearch.accelerate.labelling import Labelling
from cosearch.accelerate.offers import Offers
from cosearch.accelerate.stretches import MARGIN, PRUNING_PRICES, Priced, Run, Stretches
from cosearch.errors import HardwareError

_NEVER = Deadline()
_ROUNDS = 24
_FEW_DESIGNS = 4096
"""Above so many, some of the designs are solved first: most others are then too slow or too costly to matter."""


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


def least_contiguous_period(offers: Offers, max_chunks: int, deadline: Deadline = _NEVER) -> ContiguousMinimum:
    """The exact least period over all cuts into at most `max_chunks` runs and a design for each.

    Bisection on the period. At a period a run may as well extend as far as its design can, since what a chunk takes
    does not depend on its run. Multiplicative weights look for prices of the resources: the cheapest runs at a price
    either keep the budgets, or cost more than the budgets are worth, a proof that nothing keeps them, or make a
    better price. What the prices leave is settled by partial accelerators that reach a start, of which those are kept
    that take less of something than every other.

    Args:
        offers: Designs, layers in order, and budgets.
        max_chunks: Most runs.
        deadline: When to stop with what was found.

    Raises:
        HardwareError: if there is no layer or no design, or no chunk is allowed.
    """
    if not len(offers.rows) or not offers.num_layers or max_chunks < 1:
        raise HardwareError(
            f"{len(offers.rows)} designs, {offers.num_layers} layers and {max_chunks} chunks; "
            "give at least one of each"
        )
    problem = Stretches(offers, max_chunks, deadline)
    least = int(offers.cycles.min(axis=0)[offers.columns].max())
    best: tuple[Run, ...] | None = None
    every = -(-len(problem.designs) // _FEW_DESIGNS)
    if every > 1:
        some = problem.only(np.arange(0, len(problem.designs), every))
        best = bisect_period(some, least, None).runs
        if best is not None:
            problem.priced = some.priced
    return bisect_period(problem, least, best)


def bisect_period(problem: "Stretches", least: int, best: tuple[Run, ...] | None) -> ContiguousMinimum:
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
            runs = runs_within(problem, period)
            if runs is None:
                low = period + 1
                continue
            best, high = runs, problem.period_of(runs)
            problem.drop_slower(high)
    except OutOfTimeError:
        is_proved = False
    period_cycles = None if best is None else high
    return ContiguousMinimum(period_cycles=period_cycles, runs=best, bound_cycles=low, is_proved=is_proved)


def runs_within(problem: Stretches, period: int) -> tuple[Run, ...] | None:
    """Runs that keep a period and the budgets, or None if there are none."""
    if not len(problem.designs):
        return None
    ends = problem.ends(period)
    tried: list[Priced] = []
    price = problem.priced[-1].price if problem.priced else np.full(len(problem.budgets), 1 / len(problem.budgets))
    for _ in range(_ROUNDS):
        problem.deadline.check()
        priced = problem.cheapest(ends, price)
        if priced.after[0] > 1 + MARGIN:
            problem.priced = [*problem.priced, *tried, priced][-PRUNING_PRICES:]
            return None
        tried.append(priced)
        runs, used = problem.runs(priced, ends)
        if (used <= problem.budgets).all():
            problem.priced = [*problem.priced, *tried][-PRUNING_PRICES:]
            return runs
        price = price * np.exp(np.minimum(used / np.maximum(problem.budgets, 1) - 1, 2.0))
        price = price / price.sum()
    problem.priced = [*problem.priced, *tried][-PRUNING_PRICES:]
    return Labelling(problem, ends, tried[-PRUNING_PRICES:]).run()
