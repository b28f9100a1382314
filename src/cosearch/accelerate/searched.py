"""The searched rule: any layer on any chunk that can run it; a local search with a bound beside it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cosearch.accelerate.arrays import FloatArray, IntArray
from cosearch.accelerate.combine import Deadline, OutOfTimeError
from cosearch.accelerate.offers import Offers
from cosearch.accelerate.optimum import Front, least_period

_SAMPLES = 400
_PATIENCE = 2000
_PATIENCE_PER_LAYER = 80
_NEAR = 1.02
_FEW_ROWS = 16384

Groups = tuple[tuple[int, ...], ...]
"""Positions of the layers of every chunk, each increasing; chunks in the order of their first layers."""


class Shares(NamedTuple):
    """Which layers share a chunk, the design of each chunk, and the slowest chunk's cycles."""

    groups: Groups
    designs: tuple[int, ...]
    period_cycles: int


def best_shares(offers: Offers, groups: Groups, within: int, deadline: Deadline) -> Shares | None:
    """The fastest designs for groups, if they keep a period; None if there are none, or time is up."""
    pairs = [_front(offers, group, within) for group in groups]
    found = least_period([front for _, front in pairs], offers.budgets, deadline)
    if found.choice is None or found.value is None:
        return None
    designs = tuple(int(rows[place]) for (rows, _), place in zip(pairs, found.choice, strict=True))
    return Shares(groups, designs, found.value)


def _front(offers: Offers, group: Sequence[int], within: int) -> tuple[IntArray, Front]:
    """Designs that run some layers within a period, and what they take."""
    total = offers.total(group)
    designs = np.flatnonzero((total <= within)[offers.rows])
    return designs, Front(total[offers.rows[designs]], offers.resources[designs])


def improve_shares(
    offers: Offers, starts: Sequence[Groups], *, within: int, max_chunks: int, seed: int, deadline: Deadline
) -> Shares | None:
    """A local search over who runs what; never worse than the best of the starts.

    Moves take layers from one chunk to another or to a new one, or join two chunks; each time the designs of all
    chunks are chosen anew, exactly, among designs that are cheapest for random layers at random prices. At the end
    they are chosen among all designs, and the next walk begins there, until one finds nothing better.

    Args:
        offers: Designs, layers and budgets.
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
            best = best_shares(offers, groups, longest, deadline) or best
    if best is None:
        return None
    rng = np.random.default_rng(seed)
    better: Shares | None = best
    while better is not None:
        best = better
        better = _improved(offers, best, max_chunks, rng, deadline)
    return best


def _improved(
    offers: Offers, best: Shares, max_chunks: int, rng: np.random.Generator, deadline: Deadline
) -> Shares | None:
    """One walk from the best so far, with designs that suit it; None if it finds nothing better."""
    try:
        few, numbers = _thinned(offers, best, rng, deadline)
        places = tuple(int(np.searchsorted(numbers, design)) for design in best.designs)
        reached = _Walk(few, max_chunks, rng, deadline).run(best._replace(designs=places))
    except OutOfTimeError:
        return None
    if reached is None:
        return None
    reached = reached._replace(designs=tuple(int(numbers[design]) for design in reached.designs))
    return best_shares(offers, reached.groups, reached.period_cycles, deadline) or reached


def _thinned(offers: Offers, start: Shares, rng: np.random.Generator, deadline: Deadline) -> tuple[Offers, IntArray]:
    """Designs that are cheapest for the start's groups, or for random neighbouring layers, within its period.

    Each time some of the rows are looked at, others every time.

    Returns:
        The designs, and their numbers among all.
    """
    shares = offers.resources / np.maximum(offers.budgets, 1)
    num_layers, num_rows = offers.num_layers, len(offers.cycles)
    every = -(-num_rows // _FEW_ROWS)
    kept = {*start.designs}
    for _ in range(_SAMPLES):
        deadline.check()
        first, last = np.sort(rng.choice(num_layers + 1, 2, replace=False))
        rows = np.arange(rng.integers(every), num_rows, every)
        columns, counts = np.unique(offers.columns[first:last], return_counts=True)
        total = np.zeros(len(rows), np.int64)
        for column, count in zip(columns, counts, strict=True):
            total += offers.cycles[rows, column] * count
        kept |= _cheapest(offers, shares, offers.of_rows(rows[total <= start.period_cycles]), 1, rng)
    for group in start.groups:
        deadline.check()
        near, _ = _front(offers, group, int(start.period_cycles * _NEAR))
        kept |= _cheapest(offers, shares, near, _SAMPLES // 10, rng)
    numbers = np.array(sorted(kept))
    return offers.take(numbers), numbers


def _cheapest(
    offers: Offers, shares: FloatArray, designs: IntArray, number: int, rng: np.random.Generator
) -> set[int]:
    """Those of some designs that keep the budgets and are cheapest at random prices."""
    fits = designs[(offers.resources[designs] <= offers.budgets).all(axis=1)]
    if not len(fits):
        return set()
    prices: FloatArray = rng.dirichlet(np.full(shares.shape[1], 0.5), number)
    own = shares[fits]
    return {int(fits[(own @ price).argmin()]) for price in prices}


class _Walk:
    """Moves that are kept if the slowest chunk gets no slower; a slower one now and then."""

    def __init__(self, offers: Offers, max_chunks: int, rng: np.random.Generator, deadline: Deadline) -> None:
        self.offers, self.max_chunks, self.rng, self.deadline = offers, max_chunks, rng, deadline

    def run(self, start: Shares) -> Shares | None:
        """The best that was found, if it is faster than the start."""
        here = best = start
        idle = 0
        patience = min(_PATIENCE, _PATIENCE_PER_LAYER * self.offers.num_layers)
        while idle < patience and not self.deadline.is_over:
            moved = self._moved(here)
            idle += 1
            # Slightly slower is accepted while nothing better has turned up for a while.
            allowance = 1 + (_NEAR - 1) * self.rng.random() * (idle % 50 > 35)
            within = int(here.period_cycles * allowance)
            found = best_shares(self.offers, moved, within, self.deadline) if moved != here.groups else None
            if found is None:
                continue
            here = found
            if here.period_cycles < best.period_cycles:
                best, idle = here, 0
        return best if best.period_cycles < start.period_cycles else None

    def _moved(self, here: Shares) -> Groups:
        """Other groups: some layers of a chunk, often the slowest, go elsewhere."""
        rng = self.rng
        groups = [list(group) for group in here.groups]
        cycles = [self.offers.period(g, d) for d, g in zip(here.designs, groups, strict=True)]
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
