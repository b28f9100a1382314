"""Pricing mappings of a layer, most promising first, until all others are beaten."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from cosearch.accelerate.arrays import BoolArray, FloatArray, IntArray
from cosearch.accelerate.asic.bounds import Context
from cosearch.accelerate.asic.front import beaten, front_rows, overpriced
from cosearch.accelerate.asic.halves import Halves, Pairs
from cosearch.accelerate.asic.nests import Tiled, as_floats
from cosearch.accelerate.asic.orders import loop_orders, moves_along
from cosearch.accelerate.asic.tilings import PLACE
from cosearch.cost.asic import price_layers
from cosearch.hardware import OPERANDS, RELEVANT, ArrayMapping, Dim, Operand

_MANY = 1 << 20
_FIRST_TILES = 16
"""Tiles of either memory that are tried together before anything is known, where there are many combinations."""

_FIRST_BLOCK = 256
_LARGEST_BLOCK = 1 << 14

Orders = tuple[tuple[Dim, ...], tuple[Dim, ...]]
"""Of the loops over the buffer and of those over DRAM, the innermost first."""


@dataclass(frozen=True, slots=True)
class MappedPoint:
    """What a layer costs in one mapping."""

    cycles: int
    joules: float
    mapping: ArrayMapping


@dataclass(slots=True, eq=False)
class Exploration:
    """The best mappings so far, sorted by cycles."""

    context: Context
    slopes: tuple[float, float] | None = None
    evaluations: int = 0
    cycles: FloatArray = field(default_factory=lambda: np.zeros(0))
    joules: FloatArray = field(default_factory=lambda: np.zeros(0))
    tiled: Tiled = field(default_factory=Tiled.empty)
    orders: list[Orders] = field(default_factory=list[Orders])

    def keeps(self, cycles: FloatArray, joules: FloatArray) -> BoolArray:
        """Which bounds nothing known matches or beats; with slopes, at some price of a cycle between them."""
        if self.slopes is None:
            return ~beaten(cycles, joules, self.cycles, self.joules)
        return ~overpriced(cycles, joules, self.cycles, self.joules, self.slopes)

    def explore(self, halves: Halves) -> None:
        """Price the mappings of some unrollings, most promising first, until all others are beaten."""
        if not len(self.cycles) and halves.combinations > _MANY:
            self._try(halves, halves.pairs(self.keeps, most=_FIRST_TILES))
        self._try(halves, halves.pairs(self.keeps))

    def _try(self, halves: Halves, pairs: Pairs) -> None:
        pairs = pairs.take(np.argsort(pairs.cycles * pairs.joules, kind="stable"))
        size = _FIRST_BLOCK
        while len(pairs):
            block = pairs.take(np.arange(min(size, len(pairs))))
            drawn = halves.tiled(block)
            self.add((drawn.take(rows), orders) for rows, orders in self._orders(block, drawn))
            pairs = pairs.take(np.arange(min(size, len(pairs)), len(pairs)))
            pairs = pairs.take(np.flatnonzero(self.keeps(pairs.cycles, pairs.joules)))
            size = min(4 * size, _LARGEST_BLOCK)

    def points(self) -> Iterator[MappedPoint]:
        """The front."""
        for place, (buffer, dram) in enumerate(self.orders):
            mapping = self.tiled.mapping(place, buffer, dram)
            yield MappedPoint(int(self.cycles[place]), float(self.joules[place]), mapping)

    def add(self, groups: Iterable[tuple[Tiled, Orders]]) -> None:
        """Price mappings, in groups of one order each, and keep those that nothing beats."""
        cycles, joules = [self.cycles], [self.joules]
        tiled, orders = [self.tiled], list(self.orders)
        for own, order in groups:
            if not len(own):
                continue
            price = price_layers(own.nest(self.context.layer, *order), self.context.structure, self.context.rates)
            found = as_floats(price.timing.cycles, len(own)), as_floats(price.energy_joules, len(own))
            kept = front_rows(*found)
            cycles.append(found[0][kept])
            joules.append(found[1][kept])
            tiled.append(own.take(kept))
            orders += [order] * len(kept)
            self.evaluations += len(own)
        all_cycles, all_joules = np.concatenate(cycles), np.concatenate(joules)
        kept = front_rows(all_cycles, all_joules)
        self.cycles, self.joules = all_cycles[kept], all_joules[kept]
        self.tiled = Tiled.joined(tiled).take(kept)
        self.orders = [orders[place] for place in kept]

    def _orders(self, pairs: Pairs, drawn: Tiled) -> Iterator[tuple[IntArray, Orders]]:
        """All orders that count, with the places of the pairs for which they do."""
        structure = self.context.structure
        changes = [PLACE[dim] for dim in RELEVANT["I"]]
        is_moving = (drawn.buffer[:, changes] > 1).any(axis=1)
        outer_counts = np.full(len(pairs), structure.streams("I", "buffer"))
        outer_counts |= ~is_moving & structure.streams("I", "registers")
        for place, inner in enumerate(OPERANDS):
            for other, outer in enumerate(OPERANDS):
                here = (pairs.inner == place) & (pairs.outer == other)
                if not here.any():
                    continue
                near = _sliding(drawn.buffer, inner, np.full(len(pairs), self.context.slides))
                far = _sliding(drawn.dram, outer, outer_counts)
                for first, wanted in near:
                    for second, also in far:
                        rows = np.flatnonzero(here & wanted & also)
                        if len(rows):
                            yield rows, (first, second)


def _sliding(iterations: IntArray, stationary: Operand, counts: BoolArray) -> list[tuple[tuple[Dim, ...], BoolArray]]:
    """Orders of a level, and for which mappings each one differs from the first. [mappings]."""
    orders = loop_orders(stationary, slides=True)
    moving = [counts & (iterations[:, PLACE[moves_along(order)]] > 1) for order in orders]
    moving[0] = moving[0] | ~np.any(moving, axis=0)
    return list(zip(orders, moving, strict=True))
