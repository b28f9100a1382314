"""The searched rule: any layer on any chunk that can run it; a local search with a bound beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cosearch.accelerate.arrays import NEVER_CYCLES, FloatArray, IntArray
from cosearch.accelerate.combine import Deadline, OutOfTimeError
from cosearch.accelerate.optimum import Front, least_period

_SAMPLES = 400
_PATIENCE = 1200
_NEAR = 1.02

Groups = tuple[tuple[int, ...], ...]
"""Positions of the layers of every chunk, each increasing; chunks in the order of their first layers."""


class Shares(NamedTuple):
    """Which layers share a chunk, the design of each chunk, and the slowest chunk's cycles."""

    groups: Groups
    designs: tuple[int, ...]
    period_cycles: int


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Designs to choose from: [designs, layers] cycles, [designs, resources], [resources] budgets."""

    cycles: IntArray
    resources: IntArray
    budgets: IntArray

    def front(self, group: Sequence[int], within: int) -> tuple[IntArray, Front]:
        """Designs that run some layers within a period, and what they take."""
        total = self.cycles[:, list(group)].sum(axis=1)
        rows = np.flatnonzero(total <= within)
        return rows, Front(total[rows], self.resources[rows])

    def best(self, groups: Groups, within: int, deadline: Deadline) -> Shares | None:
        """The fastest designs for groups, if they keep a period; None if there are none, or time is up."""
        pairs = [self.front(group, within) for group in groups]
        found = least_period([front for _, front in pairs], self.budgets, deadline)
        if found.choice is None or found.value is None:
            return None
        designs = tuple(int(rows[place]) for (rows, _), place in zip(pairs, found.choice, strict=True))
        return Shares(groups, designs, found.value)


def improve_shares(
    cases: Cases, starts: Sequence[Groups], *, within: int, max_chunks: int, seed: int, deadline: Deadline
) -> Shares | None:
    """A local search over who runs what; never worse than the best of the starts.

    Moves take layers from one chunk to another or to a new one, or join two chunks; each time the designs of all
    chunks are chosen anew, exactly, among designs that are cheapest for random layers at random prices. At the end
    they are chosen among all designs.

    Args:
        cases: Designs and budgets.
        starts: Groups to start from; those of too many chunks are left out.
        within: The longest period.
        max_chunks: Most chunks.
        seed: Of the moves.
        deadline: When to stop with what was found.

    Returns:
        None if no start keeps the budgets and the period.
    """
    best: Shares | None = None
    for groups in starts:
        if len(groups) <= max_chunks:
            longest = within if best is None else best.period_cycles - 1
            best = cases.best(groups, longest, deadline) or best
    if best is None:
        return None
    rng = np.random.default_rng(seed)
    try:
        few = _thinned(cases, best, rng, deadline)
        reached = _Walk(few, max_chunks, rng, deadline).run(best.groups, best.period_cycles)
    except OutOfTimeError:
        return best
    if reached is None:
        return best
    return cases.best(reached.groups, reached.period_cycles, deadline) or best


def _thinned(cases: Cases, start: Shares, rng: np.random.Generator, deadline: Deadline) -> Cases:
    """Designs that are cheapest for the start's groups, or for random neighbouring layers, within its period."""
    shares = cases.resources / np.maximum(cases.budgets, 1)
    fits = np.flatnonzero((cases.resources <= cases.budgets).all(axis=1))
    totals = np.concatenate(
        [np.zeros((1, len(fits)), np.int64), np.cumsum(np.minimum(cases.cycles[fits], NEVER_CYCLES).T, axis=0)]
    )
    kept = {*start.designs}
    num_layers = cases.cycles.shape[1]
    for _ in range(_SAMPLES):
        deadline.check()
        first, last = np.sort(rng.choice(num_layers + 1, 2, replace=False))
        quick = np.flatnonzero(totals[last] - totals[first] <= start.period_cycles)
        if len(quick):
            price: FloatArray = rng.dirichlet(np.full(shares.shape[1], 0.5))
            kept.add(int(fits[quick[(shares[fits[quick]] @ price).argmin()]]))
    rows = np.array(sorted(kept))
    for group in start.groups:
        near, front = cases.front(group, int(start.period_cycles * _NEAR))
        for _ in range(_SAMPLES // 10):
            deadline.check()
            price = rng.dirichlet(np.full(shares.shape[1], 0.5))
            kept.add(int(near[(front.sums / np.maximum(cases.budgets, 1) @ price).argmin()]))
    rows = np.array(sorted(kept))
    return Cases(cases.cycles[rows], cases.resources[rows], cases.budgets)


class _Walk:
    """Moves that are kept if the slowest chunk gets no slower; a slower one now and then."""

    def __init__(self, cases: Cases, max_chunks: int, rng: np.random.Generator, deadline: Deadline) -> None:
        self.cases, self.max_chunks, self.rng, self.deadline = cases, max_chunks, rng, deadline

    def run(self, groups: Groups, period_cycles: int) -> Shares | None:
        """The best that was found, if it is faster than the start."""
        here = self.cases.best(groups, int(period_cycles * _NEAR), self.deadline)
        best = here
        idle = 0
        while here is not None and idle < _PATIENCE and not self.deadline.is_over:
            moved = self._moved(here)
            idle += 1
            # Slightly slower is accepted while nothing better has turned up for a while.
            allowance = 1 + (_NEAR - 1) * self.rng.random() * (idle % 50 > 35)
            within = int(here.period_cycles * allowance)
            found = self.cases.best(moved, within, self.deadline) if moved != here.groups else None
            if found is None:
                continue
            here = found
            if best is None or here.period_cycles < best.period_cycles:
                best, idle = here, 0
        return best if best is not None and best.period_cycles < period_cycles else None

    def _moved(self, here: Shares) -> Groups:
        """Other groups: some layers of a chunk, often the slowest, go elsewhere."""
        rng = self.rng
        groups = [list(group) for group in here.groups]
        cycles = [int(self.cases.cycles[d, list(g)].sum()) for d, g in zip(here.designs, groups, strict=True)]
        if len(groups) > 1 and rng.random() < 0.05:
            one, other = rng.choice(len(groups), 2, replace=False)
            groups[one] += groups[other]
            groups[other] = []
            return _sorted(groups)
        source = int(np.argmax(cycles)) if rng.random() < 0.6 else int(rng.integers(len(groups)))
        length = min(len(groups[source]), int(rng.geometric(0.5)))
        first = int(rng.integers(len(groups[source]) - length + 1))
        layers = groups[source][first : first + length]
        new = len(groups) < self.max_chunks
        target = int(rng.integers(len(groups) + int(new)))
        if target == source:
            return here.groups
        groups[source] = [layer for layer in groups[source] if layer not in layers]
        if target == len(groups):
            groups.append([])
        groups[target] += layers
        if rng.random() < 0.3 and target < len(here.groups):  # a swap: one layer comes back
            back = int(rng.choice(here.groups[target]))
            groups[target].remove(back)
            groups[source].append(back)
        return _sorted(groups)


def _sorted(groups: Sequence[Sequence[int]]) -> Groups:
    return tuple(sorted(tuple(sorted(group)) for group in groups if group))
